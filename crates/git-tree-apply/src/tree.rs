//! Editing a tree entry by entry, for stores that have no quicker way.

use std::collections::BTreeMap;

use crate::objects::{Edit, Entry, EntryKind, Objects};

/// The changes under one folder.
struct Edits<'e, Id> {
    here: BTreeMap<&'e [u8], Edit<Id>>,
    below: BTreeMap<&'e [u8], Edits<'e, Id>>,
}

impl<'e, Id> Edits<'e, Id> {
    fn none() -> Edits<'e, Id> {
        Edits { here: BTreeMap::new(), below: BTreeMap::new() }
    }

    fn add(&mut self, path: &'e [u8], edit: Edit<Id>) {
        match path.iter().position(|byte| *byte == b'/') {
            Some(slash) => self.below.entry(&path[..slash]).or_insert_with(Edits::none).add(&path[slash + 1..], edit),
            None => drop(self.here.insert(path, edit)),
        }
    }
}

/// Finds the entry at a path.
pub(crate) fn entry<O: Objects>(objects: &O, tree: O::Id, path: &[u8]) -> Result<Option<Entry<O::Id>>, O::Error> {
    let (mut tree, mut path) = (tree, path);
    loop {
        let slash = path.iter().position(|byte| *byte == b'/');
        let first = &path[..slash.unwrap_or(path.len())];
        let entry = objects.entries(tree)?.into_iter().find(|entry| entry.name == first);
        match (entry, slash) {
            (Some(entry), Some(slash)) if entry.kind == EntryKind::Tree => {
                (tree, path) = (entry.oid, &path[slash + 1..]);
            }
            (entry, None) => return Ok(entry),
            _ => return Ok(None),
        }
    }
}

/// Writes a tree with these paths changed.
pub(crate) fn edit<'e, O: Objects>(
    objects: &O,
    base: O::Id,
    edits: impl IntoIterator<Item = (&'e [u8], Edit<O::Id>)>,
) -> Result<O::Id, O::Error> {
    let mut all = Edits::none();
    edits.into_iter().for_each(|(path, edit)| all.add(path, edit));
    objects.write_tree(&edited(objects, Some(base), &all)?)
}

/// The entries of a folder after the edits, in git's order.
fn edited<O: Objects>(
    objects: &O,
    folder: Option<O::Id>,
    edits: &Edits<'_, O::Id>,
) -> Result<Vec<Entry<O::Id>>, O::Error> {
    let before = folder.map_or(Ok(Vec::new()), |tree| objects.entries(tree))?;
    let mut after: BTreeMap<Vec<u8>, Entry<O::Id>> =
        before.into_iter().map(|entry| (entry.name.clone(), entry)).collect();
    let put = |kind, oid, name: &[u8]| (name.to_vec(), Entry { name: name.to_vec(), kind, oid });
    for (name, edit) in &edits.here {
        match *edit {
            Edit::Put(kind, oid) => after.extend([put(kind, oid, name)]),
            Edit::Remove => drop(after.remove(*name)),
        }
    }
    for (name, below) in &edits.below {
        let there = after.get(*name).filter(|entry| entry.kind == EntryKind::Tree).map(|entry| entry.oid);
        let entries = edited(objects, there, below)?;
        if !entries.is_empty() {
            after.extend([put(EntryKind::Tree, objects.write_tree(&entries)?, name)]);
        } else if there.is_some() {
            after.remove(*name);
        }
    }
    let mut entries: Vec<_> = after.into_values().collect();
    // Git sorts a folder as if a slash ended its name.
    entries.sort_by_key(|entry| [&entry.name[..], if entry.kind == EntryKind::Tree { b"/" } else { b"" }].concat());
    Ok(entries)
}
