//! The `git` program: calls of it, and what it answers.

use std::path::Path;

use puff_system::process::{Cmd, Failure, Output};

/// Variables that tie a call of git to another place than the one that it is to work in. Where the objects are is not
/// among them: a worktree of the repository has its objects there too.
pub const TIES: [&str; 7] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_IMPLICIT_WORK_TREE",
];

/// A call of `git` wherever we are, with the user's discovery variables.
pub(super) fn base_git() -> Cmd {
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
pub(super) fn run(cmd: &Cmd) -> Result<Output, GitFailure> {
    check_exit(puff_system::process::run(cmd))
}

/// Returns the output of a call of git that ended well.
pub(super) fn check_exit(answer: Result<Output, Failure>) -> Result<Output, GitFailure> {
    let output = answer?;
    if output.success() {
        return Ok(output);
    }
    Err(GitFailure::Refused { code: output.status.code().unwrap_or(-1), complaint: output.complaint() })
}

/// A call of git as a user would make it in this folder.
pub(super) fn git_in(folder: &Path) -> Cmd {
    TIES.iter().fold(base_git(), |cmd, name| cmd.env_remove(name)).cwd(folder)
}
