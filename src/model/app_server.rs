//! The Codex app server of a repository, as its supervisor writes it down.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::as_str::as_str;
use super::{Schema, Time, documents};

/// The Codex app server of a repository: `state.json`, and what `cas-start`, `cas-stop` and `cas-status` answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AppServer {
    /// `puff.cas/1`.
    #[schemars(extend("const" = Schema::of(documents::CAS)))]
    pub schema: Schema,
    /// How it is, or what came of the call.
    pub status: AppServerStatus,
    /// Why it is so, where that needs saying.
    pub why: Option<String>,
    /// The process id of the server, for people to look at; null where none runs.
    pub pid: Option<u32>,
    /// The process id of its supervisor, likewise.
    pub supervisor: Option<u32>,
    /// The Unix socket that it listens on, by a name that is short enough to connect to; null of a proxy.
    pub socket: Option<PathBuf>,
    /// The program: codex, or the proxy.
    pub program: PathBuf,
    /// The user's own program that is run instead of the server.
    pub proxy_script: Option<PathBuf>,
    /// Where it runs.
    pub cwd: PathBuf,
    /// What it prints.
    pub log_path: PathBuf,
    /// A copy of this for other programs, or what the proxy writes.
    pub state_file: Option<PathBuf>,
    /// How long it may take to answer what it is asked.
    pub server_request_timeout_ms: u64,
    /// The notifications that it was told not to send to us; others pass them on in their own `initialize`.
    pub opt_out_notification_methods: Vec<String>,
    /// The git-puff that supervises it.
    pub git_puff: String,
    /// The version of the server, out of what it calls itself.
    pub version: Option<String>,
    /// What the server called itself when it answered `initialize`.
    pub user_agent: Option<String>,
    /// The `CODEX_HOME` that it works with.
    pub codex_home: Option<String>,
    /// When its supervisor began.
    pub started_at: Option<Time>,
    /// When it last answered `initialize` for the first time.
    pub ready_at: Option<Time>,
    /// When it ended for good.
    pub ended_at: Option<Time>,
    /// How often it was started again, because it had died.
    pub restarts: u32,
}

/// How an app server is, or what came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AppServerStatus {
    /// It has not answered `initialize` yet.
    Starting,
    /// It answers.
    Running,
    /// It died, and is started again.
    Restarting,
    /// It did not come up, or died too often.
    Failed,
    /// A user stopped it.
    Stopped,
    /// `cas-start`: it runs now.
    Started,
    /// `cas-start`: it ran before.
    AlreadyRunning,
    /// `cas-start`: it did not come up.
    FailedToStart,
    /// None runs.
    NotRunning,
    /// `cas-stop`: it was asked to end, and has not.
    StillRunning,
    /// `cas-status`: it runs without a supervisor.
    Orphaned,
    /// `cas-status`: it runs, and does not answer.
    Silent,
}

as_str!(AppServerStatus);
