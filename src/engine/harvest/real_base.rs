//! The commit that the patches were really made on.

use std::collections::BTreeMap;

use crate::app::App;
use crate::engine::{Listener, Notice, base, capabilities};
use crate::error::{Error, Result};
use crate::model::{Oid, Run, StepKind};
use crate::patch::Patch;
use crate::provider::BaseKind;
use crate::store::{Change, Recorded, RunStore};

/// How far around the recorded base another one is looked for.
const NEAR: usize = 200;

/// Returns whether the base of a run may still turn out to be another commit.
/// Once something stands on the recorded base, it stays. So does the base of an import: the user named it.
pub(super) fn is_base_open(app: &App, run: &Run) -> bool {
    let is_moving = capabilities(app, run).base == BaseKind::RemoteBranch;
    is_moving && run.variants.iter().all(|variant| variant.commit.is_none())
}

/// Finds the commit that the cloud started from, where the branch moved after the base was recorded, and records it.
/// Returns the run with another base; none where it stays.
/// When the files that the patches were made on are not the base's, but those of a commit near it, that is the base.
pub(super) fn find_real_base(
    app: &App,
    store: &RunStore<'_>,
    recorded: &Recorded,
    patches: &BTreeMap<u32, Patch<'_>>,
    notify: Listener<'_>,
) -> Result<Option<Recorded>> {
    let run = &recorded.run;
    ensure_base(app, run)?;
    if !is_base_open(app, run) {
        return Ok(None);
    }
    let images: Vec<_> = patches.values().flat_map(Patch::pre_images).collect();
    let fits = |tree: Oid| -> Result<bool> {
        for image in &images {
            let entry = app.repo.entry(tree, &image.path)?;
            if !entry.is_some_and(|entry| entry.oid.to_string().starts_with(&image.digits)) {
                return Ok(false);
            }
        }
        Ok(true)
    };
    if images.is_empty() || fits(app.repo.commit(run.base_oid)?.tree)? {
        return Ok(None);
    }
    let remote = app.settings.text(crate::settings::REMOTE).unwrap_or_else(|| "origin".to_owned());
    let branch = base::recorded_branch(app, &run.base);
    let tip = app.repo.ref_target(&format!("refs/remotes/{remote}/{branch}"));
    let tip = tip.or_else(|| app.repo.ref_target(&format!("refs/heads/{branch}")));
    let near = |commit: Oid| -> Result<Option<Oid>> {
        for (commit, tree) in app.repo.first_parents(commit, NEAR) {
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
    // What was pushed between our question and the checkout in the cloud need not be here yet.
    if found.is_none()
        && let Some(now) = base::tip_now(app, &run.base).filter(|now| Some(*now) != tip)
    {
        found = near(now)?;
    }
    let Some(commit) = found else { return Ok(None) };
    let from = run.base_oid;
    notify(Notice::BaseMoved { run: run.run.clone(), from, to: commit });
    let outcome = store.update_known(recorded, app.clock.now(), |run| {
        run.base_oid = commit;
        let subject = format!("the patches were made on {}, not on {}", commit.short(), from.short());
        Ok(Some(Change::new(StepKind::Base, subject)))
    })?;
    Ok(Some(outcome.recorded))
}

/// Checks that the base is here, or fetches it again.
fn ensure_base(app: &App, run: &Run) -> Result<()> {
    if app.repo.has_commit(run.base_oid) {
        return Ok(());
    }
    let remote = app.settings.text(crate::settings::REMOTE).unwrap_or_else(|| "origin".to_owned());
    let fetched = app.repo.fetch_commit(&remote, run.base_oid);
    if app.repo.has_commit(run.base_oid) {
        return Ok(());
    }
    let error = Error::failed(format!("the base {} of the run '{}' is not in this repository", run.base_oid, run.run))
        .hint(format!("fetch it from where it is: git fetch REMOTE {}", run.base_oid));
    Err(match fetched {
        Err(cause) => error.because(cause),
        Ok(()) => error,
    })
}
