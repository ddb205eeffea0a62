//! The merge drivers of a repository, as git runs them.

use super::parse::FilePatch;
use super::policy;
use super::three_way::{Driven, Drivers, Versions};
use crate::error::Result;
use crate::git::{GitMerge, MergeDrivers, Repo};
use crate::model::Oid;

/// Returns the drivers of the files of a patch for the tree that it is applied to. A patch that fits never asks them.
pub fn drivers<'r>(repo: &'r Repo, base: Oid, files: &[FilePatch<'_>]) -> MergeDrivers<'r> {
    let names = files.iter().filter_map(|file| file.new_name.as_deref().or(file.old_name.as_deref()));
    // Git would take no answer about a path that leads elsewhere.
    let names = names.filter(|name| policy::objection(name, false).is_none());
    repo.merge_drivers(base, names.map(<[u8]>::to_vec).collect())
}

impl Drivers for MergeDrivers<'_> {
    fn wants(&self, path: &[u8]) -> Result<bool> {
        MergeDrivers::wants(self, path)
    }

    fn merge(&self, path: &[u8], Versions { base, ours, theirs }: Versions<'_>) -> Result<Driven> {
        Ok(match MergeDrivers::merge(self, path, base, ours, theirs)? {
            GitMerge::Clean(file) => Driven::Clean(file),
            GitMerge::Conflict => Driven::Conflict,
            GitMerge::Failed(why) => Driven::Failed(why),
        })
    }
}
