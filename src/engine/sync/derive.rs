//! What follows from a patch and its base is derived here again: a record from another clone is believed only in what
//! that clone alone can know.
//!
//! Where what it claims differs, the record here says what was derived. That stays in this clone: what travels of the
//! step is what arrived ([`arrived`]), or two versions of git-puff would correct each other for ever.

use std::collections::HashMap;

use git_tree_apply::{parse, risks};

use super::tree::{Files, files};
use crate::app::App;
use crate::engine::review::draw_up;
use crate::engine::{harvest, verified};
use crate::error::Result;
use crate::git::Stats;
use crate::model::{Apply, Meta, Observation, Oid, Review, Risk, Run, RunId, State, StepKind, Variant, VariantStatus};
use crate::patch::{self, Applied};
use crate::store::{Recorded, RunStore};

/// The trailer of a step that only says how a record arrived here: the step that arrived.
const TRAILER: &str = "Puff-Arrived: ";

/// What was derived of one patch.
pub(super) struct Derived {
    base: Oid,
    sha256: String,
    risks: Vec<Risk>,
    /// None where the base is not here.
    made: Option<DerivedResult>,
}

struct DerivedResult {
    applied: Applied,
    commit: Option<Oid>,
    stats: Option<Stats>,
}

/// By run and variant.
pub(super) type Derivations = HashMap<(RunId, u32), Derived>;

/// A run that arrives: its name, what arrived, and the record of it here.
pub(super) type Arrival = (RunId, Oid, Option<Run>);

/// Returns the message of the step by which a record arrives that is not written here as it came.
pub(super) fn message(remote: &str, subject: &str, arrived: Oid) -> String {
    StepKind::Receive.message(&format!("received from {remote}: {subject}\n\n{TRAILER}{arrived}"))
}

/// Returns the step that arrived by one with this message and these parents.
pub(super) fn arrived(message: &str, parents: &[Oid]) -> Option<Oid> {
    if StepKind::of(message) != StepKind::Receive {
        return None;
    }
    let named = message.lines().rev().find_map(|line| line.strip_prefix(TRAILER))?;
    let named: Oid = named.trim().parse().ok()?;
    parents.contains(&named).then_some(named)
}

/// Derives what the variants of arriving runs are: their commits are made, and all trees counted by one git. What
/// cannot be read is left out; it is refused where it is read as a record.
pub(super) fn derive_all(app: &App, arrivals: &[Arrival]) -> Result<Derivations> {
    let (mut all, mut pairs, mut counted) = (Derivations::new(), Vec::new(), Vec::new());
    for (name, step, mine) in arrivals {
        let Ok(files) = files(&app.repo, *step) else { continue };
        let Ok(run) = files.run(&app.repo) else { continue };
        let recorded = Recorded { run, head: *step };
        let new = recorded.run.variants.iter().filter(|variant| !is_known(&recorded.run, variant, mine.as_ref()));
        // What is not to be had is told where it is read.
        let _ = verified::bring(app, new.map(|variant| (&recorded, variant)));
        for variant in &recorded.run.variants {
            if is_known(&recorded.run, variant, mine.as_ref()) {
                continue;
            }
            let Some((derived, trees)) = derive(app, &recorded, &files, variant)? else { continue };
            if let Some(trees) = trees {
                pairs.push(trees);
                counted.push((name.clone(), variant.index));
            }
            all.insert((name.clone(), variant.index), derived);
        }
    }
    let stats = app.repo.begin_to_count(pairs)?.finish()?;
    for (key, stats) in counted.iter().zip(stats) {
        if let Some(made) = all.get_mut(key).and_then(|derived| derived.made.as_mut()) {
            made.stats = Some(stats);
        }
    }
    Ok(all)
}

/// Returns whether what a record claims of a variant is what was derived here before.
fn is_known(run: &Run, variant: &Variant, mine: Option<&Run>) -> bool {
    own(run.base_oid, variant, mine).is_some_and(|own| derived_facts(own) == derived_facts(variant))
}

