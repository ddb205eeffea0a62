//! What is different between two trees, at the cost of the difference: folders that are the same are not opened.

use std::collections::BTreeMap;

use super::repo::Repo;
use super::trees::{Entry, EntryKind};
use crate::Oid;
use puff_system::error::Result;

/// What one path is in two trees; a folder is its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeChange {
    /// The path.
    pub path: Vec<u8>,
    /// What it is in the first tree.
    pub old: Option<(EntryKind, Oid)>,
    /// What it is in the second one.
    pub new: Option<(EntryKind, Oid)>,
}

impl Repo {
    /// The files that differ between two trees, in order of their paths, and the trees of the second that the first
    /// has not at that path.
    ///
    /// # Errors
    /// When a tree is missing.
    pub fn tree_changes(&self, old: Option<Oid>, new: Option<Oid>) -> Result<(Vec<TreeChange>, Vec<Oid>)> {
        let (mut found, mut trees) = (Vec::new(), Vec::new());
        self.compare(old, new, b"", &mut found, &mut trees)?;
        found.sort_by(|one, other| one.path.cmp(&other.path));
        Ok((found, trees))
    }

    fn compare(
        &self,
        old: Option<Oid>,
        new: Option<Oid>,
        prefix: &[u8],
        found: &mut Vec<TreeChange>,
        trees: &mut Vec<Oid>,
    ) -> Result<()> {
        if old == new {
            return Ok(());
        }
        trees.extend(new);
        let read = |tree: Option<Oid>| tree.map_or(Ok(Vec::new()), |tree| self.entries(tree));
        let mut names: BTreeMap<Vec<u8>, [Option<Entry>; 2]> = BTreeMap::new();
        for (side, entries) in [read(old)?, read(new)?].into_iter().enumerate() {
            for entry in entries {
                let name = entry.name.clone();
                names.entry(name).or_default()[side] = Some(entry);
            }
        }
        for (name, [old, new]) in names {
            let of = |entry: &Option<Entry>, tree: bool| {
                entry
                    .as_ref()
                    .filter(|entry| (entry.kind == EntryKind::Tree) == tree)
                    .map(|entry| (entry.kind, entry.oid))
            };
            if of(&old, false) == of(&new, false) && of(&old, true) == of(&new, true) {
                continue;
            }
            let path = [prefix, &name].concat();
            let folders = [of(&old, true), of(&new, true)].map(|folder| folder.map(|(_, oid)| oid));
            self.compare(folders[0], folders[1], &[path.as_slice(), b"/"].concat(), found, trees)?;
            let (old, new) = (of(&old, false), of(&new, false));
            if old != new {
                found.push(TreeChange { path, old, new });
            }
        }
        Ok(())
    }
}
