//! The object store that patches are applied in.

use std::collections::BTreeMap;
use std::fmt;

/// An object database, as far as applying a patch needs one: blobs and trees, in and out.
///
/// Paths are bytes with `/` between folders, as git keeps them. The engine asks only for what a patch touches, and
/// changes nothing before all of a patch fits: then it writes blobs and edits one tree, in one [`Objects::batch`].
pub trait Objects: Sized {
    /// The name of an object. Its `Display` is the whole name in lower-case hexadecimal digits.
    type Id: Copy + Eq + fmt::Debug + fmt::Display;

    /// The error of an object that cannot be read or written.
    type Error;

    /// Returns how many hexadecimal digits the name of an object has: 40 (SHA-1) or 64 (SHA-256).
    fn id_digits(&self) -> usize;

    /// Returns the object name with these hexadecimal digits, of either case; `None` unless they are a whole name.
    fn parse_id(&self, digits: &str) -> Option<Self::Id>;

    /// Returns the entries of a tree, without those of the folders in it.
    ///
    /// # Errors
    /// When the tree cannot be read.
    fn entries(&self, tree: Self::Id) -> Result<Vec<Entry<Self::Id>>, Self::Error>;

    /// Returns the bytes of a blob that a tree names.
    ///
    /// # Errors
    /// When it is missing or not a blob.
    fn blob(&self, id: Self::Id) -> Result<Vec<u8>, Self::Error>;

    /// Returns the bytes of the blob whose name begins with these digits; `None` when no object has such a name, several
    /// have, or it is not a blob.
    ///
    /// A patch names blobs that may never have been in this store, so a missing one is no error.
    fn find_blob(&self, digits: &str) -> Option<Vec<u8>>;

    /// Returns the name that these bytes have as a blob, without writing it.
    ///
    /// # Errors
    /// When they cannot be named.
    fn hash_blob(&self, bytes: &[u8]) -> Result<Self::Id, Self::Error>;

    /// Writes a blob and returns its name. The patch says that this will be `expected`: a hint for stores that look an
    /// object up before they write it, and nothing to rely on.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write_blob(&self, bytes: &[u8], expected: Option<Self::Id>) -> Result<Self::Id, Self::Error>;

    /// Writes a tree of these entries, which are in git's order, and returns its name.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write_tree(&self, entries: &[Entry<Self::Id>]) -> Result<Self::Id, Self::Error>;

    /// Returns the entry at a path of a tree; `None` where there is none, whatever bytes the path has. This one goes through
    /// the [`Objects::entries`] of each folder on the way: a store that has a quicker way overrides it.
    ///
    /// # Errors
    /// When a tree on the way cannot be read.
    fn entry(&self, tree: Self::Id, path: &[u8]) -> Result<Option<Entry<Self::Id>>, Self::Error> {
        entry_at(self, tree, path)
    }

    /// Writes `base` with these paths changed, each once, and returns its name. A folder that becomes empty is gone; a
    /// file in the way of a folder gives way, and the reverse. This one makes each folder on the way anew, by
    /// [`Objects::write_tree`].
    ///
    /// # Errors
    /// When a tree cannot be read or written.
    fn edit_tree<'a>(
        &self,
        base: Self::Id,
        edits: impl IntoIterator<Item = (&'a [u8], Edit<Self::Id>)>,
    ) -> Result<Self::Id, Self::Error> {
        edit_entries(self, base, edits)
    }

    /// Runs `work`, which writes objects for one purpose: a store may write them all at once, at its end. This one writes
    /// each as it comes.
    ///
    /// # Errors
    /// Those of `work`, and when the objects cannot be written.
    fn batch<T>(&self, work: impl FnOnce() -> Result<T, Self::Error>) -> Result<T, Self::Error> {
        work()
    }

    /// Merges what `ours` and `theirs` made of the text `base`, line by line. This one merges nothing: files to which a
    /// patch does not apply as it is are then refused, unless one side has all that the other has.
    ///
    /// # Errors
    /// When the merge itself fails, for want of memory.
    fn merge_texts(&self, base: &[u8], ours: &[u8], theirs: &[u8]) -> Result<MergeOutcome, Self::Error> {
        let _ = (base, ours, theirs);
        Ok(MergeOutcome::Failed("texts are not merged here".to_owned()))
    }
}

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
    /// Returns the mode that git writes for it.
    pub fn mode(self) -> u32 {
        match self {
            EntryKind::File => 0o100644,
            EntryKind::Executable => 0o100755,
            EntryKind::Symlink => 0o120000,
            EntryKind::Tree => 0o040000,
            EntryKind::Submodule => 0o160000,
        }
    }

    /// Returns whether it is the content of a file or of a link.
    pub fn is_blob(self) -> bool {
        !matches!(self, EntryKind::Tree | EntryKind::Submodule)
    }

    /// Returns what an entry with this mode is.
    pub fn from_mode(mode: u32) -> EntryKind {
        match mode & 0o170000 {
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
pub struct Entry<Id> {
    /// Its name, without folders.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// Its object.
    pub oid: Id,
}

/// A change of one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit<Id> {
    /// This is there afterwards, whatever was before.
    Put(EntryKind, Id),
    /// Nothing is there afterwards.
    Remove,
}

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
fn entry_at<O: Objects>(objects: &O, tree: O::Id, path: &[u8]) -> Result<Option<Entry<O::Id>>, O::Error> {
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
fn edit_entries<'e, O: Objects>(
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

/// What came of a merge by an object store or a driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeOutcome {
    /// This file.
    Clean(Vec<u8>),
    /// Both sides changed the same lines.
    Conflict,
    /// Neither: it could not be merged, for this reason.
    Failed(String),
}
