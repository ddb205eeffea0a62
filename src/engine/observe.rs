//! Applies observations of a task to the record of its run.

use crate::app::App;
use crate::error::{Result, ResultExt};
use crate::model::{Attention, Run, RunId, Span, State, StepKind, Time, Variant, VariantStatus, WatchState};
use crate::provider::{AttemptObservation, AttemptObservations, Failure, Observation, Provider, TaskStatus};
use crate::settings;
use crate::store::{Change, Outcome, Recorded, RunStore};

use super::{active_files, patch_matching};

/// Records an observation of a run's task.
///
/// # Errors
/// When it cannot be recorded.
pub fn record(app: &App, known: &Recorded, seen: &Observation) -> Result<Outcome> {
    let settle = app.settings.span(settings::SETTLE)?;
    let now = app.clock.now();
    let outcome = RunStore::new(app).update_known(known, now, |run| {
        // What was observed before it was cancelled says nothing of it any more.
        if run.state == State::Cancelled {
            return Ok(None);
        }
        let before = run.clone();
        fold(run, seen, now, settle);
        Ok((*run != before).then(|| Change::new(StepKind::Observe, crate::render::progress::subject(&before, run))))
    })?;
    active_files::forget(app, &outcome.recorded.run);
    Ok(outcome)
}

/// Observes a run for the first time: agents on this machine start where they are observed. A task in the cloud starts
/// by itself.
///
/// # Errors
/// When it cannot be observed, or recorded.
pub fn begin(app: &App, provider: &dyn Provider, run: Run) -> Result<Run> {
    if super::is_at_service(app, &run) {
        return Ok(run);
    }
    match provider.observe(&[super::question(&run, false)?])?.pop() {
        Some(seen) => Ok(record(app, &RunStore::new(app).load(&run.run)?, &seen)?.recorded.run),
        None => Ok(run),
    }
}

/// Records why a run's task could not be observed. What passes by itself is not recorded.
///
/// # Errors
/// When it cannot be recorded.
pub fn record_failure(app: &App, id: &RunId, failure: &Failure) -> Result<Outcome> {
    let attention = match failure {
        Failure::SignedOut { .. } => Some(Attention::NeedsLogin),
        Failure::Client { .. } => Some(Attention::ClientTrouble),
        Failure::NoSuchTask { .. } => Some(Attention::TaskNotFound),
        _ => None,
    };
    RunStore::new(app).update(id, app.clock.now(), |run| {
        let Some(attention) = &attention else { return Ok(None) };
        if run.attention.as_ref() == Some(attention) {
            return Ok(None);
        }
        run.attention = Some(attention.clone());
        run.reason = Some(failure.to_string());
        Ok(Some(Change::new(StepKind::Observe, format!("{}: {failure}", attention.as_str()))))
    })
}

/// Records that a run's task could be asked again, where the last failure to do so is recorded.
///
/// # Errors
/// When it cannot be recorded.
pub fn record_answered(app: &App, known: &Recorded) -> Result<Outcome> {
    RunStore::new(app).update_known(known, app.clock.now(), |run| {
        Ok(clear_trouble(run).then(|| Change::new(StepKind::Observe, "its task can be asked again")))
    })
}

/// Clears what [`record_failure`] records; false when there is no such thing.
fn clear_trouble(run: &mut Run) -> bool {
    let is_trouble =
        matches!(run.attention, Some(Attention::NeedsLogin | Attention::TaskNotFound | Attention::ClientTrouble));
    if is_trouble {
        run.attention = None;
        run.reason = None;
    }
    is_trouble
}

/// Records that a run cannot be submitted: provably nothing was started.
///
/// # Errors
/// When it cannot be recorded.
pub fn record_refusal(app: &App, id: &RunId, failure: &Failure) -> Result<Outcome> {
    RunStore::new(app).update(id, app.clock.now(), |run| {
        run.advance(State::Error).or_fail(|| format!("cannot refuse the run '{id}'"))?;
        run.attention = None;
        run.reason = Some(failure.to_string());
        Ok(Some(Change::new(StepKind::Submit, format!("nothing was submitted: {failure}"))))
    })
}

/// Marks a run as watched no longer, with the reason.
///
/// # Errors
/// When it cannot be recorded.
pub fn record_ending(app: &App, known: &Recorded, ending: crate::model::Ending) -> Result<Outcome> {
    let now = app.clock.now();
    RunStore::new(app).update_known(known, now, |run| {
        let Some(watch) = run.watch.as_mut().filter(|watch| watch.is_active()) else { return Ok(None) };
        watch.state = WatchState::Ended { at: now, ending };
        Ok(Some(Change::new(StepKind::Watch, format!("watching ended: {}", ending.as_str()))))
    })
}

