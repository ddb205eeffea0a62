//! `undo`

use clap::Args;

use crate::cli::{AbbrevArgs, JsonFlag};
use crate::context::Context;
use crate::engine::undo::undo;
use crate::error::{Exit, Result};
use crate::manual::{self, Example, Manual};
use crate::model::Selector;
use crate::ui::{Format, Ui};

/// Take back the last pick or prune
///
/// Branches, record, notes, and the worktrees that a prune removed are as they were, by the same ids. Refused, naming
/// what has moved, when later work stands on it. Called again, it takes back the one before; without RUN, whichever was
/// the last of all. Of several runs that had one name, the last comes back by the name, any by the commit of its recovery
/// point ('git log --first-parent refs/puff/trash/RUN').
#[derive(Debug, Args)]
pub struct Undo {
    /// The run, also one that was pruned; or the commit of a recovery point
    run: Option<Selector>,
    #[command(flatten)]
    abbrev: AbbrevArgs,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// What the manual says of it.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff undo", does: "Take back the last pick or prune." },
        Example { line: "git puff undo @", does: "Take back what was done last to the newest run." },
    ],
    files: &[manual::TRASH_REFS, manual::RUN_REFS],
    ..Manual::NONE
};

/// Takes back.
pub fn run(args: &Undo, context: &Context, ui: &Ui) -> Result<Exit> {
    args.abbrev.count(context);
    let undone = undo(context, args.run.as_ref())?;
    match ui.format() {
        Format::Json => ui.json(&undone.run),
        _ => {
            ui.line(&format!("took back {}", undone.what));
            undone.details.iter().for_each(|detail| ui.line(&format!("  {detail}")));
            ui.hint(&format!("'git puff show {}' shows the run", undone.run.run));
        }
    }
    Ok(Exit::Done)
}
