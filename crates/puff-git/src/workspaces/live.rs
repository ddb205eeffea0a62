//! The commits of a program in its own repository, seen from the user's while it is at work.

use crate::Oid;
use crate::program::{GitFailure, run};
use crate::repo::Repo;
use crate::worktrees::{Worktree, WorktreeKind};
use puff_system::process::Cmd;

/// Settings of a call that reads a repository which a program may have written to: nothing is configured by it, and what comes is
/// checked.
const GUARDED: [&str; 8] = [
    "-c",
    "transfer.fsckObjects=true",
    "-c",
    "gc.auto=0",
    "-c",
    "maintenance.auto=false",
    "-c",
    "core.hooksPath=/dev/null",
];

impl Repo {
    /// Fetches what a program has committed in its private workspace: its HEAD to the ref of this name, where that is another commit than
    /// `base`, and each branch that the user does not have at that commit to `<name>-heads/<branch>`. Those that were there before and
    /// are no more are removed.
    ///
    /// # Errors
    /// With git's words, when they cannot be read.
    pub fn fetch_workspace(&self, workspace: &Worktree, base: Oid, name: &str) -> Result<(), GitFailure> {
        let is_private = workspace.kind == WorktreeKind::Private && self.open_worktree(&workspace.path).is_ok();
        if !is_private {
            return Ok(());
        }
        let listed = run(&guarded(self.git()).args(["ls-remote", "--quiet", "--"]).arg(&workspace.path))?;
        let text = String::from_utf8_lossy(&listed.stdout).into_owned();
        let mut refspecs = Vec::new();
        for (oid, theirs) in text.lines().filter_map(|line| line.split_once('\t')) {
            let Ok(oid) = oid.parse::<Oid>() else { continue };
            let new = match theirs.strip_prefix("refs/heads/") {
                Some(branch) if self.ref_target(theirs) != Some(oid) => format!("{name}-heads/{branch}"),
                None if theirs == "HEAD" && oid != base => name.to_owned(),
                _ => continue,
            };
            if crate::is_valid_ref_name(&new) {
                refspecs.push((format!("+{theirs}:{new}"), new));
            }
        }
        for (there, at) in self.live_refs(name) {
            if !refspecs.iter().any(|(_, new)| *new == there) {
                let _ = self.delete_ref(&there, at);
            }
        }
        if refspecs.is_empty() {
            return Ok(());
        }
        let fetch =
            ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap=", "--"];
        let cmd = guarded(self.git()).args(fetch).arg(&workspace.path);
        run(&cmd.args(refspecs.iter().map(|(refspec, _)| refspec))).map(drop)
    }

    /// Removes what [`Repo::fetch_workspace`] fetched under this name.
    pub fn forget_live(&self, name: &str) {
        for (name, at) in self.live_refs(name) {
            // What stays is removed with the next run of this name.
            let _ = self.delete_ref(&name, at);
        }
    }

    fn live_refs(&self, name: &str) -> Vec<(String, Oid)> {
        let above = name.rsplit_once('/').map_or("refs/puff/live/", |(above, _)| above);
        let all = self.refs_under(&format!("{above}/")).unwrap_or_default();
        let heads = format!("{name}-heads/");
        all.into_iter().filter(|(found, _)| *found == name || found.starts_with(&heads)).collect()
    }
}

fn guarded(git: Cmd) -> Cmd {
    git.args(GUARDED)
}
