//! Worktrees of agents and reviews that are not as they should be: left over, locked without a session, missing, or cut
//! off.

use std::fmt;
use std::path::PathBuf;

use super::harvest::keep_work;
use super::{Listener, review};
use crate::app::App;
use crate::error::{Result, ResultExt};
use crate::git::{Worktree, WorktreeFault, WorktreeKind};
use crate::lock::FileLock;
use crate::model::{Local, Run, RunId, Session, SessionId, State, Variant};
use crate::providers::local;
use crate::session::session_workspace::{self, WorktreeState};
use crate::session::worktree::{self, BEING_MADE, WorkspaceRoot};
use crate::store::{Recorded, SessionStore};

/// Why a worktree is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorktreeFinding {
    /// It was started, and no process continues it.
    HalfMade,
    /// Its work is recorded, or no other process is going to record it.
    Leftover,
    /// It is locked for a session that is over.
    Locked,
    /// Its folder is gone.
    Missing,
    /// Its folder has lost the file that names the repository.
    CutOff,
    /// Something else is where its folder was.
    Replaced,
    /// A review that was killed left it.
    Reviewed,
    /// A session that was killed left it, without a change.
    Ended,
    /// A session that is over left work in it.
    Kept,
    /// It belongs to no existing run or session.
    Strange,
}

/// A worktree that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Its folder.
    pub path: PathBuf,
    /// Why it is listed.
    pub finding: WorktreeFinding,
    /// Whose it is.
    of: Owner,
}

/// Whose a worktree is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owner {
    Variant(RunId, u32),
    Session(SessionId),
    None,
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.finding {
            WorktreeFinding::HalfMade => "was never finished",
            WorktreeFinding::Leftover => "is left over",
            WorktreeFinding::Locked => "is locked for a session that is over",
            WorktreeFinding::Missing if self.of == Owner::None => "is gone, but git-puff still has its record",
            WorktreeFinding::Missing => "is gone, but git still knows it",
            WorktreeFinding::CutOff => "has lost its '.git' file",
            WorktreeFinding::Replaced => "is not the folder that git-puff made",
            WorktreeFinding::Reviewed => "was left by a review that was killed",
            WorktreeFinding::Ended => "is left over, without a change",
            WorktreeFinding::Kept => "has changes",
            WorktreeFinding::Strange => "belongs to no existing run or session",
        };
        let of = match &self.of {
            Owner::Variant(run, variant) => format!(" of {run}:{variant}"),
            Owner::Session(session) => format!(" of the session {session}, which is over,"),
            Owner::None => String::new(),
        };
        write!(f, "the worktree '{}'{of} {what}", self.path.display())
    }
}

/// Finds them. Nothing is changed.
pub fn leftovers(app: &App, runs: &[Recorded]) -> Vec<Leftover> {
    // A process that starts sessions at this moment has half-made worktrees.
    let starting = FileLock::is_held(&app.layout.local_lock());
    let mut found = Vec::new();
    let mut known = Vec::new();
    // The worktrees of a run that is at home elsewhere are there.
    for run in runs.iter().map(|recorded| &recorded.run).filter(|run| !run.is_remote()) {
        let Some(local) = &run.local else { continue };
        known.push(local.worktrees.clone());
        for variant in &run.variants {
            let finding = finding(app, run, local, variant).filter(|_| !starting);
            let of = Owner::Variant(run.run.clone(), variant.index);
            found.extend(finding.map(|finding| Leftover { path: local.worktree(variant.index), finding, of }));
        }
    }
    if let Ok(workspace_root) = WorkspaceRoot::find(app) {
        for worktree in app.repo.worktrees() {
            if review::is_left(app, &worktree) {
                found.push(Leftover { path: worktree.path, finding: WorktreeFinding::Reviewed, of: Owner::None });
                continue;
            }
            let Some(name) = workspace_root.run_of(&worktree.path) else { continue };
            let run = runs.iter().map(|recorded| &recorded.run.run).find(|run| run.as_str() == name);
            let finding = match run {
                // Of a run that there is: an agent's was looked at above, and a review may have been told to keep one.
                Some(_) => continue,
                None if known.iter().any(|folder| worktree.path.starts_with(folder)) => continue,
                // Git forgets its own when it is told to remove them.
                None if worktree.kind == WorktreeKind::Private && is_gone(app, &worktree) => WorktreeFinding::Missing,
                None => WorktreeFinding::Strange,
            };
            found.push(Leftover { path: worktree.path, finding, of: Owner::None });
        }
    }
    found.extend(of_sessions(app, starting));
    found
}

fn is_gone(app: &App, worktree: &Worktree) -> bool {
    matches!(app.repo.open_worktree(&worktree.path), Err(WorktreeFault::Gone))
}

