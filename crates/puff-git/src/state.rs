//! What a worktree is in the middle of, read from the files that git keeps of it (`gitrepository-layout`, and where git's
//! own `wt-status` looks).

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::refs::reftable::{Stack, Value};
use super::repo::Repo;
use crate::Oid;

/// Something that was begun in a worktree and waits to be ended or given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfinished {
    /// `git merge`.
    Merge,
    /// `git cherry-pick`.
    CherryPick,
    /// `git revert`.
    Revert,
    /// `git rebase`.
    Rebase,
    /// `git am`.
    Am,
    /// `git bisect`.
    Bisect,
}

impl Unfinished {
    /// In words: `a rebase`.
    pub fn words(self) -> &'static str {
        match self {
            Unfinished::Merge => "a merge",
            Unfinished::CherryPick => "a cherry-pick",
            Unfinished::Revert => "a revert",
            Unfinished::Rebase => "a rebase",
            Unfinished::Am => "an 'am'",
            Unfinished::Bisect => "a bisection",
        }
    }

    /// The commands that end it.
    pub fn ends_with(self) -> &'static str {
        match self {
            Unfinished::Merge => "'git merge --continue' or 'git merge --abort'",
            Unfinished::CherryPick => "'git cherry-pick --continue' or 'git cherry-pick --abort'",
            Unfinished::Revert => "'git revert --continue' or 'git revert --abort'",
            Unfinished::Rebase => "'git rebase --continue' or 'git rebase --abort'",
            Unfinished::Am => "'git am --continue' or 'git am --abort'",
            Unfinished::Bisect => "'git bisect reset'",
        }
    }
}

/// What is unfinished in the worktree with this git directory.
pub fn unfinished(git_dir: &Path) -> Option<Unfinished> {
    let tables = tables(git_dir);
    let is_ref = |name: &str| tables.as_ref().is_some_and(|tables| tables.get(name).is_some());
    let there = |name: &str| git_dir.join(name).exists() || is_ref(name);
    let applies = git_dir.join("rebase-apply");
    let sequence = || fs::read_to_string(git_dir.join("sequencer/todo")).unwrap_or_default();
    if there("rebase-merge") || (applies.exists() && !applies.join("applying").exists()) {
        Some(Unfinished::Rebase)
    } else if applies.exists() {
        Some(Unfinished::Am)
    } else if there("MERGE_HEAD") {
        Some(Unfinished::Merge)
    } else if there("CHERRY_PICK_HEAD") {
        Some(Unfinished::CherryPick)
    } else if there("REVERT_HEAD") || sequence().starts_with("revert") {
        Some(Unfinished::Revert)
    } else if there("sequencer/todo") {
        Some(Unfinished::CherryPick)
    } else {
        there("BISECT_LOG").then_some(Unfinished::Bisect)
    }
}

/// The refs of the worktree with this git directory alone, where they are in tables. `MERGE_HEAD` is a file there too.
fn tables(git_dir: &Path) -> Option<Rc<Stack>> {
    Stack::read(git_dir, None).ok().flatten()
}

/// The commits that `CHERRY_PICK_HEAD` or `MERGE_HEAD` of a git directory names; none when there is no such ref.
pub fn pseudo_head(git_dir: &Path, name: &str) -> Vec<Oid> {
    if let Some(Value::Object(commit)) = tables(git_dir).as_ref().and_then(|tables| tables.get(name)) {
        return vec![*commit];
    }
    let text = fs::read_to_string(git_dir.join(name)).unwrap_or_default();
    text.lines().filter_map(|line| line.trim().parse().ok()).collect()
}

/// Where the HEAD of a worktree is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// On a branch, by its full name. It need not have a commit.
    On(String),
    /// Detached at a commit.
    At(Oid),
}

/// The HEAD of the worktree with this git directory; none when it cannot be read.
pub fn head(git_dir: &Path) -> Option<Head> {
    if let Some(tables) = tables(git_dir) {
        return match tables.get("HEAD")? {
            Value::Symbolic(name) => Some(Head::On(name.clone())),
            Value::Object(commit) => Some(Head::At(*commit)),
            Value::Gone => None,
        };
    }
    let text = fs::read_to_string(git_dir.join("HEAD")).ok()?;
    match text.strip_prefix("ref: ") {
        Some(name) => Some(Head::On(name.trim_end().to_owned())),
        None => text.trim_end().parse().ok().map(Head::At),
    }
}

impl Repo {
    /// The branch that HEAD is on, without `refs/heads/`; none when it is detached.
    pub fn head_branch(&self) -> Option<String> {
        match head(&self.location().git_dir)? {
            Head::On(name) => name.strip_prefix("refs/heads/").map(str::to_owned),
            Head::At(_) => None,
        }
    }

    /// The commit that HEAD is at; none before the first commit.
    pub fn head_commit(&self) -> Option<Oid> {
        self.ref_on_disk("HEAD").filter(|commit| self.has_commit(*commit))
    }

    /// Full names of the branches that are checked out in any worktree.
    pub fn checked_out(&self) -> Vec<String> {
        let linked = std::fs::read_dir(self.location().common_dir.join("worktrees")).into_iter().flatten().flatten();
        let folders = linked.map(|entry| entry.path()).chain([self.location().common_dir.clone()]);
        let branch = |folder: PathBuf| match head(&folder)? {
            Head::On(branch) => Some(branch),
            Head::At(_) => None,
        };
        folders.filter_map(branch).collect()
    }

    /// The worktree that has a branch (by its full name) checked out, or is in the middle of rebasing or bisecting it.
    /// `main` is the main worktree, where there is one: the HEAD of a bare repository holds no branch.
    pub fn holder(&self, branch: &str, main: Option<&Path>) -> Option<PathBuf> {
        let main = main.map(|path| (path.to_owned(), self.location().common_dir.clone()));
        let linked = self.worktrees().into_iter().map(|worktree| (worktree.path, worktree.admin));
        main.into_iter().chain(linked).find(|(_, git_dir)| holds(git_dir, branch)).map(|(path, _)| path)
    }
}

fn holds(git_dir: &Path, branch: &str) -> bool {
    let names = |file: &str| fs::read_to_string(git_dir.join(file)).unwrap_or_default().trim_end().to_owned();
    head(git_dir) == Some(Head::On(branch.to_owned()))
        || ["rebase-merge/head-name", "rebase-apply/head-name"].iter().any(|file| names(file) == branch)
        || branch.strip_prefix("refs/heads/") == Some(names("BISECT_START").as_str())
}
