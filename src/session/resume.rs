//! Going on from a session that is over: its agent is started again with its own session, in a new one of ours.

use std::time::Duration;

use super::agent_workspace::AgentWorkspace;
use super::{Start, confinement, session_workspace, start};
use crate::app::{AgentEnv, App};
use crate::error::{Error, Result};
use crate::model::{Session, SessionEnd, SessionId, SessionState, Stdin};
use crate::process::Mark;
use crate::store::{ActiveFiles, ENVIRONMENT, RunStore, SessionRecord, SessionStore};

/// What an agent is told when it continues.
const GO_ON: &str = "You were interrupted. Look at what is done already, and go on with the task where you stopped.";

/// How often a name is tried.
const TRIES: u32 = 20;

/// Returns a name that no session has.
///
/// # Errors
/// When none is found.
pub fn free_id(app: &App, about: &str) -> Result<SessionId> {
    let store = SessionStore::new(&app.layout);
    let ids = (0..TRIES).filter_map(|attempt| SessionId::compose(about, &app.ids.suffix(about, attempt)).ok());
    let mut ids = ids.filter(|id| !store.place(id).folder().exists());
    ids.next().ok_or_else(|| Error::failed("no free name was found for the session").hint("choose one with --name"))
}

/// Returns the newest session that can be resumed.
pub fn last_resumable(sessions: &[Session]) -> Option<&Session> {
    sessions
        .iter()
        .rev()
        .find(|session| session.state.is_over() && session.agent_session.is_some() && session.resumed_as.is_none())
}

/// Starts the session that continues one that is over.
///
/// # Errors
/// When it is not over, was resumed already, or its agent has no way to go on.
pub fn resume(app: &App, from: &Session) -> Result<Session> {
    if !from.state.is_over() {
        return Err(Error::failed(format!("'{}' is {}", from.id, from.state.as_str()))
            .hint(format!("talk to it with 'git puff session send {}', or end it with 'kill'", from.id)));
    }
    if let Some(next) = &from.resumed_as {
        return Err(Error::failed(format!("'{}' continues as '{next}' already", from.id))
            .hint(format!("see 'git puff session show {next}'")));
    }
    let _making = from.worktree.as_ref().map(|_| session_workspace::lock_creation(app)).transpose()?;
    let next = start_after(app, from)?;
    if from.state == SessionState::Lost {
        Mark::of_session(SessionStore::new(&app.layout).place(&from.id).folder()).kill();
    }
    let new = start(app, next)?;
    let place = SessionStore::new(&app.layout).place(&from.id);
    let mut old = place.load().unwrap_or_else(|_| from.clone());
    if !old.state.is_over() {
        let end = SessionEnd { at: app.clock.now(), exit: None };
        (old.state, old.why, old.end) = (SessionState::Lost, from.why.clone(), Some(end));
    }
    old.resumed_as = Some(new.id.clone());
    place.save(&old).map_err(|cause| {
        Error::cannot_work(format!("cannot record that '{}' continues as '{}'", from.id, new.id))
            .hint("check the space on the disk of the git directory")
            .because(cause)
    })?;
    Ok(new)
}

/// Returns the session that continues a session.
///
/// # Errors
/// When its agent did not say its own name for it, or has no way to go on.
pub fn start_after(app: &App, from: &Session) -> Result<Start> {
    let cannot = |why: String| {
        Error::failed(format!("cannot resume '{}': {why}", from.id))
            .hint(format!("what it printed is in 'git puff session log {}'; start a new one for the rest", from.id))
    };
    let again = from.worktree.as_ref().filter(|own| from.cwd == own.path);
    let worktree = again.map(|own| session_workspace::recreate(app, own)).transpose()?;
    if !from.cwd.is_dir() {
        return Err(cannot(format!("its folder '{}' is gone", from.cwd.display())));
    }
    let agent_session =
        from.agent_session.as_deref().ok_or_else(|| cannot("its agent has not reported its session id".to_owned()))?;
    let interactive = from.stdin == Stdin::Terminal;
    let environment = environment(app, from);
    let ready_in = environment.clone().unwrap_or_else(AgentEnv::of_caller);
    let agent = super::ready(&app.settings, from.agent.as_str(), interactive, &ready_in)?;
    let own = from.worktree.is_some() || from.run.is_some();
    let workspace =
        own.then(|| AgentWorkspace::find(app, &agent, &from.cwd, &ready_in)).transpose()?.unwrap_or_default();
    let invocation = agent.resume(agent_session, Some(GO_ON), interactive, workspace.view()).ok_or_else(|| {
        cannot(format!("no command resumes '{}'; set puff.agent.{}.resume", agent.name(), agent.name()))
    })?;
    let workspace = from.confined.then(|| confinement::workspace(&from.cwd, own));
    let id = match (&from.run, from.variant) {
        (Some(run), Some(variant)) => SessionId::of_variant(run, variant, from.resumes + 2),
        _ => free_id(app, from.id.as_str().rsplit_once('-').map_or(from.id.as_str(), |(about, _)| about))?,
    };
    Ok(Start {
        id,
        agent: from.agent.clone(),
        argv: confinement::agent_command(app, (&agent, &ready_in), workspace, invocation.argv)?,
        cwd: from.cwd.clone(),
        stdin: invocation.stdin,
        prompt: GO_ON.to_owned(),
        log_size: from.log_size,
        limit: Duration::from_secs(from.limit_s),
        auto: from.auto,
        work: from.run.clone().zip(from.variant),
        start_tree: from.start_tree,
        folder: SessionStore::new(&app.layout).place(&from.id).work_folder(),
        worktree,
        resumed_from: Some(from.clone()),
        environment,
        confined: from.confined,
    })
}

/// Returns the environment of the launch, as long as the run that a session works for is active: the agent's own
/// session is kept where that says (`CODEX_HOME`). Afterwards it is gone, and that of the process that resumes the session
/// counts.
fn environment(app: &App, from: &Session) -> Option<AgentEnv> {
    let run = RunStore::new(app).load(from.run.as_ref()?).ok()?.run;
    let kept = ActiveFiles::of(&app.layout, &run).read(ENVIRONMENT).ok()?;
    kept.and_then(|bytes| AgentEnv::from_bytes(&bytes))
}
