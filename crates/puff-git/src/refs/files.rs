//! Refs in files, read and written by libgit2.
//!
//! libgit2 takes `<ref>.lock`, and a kill can leave that file behind; libgit2 then fails at once. Our refs are only
//! written while the store's own file lock is held, so a lock file that is found under it, and is still the same
//! after a moment's patience, belongs to no running process: it is put aside.

use std::path::PathBuf;
use std::time::Duration;

use git2::ErrorCode;

use super::change::{Expected, RefChange, RefFailure, unwritable};
use super::locks::{self, PATIENCE, Watched};
use crate::Oid;
use crate::repo::{Repo, oid};
use puff_system::parallel;

pub(super) fn target(repo: &Repo, name: &str) -> Option<Oid> {
    repo.inner.refname_to_id(name).ok().map(oid)
}

pub(super) fn resolved(repo: &Repo, name: &str) -> Option<(String, Oid)> {
    let found = repo.inner.find_reference(name).ok()?.resolve().ok()?;
    Some((found.name().ok()?.to_owned(), oid(found.target()?)))
}

pub(super) fn under(repo: &Repo, prefix: &str) -> Result<Vec<(String, Oid)>, git2::Error> {
    let mut found = Vec::new();
    for reference in repo.inner.references_glob(&format!("{prefix}*"))? {
        let reference = reference?;
        if let (Ok(name), Some(target)) = (reference.name(), reference.target()) {
            found.push((name.to_owned(), oid(target)));
        }
    }
    found.sort();
    Ok(found)
}

pub(super) fn set(repo: &Repo, change: &RefChange<'_>) -> Result<(), RefFailure> {
    let RefChange { name, new, expected, message } = *change;
    let old = match expected {
        Expected::Absent => new.nothing(),
        Expected::At(old) => old,
    };
    patiently(repo, name, || repo.inner.reference_matching(name, repo.raw(new), true, repo.raw(old), message).map(drop))
}

/// Sets several refs; some of them wait for the disk at the same time.
pub(super) fn set_each(repo: &Repo, changes: &[RefChange<'_>]) -> Vec<Result<(), RefFailure>> {
    let location = repo.location();
    let worker = || {
        let repo = Repo::open_objects(location.clone());
        move |change: &RefChange<'_>| match &repo {
            Ok(repo) => set(repo, change),
            Err(error) => Err(unwritable(change.name, &error.to_string())),
        }
    };
    parallel::map_each(changes, parallel::MOST_THREADS, |change| set(repo, change), worker)
}

pub(super) fn delete(repo: &Repo, name: &str, old: Oid) -> Result<(), RefFailure> {
    patiently(repo, name, || match repo.inner.find_reference(name) {
        Err(cause) if cause.code() == ErrorCode::NotFound => Ok(()),
        Err(cause) => Err(cause),
        // libgit2 compares with what this handle has read, under the lock.
        Ok(mut reference) if reference.target() == Some(repo.raw(old)) => reference.delete(),
        Ok(_) => Err(git2::Error::new(ErrorCode::Modified, git2::ErrorClass::Reference, "it moved")),
    })
}

/// Repeats `write` while another writer is in the way, and past a lock file that no process holds.
fn patiently(repo: &Repo, name: &str, write: impl Fn() -> Result<(), git2::Error>) -> Result<(), RefFailure> {
    let lock = repo.location().common_dir.join(format!("{name}.lock"));
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
            // One that cannot be removed is no reason to come back for ever.
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

/// The lock files beside the refs whose names begin so.
pub(super) fn locks(repo: &Repo, prefixes: &[&str]) -> Vec<PathBuf> {
    prefixes.iter().flat_map(|prefix| locks::below(&repo.location().common_dir.join(prefix))).collect()
}
