//! Opening files of ours in folders that others may write to.
//!
//! An agent without a sandbox may put a link in the place of a log, a lock or a record below `.git/puff`; and a patch may
//! bring one. A write to that is a write to what it leads to.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags, openat};

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

#[cfg(test)]
mod tests {
    use super::*;

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
