//! Finds picks and prunes that were interrupted, and finishes them.

use std::fmt;

use super::pick::reconcile::{PickState, pick_state};
use super::{pick, prune, undo};
use crate::app::App;
use crate::error::Result;
use crate::lock::FileLock;
use crate::model::{Act, Oid, RunId};
use crate::store::{RecoveryPoint, RecoveryPoints, RunStore};

/// How far something got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterruptedStep {
    /// A prune was interrupted.
    Prune,
    /// A pick is done, and its record does not say so.
    Taken,
    /// Nothing came of a pick.
    Void,
    /// A pick waits for its conflicts to be resolved.
    Waits,
    /// The undo of a pick was interrupted.
    Undo,
}

/// Something that was started and not ended.
#[derive(Clone, Debug)]
pub struct InterruptedOperation {
    /// How far it got.
    pub step: InterruptedStep,
    point: RecoveryPoint,
}

impl InterruptedOperation {
    /// Returns the run.
    pub fn run(&self) -> &str {
        self.point.recovery.run.as_str()
    }

    /// Returns the name of the run.
    pub fn id(&self) -> &RunId {
        &self.point.recovery.run
    }

    /// Returns the command that ends it, where the user has to decide.
    pub fn next(&self) -> Option<&'static str> {
        (self.step == InterruptedStep::Waits)
            .then_some("resolve them there, then 'git puff pick --continue'; or 'git puff pick --abort'")
    }
}

impl fmt::Display for InterruptedOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.point.recovery.words();
        match self.step {
            InterruptedStep::Prune => {
                write!(f, "{what} was interrupted (to undo it instead: git puff undo {})", self.run())
            }
            InterruptedStep::Taken => write!(f, "{what} is done, and not recorded"),
            InterruptedStep::Void => write!(f, "{what} was started and changed nothing"),
            InterruptedStep::Undo => write!(f, "the undo of {what} was interrupted"),
            InterruptedStep::Waits => {
                let worktree = match &self.point.recovery.act {
                    Act::Pick(pick) => pick.worktree.as_ref().map(|path| format!(" in '{}'", path.display())),
                    Act::Prune(_) => None,
                };
                write!(f, "{what} waits for its conflicts to be resolved{}", worktree.unwrap_or_default())
            }
        }
    }
}

/// Finds interrupted operations, without those that are running right now. Nothing is changed.
pub fn interrupted_operations(app: &App) -> Vec<InterruptedOperation> {
    let points = RecoveryPoints::new(app).of_runs().unwrap_or_default().into_iter();
    let idle = points.filter(|(point, _)| !FileLock::is_held(&app.layout.decide_lock(&point.recovery.run)));
    idle.filter_map(|(point, head)| Some(InterruptedOperation { step: step(app, &point, head)?, point })).collect()
}

/// Returns how far the act of a point got that is the newest of the run whose journal ends at `head`.
fn step(app: &App, point: &RecoveryPoint, head: Oid) -> Option<InterruptedStep> {
    let Act::Pick(pick) = &point.recovery.act else {
        // A later step on the run supersedes it.
        return (point.recovery.journal == head).then_some(InterruptedStep::Prune);
    };
    let run = RunStore::new(app).at(&point.recovery.run, head).ok()?.run;
    match pick_state(app, point, pick, &run) {
        PickState::Recorded(after) => undo::is_interrupted(app, point, pick, after).then_some(InterruptedStep::Undo),
        PickState::Done(_) => Some(InterruptedStep::Taken),
        PickState::Void => Some(InterruptedStep::Void),
        PickState::Waits => Some(InterruptedStep::Waits),
    }
}

/// Finishes one of them; returns false where the user has to decide.
///
/// # Errors
/// When it cannot be ended.
pub fn finish(app: &App, operation: &InterruptedOperation) -> Result<bool> {
    let (recovery_points, id) = (RecoveryPoints::new(app), &operation.point.recovery.run);
    let _lock = recovery_points.lock(id)?;
    // It was found without the lock: another process may have ended it since, and begun another run of that name.
    let head = RunStore::new(app).head(id);
    let newest = head.and_then(|head| Some((recovery_points.newest_of(id, head).ok()??, head)));
    let now = newest.and_then(|(point, head)| (point.id == operation.point.id).then(|| step(app, &point, head)));
    if now.flatten() != Some(operation.step) {
        return Ok(false);
    }
    match operation.step {
        InterruptedStep::Waits => return Ok(false),
        InterruptedStep::Taken | InterruptedStep::Void => {
            pick::reconcile::reconcile(app, &RunStore::new(app).load(id)?)?
        }
        InterruptedStep::Undo => drop(undo::undo_locked(app, id, Some(operation.point.id))?),
        InterruptedStep::Prune => drop(prune::carry_out(app, &prune::plan(app, id)?)?),
    }
    Ok(true)
}
