//! The word that a pruned run leaves for other clones, and how that word is withdrawn.

use std::collections::{BTreeSet, HashSet};

use super::sync::export::Exporter;
use super::sync::journal::Journal;
use crate::app::App;
use crate::error::Result;
use crate::git::RefStep;
use crate::model::{Oid, RunId, Tombstone};
use crate::settings;
use crate::store::{REMOTES, Recorded, Tombstones};

/// Returns the step by which a run that goes leaves a word, so that it goes elsewhere too; none where no other process
/// has it.
///
/// # Errors
/// When its journal cannot be read, or nothing can be written.
pub fn write_tombstone(app: &App, recorded: &Recorded) -> Result<Option<RefStep>> {
    let (tombstones, run) = (Tombstones::new(app), &recorded.run.run);
    if !(recorded.run.is_remote() || tombstones.is_shared(run)?) {
        return Ok(None);
    }
    let (exported, steps) = exported_journal(app, run, recorded.head)?;
    let before = tombstones.of(run)?.map(|(stone, _)| stone).filter(Tombstone::is_pruned);
    if before.as_ref().is_some_and(|stone| stone.covers(exported)) {
        return Ok(None);
    }
    // What was said of an earlier run of that name stays said.
    let earlier = before.map(|stone| stone.journal).unwrap_or_default();
    let journal: BTreeSet<Oid> = steps.into_iter().chain(earlier).collect();
    tombstones.turn(run, true, journal.into_iter().collect(), app.clock.now()).map(Some)
}

/// Returns what travels of a run's journal up to this step, with all steps before it.
pub(super) fn exported_journal(app: &App, run: &RunId, head: Oid) -> Result<(Oid, HashSet<Oid>)> {
    let most = app.settings.bytes(settings::SYNC_MAX_SIZE)?.0;
    let mut exporter = Exporter::new(app, most, &published(app, run)?)?;
    let exported = exporter.of(head)?;
    let steps = exporter.journal.up_to(exported);
    Ok((exported, steps))
}

/// Returns whether a tombstone is about the run whose exported journal ends with this step, and not about another one
/// of that name.
pub(super) fn is_about(app: &App, stone: &Tombstone, tip: Oid) -> bool {
    let mut journal = Journal::default();
    let read = journal.take_in(&app.repo, tip);
    // What cannot be read is not taken for something else.
    read.is_err() || journal.up_to(tip).iter().any(|step| stone.journal.contains(step))
}

/// Returns the step by which a run that was pruned for everybody is restored for everybody, as this step of its
/// journal had it; none where it was not.
///
/// # Errors
/// When what is said of it cannot be read, or nothing can be written.
pub fn revive(app: &App, run: &RunId, head: Option<Oid>) -> Result<Option<RefStep>> {
    let tombstones = Tombstones::new(app);
    let Some((stone, _)) = tombstones.of(run)?.filter(|(stone, _)| stone.is_pruned()) else { return Ok(None) };
    let steps = match head.map(|head| exported_journal(app, run, head)).transpose()? {
        Some((exported, _)) if !is_about(app, &stone, exported) => return Ok(None),
        Some((_, steps)) => steps,
        // Nothing of it is here: all of that name is restored.
        None => stone.journal.iter().copied().collect(),
    };
    // Other runs of that name stay pruned.
    let is_other = |step: &&Oid| {
        let mut journal = Journal::default();
        let read = !steps.contains(*step) && journal.take_in(&app.repo, **step).is_ok();
        read && journal.up_to(**step).is_disjoint(&steps)
    };
    let others: Vec<Oid> = stone.journal.iter().filter(is_other).copied().collect();
    let (is_pruned, journal) = if others.is_empty() { (false, stone.journal) } else { (true, others) };
    tombstones.turn(run, is_pruned, journal, app.clock.now()).map(Some)
}

/// Returns whether a tombstone here says that a run is pruned, or that it is not.
pub(super) fn is_said(tombstones: &Tombstones<'_>, run: &RunId, pruned: bool) -> Result<bool> {
    Ok(tombstones.of(run)?.is_some_and(|(stone, _)| stone.is_pruned()) == pruned)
}

/// Returns what other clones have of a run, as far as is known here.
fn published(app: &App, run: &RunId) -> Result<Vec<Oid>> {
    let ending = format!("/runs/{run}");
    let refs = app.repo.refs_under(REMOTES)?;
    Ok(refs.into_iter().filter(|(name, _)| name.ends_with(&ending)).map(|(_, oid)| oid).collect())
}
