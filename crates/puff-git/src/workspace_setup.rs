//! What a new worktree gets beside the checkout: submodules, and copies of ignored files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::bytes::{as_bytes, as_path, records};
use super::folder::Folder;
use super::program::git_in;
use super::program::{GitFailure, run};
use super::repo::Repo;
use super::worktrees::{Worktree, git_of};

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
        let git = || git_of(worktree, &folder);
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
                let module = worktree.admin.join("modules").join(name);
                run(&git_in(&module).env("GIT_DIR", &module).args(["remote", "set-url", "origin", &url]))?;
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
    /// taken for an agent's work.
    ///
    /// # Errors
    /// When they cannot be listed or copied.
    pub fn copy_ignored(&self, main: &Path, worktree: &Worktree, patterns: &[String]) -> Result<(), anyhow::Error> {
        if patterns.is_empty() {
            return Ok(());
        }
        let folder = self.open_worktree(&worktree.path)?;
        let files = self.ignored(main, patterns)?;
        let names: Vec<u8> = files.iter().flat_map(|file| as_bytes(file).into_iter().chain([0])).collect();
        let there = match run(&git_of(worktree, &folder).args(["check-ignore", "-z", "--stdin"]).stdin(names)) {
            Ok(listed) => listed.stdout,
            // None of them is.
            Err(GitFailure::Refused { code: 1, .. }) => return Ok(()),
            Err(failure) => return Err(failure.into()),
        };
        for file in records(&there).map(as_path) {
            // A commit may have a link where the user has a folder: nothing is written behind it.
            let above = file.parent().unwrap_or(Path::new(""));
            make_folders(&folder, above)?;
            copy(&main.join(&file), &folder.subfolder(above)?.anchor().join(file.file_name().unwrap_or_default()))?;
        }
        Ok(())
    }
}

/// Makes the folders of a path below another one.
fn make_folders(folder: &Folder, path: &Path) -> io::Result<()> {
    let mut at = folder.clone();
    for name in path {
        match fs::create_dir(at.anchor().join(name)) {
            Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => return Err(cause),
            _ => at = at.subfolder(Path::new(name))?,
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let kind = from.symlink_metadata()?.file_type();
    if kind.is_symlink() {
        symlink(&fs::read_link(from)?, to)
    } else if kind.is_file() {
        let (mut from, mut to) = (fs::File::open(from)?, fs::File::options().write(true).create_new(true).open(to)?);
        io::copy(&mut from, &mut to)?;
        to.set_permissions(from.metadata()?.permissions())
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
