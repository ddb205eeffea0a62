//! `jobs`

use clap::Args;

use super::shared;
use crate::app::App;
use crate::commands::flags::OutputFlags;
use crate::error::{Exit, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{Ending, Run, Schema, Time, documents};
use crate::render;
use crate::ui::{Format, Ui};
use crate::watch::jobs;

/// Show watched runs
///
/// A job without a watcher is orphaned: 'git puff watch --detach' resumes it.
#[derive(Debug, Args)]
pub struct Jobs {
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff jobs", does: "Show the watched runs, and when each is polled next." },
        Example { line: "git puff jobs --porcelain", does: "Print KEY=VALUE lines, a block for every run." },
    ],
    files: &[manual::LIVE],
    ..Manual::NONE
};

/// Runs `jobs`.
pub fn run(_: &Jobs, app: &App, ui: &Ui) -> Result<Exit> {
    let (runs, _) = shared::all_runs(app, ui)?;
    print(app, &runs, ui);
    Ok(Exit::Done)
}

/// Prints the jobs among these runs.
pub(super) fn print(app: &App, runs: &[Run], ui: &Ui) {
    let jobs = jobs::jobs(app, runs);
    match ui.format() {
        Format::Json => ui.json(&documents::Jobs { schema: Schema::of(documents::JOBS), jobs }),
        Format::Porcelain => print_porcelain(app, runs, ui),
        Format::Human => ui.block(&render::tables::jobs(&jobs, app.clock.now(), ui.width())),
    }
}

/// Prints a block for every run that is or was watched, as scripts written for puff.sh expect.
fn print_porcelain(app: &App, runs: &[Run], ui: &Ui) {
    let pid = jobs::status(app).map(|status| status.pid.to_string());
    let alive = jobs::is_watcher_alive(app);
    let time = |time: Time| time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let watched = runs.iter().filter_map(|run| Some((run, run.watch.as_ref()?)));
    for (at, (run, watch)) in watched.enumerate() {
        if at > 0 {
            ui.line("");
        }
        let running = watch.is_active() && alive;
        let ending = match watch.ending() {
            None if watch.is_active() => "in_progress",
            None => "unknown",
            Some(Ending::Partial) => "success",
            Some(ending) => ending.as_str(),
        };
        ui.pairs(&[
            ("JOB_ID", run.run.to_string()),
            ("TASK_ID", run.task_id.clone().unwrap_or_default()),
            ("PROCESS", if running { "running" } else { "stopped" }.to_owned()),
            ("FINAL", ending.to_owned()),
            ("PID", pid.clone().filter(|_| running).unwrap_or_default()),
            ("STARTED_AT", time(watch.started_at)),
            ("ENDED_AT", watch.ended_at().map(time).unwrap_or_default()),
            ("TASK_URL", run.task_url.clone().unwrap_or_default()),
            ("LOG_PATH", app.layout.log(&run.run).display().to_string()),
        ]);
    }
}
