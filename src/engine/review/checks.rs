//! Running the checks: each content in a worktree of its own, one check after another, several worktrees at a time.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use test_results::OutputReader;
use tokio::sync::mpsc::UnboundedSender;

use super::cache::{Answer, Answers};
use super::gate::Gate;
use super::setup::SetupState;
use super::workers::{Work, run_workers};
use super::worktrees::{self, Workspace, WorkspacePlan};
use crate::app::{App, Seed};
use crate::choice::results::TestResult;
use crate::error::{Error, Result, ResultExt};
use crate::git::snapshot::{StartingPoint, is_in};
use crate::git::{Worktree, WorktreeKind};
use crate::model::{ChangeKind, Check, CheckStatus, Oid, PathChange, Risk, RiskKind, Span};
use crate::process::{self, Cmd, Ended, HeadAndTail, Stop, Stream};
use crate::scratch::Scratch;
use crate::session::confinement::Rules;
use crate::session::side_effects::{Actor, GitDirSnapshot};
use crate::session::{workspace_files, worktree};
use crate::settings::{self, Setting};

/// How many bytes of the head and of the tail of a check's output are kept.
const HEAD: usize = 2 << 10;
const TAIL: usize = 6 << 10;

/// The variable that names an empty folder in which a check may leave JUnit files.
const JUNIT: &str = "GIT_PUFF_JUNIT";

/// The variable with options of pytest.
const PYTEST: &str = "PYTEST_ADDOPTS";

/// A content that is to be checked.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// Of whom it is: the variants that have it; empty for the base.
    pub of: Vec<u32>,
    /// The commit that is checked out.
    pub commit: Oid,
    /// Its content.
    pub tree: Oid,
    /// Where its worktree will be.
    pub folder: PathBuf,
    /// The commands that are still to be run.
    pub commands: Vec<String>,
    /// What is tried, where it is not the content of a variant or the base as it is.
    pub trial: Option<Trial>,
}

/// A content that is made to tell variants apart.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    /// What is in it, in words.
    pub label: String,
    /// Copies of tests are in it, of which some are to fail, or not to load.
    pub has_copies: bool,
}

impl Unit {
    /// Returns whether copies of tests are in it.
    fn has_copies(&self) -> bool {
        self.trial.as_ref().is_some_and(|trial| trial.has_copies)
    }
}

/// How units are checked.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// The base of the run: its `.worktreeinclude` says what workspaces get.
    pub base: Oid,
    /// How many at a time.
    pub jobs: usize,
    /// How long each check may take; zero for as long as it takes.
    pub limit: Span,
    /// How their workspaces are.
    pub workspaces: WorkspacePlan,
    /// Which checks are confined.
    pub gate: Gate,
}

/// What a worker tells.
pub(super) enum WorkerEvent {
    /// A command has started on a unit.
    Began(usize, String),
    /// A command has ended on a unit.
    Ended(usize, Box<Answer>),
    /// A worktree could not be removed.
    Left(Error),
    /// Something is missing in a worktree, and how to change that.
    Hint(String),
}

/// Checks all units, and reports progress. False when it is stopped before it has finished.
pub(super) fn check_all(app: &App, units: &[Unit], way: &Way, notify: impl FnMut(WorkerEvent)) -> bool {
    let queue: Mutex<Vec<usize>> = Mutex::new((0..units.len()).collect());
    let (queue, stop) = (&queue, Stop::default());
    let worker = |_| -> Work<'_, WorkerEvent> {
        let (seed, stop) = (app.seed(), stop.clone());
        let (start, freed) = (RefCell::default(), RefCell::default());
        Box::new(move |sender| Worker { seed, way, stop, sender, start, freed }.work(units, queue))
    };
    run_workers(&app.cancellation, &stop, (0..way.jobs.min(units.len())).map(worker).collect(), notify)
}

struct Worker<'w> {
    seed: Seed,
    way: &'w Way,
    stop: Stop,
    sender: UnboundedSender<WorkerEvent>,
    /// What the setup made in the worktree of the unit, over its commit.
    start: RefCell<StartingPoint>,
    /// Why the setup of the unit, which is the base, failed confined, where it works unconfined.
    freed: RefCell<Option<String>>,
}

