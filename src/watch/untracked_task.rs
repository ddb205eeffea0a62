//! Follows a task that is not a run here, in the foreground: nothing of it is recorded.

use std::ops::ControlFlow;
use std::time::Instant;

use super::follow::{Follower, Pace, TICK, stopped, timed_out};
use super::poll_loop::{self, Watched};
use super::poller::{Observer, Poller};
use crate::app::App;
use crate::engine::intent::WatchOptions;
use crate::engine::{default_provider, launch, observe};
use crate::error::{Error, Kind, Result};
use crate::model::{Run, RunId, Span, State, TaskId, VariantStatus};
use crate::process::Wake;
use crate::provider::{Failure, Observation, RetryPolicy};
use crate::settings;

/// A task that is no run here.
pub struct UntrackedTask {
    run: Run,
}

impl UntrackedTask {
    /// Asks the service for it.
    ///
    /// # Errors
    /// When the service does not know the task, or cannot be asked.
    pub fn find(app: &App, task: &TaskId) -> Result<UntrackedTask> {
        let kind = default_provider(app)?;
        let summary = kind.open(app, None, RetryPolicy::Some)?.describe(task)?;
        let no_base = app.repo.nothing();
        let attempts = summary.attempts.unwrap_or(1);
        let run = Run {
            task_id: Some(task.to_string()),
            task_url: summary.url,
            provider: kind.name(),
            state: State::Pending,
            ..Run::blank(&task.as_run(), "", no_base, attempts, &summary.title, app.clock.now())
        };
        Ok(UntrackedTask { run })
    }

    /// Returns the task as it would be as a run, as far as it is known now. It has no base.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Follows it until every attempt has finished.
    ///
    /// # Errors
    /// [`Kind::Timeout`], [`Kind::Interrupted`], and [`Kind::TaskError`] when no attempt completed.
    pub fn follow(&mut self, app: &App, pace: Pace, follower: &mut dyn Follower) -> Result<()> {
        let interval = Span(pace.interval.unwrap_or(pace.usual).0.max(1));
        let options = WatchOptions { interval, timeout: pace.timeout, harvest: false };
        self.run.watch = Some(launch::watch(options, self.run.created_at));
        let settle = app.settings.span(settings::SETTLE)?;
        follower.changed(None, &self.run);
        poll_loop::run(&mut Following { task: self, app, pace, settle, started: Instant::now(), follower })
    }

    fn verdict(&self) -> Result<()> {
        if self.run.count(VariantStatus::Completed) > 0 {
            return Ok(());
        }
        let page = self.run.task_url.as_deref().unwrap_or("where it was started");
        Err(Error::new(Kind::TaskError, format!("no attempt at the task {} completed", self.task()))
            .hint(format!("its page says more: {page}")))
    }

    fn task(&self) -> &str {
        self.run.task_id.as_deref().unwrap_or_default()
    }
}

/// A task that is followed.
struct Following<'f> {
    task: &'f mut UntrackedTask,
    app: &'f App,
    pace: Pace,
    settle: Span,
    started: Instant,
    follower: &'f mut dyn Follower,
}

impl Following<'_> {
    fn later(&self) -> String {
        format!("the task continues: 'git puff watch --task {}' follows it again", self.task.task())
    }
}

impl Watched for Following<'_> {
    type End = ();

    fn look(&mut self) -> Result<ControlFlow<(), Vec<Run>>> {
        let run = self.task.run();
        if run.state != State::Pending {
            return self.task.verdict().map(ControlFlow::Break);
        }
        self.follower.tick(std::slice::from_ref(run));
        if self.pace.is_over(self.started) {
            return Err(timed_out(self.pace).hint(self.later()));
        }
        Ok(ControlFlow::Continue(vec![run.clone()]))
    }

    fn poll(&mut self, poller: &mut Poller, runs: &[&Run]) -> Result<()> {
        poller.poll(self.app, runs, self);
        Ok(())
    }

    fn wait(&self, _: Option<Instant>) -> Wake {
        self.app.cancellation.pause(TICK)
    }

    fn interrupted(&self) -> Result<()> {
        Err(stopped().hint(self.later()))
    }
}

impl Observer for Following<'_> {
    fn observed(&mut self, before: &Run, seen: &Observation) -> Result<Run> {
        let run = &mut self.task.run;
        observe::fold(run, seen, self.app.clock.now(), self.settle);
        if run != before {
            self.follower.changed(Some(before), run);
        }
        Ok(run.clone())
    }

    /// Nothing of it is recorded.
    fn failed(&mut self, _: &Run, _: &Failure) {}

    fn say(&self, run: &RunId, text: &str) {
        self.follower.say(run, text);
    }
}
