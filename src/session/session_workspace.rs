//! The worktree of a session's own: made before it starts, gone after its end where nothing in it was changed, else
//! kept for the user and free to be removed. New ignored files are named; those that `puff.harvest.ignored` names are
//! work.

use std::io;
use std::path::PathBuf;

use super::worktree::{self, BEING_MADE, WorkspaceRoot};
use crate::app::App;
use crate::error::{Error, Result, ResultExt};
use crate::git::snapshot::{Ignored, StartingPoint};
use crate::git::{Hooks, PathChange, Worktree, WorktreeFault, WorktreeKind};
use crate::layout::replace;
use crate::lock::FileLock;
use crate::model::{IgnoredFiles, OwnWorktree, Session, SessionId, SessionState, WorktreeOutcome};
use crate::process::Mark;
use crate::store::{SessionPlace, SessionRecord, SessionStore};

/// The file beside a worktree that lists the ignored files that it had before its session began.
const IGNORED_BEFORE: &str = "puff-ignored-before";

/// How many sessions before it are searched for what a setup left.
const MOST_RESUMED: usize = 100;

/// How the worktree of a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorktreeState {
    /// A session works in it.
    InUse,
    /// It was never finished, and no agent has worked in it.
    HalfMade,
    /// Its folder is gone, and git still knows it.
    Missing,
    /// Nothing of it is left.
    Gone,
    /// It is as it was made.
    Clean,
    /// There is work in it; whether it is still locked.
    Changed(bool),
}

/// Locks the creation of worktrees: until the session is recorded, no repair takes a new worktree for a leftover.
///
/// # Errors
/// When the git directory cannot be written.
pub fn lock_creation(app: &App) -> Result<FileLock> {
    app.layout.prepare()?;
    FileLock::wait(&app.layout.local_lock()).or_fail(|| "cannot acquire the lock of local agents".into())
}

/// Creates a worktree for a session, at HEAD. It counts as half made until the session starts.
///
/// # Errors
/// When it cannot be made.
pub fn create(app: &App, id: &SessionId) -> Result<OwnWorktree> {
    let commit = app
        .repo
        .head_commit()
        .ok_or_else(|| Error::failed("no commit here to make a worktree of").hint("make one with 'git commit'"))?;
    worktree::check(app)?;
    let path = WorkspaceRoot::find(app)?.of_session(id);
    let own = OwnWorktree { path, commit, outcome: None, ignored: None };
    let made = worktree::make(app, &own.path, commit, Hooks::Run, WorktreeKind::Linked)?;
    note_ignored(app, &made, &own);
    Ok(own)
}

/// Creates a worktree again that is gone, for a session that continues in it.
///
/// # Errors
/// When it cannot be made.
pub fn recreate(app: &App, own: &OwnWorktree) -> Result<OwnWorktree> {
    if let Err(WorktreeFault::Gone) = app.repo.open_worktree(&own.path) {
        let made = worktree::make(app, &own.path, own.commit, Hooks::Run, WorktreeKind::Linked)?;
        note_ignored(app, &made, own);
    }
    Ok(OwnWorktree { outcome: None, ignored: None, ..own.clone() })
}

/// Locks the worktree for a session that is recorded and starts in it.
///
/// # Errors
/// When it cannot be locked.
pub fn activate(app: &App, session: &Session) -> Result<()> {
    let Some(own) = &session.worktree else { return Ok(()) };
    let Some(made) = app.repo.worktree_at(&own.path) else { return Ok(()) };
    made.lock(&worktree::works_here(&session.id)).map_err(|cause| {
        Error::failed(format!("cannot lock the worktree '{}'", own.path.display()))
            .hint("check who may write to the git directory")
            .because(cause)
    })
}

/// Returns how the worktree of a session is that is over. Nothing is changed.
pub fn worktree_state(app: &App, session: &Session, own: &OwnWorktree) -> WorktreeState {
    let gone = matches!(app.repo.open_worktree(&own.path), Err(WorktreeFault::Gone));
    let Some(there) = app.repo.worktree_at(&own.path) else {
        return if gone { WorktreeState::Gone } else { WorktreeState::Changed(false) };
    };
    if gone {
        return WorktreeState::Missing;
    }
    if there.locked.as_deref() == Some(BEING_MADE) {
        return WorktreeState::HalfMade;
    }
    if is_in_use(app, session, own) {
        return WorktreeState::InUse;
    }
    let keeps = || new_ignored(app, session, own).is_some_and(|(_, keeps)| keeps);
    match app.repo.worktree_changes(&there, own.commit) {
        Ok(changes) if (changes.is_empty() || is_as_it_began(app, session, own, &changes)) && !keeps() => {
            WorktreeState::Clean
        }
        // What git cannot read is for the user to inspect, and so is a folder that was moved away.
        _ => WorktreeState::Changed(there.locked.is_some()),
    }
}

/// Returns whether a worktree has no more than what its setup, or a hook of the user's, made before its session.
fn is_as_it_began(app: &App, session: &Session, own: &OwnWorktree, changes: &[PathChange]) -> bool {
    let start = starting_point(app, session, own);
    !start.is_empty()
        && changes.iter().all(|change| start.covers(&change.path))
        && app.repo.starting_point(&own.path, own.commit).is_ok_and(|now| now == start)
}

/// Returns what there was in a session's worktree before it, or before the first session in it.
fn starting_point(app: &App, session: &Session, own: &OwnWorktree) -> StartingPoint {
    let made = app.repo.worktree_at(&own.path);
    let first = sessions_in(app, session).pop().unwrap_or_else(|| SessionStore::new(&app.layout).place(&session.id));
    worktree::starting_point(made.as_ref(), &first)
}

