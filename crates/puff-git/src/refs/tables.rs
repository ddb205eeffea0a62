//! Refs in tables: read from them, written by git.
//!
//! All refs of a repository are written under one lock, `reftable/tables.list.lock`, which every git takes, and keeps for
//! as long as a hook of the user's takes to look at a change. So only a command that is asked to (`doctor --repair`) puts one
//! aside, and only one that is older than any hook's patience.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use super::change::{Expected, RefChange, RefFailure, RefStep};
use super::locks;
use super::reftable::{Stack, Value};
use crate::Oid;
use crate::repo::Repo;

/// Git follows so many symbolic refs.
const LINKS: usize = 5;

/// How old a lock must be before it is taken for an orphan.
const OLD: Duration = Duration::from_secs(10);

/// The refs of a repository, as they are seen from one of its worktrees at one moment.
pub(crate) struct Tables {
    shared: Rc<Stack>,
    /// Those of a linked worktree alone.
    own: Option<Rc<Stack>>,
}

impl Tables {
    pub fn new(shared: Rc<Stack>, own: Option<Rc<Stack>>) -> Tables {
        Tables { shared, own }
    }

    /// What a ref is.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.own.as_ref().filter(|_| is_of_worktree(name)).unwrap_or(&self.shared).get(name)
    }

    /// The ref that a name stands for in the end, and its object.
    pub fn resolved(&self, name: &str) -> Option<(String, Oid)> {
        let mut name = name;
        for _ in 0..=LINKS {
            match self.get(name)? {
                Value::Object(oid) => return Some((name.to_owned(), *oid)),
                Value::Symbolic(other) => name = other,
                Value::Gone => return None,
            }
        }
        None
    }

    /// The ref that a user means by a short name: the first that is there, in git's order (`git help revisions`).
    pub fn meant(&self, name: &str) -> Option<Oid> {
        let name = if name == "@" { "HEAD" } else { name };
        let ways = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"].map(|before| format!("{before}{name}"));
        let remote = format!("refs/remotes/{name}/HEAD");
        ways.iter().chain([&remote]).find_map(|full| self.resolved(full)).map(|(_, oid)| oid)
    }

    /// The refs that begin so and are no other's names.
    pub fn under(&self, prefix: &str) -> Vec<(String, Oid)> {
        let own = self.own.iter().flat_map(|own| own.under(prefix)).filter(|(name, _)| is_of_worktree(name));
        let is_shared = |name: &str| self.own.is_none() || !is_of_worktree(name);
        let shared = self.shared.under(prefix).into_iter().filter(|(name, _)| is_shared(name));
        let direct = |(name, value): (&str, &Value)| match value {
            Value::Object(oid) => Some((name.to_owned(), *oid)),
            _ => None,
        };
        let mut found: Vec<_> = shared.chain(own).filter_map(direct).collect();
        found.sort();
        found
    }
}

/// Does each worktree have a ref of this name of its own?
fn is_of_worktree(name: &str) -> bool {
    !name.starts_with("refs/")
        || ["refs/bisect/", "refs/worktree/", "refs/rewritten/"].iter().any(|of| name.starts_with(of))
}

pub(super) fn set(repo: &Repo, change: &RefChange<'_>) -> Result<(), RefFailure> {
    repo.change_refs(&[step(change)], change.message)
}

/// Sets several refs, all in one go; where that is not possible, each for itself.
pub(super) fn set_each(repo: &Repo, changes: &[RefChange<'_>]) -> Vec<Result<(), RefFailure>> {
    let mut answers = Vec::new();
    for group in changes.chunk_by(|one, other| one.message == other.message) {
        let steps: Vec<_> = group.iter().map(step).collect();
        match repo.change_refs(&steps, group[0].message) {
            Ok(()) => answers.extend(group.iter().map(|_| Ok(()))),
            Err(failure) if group.len() == 1 => answers.push(Err(failure)),
            Err(_) => answers.extend(group.iter().map(|change| set(repo, change))),
        }
    }
    answers
}

pub(super) fn delete(repo: &Repo, name: &str, old: Oid) -> Result<(), RefFailure> {
    let step = RefStep { name: name.to_owned(), old: Some(old), new: None };
    match repo.change_refs(&[step], "puff: deleted") {
        Err(RefFailure::Moved(_)) if repo.ref_on_disk(name).is_none() => Ok(()),
        done => done,
    }
}

fn step(change: &RefChange<'_>) -> RefStep {
    let old = match change.expected {
        Expected::Absent => None,
        Expected::At(old) => Some(old),
    };
    RefStep { name: change.name.to_owned(), old, new: Some(change.new) }
}

/// The lock files of the tables that are old.
pub(super) fn locks(repo: &Repo) -> Vec<PathBuf> {
    let found = locks::below(&repo.location().common_dir.join("reftable"));
    let is_old = |path: &PathBuf| locks::stamp(path).and_then(|at| at.elapsed().ok()).is_some_and(|age| age > OLD);
    found.into_iter().filter(is_old).collect()
}
