//! A worktree as git sees it through a git directory and an index of our own: what is the worktree's is only read, and
//! what an agent may have written into its `.git` decides nothing.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::Ignored;
use crate::Oid;
use crate::bytes::{as_path, records, shown};
use crate::folder::Folder;
use crate::program::git_in;
use crate::program::{GitFailure, run};
use crate::repo::Repo;
use crate::worktrees::{copy_index, pinned};
use puff_system::process::Cmd;

/// How long git may take to read a worktree, or to write a patch.
pub(super) const LIMIT: Duration = Duration::from_secs(1800);

/// A worktree seen through a git directory and an index of our own.
pub(crate) struct View {
    pub folder: Folder,
    pub git_dir: PathBuf,
    pub index: PathBuf,
    /// The folder in which git keeps the worktree. Its owner may have written anything there.
    pub admin: Option<PathBuf>,
    _temporary: Option<TempDir>,
}

/// Makes a folder that no other process writes into and that goes with the value: where temporary files go, or in the git
/// directory where they cannot.
pub(crate) fn private_folder(common_dir: &Path) -> std::io::Result<TempDir> {
    let builder = || tempfile::Builder::new().prefix("git-puff-").tempdir();
    builder().or_else(|_| tempfile::Builder::new().prefix("view-").tempdir_in(common_dir.join("puff")))
}

impl View {
    /// Sees a linked worktree through a copy of its index.
    pub fn copied(repo: &Repo, path: &Path, folder: Folder, commit: Oid) -> Result<View, anyhow::Error> {
        let temporary = private_folder(&repo.location().common_dir)?;
        let (admin, side) = (repo.worktree_at(path).map(|known| known.admin), repo.side_of(path));
        repo.private_git_dir(temporary.path(), commit, side.as_deref().or(admin.as_deref()))?;
        if let Some(admin) = &admin {
            // Where it has none that can be read, the base takes its place.
            let _ = copy_index(admin, temporary.path());
        }
        Ok(View::over(folder, temporary.path().to_owned(), admin).keeping(temporary))
    }

    /// Sees a worktree through a git directory that only we and the user write to, and the index in there.
    pub fn over(folder: Folder, git_dir: PathBuf, admin: Option<PathBuf>) -> View {
        View { folder, index: git_dir.join("index"), git_dir, admin, _temporary: None }
    }

    /// Sees it through another index.
    pub fn with_index(self, index: PathBuf) -> View {
        View { index, ..self }
    }

    /// Removes a folder when it is done with.
    pub fn keeping(self, temporary: TempDir) -> View {
        View { _temporary: Some(temporary), ..self }
    }

    pub fn git(&self) -> Cmd {
        let git = git_in(self.folder.anchor()).env("GIT_DIR", &self.git_dir).env("GIT_WORK_TREE", ".");
        pinned(git.env("GIT_INDEX_FILE", &self.index).limit(LIMIT))
    }

    /// Begins with the index that is there: what was staged by force, or taken out of the index, is meant. Where there is none
    /// that can be read, or nothing is in it, with the base.
    pub fn read_index(&self, base_tree: Option<Oid>) -> Result<(), GitFailure> {
        if self.index.exists() && self.show_hidden().is_ok_and(|entries| entries > 0 || base_tree.is_none()) {
            return Ok(());
        }
        let _ = fs::remove_file(&self.index);
        match base_tree {
            Some(tree) => run(&self.git().args(["read-tree", &tree.to_string()])).map(drop),
            None => Ok(()),
        }
    }

    /// Takes everything in. What cannot be read is left out, and so is a submodule that has lost its repository, at which git
    /// would end.
    pub fn add_all(&self) -> Result<(), GitFailure> {
        let lost = self.links()?.into_iter().filter(|path| self.has_lost_repository(path));
        let lost: Vec<OsString> =
            lost.map(|path| OsString::from_vec([b":(top,exclude,literal)".as_slice(), &path].concat())).collect();
        let all = (!lost.is_empty()).then_some(OsString::from(":(top)"));
        let add = self.git().args(["add", "--all", "--ignore-errors"]).args(self.sparse()).arg("--");
        match run(&add.args(all).args(lost)) {
            Err(GitFailure::Refused { code: 1, .. }) => Ok(()),
            other => other.map(drop),
        }
    }

