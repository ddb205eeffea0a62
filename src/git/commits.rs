//! Commits made of others: with another's author, or signed.

use git2::ObjectType;

use super::repo::{Repo, oid, raw};
use super::run;
use crate::error::{Error, Result};
use crate::model::Oid;

/// A commit to be written, with all its lines as git has them.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The tree.
    pub tree: Oid,
    /// The parents, first one first.
    pub parents: Vec<Oid>,
    /// `Name <address> seconds zone`.
    pub author: Vec<u8>,
    /// The same of who commits it.
    pub committer: Vec<u8>,
    /// The message.
    pub message: Vec<u8>,
}

impl Repo {
    /// Who wrote a commit and when, and its message: bytes as they are.
    ///
    /// # Errors
    /// When it is not here.
    pub fn authorship(&self, commit: Oid) -> Result<(Vec<u8>, Vec<u8>)> {
        let missing = |cause| Error::failed(format!("the commit {commit} can't be read")).hint(FSCK).because(cause);
        let commit: git2::Commit<'_> = self.inner.find_commit(raw(commit)).map_err(missing)?;
        let author = commit.header_field_bytes("author").map_err(missing)?.to_vec();
        Ok((author, commit.message_raw_bytes().to_vec()))
    }

    /// Who commits here and now, as git writes it: `Name <address> seconds zone`.
    ///
    /// # Errors
    /// When git does not know.
    pub fn committer(&self) -> Result<Vec<u8>> {
        self.ident("GIT_COMMITTER_IDENT")
    }

    /// The same of who writes here and now.
    ///
    /// # Errors
    /// When git does not know.
    pub fn author(&self) -> Result<Vec<u8>> {
        self.ident("GIT_AUTHOR_IDENT")
    }

    fn ident(&self, variable: &str) -> Result<Vec<u8>> {
        let asked = run(&self.git().args(["var", variable])).map_err(|cause| {
            Error::cannot_work("git does not know your name and address, which every commit needs")
                .hint("set them: git config --global user.name NAME; git config --global user.email ADDRESS")
                .because(cause)
        })?;
        Ok(asked.stdout.trim_ascii_end().to_vec())
    }

    /// Writes a commit that no ref points to yet.
    ///
    /// # Errors
    /// When the object store can't be written.
    pub fn write_draft(&self, draft: &Draft) -> Result<Oid> {
        let mut bytes = format!("tree {}\n", draft.tree).into_bytes();
        for parent in &draft.parents {
            bytes.extend(format!("parent {parent}\n").bytes());
        }
        for (role, who) in [("author", &draft.author), ("committer", &draft.committer)] {
            bytes.extend([role.as_bytes(), b" ", who, b"\n"].concat());
        }
        bytes.push(b'\n');
        bytes.extend(&draft.message);
        self.keep(ObjectType::Commit, bytes.into())
            .map_err(|cause| Error::cannot_work("a commit can't be written").hint(SPACE).because(cause))
    }

    /// Writes a commit with the user's signature: git knows how they sign.
    ///
    /// # Errors
    /// When it can't be signed or written, in git's words.
    pub fn write_signed(&self, draft: &Draft) -> Result<Oid> {
        let cannot = || Error::failed("the commit can't be signed").hint("try 'git commit -S' to see what is missing");
        let author = String::from_utf8_lossy(&draft.author).into_owned();
        let (name, rest) = author.split_once(" <").ok_or_else(cannot)?;
        let (email, date) = rest.split_once("> ").ok_or_else(cannot)?;
        self.flush().map_err(|cause| cannot().because(cause))?;
        let mut cmd = self.git().args(["commit-tree", "-S", &draft.tree.to_string()]);
        for parent in &draft.parents {
            cmd = cmd.args(["-p", &parent.to_string()]);
        }
        cmd =
            cmd.env("GIT_AUTHOR_NAME", name).env("GIT_AUTHOR_EMAIL", email).env("GIT_AUTHOR_DATE", format!("@{date}"));
        let written = run(&cmd.stdin(draft.message.clone())).map_err(|cause| cannot().because(cause))?;
        let id = String::from_utf8_lossy(&written.stdout).trim().parse();
        id.map_err(|cause| cannot().because(cause))
    }

    /// Is the first commit among the ancestors of the second, or that itself?
    ///
    /// # Errors
    /// When either is missing.
    pub fn is_ancestor(&self, ancestor: Oid, of: Oid) -> Result<bool> {
        if ancestor == of {
            return Ok(true);
        }
        self.inner
            .graph_descendant_of(raw(of), raw(ancestor))
            .map_err(|cause| Error::failed(format!("{ancestor} and {of} can't be compared")).hint(FSCK).because(cause))
    }

    /// The commit that the histories of two commits have in common last; none when they have none.
    pub fn merge_base(&self, one: Oid, other: Oid) -> Option<Oid> {
        self.inner.merge_base(raw(one), raw(other)).ok().map(oid)
    }
}

const FSCK: &str = "check the repository with 'git fsck'";
const SPACE: &str = "check permissions and free space of the git directory";
