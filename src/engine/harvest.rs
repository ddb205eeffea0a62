//! Every finished attempt becomes an ordinary branch on the commit it started from.
//!
//! In this order, so that a kill at any point leaves what the next harvest goes on from: the patches are kept in the
//! run; the commits and branches are made; that is recorded; the notes are written. Doing it again changes nothing.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Map;

use super::identify::{self, Bound};
use super::{Listener, Notice, branches, handoff};
use crate::context::Context;
use crate::error::{Error, Result, ResultExt};
use crate::git::{NewCommit, Stats};
use crate::model::{
    Apply, Meta, Oid, ProviderKind, Report, Run, RunId, State, Time, Variant, VariantStatus, first_line,
};
use crate::patch::{self, Applied};
use crate::provider::{Attempt, Collection, Provider};
use crate::store::{Change, Files, Recorded, RunStore};

/// What is to be harvested.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Only these variants get branches; all, when it is empty.
    pub variants: Vec<u32>,
    /// Branches that the user deleted are made again.
    pub recreate: bool,
}

/// Where patches come from, for the records.
#[derive(Clone, Debug)]
pub struct Client {
    /// `codex-cloud official`, `import`, ….
    pub name: String,
    /// Its version, where it says.
    pub version: Option<String>,
}

/// Harvests a run of the cloud: what is new there, and what is here already.
///
/// # Errors
/// When the run has no task, or nothing can be asked and nothing is here.
pub fn harvest(context: &Context, id: &RunId, wish: &Wish, provider: &dyn Provider, tell: Listener<'_>) -> Result<Run> {
    let store = RunStore::new(context);
    let recorded = store.load(id)?;
    check_variants(&recorded.run, wish)?;
    let question = super::question(&recorded.run, true)?;
    match provider.collect(&question) {
        Ok(collection) => {
            let name = format!("{} {}", recorded.run.provider.as_str(), provider.dialect());
            let client = Client { name, version: provider.version().map(str::to_owned) };
            keep(context, &store, id, &collection, &client, tell)?;
        }
        Err(failure) if failure.is_temporary() && recorded.run.has_unharvested() && has_patches(&recorded.run) => {
            tell(Notice::ProviderSilent { run: id.clone(), why: failure.to_string() });
        }
        Err(failure) => {
            super::observe::record_failure(context, id, &failure)?;
            return Err(failure.into());
        }
    }
    harvest_kept(context, id, wish, tell)
}

/// Harvests what is kept in the run.
///
/// # Errors
/// When the base is not to be had, or the repository can't be written.
pub fn harvest_kept(context: &Context, id: &RunId, wish: &Wish, tell: Listener<'_>) -> Result<Run> {
    let store = RunStore::new(context);
    let recorded = store.load(id)?;
    check_variants(&recorded.run, wish)?;
    let recorded = find_real_base(context, &store, recorded, tell)?;
    let mut made = HashMap::new();
    for variant in recorded.run.variants.iter().filter(|variant| wanted(variant, wish)) {
        let outcome = make(context, &store, &recorded, variant, wish, tell)?;
        made.insert(variant.index, outcome);
    }
    let recorded = record(context, &store, id, &made)?;
    handoff::write_notes(context, &recorded, "harvest")?;
    tell_rest(&recorded.run, wish, tell);
    Ok(recorded.run)
}

fn check_variants(run: &Run, wish: &Wish) -> Result<()> {
    match wish.variants.iter().find(|index| run.variant(**index).is_none()) {
        None => Ok(()),
        Some(index) => Err(Error::usage(format!("the run '{}' has no variant {index}", run.run))
            .hint(format!("its variants are 1 to {}", run.variants.len()))),
    }
}

fn wanted(variant: &Variant, wish: &Wish) -> bool {
    let named = wish.variants.is_empty() || wish.variants.contains(&variant.index);
    named && variant.status == VariantStatus::Completed
}

fn has_patches(run: &Run) -> bool {
    run.variants.iter().any(|variant| variant.patch_sha256.is_some())
}

