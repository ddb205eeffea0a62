//! A run out of a folder of exported patches.

use std::path::Path;

use data_encoding::HEXLOWER;

use super::base::{self, Base};
use super::harvest::{Client, HarvestOptions, Signer, finish, keep, make_all};
use super::{Listener, branches};
use crate::app::App;
use crate::error::{Error, Result};
use crate::model::{ProviderName, Run, RunId, State, StepKind};
use crate::providers::import::Export;
use crate::store::{Change, Recorded, RunStore};

/// Records a folder as a run, or finds the run it is already, and harvests it.
///
/// The run's id comes from the content, so the same folder on the same base is the same run, however often and from
/// wherever it is imported.
///
/// # Errors
/// When the folder or the base is not there, or the name is taken by another run.
pub fn import(
    app: &App,
    folder: &Path,
    base: &str,
    name: Option<&RunId>,
    options: &HarvestOptions,
    notify: Listener<'_>,
) -> Result<Recorded> {
    branches::prove_free(app)?;
    app.identity()?;
    let export = Export::read(folder, &app.bounds())?;
    let highest = export.highest();
    if let Some(index) = options.variants.iter().find(|index| **index > highest) {
        return Err(Error::usage(format!("'{}' has no variant {index}", folder.display()))
            .hint(format!("its variants are 1 to {highest}")));
    }
    let base = base::of_here(app, base)?;
    let digest = HEXLOWER.encode(&export.digest(&base.oid.to_string()));
    let folder_name = folder.canonicalize().ok().and_then(|f| Some(f.file_name()?.to_str()?.to_owned()));
    let about = export.prompt.clone().or(folder_name).unwrap_or_else(|| "import".to_owned());
    let store = RunStore::new(app);
    let id = match name {
        Some(name) => name.clone(),
        None => free_id(&store, &about, &digest)?,
    };
    // Nothing is paid for, and the folder stays: an import that is killed has not started.
    let signer = Signer::new(app)?;
    let made = store.ref_batch(|| {
        let recorded = record(app, &store, &id, &export, &base, &about, &digest)?;
        let client = Client { name: "import".to_owned(), version: None };
        let kept = keep(app, &store, &recorded, &export.collection(), &client, notify)?;
        make_all(app, &fill_gaps(app, &store, &kept)?, options, &signer, notify)
    })?;
    finish(app, made, options, notify)
}

/// Records the folder as a run, where it is none yet.
fn record(
    app: &App,
    store: &RunStore<'_>,
    id: &RunId,
    export: &Export,
    base: &Base,
    about: &str,
    digest: &str,
) -> Result<Recorded> {
    if !store.exists(id) {
        let now = app.clock.now();
        let run = Run {
            provider: ProviderName::IMPORT,
            state: State::Pending,
            submitted_at: Some(now),
            progress_at: Some(now),
            extra: [(DIGEST.to_owned(), digest.into())].into_iter().collect(),
            ..Run::blank(id, &base.named, base.oid, export.highest(), about, now)
        };
        let prompt = ("prompt.md".to_owned(), Some(about.as_bytes().to_vec()));
        let subject = format!("imported {} variants onto {}", export.variants.len(), base.oid.short());
        return store.create(run, &Change { files: vec![prompt], ..Change::new(StepKind::Import, subject) });
    }
    let recorded = store.load(id)?;
    if recorded.run.extra.get(DIGEST).and_then(|value| value.as_str()) != Some(digest) {
        return Err(Error::failed(format!("a run named '{id}' exists already, of other content"))
            .hint("choose another --name, or leave it out"));
    }
    Ok(recorded)
}

/// The field of a record that tells what an import was made of.
const DIGEST: &str = "import_sha256";

/// Returns the id that belongs to this content. Four characters are enough, unless they are taken by another content.
fn free_id(store: &RunStore<'_>, about: &str, digest: &str) -> Result<RunId> {
    for length in [4, 8, 16] {
        let id = RunId::compose(about, &digest[..length])
            .map_err(|cause| Error::failed("no name was found").because(cause))?;
        let same = |id: &RunId| {
            let known = store.load(id)?.run.extra.get(DIGEST).and_then(|value| value.as_str().map(str::to_owned));
            Ok::<bool, Error>(known.as_deref() == Some(digest))
        };
        if !store.exists(&id) || same(&id)? {
            return Ok(id);
        }
    }
    Err(Error::failed("no free name was found for the run").hint("give it one with --name"))
}

/// Numbers that the folder leaves out are attempts that nothing is known of, and never will be.
fn fill_gaps(app: &App, store: &RunStore<'_>, known: &Recorded) -> Result<Recorded> {
    let outcome = store.update_known(known, app.clock.now(), |run| {
        let open = run.variants.iter_mut().filter(|variant| !variant.status.is_terminal());
        open.for_each(|variant| variant.status = crate::model::VariantStatus::Unknown);
        if matches!(run.state, State::Pending | State::Ready | State::Error) {
            let _ = run.advance(run.verdict());
        }
        Ok(Some(Change::new(StepKind::Import, "imported")))
    })?;
    Ok(outcome.recorded)
}
