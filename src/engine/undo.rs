//! Taking back the last pick or prune of a run.
//!
//! What stands in the way is looked for first, all of it; then things are put back where they were, the run's own ref
//! and the recovery point last. A kill in between leaves the point, and the next undo continues.
//!
//! What is undone is the newest pick or prune of the run that is there under a name; where none is, the newest of that
//! name. An earlier run of the same name is restored by the commit of its recovery point, or by its task.

mod resume;

use std::path::PathBuf;

pub use self::resume::is_interrupted;
use super::pick::progress::target;
use super::pick::reconcile::{PickState, pick_state, prove_last, remove_mark, waits};
use super::pick::{give_up, prove_clean, short};
use super::{prune, tombstones};
use crate::app::App;
use crate::error::{Error, Result};
use crate::git::state::{Head, head};
use crate::git::{Hooks, RefStep};
use crate::model::{
    Act, KeptBranch, KeptWorktree, Oid, PickPoint, PrunePoint, Run, RunId, Selector, TaskId, subject_of,
};
use crate::session::{pool, worktree};
use crate::store::{RecoveryPoint, RecoveryPoints, RunStore, by_beginning};

/// What was undone.
#[derive(Debug)]
pub struct Undone {
    /// The run, as it was before.
    pub run: Run,
    /// What, in a line: `the pick of var2 of 'fix-3f2a'`.
    pub what: String,
    /// What is where again, a line each.
    pub details: Vec<String>,
}

/// Undoes the last pick or prune: of a run, or the last of all.
///
/// # Errors
/// When there is none, or later work stands on it: then nothing was moved.
pub fn undo(app: &App, selector: Option<&Selector>) -> Result<Undone> {
    let (id, wanted) = find(app, selector)?;
    undo_point(app, &id, wanted)
}

/// Undoes the pick or prune of a recovery point; of the newest one where none is named.
///
/// # Errors
/// As [`undo`].
pub fn undo_point(app: &App, id: &RunId, wanted: Option<Oid>) -> Result<Undone> {
    let _lock = RecoveryPoints::new(app).lock(id)?;
    undo_locked(app, id, wanted)
}

/// As [`undo_point`], where the caller holds the lock of the run's decisions.
///
/// # Errors
/// As [`undo`].
pub fn undo_locked(app: &App, id: &RunId, mut wanted: Option<Oid>) -> Result<Undone> {
    let recovery_points = RecoveryPoints::new(app);
    loop {
        let point = match wanted.take() {
            Some(wanted) => {
                let gone = || Err(nothing(&format!("the recovery point {}", app.display.oid(wanted))));
                recovery_points
                    .points(id)
                    .find(|point| point.as_ref().map_or(true, |point| point.id == wanted))
                    .unwrap_or_else(gone)
            }
            None => newest(app, id)?.map(|(point, _)| point).ok_or_else(|| nothing(&format!("the run '{id}'"))),
        }?;
        let details = match &point.recovery.act {
            Act::Prune(pruned) => Some(restore_run(app, &point, pruned)?),
            Act::Pick(pick) => undo_pick(app, &point, pick)?,
        };
        if let Some(details) = details {
            let run = RunStore::new(app).load(id)?.run;
            return Ok(Undone { run, what: point.recovery.words(), details });
        }
    }
}

fn nothing(of: &str) -> Error {
    Error::failed(format!("nothing to undo for {of}"))
        .hint("'git for-each-ref refs/puff/trash' lists what was picked or pruned")
}

/// Returns the point of a name that is undone next, and whether a run that it does not belong to has the name by now.
fn newest(app: &App, id: &RunId) -> Result<Option<(RecoveryPoint, bool)>> {
    let recovery_points = RecoveryPoints::new(app);
    let Some(head) = RunStore::new(app).head(id) else {
        return Ok(recovery_points.newest(id)?.map(|point| (point, false)));
    };
    match recovery_points.newest_of(id, head)? {
        Some(point) => Ok(Some((point, false))),
        None => Ok(recovery_points.newest(id)?.map(|point| (point, true))),
    }
}

