//! Making a commit and a branch of a variant, and recording what was made.

use std::collections::HashMap;

use super::keep::json;
use super::{HarvestOptions, Signer};
use crate::app::App;
use crate::engine::{Listener, Notice, branches, handoff};
use crate::error::{Result, ResultExt};
use crate::git::{Draft, NewCommit, Stats};
use crate::model::{Apply, Attention, Meta, Oid, Report, Run, State, StepKind, Variant, VariantStatus, first_line};
use crate::patch::{Applied, Patch};
use crate::store::{Change, Files, Recorded, RunStore};

/// What was made of a variant.
pub(in crate::engine) struct VariantResult {
    sha256: Option<String>,
    applied: Applied,
    stats: Option<Stats>,
    pub(super) commit: Option<Oid>,
    /// The commit's bytes, where it is signed.
    signed: Option<Vec<u8>>,
    pub(super) branch: Option<String>,
    reason: Option<String>,
}

/// Makes the commits of a run's variants.
pub(super) struct Maker<'m> {
    app: &'m App,
    store: &'m RunStore<'m>,
    recorded: &'m Recorded,
    signer: &'m Signer<'m>,
    notify: Listener<'m>,
    /// The tree that the patches are applied to.
    pub base: Oid,
    prompt: String,
}

impl<'m> Maker<'m> {
    pub fn new(
        app: &'m App,
        store: &'m RunStore<'m>,
        recorded: &'m Recorded,
        signer: &'m Signer<'m>,
        notify: Listener<'m>,
    ) -> Result<Maker<'m>> {
        let base = app.repo.commit(recorded.run.base_oid)?.tree;
        let prompt = store.prompt(recorded)?;
        Ok(Maker { app, store, recorded, signer, notify, base, prompt })
    }

    pub fn make(&self, variant: &Variant, patch: &Patch<'_>) -> Result<VariantResult> {
        let applied = patch.apply(&self.app.repo, self.base)?;
        let mut made = VariantResult {
            sha256: variant.patch_sha256.clone(),
            reason: applied.reason.clone(),
            stats: None,
            commit: None,
            signed: None,
            branch: None,
            applied,
        };
        let Some(tree) = made.applied.tree.filter(|_| made.applied.apply != Apply::Empty) else {
            if made.applied.apply.is_failure() {
                let reason = made.reason.clone().unwrap_or_default();
                let (run, paths) = (self.recorded.run.run.clone(), made.applied.paths.clone());
                (self.notify)(Notice::DidNotApply { run, variant: variant.index, reason, paths });
            }
            return Ok(made);
        };
        let draft = draft(self.app, self.store, self.recorded, &self.prompt, variant, tree)?;
        let kept = self.store.file(self.recorded.head, &signed_path(variant))?;
        let signed = self.signer.commit(variant, &draft, kept)?;
        (made.commit, made.signed) = (Some(signed.commit), signed.bytes);
        Ok(made)
    }
}

/// Returns the commit of a variant before it is signed. All of it follows from the run.
fn draft(
    app: &App,
    store: &RunStore<'_>,
    recorded: &Recorded,
    prompt: &str,
    variant: &Variant,
    tree: Oid,
) -> Result<Draft> {
    let run = &recorded.run;
    let report = store.file(recorded.head, &variant.file("report.json"))?;
    let message = message(run, prompt, variant, report.as_deref());
    let identity = match &run.identity {
        Some(identity) => identity.clone(),
        None => app.identity()?,
    };
    let new = NewCommit { tree, parents: &[run.base_oid], identity: &identity, at: run.created_at, message: &message };
    app.repo.draft(&new)
}