    /// Takes in those of the new ignored files that are to be kept, and answers the others.
    pub fn take_ignored(&self, ignored: &Ignored) -> Result<BTreeSet<Vec<u8>>, GitFailure> {
        let list = |patterns: &[String]| self.new_ignored(ignored, patterns);
        if !ignored.keep.is_empty() {
            // A repository of its own would be no more than the name of a commit.
            let kept = list(&ignored.keep)?.into_iter().filter(|path| !path.ends_with(b"/"));
            let names: Vec<u8> = kept.flat_map(|path| path.into_iter().chain([0])).collect();
            if !names.is_empty() {
                let add = ["add", "--force", "--ignore-errors", "--pathspec-from-file=-", "--pathspec-file-nul"];
                match run(&self.git().env("GIT_LITERAL_PATHSPECS", "1").args(add).args(self.sparse()).stdin(names)) {
                    Ok(_) | Err(GitFailure::Refused { code: 1, .. }) => {}
                    Err(failure) => return Err(failure),
                }
            }
        }
        list(&[])
    }

    /// Returns the new ignored files that these patterns name; without any, all of them.
    pub fn new_ignored(&self, ignored: &Ignored, patterns: &[String]) -> Result<BTreeSet<Vec<u8>>, GitFailure> {
        let patterns = patterns.iter().map(|pattern| format!(":(top,glob){}", pattern.trim_end_matches('/')));
        let list = ["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--"];
        let listed = run(&self.git().args(list).args(patterns))?;
        let new = records(&listed.stdout).filter(|path| !ignored.before.contains(*path));
        Ok(new.map(<[u8]>::to_vec).collect())
    }

    pub fn write_tree(&self) -> Result<Oid, anyhow::Error> {
        let written = run(&self.git().arg("write-tree"))?;
        Ok(String::from_utf8_lossy(&written.stdout).trim().parse()?)
    }

    /// Looks at files again that git was told not to look at; not where a sparse checkout is why they are not there.
    /// Returns the number of entries of the index.
    fn show_hidden(&self) -> Result<usize, GitFailure> {
        let listed = run(&self.git().args(["ls-files", "-z", "-v"]))?;
        let sparse = !self.sparse().is_empty();
        let (mut assumed, mut skipped, mut entries) = (Vec::new(), Vec::new(), 0);
        for entry in records(&listed.stdout).filter(|entry| entry.len() > 2) {
            entries += 1;
            let (tag, path) = (entry[0], &entry[2..]);
            if tag.is_ascii_lowercase() {
                assumed.extend(path.iter().copied().chain([0]));
            }
            if tag.eq_ignore_ascii_case(&b'S') && !sparse {
                skipped.extend(path.iter().copied().chain([0]));
            }
        }
        for (flag, paths) in [("--no-assume-unchanged", assumed), ("--no-skip-worktree", skipped)] {
            if !paths.is_empty() {
                run(&self.git().args(["update-index", flag, "-z", "--stdin"]).stdin(paths))?;
            }
        }
        Ok(entries)
    }

