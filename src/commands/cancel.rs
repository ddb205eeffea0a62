//! `cancel`

use clap::Args;

use super::shared;
use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::engine::harvest::{end_work, is_half_cancelled};
use crate::engine::{observe, repair, submit};
use crate::error::{Error, Exit, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{Ending, ProviderKind, Run, Selector, State};
use crate::ui::{Format, Ui};
use crate::watch::{jobs, write_result};

/// Cancel a run
///
/// Removes a queued run, stops agents on this machine, and gives up an interrupted submission. Work that agents have
/// done so far is kept. A cloud task can only be cancelled on its web page; its address is printed.
#[derive(Debug, Args)]
pub struct Cancel {
    /// The run
    run: Selector,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[Example {
        line: "git puff cancel @",
        does: "Cancel the newest run, and stop its agents on this machine.",
    }],
    files: &[manual::RUN_REFS, manual::RESULT],
    ..Manual::NONE
};

/// Runs `cancel`.
pub fn run(args: &Cancel, app: &App, ui: &Ui) -> Result<Exit> {
    let mut recorded = shared::find_run(app, &args.run)?;
    let run = &recorded.run;
    submit::prove_here(run)?;
    match run.state {
        State::Queued => {}
        // No process is submitting it and no task is known: only the user can decide to give it up.
        State::Submitting if repair::is_interrupted(app, run) => {
            ui.hint("if a task was created after all, 'git puff adopt TASK' attaches it");
        }
        State::Pending | State::Submitting if run.provider == ProviderKind::Local => {}
        State::Pending | State::Submitting => return Err(not_from_here(run)),
        // A killed cancel may have recorded the state without stopping the agents or the watcher.
        State::Cancelled if run.is_job() || is_half_cancelled(app, run) => {}
        State::Cancelled => {
            return Err(Error::failed(format!("run '{}' is already cancelled", run.run))
                .hint(format!("'git puff retry {}' starts it again", run.run)));
        }
        state => {
            return Err(Error::failed(format!("cannot cancel run '{}': it is {}", run.run, state.as_str()))
                .hint(format!("'git puff show {}' shows its result", run.run)));
        }
    }
    // Another process may be submitting it right now, and that task would be paid for.
    let _lock = submit::lock(app, &run.run)?;
    if run.state != State::Cancelled {
        recorded = observe::record_cancelled(app, &recorded)?.recorded;
    }
    if recorded.run.is_job() {
        recorded = observe::record_ending(app, &recorded, Ending::Stopped)?.recorded;
        write_result(app, &recorded.run, Ending::Stopped, app.clock.now())?;
        jobs::ring(app);
    }
    if recorded.run.provider == ProviderKind::Local && recorded.run.task_id.is_some() {
        recorded = end_work(app, &recorded, &shared::listener(app, ui))?;
    }
    let run = &recorded.run;
    match ui.format() {
        Format::Json => ui.json(run),
        _ => ui.line(&format!("cancelled {}", run.run)),
    }
    Ok(Exit::Done)
}

fn not_from_here(run: &Run) -> Error {
    let error =
        Error::failed(format!("cannot cancel '{}': the codex client has no command to cancel a cloud task", run.run));
    match &run.task_url {
        Some(url) => error.hint(format!("cancel it on its page: {url}")),
        None => error.hint("'git puff doctor --repair' finds its task; cancel it on the task's page"),
    }
}
