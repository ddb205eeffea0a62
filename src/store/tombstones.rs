//! Runs that were pruned for everybody: `refs/puff/pruned/<run>`, a commit for each prune and each revival.
//!
//! A ref that is gone says nothing to a clone that has it still. What was shared leaves a word behind when it goes, so
//! that it goes elsewhere too; nothing of the run itself is kept by it.

use crate::app::App;
use crate::error::{Error, Result, ResultExt};
use crate::git::{Edit, EntryKind, NewCommit};
use crate::model::{Identity, Oid, RunId, Time, Tombstone, documents};

/// Where they are.
pub const PRUNED: &str = "refs/puff/pruned/";

/// What was last seen of other clones: `refs/puff/remotes/<remote>/{runs,pruned}/<run>`.
pub const REMOTES: &str = "refs/puff/remotes/";

/// How many steps of a journal are named: a run has some ten.
const MOST: usize = 16 << 20;

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
        let id = self.app.repo.ref_target(&format!("{PRUNED}{run}"));
        id.map(|id| Ok((self.read(id, run)?, id))).transpose()
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
        let repo = &self.app.repo;
        let entry = repo.entry(repo.commit(id)?.tree, b"pruned.json")?.ok_or_else(unreadable)?;
        if repo.blob_size(entry.oid)? > MOST {
            return Err(unreadable());
        }
        let stone: Tombstone =
            serde_json::from_slice(&repo.blob(entry.oid)?).map_err(|cause| unreadable().because(cause))?;
        stone.schema.expect(documents::PRUNED).map_err(|cause| unreadable().because(cause))?;
        if stone.run != *run {
            return Err(unreadable().because_it_said(&format!("it says that it is of '{}'", stone.run)));
        }
        Ok(stone)
    }

    /// Writes a commit that says so; nothing names it yet.
    ///
    /// # Errors
    /// When the repository cannot be written.
    pub fn write(&self, stone: &Tombstone, parents: &[Oid]) -> Result<Oid> {
        let repo = &self.app.repo;
        let json = documents::to_json(stone).or_fail(|| "cannot write a record as JSON".to_owned())?;
        let blob = repo.write_blob(&json)?;
        let tree = repo.edit_tree(None, [(b"pruned.json".as_slice(), Edit::Put(EntryKind::File, blob))])?;
        // Two who write the same write the same commit.
        let identity = neutral_identity();
        let what = if stone.is_pruned() { "pruned" } else { "brought back" };
        let message = format!("{what} by {}\n", crate::model::first_line(&stone.by, 60));
        repo.write_commit(&NewCommit { tree, parents, identity: &identity, at: stone.at, message: &message })
    }

    /// Returns the next turn of a run: what of its journals is pruned, or is restored.
    ///
    /// # Errors
    /// When what is said of it cannot be read, or the repository cannot be written.
    pub fn turn(&self, run: &RunId, is_pruned: bool, journal: Vec<Oid>, now: Time) -> Result<(Oid, Option<Oid>)> {
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
        Ok((self.write(&stone, &parents)?, old))
    }

    /// Returns whether this run was ever seen in another clone.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn is_shared(&self, run: &RunId) -> Result<bool> {
        let seen = self.app.repo.refs_under(REMOTES)?;
        let ending = format!("/runs/{run}");
        Ok(seen.iter().any(|(name, _)| name.ends_with(&ending))
            || self.app.repo.ref_target(&format!("{PRUNED}{run}")).is_some())
    }
}

/// Returns who signs what no one clone has made.
pub fn neutral_identity() -> Identity {
    Identity { name: "git-puff".to_owned(), email: "git-puff@localhost".to_owned() }
}
