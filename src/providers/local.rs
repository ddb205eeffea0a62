//! Agents on this machine: each attempt is a session in a worktree of its own, on the run's base.
//!
//! The name of a run's task is the run's own. What there is to know about an attempt is in the run's record, in its
//! session, whose id follows from run and number, and in its worktree: so nothing is lost when the observing process is
//! killed.

mod attempt_state;
mod collect;
pub mod live;
mod moved;
mod start;

pub use self::collect::{remove, stays};

use std::collections::HashMap;
use std::time::{Duration, Instant};

use self::attempt_state::AttemptState;
use crate::app::{AgentEnv, App};
use crate::error::{Error, Result, ResultExt};
use crate::lock::FileLock;
use crate::model::{Local, MOST_LOCAL, Profile, ProviderName, Run, RunId, State, TaskId, Time, Variant, VariantStatus};
use crate::parallel;
use crate::process::{Mark, Wake};
use crate::provider::{
    AttemptObservation, AttemptObservations, BaseKind, Capabilities, Collection, Failure, Observation, Place, Provider,
    ProviderKind, Question, RetryPolicy, Submission, SubmitFailure, Task, TaskStatus, TaskSummary,
};
use crate::session;
use crate::session::agents::Agent;
use crate::session::control::{self, Request};
use crate::store::{RunStore, SessionStore};

/// How long sessions that are ended may take to be so: longer than an agent gets to end by itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many attempts are started, or collected, at the same time, at least: most of it is waiting for the disk.
const LEAST_AT_ONCE: usize = 4;

/// The number of a variant, and what is to be known about its start, or why it failed.
type Started = (u32, Result<Option<String>>);

/// What it is called in a sentence.
const TITLE: &str = "agents on this machine";

/// The longest polling interval: a poll costs a few system calls.
const LONGEST_INTERVAL: Duration = Duration::from_secs(1);

/// Agents on this machine as one of the kinds of providers.
pub struct LocalKind;

impl ProviderKind<App> for LocalKind {
    fn name(&self) -> ProviderName {
        ProviderName::LOCAL
    }

    fn title(&self) -> &str {
        TITLE
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            is_paid: false,
            needs_environment: false,
            base: BaseKind::Commit,
            place: Place::Here,
            can_cancel: true,
            longest_interval: Some(LONGEST_INTERVAL),
        }
    }

    fn open<'c>(&self, app: &'c App, _: Option<&Profile>, _: RetryPolicy) -> Result<Box<dyn Provider + 'c>> {
        Ok(Box::new(LocalAgents::new(app)))
    }
}

/// The agents on this machine, working for runs of this repository.
pub struct LocalAgents<'c> {
    app: &'c App,
}