/// Keeps what was collected in the run: the patches first, before anything is made of them.
pub(super) fn keep(
    context: &Context,
    store: &RunStore<'_>,
    id: &RunId,
    collection: &Collection,
    client: &Client,
    tell: Listener<'_>,
) -> Result<Recorded> {
    let now = context.clock.now();
    let identity = context.identity()?;
    let mut news: Vec<Bound> = Vec::new();
    let outcome = store.update(id, now, |run| {
        let bound = identify::bind(run, collection);
        run.identity.get_or_insert_with(|| identity.clone());
        let files = artifacts(run, collection, &bound, client, now)?;
        news = bound.into_iter().filter(|bound| bound.changed).collect();
        if !news.is_empty() {
            run.progress_at = Some(now);
        }
        if matches!(run.state, State::Pending | State::Ready | State::Error) {
            let _ = run.advance(run.verdict());
        }
        let names: Vec<_> = news.iter().map(|bound| bound.index.to_string()).collect();
        let subject = match names.as_slice() {
            [] => "collected: no new patch".to_owned(),
            names => format!("collected: the patch of variant {}", names.join(", ")),
        };
        Ok(Some(Change { files, ..Change::new(subject) }))
    })?;
    for Bound { index, .. } in news {
        let revision = outcome.recorded.run.variant(index).map_or(1, |variant| variant.revision);
        if revision > 1 {
            tell(Notice::Revised { run: id.clone(), variant: index, revision });
        }
    }
    Ok(outcome.recorded)
}

/// The files that belong to what was collected. A patch that is known already keeps the files it has.
fn artifacts(run: &Run, collection: &Collection, bound: &[Bound], client: &Client, now: Time) -> Result<Files> {
    let mut files = Files::new();
    for Bound { index, attempt, changed } in bound {
        let Some(variant) = run.variant(*index) else { continue };
        let attempt = &collection.attempts_made[*attempt];
        let path = |name: &str| format!("variants/var{index}/{name}");
        files.push((path("report.json"), Some(json(&report(run, variant, attempt))?)));
        if *changed {
            let patch = attempt.patch.clone().unwrap_or_default();
            let meta = Meta {
                collected_at: now,
                client: client.name.clone(),
                client_version: client.version.clone(),
                revision: variant.revision,
                patch_sha256: variant.patch_sha256.clone(),
                patch_size: patch.len() as u64,
                apply: None,
                extra: attempt.exported.as_ref().map(|exported| exported.meta.clone()).unwrap_or_default(),
            };
            files.push((path("patch.diff"), Some(patch)));
            files.push((path("meta.json"), Some(json(&meta)?)));
        }
    }
    Ok(files)
}

fn report(run: &Run, variant: &Variant, attempt: &Attempt) -> Report {
    // An exported attempt came from a task that is not this run's: its own word is all there is.
    let (task_id, attempt_placement, extra) = match &attempt.exported {
        Some(exported) => (exported.task_id.clone(), exported.placement, exported.report.clone()),
        None => (run.task_id.clone(), attempt.placement, Map::new()),
    };
    Report {
        task_id,
        variant_index: variant.index,
        status: attempt.status,
        attempt_placement,
        prompt: attempt.prompt.clone(),
        messages: attempt.messages.clone(),
        extra,
    }
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value).or_fail(|| "a record can't be written as JSON".to_owned())?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// What was made of a variant.
struct Made {
    sha256: Option<String>,
    applied: Applied,
    stats: Option<Stats>,
    commit: Option<Oid>,
    branch: Option<String>,
    reason: Option<String>,
}

fn make(
    context: &Context,
    store: &RunStore<'_>,
    recorded: &Recorded,
    variant: &Variant,
    wish: &Wish,
    tell: Listener<'_>,
) -> Result<Made> {
    let run = &recorded.run;
    let path = format!("variants/{}/patch.diff", variant.name());
    let patch = store.file(recorded.head, &path)?.unwrap_or_default();
    let base = context.repo.commit(run.base_oid)?.tree;
    let applied = patch::apply(&context.repo, context.places.root(), base, &patch)?;
    let mut made = Made {
        sha256: variant.patch_sha256.clone(),
        reason: applied.reason.clone(),
        stats: None,
        commit: None,
        branch: None,
        applied,
    };
    let Some(tree) = made.applied.tree.filter(|_| made.applied.apply != Apply::Empty) else {
        if made.applied.apply.is_failure() {
            let reason = made.reason.clone().unwrap_or_default();
            let paths = made.applied.paths.clone();
            tell(Notice::DidNotApply { run: run.run.clone(), variant: variant.index, reason, paths });
        }
        return Ok(made);
    };
    made.stats = Some(context.repo.stats(base, tree)?);
    let report = store.file(recorded.head, &format!("variants/{}/report.json", variant.name()))?;
    let message = message(store, recorded, variant, report.as_deref())?;
    let identity = match &run.identity {
        Some(identity) => identity.clone(),
        None => context.identity()?,
    };
    let new = NewCommit { tree, parents: &[run.base_oid], identity: &identity, at: run.created_at, message: &message };
    let commit = context.repo.write_commit(&new)?;
    let branch = branches::name(context, &run.run, variant.index)?;
    match branches::place(context, &branch, commit, variant.commit, wish.recreate)? {
        branches::Branch::There => made.branch = Some(branch),
        branches::Branch::Gone => {
            if variant.branch.is_some() {
                tell(Notice::BranchGone { branch });
            }
        }
        branches::Branch::Kept(why) => {
            // Work on top of this very commit is what branches are for, and no news.
            if variant.commit != Some(commit) {
                tell(Notice::BranchKept { branch: branch.clone(), why: why.clone() });
                made.reason = Some(format!("the branch was left where it is: {why}"));
            } else {
                made.reason = variant.reason.clone();
            }
            made.branch = Some(branch);
        }
    }
    made.commit = Some(commit);
    Ok(made)
}

