//! Recovery points: `refs/puff/trash/<run>`, a commit each, the one before it as its first parent.
//!
//! The other parents keep alive what the point names, so that no collection of garbage takes it. The tree has
//! `point.json` and whatever else is to be kept. A point that was used is taken off; who wants the disk back removes the
//! ref.
//!
//! A name may be used again after a prune, so the points of several runs can be in one ref. A point belongs to a run
//! when the journal that it names is part of that run's journal ([`RecoveryPoints::is_of`]): never because the names
//! are the same.

use super::journal::{JournalStore, Step};
use crate::app::App;
use crate::error::{Error, Result, ResultExt};
use crate::git::{Edit, RefStep};
use crate::lock::FileLock;
use crate::model::{Oid, Recovery, RunId};

/// Where recovery points are.
pub const RECOVERY_POINTS: &str = "refs/puff/trash/";

/// A recovery point as it is kept.
#[derive(Clone, Debug)]
pub struct RecoveryPoint {
    /// What it says.
    pub recovery: Recovery,
    /// Its commit.
    pub id: Oid,
}

/// The recovery points of a repository.
pub struct RecoveryPoints<'c> {
    app: &'c App,
}

impl<'c> RecoveryPoints<'c> {
    /// Opens those of this repository.
    pub fn new(app: &'c App) -> RecoveryPoints<'c> {
        RecoveryPoints { app }
    }

    /// Locks a run while it is picked, pruned or restored, so that no other process does so, or takes what is half done
    /// for a leftover.
    ///
    /// # Errors
    /// When another process holds it, or the git directory cannot be written.
    pub fn lock(&self, run: &RunId) -> Result<FileLock> {
        self.app.layout.prepare()?;
        let path = self.app.layout.decide_lock(run);
        let lock = FileLock::attempt(&path).or_fail(|| format!("cannot acquire lock '{}'", path.display()))?;
        let lock = lock.ok_or_else(|| {
            Error::failed(format!("another git-puff is picking, pruning or restoring run '{run}'"))
                .hint("wait until it has finished, then try again")
        })?;
        // Should we be killed, whatever git does for us is not done yet: it must not be judged before.
        self.app.repo.hold(&lock.file());
        Ok(lock)
    }

    /// Returns the newest point of a name, whichever run of that name it belongs to.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn newest(&self, run: &RunId) -> Result<Option<RecoveryPoint>> {
        self.points(run).next().transpose()
    }

