//! Checking what is asked for: everything that can fail later is found here, before anything is recorded.

use std::collections::{BTreeSet, HashSet};

use super::check_limit;
use crate::app::{AgentEnv, App};
use crate::engine::base::{self, Base};
use crate::engine::intent::Intent;
use crate::engine::{Listener, branches, open_here};
use crate::error::{Error, Result};
use crate::model::{AgentCount, Local, MOST_LOCAL, Profile, RunId, SessionId};
use crate::provider::Provider;
use crate::provider::cloud::CodexCloud;
use crate::session;
use crate::session::worktree::{self, WorkspaceRoot};
use crate::settings;
use crate::store::{RunStore, Runbook, SessionStore};

/// The cloud, and the profile that is recorded for it.
pub(super) struct Cloud {
    pub client: CodexCloud,
    pub profile: Profile,
}

impl Cloud {
    /// Returns the cloud, if one of these is for it.
    pub fn of(app: &App, intents: &[Intent]) -> Result<Option<Cloud>> {
        if intents.iter().all(|intent| !intent.agents.is_empty()) {
            return Ok(None);
        }
        if !app.permissions.cloud {
            return Err(switched_off("Codex Cloud", "cloud").hint(
                "name agents on this machine instead, or let the user allow it: git config --add puff.mcp.allow cloud",
            ));
        }
        let (client, profile) = open_here(app)?;
        Ok(Some(Cloud { client, profile }))
    }
}

/// Who does the work, and with what.
pub(super) enum Work {
    /// The cloud, in this environment.
    Cloud { env: String },
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
    cloud: Option<&Cloud>,
    intents: Vec<Intent>,
    skip_doctor: bool,
    notify: Listener<'_>,
) -> Result<Vec<Prepared>> {
    branches::prove_free(app)?;
    Runbook::new(&app.layout).prove_writable()?;
    let mut prepared: Vec<Prepared> = Vec::new();
    for intent in intents {
        let next = match cloud.filter(|_| intent.agents.is_empty()) {
            Some(cloud) => {
                let env = cloud_env(app, &intent)?;
                let best_of = attempts(app, &intent, &cloud.client)?;
                let id = new_id(app, store, &intent, &prepared)?;
                let base = base::for_cloud(app, intent.base.as_deref(), notify)?;
                Prepared { intent, id, work: Work::Cloud { env }, base, best_of }
            }
            None => {
                if !app.permissions.local {
                    return Err(switched_off("running agents on this machine", "local")
                        .hint("only the user can allow it: git config --add puff.mcp.allow local"));
                }
                let best_of = agents(app, &intent)?;
                let id = new_id(app, store, &intent, &prepared)?;
                let base = base::for_here(app, &intent.base.clone().unwrap_or_else(|| head(app)))?;
                let work = Work::Local(local(app, &intent, &id, best_of)?);
                prove_unused(app, &id, &work, best_of)?;
                Prepared { intent, id, work, base, best_of }
            }
        };
        prepared.push(next);
    }
    let in_cloud = || {
        prepared.iter().filter_map(|one| match &one.work {
            Work::Cloud { env } => Some((env.as_str(), one.best_of)),
            Work::Local(_) => None,
        })
    };
    check_limit(app, store, in_cloud().map(|(_, best_of)| best_of).sum())?;
    if let Some(cloud) = cloud.filter(|_| !skip_doctor) {
        let envs: HashSet<&str> = in_cloud().map(|(env, _)| env).collect();
        envs.into_iter().try_for_each(|env| cloud.client.check(Some(env)))?;
    }
    Ok(prepared)
}

/// Returns the error for what the user does not let agents do.
fn switched_off(what: &str, group: &str) -> Error {
    Error::failed(format!("{what} is switched off here by puff.mcp.allow, which leaves '{group}' out"))
}

/// Returns what HEAD is, by a name that still means the same tomorrow.
fn head(app: &App) -> String {
    let detached = || app.repo.head_commit().map(|commit| commit.to_string());
    app.repo.head_branch().or_else(detached).unwrap_or_else(|| "HEAD".to_owned())
}

/// Returns the environment of a run in the cloud.
fn cloud_env(app: &App, intent: &Intent) -> Result<String> {
    if intent.jobs.is_some() || intent.keep {
        let flag = if intent.keep { "--keep" } else { "--jobs" };
        return Err(Error::usage(format!("{flag} applies to agents on this machine only"))
            .hint("name one with --agent NAME, or leave it out"));
    }
    intent.env.clone().or_else(|| app.settings.text(settings::ENV)).ok_or_else(|| {
        Error::usage("no cloud environment is named")
            .hint("name one with --env, or keep it: git config puff.env ENV; 'git puff create' shows how to make one")
    })
}

/// Returns how many attempts the agents on this machine make; each of them is there.
fn agents(app: &App, intent: &Intent) -> Result<u32> {
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
    let ready = |agent| session::ready(&app.settings, agent, false, &environment).map(drop);
    agents.into_iter().try_for_each(ready)?;
    Ok(sum)
}

/// Returns how the agents on this machine work; worktrees for them can be made.
fn local(app: &App, intent: &Intent, id: &RunId, best_of: u32) -> Result<Local> {
    worktree::check(app)?;
    Ok(Local {
        jobs: super::parallel_attempts(intent, best_of),
        keep: intent.keep,
        limit_s: intent.limit.0,
        worktrees: WorkspaceRoot::find(app)?.of_run(id),
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
        if path.read_dir().is_ok_and(|mut entries| entries.next().is_some()) || app.repo.worktree_at(&path).is_some() {
            return Err(Error::failed(format!("an earlier run '{id}' has left the worktree '{}'", path.display()))
                .hint("choose another --name; or, once nothing in it is needed, 'git worktree remove' it"));
        }
        if folder.exists() {
            return Err(Error::failed(format!("an earlier run '{id}' has left the session '{session}'"))
                .hint(format!("choose another --name; or, once it is not needed, remove '{}'", folder.display())));
        }
    }
    Ok(())
}

fn attempts(app: &App, intent: &Intent, cloud: &CodexCloud) -> Result<u32> {
    let best_of = match intent.best_of {
        Some(number) => number,
        None => app.settings.number(settings::BEST_OF)?,
    };
    let most = cloud.most_attempts().unwrap_or(16);
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
