//! A session: one agent process under a pseudo-terminal on this machine.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::schema::written_as;
use super::{IgnoredFiles, Oid, Run, RunId, Schema, SessionState, Stdin, Time, documents, slug};

/// The longest session id: a run's with its variant fits.
const LONGEST: usize = 56;

/// The name of a session: `[a-z0-9-]`, neither beginning nor ending with `-`. It is the name of a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionId(String);

written_as!(SessionId, "^[a-z0-9]([a-z0-9-]{0,54}[a-z0-9])?$");

/// The text cannot be a session's id.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a session id: up to {LONGEST} of a-z, 0-9 and '-', beginning and ending with a letter or digit")]
pub struct BadSessionId(String);

impl SessionId {
    /// Returns the id of a session about `about`, told from others by `suffix`: `codex-fix-the-parser-3f2a`.
    ///
    /// # Errors
    /// When `suffix` holds anything but `[a-z0-9]` or is too long.
    pub fn compose(about: &str, suffix: &str) -> Result<SessionId, BadSessionId> {
        format!("{}-{suffix}", slug(about, 30)).parse()
    }

    /// Returns the id of the session that makes a variant; `try_` counts the tries from 1.
    pub fn of_variant(run: &RunId, variant: u32, try_: u32) -> SessionId {
        let again = if try_ > 1 { format!("-{try_}") } else { String::new() };
        SessionId(format!("{run}-var{variant}{again}"))
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SessionId {
    type Err = BadSessionId;

    fn from_str(text: &str) -> Result<SessionId, BadSessionId> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let ends = text.starts_with('-') || text.ends_with('-');
        let good = !text.is_empty() && text.len() <= LONGEST && text.bytes().all(allowed) && !ends;
        if good { Ok(SessionId(text.to_owned())) } else { Err(BadSessionId(text.to_owned())) }
    }
}

impl TryFrom<String> for SessionId {
    type Error = BadSessionId;

    fn try_from(text: String) -> Result<SessionId, BadSessionId> {
        text.parse()
    }
}

impl From<SessionId> for String {
    fn from(id: SessionId) -> String {
        id.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a session runs. In JSON it is one string: the name of the agent, or `command`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum SessionAgent {
    /// An agent that is known or configured.
    Named(String),
    /// A command that was written out.
    Command,
}

impl SessionAgent {
    /// Returns the string that it is in JSON.
    pub fn as_str(&self) -> &str {
        match self {
            SessionAgent::Named(name) => name,
            SessionAgent::Command => "command",
        }
    }
}

impl From<String> for SessionAgent {
    fn from(name: String) -> SessionAgent {
        if name == SessionAgent::Command.as_str() { SessionAgent::Command } else { SessionAgent::Named(name) }
    }
}

impl From<SessionAgent> for String {
    fn from(agent: SessionAgent) -> String {
        agent.as_str().to_owned()
    }
}

/// What there is to know about a session, as its record and every `--json` answer have it. The supervisor alone writes
/// it while it lives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// `puff.session/1`.
    #[schemars(extend("const" = Schema::of(documents::SESSION)))]
    pub schema: Schema,
    /// Its name.
    pub id: SessionId,
    /// The agent: one that is known or configured, or `command` for a command that was written out.
    #[schemars(with = "String")]
    pub agent: SessionAgent,
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Where it runs.
    pub cwd: PathBuf,
    /// The process of the agent, for people to look at; null before it runs.
    pub pid: Option<u32>,
    /// What it is doing.
    pub state: SessionState,
    /// The evidence for the state, in words.
    pub why: Option<String>,
    /// The command that gets a person on, where there is one.
    #[serde(default)]
    pub next: Option<String>,
    /// When it was started.
    pub started_at: Time,
    /// When it last printed something.
    pub last_output_at: Option<Time>,
    /// Its end, once it has one.
    #[serde(flatten, with = "end_fields")]
    #[schemars(with = "EndFields")]
    pub end: Option<SessionEnd>,
    /// The agent's own name for the session, by which it can be resumed.
    pub agent_session: Option<String>,
    /// Its newest output; older parts are beside it as `log.<offset>`.
    pub log_path: PathBuf,
    /// The run that it works for.
    pub run: Option<RunId>,
    /// When the intent of that run was recorded: a later run may have the same name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_created_at: Option<Time>,
    /// The variant of that run.
    pub variant: Option<u32>,
    /// What it was asked, in a line.
    #[serde(default)]
    pub title: String,
    /// What its standard input is.
    #[serde(default)]
    pub stdin: Stdin,
    /// Columns and rows of its terminal.
    #[serde(default = "usual_size")]
    pub size: (u16, u16),
    /// How many bytes of output are kept; 0 for all.
    #[serde(default)]
    pub log_size: u64,
    /// How many bytes it has printed.
    #[serde(default)]
    pub printed: u64,
    /// Why not all of it is in the log, if so.
    #[serde(default)]
    pub log_trouble: Option<String>,
    /// Seconds after which it is ended; 0 for never.
    #[serde(default)]
    pub limit_s: u64,
    /// It was asked to end, and why.
    #[serde(default)]
    pub killed: Option<String>,
    /// The stuck-agent protocol acts by itself.
    #[serde(default)]
    pub auto: bool,
    /// How often it was poked, and resumed, by the protocol.
    #[serde(default)]
    pub pokes: u32,
    /// How many sessions this one goes on from.
    #[serde(default)]
    pub resumes: u32,
    /// The session that this one goes on from.
    #[serde(default)]
    pub resumed_from: Option<SessionId>,
    /// The session that goes on from this one.
    #[serde(default)]
    pub resumed_as: Option<SessionId>,
    /// Whether what the agent knew came along when it was resumed; null where that cannot be told.
    #[serde(default)]
    pub context_kept: Option<bool>,
    /// The tree of its worktree when it started: what changed since is its work.
    #[serde(default)]
    pub start_tree: Option<Oid>,
    /// The worktree of its own, where it has one.
    #[serde(default)]
    pub worktree: Option<OwnWorktree>,
    /// Whether it may write only where it works: `puff.confine`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confined: bool,
    /// What it said last.
    #[serde(default)]
    pub last_message: Option<String>,
    /// The tokens that it used, where it says.
    #[serde(default)]
    pub tokens: Option<u64>,
    /// Commands that it ran to check its work, with how they ended.
    #[serde(default)]
    pub checks: Vec<String>,
    /// The files that changed in its folder since it started, each with git's letter for how; null while it runs, or
    /// where there is no worktree.
    #[serde(default)]
    pub changed: Option<Vec<String>>,
    /// What a newer git-puff wrote here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// When and how a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionEnd {
    /// When.
    pub at: Time,
    /// Its exit code, 128 and the signal where one ended it; none where that is not known.
    pub exit: Option<i32>,
}

/// The end of a session as its record has it: both are null before.
#[derive(Serialize, Deserialize, JsonSchema)]
struct EndFields {
    /// When it ended.
    ended_at: Option<Time>,
    /// Its exit code; 128 and the signal where one ended it.
    exit: Option<i32>,
}

mod end_fields {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{EndFields, SessionEnd};

