//! Opening and replacing files of ours in folders that others may write to.
//!
//! An agent without a sandbox may put a link in the place of a log, a lock or a record below `.git/puff`; and a patch may
//! bring one. A write to that is a write to what it leads to.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags, openat, renameat, unlinkat};
use rustix::io::Errno;
use tempfile::NamedTempFile;

/// Returns options with which a link is not opened, but an error, and a pipe is not waited for.
pub fn ours() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
    options
}

/// Opens a regular file of ours to read it. A link is not followed, and a pipe is not waited for.
///
/// # Errors
/// When it is not there, or is no regular file.
pub fn open(path: impl AsRef<Path>) -> io::Result<File> {
    regular(ours().read(true).open(path)?)
}

/// Reads a file of ours, as [`open`] opens it.
///
/// # Errors
/// As [`open`], and when it cannot be read.
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a file of ours that is text, as [`open`] opens it.
///
/// # Errors
/// As [`read`], and when it is not UTF-8.
pub fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    String::from_utf8(read(path)?).map_err(|cause| io::Error::new(io::ErrorKind::InvalidData, cause))
}

fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"))
    }
}

/// Returns the flags that open a folder to pass through it: a link is none, and on Linux it need not be readable.
pub fn folder_flags() -> OFlags {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const PASS: OFlags = OFlags::PATH;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const PASS: OFlags = OFlags::RDONLY;
    PASS | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

/// Opens a folder in an open folder, one component, by its handle (`openat(2)`).
///
/// # Errors
/// When it is not there, a link, or no folder.
pub fn folder_in(folder: impl AsFd, name: &OsStr) -> rustix::io::Result<OwnedFd> {
    openat(folder, name, folder_flags(), Mode::empty())
}

/// Opens a regular file in an open folder to read it, by its handle.
///
/// # Errors
/// When it is not there, a link, or no regular file.
pub fn file_in(folder: impl AsFd, name: &OsStr) -> io::Result<File> {
    // A reader of a pipe waits for a writer.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    regular(File::from(openat(folder, name, flags, Mode::empty())?))
}

/// The permissions of a file that is for the user alone.
pub const PRIVATE: u32 = 0o600;
/// The permissions that any new file has: the rest is the user's umask.
pub const USUAL: u32 = 0o666;

/// Returns a file that is to get a name in this folder, and goes when it does not. It has these permissions, less the
/// user's umask.
///
/// # Errors
/// When the folder cannot be written.
pub fn new_file(folder: &Path, permissions: u32) -> io::Result<NamedTempFile> {
    let permissions = std::fs::Permissions::from_mode(permissions);
    tempfile::Builder::new().prefix(".puff-").permissions(permissions).tempfile_in(folder)
}

/// Writes a file in place of what has its name, be that a link: what it leads to is not touched, and a reader sees the
/// old or the new, never a part. Nothing is flushed to the disk: what is written so can be made again.
///
/// For folders whose path is trusted. Where others could put a link on the way, [`replace_in`] takes the open folder.
///
/// # Errors
/// When the folder cannot be written.
pub fn replace(path: &Path, permissions: u32, bytes: &[u8]) -> io::Result<()> {
    let mut file = new_file(path.parent().unwrap_or(Path::new(".")), permissions)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// Creates a file in an open folder, by its handle, under a name that no one can foresee. Returns the name too.
///
/// # Errors
/// When the folder cannot be written.
pub(crate) fn new_file_in(folder: impl AsFd, permissions: Mode) -> io::Result<(String, File)> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    loop {
        let name = format!(".git-puff-{:016x}", getrandom::u64()?);
        match openat(&folder, &name, flags, permissions) {
            Ok(file) => return Ok((name, File::from(file))),
            Err(Errno::EXIST) => {}
            Err(cause) => return Err(cause.into()),
        }
    }
}

/// Writes a file in an open folder in place of what has its name, as [`replace`] does. The path of the folder is not
/// used again (tempfile knows folders by their paths alone), so it does not matter what others put there meanwhile.
///
/// # Errors
/// When the folder cannot be written, and when `write` fails: then what was there stays.
pub fn replace_in(
    folder: impl AsFd,
    name: &OsStr,
    permissions: Mode,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let (new, mut file) = new_file_in(&folder, permissions)?;
    let written = write(&mut file).and_then(|()| Ok(renameat(&folder, &new, &folder, name)?));
    written.inspect_err(|_| {
        let _ = unlinkat(&folder, &new, AtFlags::empty());
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let place = tempfile::tempdir().unwrap();
        let [theirs, link] = ["theirs", "link"].map(|name| place.path().join(name));
        std::fs::write(&theirs, "kept").unwrap();
        std::os::unix::fs::symlink(&theirs, &link).unwrap();
        let folder = rustix::fs::open(place.path(), folder_flags(), Mode::empty()).unwrap();
        let cut = |file: &mut File| file.write_all(b"half").and_then(|()| Err(io::ErrorKind::StorageFull.into()));
        assert!(replace_in(&folder, "link".as_ref(), Mode::from_raw_mode(PRIVATE), cut).is_err());
        assert_eq!(std::fs::read(&link).unwrap(), b"kept");
        for by_path in [true, false] {
            if by_path {
                replace(&link, PRIVATE, b"ours").unwrap();
            } else {
                let write = |file: &mut File| file.write_all(b"ours");
                replace_in(&folder, "link".as_ref(), Mode::from_raw_mode(PRIVATE), write).unwrap();
            }
            let meta = link.symlink_metadata().unwrap();
            assert!(meta.is_file() && meta.permissions().mode() & 0o777 == PRIVATE);
            assert_eq!(
                (std::fs::read(&link).unwrap(), std::fs::read(&theirs).unwrap()),
                (b"ours".into(), b"kept".into())
            );
            assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 2);
            std::fs::remove_file(&link).unwrap();
            std::os::unix::fs::symlink(&theirs, &link).unwrap();
        }
    }

    #[test]
    fn a_link_is_neither_read_nor_written() {
        let place = tempfile::tempdir().unwrap();
        let (theirs, link) = (place.path().join("theirs"), place.path().join("link"));
        std::fs::write(&theirs, "kept").unwrap();
        std::os::unix::fs::symlink(&theirs, &link).unwrap();
        assert!(ours().create(true).append(true).open(&link).is_err());
        assert!(ours().write(true).create(true).truncate(true).open(&link).is_err());
        assert!(ours().read(true).open(&link).is_err() && ours().read(true).open(&theirs).is_ok());
        assert_eq!(std::fs::read(&theirs).unwrap(), b"kept");
    }

    #[test]
    fn a_pipe_makes_no_reader_wait() {
        let place = tempfile::tempdir().unwrap();
        let [pipe, link, file] = ["pipe", "link", "file"].map(|name| place.path().join(name));
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        std::fs::write(&file, "ours").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(read(&pipe).is_err() && read(&link).is_err() && read(place.path()).is_err());
        assert_eq!(read_to_string(&file).unwrap(), "ours");
    }
}
