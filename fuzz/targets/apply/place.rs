//! The repository that patches are applied in, and its tree: one file of every kind.

use std::path::Path;

use git_puff::git::{Edit, EntryKind, Location, Repo};
use git_puff::model::Oid;
use tempfile::TempDir;

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
    pub repo: Repo,
    pub base: Oid,
    /// The same repository for the check of what was made, without our own code.
    judge: git2::Repository,
    _root: TempDir,
}

impl Place {
    pub fn new() -> Place {
        let root = tempfile::tempdir().expect("a temporary folder");
        let judge = git2::Repository::init_bare(root.path()).expect("a repository");
        let repo = open(root.path());
        // git-puff has it on, for the objects of a run must survive a power cut: these needn't, and would take ten times
        // as long.
        // SAFETY: a plain global, and this is the only thread.
        unsafe { libgit2_sys::git_libgit2_opts(libgit2_sys::GIT_OPT_ENABLE_FSYNC_GITDIR as std::ffi::c_int, 0) };
        let edits = FILES.iter().map(|(name, kind, content)| {
            let oid = match kind {
                EntryKind::Submodule => Oid::from_bytes(content).expect("20 bytes"),
                _ => repo.write_blob(content).expect("a blob"),
            };
            (name.as_bytes(), Edit::Put(*kind, oid))
        });
        let base = repo.edit_tree(None, edits.collect::<Vec<_>>()).expect("a tree");
        repo.write_blob(BEFORE).expect("a blob");
        Place { repo, base, judge, _root: root }
    }

    /// Every object of a tree can be read, and no name in it leads elsewhere.
    pub fn check(&self, tree: Oid) {
        let id = git2::Oid::from_bytes(tree.as_bytes()).expect("20 bytes");
        let tree = self.judge.find_tree(id).expect("the tree");
        for entry in &tree {
            let name = entry.name_bytes();
            assert!(!name.eq_ignore_ascii_case(b".git") && name != b"." && name != b"..", "{name:?}");
            assert!(!name.is_empty() && !name.contains(&b'/') && !name.contains(&0), "{name:?}");
            match entry.filemode() {
                0o040000 => self.check(Oid::from_bytes(entry.id().as_bytes()).expect("20 bytes")),
                0o160000 => assert!(!entry.id().is_zero()),
                0o100644 | 0o100755 | 0o120000 => drop(self.judge.find_blob(entry.id()).expect("the blob")),
                other => panic!("{name:?} has the mode {other:o}"),
            }
        }
        // A tree that git would call corrupt is none.
        assert!(!tree.is_empty() || id == git2::Oid::hash_object(git2::ObjectType::Tree, b"").expect("a name"));
    }
}

fn open(path: &Path) -> Repo {
    Repo::open(Location::bare(path)).expect("a repository")
}
