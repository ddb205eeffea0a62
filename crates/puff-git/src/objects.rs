//! Objects as bytes: read with libgit2, and, where many are made for one purpose, written all at once.
//!
//! libgit2 waits for the disk with every object that it writes, and with its folder. What belongs together is kept in
//! memory until all of it is there, and the disk is waited for once.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use git2::{ErrorCode, ObjectType, OdbLookupFlags};

use super::repo::{Repo, oid};
use super::unwritten::MUCH;
use super::{loose, pack};
use crate::Oid;
use puff_system::error::{Error, Result};

/// So many objects are a pack, where packs may be written. Each loose one is a file to be made and waited for; but git
/// goes through all packs for an object that is nowhere, so a few objects are none.
const PACK: usize = 16;

/// The bytes of an object, wherever they are.
pub(super) enum Bytes<'o> {
    Kept(git2::OdbObject<'o>),
    ObjectBatch(Rc<Vec<u8>>),
}

impl std::ops::Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Kept(object) => object.data(),
            Bytes::ObjectBatch(bytes) => bytes,
        }
    }
}

impl Repo {
    /// Writes the objects that `work` makes all at once: at its end, before a ref is written, and before another program
    /// looks. What a failure leaves unwritten is written no more: nothing names it.
    ///
    /// # Errors
    /// Those of `work`, and when the object store cannot be written.
    pub fn object_batch<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let unwritten = &self.unwritten;
        unwritten.scopes.set(unwritten.scopes.get() + 1);
        let done = work();
        unwritten.scopes.set(unwritten.scopes.get() - 1);
        if unwritten.scopes.get() > 0 {
            return done;
        }
        match done {
            Ok(done) => self.flush().map(|()| done).map_err(|cause| {
                Error::cannot_work("cannot write objects into the repository")
                    .hint("check permissions and free space of the git directory")
                    .because(cause)
            }),
            Err(error) => {
                unwritten.objects.take();
                Err(error)
            }
        }
    }

    /// Makes objects only to see what they would be: nothing is written.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn dry_run<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let unwritten = &self.unwritten;
        let before = unwritten.objects.borrow().order.len();
        unwritten.scopes.set(unwritten.scopes.get() + 1);
        unwritten.trials.set(unwritten.trials.get() + 1);
        let done = work();
        unwritten.trials.set(unwritten.trials.get() - 1);
        unwritten.scopes.set(unwritten.scopes.get() - 1);
        let made = &mut *unwritten.objects.borrow_mut();
        for id in made.order.drain(before.min(made.order.len())..) {
            made.size -= made.objects.remove(&id).map_or(0, |(_, bytes)| bytes.len());
        }
        done
    }

    /// Writes what is not on the disk yet.
    pub(super) fn flush(&self) -> io::Result<()> {
        let made = self.unwritten.objects.take();
        let object = |id: &Oid| (*id, made.objects[id].0, made.objects[id].1.as_slice());
        let objects: Vec<_> = made.order.iter().map(object).collect();
        if self.unwritten.packs.get() && objects.len() >= PACK {
            pack::write(&self.objects_folder(), &objects)
        } else {
            loose::write(&self.objects_folder(), &objects)
        }
    }

    fn objects_folder(&self) -> PathBuf {
        self.location().objects.clone()
    }

    /// Keeps an object and answers its name.
    pub(super) fn keep(&self, kind: ObjectType, bytes: Cow<'_, [u8]>) -> Result<Oid, git2::Error> {
        let is_trial = self.unwritten.trials.get() > 0;
        if self.unwritten.scopes.get() > 0 && (is_trial || bytes.len() < MUCH) {
            let id = self.name(kind, &bytes)?;
            if self.is_unwritten(id) {
                return Ok(id);
            }
            if !is_trial && loose::touch(&self.objects_folder(), id) {
                return Ok(id);
            }
            if is_trial || !self.is_written(id) {
                let is_much = self.unwritten.objects.borrow_mut().add(id, kind, bytes.into_owned());
                if is_much && !is_trial {
                    self.flush().map_err(|cause| git2::Error::from_str(&cause.to_string()))?;
                }
                return Ok(id);
            }
        }
        self.keep_now(kind, &bytes)
    }

    /// The name that an object with these bytes has in this repository.
    pub(super) fn name(&self, kind: ObjectType, bytes: &[u8]) -> Result<Oid, git2::Error> {
        git2::Oid::hash_object_ext(kind, bytes, self.inner.object_format()).map(oid)
    }

    /// Keeps an object on the disk. One that is there already is marked as used, so that no collection of garbage takes it
    /// from us; it is named once for that, where [`Repo::keep`] has to name it to find out and libgit2 once more.
    pub(super) fn keep_now(&self, kind: ObjectType, bytes: &[u8]) -> Result<Oid, git2::Error> {
        if self.location().has_objects_elsewhere() {
            // libgit2 would write into the git directory.
            let id = self.name(kind, bytes)?;
            let written = loose::write(&self.objects_folder(), &[(id, kind, bytes)]);
            return written.map(|()| id).map_err(|cause| git2::Error::from_str(&cause.to_string()));
        }
        self.inner.odb()?.write(kind, bytes).map(oid)
    }

    /// The bytes of an object that has to be of this kind.
    pub(super) fn read<'o>(&self, odb: &'o git2::Odb<'_>, id: Oid, kind: ObjectType) -> Result<Bytes<'o>, git2::Error> {
        let (found, bytes) = match self.unwritten.objects.borrow().objects.get(&id) {
            Some((kind, bytes)) => (*kind, Bytes::ObjectBatch(Rc::clone(bytes))),
            None => {
                let object = match odb.read(self.raw(id)) {
                    Err(cause) if cause.code() == ErrorCode::NotFound && self.brings(id) => odb.read(self.raw(id))?,
                    other => other?,
                };
                (object.kind(), Bytes::Kept(object))
            }
        };
        if found == kind { Ok(bytes) } else { Err(git2::Error::from_str(&format!("it is a {found}"))) }
    }

    /// Is this object on the disk, as far as is known without looking for new packs?
    pub(super) fn is_written(&self, id: Oid) -> bool {
        self.inner.odb().is_ok_and(|odb| odb.exists_ext(self.raw(id), OdbLookupFlags::NO_REFRESH))
    }

    /// Is this object made and not on the disk yet?
    pub(super) fn is_unwritten(&self, id: Oid) -> bool {
        self.unwritten.objects.borrow().objects.contains_key(&id)
    }

    /// The objects that are not on the disk yet and whose names begin so.
    pub(super) fn unwritten_of_prefix(&self, digits: &str) -> Vec<Oid> {
        let made = self.unwritten.objects.borrow();
        made.order.iter().filter(|id| id.to_string().starts_with(digits)).copied().collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;

    use super::*;
    use crate::{Edit, EntryKind, Location};

    pub(crate) fn open(folder: &Path) -> Repo {
        git2::Repository::init_bare(folder).unwrap();
        Repo::open(Location::bare(folder)).unwrap()
    }

    /// How many objects, whole or not, are on the disk.
    fn count(folder: &Path) -> usize {
        let folders = std::fs::read_dir(folder.join("objects")).unwrap().flatten();
        let folders = folders.filter(|entry| entry.file_name().len() == 2);
        folders.map(|entry| std::fs::read_dir(entry.path()).unwrap().count()).sum()
    }

    fn tree(repo: &Repo, texts: std::ops::Range<usize>) -> Result<Oid> {
        let text = |number: usize| if number == 0 { String::new() } else { format!("text {number}\n").repeat(number) };
        let paths: Vec<_> = texts.map(|number| (format!("folder/{}/{number}", number % 7), number)).collect();
        let mut edits = Vec::new();
        for (path, number) in &paths {
            let blob = repo.write_blob(text(*number).as_bytes())?;
            edits.push((path.as_bytes(), Edit::Put(EntryKind::File, blob)));
        }
        repo.edit_tree(None, edits)
    }

    #[test]
    fn what_is_made_together_is_read_at_once_and_written_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let repo = open(folder.path());
        let tree = repo.object_batch(|| {
            let whole = tree(&repo, 0..150)?;
            assert_eq!(count(folder.path()), 0);
            let entry = repo.entry(whole, b"folder/2/9")?.unwrap();
            assert_eq!(repo.blob(entry.oid)?, b"text 9\n".repeat(9));
            Ok(whole)
        });
        assert_eq!(count(folder.path()), 150 + 7 + 1 + 1);
        // libgit2 reads them, and takes them for what they are.
        let other = git2::Repository::open(folder.path()).unwrap();
        let mut blobs = 0;
        let tree = other.find_tree(repo.raw(tree.unwrap())).unwrap();
        let walked = tree.walk(git2::TreeWalkMode::PreOrder, |_, entry| {
            blobs += usize::from(other.find_blob(entry.id()).is_ok());
            git2::TreeWalkResult::Ok
        });
        assert!(walked.is_ok() && blobs == 150, "{blobs}");
    }

    #[test]
    fn a_trial_and_a_failure_leave_nothing_and_a_ref_names_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let repo = open(folder.path());
        let tried = repo.dry_run(|| tree(&repo, 0..10)).unwrap();
        assert_eq!((repo.dry_run(|| tree(&repo, 0..10)).unwrap(), count(folder.path())), (tried, 0));
        let failed = repo.object_batch(|| {
            tree(&repo, 0..10)?;
            Err::<(), _>(Error::failed("no"))
        });
        assert!(failed.is_err() && !repo.is_unwritten(tried) && count(folder.path()) == 0);
        let together = repo.object_batch(|| {
            let kept = tree(&repo, 0..2)?;
            assert_eq!(repo.dry_run(|| tree(&repo, 0..10))?, tried);
            repo.set_ref("refs/x", kept, crate::Expected::Absent, "x")?;
            // Two blobs, their two folders, and the two above them.
            assert_eq!(count(folder.path()), 6);
            Ok(())
        });
        assert!(together.is_ok());
        assert_eq!(count(folder.path()), 6);
    }
}
