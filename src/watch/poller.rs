//! Looking at runs: one listing for all that share a client, a login and a service.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::poll_schedule::PollSchedule;
use super::{Say, ending, queue};
use crate::app::App;
use crate::engine::{observe, open_provider, question};
use crate::error::Result;
use crate::model::{Attention, Profile, ProviderName, Run, RunId, State};
use crate::provider::{Failure, Observation, RetryPolicy};
use crate::render::progress;
use crate::store::{Recorded, RunStore};
use crate::trace::Activity;

/// The longest pause after looks that failed, unless the interval itself is longer.
const LONGEST: Duration = Duration::from_secs(300);

/// Takes in what polls find out.
pub(super) trait Observer {
    /// Applies an observation to a run, and returns the run as it is then.
    fn observed(&mut self, run: &Run, seen: &Observation) -> Result<Run>;

    /// Notes that a run could not be observed.
    fn failed(&mut self, run: &Run, failure: &Failure);

    /// Reports something about a run.
    fn say(&self, run: &RunId, text: &str);
}

/// Records what polls find out in the journals of the runs.
pub(super) struct Recorder<'r> {
    /// Carries the repository.
    pub app: &'r App,
    /// The runs as they were read last.
    pub known: &'r HashMap<RunId, Recorded>,
    /// Where what happens is reported.
    pub say: Say<'r>,
}

impl Observer for Recorder<'_> {
    fn observed(&mut self, run: &Run, seen: &Observation) -> Result<Run> {
        let read = || RunStore::new(self.app).load(&run.run);
        let known = self.known.get(&run.run).cloned().map_or_else(read, Ok)?;
        let outcome = observe::record(self.app, &known, seen)?;
        if outcome.changed {
            self.changed(run, &outcome.recorded.run);
        }
        Ok(outcome.recorded.run)
    }

    fn failed(&mut self, run: &Run, failure: &Failure) {
        match observe::record_failure(self.app, &run.run, failure) {
            Ok(outcome) if outcome.changed => self.changed(run, &outcome.recorded.run),
            Ok(_) => {}
            Err(error) => self.say(&run.run, error.message()),
        }
    }

    fn say(&self, run: &RunId, text: &str) {
        (self.say)(run, text);
    }
}

impl Recorder<'_> {
    /// Says what changed, and tells the user's command when someone is needed.
    fn changed(&self, before: &Run, after: &Run) {
        for line in progress::change(Some(before), after, &self.app.display) {
            self.say(&after.run, &line);
        }
        ending::notify_of_need(self.app, before, after, self.say);
    }
}

/// Submits runs that wait for a place, and polls runs whenever they are due.
#[derive(Default)]
pub(super) struct Poller {
    queue_rests: Option<Instant>,
    groups: HashMap<Asked, Group>,
    poll_schedule: PollSchedule,
}

/// Which provider is asked about a run, and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Asked {
    provider: ProviderName,
    profile: Option<Profile>,
}

impl Asked {
    fn about(run: &Run) -> Asked {
        Asked { provider: run.provider.clone(), profile: run.profile.clone() }
    }

    /// Reports that a poll of so many runs starts.
    fn trace(&self, runs: usize) -> Activity {
        let profile = self.profile.as_ref().map(|profile| format!(" {profile}")).unwrap_or_default();
        Activity::start("poll", &format_args!("runs={runs} provider={}{profile}", self.provider), None)
    }
}

/// The runs that one listing shows.
#[derive(Default)]
struct Group {
    failures: u32,
    next: Option<Instant>,
}

impl Poller {
    /// Returns whether this run has something to poll for.
    pub fn concerns(run: &Run) -> bool {
        !run.is_imported() && run.state == State::Pending && run.task_id.is_some()
    }

    /// Submits those of `runs` that wait for a place and have one now. Where something could not be asked, that rests
    /// for `pause`.
    ///
    /// # Errors
    /// When nothing can be recorded.
    pub fn submit(&mut self, app: &App, runs: &[&Run], pause: Duration, say: Say<'_>) -> Result<()> {
        let now = Instant::now();
        if self.queue_rests.is_none_or(|until| until <= now) {
            self.queue_rests = queue::advance(app, runs, say)?.then(|| now + pause);
        }
        Ok(())
    }

