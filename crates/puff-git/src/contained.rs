//! Is work also elsewhere? By history, by what its commits do, or by what came of it.

use std::time::Duration;

use super::commits::NewCommit;
use super::program::run;
use super::repo::Repo;
use crate::{Identity, Oid, Time};
use puff_system::error::Result;

/// How long git may compare what commits do.
const LIMIT: Duration = Duration::from_secs(60);

impl Repo {
    /// Has a remote, as far as is known here, every commit of this one's history?
    pub fn is_pushed(&self, tip: Oid) -> bool {
        let cmd = self.git().args(["rev-list", "-n", "1", &tip.to_string(), "--not", "--remotes"]).limit(LIMIT);
        run(&cmd).is_ok_and(|left| left.stdout.trim_ascii().is_empty())
    }

    /// Is this commit in the history of a branch, a remote-tracking branch, a tag or HEAD?
    pub fn is_on_a_ref(&self, commit: Oid) -> bool {
        let others = ["--not", "--exclude=refs/puff/*", "--exclude=refs/notes/*", "--all"];
        let found = run(&self.git().args(["rev-list", "-n", "1", &commit.to_string()]).args(others).limit(LIMIT));
        found.is_ok_and(|left| left.stdout.trim_ascii().is_empty())
    }

    /// Has this remote, as far as is known here, every commit of this one's history?
    pub fn is_on_remote(&self, remote: &str, tip: Oid) -> bool {
        let remotes = format!("--remotes={remote}");
        let cmd = self.git().args(["rev-list", "-n", "1", &tip.to_string(), "--not", &remotes]).limit(LIMIT);
        run(&cmd).is_ok_and(|left| left.stdout.trim_ascii().is_empty())
    }

    /// Has `upstream` the work that `tip` has beyond `since`? It has it when
    ///
    /// - `tip` is in its history; or
    /// - each commit of that work does what a commit of it does (their `git patch-id` is the same, as `git cherry`
    ///   finds it): it was cherry-picked or rebased; or
    /// - one commit of it does what the whole branch does: it was squash-merged; or
    /// - every file that the work changed reads there as it does at `tip`: it came by whatever way.
    ///
    /// # Errors
    /// When a commit is missing.
    pub fn has_work(&self, upstream: Oid, tip: Oid, since: Oid) -> Result<bool> {
        if self.is_ancestor(tip, upstream)? {
            return Ok(true);
        }
        let Some(fork) = self.merge_base(tip, upstream) else { return Ok(false) };
        let since = if self.is_ancestor(since, tip)? { since } else { fork };
        let trees = [since, tip, upstream].map(|commit| self.commit(commit).map(|commit| commit.tree));
        let [before, after, there] = trees;
        let (changed, _) = self.tree_changes(Some(before?), Some(after?))?;
        let there = there?;
        let mut same = true;
        for file in &changed {
            let entry = self.entry(there, &file.path)?.map(|entry| (entry.kind, entry.oid));
            same = same && entry == file.new;
        }
        Ok(same
            || self.is_equivalent(upstream, tip, since)
            || self.is_equivalent(upstream, self.squashed(tip, fork)?, fork))
    }

    /// Does each commit of `since..tip` what some commit of `upstream` does? There has to be one.
    fn is_equivalent(&self, upstream: Oid, tip: Oid, since: Oid) -> bool {
        let names = [upstream, tip, since].map(|oid| oid.to_string());
        let said = run(&self.git().arg("cherry").args(names).limit(LIMIT)).map(|said| said.stdout).unwrap_or_default();
        !said.is_empty() && said.split(|byte| *byte == b'\n').all(|line| !line.starts_with(b"+"))
    }

    /// The whole of a branch as one commit.
    fn squashed(&self, tip: Oid, fork: Oid) -> Result<Oid> {
        let identity = Identity { name: "git-puff".to_owned(), email: "git-puff@localhost".to_owned() };
        let tree = self.commit(tip)?.tree;
        let (parents, message) = ([fork], "a branch as one commit, to be compared\n");
        self.write_commit(&NewCommit { tree, parents: &parents, identity: &identity, at: Time::UNIX_EPOCH, message })
    }

    /// How many bytes of the disk these objects take, as git counts them. What is not here takes none.
    pub fn disk_size(&self, objects: &[Oid]) -> u64 {
        let _ = self.flush();
        let lines: String = objects.iter().map(|oid| format!("{oid}\n")).collect();
        let cmd = self.git().args(["cat-file", "--batch-check=%(objectsize:disk)", "--buffer"]).stdin(lines);
        let said = run(&cmd.limit(LIMIT)).map(|said| said.stdout).unwrap_or_default();
        String::from_utf8_lossy(&said).lines().filter_map(|line| line.parse::<u64>().ok()).sum()
    }
}
