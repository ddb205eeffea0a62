//! Refs, written by compare-and-swap.
//!
//! libgit2 takes `<ref>.lock`, and a kill can leave that file behind; libgit2 then fails at once. Our refs are only
//! written while the store's own file lock is held, so a lock file that is found under it, and is still the same
//! after a moment's patience, belongs to nobody: it is put aside.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use git2::ErrorCode;

use super::repo::{Repo, oid, raw};
use crate::error::{Error, Result};
use crate::model::Oid;

/// How long a lock file must stay the same before it is taken for an orphan. Git holds one for milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);

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
    /// It can't be written.
    #[error("the ref '{name}' can't be written")]
    Unwritable {
        /// The ref.
        name: String,
        /// What libgit2 said.
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
        self.inner.refname_to_id(name).ok().map(oid)
    }

    /// A branch by its full name: the branch itself, where the name is another word for one, and its commit.
    pub fn branch(&self, name: &str) -> Option<(String, Oid)> {
        let found = self.inner.find_reference(name).ok()?.resolve().ok()?;
        let commit = found.peel_to_commit().ok()?;
        Some((found.name().ok()?.to_owned(), oid(commit.id())))
    }

    /// Every ref whose full name begins with `prefix` (which ends with `/`), in order of names.
    ///
    /// # Errors
    /// When the refs can't be read.
    pub fn refs_under(&self, prefix: &str) -> Result<Vec<(String, Oid)>> {
        let unreadable = |cause: git2::Error| {
            Error::cannot_work(format!("the refs under '{prefix}' can't be read"))
                .hint("check the repository with 'git fsck'")
                .because(cause)
        };
        let mut found = Vec::new();
        for reference in self.inner.references_glob(&format!("{prefix}*")).map_err(unreadable)? {
            let reference = reference.map_err(unreadable)?;
            if let (Ok(name), Some(target)) = (reference.name(), reference.target()) {
                found.push((name.to_owned(), oid(target)));
            }
        }
        found.sort();
        Ok(found)
    }

    /// Points a ref to `new` if it is as `expected`.
    ///
    /// # Errors
    /// [`RefFailure::Moved`] when it is not; otherwise when it can't be written.
    pub fn set_ref(&self, name: &str, new: Oid, expected: Expected, message: &str) -> Result<(), RefFailure> {
        let change = RefChange { name, new, expected, message };
        if let Some(answers) = self.put_off(&[change]) {
            return answers.into_iter().collect();
        }
        // A ref never names what is not on the disk.
        self.flush().map_err(|cause| unwritable(name, &format!("what it is to name can't be written: {cause}")))?;
        let old = match expected {
            Expected::Absent => git2::Oid::ZERO_SHA1,
            Expected::At(old) => raw(old),
        };
        self.patiently(name, || self.inner.reference_matching(name, raw(new), true, old, message).map(drop))
    }

    /// Changes several refs, each for itself as [`Repo::set_ref`] does; they wait for the disk at the same time.
    pub fn set_refs(&self, changes: &[RefChange<'_>]) -> Vec<Result<(), RefFailure>> {
        let Some((first, others)) = changes.split_first() else { return Vec::new() };
        if let Some(answers) = self.put_off(changes) {
            return answers;
        }
        let set = |repo: &Repo, change: &RefChange<'_>| {
            repo.set_ref(change.name, change.new, change.expected, change.message)
        };
        if let Err(cause) = self.flush() {
            let why = format!("what it is to name can't be written: {cause}");
            return changes.iter().map(|change| Err(unwritable(change.name, &why))).collect();
        }
        let location = self.location();
        std::thread::scope(|scope| {
            let in_thread = |change| {
                scope.spawn(move || match Repo::open(location.clone()) {
                    Ok(repo) => set(&repo, change),
                    Err(error) => Err(unwritable(change.name, &error.to_string())),
                })
            };
            let threads: Vec<_> = others.iter().map(in_thread).collect();
            let threads = threads.into_iter().map(|thread| thread.join().expect("writing a ref does not panic"));
            [set(self, first)].into_iter().chain(threads).collect()
        })
    }

    /// Removes a ref if it is at `old`; one that is gone already is fine.
    ///
    /// # Errors
    /// [`RefFailure::Moved`] when it is elsewhere; otherwise when it can't be written.
    pub fn delete_ref(&self, name: &str, old: Oid) -> Result<(), RefFailure> {
        self.patiently(name, || match self.inner.find_reference(name) {
            Err(cause) if cause.code() == ErrorCode::NotFound => Ok(()),
            Err(cause) => Err(cause),
            // libgit2 compares with what this handle has read, under the lock.
            Ok(mut reference) if reference.target() == Some(raw(old)) => reference.delete(),
            Ok(_) => Err(git2::Error::new(ErrorCode::Modified, git2::ErrorClass::Reference, "it moved")),
        })
    }

    /// Repeats `write` while another writer is in the way, and past a lock file that nobody holds.
    fn patiently(&self, name: &str, write: impl Fn() -> Result<(), git2::Error>) -> Result<(), RefFailure> {
        let lock = self.location().common_dir.join(format!("{name}.lock"));
        let mut watched = Watched::new(&lock);
        loop {
            let cause = match write() {
                Ok(()) => return Ok(()),
                Err(cause) => cause,
            };
            match cause.code() {
                ErrorCode::Modified | ErrorCode::NotFound | ErrorCode::Exists => {
                    return Err(RefFailure::Moved(name.to_owned()));
                }
                // One that can't be removed is no reason to come back for ever.
                ErrorCode::Locked if watched.is_orphan() && std::fs::remove_file(&lock).is_ok() => {
                    watched = Watched::new(&lock);
                }
                ErrorCode::Locked if watched.since.elapsed() < 10 * PATIENCE => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                _ => return Err(RefFailure::Unwritable { name: name.to_owned(), cause }),
            }
        }
    }

    /// Lock files beside our own refs that stay the same for a moment: what a kill left. Call it under the store's lock.
    pub fn orphaned_locks(&self, prefixes: &[&str]) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for prefix in prefixes {
            collect_locks(&self.location().common_dir.join(prefix), &mut found);
        }
        let mut watched: Vec<_> = found.iter().map(|path| Watched::new(path)).collect();
        if !watched.is_empty() {
            std::thread::sleep(PATIENCE);
        }
        let orphans = watched.iter_mut().map(Watched::is_orphan);
        found.iter().zip(orphans).filter(|(_, orphan)| *orphan).map(|(path, _)| path.clone()).collect()
    }
}

pub(super) fn unwritable(name: &str, why: &str) -> RefFailure {
    RefFailure::Unwritable { name: name.to_owned(), cause: git2::Error::from_str(why) }
}

/// May a ref have this full name?
pub fn is_valid_ref_name(name: &str) -> bool {
    git2::Reference::is_valid_name(name)
}

fn collect_locks(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect_locks(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "lock") {
            found.push(path);
        }
    }
}

/// A lock file, and since when it has been the same one.
struct Watched<'a> {
    path: &'a Path,
    stamp: Option<SystemTime>,
    since: Instant,
}

impl Watched<'_> {
    fn new(path: &Path) -> Watched<'_> {
        Watched { path, stamp: stamp(path), since: Instant::now() }
    }

    fn is_orphan(&mut self) -> bool {
        let now = stamp(self.path);
        if now != self.stamp {
            *self = Watched { path: self.path, stamp: now, since: Instant::now() };
        }
        now.is_some() && self.since.elapsed() >= PATIENCE
    }
}

fn stamp(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|meta| meta.modified()).ok()
}
