//! What a person needs to choose: the checks on every variant and on the base, what is seen without running anything,
//! what judges say, and a ranking of it all.
//!
//! Nothing of the run changes until all is known. What checks and judges answer is kept as it comes, so a review that
//! was killed goes on from there; its worktrees and what it started are cleaned up after it (`worktrees`).

mod cache;
mod checks;
mod evidence;
mod gate;
mod judge;
mod landing;
mod leader;
pub mod ranking;
mod recommend;
mod record;
mod setup;
mod suggested;
mod survey;
mod trials;
mod trust;
mod workers;
mod worktrees;

pub(super) use self::evidence::conflict_marker;
pub use self::gate::Freed;
pub use self::judge::{JudgeCommand, appoint};
pub use self::landing::{TreeVerdict, check_tree, checks_of, is_reviewed, kept_verdict, reviewed_elsewhere};
pub use self::record::draw_up;
pub use self::suggested::{SuggestedCheck, suggested_check};
pub use self::trust::RecordedChecks;
pub use self::worktrees::{is_left, remove_left, run_cleanup};

use std::collections::{BTreeMap, BTreeSet, HashMap};

use self::cache::{Answer, Answers};
use self::checks::{Unit, Way, WorkerEvent, check_all, not_run};
use self::gate::Gate;
use self::judge::{Exhibits, JudgePanel, Material};
use self::record::Draft;
use self::survey::Survey;
use self::trials::{Stage, Trials};
use self::workers::{Work, run_workers};
use self::worktrees::{ReviewLock, Workspace, WorkspacePlan};
use crate::app::App;
use crate::choice::classes::Standing;
use crate::error::{Error, Kind, Result, ResultExt};
use crate::model::{Check, CheckStatus, Confine, Judge, Oid, Run, RunId, Span, Variant};
use crate::process::Stop;
use crate::session::pool;
use crate::session::workspace_files;
use crate::session::worktree;
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
    /// No check finds what others built.
    pub cold: bool,
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
    /// So many more checks are to be run.
    More(usize),
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
    let (mut units, found) = plan(app, &recorded, options, &mut gate)?;
    let known = found.values().map(Vec::len).sum();
    watch(Step::Planned { to_run: units.iter().map(|unit| unit.commands.len()).sum(), known });
    if !units.is_empty() {
        workspace_files::unmatched(app, recorded.run.base_oid).iter().for_each(|hint| watch(Step::Hint(hint)));
    }
    if !units.is_empty() || !options.judges.is_empty() {
        lock.start_cleanup_process(app, id);
    }
    let workspaces = WorkspacePlan::new(app, &recorded.run, options.keep, options.cold);
    let (base_oid, jobs) = (recorded.run.base_oid, options.jobs.max(1));
    let mut way = Way { base: base_oid, jobs, limit: options.limit, workspaces, gate: gate.clone() };
    let mut checking = Checking { app, found, hinted: BTreeSet::new() };
    // By itself, so that nothing of a variant runs before it is known what the base needs.
    let base = units.iter().take_while(|unit| gate.is_closed() && unit.of.is_empty()).count();
    let mut rest = units.split_off(base);
    let mut draft = || -> Result<Option<Draft>> {
        if !checking.run(&units, &way, watch) {
            return Ok(None);
        }
        let on_base = units.iter().filter_map(|unit| checking.found.get(&unit.tree)).flatten();
        if on_base.filter(|answer| gate.hear(answer)).count() > 0 {
            // What is known of the variants is of confined checks.
            let (planned, known) = plan(app, &recorded, options, &mut gate.clone())?;
            rest = planned.into_iter().filter(|unit| !unit.of.is_empty()).collect();
            let of_base: Vec<Oid> = units.iter().map(|unit| unit.tree).collect();
            checking.found.retain(|tree, _| of_base.contains(tree));
            checking.found.extend(known.into_iter().filter(|(tree, _)| !of_base.contains(tree)));
        }
        gate.freed().into_iter().for_each(|(freed, settings)| watch(Step::Freed(freed, &settings)));
        way.gate = gate.clone();
        if !checking.run(&rest, &way, watch) {
            return Ok(None);
        }
        let Some(standings) = try_out(&mut checking, &store, &recorded, options, &way, &mut lock, watch)? else {
            return Ok(None);
        };
        let (recorded, accepted) = (&recorded, &accepted);
        let confirming = Confirming { recorded, survey: &survey, options, accepted, way: &way, standings };
        let Some(mut draft) = confirming.confirm(&mut checking, Vec::new(), &mut lock, watch)? else { return Ok(None) };
        if !options.judges.is_empty() {
            let judges = ask_judges(app, &store, recorded, (&draft, &checking.found), options, watch)?;
            let Some(judged) = confirming.confirm(&mut checking, judges, &mut lock, watch)? else { return Ok(None) };
            draft = judged;
        }
        Ok(Some(draft))
    };
    let drawn = draft();
    pool::tidy(app);
    lock.release();
    match drawn? {
        Some(draft) => record::record(app, &store, &recorded, draft),
        None => Err(stopped(id)),
    }
}

