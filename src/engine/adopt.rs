//! Tasks that were started elsewhere, and tasks of interrupted submissions.

use super::{Listener, base, branches, default_provider, open_provider, submit};
use crate::app::App;
use crate::error::{Error, Result};
use crate::model::{Run, RunId, State, StepKind, TaskId};
use crate::provider::{RetryPolicy, Task};
use crate::store::{Change, RunStore, Runbook};

/// Records a task that was started elsewhere as a run; a task that is a run's already is that run.
///
/// # Errors
/// When the service does not know the task, or its base is not to be had.
pub fn adopt(
    app: &App,
    task: &TaskId,
    named_base: Option<&str>,
    best_of: Option<u32>,
    notify: Listener<'_>,
) -> Result<Run> {
    let store = RunStore::new(app);
    if let Some(owner) = owner(&store, task)? {
        return Ok(owner);
    }
    app.identity()?;
    branches::prove_free(app)?;
    Runbook::new(&app.layout).prove_writable()?;
    let kind = default_provider(app)?;
    let provider = kind.open(app, None, RetryPolicy::Some)?;
    let summary = provider.describe(task)?;
    let base = base::of_kind(app, kind.capabilities().base, named_base, notify)?;
    // The words of the prompt where the client tells them, else the title.
    let prompt = summary.prompt.clone().unwrap_or_else(|| format!("{}\n", summary.title.trim()));
    let best_of = best_of.max(summary.attempts).unwrap_or(1);
    let now = app.clock.now();
    let id = (0..1000)
        .filter_map(|attempt| RunId::compose(&prompt, &app.ids.suffix(task.as_str(), attempt)).ok())
        .find(|id| !store.exists(id))
        .ok_or_else(|| Error::failed("no free name was found for the run").hint("run the command again"))?;
    let run = Run {
        task_id: Some(task.to_string()),
        task_url: summary.url.clone(),
        provider: kind.name(),
        dialect: provider.dialect().map(str::to_owned),
        profile: provider.profile(),
        env: summary.env_label.clone(),
        state: State::Pending,
        submitted_at: Some(now),
        progress_at: Some(now),
        ..Run::blank(&id, &base.named, base.oid, best_of, &prompt, now)
    };
    let change = Change {
        files: vec![("prompt.md".to_owned(), Some(prompt.into_bytes()))],
        ..Change::new(StepKind::Adopt, format!("adopted the task {task} on {} ({})", base.named, base.oid.short()))
    };
    let run = store.create(run, &change)?.run;
    let _lock = store.lock()?;
    Runbook::new(&app.layout).append_missing(&(&run).into())?;
    Ok(run)
}

/// Gives an interrupted submission its task.
///
/// # Errors
/// When the run is not waiting for one, or the task is not to be had.
pub fn give_task(app: &App, id: &RunId, task: &TaskId, notify: Listener<'_>) -> Result<Run> {
    let store = RunStore::new(app);
    if let Some(owner) = owner(&store, task)? {
        if owner.run == *id {
            return Ok(owner);
        }
        return Err(Error::failed(format!("the task {task} belongs to the run '{}' already", owner.run))
            .hint(format!("see 'git puff show {}'", owner.run)));
    }
    let run = store.load(id)?.run;
    submit::prove_here(&run)?;
    if let Some(other) = &run.task_id {
        return Err(Error::failed(format!("the run '{id}' has a task already: {other}"))
            .hint(format!("leave '--run {id}' out to make a run of its own")));
    }
    if run.state != State::Submitting {
        return Err(Error::failed(format!("the run '{id}' is {}, not waiting for a task", run.state.as_str()))
            .hint(format!("leave '--run {id}' out to make a run of its own")));
    }
    let _lock = submit::lock(app, id)?;
    let provider = open_provider(app, &run, RetryPolicy::Some)?;
    let summary = provider.describe(task)?;
    let task = Task { id: task.clone(), url: summary.url };
    submit::record_task(app, &store, id, &task, notify)
}

/// Returns the run that a task belongs to, if it belongs to one.
///
/// # Errors
/// When the runs cannot be read.
pub fn owner(store: &RunStore<'_>, task: &TaskId) -> Result<Option<Run>> {
    let (runs, _) = store.list()?;
    let of_task = |run: &Run| run.task_id.as_deref() == Some(task.as_str());
    Ok(runs.into_iter().map(|recorded| recorded.run).find(of_task))
}
