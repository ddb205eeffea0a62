//! `patch`

use clap::Args;

use super::shared;
use super::show::no_variant;
use crate::app::App;
use crate::error::{Error, Exit, Result};
use crate::manual::{self, Example, Manual};
use crate::model::Selector;
use crate::store::RunStore;
use crate::ui::Ui;

/// Print the patch of a variant, byte for byte
#[derive(Debug, Args)]
pub struct Patch {
    /// The variant
    #[arg(value_name = "RUN:N")]
    variant: Selector,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff patch @:2", does: "Print the patch of the second variant of the newest run." },
        Example { line: "git puff patch @:2 | git apply --check", does: "Pass it to git." },
    ],
    files: &[manual::RUN_REFS],
    ..Manual::NONE
};

/// Prints the patch.
pub fn run(args: &Patch, app: &App, ui: &Ui) -> Result<Exit> {
    let store = RunStore::new(app);
    let recorded = store.find(&args.variant)?;
    let run = &recorded.run;
    let index = shared::variant_number(&args.variant, run, "has a patch")?;
    let variant = run.variant(index).ok_or_else(|| no_variant(run, index))?;
    let patch = store.patch(&recorded, index)?;
    let patch = patch.ok_or_else(|| {
        Error::failed(format!("no patch of variant {index} is recorded: it is {}", variant.status.as_str()))
            .hint(format!("run 'git puff harvest {}' to fetch it", run.run))
    })?;
    ui.bytes(&patch);
    Ok(Exit::Done)
}
