//! A folder that is told from any other, whatever is at its path.
//!
//! Agents and checks may rename a folder of ours and put another one, or a link, in its place. A path is a name, and no
//! identity: what a folder *is* gets recorded when it is made and compared before every use, and the use goes by an open
//! handle, which no rename leads elsewhere.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use rustix::fs::Mode;
use serde::{Deserialize, Serialize};

use puff_system::files;

/// What tells a folder from every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderIdentity {
    /// The number of its file system (`st_dev`).
    dev: u64,
    /// Its number there (`st_ino`).
    ino: u64,
    /// When it was made, in nanoseconds since 1970, where the file system tells (`stx_btime`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    born: Option<u64>,
}

impl FolderIdentity {
    /// Returns the identity of what this is the metadata of.
    pub fn of(meta: &Metadata) -> FolderIdentity {
        let born =
            meta.created().ok().and_then(|at| u64::try_from(at.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok());
        FolderIdentity { dev: meta.dev(), ino: meta.ino(), born }
    }

    /// Is it the same folder? Its file system may have another number after a restart of the machine (`st_dev` is given out
    /// at the mount), and the number of a folder that was deleted is given to the next: so the moment at which it was made
    /// counts more than the former, and as much as the latter.
    pub fn is(&self, other: &FolderIdentity) -> bool {
        let same_system = match (self.born, other.born) {
            (Some(one), Some(other)) => one == other,
            _ => self.dev == other.dev,
        };
        self.ino == other.ino && same_system
    }
}

/// An open folder. It stays the same one whatever is done to its path.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    anchor: PathBuf,
    handle: Arc<File>,
}

impl Folder {
    /// Opens the folder at a path. A link is none, wherever it leads.
    ///
    /// # Errors
    /// When nothing is there, or no folder.
    pub fn open(path: &Path) -> io::Result<Folder> {
        let handle = rustix::fs::open(path, files::folder_flags(), Mode::empty())?;
        Folder::of(path, File::from(handle))
    }

    fn of(path: &Path, handle: File) -> io::Result<Folder> {
        let there = FolderIdentity::of(&handle.metadata()?);
        let by_handle = PathBuf::from(format!("/proc/self/fd/{}", handle.as_raw_fd()));
        let leads_there = |anchor: &Path| anchor.metadata().is_ok_and(|meta| FolderIdentity::of(&meta).is(&there));
        let anchor = if leads_there(&by_handle) { by_handle } else { path.to_owned() };
        Ok(Folder { path: path.to_owned(), anchor, handle: Arc::new(handle) })
    }

    /// Returns the path that it was opened at.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns a path that leads into it by its handle, here and in a program that is being started, for as long as this
    /// value lives. Where the system has no such paths (it is not Linux, or has no `/proc`), it is the ordinary one.
    pub fn anchor(&self) -> &Path {
        &self.anchor
    }

