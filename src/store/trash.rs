//! Recovery points: `refs/puff/trash/<run>`, a commit each, the one before it as its first parent.
//!
//! The other parents keep alive what the point names, so that no collection of garbage takes it. The tree has
//! `point.json` and whatever else is to be kept. A point that was used is taken off; who wants the disk back removes the
//! ref.

use super::FileLock;
use crate::context::Context;
use crate::error::{Error, Result, ResultExt};
use crate::git::{Edit, EntryKind, NewCommit, RefStep};
use crate::model::{Oid, Recovery, RunId, documents};

/// Where recovery points are.
pub const TRASH: &str = "refs/puff/trash/";

/// A recovery point as it is kept.
#[derive(Clone, Debug)]
pub struct Point {
    /// What it says.
    pub recovery: Recovery,
    /// Its commit.
    pub id: Oid,
}

/// A thing that a point keeps beside what it says: a path of its tree, and what is there.
pub type Kept = (String, EntryKind, Oid);

/// The recovery points of a repository.
pub struct Trash<'c> {
    context: &'c Context,
}

impl<'c> Trash<'c> {
    /// Those of this repository.
    pub fn new(context: &'c Context) -> Trash<'c> {
        Trash { context }
    }

    /// Held while a run is picked, pruned or brought back: nobody else does so meanwhile, or takes what is half done
    /// for left behind.
    ///
    /// # Errors
    /// When somebody else holds it, or the git directory can't be written.
    pub fn lock(&self, run: &RunId) -> Result<FileLock> {
        self.context.places.prepare()?;
        let path = self.context.places.decide_lock(run);
        let lock = FileLock::attempt(&path).or_fail(|| format!("the lock '{}' can't be taken", path.display()))?;
        let lock = lock.ok_or_else(|| {
            Error::failed(format!("the run '{run}' is being picked, pruned or brought back by somebody else"))
                .hint("wait until that is done, then try again")
        })?;
        // Should we be killed, whatever git does for us is not done yet: nobody is to judge it before.
        self.context.repo.hold(&lock.file());
        Ok(lock)
    }

    /// The newest point of a run.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn newest(&self, run: &RunId) -> Result<Option<Point>> {
        let id = self.context.repo.ref_target(&name(run));
        id.map(|id| self.read(id, run.as_str())).transpose()
    }

    /// The newest point of every run that has one, in order of names. What can't be read is passed over.
    ///
    /// # Errors
    /// When the refs can't be read.
    pub fn list(&self) -> Result<Vec<Point>> {
        let refs = self.context.repo.refs_under(TRASH)?;
        Ok(refs.into_iter().filter_map(|(name, id)| self.read(id, &name[TRASH.len()..]).ok()).collect())
    }

    /// Adds a point, which `keep` and `files` keep alive; `replaced` is one that it takes the place of.
    ///
    /// # Errors
    /// When it can't be written, or somebody else was first.
    pub fn push(&self, point: Recovery, files: &[Kept], keep: &[Oid], replaced: Option<&Point>) -> Result<Point> {
        let repo = &self.context.repo;
        let (name, before) = (name(&point.run), repo.ref_target(&name(&point.run)));
        if before != replaced.map_or(point.previous, |replaced| Some(replaced.id)) {
            return Err(Error::failed(format!("the ref '{name}' was changed by someone else")).hint("try again"));
        }
        let mut json = serde_json::to_vec_pretty(&point).or_fail(|| "a recovery point can't be written".to_owned())?;
        json.push(b'\n');
        let mut parents: Vec<Oid> = Vec::new();
        for oid in point.previous.iter().chain([&point.journal]).chain(keep) {
            if !parents.contains(oid) && repo.has_commit(*oid) {
                parents.push(*oid);
            }
        }
        let id = repo.together(|| {
            let first = ("point.json", Edit::Put(EntryKind::File, repo.write_blob(&json)?));
            let others = files.iter().map(|(path, kind, oid)| (path.as_str(), Edit::Put(*kind, *oid)));
            let tree =
                repo.edit_tree(None, [first].into_iter().chain(others).map(|(path, edit)| (path.as_bytes(), edit)))?;
            let identity = &self.context.journalist();
            let message = format!("before {}\n", point.words());
            repo.write_commit(&NewCommit { tree, parents: &parents, identity, at: point.at, message: &message })
        })?;
        let _lock = self.context.places.lock_for_writing()?;
        repo.change_refs(&[RefStep { name, old: before, new: Some(id) }], "puff: a recovery point")?;
        Ok(Point { recovery: point, id })
    }

    /// The step by which a point is taken off.
    pub fn without(&self, point: &Point) -> RefStep {
        RefStep { name: name(&point.recovery.run), old: Some(point.id), new: point.recovery.previous }
    }

    /// What a point keeps at a path of its tree.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn kept(&self, point: &Point, path: &str) -> Result<Option<Oid>> {
        let tree = self.context.repo.commit(point.id)?.tree;
        Ok(self.context.repo.entry(tree, path.as_bytes())?.map(|entry| entry.oid))
    }

    fn read(&self, id: Oid, run: &str) -> Result<Point> {
        let unreadable = || {
            Error::cannot_work(format!("the recovery point of the run '{run}' can't be read"))
                .hint(format!("what it keeps is in 'git log -p {TRASH}{run}'"))
        };
        let repo = &self.context.repo;
        let entry = repo.entry(repo.commit(id)?.tree, b"point.json")?.ok_or_else(unreadable)?;
        let bytes = repo.blob(entry.oid)?;
        let recovery: Recovery = serde_json::from_slice(&bytes).map_err(|cause| unreadable().because(cause))?;
        recovery.schema.expect(documents::RECOVERY).map_err(|cause| unreadable().because(cause))?;
        if recovery.run.as_str() != run {
            return Err(unreadable().because_it_said(&format!("it says that it is of '{}'", recovery.run)));
        }
        Ok(Point { recovery, id })
    }
}

fn name(run: &RunId) -> String {
    format!("{TRASH}{run}")
}
