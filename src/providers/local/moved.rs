//! Worktrees of a repository that was renamed or moved while agents were active: git's links between the two name
//! folders that are gone, and so does the run's record. They are mended as `git worktree repair` does.

use std::path::Path;

use crate::app::App;
use crate::error::Result;
use crate::git::Worktree;
use crate::model::{Local, Run, StepKind};
use crate::session::worktree::WorkspaceRoot;
use crate::store::{Change, RunStore};

/// Finds the worktrees of a run where they are now, and links them with the repository again.
///
/// # Errors
/// When that cannot be recorded.
pub(super) fn follow(app: &App, run: Run, local: Local) -> Result<(Run, Local)> {
    let (run, local) = if local.worktrees.is_dir() { (run, local) } else { relocate(app, run, local)? };
    for variant in &run.variants {
        let path = local.worktree(variant.index);
        let known = path.is_dir().then(|| known_at(app, &path)).flatten();
        if let Some(worktree) = known.filter(names_another_place) {
            // What cannot be written is as it was: the harvest does not need it.
            let _ = app.repo.link_worktree(&worktree);
        }
    }
    Ok((run, local))
}

/// Returns the folder of the worktrees went with the repository: into the folder beside it that new ones would be made
/// in.
fn relocate(app: &App, run: Run, local: Local) -> Result<(Run, Local)> {
    let Ok(workspace_root) = WorkspaceRoot::find(app) else { return Ok((run, local)) };
    let now = Local { worktrees: workspace_root.of_run(&run.run), ..local.clone() };
    let mut found = false;
    for variant in &run.variants {
        let (from, to) = (local.worktree(variant.index), now.worktree(variant.index));
        // Only git's own record of the old folder says that this is the same one.
        let known = known_at(app, &from).or_else(|| known_at(app, &to));
        let Some(known) = known.filter(|_| to.is_dir() && from != to) else { continue };
        found |= app.repo.relocate_worktree(&known, &to).is_ok();
    }
    if !found {
        return Ok((run, local));
    }
    let folder = now.worktrees.display().to_string();
    let outcome = RunStore::new(app).update(&run.run, app.clock.now(), |run| {
        run.local = Some(now.clone());
        Ok(Some(Change::new(StepKind::Observe, format!("its worktrees are in '{folder}' now"))))
    })?;
    Ok((outcome.recorded.run, now))
}

/// Returns what git knows of a worktree by exactly this name.
fn known_at(app: &App, path: &Path) -> Option<Worktree> {
    app.repo.worktrees().into_iter().find(|worktree| worktree.path == path)
}

/// Returns whether the `.git` file of a worktree names a folder that is gone. One that an agent has written or removed
/// stays as it is.
fn names_another_place(worktree: &Worktree) -> bool {
    let file = crate::files::read_to_string(worktree.path.join(".git")).unwrap_or_default();
    let Some(named) = file.strip_prefix("gitdir: ").map(|named| worktree.path.join(named.trim_end())) else {
        return false;
    };
    !named.exists() && named.file_name() == worktree.admin.file_name()
}
