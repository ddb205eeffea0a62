//! What is different in a linked worktree from the commit that it was made at, and bringing it back to that.
//!
//! Both go by an index of our own: bits in the worktree's own one can hide a change from git, and survive
//! `checkout --force`, `reset --hard` and `clean`.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::{Worktree, WorktreeKind, copy_index};
use crate::bytes::{records, shown};
use crate::program::run;
use crate::repo::Repo;
use crate::snapshot::view::View;
use crate::state::{Head, head, unfinished};
use crate::{ChangeKind, Oid, PathChange};

impl Repo {
    /// Returns what is different in a linked worktree from the commit that it was made at: paths after git's letter for how,
    /// as `M path`; folders of which nothing is known as one, and `HEAD` where that is at another commit.
    ///
    /// # Errors
    /// When its folder is not the one that was made, or git cannot tell.
    pub fn worktree_changes(&self, worktree: &Worktree, commit: Oid) -> Result<Vec<PathChange>> {
        let folder = self.open_worktree(&worktree.path)?;
        let mut changes = Vec::new();
        if !self.is_at(worktree, commit) {
            changes.push(PathChange::new(ChangeKind::Modified, "HEAD"));
        }
        // What is staged, and no more than that, is only in its own index; that of a private workspace is not looked into.
        let is_linked = worktree.kind == WorktreeKind::Linked;
        let copied = is_linked.then(|| View::copied(self, &worktree.path, folder.clone(), commit)).transpose()?;
        let view = match self.side_of(&worktree.path) {
            Some(side) => View::over(folder, side, Some(worktree.admin.clone())),
            None => View::copied(self, &worktree.path, folder, commit)?,
        };
        let plain = ["--name-status", "-z", "--no-renames", "--ignore-submodules=dirty"];
        let different = ["diff", "--no-ext-diff", "--no-textconv"];
        let different = run(&view.git().args(different).args(plain).arg(commit.to_string()))?;
        let mut paths = pairs(&different.stdout);
        let staged =
            |view: &View| run(&view.git().args(["diff-index", "--cached"]).args(plain).arg(commit.to_string())).ok();
        let staged = copied.as_ref().and_then(staged);
        for (kind, path) in staged.map(|staged| pairs(&staged.stdout)).unwrap_or_default() {
            if !paths.iter().any(|(_, known)| *known == path) {
                paths.push((kind, path));
            }
        }
        for path in view.links()? {
            if !paths.iter().any(|(_, known)| *known == path) && view.is_changed_inside(self, &path) {
                paths.push((ChangeKind::Modified, path));
            }
        }
        paths.sort_by(|(_, one), (_, other)| one.cmp(other));
        let others = ["ls-files", "-z", "--others", "--exclude-standard", "--directory", "--no-empty-directory"];
        let others = run(&view.git().args(others))?;
        let others = records(&others.stdout).filter(|path| !paths.iter().any(|(_, known)| known == path));
        let others: Vec<_> = others.map(|path| (ChangeKind::Added, path.to_vec())).collect();
        let each = paths.into_iter().chain(others);
        changes.extend(each.map(|(kind, path)| PathChange::new(kind, shown(&path))));
        Ok(changes)
    }

    /// Brings a linked worktree back to the commit that it was made at. What git ignores stays: it is what builds leave.
    ///
    /// # Errors
    /// When its folder is not the one that was made, or it takes more than its files: then a new one is needed.
    pub fn restore_worktree(&self, worktree: &Worktree, commit: Oid) -> Result<()> {
        let folder = self.open_worktree(&worktree.path)?;
        let side = self.side_of(&worktree.path).context("no index of it is kept")?;
        ensure!(unfinished(&worktree.admin).is_none(), "something is unfinished in it");
        for lock in [&side, &worktree.admin] {
            let _ = fs::remove_file(lock.join("index.lock"));
        }
        if !self.is_at(worktree, commit) {
            // What its configuration is does not depend on what was written there.
            let git = super::git_of(worktree, &folder).env("GIT_COMMON_DIR", &self.location().common_dir);
            run(&git.args(["update-ref", "--no-deref", "HEAD", &commit.to_string()]))?;
        }
        let view = View::over(folder, side.clone(), None);
        run(&view.git().args(["read-tree", "--reset", "-u", &commit.to_string()]))?;
        run(&view.git().args(["clean", "--quiet", "-ffd"]))?;
        for path in view.links()? {
            ensure!(!view.is_changed_inside(self, &path), "a submodule of it was changed");
        }
        Ok(copy_index(&side, &worktree.admin)?)
    }

    /// Is the HEAD of a worktree at this commit, by itself or by its branch?
    fn is_at(&self, worktree: &Worktree, commit: Oid) -> bool {
        match head(&worktree.admin) {
            Some(Head::At(at)) => at == commit,
            Some(Head::On(branch)) => self.ref_on_disk(&branch) == Some(commit),
            None => false,
        }
    }

    /// Puts the files of a tree into the linked worktree at this path, in place of what is there; what is ignored stays.
    /// Nothing is staged afterwards.
    ///
    /// # Errors
    /// When its folder is not the one that was made, or git cannot.
    pub fn fill_worktree(&self, path: &Path, tree: Oid) -> Result<()> {
        let worktree = self.worktree_at(path).context("git knows no worktree there")?;
        let folder = self.open_worktree(path)?;
        run(&super::git_of(&worktree, &folder).args(["read-tree", "--reset", "-u", &tree.to_string()]))?;
        // Where refs are in tables, git finds no HEAD in a directory of ours.
        let commit = match (worktree.kind, head(&worktree.admin)) {
            (WorktreeKind::Private, Some(Head::At(commit))) => commit.to_string(),
            _ => "HEAD".to_owned(),
        };
        run(&super::git_of(&worktree, &folder).args(["read-tree", &commit])).map(drop)?;
        Ok(())
    }
}

fn pairs(listing: &[u8]) -> Vec<(ChangeKind, Vec<u8>)> {
    let fields: Vec<&[u8]> = records(listing).collect();
    let kind = |status: &[u8]| str::from_utf8(status).ok()?.parse().ok();
    fields.chunks_exact(2).map(|pair| (kind(pair[0]).unwrap_or(ChangeKind::Modified), pair[1].to_vec())).collect()
}
