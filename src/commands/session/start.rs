//! `session start`

use std::path::PathBuf;

use clap::Args;

use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::commands::shared;
use crate::engine::sessions::{self, Order, SessionProgram};
use crate::error::{Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{Bytes, SessionId, SessionState};
use crate::session::workspace_files;
use crate::settings;
use crate::ui::{Format, Ui};

/// Start an agent, or any command, in the background
///
/// Prints the session's id. The agent gets PROMPT non-interactively; to use a full-screen program, give its command
/// after '--', then use 'send' and 'attach'.
#[derive(Debug, Args)]
pub struct Start {
    /// The agent [default: codex]
    #[arg(long, value_name = "NAME", conflicts_with = "command")]
    agent: Option<String>,
    /// The session's id [default: derived from the prompt]
    #[arg(long, value_name = "ID")]
    name: Option<SessionId>,
    /// Run in a new worktree at HEAD, which is removed in the end if nothing in it changed; ignored files do not
    /// count, except those of puff.harvest.ignored
    #[arg(long, conflicts_with = "cwd")]
    worktree: bool,
    /// Working directory [default: the current one]
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
    /// Answer, poke and resume it automatically when it is stuck, as configured
    #[arg(long)]
    auto: bool,
    /// Keep only the newest SIZE of its output; 0 for all
    #[arg(long, value_name = "SIZE", default_value = "64m")]
    log_size: Bytes,
    /// The task for the agent
    #[arg(value_name = "PROMPT", required_unless_present = "command", conflicts_with = "command")]
    prompt: Option<String>,
    /// A command of your own
    #[arg(value_name = "CMD", last = true)]
    command: Vec<String>,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub(super) const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff session start 'Fix the parser'", does: "Start codex, and print the session's id." },
        Example {
            line: "git puff session start --agent claude --worktree --auto 'Fix the parser'",
            does: "Start another agent in its own worktree, with automatic help when it is stuck.",
        },
        Example {
            line: "git puff session start --name shell -- sh -c 'read -r answer; echo \"$answer\"'",
            does: "Start a command of your own.",
        },
    ],
    exits: &[(Kind::TaskError, "The program could not be started.")],
    files: &[manual::SESSIONS, manual::WORKTREES],
    settings: &[
        settings::CODEX,
        settings::AGENT_COMMAND,
        settings::AGENT_WRAPPER,
        settings::STUCK_AFTER,
        settings::STUCK_POKE,
        settings::SESSION_ANSWER,
        settings::NOTIFY,
        settings::WORKSPACE_DIR,
        settings::WORKSPACE_SETUP,
        settings::WORKSPACE_COPY,
        settings::WORKSPACE_LINK,
        settings::HARVEST_IGNORED,
        settings::AGENT_TRUST,
        settings::CONFINE,
        settings::CONFINE_WRITE,
    ],
    ..Manual::NONE
};

/// Runs `session start`.
pub fn run(args: &Start, app: &App, ui: &Ui) -> Result<Exit> {
    let program = match &args.prompt {
        Some(prompt) => SessionProgram::Agent {
            name: args.agent.clone().unwrap_or_else(|| "codex".to_owned()),
            prompt: prompt.clone(),
        },
        None => SessionProgram::Command(args.command.clone()),
    };
    let session = sessions::start(
        app,
        Order {
            program,
            id: args.name.clone(),
            cwd: args.cwd.as_deref().map(|cwd| shared::absolute(app, cwd)),
            worktree: args.worktree,
            auto: args.auto,
            log_size: args.log_size.0,
        },
    )?;
    match ui.format() {
        Format::Json => ui.json(&session),
        _ => ui.line(session.id.as_str()),
    }
    if let Some(own) = &session.worktree {
        workspace_files::unmatched(app, own.commit).iter().for_each(|hint| ui.hint(hint));
    }
    if session.state == SessionState::Exited && session.pid.is_none() {
        ui.warn(session.why.as_deref().unwrap_or("the program could not be started"));
        return Ok(Exit::With(Kind::TaskError));
    }
    Ok(Exit::Done)
}
