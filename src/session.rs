//! Supervised agent processes on this machine.
//!
//! Each session has a supervisor, a detached process of its own, which owns the pseudo-terminal that the agent runs in.
//! It writes the log, listens on a socket that only the user can open, judges what the agent is doing, and records how
//! it ended. It holds a lock for its life, so that a session whose supervisor is gone is seen to be lost, whatever
//! process id is written down.

pub mod agent_program;
pub mod agent_workspace;
pub mod configured;
pub mod confinement;
pub mod notice;
pub mod pool;
pub mod resume;
pub mod session_workspace;
pub mod side_effects;
pub mod supervisor;
pub mod user_files;
pub mod workspace_files;
mod workspace_root;
pub mod worktree;

pub use agent_program::ready;
pub use puff_agents::{activity, agents, attached, control, diagnose, log, protocol, replies, screen, viewer};
pub use resume::free_id;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::app::{AgentEnv, App};
use crate::error::{Error, Result, ResultExt};
use crate::git::snapshot::WorkFolder;
use crate::model::{Oid, OwnWorktree, RunId, Session, SessionAgent, SessionId, SessionState, Stdin};
use crate::process::{self, Cmd, Wake};
use crate::store::{RunStore, SessionRecord, SessionStore};

/// How long a supervisor may take to be up.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is to be started.
#[derive(Clone, Debug)]
pub struct Start {
    /// Its name.
    pub id: SessionId,
    /// The agent.
    pub agent: SessionAgent,
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Where it runs.
    pub cwd: PathBuf,
    /// What its standard input is.
    pub stdin: Stdin,
    /// What it is asked, kept beside the log; empty when it is asked nothing.
    pub prompt: String,
    /// How many bytes of output are kept; 0 for all.
    pub log_size: u64,
    /// After which time it is ended; zero for never.
    pub limit: Duration,
    /// The stuck-agent protocol acts by itself.
    pub auto: bool,
    /// The run and the variant that it works for.
    pub work: Option<(RunId, u32)>,
    /// The tree of its worktree now, where that is known.
    pub start_tree: Option<Oid>,
    /// The worktree that it works in, found before anybody but the user has worked there.
    pub folder: Option<WorkFolder>,
    /// The worktree of its own, where it has one.
    pub worktree: Option<OwnWorktree>,
    /// The session that it continues.
    pub resumed_from: Option<Session>,
    /// The environment that its agent gets; none for that of the caller.
    pub environment: Option<AgentEnv>,
    /// Whether it may write only where it works.
    pub confined: bool,
}

/// Records a session and starts its supervisor; answers as soon as the agent runs, or has failed to.
///
/// # Errors
/// When there is a session of that name, a setting that the supervisor needs cannot be used, or it cannot be started.
pub fn start(app: &App, start: Start) -> Result<Session> {
    configured::check_protocol(&app.settings)?;
    app.repo.prove_folder(&start.cwd).map_err(|fault| {
        Error::failed(format!("the session '{}' cannot work there: {fault}", start.id))
            .hint("see what is there; 'git worktree list' shows the worktrees that git knows")
    })?;
    let store = SessionStore::new(&app.layout);
    let title = crate::model::first_line(&start.prompt, 72);
    let (run, variant) = start.work.map_or((None, None), |(run, variant)| (Some(run), Some(variant)));
    let from = start.resumed_from.as_ref().and_then(|from| from.run_created_at);
    let recorded = || Some(RunStore::new(app).load(run.as_ref()?).ok()?.run.created_at);
    let session = Session {
        schema: Session::schema(),
        run_created_at: from.or_else(recorded),
        agent: start.agent,
        argv: start.argv,
        cwd: start.cwd,
        pid: None,
        state: SessionState::Working,
        why: Some("it is being started".to_owned()),
        next: None,
        started_at: app.clock.now(),
        last_output_at: None,
        end: None,
        agent_session: start.resumed_from.as_ref().and_then(|from| from.agent_session.clone()),
        log_path: store.place(&start.id).log(),
        run,
        variant,
        title,
        stdin: start.stdin,
        size: Session::SIZE,
        log_size: start.log_size,
        printed: 0,
        log_trouble: None,
        limit_s: start.limit.as_secs(),
        killed: None,
        auto: start.auto,
        pokes: 0,
        resumes: start.resumed_from.as_ref().map_or(0, |from| from.resumes + 1),
        resumed_from: start.resumed_from.map(|from| from.id),
        resumed_as: None,
        context_kept: None,
        start_tree: start.start_tree,
        worktree: start.worktree,
        confined: start.confined,
        last_message: None,
        tokens: None,
        checks: Vec::new(),
        changed: None,
        extra: Default::default(),
        id: start.id,
    };
    let place = store.create(&session, &start.prompt)?;
    if let Some(folder) = &start.folder {
        place.keep_work_folder(folder).or_fail(|| format!("cannot record where '{}' works", session.id))?;
    }
    session_workspace::activate(app, &session)?;
    let cannot = |why: &str| {
        Error::cannot_work(format!("cannot supervise the session '{}': {why}", session.id))
            .hint(format!("see what it said in '{}'", place.supervisor_log().display()))
    };
    let program = app.environment.program.clone().ok_or_else(|| cannot("cannot find the git-puff program"))?;
    // The agent gets the environment of its supervisor. It is nowhere else: not in a file, not on a command line.
    let environment = start.environment.unwrap_or_else(AgentEnv::of_caller);
    let location = app.repo.location();
    let call = environment.given_to(Cmd::new(program).args(["session", "supervise", session.id.as_str()]));
    let call = call.env("GIT_DIR", &location.git_dir).cwd(place.folder());
    let call = match &location.worktree {
        Some(worktree) if app.environment.has("GIT_WORK_TREE") => call.env("GIT_WORK_TREE", worktree),
        _ => call,
    };
    process::start_detached(&call, &place.supervisor_log())
        .map_err(|cause| cannot("cannot start it").because(cause))?;
    let started = Instant::now();
    loop {
        let session = store.load_raw(&session.id)?;
        if session.pid.is_some() || session.state.is_over() {
            return Ok(session);
        }
        if started.elapsed() > PATIENCE || app.cancellation.pause(Duration::from_millis(2)) == Wake::Interrupted {
            return Err(cannot("it does not come up"));
        }
    }
}
