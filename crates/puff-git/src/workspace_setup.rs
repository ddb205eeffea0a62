//! What a new worktree gets beside the checkout: submodules.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::bytes::{as_path, records};
use super::program::git_in;
use super::program::{GitFailure, run};
use super::repo::Repo;
use super::worktrees::{Worktree, WorktreeKind, git_of};

/// How long the submodules of a worktree, or the listing of ignored files, may take.
const LIMIT: Duration = Duration::from_secs(1800);

impl Repo {
    /// Checks out the submodules that are set up in this repository, out of what it has of them where it has it.
    ///
    /// # Errors
    /// With git's words, when one cannot be had.
    pub fn init_submodules(&self, worktree: &Worktree) -> Result<(), anyhow::Error> {
        let folder = self.open_worktree(&worktree.path)?;
        if folder.open_file(Path::new(".gitmodules")).is_err() {
            return Ok(());
        }
        let paths = ["config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$"];
        let is_private = worktree.kind == WorktreeKind::Private;
        // What is set up in a private workspace belongs to its own repository, which is new.
        let git = || if is_private { git_in(folder.anchor()) } else { git_of(worktree, &folder) };
        let Ok(listed) = run(&git().args(paths)) else { return Ok(()) };
        for pair in records(&listed.stdout) {
            let text = String::from_utf8_lossy(pair);
            let Some((key, path)) = text.split_once('\n') else { continue };
            let Some(name) = key.strip_prefix("submodule.").and_then(|key| key.strip_suffix(".path")) else { continue };
            let key = format!("submodule.{name}.url");
            let Ok(url) = run(&git().args(["config", "--get", &key])) else { continue };
            let here = self.location().common_dir.join("modules").join(name);
            let mut update = git().limit(LIMIT);
            if here.is_dir() {
                let from_here = format!("{key}={}", here.display());
                update = update.args(["-c", "protocol.file.allow=always", "-c", &from_here]);
            }
            run(&update.args(["submodule", "--quiet", "update", "--init", "--", path]))?;
            if here.is_dir() {
                let url = String::from_utf8_lossy(&url.stdout).trim_end().to_owned();
                // By its git directory: where the path of a submodule leads is for the commit to say.
                let git_dir = if is_private { folder.anchor().join(".git") } else { worktree.admin.clone() };
                let module = git_in(&git_dir.join("modules").join(name)).env("GIT_DIR", ".");
                run(&module.args(["remote", "set-url", "origin", &url]))?;
            }
        }
        Ok(())
    }

    /// The ignored files of the main worktree that fit one of these paths or patterns.
    ///
    /// # Errors
    /// With git's words, when a pattern is none of a path in there.
    pub fn ignored(&self, main: &Path, patterns: &[String]) -> Result<Vec<PathBuf>, GitFailure> {
        let list = ["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--"];
        let patterns = patterns.iter().map(|pattern| format!(":(top,glob){}", pattern.trim_end_matches('/')));
        let listed = run(&git_in(main).args(list).args(patterns).limit(LIMIT))?;
        Ok(records(&listed.stdout).map(as_path).collect())
    }
}
