//! Temporary folders for programs: each is for one of them alone, and gone after it.
//!
//! The folder is locked while its owner lives. One whose owner was killed is found by its name and by the lock that nothing holds,
//! and removed when the next one is made.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// How their names begin. They are short: the path of a socket in one has room for 108 bytes in all.
const PREFIX: &str = "git-puff-";

/// How often another name is tried.
const TRIES: u32 = 10;

/// A temporary folder, removed with all that is in it when this value is dropped.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    _lock: File,
}

impl Scratch {
    /// Makes one in the system's folder for temporary files (`TMPDIR`), readable by the user alone.
    ///
    /// # Errors
    /// When it cannot be made or locked.
    pub fn make() -> io::Result<Scratch> {
        Scratch::make_in(&std::env::temp_dir())
    }

    fn make_in(parent: &Path) -> io::Result<Scratch> {
        sweep(parent);
        for _ in 0..TRIES {
            let permissions = fs::Permissions::from_mode(0o700);
            let made = tempfile::Builder::new().prefix(PREFIX).permissions(permissions).tempdir_in(parent)?;
            let path = made.keep();
            // Until it is locked, another process may take it for one that was left.
            match File::open(&path) {
                Ok(lock) if lock.try_lock().is_ok() && path.is_dir() => return Ok(Scratch { path, _lock: lock }),
                Ok(_) => {}
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
                Err(cause) => return Err(cause),
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "no temporary folder could be locked"))
    }

    /// Returns its path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// Removes those whose owner is gone.
fn sweep(parent: &Path) {
    let mine = rustix::process::getuid().as_raw();
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_named = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if !is_named || !entry.metadata().is_ok_and(|meta| meta.is_dir() && meta.uid() == mine) {
            continue;
        }
        let path = entry.path();
        let is_left = |folder: File| folder.try_lock().is_ok().then_some(folder);
        if let Some(_lock) = File::open(&path).ok().and_then(is_left) {
            remove(&path);
        }
    }
}

/// Removes a folder, with folders in it that their program has closed to writing, as the module cache of Go does.
fn remove(path: &Path) {
    if fs::remove_dir_all(path).is_err() {
        open_up(path);
        // What is still there is tried again by the next sweep.
        let _ = fs::remove_dir_all(path);
    }
}

fn open_up(folder: &Path) {
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_with_its_owner_and_one_that_was_left_with_the_next() {
        let parent = tempfile::tempdir().unwrap();
        let names = || fs::read_dir(parent.path()).unwrap().count();
        let first = Scratch::make_in(parent.path()).unwrap();
        let closed = first.path().join("a/b");
        fs::create_dir_all(&closed).unwrap();
        fs::write(closed.join("x"), "").unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).unwrap();
        // What a killed process leaves: the folder, and no lock.
        fs::create_dir(parent.path().join("git-puff-left")).unwrap();
        fs::create_dir(parent.path().join("other")).unwrap();
        let second = Scratch::make_in(parent.path()).unwrap();
        assert_eq!(names(), 3, "the first, the second, and what is not ours");
        drop((first, second));
        assert_eq!(names(), 1);
    }
}