/// Makes the commit of a variant that was harvested before: the signed one that is kept with the run, or else the
/// unsigned one. Returns its name; `tree` is what the patch makes of the base.
///
/// # Errors
/// When something of the run cannot be read, or nothing can be written.
pub(in crate::engine) fn make_again(
    app: &App,
    store: &RunStore<'_>,
    recorded: &Recorded,
    variant: &Variant,
    tree: Oid,
) -> Result<Oid> {
    let draft = draft(app, store, recorded, &store.prompt(recorded)?, variant, tree)?;
    let kept = store.file(recorded.head, &signed_path(variant))?;
    match kept.filter(|bytes| draft.is_signed_as(bytes)) {
        Some(bytes) => app.repo.write_commit_bytes(&bytes),
        None => app.repo.write_draft(&draft),
    }
}

/// Returns where the signed commit of a variant is kept in its run.
fn signed_path(variant: &Variant) -> String {
    variant.file("commit")
}

/// Puts the branches of what was made, and counts it meanwhile.
pub(super) fn place(
    app: &App,
    recorded: &Recorded,
    made: &mut HashMap<u32, VariantResult>,
    options: &HarvestOptions,
    notify: Listener<'_>,
) -> Result<()> {
    let run = &recorded.run;
    let base = app.repo.commit(run.base_oid)?.tree;
    let (mut variants, mut wanted, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
    for variant in &run.variants {
        let Some(made) = made.get(&variant.index) else { continue };
        let (Some(commit), Some(tree)) = (made.commit, made.applied.tree) else { continue };
        let branch = branches::name(app, &run.run, variant.index)?;
        wanted.push(branches::Wanted { branch, commit, before: variant.commit });
        variants.push(variant);
        pairs.push((base, tree));
    }
    let counting = app.repo.begin_to_count(pairs)?;
    let placed = branches::place(app, recorded, &wanted, options.recreate)?;
    let counted = counting.finish()?;
    for (((variant, wanted), placed), stats) in variants.into_iter().zip(wanted).zip(placed).zip(counted) {
        let Some(made) = made.get_mut(&variant.index) else { continue };
        made.stats = Some(stats);
        settle(made, variant, wanted, placed, notify);
    }
    Ok(())
}

fn settle(
    made: &mut VariantResult,
    variant: &Variant,
    wanted: branches::Wanted,
    placed: branches::Branch,
    notify: Listener<'_>,
) {
    let branches::Wanted { branch, commit, .. } = wanted;
    match placed {
        branches::Branch::There => made.branch = Some(branch),
        branches::Branch::Gone => {
            if variant.branch.is_some() {
                notify(Notice::BranchGone { branch });
            }
        }
        branches::Branch::Kept(why) => {
            // Work on top of this very commit is what branches are for, and no news.
            if variant.commit != Some(commit) {
                notify(Notice::BranchKept { branch: branch.clone(), why: why.clone() });
                made.reason = Some(format!("the branch was left where it is: {why}"));
            } else {
                made.reason = variant.reason.clone();
            }
            made.branch = Some(branch);
        }
    }
}

/// Returns the message of a variant's commit: what was asked, what the agent said last, and where it comes from.
fn message(run: &Run, prompt: &str, variant: &Variant, report: Option<&[u8]>) -> String {
    let mut subject = first_line(prompt, 72);
    if subject.is_empty() {
        subject = format!("Variant {} of {}", variant.index, run.run);
    }
    let report: Option<Report> = report.and_then(|bytes| serde_json::from_slice(bytes).ok());
    let said = report.and_then(|report| report.messages).and_then(|mut messages| messages.pop());
    let said = said.or_else(|| variant.message.clone()).unwrap_or_default();
    let keeps = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    let body: String = said.chars().filter(keeps).collect();
    let body = body.trim();
    let mut message = subject + "\n\n";
    if !body.is_empty() {
        message += body;
        message += "\n\n";
    }
    message += &format!("Puff-Run: {}\n", run.run);
    if let Some(task) = run.task_id.as_ref().filter(|task| *task != run.run.as_str()) {
        message += &format!("Puff-Task: {task}\n");
    }
    message += &format!("Puff-Variant: {}/{}\n", variant.index, run.variants.len().max(run.best_of as usize));
    if variant.status != VariantStatus::Completed {
        message += &format!("Puff-Status: {}\n", variant.status.as_str());
    }
    if let Some(sum) = &variant.patch_sha256 {
        message += &format!("Puff-Patch: {sum}\n");
    }
    message
}

/// Records what was made, with the report, in one step.
pub(super) fn record(
    app: &App,
    store: &RunStore<'_>,
    known: &Recorded,
    made: &HashMap<u32, VariantResult>,
) -> Result<Recorded> {
    let before = store.refresh(known)?;
    let id = &known.run.run;
    let (prompt, review) = (store.prompt(&before)?, store.review(&before)?);
    let views = |run: &Run| handoff::files(run, &prompt, review.as_ref());
    let outcome = store.update_known(&before, app.clock.now(), |run| {
        let head = store.head(id).unwrap_or(before.head);
        let mut files = Files::new();
        for variant in &mut run.variants {
            if let Some(made) = made.get(&variant.index).filter(|made| made.sha256 == variant.patch_sha256) {
                enter(variant, made);
                let path = signed_path(variant);
                if made.signed.is_some() || store.file(head, &path)?.is_some() {
                    files.push((path, made.signed.clone()));
                }
            } else if variant.status.is_terminal()
                && variant.status != VariantStatus::Completed
                && variant.apply.is_none()
            {
                variant.apply = Some(Apply::Skipped);
            }
            let path = variant.file("meta.json");
            if let Some(bytes) = store.file(head, &path)?
                && let Ok(mut meta) = serde_json::from_slice::<Meta>(&bytes)
            {
                let in_patch = made.get(&variant.index).map(|made| made.applied.risks.as_slice()).unwrap_or_default();
                variant.risks = meta.risks.iter().chain(in_patch).cloned().collect();
                meta.apply = variant.apply;
                files.push((path, Some(json(&meta)?)));
            }
        }
        if run.attention == Some(Attention::NeedsSignature) {
            (run.attention, run.reason) = (None, None);
        }
        // A review is of what there was; what there is now has to be polled again.
        if run.state == State::Reviewed && review.as_ref().is_some_and(|review| !review.outdated(run).is_empty()) {
            run.advance(State::Harvested).or_fail(|| format!("cannot harvest the run '{id}'"))?;
        }
        let salvaged = run.state == State::Error && run.variants.iter().any(|variant| variant.commit.is_some());
        if (run.state == State::Ready || salvaged) && run.is_complete() && !run.has_unharvested() {
            run.advance(State::Harvested).or_fail(|| format!("cannot harvest the run '{id}'"))?;
        }
        Ok(Some(Change { files, views: Some(&views), ..Change::new(StepKind::Harvest, subject(run, made)) }))
    })?;
    Ok(outcome.recorded)
}

fn enter(variant: &mut Variant, made: &VariantResult) {
    if variant.commit != made.commit {
        variant.forget_review();
    }
    variant.apply = Some(made.applied.apply);
    variant.conflicts = made.applied.paths.clone();
    // How an attempt ended that did not complete is what there is to know about it.
    if variant.status == VariantStatus::Completed || variant.reason.is_none() {
        variant.reason = made.reason.clone();
    }
    variant.commit = made.commit;
    variant.branch = made.branch.clone();
    variant.files = made.stats.map(|stats| stats.files);
    variant.insertions = made.stats.map(|stats| stats.insertions);
    variant.deletions = made.stats.map(|stats| stats.deletions);
}

fn subject(run: &Run, made: &HashMap<u32, VariantResult>) -> String {
    let fits = made.values().filter(|made| made.commit.is_some()).count();
    let failed = made.values().filter(|made| made.applied.apply.is_failure()).count();
    let skipped = run.variants.iter().filter(|variant| variant.apply == Some(Apply::Skipped)).count();
    let mut parts = vec![format!("{fits} applied")];
    if failed > 0 {
        parts.push(format!("{failed} did not apply"));
    }
    if skipped > 0 {
        parts.push(format!("{skipped} skipped"));
    }
    format!("harvested: {}", parts.join(", "))
}