impl Worker<'_> {
    fn work(&self, units: &[Unit], queue: &Mutex<Vec<usize>>) {
        let app = self.seed.clone().open();
        let mut workspace: Option<Workspace> = None;
        while let Some(at) = self.next(app.as_ref().ok(), units, queue, workspace.as_ref()) {
            let done = match &app {
                Ok(app) => self.check(app, at, &units[at], &mut workspace),
                Err(error) => Err(words(error)),
            };
            // What could not even be started is reported for each check.
            if let Err(why) = done {
                units[at].commands.iter().for_each(|command| self.ended(at, not_run(command, &why)));
            }
        }
        if let (Ok(app), Some(workspace)) = (&app, workspace) {
            self.give_back(app, &workspace);
        }
    }

    /// Takes the next unit from the queue: the one that differs least from what is in the workspace, since a check finds there
    /// what the last one built.
    fn next(
        &self,
        app: Option<&App>,
        units: &[Unit],
        queue: &Mutex<Vec<usize>>,
        workspace: Option<&Workspace>,
    ) -> Option<usize> {
        let mut queue = queue.lock().ok().filter(|queue| !queue.is_empty() && !self.stop.is_stopped())?;
        let distance = |at: &usize| -> Option<usize> {
            let there = app?.repo.commit(workspace?.commit).ok()?.tree;
            let (changed, _) = app?.repo.tree_changes(Some(there), Some(units[*at].tree)).ok()?;
            Some(changed.len())
        };
        let nearest = (0..queue.len()).min_by_key(|place| (distance(&queue[*place]), *place))?;
        Some(queue.remove(nearest))
    }

    fn give_back(&self, app: &App, workspace: &Workspace) {
        if let Err(error) = worktrees::remove(app, &workspace.worktree.path) {
            self.notify(WorkerEvent::Left(error));
        }
    }

    fn notify(&self, news: WorkerEvent) {
        // Who hears it lives as long as we do.
        let _ = self.sender.send(news);
    }

    fn ended(&self, at: usize, answer: Answer) {
        self.notify(WorkerEvent::Ended(at, Box::new(answer)));
    }

    /// Checks a unit in a workspace that is brought to its commit. Returns why it could not start, if so. The workspace is
    /// there for the next unit afterwards, if it can be.
    fn check(&self, app: &App, at: usize, unit: &Unit, last: &mut Option<Workspace>) -> Result<(), String> {
        let plan = &self.way.workspaces;
        let made = Workspace::for_commit(app, plan, (&unit.folder, unit.commit), last.take());
        let mut workspace = made.map_err(|error| words(&error))?;
        // The setup runs what it finds in the worktree, such as the scripts of an install.
        let watch = Watch::begin(app);
        self.freed.replace(None);
        let set_up = self.set_up(app, &workspace.worktree, unit);
        let freed_by = self.freed.borrow().clone();
        let mut left_by_setup = watch.end(app, &workspace.worktree, unit, "puff.workspace.setup ran");
        for command in &unit.commands {
            let mut answer = match &set_up {
                Ok(()) => {
                    self.notify(WorkerEvent::Began(at, command.clone()));
                    let ran = self.run_by_rules(app, &mut workspace, unit, command, freed_by.as_deref());
                    let Some(answer) = ran else { break };
                    answer
                }
                Err(why) => not_run(command, why),
            };
            let Left { traces, rewritten } = std::mem::take(&mut left_by_setup);
            answer.after(traces, rewritten);
            Answers::new(app).keep_check(unit.tree, &answer, self.way.gate.rules(command));
            self.ended(at, answer);
        }
        if workspace.is_for_all(plan) {
            *last = Some(workspace);
        } else if plan.keep && !self.stop.is_stopped() {
            let kept = workspace.worktree.unlock();
            let kept = kept.or_fail(|| format!("cannot keep the worktree '{}'", unit.folder.display()));
            kept.unwrap_or_else(|error| self.notify(WorkerEvent::Left(error)));
        } else {
            self.give_back(app, &workspace);
        }
        Ok(())
    }

    /// Runs a check; one that fails with ignored files of other checks around it runs again without them: what others built may
    /// make a check faster, and never decide. None when the review is stopped.
    fn run_confirmed(
        &self,
        app: &App,
        workspace: &mut Workspace,
        unit: &Unit,
        command: &str,
        rules: Option<&Rules>,
    ) -> Option<Answer> {
        let answer = self.run(app, workspace, unit, command, rules)?;
        if !answer.check.warm || answer.check.status == CheckStatus::Passed || unit.has_copies() {
            return Some(answer);
        }
        let cold = workspace.bring_to(app, unit.commit, None).map_err(|error| words(&error));
        if let Err(why) = cold.and_then(|()| self.set_up(app, &workspace.worktree, unit)) {
            return Some(not_run(&answer.check.command, &why));
        }
        let mut confirmed = self.run(app, workspace, unit, command, rules)?;
        confirmed.check.confirmed = true;
        confirmed.after(answer.traces, answer.rewritten);
        Some(confirmed)
    }

    /// Brings ignored files, and runs `puff.workspace.setup`, as before an agent. A worktree that had both for the same
    /// files is ready.
    fn set_up(&self, app: &App, worktree: &Worktree, unit: &Unit) -> Result<(), String> {
        *self.start.borrow_mut() = StartingPoint::default();
        let asked = SetupState::wanted(app, self.way.base, unit.tree);
        let confined = |state: &SetupState| state.confined(self.setup_rules());
        let (wanted, noted) = (asked.as_ref().map(confined), SetupState::noted(worktree));
        if wanted.is_some() && wanted == noted {
            return Ok(());
        }
        SetupState::forget(worktree);
        let has_files = |noted: &SetupState| wanted.as_ref().is_some_and(|wanted| wanted.files == noted.files);
        if !noted.as_ref().is_some_and(has_files) {
            let left_out = workspace_files::bring(app, worktree, self.way.base, noted.is_some());
            let left_out = left_out.map_err(|error| words(&error))?;
            left_out.iter().for_each(|left_out| self.notify(WorkerEvent::Hint(workspace_files::words(left_out))));
        }
        if let Some(setup) = worktree::setup(app) {
            self.run_setup_by_rules(app, worktree, unit, &setup)?;
            let start = app.repo.starting_point(&worktree.path, unit.commit);
            *self.start.borrow_mut() =
                start.map_err(|cause| format!("cannot read the worktree after its setup: {cause}"))?;
        }
        // What is not ignored goes when the worktree is put back, and the setup has to make it again.
        if let Some(done) = asked.filter(|_| self.start.borrow().is_empty() && !self.stop.is_stopped()) {
            done.confined(self.setup_rules()).note(worktree);
        }
        Ok(())
    }

    /// Runs the setup, confined where checks are. On the base, what fails so is run once more unconfined; where that ends well,
    /// so are all of its checks.
    fn run_setup_by_rules(&self, app: &App, worktree: &Worktree, unit: &Unit, setup: &Setting) -> Result<(), String> {
        let rules = self.setup_rules();
        match self.run_setup(app, worktree, setup, rules) {
            Err(refused) if rules.is_some() && unit.of.is_empty() => {
                self.run_setup(app, worktree, setup, None).map_err(|_| refused.clone())?;
                self.freed.replace(Some(refused));
                Ok(())
            }
            ran => ran,
        }
    }

    /// Returns the rules for the setup of the worktree that is being checked.
    fn setup_rules(&self) -> Option<&Rules> {
        self.way.gate.setup_rules().filter(|_| self.freed.borrow().is_none())
    }

    fn run_setup(&self, app: &App, worktree: &Worktree, setup: &Setting, rules: Option<&Rules>) -> Result<(), String> {
        let mut printed = HeadAndTail::new(0, TAIL);
        let ended = self.follow(app, &Cmd::shell(&setup.value), worktree, (rules, None), |bytes, _| printed.add(bytes));
        match ended {
            Ok((Ended::With(0) | Ended::Stopped, _)) => Ok(()),
            Ok((how, _)) => {
                let name = setup.name(settings::WORKSPACE_SETUP);
                Err(format!("{name} {}\n{}", said_of(how, self.way.limit), excerpt(&mut printed)))
            }
            Err(why) => Err(why),
        }
    }

    /// Runs a check as the rules say. On the base, what does not pass confined is run once more unconfined: what passes then is
    /// the answer. `freed_by` is why all of them are unconfined, if so.
    fn run_by_rules(
        &self,
        app: &App,
        workspace: &mut Workspace,
        unit: &Unit,
        command: &str,
        freed_by: Option<&str>,
    ) -> Option<Answer> {
        let rules = self.way.gate.rules(command);
        let (confined, by_setup) = match freed_by {
            Some(refused) => (Answer { confined: true, ..not_run(command, refused) }, true),
            None => (self.run_confirmed(app, workspace, unit, command, rules)?, false),
        };
        let is_final = confined.check.status == CheckStatus::Passed || confined.was_killed();
        if rules.is_none() || !unit.of.is_empty() || is_final {
            return Some(confined);
        }
        let mut free = self.run_confirmed(app, workspace, unit, command, None)?;
        let (answers, passes) = (Answers::new(app), free.check.status == CheckStatus::Passed);
        if !passes && !by_setup {
            answers.keep_check(unit.tree, &free, None);
            return Some(confined);
        }
        answers.keep_refusal(unit.tree, &confined, rules);
        free.by_setup = by_setup;
        free.after(confined.traces, confined.rewritten);
        Some(free)
    }

    /// Runs a check, and brings the workspace back to what it was. None when the review is stopped.
    fn run(
        &self,
        app: &App,
        workspace: &mut Workspace,
        unit: &Unit,
        command: &str,
        rules: Option<&Rules>,
    ) -> Option<Answer> {
        let (watch, worktree, warm) = (Watch::begin(app), &workspace.worktree, workspace.is_warm);
        let junit = worktree.admin.join("puff-junit");
        let began = fresh_folder(&junit);
        let (mut printed, mut tests) = (HeadAndTail::new(HEAD, TAIL), OutputReader::new(&worktree.path));
        let cmd = asking_for_tests(app, wrapped(app, command), (command, &worktree.path), &junit, unit.has_copies());
        let ended = self.follow(app, &cmd, worktree, (rules, Some(&junit)), |bytes, stream| {
            printed.add(bytes);
            match stream {
                Stream::Out => tests.read(bytes),
                Stream::Err => tests.read_error(bytes),
            }
        });
        let (ended, took) = match ended {
            Ok(ended) => ended,
            Err(why) => return Some(not_run(command, &why)),
        };
        let (status, exit) = match ended {
            Ended::Stopped => return None,
            Ended::TimedOut => (CheckStatus::Timeout, None),
            Ended::With(0) => (CheckStatus::Passed, Some(0)),
            // What the shell says of a program that is none, or is not there.
            Ended::With(code @ (126 | 127)) => (CheckStatus::Error, Some(code)),
            Ended::With(code) => (CheckStatus::Failed, Some(code)),
        };
        let duration_s = (took.as_secs_f64() * 1000.0).round() / 1000.0;
        let (path, folder) = (worktree.path.clone(), app.repo.open_worktree(&worktree.path));
        let asked = test_results::read_folder(&junit);
        let files = match &folder {
            Ok(folder) if asked.sections.is_empty() => test_results::read_below(folder.anchor(), began),
            _ => asked,
        };
        let report = test_results::merge(files, tests.finish());
        let mut tail = excerpt(&mut printed).replace(&worktree.path.display().to_string(), ".");
        let mut status = status;
        if status == CheckStatus::Passed && report.ran_none {
            status = CheckStatus::Error;
            tail = format!("the check ran no test: '{command}' ended with exit code 0\n{tail}");
        }
        let replaced = folder.err().map(|fault| Risk {
            kind: RiskKind::Worktree,
            path: path.display().to_string(),
            detail: format!("{fault}, after '{command}' ran; it is not touched, and the next check gets a new folder"),
        });
        // Before the worktree is put back: its own log tells what the check did.
        let meanwhile = format!("'{command}' ran");
        let Left { mut traces, rewritten } = watch.end(app, worktree, unit, &meanwhile);
        let touched = self
            .restore(app, workspace, unit, unit.commands.last().is_some_and(|last| last == command))
            .unwrap_or_else(|why| vec![PathChange::new(ChangeKind::Unknown, why)]);
        traces.extend(replaced);
        let command = command.to_owned();
        let tests = (!report.sections.is_empty()).then(|| report.counts.into());
        let results = TestResult::all(&report);
        let (cached, on_base, confirmed) = (false, None, false);
        let check = Check { command, status, exit, duration_s, tail, cached, on_base, tests, warm, confirmed };
        Some(Answer { check, touched, traces, rewritten, confined: rules.is_some(), by_setup: false, results })
    }

    /// Returns what is different in the worktree from what it was after the setup, of what is different from its commit.
    fn since_setup(
        &self,
        app: &App,
        worktree: &Worktree,
        unit: &Unit,
        mut changes: Vec<PathChange>,
    ) -> Result<Vec<PathChange>, String> {
        let start = self.start.borrow();
        if start.is_empty() {
            return Ok(changes);
        }
        let now = app.repo.starting_point(&worktree.path, unit.commit).map_err(|cause| cause.to_string())?;
        let mut different = start.differences(&now);
        changes.retain(|change| !start.covers(&change.path) || different.iter().any(|path| is_in(&change.path, path)));
        different.retain(|path| !changes.iter().any(|change| is_in(&change.path, path)));
        changes.extend(different.into_iter().map(|path| PathChange::new(ChangeKind::Modified, path)));
        Ok(changes)
    }

    /// Returns what a check changed; the workspace is as it was afterwards, or a new one.
    fn restore(
        &self,
        app: &App,
        workspace: &mut Workspace,
        unit: &Unit,
        is_last: bool,
    ) -> Result<Vec<PathChange>, String> {
        let plan = &self.way.workspaces;
        if workspace.worktree.kind == WorktreeKind::Private {
            let state = app.repo.workspace_state(&workspace.worktree);
            workspace.left = state.as_ref().ok().cloned();
            let changes = state.map(|state| state.changes).map_err(|cause| cause.to_string());
            let changes = changes.and_then(|changes| self.since_setup(app, &workspace.worktree, unit, changes));
            // The next that is checked in it brings it to its own commit.
            if !is_last || !workspace.is_for_all(plan) {
                let brought = workspace.bring_to(app, unit.commit, plan.warm.as_deref());
                if brought.is_err() {
                    *workspace = worktrees::make_again(app, plan, workspace).map_err(|error| words(&error))?;
                }
                self.set_up(app, &workspace.worktree, unit)?;
            }
            return changes;
        }
        let worktree = &workspace.worktree;
        let mut changes = app.repo.worktree_changes(worktree, unit.commit).map_err(|cause| cause.to_string());
        changes = changes.and_then(|changes| self.since_setup(app, worktree, unit, changes));
        // Without that file, the next check would be in no repository, or in another.
        let linked = worktree.is_linked();
        if changes.as_ref().is_ok_and(Vec::is_empty) && linked {
            return Ok(Vec::new());
        }
        if let (Ok(changes), false) = (&mut changes, linked) {
            changes.push(PathChange::new(ChangeKind::Deleted, ".git"));
        }
        let restored = app.repo.restore_worktree(worktree, unit.commit);
        let clean = || app.repo.worktree_changes(worktree, unit.commit).is_ok_and(|changes| changes.is_empty());
        if !linked || restored.is_err() || !clean() {
            *workspace = worktrees::make_again(app, plan, workspace).map_err(|error| words(&error))?;
            self.set_up(app, &workspace.worktree, unit)?;
        } else if !self.start.borrow().is_empty() {
            self.set_up(app, &workspace.worktree, unit)?;
        }
        changes
    }

    /// Runs something in a worktree to its end, confined by rules where there are some: it may then write the worktree and
    /// `own`.
    fn follow(
        &self,
        app: &App,
        cmd: &Cmd,
        worktree: &Worktree,
        (rules, own): (Option<&Rules>, Option<&Path>),
        hear: impl FnMut(&[u8], Stream) + Send,
    ) -> std::result::Result<(Ended, Duration), String> {
        let cmd = crate::git::TIES.iter().fold(cmd.clone(), |cmd, name| cmd.env_remove(name));
        let folder = app.repo.open_worktree(&worktree.path).map_err(|fault| fault.to_string())?;
        // Whatever becomes of its path until it runs.
        let cmd = cmd.cwd(folder.anchor()).env("PWD", &worktree.path).limit(self.way.limit.duration());
        let own: Vec<&Path> = std::iter::once(folder.anchor()).chain(own).collect();
        // Gone when this returns.
        let scratch = rules.map(|_| Scratch::make()).transpose();
        let scratch = scratch.map_err(|cause| format!("cannot make a folder for temporary files: {cause}"))?;
        let cmd = match rules.zip(scratch.as_ref()) {
            Some((rules, scratch)) => rules.confine(cmd, &own, scratch),
            None => cmd,
        };
        let ran = process::run_bounded(&cmd, worktrees::mark(&worktree.path), &self.stop, hear);
        ran.map_err(|failure| failure.to_string())
    }
}

