//! Puts a worktree back to before a pick of which nothing came: one that was killed, or that a full disk stopped, may
//! have left files of the variant in it, and no trace of git's own that says so.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::progress::{is_in_progress, target};
use crate::app::App;
use crate::error::{Result, ResultExt};
use crate::git::TreeChange;
use crate::model::{Oid, PickPoint};

/// Restores the files that are as the pick makes them, or absent. The worktree was clean when the pick began, so a file
/// that is otherwise is one that the user has changed since, or one cut off in the middle of a write: it stays, and git
/// shows it.
///
/// # Errors
/// When an object is missing, or git cannot restore a file.
pub(super) fn restore(app: &App, pick: &PickPoint) -> Result<()> {
    let (Some(worktree), Some(before)) = (&pick.worktree, pick.before) else { return Ok(()) };
    if is_in_progress(pick) || target(app, pick) != Some(before) || !worktree.is_dir() {
        return Ok(());
    }
    let repo = &app.repo;
    let (variant, there) = (repo.commit(pick.commit)?, repo.commit(before)?.tree);
    let parent = variant.parents.first().map(|parent| repo.commit(*parent)).transpose()?.map(|parent| parent.tree);
    let (changes, _) = repo.tree_changes(parent, Some(variant.tree))?;
    let mut left = Vec::new();
    for change in changes {
        let now = repo.entry(there, &change.path)?.map(|entry| (entry.kind, entry.oid));
        // Where both sides changed a file, what git would have made of it is not known here.
        if now == change.old && is_left(app, worktree, &change)? {
            left.push(change);
        }
    }
    let (known, new): (Vec<_>, Vec<_>) = left.into_iter().partition(|change| change.old.is_some());
    let paths =
        |of: &'_ [TreeChange]| of.iter().map(|change| OsStr::from_bytes(&change.path).to_owned()).collect::<Vec<_>>();
    let (known, new) = (paths(&known), paths(&new));
    for path in &new {
        let _ = std::fs::remove_file(worktree.join(path));
    }
    let (known, new): (Vec<_>, Vec<_>) =
        (known.iter().map(|path| path.as_os_str()).collect(), new.iter().map(|path| path.as_os_str()).collect());
    let cannot = || format!("cannot remove what the pick has left in '{}'", worktree.display());
    repo.restore_files(worktree, before, &known, &new).or_fail(cannot)
}

/// Returns whether a file of the worktree is as the pick makes it, and not as it was.
fn is_left(app: &App, worktree: &Path, change: &TreeChange) -> Result<bool> {
    let path = OsStr::from_bytes(&change.path);
    let file = worktree.join(path);
    let made: Option<Oid> = change.new.map(|(_, oid)| oid);
    match file.symlink_metadata() {
        Err(_) => Ok(change.old.is_some()),
        Ok(found) if found.is_file() => {
            let oid = app.repo.hash_file(worktree, path).or_fail(|| format!("cannot read '{}'", file.display()))?;
            Ok(oid.is_some() && oid == made && oid != change.old.map(|(_, oid)| oid))
        }
        Ok(_) => Ok(false),
    }
}
