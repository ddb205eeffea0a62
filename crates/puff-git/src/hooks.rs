//! Where git looks for hooks, and the hook of a checkout.

use std::path::PathBuf;
use std::time::Duration;

use super::bytes::as_path;
use super::locate::git;
use super::program::{TIES, run};
use super::repo::Repo;
use super::worktrees::Worktree;
use crate::Oid;
use puff_system::error::{Error, Result};
use puff_system::process::{self, Cmd};

/// How long a hook may take, such as one that fetches what a checkout needs.
const HOOK_LIMIT: Duration = Duration::from_secs(1800);

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

    /// Runs the user's `post-checkout` hook in a new worktree, as `git worktree add` does (githooks(5)). Returns whether
    /// there is one.
    ///
    /// # Errors
    /// With what the hook printed, when it fails. What was checked out stays as it is, as with `git switch`.
    pub fn run_post_checkout(&self, worktree: &Worktree, commit: Oid) -> Result<bool> {
        let hook = self.hooks_folder()?.join("post-checkout");
        if !is_executable(&hook) {
            return Ok(false);
        }
        let failed = || Error::failed(format!("the hook '{}' failed", hook.display()));
        let folder = self.open_worktree(&worktree.path).map_err(|fault| failed().because(fault))?;
        // By a shell, which also runs what has no first line that names one.
        let cmd = Cmd::new("sh").args(["-c", r#""$0" "$@""#]).arg(&hook);
        let cmd = cmd.args([commit.nothing().to_string(), commit.to_string(), "1".to_owned()]);
        let cmd = TIES.iter().fold(cmd, |cmd, name| cmd.env_remove(name));
        let ran = process::run(&cmd.cwd(folder.anchor()).env("PWD", &worktree.path).limit(HOOK_LIMIT));
        match ran {
            Ok(output) if output.success() => Ok(true),
            Ok(output) => Err(failed().because_it_said(&format!("{} {}", output.status, output.complaint()))),
            Err(cause) => Err(failed().because(cause)),
        }
    }
}

fn is_executable(file: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
