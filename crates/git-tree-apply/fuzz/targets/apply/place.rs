//! The store that patches are applied in, and its tree: one file of every kind.

use git_tree_apply::memory::{Id, Memory};
use git_tree_apply::{Edit, EntryKind, MergeOutcome, Objects};

/// The files of the tree.
pub const FILES: &[(&str, EntryKind, &[u8])] = &[
    ("text", EntryKind::File, b"one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n"),
    ("folder/same", EntryKind::File, b"{\n  same\n}\n\n{\n  same\n}\n\n{\n  same\n}\n\n{\n  same\n}\n"),
    ("folder/below/text", EntryKind::File, b"alpha\n\n\n\nomega\n"),
    ("run", EntryKind::Executable, b"#!/bin/sh\necho one\necho two\n"),
    ("link", EntryKind::Symlink, b"folder/same"),
    ("bytes", EntryKind::File, b"\0\x01\x02\x03\xff\xfe\xfd\0a line\n\0\0\0\0the end"),
    ("windows", EntryKind::File, b"one\r\ntwo\r\nthree\r\nfour\r\n"),
    ("cut", EntryKind::File, b"one\ntwo\nno line end"),
    ("empty", EntryKind::File, b""),
    ("odd \"name\"\twith ä", EntryKind::File, b"odd\n"),
    // Its content names its commit.
    ("module", EntryKind::Submodule, &[0x5b; 20]),
];

/// What `text` was once: patches made on it are merged.
pub const BEFORE: &[u8] = b"one\ntwo\nthree\nfour\nfive\nsix\nseven\n8\nnine\nten\n";

pub struct Place {
    pub store: Memory,
    pub base: Id,
}

impl Place {
    pub fn new() -> Place {
        // Nothing else here starts libgit2, and its merge does not do so itself.
        drop(git2::Buf::new());
        let store = Memory::with_merge(merge);
        let edits = FILES.iter().map(|(name, kind, content)| {
            let oid = match kind {
                EntryKind::Submodule => store.parse_id(&"5b".repeat(content.len())),
                _ => store.write_blob(content, None).ok(),
            };
            (name.as_bytes(), Edit::Put(*kind, oid.expect("an object")))
        });
        let empty = store.tree_of([]);
        let base = store.edit_tree(empty, edits.collect::<Vec<_>>()).expect("a tree");
        store.write_blob(BEFORE, None).expect("a blob");
        Place { store, base }
    }

    /// Every object of a tree can be read, its names are in git's order, and none leads elsewhere.
    pub fn check(&self, tree: Id) {
        let entries = self.store.entries(tree).expect("the tree");
        let key = |at: usize| {
            let slash: &[u8] = if entries[at].kind == EntryKind::Tree { b"/" } else { b"" };
            [&entries[at].name, slash].concat()
        };
        assert!((1..entries.len()).all(|at| key(at - 1) < key(at)), "{entries:?}");
        for entry in &entries {
            let name = &entry.name;
            assert!(!name.eq_ignore_ascii_case(b".git") && name != b"." && name != b"..", "{name:?}");
            assert!(!name.is_empty() && !name.contains(&b'/') && !name.contains(&0), "{name:?}");
            match entry.kind {
                EntryKind::Tree => {
                    assert!(!self.store.entries(entry.oid).expect("the tree").is_empty(), "{name:?} is empty");
                    self.check(entry.oid);
                }
                EntryKind::Submodule => assert!(entry.oid.to_string().bytes().any(|digit| digit != b'0')),
                _ => drop(self.store.blob(entry.oid).expect("the blob")),
            }
        }
    }
}

fn merge(base: &[u8], ours: &[u8], theirs: &[u8]) -> MergeOutcome {
    let input = |text| {
        let mut input = git2::MergeFileInput::new();
        input.content(text);
        input
    };
    let merged = git2::merge_file(&input(base), &input(ours), &input(theirs), None).expect("memory");
    let text = merged.is_automergeable().then(|| merged.content().to_vec());
    text.map_or(MergeOutcome::Conflict, MergeOutcome::Clean)
}
