//! Taking what an attempt made, and removing its worktree once that is recorded.

use std::path::Path;

use super::attempt_state::{self, AttemptState};
use super::{LEAST_AT_ONCE, LocalAgents};
use crate::app::App;
use crate::error::{Error, Result};
use crate::git::WorktreeFault;
use crate::git::snapshot::Ignored;
use crate::model::{Local, Risk, RiskKind, Run, Session, SessionId, SessionState, TaskId, Variant, VariantStatus};
use crate::parallel;
use crate::process::Mark;
use crate::provider::{Attempt, Collection, NotTaken, Work};
use crate::session::side_effects::GitDirSnapshot;
use crate::session::{log, pool, worktree};
use crate::store::{ActiveFiles, SessionStore, ignored_before, sha256};

/// How much of what it printed an agent's last words are looked for in.
const LAST_WORDS: u64 = 4096;

impl LocalAgents<'_> {
    /// Collects what every finished variant has made.
    pub(super) fn collect_finished(&self, task: &TaskId) -> Result<Collection> {
        let (run, local) = self.run(task)?;
        worktree::check(self.app)?;
        let mut finished = Vec::new();
        for variant in &run.variants {
            let state = attempt_state::of(self.app, &run, &local, variant, false);
            attempt_state::note_end(self.app, &run, &local, variant, &state);
            if state.status.is_terminal() {
                finished.push((variant, state));
            }
        }
        Ok(self.collect_attempts(&run, &local, &finished))
    }

    /// Collects these attempts, several at a time: each is a few walks through its worktree by git. They come in the order of
    /// their variants.
    fn collect_attempts(&self, run: &Run, local: &Local, finished: &[(&Variant, AttemptState)]) -> Collection {
        type Finished<'v> = (&'v Variant, AttemptState);
        let collect = |app: &App, (variant, state): &Finished<'_>| {
            let mut collected = Collection::default();
            LocalAgents::new(app).collect_attempt(run, local, variant, state.clone(), &mut collected);
            collected
        };
        let seed = self.app.seed();
        let elsewhere = || {
            let app = seed.clone().open().ok();
            move |one: &Finished<'_>| app.as_ref().map(|app| collect(app, one))
        };
        let here = |one: &Finished<'_>| Some(collect(self.app, one));
        let taken = parallel::map_each(finished, parallel::processors().max(LEAST_AT_ONCE), here, elsewhere);
        let mut collected = Collection::default();
        for (one, taken) in finished.iter().zip(taken) {
            // A thread that could not open the repository leaves its attempts to this one.
            let taken = taken.unwrap_or_else(|| collect(self.app, one));
            collected.attempts_made.extend(taken.attempts_made);
            collected.ignored.extend(taken.ignored);
            collected.not_taken.extend(taken.not_taken);
        }
        collected
    }

    /// Collects what a variant made, with whatever its worktree has; nothing when that was collected before.
    fn collect_attempt(
        &self,
        run: &Run,
        local: &Local,
        variant: &Variant,
        state: AttemptState,
        collected: &mut Collection,
    ) {
        let path = local.worktree(variant.index);
        let mut attempt = Attempt {
            placement: Some(variant.index - 1),
            status: state.status,
            work: None,
            messages: state.session.as_ref().and_then(|session| last_words(self.app, session)).map(|last| vec![last]),
            prompt: None,
            exported: None,
            reason: state.reason,
            risks: Vec::new(),
        };
        // `git worktree prune` may have removed what git keeps of it; the session still says whose folder it is.
        let worktree = self.app.repo.worktree_at(&path);
        let gone = matches!(self.app.repo.open_worktree(&path), Err(WorktreeFault::Gone));
        if gone || (worktree.is_none() && !worked_there(self.app, run, variant, &path)) {
            collected.attempts_made.extend(variant.patch_sha256.is_none().then_some(attempt));
            return;
        }
        attempt.risks = worktree.as_ref().map(GitDirSnapshot::between).unwrap_or_default();
        if let Some(session) = state.session.filter(|session| session.state == SessionState::Lost) {
            // Its agent may still be writing.
            Mark::of_session(SessionStore::new(&self.app.layout).place(&session.id).folder()).kill();
        }
        let ignored = self.ignored(run, variant);
        match self.app.repo.snapshot_with(&path, run.base_oid, ignored.as_ref()) {
            Ok(snapshot) => {
                if ignored.is_some() {
                    collected.ignored.push((variant.index - 1, snapshot.ignored));
                }
                let stays = [
                    (RiskKind::Unread, snapshot.unread, "could not be read, so it is not in the patch"),
                    (RiskKind::SubmoduleWork, snapshot.submodules, "has work that no other repository has"),
                ];
                for (kind, paths, what) in stays {
                    let detail = format!("{what}; the worktree '{}' stays", path.display());
                    let risk = |path| Risk { kind: kind.clone(), path, detail: detail.clone() };
                    attempt.risks.extend(paths.into_iter().map(risk));
                }
                for nested in &snapshot.worktrees {
                    let (kind, detail) = match nested.own_work {
                        true => (
                            RiskKind::WorktreeWork,
                            format!(
                                "is a worktree with work of its own, left out of the patch; '{}' stays",
                                path.display()
                            ),
                        ),
                        false => {
                            (RiskKind::Worktree, "is a worktree that the agent made, left out of the patch".to_owned())
                        }
                    };
                    attempt.risks.push(Risk { kind, path: nested.path.clone(), detail });
                }
                if let Some(replaced) = &snapshot.replaced {
                    let detail = format!("the worktree {replaced}; the patch is what that folder has, and both stay");
                    attempt.risks.push(Risk {
                        kind: RiskKind::WorktreeMoved,
                        path: path.display().to_string(),
                        detail,
                    });
                }
                if snapshot.patch.is_empty() {
                    attempt.risks.extend(attempt_state::user_file_risks(self.app, run, variant));
                }
                attempt.work = Some(Work::Patch(snapshot.patch));
            }
            Err(error) => {
                // That is not the agent's failure: the attempt stays what it is, and the next harvest reads it again.
                let why = attempt_state::one_line(&error);
                let own = attempt.reason.take().filter(|_| attempt.status != VariantStatus::Completed);
                attempt.reason = Some(own.map_or(why.clone(), |own| format!("{own}; {why}")));
                collected.not_taken.push(NotTaken { placement: variant.index - 1, why });
            }
        }
        collected.attempts_made.push(attempt);
    }

    /// Returns what becomes of a variant's ignored files; none where it is not known which of them were there before
    /// its agent.
    fn ignored(&self, run: &Run, variant: &Variant) -> Option<Ignored> {
        let live = ActiveFiles::of(&self.app.layout, run);
        let mut before = live.read(&ignored_before(variant.index)).ok()??;
        let first = SessionStore::new(&self.app.layout).place(&SessionId::of_variant(&run.run, variant.index, 1));
        before.extend(crate::files::read(first.folder().join(worktree::SETUP_LEFT)).unwrap_or_default());
        let before = before.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(<[u8]>::to_vec).collect();
        let made = self.app.repo.worktree_at(&run.local.as_ref()?.worktree(variant.index));
        let start = worktree::starting_point(made.as_ref(), &first);
        Some(Ignored { before, keep: worktree::kept(self.app), start })
    }

    /// Removes the worktrees of what is recorded now.
    pub(super) fn tidy(&self, task: &TaskId, kept: &Collection) -> Result<()> {
        let _lock = self.wait_for_lock()?;
        let (run, local) = self.run(task)?;
        if local.keep {
            return Ok(());
        }
        for attempt in &kept.attempts_made {
            let stays = stays(&attempt.risks);
            let variant = attempt.placement.and_then(|placement| run.variant(placement + 1));
            let (Some(variant), Some(patch), false) = (variant, attempt.patch(), stays) else { continue };
            let recorded = variant.patch_sha256.as_deref() == Some(sha256(patch).as_str());
            // Its session may have been resumed meanwhile.
            let over = attempt_state::of(self.app, &run, &local, variant, false).status.is_terminal();
            if recorded && over {
                remove(self.app, &run, &local, variant)?;
            }
        }
        pool::tidy(self.app);
        Ok(())
    }
}

