//! Finding the repository, by git's own rules.

use std::path::{Path, PathBuf};

use super::config::{self, ConfigEntry};
use super::worktrees::git_in;
use super::{GitFailure, base_git, judge, run};
use crate::error::{Error, Result};
use crate::process::{self, Output};

/// Where a repository is, as git says: `GIT_DIR`, linked worktrees, `safe.directory` and `safe.bareRepository`
/// honoured.
#[derive(Clone, Debug)]
pub struct Location {
    /// The git directory of this worktree.
    pub git_dir: PathBuf,
    /// The git directory that all worktrees share.
    pub common_dir: PathBuf,
    /// The top of this worktree; none in a bare repository or inside a git directory.
    pub worktree: Option<PathBuf>,
    /// No worktree belongs to it.
    pub bare: bool,
    /// `sha1` or `sha256`.
    pub object_format: String,
    /// `files` or `reftable`.
    pub ref_format: String,
}

/// Asks git where we are, and, in the same moment, how it is configured there: every command waits for both answers. With
/// a folder, the same is asked for that one, and what the environment says of another repository does not count.
///
/// # Errors
/// When this is no repository, git refuses to work in it, there is no git, or it can't read its configuration.
pub fn survey(folder: Option<&Path>) -> Result<(Location, Vec<ConfigEntry>)> {
    // One call answers all, but a git directory has no top level: where that is refused, the rest is asked again.
    const QUESTIONS: [&str; 6] = [
        "rev-parse",
        "--path-format=absolute",
        "--git-dir",
        "--git-common-dir",
        "--is-bare-repository",
        "--show-object-format",
    ];
    let git = folder.map_or_else(base_git, git_in).asks_nobody();
    let ask = || git.clone().args(QUESTIONS);
    let (located, configured) = process::run_both(&ask().arg("--show-toplevel"), &config::question(git.clone()));
    let located = judge(located).or_else(|failure| match failure {
        GitFailure::Refused { .. } => run(&ask()),
        other => Err(other),
    });
    let location = read(&located.map_err(|failure| explain(failure, folder))?)?;
    Ok((location, config::read(configured)?))
}

/// Reads git's answers, a line each.
fn read(output: &Output) -> Result<Location> {
    let unreadable = || {
        Error::cannot_work("git describes this repository in a way that is not understood")
            .hint("check it with 'git rev-parse --git-dir --git-common-dir'; git-puff needs git 2.31 or newer")
    };
    // Paths may hold anything but a newline here: git itself prints one a line.
    let mut lines = output.stdout.split(|byte| *byte == b'\n');
    let mut next = || lines.next().filter(|line| !line.is_empty());
    let (git_dir, common_dir) = (next().ok_or_else(unreadable)?, next().ok_or_else(unreadable)?);
    let bare = next().ok_or_else(unreadable)? == b"true";
    let object_format = String::from_utf8_lossy(next().ok_or_else(unreadable)?).into_owned();
    let worktree = next().map(path);
    let common_dir = path(common_dir);
    let ref_format = ref_format(&common_dir);
    Ok(Location { git_dir: path(git_dir), common_dir, worktree, bare, object_format, ref_format })
}

impl Location {
    /// The top of the main worktree, whichever worktree we are in; none where `core_bare` says there is none.
    pub fn main_worktree(&self, core_bare: bool) -> Option<PathBuf> {
        if core_bare || self.bare {
            return None;
        }
        let here = if self.git_dir == self.common_dir { self.worktree.clone() } else { None };
        let named_git = self.common_dir.file_name().is_some_and(|name| name == ".git");
        here.or_else(|| if named_git { self.common_dir.parent().map(Path::to_owned) } else { None })
    }
}

/// A reftable repository has a folder of that name; git answers the same from its configuration, but only newer
/// gits can be asked.
fn ref_format(common_dir: &Path) -> String {
    let reftable = common_dir.join("reftable").is_dir();
    if reftable { "reftable".to_owned() } else { "files".to_owned() }
}

fn explain(failure: GitFailure, folder: Option<&Path>) -> Error {
    let said = failure.to_string();
    let here = folder.map(Path::to_owned).or_else(|| std::env::current_dir().ok());
    let here = here.map_or_else(|| ".".to_owned(), |here| here.display().to_string());
    match failure {
        GitFailure::Process(cause) => {
            Error::cannot_work("git can't be run").hint("install git, or put it on PATH").because(cause)
        }
        GitFailure::Refused { .. } if said.contains("dubious ownership") || said.contains("bareRepository") => {
            Error::cannot_work(format!("git does not trust the repository at '{here}'"))
                .hint("see 'git help config' for safe.directory and safe.bareRepository")
                .because_it_said(&said)
        }
        GitFailure::Refused { .. } if said.contains("not a git repository") => {
            Error::cannot_work(format!("'{here}' is not inside a git repository"))
                .hint("go into a repository, make one with 'git init', or try 'git puff demo'")
        }
        GitFailure::Refused { .. } => Error::cannot_work(format!("git can't work in the repository at '{here}'"))
            .hint("check it with 'git status'")
            .because_it_said(&said),
    }
}

#[cfg(unix)]
fn path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}
