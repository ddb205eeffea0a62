//! The commit of a variant, before anything uses it: it has to be what the variant's patch makes of the run's base.
//!
//! A record may come from anywhere: a colleague's clone, an agent that wrote a ref. The patch is what people read and
//! what the report describes, so a commit that holds anything else is refused, whatever record names it. Verifying costs what
//! applying the patch costs.

use std::collections::BTreeMap;

use super::harvest;
use crate::app::App;
use crate::error::{Error, Result};
use crate::model::{Oid, Run, Variant};
use crate::patch::{self, Patch};
use crate::store::{Recorded, RunStore, sha256};

/// Returns the commit of a variant, verified; one that is not in this repository is made again of the patch. None for a
/// variant without a commit.
///
/// # Errors
/// When the base or the patch is not here, or the commit is not what the patch makes of the base.
pub fn commit(app: &App, recorded: &Recorded, variant: &Variant) -> Result<Option<Oid>> {
    let (repo, run, store) = (&app.repo, &recorded.run, RunStore::new(app));
    let Some(claimed) = variant.commit else { return Ok(None) };
    if !repo.has_commit(run.base_oid) {
        return Err(Error::failed(format!(
            "cannot verify {} of '{}': its base {} is not in this repository",
            variant.name(),
            run.run,
            app.display.oid(run.base_oid)
        ))
        .hint(format!("'git puff harvest {}' fetches it", run.run)));
    }
    let patch = store.patch(recorded, variant.index)?.unwrap_or_default();
    if variant.patch_sha256.as_ref().is_some_and(|sum| *sum != sha256(&patch)) {
        return Err(differs(run, variant, "its patch has another SHA-256 than its record names"));
    }
    repo.object_batch(|| {
        let base = repo.commit(run.base_oid)?.tree;
        let tree = patch::apply(repo, base, &patch)?.tree;
        let tree = tree.ok_or_else(|| differs(run, variant, "its patch does not apply to its base"))?;
        if !repo.has_commit(claimed) {
            let made = harvest::make_again(app, &store, recorded, variant, tree)?;
            return if made == claimed {
                Ok(Some(claimed))
            } else {
                let what = format!("the patch makes {} instead of {}", app.display.oid(made), app.display.oid(claimed));
                Err(differs(run, variant, &what))
            };
        }
        let there = repo.commit(claimed)?;
        if there.parents != [run.base_oid] {
            return Err(differs(run, variant, &format!("{} does not start from the base", app.display.oid(claimed))));
        }
        if there.tree != tree {
            let what = format!("{} has the tree {}, the patch makes {}", app.display.oid(claimed), there.tree, tree);
            return Err(differs(run, variant, &what));
        }
        Ok(Some(claimed))
    })
}

/// Fetches at once, in a partial clone, what verifying these variants reads.
///
/// # Errors
/// When a patch cannot be read, or a folder of a base is not to be had.
pub fn bring<'r>(app: &App, variants: impl IntoIterator<Item = (&'r Recorded, &'r Variant)>) -> Result<()> {
    let repo = &app.repo;
    if !repo.is_partial() {
        return Ok(());
    }
    let mut named: Vec<(Oid, Oid)> = Vec::new();
    for (recorded, variant) in variants {
        let path = variant.file("patch.diff");
        let patch = repo.entry(repo.commit(recorded.head)?.tree, path.as_bytes())?;
        named.extend(patch.map(|patch| (recorded.run.base_oid, patch.oid)));
    }
    repo.bring(named.iter().map(|(_, patch)| *patch));
    let mut by_base: BTreeMap<Oid, Vec<Vec<u8>>> = BTreeMap::new();
    for (base, patch) in named.into_iter().filter(|(base, _)| repo.has_commit(*base)) {
        by_base.entry(base).or_default().push(repo.blob(patch)?);
    }
    for (base, patches) in by_base {
        let patches: Vec<Patch<'_>> = patches.iter().map(|patch| Patch::parse(repo, patch)).collect();
        patch::bring(repo, repo.commit(base)?.tree, &patches)?;
    }
    Ok(())
}

/// Returns the commits of all variants of a run, verified, as [`commit`] does.
///
/// # Errors
/// As [`commit`]; also when a variant was not harvested in this repository.
pub fn all(app: &App, recorded: &Recorded) -> Result<()> {
    bring(app, recorded.run.variants.iter().map(|variant| (recorded, variant)))?;
    for variant in &recorded.run.variants {
        prove_harvested(&recorded.run, variant)?;
        commit(app, recorded, variant)?;
    }
    Ok(())
}

/// Refuses a variant whose commit is claimed by another clone and was never derived here: its base was missing then.
///
/// # Errors
/// When it is one.
pub fn prove_harvested(run: &Run, variant: &Variant) -> Result<()> {
    if variant.commit.is_none() || variant.apply.is_some() {
        return Ok(());
    }
    Err(Error::failed(format!("{} of '{}' was not harvested in this repository", variant.name(), run.run))
        .hint(format!("'git puff harvest {}' fetches its base and makes its commit", run.run)))
}

fn differs(run: &Run, variant: &Variant, what: &str) -> Error {
    Error::failed(format!("the commit of {} of '{}' is not what its patch makes of its base", variant.name(), run.run))
        .hint(format!(
            "'git puff patch {0}:{1}' prints the patch; 'git puff harvest {0} --recreate' makes its commit again",
            run.run, variant.index
        ))
        .because_it_said(what)
}
