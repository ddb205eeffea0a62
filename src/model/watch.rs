//! How a run is watched, and how that ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::Time;
use super::as_str::as_str;

/// How a run is watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "WatchRecord", into = "WatchRecord")]
pub struct Watch {
    /// Seconds between two polls.
    pub interval_s: u64,
    /// Seconds after which watching ends; 0 for never.
    pub timeout_s: u64,
    /// Harvest as soon as it is ready.
    pub harvest: bool,
    /// While queued: submit it only when fewer runs than this are running; 0 for `puff.maxActive`.
    pub max_active: u32,
    /// When watching began; the time limit counts from here.
    pub started_at: Time,
    /// Whether it is watched now.
    pub state: WatchState,
}

/// Whether a run is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchState {
    /// It was asked to be watched, and that has not ended.
    Active,
    /// It was not asked to be watched in the background.
    Inactive,
    /// Watching has ended.
    Ended {
        /// When.
        at: Time,
        /// How.
        ending: Ending,
    },
}

/// How watching a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Ending {
    /// At least one variant completed (and everything applied, where a harvest was asked for).
    Success,
    /// Harvested, but a completed variant did not apply.
    Partial,
    /// No variant completed.
    Error,
    /// The time limit passed.
    Timeout,
    /// A user stopped it.
    Stopped,
}

as_str!(Ending);

impl Watch {
    /// Returns whether the run was asked to be watched, and that has not ended.
    pub fn is_active(&self) -> bool {
        self.state == WatchState::Active
    }

    /// Returns how watching ended, where it has.
    pub fn ending(&self) -> Option<Ending> {
        match self.state {
            WatchState::Ended { ending, .. } => Some(ending),
            _ => None,
        }
    }

    /// Returns when watching ended, where it has.
    pub fn ended_at(&self) -> Option<Time> {
        match self.state {
            WatchState::Ended { at, .. } => Some(at),
            _ => None,
        }
    }
}

impl JsonSchema for Watch {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        WatchRecord::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        WatchRecord::json_schema(generator)
    }
}

/// How a run is watched.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Watch")]
struct WatchRecord {
    /// It was asked to be watched, and that has not ended.
    active: bool,
    /// Seconds between two looks.
    interval_s: u64,
    /// Seconds after which watching ends; 0 for never.
    timeout_s: u64,
    /// Harvest as soon as it is ready.
    harvest: bool,
    /// While queued: submit it only when fewer runs than this are running; 0 for `puff.maxActive`.
    #[serde(default)]
    max_active: u32,
    /// When watching began; the time limit counts from here.
    started_at: Time,
    /// When watching ended.
    #[serde(default)]
    ended_at: Option<Time>,
    /// How watching ended.
    #[serde(default)]
    ending: Option<Ending>,
}

impl From<WatchRecord> for Watch {
    fn from(record: WatchRecord) -> Watch {
        let state = match (record.active, record.ended_at, record.ending) {
            (true, ..) => WatchState::Active,
            (false, Some(at), Some(ending)) => WatchState::Ended { at, ending },
            (false, ..) => WatchState::Inactive,
        };
        Watch {
            interval_s: record.interval_s,
            timeout_s: record.timeout_s,
            harvest: record.harvest,
            max_active: record.max_active,
            started_at: record.started_at,
            state,
        }
    }
}

impl From<Watch> for WatchRecord {
    fn from(watch: Watch) -> WatchRecord {
        WatchRecord {
            active: watch.is_active(),
            interval_s: watch.interval_s,
            timeout_s: watch.timeout_s,
            harvest: watch.harvest,
            max_active: watch.max_active,
            started_at: watch.started_at,
            ended_at: watch.ended_at(),
            ending: watch.ending(),
        }
    }
}
