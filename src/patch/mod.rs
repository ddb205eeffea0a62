//! Patches onto trees.
//!
//! For now by `git apply --cached` on an index of our own: right, if slow, because that reads the whole repository.
//! libgit2's apply is no choice: it gives wrong trees for real patches, without an error.

mod delta;
mod image;
pub mod onto;
pub mod parse;
pub mod policy;
mod preimage;
mod three_way;

pub use preimage::{PreImage, pre_images};

use std::path::Path;

use crate::error::{Error, Result, ResultExt};
use crate::git::{GitFailure, Repo};
use crate::model::{Apply, Oid};

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

/// Applies a patch to a tree: as it is, and three-way where that does not fit. Nothing but objects is written;
/// `scratch` is a folder for the temporary index.
///
/// # Errors
/// When git can't be run. A patch that does not fit is an answer, not an error.
pub fn apply(repo: &Repo, scratch: &Path, base: Oid, patch: &[u8]) -> Result<Applied> {
    if patch.trim_ascii().is_empty() {
        return Ok(Applied { apply: Apply::Empty, tree: Some(base), reason: None, paths: Vec::new() });
    }
    let folder = tempfile::Builder::new().prefix("apply-").tempdir_in(scratch);
    let folder = folder.or_fail(|| format!("no temporary index can be made in '{}'", scratch.display()))?;
    let index = folder.path().join("index");
    let plain = repo.apply_to_index(&index, base, patch, false).map_err(cannot_apply)?;
    let refusal = match plain {
        Ok(tree) => {
            let apply = if tree == base { Apply::Empty } else { Apply::Applied };
            return Ok(Applied { apply, tree: Some(tree), reason: None, paths: Vec::new() });
        }
        Err(refusal) => refusal,
    };
    match repo.apply_to_index(&index, base, patch, true).map_err(cannot_apply)? {
        Ok(tree) => Ok(Applied { apply: Apply::Applied3Way, tree: Some(tree), reason: None, paths: Vec::new() }),
        Err(merge) if !merge.unmerged.is_empty() => {
            let reason = Some("it conflicts with the base".to_owned());
            Ok(Applied { apply: Apply::Conflict, tree: None, reason, paths: merge.unmerged })
        }
        Err(_) => {
            let paths = refused_paths(&refusal.said);
            Ok(Applied { apply: Apply::Rejected, tree: None, reason: Some(reason(&refusal.said)), paths })
        }
    }
}

fn cannot_apply(failure: GitFailure) -> Error {
    Error::cannot_work("git can't apply patches here").hint("check the repository with 'git fsck'").because(failure)
}

/// git's complaints in a line.
fn reason(said: &str) -> String {
    let errors: Vec<_> = said.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
    match errors.as_slice() {
        [] => said.lines().next().unwrap_or("git apply refuses it").to_owned(),
        [one] => (*one).to_owned(),
        [first, second, ..] => format!("{first}; {second}"),
    }
}

/// The paths in git's complaints, in order, each once.
fn refused_paths(said: &str) -> Vec<String> {
    const ENDS: [&str; 6] = [
        ": patch does not apply",
        ": does not exist in index",
        ": already exists in index",
        ": does not match index",
        ": wrong type",
        ": No such file or directory",
    ];
    let errors = said.lines().filter_map(|line| line.strip_prefix("error: "));
    let mut paths = Vec::new();
    for error in errors {
        let path = ENDS.iter().find_map(|end| error.strip_suffix(end));
        if let Some(path) = path.filter(|path| !paths.iter().any(|known| known == path)) {
            paths.push(path.to_owned());
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_of_git_become_a_reason_and_paths() {
        let said = "error: patch failed: src/a.rs:1\nerror: src/a.rs: patch does not apply\nerror: b: does not exist in index\n";
        assert_eq!(reason(said), "patch failed: src/a.rs:1; src/a.rs: patch does not apply");
        assert_eq!(refused_paths(said), ["src/a.rs", "b"]);
        assert_eq!(
            reason("error: No valid patches in input (allow with \"--allow-empty\")"),
            "No valid patches in input (allow with \"--allow-empty\")"
        );
    }
}
