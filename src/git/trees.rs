//! Editing trees: only the trees on the way to a change are read and written.
//!
//! libgit2's own `TreeUpdateBuilder` refuses a file that becomes a folder (and the reverse) in one update; plain
//! tree builders do not.

use std::collections::BTreeMap;

use super::repo::{Repo, oid, raw};
use crate::error::{Error, Result};
use crate::model::Oid;

/// What a tree entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A file that may be run.
    Executable,
    /// A symbolic link.
    Symlink,
    /// A folder.
    Tree,
    /// A commit of another repository.
    Submodule,
}

impl EntryKind {
    /// The mode that git writes for it.
    pub fn mode(self) -> u32 {
        match self {
            EntryKind::File => 0o100644,
            EntryKind::Executable => 0o100755,
            EntryKind::Symlink => 0o120000,
            EntryKind::Tree => 0o040000,
            EntryKind::Submodule => 0o160000,
        }
    }

    fn from_mode(mode: i32) -> EntryKind {
        match mode as u32 & 0o170000 {
            0o040000 => EntryKind::Tree,
            0o120000 => EntryKind::Symlink,
            0o160000 => EntryKind::Submodule,
            _ if mode & 0o100 != 0 => EntryKind::Executable,
            _ => EntryKind::File,
        }
    }
}

/// One entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, without folders.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// Its object.
    pub oid: Oid,
}

/// A change of one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// This is there afterwards, whatever was before.
    Put(EntryKind, Oid),
    /// Nothing is there afterwards.
    Remove,
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
        let mut tree = tree;
        while let Some(part) = parts.next() {
            let folder = self.tree(tree)?;
            let Some(entry) = folder.get_name_bytes(part) else { return Ok(None) };
            let kind = EntryKind::from_mode(entry.filemode());
            if parts.peek().is_none() {
                return Ok(Some(Entry { name: part.to_vec(), kind, oid: oid(entry.id()) }));
            }
            if kind != EntryKind::Tree {
                return Ok(None);
            }
            tree = oid(entry.id());
        }
        Ok(None)
    }

    /// The entries of a tree.
    ///
    /// # Errors
    /// When the tree is missing.
    pub fn entries(&self, tree: Oid) -> Result<Vec<Entry>> {
        let tree = self.tree(tree)?;
        let entry = |entry: git2::TreeEntry<'_>| Entry {
            name: entry.name_bytes().to_vec(),
            kind: EntryKind::from_mode(entry.filemode()),
            oid: oid(entry.id()),
        };
        Ok(tree.iter().map(entry).collect())
    }

    /// Writes `tree` (or the empty one) with these paths changed and answers its name. A folder that becomes empty is
    /// gone; a file in the way of a folder gives way, and the reverse.
    ///
    /// # Errors
    /// When an object is missing, a name can't be in a tree, or the object store can't be written.
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
        match self.edit_folder(tree, &root)? {
            Some(tree) => Ok(tree),
            None => self.edit_nothing(),
        }
    }

    /// The tree after the edits; none when nothing is left in it.
    fn edit_folder(&self, tree: Option<Oid>, edits: &Edits<'_>) -> Result<Option<Oid>> {
        let unwritable = |cause: git2::Error| Error::failed("a tree can't be written").because(cause);
        let before = tree.map(|tree| self.tree(tree)).transpose()?;
        let mut builder = self.inner.treebuilder(before.as_ref()).map_err(unwritable)?;
        let remove = |builder: &mut git2::TreeBuilder<'_>, name: &[u8]| {
            let there = builder.get(name)?.is_some();
            if there { builder.remove(name) } else { Ok(()) }
        };
        for (name, edit) in &edits.here {
            match edit {
                Edit::Remove => remove(&mut builder, name).map_err(unwritable)?,
                Edit::Put(kind, oid) => {
                    builder.insert(*name, raw(*oid), kind.mode() as i32).map_err(unwritable)?;
                }
            }
        }
        for (name, below) in &edits.below {
            let entry = builder.get(*name).map_err(unwritable)?;
            let folder = entry.filter(|entry| EntryKind::from_mode(entry.filemode()) == EntryKind::Tree);
            let folder = folder.map(|entry| oid(entry.id()));
            let keeps_file = folder.is_none() && !below.puts_anything();
            match self.edit_folder(folder, below)? {
                Some(tree) => {
                    builder.insert(*name, raw(tree), EntryKind::Tree.mode() as i32).map_err(unwritable)?;
                }
                None if keeps_file => {}
                None => remove(&mut builder, name).map_err(unwritable)?,
            }
        }
        if builder.is_empty() {
            return Ok(None);
        }
        builder.write().map(|id| Some(oid(id))).map_err(unwritable)
    }

    fn edit_nothing(&self) -> Result<Oid> {
        let write = || self.inner.treebuilder(None)?.write();
        write().map(oid).map_err(|cause| Error::failed("the empty tree can't be written").because(cause))
    }

    fn tree(&self, id: Oid) -> Result<git2::Tree<'_>> {
        self.inner.find_tree(raw(id)).map_err(|cause| {
            Error::failed(format!("the tree {id} can't be read"))
                .hint("check the repository with 'git fsck'")
                .because(cause)
        })
    }
}

impl Edits<'_> {
    fn puts_anything(&self) -> bool {
        let here = self.here.values().any(|edit| matches!(edit, Edit::Put(..)));
        here || self.below.values().any(Edits::puts_anything)
    }
}
