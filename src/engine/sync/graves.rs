//! Runs that were pruned, or brought back, for everybody.

use std::collections::{BTreeMap, BTreeSet};

use super::journal::Journal;
use super::travel::Travel;
use super::troubles;
use super::{Exchange, There, named};
use crate::context::Context;
use crate::engine::{prune, undo};
use crate::error::Result;
use crate::git::RefStep;
use crate::model::documents::{Did, Outcome};
use crate::model::{Act, Oid, RunId, Selector, Tombstone};
use crate::settings;
use crate::store::{Graves, PRUNED, REMOTES, RUNS, Recorded, Trash};

/// What is said of runs that were pruned, once both sides are put together.
#[derive(Default)]
pub(super) struct Stones {
    /// By run.
    pub of: BTreeMap<RunId, Tombstone>,
    /// What the remote does not say so, and whether it is of a prune.
    pub outgoing: BTreeMap<RunId, (Oid, bool)>,
}

/// The step by which a run that goes leaves a word, so that it goes elsewhere too; none where nobody else has it.
///
/// # Errors
/// When its journal can't be read, or nothing can be written.
pub fn bury(context: &Context, recorded: &Recorded) -> Result<Option<RefStep>> {
    let (graves, run) = (Graves::new(context), &recorded.run.run);
    let already = graves.of(run)?.is_some_and(|(stone, _)| stone.is_pruned());
    if already || !(recorded.run.is_away() || graves.is_shared(run)?) {
        return Ok(None);
    }
    let most = context.settings.bytes(settings::SYNC_MAX_SIZE)?.0;
    let mut travel = Travel::new(context, most, &published(context, run)?)?;
    let travels = travel.of(recorded.head)?;
    let mut journal: Vec<Oid> = travel.journal.up_to(travels).into_iter().collect();
    journal.sort();
    let (new, old) = graves.turn(run, journal, context.clock.now())?;
    Ok(Some(RefStep { name: format!("{PRUNED}{run}"), old, new: Some(new) }))
}

/// The step by which a run that was pruned for everybody is brought back for everybody; none where it was not.
///
/// # Errors
/// When what is said of it can't be read, or nothing can be written.
pub fn revive(context: &Context, run: &RunId) -> Result<Option<RefStep>> {
    let graves = Graves::new(context);
    let Some((stone, _)) = graves.of(run)?.filter(|(stone, _)| stone.is_pruned()) else { return Ok(None) };
    let (new, old) = graves.turn(run, stone.journal, context.clock.now())?;
    Ok(Some(RefStep { name: format!("{PRUNED}{run}"), old, new: Some(new) }))
}

/// What other clones have of a run, as far as is known here.
fn published(context: &Context, run: &RunId) -> Result<Vec<Oid>> {
    let ending = format!("/runs/{run}");
    let refs = context.repo.refs_under(REMOTES)?;
    Ok(refs.into_iter().filter(|(name, _)| name.ends_with(&ending)).map(|(_, oid)| oid).collect())
}

impl Exchange<'_> {
    /// Puts together what both sides say of runs that were pruned.
    pub(super) fn stones(&self, there: &There, outcome: &mut Outcome) -> Result<Stones> {
        let (repo, graves) = (&self.context.repo, Graves::new(self.context));
        let here = named(repo.refs_under(PRUNED)?, PRUNED);
        let none = BTreeMap::new();
        let from_there = if self.wish.fetch { &there.pruned } else { &none };
        let runs: BTreeSet<&RunId> = here.keys().chain(from_there.keys()).collect();
        let (mut stones, mut steps) = (Stones::default(), Vec::new());
        for run in runs.into_iter().filter(|run| !there.unseen.contains(*run)) {
            let (ours, theirs) = (here.get(run).copied(), from_there.get(run).copied());
            let put = self.stone(&graves, run, ours, theirs);
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
            let is_back = ours.is_some_and(|ours| graves.read(ours, run).is_ok_and(|ours| ours.is_pruned()));
            if is_back && !stone.is_pruned() {
                outcome.did(run, Did::Revived);
            }
            stones.of.insert(run.clone(), stone);
        }
        if !self.wish.dry_run {
            self.set(&steps)?;
            self.unearth(&stones, outcome);
        }
        Ok(stones)
    }

    fn stone(
        &self,
        graves: &Graves<'_>,
        run: &RunId,
        ours: Option<Oid>,
        theirs: Option<Oid>,
    ) -> Result<(Tombstone, Oid)> {
        let (one, other) = match (ours, theirs) {
            (Some(ours), Some(theirs)) if ours != theirs => (ours, theirs),
            (ours, theirs) => {
                let id = ours.or(theirs).expect("one of both is there");
                return Ok((graves.read(id, run)?, id));
            }
        };
        let repo = &self.context.repo;
        let (first, second) = (graves.read(one, run)?, graves.read(other, run)?);
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
        let id = repo.together(|| graves.write(&merged, &[one.min(other), one.max(other)]))?;
        Ok((merged, id))
    }

    /// Brings back what was pruned here too, and is brought back elsewhere.
    fn unearth(&self, stones: &Stones, outcome: &mut Outcome) {
        let trash = Trash::new(self.context);
        for run in stones.of.iter().filter(|(_, stone)| !stone.is_pruned()).map(|(run, _)| run) {
            let gone = self.context.repo.ref_target(&format!("{RUNS}{run}")).is_none();
            let point = if gone { trash.newest(run).ok().flatten() } else { None };
            if point.is_some_and(|point| matches!(point.recovery.act, Act::Prune(_))) {
                let selector = Selector { run: run.to_string(), variant: None };
                // Where something stands in its way, the run comes as it is at the remote.
                match undo::undo(self.context, Some(&selector)) {
                    Ok(_) => outcome.did(run, Did::Revived),
                    Err(error) => outcome.warnings.push(format!("{run}: {}", error.message())),
                }
            }
        }
    }

    /// Prunes here what was pruned elsewhere.
    pub(super) fn prune(&self, run: &RunId, by: &str, outcome: &mut Outcome) {
        let trash = Trash::new(self.context);
        let pruned = trash.lock(run).and_then(|_lock| {
            let plan = prune::plan(self.context, run)?;
            if !self.wish.dry_run {
                prune::carry_out(self.context, &plan)?;
            }
            Ok(plan.kept)
        });
        match pruned {
            Ok(kept) => {
                outcome.did(run, Did::Pruned);
                let said = kept.iter().map(|kept| format!("the {} '{}': {}", kept.what, kept.name, kept.why));
                outcome.of(run.as_str()).kept.extend(said);
            }
            Err(error) => outcome.trouble(run, troubles::not_pruned(run, by, &error)),
        }
    }
}