    /// Returns the points of a name, newest first, each read when it is asked for.
    pub fn points<'t>(&'t self, run: &RunId) -> impl Iterator<Item = Result<RecoveryPoint>> + 't {
        let (run, mut next) = (run.clone(), self.journals().head(run));
        std::iter::from_fn(move || {
            let point = self.read(next.take()?, run.as_str());
            next = point.as_ref().ok().and_then(|point| point.recovery.previous);
            Some(point)
        })
    }

    /// Returns the newest point of the run whose journal ends at `head`.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn newest_of(&self, run: &RunId, head: Oid) -> Result<Option<RecoveryPoint>> {
        self.points(run).find(|point| point.as_ref().map_or(true, |point| self.is_of(point, head))).transpose()
    }

    /// Returns whether a point belongs to the run whose journal ends at `head`. Another run of that name has another
    /// journal.
    pub fn is_of(&self, point: &RecoveryPoint, head: Oid) -> bool {
        let journal = point.recovery.journal;
        journal == head || self.app.repo.is_ancestor(journal, head).unwrap_or(false)
    }

    /// Returns the newest point of every run that is there and has one, in order of names, with the newest commit of
    /// the run's journal. What cannot be read is passed over.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn of_runs(&self) -> Result<Vec<(RecoveryPoint, Oid)>> {
        let mut found = Vec::new();
        for (name, _) in self.journals().heads("")? {
            let Ok(run) = name.parse::<RunId>() else { continue };
            let Some(head) = self.app.repo.ref_target(&run.ref_name()) else { continue };
            found.extend(self.newest_of(&run, head).ok().flatten().map(|point| (point, head)));
        }
        Ok(found)
    }

    /// Returns the newest point of every name that has one, in order of names. What cannot be read is passed over.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn list(&self) -> Result<Vec<RecoveryPoint>> {
        let heads = self.journals().heads("")?;
        Ok(heads.into_iter().filter_map(|(name, id)| self.read(id, &name).ok()).collect())
    }

    /// Adds a point after those that there are, which `keep` and `files` keep alive; `replaced` is one that it takes
    /// the place of.
    ///
    /// # Errors
    /// When it cannot be written, or another process was first.
    pub fn push(
        &self,
        mut point: Recovery,
        files: &[(String, Edit)],
        keep: &[Oid],
        replaced: Option<&RecoveryPoint>,
    ) -> Result<RecoveryPoint> {
        let repo = &self.app.repo;
        let before = self.journals().head(&point.run);
        point.previous = match replaced {
            Some(replaced) => self.without(replaced)?.new,
            None => before,
        };
        let mut parents: Vec<Oid> = Vec::new();
        for oid in point.previous.iter().chain([&point.journal]).chain(keep) {
            if !parents.contains(oid) && repo.has_commit(*oid) {
                parents.push(*oid);
            }
        }
        let identity = &self.app.journalist();
        let message = &format!("before {}\n", point.words());
        let step = Step { tree: None, files, parents: &parents, identity, at: point.at, message };
        let id = repo.object_batch(|| self.journals().write(&point, &step))?;
        let _lock = self.app.layout.lock_for_writing()?;
        repo.change_refs(&[JournalStore::<Recovery>::change(&point.run, before, Some(id))], "puff: a recovery point")?;
        Ok(RecoveryPoint { recovery: point, id })
    }

    /// Returns the step by which a point is taken off. Newer ones, of other runs of that name, are written again
    /// without it.
    ///
    /// # Errors
    /// When one cannot be read or written, or the point is not there any more.
    pub fn without(&self, point: &RecoveryPoint) -> Result<RefStep> {
        let run = &point.recovery.run;
        let old = self.journals().head(run);
        let mut newer = Vec::new();
        let mut is_there = false;
        for other in self.points(run) {
            let other = other?;
            if other.id == point.id {
                is_there = true;
                break;
            }
            newer.push(other);
        }
        if !is_there {
            let name = RecoveryPoints::ref_name(run);
            return Err(Error::failed(format!("the ref '{name}' was changed by someone else")).hint("try again"));
        }
        let mut below = point.recovery.previous;
        for other in newer.iter().rev() {
            below = Some(self.onto(other, below)?);
        }
        Ok(JournalStore::<Recovery>::change(run, old, below))
    }

    /// Writes a point again, after another one.
    fn onto(&self, point: &RecoveryPoint, previous: Option<Oid>) -> Result<Oid> {
        let repo = &self.app.repo;
        let commit = repo.commit(point.id)?;
        let others = commit.parents.iter().filter(|parent| Some(**parent) != point.recovery.previous);
        let mut parents: Vec<Oid> = previous.into_iter().collect();
        parents.extend(others.filter(|parent| Some(**parent) != previous));
        let recovery = Recovery { previous, ..point.recovery.clone() };
        let (tree, identity) = (Some(commit.tree), &self.app.journalist());
        let step = Step { tree, files: &[], parents: &parents, identity, at: recovery.at, message: &commit.message };
        repo.object_batch(|| self.journals().write(&recovery, &step))
    }

    /// Returns what a point keeps at a path of its tree.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn kept(&self, point: &RecoveryPoint, path: &str) -> Result<Option<Oid>> {
        let tree = self.app.repo.commit(point.id)?.tree;
        Ok(self.app.repo.entry(tree, path.as_bytes())?.map(|entry| entry.oid))
    }

    fn read(&self, id: Oid, run: &str) -> Result<RecoveryPoint> {
        let unreadable = || {
            Error::cannot_work(format!("cannot read the recovery point of the run '{run}'"))
                .hint(format!("what it keeps is in 'git log -p {RECOVERY_POINTS}{run}'"))
        };
        Ok(RecoveryPoint { recovery: self.journals().read(run, id, unreadable)?, id })
    }

    /// Returns the full name of the ref that has the recovery points of a run's name.
    pub fn ref_name(run: &RunId) -> String {
        JournalStore::<Recovery>::ref_name(run)
    }

    fn journals(&self) -> JournalStore<'c, Recovery> {
        JournalStore::new(&self.app.repo)
    }
}
