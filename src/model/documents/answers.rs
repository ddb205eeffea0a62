//! What verbs answer beside a run: lists, events, findings, failures.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use strum::IntoStaticStr;

use crate::model::as_str::as_str;
use crate::model::{Attention, Finding, Job, Run, RunId, Schema, Session, SessionId, State, Time, documents};

/// Several runs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Runs<'a> {
    /// `puff.runs/1`.
    #[schemars(extend("const" = Schema::of(documents::RUNS)))]
    pub schema: Schema,
    /// The runs.
    pub runs: &'a [Run],
}

/// What is being watched.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Jobs {
    /// `puff.jobs/1`.
    #[schemars(extend("const" = Schema::of(documents::JOBS)))]
    pub schema: Schema,
    /// The jobs.
    pub jobs: Vec<Job>,
}

/// Every session of a repository.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Sessions {
    /// `puff.sessions/1`.
    #[schemars(extend("const" = Schema::of(documents::SESSIONS)))]
    pub schema: Schema,
    /// The sessions, newest first.
    pub sessions: Vec<Session>,
}

/// A change of a run that is followed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Event {
    /// `puff.event/1`.
    #[schemars(extend("const" = Schema::of(documents::EVENT)))]
    pub schema: Schema,
    /// When it was seen.
    pub at: Time,
    /// The run.
    pub run: RunId,
    /// How far it is now.
    pub state: State,
    /// What a person must do before it can go on.
    pub attention: Option<Attention>,
    /// How many variants nothing more is expected of.
    pub done: usize,
    /// How many variants there are.
    pub best_of: usize,
    /// What changed, a line each.
    pub changes: Vec<String>,
}

/// A line of a log.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Line<'a> {
    /// `puff.line/1`.
    #[schemars(extend("const" = Schema::of(documents::LINE)))]
    pub schema: Schema,
    /// The run whose watcher wrote it; null in the log of a session.
    pub run: Option<&'a RunId>,
    /// The session that printed it; null in the log of a watcher.
    pub session: Option<&'a SessionId>,
    /// What it says, without its end and without what only steers a terminal.
    pub text: &'a str,
}

/// What `doctor` found, and mended.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Examination<'a> {
    /// `puff.doctor/1`.
    #[schemars(extend("const" = Schema::of(documents::DOCTOR)))]
    pub schema: Schema,
    /// Whether everything works.
    pub status: Health,
    /// What was checked; with `--quiet` only what is not well.
    pub checks: Vec<&'a Finding>,
    /// What was mended, a sentence each.
    pub repairs: Vec<String>,
}

/// Whether everything works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "UPPERCASE")]
#[strum(serialize_all = "UPPERCASE")]
pub enum Health {
    /// No check failed.
    Ok,
    /// A check failed.
    Fail,
}

as_str!(Health);

/// The JSON Schemas of every kind of document.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Schemas {
    /// `puff.schemas/1`.
    #[schemars(extend("const" = Schema::of(documents::SCHEMAS)))]
    pub schema: Schema,
    /// The schema of each kind, by its word.
    pub schemas: Map<String, Value>,
}

/// Why a call failed: what standard error says for people.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Failure {
    /// `puff.error/1`.
    #[schemars(extend("const" = Schema::of(documents::ERROR)))]
    pub schema: Schema,
    /// The exit code of the call.
    pub exit: u8,
    /// What went wrong, in a sentence.
    pub error: String,
    /// The next step; null where none is known.
    pub hint: Option<String>,
    /// What git, the agent's client or the system said, outermost first.
    pub causes: Vec<String>,
}

/// A part of a text that came from outside.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Text {
    /// `puff.text/1`.
    #[schemars(extend("const" = Schema::of(documents::TEXT)))]
    pub schema: Schema,
    /// What it is to its reader.
    pub notice: String,
    /// The text.
    pub text: String,
    /// Where in the whole it begins, in bytes.
    pub offset: usize,
    /// Where the next part begins; null where this is the last one.
    pub next_offset: Option<usize>,
    /// How many bytes there are in all.
    pub total: usize,
    /// Every byte could be written as text; otherwise some are replaced.
    pub exact: bool,
}
