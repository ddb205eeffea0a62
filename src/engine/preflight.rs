//! Applies a variant to a commit in a dry run. Nothing is written but objects.

use super::base;
use crate::app::App;
use crate::error::{Error, Result};
use crate::git::Repo;
use crate::model::{Apply, Oid, Run, Variant};
use crate::patch::{self, Applied};
use crate::store::{Recorded, RunStore};

/// Returns the tree that patches are tried on.
///
/// # Errors
/// When the revision names nothing, or something without a tree.
pub fn onto(repo: &Repo, revision: &str) -> Result<Oid> {
    repo.resolve_tree(revision)?.ok_or_else(|| {
        Error::failed(format!("no revision '{revision}' in this repository"))
            .hint("name a branch, a tag or a commit; 'git log --oneline' shows some")
    })
}

/// Returns the tree of the commit that a run started from.
///
/// # Errors
/// When it is not here.
pub fn base(app: &App, run: &Run) -> Result<Oid> {
    base::tree(app, run).map_err(|error| {
        error.hint(format!("'git puff harvest {}' fetches it; or name another commit with --onto REV", run.run))
    })
}

/// Says that git would read other objects than those that are tried; none where it would not.
///
/// # Errors
/// When the refs cannot be read.
pub fn replaced(repo: &Repo) -> Result<Option<String>> {
    let objects = match repo.replaced()? {
        0 => return Ok(None),
        1 => "1 object is".to_owned(),
        many => format!("{many} objects are"),
    };
    Ok(Some(format!("{objects} replaced (refs/replace): git reads the replacements, git-puff the originals")))
}

/// Tries the patch of a variant. A variant without one is skipped.
///
/// # Errors
/// When the patch or the tree cannot be read.
pub fn variant(app: &App, recorded: &Recorded, variant: &Variant, onto: Oid) -> Result<Applied> {
    match RunStore::new(app).patch(recorded, variant.index)? {
        Some(patch) => patch::apply(&app.repo, onto, &patch),
        None => Ok(Applied::none(
            Apply::Skipped,
            format!("{} has no patch: it is {}", variant.name(), variant.status.as_str()),
        )),
    }
}
