//! Taking a variant.
//!
//! In this order, so that a kill at any point leaves what the next command continues from: a recovery point; the
//! decision is recorded as waiting; the change is taken; the decision is recorded as done; notes. Where it was left in
//! between is found out from the repository itself ([`reconcile`]): so it does not matter either whether conflicts were
//! resolved with git or with git-puff.

mod checks;
mod elsewhere;
mod here;
mod landing;
pub mod progress;
mod reasons;
pub mod reconcile;
mod restore;

pub use self::checks::prove_clean;
pub use self::here::{abort, go_on};
pub use self::landing::LandingChecks;
pub use self::reconcile::give_up;

use self::landing::Known;
use super::handoff;
use super::review::{TreeVerdict, reviewed_elsewhere};
use crate::app::App;
use crate::error::{Error, Result};
use crate::model::{
    Act, Class, Decision, Oid, PickMethod, PickPoint, Recovery, Review, Reviewed, Run, State, StepKind, Variant,
};
use crate::store::{Change, Recorded, RecoveryPoint, RecoveryPoints, RunStore};

/// Said of a decision whose tree came out otherwise than it was checked.
const OTHER_TREE: &str = "The tree that landed is not the one that was checked.";

/// How a variant is to be taken.
#[derive(Clone, Debug)]
pub enum PickTarget {
    /// In this worktree, onto whatever HEAD is.
    Here(PickMethod),
    /// Onto a branch, without any worktree.
    Onto(PickMethod, String),
    /// As a new branch of this name.
    Branch(String),
}

/// What came of taking a variant.
#[derive(Debug)]
pub enum Picked {
    /// It is taken.
    Done(Run),
    /// There is something to be resolved in the worktree first; the paths in conflict.
    Waiting(Run, Vec<Vec<u8>>),
}

/// Takes a variant, once the tree that lands has passed its checks.
///
/// # Errors
/// When it cannot be taken, or fails there: then nothing has moved.
pub fn pick(
    app: &App,
    known: &Recorded,
    index: u32,
    pick_target: &PickTarget,
    checks: &mut LandingChecks<'_>,
) -> Result<Picked> {
    let store = RunStore::new(app);
    let mut verdict: Option<TreeVerdict> = None;
    loop {
        let lock = RecoveryPoints::new(app).lock(&known.run.run)?;
        let recorded = store.refresh(known)?;
        reconcile::reconcile(app, &recorded)?;
        let recorded = store.refresh(&recorded)?;
        let (variant, commit) = checks::variant(app, &recorded, index)?;
        let mut operation =
            PickOperation { app, recorded: &recorded, variant, commit, verdict: None, unchecked: false };
        let goal = match pick_target {
            PickTarget::Here(how) => here::goal(&operation, *how)?,
            PickTarget::Onto(how, branch) => elsewhere::goal_onto(&operation, *how, branch)?,
            PickTarget::Branch(name) => elsewhere::goal_branch(&operation, name)?,
        };
        let wanted = checks.wanted(app, &recorded, index)?;
        let landing = if wanted.commands.is_empty() { None } else { goal.landing(&operation)? };
        match landing.map(|landing| checks.known(&operation, &wanted, landing, verdict.as_ref())).transpose()? {
            None | Some(Known::Reviewed) => {}
            Some(Known::Skipped) => operation.unchecked = true,
            Some(Known::Verdict(found)) => operation.verdict = Some(checks.accept(&operation, &goal, found)?),
            Some(Known::Open(landing)) => {
                // Checks may take long: HEAD and the branch are read again afterwards.
                drop(lock);
                verdict = Some(checks.run(app, &recorded.run, index, landing, &wanted)?);
                continue;
            }
        }
        return match goal {
            Goal::Here(how, onto, before) => here::take(&operation, how, &onto, before),
            Goal::Onto(how, name, before, tree) => {
                elsewhere::onto(&operation, how, name, before, tree).map(Picked::Done)
            }
            Goal::Branch(name) => elsewhere::as_branch(&operation, name).map(Picked::Done),
        };
    }
}

/// Where a variant goes, once that is known to be possible.
enum Goal {
    /// Into this worktree: how, onto what, and its commit.
    Here(PickMethod, String, Oid),
    /// Onto a branch, by its full name, with this tree.
    Onto(PickMethod, String, Oid, Oid),
    /// A new branch of this full name.
    Branch(String),
}

/// Returns what a review that is up to date says against taking a variant: that it fails, or cheats its tests. Where its own
/// run was not reviewed, another run's review of the same tree counts.
///
/// # Errors
/// When the review cannot be read.
pub fn objection(app: &App, recorded: &Recorded, index: u32) -> Result<Option<String>> {
    let Some(commit) = recorded.run.variant(index).and_then(|variant| variant.commit) else { return Ok(None) };
    let review = RunStore::new(app).review(recorded)?;
    let reviewed = review.as_ref().and_then(|review| review.variant(index));
    if let (Some(review), Some(reviewed)) = (&review, reviewed.filter(|reviewed| reviewed.commit == Some(commit))) {
        return Ok(against(review, reviewed).map(|why| format!("var{index} of '{}' {why}", recorded.run.run)));
    }
    // It is found out later, and said, that a commit is missing.
    let Ok(tree) = app.repo.commit(commit).map(|commit| commit.tree) else { return Ok(None) };
    let Some((other, twin)) = reviewed_elsewhere(app, tree, &recorded.run.run)? else { return Ok(None) };
    let review = RunStore::new(app).review(&other)?;
    let why = review.as_ref().and_then(|review| against(review, review.variant(twin)?));
    let same = format!("var{index} of '{}' is what var{twin} of '{}' is, which", recorded.run.run, other.run.run);
    Ok(why.map(|why| format!("{same} {why}")))
}

