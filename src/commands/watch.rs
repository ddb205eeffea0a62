//! `watch`

use std::path::{Path, PathBuf};

use clap::Args;

use super::shared;
use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::engine::{adopt, is_at_service, launch, submit};
use crate::error::{Error, Exit, Kind, Result, ResultExt};
use crate::manual::{self, Example, Manual};
use crate::model::{Ending, Run, RunId, Schema, Selector, Span, State, StepKind, TaskId, documents};
use crate::render::progress;
use crate::settings;
use crate::store::{Change, RunStore};
use crate::ui::{Format, Progress, Ui};
use crate::watch::follow::{Follower, Pace, follow, verdict};
use crate::watch::untracked_task::UntrackedTask;
use crate::watch::{jobs, result};

/// Follow runs until every variant has finished
///
/// Prints a line for every change, and on a terminal a bar for every run. Without RUN: every unfinished run. --task
/// also follows a task without a run, and records nothing.
#[derive(Debug, Args)]
pub struct Watch {
    /// The runs
    #[arg(value_name = "RUN", conflicts_with = "all")]
    runs: Vec<Selector>,
    /// Follow every unfinished run
    #[arg(long)]
    all: bool,
    /// Follow a task by its id or URL, with or without a run here
    #[arg(long, value_name = "TASK", conflicts_with_all = ["runs", "all"])]
    task: Option<String>,
    /// Follow a task by its URL; with --task, it must be the same task
    #[arg(long, value_name = "URL", conflicts_with_all = ["runs", "all"])]
    task_url: Option<String>,
    /// Write the result to this file, as KEY=VALUE lines
    #[arg(long, value_name = "FILE", conflicts_with_all = ["all", "detach"])]
    result_file: Option<PathBuf>,
    /// Polling interval [config: puff.interval]
    #[arg(long, value_name = "DURATION")]
    interval: Option<Span>,
    /// Stop watching after this time; 0 for no limit [config: puff.timeout]
    #[arg(long, value_name = "DURATION")]
    timeout: Option<Span>,
    /// Watch in the background, and return immediately
    #[arg(long)]
    detach: bool,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff watch", does: "Follow every unfinished run." },
        Example { line: "git puff watch @ --timeout 30m", does: "Follow the newest run, at most half an hour." },
        Example {
            line: "git puff watch --all --detach",
            does: "Watch all of them in the background, for example after a reboot.",
        },
        Example {
            line: "git puff watch --task https://chatgpt.com/codex/tasks/task_e_123 --result-file result",
            does: "Follow a task without a run, and write its result to a file.",
        },
        Example { line: "git puff watch @ --json", does: "Print a line of JSON for every change." },
    ],
    exits: &[
        (Kind::TaskError, "The task ended in error: no variant completed."),
        (Kind::Timeout, "The time limit passed before every variant had finished."),
        (Kind::Interrupted, "The watch was interrupted or stopped."),
    ],
    files: &[manual::RUN_REFS, manual::WATCHER_LOG, manual::RESULT],
    settings: &[
        settings::INTERVAL,
        settings::TIMEOUT,
        settings::SETTLE,
        settings::AUTO_HARVEST,
        settings::NOTIFY,
        settings::MAX_ACTIVE,
    ],
    variables: &[manual::CODEX_HOME, manual::CODEX_SERVICE],
    ..Manual::NONE
};

/// Runs `watch`.
pub fn run(args: &Watch, app: &App, ui: &Ui) -> Result<Exit> {
    let task = named_task(args)?;
    let runs = match &task {
        Some(task) => adopt::owner(&RunStore::new(app), task)?.into_iter().collect(),
        None => chosen(args, app, ui)?,
    };
    let file = result_file(args, task.is_some(), &runs, app)?;
    let wish = shared::watch_wish(app, args.interval, args.timeout, false)?;
    let pace = Pace { interval: args.interval, usual: wish.interval, timeout: wish.timeout };
    if let Some(task) = task.filter(|_| runs.is_empty()) {
        return follow_untracked(args, &task, file.as_deref(), pace, app, ui);
    }
    if args.detach {
        return detach(args, &runs, app, ui);
    }
    if runs.is_empty() {
        ui.note("nothing to watch");
        return Ok(Exit::Done);
    }
    let ids: Vec<RunId> = runs.iter().map(|run| run.run.clone()).collect();
    let end = follow_on(app, &ids, pace, ui).and_then(|runs| verdict(&runs));
    conclude(end, file.as_deref(), || Ok(RunStore::new(app).load(&ids[0])?.run), app)
}

