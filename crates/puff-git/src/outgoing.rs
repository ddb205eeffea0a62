//! What a push sends: the commits that the other side does not have, in one walk for all refs, and the patches of some.

use std::collections::HashSet;

use git2::OdbLookupFlags;

use super::program::run;
use super::repo::{Repo, oid};
use super::snapshot::FORM;
use crate::Oid;
use puff_system::error::{Error, Result};

/// A commit that is sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Its name.
    pub id: Oid,
    /// Its tree.
    pub tree: Oid,
    /// Its parents, first one first.
    pub parents: Vec<Oid>,
    /// Its message, where that was wanted.
    pub message: Option<String>,
}

impl Repo {
    /// The commits that lead to `tips` and not to what is `known` there, newest first. What is named and not here, or is no
    /// commit, is passed over. `wanted` sees the bytes of each, and says whose message is answered.
    ///
    /// # Errors
    /// When a commit cannot be read.
    pub fn outgoing(
        &self,
        tips: &HashSet<Oid>,
        known: &HashSet<Oid>,
        wanted: impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<Outgoing>> {
        let unreadable = |cause: git2::Error| {
            Error::failed("cannot read the commits to be pushed")
                .hint("check the repository with 'git fsck'")
                .because(cause)
        };
        let odb = self.inner.odb().map_err(unreadable)?;
        // Looking for new packs for each name that is nowhere would cost more than all the rest.
        let is_here = |id: &Oid| odb.exists_ext(self.raw(*id), OdbLookupFlags::NO_REFRESH);
        let mut walk = self.inner.revwalk().map_err(unreadable)?;
        let mut any = false;
        for tip in tips.difference(known) {
            any |= walk.push(self.raw(*tip)).is_ok();
        }
        if !any {
            return Ok(Vec::new());
        }
        for known in known.iter().filter(|known| is_here(known)) {
            // A tag of something that is no commit hides nothing.
            let _ = walk.hide(self.raw(*known));
        }
        let mut found = Vec::new();
        for id in walk {
            let id = id.map_err(unreadable)?;
            let object = odb.read(id).map_err(unreadable)?;
            found.extend(read(oid(id), object.data(), wanted(object.data())));
        }
        Ok(found)
    }

    /// The patches of commits against their first parents, in their order.
    ///
    /// # Errors
    /// With git's words, when it cannot make one.
    pub fn patches(&self, commits: &[Oid]) -> Result<Vec<Vec<u8>>> {
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        let names: String = commits.iter().map(|commit| format!("{commit}\n")).collect();
        let cmd = self.git().args(FORM).args(["--stdin", "-r", "--root", "--diff-merges=first-parent"]).stdin(names);
        let said = run(&cmd).map_err(|cause| {
            Error::failed("git cannot tell what is changed by the commits to be pushed")
                .hint("check the repository with 'git fsck'")
                .because(cause)
        })?;
        Ok(split(&said.stdout, commits))
    }
}

/// Reads a commit as git keeps it (`git help cat-file`): its head, an empty line, its message.
fn read(id: Oid, bytes: &[u8], with_message: bool) -> Option<Outgoing> {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let oid = |line: &[u8]| std::str::from_utf8(line).ok()?.parse().ok();
    let tree = oid(lines.next()?.strip_prefix(b"tree ")?)?;
    let parents = lines.map_while(|line| oid(line.strip_prefix(b"parent ")?)).collect();
    let message = || {
        let end = bytes.windows(2).position(|two| two == b"\n\n").map_or(bytes.len(), |end| end + 2);
        String::from_utf8_lossy(&bytes[end..]).into_owned()
    };
    Some(Outgoing { id, tree, parents, message: with_message.then(message) })
}

/// Takes the answer apart: each patch stands behind a line with its commit. A commit that changes nothing is not named.
fn split(answer: &[u8], commits: &[Oid]) -> Vec<Vec<u8>> {
    let mut patches = vec![Vec::new(); commits.len()];
    let mut next = 0;
    let mut current = None;
    for line in answer.split_inclusive(|byte| *byte == b'\n') {
        let named = |at: &usize| line.strip_suffix(b"\n") == Some(commits[*at].to_string().as_bytes());
        // No line of a patch is a name alone, but one of a binary file might be: so only those still to come count.
        if !line.is_empty()
            && line[0].is_ascii_hexdigit()
            && let Some(at) = (next..commits.len()).find(named)
        {
            (current, next) = (Some(at), at + 1);
        } else if let Some(at) = current {
            patches[at].extend(line);
        }
    }
    patches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_commit_gets_its_patch_and_one_without_has_none() {
        let ids: Vec<Oid> = ["1", "2", "3"].map(|digit| digit.repeat(40).parse().unwrap()).into();
        let answer = format!("{}\ndiff a\n+{}\n{}\ndiff c\n", ids[0], ids[1], ids[2]);
        let wanted = [format!("diff a\n+{}\n", ids[1]), String::new(), "diff c\n".to_owned()];
        assert_eq!(split(answer.as_bytes(), &ids), wanted.map(String::into_bytes));
    }
}
