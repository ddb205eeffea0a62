//! The checks of a tree that is about to land.
//!
//! A verdict belongs to a tree: what passed on a run's base says little of the same change on another commit. The tree that
//! comes out is known before anything moves, and any result of it counts, by whichever commit.

use std::collections::BTreeSet;

use super::cache::{Answer, Answers};
use super::checks::{Trial, Unit, Way};
use super::gate::Gate;
use super::trust::RecordedChecks;
use super::worktrees::{ReviewLock, WorkspacePlan};
use super::{Checking, Found, Step, Watcher, worktrees};
use crate::app::App;
use crate::choice::results::Outcome;
use crate::error::{Error, Kind, Result};
use crate::git::NewCommit;
use crate::model::{Check, CheckStatus, Oid, Reviewed, Run, RunId, Span, Verdict};
use crate::session::pool;
use crate::settings;
use crate::store::{Recorded, RunStore};

/// How long each check may take, as in a review without `--timeout`.
const LIMIT: Span = Span(15 * 60);

/// How many times as long as on the variant itself, where that took long.
const SLOWER: f64 = 3.0;

/// The most tests of a check that may have failed by chance, as in a review.
const MOST_UNCERTAIN: usize = 3;

/// What the checks said of a tree.
#[derive(Clone, Debug, PartialEq)]
pub struct TreeVerdict {
    /// The tree.
    pub tree: Oid,
    /// The checks, in their order.
    pub checks: Vec<Check>,
    /// What fails, in words; none where all of them passed.
    pub failure: Option<String>,
}

impl TreeVerdict {
    fn new(tree: Oid, answers: &[Answer]) -> TreeVerdict {
        let checks = answers.iter().map(|answer| answer.check.clone()).collect();
        TreeVerdict { tree, checks, failure: answers.iter().find_map(failure) }
    }
}

/// Returns what of a check failed, by the names of tests where there are some.
fn failure(answer: &Answer) -> Option<String> {
    let Check { command, status, exit, .. } = &answer.check;
    let how = match (status, exit) {
        (CheckStatus::Passed, _) => return None,
        (CheckStatus::Timeout, _) => "no end within its time".to_owned(),
        (_, Some(code)) => format!("exit code {code}"),
        (_, None) => "not run".to_owned(),
    };
    let mut failed = answer.results.iter().filter(|test| test.outcome == Outcome::Failed);
    let tests = failed.next().map(|first| match failed.count() {
        0 => format!(": {}", first.name),
        more => format!(": {} and {more} more", first.name),
    });
    Some(format!("'{command}' ({how}){}", tests.unwrap_or_default()))
}

/// Returns the checks that a variant has to pass where it lands: those that it was reviewed with, else those of the launch,
/// of `puff.check`, or of the last review.
///
/// # Errors
/// When the review cannot be read.
pub fn checks_of(app: &App, recorded: &Recorded, index: u32) -> Result<RecordedChecks> {
    let reviewed = RunStore::new(app).review(recorded)?.filter(|review| {
        let commit = recorded.run.variant(index).and_then(|variant| variant.commit);
        review.variant(index).is_some_and(|reviewed| reviewed.commit == commit)
    });
    let configured: Vec<String> = app.settings.all(settings::CHECK).into_iter().map(|setting| setting.value).collect();
    let mut found = match reviewed {
        Some(review) if !review.commands.is_empty() => RecordedChecks::of_review(app, recorded)?,
        _ if recorded.run.check.is_empty() && !configured.is_empty() => {
            return Ok(RecordedChecks { commands: configured, from: None });
        }
        _ => RecordedChecks::of(app, recorded)?,
    };
    // What the user has set runs here, in whatever record it is named too.
    found.from = found.from.filter(|_| !found.commands.iter().all(|command| configured.contains(command)));
    Ok(found)
}

