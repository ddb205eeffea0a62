//! What another repository has, and work that only this one has: asked from git.

use std::time::Duration;

use super::bytes::records;
use super::locate::git;
use super::program::{GitFailure, run};
use super::repo::Repo;
use crate::{Identity, Oid};
use puff_system::error::Result;
use puff_system::process::Cmd;

/// How long a remote may take to name a branch.
const ASK_LIMIT: Duration = Duration::from_secs(20);
/// How long it may take to send what is missing.
const FETCH_LIMIT: Duration = Duration::from_secs(600);

/// What a remote says of one of its branches.
#[derive(Debug)]
pub enum RemoteTip {
    /// It is at this commit.
    At(Oid),
    /// The remote answers, and has no such branch.
    NoSuchBranch,
    /// The remote does not answer; what git said.
    Unreachable(String),
}

/// A commit could not be fetched.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct FetchFailure(String);

/// The pager that git would use where there may be no repository.
pub fn pager() -> Option<String> {
    said(&super::program::base_git().args(["var", "GIT_PAGER"]))
}

/// What a call of git answers in a line, if it answers.
fn said(cmd: &Cmd) -> Option<String> {
    let output = run(cmd).ok()?;
    let value = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
    (!value.is_empty()).then_some(value)
}

impl Repo {
    pub(super) fn git(&self) -> Cmd {
        git(self.location())
    }

    /// Is there a remote of this name?
    pub fn has_remote(&self, remote: &str) -> bool {
        self.remote_url(remote).is_some()
    }

    /// The URL that a remote is fetched from; none where there is no remote of this name.
    pub fn remote_url(&self, remote: &str) -> Option<String> {
        let output = run(&self.git().args(["remote", "get-url", "--"]).arg(remote)).ok()?;
        let url = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        (!url.is_empty()).then_some(url)
    }

    /// Asks a remote where a branch of it is.
    pub fn remote_tip(&self, remote: &str, branch: &str) -> RemoteTip {
        let name = format!("refs/heads/{branch}");
        let cmd = self.git().args(["ls-remote", "--exit-code", "--", remote, &name]).limit(ASK_LIMIT);
        match run(&cmd) {
            Ok(output) => {
                let text = String::from_utf8_lossy(&output.stdout);
                let tip = text.lines().find_map(|line| {
                    let (oid, listed) = line.split_once('\t')?;
                    (listed == name).then(|| oid.parse().ok())?
                });
                tip.map_or(RemoteTip::NoSuchBranch, RemoteTip::At)
            }
            // git documents 2 for "no matching refs" under --exit-code.
            Err(GitFailure::Refused { code: 2, .. }) => RemoteTip::NoSuchBranch,
            Err(failure) => RemoteTip::Unreachable(failure.to_string()),
        }
    }

    /// Fetches one branch of a remote, without tags and without touching FETCH_HEAD.
    ///
    /// # Errors
    /// With git's words, when it does not come.
    pub fn fetch_branch(&self, remote: &str, branch: &str) -> Result<(), FetchFailure> {
        self.fetch(remote, &format!("refs/heads/{branch}"))
    }

    /// Fetches one commit of a remote by its name.
    ///
    /// # Errors
    /// With git's words, when it does not come.
    pub fn fetch_commit(&self, remote: &str, commit: Oid) -> Result<(), FetchFailure> {
        self.fetch(remote, &commit.to_string())
    }

    fn fetch(&self, remote: &str, what: &str) -> Result<(), FetchFailure> {
        const QUIETLY: [&str; 5] = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
        let cmd = self.git().args(QUIETLY).args(["--", remote, what]).limit(FETCH_LIMIT);
        run(&cmd).map(drop).map_err(|failure| FetchFailure(failure.to_string()))
    }

    /// Who commits here, as git would write it; none when git does not know.
    pub fn identity(&self) -> Option<Identity> {
        let output = run(&self.git().asks_nobody().args(["var", "GIT_AUTHOR_IDENT"])).ok()?;
        parse_identity(&String::from_utf8_lossy(&output.stdout))
    }

    /// The pager that git would use here.
    pub fn pager(&self) -> Option<String> {
        self.var("GIT_PAGER")
    }

    /// The editor that git would use.
    pub fn editor(&self) -> Option<String> {
        self.var("GIT_EDITOR")
    }

    fn var(&self, name: &str) -> Option<String> {
        said(&self.git().args(["var", name]))
    }

    /// Paths of this worktree with changes that are in no commit, untracked files included, `overlook` left out; each
    /// after git's two letters for how (`git help status`). None without a worktree, or when git takes too long to say.
    pub fn uncommitted(&self, overlook: &str) -> Option<Vec<Vec<u8>>> {
        self.location().worktree.as_ref()?;
        // Submodules too, as git looks into them for the user all day: this is the user's worktree, not an agent's.
        let cmd = self.git().args(["status", "--porcelain", "--no-renames", "-z"]);
        let output = run(&cmd.args(["--", ".", &format!(":(exclude,top){overlook}")]).limit(ASK_LIMIT)).ok()?;
        Some(records(&output.stdout).map(<[u8]>::to_vec).collect())
    }
}

/// Parses `Name <address> seconds zone`, as `git var GIT_AUTHOR_IDENT` prints it.
fn parse_identity(ident: &str) -> Option<Identity> {
    let (name, rest) = ident.split_once('<')?;
    let (email, _) = rest.split_once('>')?;
    Some(Identity { name: name.trim().to_owned(), email: email.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_read_as_git_prints_it() {
        let identity = parse_identity("A U Thor <author@example.com> 1112911993 -0700\n").unwrap();
        assert_eq!((identity.name.as_str(), identity.email.as_str()), ("A U Thor", "author@example.com"));
    }
}