/// Returns the name of the run that is meant, and the point of it where that is named. One that was pruned is only
/// known by its recovery point.
fn find(app: &App, selector: Option<&Selector>) -> Result<(RunId, Option<Oid>)> {
    let recovery_points = RecoveryPoints::new(app);
    let points = recovery_points.list()?;
    let Some(selector) = selector.filter(|selector| selector.run != "@" || selector.variant.is_some()) else {
        let each = points.iter().filter_map(|point| newest(app, &point.recovery.run).ok().flatten());
        let last = each.max_by_key(|(point, is_taken)| (!is_taken, point.recovery.at));
        return last.map(|(point, _)| (point.recovery.run, None)).ok_or_else(|| nothing("any run"));
    };
    if let Some(variant) = selector.variant {
        return Err(Error::usage(format!("this command takes a run, not a variant ('{selector}')"))
            .hint(format!("leave ':{variant}' out")));
    }
    let word = selector.run.as_str();
    let names: Vec<&RunId> = points.iter().map(|point| &point.recovery.run).collect();
    if let Some(exact) = names.iter().find(|name| name.as_str() == word) {
        return Ok(((*exact).clone(), None));
    }
    if let Some(name) = by_beginning(word, names.iter().copied(), |name| name.as_str(), "runs")? {
        return Ok((name.clone(), None));
    }
    let task = word.parse::<TaskId>().ok();
    let is_id = word.len() >= 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_meant = |point: &RecoveryPoint| {
        let of_task = task.as_ref().is_some_and(|task| point.recovery.task_id.as_deref() == Some(task.as_str()));
        of_task || (is_id && point.id.to_string().starts_with(&word.to_ascii_lowercase()))
    };
    match names.iter().flat_map(|name| recovery_points.points(name)).flatten().find(is_meant) {
        Some(point) => Ok((point.recovery.run.clone(), Some(point.id))),
        None => Err(nothing(&format!("the run '{}'", RunStore::new(app).find(selector)?.run.run))),
    }
}

/// Undoes a pick; none when it had changed nothing, so that the one before it is meant.
fn undo_pick(app: &App, point: &RecoveryPoint, pick: &PickPoint) -> Result<Option<Vec<String>>> {
    let recorded = RunStore::new(app).load(&point.recovery.run)?;
    let last = RecoveryPoints::new(app).newest_of(&point.recovery.run, recorded.head)?;
    if last.is_none_or(|last| last.id != point.id) {
        return Err(Error::failed(format!("{} is not the last operation on that run", point.recovery.words())).hint(
            format!("'git log --first-parent refs/puff/trash/{}' shows what was, newest first", point.recovery.run),
        ));
    }
    let after = match pick_state(app, point, pick, &recorded.run) {
        PickState::Void => {
            give_up(app, point)?;
            return Ok(None);
        }
        PickState::Waits => return Err(waits(point, pick)),
        PickState::Recorded(after) | PickState::Done(after) => after,
    };
    remove_mark(app, pick);
    prove_last(app, &point.recovery.run, recorded.head, point.recovery.journal)?;
    let detail = restore_ref(app, point, pick, after)?;
    resume::end(app, point);
    give_up(app, point)?;
    Ok(Some(vec![detail]))
}

/// Puts the ref of a pick back where it was, with the worktree that it is checked out in.
fn restore_ref(app: &App, point: &RecoveryPoint, pick: &PickPoint, after: Oid) -> Result<String> {
    let (name, id) = (short(&pick.onto), &point.recovery.run);
    let location = app.repo.location();
    let now = target(app, pick);
    let shown = pick.before.map_or("gone".to_owned(), |before| format!("at {}", app.display.oid(before)));
    if now == pick.before {
        return Ok(format!("'{name}' is {shown}"));
    }
    if now != Some(after) {
        return Err(moved(app, pick, now));
    }
    match (holder(app, pick), pick.before) {
        (None, before) => {
            let step = RefStep { name: pick.onto.clone(), old: Some(after), new: before };
            app.repo.change_refs(&[step], &format!("puff: took back {id}:{}", pick.variant))?;
        }
        (Some(path), None) => {
            return Err(Error::failed(format!("the branch '{name}' is checked out in '{}'", path.display()))
                .hint("switch to another branch there first: git switch -"));
        }
        (Some(path), Some(before)) => {
            if location.worktree.as_ref() != Some(&path) {
                return Err(Error::failed(format!("'{name}' is checked out in the worktree '{}'", path.display()))
                    .hint(format!("undo it there: git -C '{}' puff undo {id}", path.display())));
            }
            resume::rewind(app, point, &path, after, before)?;
            prove_clean(app, "nothing was undone")?;
            resume::begin(app, point)?;
            app.repo.reset_keeping(before).map_err(|cause| {
                let hint = if is_interrupted(app, point, pick, after) {
                    format!("git stopped in the middle; 'git puff undo {id}' continues")
                } else {
                    resume::end(app, point);
                    "git's output is below; nothing was undone".to_owned()
                };
                Error::failed(format!("cannot restore '{name}' to {}", app.display.oid(before)))
                    .hint(hint)
                    .because(cause)
            })?;
        }
    }
    Ok(format!("'{name}' is {shown} again"))
}

/// Returns the worktree in which the ref of a pick is checked out.
fn holder(app: &App, pick: &PickPoint) -> Option<PathBuf> {
    match pick.onto.as_str() {
        "HEAD" => pick.worktree.clone(),
        branch => app.repo.holder(branch, app.layout.top()),
    }
}