/// Returns whether a variant was reviewed with all of these checks, and is what it was then: what is to be said of its own tree
/// is said.
///
/// # Errors
/// When the review cannot be read.
pub fn is_reviewed(app: &App, recorded: &Recorded, index: u32, commands: &[String]) -> Result<bool> {
    let Some(variant) = recorded.run.variant(index) else { return Ok(false) };
    let review = RunStore::new(app).review(recorded)?;
    let is_current = review.is_some_and(|review| {
        review.variant(index).is_some_and(|seen| seen.commit == variant.commit && says_something(seen))
    });
    Ok(is_current && commands.iter().all(|command| variant.checks.iter().any(|check| check.command == *command)))
}

fn says_something(reviewed: &Reviewed) -> bool {
    !matches!(reviewed.verdict, Verdict::Unchecked | Verdict::NoCommit)
}

/// Returns what is known of a tree without running anything; none where one of the checks has not run on it.
pub fn kept_verdict(app: &App, run: &Run, tree: Oid, commands: &[String]) -> Option<TreeVerdict> {
    let gate = Gate::new(app, confine(run)).ok();
    let answers = Answers::new(app);
    let answer = |command: &String| {
        let rules = gate.as_ref().and_then(|gate| gate.rules(command));
        let confined = rules.and_then(|rules| answers.check(tree, command, Some(rules)));
        let passes = |answer: &Answer| answer.check.status == CheckStatus::Passed;
        // Some checks pass unconfined alone, which their review found out on the base.
        confined.clone().filter(passes).or_else(|| answers.check(tree, command, None)).or(confined)
    };
    let known: Vec<Answer> = commands.iter().map(answer).collect::<Option<_>>()?;
    (!known.is_empty()).then(|| TreeVerdict::new(tree, &known))
}

/// Finds a review of another run of this clone that says something of a tree: that run, and the number of its variant; the
/// newest review counts.
///
/// # Errors
/// When the runs cannot be read.
pub fn reviewed_elsewhere(app: &App, tree: Oid, except: &RunId) -> Result<Option<(Recorded, u32)>> {
    let store = RunStore::new(app);
    let mut found: Option<(crate::model::Time, Recorded, u32)> = None;
    for recorded in store.list()?.0 {
        // What another clone says of a tree is not known here.
        if recorded.run.run == *except || recorded.run.is_remote() {
            continue;
        }
        let Ok(Some(review)) = store.review(&recorded) else { continue };
        let says = |reviewed: &&Reviewed| {
            let commit = recorded.run.variant(reviewed.index).and_then(|variant| variant.commit);
            let tree_of = |commit| app.repo.commit(commit).ok().map(|commit| commit.tree);
            says_something(reviewed) && reviewed.commit == commit && commit.and_then(tree_of) == Some(tree)
        };
        let Some(index) = review.variants.iter().find(says).map(|reviewed| reviewed.index) else { continue };
        if found.as_ref().is_none_or(|(at, _, _)| *at < review.reviewed_at) {
            found = Some((review.reviewed_at, recorded, index));
        }
    }
    Ok(found.map(|(_, recorded, index)| (recorded, index)))
}

fn confine(run: &Run) -> Option<crate::model::Confine> {
    run.local.as_ref().filter(|_| !run.is_remote()).and_then(|local| local.confine)
}

/// Runs the checks on a tree in which a variant lands on `parent`, without what other checks have built; what is known of them
/// is not run again. What the base of the run passes unconfined alone runs so here too.
///
/// # Errors
/// When another process reviews the run, or it is stopped. A check that fails is an answer.
pub fn check_tree(
    app: &App,
    run: &Run,
    index: u32,
    (tree, parent): (Oid, Oid),
    commands: &[String],
    watch: Watcher<'_>,
) -> Result<TreeVerdict> {
    let mut lock = ReviewLock::acquire(app, &run.run)?;
    let ran = run_checks(app, run, index, (tree, parent), commands, &mut lock, watch);
    pool::tidy(app);
    lock.release();
    ran
}

/// Returns how long a check of a variant may take elsewhere: a review with a longer time limit found out how long it takes.
fn limit(checks: &[Check]) -> Span {
    let took = checks.iter().map(|check| check.duration_s);
    Span(LIMIT.0.max((took.fold(0.0, f64::max) * SLOWER).ceil() as u64))
}

