//! `cancel`

use clap::Args;

use super::shared;
use crate::cli::JsonFlag;
use crate::context::Context;
use crate::engine::harvest::{end_work, is_half_cancelled};
use crate::engine::{observe, repair, submit};
use crate::error::{Error, Exit, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{Ending, ProviderKind, Run, Selector, State};
use crate::ui::{Format, Ui};
use crate::watch::{jobs, write_result};

/// End a run before it is done
///
/// Ends what is queued and agents on this machine, and gives up an interrupted submission. What agents have made until
/// then is kept. A task in the cloud can only be ended on its page: that is named.
#[derive(Debug, Args)]
pub struct Cancel {
    /// The run
    run: Selector,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// What the manual says of it.
pub const MANUAL: Manual = Manual {
    examples: &[Example {
        line: "git puff cancel @",
        does: "End the newest run: what is queued, and agents on this machine.",
    }],
    files: &[manual::RUN_REFS, manual::RESULT],
    ..Manual::NONE
};

/// Cancels.
pub fn run(args: &Cancel, context: &Context, ui: &Ui) -> Result<Exit> {
    let run = shared::find_run(context, &args.run)?.run;
    submit::prove_here(&run)?;
    match run.state {
        State::Queued => {}
        // Nobody is at it, and no task is known: giving it up is for the user to say.
        State::Submitting if repair::is_interrupted(context, &run) => {
            ui.hint("if it has a task after all, 'git puff adopt TASK' takes it up");
        }
        State::Pending | State::Submitting if run.provider == ProviderKind::Local => {}
        State::Pending | State::Submitting => return Err(not_from_here(&run)),
        // A cancel that was killed recorded it, and did not get to ending the agents, or the watching.
        State::Cancelled if run.is_job() || is_half_cancelled(context, &run) => {}
        State::Cancelled => {
            return Err(Error::failed(format!("the run '{}' is cancelled already", run.run))
                .hint(format!("'git puff retry {}' starts it again", run.run)));
        }
        state => {
            return Err(Error::failed(format!("the run '{}' is {}: there is nothing to end", run.run, state.as_str()))
                .hint(format!("'git puff show {}' shows what came out", run.run)));
        }
    }
    // Whoever is submitting it right now would be paid for.
    let _lock = submit::lock(context, &run.run)?;
    let mut run = match run.state {
        State::Cancelled => run,
        _ => observe::record_cancelled(context, &run.run)?.recorded.run,
    };
    if run.is_job() {
        run = observe::record_ending(context, &run.run, Ending::Stopped)?.recorded.run;
        write_result(context, &run, Ending::Stopped, context.clock.now())?;
        jobs::ring(context);
    }
    if run.provider == ProviderKind::Local && run.task_id.is_some() {
        run = end_work(context, &run.run, &shared::listener(ui))?;
    }
    match ui.format() {
        Format::Json => ui.json(&run),
        _ => ui.line(&format!("cancelled {}", run.run)),
    }
    Ok(Exit::Done)
}

fn not_from_here(run: &Run) -> Error {
    let error =
        Error::failed(format!("the codex program has no command that ends a cloud task, so '{}' goes on", run.run));
    match &run.task_url {
        Some(url) => error.hint(format!("end it on its page: {url}")),
        None => error.hint("'git puff doctor --repair' looks for its task; it can be ended on the task's page"),
    }
}
