//! Commits: read, and written as git has their lines, with another's author, or signed.

use std::time::Duration;

use git2::ObjectType;

use super::program::run;
use super::repo::{Repo, oid, unwritable};
use crate::{Identity, Oid, Time};
use puff_system::error::{Error, Result};

/// What is read of a commit.
#[derive(Clone, Debug)]
pub struct CommitInfo {
    /// Its tree.
    pub tree: Oid,
    /// Its parents.
    pub parents: Vec<Oid>,
    /// Its whole message.
    pub message: String,
    /// The committer's date, in seconds since 1970.
    pub committed: i64,
}

/// A commit to be written.
#[derive(Clone, Debug)]
pub struct NewCommit<'a> {
    /// The tree.
    pub tree: Oid,
    /// The parents, first one first.
    pub parents: &'a [Oid],
    /// Author and committer.
    pub identity: &'a Identity,
    /// Both dates; git keeps whole seconds.
    pub at: Time,
    /// The message.
    pub message: &'a str,
}

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

impl Draft {
    /// The commit as git keeps it.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head().into_bytes();
        for (role, who) in [("author", &self.author), ("committer", &self.committer)] {
            bytes.extend([role.as_bytes(), b" ", who, b"\n"].concat());
        }
        bytes.push(b'\n');
        bytes.extend(&self.message);
        bytes
    }

    /// The lines of its tree and its parents.
    fn head(&self) -> String {
        let parents: String = self.parents.iter().map(|parent| format!("parent {parent}\n")).collect();
        format!("tree {}\n{parents}", self.tree)
    }

    /// Is this commit this one, but signed?
    pub fn is_signed_as(&self, bytes: &[u8]) -> bool {
        let end = bytes.windows(2).position(|two| two == b"\n\n");
        let Some((head, message)) = end.map(|end| (&bytes[..end + 1], &bytes[end + 2..])) else { return false };
        let rest = head.strip_prefix(self.head().as_bytes());
        message == self.message
            && rest.is_some_and(|rest| {
                let lines: Vec<&[u8]> = rest.split(|byte| *byte == b'\n').collect();
                let others = lines.iter().filter(|line| line.starts_with(b"parent ")).count();
                let has = |role: &str, who: &[u8]| lines.contains(&[role.as_bytes(), b" ", who].concat().as_slice());
                others == 0
                    && has("author", &self.author)
                    && has("committer", &self.committer)
                    && lines.iter().any(|line| line.starts_with(b"gpgsig"))
            })
    }
}

impl Repo {
    /// Reads a commit.
    ///
    /// # Errors
    /// When it is not here or no commit.
    pub fn commit(&self, id: Oid) -> Result<CommitInfo> {
        if self.is_unwritten(id) {
            let unreadable = |cause| self.missing("commit", id, cause);
            let odb = self.inner.odb().map_err(unreadable)?;
            let bytes = self.read(&odb, id, git2::ObjectType::Commit).map_err(unreadable)?;
            return as_written(&bytes).ok_or_else(|| unreadable(git2::Error::from_str("it was not made here")));
        }
        let commit = self.inner.find_commit(self.raw(id)).map_err(|cause| self.missing("commit", id, cause))?;
        Ok(CommitInfo {
            tree: oid(commit.tree_id()),
            parents: commit.parent_ids().map(oid).collect(),
            message: String::from_utf8_lossy(commit.message_bytes()).into_owned(),
            committed: commit.time().seconds(),
        })
    }

    /// Is this commit here?
    pub fn has_commit(&self, id: Oid) -> bool {
        self.is_unwritten(id) || self.inner.find_commit(self.raw(id)).is_ok()
    }

    /// Writes a commit that no ref points to yet.
    ///
    /// # Errors
    /// When the object store cannot be written or the identity holds what a commit cannot.
    pub fn write_commit(&self, new: &NewCommit<'_>) -> Result<Oid> {
        self.write_draft(&self.draft(new)?)
    }

    /// A commit as git has its lines.
    ///
    /// # Errors
    /// When the identity holds what a commit cannot.
    pub fn draft(&self, new: &NewCommit<'_>) -> Result<Draft> {
        let unwritable = |cause| unwritable("a commit", cause);
        let when = git2::Time::new(new.at.timestamp(), 0);
        // libgit2 knows what a name may be, and what is trimmed off it.
        let signature = git2::Signature::new(&new.identity.name, &new.identity.email, &when).map_err(unwritable)?;
        let (name, email) = (signature.name_bytes(), signature.email_bytes());
        let date = format!("{} +0000", when.seconds());
        let who = [name, b" <", email, b"> ", date.as_bytes()].concat();
        let (parents, message) = (new.parents.to_vec(), new.message.as_bytes().to_vec());
        Ok(Draft { tree: new.tree, parents, author: who.clone(), committer: who, message })
    }

    /// How many commits `one` has that `other` has not, and the reverse.
    ///
    /// # Errors
    /// When either is missing.
    pub fn ahead_behind(&self, one: Oid, other: Oid) -> Result<(usize, usize)> {
        let counted = self.inner.graph_ahead_behind(self.raw(one), self.raw(other));
        counted.map_err(|cause| Error::failed(format!("cannot compare {one} and {other}")).because(cause))
    }

