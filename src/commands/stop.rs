//! `stop`

use clap::Args;

use super::shared;
use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::engine::observe;
use crate::error::{Error, Exit, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{Ending, Selector};
use crate::ui::{Format, Ui};
use crate::watch::{jobs, write_result};

/// Stop watching a run
///
/// The task itself continues, and can be harvested.
#[derive(Debug, Args)]
pub struct Stop {
    /// The run
    #[arg(required_unless_present_any = ["all", "job"])]
    run: Option<Selector>,
    /// The same as RUN: a job has the name of its run
    #[arg(long, value_name = "RUN", conflicts_with = "run")]
    job: Option<Selector>,
    /// Stop every job
    #[arg(long, conflicts_with_all = ["run", "job"])]
    all: bool,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff stop @", does: "Stop watching the newest run; its task continues." },
        Example { line: "git puff stop --all", does: "Stop watching all runs." },
    ],
    files: &[manual::RESULT],
    ..Manual::NONE
};

/// Runs `stop`.
pub fn run(args: &Stop, app: &App, ui: &Ui) -> Result<Exit> {
    let chosen = match args.run.as_ref().or(args.job.as_ref()) {
        Some(selector) => {
            let recorded = shared::find_run(app, selector)?;
            if !recorded.run.is_job() {
                return Err(Error::failed(format!("run '{}' is not being watched", recorded.run.run))
                    .hint("'git puff jobs' lists the watched runs"));
            }
            vec![recorded]
        }
        None => shared::all_recorded(app, ui)?.0.into_iter().filter(|recorded| recorded.run.is_job()).collect(),
    };
    let mut stopped = Vec::new();
    for recorded in chosen {
        let outcome = observe::record_ending(app, &recorded, Ending::Stopped)?;
        write_result(app, &outcome.recorded.run, Ending::Stopped, app.clock.now())?;
        stopped.push(outcome.recorded.run);
    }
    jobs::ring(app);
    match ui.format() {
        Format::Json => shared::print_runs_json(ui, &stopped),
        _ if stopped.is_empty() => ui.note("no run is being watched"),
        _ => stopped.iter().for_each(|run| ui.line(&format!("stopped watching {}", run.run))),
    }
    Ok(Exit::Done)
}
