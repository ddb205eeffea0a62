//! How far an attempt is, read from its record, its session and its worktree.

use crate::app::App;
use crate::error::Error;
use crate::git::WorktreeFault;
use crate::model::{Local, Risk, Run, Session, SessionId, SessionState, Variant, VariantStatus};
use crate::session::side_effects::{Actor, GitDirSnapshot};
use crate::session::user_files::{self, ChangedFile, UserFiles};
use crate::session::worktree::setup_failure;
use crate::store::{ActiveFiles, SessionStore, USER_FILES, user_files_of};

/// How often a session may have been resumed.
const MOST_RESUMED: usize = 100;

/// How far an attempt is, and why.
#[derive(Clone, Debug)]
pub(super) struct AttemptState {
    /// How far.
    pub status: VariantStatus,
    /// Why, where that needs saying.
    pub reason: Option<String>,
    /// Its newest session.
    pub session: Option<Session>,
}

impl AttemptState {
    /// Returns the state of an attempt that failed with this error.
    pub fn failed(error: &Error) -> AttemptState {
        AttemptState { status: VariantStatus::Failed, reason: Some(one_line(error)), session: None }
    }
}

/// Returns an error with its cause, in a line.
pub(super) fn one_line(error: &Error) -> String {
    error.in_a_line()
}

/// Returns how far a variant is. `alone` when no other process may be starting its session right now.
pub(super) fn of(app: &App, run: &Run, local: &Local, variant: &Variant, alone: bool) -> AttemptState {
    let stands = |status, reason: Option<String>, session| AttemptState { status, reason, session };
    let Some(session) = session(app, run, variant) else {
        return match variant.status {
            // It was started, and its record was removed.
            VariantStatus::InProgress => {
                let why = "its session is gone, so its result is unknown".to_owned();
                stands(VariantStatus::Failed, Some(why), None)
            }
            status => stands(status, variant.reason.clone(), None),
        };
    };
    if !session.state.is_over() {
        let asks = (session.state == SessionState::Waiting).then(|| {
            format!("its agent waits for an answer: 'git puff session show {}' shows the question", session.id)
        });
        return stands(VariantStatus::InProgress, asks, Some(session));
    }
    if failed_to_start(app, &session) {
        if variant.status.is_terminal() {
            return stands(variant.status, variant.reason.clone(), Some(session));
        }
        let status = if alone { VariantStatus::Pending } else { VariantStatus::InProgress };
        return stands(status, None, Some(session));
    }
    if variant.status == VariantStatus::Cancelled {
        return stands(VariantStatus::Cancelled, variant.reason.clone(), Some(session));
    }
    let place = SessionStore::new(&app.layout).place(&session.id);
    let well = session.state == SessionState::Exited && session.exit() == Some(0) && session.killed.is_none();
    if !well {
        let why = setup_failure(&place).or_else(|| session.why.clone());
        return stands(VariantStatus::Failed, why, Some(session));
    }
    let is_gone = || matches!(app.repo.open_worktree(&local.worktree(variant.index)), Err(WorktreeFault::Gone));
    if variant.patch_sha256.is_none() && is_gone() {
        let why = "its worktree is gone, and its work with it".to_owned();
        return stands(VariantStatus::Failed, Some(why), Some(session));
    }
    stands(VariantStatus::Completed, None, Some(session))
}

/// Returns the newest session of a variant: the first one, or the one that continues it.
pub(super) fn session(app: &App, run: &Run, variant: &Variant) -> Option<Session> {
    let store = SessionStore::new(&app.layout);
    let first = store.load(&SessionId::of_variant(&run.run, variant.index, 1)).ok()?;
    let mut session = Some(first).filter(|session| session.works_for(run))?;
    for _ in 0..MOST_RESUMED {
        match session.resumed_as.clone().map(|next| store.load(&next)) {
            Some(Ok(next)) => session = next,
            _ => break,
        }
    }
    Some(session)
}

/// Returns whether its supervisor did not come up, so that no agent ever ran in it.
pub(super) fn failed_to_start(app: &App, session: &Session) -> bool {
    session.state == SessionState::Lost && !has_started(app, session)
}

/// Returns whether an agent runs in it, or may have run.
pub(super) fn has_started(app: &App, session: &Session) -> bool {
    session.pid.is_some() || SessionStore::new(&app.layout).place(&session.id).is_started()
}

/// Unlocks the worktree of a session that is over, and notes once what the agent did to the repository.
pub(super) fn note_end(app: &App, run: &Run, local: &Local, variant: &Variant, state: &AttemptState) {
    let Some(session) = state.session.as_ref().filter(|_| state.status.is_terminal()) else { return };
    let Some(worktree) = app.repo.worktree_at(&local.worktree(variant.index)) else { return };
    if worktree.locked.is_some() {
        let beside = format!("variant {} was running", variant.index);
        let meanwhile = "the agent was running";
        let actor = Actor { worktree: &worktree, start: run.base_oid, meanwhile, beside: &beside };
        let _ = GitDirSnapshot::capture(app).and_then(|traces| traces.keep_changes(app, &actor));
        // An agent that changed its own worktree was not in another.
        if session.changed.as_ref().is_none_or(Vec::is_empty) {
            note_user_files(app, run, variant);
        }
        let _ = worktree.unlock();
    }
}

/// Notes what changed in the user's worktrees since the launch.
fn note_user_files(app: &App, run: &Run, variant: &Variant) {
    let live = ActiveFiles::of(&app.layout, run);
    let Ok(Some(kept)) = live.read(USER_FILES) else { return };
    let Ok(before) = serde_json::from_slice::<UserFiles>(&kept) else { return };
    let changed = before.changed(app);
    if let (false, Ok(json)) = (changed.is_empty(), serde_json::to_vec(&changed)) {
        // A risk that is missing must not keep anybody from the work.
        let _ = live.write(&user_files_of(variant.index), &json);
    }
}

/// Returns what changed in the user's worktrees while the agent of an empty variant was active, as risks.
pub(super) fn user_file_risks(app: &App, run: &Run, variant: &Variant) -> Vec<Risk> {
    let kept = ActiveFiles::of(&app.layout, run).read(&user_files_of(variant.index));
    let changed: Option<Vec<ChangedFile>> = kept.ok().flatten().and_then(|json| serde_json::from_slice(&json).ok());
    changed.map(|changed| user_files::risks(&changed)).unwrap_or_default()
}
