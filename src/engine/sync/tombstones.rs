//! Runs that were pruned, or restored, for everybody.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::export::Exporter;
use super::journal::Journal;
use super::troubles;
use super::{Exchange, There, named};
use crate::context::Context;
use crate::engine::{prune, undo};
use crate::error::Result;
use crate::git::RefStep;
use crate::model::documents::{Did, Outcome};
use crate::model::{Act, Oid, RunId, Tombstone};
use crate::settings;
use crate::store::{PRUNED, RECOVERY_POINTS, REMOTES, RUNS, Recorded, RecoveryPoint, RecoveryPoints, Tombstones};

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

/// Returns the step by which a run that goes leaves a word, so that it goes elsewhere too; none where no other process
/// has it.
///
/// # Errors
/// When its journal cannot be read, or nothing can be written.
pub fn write_tombstone(context: &Context, recorded: &Recorded) -> Result<Option<RefStep>> {
    let (tombstones, run) = (Tombstones::new(context), &recorded.run.run);
    if !(recorded.run.is_remote() || tombstones.is_shared(run)?) {
        return Ok(None);
    }
    let (exported, steps) = exported_journal(context, run, recorded.head)?;
    let before = tombstones.of(run)?.map(|(stone, _)| stone).filter(Tombstone::is_pruned);
    if before.as_ref().is_some_and(|stone| stone.covers(exported)) {
        return Ok(None);
    }
    // What was said of an earlier run of that name stays said.
    let earlier = before.map(|stone| stone.journal).unwrap_or_default();
    let journal: BTreeSet<Oid> = steps.into_iter().chain(earlier).collect();
    let (new, old) = tombstones.turn(run, true, journal.into_iter().collect(), context.clock.now())?;
    Ok(Some(RefStep { name: format!("{PRUNED}{run}"), old, new: Some(new) }))
}

/// Returns what travels of a run's journal up to this step, with all steps before it.
fn exported_journal(context: &Context, run: &RunId, head: Oid) -> Result<(Oid, HashSet<Oid>)> {
    let most = context.settings.bytes(settings::SYNC_MAX_SIZE)?.0;
    let mut exporter = Exporter::new(context, most, &published(context, run)?)?;
    let exported = exporter.of(head)?;
    let steps = exporter.journal.up_to(exported);
    Ok((exported, steps))
}

/// Returns whether a tombstone is about the run whose exported journal ends with this step, and not about another one
/// of that name.
pub(super) fn is_about(context: &Context, stone: &Tombstone, tip: Oid) -> bool {
    let mut journal = Journal::default();
    let read = journal.take_in(&context.repo, tip);
    // What cannot be read is not taken for something else.
    read.is_err() || journal.up_to(tip).iter().any(|step| stone.journal.contains(step))
}

/// Returns the step by which a run that was pruned for everybody is restored for everybody, as this step of its
/// journal had it; none where it was not.
///
/// # Errors
/// When what is said of it cannot be read, or nothing can be written.
pub fn revive(context: &Context, run: &RunId, head: Option<Oid>) -> Result<Option<RefStep>> {
    let tombstones = Tombstones::new(context);
    let Some((stone, _)) = tombstones.of(run)?.filter(|(stone, _)| stone.is_pruned()) else { return Ok(None) };
    let steps = match head.map(|head| exported_journal(context, run, head)).transpose()? {
        Some((exported, _)) if !is_about(context, &stone, exported) => return Ok(None),
        Some((_, steps)) => steps,
        // Nothing of it is here: all of that name is restored.
        None => stone.journal.iter().copied().collect(),
    };
    // Other runs of that name stay pruned.
    let is_other = |step: &&Oid| {
        let mut journal = Journal::default();
        let read = !steps.contains(*step) && journal.take_in(&context.repo, **step).is_ok();
        read && journal.up_to(**step).is_disjoint(&steps)
    };
    let others: Vec<Oid> = stone.journal.iter().filter(is_other).copied().collect();
    let (is_pruned, journal) = if others.is_empty() { (false, stone.journal) } else { (true, others) };
    let (new, old) = tombstones.turn(run, is_pruned, journal, context.clock.now())?;
    Ok(Some(RefStep { name: format!("{PRUNED}{run}"), old, new: Some(new) }))
}

/// Returns whether a tombstone here says that a run is pruned, or that it is not.
fn is_said(tombstones: &Tombstones<'_>, run: &RunId, pruned: bool) -> Result<bool> {
    Ok(tombstones.of(run)?.is_some_and(|(stone, _)| stone.is_pruned()) == pruned)
}

/// Returns what other clones have of a run, as far as is known here.
fn published(context: &Context, run: &RunId) -> Result<Vec<Oid>> {
    let ending = format!("/runs/{run}");
    let refs = context.repo.refs_under(REMOTES)?;
    Ok(refs.into_iter().filter(|(name, _)| name.ends_with(&ending)).map(|(_, oid)| oid).collect())
}

