//! Starting an attempt: its worktree, then its session.

use std::time::Duration;

use super::attempt_state::{failed_to_start, session};
use crate::app::{AgentEnv, App};
use crate::error::{Result, ResultExt};
use crate::git::Hooks;
use crate::git::snapshot::WorkFolder;
use crate::model::{Local, Run, SessionId, Variant};
use crate::session::agent_workspace::AgentWorkspace;
use crate::session::agents::{Agent, Task};
use crate::session::confinement;
use crate::session::control::{self, Request};
use crate::session::side_effects::GitDirSnapshot;
use crate::session::worktree::{self, BEING_MADE};
use crate::session::{self, Start, pool};
use crate::store::{ActiveFiles, ENVIRONMENT, RunStore, SessionStore, ignored_before};

/// How many bytes of an agent's output are kept.
const LOG_SIZE: u64 = 64 << 20;

/// Returns the environment of a run's launch; where that is lost, this process's own, and why.
pub(super) fn environment(app: &App, run: &Run) -> (AgentEnv, Option<String>) {
    let why = match ActiveFiles::of(&app.layout, run).read(ENVIRONMENT) {
        Ok(kept) => match kept.and_then(|bytes| AgentEnv::from_bytes(&bytes)) {
            Some(environment) => return (environment, None),
            None => "is gone".to_owned(),
        },
        Err(cause) => format!("cannot be read ({cause})"),
    };
    let why = format!("the environment of its launch {why}: its agent got that of the process that started it");
    (AgentEnv::of_caller(), Some(why))
}

/// Starts the agent of a variant in a worktree of its own. What an interrupted call left is gone on from.
///
/// # Errors
/// When it cannot be started: then no worktree is left behind.
pub(super) fn start(
    app: &App,
    run: &Run,
    local: &Local,
    variant: &Variant,
    (agent, environment): (&Agent, &AgentEnv),
) -> Result<()> {
    let started = start_session(app, run, local, variant, (agent, environment));
    let there = app.repo.worktree_at(&local.worktree(variant.index));
    if started.is_err() && there.is_some_and(|there| there.locked.as_deref() == Some(BEING_MADE)) {
        let _ = super::remove(app, run, local, variant);
    }
    started
}

fn start_session(
    app: &App,
    run: &Run,
    local: &Local,
    variant: &Variant,
    (agent, environment): (&Agent, &AgentEnv),
) -> Result<()> {
    let runs = RunStore::new(app);
    let prompt = runs.prompt(&runs.load(&run.run)?)?;
    let id = SessionId::of_variant(&run.run, variant.index, 1);
    let place = SessionStore::new(&app.layout).place(&id);
    if session(app, run, variant).is_some_and(|session| failed_to_start(app, &session)) {
        std::fs::remove_dir_all(place.folder())
            .or_fail(|| format!("cannot remove what is left of the session '{id}'"))?;
    }
    let path = local.worktree(variant.index);
    let worktree = worktree::make(app, &path, run.base_oid, Hooks::Run, pool::kind(app))?;
    let told = AgentWorkspace::find(app, agent, &worktree.path, environment)?;
    let (prompt_file, workspace) = (place.prompt(), told.view());
    let invocation =
        agent.invocation(&Task { prompt: &prompt, prompt_file: &prompt_file, interactive: false, workspace });
    GitDirSnapshot::capture(app)?.keep_before(&worktree)?;
    note_ignored(app, run, local, variant);
    worktree
        .lock(&worktree::works_here(&id))
        .or_fail(|| format!("cannot lock the worktree '{}'", worktree.path.display()))?;
    let confined = confinement::is_for_agent(app, local.confine, agent)?;
    let workspace = confined.then_some(worktree.path.as_path());
    let argv = confinement::agent_command(app, (agent, environment), workspace, invocation.argv)?;
    let request = Start {
        agent: agent.name().to_owned().into(),
        argv: worktree::with_setup(app, &place, (&worktree, run.base_oid), argv),
        cwd: worktree.path.clone(),
        stdin: invocation.stdin,
        prompt,
        log_size: LOG_SIZE,
        limit: Duration::from_secs(local.limit_s),
        // No user is at its terminal.
        auto: true,
        work: Some((run.run.clone(), variant.index)),
        start_tree: Some(app.repo.commit(run.base_oid)?.tree),
        folder: WorkFolder::of_worktree(&app.repo, &worktree).ok(),
        worktree: None,
        resumed_from: None,
        environment: Some(environment.clone()),
        confined,
        id,
    };
    session::start(app, request).map(drop).inspect_err(|_| {
        // No agent worked in it.
        let _ = control::ask(&place, &Request::Kill { why: "it came up too late".to_owned() });
        let _ = worktree.lock(BEING_MADE);
    })
}

/// Notes which ignored files a worktree has before its agent begins: git-puff, or a hook of the user's, put them there.
fn note_ignored(app: &App, run: &Run, local: &Local, variant: &Variant) {
    // Without it, ignored files are not named: that must not keep an agent from its work.
    let listed = app.repo.ignored_files(&local.worktree(variant.index), run.base_oid);
    let Ok(files) = listed else { return };
    let listed: Vec<u8> = files.into_iter().flat_map(|file| file.into_iter().chain([0])).collect();
    let _ = ActiveFiles::of(&app.layout, run).write(&ignored_before(variant.index), &listed);
}
