//! Launches recorded runs from what a user asks for.
//!
//! Everything that can fail is checked before anything is recorded; the intent is recorded before anything is sent.

mod prepare;
mod record;

pub use self::record::watch;

use std::cell::LazyCell;

use self::prepare::{Service, prepare};
use self::record::New;
use super::intent::{Intent, WatchOptions};
use super::{Listener, Notice, active_files, capabilities, observe, open_provider, submit};
use crate::app::{AgentEnv, App};
use crate::error::{Error, Result};
use crate::model::{Run, Span, State};
use crate::parallel;
use crate::provider::RetryPolicy;
use crate::session::user_files::UserFiles;
use crate::settings;
use crate::store::{Recorded, RunStore};

/// The bounds of how many agents work on this machine at once, without a number.
const LEAST_JOBS: u32 = 4;
const MOST_JOBS: u32 = 16;

/// The window of `puff.attemptLimit`.
const DAY: Span = Span(86400);

/// What is to be launched, and how.
#[derive(Debug)]
pub struct Plan {
    /// The tasks, in order.
    pub intents: Vec<Intent>,
    /// How the runs are watched; none when they are not.
    pub watch: Option<WatchOptions>,
    /// The maximum number of active runs; 0 for no limit.
    pub max_active: u32,
    /// Leave out the questions to the provider that come before the submission.
    pub skip_doctor: bool,
}

/// What came of a launch: the runs in order, and what went wrong on the way, if something did. Runs that were recorded
/// before it are among them.
#[derive(Debug)]
pub struct Launched {
    /// The recorded runs.
    pub runs: Vec<Run>,
    /// The first thing that went wrong.
    pub failure: Option<Error>,
}

/// Checks everything, records the intents, and submits those that have a place.
///
/// # Errors
/// When a check fails: then nothing was recorded and nothing sent.
pub fn launch(app: &App, plan: Plan, notify: Listener<'_>) -> Result<Launched> {
    let service = Service::of(app, &plan.intents)?;
    let store = RunStore::new(app);
    // Not needed before the harvest; but then it would be found missing after the task was paid for.
    app.identity()?;
    let prepared = prepare(app, &store, service.as_ref(), plan.intents, plan.skip_doctor, notify)?;

    let now = app.clock.now();
    let active = active_runs(&store)?;
    // Runs that wait already go first.
    let taken = active + waiting_runs(&store)?;
    let free = if plan.max_active == 0 { usize::MAX } else { (plan.max_active as usize).saturating_sub(taken) };
    // One run that has a place is recorded as being submitted; several are recorded first, all of them.
    let alone = prepared.len() == 1 && free > 0;
    let first_state = if alone { State::Submitting } else { State::Queued };
    let new =
        New { service: service.as_ref(), watch: plan.watch, max_active: plan.max_active, now, state: first_state };
    let alone_lock = if alone { Some(submit::lock(app, &prepared[0].id)?) } else { None };
    let mut recorded = Vec::new();
    active_files::sweep(app);
    let (environment, user_files) = (AgentEnv::of_caller(), LazyCell::new(|| UserFiles::capture(app)));
    for (at, prepared) in prepared.iter().enumerate() {
        // A moment apart, so that the order in which they were given is the order of the queue, and of every list.
        let created = now + chrono::TimeDelta::milliseconds(at as i64);
        let run = new.run(prepared, created);
        if run.local.is_some() {
            active_files::keep(app, &run, &environment, &user_files)?;
        }
        recorded.push(store.create(run, &new.change(prepared))?);
    }
    let mut launched = Launched { runs: Vec::new(), failure: None };
    let mut lock = alone_lock;
    for (at, Recorded { run, .. }) in recorded.into_iter().enumerate() {
        if at >= free || launched.failure.is_some() {
            notify(Notice::Queued { run: run.run.clone(), active: active + at.min(free) });
            launched.runs.push(run);
            continue;
        }
        let id = run.run.clone();
        let held = match lock.take() {
            Some(held) => held,
            None => submit::lock(app, &id)?,
        };
        let opened;
        let provider = match &service {
            Some(service) if run.provider == service.kind.name() => service.provider.as_ref(),
            _ => {
                opened = open_provider(app, &run, RetryPolicy::Some)?;
                opened.as_ref()
            }
        };
        let submitted = submit::submit(app, provider, &id, held, notify);
        // The watcher begins it: the workspaces of agents may take as long as checkouts do.
        let begin = |run: Run| if run.is_job() { Ok(run) } else { observe::begin(app, provider, run) };
        match submitted.and_then(begin) {
            Ok(run) => launched.runs.push(run),
            Err(failure) => {
                launched.runs.push(store.load(&id)?.run);
                launched.failure = Some(failure);
            }
        }
    }
    Ok(launched)
}

