//! Runs that were pruned for everybody: `refs/puff/pruned/<run>`, a commit for each prune and each revival.
//!
//! A ref that is gone says nothing to a clone that has it still. What was shared leaves a word behind when it goes, so
//! that it goes elsewhere too; nothing of the run itself is kept by it.

use super::journal::{JournalStore, Step};
use crate::app::App;
use crate::error::{Error, Result};
use crate::git::RefStep;
use crate::model::{Identity, Oid, RunId, Time, Tombstone, documents};

/// Where they are.
pub const PRUNED: &str = "refs/puff/pruned/";

/// What was last seen of other clones: `refs/puff/remotes/<remote>/{runs,pruned}/<run>`.
pub const REMOTES: &str = "refs/puff/remotes/";

/// The words left behind in a repository.
pub struct Tombstones<'c> {
    app: &'c App,
}

impl<'c> Tombstones<'c> {
    /// Opens those of this repository.
    pub fn new(app: &'c App) -> Tombstones<'c> {
        Tombstones { app }
    }

    /// Returns what is said of a run here, and the commit that says it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(&self, run: &RunId) -> Result<Option<(Tombstone, Oid)>> {
        let head = self.journals().head(run);
        head.map(|id| Ok((self.read(id, run)?, id))).transpose()
    }

    /// Returns what a commit says of a run.
    ///
    /// # Errors
    /// When it cannot be read, or says something of another run.
    pub fn read(&self, id: Oid, run: &RunId) -> Result<Tombstone> {
        let unreadable = || {
            Error::cannot_work(format!("cannot read the tombstone of run '{run}'"))
                .hint(format!("it is in 'git show {id}'; update git-puff if a newer one wrote it"))
        };
        self.journals().read(run.as_str(), id, unreadable)
    }

    /// Writes a commit that says so; nothing names it yet.
    ///
    /// # Errors
    /// When the repository cannot be written.
    pub fn write(&self, stone: &Tombstone, parents: &[Oid]) -> Result<Oid> {
        // Two who write the same write the same commit.
        let identity = &neutral_identity();
        let what = if stone.is_pruned() { "pruned" } else { "brought back" };
        let message = &format!("{what} by {}\n", crate::model::first_line(&stone.by, 60));
        self.journals().write(stone, &Step { tree: None, files: &[], parents, identity, at: stone.at, message })
    }

    /// Writes the next turn of a run: what of its journals is pruned, or is restored. Returns the step by which its
    /// ref says so.
    ///
    /// # Errors
    /// When what is said of it cannot be read, or the repository cannot be written.
    pub fn turn(&self, run: &RunId, is_pruned: bool, journal: Vec<Oid>, now: Time) -> Result<RefStep> {
        let before = self.of(run)?;
        let next = before.as_ref().map_or(0, |(stone, _)| stone.turn) + 1;
        // Odd while it is pruned; a run of that name may be pruned after another one was.
        let turn = if (next % 2 == 1) == is_pruned { next } else { next + 1 };
        let stone = Tombstone {
            schema: crate::model::Schema::of(documents::PRUNED),
            run: run.clone(),
            turn,
            by: self.app.journalist().name,
            at: now,
            journal,
            extra: Default::default(),
        };
        let old = before.map(|(_, id)| id);
        let parents: Vec<Oid> = old.into_iter().collect();
        Ok(Tombstones::change(run, old, self.write(&stone, &parents)?))
    }

    /// Returns the step by which the ref of a run says what a commit says.
    pub fn change(run: &RunId, old: Option<Oid>, new: Oid) -> RefStep {
        JournalStore::<Tombstone>::change(run, old, Some(new))
    }

    /// Returns whether this run was ever seen in another clone.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn is_shared(&self, run: &RunId) -> Result<bool> {
        let seen = self.app.repo.refs_under(REMOTES)?;
        let ending = format!("/runs/{run}");
        Ok(seen.iter().any(|(name, _)| name.ends_with(&ending)) || self.journals().head(run).is_some())
    }

    fn journals(&self) -> JournalStore<'c, Tombstone> {
        JournalStore::new(&self.app.repo)
    }
}

/// Returns who signs what no one clone has made.
pub fn neutral_identity() -> Identity {
    Identity { name: "git-puff".to_owned(), email: "git-puff@localhost".to_owned() }
}
