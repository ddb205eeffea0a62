//! Taking a variant in this worktree: git itself does it, so that hooks, signatures and conflicts are as always.

use super::progress::is_in_progress;
use super::reconcile::{PickState, pick_state, waits};
use super::{Goal, LandingChecks, PickOperation, Picked, checks, conclude, give_up, nothing_changes, short};
use crate::app::App;
use crate::engine::{handoff, preflight};
use crate::error::{Error, Result, ResultExt};
use crate::git::state::{Head, head};
use crate::model::{Act, Apply, Oid, PickMethod, PickPoint, Run};
use crate::store::{RecoveryPoint, RecoveryPoints, RunStore};

const INSTEAD: &str = "pick onto a branch with --onto REF, or as a new one with --branch NAME";

/// Returns where it goes in this worktree.
pub(super) fn goal(operation: &PickOperation<'_>, how: PickMethod) -> Result<Goal> {
    let app = operation.app;
    checks::prove_clean(app, INSTEAD)?;
    app.identity()?;
    let (onto, before) = at_head(app)?;
    prove_news(operation, how, &onto, before)?;
    Ok(Goal::Here(how, onto, before))
}

/// Picks it in this worktree.
pub(super) fn take(operation: &PickOperation<'_>, how: PickMethod, onto: &str, before: Oid) -> Result<Picked> {
    let app = operation.app;
    let point = operation.begin(how, onto, Some(before), true)?;
    let commit = operation.commit.to_string();
    let message = merge_message(operation, onto);
    let done = match how {
        PickMethod::Merge => run(app, &["merge", "--no-ff", "--no-edit", "-m", &message, &name(operation)]),
        _ => run(app, &["cherry-pick", &commit]),
    };
    conclude_here(app, &point, done?)
}

/// Returns what HEAD is, by the full name of its branch or as `HEAD`, and its commit.
fn at_head(app: &App) -> Result<(String, Oid)> {
    let onto = match head(&app.repo.location().git_dir) {
        Some(Head::On(branch)) => branch,
        _ => "HEAD".to_owned(),
    };
    let before = app.repo.head_commit().ok_or_else(|| {
        Error::failed(format!("'{}' has no commit yet to pick onto", short(&onto)))
            .hint("switch to a branch that has one, or pick as a new branch with --branch NAME")
    })?;
    Ok((onto, before))
}

fn prove_news(operation: &PickOperation<'_>, how: PickMethod, onto: &str, before: Oid) -> Result<()> {
    let repo = &operation.app.repo;
    let nothing = match how {
        PickMethod::Merge => repo.is_ancestor(operation.commit, before)?,
        _ => {
            let tree = repo.commit(before)?.tree;
            repo.dry_run(|| preflight::variant(operation.app, operation.recorded, operation.variant, tree))?.apply
                == Apply::Empty
        }
    };
    if nothing { Err(nothing_changes(operation.run(), operation.variant, onto)) } else { Ok(()) }
}

/// Returns the variant as conflict markers name it.
fn name(operation: &PickOperation<'_>) -> String {
    let branch = operation.variant.branch.clone().filter(|branch| !branch.starts_with('-'));
    let is_there =
        |branch: &String| operation.app.repo.ref_target(&format!("refs/heads/{branch}")) == Some(operation.commit);
    branch.filter(is_there).unwrap_or_else(|| operation.commit.to_string())
}

/// Returns what a merge of it is called.
pub(super) fn merge_message(operation: &PickOperation<'_>, onto: &str) -> String {
    let what = operation
        .variant
        .branch
        .as_ref()
        .map_or(format!("commit '{}'", operation.commit), |name| format!("branch '{name}'"));
    let title = crate::model::first_line(&operation.run().title, 72);
    let into = if onto == "HEAD" { String::new() } else { format!(" into {}", short(onto)) };
    format!("Merge {what}{into}\n\n{title}\n")
}

fn run(app: &App, args: &[&str]) -> Result<bool> {
    let tied = app.environment.git.iter().any(|name| name == "GIT_DIR");
    // The way on is ours to tell.
    let args = [&["-c", "advice.mergeConflict=false"], args].concat();
    app.repo.run_in(&app.foreground, &args, tied).or_fail(|| "cannot run git".to_owned())
}

