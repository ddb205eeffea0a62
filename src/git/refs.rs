//! Refs, read and written by compare-and-swap: in files through libgit2, in tables (reftable) through git, for libgit2 knows
//! those not at all. Which of them a repository has is looked up each time: `git refs migrate` may come in between.

mod files;
mod locks;
mod reftable;
mod tables;

use std::path::{Path, PathBuf};

pub(super) use self::locks::{below as locks_below, stamp};
pub(super) use self::reftable::{Stack, Value};
use self::tables::Tables;
use super::repo::Repo;
use crate::error::{Error, Result};
use crate::model::Oid;

/// What a ref must be for a change to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It does not exist.
    Absent,
    /// It is at this object.
    At(Oid),
}

/// A ref to be changed.
#[derive(Clone, Copy, Debug)]
pub struct RefChange<'a> {
    /// Its full name.
    pub name: &'a str,
    /// Where it is to point.
    pub new: Oid,
    /// What it has to be before.
    pub expected: Expected,
    /// For its log.
    pub message: &'a str,
}

/// Why a ref was not changed.
#[derive(Debug, thiserror::Error)]
pub enum RefFailure {
    /// It was not what was expected: someone else changed it first.
    #[error("'{0}' was changed by someone else")]
    Moved(String),
    /// It cannot be written.
    #[error("cannot write the ref '{name}'")]
    Unwritable {
        /// The ref.
        name: String,
        /// What libgit2 or git said.
        #[source]
        cause: git2::Error,
    },
}

impl From<RefFailure> for Error {
    fn from(failure: RefFailure) -> Error {
        let message = failure.to_string();
        match failure {
            RefFailure::Moved(_) => Error::failed(message).hint("run the command again"),
            RefFailure::Unwritable { cause, .. } => Error::cannot_work(message)
                .hint("'git puff doctor' looks for what is in the way; 'git puff doctor --repair' removes stale locks")
                .because(cause),
        }
    }
}

impl Repo {
    /// The object that a ref points to, symbolic refs followed.
    pub fn ref_target(&self, name: &str) -> Option<Oid> {
        self.waiting_target(name).or_else(|| self.ref_on_disk(name))
    }

    pub(super) fn ref_on_disk(&self, name: &str) -> Option<Oid> {
        match self.tables().ok()? {
            Some(tables) => tables.resolved(name).map(|(_, oid)| oid),
            None => files::target(self, name),
        }
    }

    /// A branch by its full name: the branch itself, where the name is another word for one, and its commit.
    pub fn branch(&self, name: &str) -> Option<(String, Oid)> {
        let found = match self.tables().ok()? {
            Some(tables) => tables.resolved(name),
            None => files::resolved(self, name),
        };
        found.filter(|(_, commit)| self.has_commit(*commit))
    }

    /// Every ref whose full name begins with `prefix` (which ends with `/`), in order of names.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn refs_under(&self, prefix: &str) -> Result<Vec<(String, Oid)>> {
        let unreadable = || {
            Error::cannot_work(format!("cannot read the refs under '{prefix}'"))
                .hint("check the repository with 'git fsck'")
        };
        match self.tables().map_err(|cause| unreadable().because(cause))? {
            Some(tables) => Ok(tables.under(prefix)),
            None => files::under(self, prefix).map_err(|cause| unreadable().because(cause)),
        }
    }

    /// Points a ref to `new` if it is as `expected`.
    ///
    /// # Errors
    /// [`RefFailure::Moved`] when it is not; otherwise when it cannot be written.
    pub fn set_ref(&self, name: &str, new: Oid, expected: Expected, message: &str) -> Result<(), RefFailure> {
        let change = RefChange { name, new, expected, message };
        self.set_refs(&[change]).into_iter().collect()
    }

    /// Changes several refs, each for itself as [`Repo::set_ref`] does; they wait for the disk at the same time.
    pub fn set_refs(&self, changes: &[RefChange<'_>]) -> Vec<Result<(), RefFailure>> {
        if let Some(answers) = self.enqueue(changes) {
            return answers;
        }
        // A ref never names what is not on the disk.
        if let Err(cause) = self.flush() {
            let why = format!("cannot write what it is to name: {cause}");
            return changes.iter().map(|change| Err(unwritable(change.name, &why))).collect();
        }
        match self.tables() {
            Ok(None) => files::set_each(self, changes),
            // What is wrong with tables that cannot be read is for git to say.
            _ => tables::set_each(self, changes),
        }
    }

    /// Removes a ref if it is at `old`; one that is gone already is fine.
    ///
    /// # Errors
    /// [`RefFailure::Moved`] when it is elsewhere; otherwise when it cannot be written.
    pub fn delete_ref(&self, name: &str, old: Oid) -> Result<(), RefFailure> {
        match self.tables() {
            Ok(None) => files::delete(self, name, old),
            _ => tables::delete(self, name, old),
        }
    }

    /// Lock files of our own refs that stay the same for a moment: what a kill left. Call it under the store's lock.
    pub fn orphaned_locks(&self, prefixes: &[&str]) -> Vec<PathBuf> {
        match self.tables() {
            Ok(None) => locks::orphans(&files::locks(self, prefixes)),
            _ => locks::orphans(&tables::locks(self)),
        }
    }

    /// The refs as they are now; none where they are in files.
    pub(super) fn tables(&self) -> std::io::Result<Option<Tables>> {
        let location = self.location();
        let Some(shared) = self.stack(&location.common_dir)? else { return Ok(None) };
        let own = if location.git_dir == location.common_dir { None } else { self.stack(&location.git_dir)? };
        Ok(Some(Tables::new(shared, own)))
    }

    fn stack(&self, git_dir: &Path) -> std::io::Result<Option<std::rc::Rc<Stack>>> {
        let stacks = &mut *self.stacks.borrow_mut();
        let read = Stack::read(git_dir, stacks.get(git_dir))?;
        match &read {
            Some(stack) => drop(stacks.insert(git_dir.to_owned(), std::rc::Rc::clone(stack))),
            None => drop(stacks.remove(git_dir)),
        }
        Ok(read)
    }
}

pub(super) fn unwritable(name: &str, why: &str) -> RefFailure {
    RefFailure::Unwritable { name: name.to_owned(), cause: git2::Error::from_str(why) }
}

/// May a ref have this full name? A branch may not begin with a dash, nor be `HEAD`, as for `git branch`: every command
/// that names it would read an option, or another commit.
pub fn is_valid_ref_name(name: &str) -> bool {
    let branch = name.strip_prefix("refs/heads/");
    git2::Reference::is_valid_name(name) && branch.is_none_or(|branch| !branch.starts_with('-') && branch != "HEAD")
}
