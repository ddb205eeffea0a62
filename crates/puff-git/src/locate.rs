//! Finding the repository, by git's own rules.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::bytes::as_path;
use super::config::{self, ConfigEntry};
use super::program::{GitFailure, base_git, check_exit, git_in, run};
use puff_system::error::{Error, Result};
use puff_system::process::{self, Cmd, Output};

/// Where a repository is, as git says: `GIT_DIR`, linked worktrees, `safe.directory` and `safe.bareRepository`
/// honoured.
#[derive(Clone, Debug)]
pub struct Location {
    /// The git directory of this worktree.
    pub git_dir: PathBuf,
    /// The git directory that all worktrees share.
    pub common_dir: PathBuf,
    /// The folder of its objects: `GIT_OBJECT_DIRECTORY`, or the one in the git directory.
    pub objects: PathBuf,
    /// Folders of objects that are read too: `GIT_ALTERNATE_OBJECT_DIRECTORIES`.
    pub alternates: Vec<PathBuf>,
    /// The top of this worktree; none in a bare repository or inside a git directory.
    pub worktree: Option<PathBuf>,
    /// No worktree belongs to it.
    pub bare: bool,
    /// The remotes at which objects may be that are not here: it is a partial clone.
    pub promisors: Vec<String>,
}

/// The oldest git that has all that is asked of it: `git worktree add --reason` is of 2.33, `gpg.format=ssh` of 2.34.
pub const OLDEST: &str = "2.34";

/// What stands between two paths in git's answer, which prints a word that it does not know as it is: a path may have line
/// ends in it.
const NEXT: &str = "--and-then";

/// What makes all of them absolute.
const ABSOLUTE: &str = "--path-format=absolute";

/// Asks git where we are, and, in the same moment, how it is configured there: every command waits for both answers. With
/// a folder, the same is asked for that one, and what the environment says of another repository does not count.
/// `alternates` is `GIT_ALTERNATE_OBJECT_DIRECTORIES`.
///
/// # Errors
/// When this is no repository, git refuses to work in it, there is no git, or it cannot read its configuration.
pub fn survey(folder: Option<&Path>, alternates: &OsStr) -> Result<(Location, Vec<ConfigEntry>)> {
    // One call answers all, but a git directory has no top level: where that is refused, the rest is asked again.
    const QUESTIONS: [&str; 10] = [
        "rev-parse",
        "--is-bare-repository",
        ABSOLUTE,
        "--git-dir",
        NEXT,
        "--git-common-dir",
        NEXT,
        "--git-path",
        "objects",
        NEXT,
    ];
    let git = folder.map_or_else(base_git, git_in).asks_nobody();
    let ask = || git.clone().args(QUESTIONS);
    let (located, configured) = process::run_both(&ask().arg("--show-toplevel"), &config::question(git.clone()));
    let located = check_exit(located).or_else(|failure| match failure {
        GitFailure::Refused { .. } => run(&ask()),
        other => Err(other),
    });
    let mut location = read(&located.map_err(|failure| explain(failure, folder))?)?;
    let entries = config::read(configured)?;
    location.promisors = config::promisors(&entries);
    location.alternates = folders(alternates);
    Ok((location, entries))
}

/// Reads git's answers, a line each.
fn read(output: &Output) -> Result<Location> {
    let unreadable = || {
        Error::cannot_work("git describes this repository in a way that is not understood")
            .hint("check it with 'git rev-parse --git-dir --git-common-dir'")
    };
    let mut lines = output.stdout.splitn(2, |byte| *byte == b'\n');
    let mut next = || lines.next().ok_or_else(unreadable);
    let (bare, paths) = (next()? == b"true", next()?);
    // An older git prints every word that it does not know, too.
    if paths.split(|byte| *byte == b'\n').any(|line| line == ABSOLUTE.as_bytes()) {
        return Err(Error::cannot_work("git is too old for git-puff")
            .hint(format!("update git: it has to be {OLDEST} or newer; 'git --version' says which it is")));
    }
    let paths = paths.strip_suffix(b"\n").unwrap_or(paths);
    let [git_dir, common_dir, objects, worktree] = split(paths).ok_or_else(unreadable)?;
    let [git_dir, common_dir, objects] = [git_dir, common_dir, objects].map(as_path);
    let worktree = (!worktree.is_empty()).then(|| as_path(worktree));
    let (alternates, promisors) = (Vec::new(), Vec::new());
    Ok(Location { git_dir, common_dir, objects, alternates, worktree, bare, promisors })
}

/// Four paths with [`NEXT`] in a line between two of them; the last may be missing.
fn split(mut paths: &[u8]) -> Option<[&[u8]; 4]> {
    let between = format!("\n{NEXT}\n");
    let mut found = [&b""[..]; 4];
    for path in &mut found[..3] {
        let end = paths.windows(between.len()).position(|window| window == between.as_bytes());
        match end {
            Some(end) => (*path, paths) = (&paths[..end], &paths[end + between.len()..]),
            // Where nothing follows, the line that ends it is off already.
            None => (*path, paths) = (paths.strip_suffix(between.trim_end().as_bytes())?, b""),
        }
    }
    found[3] = paths;
    Some(found)
}

