//! What an agent is told of a workspace that git-puff made for it.

use std::path::{Path, PathBuf};

use crate::app::{AgentEnv, App};
use crate::error::Result;
use crate::session::agents::{Agent, Workspace};
use crate::settings;

/// What an agent is told of its workspace.
#[derive(Clone, Debug, Default)]
pub struct AgentWorkspace {
    git_dir: Option<PathBuf>,
    trusted: Option<PathBuf>,
}

impl AgentWorkspace {
    /// Finds out what it has to be told of this folder, which was made for it alone. `environment` is the agent's.
    ///
    /// # Errors
    /// When it is to inherit a trust that it does not know.
    pub fn find(app: &App, agent: &Agent, folder: &Path, environment: &AgentEnv) -> Result<AgentWorkspace> {
        let trusted = inherits_trust(app, agent, environment)?.then(|| folder.to_owned());
        Ok(AgentWorkspace { git_dir: git_dir(app, folder), trusted })
    }

    /// Proves that what the settings say of an agent's trust can be done.
    ///
    /// # Errors
    /// As [`AgentWorkspace::find`].
    pub fn prove(app: &App, agent: &Agent, environment: &AgentEnv) -> Result<()> {
        inherits_trust(app, agent, environment).map(drop)
    }

    /// Returns it as the agent takes it.
    pub fn view(&self) -> Workspace<'_> {
        Workspace { git_dir: self.git_dir.as_deref(), trusted: self.trusted.as_deref() }
    }
}

/// Returns the git directory of a workspace, where that is a folder of its own in it: not the file of a linked worktree, not a
/// link, and nothing of the user's.
fn git_dir(app: &App, folder: &Path) -> Option<PathBuf> {
    let git_dir = folder.join(".git");
    let is_folder = git_dir.symlink_metadata().is_ok_and(|meta| meta.is_dir());
    let real = git_dir.canonicalize().ok().filter(|_| is_folder)?;
    let location = app.repo.location();
    let is_users = [&location.git_dir, &location.common_dir]
        .into_iter()
        .any(|dir| dir.canonicalize().is_ok_and(|dir| dir == real));
    (!is_users).then_some(git_dir)
}

/// Returns whether the agent's user trusts the main worktree, and wants that for workspaces too.
fn inherits_trust(app: &App, agent: &Agent, environment: &AgentEnv) -> Result<bool> {
    let key = settings::AGENT_TRUST;
    let Some(setting) = app.settings.of_agent(key, agent.name()) else { return Ok(false) };
    let name = key.of_agent(agent.name());
    match setting.value.to_ascii_lowercase().as_str() {
        "none" => return Ok(false),
        "inherit" => {}
        _ => {
            return Err(settings::unusable(
                &name,
                &setting.value,
                &setting.origin,
                &format!("must be {}", key.kind.wanted()),
            ));
        }
    }
    let Some(file) = agent.trust_file() else {
        let why = format!("git-puff knows of no trust in projects that '{}' keeps", agent.name());
        return Err(settings::unusable(&name, &setting.value, &setting.origin, &why));
    };
    let file = file.find(|name| environment.path(name), environment.path("HOME").as_deref());
    let text = file.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
    let Some(top) = app.layout.top() else { return Ok(false) };
    let real = top.canonicalize().ok();
    Ok([Some(top), real.as_deref()].into_iter().flatten().any(|project| agent.trusts(&text, project)))
}
