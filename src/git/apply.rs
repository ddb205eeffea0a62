//! `git apply` on an index of our own.

use std::path::Path;
use std::time::Duration;

use super::repo::Repo;
use super::{GitFailure, git, run};
use crate::model::Oid;

/// How long one patch may take.
const LIMIT: Duration = Duration::from_secs(600);

/// git did not take a patch.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What it said.
    pub said: String,
    /// Paths that a three-way merge left in conflict.
    pub unmerged: Vec<String>,
}

impl Repo {
    /// Applies a patch to a tree in a fresh index at `index` and answers the new tree, or git's refusal. The user's
    /// `apply.*` settings do not count: the same patch gives the same tree for everybody.
    ///
    /// # Errors
    /// When git can't be run, or fails otherwise than by refusing the patch.
    pub fn apply_to_index(
        &self,
        index: &Path,
        tree: Oid,
        patch: &[u8],
        three_way: bool,
    ) -> Result<Result<Oid, Refusal>, GitFailure> {
        let git = || git(self.location()).env("GIT_INDEX_FILE", index).limit(LIMIT);
        run(&git().args(["read-tree", &tree.to_string()]))?;
        let mut apply = git().args(["apply", "--cached", "--whitespace=nowarn", "--no-ignore-whitespace"]);
        if three_way {
            apply = apply.arg("--3way");
        }
        match run(&apply.arg("-").stdin(patch)) {
            Ok(_) => {
                let written = run(&git().arg("write-tree"))?;
                let oid = String::from_utf8_lossy(&written.stdout).trim().parse();
                let unreadable = |_| GitFailure::Refused { code: 0, complaint: "write-tree names no tree".to_owned() };
                oid.map(Ok).map_err(unreadable)
            }
            Err(GitFailure::Refused { complaint, .. }) => {
                let listed = run(&git().args(["ls-files", "--unmerged", "-z"]))?;
                Ok(Err(Refusal { said: complaint, unmerged: unmerged(&listed.stdout) }))
            }
            Err(failure) => Err(failure),
        }
    }
}

/// Reads `mode oid stage TAB path NUL`, repeated; each path once.
fn unmerged(listing: &[u8]) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for entry in listing.split(|byte| *byte == 0) {
        let path = entry.splitn(2, |byte| *byte == b'\t').nth(1).map(|path| String::from_utf8_lossy(path).into_owned());
        if let Some(path) = path.filter(|path| paths.last() != Some(path)) {
            paths.push(path);
        }
    }
    paths
}
