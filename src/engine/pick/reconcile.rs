//! Reconciles the record of a pick with the repository, however the pick ended.

use super::progress::{is_in_progress, target};
use super::restore::restore;
use crate::app::App;
use crate::engine::handoff;
use crate::error::{Error, Result};
use crate::git::RefStep;
use crate::lock::FileLock;
use crate::model::{Act, Oid, PickMethod, PickPoint, Run, RunId, StepKind, subject_of};
use crate::store::{Recorded, RecoveryPoint, RecoveryPoints, RunStore, Tombstones};

/// How far back the taken change is looked for.
const NEAR: usize = 1000;

/// What became of a pick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickState {
    /// It is recorded where it went.
    Recorded(Oid),
    /// It is done, and not recorded yet.
    Done(Oid),
    /// It waits in its worktree for what is in conflict.
    Waits,
    /// Nothing came of it: it was given up, or never got so far.
    Void,
}

/// Finds out what became of the pick of a point that is the newest of its run.
pub fn pick_state(app: &App, point: &RecoveryPoint, pick: &PickPoint, run: &Run) -> PickState {
    let Some(decision) = &run.decision else { return PickState::Void };
    if let Some(after) = decision.after {
        return PickState::Recorded(after);
    }
    // Git makes the commit before it removes its own mark: one that was stopped in between leaves the mark.
    match taken(app, point, pick) {
        Some(after) => PickState::Done(after),
        None if is_in_progress(pick) => PickState::Waits,
        None => PickState::Void,
    }
}

/// Removes the mark of a pick that is done, where git could not do so itself: in its own worktree alone.
pub(in crate::engine) fn remove_mark(app: &App, pick: &PickPoint) {
    if is_in_progress(pick) && pick.git_dir.as_ref() == Some(&app.repo.location().git_dir) {
        app.repo.quit(if pick.how == PickMethod::Merge { "merge" } else { "cherry-pick" });
    }
}

/// Returns the commit by which the variant came, looked for between where its ref is now and where that was.
fn taken(app: &App, point: &RecoveryPoint, pick: &PickPoint) -> Option<Oid> {
    let now = target(app, pick)?;
    let Some(before) = pick.before else { return (now == pick.commit).then_some(now) };
    let author = app.repo.authorship(pick.commit).ok().map(|(author, _)| author);
    let picked = app.repo.commit(pick.commit).ok().map(|commit| commit.message);
    let (run, number) = (format!("Puff-Run: {}", point.recovery.run), format!("Puff-Variant: {}/", pick.variant));
    fn line<'m>(message: &'m str, trailer: &str) -> Option<&'m str> {
        message.lines().find(|line| line.starts_with(trailer))
    }
    // The same number of another run of that name has another patch.
    let patch = picked.as_deref().and_then(|message| line(message, "Puff-Patch: "));
    // Every variant of a run has the same author and date: a commit that says which one it is, is that one.
    let is_it = |commit: Oid, message: &str| match line(message, "Puff-Variant: ") {
        Some(variant) => {
            let same = patch.is_none() || line(message, "Puff-Patch: ").is_none_or(|other| Some(other) == patch);
            variant.starts_with(&number) && message.lines().any(|line| line == run) && same
        }
        None => app.repo.authorship(commit).ok().map(|(author, _)| author) == author,
    };
    let line = app.repo.first_parents(now, NEAR);
    let since = line.iter().map(|(commit, _)| *commit).take_while(|commit| *commit != before);
    // The oldest counts: what came afterwards may have been taken from it.
    let found: Vec<Oid> = since
        .filter(|commit| {
            let Ok(info) = app.repo.commit(*commit) else { return false };
            match pick.how {
                PickMethod::Merge => info.parents.contains(&pick.commit),
                _ => is_it(*commit, &info.message),
            }
        })
        .collect();
    found.last().copied()
}

/// Reconciles an earlier pick: records one that is done, and clears away one that changed nothing.
///
/// # Errors
/// When one waits for something to be resolved.
pub fn reconcile(app: &App, known: &Recorded) -> Result<()> {
    let Recorded { run, head } = known;
    let Some(point) = RecoveryPoints::new(app).newest_of(&run.run, *head)? else { return Ok(()) };
    let Act::Pick(pick) = &point.recovery.act else { return Ok(()) };
    match pick_state(app, &point, pick, run) {
        PickState::Recorded(_) => Ok(()),
        PickState::Done(after) => super::conclude(app, &point, known, after).map(drop),
        PickState::Void => give_up(app, &point),
        PickState::Waits => Err(waits(&point, pick)),
    }
}

/// Returns the error that a pick waits for its conflicts to be resolved.
pub fn waits(point: &RecoveryPoint, pick: &PickPoint) -> Error {
    let there = pick.worktree.as_ref().map(|path| format!(" in '{}'", path.display())).unwrap_or_default();
    Error::failed(format!("{} waits for its conflicts to be resolved{there}", point.recovery.words()))
        .hint("resolve them, then 'git puff pick --continue' there; or 'git puff pick --abort'")
}

/// Sets a run back to before a pick, record, report and notes, and takes the point off.
///
/// # Errors
/// When something else was recorded since, naming it.
pub fn give_up(app: &App, point: &RecoveryPoint) -> Result<()> {
    let (store, id) = (RunStore::new(app), &point.recovery.run);
    let journal = point.recovery.journal;
    let now = store.load(id)?;
    if let Act::Pick(pick) = &point.recovery.act {
        restore(app, pick)?;
    }
    let mut steps = vec![RecoveryPoints::new(app).without(point)?];
    // Before the decision was recorded, nothing of the record has moved.
    if now.run.decision.is_some() {
        prove_last(app, id, now.head, journal)?;
        handoff::write_notes(app, &store.at(id, journal)?, "undo")?;
    }
    let _lock = store.lock()?;
    if now.run.decision.is_some() {
        // What others may have seen, or a sync may be sending, is undone by one more step; else nothing is left of it.
        let is_seen = Tombstones::new(app).is_shared(id)? || FileLock::is_held(&app.layout.sync_lock());
        let back = if is_seen { store.again(id, now.head, journal)? } else { journal };
        steps.push(RefStep { name: id.ref_name(), old: Some(now.head), new: Some(back) });
    }
    Ok(app.repo.change_refs(&steps, "puff: taken back")?)
}

/// Finds what was recorded after a pick: its own steps, and reports that were made again, do not count.
///
/// # Errors
/// When there is something, naming it.
pub fn prove_last(app: &App, id: &RunId, now: Oid, journal: Oid) -> Result<()> {
    let mut at = now;
    while at != journal {
        let commit = app.repo.commit(at)?;
        match commit.parents.first() {
            Some(parent) if StepKind::of(&commit.message).belongs_to_pick() => at = *parent,
            _ => {
                let subject = subject_of(&commit.message);
                return Err(Error::failed(format!("run '{id}' has changed since: {subject}"))
                    .hint(format!("'git log refs/puff/runs/{id}' shows its journal; nothing was undone")));
            }
        }
    }
    Ok(())
}