/// How often what may have met a test that does not always end alike is run again.
const MOST_RUNS_AGAIN: usize = 3;

/// Runs what tells the variants apart beside their own checks, and judges them by it. None when it is stopped before.
fn try_out(
    checking: &mut Checking<'_>,
    store: &RunStore<'_>,
    recorded: &Recorded,
    options: &ReviewOptions,
    way: &Way,
    lock: &mut ReviewLock,
    watch: Watcher<'_>,
) -> Result<Option<BTreeMap<u32, Standing>>> {
    let (app, run) = (checking.app, &recorded.run);
    let prompt = store.prompt(recorded)?;
    let prepare = |found: &Found, flaky: &BTreeSet<_>| Trials::new(app, run, &prompt, &options.commands, found, flaky);
    let mut flaky = BTreeSet::new();
    let mut trials = prepare(&checking.found, &flaky)?;
    // What fails a test that passes on the base may have met a test that does not always end alike.
    for round in 0..MOST_RUNS_AGAIN {
        let again = trials.uncertain(round == 0);
        if again.is_empty() {
            break;
        }
        let units = again.into_iter().map(|index| Unit::of_variant(app, run, index, options.commands.clone()));
        if !checking.run_more(&units.collect::<Result<Vec<_>>>()?, way, lock, run, watch) {
            return Ok(None);
        }
        flaky.extend(trials.changed(&checking.found));
        trials = prepare(&checking.found, &flaky)?;
    }
    // Another input may loop for ever: what runs beside is bounded by what the base took by itself.
    let took = checking.found.get(&app.repo.commit(run.base_oid)?.tree).into_iter().flatten();
    let longest = took.map(|answer| answer.check.duration_s).fold(0.0, f64::max);
    let bound = Span((longest * 6.0).ceil() as u64 + 15);
    let limit = if way.limit.0 == 0 { bound } else { Span(bound.0.min(way.limit.0)) };
    let way = &Way { limit, ..way.clone() };
    for stage in Stage::ALL {
        let units = trials.units(stage)?;
        if !checking.run_unknown(units, way, lock, run, options.fresh, watch) {
            return Ok(None);
        }
        trials.hear(stage, &checking.found);
    }
    for (index, sign, unit) in trials.blinded()? {
        let tree = unit.tree;
        if !checking.run_unknown(vec![unit], way, lock, run, options.fresh, watch) {
            return Ok(None);
        }
        trials.hear_blinded(index, sign, tree, &checking.found);
    }
    Ok(Some(trials.judge()))
}

/// What the checks of a review have answered so far.
struct Checking<'a> {
    app: &'a App,
    found: Found,
    hinted: BTreeSet<String>,
}