    /// First-parent history from `tip`, newest first, at most `most` commits with their trees.
    pub fn first_parents(&self, tip: Oid, most: usize) -> Vec<(Oid, Oid)> {
        let mut line = Vec::new();
        let mut next = self.inner.find_commit(self.raw(tip)).ok();
        while let Some(commit) = next {
            line.push((oid(commit.id()), oid(commit.tree_id())));
            next = if line.len() < most { commit.parent(0).ok() } else { None };
        }
        line
    }

    /// Who wrote a commit and when, and its message: bytes as they are.
    ///
    /// # Errors
    /// When it is not here.
    pub fn authorship(&self, commit: Oid) -> Result<(Vec<u8>, Vec<u8>)> {
        let missing = |cause| Error::failed(format!("cannot read the commit {commit}")).hint(FSCK).because(cause);
        let commit: git2::Commit<'_> = self.inner.find_commit(self.raw(commit)).map_err(missing)?;
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
    /// When the object store cannot be written.
    pub fn write_draft(&self, draft: &Draft) -> Result<Oid> {
        self.write_commit_bytes(&draft.bytes())
    }

    /// The name that a commit would have.
    ///
    /// # Errors
    /// When its message is too long for any.
    pub fn name_draft(&self, draft: &Draft) -> Result<Oid> {
        self.name(ObjectType::Commit, &draft.bytes())
            .map_err(|cause| Error::failed("cannot name a commit").because(cause))
    }

    /// Writes a commit that is there as bytes.
    ///
    /// # Errors
    /// When the object store cannot be written.
    pub fn write_commit_bytes(&self, bytes: &[u8]) -> Result<Oid> {
        self.keep(ObjectType::Commit, bytes.into())
            .map_err(|cause| Error::cannot_work("cannot write a commit").hint(SPACE).because(cause))
    }

    /// A commit as git keeps it.
    ///
    /// # Errors
    /// When it is not here.
    pub fn commit_bytes(&self, commit: Oid) -> Result<Vec<u8>> {
        let unreadable = |cause| self.missing("commit", commit, cause);
        let odb = self.inner.odb().map_err(unreadable)?;
        Ok(self.read(&odb, commit, ObjectType::Commit).map_err(unreadable)?.to_vec())
    }

    /// Writes a commit with the user's signature: git knows how they sign. Who has to be asked for a passphrase has
    /// `SIGNING` for it.
    ///
    /// # Errors
    /// When it cannot be signed or written, in git's words.
    pub fn write_signed(&self, draft: &Draft) -> Result<Oid> {
        let cannot = || Error::failed("cannot sign the commit").hint("try 'git commit -S' to see what is missing");
        self.flush().map_err(|cause| cannot().because(cause))?;
        let call = ["-c", "i18n.commitEncoding=UTF-8", "commit-tree", "-S", &draft.tree.to_string()];
        let mut cmd = self.git().args(call).limit(SIGNING);
        for parent in &draft.parents {
            cmd = cmd.args(["-p", &parent.to_string()]);
        }
        for (role, who) in [("AUTHOR", &draft.author), ("COMMITTER", &draft.committer)] {
            let who = String::from_utf8_lossy(who).into_owned();
            let (name, rest) = who.split_once(" <").ok_or_else(cannot)?;
            let (email, date) = rest.split_once("> ").ok_or_else(cannot)?;
            for (what, value) in [("NAME", name), ("EMAIL", email), ("DATE", &format!("@{date}"))] {
                cmd = cmd.env(format!("GIT_{role}_{what}"), value);
            }
        }
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
            .graph_descendant_of(self.raw(of), self.raw(ancestor))
            .map_err(|cause| Error::failed(format!("cannot compare {ancestor} and {of}")).hint(FSCK).because(cause))
    }

    /// The commit that the histories of two commits have in common last; none when they have none.
    pub(crate) fn merge_base(&self, one: Oid, other: Oid) -> Option<Oid> {
        self.inner.merge_base(self.raw(one), self.raw(other)).ok().map(oid)
    }
}

/// How long signing may take, a person who is asked for a passphrase included.
const SIGNING: Duration = Duration::from_secs(120);

const FSCK: &str = "check the repository with 'git fsck'";
const SPACE: &str = "check permissions and free space of the git directory";

/// A commit of ours that is not on the disk yet, as [`Repo::write_commit`] makes it.
fn as_written(bytes: &[u8]) -> Option<CommitInfo> {
    let (head, message) = std::str::from_utf8(bytes).ok()?.split_once("\n\n")?;
    let values = |key: &'static str| head.lines().filter_map(move |line| line.strip_prefix(key));
    let date = values("committer ").next()?.rsplit(' ').nth(1)?;
    Some(CommitInfo {
        tree: values("tree ").next()?.parse().ok()?,
        parents: values("parent ").map(|parent| parent.parse().ok()).collect::<Option<_>>()?,
        message: message.to_owned(),
        committed: date.parse().ok()?,
    })
}
