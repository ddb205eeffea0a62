//! From what a user asks for to recorded runs at work.
//!
//! Everything that can fail is checked before anything is recorded; the intent is recorded before anything is sent.

use std::collections::HashSet;

use super::base::{self, Base};
use super::intent::{Intent, WatchWish};
use super::{Listener, Notice, branches, submit};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::{Oid, Profile, ProviderKind, Run, RunId, Span, State, Time, Variant, Watch, first_line};
use crate::provider::Provider;
use crate::provider::cloud::CodexCloud;
use crate::settings;
use crate::store::{Change, Recorded, RunStore, Runbook};

/// The window of `puff.attemptLimit`.
const DAY: Span = Span(86400);

/// What is to be launched, and how.
#[derive(Debug)]
pub struct Plan {
    /// The tasks, in order.
    pub intents: Vec<Intent>,
    /// How the runs are watched; none when they are not.
    pub watch: Option<WatchWish>,
    /// How many runs may be at work at once; 0 for no limit.
    pub max_active: u32,
    /// Leave out the questions to the cloud that come before the submission.
    pub skip_doctor: bool,
}

/// What came of a launch: the runs in order, and what went wrong on the way, if something did. Runs that were recorded
/// before it are among them.
#[derive(Debug)]
pub struct Launched {
    /// The recorded runs.
    pub runs: Vec<Run>,
    /// The first thing that went wrong.
    pub failure: Option<Error>,
}

/// An intent that nothing stands against.
struct Prepared {
    intent: Intent,
    id: RunId,
    env: String,
    base: Base,
    best_of: u32,
}

/// Checks everything, records the intents, and submits those that have a place.
///
/// # Errors
/// When a check fails: then nothing was recorded and nothing sent.
pub fn launch(context: &Context, plan: Plan, tell: Listener<'_>) -> Result<Launched> {
    let (cloud, profile) = super::open_here(context)?;
    let store = RunStore::new(context);
    // Not needed before the harvest; but then it would be found missing after the task was paid for.
    context.identity()?;
    let prepared = prepare(context, &store, &cloud, plan.intents, plan.skip_doctor, tell)?;

    let now = context.clock.now();
    let active = active_runs(&store)?;
    // Nobody overtakes those who wait already.
    let taken = active + waiting_runs(&store)?;
    let places = if plan.max_active == 0 { usize::MAX } else { (plan.max_active as usize).saturating_sub(taken) };
    // One run that has a place is recorded as being submitted; several are recorded first, all of them.
    let alone = prepared.len() == 1 && places > 0;
    let first_state = if alone { State::Submitting } else { State::Queued };
    let new = New {
        profile,
        watch: plan.watch,
        max_active: plan.max_active,
        now,
        state: first_state,
        dialect: cloud.dialect().to_owned(),
    };
    let alone_lock = if alone { Some(submit::lock(context, &prepared[0].id)?) } else { None };
    let mut recorded = Vec::new();
    for (at, prepared) in prepared.iter().enumerate() {
        // A moment apart, so that the order in which they were given is the order of the queue, and of every list.
        let created = now + chrono::TimeDelta::milliseconds(at as i64);
        recorded.push(store.create(new.run(prepared, created), &new.change(prepared))?);
    }
    let mut launched = Launched { runs: Vec::new(), failure: None };
    let mut lock = alone_lock;
    for (at, Recorded { run, .. }) in recorded.into_iter().enumerate() {
        if at >= places || launched.failure.is_some() {
            tell(Notice::Queued { run: run.run.clone(), active: active + at.min(places) });
            launched.runs.push(run);
            continue;
        }
        let id = run.run.clone();
        let held = match lock.take() {
            Some(held) => held,
            None => submit::lock(context, &id)?,
        };
        match submit::submit(context, &cloud, &id, held, tell) {
            Ok(run) => launched.runs.push(run),
            Err(failure) => {
                launched.runs.push(store.load(&id)?.run);
                launched.failure = Some(failure);
            }
        }
    }
    Ok(launched)
}

fn prepare(
    context: &Context,
    store: &RunStore<'_>,
    cloud: &CodexCloud,
    intents: Vec<Intent>,
    skip_doctor: bool,
    tell: Listener<'_>,
) -> Result<Vec<Prepared>> {
    branches::prove_free(context)?;
    Runbook::new(&context.places).prove_writable()?;
    let mut prepared: Vec<Prepared> = Vec::new();
    for intent in intents {
        let env = intent.env.clone().or_else(|| context.settings.text(settings::ENV)).ok_or_else(|| {
            Error::usage("no cloud environment is named").hint(
                "name one with --env, or keep it: git config puff.env ENV; 'git puff create' shows how to make one",
            )
        })?;
        let best_of = attempts(context, &intent, cloud)?;
        let id = new_id(context, store, &intent, &prepared)?;
        let base = base::for_cloud(context, intent.base.as_deref(), tell)?;
        prepared.push(Prepared { intent, id, env, base, best_of });
    }
    check_limit(context, store, prepared.iter().map(|prepared| prepared.best_of).sum())?;
    if !skip_doctor {
        let envs: HashSet<&str> = prepared.iter().map(|prepared| prepared.env.as_str()).collect();
        for env in envs {
            cloud.check(Some(env))?;
        }
    }
    Ok(prepared)
}

fn attempts(context: &Context, intent: &Intent, cloud: &CodexCloud) -> Result<u32> {
    let best_of = match intent.best_of {
        Some(number) => number,
        None => context.settings.number(settings::BEST_OF)?,
    };
    let most = cloud.most_attempts().unwrap_or(16);
    if best_of == 0 || best_of > most {
        return Err(Error::usage(format!(
            "best of {best_of} can't be asked for: a task takes 1 to {most} attempts here"
        ))
        .hint("say --best-of N; for more attempts launch several runs"));
    }
    Ok(best_of)
}

