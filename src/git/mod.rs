//! The only user of git2, and of the `git` program for what libgit2 does differently or not at all.
//!
//! libgit2 reads objects and writes them; refs are written by compare-and-swap under our own lock, those in files by libgit2
//! and those in tables (reftable) by git. Configuration,
//! discovery, identities and remotes are asked from `git` itself, because only git knows every layer of them.

mod bytes;
mod commits;
pub mod config;
mod contained;
mod difference;
mod dirty;
mod exchange;
mod folder;
mod foreground;
mod git_locks;
mod hooks;
mod kept;
mod library;
mod listing;
mod local_config;
mod locate;
mod loose;
mod merge_drivers;
mod names;
mod objects;
mod outgoing;
mod pack;
mod partial;
mod ref_transaction;
mod reflog;
mod refs;
mod remote;
mod replaced;
mod repo;
pub mod snapshot;
pub mod state;
mod stats;
mod transaction;
mod tree_changes;
mod trees;
mod workspace_setup;
mod worktrees;

pub use bytes::as_path;
pub use commits::Draft;
pub use difference::{Difference, become_diff};
pub use dirty::{Dirty, dirty};
pub use exchange::{ExchangeFailure, Sending, Sent};
pub use folder::{Folder, FolderIdentity};
pub use locate::{Location, survey};
pub use merge_drivers::{GitMerge, MergeDrivers};
pub use outgoing::Outgoing;
pub use reflog::LogEntry;
pub use refs::{Expected, RefChange, RefFailure, is_valid_ref_name};
pub use remote::{FetchFailure, RemoteTip, pager};
pub use repo::{CommitInfo, NewCommit, Repo};
pub use stats::{Counting, Stats};
pub use transaction::RefStep;
pub use tree_changes::TreeChange;
pub use trees::{Edit, Entry, EntryKind};
pub use worktrees::{Hooks, Replaced, TIES, Worktree, WorktreeFault};

use crate::process::{Cmd, Failure, Output};

/// A call of `git` in this repository, in a language we can read. It stands at the top of the worktree, where there is
/// one: relative URLs of remotes start there.
pub(crate) fn git(location: &Location) -> Cmd {
    let git = base_git().env("GIT_DIR", &location.git_dir).env_remove("GIT_PREFIX");
    match &location.worktree {
        Some(worktree) => git.env("GIT_WORK_TREE", worktree).cwd(worktree),
        None => git.env_remove("GIT_WORK_TREE").cwd(&location.common_dir),
    }
}

/// A call of `git` wherever we are, with the user's discovery variables.
fn base_git() -> Cmd {
    Cmd::new("git").env("LC_ALL", "C").env_remove("LANGUAGE").env("GIT_OPTIONAL_LOCKS", "0")
}

/// `git` could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum GitFailure {
    /// It could not be run.
    #[error(transparent)]
    Process(#[from] Failure),
    /// It said no.
    #[error("{complaint}")]
    Refused {
        /// Its exit code; -1 when a signal ended it.
        code: i32,
        /// What it said.
        complaint: String,
    },
}

/// Runs git and answers its output when it succeeded.
pub(crate) fn run(cmd: &Cmd) -> Result<Output, GitFailure> {
    judge(crate::process::run(cmd))
}

/// Takes an answer of git's apart.
fn judge(answer: Result<Output, Failure>) -> Result<Output, GitFailure> {
    let output = answer?;
    if output.success() {
        return Ok(output);
    }
    Err(GitFailure::Refused { code: output.status.code().unwrap_or(-1), complaint: output.complaint() })
}
