//! Follows a task that is not a run here, in the foreground: nothing of it is recorded.

use std::time::{Duration, Instant};

use super::follow::{Follower, Pace, stopped, timed_out};
use super::poll_schedule::PollSchedule;
use super::poller::pause_after;
use crate::app::App;
use crate::engine::intent::WatchOptions;
use crate::engine::{launch, observe, open_here, question};
use crate::error::{Error, Kind, Result};
use crate::model::{Run, Span, State, TaskId, VariantStatus};
use crate::process::Wake;
use crate::provider::cloud::CodexCloud;
use crate::provider::{Failure, Observation, Provider};
use crate::settings;

/// The longest pause between two reactions to a signal.
const TICK: Duration = Duration::from_millis(200);

/// A task that is no run here.
pub struct UntrackedTask {
    run: Run,
    cloud: CodexCloud,
}

impl UntrackedTask {
    /// Asks the service for it.
    ///
    /// # Errors
    /// When the service does not know the task, or cannot be asked.
    pub fn find(app: &App, task: &TaskId) -> Result<UntrackedTask> {
        let (cloud, _) = open_here(app)?;
        let summary = cloud.describe(task)?;
        let no_base = app.repo.nothing();
        let attempts = summary.attempts.unwrap_or(1);
        let run = Run {
            task_id: Some(task.to_string()),
            task_url: summary.url,
            state: State::Pending,
            ..Run::blank(&task.as_run(), "", no_base, attempts, &summary.title, app.clock.now())
        };
        Ok(UntrackedTask { run, cloud })
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
        let started = Instant::now();
        let (mut poll_schedule, mut failures, mut next) = (PollSchedule::default(), 0, started);
        follower.changed(None, &self.run);
        loop {
            let now = Instant::now();
            if next <= now {
                let seen = self.poll(&poll_schedule, now);
                next = now + interval.duration();
                match seen {
                    Ok(seen) => {
                        failures = 0;
                        let (before, time) = (self.run.clone(), app.clock.now());
                        observe::fold(&mut self.run, &seen, time, settle);
                        poll_schedule.note(&before, &self.run, &seen, now, time);
                        if self.run != before {
                            follower.changed(Some(&before), &self.run);
                        }
                        let trouble = seen.trouble.map(|trouble| format!("{trouble}; trying again later"));
                        trouble.iter().for_each(|trouble| follower.say(&self.run.run, trouble));
                    }
                    Err(failure) => {
                        failures += 1;
                        next = now + pause_after(&failure, interval.duration(), failures);
                        follower.say(&self.run.run, &format!("{failure}; polling again later"));
                    }
                }
            }
            if self.run.state != State::Pending {
                return self.verdict();
            }
            follower.tick(std::slice::from_ref(&self.run));
            let later = || format!("the task continues: 'git puff watch --task {}' follows it again", self.task());
            if pace.is_over(started) {
                return Err(timed_out(pace).hint(later()));
            }
            if app.cancellation.pause(TICK) == Wake::Interrupted {
                return Err(stopped().hint(later()));
            }
        }
    }

    fn poll(&self, poll_schedule: &PollSchedule, now: Instant) -> Result<Observation, Failure> {
        let question = question(&self.run, poll_schedule.is_due(&self.run.run, now))?;
        let answer = self.cloud.observe(&[question])?.pop();
        answer.ok_or_else(|| Failure::NoSuchTask { task: self.task().to_owned() })
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