    /// Polls those of `runs` that are due; `observer` takes in what is seen. Returns whether any provider was asked.
    pub fn poll(&mut self, app: &App, runs: &[&Run], observer: &mut dyn Observer) -> bool {
        let mut groups: HashMap<Asked, Vec<&Run>> = HashMap::new();
        for run in runs.iter().filter(|run| Poller::concerns(run)) {
            groups.entry(Asked::about(run)).or_default().push(run);
        }
        let now = Instant::now();
        self.groups.retain(|whom, _| groups.contains_key(whom));
        let mut asked = false;
        for (whom, runs) in groups {
            let due = self.groups.entry(whom.clone()).or_default().next.is_none_or(|next| next <= now);
            if due {
                self.poll_group(app, &whom, &runs, observer);
                asked = true;
            }
        }
        asked
    }

    /// Returns when the next poll is due; none when there is nothing to poll.
    pub fn next(&self) -> Option<Instant> {
        self.groups.values().map(|group| group.next.unwrap_or_else(Instant::now)).min()
    }

    /// Returns when there is something to do again: a poll, or a submission.
    pub fn due(&self) -> Option<Instant> {
        [self.next(), self.queue_rests].into_iter().flatten().min()
    }

    fn poll_group(&mut self, app: &App, whom: &Asked, runs: &[&Run], observer: &mut dyn Observer) {
        let interval = runs.iter().map(|run| interval(run)).min().unwrap_or(Duration::from_secs(15));
        let longest = app.providers.capabilities(&whom.provider).longest_interval;
        let interval = longest.map_or(interval, |longest| interval.min(longest));
        let now = Instant::now();
        let wanted: Vec<&Run> = runs.iter().copied().filter(|run| self.is_wanted(run, now)).collect();
        let polled = (!wanted.is_empty()).then(|| whom.trace(wanted.len()));
        let answers = self.ask(app, &wanted, now);
        if let Some(polled) = polled {
            match &answers {
                Ok(_) => polled.ended(&"answered"),
                Err(failure) => polled.ended(&format_args!("failed: {failure}")),
            }
        }
        let group = self.groups.entry(whom.clone()).or_default();
        match answers {
            Ok(answers) => {
                group.failures = 0;
                group.next = Some(now + interval);
                for (run, seen) in wanted.into_iter().zip(answers) {
                    // What fails for one run alone does not end the watching of the others.
                    if let Err(error) = self.take_in(app, run, &seen, now, observer) {
                        observer.say(&run.run, &format!("{error}; trying again later"));
                    }
                }
            }
            Err(failure) => {
                group.failures += 1;
                group.next = Some(now + pause_after(&failure, interval, group.failures));
                for run in runs {
                    observer.say(&run.run, &format!("{failure}; polling again later"));
                    observer.failed(run, &failure);
                }
            }
        }
    }

    /// Asks about runs that one provider has. It is opened anew for each poll: a client that was replaced since is noticed.
    fn ask(&self, app: &App, runs: &[&Run], now: Instant) -> Result<Vec<Observation>, Failure> {
        let Some(first) = runs.first() else { return Ok(Vec::new()) };
        let questions: Result<Vec<_>, _> =
            runs.iter().map(|run| question(run, self.poll_schedule.is_due(&run.run, now))).collect();
        let provider = open_provider(app, first, RetryPolicy::None).map_err(|error| Failure::unusable(&error))?;
        provider.observe(&questions?)
    }

    /// Hands on what was seen of a run, and notes when its attempts are asked about next.
    fn take_in(
        &mut self,
        app: &App,
        run: &Run,
        seen: &Observation,
        now: Instant,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        if let Some(trouble) = &seen.trouble {
            observer.say(&run.run, &format!("{trouble}; trying again later"));
        }
        let after = observer.observed(run, seen)?;
        self.poll_schedule.note(run, &after, seen, now, app.clock.now());
        Ok(())
    }

    /// Returns whether a run is polled now: a task that the service does not know is not asked for at every poll.
    fn is_wanted(&self, run: &Run, now: Instant) -> bool {
        run.attention != Some(Attention::TaskNotFound) || self.poll_schedule.is_due(&run.run, now)
    }
}

fn interval(run: &Run) -> Duration {
    Duration::from_secs(run.watch.as_ref().map_or(15, |watch| watch.interval_s.max(1)))
}

/// Returns the pause after a failure: ever longer, but short enough for a user who signs in again.
fn pause_after(failure: &Failure, interval: Duration, failures: u32) -> Duration {
    let doublings = if matches!(failure, Failure::SignedOut { .. }) { 1 } else { failures.min(8) };
    (interval * 2u32.pow(doublings)).min(LONGEST.max(interval))
}
