//! What a run of agents on this machine keeps outside of its record: the environment of its launch, and what the user's
//! worktrees held then. It is written before the run is recorded, so that no such run is without, and removed as soon
//! as nothing needs it.

use std::time::Duration;

use crate::app::{AgentEnv, App};
use crate::error::{Error, Result};
use crate::model::{Run, RunId, State};
use crate::session::user_files::UserFiles;
use crate::store::{
    ActiveFiles, ENVIRONMENT, RunStore, USER_FILES, ignored_before, runs_with_active_files, user_files_of,
};

/// Files of a run that is not recorded are older than this when no process is about to record it.
const FORGOTTEN: Duration = Duration::from_secs(3600);

/// Keeps both for a run that is about to be recorded.
///
/// # Errors
/// When they cannot be written.
pub fn keep(app: &App, run: &Run, environment: &AgentEnv, user_files: &UserFiles) -> Result<()> {
    let live = ActiveFiles::of(&app.layout, run);
    live.write(ENVIRONMENT, &environment.to_bytes()).map_err(|cause| {
        let folder = app.layout.live();
        Error::cannot_work(format!(
            "cannot keep the environment for the agents of '{}' in '{}'",
            run.run,
            folder.display()
        ))
        .hint("check who may write to the git directory, and the space on its disk")
        .because(cause)
    })?;
    // A warning less, where a name is no UTF-8.
    if let Ok(json) = serde_json::to_vec(user_files) {
        let _ = live.write(USER_FILES, &json);
    }
    Ok(())
}

/// Removes what a run does not need any more: the environment when no agent of it is going to be started, the rest when
/// what the agents made is recorded.
pub fn forget(app: &App, run: &Run) {
    let live = ActiveFiles::of(&app.layout, run);
    if !run.state.is_active() {
        live.forget(ENVIRONMENT);
    }
    if matches!(run.state, State::Harvested | State::Reviewed | State::Picked | State::Cancelled) {
        live.forget(USER_FILES);
        for variant in &run.variants {
            live.forget(&user_files_of(variant.index));
            // A worktree that stays is harvested again, and then as before.
            let stays = run.local.as_ref().is_some_and(|local| local.worktree(variant.index).exists());
            if !stays {
                live.forget(&ignored_before(variant.index));
            }
        }
    }
}

/// Removes what interrupted calls have left: of runs that are over, and of those that were never recorded.
pub fn sweep(app: &App) {
    let store = RunStore::new(app);
    for name in runs_with_active_files(&app.layout) {
        let Ok(id) = name.parse::<RunId>() else { continue };
        if let Ok(recorded) = store.load(&id) {
            forget(app, &recorded.run);
            continue;
        }
        let folder = app.layout.live().join(&name);
        let age = folder.symlink_metadata().and_then(|meta| meta.modified()).ok().and_then(|at| at.elapsed().ok());
        if !store.exists(&id) && age.is_some_and(|age| age > FORGOTTEN) {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
