//! Several steps that wait for the disk together.
//!
//! A step makes objects and then sets a ref that names them, and each waits for the disk. Where nothing happens between
//! two steps that could not be undone, the later one need not wait for the earlier: both are made, and then written.

use super::refs::change::{Expected, RefChange, RefFailure};
use super::refs::waiting::Change;
use super::repo::Repo;
use crate::Oid;
use puff_system::error::Result;

impl Repo {
    /// Does steps that wait for the disk together: all objects are written first, many of them as a pack; then the refs,
    /// in the order in which `work` set them, each once, as it was set last. Where `work` fails, nothing is written.
    ///
    /// When another process changes one of the refs meanwhile, or one that the steps [require](Repo::require), `work` is called
    /// again, and its steps wait for themselves.
    /// `lock` is what refs are written under; the steps may take it too. What waits is seen by [`Repo::ref_target`] only.
    ///
    /// # Errors
    /// Those of `work` and of `lock`, and when something cannot be written.
    pub fn ref_batch<T, L>(&self, lock: impl FnOnce() -> Result<L>, mut work: impl FnMut() -> Result<T>) -> Result<T> {
        if self.waiting.is_open.replace(true) {
            return work();
        }
        self.unwritten.packs.set(true);
        let done = self.object_batch(&mut work);
        self.unwritten.packs.set(false);
        self.waiting.is_open.set(false);
        let (turns, required) = (self.waiting.turns.take(), self.waiting.required.take());
        let done = done?;
        if turns.is_empty() {
            return Ok(done);
        }
        let lock = lock()?;
        if required.iter().any(|(name, at)| self.ref_on_disk(name) != Some(*at)) {
            drop(lock);
            return work();
        }
        let set = |turn: &Vec<Change>| {
            let changes: Vec<_> = turn.iter().map(Change::borrowed).collect();
            self.set_refs(&changes).into_iter().collect()
        };
        match turns.iter().try_for_each(set) {
            Ok(()) => Ok(done),
            Err(RefFailure::Moved(_)) => {
                drop(lock);
                work()
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Lets the steps that wait be written only if a ref is still where it is now: otherwise `work` of [`Repo::ref_batch`] is
    /// called again. Where nothing waits, the caller holds the lock, and there is nothing to do.
    pub fn require(&self, name: &str, at: Oid) {
        if self.waiting.is_open.get() && self.waiting_target(name).is_none() {
            self.waiting.required.borrow_mut().push((name.to_owned(), at));
        }
    }

    /// Where a ref will be that is waiting.
    pub(super) fn waiting_target(&self, name: &str) -> Option<Oid> {
        let turns = self.waiting.turns.borrow();
        turns.iter().flatten().find(|waiting| waiting.name == name).map(|waiting| waiting.new)
    }

    /// Lets changes of refs wait; none where they have not to.
    pub(super) fn enqueue(&self, changes: &[RefChange<'_>]) -> Option<Vec<Result<(), RefFailure>>> {
        self.waiting.is_open.get().then(|| {
            self.waiting.turns.borrow_mut().push(Vec::new());
            changes.iter().map(|change| self.put_off_one(change)).collect()
        })
    }

    fn put_off_one(&self, change: &RefChange<'_>) -> Result<(), RefFailure> {
        let there = self.ref_target(change.name).map_or(Expected::Absent, Expected::At);
        if there != change.expected {
            return Err(RefFailure::Moved(change.name.to_owned()));
        }
        let turns = &mut *self.waiting.turns.borrow_mut();
        match turns.iter_mut().flatten().find(|waiting| waiting.name == change.name) {
            Some(waiting) => *waiting = Change { expected: waiting.expected, ..Change::of(change) },
            None => turns.last_mut().expect("a turn was begun").push(Change::of(change)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::objects::tests::open;
    use puff_system::error::Error;

    fn count(folder: &Path, kind: &str) -> usize {
        let files = std::fs::read_dir(folder.join("objects/pack")).unwrap().flatten();
        files.filter(|file| file.path().extension().is_some_and(|extension| extension == kind)).count()
    }

    fn blobs(repo: &Repo, count: usize) -> Vec<Oid> {
        let text = |number: usize| format!("text {number}\n").repeat(number * number);
        (0..count).map(|number| repo.write_blob(text(number).as_bytes()).unwrap()).collect()
    }

    #[test]
    fn many_objects_are_a_pack_that_is_there_before_the_refs() {
        let folder = tempfile::tempdir().unwrap();
        let repo = open(folder.path());
        let locked = || {
            assert_eq!((count(folder.path(), "pack"), count(folder.path(), "idx")), (1, 1));
            Ok(())
        };
        let made = repo.ref_batch(locked, || {
            let made = blobs(&repo, 120);
            repo.set_ref("refs/x", made[0], Expected::Absent, "x")?;
            repo.set_ref("refs/x", made[1], Expected::At(made[0]), "x")?;
            assert_eq!((repo.ref_target("refs/x"), repo.ref_on_disk("refs/x")), (Some(made[1]), None));
            assert!(matches!(repo.set_ref("refs/x", made[2], Expected::Absent, "x"), Err(RefFailure::Moved(_))));
            Ok(made)
        });
        let made = made.unwrap();
        assert_eq!(repo.ref_on_disk("refs/x"), Some(made[1]));
        // libgit2 reads them, and takes them for what they are.
        let other = git2::Repository::open(folder.path()).unwrap();
        for (number, id) in made.iter().enumerate() {
            let blob = other.find_blob(git2::Oid::from_bytes(id.as_bytes()).unwrap()).unwrap();
            assert_eq!(blob.content(), format!("text {number}\n").repeat(number * number).as_bytes());
        }
    }

    #[test]
    fn steps_wait_for_what_they_require_too() {
        let folder = tempfile::tempdir().unwrap();
        let (repo, other) = (open(folder.path()), open(folder.path()));
        let run = repo.object_batch(|| repo.write_blob(b"run")).unwrap();
        repo.set_ref("refs/run", run, Expected::Absent, "run").unwrap();
        let mut turns = 0;
        let made = repo.ref_batch(
            || Ok(()),
            || {
                turns += 1;
                let Some(there) = repo.ref_target("refs/run") else { return Ok(false) };
                repo.require("refs/run", there);
                let note = repo.write_blob(b"note")?;
                repo.set_ref("refs/note", note, Expected::Absent, "note")?;
                other.delete_ref("refs/run", there)?;
                Ok(true)
            },
        );
        assert_eq!((made.unwrap(), turns, repo.ref_on_disk("refs/note")), (false, 2, None));
    }

    #[test]
    fn a_failure_leaves_nothing_and_one_who_was_faster_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (repo, other) = (open(folder.path()), open(folder.path()));
        let failed = repo.ref_batch(
            || Ok(()),
            || {
                repo.set_ref("refs/x", blobs(&repo, 20)[0], Expected::Absent, "x")?;
                Err::<(), _>(Error::failed("no"))
            },
        );
        assert!(failed.is_err() && repo.ref_target("refs/x").is_none() && count(folder.path(), "pack") == 0);

        let mut seen = Vec::new();
        let work = || {
            let there = repo.ref_target("refs/x");
            seen.push(there);
            let made = blobs(&repo, 3)[2];
            Ok(repo.set_ref("refs/x", made, there.map_or(Expected::Absent, Expected::At), "x")?)
        };
        let theirs = blobs(&other, 2)[1];
        let faster = || Ok(other.set_ref("refs/x", theirs, Expected::Absent, "x")?);
        repo.ref_batch(faster, work).unwrap();
        assert_eq!(seen, [None, Some(theirs)]);
        assert_eq!(other.ref_target("refs/x"), Some(blobs(&repo, 3)[2]));
    }
}
