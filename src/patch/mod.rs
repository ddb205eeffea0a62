//! Patches onto trees: bytes and a tree in, a tree out, without worktree, index or checkout.
//!
//! `git apply` is the judge: the same verdict and the same tree, which the suite compares over random trees, damaged
//! patches and real history. Two things are stricter than git: paths that some file system takes for a git directory
//! are refused everywhere, and a patch of which a later part can't be read is refused whole, where git applies the part
//! before it. It costs what the patch costs: only the blobs that it touches are read, and only the trees above them.

mod delta;
mod image;
pub mod onto;
pub mod parse;
pub mod policy;
mod preimage;
mod three_way;

pub use preimage::{PreImage, pre_images};

use crate::error::Result;
use crate::git::Repo;
use crate::model::{Apply, Oid};
use onto::{Mode, Outcome, Refusal};

/// What became of a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// In a word.
    pub apply: Apply,
    /// The tree that came out; none when it did not fit.
    pub tree: Option<Oid>,
    /// Why it did not fit, in a line.
    pub reason: Option<String>,
    /// The paths that do not fit.
    pub paths: Vec<String>,
}

/// Applies a patch to a tree: as it is, and three-way where that does not fit. Nothing but objects is written.
///
/// # Errors
/// When an object of the tree can't be read, or none can be written. A patch that does not fit is an answer.
pub fn apply(repo: &Repo, base: Oid, patch: &[u8]) -> Result<Applied> {
    let nothing = Applied { apply: Apply::Empty, tree: Some(base), reason: None, paths: Vec::new() };
    if patch.trim_ascii().is_empty() {
        return Ok(nothing);
    }
    let files = match parse::parse(patch) {
        Ok(files) => files,
        Err(malformed) => return Ok(rejected(malformed.to_string(), Vec::new())),
    };
    let refusal = match onto::apply(repo, base, &files, Mode::Plain)? {
        Outcome::Tree(tree) if tree == base => return Ok(nothing),
        Outcome::Tree(tree) => return Ok(Applied { apply: Apply::Applied, tree: Some(tree), ..nothing }),
        Outcome::Refused(refusal) => refusal,
        Outcome::Conflicts(paths) => return Ok(conflict(&paths)),
    };
    match onto::apply(repo, base, &files, Mode::ThreeWay)? {
        Outcome::Tree(tree) => Ok(Applied { apply: Apply::Applied3Way, tree: Some(tree), ..nothing }),
        Outcome::Conflicts(paths) => Ok(conflict(&paths)),
        Outcome::Refused(_) => {
            let Refusal { path, why } = refusal;
            let path = shown(&path);
            Ok(rejected(format!("{path}: {why}"), vec![path]))
        }
    }
}

fn rejected(reason: String, paths: Vec<String>) -> Applied {
    Applied { apply: Apply::Rejected, tree: None, reason: Some(reason), paths }
}

fn conflict(paths: &[Vec<u8>]) -> Applied {
    let paths = paths.iter().map(|path| shown(path)).collect();
    Applied { apply: Apply::Conflict, tree: None, reason: Some("it conflicts with the base".to_owned()), paths }
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}
