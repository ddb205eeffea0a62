//! `git puff` without a verb

use super::shared;
use crate::context::Context;
use crate::error::{Exit, Result};
use crate::render;
use crate::ui::{Format, Ui};
use crate::watch::jobs;

/// Shows what a user wants to see first.
pub fn run(context: &Context, ui: &Ui) -> Result<Exit> {
    let (runs, _) = shared::all_runs(context, ui)?;
    match ui.format() {
        Format::Json => shared::print_runs_json(ui, &runs),
        _ => {
            let alive = jobs::is_watcher_alive(context);
            ui.block(&render::tables::overview(&runs, alive, context.clock.now(), ui.width()));
        }
    }
    Ok(Exit::Done)
}
