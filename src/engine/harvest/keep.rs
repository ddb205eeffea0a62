//! Keeping what was collected in the run: the patches first, before anything is made of them.

use serde_json::Map;

use super::Client;
use crate::app::App;
use crate::engine::patch_matching::{self, Bound};
use crate::engine::{Listener, Notice, active_files};
use crate::error::{Result, ResultExt};
use crate::model::{IgnoredFiles, Meta, Report, Run, State, StepKind, Time, Variant, documents};
use crate::provider::{Attempt, Collection};
use crate::store::{Change, Files, Recorded, RunStore};

/// Keeps what was collected in the run: the patches first, before anything is made of them.
pub(in crate::engine) fn keep(
    app: &App,
    store: &RunStore<'_>,
    known: &Recorded,
    collection: &Collection,
    client: &Client,
    notify: Listener<'_>,
) -> Result<Recorded> {
    let now = app.clock.now();
    let identity = app.identity()?;
    let mut news: Vec<Bound> = Vec::new();
    let outcome = store.update_known(known, now, |run| {
        let bound = patch_matching::bind(run, collection);
        for (placement, files) in &collection.ignored {
            if let Some(variant) = run.variant_mut(placement + 1) {
                variant.ignored = IgnoredFiles::of(files);
            }
        }
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
        Ok(Some(Change { files, ..Change::new(StepKind::Harvest, subject) }))
    })?;
    active_files::forget(app, &outcome.recorded.run);
    for Bound { index, .. } in news {
        let revision = outcome.recorded.run.variant(index).map_or(1, |variant| variant.revision);
        if revision > 1 {
            notify(Notice::Revised { run: known.run.run.clone(), variant: index, revision });
        }
    }
    Ok(outcome.recorded)
}

/// Returns the files that belong to what was collected. A patch that is known already keeps the files it has.
fn artifacts(run: &Run, collection: &Collection, bound: &[Bound], client: &Client, now: Time) -> Result<Files> {
    let mut files = Files::new();
    for Bound { index, attempt, changed } in bound {
        let Some(variant) = run.variant(*index) else { continue };
        let attempt = &collection.attempts_made[*attempt];
        let path = |name: &str| Variant::path(*index, name);
        files.push((path("report.json"), Some(json(&report(run, variant, attempt))?)));
        if *changed {
            let patch = attempt.patch().unwrap_or_default().to_vec();
            let meta = Meta {
                collected_at: now,
                client: client.name.clone(),
                client_version: client.version.clone(),
                revision: variant.revision,
                patch_sha256: variant.patch_sha256.clone(),
                patch_size: patch.len() as u64,
                apply: None,
                risks: attempt.risks.clone(),
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
    documents::to_json(value).or_fail(|| "cannot write a record as JSON".to_owned())
}