/// The message of a variant's commit: what was asked, what the agent said last, and where it comes from.
fn message(store: &RunStore<'_>, recorded: &Recorded, variant: &Variant, report: Option<&[u8]>) -> Result<String> {
    let run = &recorded.run;
    let prompt = store.prompt(recorded)?;
    let mut subject = first_line(&String::from_utf8_lossy(&prompt), 72);
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
    if let Some(task) = &run.task_id {
        message += &format!("Puff-Task: {task}\n");
    }
    message += &format!("Puff-Variant: {}/{}\n", variant.index, run.variants.len().max(run.best_of as usize));
    if let Some(sum) = &variant.patch_sha256 {
        message += &format!("Puff-Patch: {sum}\n");
    }
    Ok(message)
}

/// Records what was made, with the report, in one step.
fn record(context: &Context, store: &RunStore<'_>, id: &RunId, made: &HashMap<u32, Made>) -> Result<Recorded> {
    let before = store.load(id)?;
    let prompt = String::from_utf8_lossy(&store.prompt(&before)?).into_owned();
    let views = |run: &Run| handoff::files(run, &prompt);
    let outcome = store.update(id, context.clock.now(), |run| {
        let head = store.head(id).unwrap_or(before.head);
        let mut files = Files::new();
        for variant in &mut run.variants {
            if let Some(made) = made.get(&variant.index).filter(|made| made.sha256 == variant.patch_sha256) {
                enter(variant, made);
            } else if variant.status.is_terminal() && variant.status != VariantStatus::Completed {
                variant.apply = Some(Apply::Skipped);
            }
            let path = format!("variants/{}/meta.json", variant.name());
            if let Some(bytes) = store.file(head, &path)?
                && let Ok(mut meta) = serde_json::from_slice::<Meta>(&bytes)
            {
                meta.apply = variant.apply;
                files.push((path, Some(json(&meta)?)));
            }
        }
        if run.state == State::Ready && run.is_complete() && !run.has_unharvested() {
            run.advance(State::Harvested).or_fail(|| format!("the run '{id}' can't be harvested"))?;
        }
        Ok(Some(Change { files, views: Some(&views), ..Change::new(subject(run, made)) }))
    })?;
    Ok(outcome.recorded)
}

fn enter(variant: &mut Variant, made: &Made) {
    variant.apply = Some(made.applied.apply);
    variant.conflicts = made.applied.paths.clone();
    variant.reason = made.reason.clone();
    variant.commit = made.commit;
    variant.branch = made.branch.clone();
    variant.files = made.stats.map(|stats| stats.files);
    variant.insertions = made.stats.map(|stats| stats.insertions);
    variant.deletions = made.stats.map(|stats| stats.deletions);
}

