//! Copies of files and of whole folders: links stay links, and permissions and dates are kept, by which interpreters and
//! build tools tell what is up to date.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::folder::Folder;
use puff_system::files;

/// Copies one thing after another. Copies share their blocks with what they are of where the file system can: it is asked
/// with the first file, and no more once it refuses.
#[derive(Debug, Default)]
pub(crate) struct Copier {
    cannot_share: bool,
    must_share: bool,
}

/// A folder was not copied, because the file system cannot share what the copy would take.
#[derive(Debug)]
pub(crate) struct FolderTooLarge;

impl fmt::Display for FolderTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is too large to be copied")
    }
}

impl std::error::Error for FolderTooLarge {}

impl Copier {
    /// Says whether the next copies must not take space: then they fail with [`FolderTooLarge`] where they would.
    pub(crate) fn must_share(&mut self, must_share: bool) {
        self.must_share = must_share;
    }

    /// Copies a file, a link or a whole folder into an open folder. What is there already stays as it is. Pipes, sockets
    /// and devices are left out.
    ///
    /// # Errors
    /// When something cannot be read or written; what was copied of it then is removed if nothing was there before.
    pub(crate) fn copy(&mut self, from: &Path, into: &Folder, name: &OsStr) -> io::Result<()> {
        let is_new = into.anchor().join(name).symlink_metadata().is_err();
        let copied = self.copy_entry(from, into, name);
        if copied.is_err() && is_new {
            let _ = into.subfolder(Path::new(name)).and_then(Folder::remove);
        }
        copied
    }

    fn copy_entry(&mut self, from: &Path, into: &Folder, name: &OsStr) -> io::Result<()> {
        let meta = match from.symlink_metadata() {
            Ok(meta) => meta,
            // A program of the user's has removed it meanwhile.
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(()),
            Err(cause) => return Err(cause),
        };
        if meta.is_symlink() {
            symlink(&fs::read_link(from)?, into, name)
        } else if meta.is_dir() {
            self.copy_folder(from, &meta, into, name)
        } else if meta.is_file() {
            self.copy_file(from, &into.anchor().join(name))
        } else {
            Ok(())
        }
    }

    fn copy_folder(&mut self, from: &Path, meta: &fs::Metadata, into: &Folder, name: &OsStr) -> io::Result<()> {
        let is_new = unless_there(fs::create_dir(into.anchor().join(name)))?.is_some();
        let folder = match into.subfolder(Path::new(name)) {
            Ok(folder) => folder,
            // A file or a link of the commit is in its place.
            Err(_) if !is_new => return Ok(()),
            Err(cause) => return Err(cause),
        };
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            self.copy_entry(&entry.path(), &folder, &entry.file_name())?;
        }
        // Last, since a folder may be one that nothing can be made in.
        if is_new { fs::set_permissions(folder.anchor(), meta.permissions()) } else { Ok(()) }
    }

    fn copy_file(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        if !self.cannot_share {
            match reflink_copy::reflink(from, to) {
                Ok(()) => return keep_date(from, to),
                Err(cause) if cause.kind() == ErrorKind::AlreadyExists => return Ok(()),
                Err(_) => self.cannot_share = true,
            }
        }
        if self.must_share {
            return Err(io::Error::other(FolderTooLarge));
        }
        let mut source = files::open(from)?;
        let meta = source.metadata()?;
        let mode = meta.permissions().mode() & 0o7777;
        let made = File::options().write(true).create_new(true).mode(mode & 0o777).open(to);
        let Some(mut copy) = unless_there(made)? else { return Ok(()) };
        io::copy(&mut source, &mut copy)?;
        // Whatever the umask left of it.
        copy.set_permissions(fs::Permissions::from_mode(mode))?;
        copy.set_modified(meta.modified()?)
    }
}

/// A clone has the permissions of what it is of, and a date of its own.
fn keep_date(from: &Path, to: &Path) -> io::Result<()> {
    let meta = from.metadata()?;
    fs::set_permissions(to, meta.permissions())?;
    // Of a file that its owner may not write to, the date stays what it is.
    let Ok(copy) = File::options().write(true).open(to) else { return Ok(()) };
    copy.set_modified(meta.modified()?)
}

/// Makes a symbolic link in an open folder; what is there already stays.
pub(crate) fn symlink(target: &Path, into: &Folder, name: &OsStr) -> io::Result<()> {
    unless_there(std::os::unix::fs::symlink(target, into.anchor().join(name))).map(drop)
}

fn unless_there<T>(made: io::Result<T>) -> io::Result<Option<T>> {
    match made {
        Ok(made) => Ok(Some(made)),
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// Returns the size of a folder in bytes, as far as it matters: counting ends once it is more than `most`.
pub(crate) fn size_up_to(folder: &Path, most: u64) -> u64 {
    let (mut open, mut size): (Vec<PathBuf>, u64) = (vec![folder.to_owned()], 0);
    while let Some(at) = open.pop().filter(|_| size <= most) {
        for entry in fs::read_dir(&at).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => open.push(entry.path()),
                // What it takes on the disk: of a file with holes, that is less than its length.
                Ok(meta) if meta.is_file() => size += meta.blocks() * 512,
                _ => {}
            }
        }
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_must_not_take_space_is_shared_or_left_out_whole() {
        let place = tempfile::tempdir().unwrap();
        let (from, to) = (place.path().join("from"), place.path().join("to"));
        fs::create_dir_all(from.join("sub")).unwrap();
        fs::create_dir(&to).unwrap();
        fs::write(from.join("sub/file"), vec![1; 100_000]).unwrap();
        assert!(size_up_to(&from, 1) > 1 && size_up_to(&from, 1 << 30) >= 100_000);
        let (mut copier, into) = (Copier::default(), Folder::open(&to).unwrap());
        copier.must_share(true);
        match copier.copy(&from, &into, OsStr::new("copy")) {
            Ok(()) => assert_eq!(fs::read(to.join("copy/sub/file")).unwrap().len(), 100_000),
            Err(cause) => {
                assert!(cause.get_ref().unwrap().is::<FolderTooLarge>(), "{cause}");
                assert_eq!(fs::read_dir(&to).unwrap().count(), 0);
            }
        }
    }

    #[test]
    fn what_is_there_stays() {
        let place = tempfile::tempdir().unwrap();
        let (from, to) = (place.path().join("from"), place.path().join("to"));
        for (folder, text) in [(&from, "from"), (&to, "to")] {
            fs::create_dir_all(folder.join("sub")).unwrap();
            fs::write(folder.join("sub/file"), text).unwrap();
        }
        fs::write(from.join("sub/more"), "more").unwrap();
        Copier::default().copy(&from.join("sub"), &Folder::open(&to).unwrap(), OsStr::new("sub")).unwrap();
        let read = |name: &str| fs::read_to_string(to.join("sub").join(name)).unwrap();
        assert_eq!((read("file").as_str(), read("more").as_str()), ("to", "more"));
    }
}