/// Returns what an agent said last: its message, where it tells which that is, else the last paragraph that it printed.
fn last_words(app: &App, session: &Session) -> Option<String> {
    if session.last_message.is_some() {
        return session.last_message.clone();
    }
    let tail = log::tail(&SessionStore::new(&app.layout).place(&session.id), LAST_WORDS).ok()?;
    let text = log::text_of(&tail);
    let ours = |line: &&str| !line.starts_with("[git-puff] ");
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(ours).collect();
    let paragraph = lines.split(|line| line.is_empty()).rfind(|lines| !lines.is_empty())?;
    Some(paragraph.join("\n"))
}

/// Returns whether the agent of this variant is known to have worked in this folder.
fn worked_there(app: &App, run: &Run, variant: &Variant, path: &Path) -> bool {
    attempt_state::session(app, run, variant).is_some_and(|session| session.cwd == path)
}

/// Removes a worktree, and the folders that are empty without it.
///
/// # Errors
/// When a file in it cannot be removed.
pub fn remove(app: &App, run: &Run, local: &Local, variant: &Variant) -> Result<()> {
    let path = local.worktree(variant.index);
    // A record may come from anywhere. Only git, or the session that worked there, says what is ours to remove.
    let ours = app.repo.worktree_at(&path).is_some() || worked_there(app, run, variant, &path);
    let removed = if ours { app.repo.remove_worktree(&path) } else { Ok(()) };
    removed.map_err(|cause| {
        Error::failed(format!("cannot remove the worktree '{}'", path.display()))
            .hint("its patch is kept with the run; remove the folder yourself, then 'git puff doctor --repair'")
            .because(cause)
    })?;
    worktree::remove_empty(&path);
    super::live::forget(app, run, variant.index);
    Ok(())
}

/// Returns whether a variant has work that is only in its worktree, so that this stays.
pub fn stays(risks: &[Risk]) -> bool {
    risks.iter().any(|risk| risk.kind.is_work_left())
}
