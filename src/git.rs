//! The only user of git2, and of the `git` program for what libgit2 does differently or not at all.
//!
//! libgit2 reads objects and writes them; refs are written by compare-and-swap under our own lock, those in files by libgit2
//! and those in tables (reftable) by git. Configuration,
//! discovery, identities and remotes are asked from `git` itself, because only git knows every layer of them.

mod blobs;
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
mod merge_texts;
mod names;
mod objects;
mod open;
mod outgoing;
mod pack;
mod partial;
mod program;
mod ref_batch;
mod reflog;
mod refs;
mod remote;
mod replaced;
mod repo;
mod revisions;
pub mod snapshot;
pub mod state;
mod stats;
mod tree_changes;
mod trees;
mod unwritten;
mod workspace_setup;
mod worktrees;

pub use bytes::as_path;
pub use commits::{CommitInfo, Draft, NewCommit};
pub use difference::{Difference, become_diff};
pub use dirty::{Dirty, dirty};
pub use exchange::{ExchangeFailure, Sending, Sent};
pub use folder::{Folder, FolderIdentity};
pub use locate::{Location, survey};
pub use merge_drivers::{GitMerge, MergeDrivers};
pub use outgoing::Outgoing;
pub use program::{GitFailure, TIES};
pub use reflog::LogEntry;
pub use refs::{Expected, RefChange, RefFailure, RefStep, is_valid_ref_name};
pub use remote::{FetchFailure, RemoteTip, pager};
pub use repo::Repo;
pub use stats::{Counting, Stats};
pub use tree_changes::TreeChange;
pub use trees::{Edit, Entry, EntryKind};
pub use worktrees::{Hooks, Replaced, Worktree, WorktreeFault};
