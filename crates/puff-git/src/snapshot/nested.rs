//! Worktrees of the repository that an agent made inside its own one.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::view::View;
use crate::Oid;
use crate::bytes::{as_bytes, as_path};
use crate::folder::Folder;
use crate::program::run;
use crate::repo::Repo;
use crate::state::{Head, head};
use crate::worktrees::{Worktree, resolved};

/// How much is read of a file that names a path.
const MOST_LINK: u64 = 64 << 10;

/// A worktree inside of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NestedWorktree {
    /// Its path in the other one.
    pub path: String,
    /// It has work that is neither in the other one nor on a ref.
    pub own_work: bool,
}

/// Returns the path in a workspace of the worktree that this folder of its repository is of, if it is there. What an agent wrote
/// into it decides no more than what is left out, and named.
fn inside_of(view: &View, admin: &Folder) -> Option<PathBuf> {
    let mut gitdir = Vec::new();
    admin.open_file(Path::new("gitdir")).ok()?.take(MOST_LINK).read_to_end(&mut gitdir).ok()?;
    let path = as_path(gitdir.trim_ascii_end());
    let path = path.parent()?;
    let real = resolved(view.folder.path());
    let inside = [Some(view.folder.path()), real.as_deref()].into_iter().flatten();
    let inside = inside.filter_map(|folder| path.strip_prefix(folder).ok()).next()?.to_owned();
    (!inside.as_os_str().is_empty()).then_some(())?;
    // The folder has to name it too.
    let mut named = Vec::new();
    view.folder.open_file(&inside.join(".git")).ok()?.take(MOST_LINK).read_to_end(&mut named).ok()?;
    let named = as_path(named.strip_prefix(b"gitdir: ")?.trim_ascii_end());
    (named.file_name() == admin.path().file_name()).then_some(inside)
}

impl Repo {
    /// Finds those in the worktree at this path, whether they are ignored there or not, each with its path inside.
    pub(super) fn nested(&self, path: &Path, view: &View) -> Vec<(Vec<u8>, bool)> {
        let real = resolved(path);
        let found = self.worktrees_below(path).into_iter().filter_map(|worktree| {
            let inside = [Some(path), real.as_deref()].into_iter().flatten();
            let inside = inside.filter_map(|path| worktree.path.strip_prefix(path).ok()).next()?.to_owned();
            view.folder.subfolder(&inside).ok()?;
            let own_work = self.has_unrecorded(&worktree, &inside, view).unwrap_or(true);
            Some((as_bytes(&inside), own_work))
        });
        found.collect()
    }

    /// Finds those that an agent made with the repository of its private workspace. Its refs go with that repository: what the
    /// user's does not have is nowhere else.
    pub(super) fn nested_in_workspace(&self, view: &View) -> Vec<(Vec<u8>, bool)> {
        let Ok(admins) = view.folder.subfolder(Path::new(".git/worktrees")) else { return Vec::new() };
        let names = fs::read_dir(admins.anchor()).into_iter().flatten().flatten().map(|entry| entry.file_name());
        let found = names.filter_map(|name| {
            let inside = inside_of(view, &admins.subfolder(Path::new(&name)).ok()?)?;
            let own_work = self.is_unknown(view, &inside).unwrap_or(true);
            Some((as_bytes(&inside), own_work))
        });
        found.collect()
    }

    /// Has a worktree of another repository a commit or changes that the user's repository does not have?
    fn is_unknown(&self, view: &View, inside: &Path) -> Result<bool> {
        let nested = View::foreign(self, view.folder.subfolder(inside)?)?;
        let head = run(&nested.git().args(["rev-parse", "--verify", "HEAD"]))?;
        let head: Oid = String::from_utf8_lossy(&head.stdout).trim().parse()?;
        if !self.has_commit(head) {
            return Ok(true);
        }
        // What was fetched from a workspace at work goes with it.
        let ask = ["rev-list", "-1", &head.to_string(), "--not", "--exclude=refs/puff/live/*", "--glob=refs/*"];
        if !run(&self.git().args(ask))?.stdout.trim_ascii().is_empty() {
            return Ok(true);
        }
        let _ = fs::remove_file(&nested.index);
        run(&nested.git().args(["read-tree", "HEAD"]))?;
        let status = ["status", "--porcelain", "--no-renames", "--ignore-submodules=dirty"];
        Ok(!run(&nested.git().args(status))?.stdout.trim_ascii().is_empty())
    }

    fn has_unrecorded(&self, worktree: &Worktree, inside: &Path, view: &View) -> Result<bool> {
        let commit = match head(&worktree.admin).context("cannot read its HEAD")? {
            Head::At(commit) => {
                // Not `--all`: that counts the HEAD of the worktree itself.
                let ask = ["rev-list", "-1", &commit.to_string(), "--not", "--glob=refs/*"];
                if !run(&view.git().args(ask))?.stdout.trim_ascii().is_empty() {
                    return Ok(true);
                }
                commit
            }
            Head::On(branch) => self.ref_on_disk(&branch).context("its branch has no commit")?,
        };
        self.differs(worktree, inside, view, commit)
    }

    fn differs(&self, worktree: &Worktree, inside: &Path, view: &View, commit: Oid) -> Result<bool> {
        let tree = self.commit(commit)?.tree;
        let nested = View::copied(self, &worktree.path, view.folder.subfolder(inside)?, commit)?;
        nested.read_index(Some(tree))?;
        nested.add_all()?;
        Ok(nested.write_tree()? != tree || !nested.left_over()?.is_empty())
    }
}