fn subject(run: &Run, made: &HashMap<u32, Made>) -> String {
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

fn tell_rest(run: &Run, wish: &Wish, tell: Listener<'_>) {
    let named = |variant: &&Variant| wish.variants.is_empty() || wish.variants.contains(&variant.index);
    for variant in run.variants.iter().filter(named).filter(|variant| variant.apply == Some(Apply::Skipped)) {
        tell(Notice::Skipped { run: run.run.clone(), variant: variant.index, status: variant.status.as_str() });
    }
    let open = run.variants.iter().filter(named).filter(|variant| !variant.status.is_terminal()).count();
    if open > 0 {
        tell(Notice::StillAtWork { run: run.run.clone(), open });
    }
}

/// How far around the recorded base another one is looked for.
const NEAR: usize = 200;

/// The cloud may have started from another commit than the one that was recorded: the branch moved in between. When
/// the files that the patches were made on are not the base's, but those of a commit near it, that is the base. Once
/// something stands on the recorded base, it stays.
fn find_real_base(context: &Context, store: &RunStore<'_>, recorded: Recorded, tell: Listener<'_>) -> Result<Recorded> {
    let run = &recorded.run;
    ensure_base(context, run)?;
    if run.variants.iter().any(|variant| variant.commit.is_some()) {
        return Ok(recorded);
    }
    let mut images = Vec::new();
    for variant in run.variants.iter().filter(|variant| variant.patch_sha256.is_some()) {
        let patch = store.file(recorded.head, &format!("variants/{}/patch.diff", variant.name()))?;
        images.extend(patch::pre_images(&patch.unwrap_or_default()));
    }
    let fits = |tree: Oid| -> Result<bool> {
        for image in &images {
            let entry = context.repo.entry(tree, &image.path)?;
            if !entry.is_some_and(|entry| entry.oid.to_string().starts_with(&image.digits)) {
                return Ok(false);
            }
        }
        Ok(true)
    };
    if images.is_empty() || fits(context.repo.commit(run.base_oid)?.tree)? {
        return Ok(recorded);
    }
    let remote = context.settings.text(crate::settings::REMOTE).unwrap_or_else(|| "origin".to_owned());
    let branch = super::base::recorded_branch(context, &run.base);
    let tip = context.repo.ref_target(&format!("refs/remotes/{remote}/{branch}"));
    let tip = tip.or_else(|| context.repo.ref_target(&format!("refs/heads/{branch}")));
    let near = |commit: Oid| -> Result<Option<Oid>> {
        for (commit, tree) in context.repo.first_parents(commit, NEAR) {
            if fits(tree)? {
                return Ok(Some(commit));
            }
        }
        Ok(None)
    };
    let mut found = near(run.base_oid)?;
    if let (None, Some(tip)) = (found, tip) {
        found = near(tip)?;
    }
    // What was pushed between our question and the checkout in the cloud need not be here yet. Runs without a cloud
    // stay without a network.
    if found.is_none()
        && run.provider == ProviderKind::CodexCloud
        && let Some(now) = super::base::tip_now(context, &run.base).filter(|now| Some(*now) != tip)
    {
        found = near(now)?;
    }
    let Some(commit) = found else { return Ok(recorded) };
    let from = run.base_oid;
    tell(Notice::BaseMoved { run: run.run.clone(), from, to: commit });
    let outcome = store.update(&run.run.clone(), context.clock.now(), |run| {
        run.base_oid = commit;
        let subject = format!("the patches were made on {}, not on {}", commit.short(), from.short());
        Ok(Some(Change::new(subject)))
    })?;
    Ok(outcome.recorded)
}

/// The base is here, or is fetched again.
fn ensure_base(context: &Context, run: &Run) -> Result<()> {
    if context.repo.has_commit(run.base_oid) {
        return Ok(());
    }
    let remote = context.settings.text(crate::settings::REMOTE).unwrap_or_else(|| "origin".to_owned());
    let fetched = context.repo.fetch_commit(&remote, run.base_oid);
    if context.repo.has_commit(run.base_oid) {
        return Ok(());
    }
    let error = Error::failed(format!("the base {} of the run '{}' is not in this repository", run.base_oid, run.run))
        .hint(format!("fetch it from where it is: git fetch REMOTE {}", run.base_oid));
    Err(match fetched {
        Err(cause) => error.because(cause),
        Ok(()) => error,
    })
}

/// Writes what is kept of a run into a folder: `DIR/var<N>/{patch.diff,report.json,meta.json}`.
///
/// # Errors
/// When the folder can't be written.
pub fn write_out(context: &Context, id: &RunId, folder: &Path) -> Result<()> {
    let store = RunStore::new(context);
    let recorded = store.load(id)?;
    for variant in &recorded.run.variants {
        for file in ["patch.diff", "report.json", "meta.json"] {
            let kept = store.file(recorded.head, &format!("variants/{}/{file}", variant.name()))?;
            let Some(bytes) = kept else { continue };
            let to = folder.join(variant.name());
            let write = || std::fs::create_dir_all(&to).and_then(|()| std::fs::write(to.join(file), &bytes));
            write().map_err(|cause| {
                Error::failed(format!("'{}' can't be written", to.join(file).display()))
                    .hint("the harvest itself is done; name a folder that can be written: --out DIR")
                    .because(cause)
            })?;
        }
    }
    Ok(())
}
