//! What has to be so before a variant is taken.

use crate::app::App;
use crate::engine::verified;
use crate::error::{Error, Result};
use crate::git::state::unfinished;
use crate::layout::RUNBOOK;
use crate::model::{Act, Apply, Oid, State, Variant};
use crate::store::{Recorded, RecoveryPoint, RecoveryPoints};

/// How many paths are named; the others are counted.
const PATHS: usize = 3;

/// Returns the variant and its commit, when it may be taken.
///
/// # Errors
/// When it may not, saying why and what to do.
pub(super) fn variant<'r>(app: &App, recorded: &'r Recorded, index: u32) -> Result<(&'r Variant, Oid)> {
    let run = &recorded.run;
    let id = &run.run;
    let variant = run.variant(index).ok_or_else(|| {
        Error::failed(format!("the run '{id}' has no variant {index}"))
            .hint(format!("its variants are 1 to {}; 'git puff show {id}' shows them", run.variants.len()))
    })?;
    if let Some(decision) = &run.decision {
        let taken = format!("var{} was taken", decision.variant);
        return Err(Error::failed(format!("the run '{id}' is decided already: {taken}")).hint(format!(
            "'git puff undo {id}' undoes that; 'git cherry-pick {}' applies this one too",
            name(variant)
        )));
    }
    if run.state.is_active() {
        let open = run.variants.iter().filter(|variant| !variant.status.is_terminal()).count();
        return Err(Error::failed(format!(
            "the run '{id}' is {}: {open} of its variants may still change",
            run.state.as_str()
        ))
        .hint(format!("wait for it with 'git puff harvest --wait {id}', or end it with 'git puff cancel {id}'")));
    }
    if run.state == State::Ready {
        return Err(Error::failed(format!("the run '{id}' is not harvested yet"))
            .hint(format!("'git puff harvest {id}' makes its branches")));
    }
    let patch = format!("'git puff patch {id}:{index}' prints its patch");
    if variant.commit.is_none() {
        let why = match (variant.apply, &variant.reason) {
            (_, Some(reason)) => reason.clone(),
            (Some(Apply::Empty), None) => "it changes nothing".to_owned(),
            (Some(apply), None) => apply.as_str().to_owned(),
            (None, None) => variant.status.as_str().to_owned(),
        };
        let error = Error::failed(format!("{} of '{id}' has no commit to pick: {why}", variant.name()));
        return Err(match &variant.patch_sha256 {
            Some(_) => error.hint(patch),
            None => error.hint(format!("'git puff show {id}' shows which variants have one")),
        });
    }
    verified::prove_harvested(run, variant)?;
    let commit = verified::commit(app, recorded, variant)?;
    let commit = commit.ok_or_else(|| Error::failed(format!("{} of '{id}' has no commit", variant.name())))?;
    Ok((variant, commit))
}

fn name(variant: &Variant) -> String {
    variant.branch.clone().or_else(|| Some(variant.commit?.to_string())).unwrap_or_else(|| "COMMIT".to_owned())
}

/// Finds out whether something can be done in this worktree: there is one, nothing is unfinished in it, and nothing in
/// it is changed and in no commit. Untracked files are not in the way: git refuses by itself to write over one, before
/// it changes anything. `instead` says what else may be done.
///
/// # Errors
/// When not, saying why.
pub fn prove_clean(app: &App, instead: &str) -> Result<()> {
    let location = app.repo.location();
    let Some(worktree) = &location.worktree else {
        let what = if location.bare {
            "a bare repository has no worktree"
        } else {
            "this is the git directory, not a worktree"
        };
        return Err(Error::failed(what).hint(instead.to_owned()));
    };
    if let Some(unfinished) = unfinished(&location.git_dir) {
        return Err(Error::failed(format!("{} is not finished in this worktree", unfinished.words()))
            .hint(format!("end it first: {}", unfinished.ends_with())));
    }
    let lock = location.git_dir.join("index.lock");
    if lock.exists() {
        return Err(Error::failed(format!("another git is running in this worktree: '{}' exists", lock.display()))
            .hint("wait until it has finished; if no git is running, remove that file"));
    }
    let shown = worktree.display();
    let mut changed = app
        .repo
        .uncommitted(RUNBOOK)
        .ok_or_else(|| Error::failed(format!("cannot determine what changed in '{shown}'")).hint("try 'git status'"))?;
    changed.retain(|line| !line.starts_with(b"??"));
    if changed.is_empty() {
        return Ok(());
    }
    let named: Vec<&[u8]> = changed.iter().take(PATHS).map(|line| line.get(3..).unwrap_or(line)).collect();
    let more = changed.len().saturating_sub(PATHS);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Err(Error::failed(format!(
        "the worktree '{shown}' has changes that are in no commit: {}{more}",
        app.display.paths(&named)
    ))
    .hint(format!("commit them, or put them away with 'git stash'; {instead}")))
}

/// Returns the pick that waits in this worktree.
///
/// # Errors
/// When none does.
pub fn waiting_here(app: &App) -> Result<RecoveryPoint> {
    let here = &app.repo.location().git_dir;
    let runs = crate::store::RunStore::new(app);
    let waits = |(point, head): &(RecoveryPoint, Oid)| {
        let Act::Pick(pick) = &point.recovery.act else { return false };
        let decision = runs.at(&point.recovery.run, *head).ok().and_then(|recorded| recorded.run.decision);
        pick.git_dir.as_ref() == Some(here) && decision.is_some_and(|decision| decision.after.is_none())
    };
    let found = RecoveryPoints::new(app).of_runs()?.into_iter().filter(waits).map(|(point, _)| point);
    let found = found.max_by_key(|point| point.recovery.at);
    found.ok_or_else(|| {
        Error::failed("no pick waits in this worktree")
            .hint("'git puff list' shows the runs; 'git puff pick RUN:N' picks a variant")
    })
}
