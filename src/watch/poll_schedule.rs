//! When the attempts of a task are asked about: that costs a call of its own.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::engine::observe;
use crate::model::{Attention, Run, RunId, Time};
use crate::provider::{AttemptObservations, Observation};

/// How often a task that the service does not know is looked for.
const LOST_TASK: Duration = Duration::from_secs(300);

/// When each run's attempts are asked about next; at once, where nothing is noted.
#[derive(Debug, Default)]
pub(super) struct PollSchedule(HashMap<RunId, Instant>);

impl PollSchedule {
    /// Returns whether it is time to ask about the attempts of this run.
    pub fn is_due(&self, id: &RunId, now: Instant) -> bool {
        self.0.get(id).is_none_or(|next| *next <= now)
    }

    /// Notes what an observation at `now` made of a run.
    pub fn note(&mut self, before: &Run, after: &Run, seen: &Observation, now: Instant, time: Time) {
        let asked = seen.news != AttemptObservations::None || seen.trouble.is_some() || seen.status.is_none();
        if !asked && after.observed != before.observed {
            // The task changed since its attempts were asked about: the next look asks again.
            self.0.remove(&before.run);
        }
        if asked && self.is_due(&before.run, now) {
            let pause = match after.attention {
                Some(Attention::TaskNotFound) => LOST_TASK,
                _ => observe::sweep_pause(after, time).duration(),
            };
            self.0.insert(before.run.clone(), now + pause);
        }
    }
}
