//! What a revision names, in git's words.

use super::program::run;
use super::repo::{Repo, oid};
use crate::Oid;
use puff_system::error::{Error, Result};

impl Repo {
    /// The commit that a revision names; none when nothing has that name.
    ///
    /// # Errors
    /// When the name is ambiguous, or names something that is no commit.
    pub fn resolve(&self, revision: &str) -> Result<Option<Oid>> {
        let Some(object) = self.look_up(revision)? else { return Ok(None) };
        match object.peel_to_commit() {
            Ok(commit) => Ok(Some(oid(commit.id()))),
            Err(cause) => Err(Error::failed(format!("'{revision}' is not a commit"))
                .hint("name a branch, a tag or a commit; 'git log --oneline' shows some")
                .because(cause)),
        }
    }

    /// The tree that a revision names, or that of its commit; none when nothing has that name.
    ///
    /// # Errors
    /// When the name is ambiguous, or names something that has no tree.
    pub fn resolve_tree(&self, revision: &str) -> Result<Option<Oid>> {
        let Some(object) = self.look_up(revision)? else { return Ok(None) };
        match object.peel_to_tree() {
            Ok(tree) => Ok(Some(oid(tree.id()))),
            Err(cause) => Err(Error::failed(format!("'{revision}' is neither a commit nor a tree"))
                .hint("name a branch, a tag, a commit or a tree")
                .because(cause)),
        }
    }

    fn look_up(&self, revision: &str) -> Result<Option<git2::Object<'_>>> {
        let unreadable = || Error::failed(format!("cannot look '{revision}' up")).hint("check it with 'git rev-parse'");
        let found = match self.tables().map_err(|cause| unreadable().because(cause))? {
            None => self.inner.revparse_single(revision),
            Some(tables) => {
                let named = self.whole_name(revision.as_bytes()).or_else(|| tables.meant(revision));
                match named.map_or_else(|| self.ask_for(revision), |named| Ok(Some(named)))? {
                    None => return Ok(None),
                    Some(named) => self.inner.find_object(self.raw(named), None),
                }
            }
        };
        match found {
            Ok(object) => Ok(Some(object)),
            Err(cause) => match cause.code() {
                git2::ErrorCode::NotFound | git2::ErrorCode::InvalidSpec => Ok(None),
                git2::ErrorCode::Ambiguous => Err(ambiguous(revision)),
                _ => Err(unreadable().because(cause)),
            },
        }
    }

    /// What git makes of a revision.
    fn ask_for(&self, revision: &str) -> Result<Option<Oid>> {
        match run(&self.git().args(["rev-parse", "--verify", "--end-of-options", revision])) {
            Ok(said) => Ok(String::from_utf8_lossy(&said.stdout).trim_end().parse().ok()),
            Err(failure) if failure.to_string().contains("is ambiguous") => Err(ambiguous(revision)),
            Err(_) => Ok(None),
        }
    }
}

fn ambiguous(revision: &str) -> Error {
    Error::failed(format!("'{revision}' names several objects")).hint("write more digits")
}