/// Returns the variant of the record here, where it was derived from the same patch on the same base.
fn own<'m>(base: Oid, variant: &Variant, mine: Option<&'m Run>) -> Option<&'m Variant> {
    let own = mine.filter(|mine| mine.base_oid == base)?.variant(variant.index)?;
    let same = own.patch_sha256 == variant.patch_sha256 && own.status == variant.status;
    (same && own.apply.is_some()).then_some(own)
}

/// Returns what a record claims of a variant that follows from its patch and base.
fn derived_facts(variant: &Variant) -> impl PartialEq {
    let Variant { apply, commit, files, insertions, deletions, conflicts, risks, .. } = variant.clone();
    (apply, commit, [files, insertions, deletions], conflicts, risks)
}

type Trees = (Oid, Oid);

fn derive(
    app: &App,
    recorded: &Recorded,
    files: &Files,
    variant: &Variant,
) -> Result<Option<(Derived, Option<Trees>)>> {
    let (repo, run) = (&app.repo, &recorded.run);
    let file = |name: &str| files.0.get(&variant.file(name));
    let (Some(blob), Some(sha256)) = (file("patch.diff"), &variant.patch_sha256) else { return Ok(None) };
    if matches!(variant.apply, None | Some(Apply::Skipped)) {
        return Ok(None);
    }
    let patch = repo.blob(*blob)?;
    let meta = file("meta.json").map(|meta| repo.blob(*meta)).transpose()?;
    let meta: Option<Meta> = meta.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    // What the attempt did beside its patch is for its own clone to say; it only adds.
    let mut all_risks = meta.map(|meta| meta.risks).unwrap_or_default();
    let applied = apply(app, recorded, variant, &patch);
    // Without its base, or a part of it, only what the patch itself says is known; the harvest finds out the rest.
    let (made, trees) = match applied {
        Ok((applied, commit, trees)) => {
            all_risks.extend(applied.risks.iter().cloned());
            (Some(DerivedResult { applied, commit, stats: None }), trees)
        }
        Err(_) => {
            let parts = parse::parse_for(repo.name_digits(), &patch);
            all_risks.extend(parts.map(|parts| risks::of(&parts)).unwrap_or_default().into_iter().map(Risk::from));
            (None, None)
        }
    };
    Ok(Some((Derived { base: run.base_oid, sha256: sha256.clone(), risks: all_risks, made }, trees)))
}

/// Returns what the patch makes of the base, its commit, and the trees before and afterwards.
fn apply(
    app: &App,
    recorded: &Recorded,
    variant: &Variant,
    patch: &[u8],
) -> Result<(Applied, Option<Oid>, Option<Trees>)> {
    let base = app.repo.commit(recorded.run.base_oid)?.tree;
    let applied = patch::apply(&app.repo, base, patch)?;
    let tree = applied.tree.filter(|_| applied.apply != Apply::Empty);
    let commit = tree.map(|tree| make(app, recorded, variant, tree)).transpose()?;
    Ok((applied, commit, tree.map(|tree| (base, tree))))
}

/// Returns the claimed commit where it is this very change, or else the one that a harvest here makes.
fn make(app: &App, recorded: &Recorded, variant: &Variant, tree: Oid) -> Result<Oid> {
    let repo = &app.repo;
    let is_it = |claimed: &Oid| {
        repo.has_commit(*claimed)
            && repo.commit(*claimed).is_ok_and(|there| there.tree == tree && there.parents == [recorded.run.base_oid])
    };
    match variant.commit.filter(is_it) {
        Some(claimed) => Ok(claimed),
        None => harvest::make_again(app, &RunStore::new(app), recorded, variant, tree),
    }
}

