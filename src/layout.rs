//! Where things are on disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files;
use crate::lock::FileLock;
use crate::model::RunId;

/// The runbook log, below the top of the main worktree.
pub const RUNBOOK: &str = ".codex/bo4_runs.jsonl";

/// `<git common dir>/puff` and what is in it, and the runbook log. Only live things are in there: deleting it while
/// nothing runs loses logs.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
    top: Option<PathBuf>,
    common_dir: PathBuf,
    closed: bool,
    /// The permissions that others have in a shared repository.
    shared: u32,
}

impl Layout {
    /// Returns the places of the repository with this common directory and main worktree.
    pub fn new(common_dir: &Path, top: Option<PathBuf>) -> Layout {
        Layout { root: common_dir.join("puff"), top, common_dir: common_dir.to_owned(), closed: false, shared: 0 }
    }

    /// Returns `<git common dir>/puff`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the top of the main worktree; none in a bare repository.
    pub fn top(&self) -> Option<&Path> {
        self.top.as_deref()
    }

    /// Returns the folder that the codex program runs in, which leaves an `error.log` wherever it is.
    pub fn cwd(&self) -> PathBuf {
        self.root.join("cwd")
    }

    /// Returns a watched run's log.
    pub fn log(&self, run: &RunId) -> PathBuf {
        self.root.join("logs").join(format!("{run}.log"))
    }

    /// Returns what the watcher itself says, outside of any run.
    pub fn watcher_log(&self) -> PathBuf {
        self.root.join("logs").join("watcher.log")
    }

    /// Returns how a watch ended, as `KEY=VALUE` lines; there when it has.
    pub fn result(&self, run: &RunId) -> PathBuf {
        self.root.join("results").join(run.as_str())
    }

    /// Returns the path of a cache: of what can be derived again.
    pub fn cache(&self, name: &str) -> PathBuf {
        self.root.join("cache").join(name)
    }

    /// Returns the lock that is held while refs of git-puff are written.
    pub fn write_lock(&self) -> PathBuf {
        self.root.join("locks").join("write")
    }

    /// Lets no ref be written any more: what was pushed is looked at and not taken yet, and git allows none.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// Lets others use these places too, with such permissions: they can read what is recorded in the repository as
    /// well, prompts and all. Sessions keep their owner.
    pub fn share(&mut self, mode: u32) {
        self.shared = mode;
    }

    /// Takes the lock under which refs of ours are written.
    ///
    /// # Errors
    /// When the git directory cannot be written.
    pub fn lock_for_writing(&self) -> Result<FileLock> {
        if self.closed {
            return Err(Error::cannot_work("git allows no ref updates while a hook checks a push")
                .hint("call git-puff from a post-receive hook instead"));
        }
        self.prepare()?;
        let path = self.write_lock();
        FileLock::wait(&path).map_err(|cause| {
            Error::cannot_work(format!("cannot acquire lock '{}'", path.display()))
                .hint("check who may write to the git directory, and the space on its disk")
                .because(cause)
        })
    }

    /// Returns the lock that the watcher holds for its life.
    pub fn watcher_lock(&self) -> PathBuf {
        self.root.join("locks").join("watcher")
    }

    /// Returns the lock that is held while this run is submitted.
    pub fn submit_lock(&self, run: &RunId) -> PathBuf {
        self.root.join("locks").join(format!("submit-{run}"))
    }

    /// Returns the lock that is held while this run is reviewed.
    pub fn review_lock(&self, run: &RunId) -> PathBuf {
        self.root.join("locks").join(format!("review-{run}"))
    }

    /// Returns the lock that is held while this run is picked, pruned or restored.
    pub fn decide_lock(&self, run: &RunId) -> PathBuf {
        self.root.join("locks").join(format!("decide-{run}"))
    }

    /// Returns the recovery point whose pick an undo has begun to take out of a worktree.
    pub fn undo_mark(&self, run: &RunId) -> PathBuf {
        self.root.join(format!("undo-{run}"))
    }

    /// Returns the lock that is held while runs are exchanged with a remote.
    pub fn sync_lock(&self) -> PathBuf {
        self.root.join("locks").join("sync")
    }

    /// Returns the lock that is held while sessions of runs are started or ended.
    pub fn local_lock(&self) -> PathBuf {
        self.root.join("locks").join("local")
    }

    /// Returns what the watcher tells about itself.
    pub fn watcher_status(&self) -> PathBuf {
        self.root.join("watcher.json")
    }

    /// Returns the sessions: a folder each.
    pub fn sessions(&self) -> PathBuf {
        self.root.join("sessions")
    }

    /// Returns what runs on this machine need while they are active: a folder each.
    pub fn live(&self) -> PathBuf {
        self.root.join("runs")
    }

    /// Returns the file that says why no private workspace can be made here.
    pub fn workspace_fallback(&self) -> PathBuf {
        self.root.join("no-private-workspace")
    }

    /// Returns the log of what empties the trash of the pool of workspaces.
    pub fn trash_log(&self) -> PathBuf {
        self.root.join("trash.log")
    }

    /// Returns the Codex app server.
    pub fn app_server(&self) -> PathBuf {
        self.root.join("cas")
    }

    /// Returns the file that is touched to wake the watcher.
    pub fn bell(&self) -> PathBuf {
        self.root.join("bell")
    }

    /// Asks the watcher to make room for the git-puff that this file names.
    pub fn handover(&self) -> PathBuf {
        self.root.join("handover")
    }

    /// Returns the runbook log: at the top of the main worktree, or in the git directory of a bare repository.
    pub fn runbook(&self) -> PathBuf {
        self.top.as_ref().unwrap_or(&self.common_dir).join(RUNBOOK)
    }

    /// Makes the folders, readable by the user alone, and by those a shared repository is shared with: client logs can
    /// hold account ids and prompts.
    ///
    /// # Errors
    /// When the repository cannot be written.
    pub fn prepare(&self) -> Result<()> {
        let make = || -> io::Result<()> {
            if ["locks", "cwd", "sessions", "worktrees", "cas", "runs"]
                .iter()
                .all(|folder| self.root.join(folder).is_dir())
            {
                return Ok(());
            }
            // Not made again where the repository was: a user who renames it may want the name for another.
            self.common_dir.metadata()?;
            for folder in ["", "cwd", "logs", "results", "cache", "locks", "sessions", "worktrees", "cas", "runs"] {
                // Who can open the socket in there can do what its user can. The environments of runs are in
                // folders of their own, each readable by its user alone.
                let shared = if folder == "cas" { 0 } else { self.shared };
                make_folder(&self.root.join(folder), shared)?;
            }
            Ok(())
        };
        make().map_err(|cause| {
            Error::cannot_work(format!("cannot write '{}'", self.root.display()))
                .hint("check who may write to the git directory, and the space on its disk")
                .because(cause)
        })
    }
}

#[cfg(unix)]
fn make_folder(folder: &Path, shared: u32) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let mode = 0o700 | shared | (shared & 0o044) >> 2;
    fs::DirBuilder::new().recursive(true).mode(mode).create(folder)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path, _: u32) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// Writes a file of the user's alone so that a reader sees the old or the new, never a part.
///
/// # Errors
/// When the folder cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    files::replace(path, files::PRIVATE, bytes)
}

impl Layout {
    /// Writes one of these files whole.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn replace(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        self.prepare()?;
        replace(path, bytes).map_err(|cause| {
            Error::cannot_work(format!("cannot write '{}'", path.display()))
                .hint("check who may write to the git directory, and the space on its disk")
                .because(cause)
        })
    }
}