    /// Files outside of a sparse checkout that the agent made are its work too.
    fn sparse(&self) -> &'static [&'static str] {
        const SPARSE: [&str; 3] = ["config", "--bool", "core.sparseCheckout"];
        let says_so = |git: Cmd| run(&git).is_ok_and(|answer| answer.stdout.trim_ascii() == b"true");
        // Its owner may have made it sparse itself. Of that configuration, nothing else is read.
        let own = self.admin.as_ref().map(|admin| admin.join("config.worktree")).filter(|file| file.is_file());
        let own = || {
            own.is_some_and(|file| {
                says_so(self.git().args(["config", "--no-includes", "--file"]).arg(file).args(&SPARSE[1..]))
            })
        };
        if says_so(self.git().args(SPARSE)) || own() { &["--sparse"] } else { &[] }
    }

    /// Returns what a tree holds, each line as git lists it: `mode kind name<TAB>path`.
    pub fn list_tree(&self, tree: Oid) -> Result<Vec<Vec<u8>>, GitFailure> {
        let listed = run(&self.git().args(["ls-tree", "-r", "-z", "--full-tree", &tree.to_string()]))?;
        Ok(records(&listed.stdout).map(<[u8]>::to_vec).collect())
    }

    /// Returns the paths that the base has submodules at, and those that `.gitmodules` names now.
    pub fn declared_submodules(&self, base: &[Vec<u8>]) -> Result<BTreeSet<Vec<u8>>, GitFailure> {
        let of_base = base.iter().filter_map(|line| link(line, b"160000 commit "));
        let mut declared: BTreeSet<Vec<u8>> = of_base.collect();
        let paths = ["config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$"];
        if let Ok(named) = run(&self.git().args(paths)) {
            let values = records(&named.stdout).filter_map(|pair| pair.splitn(2, |byte| *byte == b'\n').nth(1));
            declared.extend(values.map(|path| path.strip_suffix(b"/").unwrap_or(path).to_vec()));
        }
        Ok(declared)
    }

    /// The paths of the index that name commits of other repositories.
    pub fn links(&self) -> Result<Vec<Vec<u8>>, GitFailure> {
        let listed = run(&self.git().args(["ls-files", "-z", "--stage"]))?;
        Ok(records(&listed.stdout).filter_map(|line| link(line, b"160000 ")).collect())
    }

    /// Refuses a tree that has nothing of what the base has, as long as some of that is in the worktree: whatever was done
    /// to the index, that is not what an agent means by its work.
    pub fn refuse_lost_index(&self, base: &[Vec<u8>]) -> Result<(), anyhow::Error> {
        let path = |line: &Vec<u8>| Some(line[line.iter().position(|byte| *byte == b'\t')? + 1..].to_vec());
        let mut of_base: BTreeSet<Vec<u8>> = base.iter().filter_map(path).collect();
        let listed = run(&self.git().args(["ls-files", "-z"]))?;
        if of_base.is_empty() || records(&listed.stdout).any(|path| of_base.contains(path)) {
            return Ok(());
        }
        of_base.retain(|path| self.folder.anchor().join(as_path(path)).symlink_metadata().is_ok());
        match of_base.first() {
            None => Ok(()),
            Some(path) => anyhow::bail!(
                "the index of the worktree has nothing of the base any more, and {} of its files are there untracked, such \
                 as '{}': taken as it is, it would delete all of them",
                of_base.len(),
                shown(path)
            ),
        }
    }

    /// What is neither in the index nor ignored.
    pub fn left_over(&self) -> Result<Vec<Vec<u8>>, GitFailure> {
        let listed = run(&self.git().args(["ls-files", "-z", "--others", "--exclude-standard"]))?;
        // Git passes over a folder that it cannot open, such as another user's, with no more than a warning.
        let unopened = listed.stderr.split(|byte| *byte == b'\n').filter_map(unopened_folder);
        Ok(records(&listed.stdout).map(<[u8]>::to_vec).chain(unopened).collect())
    }
}

/// Returns the folder that a warning of git's says it could not open, without the slash at its end.
fn unopened_folder(line: &[u8]) -> Option<Vec<u8>> {
    let rest = line.strip_prefix(b"warning: could not open directory '")?;
    let end = rest.windows(3).rposition(|bytes| bytes == b"': ")?;
    let path = rest[..end].strip_suffix(b"/").unwrap_or(&rest[..end]);
    (!path.is_empty()).then(|| path.to_vec())
}

/// The path of a line of a listing that begins like this.
fn link(line: &[u8], begins: &[u8]) -> Option<Vec<u8>> {
    let rest = line.strip_prefix(begins)?;
    Some(rest[rest.iter().position(|byte| *byte == b'\t')? + 1..].to_vec())
}
