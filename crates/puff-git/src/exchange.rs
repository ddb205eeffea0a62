//! Refs that go to another repository and come from it: one call of git each way, as the user would make it, so that
//! their ssh, credentials, proxies and hooks are what they are.

use std::time::Duration;

use super::program::GitFailure;
use super::repo::Repo;
use crate::Oid;
use puff_system::process::{self, Cmd, Output};

/// How long an exchange may take in the background.
const LIMIT: Duration = Duration::from_secs(3600);

/// A ref that is to be changed in another repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Its full name there.
    pub name: String,
    /// What it is to be; none when it is to go.
    pub new: Option<Oid>,
    /// What it has to be for it to go.
    pub old: Option<Oid>,
}

/// What became of a ref that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is there.
    Done,
    /// Another clone was faster: what it sent has to be fetched first.
    Behind,
    /// It was not taken, in git's words.
    Refused(String),
}

/// Refs that could not be exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeFailure {
    /// Git said why, to us.
    #[error(transparent)]
    Told(#[from] GitFailure),
    /// Git said why, to the user.
    #[error("what git said is above")]
    Shown,
}

impl Repo {
    /// Fetches refs by these refspecs, and takes away those that the remote has no more.
    ///
    /// # Errors
    /// With git's words, when they do not come.
    pub fn fetch_refs(&self, remote: &str, refspecs: &[String], on_terminal: bool) -> Result<(), ExchangeFailure> {
        const WITHOUT: [&str; 7] = [
            "--no-tags",
            "--prune",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
            "--refmap=",
            // What is said of a run is read at once, in a partial clone too.
            "--no-filter",
        ];
        let cmd = self.exchange().arg("fetch").args(WITHOUT).arg(talk(on_terminal)).args(["--", remote]).args(refspecs);
        exchange(&cmd, on_terminal).and_then(check_exit)
    }

    /// The refs of a remote with these patterns.
    ///
    /// # Errors
    /// With git's words, when it does not answer.
    pub fn remote_refs(
        &self,
        remote: &str,
        patterns: &[String],
        on_terminal: bool,
    ) -> Result<Vec<(String, Oid)>, ExchangeFailure> {
        let cmd = self.exchange().args(["ls-remote", "--refs", "--quiet", "--", remote]).args(patterns);
        let output = exchange(&cmd, on_terminal)?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        check_exit(output)?;
        let named =
            |line: &str| line.split_once('\t').and_then(|(oid, name)| Some((name.to_owned(), oid.parse().ok()?)));
        Ok(text.lines().filter_map(named).collect())
    }

    /// Sends refs, never by force: each is taken or refused for itself. Answers in their order.
    ///
    /// # Errors
    /// With git's words, when nothing was sent at all.
    pub fn push_refs(
        &self,
        remote: &str,
        sendings: &[Sending],
        verify: bool,
        on_terminal: bool,
    ) -> Result<Vec<Sent>, ExchangeFailure> {
        let mut cmd = self.exchange().args([
            "push",
            "--porcelain",
            "--no-follow-tags",
            "--recurse-submodules=no",
            talk(on_terminal),
        ]);
        if !verify {
            cmd = cmd.arg("--no-verify");
        }
        let leases = sendings
            .iter()
            .filter(|sending| sending.new.is_none())
            .filter_map(|sending| sending.old.map(|old| format!("--force-with-lease={}:{old}", sending.name)));
        let specs = sendings
            .iter()
            .map(|sending| format!("{}:{}", sending.new.map(|new| new.to_string()).unwrap_or_default(), sending.name));
        let cmd = cmd.args(leases).args(["--", remote]).args(specs);
        let output = exchange(&cmd, on_terminal)?;
        let answers = answers(&String::from_utf8_lossy(&output.stdout));
        if answers.is_empty() {
            check_exit(output)?;
        }
        let unknown = || Sent::Refused("git does not say what became of it".to_owned());
        let of =
            |sending: &Sending| answers.iter().find(|(name, _)| *name == sending.name).map(|(_, sent)| sent.clone());
        Ok(sendings.iter().map(|sending| of(sending).unwrap_or_else(unknown)).collect())
    }

    fn exchange(&self) -> Cmd {
        self.git().limit(LIMIT)
    }
}

fn talk(on_terminal: bool) -> &'static str {
    if on_terminal { "--progress" } else { "--no-progress" }
}

fn exchange(cmd: &Cmd, on_terminal: bool) -> Result<Output, ExchangeFailure> {
    let output = if on_terminal { process::run_beside_user(cmd) } else { process::run(cmd) };
    Ok(output.map_err(GitFailure::from)?)
}

fn check_exit(output: Output) -> Result<(), ExchangeFailure> {
    if output.success() {
        return Ok(());
    }
    let complaint = output.complaint();
    if complaint.is_empty() {
        return Err(ExchangeFailure::Shown);
    }
    Err(GitFailure::Refused { code: output.status.code().unwrap_or(-1), complaint }.into())
}

/// Reads what `git push --porcelain` says of each ref: `<flag> TAB <from>:<to> TAB <summary> [(<reason>)]`.
fn answers(text: &str) -> Vec<(String, Sent)> {
    let answer = |line: &str| {
        let mut fields = line.splitn(3, '\t');
        let (flag, refs, summary) = (fields.next()?, fields.next()?, fields.next()?);
        let (_, to) = refs.split_once(':')?;
        let sent = match flag {
            " " | "+" | "-" | "*" | "=" => Sent::Done,
            "!" if is_behind(summary) => Sent::Behind,
            "!" => Sent::Refused(summary.to_owned()),
            _ => return None,
        };
        Some((to.to_owned(), sent))
    };
    text.lines().filter_map(answer).collect()
}

/// Git's words, in the language that we ask it to speak, for a ref that has moved since it was looked at.
fn is_behind(summary: &str) -> bool {
    const WORDS: [&str; 8] = [
        "(fetch first)",
        "(non-fast-forward)",
        "(stale info)",
        "(remote ref updated since checkout)",
        "(failed to update ref)",
        "(incorrect old value provided)",
        "(reference already exists)",
        "cannot lock ref",
    ];
    WORDS.iter().any(|words| summary.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_of_each_ref_is_understood() {
        let text = "To /srv/origin.git\n*\t0123:refs/puff/runs/a\t[new reference]\n!\t4567:refs/puff/runs/b\t[rejected] (fetch first)\n\
            -\t:refs/puff/runs/c\t[deleted]\n!\t89:refs/puff/runs/d\t[remote rejected] (hook declined)\nDone\n";
        let refused = Sent::Refused("[remote rejected] (hook declined)".to_owned());
        let expected = [("a", Sent::Done), ("b", Sent::Behind), ("c", Sent::Done), ("d", refused)];
        let expected = expected.map(|(name, sent)| (format!("refs/puff/runs/{name}"), sent));
        assert_eq!(answers(text), expected);
    }
}
