//! An undo of a pick that was interrupted while git moved the worktree.
//!
//! `git reset --keep` writes the files, then the index, then the ref. Stopped in between, it leaves a worktree that looks as if
//! the user had changed it. So the undo records that it has started; the next one then takes a file for its own only
//! where everything in that file is in one of both commits: it is as in one of them, absent, or the beginning of it.
//! Anything else is the user's, and nothing is touched.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use crate::app::App;
use crate::engine::pick::progress::target;
use crate::error::{Result, ResultExt};
use crate::git::{EntryKind, TreeChange};
use crate::model::{Oid, PickPoint};
use crate::store::RecoveryPoint;

/// Records that the worktree is about to be moved.
///
/// # Errors
/// When the git directory cannot be written.
pub(super) fn begin(app: &App, point: &RecoveryPoint) -> Result<()> {
    app.layout.replace(&app.layout.undo_mark(&point.recovery.run), point.id.to_string().as_bytes())
}

/// Records that it is moved, or that nothing of it has been.
pub fn end(app: &App, point: &RecoveryPoint) {
    if is_started(app, point) {
        let _ = std::fs::remove_file(app.layout.undo_mark(&point.recovery.run));
    }
}

fn is_started(app: &App, point: &RecoveryPoint) -> bool {
    let mark = std::fs::read_to_string(app.layout.undo_mark(&point.recovery.run));
    mark.is_ok_and(|id| id == point.id.to_string())
}

/// Returns whether an undo of this pick was interrupted in this worktree, with the ref still at `after`.
pub fn is_interrupted(app: &App, point: &RecoveryPoint, pick: &PickPoint, after: Oid) -> bool {
    let Some(before) = pick.before.filter(|_| is_started(app, point)) else { return false };
    let holder = super::holder(app, pick);
    if holder.is_none() || app.repo.location().worktree != holder || target(app, pick) != Some(after) {
        return false;
    }
    let half = holder.map(|worktree| half_moved(app, &worktree, after, before));
    half.is_some_and(|half| half.is_ok_and(|half| half.is_some_and(|half| !half.is_empty())))
}

/// Puts the worktree and the index back to `after`, where an undo to `before` was interrupted. Where anything else was
/// changed as well, or none was interrupted, nothing is touched.
///
/// # Errors
/// When an object cannot be read, or git cannot restore a file.
pub(super) fn rewind(app: &App, point: &RecoveryPoint, worktree: &Path, after: Oid, before: Oid) -> Result<()> {
    if !is_started(app, point) || app.repo.location().git_dir.join("index.lock").exists() {
        return Ok(());
    }
    let Some(half) = half_moved(app, worktree, after, before)? else { return Ok(()) };
    let (known, new): (Vec<_>, Vec<_>) = half.into_iter().partition(|change| change.old.is_some());
    for change in &new {
        let file = worktree.join(OsStr::from_bytes(&change.path));
        if let Err(cause) = std::fs::remove_file(&file)
            && cause.kind() != io::ErrorKind::NotFound
        {
            return Err(cause).or_fail(|| format!("cannot remove '{}'", file.display()));
        }
    }
    let paths = |of: Vec<TreeChange>| -> Vec<OsString> {
        of.into_iter().map(|change| OsString::from_vec(change.path)).collect()
    };
    let (known, new) = (paths(known), paths(new));
    let (known, new): (Vec<_>, Vec<_>) =
        (known.iter().map(OsString::as_os_str).collect(), new.iter().map(OsString::as_os_str).collect());
    let cannot = || format!("cannot continue the interrupted undo in '{}'", worktree.display());
    app.repo.restore_files(worktree, after, &known, &new).or_fail(cannot)
}

/// Returns the files that are not as in `after`, in the worktree or in the index; none where one of them, or the index,
/// has something that is in neither commit.
fn half_moved(app: &App, worktree: &Path, after: Oid, before: Oid) -> Result<Option<Vec<TreeChange>>> {
    let repo = &app.repo;
    let (changes, _) = repo.tree_changes(Some(repo.commit(after)?.tree), Some(repo.commit(before)?.tree))?;
    let staged = repo.staged_since(after).or_fail(|| "cannot compare the index with a commit".to_owned())?;
    let is_ours = |(path, entry): &(Vec<u8>, Option<(u32, Oid)>)| {
        let change = changes.iter().find(|change| change.path == *path);
        change.is_some_and(|change| change.new.map(|(kind, oid)| (kind.mode(), oid)) == *entry)
    };
    if !staged.iter().all(is_ours) {
        return Ok(None);
    }
    let mut half = Vec::new();
    for change in changes {
        let is_staged = staged.iter().any(|(path, _)| *path == change.path);
        match is_moved(app, worktree, &change)? {
            None => return Ok(None),
            Some(is_moved) => half.extend((is_moved || is_staged).then_some(change)),
        }
    }
    Ok(Some(half))
}

/// Returns whether a file of the worktree is not as in the first tree; none where it is in neither tree so.
fn is_moved(app: &App, worktree: &Path, change: &TreeChange) -> Result<Option<bool>> {
    let path = OsStr::from_bytes(&change.path);
    let file = worktree.join(path);
    let cannot = || format!("cannot read '{}'", file.display());
    if [change.old, change.new].into_iter().flatten().any(|(kind, _)| kind == EntryKind::Submodule) {
        // Git moves the index alone.
        return Ok(Some(false));
    }
    let found = match file.symlink_metadata() {
        Ok(found) => found,
        Err(cause) if matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Some(change.old.is_some()));
        }
        Err(cause) => return Err(cause).or_fail(cannot),
    };
    let bytes = if found.is_symlink() {
        std::fs::read_link(&file).or_fail(cannot)?.into_os_string().into_vec()
    } else if found.is_file() {
        std::fs::read(&file).or_fail(cannot)?
    } else {
        return Ok(None);
    };
    let is_kind = |kind: EntryKind| (kind == EntryKind::Symlink) == found.is_symlink();
    let mut sides = [None, None];
    for (side, (_, oid)) in [change.old, change.new]
        .into_iter()
        .enumerate()
        .filter_map(|(side, entry)| Some((side, entry.filter(|(kind, _)| is_kind(*kind))?)))
    {
        sides[side] = Some((oid, app.repo.blob(oid)?));
    }
    let [old, new] = sides;
    if old.as_ref().is_some_and(|(_, blob)| *blob == bytes) {
        // The mode alone may have changed.
        return Ok(Some(change.new.is_some_and(|(_, oid)| Some(oid) == change.old.map(|(_, oid)| oid))));
    }
    if old.iter().chain(&new).any(|(_, blob)| blob.starts_with(&bytes)) {
        return Ok(Some(true));
    }
    // By filters and line ends a file may be another than its object.
    let oid = app.repo.hash_file(worktree, path).or_fail(cannot)?;
    Ok(match oid {
        Some(oid) if old.is_some_and(|(old, _)| old == oid) => Some(false),
        Some(oid) if new.is_some_and(|(new, _)| new == oid) => Some(true),
        _ => None,
    })
}
