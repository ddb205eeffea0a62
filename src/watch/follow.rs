//! Following runs in the foreground, until each is through.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::poller::Poller;
use super::{jobs, queue, watcher};
use crate::context::Context;
use crate::engine::repair;
use crate::error::{Error, Kind, Result};
use crate::model::{Oid, Run, RunId, Span, State, VariantStatus};
use crate::process::{Wake, pause};
use crate::store::RunStore;

/// How often the refs are looked at.
const TICK: Duration = Duration::from_millis(200);
/// The pause after something has to be asked again.
const AGAIN: Duration = Duration::from_secs(5);

/// What a follower hears.
pub trait Follower {
    /// A run is another than before; none before it was seen first.
    fn changed(&mut self, before: Option<&Run>, after: &Run);
    /// Some time has passed.
    fn tick(&mut self, runs: &[Run]);
    /// Something about a run is to be said.
    fn say(&self, run: &RunId, text: &str);
}

/// Follows these runs until none has anything to come, and answers them as they are then. What no living watcher looks
/// at is looked at from here.
///
/// # Errors
/// [`Kind::Timeout`] and [`Kind::Interrupted`]; and when a run can't go on without someone.
pub fn follow(
    context: &Context,
    ids: &[RunId],
    interval: Option<Span>,
    timeout: Span,
    follower: &mut dyn Follower,
) -> Result<Vec<Run>> {
    let store = RunStore::new(context);
    let mut poller = Poller::default();
    let started = Instant::now();
    let mut seen: HashMap<RunId, (Oid, Run)> = HashMap::new();
    let mut queue_rests: Option<Instant> = None;
    loop {
        let runs = look(&store, ids, &mut seen, follower)?;
        follower.tick(&runs);
        if runs.iter().all(|run| !run.state.is_active()) {
            return Ok(runs);
        }
        if let Some(stuck) = runs.iter().find(|run| repair::is_interrupted(context, run)) {
            return Err(Error::failed(format!(
                "the submission of '{}' was interrupted: it may have a task",
                stuck.run
            ))
            .hint("'git puff doctor --repair' looks for its task"));
        }
        if timeout.0 > 0 && started.elapsed() >= timeout.duration() {
            return Err(Error::new(Kind::Timeout, format!("nothing more after {timeout}"))
                .hint("the runs go on: 'git puff watch' follows them again"));
        }
        let alive = jobs::is_watcher_alive(context);
        let ours: Vec<Run> =
            runs.iter().filter(|run| !(alive && run.is_job())).map(|run| paced(run, interval)).collect();
        let ours: Vec<&Run> = ours.iter().collect();
        {
            let say = |id: &RunId, text: &str| {
                watcher::log(context, id, text);
                follower.say(id, text);
            };
            let now = Instant::now();
            if queue_rests.is_none_or(|until| until <= now) {
                queue_rests = queue::advance(context, &ours, &say)?.then(|| now + AGAIN);
            }
            poller.look(context, &ours, &say)?;
        }
        if pause(TICK) == Wake::Interrupted {
            return Err(Error::new(Kind::Interrupted, "stopped following")
                .hint("the runs go on: 'git puff watch' follows them again"));
        }
    }
}

/// The runs as they are now; what changed is told.
fn look(
    store: &RunStore<'_>,
    ids: &[RunId],
    seen: &mut HashMap<RunId, (Oid, Run)>,
    follower: &mut dyn Follower,
) -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    for id in ids {
        let before = seen.get(id);
        if let Some((head, run)) = before
            && store.head(id) == Some(*head)
        {
            runs.push(run.clone());
            continue;
        }
        let now = store.load(id)?;
        follower.changed(before.map(|(_, run)| run), &now.run);
        runs.push(now.run.clone());
        seen.insert(id.clone(), (now.head, now.run));
    }
    Ok(runs)
}

/// The run, with another interval where one was asked for.
fn paced(run: &Run, interval: Option<Span>) -> Run {
    let mut run = run.clone();
    if let (Some(interval), Some(watch)) = (interval, run.watch.as_mut()) {
        watch.interval_s = interval.0.max(1);
    } else if let Some(interval) = interval {
        run.watch = Some(crate::model::Watch {
            active: false,
            interval_s: interval.0.max(1),
            timeout_s: 0,
            harvest: false,
            max_active: 0,
            started_at: run.created_at,
            ended_at: None,
            ending: None,
        });
    }
    run
}

/// How following these runs ended: well, when each has a variant that completed.
pub fn verdict(runs: &[Run]) -> Result<()> {
    let ended_well = |run: &Run| run.state != State::Cancelled && run.count(VariantStatus::Completed) > 0;
    match runs.iter().find(|run| !ended_well(run)) {
        None => Ok(()),
        Some(run) => {
            let why = run.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            Err(Error::new(Kind::TaskError, format!("no variant of '{}' completed{why}", run.run))
                .hint(format!("'git puff show {0}' says more; 'git puff retry {0}' tries again", run.run)))
        }
    }
}
