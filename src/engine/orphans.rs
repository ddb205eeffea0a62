//! What belongs to no run: branches that a prune left when an import or a sync was faster, and empty folders of
//! reviews.

use std::path::PathBuf;

use super::branches;
use crate::app::App;
use crate::error::{Error, Result};
use crate::git::RefStep;
use crate::lock::FileLock;
use crate::model::{Act, KeptBranch, Oid, RunId};
use crate::session::worktree::WorkspaceRoot;
use crate::store::{RecoveryPoints, RunStore};

const HEADS: &str = "refs/heads/";

/// A branch of a variant of a run that is not there, at the commit that git-puff made: without commits on top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrphanBranch {
    /// Its name, without `refs/heads/`.
    pub branch: String,
    /// Where it is.
    pub at: Oid,
    /// The run that it is named for.
    pub run: RunId,
    /// The recovery point of a prune keeps it: `undo` restores it with its run.
    pub is_kept: bool,
}

/// Finds the branches of runs that are not there. A branch with further commits is left out: a prune leaves
/// it on purpose.
///
/// # Errors
/// When the refs cannot be read, or `puff.branchPrefix` cannot be used.
pub fn orphan_branches(app: &App) -> Result<Vec<OrphanBranch>> {
    let (repo, store) = (&app.repo, RunStore::new(app));
    let prefix = format!("{HEADS}{}", branches::prefix(app)?);
    // Refs are listed by folders; a prefix may end within a name.
    let folder = prefix.rfind('/').map_or(HEADS, |at| &prefix[..=at]);
    let mut found = Vec::new();
    for (name, at) in repo.refs_under(folder)? {
        let Some((run, number)) = name.strip_prefix(&prefix).and_then(of_variant) else { continue };
        if store.exists(&run) || !is_variant(app, at, &run, number) {
            continue;
        }
        let is_kept = RecoveryPoints::new(app).points(&run).flatten().any(|point| match &point.recovery.act {
            Act::Prune(pruned) => pruned.branches.contains(&KeptBranch { name: name.clone(), at }),
            Act::Pick(_) => false,
        });
        found.push(OrphanBranch { branch: name[HEADS.len()..].to_owned(), at, run, is_kept });
    }
    Ok(found)
}

/// Returns the run and the number in `<run>/var<N>`.
fn of_variant(name: &str) -> Option<(RunId, u32)> {
    let (run, variant) = name.split_once('/')?;
    Some((run.parse().ok()?, variant.strip_prefix("var")?.parse().ok()?))
}

/// Says this commit itself that it is that variant?
fn is_variant(app: &App, commit: Oid, run: &RunId, number: u32) -> bool {
    let Ok(commit) = app.repo.commit(commit) else { return false };
    let (of_run, of_variant) = (format!("Puff-Run: {run}"), format!("Puff-Variant: {number}/"));
    let mut lines = commit.message.lines();
    lines.any(|line| line == of_run) && commit.message.lines().any(|line| line.starts_with(&of_variant))
}

/// Deletes an orphaned branch that a recovery point keeps; one that nothing keeps, or that is checked out, stays.
/// Returns whether it is gone.
///
/// # Errors
/// When another process is deciding its run, or the ref cannot be written.
pub fn remove_branch(app: &App, orphan: &OrphanBranch) -> Result<bool> {
    let name = format!("{HEADS}{}", orphan.branch);
    let _lock = RecoveryPoints::new(app).lock(&orphan.run)?;
    // It was found without the lock.
    let still = orphan_branches(app)?.into_iter().find(|other| other == orphan).is_some_and(|other| other.is_kept);
    if !still || app.repo.holder(&name, app.layout.top()).is_some() {
        return Ok(false);
    }
    let _writing = RunStore::new(app).lock()?;
    let step = RefStep { name, old: Some(orphan.at), new: None };
    app.repo.change_refs(&[step], "puff: belongs to no run").map_err(Error::from)?;
    Ok(true)
}

/// Finds the empty folders beside the repository in which worktrees of a run were, when no process is making one there.
pub fn empty_folders(app: &App) -> Vec<PathBuf> {
    let Ok(workspace_root) = WorkspaceRoot::find(app) else { return Vec::new() };
    if FileLock::is_held(&app.layout.local_lock()) {
        return Vec::new();
    }
    let entries = std::fs::read_dir(workspace_root.root()).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let Some(run) = entry.file_name().to_str().and_then(|name| name.parse::<RunId>().ok()) else { continue };
        let is_empty = entry.file_type().is_ok_and(|kind| kind.is_dir())
            && entry.path().read_dir().is_ok_and(|mut entries| entries.next().is_none());
        // The folder of sessions is empty whenever a user removed the last of their worktrees.
        if is_empty && entry.path() != workspace_root.of_sessions() && !FileLock::is_held(&app.layout.review_lock(&run))
        {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_of_a_variant_is_known_by_its_name() {
        let (run, number) = of_variant("fix-3f2a/var12").unwrap();
        assert_eq!((run.as_str(), number), ("fix-3f2a", 12));
        for other in ["fix", "fix/var", "fix/varx", "fix/var1/more", "fix/other1", "-x/var1", "Fix/var1"] {
            assert!(of_variant(other).is_none(), "{other}");
        }
    }
}
