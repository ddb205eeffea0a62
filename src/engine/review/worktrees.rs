//! The worktrees of a review: where they are, whose they are, and that none is left over.
//!
//! A review that is killed is cleaned up after by its cleanup process, one that waits for our end; where that is killed
//! too, by the next review and by `doctor --repair`. All of them see by a file lock whether a review lives, by the
//! reason that a worktree is locked with that it is a review's, and by a mark in its environment what a check started.

use std::path::{Path, PathBuf};

use crate::app::App;
use crate::error::{Error, Result, ResultExt};
use crate::git::{Hooks, Worktree};
use crate::lock::FileLock;
use crate::model::{Oid, Run, RunId};
use crate::process::{Cmd, Guard, Mark};
use crate::session::worktree::{self, WorkspaceRoot};

/// What a worktree is locked with while a review works in it.
const REVIEWED: &str = "git-puff: it is being reviewed";

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
        let Some(program) = &app.environment.program else { return };
        let location = app.repo.location();
        let cmd = Cmd::new(program).args(["cleanup-process", run.as_str()]).env("GIT_DIR", &location.git_dir);
        let cmd = match &location.worktree {
            Some(worktree) => cmd.env("GIT_WORK_TREE", worktree).cwd(worktree),
            None => cmd.cwd(&location.common_dir),
        };
        // Without one, the next review sweeps.
        self.cleanup = Guard::start(&cmd).ok();
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
            // Judges have no worktree.
            Mark { name: MARK, folder: &WorkspaceRoot::find(app)?.of_run(run) }.kill_below();
            sweep(app, run)
        }
        None => Ok(()),
    }
}

/// Ends the checks that a killed review of a run left behind, and removes its worktrees. The caller holds the lock.
fn sweep(app: &App, run: &RunId) -> Result<()> {
    let Ok(workspace_root) = WorkspaceRoot::find(app) else { return Ok(()) };
    let folder = workspace_root.of_run(run);
    let left: Vec<PathBuf> = app
        .repo
        .worktrees()
        .into_iter()
        .filter(|worktree| worktree.path.starts_with(&folder) && worktree.locked.as_deref() == Some(REVIEWED))
        .map(|worktree| worktree.path)
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    Mark { name: MARK, folder: &folder }.kill_below();
    left.iter().try_for_each(|path| remove(app, path))
}

/// Returns whether a review that was killed left this worktree of a run.
pub fn is_left(app: &App, worktree: &Worktree, run: &str) -> bool {
    let lives = || run.parse().is_ok_and(|run: RunId| FileLock::is_held(&app.layout.review_lock(&run)));
    worktree.locked.as_deref() == Some(REVIEWED) && !lives()
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

/// Makes a worktree for a review.
pub(super) fn make(app: &App, path: &Path, commit: Oid) -> Result<Worktree> {
    worktree::make_new(app, path, commit, REVIEWED, Hooks::Off)
}

/// Makes a worktree in place of one that cannot be used any more, at another path where something else is at its own.
///
/// # Errors
/// When the old one cannot be removed, or no other made.
pub(super) fn make_again(app: &App, path: &Path, commit: Oid) -> Result<Worktree> {
    remove(app, path)?;
    let more = (2..).map(|number| {
        let name = format!("{}-{number}", path.file_name().unwrap_or_default().to_string_lossy());
        path.with_file_name(name)
    });
    let mut folders = std::iter::once(path.to_owned()).chain(more);
    let free = folders.find(|path| is_free(app, path)).unwrap_or_else(|| path.to_owned());
    make(app, &free, commit)
}

/// Returns whether nothing is at this path, and git knows no worktree there.
fn is_free(app: &App, path: &Path) -> bool {
    path.symlink_metadata().is_err() && app.repo.worktree_at(path).is_none()
}
