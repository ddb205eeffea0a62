//! Opening files of ours in folders that others may write to.
//!
//! An agent without a sandbox may put a link in the place of a log, a lock or a record below `.git/puff`; and a patch may
//! bring one. Whoever writes to that writes to what it leads to.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::OFlags;

/// Returns options with which a link is not opened, but an error, and a pipe makes nobody wait.
pub fn ours() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
    options
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
