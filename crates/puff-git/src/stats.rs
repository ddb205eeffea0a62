//! How much two trees differ, as git counts it.
//!
//! libgit2 counts too, but takes other files for renames than git does: `one, two, three` cut down to `one` under a new
//! name is a rename to libgit2 and none to git. Our numbers have to be those of `git diff --stat`.

use std::collections::BTreeSet;
use std::thread::JoinHandle;

use super::listing::{Listing, split};
use super::program::{GitFailure, run};
use super::repo::Repo;
use crate::Oid;
use puff_system::error::{Error, Result};
use puff_system::process::{Cmd, Output};

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

/// Trees that are being compared.
pub struct Counting {
    pairs: Vec<(Oid, Oid)>,
    git: Option<Asked>,
}

/// A call of git: running in a thread, or still to be made where there was no thread to be had.
enum Asked {
    Running(JoinHandle<Result<Output, GitFailure>>),
    NotYet(Cmd),
}

impl Repo {
    /// The patch from one commit to another, in one form whatever is configured; of binary files only that they differ.
    ///
    /// # Errors
    /// When an object is missing.
    pub fn patch_between(&self, from: Oid, to: Oid) -> Result<Vec<u8>> {
        const FORM: [&str; 10] = [
            "diff-tree",
            "-p",
            "-M",
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
            "--diff-algorithm=myers",
            "--unified=3",
            "--src-prefix=a/",
            "--dst-prefix=b/",
        ];
        let patch = run(&self.git().args(FORM).args([from.to_string(), to.to_string()]));
        let failed = |cause| Error::failed(format!("cannot make the patch from {from} to {to}")).because(cause);
        patch.map(|output| output.stdout).map_err(failed)
    }

    /// Those of the paths that the attributes of a commit call generated (`linguist-generated`); none where git is too
    /// old to read attributes of a commit.
    pub fn generated(&self, commit: Oid, paths: &[Vec<u8>]) -> BTreeSet<Vec<u8>> {
        if paths.is_empty() {
            return BTreeSet::new();
        }
        let names: Vec<u8> = paths.iter().flat_map(|path| path.iter().copied().chain([0])).collect();
        let source = format!("--source={commit}");
        let asked = self.git().args(["check-attr", "-z", "--stdin", &source, "linguist-generated"]).stdin(names);
        let Ok(said) = run(&asked) else { return BTreeSet::new() };
        let fields: Vec<&[u8]> = said.stdout.split(|byte| *byte == 0).collect();
        let set = |value: &[u8]| value == b"set" || value == b"true";
        fields.chunks_exact(3).filter(|one| set(one[2])).map(|one| one[0].to_vec()).collect()
    }

    /// Begins to count how much the second of each two trees differs from the first, renames found as `git diff --stat`
    /// finds them. One git counts them all, while we do something else.
    ///
    /// # Errors
    /// When the trees cannot be written, that git is to read.
    pub fn begin_to_count(&self, pairs: Vec<(Oid, Oid)>) -> Result<Counting> {
        self.flush().map_err(|cause| Error::cannot_work("cannot write a tree").because(cause))?;
        let lines: String = pairs.iter().map(|(old, new)| format!("{old} {new}\n")).collect();
        let cmd = self.git().asks_nobody().args(["diff-tree", "--stdin", "-r", "-M", "--numstat", "-z"]).stdin(lines);
        let begin = || {
            let call = cmd.clone();
            let begun = std::thread::Builder::new().spawn(move || run(&call));
            begun.map_or_else(|_| Asked::NotYet(cmd.clone()), Asked::Running)
        };
        let git = (!pairs.is_empty()).then(begin);
        Ok(Counting { pairs, git })
    }
}

impl Counting {
    /// The counts, in the order of the pairs.
    ///
    /// # Errors
    /// When a tree or blob is missing.
    pub fn finish(self) -> Result<Vec<Stats>> {
        let failed = || Error::failed("cannot compare two versions").hint("check the repository with 'git fsck'");
        let Some(git) = self.git else { return Ok(Vec::new()) };
        let output = match git {
            Asked::Running(git) => git.join().expect("waiting for git does not panic"),
            Asked::NotYet(cmd) => run(&cmd),
        };
        let output = output.map_err(|cause| failed().because(cause))?;
        sums(&output.stdout, &self.pairs).ok_or_else(failed)
    }
}

/// Adds up what git lists of each pair.
fn sums(said: &[u8], pairs: &[(Oid, Oid)]) -> Option<Vec<Stats>> {
    let listings = split(said, pairs, counted)?;
    let sum = |listing: Vec<(u64, u64)>| {
        listing.iter().fold(Stats::default(), |sum, (added, removed)| Stats {
            files: sum.files + 1,
            insertions: sum.insertions + added,
            deletions: sum.deletions + removed,
        })
    };
    Some(listings.into_iter().map(sum).collect())
}

/// What git lists of a file: `added TAB removed TAB path NUL`. A rename has `NUL old NUL new NUL` instead of the path,
/// and a binary file `-` for both numbers.
fn counted(listing: &mut Listing<'_>) -> Option<(u64, u64)> {
    let field = listing.field()?;
    let mut parts = field.splitn(3, |byte| *byte == b'\t');
    let mut part = || parts.next().unwrap_or_default();
    let (added, removed, path) = (number(part()), number(part()), part());
    if path.is_empty() {
        listing.field()?;
        listing.field()?;
    }
    Some((added, removed))
}

fn number(digits: &[u8]) -> u64 {
    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renames_and_binary_files_count_once() {
        let [one, two] = [1, 2].map(|byte| Oid::from_bytes(&[byte; 20]).unwrap());
        let pairs = [(one, two), (one, one), (two, one)];
        let [first, second, third] = pairs.map(|(old, new)| format!("{old} {new}\n"));
        let listing = "1\t2\ta b\tc\0-\t-\tpicture.png\x000\t3\t\0old\0new\x004\t0\tlast\0";
        // A file may have any name.
        let odd = format!("1\t0\t\0{second}\0{third}\0");
        let said = format!("{first}{listing}{second}{third}{odd}");
        let stats = sums(said.as_bytes(), &pairs).unwrap();
        let wanted = [(4, 5, 5), (0, 0, 0), (1, 1, 0)];
        assert_eq!(stats.iter().map(|s| (s.files, s.insertions, s.deletions)).collect::<Vec<_>>(), wanted);
        assert_eq!(sums(b"", &pairs), None);
        assert_eq!(sums(b"", &[]), Some(Vec::new()));
    }
}
