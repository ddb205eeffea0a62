//! What a new worktree gets beside the checkout: submodules, and copies of ignored files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::bytes::{as_bytes, as_path, records};
use super::repo::Repo;
use super::worktrees::git_in;
use super::{GitFailure, run};

/// How long the submodules of a worktree, or the listing of ignored files, may take.
const LIMIT: Duration = Duration::from_secs(1800);

impl Repo {
    /// Checks out the submodules that are set up in this repository, out of what it has of them where it has it.
    ///
    /// # Errors
    /// With git's words, when one can't be had.
    pub fn init_submodules(&self, worktree: &Path) -> Result<(), GitFailure> {
        if !worktree.join(".gitmodules").is_file() {
            return Ok(());
        }
        let paths = ["config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$"];
        let Ok(listed) = run(&git_in(worktree).args(paths)) else { return Ok(()) };
        for pair in records(&listed.stdout) {
            let text = String::from_utf8_lossy(pair);
            let Some((key, path)) = text.split_once('\n') else { continue };
            let Some(name) = key.strip_prefix("submodule.").and_then(|key| key.strip_suffix(".path")) else { continue };
            let key = format!("submodule.{name}.url");
            let Ok(url) = run(&git_in(worktree).args(["config", "--get", &key])) else { continue };
            let here = self.location().common_dir.join("modules").join(name);
            let mut update = git_in(worktree).limit(LIMIT);
            if here.is_dir() {
                let from_here = format!("{key}={}", here.display());
                update = update.args(["-c", "protocol.file.allow=always", "-c", &from_here]);
            }
            run(&update.args(["submodule", "--quiet", "update", "--init", "--", path]))?;
            if here.is_dir() {
                let url = String::from_utf8_lossy(&url.stdout).trim_end().to_owned();
                run(&git_in(&worktree.join(path)).args(["remote", "set-url", "origin", &url]))?;
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

    /// Copies ignored files of the main worktree into another one, where they are ignored too: elsewhere they would be
    /// taken for somebody's work.
    ///
    /// # Errors
    /// When they can't be listed or copied.
    pub fn copy_ignored(&self, main: &Path, worktree: &Path, patterns: &[String]) -> Result<(), anyhow::Error> {
        if patterns.is_empty() {
            return Ok(());
        }
        let files = self.ignored(main, patterns)?;
        let names: Vec<u8> = files.iter().flat_map(|file| as_bytes(file).into_iter().chain([0])).collect();
        let there = match run(&git_in(worktree).args(["check-ignore", "-z", "--stdin"]).stdin(names)) {
            Ok(listed) => listed.stdout,
            // None of them is.
            Err(GitFailure::Refused { code: 1, .. }) => return Ok(()),
            Err(failure) => return Err(failure.into()),
        };
        for file in records(&there).map(as_path) {
            copy(&main.join(&file), &worktree.join(&file))?;
        }
        Ok(())
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let kind = from.symlink_metadata()?.file_type();
    if kind.is_symlink() {
        symlink(&fs::read_link(from)?, to)
    } else if kind.is_file() {
        fs::copy(from, to).map(drop)
    } else {
        Ok(())
    }
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn symlink(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}
