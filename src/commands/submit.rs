//! `submit`

use clap::Args;

use super::launch::TaskArgs;
use crate::app::App;
use crate::commands::flags::OutputFlags;
use crate::error::{Exit, Result};
use crate::manual::{self, Example, Manual};
use crate::settings;
use crate::ui::Ui;

/// Send a task to Codex Cloud, or to agents on this machine, without watching it
///
/// The same as launch, without the watcher.
#[derive(Debug, Args)]
pub struct Submit {
    #[command(flatten)]
    task: TaskArgs,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example {
            line: "git puff submit --prompt 'Fix the parser' --env acme/widgets --best-of 2",
            does: "Send a task without a watcher; 'git puff watch' can follow it later.",
        },
        Example { line: "git puff submit --prompt-file task.md --json", does: "Print the run as JSON." },
    ],
    files: &[manual::RUN_REFS, manual::RUNBOOK, manual::WORKTREES],
    settings: &[
        settings::ENV,
        settings::REMOTE,
        settings::BEST_OF,
        settings::MAX_ACTIVE,
        settings::ATTEMPT_LIMIT,
        settings::CODEX,
        settings::DIALECT,
        settings::WORKSPACE,
        settings::WORKSPACE_DIR,
        settings::WORKSPACE_SETUP,
        settings::WORKSPACE_COPY,
        settings::WORKSPACE_LINK,
        settings::AGENT_COMMAND,
        settings::AGENT_WRAPPER,
        settings::AGENT_TRUST,
        settings::CONFINE,
        settings::CONFINE_WRITE,
    ],
    variables: &[manual::CODEX_HOME, manual::CODEX_SERVICE],
    ..Manual::NONE
};

/// Runs `submit`.
pub fn run(args: &Submit, app: &App, ui: &Ui) -> Result<Exit> {
    args.task.carry_out(None, app, ui)
}
