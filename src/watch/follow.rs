//! Following runs in the foreground, until each has finished.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::journals::Journals;
use super::poller::Poller;
use super::{ending, jobs, queue, watcher};
use crate::app::App;
use crate::engine::intent::WatchOptions;
use crate::engine::{launch, repair};
use crate::error::{Error, Kind, Result};
use crate::model::{Run, RunId, Span, State, VariantStatus, Watch};
use crate::process::Wake;
use crate::store::{Recorded, RunStore};

/// The polling interval of the refs.
const TICK: Duration = Duration::from_millis(200);
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
    let store = RunStore::new(app);
    let mut poller = Poller::default();
    let started = Instant::now();
    let mut seen: HashMap<RunId, Recorded> = HashMap::new();
    let mut queue_rests: Option<Instant> = None;
    let mut journals = Journals::default();
    loop {
        for (run, what) in journals.restore(app).unwrap_or_default() {
            watcher::log(app, &run, &what);
            follower.say(&run, &what);
        }
        let runs = poll(&store, ids, &mut seen, follower)?;
        journals.see(&ids.iter().filter_map(|id| seen.get(id).cloned()).collect::<Vec<_>>());
        follower.tick(&runs);
        if runs.iter().all(|run| !run.state.is_active()) {
            return ids
                .iter()
                .filter_map(|id| seen.get(id).cloned())
                .map(|known| conclude(app, known, follower))
                .collect();
        }
        if let Some(stuck) = runs.iter().find(|run| repair::is_interrupted(app, run)) {
            return Err(Error::failed(format!(
                "the submission of '{}' was interrupted: it may have a task",
                stuck.run
            ))
            .hint("'git puff doctor --repair' searches for its task"));
        }
        if pace.is_over(started) {
            return Err(timed_out(pace).hint("the runs continue: 'git puff watch' follows them again"));
        }
        let alive = jobs::is_watcher_alive(app);
        let ours: Vec<Run> = runs.iter().filter(|run| !(alive && run.is_job())).map(|run| paced(run, pace)).collect();
        let ours: Vec<&Run> = ours.iter().collect();
        {
            let say = |id: &RunId, text: &str| {
                watcher::log(app, id, text);
                follower.say(id, text);
            };
            let now = Instant::now();
            if queue_rests.is_none_or(|until| until <= now) {
                queue_rests = queue::advance(app, &ours, &say)?.then(|| now + AGAIN);
            }
            poller.poll(app, &ours, &say);
        }
        if app.cancellation.pause(TICK) == Wake::Interrupted {
            return Err(stopped().hint("the runs continue: 'git puff watch' follows them again"));
        }
    }
}

/// Returns the runs as they are now; what changed is told.
fn poll(
    store: &RunStore<'_>,
    ids: &[RunId],
    seen: &mut HashMap<RunId, Recorded>,
    follower: &mut dyn Follower,
) -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    for id in ids {
        let before = seen.get(id);
        let now = before.map_or_else(|| store.load(id), |before| store.refresh(before))?;
        if before.is_none_or(|before| before.head != now.head) {
            follower.changed(before.map(|before| &before.run), &now.run);
        }
        runs.push(now.run.clone());
        seen.insert(id.clone(), now);
    }
    Ok(runs)
}

/// Returns a job that no other process ends is ended here, with all that belongs to it.
fn conclude(app: &App, known: Recorded, follower: &dyn Follower) -> Result<Run> {
    if !known.run.is_job() || jobs::is_watcher_alive(app) {
        return Ok(known.run);
    }
    let say = |id: &RunId, text: &str| {
        watcher::log(app, id, text);
        follower.say(id, text);
    };
    Ok(ending::finish(app, &known, &say)?.unwrap_or(known).run)
}

/// Returns the run, with the interval at which it is looked at from here.
fn paced(run: &Run, pace: Pace) -> Run {
    let own = run.watch.as_ref().map(|watch| Span(watch.interval_s));
    let options =
        WatchOptions { interval: pace.interval.or(own).unwrap_or(pace.usual), timeout: Span(0), harvest: false };
    let watch = run.watch.clone().unwrap_or_else(|| Watch { active: false, ..launch::watch(options, run.created_at) });
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
