//! A repository as the object store of [`git_tree_apply`], and git's merge drivers as its drivers.

use git_tree_apply::{Drivers, MergeOutcome, Objects, Versions};
use puff_system::error::{Error, Result};

use crate::merge_drivers::{GitMerge, MergeDrivers};
use crate::oid::Oid;
use crate::repo::Repo;
use crate::trees::{Edit, Entry};

impl Drivers<Error> for MergeDrivers<'_> {
    fn wants(&self, path: &[u8]) -> Result<bool> {
        MergeDrivers::wants(self, path)
    }

    fn merge(&self, path: &[u8], Versions { base, ours, theirs }: Versions<'_>) -> Result<MergeOutcome> {
        Ok(match MergeDrivers::merge(self, path, base, ours, theirs)? {
            GitMerge::Clean(file) => MergeOutcome::Clean(file),
            GitMerge::Conflict => MergeOutcome::Conflict,
            GitMerge::Failed(why) => MergeOutcome::Failed(why),
        })
    }
}

impl Objects for Repo {
    type Id = Oid;
    type Error = Error;

    fn id_digits(&self) -> usize {
        self.name_digits()
    }

    fn parse_id(&self, digits: &str) -> Option<Oid> {
        self.whole_name(digits.as_bytes())
    }

    fn entries(&self, tree: Oid) -> Result<Vec<Entry>> {
        Repo::entries(self, tree)
    }

    fn blob(&self, id: Oid) -> Result<Vec<u8>> {
        Repo::blob(self, id)
    }

    fn find_blob(&self, digits: &str) -> Option<Vec<u8>> {
        match self.parse_id(digits) {
            Some(whole) => Repo::blob(self, whole).ok(),
            None => self.blob_of_prefix(digits),
        }
    }

    fn hash_blob(&self, bytes: &[u8]) -> Result<Oid> {
        Repo::hash_blob(self, bytes)
    }

    fn write_blob(&self, bytes: &[u8], expected: Option<Oid>) -> Result<Oid> {
        self.write_known_blob(bytes, expected)
    }

    fn entry(&self, tree: Oid, path: &[u8]) -> Result<Option<Entry>> {
        Repo::entry(self, tree, path)
    }

    fn write_tree(&self, entries: &[Entry]) -> Result<Oid> {
        Repo::edit_tree(
            self,
            None,
            entries.iter().map(|entry| (entry.name.as_slice(), Edit::Put(entry.kind, entry.oid))),
        )
    }

    fn edit_tree<'a>(&self, base: Oid, edits: impl IntoIterator<Item = (&'a [u8], Edit)>) -> Result<Oid> {
        Repo::edit_tree(self, Some(base), edits)
    }

    fn batch<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.object_batch(work)
    }

    fn merge_texts(&self, base: &[u8], ours: &[u8], theirs: &[u8]) -> Result<MergeOutcome> {
        let merged = Repo::merge_texts(self, base, ours, theirs)?;
        Ok(merged.map_or(MergeOutcome::Conflict, MergeOutcome::Clean))
    }
}
