//! What a person needs to choose: the checks on every variant and on the base, what is seen without running anything,
//! what judges say, and a ranking of it all.
//!
//! Nothing of the run changes until all is known. What checks and judges answer is kept as it comes, so a review that
//! was killed goes on from there; its worktrees and what it started are cleaned up after it (`worktrees`).

mod cache;
mod checks;
mod counts;
mod evidence;
mod gate;
mod judge;
mod junit;
pub mod ranking;
mod recommend;
mod record;
mod setup;
mod survey;
mod trust;
mod workers;
mod worktrees;

pub(super) use self::evidence::conflict_marker;
pub use self::gate::Freed;
pub use self::judge::{JudgeCommand, appoint};
pub use self::record::draw_up;
pub use self::trust::RecordedChecks;
pub use self::worktrees::{is_left, remove_left, run_cleanup};

use std::collections::{BTreeSet, HashMap};

use self::cache::{Answer, Answers};
use self::checks::{Unit, Way, WorkerEvent, check_all, not_run};
use self::gate::Gate;
use self::judge::JudgePanel;
use self::survey::Survey;
use self::workers::{Work, run_workers};
use self::worktrees::ReviewLock;
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::model::{Check, CheckStatus, Confine, Judge, Oid, Run, RunId, Span, Variant};
use crate::process::Stop;
use crate::session::workspace_files;
use crate::session::worktree::{self, WorkspaceRoot};
use crate::store::{Recorded, RunStore};

/// How a run is to be reviewed.
#[derive(Clone, Debug, Default)]
pub struct ReviewOptions {
    /// The checks, in their order.
    pub commands: Vec<String>,
    /// Who judges.
    pub judges: Vec<JudgeCommand>,
    /// How many worktrees are running at a time.
    pub jobs: usize,
    /// How long a check or a judge may take; zero for as long as it takes.
    pub limit: Span,
    /// Checks are run on these alone; on all, when it is empty.
    pub variants: Vec<u32>,
    /// Nothing is taken from an earlier review.
    pub fresh: bool,
    /// The worktrees stay.
    pub keep: bool,
    /// Risks that a person takes: kinds, or `kind:path`.
    pub accept: Vec<String>,
    /// What is confined, where it was said for this review; else the run, or `puff.confine`, says.
    pub confine: Option<Confine>,
}