fn new_id(context: &Context, store: &RunStore<'_>, intent: &Intent, others: &[Prepared]) -> Result<RunId> {
    let taken = |id: &RunId| store.exists(id) || others.iter().any(|other| other.id == *id);
    if let Some(name) = &intent.name {
        if taken(name) {
            return Err(Error::usage(format!("there is a run named '{name}' already"))
                .hint(format!("look at it with 'git puff show {name}', or choose another --name")));
        }
        return Ok(name.clone());
    }
    for attempt in 0..1000 {
        let suffix = context.ids.suffix(&intent.prompt, attempt);
        if let Ok(id) = RunId::compose(&intent.prompt, &suffix)
            && !taken(&id)
        {
            return Ok(id);
        }
    }
    Err(Error::failed("no free name was found for the run").hint("give it one with --name"))
}

/// Refuses what `puff.attemptLimit` does not allow.
///
/// # Errors
/// When `wanted` more attempts would be too many in 24 hours.
pub fn check_limit(context: &Context, store: &RunStore<'_>, wanted: u32) -> Result<()> {
    let limit = context.settings.number(settings::ATTEMPT_LIMIT)?;
    if limit == 0 {
        return Ok(());
    }
    let since = context.clock.now() - DAY.duration();
    let paid = |run: &Run| {
        let at = run.submitted_at.or((run.state == State::Submitting).then_some(run.created_at));
        run.provider == ProviderKind::CodexCloud && at.is_some_and(|at| at > since)
    };
    let (runs, _) = store.list()?;
    let used: u32 = runs.iter().filter(|recorded| paid(&recorded.run)).map(|recorded| recorded.run.best_of).sum();
    if used + wanted <= limit {
        return Ok(());
    }
    Err(Error::failed(format!(
        "{wanted} more attempts would make {} in 24 hours, and puff.attemptLimit is {limit}",
        used + wanted
    ))
    .hint("wait, ask for fewer with --best-of, or raise it: git config puff.attemptLimit N"))
}

/// How many runs take up a place.
///
/// # Errors
/// When the runs can't be read.
pub fn active_runs(store: &RunStore<'_>) -> Result<usize> {
    let (runs, _) = store.list()?;
    Ok(runs.iter().filter(|recorded| matches!(recorded.run.state, State::Submitting | State::Pending)).count())
}

/// How many runs wait for a place that the watcher will give them.
fn waiting_runs(store: &RunStore<'_>) -> Result<usize> {
    let (runs, _) = store.list()?;
    Ok(runs.iter().filter(|recorded| recorded.run.state == State::Queued && recorded.run.is_job()).count())
}

/// What all runs of one launch have in common.
struct New {
    profile: Profile,
    watch: Option<WatchWish>,
    max_active: u32,
    now: Time,
    state: State,
    dialect: String,
}

impl New {
    fn run(&self, prepared: &Prepared, created: Time) -> Run {
        let Prepared { intent, id, env, base, best_of } = prepared;
        Run {
            provider: ProviderKind::CodexCloud,
            dialect: Some(self.dialect.clone()),
            profile: Some(self.profile.clone()),
            env: Some(env.clone()),
            prompt_file: intent.prompt_file.clone().unwrap_or_else(|| kept_prompt(id)),
            state: self.state,
            parent: intent.parent.clone(),
            watch: self.watch.map(|wish| Watch { max_active: self.max_active, ..watch(wish, self.now) }),
            ..blank(id, &base.named, base.oid, *best_of, &intent.prompt, created)
        }
    }

    fn change(&self, prepared: &Prepared) -> Change<'static> {
        let Prepared { intent, base, best_of, .. } = prepared;
        let subject = format!("intent: best of {best_of} on {} ({})", base.named, base.oid.short());
        let prompt = ("prompt.md".to_owned(), Some(intent.prompt.clone().into_bytes()));
        Change { files: vec![prompt], ..Change::new(subject) }
    }
}

/// The name of the copy of the prompt that is kept with the run: `git show` prints it.
pub fn kept_prompt(id: &RunId) -> String {
    format!("{}{id}:prompt.md", crate::store::RUNS)
}

/// How a run is watched from now on.
pub fn watch(wish: WatchWish, now: Time) -> Watch {
    Watch {
        active: true,
        interval_s: wish.interval.0.max(1),
        timeout_s: wish.timeout.0,
        harvest: wish.harvest,
        max_active: 0,
        started_at: now,
        ended_at: None,
        ending: None,
    }
}

/// A run of which only what was asked is known.
pub fn blank(id: &RunId, base: &str, base_oid: Oid, best_of: u32, prompt: &str, now: Time) -> Run {
    Run {
        schema: Run::schema(),
        run: id.clone(),
        task_id: None,
        task_url: None,
        provider: ProviderKind::CodexCloud,
        dialect: None,
        profile: None,
        env: None,
        base: base.to_owned(),
        base_oid,
        best_of,
        prompt_file: kept_prompt(id),
        title: first_line(prompt, 200),
        state: State::Queued,
        attention: None,
        reason: None,
        parent: None,
        created_at: now,
        updated_at: now,
        submitted_at: None,
        progress_at: None,
        observed: None,
        watch: None,
        identity: None,
        variants: (1..=best_of).map(Variant::new).collect(),
        extra: Default::default(),
    }
}