/// Returns the task of `--task` and `--task-url`.
fn named_task(args: &Watch) -> Result<Option<TaskId>> {
    let read = |text: &String| shared::task(text);
    let tasks = (args.task.as_ref().map(read).transpose()?, args.task_url.as_ref().map(read).transpose()?);
    match tasks {
        (Some(task), Some(other)) if task != other => {
            Err(Error::usage(format!("--task names {task}, but --task-url names {other}"))
                .hint("give only one of them"))
        }
        (task, url) => Ok(task.or(url)),
    }
}

/// Returns the result file, emptied: its old contents do not belong to this watch.
fn result_file(args: &Watch, task: bool, runs: &[Run], app: &App) -> Result<Option<PathBuf>> {
    let Some(file) = &args.result_file else { return Ok(None) };
    let unusable = |why: &str| Error::usage(format!("--result-file '{}' {why}", file.display()));
    if !task && runs.len() != 1 {
        return Err(unusable(&format!("holds the result of one run, not of {}", runs.len()))
            .hint("name one run, or a task with --task"));
    }
    let path = shared::absolute(app, file);
    if path.is_dir() || !path.parent().is_some_and(Path::is_dir) {
        return Err(unusable("cannot be written").hint("name a file in an existing folder"));
    }
    let _ = std::fs::remove_file(&path);
    Ok(Some(path))
}

/// Follows a task without a run.
fn follow_untracked(args: &Watch, task: &TaskId, file: Option<&Path>, pace: Pace, app: &App, ui: &Ui) -> Result<Exit> {
    if args.detach {
        return Err(Error::failed(format!("cannot watch task {task} in the background: it has no run here"))
            .hint(format!("'git puff adopt {task}' creates one")));
    }
    let mut untracked = UntrackedTask::find(app, task)?;
    let end = untracked.follow(app, pace, &mut Shown { app, ui, bars: ui.progress() });
    conclude(end, file, || Ok(untracked.run().clone()), app)
}

/// Writes the result file, if requested.
fn conclude(end: Result<()>, file: Option<&Path>, run: impl FnOnce() -> Result<Run>, app: &App) -> Result<Exit> {
    if let Some(file) = file {
        let (ending, exit) = match &end {
            Ok(()) => (Ending::Success, Exit::Done.code()),
            Err(error) => match error.kind() {
                Kind::Timeout => (Ending::Timeout, Kind::Timeout.exit_code()),
                Kind::Interrupted => (Ending::Stopped, Kind::Interrupted.exit_code()),
                kind => (Ending::Error, kind.exit_code()),
            },
        };
        let text = result(&run()?, ending, exit, app.clock.now());
        crate::layout::replace(file, text.as_bytes()).or_fail(|| format!("cannot write '{}'", file.display()))?;
    }
    end.map(|()| Exit::Done)
}

/// Follows runs, and shows their progress.
pub(super) fn follow_on(app: &App, ids: &[RunId], pace: Pace, ui: &Ui) -> Result<Vec<Run>> {
    let mut shown = Shown { app, ui, bars: ui.progress() };
    follow(app, ids, pace, &mut shown)
}

fn chosen(args: &Watch, app: &App, ui: &Ui) -> Result<Vec<Run>> {
    if args.runs.is_empty() {
        let (runs, _) = shared::all_runs(app, ui)?;
        let here = |run: &Run| (run.state.is_active() && !run.is_remote()) || run.is_job();
        return Ok(runs.into_iter().filter(here).collect());
    }
    args.runs.iter().map(|selector| named(app, selector)).collect()
}