/// The repository beside the worktree of a check, as it was before.
struct Watch(Option<GitDirSnapshot>);

/// What something left there.
#[derive(Default)]
struct Left {
    traces: Vec<Risk>,
    rewritten: Vec<String>,
}

impl Watch {
    fn begin(app: &App) -> Watch {
        Watch(GitDirSnapshot::capture(app).ok())
    }

    /// Compares it with what is there now. `meanwhile` is what happened since, in words.
    fn end(self, app: &App, worktree: &Worktree, unit: &Unit, meanwhile: &str) -> Left {
        let after = self.0.as_ref().and_then(|_| GitDirSnapshot::capture(app).ok());
        let actor = Actor { worktree, start: unit.commit, meanwhile, beside: meanwhile };
        match (self.0, after) {
            (Some(before), Some(after)) => {
                Left { traces: before.compared_with(app, &after, &actor), rewritten: before.rewritten(&after) }
            }
            _ => Left::default(),
        }
    }
}

/// Empties a folder, and returns the time of that by the clock that files are dated with, which is a coarse one.
fn fresh_folder(folder: &Path) -> SystemTime {
    let _ = std::fs::remove_dir_all(folder);
    let _ = std::fs::create_dir_all(folder);
    let made = folder.metadata().and_then(|meta| meta.modified());
    made.unwrap_or_else(|_| SystemTime::now())
}