/// Ends a run before it is done, where that needs no provider.
///
/// # Errors
/// When it cannot be recorded.
pub fn record_cancelled(app: &App, known: &Recorded) -> Result<Outcome> {
    let now = app.clock.now();
    let outcome = RunStore::new(app).update_known(known, now, |run| {
        run.advance(State::Cancelled).or_fail(|| format!("cannot cancel the run '{}'", run.run))?;
        run.attention = None;
        let open = run.variants.iter_mut().filter(|variant| !variant.status.is_terminal());
        open.for_each(|variant| variant.status = VariantStatus::Cancelled);
        Ok(Some(Change::new(StepKind::Cancel, "cancelled")))
    })?;
    active_files::forget(app, &outcome.recorded.run);
    Ok(outcome)
}

/// Applies an observation to a run. A pure function: the same question asked again changes nothing.
pub fn fold(run: &mut Run, seen: &Observation, now: Time, settle: Span) {
    let Some(status) = seen.status else {
        run.attention = Some(Attention::TaskNotFound);
        run.reason = Some("its provider does not know the task any more".to_owned());
        return;
    };
    clear_trouble(run);
    let statuses: Vec<_> = run.variants.iter().map(|variant| variant.status).collect();
    patch_matching::grow(run, seen.attempts.unwrap_or(0));
    match &seen.news {
        AttemptObservations::None => {}
        AttemptObservations::Finished(count) => finish(run, *count),
        AttemptObservations::Each(each) => record_each(run, each),
    }
    if run.variants.len() == 1 && !matches!(seen.news, AttemptObservations::None) {
        settle_only_attempt(&mut run.variants[0], status);
    }
    let news = statuses != run.variants.iter().map(|variant| variant.status).collect::<Vec<_>>();
    let through = status != TaskStatus::Pending;
    // While the first attempt is running, the task changes all the time: only afterwards is that news.
    let moved = through && seen.updated_at.is_some() && run.observed != seen.updated_at;
    if moved {
        run.observed = seen.updated_at.clone();
    }
    if news || moved || run.progress_at.is_none() {
        run.progress_at = Some(now);
    }
    let quiet = run.progress_at.is_some_and(|last| now - last >= chrono::TimeDelta::seconds(settle.0 as i64));
    if through && quiet && !matches!(seen.news, AttemptObservations::None) {
        give_up_on_silent(run);
    }
    if matches!(run.state, State::Pending | State::Ready | State::Error) {
        let verdict = run.verdict();
        // Legal by construction: these three go over into each other.
        let _ = run.advance(verdict);
    }
}

/// Marks the first `count` open variants as finished: the provider tells how many, not which.
fn finish(run: &mut Run, count: u32) {
    let known = run.count(VariantStatus::Completed);
    let more = (count as usize).saturating_sub(known);
    let open = run.variants.iter_mut().filter(|variant| variant.status != VariantStatus::Completed);
    open.take(more).for_each(|variant| variant.status = VariantStatus::Completed);
}

fn record_each(run: &mut Run, each: &[AttemptObservation]) {
    for AttemptObservation { placement, status, reason } in each {
        patch_matching::grow(run, placement + 1);
        let Some(variant) = run.variant_mut(placement + 1) else { continue };
        variant.placement = Some(*placement);
        let has_patch = variant.patch_sha256.is_some();
        // The clients say `pending` of a cancelled attempt: a verdict of ours stays until there is a better word.
        let says_nothing = *status == VariantStatus::Pending && variant.status.is_terminal();
        if !has_patch && !says_nothing {
            variant.status = *status;
            variant.reason = reason.clone();
        }
    }
}

/// Gives a single attempt the status of its task.
fn settle_only_attempt(variant: &mut Variant, status: TaskStatus) {
    match status {
        TaskStatus::Ready if !variant.status.is_terminal() => variant.status = VariantStatus::Completed,
        TaskStatus::Error if !variant.status.is_terminal() => variant.status = VariantStatus::Failed,
        _ => {}
    }
}

/// Marks attempts of unknown status as lost after long silence. An attempt that is reported as running is waited for.
fn give_up_on_silent(run: &mut Run) {
    let silent = run.variants.iter_mut().filter(|variant| variant.status == VariantStatus::Pending);
    silent.for_each(|variant| variant.status = VariantStatus::Unknown);
}

/// Returns the pause before a run whose task has finished is swept again: the longer nothing has changed, the longer.
pub fn sweep_pause(run: &Run, now: Time) -> Span {
    let interval = run.watch.as_ref().map_or(15, |watch| watch.interval_s);
    let quiet = run.progress_at.map_or(0, |last| (now - last).num_seconds().max(0) as u64);
    Span((quiet / 4).clamp(interval, interval.max(300)))
}
