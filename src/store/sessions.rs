//! Sessions on disk: a folder each below `<git common dir>/puff/sessions`, with the record, the log, the lock that the
//! supervisor holds for its life, and the socket that it listens on.

use std::fs;
use std::io;

use puff_agents::place::SessionPlace;

use super::by_beginning;
use crate::error::{Error, Result};
use crate::git::snapshot::WorkFolder;
use crate::layout::Layout;
use crate::layout::replace;
use crate::model::{Session, SessionId, SessionState, documents};

/// The file that says in which worktree a session works.
const WORK_FOLDER: &str = "folder.json";

/// The record of a session, beside its other files.
pub trait SessionRecord {
    /// Writes the record; a reader sees the old or the new.
    ///
    /// # Errors
    /// When the disk is full, or the folder gone.
    fn save(&self, session: &Session) -> io::Result<()>;

    /// Reads the record as it stands.
    ///
    /// # Errors
    /// When there is none, or it is none of ours.
    fn load(&self) -> io::Result<Session>;

    /// Reads in which worktree it works, where that is known.
    fn work_folder(&self) -> Option<WorkFolder>;

    /// Records in which worktree it is going to work.
    ///
    /// # Errors
    /// When the git directory cannot be written.
    fn keep_work_folder(&self, folder: &WorkFolder) -> io::Result<()>;
}

impl SessionRecord for SessionPlace {
    fn save(&self, session: &Session) -> io::Result<()> {
        replace(&self.record(), &documents::to_json(session)?)
    }

    fn load(&self) -> io::Result<Session> {
        let session: Session = serde_json::from_slice(&crate::files::read(self.record())?)?;
        session.schema.expect(documents::SESSION).map_err(io::Error::other)?;
        Ok(session)
    }

    fn work_folder(&self) -> Option<WorkFolder> {
        serde_json::from_slice(&crate::files::read(self.folder().join(WORK_FOLDER)).ok()?).ok()
    }

    fn keep_work_folder(&self, folder: &WorkFolder) -> io::Result<()> {
        replace(&self.folder().join(WORK_FOLDER), &serde_json::to_vec(folder)?)
    }
}

/// The sessions of a repository.
#[derive(Clone, Copy, Debug)]
pub struct SessionStore<'p> {
    layout: &'p Layout,
}

impl<'p> SessionStore<'p> {
    /// Opens the sessions of a repository.
    pub fn new(layout: &'p Layout) -> SessionStore<'p> {
        SessionStore { layout }
    }

    /// Returns where a session is, or would be.
    pub fn place(&self, id: &SessionId) -> SessionPlace {
        SessionPlace::new(self.layout.sessions().join(id.as_str()))
    }

    /// Makes the folder of a new session, readable by the user alone, with its first record and what it is asked.
    ///
    /// # Errors
    /// When there is one of that name, or the git directory cannot be written.
    pub fn create(&self, session: &Session, prompt: &str) -> Result<SessionPlace> {
        self.layout.prepare()?;
        let place = self.place(&session.id);
        let id = &session.id;
        if place.folder().exists() {
            return Err(self.taken(id));
        }
        // The record is there as soon as the folder is.
        let made = tempfile::Builder::new().prefix(".new-").tempdir_in(self.layout.sessions()).and_then(|folder| {
            let new = SessionPlace::new(folder.path().to_owned());
            fs::write(new.prompt(), prompt)?;
            fs::write(new.log(), "")?;
            new.save(session)?;
            fs::rename(folder.keep(), place.folder())
        });
        made.map_err(|cause| {
            Error::cannot_work(format!("cannot record the session '{id}'"))
                .hint("check who may write to the git directory, and the space on its disk")
                .because(cause)
        })?;
        Ok(place)
    }

    /// Returns the error that a session of this name exists.
    pub fn taken(&self, id: &SessionId) -> Error {
        Error::failed(format!("a session named '{id}' exists already"))
            .hint(format!("see 'git puff session show {id}', or choose another --name"))
    }

    /// Reads a session as it is now: one whose supervisor is gone without a word is `lost`, and the time of its last
    /// output is that of its log.
    ///
    /// # Errors
    /// When there is none of that name, or its record cannot be read.
    pub fn load(&self, id: &SessionId) -> Result<Session> {
        Ok(as_it_is(self.load_raw(id)?, &self.place(id)))
    }

    /// Reads the record of a session as it was written.
    ///
    /// # Errors
    /// As [`SessionStore::load`].
    pub fn load_raw(&self, id: &SessionId) -> Result<Session> {
        let place = self.place(id);
        // The record names where the log was: the repository may have been renamed since.
        let here = |session| Session { log_path: place.log(), ..session };
        place.load().map(here).map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => nothing_named(id.as_str()),
            _ => Error::cannot_work(format!("cannot read the record of the session '{id}'"))
                .hint(format!("its log may be whole: '{}'", place.log().display()))
                .because(cause),
        })
    }

    /// Finds a session by its id or a unique beginning of it.
    ///
    /// # Errors
    /// When none or several begin so.
    pub fn find(&self, word: &str) -> Result<Session> {
        if let Ok(id) = word.parse::<SessionId>()
            && self.place(&id).record().exists()
        {
            return self.load(&id);
        }
        match by_beginning(word, self.ids()?, SessionId::as_str, "sessions")? {
            Some(id) => self.load(&id),
            None => Err(nothing_named(word)),
        }
    }

    /// Returns every session whose record can be read, oldest first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> Result<Vec<Session>> {
        let mut sessions: Vec<Session> = self.ids()?.iter().filter_map(|id| self.load(id).ok()).collect();
        sessions.sort_by(|one, other| one.started_at.cmp(&other.started_at).then_with(|| one.id.cmp(&other.id)));
        Ok(sessions)
    }

    fn ids(&self) -> Result<Vec<SessionId>> {
        let folder = self.layout.sessions();
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => {
                return Err(Error::cannot_work(format!("cannot read '{}'", folder.display()))
                    .hint("check who may read the git directory")
                    .because(cause));
            }
        };
        Ok(entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
    }
}

fn nothing_named(word: &str) -> Error {
    Error::failed(format!("no session named '{word}' in this repository"))
        .hint("'git puff session list' lists the sessions")
}

fn as_it_is(mut session: Session, place: &SessionPlace) -> Session {
    if session.state.is_over() {
        return session;
    }
    if let Ok(modified) = fs::metadata(place.log()).and_then(|log| log.modified()) {
        let modified = crate::model::Time::from(modified);
        session.last_output_at = (session.printed > 0 || session.last_output_at.is_some()).then_some(modified);
    }
    if !place.is_supervised() {
        // It may have ended between the two looks.
        if let Ok(again) = place.load()
            && again.state.is_over()
        {
            return again;
        }
        session.state = SessionState::Lost;
        session.why = Some("its supervisor is gone and left no result".to_owned());
        session.next = Some(format!("git puff session resume {}", session.id));
    }
    session
}
