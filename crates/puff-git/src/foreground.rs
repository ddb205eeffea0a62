//! Calls of git that the user sees and can talk to, as if they had typed them: hooks, editors and signing programs find
//! what they would find then.

use std::ffi::OsStr;
use std::path::Path;

use super::program::git_in;
use super::program::{GitFailure, run};
use super::repo::Repo;
use crate::Oid;
use puff_system::process::{Cmd, Failure, Foreground};

/// A path, and the mode and object that the index has there, if any.
pub type StagedPath = (Vec<u8>, Option<(u32, Oid)>);

impl Repo {
    /// Runs `git …` at the top of this worktree, in the user's foreground. `tied`
    /// says that the user's variables name the repository (`GIT_DIR`): then they go on doing so.
    ///
    /// # Errors
    /// When it cannot be run. Returns whether it ended well.
    pub fn run_in(&self, foreground: &Foreground, args: &[&str], tied: bool) -> Result<bool, Failure> {
        let location = self.location();
        // Maintenance in the background would keep the lock for as long as it takes.
        let quiet = ["-c", "maintenance.auto=false", "-c", "gc.auto=0"];
        let mut cmd = Cmd::new("git").args(quiet).args(args).env_remove("GIT_PREFIX").holds(self.held());
        if let Some(worktree) = &location.worktree {
            cmd = cmd.cwd(worktree);
            if tied {
                cmd = cmd.env("GIT_DIR", &location.git_dir).env("GIT_WORK_TREE", worktree);
            }
        }
        foreground.run(&cmd).map(|status| status.success())
    }

    /// The paths of this worktree that are in conflict.
    pub fn unmerged(&self) -> Vec<Vec<u8>> {
        self.listed(&["diff", "--name-only", "--diff-filter=U", "-z"])
    }

    /// Is anything staged in this worktree that HEAD has not?
    pub fn has_staged(&self) -> bool {
        !self.listed(&["diff", "--cached", "--name-only", "-z"]).is_empty()
    }

    /// Returns the tree of the index of this worktree.
    ///
    /// # Errors
    /// With git's words, when paths are in conflict, or it cannot be written.
    pub fn index_tree(&self) -> Result<Option<Oid>, GitFailure> {
        let written = run(&self.git().arg("write-tree").holds(self.held()))?;
        Ok(String::from_utf8_lossy(&written.stdout).trim().parse().ok())
    }

    /// Returns the tree that git makes of two commits, for a cherry-pick with the commit below the one that is picked as
    /// `base`; none where it leaves conflicts.
    ///
    /// # Errors
    /// With git's words, when it cannot; git before 2.40 does not know how.
    pub fn merged_tree(&self, base: Option<Oid>, ours: Oid, theirs: Oid) -> Result<Option<Oid>, GitFailure> {
        let base = base.map(|base| format!("--merge-base={base}"));
        let args = ["merge-tree", "--write-tree", "--no-messages"].into_iter().map(str::to_owned).chain(base);
        match run(&self.git().args(args).args([ours.to_string(), theirs.to_string()])) {
            Ok(merged) => Ok(String::from_utf8_lossy(&merged.stdout).trim().parse().ok()),
            Err(GitFailure::Refused { code: 1, .. }) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Lets git forget a cherry-pick or a merge that has its commit already; files and index stay.
    pub fn quit(&self, verb: &str) {
        let _ = run(&self.git().args([verb, "--quit"]).holds(self.held()));
    }

    /// Returns the paths whose entries in the index differ from a commit, each with its mode and object there; none where it is
    /// not there.
    ///
    /// # Errors
    /// With git's words, when it cannot compare them.
    pub fn staged_since(&self, commit: Oid) -> Result<Vec<StagedPath>, GitFailure> {
        let options = ["diff-index", "--cached", "--raw", "--no-renames", "--no-abbrev", "-z"];
        let said = run(&self.git().args(options).arg(commit.to_string()))?.stdout;
        let records: Vec<&[u8]> = super::bytes::records(&said).collect();
        let entry = |pair: &[&[u8]]| {
            let fields = String::from_utf8_lossy(pair[0]).into_owned();
            let mut fields = fields.split(' ').skip(1);
            let mode = u32::from_str_radix(fields.next()?, 8).ok().filter(|mode| *mode != 0);
            let oid = fields.nth(1)?.parse().ok();
            Some((pair[1].to_vec(), mode.zip(oid)))
        };
        Ok(records.chunks_exact(2).filter_map(entry).collect())
    }

    fn listed(&self, args: &[&str]) -> Vec<Vec<u8>> {
        let said = run(&self.git().args(args)).map(|said| said.stdout).unwrap_or_default();
        let mut paths: Vec<Vec<u8>> = super::bytes::records(&said).map(<[u8]>::to_vec).collect();
        paths.dedup();
        paths
    }

    /// Moves HEAD of this worktree, and its branch, to a commit, with the files; what is in no commit stays, or it is
    /// refused. The index is refreshed first, as git's own porcelain does: `reset --keep` takes a file that was merely
    /// touched for one that was changed.
    ///
    /// # Errors
    /// With git's words, when it cannot.
    pub fn reset_keeping(&self, to: Oid) -> Result<(), GitFailure> {
        // Its exit code says whether something is changed; that is for the reset to judge, path by path.
        let _ = run(&self.git().args(["update-index", "-q", "--refresh"]).holds(self.held()));
        run(&self.git().args(["reset", "--keep", "--quiet", &to.to_string()]).holds(self.held())).map(drop)
    }

    /// Returns the name that a file of a worktree would have as an object, by git's filters and line ends for its path.
    ///
    /// # Errors
    /// With git's words, when it cannot read the file.
    pub fn hash_file(&self, worktree: &Path, path: &OsStr) -> Result<Option<Oid>, GitFailure> {
        let said = run(&git_in(worktree).args(["hash-object", "--"]).arg(path))?;
        Ok(String::from_utf8_lossy(&said.stdout).trim().parse().ok())
    }

    /// Sets files of a worktree, and the index, to what they are in a commit; `gone` leave the index alone.
    ///
    /// # Errors
    /// With git's words, when it cannot.
    pub fn restore_files(&self, worktree: &Path, to: Oid, files: &[&OsStr], gone: &[&OsStr]) -> Result<(), GitFailure> {
        for (verb, paths) in [("checkout", files), ("reset", gone)] {
            if paths.is_empty() {
                continue;
            }
            let listed: Vec<u8> = paths.iter().flat_map(|path| [path.as_encoded_bytes(), b"\0"].concat()).collect();
            let from = ["--pathspec-from-file=-", "--pathspec-file-nul"];
            let cmd = git_in(worktree).args(["--literal-pathspecs", verb, "--quiet"]).arg(to.to_string()).args(from);
            run(&cmd.stdin(listed).holds(self.held()))?;
        }
        Ok(())
    }
}
