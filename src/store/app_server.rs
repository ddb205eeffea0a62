//! The app server on disk: a folder below `<git common dir>/puff`, with the record, the log, the lock that the
//! supervisor holds for its life, and the socket that the server listens on.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::layout::Layout;
use crate::layout::replace;
use crate::lock::FileLock;
use crate::model::{AppServer, documents};

/// Asks the supervisor to end the server.
const END: &str = "end";
/// Asks it to do so at once.
const KILL: &str = "kill";

/// The files of the app server.
#[derive(Clone, Debug)]
pub struct AppServerPlace {
    folder: PathBuf,
}

impl AppServerPlace {
    /// Returns the layout of the app server's files.
    pub fn of(layout: &Layout) -> AppServerPlace {
        AppServerPlace { folder: layout.app_server() }
    }

    /// Returns the folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns what the server prints, unless another file is named.
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Returns what the supervisor itself complained about.
    pub fn supervisor_log(&self) -> PathBuf {
        self.folder.join("supervisor.log")
    }

    /// Returns where the server listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// Acquires the supervisor's lock, if it is free.
    ///
    /// # Errors
    /// When the file cannot be made or locked.
    pub fn lock(&self) -> io::Result<Option<FileLock>> {
        FileLock::attempt(&self.lock_file())
    }

    /// Returns whether a supervisor is running.
    pub fn is_supervised(&self) -> bool {
        FileLock::is_held(&self.lock_file())
    }

    fn lock_file(&self) -> PathBuf {
        self.folder.join("lock")
    }

    fn record(&self) -> PathBuf {
        self.folder.join("state.json")
    }

    /// Writes the record, and the copy of it that other programs read.
    ///
    /// # Errors
    /// When the disk is full, or a folder gone.
    pub fn save(&self, server: &AppServer) -> io::Result<()> {
        let bytes = documents::to_json(server)?;
        replace(&self.record(), &bytes)?;
        match &server.state_file {
            Some(file) if server.proxy_script.is_none() => replace(file, &bytes),
            _ => Ok(()),
        }
    }

    /// Reads the record as it stands; none where there is none of ours.
    pub fn load(&self) -> Option<AppServer> {
        read(&self.record())
    }

    /// Asks the supervisor to end the server: at once, if it has to.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn ask_to_end(&self, immediately: bool) -> io::Result<()> {
        replace(&self.request(), if immediately { KILL } else { END }.as_bytes())
    }

    /// Returns what the supervisor is asked: to end the server; true, to do so at once.
    pub fn asked_to_end(&self) -> Option<bool> {
        crate::files::read_to_string(self.request()).ok().map(|word| word == KILL)
    }

    /// Forgets what was asked.
    pub fn forget_request(&self) {
        let _ = fs::remove_file(self.request());
    }

    fn request(&self) -> PathBuf {
        self.folder.join("request")
    }
}

/// Reads a record of an app server; none where the file is none.
pub fn read(file: &Path) -> Option<AppServer> {
    let server: AppServer = serde_json::from_slice(&crate::files::read(file).ok()?).ok()?;
    server.schema.expect(documents::CAS).ok()?;
    Some(server)
}
