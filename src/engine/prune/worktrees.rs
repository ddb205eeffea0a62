//! The worktrees of a run: which may go, what of them is kept, and removing them.

use std::path::{Path, PathBuf};

use crate::app::App;
use crate::error::{Error, Result};
use crate::git::state::{Head, head, unfinished};
use crate::git::{Worktree, WorktreeFault};
use crate::model::documents::KeptBack;
use crate::model::{KeptWorktree, Run};
use crate::providers::local::live;
use crate::session::worktree::WorkspaceRoot;

/// What a lock of ours says first.
const OURS: &str = "git-puff";

/// What a worktree is locked with from before its first file goes: what is in it then is not what is to be kept.
pub const BEING_PRUNED: &str = "git-puff: it is being pruned";

/// Returns the folders in which the worktrees of a run are.
fn folders(app: &App, run: &Run) -> Vec<PathBuf> {
    let workspace_root = WorkspaceRoot::find(app).ok().map(|workspace_root| workspace_root.of_run(&run.run));
    // A record may come from anywhere: only a folder that is named for the run is its.
    let recorded = run.local.as_ref().filter(|_| !run.is_remote()).map(|local| local.worktrees.clone());
    let recorded = recorded.filter(|folder| folder.file_name().is_some_and(|name| name == run.run.as_str()));
    let folders = workspace_root.into_iter().chain(recorded);
    folders.map(|folder| folder.canonicalize().unwrap_or(folder)).collect()
}

/// Finds those that go, with everything in them that is not ignored, and those that stay.
pub(super) fn find(app: &App, run: &Run) -> Result<(Vec<KeptWorktree>, Vec<KeptBack>)> {
    let (mut going, mut staying) = (Vec::new(), Vec::new());
    let folders = folders(app, run);
    let there = app.repo.worktrees();
    let is_in = |path: &Path| {
        // Whatever is in its place by now: then it is named, and stays.
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        folders.iter().any(|folder| path.starts_with(folder) || real.starts_with(folder))
    };
    let ours: Vec<Worktree> = there.into_iter().filter(|worktree| is_in(&worktree.path)).collect();
    // One that an agent made inside its own goes or stays with that.
    let is_inside = |path: &Path| ours.iter().any(|outer| outer.path != path && path.starts_with(&outer.path));
    for worktree in ours.iter().filter(|worktree| !is_inside(&worktree.path)) {
        match inspect(app, run, worktree) {
            Ok(kept) => going.push(kept),
            Err(why) => staying.push(KeptBack { what: "worktree", name: worktree.path.display().to_string(), why }),
        }
    }
    going.sort_by(|one, other| one.path.cmp(&other.path));
    Ok((going, staying))
}

/// Returns what is to be kept of a worktree; or why it stays.
fn inspect(app: &App, run: &Run, worktree: &Worktree) -> Result<KeptWorktree, String> {
    let folder = app.repo.open_worktree(&worktree.path);
    if let Err(fault @ (WorktreeFault::Replaced(_) | WorktreeFault::Unreadable(_))) = &folder {
        return Err(fault.to_string());
    }
    let here = app.repo.location().worktree.as_deref();
    if here.is_some_and(|here| here == worktree.path || here.canonicalize().ok() == worktree.path.canonicalize().ok()) {
        return Err("it is where this was called".to_owned());
    }
    if let Some(reason) = worktree.locked.as_ref().filter(|reason| !reason.starts_with(OURS)) {
        return Err(format!("it is locked ({})", if reason.is_empty() { "no reason is given" } else { reason }));
    }
    // A workspace with a repository of its own takes its commits along, unless they are fetched.
    let own = live::fetch_head(app, run, worktree);
    let commit = match own.map_or_else(|| head(&worktree.admin), |own| Some(Head::At(own))) {
        Some(Head::At(commit)) => commit,
        Some(Head::On(branch)) => {
            return Err(format!("the branch '{}' is checked out there", crate::engine::pick::short(&branch)));
        }
        None => return Err("cannot read its HEAD".to_owned()),
    };
    let kept = KeptWorktree { path: worktree.path.clone(), head: commit, locked: worktree.locked.clone(), tree: None };
    if folder.is_err() || worktree.locked.as_deref() == Some(BEING_PRUNED) {
        return Ok(kept);
    }
    if let Some(unfinished) = unfinished(&worktree.admin) {
        return Err(format!("{} is not finished there", unfinished.words()));
    }
    let snapshot = app.repo.snapshot(&worktree.path, commit).map_err(|error| error.message().to_owned())?;
    let left_out = snapshot.unread.first().or(snapshot.submodules.first());
    if let Some(nested) = snapshot.worktrees.iter().find(|nested| nested.own_work) {
        return Err(format!("'{}' in it is a worktree with work of its own", nested.path));
    }
    match left_out {
        Some(path) => Err(format!("cannot keep '{path}' in it: it cannot be read, or has work of its own")),
        None => Ok(KeptWorktree { tree: Some(snapshot.tree), ..kept }),
    }
}

/// Removes a worktree, and the folders that are empty without it.
pub(super) fn remove(app: &App, run: &Run, worktree: &KeptWorktree) -> Result<()> {
    let path = &worktree.path;
    let Some(there) = app.repo.worktree_at(path) else { return Ok(()) };
    let removed = there.lock(BEING_PRUNED).and_then(|()| app.repo.remove_worktree(path));
    removed.map_err(|cause| {
        Error::failed(format!("cannot remove the worktree '{}'", path.display()))
            .hint("the recovery point keeps all of it; fix the folder, then prune again")
            .because(cause)
    })?;
    live::forget_all(app, run);
    let folders = path.ancestors().skip(1).take(2);
    folders.take_while(|folder| std::fs::remove_dir(folder).is_ok()).for_each(drop);
    Ok(())
}
