//! The worktrees of a review: where they are, whose they are, and that none is left over.
//!
//! A review that is killed is cleaned up after by its cleanup process, one that waits for our end; where that is killed
//! too, by the next review and by `doctor --repair`. All of them see by a file lock whether a review lives, by the
//! reason that a worktree is locked with that it is a review's, and by a mark in its environment what a check started.

use std::path::{Path, PathBuf};

use super::setup::SetupState;
use crate::app::App;
use crate::error::{Error, Result, ResultExt};
use crate::git::{Claimed, Hooks, WorkspaceState, Worktree, WorktreeKind};
use crate::lock::FileLock;
use crate::model::{Oid, Run, RunId};
use crate::process::{Guard, Mark};
use crate::session::pool;
use crate::session::worktree::{self, WorkspaceRoot};
use crate::settings;

/// What a worktree is locked with while a review of a run works in it: this, the run, and [`REVIEWED_END`].
const REVIEWED: &str = "git-puff: the run '";
const REVIEWED_END: &str = "' is being reviewed";

/// Whose ignored files are in the workspaces of reviews: those that checks of the user's own runs left.
const WARM: &str = "review";

/// The variable by which every process of a check is told from all others: it holds the folder of its worktree.
const MARK: &str = "GIT_PUFF_REVIEW";

/// Returns the mark of what runs in this worktree.
pub(super) fn mark(folder: &Path) -> Mark<'_> {
    Mark { name: MARK, folder }
}

/// A run that no other process reviews meanwhile.
pub(super) struct ReviewLock {
    _lock: FileLock,
    cleanup: Option<Guard>,
}

impl ReviewLock {
    /// Acquires the lock of the run, and sweeps what a review that was killed left of it.
    ///
    /// # Errors
    /// When another process reviews it at this moment, or leftovers cannot be removed.
    pub fn acquire(app: &App, run: &RunId) -> Result<ReviewLock> {
        app.layout.prepare()?;
        let path = app.layout.review_lock(run);
        let lock = FileLock::attempt(&path).or_fail(|| format!("cannot acquire lock '{}'", path.display()))?;
        let Some(lock) = lock else {
            return Err(Error::failed(format!("another git-puff is reviewing run '{run}'"))
                .hint("wait until it has finished: its results are reused"));
        };
        sweep(app, run)?;
        Ok(ReviewLock { _lock: lock, cleanup: None })
    }

    /// Starts the cleanup process, before anything is made that would be left over.
    pub fn start_cleanup_process(&mut self, app: &App, run: &RunId) {
        let Some(call) = app.own_call().filter(|_| self.cleanup.is_none()) else { return };
        // Without one, the next review sweeps.
        self.cleanup = Guard::start(&call.args(["cleanup-process", run.as_str()])).ok();
    }

    /// Ends the cleanup process: the worktrees are gone.
    pub fn release(self) {
        if let Some(cleanup) = self.cleanup {
            cleanup.dismiss();
        }
    }
}

/// Runs the cleanup process: waits until the review that started it is gone, then cleans up after it.
///
/// # Errors
/// When a worktree cannot be removed.
pub fn run_cleanup(app: &App, run: &RunId) -> Result<()> {
    if !Guard::is_needed() {
        return Ok(());
    }
    let path = app.layout.review_lock(run);
    // Another review that has started meanwhile has swept by itself.
    match FileLock::attempt(&path).or_fail(|| format!("cannot acquire lock '{}'", path.display()))? {
        Some(_lock) => {
            // Worktrees that are gone already may have left something running.
            Mark { name: MARK, folder: &WorkspaceRoot::find(app)?.of_run(run) }.kill_below();
            sweep(app, run)?;
            pool::tidy(app);
            Ok(())
        }
        None => Ok(()),
    }
}

/// Ends the checks that a killed review of a run left behind, and removes its worktrees. The caller holds the lock.
fn sweep(app: &App, run: &RunId) -> Result<()> {
    let left = app.repo.worktrees().into_iter().filter(|worktree| reviewed_run(worktree) == Some(run.as_str()));
    left.map(|worktree| worktree.path).collect::<Vec<_>>().iter().try_for_each(|path| remove_left(app, path))
}

/// Returns the run whose review a worktree is locked for, if it is.
fn reviewed_run(worktree: &Worktree) -> Option<&str> {
    worktree.locked.as_deref()?.strip_prefix(REVIEWED)?.strip_suffix(REVIEWED_END)
}

/// Returns whether a review that was killed left this worktree.
pub fn is_left(app: &App, worktree: &Worktree) -> bool {
    let Some(run) = reviewed_run(worktree) else { return false };
    let lives = run.parse().is_ok_and(|run: RunId| FileLock::is_held(&app.layout.review_lock(&run)));
    !lives
}

/// Ends what runs in a worktree that a killed review left, and removes it.
///
/// # Errors
/// When it cannot be removed.
pub fn remove_left(app: &App, path: &Path) -> Result<()> {
    mark(path).kill();
    remove(app, path)
}

/// Removes a worktree of a review.
pub(super) fn remove(app: &App, path: &Path) -> Result<()> {
    let removed = app.repo.discard_worktree(path);
    removed.inspect(|()| worktree::remove_empty(path)).map_err(|cause| {
        Error::failed(format!("cannot remove the worktree '{}'", path.display()))
            .hint("remove the folder yourself, then 'git puff doctor --repair'")
            .because(cause)
    })
}

