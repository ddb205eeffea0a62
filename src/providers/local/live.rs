//! What agents commit in their workspaces while they are at work, as refs that the user can look at and switch to.

use crate::app::App;
use crate::git::Worktree;
use crate::model::{Oid, Run, RunId, Variant, VariantStatus};

/// The namespace of these refs.
const LIVE: &str = "refs/puff/live/";

/// Returns the ref of the HEAD of a variant's agent; its branches are below the same name with `-heads/` at its end.
fn live_ref(run: &RunId, variant: u32) -> String {
    format!("{LIVE}{run}/{variant}")
}

/// Fetches what the agents of a run have committed by now. Returns the refs of those that have, each with the number of its variant.
pub fn fetch(app: &App, run: &Run) -> Vec<(u32, String)> {
    let Some(local) = run.local.as_ref().filter(|_| !run.is_remote()) else { return Vec::new() };
    let mut found = Vec::new();
    for variant in run.variants.iter().filter(|variant| variant.status == VariantStatus::InProgress) {
        let Some(workspace) = app.repo.worktree_at(&local.worktree(variant.index)) else { continue };
        let name = live_ref(&run.run, variant.index);
        // What cannot be read now is of an agent that writes it at this moment, or has removed it.
        let _ = app.repo.fetch_workspace(&workspace, run.base_oid, &name);
        found.extend(app.repo.ref_target(&name).map(|_| (variant.index, name)));
    }
    found
}

/// Fetches what was committed in a workspace of a run, by its agent or the user. Returns its HEAD, where that is not the run's base.
pub fn fetch_head(app: &App, run: &Run, workspace: &Worktree) -> Option<Oid> {
    let local = run.local.as_ref()?;
    let is_there = |variant: &&Variant| local.worktree(variant.index) == workspace.path;
    let variant = run.variants.iter().find(is_there)?;
    let name = live_ref(&run.run, variant.index);
    app.repo.fetch_workspace(workspace, run.base_oid, &name).ok()?;
    app.repo.ref_target(&name)
}

/// Removes what was fetched of all variants of a run.
pub fn forget_all(app: &App, run: &Run) {
    run.variants.iter().for_each(|variant| forget(app, run, variant.index));
}

/// Removes what was fetched of a variant: its workspace goes.
pub(super) fn forget(app: &App, run: &Run, variant: u32) {
    app.repo.forget_live(&live_ref(&run.run, variant));
}
