//! Runs that were pruned, or restored, for everybody.

use std::collections::{BTreeMap, BTreeSet};

use super::journal::Journal;
use super::troubles;
use super::{Exchange, There, named};
use crate::engine::tombstones::{exported_journal, is_about, is_said};
use crate::engine::{prune, undo};
use crate::error::Result;
use crate::git::RefStep;
use crate::model::documents::{Did, Outcome};
use crate::model::{Act, Oid, RunId, Tombstone};
use crate::store::{PRUNED, RecoveryPoint, RecoveryPoints, Tombstones};

/// What is said of runs that were pruned, once both sides are merged.
#[derive(Default)]
pub(super) struct TombstonesByRun {
    /// By run.
    pub of: BTreeMap<RunId, Tombstone>,
    /// The commits that say so here.
    pub here: BTreeMap<RunId, Oid>,
    /// What the remote does not say so, and whether it is of a prune.
    pub outgoing: BTreeMap<RunId, (Oid, bool)>,
}

impl Exchange<'_> {
    /// Puts together what both sides say of runs that were pruned.
    pub(super) fn stones(&self, there: &There, outcome: &mut Outcome) -> Result<TombstonesByRun> {
        let (repo, tombstones) = (&self.app.repo, Tombstones::new(self.app));
        let mut here = named(repo.refs_under(PRUNED)?, PRUNED);
        let none = BTreeMap::new();
        let from_there = if self.options.fetch { &there.pruned } else { &none };
        if self.options.fetch && !self.options.dry_run {
            let said: BTreeSet<RunId> = here.keys().chain(there.pruned.keys()).cloned().collect();
            let unsaid = self.say_pruned(&tombstones, there, &said)?;
            here.extend(named(unsaid.into_iter().filter_map(|step| Some((step.name, step.new?))).collect(), PRUNED));
        }
        let runs: BTreeSet<&RunId> = here.keys().chain(from_there.keys()).collect();
        let (mut stones, mut steps) = (TombstonesByRun::default(), Vec::new());
        for run in runs.into_iter().filter(|run| !there.unseen.contains(*run)) {
            let (ours, theirs) = (here.get(run).copied(), from_there.get(run).copied());
            let put = self.stone(&tombstones, run, ours, theirs);
            let (stone, id) = match put {
                Ok(put) => put,
                Err(error) => {
                    outcome.trouble(run, troubles::incoming(&error, run.as_str(), self.remote));
                    continue;
                }
            };
            if ours != Some(id) {
                steps.push(Tombstones::change(run, ours, id));
            }
            if there.pruned.get(run) != Some(&id) {
                stones.outgoing.insert(run.clone(), (id, stone.is_pruned()));
            }
            let is_back = ours.is_some_and(|ours| tombstones.read(ours, run).is_ok_and(|ours| ours.is_pruned()));
            if is_back && !stone.is_pruned() {
                outcome.did(run, Did::Revived);
            }
            stones.here.insert(run.clone(), id);
            stones.of.insert(run.clone(), stone);
        }
        if !self.options.dry_run {
            self.set(&steps)?;
            self.apply_tombstone(&stones, outcome);
        }
        Ok(stones)
    }

    fn stone(
        &self,
        tombstones: &Tombstones<'_>,
        run: &RunId,
        ours: Option<Oid>,
        theirs: Option<Oid>,
    ) -> Result<(Tombstone, Oid)> {
        let (one, other) = match (ours, theirs) {
            (Some(ours), Some(theirs)) if ours != theirs => (ours, theirs),
            (ours, theirs) => {
                let id = ours.or(theirs).expect("one of both is there");
                return Ok((tombstones.read(id, run)?, id));
            }
        };
        let repo = &self.app.repo;
        let (first, second) = (tombstones.read(one, run)?, tombstones.read(other, run)?);
        let mut journal = Journal::default();
        journal.take_in(repo, one)?;
        journal.take_in(repo, other)?;
        if journal.follows(one, other) {
            return Ok((first, one));
        }
        if journal.follows(other, one) {
            return Ok((second, other));
        }
        let merged = first.merged(&second);
        let id = repo.object_batch(|| tombstones.write(&merged, &[one.min(other), one.max(other)]))?;
        Ok((merged, id))
    }

    /// Returns whether a run that the remote has was pruned here while a sync was sending it, so that nothing says so
    /// yet: the next sync says it. Or whether it was pruned since what is said of runs was read.
    pub(super) fn is_pruned_here(&self, run: &RunId, theirs: Oid, stones: &TombstonesByRun) -> bool {
        match stones.of.get(run) {
            Some(stone) => !stone.is_pruned() && is_said(&Tombstones::new(self.app), run, true).unwrap_or(true),
            None => {
                is_said(&Tombstones::new(self.app), run, true).unwrap_or(true)
                    || self.pruned_unsaid(run, theirs).is_some()
            }
        }
    }

    /// Returns the steps of the run that was pruned here, all that the remote has among them.
    fn pruned_unsaid(&self, run: &RunId, theirs: Oid) -> Option<BTreeSet<Oid>> {
        let recovery_points = RecoveryPoints::new(self.app);
        let mut steps = recovery_points
            .points(run)
            .flatten()
            .filter(|point| matches!(point.recovery.act, Act::Prune(_)))
            .filter_map(|point| exported_journal(self.app, run, point.recovery.journal).ok().map(|(_, steps)| steps));
        steps.find(|steps| steps.contains(&theirs)).map(|steps| steps.into_iter().collect())
    }

    /// Says of a run that the remote has, and that was pruned here before it was known to be there, that it was pruned.
    fn say_pruned(&self, tombstones: &Tombstones<'_>, there: &There, said: &BTreeSet<RunId>) -> Result<Vec<RefStep>> {
        let mut found = Vec::new();
        let repo = &self.app.repo;
        for (run, theirs) in there.runs.iter().filter(|(run, _)| !said.contains(*run) && !there.unseen.contains(*run)) {
            let name = RecoveryPoints::ref_name(run);
            let points = repo.ref_target(&name);
            if repo.ref_target(&run.ref_name()).is_some() {
                continue;
            }
            let Some(journal) = self.pruned_unsaid(run, *theirs) else { continue };
            let journal: Vec<Oid> = journal.into_iter().collect();
            let step = repo.object_batch(|| tombstones.turn(run, true, journal, self.app.clock.now()))?;
            found.push((step, name, points));
        }
        // An undo may have brought the run back since: it takes the recovery point, and its own word counts.
        let _lock = self.app.layout.lock_for_writing()?;
        let still = |(step, recovery_points, points): &(RefStep, String, Option<Oid>)| {
            repo.ref_target(recovery_points) == *points && repo.ref_target(&step.name) == step.old
        };
        let steps: Vec<RefStep> = found.into_iter().filter(still).map(|(step, ..)| step).collect();
        repo.change_refs(&steps, "puff: sync")?;
        Ok(steps)
    }

    /// Brings back what was pruned here too, and is restored elsewhere.
    fn apply_tombstone(&self, stones: &TombstonesByRun, outcome: &mut Outcome) {
        let recovery_points = RecoveryPoints::new(self.app);
        for (run, stone) in stones.of.iter().filter(|(_, stone)| !stone.is_pruned()) {
            if self.app.repo.ref_target(&run.ref_name()).is_some() {
                continue;
            }
            let is_meant = |point: &RecoveryPoint| {
                let journal = point.recovery.journal;
                let exported = exported_journal(self.app, run, journal).map(|(exported, _)| exported);
                matches!(point.recovery.act, Act::Prune(_))
                    && exported.is_ok_and(|exported| is_about(self.app, stone, exported))
            };
            let point = recovery_points.points(run).flatten().find(is_meant);
            if let Some(point) = point {
                // Where something stands in its way, the run comes as it is at the remote.
                let brought_back = recovery_points.lock(run).and_then(|_lock| {
                    // It may have been pruned again since what is said of it was read.
                    let still = is_said(&Tombstones::new(self.app), run, false)?;
                    still.then(|| undo::undo_locked(self.app, run, Some(point.id))).transpose()
                });
                match brought_back {
                    Ok(None) => {}
                    Ok(Some(_)) => outcome.did(run, Did::Revived),
                    Err(error) => outcome.warnings.push(format!("{run}: {}", error.message())),
                }
            }
        }
    }

    /// Prunes here what was pruned elsewhere.
    pub(super) fn prune(&self, run: &RunId, by: &str, outcome: &mut Outcome) {
        let recovery_points = RecoveryPoints::new(self.app);
        let pruned = recovery_points.lock(run).and_then(|_lock| {
            // It may have been restored, or pruned here too, since what is said of it was read.
            let is_there = self.app.repo.ref_target(&run.ref_name()).is_some();
            let is_still_said = is_there && is_said(&Tombstones::new(self.app), run, true)?;
            if !self.options.dry_run && !is_still_said {
                return Ok(None);
            }
            let plan = prune::plan(self.app, run)?;
            if !self.options.dry_run {
                prune::carry_out(self.app, &plan)?;
            }
            Ok(Some(plan.kept))
        });
        match pruned {
            Ok(None) => {}
            Ok(Some(kept)) => {
                outcome.did(run, Did::Pruned);
                let said = kept.iter().map(|kept| format!("the {} '{}': {}", kept.what, kept.name, kept.why));
                outcome.of(run.as_str()).kept.extend(said);
            }
            Err(error) => outcome.trouble(run, troubles::not_pruned(run, by, &error)),
        }
    }
}
