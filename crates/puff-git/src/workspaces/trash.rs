//! The trash of a pool: folders that are not used again, out of the way at the cost of a rename, and deleted when there is time.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::now;
use crate::folder::{Folder, remove_entry};
use crate::repo::Repo;
use puff_system::lock::FileLock;

/// The folder of the pool that is the trash. No workspace has that name.
const TRASH: &str = "trash";

/// How much is in a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolSize {
    /// Workspaces in use.
    pub used: usize,
    /// Workspaces that wait to be used again.
    pub free: usize,
    /// The bytes that those in the pool's folder take on the disk, what waits to be deleted among them.
    pub bytes: u64,
}

impl Repo {
    /// Puts a folder into the trash of the pool that a workspace has its home in.
    pub(super) fn throw_away(&self, home: &Path, folder: &Folder, at: &Path) -> io::Result<()> {
        let aside = new_place(home)?;
        super::move_folder(folder, at, &aside)
    }

    /// Puts what is at `.git` in a workspace into the trash, whatever it is.
    pub(super) fn throw_away_git(&self, home: &Path, folder: &Folder) -> io::Result<()> {
        let git = folder.anchor().join(".git");
        match git.symlink_metadata() {
            Ok(meta) if meta.is_dir() => fs::rename(git, new_place(home)?),
            Ok(_) => fs::remove_file(git),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(cause) => Err(cause),
        }
    }

    /// Gives up free workspaces of a pool: those beyond `most`, and those that were not used for `idle`. The oldest go first.
    ///
    /// # Errors
    /// When the git directory or the pool cannot be written.
    pub fn trim_pool(&self, pool: &Path, most: usize, idle: Duration) -> io::Result<()> {
        let Some(_lock) = self.attempt_pool()? else { return Ok(()) };
        let slots = self.recover_slots(pool).map_err(io::Error::other)?;
        let oldest = now().saturating_sub(idle.as_secs());
        let mut free: Vec<_> = slots.iter().filter(|slot| !slot.slot.used).collect();
        free.sort_by_key(|slot| slot.slot.since);
        let mut excess = slots.len().saturating_sub(most);
        for slot in free {
            if excess > 0 || slot.slot.since < oldest {
                self.retire(slot)?;
                excess = excess.saturating_sub(1);
            }
        }
        Ok(())
    }

    /// Returns whether anything of a pool waits to be deleted.
    pub fn has_trash(&self, pool: &Path) -> bool {
        fs::read_dir(pool.join(TRASH)).is_ok_and(|mut entries| entries.next().is_some())
    }

    /// Deletes what is in the trash of a pool, as far as it can be deleted. Returns what cannot, with the reason.
    pub fn empty_trash(&self, pool: &Path) -> Vec<(PathBuf, io::Error)> {
        let trash = pool.join(TRASH);
        let mut left = Vec::new();
        for entry in fs::read_dir(&trash).into_iter().flatten().flatten() {
            let path = entry.path();
            if let Err(cause) = remove_entry(&path) {
                left.push((path, cause));
            }
        }
        // Folders of others in it, and of runs beside it, keep those above.
        let above = [Some(trash.as_path()), Some(pool), pool.parent()].into_iter().flatten();
        let is_gone = |folder: &&Path| match fs::remove_dir(folder) {
            Err(cause) => cause.kind() == io::ErrorKind::NotFound,
            Ok(()) => true,
        };
        above.take_while(is_gone).for_each(drop);
        left
    }

    /// Returns how much is in a pool.
    pub fn pool_size(&self, pool: &Path) -> PoolSize {
        let slots = self.slot_records();
        let used = slots.iter().filter(|slot| slot.slot.used).count();
        PoolSize { used, free: slots.len() - used, bytes: bytes_below(pool) }
    }

    /// Locks the pool if no other process has it locked at this moment.
    fn attempt_pool(&self) -> io::Result<Option<FileLock>> {
        let folder = self.slots_folder();
        match folder.is_dir() {
            true => FileLock::attempt(&folder.join("lock")),
            false => Ok(None),
        }
    }
}

/// Returns a path in the trash that nothing has.
fn new_place(home: &Path) -> io::Result<PathBuf> {
    let trash = home.with_file_name(TRASH);
    fs::create_dir_all(&trash)?;
    let folder = tempfile::Builder::new().prefix("gone-").tempdir_in(&trash)?.keep();
    Ok(folder.join("it"))
}

/// Returns what the files in a folder take on the disk. Links are not followed; what is linked twice counts twice.
fn bytes_below(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => bytes_below(&entry.path()),
        Ok(meta) => meta.blocks() * 512,
        Err(_) => 0,
    };
    entries.map(size).sum()
}
