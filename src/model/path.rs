//! Paths in records: as text, and as bytes where they are none.

use std::path::PathBuf;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A path as a record keeps it: its text, or `{"hex": "2f6f64ff"}` where it is not UTF-8.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Kept {
    Text(String),
    Bytes { hex: String },
}

/// Serializes a path that may be missing, for `serde(with)`.
///
/// # Errors
/// As the serializer's.
pub fn serialize<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    let kept = path.as_ref().map(|path| match path.to_str() {
        Some(text) => Kept::Text(text.to_owned()),
        None => Kept::Bytes { hex: HEXLOWER.encode(path.as_os_str().as_encoded_bytes()) },
    });
    kept.serialize(serializer)
}

/// Returns the reverse of [`serialize`].
///
/// # Errors
/// When it is neither, or no path of this system.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    let none = || serde::de::Error::custom("a path is neither text nor hexadecimal digits");
    match Option::<Kept>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Kept::Text(text)) => Ok(Some(PathBuf::from(text))),
        Some(Kept::Bytes { hex }) => read(&hex).ok_or_else(none).map(Some),
    }
}

#[cfg(unix)]
fn read(hex: &str) -> Option<PathBuf> {
    let bytes = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?;
    Some(PathBuf::from(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes)))
}

#[cfg(not(unix))]
fn read(_: &str) -> Option<PathBuf> {
    None
}
