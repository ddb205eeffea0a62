//! Opening files of ours in folders that others may write to.
//!
//! An agent without a sandbox may put a link in the place of a log, a lock or a record below `.git/puff`; and a patch may
//! bring one. Whoever writes to that writes to what it leads to.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::{Mode, OFlags, openat};

/// Returns options with which a link is not opened, but an error, and a pipe makes nobody wait.
pub fn ours() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
    options
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
    // Whoever reads a pipe waits for a writer.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(openat(folder, name, flags, Mode::empty())?);
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"))
    }
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
}
