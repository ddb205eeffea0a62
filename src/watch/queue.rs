//! Runs that wait for a place are submitted, oldest first, as places come free.

use super::{Say, ending};
use crate::app::App;
use crate::engine::{Notice, capabilities, launch, observe, open_provider, submit};
use crate::error::Result;
use crate::model::{Attention, Run, StepKind};
use crate::provider::{Failure, RetryPolicy};
use crate::settings;
use crate::store::{Change, RunStore};

/// Submits what has a place among those of `queued` (oldest first) that wait. Returns whether something could not be
/// asked for now, so that the caller waits before it comes again.
///
/// The questions before a submission may be asked again and again; the submission is made once.
pub(super) fn advance(app: &App, queued: &[&Run], say: Say<'_>) -> Result<bool> {
    let store = RunStore::new(app);
    for run in queued.iter().filter(|run| submit::is_waiting(app, run)) {
        let limit = match run.watch.as_ref().map_or(0, |watch| watch.max_active) {
            0 => app.settings.number(settings::MAX_ACTIVE)?,
            limit => limit,
        };
        if limit > 0 && launch::active_runs(&store)? >= limit as usize {
            return Ok(false);
        }
        let paid = if capabilities(app, run).is_paid { run.best_of } else { 0 };
        if let Err(error) = launch::check_limit(app, &store, paid) {
            let outcome = store.update(&run.run, app.clock.now(), |run| {
                run.attention = Some(Attention::AttemptLimit);
                run.reason = Some(error.message().to_owned());
                Ok(Some(Change::new(StepKind::Watch, "waits for puff.attemptLimit")))
            })?;
            if outcome.changed {
                say(&run.run, error.message());
            }
            ending::notify_of_need(app, run, &outcome.recorded.run, say);
            return Ok(true);
        }
        let provider = match open_provider(app, run, RetryPolicy::None) {
            Ok(provider) => provider,
            Err(error) => {
                say(&run.run, &format!("{error}; trying again later"));
                return Ok(true);
            }
        };
        match provider.check(run.env.as_deref()) {
            Ok(()) => {}
            Err(failure) if passes(&failure) => {
                say(&run.run, &format!("{failure}; trying again later"));
                let outcome = observe::record_failure(app, &run.run, &failure)?;
                ending::notify_of_need(app, run, &outcome.recorded.run, say);
                return Ok(true);
            }
            // A failure that waiting does not fix must not hold up those behind it.
            Err(failure) => {
                say(&run.run, &format!("{failure}; nothing was submitted"));
                let outcome = observe::record_refusal(app, &run.run, &failure)?;
                ending::notify(app, &outcome.recorded.run, say);
                continue;
            }
        }
        // Another process may be submitting it, from a terminal.
        let Ok(lock) = submit::lock(app, &run.run) else { continue };
        let listen = |notice: Notice| say(&run.run, &notice.words(&app.display));
        if let Err(error) = submit::submit(app, provider.as_ref(), &run.run, lock, &listen) {
            say(&run.run, error.message());
            ending::notify_of_need(app, run, &store.load(&run.run)?.run, say);
        }
    }
    Ok(false)
}

/// Returns whether the run can be submitted later, by itself or after the user has fixed the client.
fn passes(failure: &Failure) -> bool {
    matches!(failure, Failure::Temporary { .. } | Failure::SignedOut { .. } | Failure::Client { .. })
}