    pub fn serialize<S: Serializer>(end: &Option<SessionEnd>, serializer: S) -> Result<S::Ok, S::Error> {
        EndFields { ended_at: end.map(|end| end.at), exit: end.and_then(|end| end.exit) }.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SessionEnd>, D::Error> {
        let fields = EndFields::deserialize(deserializer)?;
        Ok(fields.ended_at.map(|at| SessionEnd { at, exit: fields.exit }))
    }
}

fn usual_size() -> (u16, u16) {
    Session::SIZE
}

/// The worktree that was made for a session alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OwnWorktree {
    /// Its folder.
    pub path: PathBuf,
    /// The commit that it was made at.
    pub commit: Oid,
    /// What became of it; null while the session lives, or where another one goes on in it.
    #[serde(rename = "fate")]
    pub outcome: Option<WorktreeOutcome>,
    /// The new ignored files in it when the session was over: where it was removed, they went with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignored: Option<IgnoredFiles>,
}

/// What became of the worktree of a session that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Fate")]
pub enum WorktreeOutcome {
    /// It was removed: nothing in it was changed.
    Removed,
    /// It was kept, unlocked: there is work in it, or a new ignored file that `puff.harvest.ignored` names.
    Kept,
}

impl Session {
    /// Columns and rows of a terminal that is not attached.
    pub const SIZE: (u16, u16) = (120, 40);

    /// Returns the schema that this program writes.
    pub fn schema() -> Schema {
        Schema::of(documents::SESSION)
    }

    /// Returns its exit code, once it has ended and where that is known.
    pub fn exit(&self) -> Option<i32> {
        self.end.and_then(|end| end.exit)
    }

    /// Works it for this run, and not for an earlier one of the same name? Older records do not say when theirs began.
    pub fn works_for(&self, run: &Run) -> bool {
        self.run.as_ref() == Some(&run.run) && self.run_created_at.is_none_or(|at| at == run.created_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_folder_name_that_needs_no_quoting() {
        for good in ["a", "codex-3f2a", "fix-the-parser-3f2a-var2"] {
            assert_eq!(good.parse::<SessionId>().unwrap().as_str(), good);
        }
        for bad in ["", "-a", "a-", "A", "a/b", "..", "a b", &"x".repeat(57)] {
            assert!(bad.parse::<SessionId>().is_err(), "{bad:?}");
        }
        let run: RunId = "x".repeat(40).parse().unwrap();
        let id = SessionId::of_variant(&run, 16, 3);
        assert_eq!(id.as_str().parse::<SessionId>().unwrap(), id);
    }
}