/// Records what came of it. `well` is how git ended.
fn conclude_here(app: &App, point: &RecoveryPoint, well: bool) -> Result<Picked> {
    let Act::Pick(pick) = &point.recovery.act else { return Err(Error::failed("this is not a pick")) };
    let store = RunStore::new(app);
    let recorded = store.load(&point.recovery.run)?;
    match pick_state(app, point, pick, &recorded.run) {
        PickState::Recorded(_) => Ok(Picked::Done(recorded.run)),
        PickState::Done(after) => Ok(Picked::Done(conclude(app, point, &recorded, after)?)),
        PickState::Waits => {
            let unmerged = app.repo.unmerged();
            if pick.how == PickMethod::CherryPick && unmerged.is_empty() && !app.repo.has_staged() {
                run(app, &["cherry-pick", "--skip"])?;
                give_up(app, point)?;
                let run = store.load(&point.recovery.run)?.run;
                let variant = run.variant(pick.variant).cloned().unwrap_or(crate::model::Variant::new(pick.variant));
                return Err(nothing_changes(&run, &variant, &pick.onto));
            }
            handoff::write_notes(app, &recorded, "pick")?;
            Ok(Picked::Waiting(recorded.run, unmerged))
        }
        PickState::Void => {
            give_up(app, point)?;
            let why = if well { "nothing was changed" } else { "its output is above" };
            Err(Error::failed(format!("git did not apply var{} of '{}'", pick.variant, point.recovery.run))
                .hint(format!("{why}; nothing has moved")))
        }
    }
}

/// Continues the pick that waits in this worktree, as `git cherry-pick --continue` or `git merge --continue` does.
///
/// # Errors
/// When none waits, what was resolved fails its checks, or git does not go on.
pub fn go_on(app: &App, checks: &mut LandingChecks<'_>) -> Result<Picked> {
    let (point, _lock) = locked(app)?;
    let pick = pick_of(&point)?;
    let mut well = true;
    if is_in_progress(pick) {
        let unmerged = app.repo.unmerged();
        if !unmerged.is_empty() {
            return Err(waits(&point, pick).because_it_said(&format!("in conflict: {}", app.display.paths(&unmerged))));
        }
        checks.resolved(app, &point, pick)?;
        let verb = if pick.how == PickMethod::Merge { "merge" } else { "cherry-pick" };
        well = run(app, &[verb, "--continue"])?;
    }
    conclude_here(app, &point, well)
}

/// Aborts the pick that waits in this worktree, as `git cherry-pick --abort` or `git merge --abort` does. Returns the
/// run as it was before it.
///
/// # Errors
/// When none waits, or it is done by now.
pub fn abort(app: &App) -> Result<Run> {
    let (point, _lock) = locked(app)?;
    let pick = pick_of(&point)?;
    let (store, id) = (RunStore::new(app), &point.recovery.run);
    if is_in_progress(pick) {
        let verb = if pick.how == PickMethod::Merge { "merge" } else { "cherry-pick" };
        if !run(app, &[verb, "--abort"])? {
            return Err(Error::failed(format!("git did not abort {}", point.recovery.words()))
                .hint("its output is above; 'git status' shows the worktree"));
        }
    }
    let recorded = store.load(id)?;
    if let PickState::Done(after) = pick_state(app, &point, pick, &recorded.run) {
        conclude(app, &point, &recorded, after)?;
        return Err(Error::failed(format!(
            "{} is done: {} is its commit",
            point.recovery.words(),
            app.display.oid(after)
        ))
        .hint(format!("'git puff undo {id}' undoes it")));
    }
    give_up(app, &point)?;
    Ok(store.load(id)?.run)
}

fn locked(app: &App) -> Result<(RecoveryPoint, crate::lock::FileLock)> {
    let point = checks::waiting_here(app)?;
    let lock = RecoveryPoints::new(app).lock(&point.recovery.run)?;
    Ok((point, lock))
}

fn pick_of(point: &RecoveryPoint) -> Result<&PickPoint> {
    match &point.recovery.act {
        Act::Pick(pick) => Ok(pick),
        Act::Prune(_) => Err(Error::failed("this is not a pick").hint("'git puff list' shows the runs")),
    }
}