impl<'c> LocalAgents<'c> {
    /// Creates the provider of agents on this machine.
    pub fn new(app: &'c App) -> LocalAgents<'c> {
        LocalAgents { app }
    }

    /// Returns the run that a task is, with how it is to be carried out.
    fn run(&self, task: &TaskId) -> Result<(Run, Local)> {
        let unknown = || Error::failed(format!("no run named '{task}' here")).hint("'git puff list' shows the runs");
        let id: RunId = task.as_str().parse().map_err(|_| unknown())?;
        let run = RunStore::new(self.app).load(&id)?.run;
        if run.is_remote() {
            return Err(Error::failed(format!("the agents of '{id}' are not on this machine"))
                .hint("'git puff sync' fetches its outcome"));
        }
        let local = run.local.clone().ok_or_else(unknown)?;
        moved::follow(self.app, run, local)
    }

    /// Locks the start and end of sessions, so that two processes that observe one run start each attempt once.
    fn lock(&self) -> Result<Option<FileLock>> {
        self.app.layout.prepare()?;
        FileLock::attempt(&self.app.layout.local_lock()).or_fail(|| "cannot acquire the lock of local agents".into())
    }

    fn wait_for_lock(&self) -> Result<FileLock> {
        self.app.layout.prepare()?;
        FileLock::wait(&self.app.layout.local_lock()).or_fail(|| "cannot acquire the lock of local agents".into())
    }

    /// Observes a run, and starts the attempts that have a place.
    fn observe_task(&self, task: &TaskId) -> Result<Observation> {
        let lock = self.lock()?;
        // Read under the lock: a run that was cancelled before starts nothing any more.
        let (run, local) = self.run(task)?;
        let mut states: Vec<AttemptState> = Vec::new();
        for variant in &run.variants {
            let state = attempt_state::of(self.app, &run, &local, variant, lock.is_some());
            attempt_state::note_end(self.app, &run, &local, variant, &state);
            states.push(state);
        }
        let mut ready = Ready { app: self.app, agents: HashMap::new(), environment: None };
        let at_work = states.iter().filter(|one| one.status == VariantStatus::InProgress).count();
        let mut free = (local.jobs as usize).saturating_sub(at_work);
        while lock.is_some() && run.state == State::Pending && free > 0 {
            let is_next = |(_, state): &(&Variant, &AttemptState)| state.status == VariantStatus::Pending;
            let next: Vec<&Variant> =
                run.variants.iter().zip(&states).filter(is_next).map(|one| one.0).take(free).collect();
            if next.is_empty() {
                break;
            }
            for (index, started) in self.start_attempts(&run, &local, &next, &mut ready) {
                let Some(at) = run.variants.iter().position(|variant| variant.index == index) else { continue };
                match started {
                    Ok(reason) => {
                        states[at] = AttemptState { status: VariantStatus::InProgress, reason, session: None };
                        free -= 1;
                    }
                    Err(error) => states[at] = AttemptState::failed(&error),
                }
            }
        }
        let each = run.variants.iter().zip(&states).map(|(variant, state)| AttemptObservation {
            placement: variant.index - 1,
            status: state.status,
            reason: state.reason.clone(),
        });
        Ok(Observation {
            status: Some(overall(&states)),
            attempts: None,
            updated_at: None,
            news: AttemptObservations::Each(each.collect()),
            trouble: None,
        })
    }

    /// Starts these attempts, several at a time: a new workspace takes as long as the checkout. Returns the number of each, and
    /// what is to be known about it.
    fn start_attempts(&self, run: &Run, local: &Local, variants: &[&Variant], ready: &mut Ready<'_>) -> Vec<Started> {
        let mut started = Vec::new();
        let mut able = Vec::new();
        for variant in variants {
            match ready.get(run, variant.agent.as_deref().unwrap_or_default()) {
                Ok((agent, environment, lost)) => able.push((*variant, agent.clone(), environment.clone(), lost)),
                Err(error) => started.push((variant.index, Err(error))),
            }
        }
        type Able<'v> = (&'v Variant, Agent, AgentEnv, Option<String>);
        let start = |app: &App, (variant, agent, environment, lost): &Able<'_>| {
            let started = start::start(app, run, local, variant, (agent, environment));
            (variant.index, started.map(|()| lost.clone()))
        };
        let seed = self.app.seed();
        let elsewhere = || {
            let app = seed.clone().open();
            move |one: &Able<'_>| match &app {
                Ok(app) => start(app, one),
                Err(error) => (one.0.index, Err(Error::failed(error.in_a_line()))),
            }
        };
        let at_once = parallel::processors().max(LEAST_AT_ONCE);
        started.extend(parallel::map_each(&able, at_once, |one| start(self.app, one), elsewhere));
        started
    }

    fn end(&self, task: &TaskId) -> Result<()> {
        let _lock = self.wait_for_lock()?;
        let (run, _) = self.run(task)?;
        let store = SessionStore::new(&self.app.layout);
        let sessions = run.variants.iter().filter_map(|variant| attempt_state::session(self.app, &run, variant));
        let ended: Vec<_> = sessions
            .filter(|session| {
                attempt_state::has_started(self.app, session) && session.state != crate::model::SessionState::Exited
            })
            .map(|session| store.place(&session.id))
            .collect();
        for place in &ended {
            let asked = control::ask(place, &Request::Kill { why: "the run was cancelled".to_owned() });
            if asked.is_err() && !place.is_supervised() {
                Mark::of_session(place.folder()).kill();
            }
        }
        let started = Instant::now();
        while ended.iter().any(|place| place.is_supervised()) {
            if started.elapsed() > PATIENCE
                || self.app.cancellation.pause(Duration::from_millis(20)) == Wake::Interrupted
            {
                return Err(Error::failed(format!("not every session of '{}' has ended yet", run.run))
                    .hint("'git puff session list' shows those that have not"));
            }
        }
        Ok(())
    }
}