/// Puts what was derived in the place of what is claimed; `mine` is the record here.
pub(super) fn correct(
    all: &Derivations,
    files: &Files,
    run: &mut Run,
    review: Option<&mut Review>,
    mine: Option<&Run>,
) {
    let (name, base) = (run.run.clone(), run.base_oid);
    let sums: Vec<Option<String>> = run.variants.iter().map(|variant| variant.patch_sha256.clone()).collect();
    let mut changed = false;
    for (at, variant) in run.variants.iter_mut().enumerate() {
        let twin = sums.iter().position(|sum| sum.is_some() && *sum == sums[at]).filter(|first| *first < at);
        variant.duplicate_of = variant.duplicate_of.filter(|_| twin.is_some());
        let before = variant.clone();
        let own = own(base, variant, mine);
        let derived = all.get(&(name.clone(), variant.index));
        let derived = derived.filter(|it| it.base == base && Some(&it.sha256) == variant.patch_sha256.as_ref());
        match (own, derived) {
            (Some(own), _) if derived_facts(own) == derived_facts(variant) => {}
            (_, Some(derived)) => enter(variant, derived),
            (Some(own), None) => copy(variant, own),
            (None, None) => clear(variant, files),
        }
        if before.commit != variant.commit {
            variant.forget_review();
        }
        if let Some(own) = own.filter(|own| own.commit == variant.commit) {
            variant.branch.clone_from(&own.branch);
        }
        changed |= derived_facts(&before) != derived_facts(variant);
    }
    let Some(review) = review else { return };
    if run.state == State::Reviewed && !review.outdated(run).is_empty() {
        run.state = State::Harvested;
    }
    rank_again(run, review, changed);
}

fn enter(variant: &mut Variant, derived: &Derived) {
    variant.risks.clone_from(&derived.risks);
    let made = derived.made.as_ref();
    variant.apply = made.map(|made| made.applied.apply);
    variant.conflicts = made.map(|made| made.applied.paths.clone()).unwrap_or_default();
    let stats = made.and_then(|made| made.stats);
    variant.files = stats.map(|stats| stats.files);
    variant.insertions = stats.map(|stats| stats.insertions);
    variant.deletions = stats.map(|stats| stats.deletions);
    // Without its base nothing uses the claimed commit: it is verified, and the harvest keeps what was found out of it.
    if let Some(made) = made {
        variant.commit = made.commit;
        if made.applied.reason.is_some() {
            variant.reason.clone_from(&made.applied.reason);
        }
    }
}

fn copy(variant: &mut Variant, own: &Variant) {
    variant.apply = own.apply;
    variant.commit = own.commit;
    variant.conflicts.clone_from(&own.conflicts);
    variant.risks.clone_from(&own.risks);
    (variant.files, variant.insertions, variant.deletions) = (own.files, own.insertions, own.deletions);
}

/// Clears what is derived of a variant that was not harvested, or whose patch is nowhere. A patch that stayed where it
/// was made is named by its SHA-256; what is claimed of it is shown, and its commit is verified before it is used.
fn clear(variant: &mut Variant, files: &Files) {
    let has_patch = files.0.contains_key(&variant.file("patch.diff"));
    let is_completed = variant.status == VariantStatus::Completed;
    if !has_patch && variant.patch_sha256.is_some() {
        return;
    }
    variant.apply = variant.apply.filter(|apply| *apply == Apply::Skipped && !is_completed);
    variant.commit = None;
    variant.conflicts.clear();
    (variant.files, variant.insertions, variant.deletions) = (None, None, None);
}

/// Draws places and recommendation up again where they do not follow from the checks and the risks.
fn rank_again(run: &mut Run, review: &mut Review, changed: bool) {
    let mut added = false;
    for variant in &run.variants {
        let Some(reviewed) = review.variants.iter_mut().find(|reviewed| reviewed.index == variant.index) else {
            continue;
        };
        for risk in variant.risks.iter().map(Observation::from) {
            let findings = &mut reviewed.evidence.findings;
            let same = |found: &&mut Observation| (&found.kind, &found.path) == (&risk.kind, &risk.path);
            match findings.iter_mut().find(same) {
                Some(found) => {
                    added |= !found.counts;
                    found.counts = true;
                }
                None => {
                    findings.push(risk);
                    added = true;
                }
            }
        }
    }
    let (mut other_run, mut other) = (run.clone(), review.clone());
    draw_up(&mut other_run, &mut other);
    let verdicts = |review: &Review| -> Vec<_> { review.variants.iter().map(|one| (one.verdict, one.rank)).collect() };
    let choice = |review: &Review| (review.recommendation.variant, review.recommendation.tied.clone());
    let same = verdicts(&other) == verdicts(review) && choice(&other) == choice(review);
    if changed || added || !same {
        (*run, *review) = (other_run, other);
    }
}
