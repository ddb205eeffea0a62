//! What a prune of a run would remove, and what it leaves alone. Nothing but objects is written.

use std::path::PathBuf;

use super::notes::{self, Text};
use super::worktrees;
use crate::app::App;
use crate::engine::pick::reconcile::{PickState, pick_state, waits};
use crate::error::{Error, Result};
use crate::lock::FileLock;
use crate::model::documents::KeptBack;
use crate::model::{Act, KeptBranch, KeptWorktree, Oid, Run, RunId, Session, State, Variant};
use crate::settings;
use crate::store::{Recorded, RecoveryPoints, RunStore, SessionStore};

/// What a prune removes of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The run.
    pub recorded: Recorded,
    /// Its branches, without those that stay.
    pub branches: Vec<KeptBranch>,
    /// Its worktrees, without those that stay.
    pub worktrees: Vec<KeptWorktree>,
    /// The notes that it has a part in.
    pub notes: Vec<Text>,
    /// Its sessions, logs and results.
    pub files: Vec<PathBuf>,
    /// What stays.
    pub kept: Vec<KeptBack>,
}

/// Plans the prune of a run.
///
/// # Errors
/// When the run is running, or waits for the user.
pub fn plan(app: &App, id: &RunId) -> Result<Plan> {
    let recorded = RunStore::new(app).load(id)?;
    let run = &recorded.run;
    let sessions = sessions(app, run)?;
    prove_idle(app, &recorded, &sessions)?;
    let (worktrees, mut kept) = worktrees::find(app, run)?;
    let mut branches = Vec::new();
    for variant in &run.variants {
        match branch(app, run, variant)? {
            Found::None => {}
            Found::Goes(branch) => branches.push(branch),
            Found::Stays(stays) => kept.push(stays),
        }
    }
    let notes = notes::texts(app, run)?;
    let files = files(app, run, &sessions);
    Ok(Plan { branches, worktrees, notes, files, kept, recorded })
}

/// Checks that no process works for a run, and that it does not wait for the user.
fn prove_idle(app: &App, recorded: &Recorded, sessions: &[Session]) -> Result<()> {
    let run = &recorded.run;
    let id = &run.run;
    if run.is_job() {
        return Err(Error::failed(format!("the run '{id}' is being watched, and is {}", run.state.as_str())).hint(
            format!("'git puff stop {id}' ends the watching, 'git puff cancel {id}' the run where that can be"),
        ));
    }
    let here =
        matches!(run.state, State::Queued | State::Submitting) || (run.is_local() && run.state == State::Pending);
    if here && run.is_remote() {
        return Err(Error::failed(format!("the run '{id}' is {} in another clone", run.state.as_str()))
            .hint("'git puff sync' fetches its outcome; prune it then"));
    }
    if here {
        return Err(Error::failed(format!("the run '{id}' is {}", run.state.as_str()))
            .hint(format!("end it first: git puff cancel {id}")));
    }
    if FileLock::is_held(&app.layout.review_lock(id)) {
        return Err(Error::failed(format!("the run '{id}' is being reviewed"))
            .hint("wait until it has finished, or end it with Control-C where it runs"));
    }
    if let Some(session) = sessions.iter().find(|session| !session.state.is_over()) {
        return Err(Error::failed(format!("the session '{}' works for the run '{id}'", session.id))
            .hint(format!("end it first: git puff session kill {}", session.id)));
    }
    let Some(point) = RecoveryPoints::new(app).newest_of(id, recorded.head)? else { return Ok(()) };
    match &point.recovery.act {
        Act::Pick(pick) if pick_state(app, &point, pick, run) == PickState::Waits => Err(waits(&point, pick)),
        _ => Ok(()),
    }
}

/// Returns the sessions that worked for a run.
fn sessions(app: &App, run: &Run) -> Result<Vec<Session>> {
    let mut sessions = SessionStore::new(&app.layout).list()?;
    sessions.retain(|session| session.works_for(run));
    Ok(sessions)
}

/// Returns what there is of a run in the folder of live things.
fn files(app: &App, run: &Run, sessions: &[Session]) -> Vec<PathBuf> {
    let layout = &app.layout;
    let store = SessionStore::new(layout);
    let folders = sessions.iter().map(|session| store.place(&session.id).folder().to_owned());
    let others = [layout.log(&run.run), layout.result(&run.run), layout.live().join(run.run.as_str())];
    folders.chain(others).filter(|path| path.exists()).collect()
}

enum Found {
    None,
    Goes(KeptBranch),
    Stays(KeptBack),
}

/// Returns what becomes of the branch of a variant.
fn branch(app: &App, run: &Run, variant: &Variant) -> Result<Found> {
    let (Some(branch), Some(commit)) = (&variant.branch, variant.commit) else { return Ok(Found::None) };
    let name = format!("refs/heads/{branch}");
    let Some(at) = app.repo.ref_target(&name) else { return Ok(Found::None) };
    let stays = |why: String| Ok(Found::Stays(KeptBack { what: "branch", name: branch.clone(), why }));
    // A record may come from anywhere: only a branch that is named for the variant is its.
    if !branch.ends_with(&format!("{}/{}", run.run, variant.name())) {
        return stays("it is not named as a branch of this run is".to_owned());
    }
    if let Some(path) = app.repo.holder(&name, app.layout.top()) {
        return stays(format!("it is checked out in '{}'", path.display()));
    }
    if at != commit && !is_elsewhere(app, run, at, commit)? {
        return stays(format!("it has commits that are nowhere else, up to {}", at.short()));
    }
    Ok(Found::Goes(KeptBranch { name, at }))
}

/// Returns whether the commits on top of a variant are also elsewhere: pushed, or merged in any way.
fn is_elsewhere(app: &App, run: &Run, tip: Oid, since: Oid) -> Result<bool> {
    let repo = &app.repo;
    if repo.is_pushed(tip) {
        return Ok(true);
    }
    let remote = app.settings.text(settings::REMOTE).unwrap_or_else(|| "origin".to_owned());
    let picked = run.decision.as_ref().map(|decision| decision.onto.clone());
    let named = [
        Some("HEAD".to_owned()),
        Some(format!("refs/heads/{}", run.base)),
        Some(format!("refs/remotes/{remote}/{}", run.base)),
        Some(format!("refs/remotes/{remote}/HEAD")),
        picked,
    ];
    let mut seen = Vec::new();
    for upstream in named.into_iter().flatten().filter_map(|name| repo.ref_target(&name)) {
        if !seen.contains(&upstream) && repo.has_work(upstream, tip, since)? {
            return Ok(true);
        }
        seen.push(upstream);
    }
    Ok(false)
}
