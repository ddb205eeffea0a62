//! Worktrees of the repository that an agent made inside its own one.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::view::View;
use crate::Oid;
use crate::bytes::as_bytes;
use crate::program::run;
use crate::repo::Repo;
use crate::state::{Head, head};
use crate::worktrees::{Worktree, resolved};

/// A worktree inside of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NestedWorktree {
    /// Its path in the other one.
    pub path: String,
    /// It has work that is neither in the other one nor on a ref.
    pub own_work: bool,
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
