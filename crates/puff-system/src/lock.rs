//! Locks on files: held as long as the process lives, released by the system when it is killed. So no process id is
//! ever trusted.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::trace;

/// How often a lock is tried before it counts as held, and the pause between two tries.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(5);

/// A lock that is released when it is dropped, or when the process ends in any way. The file stays: removing it
/// would let two holders exist, one of the old file and one of the new.
#[derive(Debug)]
pub struct FileLock {
    file: Arc<File>,
}

impl FileLock {
    /// Waits for the lock.
    ///
    /// # Errors
    /// When the file cannot be made or locked.
    pub fn wait(path: &Path) -> io::Result<FileLock> {
        let file = open(path)?;
        if file.try_lock().is_ok() {
            trace::report("lock", &path.display(), &"acquired");
        } else {
            let waiting = trace::Activity::start("lock", &path.display(), None);
            file.lock()?;
            waiting.ended(&"acquired");
        }
        Ok(FileLock { file: Arc::new(file) })
    }

    /// Acquires the lock if it is free. A caller of [`FileLock::is_held`] blocks it for microseconds, so
    /// one refusal is none yet.
    ///
    /// # Errors
    /// When the file cannot be made or locked.
    pub fn attempt(path: &Path) -> io::Result<Option<FileLock>> {
        let file = open(path)?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => {
                    trace::report("lock", &path.display(), &"acquired");
                    return Ok(Some(FileLock { file: Arc::new(file) }));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Err(TryLockError::Error(cause)) => return Err(cause),
            }
        }
        trace::report("lock", &path.display(), &"held by another process");
        Ok(None)
    }

    /// Returns the locked file: the lock is held while it is open.
    pub fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// Returns whether a process holds the lock. A missing file is not held. Asking takes a shared lock, so that two
    /// who ask do not take each other for a holder.
    pub fn is_held(path: &Path) -> bool {
        let asked = crate::files::ours().read(true).open(path).map(|file| file.try_lock_shared());
        matches!(asked, Ok(Err(TryLockError::WouldBlock)))
    }
}

fn open(path: &Path) -> io::Result<File> {
    crate::files::ours().create(true).truncate(false).read(true).write(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_has_one_holder_and_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.lock");
        assert!(!FileLock::is_held(&path));
        let held = FileLock::attempt(&path).unwrap().unwrap();
        assert!(FileLock::is_held(&path));
        assert!(FileLock::attempt(&path).unwrap().is_none());
        drop(held);
        assert!(FileLock::attempt(&path).unwrap().is_some());
    }
}