    /// Returns what tells it from every other.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn identity(&self) -> io::Result<FolderIdentity> {
        Ok(FolderIdentity::of(&self.handle.metadata()?))
    }

    /// Opens a folder below it. No component of the path may be a link.
    ///
    /// # Errors
    /// When it is not there, or behind a link.
    pub fn subfolder(&self, path: &Path) -> io::Result<Folder> {
        let handle = self.walk(path)?;
        Folder::of(&self.path.join(path), handle)
    }

    /// Opens a regular file below it to read it. No component of the path may be a link.
    ///
    /// # Errors
    /// When it is not there, is no regular file, or is behind a link.
    pub(crate) fn open_file(&self, path: &Path) -> io::Result<File> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let folder = self.walk(path.parent().unwrap_or(Path::new("")))?;
        files::file_in(&folder, name)
    }

    fn walk(&self, path: &Path) -> io::Result<File> {
        let mut folder = self.handle.try_clone()?;
        for part in path.components() {
            let Component::Normal(name) = part else { return Err(io::ErrorKind::InvalidInput.into()) };
            folder = File::from(files::folder_in(&folder, name)?);
        }
        Ok(folder)
    }

    /// Removes it with everything in it; links in it are removed, and not followed. Folders that nothing may be removed from
    /// (caches of some build tools) are made writable first.
    ///
    /// # Errors
    /// When a file in it cannot be removed, or its path does not lead to it any more: then it is empty.
    pub fn remove(self) -> io::Result<()> {
        match self.clear() {
            Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => {
                make_writable(&self.anchor);
                self.clear()?;
            }
            other => other?,
        }
        // Not by its handle: a folder is removed by its name. One that is not this one is not empty, or no loss.
        fs::remove_dir(&self.path)
    }

    /// Finds out before anything is removed whether another user's folder, from which nothing can be removed, is in the way.
    ///
    /// # Errors
    /// With that folder, and the command that removes it.
    pub(crate) fn prove_removable(&self) -> io::Result<()> {
        let own = rustix::process::geteuid();
        if own.is_root() {
            return Ok(());
        }
        let Some(inside) = foreign_below(&self.anchor, own.as_raw()) else { return Ok(()) };
        let inside = inside.strip_prefix(&self.anchor).unwrap_or(&inside);
        let shown = self.path.join(inside).display().to_string();
        let word = shown.replace('\'', "'\\''");
        let what = format!("the folder '{shown}' belongs to another user; remove it with: sudo rm -rf '{word}'");
        Err(io::Error::new(io::ErrorKind::PermissionDenied, what))
    }

    fn clear(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.anchor)? {
            let entry = entry?;
            let removed = match entry.file_type()?.is_dir() {
                true => fs::remove_dir_all(entry.path()),
                false => fs::remove_file(entry.path()),
            };
            match removed {
                Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Finds where a folder was moved to, among the neighbours of its path and in the neighbours of the folder above.
pub(super) fn find_beside(path: &Path, identity: &FolderIdentity) -> Option<PathBuf> {
    let entries = |folder: Option<&Path>| {
        let listed = folder.into_iter().filter_map(|folder| fs::read_dir(folder).ok());
        listed.flatten().flatten().map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let (above, name) = (path.parent()?, path.file_name()?);
    let siblings = entries(Some(above)).into_iter();
    let cousins = entries(above.parent()).into_iter().map(|folder| folder.join(name));
    let is_it = |path: &PathBuf| {
        path.symlink_metadata().is_ok_and(|meta| meta.is_dir() && identity.is(&FolderIdentity::of(&meta)))
    };
    siblings.chain(cousins).find(is_it)
}

/// Removes a folder with everything in it, as [`Folder::remove`] does; a link, and nothing at all, are none.
pub(super) fn remove_stubborn(path: &Path) -> io::Result<()> {
    match Folder::open(path) {
        Ok(folder) => folder.remove(),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(cause),
    }
}

/// Removes what is at a path, a folder with everything in it; a link is removed, and not followed.
pub(super) fn remove_entry(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(meta) if meta.is_dir() => remove_stubborn(path),
        Ok(_) => fs::remove_file(path),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(cause),
    }
}

/// Finds a folder of another user's that has something in it, and that nothing may be removed from.
fn foreign_below(folder: &Path, own: u32) -> Option<PathBuf> {
    use std::os::unix::fs::MetadataExt;
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.find_map(|entry| {
        let path = entry.path();
        let foreign = entry.metadata().is_ok_and(|meta| meta.uid() != own);
        let may_change =
            || rustix::fs::access(&path, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok();
        let is_empty = || fs::read_dir(&path).is_ok_and(|mut inside| inside.next().is_none());
        if foreign && !may_change() && !is_empty() { Some(path) } else { foreign_below(&path, own) }
    })
}

fn make_writable(folder: &Path) {
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.for_each(|entry| make_writable(&entry.path()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(path: &Path) -> FolderIdentity {
        Folder::open(path).unwrap().identity().unwrap()
    }

    #[test]
    fn a_folder_is_itself_wherever_it_is_and_nothing_else_in_its_place_is() {
        let place = tempfile::tempdir().unwrap();
        let (one, moved) = (place.path().join("one"), place.path().join("moved"));
        fs::create_dir(&one).unwrap();
        let made = identity(&one);
        fs::rename(&one, &moved).unwrap();
        assert!(made.is(&identity(&moved)));
        assert_eq!(find_beside(&one, &made), Some(moved.clone()));
        fs::create_dir(&one).unwrap();
        assert!(!made.is(&identity(&one)));
        fs::remove_dir(&one).unwrap();
        std::os::unix::fs::symlink(&moved, &one).unwrap();
        assert!(Folder::open(&one).is_err(), "a link is no folder, even when it leads to the right one");
    }

    #[test]
    fn what_is_done_by_a_handle_is_done_in_that_folder() {
        let place = tempfile::tempdir().unwrap();
        let (ours, theirs) = (place.path().join("ours"), place.path().join("theirs"));
        for folder in [&ours, &theirs] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("file"), "x").unwrap();
        }
        let folder = Folder::open(&ours).unwrap();
        fs::rename(&ours, place.path().join("moved")).unwrap();
        std::os::unix::fs::symlink(&theirs, &ours).unwrap();
        assert!(folder.remove().is_err(), "its path leads elsewhere");
        assert!(theirs.join("file").exists() && !place.path().join("moved/file").exists());
    }

    #[test]
    fn nothing_is_opened_behind_a_link() {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir_all(place.path().join("ours/sub")).unwrap();
        fs::write(place.path().join("secret"), "x").unwrap();
        fs::write(place.path().join("ours/sub/file"), "x").unwrap();
        let folder = Folder::open(&place.path().join("ours")).unwrap();
        std::os::unix::fs::symlink("..", place.path().join("ours/up")).unwrap();
        std::os::unix::fs::symlink("../secret", place.path().join("ours/link")).unwrap();
        assert!(folder.open_file(Path::new("sub/file")).is_ok());
        for path in ["up/secret", "link", "../secret", "sub", "none", ""] {
            assert!(folder.open_file(Path::new(path)).is_err(), "{path}");
        }
        assert!(folder.subfolder(Path::new("sub")).is_ok() && folder.subfolder(Path::new("up")).is_err());
    }
}