impl Checking<'_> {
    /// Runs what is not known of these units from an earlier review. False when it is stopped before.
    fn run_unknown(
        &mut self,
        mut units: Vec<Unit>,
        way: &Way,
        lock: &mut ReviewLock,
        run: &Run,
        fresh: bool,
        watch: Watcher<'_>,
    ) -> bool {
        let answers = Answers::new(self.app);
        for unit in &mut units {
            let known =
                |command: &String| answers.check(unit.tree, command, way.gate.rules(command)).filter(|_| !fresh);
            let known: Vec<Answer> = unit.commands.iter().filter_map(known).collect();
            unit.commands.retain(|command| !known.iter().any(|answer| answer.check.command == *command));
            self.found.entry(unit.tree).or_default().extend(known);
        }
        units.retain(|unit| !unit.commands.is_empty());
        units.is_empty() || self.run_more(&units, way, lock, run, watch)
    }

    /// Runs what was not planned at the beginning. False when it is stopped before.
    fn run_more(&mut self, units: &[Unit], way: &Way, lock: &mut ReviewLock, run: &Run, watch: Watcher<'_>) -> bool {
        lock.start_cleanup_process(self.app, &run.run);
        watch(Step::More(units.iter().map(|unit| unit.commands.len()).sum()));
        self.run(units, way, watch)
    }

    /// Runs the checks of these units; an answer takes the place of the one that there was. False when it is stopped before.
    fn run(&mut self, units: &[Unit], way: &Way, watch: Watcher<'_>) -> bool {
        let Checking { app, found, hinted } = self;
        check_all(app, units, way, |news| match news {
            WorkerEvent::Began(at, command) => watch(Step::Began { who: &units[at].name(), command: &command }),
            WorkerEvent::Ended(at, answer) => {
                watch(Step::Ended { who: &units[at].name(), check: &answer.check });
                let answers = found.entry(units[at].tree).or_default();
                answers.retain(|known| known.check.command != answer.check.command);
                answers.push(*answer);
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
}

/// What is needed to confirm that a recommendation stands without what other checks had built.
struct Confirming<'a> {
    recorded: &'a Recorded,
    survey: &'a Survey,
    options: &'a ReviewOptions,
    accepted: &'a [String],
    way: &'a Way,
    standings: BTreeMap<u32, Standing>,
}

impl Confirming<'_> {
    /// Draws up the review. Checks of the recommended variant that passed beside ignored files of others run again without them,
    /// until it is one whose checks all did. None when it is stopped before.
    fn confirm(
        &self,
        checking: &mut Checking<'_>,
        judges: Vec<Judge>,
        lock: &mut ReviewLock,
        watch: Watcher<'_>,
    ) -> Result<Option<Draft>> {
        let app = checking.app;
        loop {
            let (survey, accepted) = (self.survey.clone(), self.accepted.to_vec());
            let mut draft = Draft::new(app, self.recorded, survey, &checking.found, self.options, accepted)?;
            draft.take(&self.standings);
            draft.review.judges = judges.clone();
            draft.review.confinement = self.way.gate.record(&self.options.commands);
            let mut unit = None;
            for index in draft.leaders() {
                unit = unit.or(self.unconfirmed(app, checking, index)?);
            }
            let Some(unit) = unit else { return Ok(Some(draft)) };
            let workspaces = WorkspacePlan { warm: None, ..self.way.workspaces.clone() };
            let (tree, commands) = (unit.tree, unit.commands.clone());
            let way = Way { workspaces, ..self.way.clone() };
            if !checking.run_more(&[unit], &way, lock, &self.recorded.run, watch) {
                return Ok(None);
            }
            let answers = checking.found.get_mut(&tree).into_iter().flatten();
            for answer in answers.filter(|answer| commands.contains(&answer.check.command)) {
                answer.check.confirmed = true;
                Answers::new(app).keep_check(tree, answer, self.way.gate.rules(&answer.check.command));
            }
        }
    }

    /// Returns the checks of a variant that are to be run again, if there are any.
    fn unconfirmed(&self, app: &App, checking: &Checking<'_>, index: u32) -> Result<Option<Unit>> {
        let tree = self.tree(app, index)?;
        let is_open = |answer: &&Answer| answer.check.warm && self.options.commands.contains(&answer.check.command);
        let answers = checking.found.get(&tree).into_iter().flatten().filter(is_open);
        let commands: Vec<String> = answers.map(|answer| answer.check.command.clone()).collect();
        if commands.is_empty() {
            return Ok(None);
        }
        Unit::of_variant(app, &self.recorded.run, index, commands).map(Some)
    }

    fn tree(&self, app: &App, index: u32) -> Result<Oid> {
        let commit = self.recorded.run.variant(index).and_then(|variant| variant.commit);
        Ok(app.repo.commit(commit.unwrap_or(self.recorded.run.base_oid))?.tree)
    }
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
        trial: None,
    });
    for variant in &run.variants {
        let Some(commit) = variant.commit else { continue };
        let tree = app.repo.commit(commit)?.tree;
        match units.iter_mut().find(|unit| unit.tree == tree && !unit.of.is_empty()) {
            // Equal contents are checked once.
            Some(unit) => unit.of.push(variant.index),
            None => {
                units.push(Unit::of_variant(app, run, variant.index, Vec::new())?);
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
    /// Returns the content of a variant, with checks to be run on it.
    ///
    /// # Errors
    /// When its commit is missing, or no workspace can be made here.
    fn of_variant(app: &App, run: &Run, index: u32, commands: Vec<String>) -> Result<Unit> {
        let commit = run.variant(index).and_then(|variant| variant.commit).unwrap_or(run.base_oid);
        let (of, tree) = (vec![index], app.repo.commit(commit)?.tree);
        let folder = worktrees::free_folder(app, run, Some(index))?;
        Ok(Unit { of, commit, tree, folder, commands, trial: None })
    }

    /// Describes the unit of work.
    fn name(&self) -> String {
        let names: Vec<String> = self.of.iter().map(|index| format!("var{index}")).collect();
        if let Some(trial) = &self.trial {
            return trial.label.clone();
        }
        if names.is_empty() { "base".to_owned() } else { names.join(", ") }
    }
}

/// Asks all judges at once, those that have not said it before.
fn ask_judges(
    app: &App,
    store: &RunStore<'_>,
    recorded: &Recorded,
    (draft, found): (&Draft, &Found),
    options: &ReviewOptions,
    watch: Watcher<'_>,
) -> Result<Vec<Judge>> {
    if options.judges.is_empty() {
        return Ok(Vec::new());
    }
    let (candidates, prompt) = (draft.candidates(), store.prompt(recorded)?);
    let material = Material::collect(app, &recorded.run, &prompt, &draft.review.base, &candidates, found)?;
    let panels = JudgePanel::seat_all(&material, &options.judges);
    let remembered = |(panel, judge): (&JudgePanel<'_>, _)| panel.remembered(app, judge).filter(|_| !options.fresh);
    let mut said: Vec<Option<Judge>> = panels.iter().zip(&options.judges).map(remembered).collect();
    said.iter().flatten().for_each(|known| watch(Step::Judged(known)));
    if said.iter().all(Option::is_some) {
        return Ok(said.into_iter().flatten().collect());
    }
    let exhibits = Exhibits::write(app, &material.trees())?;
    let plan = WorkspacePlan::new(app, &recorded.run, false, true);
    let stop = Stop::default();
    let mut works: Vec<Work<'_, (usize, Judge)>> = Vec::new();
    let mut workspaces = Vec::new();
    for (at, judge) in options.judges.iter().enumerate().filter(|(at, _)| said[*at].is_none()).collect::<Vec<_>>() {
        watch(Step::Asked(&judge.command));
        let variants = exhibits.for_judge(at, &panels[at].letters());
        let variants = variants.or_fail(|| "cannot make a folder for a judge".to_owned());
        // What it writes beside its answer is in a folder that is thrown away, and what it leaves running ends with that.
        let folder = worktrees::free_folder(app, &recorded.run, None)?;
        let made = Workspace::for_commit(app, &plan, (&folder, recorded.run.base_oid), None);
        match made.and_then(|workspace| Ok((workspace.worktree.path, variants?))) {
            Ok((path, variants)) => {
                workspaces.push(path.clone());
                let (panel, stop, limit) = (&panels[at], stop.clone(), options.limit);
                works.push(Box::new(move |sender| {
                    if let Some(said) = panel.ask(judge, (&path, &variants), limit, &stop) {
                        let _ = sender.send((at, said));
                    }
                }));
            }
            Err(error) => {
                let (command, error) = (judge.command.clone(), Some(error.to_string()));
                let judge = Judge { command, error, duration_s: 0.0, cached: false, opinions: Vec::new() };
                watch(Step::Judged(&judge));
                said[at] = Some(judge);
            }
        }
    }
    let whole = run_workers(&app.cancellation, &stop, works, |(at, judge)| {
        panels[at].keep(app, &judge);
        watch(Step::Judged(&judge));
        said[at] = Some(judge);
    });
    for path in workspaces {
        if let Err(error) = worktrees::remove(app, &path) {
            watch(Step::Left(&error));
        }
    }
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
