//! `undo`

use clap::Args;

use crate::app::App;
use crate::commands::flags::{AbbrevArgs, JsonFlag};
use crate::engine::undo::undo;
use crate::error::{Exit, Result};
use crate::manual::{self, Example, Manual};
use crate::model::Selector;
use crate::ui::{Format, Ui};

/// Undo the last pick or prune
///
/// Restores branches, record, notes, and the worktrees that a prune removed, with the same ids. Refuses, and names
/// what has moved, when later work depends on it. Called again, it undoes the one before; without RUN, the last of
/// all. Of several pruned runs with one name, the name restores the last; the commit of its recovery point restores
/// any ('git log --first-parent refs/puff/trash/RUN').
#[derive(Debug, Args)]
pub struct Undo {
    /// The run, which may be pruned; or the commit of a recovery point
    run: Option<Selector>,
    #[command(flatten)]
    abbrev: AbbrevArgs,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff undo", does: "Undo the last pick or prune." },
        Example { line: "git puff undo @", does: "Undo the last pick or prune of the newest run." },
    ],
    files: &[manual::TRASH_REFS, manual::RUN_REFS],
    ..Manual::NONE
};

/// Runs `undo`.
pub fn run(args: &Undo, app: &mut App, ui: &Ui) -> Result<Exit> {
    args.abbrev.apply(app);
    let undone = undo(app, args.run.as_ref())?;
    match ui.format() {
        Format::Json => ui.json(&undone.run),
        _ => {
            ui.line(&format!("undid {}", undone.what));
            undone.details.iter().for_each(|detail| ui.line(&format!("  {detail}")));
            ui.hint(&format!("'git puff show {}' shows the run", undone.run.run));
        }
    }
    Ok(Exit::Done)
}
