//! Editing trees: only the trees on the way to a change are read and written.
//!
//! Trees are taken as git keeps them, and a new one is the old one's bytes with some exchanged. libgit2 would take each
//! apart and look every entry up again. Its own `TreeUpdateBuilder` refuses a file that becomes a folder (and the
//! reverse) in one update, too.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use git2::ObjectType;

use super::objects::Bytes;
use super::repo::Repo;
use crate::Oid;
use puff_system::error::{Error, Result};

pub use git_tree_apply::EntryKind;

/// One entry of a tree.
pub type Entry = git_tree_apply::Entry<Oid>;

/// A change of one path.
pub type Edit = git_tree_apply::Edit<Oid>;

/// An entry as a tree has it: `<mode> <name> NUL <name of the object>`.
struct RawEntry<'t> {
    bytes: &'t [u8],
    name: &'t [u8],
    kind: EntryKind,
    oid: Oid,
}

/// The entries of a tree's bytes, in which names have so many bytes.
struct RawEntries<'t>(&'t [u8], usize);

impl<'t> Iterator for RawEntries<'t> {
    type Item = Result<RawEntry<'t>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let entry = first_entry(self.0, self.1)
            .ok_or_else(|| Error::failed("a tree is damaged").hint("check it with 'git fsck'"));
        self.0 = entry.as_ref().map_or(&[], |entry| &self.0[entry.bytes.len()..]);
        Some(entry)
    }
}

fn first_entry(bytes: &[u8], name_length: usize) -> Option<RawEntry<'_>> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let digit = |mode: u32, digit: &u8| matches!(digit, b'0'..=b'7').then(|| mode << 3 | u32::from(digit - b'0'));
    let mode = bytes[..space].iter().try_fold(0, digit)?;
    let end = space + 1 + bytes[space + 1..].iter().position(|byte| *byte == 0)?;
    let bytes = bytes.get(..end + 1 + name_length)?;
    let oid = Oid::from_bytes(&bytes[end + 1..])?;
    Some(RawEntry { bytes, name: &bytes[space + 1..end], kind: EntryKind::from_mode(mode), oid })
}

/// Git's order of entries: by names, a folder's ending with a slash.
fn order((one, one_is_tree): (&[u8], bool), (other, other_is_tree): (&[u8], bool)) -> Ordering {
    let slash = |is_tree: bool| is_tree.then_some(&b'/');
    one.iter().chain(slash(one_is_tree)).cmp(other.iter().chain(slash(other_is_tree)))
}

/// May an entry have this name?
fn is_valid(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..") && !name.eq_ignore_ascii_case(b".git") && !name.contains(&0)
}

/// The changes under one folder.
#[derive(Default)]
struct Edits<'a> {
    here: BTreeMap<&'a [u8], Edit>,
    below: BTreeMap<&'a [u8], Edits<'a>>,
}

impl Repo {
    /// The entry at a path of a tree; none when there is none.
    ///
    /// # Errors
    /// When a tree on the way is missing.
    pub fn entry(&self, tree: Oid, path: &[u8]) -> Result<Option<Entry>> {
        // No tree has such a name, and git2 panics when it is asked for one.
        if path.contains(&0) {
            return Ok(None);
        }
        let mut parts = path.split(|byte| *byte == b'/').peekable();
        let odb = self.odb()?;
        let mut tree = tree;
        while let Some(part) = parts.next() {
            let folder = self.tree(&odb, tree)?;
            let Some(entry) = find(&folder, tree.as_bytes().len(), part)? else { return Ok(None) };
            if parts.peek().is_none() {
                return Ok(Some(Entry { name: part.to_vec(), kind: entry.kind, oid: entry.oid }));
            }
            if entry.kind != EntryKind::Tree {
                return Ok(None);
            }
            tree = entry.oid;
        }
        Ok(None)
    }

    /// The entries of a tree.
    ///
    /// # Errors
    /// When the tree is missing.
    pub fn entries(&self, tree: Oid) -> Result<Vec<Entry>> {
        let odb = self.odb()?;
        let bytes = self.tree(&odb, tree)?;
        let entry = |entry: RawEntry<'_>| Entry { name: entry.name.to_vec(), kind: entry.kind, oid: entry.oid };
        RawEntries(&bytes, tree.as_bytes().len()).map(|found| found.map(entry)).collect()
    }