/// Finds the worktrees of sessions that are over.
fn of_sessions(app: &App, starting: bool) -> Vec<Leftover> {
    let sessions = SessionStore::new(&app.layout).list().unwrap_or_default();
    let goes_on = |session: &Session| sessions.iter().any(|other| Some(&other.id) == session.resumed_as.as_ref());
    let (mut found, mut known) = (Vec::new(), Vec::new());
    for session in &sessions {
        known.push(session.cwd.clone());
        let Some(own) = &session.worktree else { continue };
        known.push(own.path.clone());
        // A process that starts one at this moment records it before it is supervised.
        if starting || !session.state.is_over() || goes_on(session) {
            continue;
        }
        let finding = match session_workspace::worktree_state(app, session, own) {
            WorktreeState::InUse | WorktreeState::Gone => continue,
            WorktreeState::HalfMade => WorktreeFinding::HalfMade,
            WorktreeState::Missing => WorktreeFinding::Missing,
            WorktreeState::Clean => WorktreeFinding::Ended,
            WorktreeState::Changed(true) => WorktreeFinding::Locked,
            WorktreeState::Changed(false) => WorktreeFinding::Kept,
        };
        found.push(Leftover { path: own.path.clone(), finding, of: Owner::Session(session.id.clone()) });
    }
    for (path, half_made) in session_workspace::orphaned(app, &known) {
        let finding = if half_made { WorktreeFinding::HalfMade } else { WorktreeFinding::Strange };
        if !(half_made && starting) {
            found.push(Leftover { path, finding, of: Owner::None });
        }
    }
    found
}

fn finding(app: &App, run: &Run, local: &Local, variant: &Variant) -> Option<WorktreeFinding> {
    let path = local.worktree(variant.index);
    let over = local::status(app, run, variant).is_terminal();
    let closed = !matches!(run.state, State::Queued | State::Submitting | State::Pending | State::Ready);
    let stays = local.keep || local::stays(&variant.risks);
    let folder = app.repo.open_worktree(&path);
    if let Err(WorktreeFault::Replaced(_) | WorktreeFault::Unreadable(_)) = folder {
        return over.then_some(WorktreeFinding::Replaced);
    }
    let Some(worktree) = app.repo.worktree_at(&path) else {
        return (folder.is_ok() && over && closed && !stays).then_some(WorktreeFinding::Leftover);
    };
    if folder.is_err() {
        return Some(WorktreeFinding::Missing);
    }
    if worktree.locked.as_deref() == Some(BEING_MADE) {
        return (over || closed).then_some(WorktreeFinding::HalfMade);
    }
    if !over {
        return None;
    }
    if !worktree.is_linked() && !path.join(".git").is_dir() {
        return Some(WorktreeFinding::CutOff);
    }
    if closed && !stays {
        return Some(WorktreeFinding::Leftover);
    }
    worktree.locked.is_some().then_some(WorktreeFinding::Locked)
}

/// Puts them right: what an agent has made is recorded before its worktree goes. Answers those that are as they should
/// be afterwards.
///
/// # Errors
/// When what an agent made cannot be recorded, or a worktree cannot be changed.
pub fn repair_leftover(app: &App, leftover: &Leftover, runs: &[Recorded], notify: Listener<'_>) -> Result<bool> {
    if leftover.finding == WorktreeFinding::Reviewed {
        return review::remove_left(app, &leftover.path).map(|()| true);
    }
    let (id, index) = match &leftover.of {
        Owner::Variant(id, index) => (id, index),
        Owner::Session(_) if leftover.finding == WorktreeFinding::Kept => return Ok(false),
        Owner::Session(id) => {
            let session = SessionStore::new(&app.layout).load(id)?;
            return Ok(session_workspace::finalize_lost(app, &session)?.is_some());
        }
        Owner::None if matches!(leftover.finding, WorktreeFinding::HalfMade | WorktreeFinding::Missing) => {
            worktree::remove(app, &leftover.path).or_fail(|| unwritable(leftover))?;
            return Ok(true);
        }
        Owner::None => return Ok(false),
    };
    let recorded = runs.iter().find(|recorded| recorded.run.run == *id);
    let whole = recorded.and_then(|found| Some((found, found.run.local.as_ref()?, found.run.variant(*index)?)));
    let Some((recorded, local, variant)) = whole else { return Ok(false) };
    let worktree = app.repo.worktree_at(&leftover.path);
    match (leftover.finding, worktree) {
        (WorktreeFinding::Missing | WorktreeFinding::HalfMade, _) => local::remove(app, &recorded.run, local, variant)?,
        (WorktreeFinding::Locked, Some(worktree)) => worktree.unlock().or_fail(|| unwritable(leftover))?,
        (WorktreeFinding::CutOff, Some(worktree)) => {
            app.repo.link_worktree(&worktree).or_fail(|| unwritable(leftover))?
        }
        (WorktreeFinding::Leftover, _) => {
            keep_work(app, recorded, notify)?;
            return Ok(!leftover.path.exists());
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn unwritable(leftover: &Leftover) -> String {
    format!("cannot repair the worktree '{}'", leftover.path.display())
}
