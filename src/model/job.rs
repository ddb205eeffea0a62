//! A run that is being watched.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::as_str::as_str;
use super::{RunId, Time};

/// One line of `jobs`: a run that is to be watched, and whether a process watches it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Job {
    /// The run.
    pub run: RunId,
    /// Its task at the provider, once it is known.
    pub task_id: Option<String>,
    /// The process id of the watcher, for people to look at; null where none lives.
    pub watcher: Option<u32>,
    /// Whether anybody watches.
    pub state: JobState,
    /// Seconds between two looks.
    pub interval_s: u64,
    /// When the provider was last asked.
    pub last_poll_at: Option<Time>,
    /// When it will be asked next.
    pub next_poll_at: Option<Time>,
    /// The watcher's log.
    pub log_path: String,
}

/// Whether a job is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum JobState {
    /// A watcher lives.
    Watching,
    /// None does.
    Orphaned,
}

as_str!(JobState);