impl Exchange<'_> {
    /// Puts together what both sides say of runs that were pruned.
    pub(super) fn stones(&self, there: &There, outcome: &mut Outcome) -> Result<TombstonesByRun> {
        let (repo, tombstones) = (&self.context.repo, Tombstones::new(self.context));
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
                steps.push(RefStep { name: format!("{PRUNED}{run}"), old: ours, new: Some(id) });
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
        let repo = &self.context.repo;
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
            Some(stone) => !stone.is_pruned() && is_said(&Tombstones::new(self.context), run, true).unwrap_or(true),
            None => {
                is_said(&Tombstones::new(self.context), run, true).unwrap_or(true)
                    || self.pruned_unsaid(run, theirs).is_some()
            }
        }
    }

    /// Returns the steps of the run that was pruned here, all that the remote has among them.
    fn pruned_unsaid(&self, run: &RunId, theirs: Oid) -> Option<BTreeSet<Oid>> {
        let recovery_points = RecoveryPoints::new(self.context);
        let mut steps = recovery_points
            .points(run)
            .flatten()
            .filter(|point| matches!(point.recovery.act, Act::Prune(_)))
            .filter_map(|point| {
                exported_journal(self.context, run, point.recovery.journal).ok().map(|(_, steps)| steps)
            });
        steps.find(|steps| steps.contains(&theirs)).map(|steps| steps.into_iter().collect())
    }

    /// Says of a run that the remote has, and that was pruned here before it was known to be there, that it was pruned.
    fn say_pruned(&self, tombstones: &Tombstones<'_>, there: &There, said: &BTreeSet<RunId>) -> Result<Vec<RefStep>> {
        let mut found = Vec::new();
        let repo = &self.context.repo;
        for (run, theirs) in there.runs.iter().filter(|(run, _)| !said.contains(*run) && !there.unseen.contains(*run)) {
            let name = format!("{RECOVERY_POINTS}{run}");
            let points = repo.ref_target(&name);
            if repo.ref_target(&format!("{RUNS}{run}")).is_some() {
                continue;
            }
            let Some(journal) = self.pruned_unsaid(run, *theirs) else { continue };
            let (new, old) = repo
                .object_batch(|| tombstones.turn(run, true, journal.into_iter().collect(), self.context.clock.now()))?;
            found.push((RefStep { name: format!("{PRUNED}{run}"), old, new: Some(new) }, name, points));
        }
        // An undo may have brought the run back since: it takes the recovery point, and its own word counts.
        let _lock = self.context.layout.lock_for_writing()?;
        let still = |(step, recovery_points, points): &(RefStep, String, Option<Oid>)| {
            repo.ref_target(recovery_points) == *points && repo.ref_target(&step.name) == step.old
        };
        let steps: Vec<RefStep> = found.into_iter().filter(still).map(|(step, ..)| step).collect();
        repo.change_refs(&steps, "puff: sync")?;
        Ok(steps)
    }

    /// Brings back what was pruned here too, and is restored elsewhere.
    fn apply_tombstone(&self, stones: &TombstonesByRun, outcome: &mut Outcome) {
        let recovery_points = RecoveryPoints::new(self.context);
        for (run, stone) in stones.of.iter().filter(|(_, stone)| !stone.is_pruned()) {
            if self.context.repo.ref_target(&format!("{RUNS}{run}")).is_some() {
                continue;
            }
            let is_meant = |point: &RecoveryPoint| {
                let journal = point.recovery.journal;
                let exported = exported_journal(self.context, run, journal).map(|(exported, _)| exported);
                matches!(point.recovery.act, Act::Prune(_))
                    && exported.is_ok_and(|exported| is_about(self.context, stone, exported))
            };
            let point = recovery_points.points(run).flatten().find(is_meant);
            if let Some(point) = point {
                // Where something stands in its way, the run comes as it is at the remote.
                let brought_back = recovery_points.lock(run).and_then(|_lock| {
                    // It may have been pruned again since what is said of it was read.
                    let still = is_said(&Tombstones::new(self.context), run, false)?;
                    still.then(|| undo::undo_locked(self.context, run, Some(point.id))).transpose()
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
        let recovery_points = RecoveryPoints::new(self.context);
        let pruned = recovery_points.lock(run).and_then(|_lock| {
            // It may have been restored, or pruned here too, since what is said of it was read.
            let is_there = self.context.repo.ref_target(&format!("{RUNS}{run}")).is_some();
            let is_still_said = is_there && is_said(&Tombstones::new(self.context), run, true)?;
            if !self.options.dry_run && !is_still_said {
                return Ok(None);
            }
            let plan = prune::plan(self.context, run)?;
            if !self.options.dry_run {
                prune::carry_out(self.context, &plan)?;
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