/// Returns whether an agent of the run still runs.
pub fn is_running(app: &App, run: &Run) -> bool {
    let store = SessionStore::new(&app.layout);
    let sessions = run.variants.iter().filter_map(|variant| attempt_state::session(app, run, variant));
    sessions.into_iter().any(|session| store.place(&session.id).is_supervised())
}

/// Agents that can be started: each is asked once how.
struct Ready<'c> {
    app: &'c App,
    agents: HashMap<String, Agent>,
    /// The environment of the launch, and why it is another one.
    environment: Option<(AgentEnv, Option<String>)>,
}

impl Ready<'_> {
    /// Returns the agent of this name, the environment that it gets, and, where that is not the launch's, why.
    fn get(&mut self, run: &Run, name: &str) -> Result<(&Agent, &AgentEnv, Option<String>)> {
        let app = self.app;
        let (environment, lost) = self.environment.get_or_insert_with(|| start::environment(app, run));
        if !self.agents.contains_key(name) {
            self.agents.insert(name.to_owned(), session::ready(&app.settings, name, false, environment)?);
        }
        Ok((&self.agents[name], environment, lost.clone()))
    }
}

/// Returns how far the session of a variant is, for those who only look.
pub fn status(app: &App, run: &Run, variant: &Variant) -> VariantStatus {
    let local = run.local.as_ref().filter(|_| !run.is_remote());
    local.map_or(variant.status, |local| attempt_state::of(app, run, local, variant, false).status)
}

fn overall(states: &[AttemptState]) -> TaskStatus {
    let each = || states.iter().map(|state| state.status);
    if !each().all(VariantStatus::is_terminal) {
        TaskStatus::Pending
    } else if each().any(|status| status == VariantStatus::Completed) {
        TaskStatus::Ready
    } else {
        TaskStatus::Error
    }
}

impl Provider for LocalAgents<'_> {
    fn most_attempts(&self) -> Option<u32> {
        Some(MOST_LOCAL)
    }

    fn check(&self, _: Option<&str>) -> Result<(), Failure> {
        Ok(())
    }

    fn submit(&self, submission: &Submission<'_>) -> Result<Task, SubmitFailure> {
        // Nothing begins before this is recorded: so there is no answer that could be lost.
        let id = submission.run.as_str().parse::<TaskId>();
        let id = id.map_err(|cause| Failure::Refused { what: cause.to_string(), said: String::new() })?;
        Ok(Task { id, url: None })
    }

    fn observe(&self, tasks: &[Question]) -> Result<Vec<Observation>, Failure> {
        // A run that cannot be observed now does not keep the others from being observed.
        let silent = |error: Error| Observation {
            status: Some(TaskStatus::Pending),
            attempts: None,
            updated_at: None,
            news: AttemptObservations::None,
            trouble: Some(error.message().to_owned()),
        };
        Ok(tasks.iter().map(|task| self.observe_task(&task.id).unwrap_or_else(silent)).collect())
    }

    fn collect(&self, task: &Question) -> Result<Collection, Failure> {
        self.collect_finished(&task.id).map_err(|error| Failure::unusable(&error))
    }

    fn release(&self, task: &Question, kept: &Collection) -> Result<(), Failure> {
        self.tidy(&task.id, kept).map_err(|error| Failure::unusable(&error))
    }

    fn cancel(&self, task: &Question) -> Result<(), Failure> {
        self.end(&task.id).map_err(|error| Failure::unusable(&error))
    }

    fn describe(&self, task: &TaskId) -> Result<TaskSummary, Failure> {
        Err(Failure::NoSuchTask { at: TITLE.to_owned(), task: task.to_string() })
    }

    fn recent(&self, _: Option<&str>, _: Time) -> Result<Vec<TaskSummary>, Failure> {
        Ok(Vec::new())
    }
}
