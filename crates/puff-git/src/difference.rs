//! Which files two trees differ in, as git lists them.
//!
//! Git is asked, and not libgit2, for the reason told in [`super::stats`]: what is a rename here has to be one in
//! `git diff`. Only trees that differ are read, by either.

use std::ffi::OsString;

use super::listing::{Listing, split};
use super::program::run;
use super::repo::Repo;
use super::trees::EntryKind;
use crate::Oid;
use puff_system::error::{Error, Result};
use puff_system::process::{Cmd, Foreground};

/// A file that is not the same in two trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its path in the new tree; in the old one, where it is gone.
    pub path: Vec<u8>,
    /// Its path in the old tree, where it was renamed.
    pub from: Option<Vec<u8>>,
    /// Its mode and object in the old tree; none where it is not there.
    pub old: Option<(u32, Oid)>,
    /// Its mode and object in the new tree.
    pub new: Option<(u32, Oid)>,
}

impl Difference {
    /// The blobs of both sides.
    pub fn blobs(&self) -> impl Iterator<Item = Oid> {
        let sides = [self.old, self.new].into_iter().flatten();
        sides.filter(|(mode, _)| EntryKind::from_mode(*mode).is_blob()).map(|(_, oid)| oid)
    }
}

impl Repo {
    /// The files in which the second of each two trees (or commits) differs from the first, in git's order, renames found
    /// as `git diff` finds them without settings. One git lists them all.
    ///
    /// # Errors
    /// When a tree is missing, or cannot be written for git to read.
    pub fn differences(&self, pairs: &[(Oid, Oid)]) -> Result<Vec<Vec<Difference>>> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        self.flush().map_err(|cause| Error::cannot_work("cannot write a tree").because(cause))?;
        let lines: String = pairs.iter().map(|(old, new)| format!("{old} {new}\n")).collect();
        let options = ["-r", "-M", "--raw", "--no-abbrev", "-z", "--ignore-submodules=none"];
        let cmd = self.git().args(["diff-tree", "--stdin"]).args(options).stdin(lines);
        let failed = || Error::failed("cannot compare two versions").hint("check the repository with 'git fsck'");
        let output = run(&cmd).map_err(|cause| failed().because(cause))?;
        split(&output.stdout, pairs, difference).ok_or_else(failed)
    }
}

impl Repo {
    /// What `git diff` says when it is called with these words at the top of the worktree, without a user: no colours, no
    /// pager, no other program. The objects that are named have to be on the disk.
    ///
    /// # Errors
    /// With git's words, when it cannot be said.
    pub fn diff(&self, words: impl IntoIterator<Item = OsString>) -> Result<Vec<u8>> {
        let plain = ["--no-pager", "diff", "--no-color", "--no-ext-diff", "--no-textconv"];
        let output = run(&self.git().args(plain).args(words));
        let failed = |cause| Error::failed("git cannot show the difference").because(cause);
        Ok(output.map_err(failed)?.stdout)
    }
}

/// Becomes the user's own `git diff`, called with these words where the user stands: pager, colours and external tools
/// are as they have them. The objects that are named have to be on the disk.
///
/// Answers only why git could not be started.
pub fn become_diff(foreground: &Foreground, words: impl IntoIterator<Item = OsString>) -> Error {
    let git = Cmd::new("git").env_remove("GIT_TERMINAL_PROMPT").arg("diff").args(words);
    Error::cannot_work("cannot start git").because(foreground.become_other(&git))
}

/// `:<mode> <mode> <object> <object> <status> NUL <path> NUL`, and a second path for a rename.
fn difference(listing: &mut Listing<'_>) -> Option<Difference> {
    let field = std::str::from_utf8(listing.field()?).ok()?.strip_prefix(':')?;
    let [old_mode, new_mode, old, new, status] = field.split(' ').collect::<Vec<_>>()[..] else { return None };
    let side = |mode: &str, oid: &str| -> Option<Option<(u32, Oid)>> {
        let mode = u32::from_str_radix(mode, 8).ok()?;
        Some(if mode == 0 { None } else { Some((mode, oid.parse().ok()?)) })
    };
    let (old, new) = (side(old_mode, old)?, side(new_mode, new)?);
    let first = listing.field()?.to_vec();
    let (from, path) = match status.starts_with('R') {
        true => (Some(first), listing.field()?.to_vec()),
        false => (None, first),
    };
    Some(Difference { path, from, old, new })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_entry_is_read() {
        let [zero, one, two] = [0, 1, 2].map(|byte| Oid::from_bytes(&[byte; 20]).unwrap());
        let head = format!("{one} {two}\n{one} {one}\n");
        let said = format!(
            "{one} {two}\n:000000 100644 {zero} {one} A\0new\0:100755 000000 {two} {zero} D\0a b\0\
             :100644 120000 {one} {two} R087\0from\0to\0{one} {one}\n"
        );
        let pairs = [(one, two), (one, one)];
        let found = split(said.as_bytes(), &pairs, difference).unwrap();
        let difference = |path: &str, from: Option<&str>, old, new| Difference {
            path: path.into(),
            from: from.map(Into::into),
            old,
            new,
        };
        let wanted = [
            difference("new", None, None, Some((0o100644, one))),
            difference("a b", None, Some((0o100755, two)), None),
            difference("to", Some("from"), Some((0o100644, one)), Some((0o120000, two))),
        ];
        assert_eq!(found, [wanted.to_vec(), Vec::new()]);
        assert_eq!(split(head.as_bytes(), &pairs, super::difference), Some(vec![Vec::new(), Vec::new()]));
        assert_eq!(split(format!("{said}rubbish").as_bytes(), &pairs, super::difference), None);
    }
}