/// Returns the error that the ref of a pick is not where the pick left it.
fn moved(app: &App, pick: &PickPoint, now: Option<Oid>) -> Error {
    let name = short(&pick.onto);
    let hint = format!("'git log {name}' shows what came after; 'git revert' undoes the commit of the pick alone");
    let on_branch = || pick.git_dir.as_ref().and_then(|git_dir| head(git_dir));
    let what = match now {
        Some(now) => {
            let subject = app.repo.commit(now).ok().and_then(|commit| Some(commit.message.lines().next()?.to_owned()));
            format!("'{name}' has moved on since, to {} ({})", app.display.oid(now), subject.unwrap_or_default())
        }
        None => match (pick.onto.as_str(), on_branch()) {
            ("HEAD", Some(Head::On(branch))) => format!("HEAD is on the branch '{}' since", short(&branch)),
            _ => format!("'{name}' is gone since"),
        },
    };
    Error::failed(what).hint(hint)
}

/// Restores a pruned run.
fn restore_run(app: &App, point: &RecoveryPoint, pruned: &PrunePoint) -> Result<Vec<String>> {
    let (store, id) = (RunStore::new(app), &point.recovery.run);
    let journal = point.recovery.journal;
    let mut steps = vec![RecoveryPoints::new(app).without(point)?];
    let itself = id.ref_name();
    match store.head(id) {
        None => steps.insert(0, RefStep { name: itself, old: None, new: Some(journal) }),
        // The prune was killed before its end, and perhaps the run has gone on since.
        Some(there) if RecoveryPoints::new(app).is_of(point, there) => {}
        Some(there) => {
            let subject = subject_of(&app.repo.commit(there)?.message);
            return Err(Error::failed(format!("run '{id}' exists again: {subject}")).hint(format!(
                "'git puff show {id}' shows it; once it is pruned, 'git puff undo {}' restores the earlier one",
                point.id.short()
            )));
        }
    }
    for KeptBranch { name, at } in &pruned.branches {
        match app.repo.ref_target(name) {
            None => steps.push(RefStep { name: name.clone(), old: None, new: Some(*at) }),
            Some(there) if there == *at => {}
            Some(there) => {
                return Err(Error::failed(format!(
                    "branch '{}' exists again, at {}",
                    short(name),
                    app.display.oid(there)
                ))
                .hint(format!("rename it: git branch -m {} NEW; nothing was restored", short(name))));
            }
        }
    }
    for kept in &pruned.worktrees {
        prove_free(app, kept)?;
    }
    let run = store.at(id, journal)?.run;
    prune::restore_notes(app, &run, point, &pruned.notes)?;
    let mut details = Vec::new();
    for kept in pruned.worktrees.iter().filter(|kept| kept.tree.is_some()) {
        remake(app, kept)?;
        details.push(format!("the worktree '{}' is there again", kept.path.display()));
    }
    let branches = pruned.branches.len();
    if branches > 0 {
        details.insert(0, format!("{branches} branch{} there again", if branches == 1 { " is" } else { "es are" }));
    }
    let _lock = store.lock()?;
    // A sync may say until then that it was pruned.
    steps.extend(tombstones::revive(app, id, Some(journal))?);
    app.repo.change_refs(&steps, "puff: brought back")?;
    Ok(details)
}

/// Checks that the path of a worktree is free, or that the worktree is still there.
fn prove_free(app: &App, kept: &KeptWorktree) -> Result<()> {
    let there = app.repo.worktree_at(&kept.path).is_some();
    let empty = !kept.path.exists() || kept.path.read_dir().is_ok_and(|mut entries| entries.next().is_none());
    if there || empty || kept.tree.is_none() {
        return Ok(());
    }
    Err(Error::failed(format!("something else is in '{}', where a worktree was", kept.path.display()))
        .hint("move it elsewhere, then try again; nothing was restored"))
}

/// Makes a worktree again with what was in it. One that is whole is left alone.
fn remake(app: &App, kept: &KeptWorktree) -> Result<()> {
    let Some(tree) = kept.tree else { return Ok(()) };
    let cannot = || {
        Error::failed(format!("cannot make the worktree '{}' again", kept.path.display()))
            .hint("'git worktree list' lists the worktrees; fix this, then undo the prune again")
    };
    if let Some(there) = app.repo.worktree_at(&kept.path).filter(|_| app.repo.open_worktree(&kept.path).is_ok()) {
        match there.locked.as_deref() {
            Some(worktree::BEING_MADE) => {}
            // What is left of it is not what was there.
            Some(prune::BEING_PRUNED) => there.lock(worktree::BEING_MADE).map_err(|cause| cannot().because(cause))?,
            _ => return Ok(()),
        }
    }
    let made = worktree::make(app, &kept.path, kept.head, Hooks::Off, pool::kind(app))?;
    app.repo.fill_worktree(&kept.path, tree).map_err(|cause| cannot().because(cause))?;
    let locked = match &kept.locked {
        Some(reason) => made.lock(reason),
        None => made.unlock(),
    };
    locked.map_err(|cause| cannot().because(cause))
}
