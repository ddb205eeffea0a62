//! Following runs in the foreground, until each has finished.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::journals::Journals;
use super::poll_loop::{self, Watched};
use super::poller::{Poller, Recorder};
use super::{ending, jobs, watcher};
use crate::app::App;
use crate::engine::intent::WatchOptions;
use crate::engine::{launch, repair};
use crate::error::{Error, Kind, Result};
use crate::model::{Run, RunId, Span, State, VariantStatus, Watch, WatchState};
use crate::process::Wake;
use crate::store::{Recorded, RunStore};

/// The polling interval of the refs, and the longest time until a signal is answered.
pub(super) const TICK: Duration = Duration::from_millis(200);
/// The pause after something has to be asked again.
const AGAIN: Duration = Duration::from_secs(5);

/// What a follower hears.
pub trait Follower {
    /// Called when a run has changed; `before` is none when it is seen first.
    fn changed(&mut self, before: Option<&Run>, after: &Run);
    /// Called after some time has passed.
    fn tick(&mut self, runs: &[Run]);
    /// Reports something about a run.
    fn say(&self, run: &RunId, text: &str);
}

/// How runs are followed.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Polling interval at every run, whatever its own is.
    pub interval: Option<Span>,
    /// Polling interval at a run that has none of its own.
    pub usual: Span,
    /// When to give up; 0 for never.
    pub timeout: Span,
}

impl Pace {
    /// Returns whether the timeout has passed since `started`.
    pub(super) fn is_over(&self, started: Instant) -> bool {
        self.timeout.0 > 0 && started.elapsed() >= self.timeout.duration()
    }
}

pub(super) fn timed_out(pace: Pace) -> Error {
    Error::new(Kind::Timeout, format!("not all have finished after {}", pace.timeout))
}

pub(super) fn stopped() -> Error {
    Error::new(Kind::Interrupted, "stopped following")
}

/// Follows these runs until none has anything to come, and answers them as they are then. What no living watcher looks
/// at is looked at from here.
///
/// # Errors
/// [`Kind::Timeout`] and [`Kind::Interrupted`]; and when a run cannot go on without someone.
pub fn follow(app: &App, ids: &[RunId], pace: Pace, follower: &mut dyn Follower) -> Result<Vec<Run>> {
    poll_loop::run(&mut Foreground {
        app,
        ids,
        pace,
        started: Instant::now(),
        seen: HashMap::new(),
        journals: Journals::default(),
        follower,
    })
}

/// Runs that are followed in the foreground.
struct Foreground<'f> {
    app: &'f App,
    ids: &'f [RunId],
    pace: Pace,
    started: Instant,
    seen: HashMap<RunId, Recorded>,
    journals: Journals,
    follower: &'f mut dyn Follower,
}

impl Watched for Foreground<'_> {
    type End = Vec<Run>;

    fn look(&mut self) -> Result<ControlFlow<Vec<Run>, Vec<Run>>> {
        for (run, what) in self.journals.restore(self.app).unwrap_or_default() {
            self.say(&run, &what);
        }
        let known = self.read()?;
        self.journals.see(&known);
        let runs: Vec<Run> = known.iter().map(|known| known.run.clone()).collect();
        self.follower.tick(&runs);
        if runs.iter().all(|run| !run.state.is_active()) {
            let concluded = known.into_iter().map(|known| self.conclude(known)).collect::<Result<_>>()?;
            return Ok(ControlFlow::Break(concluded));
        }
        if let Some(stuck) = runs.iter().find(|run| repair::is_interrupted(self.app, run)) {
            return Err(Error::failed(format!(
                "the submission of '{}' was interrupted: it may have a task",
                stuck.run
            ))
            .hint("'git puff doctor --repair' searches for its task"));
        }
        if self.pace.is_over(self.started) {
            return Err(timed_out(self.pace).hint("the runs continue: 'git puff watch' follows them again"));
        }
        let alive = jobs::is_watcher_alive(self.app);
        let ours = runs.iter().filter(|run| !(alive && run.is_job()));
        Ok(ControlFlow::Continue(ours.map(|run| paced(run, self.pace)).collect()))
    }

    fn poll(&mut self, poller: &mut Poller, runs: &[&Run]) -> Result<()> {
        let say = |id: &RunId, text: &str| self.say(id, text);
        poller.submit(self.app, runs, AGAIN, &say)?;
        poller.poll(self.app, runs, &mut Recorder { app: self.app, known: &self.seen, say: &say });
        Ok(())
    }

    /// Waits a moment: refs are read at no cost, and others may record something at any time.
    fn wait(&self, _: Option<Instant>) -> Wake {
        self.app.cancellation.pause(TICK)
    }

    fn interrupted(&self) -> Result<Vec<Run>> {
        Err(stopped().hint("the runs continue: 'git puff watch' follows them again"))
    }
}

impl Foreground<'_> {
    fn say(&self, id: &RunId, text: &str) {
        watcher::log(self.app, id, text);
        self.follower.say(id, text);
    }

    /// Returns the runs as they are now; what changed is told.
    fn read(&mut self) -> Result<Vec<Recorded>> {
        let store = RunStore::new(self.app);
        let mut runs = Vec::new();
        for id in self.ids {
            let before = self.seen.get(id);
            let now = before.map_or_else(|| store.load(id), |before| store.refresh(before))?;
            if before.is_none_or(|before| before.head != now.head) {
                self.follower.changed(before.map(|before| &before.run), &now.run);
            }
            self.seen.insert(id.clone(), now.clone());
            runs.push(now);
        }
        Ok(runs)
    }

    /// Ends a job that no other process ends, with all that belongs to it.
    fn conclude(&self, known: Recorded) -> Result<Run> {
        if !known.run.is_job() || jobs::is_watcher_alive(self.app) {
            return Ok(known.run);
        }
        let ended = ending::finish(self.app, &known, &|id: &RunId, text: &str| self.say(id, text))?;
        Ok(ended.unwrap_or(known).run)
    }
}

/// Returns the run, with the interval at which it is looked at from here.
fn paced(run: &Run, pace: Pace) -> Run {
    let own = run.watch.as_ref().map(|watch| Span(watch.interval_s));
    let options =
        WatchOptions { interval: pace.interval.or(own).unwrap_or(pace.usual), timeout: Span(0), harvest: false };
    let watch = run
        .watch
        .clone()
        .unwrap_or_else(|| Watch { state: WatchState::Inactive, ..launch::watch(options, run.created_at) });
    Run { watch: Some(Watch { interval_s: options.interval.0.max(1), ..watch }), ..run.clone() }
}

/// Checks how following these runs ended: well, when each has a variant that completed.
pub fn verdict(runs: &[Run]) -> Result<()> {
    let ended_well = |run: &Run| run.state != State::Cancelled && run.count(VariantStatus::Completed) > 0;
    match runs.iter().find(|run| !ended_well(run)) {
        None => Ok(()),
        Some(run) => {
            let why = run.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            Err(Error::new(Kind::TaskError, format!("no variant of '{}' completed{why}", run.run))
                .hint(format!("'git puff show {0}' shows why; 'git puff retry {0}' tries again", run.run)))
        }
    }
}
