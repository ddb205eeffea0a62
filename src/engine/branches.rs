//! Branches of variants: created, never moved over someone's work.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::git::{Expected, RefFailure};
use crate::model::{Oid, RunId};
use crate::settings;
use crate::store::RunStore;

/// What became of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Branch {
    /// It is at the variant's commit.
    There,
    /// Someone has work there; it was left alone.
    Kept(String),
    /// The user deleted it; it was not made again.
    Gone,
}

/// The name of a variant's branch, without `refs/heads/`.
///
/// # Errors
/// When `puff.branchPrefix` can't begin a branch's name.
pub fn name(context: &Context, run: &RunId, index: u32) -> Result<String> {
    Ok(format!("{}{run}/var{index}", prefix(context)?))
}

/// `puff.branchPrefix`, checked.
///
/// # Errors
/// When it can't begin a branch's name.
pub fn prefix(context: &Context) -> Result<String> {
    let setting = context.settings.get(settings::BRANCH_PREFIX).filter(|setting| !setting.value.is_empty());
    let Some(setting) = setting else { return Ok(String::new()) };
    if crate::git::is_valid_ref_name(&format!("refs/heads/{}x/var1", setting.value)) {
        return Ok(setting.value);
    }
    Err(settings::bad(settings::BRANCH_PREFIX, &setting, "the beginning of a branch name, such as puff/"))
}

/// Finds a branch that stands where the folders of ours would be: git keeps no branch `puff` beside `puff/x`.
///
/// # Errors
/// When there is one, naming it and the way out.
pub fn prove_free(context: &Context) -> Result<()> {
    let prefix = prefix(context)?;
    let mut path = String::new();
    for part in prefix.split_inclusive('/').filter(|part| part.ends_with('/')) {
        path.push_str(part.trim_end_matches('/'));
        if context.repo.ref_target(&format!("refs/heads/{path}")).is_some() {
            return Err(Error::failed(format!("the branch '{path}' is in the way of branches named '{prefix}…'"))
                .hint(format!(
                    "rename it with 'git branch -m {path} NEW', or choose others: git config puff.branchPrefix NEW/"
                )));
        }
        path.push('/');
    }
    Ok(())
}

/// Puts a variant's branch where it belongs, if it is ours to put.
///
/// `before` is the commit that an earlier harvest put it at, if one did.
///
/// # Errors
/// When refs can't be written.
pub fn place(context: &Context, branch: &str, commit: Oid, before: Option<Oid>, recreate: bool) -> Result<Branch> {
    let full = format!("refs/heads/{branch}");
    let _lock = RunStore::new(context).lock()?;
    // One more turn is enough: whoever was faster has put it somewhere, and that is looked at then.
    for _ in 0..2 {
        let now = context.repo.ref_target(&full);
        let expected = match now {
            Some(there) if there == commit => return Ok(Branch::There),
            None if before.is_some() && !recreate => return Ok(Branch::Gone),
            None => Expected::Absent,
            Some(there) if Some(there) != before => {
                return Ok(Branch::Kept(match before {
                    Some(_) => format!("it has been moved to {} since the last harvest", there.short()),
                    None => format!("it was there before, at {}", there.short()),
                }));
            }
            Some(_) if context.repo.checked_out().contains(&full) => {
                return Ok(Branch::Kept("it is checked out".to_owned()));
            }
            Some(there) => Expected::At(there),
        };
        match context.repo.set_ref(&full, commit, expected, "puff: harvested") {
            Ok(()) => return Ok(Branch::There),
            Err(RefFailure::Moved(_)) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    Ok(Branch::Kept("it is being changed by someone else".to_owned()))
}