/// The folders of a list as git reads it: by colons (semicolons on Windows), each may be quoted.
fn folders(list: &OsStr) -> Vec<PathBuf> {
    let between = if cfg!(windows) { b';' } else { b':' };
    let mut found = vec![Vec::new()];
    let mut bytes = list.as_encoded_bytes().iter().copied().peekable();
    let mut quoted = false;
    while let Some(byte) = bytes.next() {
        let folder = found.last_mut().expect("there is one at least");
        match byte {
            b'"' if quoted || folder.is_empty() => quoted = !quoted,
            b'\\' if quoted => folder.extend(bytes.next()),
            byte if byte == between && !quoted => found.push(Vec::new()),
            byte => folder.push(byte),
        }
    }
    found.iter().filter(|folder| !folder.is_empty()).map(|folder| as_path(folder)).collect()
}

impl Location {
    /// A bare repository in this folder.
    pub fn bare(folder: &Path) -> Location {
        Location {
            git_dir: folder.to_owned(),
            common_dir: folder.to_owned(),
            objects: folder.join("objects"),
            alternates: Vec::new(),
            worktree: None,
            bare: true,
            promisors: Vec::new(),
        }
    }

    /// Are the objects not in the git directory?
    pub(crate) fn has_objects_elsewhere(&self) -> bool {
        self.objects != self.common_dir.join("objects")
    }

    /// The top of the main worktree, whichever worktree we are in; none where there is none. `named` says that the user
    /// names a worktree for this call (`GIT_WORK_TREE`); `core` is `core.bare` and `core.worktree`.
    pub fn main_worktree(&self, named: bool, core: (bool, Option<&str>)) -> Option<PathBuf> {
        let (core_bare, core_worktree) = core;
        let here = self.worktree.as_ref().filter(|_| self.git_dir == self.common_dir);
        if let Some(here) = here.filter(|_| named || core_worktree.is_some()) {
            return Some(here.clone());
        }
        if core_bare || self.bare {
            return None;
        }
        // A submodule's is beside none of its folders.
        if let Some(path) = core_worktree {
            return self.common_dir.join(path).canonicalize().ok();
        }
        // With nothing but GIT_DIR, git takes the folder that it is called in for the worktree.
        let named_git = self.common_dir.file_name().is_some_and(|name| name == ".git");
        if named_git { self.common_dir.parent().map(Path::to_owned) } else { here.cloned() }
    }
}

/// A call of `git` in this repository, in a language we can read. It stands at the top of the worktree, where there is
/// one: relative URLs of remotes start there.
pub(super) fn git(location: &Location) -> Cmd {
    let git = base_git().env("GIT_DIR", &location.git_dir).env_remove("GIT_PREFIX");
    match &location.worktree {
        Some(worktree) => git.env("GIT_WORK_TREE", worktree).cwd(worktree),
        None => git.env_remove("GIT_WORK_TREE").cwd(&location.common_dir),
    }
}

fn explain(failure: GitFailure, folder: Option<&Path>) -> Error {
    let said = failure.to_string();
    let here = folder.map(Path::to_owned).or_else(|| std::env::current_dir().ok());
    let here = here.map_or_else(|| ".".to_owned(), |here| here.display().to_string());
    match failure {
        GitFailure::Process(cause) => {
            Error::cannot_work("cannot run git").hint("install git, or put it on PATH").because(cause)
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
        GitFailure::Refused { .. } if said.contains("extension found") || said.contains("repo version") => {
            Error::cannot_work(format!("git does not know the format of the repository at '{here}'"))
                .hint("update git: reftable, for one, needs git 2.45 or newer")
                .because_it_said(&said)
        }
        GitFailure::Refused { .. } => Error::cannot_work(format!("git cannot work in the repository at '{here}'"))
            .hint("check it with 'git status'")
            .because_it_said(&said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_line_ends_are_told_apart() {
        let said = "/a\nb/.git\n--and-then\n/a\nb/.git\n--and-then\n/o\n--and-then\n/a\nb";
        assert_eq!(split(said.as_bytes()), Some([&b"/a\nb/.git"[..], b"/a\nb/.git", b"/o", b"/a\nb"]));
        assert_eq!(split(b"/a\n--and-then\n/b\n--and-then\n/c\n--and-then"), Some([&b"/a"[..], b"/b", b"/c", b""]));
        assert_eq!(split(b"/a\n--and-then\n/b"), None);
    }

    #[test]
    #[cfg(not(windows))]
    fn a_list_of_folders_is_read_as_git_reads_it() {
        let read = |list: &str| folders(OsStr::new(list));
        assert_eq!(read("/a:\"/b:\\\"c\":/d"), ["/a", "/b:\"c", "/d"].map(PathBuf::from));
        assert!(read("").is_empty());
    }
}
