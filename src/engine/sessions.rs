//! From what a user asks for to a session that can be started.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::app::{AgentEnv, App};
use crate::engine::intent::Intent;
use crate::error::{Error, Result};
use crate::git::snapshot::WorkFolder;
use crate::model::{Session, SessionAgent, SessionId, Stdin};
use crate::session::agent_workspace::AgentWorkspace;
use crate::session::agents::{Agent, Task};
use crate::session::confinement;
use crate::session::{self, Start, session_workspace, worktree};
use crate::store::SessionStore;

/// The session that is requested.
#[derive(Clone, Debug)]
pub struct Order {
    /// What is to run.
    pub program: SessionProgram,
    /// Its name, if it was named.
    pub id: Option<SessionId>,
    /// Where, if not here.
    pub cwd: Option<PathBuf>,
    /// In a worktree of its own.
    pub worktree: bool,
    /// The protocol acts by itself.
    pub auto: bool,
    /// How many bytes of output are kept.
    pub log_size: u64,
}

/// What is to run.
#[derive(Clone, Debug)]
pub enum SessionProgram {
    /// An agent with something to do.
    Agent {
        /// Its name.
        name: String,
        /// What to do.
        prompt: String,
    },
    /// A program and its arguments.
    Command(Vec<String>),
}

/// Starts a requested session.
///
/// # Errors
/// As [`order()`] and [`session::start`]. No worktree is left then of which no session tells.
pub fn start(app: &App, wanted: Order) -> Result<Session> {
    let _making = wanted.worktree.then(|| session_workspace::lock_creation(app)).transpose()?;
    let start = order(app, wanted)?;
    let (id, made) = (start.id.clone(), start.worktree.clone());
    session::start(app, start).inspect_err(|_| {
        let unknown = made.filter(|_| !SessionStore::new(&app.layout).place(&id).record().exists());
        unknown.iter().for_each(|own| drop(worktree::remove(app, &own.path)));
    })
}

/// Checks a request, and prepares what can be started. A worktree is made.
///
/// # Errors
/// When the agent is not known or not there, the folder is none, or the prompt is blank.
pub fn order(app: &App, order: Order) -> Result<Start> {
    let cwd = order.cwd.clone().unwrap_or_else(|| app.environment.cwd.clone());
    if !cwd.is_dir() {
        return Err(
            Error::usage(format!("'{}' is not a folder", cwd.display())).hint("name another one with --cwd DIR")
        );
    }
    let about = match &order.program {
        SessionProgram::Agent { name, prompt } => format!("{name} {}", crate::model::first_line(prompt, 60)),
        SessionProgram::Command(argv) => {
            argv.first().and_then(|program| Path::new(program).file_name()?.to_str()).unwrap_or("command").to_owned()
        }
    };
    let id = match order.id {
        Some(id) => id,
        None => session::free_id(app, &about)?,
    };
    let store = SessionStore::new(&app.layout);
    let place = store.place(&id);
    let environment = AgentEnv::of_caller();
    let (agent, prompt) = match &order.program {
        SessionProgram::Agent { name, prompt } => {
            let prompt = Intent::prompt(prompt.clone().into_bytes(), "the command line")?;
            (Some(session::ready(&app.settings, name, false, &environment)?), prompt)
        }
        SessionProgram::Command(_) => (None, String::new()),
    };
    agent.as_ref().map_or(Ok(()), |agent| AgentWorkspace::prove(app, agent, &environment))?;
    // What a person has written out is no agent that is to be confined.
    let confined = agent.as_ref().map(|agent| confinement::is_for_agent(app, None, agent)).transpose()?;
    if order.worktree && place.folder().exists() {
        // Before anything is made for it, or taken for its own.
        return Err(store.taken(&id));
    }
    let worktree = order.worktree.then(|| session_workspace::create(app, &id)).transpose()?;
    let made = worktree.as_ref().and_then(|own| app.repo.worktree_at(&own.path));
    let (agent, argv, stdin) = match (agent, order.program) {
        (Some(agent), _) => {
            let own = worktree.as_ref().and_then(|own| AgentWorkspace::find(app, &agent, &own.path, &environment).ok());
            let told = own.unwrap_or_default();
            let (prompt_file, workspace) = (place.prompt(), told.view());
            let invocation =
                agent.invocation(&Task { prompt: &prompt, prompt_file: &prompt_file, interactive: false, workspace });
            let folder = worktree.as_ref().map_or(cwd.as_path(), |own| &own.path);
            let workspace = confined.filter(|is_so| *is_so).map(|_| confinement::workspace(folder, worktree.is_some()));
            let argv = confinement::agent_command(app, (&agent, &environment), workspace, invocation.argv)?;
            (agent.name().to_owned().into(), argv, invocation.stdin)
        }
        (None, SessionProgram::Command(argv)) => (agent_of(&argv), argv, Stdin::Terminal),
        (None, SessionProgram::Agent { .. }) => unreachable!("an agent was found, or an error"),
    };
    let (cwd, argv) = match (&worktree, made) {
        (Some(own), Some(made)) => (own.path.clone(), worktree::with_setup(app, &place, (&made, own.commit), argv)),
        (Some(own), None) => (own.path.clone(), argv),
        (None, _) => (cwd, argv),
    };
    let folder = WorkFolder::find(&cwd).ok();
    Ok(Start {
        id,
        agent,
        argv,
        start_tree: folder.as_ref().and_then(|folder| folder.tree().ok()),
        folder,
        cwd,
        stdin,
        prompt,
        log_size: order.log_size,
        limit: Duration::ZERO,
        auto: order.auto,
        work: None,
        worktree,
        resumed_from: None,
        environment: None,
        confined: confined.unwrap_or_default(),
    })
}

/// Returns the agent that a command line starts, by the name of its program; `command` for any other program.
fn agent_of(argv: &[String]) -> SessionAgent {
    let program = argv.first().and_then(|program| Path::new(program).file_name()?.to_str());
    let known = program.filter(|program| Agent::is_known(program));
    known.map_or(SessionAgent::Command, |name| SessionAgent::Named(name.to_owned()))
}
