//! The journal of a run whose agents are active, beside its ref: an agent that deletes the ref, or puts something else
//! in its place, before anyone watches the run erases nothing. The objects of the journal are kept there too: git's
//! collection of garbage takes those that no ref leads to, and who deletes a ref can call it.

use std::collections::HashSet;

use super::active_files::{ActiveFiles, JOURNAL, active_journal, active_step};
use super::{RUNS, RecoveryPoints, RunStore};
use crate::error::{Result, ResultExt};
use crate::git::Expected;
use crate::model::{Act, Oid, Run, RunId};

/// The largest step that is kept, in bytes: what a harvest adds can be patches of any size.
const MOST_BYTES: usize = 32 << 20;

/// How many steps of a journal are kept, or put back.
const MOST_STEPS: usize = 10_000;

impl RunStore<'_> {
    /// Keeps the newest step of a run beside its ref, as long as the run is watched on this machine. Without it a
    /// deleted ref is only put back by a watcher that has seen it, so a failure to write it stops nothing.
    pub(super) fn keep_step(&self, run: &Run, head: Oid) {
        if run.local.is_none() {
            return;
        }
        let live = ActiveFiles::of(self.layout, run);
        if run.is_job() {
            let _ = self.keep_objects(&live, head);
            let _ = live.write(JOURNAL, head.to_string().as_bytes());
        } else {
            live.forget_steps();
            live.forget(JOURNAL);
        }
    }

    /// Keeps the objects of a step, and of those before it that are not kept yet.
    fn keep_objects(&self, live: &ActiveFiles<'_>, head: Oid) -> Result<()> {
        let (mut steps, mut seen) = (vec![head], HashSet::new());
        while let Some(step) = steps.pop() {
            if seen.len() > MOST_STEPS || !seen.insert(step) || live.has_step(step) {
                continue;
            }
            let (objects, parents) = self.repo.own_objects(step, MOST_BYTES)?;
            if let Some(objects) = objects {
                live.keep_step(step, &objects).or_fail(|| format!("cannot keep the step {step}"))?;
            }
            steps.extend(parents);
        }
        Ok(())
    }

    /// Writes the objects of a journal again that are kept beside its ref. Returns whether its newest step is there.
    pub fn restore_objects(&self, id: &RunId, head: Oid) -> bool {
        let (mut steps, mut seen) = (vec![head], HashSet::new());
        while let Some(step) = steps.pop() {
            if seen.len() > MOST_STEPS || !seen.insert(step) {
                continue;
            }
            let kept = active_step(self.layout, id, step);
            let parents = kept.and_then(|kept| self.repo.restore_objects(&kept, step).ok());
            steps.extend(parents.unwrap_or_default());
        }
        self.repo.has_commit(head)
    }

    /// Puts back the ref of a run that is watched, where it is gone or names something else than a step of its journal.
    /// Returns the step it is at again.
    pub fn restore_ref(&self, id: &RunId) -> Option<Oid> {
        let head = active_journal(self.layout, id)?;
        let there = self.head(id);
        let is_step = |there: Oid| {
            let follows = |a, b| self.repo.is_ancestor(a, b).unwrap_or(true);
            there == head || follows(there, head) || follows(head, there)
        };
        // An older step may be what a killed command left: only a watcher that saw the newer one puts that back.
        if there.is_some_and(|there| is_step(there) && self.read(id.as_str(), there).is_ok()) {
            return None;
        }
        // Asking whether they are there is not enough: what was read before is remembered.
        if !self.restore_objects(id, head) {
            return None;
        }
        let recorded = self.at(id, head).ok()?;
        let is_own = ActiveFiles::of(self.layout, &recorded.run).read(JOURNAL).ok().flatten().is_some();
        if !is_own || !recorded.run.is_job() || self.was_pruned(id, head) {
            return None;
        }
        let expected = there.map_or(Expected::Absent, Expected::At);
        self.repo.set_ref(&format!("{RUNS}{id}"), head, expected, "puff: put back").is_ok().then_some(head)
    }

    /// Returns whether a prune removed this journal, or one that it went on to: a prune leaves a recovery point.
    pub fn was_pruned(&self, run: &RunId, head: Oid) -> bool {
        let follows = |later: Oid| later == head || self.repo.is_ancestor(head, later).unwrap_or(false);
        let is_prune = |act: &Act| matches!(act, Act::Prune(_));
        let recovery_points = RecoveryPoints::new(self.app);
        recovery_points
            .points(run)
            .flatten()
            .any(|point| is_prune(&point.recovery.act) && follows(point.recovery.journal))
    }
}
