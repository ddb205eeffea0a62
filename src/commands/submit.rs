//! `submit`

use std::path::PathBuf;

use clap::Args;

use super::launch::Order;
use crate::cli::{OutputFlags, PromptArgs, RunArgs};
use crate::context::Context;
use crate::error::{Exit, Result};
use crate::model::RunId;
use crate::ui::Ui;

/// Send a task to Codex Cloud, without watching it
///
/// The same as launch, without the watcher.
#[derive(Debug, Args)]
pub struct Submit {
    #[command(flatten)]
    prompt: PromptArgs,
    #[command(flatten)]
    run: RunArgs,
    /// Markdown files with settings at their top (env, base, best-of, name) and the prompt below: a run each
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["prompt", "prompt_file", "name"])]
    intent: Vec<PathBuf>,
    /// The name of the run
    #[arg(long, value_name = "RUN")]
    name: Option<RunId>,
    /// Queue what is more than N runs at work; 0 for no limit [config: puff.maxActive]
    #[arg(long, value_name = "N")]
    max_active: Option<u32>,
    /// Leave out the questions to Codex Cloud before the submission
    #[arg(long)]
    skip_doctor: bool,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// Submits.
pub fn run(args: &Submit, context: &Context, ui: &Ui) -> Result<Exit> {
    let order = Order {
        prompt: &args.prompt,
        run: &args.run,
        intent: &args.intent,
        name: args.name.as_ref(),
        max_active: args.max_active,
        skip_doctor: args.skip_doctor,
    };
    order.carry_out(None, context, ui)
}
