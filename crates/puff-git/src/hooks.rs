//! Where git looks for hooks.

use std::path::PathBuf;

use super::bytes::as_path;
use super::locate::git;
use super::program::run;
use super::repo::Repo;
use puff_system::error::{Error, Result};

impl Repo {
    /// The folder that git runs hooks from in this worktree, whatever says so; it need not be there.
    ///
    /// # Errors
    /// When git does not say.
    pub fn hooks_folder(&self) -> Result<PathBuf> {
        let asked = git(self.location()).args(["rev-parse", "--path-format=absolute", "--git-path", "hooks"]);
        let answer = run(&asked.asks_nobody()).map_err(|cause| {
            Error::cannot_work("cannot determine git's hooks directory")
                .hint("check core.hooksPath with 'git config --show-origin core.hooksPath'")
                .because(cause)
        })?;
        Ok(as_path(answer.stdout.strip_suffix(b"\n").unwrap_or(&answer.stdout)))
    }
}