fn run_checks(
    app: &App,
    run: &Run,
    index: u32,
    (tree, parent): (Oid, Oid),
    commands: &[String],
    lock: &mut ReviewLock,
    watch: Watcher<'_>,
) -> Result<TreeVerdict> {
    let known = run.variant(index).map(|variant| variant.checks.as_slice()).unwrap_or_default();
    let (mut gate, limit) = (Gate::new(app, confine(run))?, limit(known));
    let workspaces = WorkspacePlan::new(app, run, false, true);
    let mut checking = Checking { app, found: Found::new(), hinted: BTreeSet::new() };
    lock.start_cleanup_process(app, &run.run);
    if gate.is_closed() {
        let (base, answers) = (run.base_oid, Answers::new(app));
        let base_tree = app.repo.commit(base)?.tree;
        let folder = worktrees::free_folder(app, run, None)?;
        let mut unit =
            Unit { of: Vec::new(), commit: base, tree: base_tree, folder, commands: Vec::new(), trial: None };
        let unknown: Vec<String> =
            commands.iter().filter(|command| gate.known(&answers, &unit, command).is_none()).cloned().collect();
        if !unknown.is_empty() {
            watch(Step::Planned { to_run: unknown.len() + commands.len(), known: 0 });
            unit.commands = unknown;
            let way = Way { base, jobs: 1, limit, workspaces: workspaces.clone(), gate: gate.clone() };
            if !checking.run(&[unit], &way, watch) {
                return Err(stopped(run));
            }
            for answer in checking.found.remove(&base_tree).into_iter().flatten() {
                gate.hear(&answer);
            }
        }
        gate.freed().into_iter().for_each(|(freed, settings)| watch(Step::Freed(freed, &settings)));
    }
    let label = format!("var{index} where it lands");
    let identity = run.identity.clone().map_or_else(|| app.identity(), Ok)?;
    let message = format!("{label}\n");
    let new = NewCommit { tree, parents: &[parent], identity: &identity, at: run.created_at, message: &message };
    let commit = app.repo.write_commit(&new)?;
    let folder = worktrees::free_folder(app, run, Some(index))?;
    let trial = Some(Trial { label, has_copies: false });
    let unit = Unit { of: vec![index], commit, tree, folder, commands: commands.to_vec(), trial };
    let way = Way { base: run.base_oid, jobs: 1, limit, workspaces, gate };
    watch(Step::Planned { to_run: commands.len(), known: 0 });
    if !checking.run(std::slice::from_ref(&unit), &way, watch) {
        return Err(stopped(run));
    }
    // A test that does not always end alike must not keep it from landing.
    let failed = checking.found.get(&tree).into_iter().flatten().filter(|answer| is_uncertain(answer));
    let again: Vec<String> = failed.map(|answer| answer.check.command.clone()).collect();
    if !again.is_empty() {
        watch(Step::More(again.len()));
        if !checking.run(&[Unit { commands: again, ..unit }], &way, watch) {
            return Err(stopped(run));
        }
    }
    let mut answers = checking.found.remove(&tree).unwrap_or_default();
    answers.sort_by_key(|answer| commands.iter().position(|command| *command == answer.check.command));
    Ok(TreeVerdict::new(tree, &answers))
}

/// Returns whether a second run may end otherwise: a few tests failed.
fn is_uncertain(answer: &Answer) -> bool {
    let failed = answer.results.iter().filter(|test| test.outcome == Outcome::Failed).count();
    answer.check.status == CheckStatus::Failed && (1..=MOST_UNCERTAIN).contains(&failed)
}

fn stopped(run: &Run) -> Error {
    Error::new(Kind::Interrupted, format!("the checks of what would land of '{}' were stopped", run.run))
        .hint("nothing has moved")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_took_long_may_take_longer_where_it_lands() {
        let mut check = super::super::not_run("make test", "").check;
        assert_eq!((limit(&[]), limit(&[check.clone()])), (LIMIT, LIMIT));
        check.duration_s = 3600.0;
        assert_eq!(limit(&[check]), Span(10_800));
    }
}
