//! What does the work of runs, seen from the program: two traits, and what is said through them.
//!
//! A [`ProviderKind`] has a name, says what it can do ([`Capabilities`]) and opens a [`Provider`]; the [`Registry`] has
//! all kinds that this program knows. An open provider is asked five things: can you work (`check`), do this (`submit`),
//! how far are you (`observe`, many tasks in one call: that is what makes watching cheap), what came out (`collect`), and
//! stop (`cancel`). The kinds themselves are in [`crate::providers`]: a new one is a file there and a line in its list.

mod failure;
mod registry;

pub use failure::{Failure, SubmitFailure};
pub use registry::{BaseKind, Capabilities, Place, ProviderKind, Registry};

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::model::{Oid, Profile, Risk, RunId, TaskId, Time, VariantStatus};

/// How often a read that fails for now is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryPolicy {
    /// A person waits for the answer: a few tries, with growing pauses.
    Some,
    /// The caller comes back later by itself.
    None,
}

/// A service or program that does the work of runs, open to be asked.
pub trait Provider {
    /// Returns what has to be recorded with a run so that later calls reach the same client, login and service; none
    /// where nothing has to be.
    fn profile(&self) -> Option<Profile> {
        None
    }

    /// Returns the program that it is spoken to through, where there is one.
    fn program(&self) -> Option<&Path> {
        None
    }

    /// Returns how it is spoken to, for the records, where there is more than one way: `official`, `headless-a`, ….
    fn dialect(&self) -> Option<&str> {
        None
    }

    /// Returns the version of the program behind it, where there is one and it says.
    fn version(&self) -> Option<&str> {
        None
    }

    /// Returns the most attempts that one task may have, where there is such a limit.
    fn most_attempts(&self) -> Option<u32> {
        None
    }

    /// Checks that the provider can work, and that the named environment exists. Costs nothing.
    ///
    /// # Errors
    /// When not.
    fn check(&self, env: Option<&str>) -> Result<(), Failure>;

    /// Starts a task. This is the call that is paid for: it is never repeated.
    ///
    /// # Errors
    /// [`SubmitFailure::Refused`] when provably nothing was started; [`SubmitFailure::Lost`] otherwise.
    fn submit(&self, submission: &Submission<'_>) -> Result<Task, SubmitFailure>;

    /// Looks at several tasks at once; the answers are in the order of the questions.
    ///
    /// # Errors
    /// When the look as a whole failed. What concerns one task alone is in its answer.
    fn observe(&self, tasks: &[Question]) -> Result<Vec<Observation>, Failure>;

    /// Fetches everything that came out of a task so far.
    ///
    /// # Errors
    /// When it cannot be fetched whole; nothing partial is answered.
    fn collect(&self, task: &Question) -> Result<Collection, Failure>;

    /// Removes what was only kept to be collected: it is recorded now.
    ///
    /// # Errors
    /// When that cannot be removed.
    fn release(&self, _task: &Question, _kept: &Collection) -> Result<(), Failure> {
        Ok(())
    }

    /// Ends a task.
    ///
    /// # Errors
    /// When it cannot be ended from here.
    fn cancel(&self, task: &Question) -> Result<(), Failure>;

    /// Returns what the provider tells of one task.
    ///
    /// # Errors
    /// When it does not know the task.
    fn describe(&self, task: &TaskId) -> Result<TaskSummary, Failure>;

    /// Returns the tasks of an environment (of all, without one) that changed since then, by whatever client they were started; one
    /// that does not say when it changed is among them.
    ///
    /// # Errors
    /// When they cannot be listed.
    fn recent(&self, env: Option<&str>, since: Time) -> Result<Vec<TaskSummary>, Failure>;
}

/// A task to be started.
#[derive(Clone, Debug)]
pub struct Submission<'a> {
    /// The run that it is for.
    pub run: &'a RunId,
    /// The environment: an id or a label; empty where the kind needs none.
    pub env: &'a str,
    /// The branch of the remote that the attempts start from.
    pub branch: &'a str,
    /// The commit that the attempts start from.
    pub commit: Oid,
    /// How many attempts.
    pub attempts: u32,
    /// What to do.
    pub prompt: &'a str,
    /// Kept open by the program that submits: as long as it may still do so, the lock on this file is held.
    pub lock: Option<Arc<File>>,
}

/// A task that was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its name at the provider.
    pub id: TaskId,
    /// Where a person can look at it.
    pub url: Option<String>,
}