/// Returns how many attempts of a task are running at the same time. Agents on this machine share it: without a number,
/// as many as there are processors, but 4 at least, since agents mostly wait for their service.
pub fn parallel_attempts(intent: &Intent, best_of: u32) -> u32 {
    if intent.agents.is_empty() {
        return best_of;
    }
    let fitting = u32::try_from(parallel::processors()).unwrap_or(LEAST_JOBS).clamp(LEAST_JOBS, MOST_JOBS);
    intent.jobs.unwrap_or(fitting).clamp(1, best_of.max(1))
}

/// Returns how many attempts begin with a launch of these tasks, of which at most `max_active` are running at once (0:
/// all).
///
/// # Errors
/// When `puff.bestOf` cannot be used.
pub fn first_attempts(app: &App, intents: &[Intent], max_active: u32) -> Result<u32> {
    let free = if max_active == 0 { intents.len() } else { max_active as usize };
    let of = |intent: &Intent| {
        let local = intent.agents.iter().map(|crew| crew.count).fold(0, u32::saturating_add);
        let best_of = match intent.best_of {
            _ if local > 0 => local,
            Some(best_of) => best_of,
            None => app.settings.number(settings::BEST_OF)?,
        };
        Ok(parallel_attempts(intent, best_of))
    };
    let attempts = intents.iter().take(free).map(of).collect::<Result<Vec<u32>>>()?;
    Ok(attempts.into_iter().fold(0, u32::saturating_add))
}

/// Refuses what `puff.attemptLimit` does not allow.
///
/// # Errors
/// When `wanted` more attempts would be too many in 24 hours.
pub fn check_limit(app: &App, store: &RunStore<'_>, wanted: u32) -> Result<()> {
    let limit = app.settings.number(settings::ATTEMPT_LIMIT)?;
    if limit == 0 {
        return Ok(());
    }
    let since = app.clock.now() - DAY.duration();
    let paid = |run: &Run| {
        let at = run.submitted_at.or((run.state == State::Submitting).then_some(run.created_at));
        capabilities(app, run).is_paid && !run.is_remote() && at.is_some_and(|at| at > since)
    };
    let (runs, _) = store.list()?;
    let used: u32 = runs.iter().filter(|recorded| paid(&recorded.run)).map(|recorded| recorded.run.best_of).sum();
    if used + wanted <= limit {
        return Ok(());
    }
    Err(Error::failed(format!(
        "{wanted} more attempts would make {} in 24 hours, and puff.attemptLimit is {limit}",
        used + wanted
    ))
    .hint("wait, ask for fewer with --best-of, or raise it: git config puff.attemptLimit N"))
}

/// Returns how many runs take up a place.
///
/// # Errors
/// When the runs cannot be read.
pub fn active_runs(store: &RunStore<'_>) -> Result<usize> {
    let (runs, _) = store.list()?;
    let takes_place = |run: &Run| !run.is_remote() && matches!(run.state, State::Submitting | State::Pending);
    Ok(runs.iter().filter(|recorded| takes_place(&recorded.run)).count())
}

/// Returns how many runs wait for a place that the watcher will give them.
fn waiting_runs(store: &RunStore<'_>) -> Result<usize> {
    let (runs, _) = store.list()?;
    Ok(runs.iter().filter(|recorded| recorded.run.state == State::Queued && recorded.run.is_job()).count())
}
