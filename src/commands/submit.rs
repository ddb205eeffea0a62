//! `submit`

use clap::Args;

use super::launch::TaskArgs;
use crate::cli::OutputFlags;
use crate::context::Context;
use crate::error::{Exit, Result};
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

/// Submits.
pub fn run(args: &Submit, context: &Context, ui: &Ui) -> Result<Exit> {
    args.task.carry_out(None, context, ui)
}
