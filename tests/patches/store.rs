//! The object store of these tests: git-puff's own.

use std::path::{Path, PathBuf};

use git_puff::git::{Edit, Location, Repo};
use git_puff::model::{Apply, Oid};
use git_puff::patch;
use git_tree_apply::{Mode, Outcome, apply_in_mode, parse};

use crate::judge::{Answer, Verdict, Word};

pub type Id = Oid;

/// An open repository.
pub struct Store(Repo);

impl Store {
    /// Opens a bare repository.
    pub fn open(path: &Path) -> Store {
        let path: PathBuf = path.canonicalize().expect("a path");
        Store(Repo::open(Location::bare(&path)).expect("a repository"))
    }

    /// Writes a blob.
    pub fn put_blob(&self, bytes: &[u8]) -> Id {
        self.0.write_blob(bytes).expect("a blob")
    }

    /// Writes a tree of these entries.
    pub fn put_tree(&self, entries: Vec<(&[u8], Edit)>) -> Id {
        self.0.edit_tree(None, entries).expect("a tree")
    }

    /// The object of this name.
    pub fn id(&self, digits: &str) -> Id {
        digits.parse().expect("the name of an object")
    }

    /// What becomes of a patch.
    pub fn apply(&self, base: Id, patch: &[u8]) -> Answer {
        let patch::Applied { apply, tree, reason, paths, .. } =
            patch::apply(&self.0, base, patch).expect("the tree can be read");
        let word = match apply {
            Apply::Empty => Word::Unchanged,
            Apply::Applied => Word::Applied,
            Apply::Applied3Way => Word::Merged,
            Apply::Conflict => Word::Conflict,
            Apply::Rejected => Word::Refused,
            Apply::Skipped => panic!("there is a patch"),
        };
        Answer { word, tree, paths, reason: reason.unwrap_or_default() }
    }

    /// What becomes of a patch in one way.
    pub fn apply_in(&self, base: Id, patch: &[u8], mode: Mode) -> Verdict {
        let files = match parse::parse_for(self.0.name_digits(), patch) {
            Ok(files) => files,
            Err(malformed) => return Verdict::Refused(malformed.to_string()),
        };
        let drivers = patch::drivers(&self.0, base, &files);
        match apply_in_mode(&self.0, base, &files, mode, &drivers).expect("the tree can be read") {
            Outcome::Tree(tree) => Verdict::Tree(tree),
            Outcome::Refused(refusal) | Outcome::Unmerged(refusal) => Verdict::Refused(refusal.to_string()),
            Outcome::Conflicts(_) => Verdict::Conflict,
        }
    }
}
