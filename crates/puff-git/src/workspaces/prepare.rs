//! Bringing a workspace to a commit: its files through git-puff's own side, then a new `.git` for the programs in it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::Content;
use crate::Oid;
use crate::bytes::{as_path, records, shown};
use crate::folder::{Folder, remove_entry};
use crate::program::{GitFailure, git_in, run};
use crate::repo::Repo;
use crate::snapshot::view::View;
use crate::worktrees::{Worktree, copy_index};

/// What is removed from a workspace that is brought to a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clean {
    /// Nothing: there is nothing but what git knows.
    Nothing,
    /// What git neither knows nor ignores.
    Untracked,
    /// Everything that git does not know.
    All,
}

impl Repo {
    /// Brings a workspace to its commit. Ignored files are still in it afterwards, unless all is to be cleaned.
    pub(super) fn prepare_workspace(&self, workspace: &Worktree, content: &Content<'_>, clean: Clean) -> Result<()> {
        let folder = self.open_worktree(&workspace.path)?;
        let home = self.slot_at(&workspace.path).context("it is no workspace any more")?.slot.home;
        self.throw_away_git(&home, &folder)?;
        let admin = &workspace.admin;
        for lock in ["index.lock", "HEAD.lock"] {
            super::remove_file(&admin.join(lock))?;
        }
        let view = View::over(folder.clone(), admin.clone(), None);
        empty_submodules(&self.submodules_of(admin), &folder)?;
        self.private_git_dir(admin, content.commit, Some(&self.location().git_dir))?;
        self.note_submodules(admin, content.commit)?;
        let commit = content.commit.to_string();
        run(&view.git().args(["read-tree", "--reset", "-u", &commit])).or_else(|failure| match failure {
            // A folder is in the place of a file, with files in it that git does not know.
            GitFailure::Refused { .. } => {
                run(&view.git().args(["clean", "--quiet", "-ffdx"]))?;
                run(&view.git().args(["read-tree", "--reset", "-u", &commit]))
            }
            failure => Err(failure),
        })?;
        match clean {
            Clean::Nothing => {}
            Clean::Untracked => run(&view.git().args(["clean", "--quiet", "-ffd"])).map(drop)?,
            Clean::All => run(&view.git().args(["clean", "--quiet", "-ffdx"])).map(drop)?,
        }
        let pinned = self.make_program_git(workspace, &folder, content)?;
        self.pin(workspace, content.commit, &pinned)?;
        copy_index(admin, folder.subfolder(Path::new(".git"))?.anchor()).context("cannot copy its index")
    }

    /// Proves that a program in a new workspace sees the commit, and nothing else, as git-puff does from its side.
    pub(super) fn prove_workspace(&self, workspace: &Worktree, commit: Oid) -> Result<()> {
        let folder = self.open_worktree(&workspace.path)?;
        let program = || git_in(folder.anchor());
        let seen = run(&program().args(["rev-parse", "HEAD^{tree}"]))?;
        let tree = self.commit(commit)?.tree.to_string();
        ensure!(seen.stdout.trim_ascii() == tree.as_bytes(), "programs in it do not see the commit");
        let status = ["status", "--porcelain", "-z", "--ignore-submodules=all"];
        let changed = run(&program().args(status))?;
        if !changed.stdout.is_empty() {
            // A file that its own attributes would change shows up wherever it is checked out.
            let ours = self.workspace_state(workspace)?.changes;
            let theirs = records(&changed.stdout).filter_map(|line| line.get(3..)).map(shown);
            for path in theirs {
                let is_known = ours.iter().any(|change| change.path == path);
                ensure!(is_known, "programs in it see a change of '{path}', which is none");
            }
        }
        Ok(())
    }
}

/// Empties the folders of submodules: what they name as their repository is made new with the `.git`.
fn empty_submodules(submodules: &[Vec<u8>], folder: &Folder) -> Result<()> {
    for path in submodules {
        let Ok(inside) = folder.subfolder(&as_path(path)) else { continue };
        for entry in fs::read_dir(inside.anchor())? {
            remove_entry(&entry?.path())?;
        }
    }
    Ok(())
}
