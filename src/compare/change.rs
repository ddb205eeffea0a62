//! What a variant does to its base, as data.

use crate::model::{Oid, RunId};

/// The mode of a submodule in a tree.
pub const SUBMODULE: u32 = 0o160000;

/// What one variant does to its base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What the variant is called among those that it is compared with: `var<N>`, or `RUN:N`.
    pub name: String,
    /// The run it is of.
    pub run: RunId,
    /// Its number there.
    pub index: u32,
    /// What it does to each file, each path once.
    pub files: Vec<FileChange>,
}

impl Change {
    /// Lines that it adds, and lines that it removes.
    pub fn counts(&self) -> (u64, u64) {
        let sum = |lines: fn(&FileChange) -> usize| self.files.iter().map(|file| lines(file) as u64).sum();
        (sum(|file| file.added.len()), sum(|file| file.removed.len()))
    }
}

/// What becomes of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was not there.
    Added,
    /// It is gone.
    Removed,
    /// It is another than before: its content, its mode, or both.
    Modified,
    /// It was there under another path; its content may have changed too.
    Renamed,
}

/// What one variant does to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Its path afterwards; of a removed file, its path before.
    pub path: Vec<u8>,
    /// The path that it was renamed from.
    pub from: Option<Vec<u8>>,
    /// What becomes of it.
    pub kind: ChangeKind,
    /// Its mode before; none where it was not there, or a patch does not say.
    pub old_mode: Option<u32>,
    /// Its mode afterwards; none where it is gone, or a patch does not say.
    pub new_mode: Option<u32>,
    /// Its blob before (the commit of a submodule); none where it was not there, or a patch does not say.
    pub old: Option<Oid>,
    /// Its blob afterwards; none where it is gone, or a patch does not say. Of binary bytes that a patch does not name,
    /// a name made of what the patch has instead.
    pub new: Option<Oid>,
    /// It is not text, or too large: there are no lines.
    pub binary: bool,
    /// The lines it loses, by their numbers in the old file.
    pub removed: Lines,
    /// The lines it gets, by their numbers in the new file.
    pub added: Lines,
}

/// A path as people and JSON have it.
pub(super) fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

/// Lines of a file with their numbers, from 1, and without their LF.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    text: Vec<u8>,
    /// The number of each line, and where it ends in the text.
    ends: Vec<(u64, usize)>,
}

impl Lines {
    /// Adds a line, with or without its LF.
    pub fn push(&mut self, number: u64, line: &[u8]) {
        self.text.extend(line.strip_suffix(b"\n").unwrap_or(line));
        self.ends.push((number, self.text.len()));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The lines with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let mut begin = 0;
        self.ends.iter().map(move |(number, end)| {
            let line = &self.text[begin..*end];
            begin = *end;
            (*number, line)
        })
    }
}