/// Returns a check with what is put before it.
fn wrapped(app: &App, command: &str) -> Cmd {
    match app.settings.text(settings::CHECK_WRAPPER) {
        // The check is a parameter: nothing of it is read by the shell that reads the wrapper.
        Some(wrapper) => Cmd::shell(&format!("{wrapper} sh -c \"$1\"")).args(["puff.check", command]),
        None => Cmd::shell(command),
    }
}

/// Returns a check whose runners are asked for files, as far as that cannot change how they end.
fn asking_for_tests(app: &App, cmd: Cmd, (command, folder): (&str, &Path), files: &Path, has_copies: bool) -> Cmd {
    let cmd = cmd.env(JUNIT, files);
    if test_results::has_settings_of_its_own(folder, command) {
        return cmd;
    }
    let variables = test_results::environment(files, |name| app.environment.variable(name));
    variables.into_iter().fold(cmd, |cmd, (name, mut value)| {
        // A copy of a test that does not load is no reason to run none.
        if has_copies && name == PYTEST {
            value.push(" --continue-on-collection-errors");
        }
        cmd.env(name, value)
    })
}

/// Returns a check that could not be run, and why.
pub(super) fn not_run(command: &str, why: &str) -> Answer {
    let check = Check {
        command: command.to_owned(),
        status: CheckStatus::Error,
        exit: None,
        duration_s: 0.0,
        tail: why.to_owned(),
        cached: false,
        on_base: None,
        tests: None,
        warm: false,
        confirmed: false,
    };
    let (touched, traces, rewritten) = (Vec::new(), Vec::new(), Vec::new());
    Answer { check, touched, traces, rewritten, confined: false, by_setup: false, results: Vec::new() }
}

