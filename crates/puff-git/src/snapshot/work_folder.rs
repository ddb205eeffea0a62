//! The worktree that a session works in, wherever that is: which it is gets recorded before the agent begins.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::unreadable;
use super::view::{LIMIT, View, private_folder};
use crate::Oid;
use crate::bytes::{as_path, records, shown};
use crate::folder::{Folder, FolderIdentity};
use crate::program::git_in;
use crate::program::run;
use crate::repo::Repo;
use crate::worktrees::{Worktree, WorktreeKind, copy_index, write_git_dir};

/// A worktree and its git directory, as they were when they were trusted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WorkFolder {
    worktree: PathBuf,
    folder: FolderIdentity,
    git_dir: PathBuf,
    git: FolderIdentity,
    /// Of a linked worktree, the git directory that all share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    common_dir: Option<PathBuf>,
}

impl WorkFolder {
    /// Finds the worktree that a folder is in, by git's own rules: only the user has worked there.
    ///
    /// # Errors
    /// When it is in none.
    pub fn find(folder: &Path) -> puff_system::error::Result<WorkFolder> {
        let find = || -> Result<WorkFolder> {
            let ask =
                ["rev-parse", "--path-format=absolute", "--absolute-git-dir", "--git-common-dir", "--show-toplevel"];
            let asked = run(&git_in(folder).args(ask))?;
            let lines: Vec<PathBuf> = asked.stdout.split(|byte| *byte == b'\n').map(as_path).collect();
            let [git_dir, common_dir, worktree, _] = &lines[..] else { anyhow::bail!("git names no worktree") };
            let identity = |path: &Path| Folder::open(path)?.identity();
            Ok(WorkFolder {
                folder: identity(worktree)?,
                worktree: worktree.clone(),
                git: FolderIdentity::of(&git_dir.metadata()?),
                git_dir: git_dir.clone(),
                common_dir: (git_dir != common_dir).then(|| common_dir.clone()),
            })
        };
        find().map_err(|cause| unreadable(folder, cause))
    }

    /// Returns the folder of a worktree that git-puff made. Of a private workspace, its own repository says nothing.
    ///
    /// # Errors
    /// When it is not the folder that was made.
    pub fn of_worktree(repo: &Repo, worktree: &Worktree) -> puff_system::error::Result<WorkFolder> {
        if worktree.kind == WorktreeKind::Linked {
            return WorkFolder::find(&worktree.path);
        }
        let find = || -> Result<WorkFolder> {
            Ok(WorkFolder {
                worktree: worktree.path.clone(),
                folder: repo.open_worktree(&worktree.path)?.identity()?,
                git: FolderIdentity::of(&worktree.admin.metadata()?),
                git_dir: worktree.admin.clone(),
                common_dir: Some(repo.location().common_dir.clone()),
            })
        };
        find().map_err(|cause| unreadable(&worktree.path, cause))
    }

    /// Returns the tree of everything in it that is not ignored.
    ///
    /// # Errors
    /// When it is not the folder that it was, or git cannot read it.
    pub fn tree(&self) -> puff_system::error::Result<Oid> {
        self.look(|_, tree| Ok(tree))
    }

    /// Returns the paths in it that are different from what they were in a tree, each after git's letter for how:
    /// `A made.txt`.
    ///
    /// # Errors
    /// As [`WorkFolder::tree`].
    pub fn changed_since(&self, before: Oid) -> puff_system::error::Result<Vec<String>> {
        self.look(|view, now| {
            let names = ["diff-tree", "-r", "-z", "--name-status", "--no-renames"];
            let listed = run(&view.git().args(names).args([before.to_string(), now.to_string()]).limit(LIMIT))?;
            let fields: Vec<&[u8]> = records(&listed.stdout).collect();
            Ok(fields.chunks_exact(2).map(|pair| format!("{} {}", shown(pair[0]), shown(pair[1]))).collect())
        })
    }

    fn look<T>(&self, then: impl FnOnce(&View, Oid) -> Result<T>) -> puff_system::error::Result<T> {
        let look = || {
            let view = self.view()?;
            view.read_index(None)?;
            view.add_all()?;
            let tree = view.write_tree()?;
            then(&view, tree)
        };
        look().map_err(|cause| unreadable(&self.worktree, cause))
    }

    fn view(&self) -> Result<View> {
        let folder = Folder::open(&self.worktree).context("its folder is gone")?;
        anyhow::ensure!(folder.identity()?.is(&self.folder), "it is not the folder that it was when the session began");
        let git = FolderIdentity::of(&self.git_dir.metadata()?);
        anyhow::ensure!(git.is(&self.git), "'{}' is not the folder that it was", self.git_dir.display());
        let temporary = private_folder(self.common_dir.as_deref().unwrap_or(&self.git_dir))?;
        let _ = copy_index(&self.git_dir, temporary.path());
        let index = temporary.path().join("index");
        let (git_dir, admin) = match &self.common_dir {
            None => (self.git_dir.clone(), None),
            Some(common) => {
                write_git_dir(temporary.path(), common, "ref: refs/heads/none")?;
                (temporary.path().to_owned(), Some(self.git_dir.clone()))
            }
        };
        Ok(View::over(folder, git_dir, admin).with_index(index).keeping(temporary))
    }
}
