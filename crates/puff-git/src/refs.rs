//! Refs, read and written by compare-and-swap: in files through libgit2, in tables (reftable) through git, for libgit2 knows
//! those not at all. Which of them a repository has is looked up each time: `git refs migrate` may come in between.

pub(super) mod change;
mod files;
mod locks;
pub(super) mod reftable;
mod tables;
mod transaction;
pub(super) mod waiting;

use std::path::{Path, PathBuf};

pub(super) use self::change::unwritable;
pub use self::change::{Expected, RefChange, RefFailure, RefStep, is_valid_ref_name};
pub(super) use self::locks::{below as locks_below, stamp};
use self::reftable::Stack;
use self::tables::Tables;
use super::repo::Repo;
use crate::Oid;
use puff_system::error::{Error, Result};

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
