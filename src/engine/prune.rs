//! Removing runs: branches, worktrees, notes, record, logs.
//!
//! In this order, so that a kill at any point leaves what a second prune continues from, or `undo` undoes: a recovery
//! point that keeps all of it; worktrees; sessions and logs; notes; and then, all at once, the branches and the run
//! itself. As long as the run is there, a prune of it is not done. Notes and refs go under one lock, which every writer
//! of notes takes and then looks whether the run exists: none puts notes of a pruned run back.

mod notes;
mod plan;
mod weigh;
mod worktrees;

pub use self::notes::{Text, restore as restore_notes};
pub use self::plan::{Plan, plan};
pub use self::worktrees::BEING_PRUNED;

use crate::app::App;
use crate::engine::tombstones;
use crate::error::{Error, Result};
use crate::git::{Edit, EntryKind, RefFailure, RefStep};
use crate::model::{Act, Oid, PrunePoint, Recovery};
use crate::store::{RecoveryPoint, RecoveryPoints, RunStore};

/// Removes a run as planned. Call it under [`RecoveryPoints::lock`], with a plan that was made under it.
///
/// # Errors
/// When something cannot be removed, or was changed meanwhile: what is left is removed by the next prune.
pub fn carry_out(app: &App, plan: &Plan) -> Result<RecoveryPoint> {
    let point = keep(app, plan)?;
    let id = &plan.recorded.run.run;
    for worktree in &plan.worktrees {
        worktrees::remove(app, &plan.recorded.run, worktree)?;
    }
    for path in &plan.files {
        let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
        if let Err(cause) = removed.or_else(|cause| if path.exists() { Err(cause) } else { Ok(()) }) {
            return Err(Error::failed(format!("cannot remove '{}'", path.display()))
                .hint(format!("fix that, then run 'git puff prune {id}' again"))
                .because(cause));
        }
    }
    let mut steps: Vec<RefStep> = plan
        .branches
        .iter()
        .map(|branch| RefStep { name: branch.name.clone(), old: Some(branch.at), new: None })
        .collect();
    steps.push(RefStep { name: id.ref_name(), old: Some(plan.recorded.head), new: None });
    let store = RunStore::new(app);
    let lock = store.lock()?;
    // A run that went on since it was planned keeps its notes.
    if store.head(id) != Some(plan.recorded.head) {
        return Err(RefFailure::Moved(id.ref_name()).into());
    }
    notes::remove(app, &lock, &plan.recorded.run)?;
    // Who has it too hears of it with the next sync.
    steps.extend(tombstones::write_tombstone(app, &plan.recorded)?);
    app.repo.change_refs(&steps, "puff: pruned")?;
    Ok(point)
}

/// Keeps a recovery point of what is about to go. What a prune that was killed has removed already is in its point, and
/// goes over into this one.
fn keep(app: &App, plan: &Plan) -> Result<RecoveryPoint> {
    let (recovery_points, run) = (RecoveryPoints::new(app), &plan.recorded.run);
    let newest = recovery_points.newest_of(&run.run, plan.recorded.head)?;
    let interrupted = newest.filter(|point| matches!(point.recovery.act, Act::Prune(_)));
    let mut texts: Vec<Text> = plan.notes.clone();
    let (mut worktrees, mut branches) = (plan.worktrees.clone(), plan.branches.clone());
    if let Some(interrupted) = &interrupted
        && let Act::Prune(before) = &interrupted.recovery.act
    {
        for (at, kept) in before.notes.iter().enumerate() {
            let same = |text: &Text| text.notes == kept.notes && text.object == kept.object;
            if !texts.iter().any(same) {
                texts.extend(notes::kept(app, interrupted, at, kept)?);
            }
        }
        worktrees.retain(|there| there.locked.as_deref() != Some(BEING_PRUNED));
        let gone = before.worktrees.iter().filter(|kept| !worktrees.iter().any(|there| there.path == kept.path));
        let gone: Vec<_> = gone.cloned().collect();
        worktrees.extend(gone);
        // Refs in files are removed one by one: a kill may have come between two branches and the run.
        let gone = before.branches.iter().filter(|kept| app.repo.ref_target(&kept.name).is_none());
        branches.extend(gone.cloned());
    }
    let mut files: Vec<(String, Edit)> = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let blob = app.repo.write_blob(text.text.as_bytes())?;
        files.push((format!("notes/{at}"), Edit::Put(EntryKind::File, blob)));
    }
    for (at, worktree) in worktrees.iter().enumerate() {
        files.extend(worktree.tree.map(|tree| (format!("worktrees/{at}"), Edit::Put(EntryKind::Tree, tree))));
    }
    let prune = PrunePoint { branches, notes: texts.iter().map(Text::named).collect(), worktrees };
    let keep: Vec<Oid> = prune
        .branches
        .iter()
        .map(|branch| branch.at)
        .chain(prune.worktrees.iter().map(|worktree| worktree.head))
        .chain([run.base_oid])
        .collect();
    let point = Recovery {
        schema: Recovery::schema(),
        run: run.run.clone(),
        task_id: run.task_id.clone(),
        at: app.clock.now(),
        previous: None,
        journal: plan.recorded.head,
        act: Act::Prune(prune),
    };
    recovery_points.push(point, &files, &keep, interrupted.as_ref())
}