/// Returns a session and those that it resumed, the first of which had the setup, last.
fn sessions_in(app: &App, session: &Session) -> Vec<SessionPlace> {
    let store = SessionStore::new(&app.layout);
    let mut places = vec![store.place(&session.id)];
    while let Some(last) = places.last().filter(|_| places.len() < MOST_RESUMED) {
        let Some(earlier) = last.load().ok().and_then(|session| session.resumed_from) else { break };
        places.push(store.place(&earlier));
    }
    places
}

/// Notes which ignored files a worktree has before its session begins: git-puff, or a hook of the user's, put them
/// there.
fn note_ignored(app: &App, made: &Worktree, own: &OwnWorktree) {
    // Without it, ignored files are not named: that must not keep an agent from its work.
    let Ok(files) = app.repo.ignored_files(&own.path, own.commit) else { return };
    let listed: Vec<u8> = files.into_iter().flat_map(|file| file.into_iter().chain([0])).collect();
    let _ = replace(&made.admin.join(IGNORED_BEFORE), &listed);
}

/// Returns the new ignored files in a session's worktree, and whether `puff.harvest.ignored` names any of them; none
/// where it is not known which of them were there before its agent.
fn new_ignored(app: &App, session: &Session, own: &OwnWorktree) -> Option<(Vec<String>, bool)> {
    let made = app.repo.worktree_at(&own.path)?;
    let mut before = crate::files::read(made.admin.join(IGNORED_BEFORE)).ok()?;
    for place in sessions_in(app, session) {
        before.extend(crate::files::read(place.folder().join(worktree::SETUP_LEFT)).unwrap_or_default());
    }
    let before = before.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(<[u8]>::to_vec).collect();
    let ignored = Ignored { before, keep: worktree::kept(app), start: StartingPoint::default() };
    app.repo.new_ignored(&own.path, own.commit, &ignored).ok()
}

/// Returns whether another session works in it, or a process that a lost one left behind.
fn is_in_use(app: &App, session: &Session, own: &OwnWorktree) -> bool {
    let store = SessionStore::new(&app.layout);
    let left = store.place(&session.id);
    let lives = session.state == SessionState::Lost && Mark::of_session(left.folder()).is_carried();
    let works_here = |other: &Session| other.id != session.id && other.cwd.starts_with(&own.path);
    lives || store.list().unwrap_or_default().iter().any(|other| works_here(other) && !other.state.is_over())
}

/// Decides what becomes of the worktree of a session that is over, unless another continues in it: without a change it
/// is removed, else it is unlocked and stays. None while the session is not over.
///
/// # Errors
/// When it cannot be removed or unlocked.
pub fn finalize(app: &App, session: &Session) -> io::Result<Option<OwnWorktree>> {
    let Some(own) = session.worktree.as_ref().filter(|_| session.resumed_as.is_none()) else { return Ok(None) };
    let ended = |outcome, ignored| Ok(Some(OwnWorktree { outcome: Some(outcome), ignored, ..own.clone() }));
    let ignored = || new_ignored(app, session, own).and_then(|(files, _)| IgnoredFiles::of(&files));
    match worktree_state(app, session, own) {
        WorktreeState::InUse => Ok(None),
        WorktreeState::Gone => ended(WorktreeOutcome::Removed, own.ignored.clone()),
        state @ (WorktreeState::HalfMade | WorktreeState::Missing | WorktreeState::Clean) => {
            let ignored = if state == WorktreeState::Clean { ignored() } else { own.ignored.clone() };
            worktree::remove(app, &own.path)?;
            ended(WorktreeOutcome::Removed, ignored)
        }
        WorktreeState::Changed(_) => {
            app.repo.worktree_at(&own.path).map_or(Ok(()), |there| there.unlock())?;
            ended(WorktreeOutcome::Kept, ignored())
        }
    }
}

/// Finalizes the worktree of a session whose supervisor is gone, and records it.
///
/// # Errors
/// As [`finalize`], and when the record cannot be written.
pub fn finalize_lost(app: &App, session: &Session) -> Result<Option<WorktreeOutcome>> {
    let shown = session.worktree.as_ref().map(|own| own.path.display().to_string()).unwrap_or_default();
    let finalized = finalize(app, session).or_fail(|| format!("cannot repair the worktree '{shown}'"))?;
    let place = SessionStore::new(&app.layout).place(&session.id);
    // Its supervisor wrote the record; there is none any more.
    let outcome = finalized.as_ref().and_then(|own| own.outcome);
    if let (Some(finalized), false, Ok(mut record)) = (finalized, place.is_supervised(), place.load()) {
        record.worktree = Some(finalized);
        place.save(&record).or_fail(|| format!("cannot record what became of '{shown}'"))?;
    }
    Ok(outcome)
}

/// Worktrees in the folder of sessions of which no session tells, and whether they were being made.
pub fn orphaned(app: &App, known: &[PathBuf]) -> Vec<(PathBuf, bool)> {
    let Ok(workspace_root) = WorkspaceRoot::find(app) else { return Vec::new() };
    let folder = workspace_root.of_sessions();
    let ours = app.repo.worktrees().into_iter().filter(|there| there.path.parent() == Some(&folder));
    let strange = ours.filter(|there| !known.contains(&there.path));
    strange.map(|there| (there.path, there.locked.as_deref() == Some(BEING_MADE))).collect()
}