fn against(review: &Review, reviewed: &Reviewed) -> Option<String> {
    let is_open = match reviewed.class {
        Some(Class::E) => true,
        Some(Class::D) => reviewed.has_open_cheat(&review.accepted),
        _ => false,
    };
    is_open.then(|| reviewed.why.first().cloned().unwrap_or_else(|| "fails its checks".to_owned()))
}

/// A variant that is being taken.
struct PickOperation<'t> {
    app: &'t App,
    recorded: &'t Recorded,
    variant: &'t Variant,
    commit: Oid,
    /// What the checks said of the tree that lands, where that is not the one that was reviewed.
    verdict: Option<TreeVerdict>,
    /// The user did not want to know.
    unchecked: bool,
}

impl PickOperation<'_> {
    fn run(&self) -> &Run {
        &self.recorded.run
    }

    /// Keeps a recovery point, and records the decision as waiting. Nothing else has moved yet.
    fn begin(&self, how: PickMethod, onto: &str, before: Option<Oid>, here: bool) -> Result<RecoveryPoint> {
        let (recovery_points, run) = (RecoveryPoints::new(self.app), self.run());
        let location = self.app.repo.location();
        let now = self.app.clock.now();
        let pick = PickPoint {
            variant: self.variant.index,
            commit: self.commit,
            how,
            onto: onto.to_owned(),
            before,
            git_dir: here.then(|| location.git_dir.clone()),
            worktree: location.worktree.clone().filter(|_| here),
        };
        let point = Recovery {
            schema: Recovery::schema(),
            run: run.run.clone(),
            task_id: run.task_id.clone(),
            at: now,
            previous: None,
            journal: self.recorded.head,
            act: Act::Pick(pick),
        };
        let keep: Vec<Oid> = before.into_iter().chain([self.commit]).collect();
        let point = recovery_points.push(point, &[], &keep, None)?;
        let review = RunStore::new(self.app).review(self.recorded)?;
        let decision = Decision {
            variant: self.variant.index,
            how,
            onto: onto.to_owned(),
            before,
            after: None,
            decided_at: now,
            reasons: reasons::of(run, self.variant, review.as_ref())
                .into_iter()
                .chain(reasons::landing(self.verdict.as_ref(), self.unchecked))
                .collect(),
            tree: self.verdict.as_ref().map(|verdict| verdict.tree),
            checks: self.verdict.iter().flat_map(|verdict| verdict.checks.clone()).collect(),
        };
        let (name, goal) = (self.variant.name(), short(onto));
        let subject = format!("pick: {name} is being taken ({}, {goal})", how.as_str());
        let recorded = record(self.app, self.recorded, &subject, |run| {
            run.decision = Some(decision.clone());
        });
        recorded.map(|_| point)
    }
}

/// Records where the taken change is, and that the run is decided.
fn conclude(app: &App, point: &RecoveryPoint, known: &Recorded, after: Oid) -> Result<Run> {
    let Act::Pick(pick) = &point.recovery.act else { return Ok(RunStore::new(app).refresh(known)?.run) };
    reconcile::remove_mark(app, pick);
    let subject = format!("pick: var{} was taken ({}, {})", pick.variant, pick.how.as_str(), short(&pick.onto));
    let landed = app.repo.commit(after)?.tree;
    let recorded = record(app, known, &subject, |run| {
        if let Some(decision) = &mut run.decision {
            decision.after = Some(after);
            // Hooks of the user may have changed it, or git has merged it otherwise.
            if decision.tree.is_some_and(|tree| tree != landed) && !decision.reasons.iter().any(|why| why == OTHER_TREE)
            {
                decision.reasons.push(OTHER_TREE.to_owned());
            }
        }
        // A run that was cancelled stays so; what was made until then may be taken nevertheless.
        let _ = run.advance(State::Picked);
    })?;
    handoff::write_notes(app, &recorded, "pick")?;
    Ok(recorded.run)
}

/// Changes a run, its report with it.
fn record(app: &App, known: &Recorded, subject: &str, change: impl Fn(&mut Run)) -> Result<Recorded> {
    let store = RunStore::new(app);
    let before = store.refresh(known)?;
    let (prompt, review) = (store.prompt(&before)?, store.review(&before)?);
    let views = |run: &Run| handoff::files(run, &prompt, review.as_ref());
    let outcome = store.update_known(&before, app.clock.now(), |run| {
        change(run);
        Ok(Some(Change { views: Some(&views), ..Change::new(StepKind::Pick, subject) }))
    })?;
    Ok(outcome.recorded)
}

/// Returns a ref as people name it: `main`, `HEAD`.
pub fn short(name: &str) -> &str {
    name.strip_prefix("refs/heads/").unwrap_or(name)
}

/// Returns the error that the variant changes nothing there.
fn nothing_changes(run: &Run, variant: &Variant, onto: &str) -> Error {
    Error::failed(format!(
        "{} of '{}' changes nothing on '{}': all of it is there",
        variant.name(),
        run.run,
        short(onto)
    ))
    .hint(format!("'git puff show {}:{}' shows what it is; nothing has moved", run.run, variant.index))
}