/// A task that is asked about.
#[derive(Clone, Debug)]
pub struct Question {
    /// Its name at the provider.
    pub id: TaskId,
    /// How many attempts it has.
    pub attempts: u32,
    /// Ask about each attempt too, once the task itself has finished: that costs a call of its own.
    pub sweep: bool,
}

/// What a look at a task found.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// How the task as a whole reads; none when the provider does not know the task.
    pub status: Option<TaskStatus>,
    /// How many attempts it really has, where that is said.
    pub attempts: Option<u32>,
    /// When it last changed, in the provider's own words: compared, never interpreted.
    pub updated_at: Option<String>,
    /// How far the attempts are.
    pub news: AttemptObservations,
    /// The sweep of this task failed for now; the rest of the answer holds.
    pub trouble: Option<String>,
}

/// How a task as a whole reads. On Codex Cloud that is its first attempt alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskStatus {
    /// At work.
    Pending,
    /// Through, with something to take.
    Ready,
    /// Through, with nothing.
    Error,
}

/// How far the attempts of a task are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptObservations {
    /// Not asked.
    None,
    /// So many have finished with a patch; of the others nothing is known.
    Finished(u32),
    /// What each one says.
    Each(Vec<AttemptObservation>),
}

/// How far an attempt is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptObservation {
    /// The provider's own place for it, from 0.
    pub placement: u32,
    /// How far it is.
    pub status: VariantStatus,
    /// Why, where that needs saying.
    pub reason: Option<String>,
}

/// What came out of a task so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collection {
    /// How many attempts it really has, where that is said.
    pub attempts: Option<u32>,
    /// What each attempt made, in the provider's order. Without places, only attempts that made a patch are here.
    pub attempts_made: Vec<Attempt>,
    /// The ignored files of attempts that left a patch, by the provider's own place for each, from 0.
    pub ignored: Vec<(u32, Vec<String>)>,
    /// What attempts made and could not be read now. The next collection tries again.
    pub not_taken: Vec<NotTaken>,
}

/// Work that is there and could not be read, for a reason that is not the attempt's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotTaken {
    /// The provider's own place for the attempt, from 0.
    pub placement: u32,
    /// Why, with its cause.
    pub why: String,
}

/// What one attempt made.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The provider's own place for it, from 0, where it is told.
    pub placement: Option<u32>,
    /// How far it is.
    pub status: VariantStatus,
    /// What it changed; none where that is not known, or nothing came out.
    pub work: Option<Work>,
    /// What the agent said, in order, where the client tells.
    pub messages: Option<Vec<String>>,
    /// What was asked, where the client repeats it.
    pub prompt: Option<String>,
    /// What an exported folder says beyond that.
    pub exported: Option<Exported>,
    /// Why it is as it is, where that needs saying.
    pub reason: Option<String>,
    /// What it did beside its patch that a reader should look at.
    pub risks: Vec<Risk>,
}

impl Attempt {
    /// Returns its patch, where its work is one.
    pub fn patch(&self) -> Option<&[u8]> {
        match &self.work {
            Some(Work::Patch(patch)) => Some(patch),
            _ => None,
        }
    }
}

/// What an attempt changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// The raw bytes of a patch on the run's base.
    Patch(Vec<u8>),
    /// A commit in this repository, whose tree is what the attempt made of the base. Only the tree counts: the commit of
    /// the variant is made anew.
    Commit(Oid),
}

/// What an exported folder says of an attempt beyond what every provider says: where it came from, and whatever else
/// its exporter found worth keeping.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exported {
    /// The task that it was an attempt of.
    pub task_id: Option<String>,
    /// Its place there, from 0.
    pub placement: Option<u32>,
    /// Fields of its `report.json` that are not ours.
    pub report: Map<String, Value>,
    /// Fields of its `meta.json` that are not ours.
    pub meta: Map<String, Value>,
}

/// A line of the provider's list of tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskSummary {
    /// Its name at the provider.
    pub id: TaskId,
    /// Where a person can look at it.
    pub url: Option<String>,
    /// Its title.
    pub title: String,
    /// How it reads.
    pub status: TaskStatus,
    /// When it last changed.
    pub updated_at: Option<String>,
    /// The label of its environment.
    pub env_label: Option<String>,
    /// How many attempts it has.
    pub attempts: Option<u32>,
    /// What was asked, where the client tells it.
    pub prompt: Option<String>,
}
