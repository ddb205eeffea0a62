//! Paths and listings as git prints them: bytes, each ended by a NUL.

use std::path::{Path, PathBuf};

/// The entries of a listing.
pub(super) fn records(listing: &[u8]) -> impl Iterator<Item = &[u8]> {
    listing.split(|byte| *byte == 0).filter(|record| !record.is_empty())
}

/// A path as people see it.
pub(super) fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

/// A path as the system takes it.
#[cfg(unix)]
pub fn as_path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// A path as the system takes it.
#[cfg(not(unix))]
pub fn as_path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(shown(bytes))
}

#[cfg(unix)]
pub(super) fn as_bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(not(unix))]
pub(super) fn as_bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}
