//! From a run to the provider that does its work.

use crate::app::App;
use crate::error::{Error, Result};
use crate::model::{Profile, ProviderKind, Run, TaskId};
use crate::provider::cloud::{ClientEnv, CodexCloud, Dialect, RetryPolicy};
use crate::provider::local::LocalAgents;
use crate::provider::{Failure, Provider, Question};
use crate::settings;

/// Returns who does the work of a run: agents on this machine, or the cloud as the run was launched with, with the same
/// client, login and service.
///
/// # Errors
/// When the run's provider has nothing to be asked, or the client cannot be used.
pub fn open_provider<'c>(app: &'c App, run: &Run, patience: RetryPolicy) -> Result<Box<dyn Provider + 'c>> {
    match run.provider {
        ProviderKind::CodexCloud => {
            let profile = run.profile.clone().unwrap_or_else(|| app.profile());
            Ok(Box::new(open(app, &profile, patience)?))
        }
        ProviderKind::Local => Ok(Box::new(LocalAgents::new(app))),
        ProviderKind::Import => Err(Error::failed(format!(
            "run '{}' has provider {}: it has no cloud task",
            run.run,
            run.provider.as_str()
        ))
        .hint(format!("all of it is here already: 'git puff show {}'", run.run))),
    }
}

/// Returns the cloud as it is reached from here and now, and the profile to be recorded for it.
///
/// # Errors
/// When the client cannot be used.
pub fn open_here(app: &App) -> Result<(CodexCloud, Profile)> {
    let cloud = open(app, &app.profile(), RetryPolicy::Some)?;
    // The path as found now: PATH may be another one when the watcher looks.
    let profile = Profile { codex: cloud.program().to_string_lossy().into_owned(), ..app.profile() };
    Ok((cloud, profile))
}

/// Returns the cloud as this profile sees it.
///
/// # Errors
/// When the client cannot be used.
pub fn open(app: &App, profile: &Profile, patience: RetryPolicy) -> Result<CodexCloud> {
    app.layout.prepare()?;
    let dialect = app.settings.choice::<Dialect>(settings::DIALECT)?;
    let at = ClientEnv {
        cwd: &app.layout.cwd(),
        git_dir: &app.repo.location().common_dir,
        cache: &app.layout.cache("codex.json"),
        patience,
    };
    Ok(CodexCloud::open(profile, dialect, &at)?)
}

/// Returns what is asked about a run's task.
///
/// # Errors
/// When no task is known.
pub fn question(run: &Run, sweep: bool) -> Result<Question, Failure> {
    let id = run.task_id.as_deref().and_then(|id| id.parse::<TaskId>().ok());
    let id = id.ok_or_else(|| Failure::NoSuchTask { task: run.task_id.clone().unwrap_or_default() })?;
    Ok(Question { id, attempts: run.best_of.max(run.variants.len() as u32), sweep })
}
