//! Checking what is asked for: everything that can fail later is found here, before anything is recorded.

use std::collections::{BTreeSet, HashSet};

use super::check_limit;
use crate::app::{AgentEnv, App};
use crate::engine::base::{self, Base};
use crate::engine::intent::Intent;
use crate::engine::{Listener, Notice, branches, default_provider};
use crate::error::{Error, Result};
use crate::git::WorktreeKind;
use crate::model::{AgentCount, Local, MOST_LOCAL, RunId, SessionId};
use crate::provider::{BaseKind, Capabilities, Provider, ProviderKind, RetryPolicy};
use crate::session;
use crate::session::agent_workspace::AgentWorkspace;
use crate::session::confinement;
use crate::session::worktree::{self, WorkspaceRoot};
use crate::settings;
use crate::store::{RunStore, Runbook, SessionStore};

/// The provider of tasks without agents of this machine, open.
pub(super) struct Service<'c> {
    pub kind: &'c dyn ProviderKind<App>,
    pub provider: Box<dyn Provider + 'c>,
}

impl<'c> Service<'c> {
    /// Opens it, if one of these tasks is for it.
    pub fn of(app: &'c App, intents: &[Intent]) -> Result<Option<Service<'c>>> {
        if intents.iter().all(|intent| !intent.agents.is_empty()) {
            return Ok(None);
        }
        let kind = default_provider(app)?;
        if !app.permissions.cloud {
            return Err(switched_off(kind.title(), "cloud").hint(
                "name agents on this machine instead, or let the user allow it: git config --add puff.mcp.allow cloud",
            ));
        }
        Ok(Some(Service { kind, provider: kind.open(app, None, RetryPolicy::Some)? }))
    }
}

/// Who does the work, and with what.
pub(super) enum Work {
    /// The service, in this environment where it needs one.
    Service { env: Option<String> },
    /// Agents on this machine.
    Local(Local),
}

/// An intent that nothing stands against.
pub(super) struct Prepared {
    pub intent: Intent,
    pub id: RunId,
    pub work: Work,
    pub base: Base,
    pub best_of: u32,
}

/// Checks all of them.
pub(super) fn prepare(
    app: &App,
    store: &RunStore<'_>,
    service: Option<&Service<'_>>,
    intents: Vec<Intent>,
    skip_doctor: bool,
    notify: Listener<'_>,
) -> Result<Vec<Prepared>> {
    branches::prove_free(app)?;
    Runbook::new(&app.layout).prove_writable()?;
    let mut prepared: Vec<Prepared> = Vec::new();
    for intent in intents {
        let next = match service.filter(|_| intent.agents.is_empty()) {
            Some(service) => {
                let capabilities = service.kind.capabilities();
                let env = env(app, &intent, &capabilities)?;
                let best_of = attempts(app, &intent, service.provider.as_ref())?;
                let id = new_id(app, store, &intent, &prepared)?;
                let base = base::of_kind(app, capabilities.base, intent.base.as_deref(), notify)?;
                Prepared { intent, id, work: Work::Service { env }, base, best_of }
            }
            None => {
                if !app.permissions.local {
                    return Err(switched_off("running agents on this machine", "local")
                        .hint("only the user can allow it: git config --add puff.mcp.allow local"));
                }
                let best_of = agents(app, &intent, notify)?;
                let id = new_id(app, store, &intent, &prepared)?;
                let base = base::of_kind(app, BaseKind::Commit, intent.base.as_deref(), notify)?;
                let work = Work::Local(local(app, &intent, &id, best_of)?);
                prove_unused(app, &id, &work, best_of)?;
                Prepared { intent, id, work, base, best_of }
            }
        };
        prepared.push(next);
    }
    let at_service = || {
        prepared.iter().filter_map(|one| match &one.work {
            Work::Service { env } => Some((env.as_deref(), one.best_of)),
            Work::Local(_) => None,
        })
    };
    let Some(service) = service else { return Ok(prepared) };
    if service.kind.capabilities().is_paid {
        check_limit(app, store, at_service().map(|(_, best_of)| best_of).sum())?;
    }
    if !skip_doctor {
        let envs: HashSet<Option<&str>> = at_service().map(|(env, _)| env).collect();
        envs.into_iter().try_for_each(|env| service.provider.check(env))?;
    }
    Ok(prepared)
}

/// Returns the error for what the user does not let agents do.
fn switched_off(what: &str, group: &str) -> Error {
    Error::failed(format!("{what} is switched off here by puff.mcp.allow, which leaves '{group}' out"))
}

/// Returns the environment of a run at a service, where that needs one.
fn env(app: &App, intent: &Intent, capabilities: &Capabilities) -> Result<Option<String>> {
    let flags = [("--keep", intent.keep), ("--jobs", intent.jobs.is_some()), ("--confine", intent.confine.is_some())];
    if let Some((flag, _)) = flags.iter().find(|(_, is_given)| *is_given) {
        return Err(Error::usage(format!("{flag} applies to agents on this machine only"))
            .hint("name one with --agent NAME, or leave it out"));
    }
    let env = intent.env.clone().or_else(|| app.settings.text(settings::ENV));
    if env.is_some() || !capabilities.needs_environment {
        return Ok(env);
    }
    Err(Error::usage("no cloud environment is named")
        .hint("name one with --env, or keep it: git config puff.env ENV; 'git puff create' shows how to make one"))
}

/// Returns how many attempts the agents on this machine make; each of them is there.
fn agents(app: &App, intent: &Intent, notify: Listener<'_>) -> Result<u32> {
    let names: Vec<String> = intent.agents.iter().map(AgentCount::to_string).collect();
    if intent.env.is_some() {
        return Err(Error::usage(format!("{} run on this machine, not in a cloud environment", names.join(", ")))
            .hint("leave out --env, or --agent"));
    }
    let sum = intent.agents.iter().map(|agents| agents.count).fold(0, u32::saturating_add);
    if sum > MOST_LOCAL {
        return Err(Error::usage(format!("best of {sum} is too many: a run has 1 to {MOST_LOCAL} attempts here"))
            .hint("launch several runs"));
    }
    if let Some(best_of) = intent.best_of.filter(|best_of| *best_of != sum) {
        return Err(Error::usage(format!(
            "the agents make {sum} attempts ({}), but best of {best_of} is requested",
            names.join(", ")
        ))
        .hint("leave out --best-of, or say how many each makes: --agent NAME:N"));
    }
    let agents: BTreeSet<&str> = intent.agents.iter().map(|agents| agents.agent.as_str()).collect();
    let environment = AgentEnv::of_caller();
    let ready = |agent| session::ready(&app.settings, agent, false, &environment);
    let ready = agents.into_iter().map(ready).collect::<Result<Vec<_>>>()?;
    ready.iter().try_for_each(|agent| AgentWorkspace::prove(app, agent, &environment))?;
    if confinement::wanted(app, intent.confine)?.names_agents() {
        let sandboxed = ready.iter().filter(|agent| agent.is_sandboxed()).map(|agent| agent.name().to_owned());
        let sandboxed: Vec<String> = sandboxed.collect();
        if !sandboxed.is_empty() {
            notify(Notice::OwnSandbox { agents: sandboxed });
        }
    }
    Ok(sum)
}

/// Returns how the agents on this machine work; worktrees for them can be made.
fn local(app: &App, intent: &Intent, id: &RunId, best_of: u32) -> Result<Local> {
    worktree::check(app)?;
    confinement::prove(app, intent.confine)?;
    Ok(Local {
        jobs: super::parallel_attempts(intent, best_of),
        keep: intent.keep,
        limit_s: intent.limit.0,
        worktrees: WorkspaceRoot::find(app)?.of_run(id),
        confine: intent.confine,
    })
}

/// An earlier run of this name may have left sessions, and worktrees that a prune had to keep: the agents of the new
/// one would be taken for those of the old, and work on top of what is there.
fn prove_unused(app: &App, id: &RunId, work: &Work, best_of: u32) -> Result<()> {
    let Work::Local(local) = work else { return Ok(()) };
    let store = SessionStore::new(&app.layout);
    for variant in 1..=best_of {
        let (path, session) = (local.worktree(variant), SessionId::of_variant(id, variant, 1));
        let folder = store.place(&session).folder().to_owned();
        let known = app.repo.worktree_at(&path);
        let is_linked = known.as_ref().is_none_or(|known| known.kind == WorktreeKind::Linked);
        let has_files = path.read_dir().is_ok_and(|mut entries| entries.next().is_some());
        if has_files || (known.is_some() && is_linked) {
            let remove = if is_linked { "'git worktree remove' it" } else { "remove that folder" };
            return Err(Error::failed(format!("an earlier run '{id}' has left the worktree '{}'", path.display()))
                .hint(format!("choose another --name; or, once nothing in it is needed, {remove}")));
        }
        if folder.exists() {
            return Err(Error::failed(format!("an earlier run '{id}' has left the session '{session}'"))
                .hint(format!("choose another --name; or, once it is not needed, remove '{}'", folder.display())));
        }
    }
    Ok(())
}

fn attempts(app: &App, intent: &Intent, provider: &dyn Provider) -> Result<u32> {
    let best_of = match intent.best_of {
        Some(number) => number,
        None => app.settings.number(settings::BEST_OF)?,
    };
    let most = provider.most_attempts().unwrap_or(16);
    if best_of == 0 || best_of > most {
        return Err(Error::usage(format!("best of {best_of} is not possible: a task takes 1 to {most} attempts here"))
            .hint("say --best-of N; for more attempts launch several runs"));
    }
    Ok(best_of)
}

fn new_id(app: &App, store: &RunStore<'_>, intent: &Intent, others: &[Prepared]) -> Result<RunId> {
    let taken = |id: &RunId| store.exists(id) || others.iter().any(|other| other.id == *id);
    if let Some(name) = &intent.name {
        if taken(name) {
            return Err(Error::usage(format!("a run named '{name}' exists already"))
                .hint(format!("see 'git puff show {name}', or choose another --name")));
        }
        return Ok(name.clone());
    }
    for attempt in 0..1000 {
        let suffix = app.ids.suffix(&intent.prompt, attempt);
        if let Ok(id) = RunId::compose(&intent.prompt, &suffix)
            && !taken(&id)
        {
            return Ok(id);
        }
    }
    Err(Error::failed("no free name was found for the run").hint("give it one with --name"))
}
