//! `git puff` without a verb

use super::shared;
use crate::app::App;
use crate::error::{Exit, Result};
use crate::manual::{Example, Manual};
use crate::render;
use crate::ui::{Format, Ui};
use crate::watch::jobs;

/// The manual entry of git-puff itself.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff demo", does: "Try git-puff in a temporary repository, without an account." },
        Example { line: "git puff launch --prompt 'Fix the parser' --env acme/widgets", does: "Send a task." },
        Example { line: "git puff", does: "Show the state of all runs." },
        Example { line: "git puff harvest", does: "Create a branch for every attempt." },
        Example {
            line: "git puff review @ --check 'git diff --check HEAD~ HEAD'",
            does: "Check and rank the variants.",
        },
        Example { line: "git puff pick @:2", does: "Pick one variant." },
    ],
    ..Manual::NONE
};

/// Prints an overview of the runs.
pub fn run(app: &App, ui: &Ui) -> Result<Exit> {
    let (runs, _) = shared::all_runs(app, ui)?;
    match ui.format() {
        Format::Json => shared::print_runs_json(ui, &runs),
        _ => {
            let alive = jobs::is_watcher_alive(app);
            ui.block(&render::tables::overview(&runs, alive, app.clock.now(), ui.width()));
        }
    }
    Ok(Exit::Done)
}
