//! `adopt`

use clap::Args;

use super::shared;
use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::engine::adopt::{adopt, give_task};
use crate::error::{Exit, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{MOST_VARIANTS, Selector};
use crate::settings;
use crate::ui::{Format, Ui};

/// Create a run for a task that was started elsewhere, or name the task of an interrupted submission
#[derive(Debug, Args)]
pub struct Adopt {
    /// The task: its id or its URL
    task: String,
    /// The branch that the task started from [default: the branch of HEAD]
    #[arg(long, value_name = "REF", conflicts_with = "run")]
    base: Option<String>,
    /// Number of attempts, when Codex does not report it
    #[arg(long, visible_alias = "attempts", value_name = "N", conflicts_with = "run", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_VARIANTS)))]
    best_of: Option<u32>,
    /// The interrupted run that this task belongs to
    #[arg(long, value_name = "RUN")]
    run: Option<Selector>,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example {
            line: "git puff adopt https://chatgpt.com/codex/tasks/task_e_123 --base main",
            does: "Create a run for a task that was started on the web.",
        },
        Example {
            line: "git puff adopt task_e_123 --run @",
            does: "Name the task of the newest run, whose submission was interrupted.",
        },
    ],
    files: &[manual::RUN_REFS, manual::RUNBOOK],
    settings: &[settings::REMOTE, settings::CODEX, settings::DIALECT],
    variables: &[manual::CODEX_HOME, manual::CODEX_SERVICE],
    ..Manual::NONE
};

/// Runs `adopt`.
pub fn run(args: &Adopt, app: &App, ui: &Ui) -> Result<Exit> {
    let task = shared::task(&args.task)?;
    let tell = shared::listener(app, ui);
    let run = match &args.run {
        Some(selector) => give_task(app, &shared::find_run(app, selector)?.run.run, &task, &tell)?,
        None => adopt(app, &task, args.base.as_deref(), args.best_of, &tell)?,
    };
    match ui.format() {
        Format::Json => ui.json(&run),
        _ => ui.block(&crate::render::launched::launched(&run, run.is_job(), &app.display)),
    }
    Ok(Exit::Done)
}
