//! `cancel`

use clap::Args;

use super::shared;
use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::engine::harvest::{end_work, is_half_cancelled, keep_work};
use crate::engine::{capabilities, is_at_service, observe, open_provider, question, repair, submit};
use crate::error::{Error, Exit, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{Ending, Run, Selector, State};
use crate::provider::RetryPolicy;
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
        State::Pending | State::Submitting if capabilities(app, run).can_cancel => {}
        State::Pending | State::Submitting => return Err(not_from_here(app, run)),
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
    let run = &recorded.run;
    let has_task = capabilities(app, run).can_cancel && run.task_id.is_some();
    if has_task && is_at_service(app, run) && run.state != State::Cancelled {
        // What a service refuses to cancel goes on, and is paid for: it must not be recorded as cancelled.
        open_provider(app, run, RetryPolicy::Some)?.cancel(&question(run, false)?)?;
    }
    if run.state != State::Cancelled {
        recorded = observe::record_cancelled(app, &recorded)?.recorded;
    }
    if recorded.run.is_job() {
        recorded = observe::record_ending(app, &recorded, Ending::Stopped)?.recorded;
        write_result(app, &recorded.run, Ending::Stopped, app.clock.now())?;
        jobs::ring(app);
    }
    if has_task {
        let listener = shared::listener(app, ui);
        let end = if is_at_service(app, &recorded.run) { keep_work } else { end_work };
        recorded = end(app, &recorded, &listener)?;
    }
    let run = &recorded.run;
    match ui.format() {
        Format::Json => ui.json(run),
        _ => ui.line(&format!("cancelled {}", run.run)),
    }
    Ok(Exit::Done)
}

fn not_from_here(app: &App, run: &Run) -> Error {
    let title = app.providers.title(&run.provider);
    let error = Error::failed(format!("cannot cancel '{}': {title} has no command to cancel a cloud task", run.run));
    match &run.task_url {
        Some(url) => error.hint(format!("cancel it on its page: {url}")),
        None => error.hint("'git puff doctor --repair' finds its task; cancel it on the task's page"),
    }
}