/// The progress of a review.
#[derive(Clone, Copy, Debug)]
pub enum Step<'s> {
    /// How many checks are to be run, and how many are known already.
    Planned {
        /// Those to be run.
        to_run: usize,
        /// Those known.
        known: usize,
    },
    /// A check has started; `who` is `base`, or the variants.
    Began {
        /// On whom.
        who: &'s str,
        /// The command.
        command: &'s str,
    },
    /// A check has ended.
    Ended {
        /// On whom.
        who: &'s str,
        /// How.
        check: &'s Check,
    },
    /// Something runs unconfined, since the base passes only so; one of these settings mends that.
    Freed(&'s Freed, &'s [&'static str]),
    /// A judge is asked.
    Asked(&'s str),
    /// A judge has answered.
    Judged(&'s Judge),
    /// Something could not be cleaned up.
    Left(&'s Error),
    /// What the checks go without, and how to change that.
    Hint(&'s str),
}

/// Receives the progress of a review.
pub type Watcher<'w> = &'w mut dyn FnMut(Step<'_>);

/// The answers of each content, by its tree.
type Found = HashMap<Oid, Vec<Answer>>;

/// Reviews a run.
///
/// # Errors
/// When there is nothing to review, another process reviews it, something that was asked for is not there, or the run
/// cannot be recorded. A check or a judge that fails is an answer.
pub fn review(app: &App, id: &RunId, options: &ReviewOptions, watch: Watcher<'_>) -> Result<Run> {
    let store = RunStore::new(app);
    let recorded = store.load(id)?;
    prove(app, &recorded.run, options)?;
    super::verified::all(app, &recorded)?;
    let mut lock = ReviewLock::acquire(app, id)?;
    let survey = Survey::of(app, &store, &recorded)?;
    let accepted = record::accept(&store, &recorded, &survey, options)?;
    let answers = Answers::new(app);
    answers.forget_old();

    let of_run = recorded.run.local.as_ref().filter(|_| !recorded.run.is_remote()).and_then(|local| local.confine);
    let mut gate = Gate::new(app, options.confine.or(of_run))?;
    let (mut units, mut found) = plan(app, &recorded, options, &mut gate)?;
    let known = found.values().map(Vec::len).sum();
    watch(Step::Planned { to_run: units.iter().map(|unit| unit.commands.len()).sum(), known });
    if !units.is_empty() {
        workspace_files::unmatched(app, recorded.run.base_oid).iter().for_each(|hint| watch(Step::Hint(hint)));
    }
    if !units.is_empty() || !options.judges.is_empty() {
        lock.start_cleanup_process(app, id);
    }
    let (base_oid, jobs) = (recorded.run.base_oid, options.jobs.max(1));
    let way = Way { base: base_oid, jobs, limit: options.limit, keep: options.keep, gate: gate.clone() };
    let mut hinted = BTreeSet::new();
    // By itself, so that nothing of a variant runs before it is known what the base needs.
    let base = units.iter().take_while(|unit| gate.is_closed() && unit.of.is_empty()).count();
    let mut rest = units.split_off(base);
    let mut whole = check(app, &units, &way, (&mut found, &mut hinted), watch);
    let on_base = units.iter().filter_map(|unit| found.get(&unit.tree)).flatten();
    if on_base.filter(|answer| gate.hear(answer)).count() > 0 {
        // What is known of the variants is of confined checks.
        let (planned, known) = plan(app, &recorded, options, &mut gate.clone())?;
        rest = planned.into_iter().filter(|unit| !unit.of.is_empty()).collect();
        let of_base: Vec<Oid> = units.iter().map(|unit| unit.tree).collect();
        found.retain(|tree, _| of_base.contains(tree));
        found.extend(known.into_iter().filter(|(tree, _)| !of_base.contains(tree)));
    }
    gate.freed().into_iter().for_each(|(freed, settings)| watch(Step::Freed(freed, &settings)));
    whole = whole && check(app, &rest, &Way { gate: gate.clone(), ..way }, (&mut found, &mut hinted), watch);
    if !whole {
        lock.release();
        return Err(stopped(id));
    }
    let mut draft = record::Draft::new(app, &recorded, survey, found, options, accepted)?;
    draft.review.confinement = gate.record(&options.commands);
    let judges = ask_judges(app, &store, &recorded, &draft, options, watch);
    lock.release();
    draft.review.judges = judges?;
    record::record(app, &store, &recorded, draft)
}

/// Checks units, and adds what comes of it, and the hints that were given, to those that are known. False when it is stopped
/// before it has finished.
fn check(
    app: &App,
    units: &[Unit],
    way: &Way,
    (found, hinted): (&mut Found, &mut BTreeSet<String>),
    watch: Watcher<'_>,
) -> bool {
    check_all(app, units, way, |news| match news {
        WorkerEvent::Began(at, command) => watch(Step::Began { who: &units[at].name(), command: &command }),
        WorkerEvent::Ended(at, answer) => {
            watch(Step::Ended { who: &units[at].name(), check: &answer.check });
            found.entry(units[at].tree).or_default().push(*answer);
        }
        WorkerEvent::Left(error) => watch(Step::Left(&error)),
        // Each workspace goes without the same.
        WorkerEvent::Hint(hint) => {
            if hinted.insert(hint.clone()) {
                watch(Step::Hint(&hint));
            }
        }
    })
}

/// Checks the options before anything runs.
fn prove(app: &App, run: &Run, options: &ReviewOptions) -> Result<()> {
    super::harvest::check_variants(run, &options.variants)?;
    let commits = |variant: &&Variant| variant.commit.is_some();
    if run.variants.iter().filter(commits).count() == 0 {
        let hint = if run.has_unharvested() || run.state.is_active() {
            format!("'git puff harvest {}' makes commits of its variants", run.run)
        } else {
            format!("'git puff show {}' says what became of each", run.run)
        };
        return Err(Error::failed(format!("no variant of '{}' has a commit to review", run.run)).hint(hint));
    }
    let mut chosen = run.variants.iter().filter(|variant| options.variants.contains(&variant.index));
    if let Some(variant) = chosen.find(|variant| variant.commit.is_none()) {
        let why = variant.reason.clone().unwrap_or_else(|| format!("it is {}", variant.status.as_str()));
        return Err(Error::failed(format!(
            "variant {} of '{}' has no commit to review: {why}",
            variant.index, run.run
        ))
        .hint(format!("see 'git puff show {}:{}'", run.run, variant.index)));
    }
    worktree::check(app)
}

/// Returns what is to be run, and what is known already.
fn plan(app: &App, recorded: &Recorded, options: &ReviewOptions, gate: &mut Gate) -> Result<(Vec<Unit>, Found)> {
    let run = &recorded.run;
    let mut units: Vec<Unit> = Vec::new();
    let base = app.repo.commit(run.base_oid)?.tree;
    units.push(Unit {
        of: Vec::new(),
        commit: run.base_oid,
        tree: base,
        folder: worktrees::free_folder(app, run, None)?,
        commands: Vec::new(),
    });
    for variant in &run.variants {
        let Some(commit) = variant.commit else { continue };
        let tree = app.repo.commit(commit)?.tree;
        match units.iter_mut().find(|unit| unit.tree == tree && !unit.of.is_empty()) {
            // Equal contents are checked once.
            Some(unit) => unit.of.push(variant.index),
            None => {
                let folder = worktrees::free_folder(app, run, Some(variant.index))?;
                units.push(Unit { of: vec![variant.index], commit, tree, folder, commands: Vec::new() });
            }
        }
    }
    let answers = Answers::new(app);
    let mut found = Found::new();
    for unit in &mut units {
        let chosen = options.variants.is_empty()
            || unit.of.is_empty()
            || unit.of.iter().any(|index| options.variants.contains(index));
        for command in &options.commands {
            let asks_again = options.fresh && chosen;
            let known = if asks_again { None } else { gate.known(&answers, unit, command) };
            // What is not to be run now may be known from the run itself, where that ended badly.
            let known = known.or_else(|| (!chosen).then(|| remembered(run, unit, command)).flatten());
            match known {
                Some(known) => found.entry(unit.tree).or_default().push(known),
                None if chosen => unit.commands.push(command.clone()),
                None => {}
            }
        }
    }
    units.retain(|unit| !unit.commands.is_empty());
    Ok((units, found))
}

fn remembered(run: &Run, unit: &Unit, command: &str) -> Option<Answer> {
    let variant = unit.of.iter().find_map(|index| run.variant(*index))?;
    let check = variant.checks.iter().find(|check| check.command == command)?;
    let check = Check { cached: true, ..check.clone() };
    Some(Answer { check, ..not_run(command, "") })
}

impl Unit {
    /// Describes the unit of work.
    fn name(&self) -> String {
        let names: Vec<String> = self.of.iter().map(|index| format!("var{index}")).collect();
        if names.is_empty() { "base".to_owned() } else { names.join(", ") }
    }
}

/// Asks all judges at once, those that have not said it before.
fn ask_judges(
    app: &App,
    store: &RunStore<'_>,
    recorded: &Recorded,
    draft: &record::Draft,
    options: &ReviewOptions,
    watch: Watcher<'_>,
) -> Result<Vec<Judge>> {
    if options.judges.is_empty() {
        return Ok(Vec::new());
    }
    let candidates = draft.candidates();
    let panel = JudgePanel::assemble(app, &recorded.run, &store.prompt(recorded)?, &draft.review.base, &candidates)?;
    let folder = WorkspaceRoot::find(app)?.of_run(&recorded.run.run);
    let mut said: Vec<Option<Judge>> =
        options.judges.iter().map(|judge| panel.remembered(app, judge).filter(|_| !options.fresh)).collect();
    let stop = Stop::default();
    let mut works: Vec<Work<'_, (usize, Judge)>> = Vec::new();
    for (at, judge) in options.judges.iter().enumerate() {
        match &said[at] {
            Some(known) => watch(Step::Judged(known)),
            None => {
                watch(Step::Asked(&judge.command));
                // What one leaves behind ends with it, and with no other: a mark that is no folder, but would be ours.
                let mark = folder.join(format!("judge-{at}"));
                let (panel, stop, limit) = (&panel, stop.clone(), options.limit);
                works.push(Box::new(move |sender| {
                    if let Some(said) = panel.ask(judge, limit, &mark, &stop) {
                        let _ = sender.send((at, said));
                    }
                }));
            }
        }
    }
    let whole = run_workers(&app.cancellation, &stop, works, |(at, judge)| {
        panel.keep(app, &judge);
        watch(Step::Judged(&judge));
        said[at] = Some(judge);
    });
    if whole { Ok(said.into_iter().flatten().collect()) } else { Err(stopped(&recorded.run.run)) }
}

fn stopped(id: &RunId) -> Error {
    Error::new(Kind::Interrupted, format!("the review of '{id}' was stopped"))
        .hint(format!("its results are kept: 'git puff review {id}' continues from there"))
}

/// Returns whether any check of a variant passed, so that there is something to pick.
pub fn any_passes(run: &Run) -> bool {
    let passed = |variant: &Variant| {
        variant.commit.is_some()
            && !variant.checks.is_empty()
            && variant.checks.iter().all(|check| check.status == CheckStatus::Passed)
    };
    run.variants.iter().any(passed)
}
