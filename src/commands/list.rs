//! `list`

use clap::Args;

use super::shared;
use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::error::{Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::render;
use crate::ui::{Format, Ui};

/// Show the runs of this repository, newest first
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff list", does: "Show the runs, newest first." },
        Example { line: "git puff list --json", does: "Print the complete records." },
    ],
    files: &[manual::RUN_REFS],
    ..Manual::NONE
};

/// Runs `list`.
pub fn run(_: &List, app: &App, ui: &Ui) -> Result<Exit> {
    let (mut runs, unreadable) = shared::all_runs(app, ui)?;
    runs.reverse();
    match ui.format() {
        Format::Json => shared::print_runs_json(ui, &runs),
        _ => {
            let pager = ui.is_terminal_out().then(|| app.repo.pager()).flatten();
            ui.page(&render::tables::runs(&runs, app.clock.now(), ui.width()), pager.as_deref());
        }
    }
    Ok(if unreadable.is_empty() { Exit::Done } else { Exit::With(Kind::CannotWork) })
}
