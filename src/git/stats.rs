//! How much two trees differ, as git counts it.
//!
//! libgit2 counts too, but takes other files for renames than git does: `one, two, three` cut down to `one` under a new
//! name is a rename to libgit2 and none to git. Whoever compares our numbers with `git diff --stat` must find the same.

use super::repo::Repo;
use super::run;
use crate::error::{Error, Result};
use crate::model::Oid;

/// How much two trees differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Files that differ, a rename counted once.
    pub files: u64,
    /// Lines added.
    pub insertions: u64,
    /// Lines removed.
    pub deletions: u64,
}

impl Repo {
    /// How much `new` differs from `old`, renames found as `git diff --stat` finds them.
    ///
    /// # Errors
    /// When a tree or blob of either is missing.
    pub fn stats(&self, old: Oid, new: Oid) -> Result<Stats> {
        let (old, new) = (old.to_string(), new.to_string());
        let cmd = self.git().args(["diff-tree", "-r", "-M", "--numstat", "-z", &old, &new]);
        let output = run(&cmd).map_err(|cause| {
            Error::failed("two versions can't be compared").hint("check the repository with 'git fsck'").because(cause)
        })?;
        Ok(parse(&output.stdout))
    }
}

/// Sums up `added TAB removed TAB path NUL`; a rename has `NUL old NUL new NUL` instead of the path, and a binary file
/// `-` for both numbers.
fn parse(listing: &[u8]) -> Stats {
    let mut stats = Stats::default();
    let mut fields = listing.split(|byte| *byte == 0).filter(|field| !field.is_empty());
    while let Some(field) = fields.next() {
        let mut parts = field.splitn(3, |byte| *byte == b'\t');
        let mut next = || parts.next().unwrap_or_default();
        let (added, removed, path) = (number(next()), number(next()), next());
        if path.is_empty() {
            fields.by_ref().take(2).for_each(drop);
        }
        stats.files += 1;
        stats.insertions += added;
        stats.deletions += removed;
    }
    stats
}

fn number(digits: &[u8]) -> u64 {
    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renames_and_binary_files_count_once() {
        let listing = b"1\t2\ta b\tc\0-\t-\tpicture.png\x000\t3\t\0old\0new\x004\t0\tlast\0";
        assert_eq!(parse(listing), Stats { files: 4, insertions: 5, deletions: 5 });
        assert_eq!(parse(b""), Stats::default());
    }
}
