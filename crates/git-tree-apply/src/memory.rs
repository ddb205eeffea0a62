//! An object store in memory.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

use sha1::{Digest, Sha1};

use crate::{Edit, Entry, EntryKind, MergeOutcome, Objects};

/// The name of an object: its SHA-1, as git computes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 20]);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An object is not in the store, or not of the kind that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no {kind} {id}")]
pub struct Missing {
    /// `blob` or `tree`.
    pub kind: &'static str,
    /// Its name.
    pub id: Id,
}

/// Merges two texts that were made of a third: base, ours, theirs.
pub type MergeTexts = fn(&[u8], &[u8], &[u8]) -> MergeOutcome;

#[derive(Clone)]
enum Object {
    Blob(Vec<u8>),
    Tree(Vec<Entry<Id>>),
}

/// Blobs and trees in memory, named as git names them.
///
/// It is for tests, and for patches onto files that are in no repository. It has no limit: what is written stays until it
/// is dropped.
#[derive(Default)]
pub struct Memory {
    objects: RefCell<HashMap<Id, Object>>,
    merge: Option<MergeTexts>,
}

impl Memory {
    /// Creates an empty store that merges no texts.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// Creates an empty store that merges texts by a function. The verdict of git takes git's own merge, such as
    /// `git2::merge_file` has it.
    pub fn with_merge(merge: MergeTexts) -> Memory {
        Memory { merge: Some(merge), ..Memory::default() }
    }

    /// Writes a tree of these files, each with its path, and returns its name.
    pub fn tree_of<'f>(&self, files: impl IntoIterator<Item = (&'f str, EntryKind, &'f [u8])>) -> Id {
        let put = |(path, kind, bytes): (&'f str, EntryKind, &[u8])| {
            (path.as_bytes(), Edit::Put(kind, self.put(Object::Blob(bytes.to_vec()))))
        };
        let empty = self.put(Object::Tree(Vec::new()));
        self.edit_tree(empty, files.into_iter().map(put)).expect("every folder is here: it was made here")
    }

    /// Returns the bytes of the file at a path of a tree; `None` where there is none.
    pub fn file(&self, tree: Id, path: &str) -> Option<Vec<u8>> {
        let entry = self.entry(tree, path.as_bytes()).ok()??;
        self.blob(entry.oid).ok()
    }

    fn put(&self, object: Object) -> Id {
        let id = match &object {
            Object::Blob(bytes) => name("blob", bytes),
            Object::Tree(entries) => name("tree", &written(entries)),
        };
        self.objects.borrow_mut().insert(id, object);
        id
    }
}

fn name(kind: &str, bytes: &[u8]) -> Id {
    let mut hash = Sha1::new();
    hash.update(format!("{kind} {}\0", bytes.len()));
    hash.update(bytes);
    Id(hash.finalize().into())
}

/// A tree as git keeps it: `<mode> <name> NUL <name of the object>` for each entry.
fn written(entries: &[Entry<Id>]) -> Vec<u8> {
    let entry = |entry: &Entry<Id>| {
        [format!("{:o} ", entry.kind.mode()).as_bytes(), &entry.name, b"\0", &entry.oid.0[..]].concat()
    };
    entries.iter().flat_map(entry).collect()
}

impl Objects for Memory {
    type Id = Id;
    type Error = Missing;

    fn id_digits(&self) -> usize {
        40
    }

    fn parse_id(&self, digits: &str) -> Option<Id> {
        let digits: Vec<u8> = digits.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
        let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        if digits.len() == 40 { bytes.try_into().ok().map(Id) } else { None }
    }

    fn entries(&self, tree: Id) -> Result<Vec<Entry<Id>>, Missing> {
        match self.objects.borrow().get(&tree) {
            Some(Object::Tree(entries)) => Ok(entries.clone()),
            _ => Err(Missing { kind: "tree", id: tree }),
        }
    }

    fn blob(&self, id: Id) -> Result<Vec<u8>, Missing> {
        match self.objects.borrow().get(&id) {
            Some(Object::Blob(bytes)) => Ok(bytes.clone()),
            _ => Err(Missing { kind: "blob", id }),
        }
    }

    fn find_blob(&self, digits: &str) -> Option<Vec<u8>> {
        let digits = digits.to_ascii_lowercase();
        let objects = self.objects.borrow();
        let mut found = objects.iter().filter(|(id, _)| id.to_string().starts_with(&digits));
        match (found.next()?.1, found.next()) {
            (Object::Blob(bytes), None) => Some(bytes.clone()),
            _ => None,
        }
    }

    fn hash_blob(&self, bytes: &[u8]) -> Result<Id, Missing> {
        Ok(name("blob", bytes))
    }

    fn write_blob(&self, bytes: &[u8], _: Option<Id>) -> Result<Id, Missing> {
        Ok(self.put(Object::Blob(bytes.to_vec())))
    }

    fn write_tree(&self, entries: &[Entry<Id>]) -> Result<Id, Missing> {
        Ok(self.put(Object::Tree(entries.to_vec())))
    }

    fn merge_texts(&self, base: &[u8], ours: &[u8], theirs: &[u8]) -> Result<MergeOutcome, Missing> {
        match self.merge {
            Some(merge) => Ok(merge(base, ours, theirs)),
            None => Ok(MergeOutcome::Failed("texts are not merged here".to_owned())),
        }
    }
}
