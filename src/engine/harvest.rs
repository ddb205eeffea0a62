//! Every finished attempt becomes an ordinary branch on the commit it started from.
//!
//! In this order, so that a kill at any point leaves what the next harvest continues from: the patches are kept in the
//! run; the commits and branches are made; that is recorded; the notes are written. Doing it again changes nothing.

mod keep;
mod make;
mod real_base;
mod sign;

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::path::Path;

pub(in crate::engine) use self::keep::keep;
pub(in crate::engine) use self::make::make_again;
pub(in crate::engine) use self::sign::Signer;

use self::make::{Maker, VariantResult, place, record};
use self::real_base::{find_real_base, is_base_open};
use super::{Listener, Notice, active_files, branches, handoff, open_provider};
use crate::app::App;
use crate::error::{Error, Result};
use crate::folder::{self, Folder};
use crate::model::{Apply, Run, State, Variant, VariantStatus};
use crate::patch::{self, Patch};
use crate::provider::{Collection, Failure, NotTaken, Provider, RetryPolicy, Work};
use crate::store::{Recorded, RunStore};

/// What is to be harvested.
#[derive(Clone, Debug, Default)]
pub struct HarvestOptions {
    /// Only these variants get branches; all, when it is empty.
    pub variants: Vec<u32>,
    /// Branches that the user deleted are made again.
    pub recreate: bool,
    /// Attempts that did not complete get branches too, where they left a patch.
    pub include_failed: bool,
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
pub fn harvest(
    app: &App,
    known: &Recorded,
    options: &HarvestOptions,
    provider: &dyn Provider,
    notify: Listener<'_>,
) -> Result<Recorded> {
    let mut recorded = RunStore::new(app).refresh(known)?;
    let id = &known.run.run;
    check_variants(&recorded.run, &options.variants)?;
    let mut not_taken = Vec::new();
    match collect(app, &recorded.run, provider) {
        Ok(collection) => {
            let answered = super::observe::record_answered(app, &recorded)?.recorded;
            recorded = keep_collected(app, &answered, provider, &collection, notify)?;
            not_taken = collection.not_taken;
        }
        Err(failure) if failure.is_temporary() && recorded.run.has_unharvested() && has_patches(&recorded.run) => {
            notify(Notice::ProviderSilent { run: id.clone(), why: failure.to_string() });
        }
        Err(failure) => {
            super::observe::record_failure(app, id, &failure)?;
            return Err(failure.into());
        }
    }
    let harvested = harvest_kept(app, &recorded, options, notify)?;
    let variants = &harvested.run.variants;
    let wanted = |lost: &&NotTaken| options.variants.is_empty() || options.variants.contains(&(lost.placement + 1));
    match not_taken.iter().find(wanted) {
        // With something to show for it, that is one of the things that the run itself says.
        Some(lost) if !variants.iter().any(|variant| variant.apply.is_some_and(|apply| apply != Apply::Skipped)) => {
            Err(Error::failed(format!("nothing of '{id}' could be harvested: {}", lost.why))
                .hint(format!("the agents' work is untouched; fix that, then 'git puff harvest {id}' tries again")))
        }
        _ => Ok(harvested),
    }
}

/// Collects everything that came out of a run's task, each attempt's work as a patch on the base. A commit that cannot be
/// read is work that was not taken: the next harvest tries again.
fn collect(app: &App, run: &Run, provider: &dyn Provider) -> Result<Collection, Failure> {
    let mut collection = provider.collect(&super::question(run, true)?)?;
    for (place, attempt) in (0..).zip(&mut collection.attempts_made) {
        let Some(Work::Commit(commit)) = attempt.work else { continue };
        match app.repo.whole_patch(run.base_oid, commit) {
            Ok(patch) => attempt.work = Some(Work::Patch(patch)),
            Err(error) => {
                let why = error.in_a_line();
                attempt.work = None;
                attempt.reason = Some(why.clone());
                collection.not_taken.push(NotTaken { placement: attempt.placement.unwrap_or(place), why });
            }
        }
    }
    Ok(collection)
}

/// Keeps what was collected with the run; what was only there for that goes.
fn keep_collected(
    app: &App,
    recorded: &Recorded,
    provider: &dyn Provider,
    collection: &Collection,
    notify: Listener<'_>,
) -> Result<Recorded> {
    let run = &recorded.run;
    let words = [Some(run.provider.as_str()), provider.dialect()];
    let name = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let client = Client { name, version: provider.version().map(str::to_owned) };
    let kept = keep(app, &RunStore::new(app), recorded, collection, &client, notify)?;
    for NotTaken { placement, why } in &collection.not_taken {
        notify(Notice::NotTaken { run: run.run.clone(), variant: placement + 1, why: why.clone() });
    }
    if let Err(failure) = provider.release(&super::question(run, true)?, collection) {
        let why = Error::from(failure).in_a_line();
        notify(Notice::NotReleased { run: run.run.clone(), why });
    }
    Ok(kept)
}

/// Keeps what the attempts of a run have left, without making anything of it.
///
/// # Errors
/// When it cannot be read or recorded.
pub fn keep_work(app: &App, known: &Recorded, notify: Listener<'_>) -> Result<Recorded> {
    let recorded = RunStore::new(app).refresh(known)?;
    let provider = open_provider(app, &recorded.run, RetryPolicy::Some)?;
    let collection = collect(app, &recorded.run, provider.as_ref())?;
    keep_collected(app, &recorded, provider.as_ref(), &collection, notify)
}

/// Cancels the task of a run, and keeps what its attempts have made.
///
/// # Errors
/// When it cannot be cancelled, or what they made cannot be recorded.
pub fn end_work(app: &App, known: &Recorded, notify: Listener<'_>) -> Result<Recorded> {
    let recorded = RunStore::new(app).refresh(known)?;
    open_provider(app, &recorded.run, RetryPolicy::Some)?.cancel(&super::question(&recorded.run, true)?)?;
    keep_work(app, &recorded, notify)
}

/// Returns whether its cancel was interrupted, so that agents of it still run.
pub fn is_half_cancelled(app: &App, run: &Run) -> bool {
    run.state == State::Cancelled && run.is_local() && !run.is_remote() && crate::providers::local::is_running(app, run)
}

/// Harvests what is kept in the run.
///
/// # Errors
/// When the base is not to be had, or the repository cannot be written.
pub fn harvest_kept(app: &App, known: &Recorded, options: &HarvestOptions, notify: Listener<'_>) -> Result<Recorded> {
    let signer = Signer::new(app)?;
    let made = RunStore::new(app).ref_batch(|| make_all(app, known, options, &signer, notify));
    if made.is_err() {
        signer.record_failure(&known.run.run);
    }
    let made = made?;
    finish(app, made, options, notify)
}

/// What was made of a run's variants, and the run that they were made of.
pub(in crate::engine) type AllMade = (Recorded, HashMap<u32, VariantResult>);

/// Makes the commits of what is kept in the run; nothing names them yet. Each patch is read and parsed once.
pub(in crate::engine) fn make_all(
    app: &App,
    known: &Recorded,
    options: &HarvestOptions,
    signer: &Signer<'_>,
    notify: Listener<'_>,
) -> Result<AllMade> {
    let store = RunStore::new(app);
    let recorded = store.refresh(known)?;
    check_variants(&recorded.run, &options.variants)?;
    let bytes = read_patches(app, &recorded, options)?;
    let patches = bytes.iter().map(|(index, bytes)| (*index, Patch::parse(&app.repo, bytes))).collect();
    if let Some(moved) = find_real_base(app, &store, &recorded, &patches, notify)? {
        // Another process may have recorded other patches before the base.
        return make_all(app, &moved, options, signer, notify);
    }
    let mut variants: Vec<&Variant> = Vec::new();
    for variant in recorded.run.variants.iter().filter(|variant| is_made(&recorded.run, variant, options)) {
        match store.left_behind(&recorded, variant.index)? {
            // What is recorded of it stays: nothing can be made of a patch that is not here.
            Some(left) => {
                let run = recorded.run.run.clone();
                notify(Notice::LeftBehind { run, variant: variant.index, size: left.size });
            }
            None => variants.push(variant),
        }
    }
    let maker = Maker::new(app, &store, &recorded, signer, notify)?;
    // In one go, where the base is not here as a whole.
    patch::bring(&app.repo, maker.base, variants.iter().filter_map(|variant| patches.get(&variant.index)))?;
    let none = Patch::parse(&app.repo, b"");
    let make =
        |variant: &Variant| Ok((variant.index, maker.make(variant, patches.get(&variant.index).unwrap_or(&none))?));
    let made = variants.into_iter().map(make).collect::<Result<_>>()?;
    Ok((recorded, made))
}

/// Reads the patches that a harvest needs, by the numbers of their variants.
fn read_patches(app: &App, recorded: &Recorded, options: &HarvestOptions) -> Result<BTreeMap<u32, Vec<u8>>> {
    let (store, run) = (RunStore::new(app), &recorded.run);
    let is_open = is_base_open(app, run);
    let mut patches = BTreeMap::new();
    let is_read = |variant: &&Variant| (is_open && variant.patch_sha256.is_some()) || is_made(run, variant, options);
    for variant in run.variants.iter().filter(is_read) {
        let patch = store.file(recorded.head, &variant.file("patch.diff"))?;
        patches.extend(patch.map(|patch| (variant.index, patch)));
    }
    Ok(patches)
}

/// Returns whether a commit is made of a variant.
fn is_made(run: &Run, variant: &Variant, options: &HarvestOptions) -> bool {
    wanted(variant, options) && !run.is_untaken(variant)
}

/// Puts the branches where they belong, and records it.
pub(in crate::engine) fn finish(
    app: &App,
    (before, mut made): AllMade,
    options: &HarvestOptions,
    notify: Listener<'_>,
) -> Result<Recorded> {
    place(app, &before, &mut made, options, notify)?;
    let store = RunStore::new(app);
    // The notes are made again from the record, so they may as well be written with it.
    let recorded = store.ref_batch(|| {
        let recorded = record(app, &store, &before, &made)?;
        handoff::write_notes(app, &recorded, "harvest")?;
        Ok(recorded)
    });
    if recorded.is_err() && !store.still_exists(&before) {
        // A prune that came in between knows nothing of branches that were not recorded yet. 'doctor' finds those that
        // cannot be removed.
        let branches = made.values().filter_map(|made| Some((made.branch.clone()?, made.commit?)));
        let _ = branches::remove(app, branches);
    }
    let recorded = recorded?;
    active_files::forget(app, &recorded.run);
    notify_rest(&recorded.run, options, notify);
    Ok(recorded)
}

/// Checks that the run has all of these variants.
pub(in crate::engine) fn check_variants(run: &Run, variants: &[u32]) -> Result<()> {
    match variants.iter().find(|index| run.variant(**index).is_none()) {
        None => Ok(()),
        Some(index) => Err(Error::usage(format!("the run '{}' has no variant {index}", run.run))
            .hint(format!("its variants are 1 to {}", run.variants.len()))),
    }
}

fn wanted(variant: &Variant, options: &HarvestOptions) -> bool {
    let named = options.variants.contains(&variant.index);
    if variant.status == VariantStatus::Completed {
        return named || options.variants.is_empty();
    }
    // What has a commit once keeps it: the next harvest makes the same.
    let asked = named || (options.variants.is_empty() && (options.include_failed || variant.commit.is_some()));
    asked && variant.status.is_terminal() && variant.has_patch()
}

fn has_patches(run: &Run) -> bool {
    run.variants.iter().any(|variant| variant.patch_sha256.is_some())
}

fn notify_rest(run: &Run, options: &HarvestOptions, notify: Listener<'_>) {
    let named = |variant: &&Variant| options.variants.is_empty() || options.variants.contains(&variant.index);
    for variant in run.variants.iter().filter(named).filter(|variant| variant.apply == Some(Apply::Skipped)) {
        let (status, left) = (variant.status.as_str(), variant.has_patch());
        notify(Notice::Skipped { run: run.run.clone(), variant: variant.index, status, left });
    }
    let open = run.variants.iter().filter(named).filter(|variant| !variant.status.is_terminal()).count();
    if open > 0 {
        notify(Notice::StillAtWork { run: run.run.clone(), open });
    }
}

/// Writes what is kept of a run into a folder: `DIR/var<N>/{patch.diff,report.json,meta.json}`.
///
/// # Errors
/// When the folder cannot be written.
pub fn write_out(app: &App, recorded: &Recorded, folder: &Path) -> Result<()> {
    let store = RunStore::new(app);
    let out = Folder::create(folder, &app.bounds())?;
    for variant in &recorded.run.variants {
        for file in ["patch.diff", "report.json", "meta.json"] {
            let kept = store.file(recorded.head, &variant.file(file))?;
            let Some(bytes) = kept else { continue };
            let write = || out.make_below(&variant.name())?.write(OsStr::new(file), &bytes);
            write().map_err(|cause| {
                let why = folder::why(&cause);
                let path = folder.join(variant.name()).join(file);
                Error::failed(format!("'{}' cannot be written{why}", path.display()))
                    .hint("the harvest itself is done; name a folder that can be written: --out DIR")
                    .because(cause)
            })?;
        }
    }
    Ok(())
}
