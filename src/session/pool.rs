//! The pool of private workspaces, as it is configured: claiming one, and keeping the pool as small as it should be.

use std::path::Path;
use std::time::Duration;

use super::workspace_root::WorkspaceRoot;
use crate::app::App;
use crate::error::{Error, Result};
use crate::git::{Claim, Claimed, Content, PoolSize, WorkspaceState, Worktree, WorktreeKind};
use crate::model::Oid;
use crate::process;
use crate::settings;

/// A day in seconds.
const DAY: u64 = 24 * 3600;

/// Returns which kind of workspace agents and checks get.
pub fn kind(app: &App) -> WorktreeKind {
    match app.settings.text(settings::WORKSPACE).as_deref() {
        Some("linked") => WorktreeKind::Linked,
        _ => WorktreeKind::Private,
    }
}

/// Claims a private workspace, locked with this reason: at this path, or in the pool itself where there is none. None where
/// none can be made here, which is noted for `doctor`: then a linked worktree has to do.
///
/// # Errors
/// When there is no folder for it.
pub fn claim(app: &App, path: Option<&Path>, commit: Oid, reason: &str, warm: Option<&str>) -> Result<Option<Claimed>> {
    let noted = app.layout.workspace_fallback();
    let (root, most) = (WorkspaceRoot::find(app)?, app.settings.number(settings::POOL_MAX)? as usize);
    let without = branches_of_variants(app);
    let content = Content { commit, without: &without };
    let claimed = app.repo.claim_workspace(&Claim { pool: &root.pool(), path, content, reason, warm, most });
    match claimed {
        Ok(claimed) => {
            let _ = std::fs::remove_file(noted);
            Ok(Some(claimed))
        }
        Err(cause) => {
            // What cannot be noted is said by the linked worktree that fails as well.
            let _ = app.layout.replace(&noted, format!("{cause:#}\n").as_bytes());
            Ok(None)
        }
    }
}

/// Brings a private workspace that is in use to a commit, with a new repository of its own. Ignored files stay if it `is_warm`.
///
/// # Errors
/// When it cannot be brought there: then another one is needed.
pub fn bring_to(
    app: &App,
    workspace: &Worktree,
    commit: Oid,
    is_warm: bool,
    known: Option<&WorkspaceState>,
) -> Result<()> {
    let without = branches_of_variants(app);
    let content = Content { commit, without: &without };
    let brought = app.repo.restore_workspace(workspace, &content, is_warm, known);
    let failed = || Error::failed(format!("cannot bring the workspace '{}' to {commit}", workspace.path.display()));
    brought.map_err(|cause| failed().because(cause))
}

/// Returns what the names of the branches of variants begin with: no agent sees those of the others.
fn branches_of_variants(app: &App) -> String {
    app.settings.text(settings::BRANCH_PREFIX).unwrap_or_default()
}

/// Returns why workspaces here are linked worktrees although private ones are configured, if they are.
pub fn fallback_reason(app: &App) -> Option<String> {
    let said = crate::files::read_to_string(app.layout.workspace_fallback()).ok()?;
    Some(said.trim_end().to_owned()).filter(|_| kind(app) == WorktreeKind::Private)
}

/// Returns how much is in the pool.
pub fn size(app: &App) -> PoolSize {
    WorkspaceRoot::find(app).map(|root| app.repo.pool_size(&root.pool())).unwrap_or_default()
}

/// Gives up workspaces that are more than `puff.pool.max`, or idle for longer than `puff.pool.keep`, and has the trash emptied
/// in the background. Nothing depends on it: what fails is tried again after the next use.
pub fn tidy(app: &App) {
    let (Ok(root), Ok(most), Ok(keep)) =
        (WorkspaceRoot::find(app), app.settings.number(settings::POOL_MAX), app.settings.number(settings::POOL_KEEP))
    else {
        return;
    };
    let _ = app.repo.trim_pool(&root.pool(), most as usize, Duration::from_secs(DAY * u64::from(keep)));
    if app.repo.has_trash(&root.pool()) {
        let _ = app.own_call().map(|call| process::start_detached(&call.arg("empty-trash"), &app.layout.trash_log()));
    }
}

/// Gives up every workspace that is free, and empties the trash. Returns what could not be deleted, and why.
///
/// # Errors
/// When the pool cannot be written.
pub fn clear(app: &App) -> Result<Vec<String>> {
    let pool = WorkspaceRoot::find(app)?.pool();
    let trimmed = app.repo.trim_pool(&pool, 0, Duration::MAX);
    trimmed.map_err(|cause| Error::failed("cannot clear the pool of workspaces").because(cause))?;
    let left = app.repo.empty_trash(&pool).into_iter();
    Ok(left.map(|(path, cause)| format!("cannot delete '{}': {cause}", path.display())).collect())
}

/// Empties the trash of the pool: what the process does that [`tidy`] starts.
pub fn empty_trash(app: &App) {
    if let Ok(root) = WorkspaceRoot::find(app) {
        app.repo.empty_trash(&root.pool());
    }
}