fn words(error: &Error) -> String {
    std::iter::once(error.to_string()).chain(error.causes()).collect::<Vec<_>>().join(": ")
}

fn said_of(ended: Ended, limit: Span) -> String {
    match ended {
        Ended::With(code) => format!("ended with exit code {code}"),
        Ended::TimedOut => format!("did not end within {limit}"),
        Ended::Stopped => "was stopped".to_owned(),
    }
}

/// Returns what is kept of what was printed, as text, with a line where something is left out.
pub(super) fn excerpt(printed: &mut HeadAndTail) -> String {
    let (left_out, all) = (printed.left_out(), printed.printed());
    let (head, tail) = printed.parts();
    if left_out == 0 {
        return String::from_utf8_lossy(&[head, tail].concat()).into_owned();
    }
    // Cut at line ends, where there are some.
    let head = &head[..head.iter().rposition(|byte| *byte == b'\n').map_or(head.len(), |at| at + 1)];
    let tail = &tail[tail.iter().position(|byte| *byte == b'\n').map_or(0, |at| (at + 1) % tail.len().max(1))..];
    let gap = all - (head.len() + tail.len()) as u64;
    let begin = String::from_utf8_lossy(head);
    let line = if begin.is_empty() || begin.ends_with('\n') { "" } else { "\n" };
    format!("{begin}{line}[… {gap} of {all} bytes are left out …]\n{}", String::from_utf8_lossy(tail))
}
