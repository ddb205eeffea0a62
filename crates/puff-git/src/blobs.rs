//! Blobs: read, named and written.

use super::repo::{Repo, oid, unwritable};
use crate::Oid;
use puff_system::error::{Error, Result};

impl Repo {
    /// The bytes of a blob.
    ///
    /// # Errors
    /// When it is not here or no blob.
    pub fn blob(&self, oid: Oid) -> Result<Vec<u8>> {
        let missing = |cause| self.missing("blob", oid, cause);
        let odb = self.inner.odb().map_err(missing)?;
        Ok(self.read(&odb, oid, git2::ObjectType::Blob).map_err(missing)?.to_vec())
    }

    /// How many bytes a blob has that is on the disk.
    ///
    /// # Errors
    /// When it is not here or no blob.
    pub fn blob_size(&self, oid: Oid) -> Result<usize> {
        let missing = |cause| self.missing("blob", oid, cause);
        let header = || self.inner.odb().and_then(|odb| odb.read_header(self.raw(oid)));
        let known = header().or_else(|cause| if self.brings(oid) { header() } else { Err(cause) });
        let (size, kind) = known.map_err(missing)?;
        match kind {
            git2::ObjectType::Blob => Ok(size),
            other => Err(missing(git2::Error::from_str(&format!("it is a {other}")))),
        }
    }

    /// Keeps these bytes as a blob.
    ///
    /// # Errors
    /// When the object store cannot be written.
    pub fn write_blob(&self, bytes: &[u8]) -> Result<Oid> {
        self.keep(git2::ObjectType::Blob, bytes.into()).map_err(|cause| unwritable("a blob", cause))
    }

    /// Keeps these bytes as a blob, which may be the one that is named. Where that is here, it most likely is.
    ///
    /// # Errors
    /// When the object store cannot be written.
    pub(crate) fn write_known_blob(&self, bytes: &[u8], known: Option<Oid>) -> Result<Oid> {
        let kind = git2::ObjectType::Blob;
        let written = match known.filter(|known| self.is_written(*known)) {
            Some(_) => self.keep_now(kind, bytes),
            None => self.keep(kind, bytes.into()),
        };
        written.map_err(|cause| unwritable("a blob", cause))
    }

    /// The name that these bytes would have as a blob.
    ///
    /// # Errors
    /// When there are too many of them.
    pub fn hash_blob(&self, bytes: &[u8]) -> Result<Oid> {
        self.name(git2::ObjectType::Blob, bytes).map_err(|cause| Error::failed("cannot name a blob").because(cause))
    }

    /// The blob whose name begins with these digits; none when there is none, or more than one object.
    pub fn blob_of_prefix(&self, digits: &str) -> Option<Vec<u8>> {
        let id = git2::Oid::from_str_ext(digits, self.inner.object_format()).ok()?;
        let written = self.inner.odb().ok()?.exists_prefix(id, digits.len());
        let mut found = self.unwritten_of_prefix(digits);
        match written {
            Ok(whole) => found.push(oid(whole)),
            Err(cause) if cause.code() == git2::ErrorCode::Ambiguous => return None,
            Err(_) if digits.parse().is_ok_and(|whole| self.brings(whole)) => found.push(oid(id)),
            Err(_) => {}
        }
        let [whole] = found[..] else { return None };
        self.blob(whole).ok()
    }
}
