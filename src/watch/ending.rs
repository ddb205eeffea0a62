//! How watching a run ends: the harvest if one is wanted, the user's command, the result file, the record. In this
//! order, so that a kill in between makes the next watcher do it again rather than never.

use std::time::Duration;

use super::Say;
use crate::app::App;
use crate::engine::harvest::{self, HarvestOptions};
use crate::engine::{Notice, observe, open_provider};
use crate::error::{Kind, Result};
use crate::model::{Ending, Run, State, Time};
use crate::process::{self, Cmd};
use crate::provider::RetryPolicy;
use crate::settings;
use crate::store::{Recorded, RunStore};

/// How long the user's command may take.
const NOTIFY_LIMIT: Duration = Duration::from_secs(60);

/// Ends watching a run if it has finished. Returns it as it is then; none while it has not.
///
/// # Errors
/// When something has to be done again later: the harvest failed for now, or nothing can be recorded.
pub(super) fn finish(app: &App, recorded: &Recorded, say: Say<'_>) -> Result<Option<Recorded>> {
    let (now, run) = (app.clock.now(), &recorded.run);
    let Some(mut ending) = ending(run, now) else { return Ok(None) };
    let wants_harvest =
        run.watch.as_ref().is_some_and(|watch| watch.harvest) || app.settings.truth(settings::AUTO_HARVEST)?;
    let mut recorded = recorded.clone();
    let through = matches!(ending, Ending::Success | Ending::Error);
    if wants_harvest && through && matches!(run.state, State::Ready | State::Error) && run.task_id.is_some() {
        let provider = open_provider(app, run, RetryPolicy::Some)?;
        let tell = |notice: Notice| say(&run.run, &notice.words(&app.display));
        let harvested = harvest::harvest(app, &recorded, &HarvestOptions::default(), provider.as_ref(), &tell);
        if harvested.is_err()
            && let Ok(after) = RunStore::new(app).load(&run.run)
        {
            notify_of_need(app, run, &after.run, say);
        }
        recorded = harvested?;
        let run = &recorded.run;
        let made = run.variants.iter().filter(|variant| variant.commit.is_some()).count();
        say(&run.run, &format!("harvested: {made} of {} variants have a commit", run.variants.len()));
        if run.has_apply_failure() || run.has_untaken() {
            ending = Ending::Partial;
        }
    }
    notify(app, &recorded.run, say);
    write_result(app, &recorded.run, ending, now)?;
    let ended = observe::record_ending(app, &recorded, ending)?.recorded;
    say(&ended.run.run, &format!("watching ended: {}", ending.as_str()));
    Ok(Some(ended))
}

/// Returns how watching a run ends now, if it does.
fn ending(run: &Run, now: Time) -> Option<Ending> {
    let watch = run.watch.as_ref()?;
    match run.state {
        State::Ready | State::Harvested | State::Reviewed | State::Picked => Some(Ending::Success),
        State::Error => Some(Ending::Error),
        State::Cancelled => Some(Ending::Stopped),
        State::Queued | State::Submitting | State::Pending => {
            let end = watch.started_at + chrono::TimeDelta::seconds(watch.timeout_s.min(u32::MAX.into()) as i64);
            (watch.timeout_s > 0 && end <= now).then_some(Ending::Timeout)
        }
    }
}

/// Writes how a watch ended, as `KEY=VALUE` lines, whole.
///
/// # Errors
/// When the file cannot be written.
pub fn write_result(app: &App, run: &Run, ending: Ending, now: Time) -> Result<()> {
    let exit = match ending {
        Ending::Success => 0,
        Ending::Partial => Kind::Partial.exit_code(),
        Ending::Error => Kind::TaskError.exit_code(),
        Ending::Timeout => Kind::Timeout.exit_code(),
        Ending::Stopped => Kind::Interrupted.exit_code(),
    };
    app.layout.replace(&app.layout.result(&run.run), result(run, ending, exit, now).as_bytes())
}

/// Returns how a watch ended, as scripts read it: `KEY=VALUE` lines. `exit` is the exit code that says the same.
pub fn result(run: &Run, ending: Ending, exit: u8, now: Time) -> String {
    format!(
        "TASK_ID={}\nTASK_URL={}\nFINAL_STATE={}\nEXIT_CODE={exit}\nENDED_AT={}\n",
        run.task_id.as_deref().unwrap_or_default(),
        run.task_url.as_deref().unwrap_or_default(),
        ending.as_str(),
        now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
    )
}

/// Tells the user's command when the run needs someone now, and did not before.
pub(super) fn notify_of_need(app: &App, before: &Run, after: &Run, say: Say<'_>) {
    if after.attention.is_some() && after.attention != before.attention {
        notify(app, after, say);
    }
}

/// Runs `puff.notify` with the run as JSON on its standard input. It is a courtesy: its failure is said, no more.
pub(super) fn notify(app: &App, run: &Run, say: Say<'_>) {
    let Some(command) = app.settings.text(settings::NOTIFY) else { return };
    let json = serde_json::to_vec(run).unwrap_or_default();
    let folder = app.layout.root().parent().unwrap_or(app.layout.root()).to_owned();
    let why = match process::run(&Cmd::shell(&command).stdin(json).cwd(folder).limit(NOTIFY_LIMIT)) {
        Ok(output) if output.success() => return,
        Ok(output) => format!("{} {}", output.status, output.complaint()),
        Err(failure) => failure.to_string(),
    };
    say(&run.run, &Notice::NotifyFailed { why }.words(&app.display));
}
