//! The one call that is paid for.
//!
//! A run is `submitting` from before the call until its answer is recorded, and a file lock says that a process is
//! submitting it. So what a kill leaves is a run that is `submitting` without a process that holds the lock: it may or may not have a task, and
//! [`super::repair`] looks for that.

use super::{Listener, Notice, is_at_service};
use crate::app::App;
use crate::error::{Error, Result, ResultExt};
use crate::lock::FileLock;
use crate::model::{Attention, Run, RunId, State, StepKind};
use crate::provider::{Failure, Provider, Submission, SubmitFailure, Task};
use crate::store::{Change, RunStore, Runbook};

/// Acquires the lock of this run's submission.
///
/// # Errors
/// When another process has it.
pub fn lock(app: &App, id: &RunId) -> Result<FileLock> {
    app.layout.prepare()?;
    let path = app.layout.submit_lock(id);
    let lock = FileLock::attempt(&path).map_err(|cause| {
        Error::cannot_work(format!("cannot acquire lock '{}'", path.display()))
            .hint("check who may write to the git directory, and the space on its disk")
            .because(cause)
    })?;
    lock.ok_or_else(|| {
        Error::failed(format!("the run '{id}' is being submitted by another git-puff"))
            .hint(format!("'git puff show {id}' tells when it has finished"))
    })
}

/// Returns whether a git-puff is submitting this run right now.
pub fn is_being_submitted(app: &App, id: &RunId) -> bool {
    FileLock::is_held(&app.layout.submit_lock(id))
}

/// Checks that this run was started in this clone: one of another clone is changed there.
///
/// # Errors
/// When it is not.
pub fn prove_here(run: &Run) -> Result<()> {
    let Some(home) = &run.home else { return Ok(()) };
    Err(Error::failed(format!("run '{}' belongs to the clone of {}, not to this one", run.run, home.name)).hint(
        format!("ask them; 'git puff sync' fetches its outcome, 'git puff retry {}' starts another here", run.run),
    ))
}

/// Returns whether this run waits to be submitted. One that is to work on this machine does so too when its submission
/// was interrupted: nothing was paid.
pub fn is_waiting(app: &App, run: &Run) -> bool {
    match run.state {
        _ if run.is_remote() => false,
        State::Queued => true,
        State::Submitting => !is_at_service(app, run) && !is_being_submitted(app, &run.run),
        _ => false,
    }
}

/// Submits a recorded run, once.
///
/// # Errors
/// When it was not taken: the run then says what became of it.
pub fn submit(app: &App, provider: &dyn Provider, id: &RunId, lock: FileLock, notify: Listener<'_>) -> Result<Run> {
    let store = RunStore::new(app);
    let recorded = store.update(id, app.clock.now(), |run| {
        prove_here(run)?;
        if !matches!(run.state, State::Queued | State::Submitting) || run.task_id.is_some() {
            return Err(Error::failed(format!("the run '{id}' is {} already", run.state.as_str()))
                .hint(format!("see 'git puff show {id}'")));
        }
        run.advance(State::Submitting).or_fail(|| format!("cannot submit the run '{id}'"))?;
        run.attention = None;
        run.reason = None;
        run.dialect = provider.dialect().map(str::to_owned);
        Ok(Some(Change::new(StepKind::Submit, "submitting")))
    })?;
    let run = recorded.recorded.run.clone();
    let prompt = store.prompt(&recorded.recorded)?;
    let branch = super::base::recorded_branch(app, &run.base);
    let env = run.env.clone().unwrap_or_default();
    let submission = Submission {
        run: id,
        env: &env,
        branch: &branch,
        commit: run.base_oid,
        attempts: run.best_of,
        prompt: &prompt,
        lock: Some(lock.file()),
    };
    let answer = provider.submit(&submission);
    drop(submission);
    let run = match answer {
        Ok(task) => record_task(app, &store, id, &task, notify),
        Err(failure) => Err(record_refused(app, &store, &run, failure)?),
    };
    drop(lock);
    let _ = std::fs::remove_file(app.layout.submit_lock(id));
    run
}

/// Records that a task is this run's, and appends the line of the runbook log.
///
/// # Errors
/// When it cannot be recorded.
pub fn record_task(app: &App, store: &RunStore<'_>, id: &RunId, task: &Task, notify: Listener<'_>) -> Result<Run> {
    let now = app.clock.now();
    let outcome = store.update(id, now, |run| {
        run.task_id = Some(task.id.to_string());
        run.task_url = task.url.clone();
        run.attention = None;
        run.reason = None;
        run.submitted_at = Some(run.submitted_at.unwrap_or(now));
        run.progress_at = Some(now);
        run.advance(State::Pending).or_fail(|| format!("the run '{id}' cannot have a task"))?;
        let local = run.is_local();
        Ok(Some(Change::new(
            StepKind::Submit,
            if local { "begun here".to_owned() } else { format!("submitted as {}", task.id) },
        )))
    });
    // The task is paid for: when it cannot be recorded, its name must at least be seen.
    let run = outcome
        .map_err(|cause| {
            Error::cannot_work(format!("the task {} was started, but could not be recorded", task.id))
                .hint(format!(
                    "keep it with 'git puff adopt {} --run {id}' once the repository can be written",
                    task.id
                ))
                .because(cause)
        })?
        .recorded
        .run;
    let appended = store.lock().and_then(|_lock| Runbook::new(&app.layout).append_missing(&(&run).into()));
    if let Err(cause) = appended {
        notify(Notice::RunbookMissed { run: id.clone(), why: cause.message().to_owned() });
    }
    notify(Notice::Submitted { run: id.clone(), task: task.id.to_string() });
    Ok(run)
}

/// Records why a run has no task, and words it for the user.
fn record_refused(app: &App, store: &RunStore<'_>, run: &Run, failure: SubmitFailure) -> Result<Error> {
    let id = &run.run;
    let reason = failure.to_string();
    let (state, attention, subject) = match &failure {
        SubmitFailure::Refused(Failure::SignedOut { .. }) => (State::Queued, Some(Attention::NeedsLogin), "signed out"),
        SubmitFailure::Refused(_) => (State::Error, None, "nothing was submitted"),
        SubmitFailure::Lost { .. } => (State::Submitting, Some(Attention::NeedsTask), "the answer was lost"),
    };
    store.update(id, app.clock.now(), |run| {
        run.advance(state).or_fail(|| format!("the run '{id}' cannot be {}", state.as_str()))?;
        run.attention = attention.clone();
        run.reason = Some(reason.clone());
        Ok(Some(Change::new(StepKind::Submit, format!("{subject}: {reason}"))))
    })?;
    Ok(match failure {
        SubmitFailure::Refused(failure) => {
            let login = match &failure {
                Failure::SignedOut { login, .. } => Some(*login),
                _ => None,
            };
            let error = Error::from(failure);
            let hint = if let Some(login) = login {
                format!("run '{login}'; then 'git puff watch --detach {id}' submits it")
            } else {
                let next = format!("nothing was submitted; 'git puff retry {id}' tries again");
                error.next_step().map_or(next.clone(), |step| format!("{step}; {next}"))
            };
            error.hint(hint)
        }
        SubmitFailure::Lost { what, said } => {
            let title = app.providers.title(&run.provider);
            Error::failed(format!("cannot tell whether {title} accepted run '{id}': {what}"))
                .hint(format!(
                    "'git puff doctor --repair' searches for its task; 'git puff adopt TASK --run {id}' names it"
                ))
                .because_it_said(&said)
        }
    })
}