    /// Writes `tree` (or the empty one) with these paths changed and answers its name. A folder that becomes empty is
    /// gone; a file in the way of a folder gives way, and the reverse.
    ///
    /// # Errors
    /// When an object is missing, a name cannot be in a tree, or the object store cannot be written.
    pub fn edit_tree<'a>(&self, tree: Option<Oid>, edits: impl IntoIterator<Item = (&'a [u8], Edit)>) -> Result<Oid> {
        let mut root = Edits::default();
        for (path, edit) in edits {
            let mut folder = &mut root;
            let mut parts = path.split(|byte| *byte == b'/').peekable();
            while let Some(part) = parts.next() {
                if parts.peek().is_none() {
                    folder.here.insert(part, edit);
                } else {
                    folder = folder.below.entry(part).or_default();
                }
            }
        }
        let odb = self.odb()?;
        match self.edit_folder(&odb, tree, &root)? {
            Some(tree) => Ok(tree),
            None => self.keep_tree(Vec::new()),
        }
    }

    /// The tree after the edits; none when nothing is left in it.
    fn edit_folder(&self, odb: &git2::Odb<'_>, tree: Option<Oid>, edits: &Edits<'_>) -> Result<Option<Oid>> {
        let before = tree.map(|tree| self.tree(odb, tree)).transpose()?;
        let before = before.as_deref().unwrap_or_default();
        let name_length = tree.map_or(0, |tree| tree.as_bytes().len());
        let put = |edit: &Edit| match edit {
            Edit::Put(kind, oid) => Some((*kind, *oid)),
            Edit::Remove => None,
        };
        let mut changes: BTreeMap<&[u8], _> = edits.here.iter().map(|(name, edit)| (*name, put(edit))).collect();
        for (name, below) in &edits.below {
            let there = match changes.get(name) {
                Some(change) => *change,
                None => find(before, name_length, name)?.map(|entry| (entry.kind, entry.oid)),
            };
            let folder = there.filter(|(kind, _)| *kind == EntryKind::Tree).map(|(_, oid)| oid);
            let keeps_file = folder.is_none() && !below.puts_anything();
            match self.edit_folder(odb, folder, below)? {
                Some(tree) => drop(changes.insert(name, Some((EntryKind::Tree, tree)))),
                None if keeps_file => {}
                None => drop(changes.insert(name, None)),
            }
        }
        let after = edited(before, name_length, &changes)?;
        match tree {
            _ if after.is_empty() => Ok(None),
            Some(tree) if after == before => Ok(Some(tree)),
            _ => self.keep_tree(after).map(Some),
        }
    }

    fn keep_tree(&self, bytes: Vec<u8>) -> Result<Oid> {
        self.keep(ObjectType::Tree, bytes.into()).map_err(|cause| Error::failed("cannot write a tree").because(cause))
    }

    fn odb(&self) -> Result<git2::Odb<'_>> {
        self.inner.odb().map_err(|cause| Error::cannot_work("cannot read the objects").because(cause))
    }

    fn tree<'o>(&self, odb: &'o git2::Odb<'_>, id: Oid) -> Result<Bytes<'o>> {
        self.read(odb, id, ObjectType::Tree).map_err(|cause| self.missing("tree", id, cause))
    }
}

fn find<'t>(tree: &'t [u8], name_length: usize, name: &[u8]) -> Result<Option<RawEntry<'t>>> {
    RawEntries(tree, name_length).find(|entry| entry.as_ref().map_or(true, |entry| entry.name == name)).transpose()
}

/// The bytes of a tree with some entries put there and others taken away.
fn edited(before: &[u8], name_length: usize, changes: &BTreeMap<&[u8], Option<(EntryKind, Oid)>>) -> Result<Vec<u8>> {
    let mut after = Vec::with_capacity(before.len() + 64 * changes.len());
    let mut puts: Vec<_> = changes.iter().filter_map(|(name, put)| put.map(|(kind, oid)| (*name, kind, oid))).collect();
    if let Some((name, ..)) = puts.iter().find(|(name, ..)| !is_valid(name)) {
        let name = String::from_utf8_lossy(name);
        return Err(Error::failed("cannot write a tree").because_it_said(&format!("'{name}' is no name for an entry")));
    }
    let is_tree = |kind: EntryKind| kind == EntryKind::Tree;
    puts.sort_by(|one, other| order((one.0, is_tree(one.1)), (other.0, is_tree(other.1))));
    let mut puts = puts.into_iter().peekable();
    let write = |after: &mut Vec<u8>, (name, kind, oid): (&[u8], EntryKind, Oid)| {
        after.extend(format!("{:o} ", kind.mode()).bytes());
        after.extend(name);
        after.push(0);
        after.extend(oid.as_bytes());
    };
    for entry in RawEntries(before, name_length) {
        let entry = entry?;
        if changes.contains_key(entry.name) {
            continue;
        }
        let earlier =
            |put: &(&[u8], EntryKind, Oid)| order((put.0, is_tree(put.1)), (entry.name, is_tree(entry.kind))).is_lt();
        while let Some(put) = puts.next_if(earlier) {
            write(&mut after, put);
        }
        after.extend(entry.bytes);
    }
    puts.for_each(|put| write(&mut after, put));
    Ok(after)
}

impl Edits<'_> {
    fn puts_anything(&self) -> bool {
        let here = self.here.values().any(|edit| matches!(edit, Edit::Put(..)));
        here || self.below.values().any(Edits::puts_anything)
    }
}