/// Returns a named run. A run that is active in another clone can be watched from here if a service has it.
fn named(app: &App, selector: &Selector) -> Result<Run> {
    let run = shared::find_run(app, selector)?.run;
    let is_reachable = is_at_service(app, &run) && run.state == State::Pending;
    if run.is_running_elsewhere() && !is_reachable {
        submit::prove_here(&run)?;
    }
    Ok(run)
}

/// Marks the runs as watched, and starts the watcher.
fn detach(args: &Watch, runs: &[Run], app: &App, ui: &Ui) -> Result<Exit> {
    let store = RunStore::new(app);
    let now = app.clock.now();
    for run in runs.iter().filter(|run| run.state.is_active() || run.is_job()) {
        let old = run.watch.clone();
        let interval = args.interval.or(old.as_ref().map(|watch| Span(watch.interval_s)));
        let timeout = args.timeout.or(old.as_ref().map(|watch| Span(watch.timeout_s)));
        let harvest = old.as_ref().is_some_and(|watch| watch.harvest);
        let wish = shared::watch_wish(app, interval, timeout, harvest)?;
        store.update(&run.run, now, |run| {
            // A job that lost its watcher keeps its original time limit.
            let began = run.watch.as_ref().filter(|watch| watch.is_active() && args.timeout.is_none());
            let (began, limit) = (began.map(|watch| watch.started_at), run.watch.as_ref().map_or(0, |w| w.max_active));
            let mut watch = launch::watch(wish, began.unwrap_or(now));
            watch.max_active = limit;
            run.watch = Some(watch);
            Ok(Some(Change::new(StepKind::Watch, "watched in the background")))
        })?;
        // The result of an earlier watch does not belong to this one.
        let _ = std::fs::remove_file(app.layout.result(&run.run));
    }
    let (all, _) = shared::all_runs(app, ui)?;
    if let Some(through) = runs.iter().find(|run| !run.state.is_active() && !run.is_job()) {
        ui.note(&format!("{} is already {}", through.run, through.state.as_str()));
    }
    let stuck = all.iter().find(|run| run.is_job() && run.state == State::Submitting && !jobs::is_live(app, run));
    if let Some(stuck) = stuck {
        ui.warn(&format!("the submission of '{}' was interrupted; it may have a task", stuck.run));
        ui.hint("'git puff doctor --repair' finds its task");
    }
    if all.iter().any(|run| jobs::is_live(app, run)) {
        jobs::ensure_watcher(app)?;
    }
    super::jobs::print(app, &all, ui);
    Ok(Exit::Done)
}

struct Shown<'a> {
    app: &'a App,
    ui: &'a Ui,
    bars: Progress,
}

impl Follower for Shown<'_> {
    fn changed(&mut self, before: Option<&Run>, after: &Run) {
        let changes = progress::change(before, after, &self.app.display);
        match self.ui.format() {
            Format::Json => self.ui.json_line(&documents::Event {
                schema: Schema::of(documents::EVENT),
                at: self.app.clock.now(),
                run: after.run.clone(),
                state: after.state,
                attention: after.attention.clone(),
                done: after.terminal(),
                best_of: after.variants.len().max(after.best_of as usize),
                changes,
            }),
            _ => changes.iter().for_each(|line| self.ui.line(line)),
        }
        if !after.state.is_active() {
            self.bars.finish(&after.run);
        }
    }

    fn tick(&mut self, runs: &[Run]) {
        let now = self.app.clock.now();
        runs.iter().filter(|run| run.state.is_active()).for_each(|run| self.bars.update(run, now));
    }

    fn say(&self, run: &RunId, text: &str) {
        // The run itself shows its changes; only further remarks are printed.
        if !text.starts_with(run.as_str()) {
            self.ui.note(&format!("{run}: {text}"));
        }
    }
}

/// Returns the error for a run that has not finished.
pub(super) fn not_through(run: &Run) -> Error {
    Error::failed(format!("run '{}' is {} and has not finished", run.run, run.state.as_str()))
        .hint(format!("'git puff watch {}' follows it", run.run))
}