/// Returns a folder for the worktree of a variant, or of the base: one that nothing is in.
///
/// # Errors
/// When no worktree can be made here.
pub(super) fn free_folder(app: &App, run: &Run, variant: Option<u32>) -> Result<PathBuf> {
    let folder = WorkspaceRoot::find(app)?.of_run(&run.run);
    let name = variant.map_or_else(|| "base".to_owned(), |index| format!("var{index}"));
    // What is in `var<N>` of a run of agents on this machine counts as their work.
    let plain = run.local.is_none().then(|| name.clone());
    let names = plain.into_iter().chain([format!("review-{name}")]);
    let more = (2..).map(|number| format!("review-{name}-{number}"));
    let mut folders = names.chain(more).map(|name| folder.join(name));
    Ok(folders.find(|path| is_free(app, path)).unwrap_or(folder))
}

/// How the workspaces of a review are.
#[derive(Clone, Debug)]
pub(super) struct WorkspacePlan {
    /// The run that is reviewed.
    pub run: RunId,
    /// They stay, each at a path of its own.
    pub keep: bool,
    /// What checks find there of earlier ones: nothing, or the ignored files of those with this word.
    pub warm: Option<String>,
}

impl WorkspacePlan {
    /// Plans the workspaces of the review of a run. What came from another clone shares no files with the user's own runs.
    pub fn new(app: &App, run: &Run, keep: bool, cold: bool) -> WorkspacePlan {
        let is_warm = !cold && app.settings.truth(settings::REVIEW_WARM).unwrap_or(true);
        let word = if run.is_remote() { format!("{WARM} of {}", run.run) } else { WARM.to_owned() };
        WorkspacePlan { run: run.run.clone(), keep, warm: is_warm.then_some(word) }
    }

    fn reason(&self) -> String {
        format!("{REVIEWED}{}{REVIEWED_END}", self.run)
    }
}

/// A workspace in which checks run, at a commit.
pub(super) struct Workspace {
    pub worktree: Worktree,
    pub commit: Oid,
    /// Ignored files of other checks may be in it.
    pub is_warm: bool,
    /// What is in it since the last check there, if nothing was done to it since then.
    pub left: Option<WorkspaceState>,
}

impl Workspace {
    /// Makes a workspace for a commit: the one that the worker has, if that can be used again, else one of the pool; at a path of
    /// its own where it is to stay, or where no private one can be made.
    ///
    /// # Errors
    /// When none can be made.
    pub fn for_commit(
        app: &App,
        plan: &WorkspacePlan,
        (path, commit): (&Path, Oid),
        last: Option<Workspace>,
    ) -> Result<Workspace> {
        if let Some(mut last) = last {
            if last.bring_to(app, commit, plan.warm.as_deref()).is_ok() {
                return Ok(last);
            }
            remove(app, &last.worktree.path)?;
        }
        let (reason, warm) = (plan.reason(), plan.warm.as_deref());
        if pool::kind(app) == WorktreeKind::Private && !plan.keep {
            let claimed = pool::claim(app, None, commit, &reason, warm)?;
            if let Some(Claimed { workspace: worktree, is_warm }) = claimed {
                let has_ignored = || app.repo.workspace_state(&worktree).map_or(true, |state| state.has_ignored);
                let is_warm = is_warm && has_ignored();
                if !is_warm {
                    SetupState::forget(&worktree);
                }
                worktree::add_submodules(app, &worktree).inspect_err(|_| drop(remove(app, &worktree.path)))?;
                return Ok(Workspace { worktree, commit, is_warm, left: None });
            }
        }
        let kind = if plan.keep { pool::kind(app) } else { WorktreeKind::Linked };
        let made = worktree::make_new(app, path, commit, &reason, Hooks::Off, kind);
        let worktree = made.inspect_err(|_| drop(remove(app, path)))?;
        Ok(Workspace { worktree, commit, is_warm: false, left: None })
    }

    /// Brings it to a commit, with the ignored files that are in it or without.
    ///
    /// # Errors
    /// When it is no private workspace, or cannot be brought there.
    pub fn bring_to(&mut self, app: &App, commit: Oid, warm: Option<&str>) -> Result<()> {
        let left = self.left.take();
        if warm.is_none() {
            SetupState::forget(&self.worktree);
        }
        pool::bring_to(app, &self.worktree, commit, warm.is_some(), left.as_ref())?;
        worktree::add_submodules(app, &self.worktree)?;
        self.commit = commit;
        self.is_warm = warm.is_some() && left.is_none_or(|left| left.has_ignored);
        Ok(())
    }

    /// Can another commit be checked in it afterwards?
    pub fn is_for_all(&self, plan: &WorkspacePlan) -> bool {
        self.worktree.kind == WorktreeKind::Private && !plan.keep
    }
}

/// Makes a worktree in place of one that cannot be used any more, at another path where something else is at its own.
///
/// # Errors
/// When the old one cannot be removed, or no other made.
pub(super) fn make_again(app: &App, plan: &WorkspacePlan, workspace: &Workspace) -> Result<Workspace> {
    let path = &workspace.worktree.path;
    remove(app, path)?;
    let more = (2..).map(|number| {
        let name = format!("{}-{number}", path.file_name().unwrap_or_default().to_string_lossy());
        path.with_file_name(name)
    });
    let mut folders = std::iter::once(path.to_owned()).chain(more);
    let free = folders.find(|path| is_free(app, path)).unwrap_or_else(|| path.to_owned());
    Workspace::for_commit(app, plan, (&free, workspace.commit), None)
}

/// Returns whether nothing is at this path, and git knows no worktree there.
fn is_free(app: &App, path: &Path) -> bool {
    path.symlink_metadata().is_err() && app.repo.worktree_at(path).is_none()
}
