//! From a run, or from the settings, to the provider that does the work.

use crate::app::App;
use crate::error::{Error, Result};
use crate::model::{ProviderName, Run, TaskId};
use crate::provider::{Capabilities, Failure, Place, Provider, ProviderKind, Question, RetryPolicy};
use crate::settings;

/// Opens the provider of a run as it was when the run was launched: with the same client, login and service.
///
/// # Errors
/// When there is nothing to be asked about the run, or the provider is not known or cannot be used here.
pub fn open_provider<'c>(app: &'c App, run: &Run, retry_policy: RetryPolicy) -> Result<Box<dyn Provider + 'c>> {
    if run.is_imported() {
        let error = format!("run '{}' has provider {}: it has no cloud task", run.run, run.provider);
        return Err(Error::failed(error).hint(format!("all of it is here already: 'git puff show {}'", run.run)));
    }
    app.providers.get(&run.provider)?.open(app, run.profile.as_ref(), retry_policy)
}

/// Returns the provider of runs without `--agent`, and of tasks that are named alone: `puff.provider`.
///
/// # Errors
/// When this program knows no such provider, or it cannot be given a task.
pub fn default_provider(app: &App) -> Result<&dyn ProviderKind<App>> {
    let Some(setting) = app.settings.get(settings::PROVIDER) else {
        return app.providers.get(&ProviderName::CODEX_CLOUD);
    };
    let name = setting.value.parse::<ProviderName>().ok();
    let kind = name.and_then(|name| app.providers.find(&name));
    kind.filter(|kind| kind.capabilities().place == Place::Service).ok_or_else(|| {
        let services = app.providers.kinds().filter(|kind| kind.capabilities().place == Place::Service);
        let names: Vec<String> = services.map(|kind| kind.name().to_string()).collect();
        settings::bad(settings::PROVIDER, &setting, &format!("one of {}", names.join(", ")))
    })
}

/// Returns what the provider of a run can do. An import has none to be asked: all of it is here.
pub fn capabilities(app: &App, run: &Run) -> Capabilities {
    if run.is_imported() { Capabilities::NOTHING } else { app.providers.capabilities(&run.provider) }
}

/// Returns whether a service does the work of a run, which can be asked from any clone.
pub fn is_at_service(app: &App, run: &Run) -> bool {
    capabilities(app, run).place == Place::Service
}

/// Returns what is asked about a run's task.
///
/// # Errors
/// When no task is known.
pub fn question(run: &Run, sweep: bool) -> Result<Question, Failure> {
    let id = run.task_id.as_deref().and_then(|id| id.parse::<TaskId>().ok());
    let at = || run.provider.to_string();
    let id = id.ok_or_else(|| Failure::NoSuchTask { at: at(), task: run.task_id.clone().unwrap_or_default() })?;
    Ok(Question { id, attempts: run.best_of.max(run.variants.len() as u32), sweep })
}
