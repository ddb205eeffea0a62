//! Merging texts as git does it.

use super::repo::Repo;
use puff_system::error::{Error, Result};

impl Repo {
    /// Merges two texts with what they have in common, as git does; none when both changed the same lines.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub(crate) fn merge_texts(&self, base: &[u8], ours: &[u8], theirs: &[u8]) -> Result<Option<Vec<u8>>> {
        let input = |text| {
            let mut input = git2::MergeFileInput::new();
            input.content(text);
            input
        };
        let merged = git2::merge_file(&input(base), &input(ours), &input(theirs), None);
        let merged = merged.map_err(|cause| Error::failed("cannot merge two texts").because(cause))?;
        Ok(merged.is_automergeable().then(|| merged.content().to_vec()))
    }
}
