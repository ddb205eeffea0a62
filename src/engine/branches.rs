//! Branches of variants: created, never moved over someone's work.

use crate::app::App;
use crate::error::{Error, Result};
use crate::git::{Expected, RefChange, RefFailure};
use crate::model::{Oid, RunId};
use crate::settings;
use crate::store::{Recorded, RunStore};

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

/// Returns the name of a variant's branch, without `refs/heads/`.
///
/// # Errors
/// When `puff.branchPrefix` cannot begin a branch's name.
pub fn name(app: &App, run: &RunId, index: u32) -> Result<String> {
    Ok(format!("{}{run}/var{index}", prefix(app)?))
}

/// Returns `puff.branchPrefix`, checked.
///
/// # Errors
/// When it cannot begin a branch's name.
pub fn prefix(app: &App) -> Result<String> {
    let setting = app.settings.get(settings::BRANCH_PREFIX).filter(|setting| !setting.value.is_empty());
    let Some(setting) = setting else { return Ok(String::new()) };
    if is_prefix(&setting.value) {
        return Ok(setting.value);
    }
    Err(settings::bad(settings::BRANCH_PREFIX, &setting, PREFIX_WANTED))
}

/// What `puff.branchPrefix` has to be.
pub const PREFIX_WANTED: &str = "the beginning of a branch name, such as puff/";

/// Returns whether this can begin a branch's name. One that begins like the full name of a ref would be taken for that
/// ref by git.
pub fn is_prefix(text: &str) -> bool {
    let is_full = ["refs/", "HEAD/"].iter().any(|begin| text.starts_with(begin));
    !is_full && crate::git::is_valid_ref_name(&format!("refs/heads/{text}x/var1"))
}

/// Finds a branch that stands where the folders of ours would be: git keeps no branch `puff` beside `puff/x`.
///
/// # Errors
/// When there is one, naming it and the way out.
pub fn prove_free(app: &App) -> Result<()> {
    let prefix = prefix(app)?;
    let mut path = String::new();
    for part in prefix.split_inclusive('/').filter(|part| part.ends_with('/')) {
        path.push_str(part.trim_end_matches('/'));
        if app.repo.ref_target(&format!("refs/heads/{path}")).is_some() {
            return Err(Error::failed(format!("the branch '{path}' is in the way of branches named '{prefix}…'"))
                .hint(format!(
                    "rename it with 'git branch -m {path} NEW', or choose others: git config puff.branchPrefix NEW/"
                )));
        }
        path.push('/');
    }
    Ok(())
}

/// A branch to be put somewhere.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its name, without `refs/heads/`.
    pub branch: String,
    /// The variant's commit.
    pub commit: Oid,
    /// The commit that an earlier harvest put it at, if one did.
    pub before: Option<Oid>,
}

/// Puts the branches of variants of a run where they belong, as far as they are ours to put; answers in the same order.
///
/// # Errors
/// When the run was pruned since it was read, or refs cannot be written.
pub fn place(app: &App, recorded: &Recorded, wanted: &[Wanted], recreate: bool) -> Result<Vec<Branch>> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<_> = wanted.iter().map(|wanted| format!("refs/heads/{}", wanted.branch)).collect();
    let mut placed: Vec<Option<Branch>> = vec![None; wanted.len()];
    let store = RunStore::new(app);
    let _lock = store.lock()?;
    if !store.still_exists(recorded) {
        let run = &recorded.run.run;
        return Err(Error::failed(format!("the run '{run}' was pruned meanwhile"))
            .hint(format!("'git puff undo {run}' brings it back")));
    }
    // One more turn is enough: where another process was faster, its place is inspected then.
    for _ in 0..2 {
        let (mut open, mut changes) = (Vec::new(), Vec::new());
        for index in 0..wanted.len() {
            if placed[index].is_some() {
                continue;
            }
            let (name, new) = (names[index].as_str(), wanted[index].commit);
            match inspect(app, name, &wanted[index], recreate) {
                Ok(expected) => {
                    open.push(index);
                    changes.push(RefChange { name, new, expected, message: "puff: harvested" });
                }
                Err(branch) => placed[index] = Some(branch),
            }
        }
        for (index, result) in open.into_iter().zip(app.repo.set_refs(&changes)) {
            match result {
                Ok(()) => placed[index] = Some(Branch::There),
                Err(RefFailure::Moved(_)) => {}
                Err(failure) => return Err(failure.into()),
            }
        }
    }
    let busy = || Branch::Kept("it is being changed by someone else".to_owned());
    Ok(placed.into_iter().map(|branch| branch.unwrap_or_else(busy)).collect())
}

/// Deletes branches that are still at these commits, unless a worktree has them checked out.
///
/// # Errors
/// When refs cannot be written.
pub fn remove(app: &App, branches: impl Iterator<Item = (String, Oid)>) -> Result<()> {
    let _lock = RunStore::new(app).lock()?;
    for (branch, commit) in branches {
        let name = format!("refs/heads/{branch}");
        let is_there = app.repo.ref_target(&name) == Some(commit);
        if is_there && app.repo.holder(&name, app.layout.top()).is_none() {
            app.repo.delete_ref(&name, commit)?;
        }
    }
    Ok(())
}

/// Returns what a branch has to be to be put where it belongs; or what becomes of it where it is not to be put
/// anywhere.
fn inspect(app: &App, name: &str, wanted: &Wanted, recreate: bool) -> std::result::Result<Expected, Branch> {
    let before = wanted.before;
    match app.repo.ref_target(name) {
        Some(there) if there == wanted.commit => Err(Branch::There),
        None if before.is_some() && !recreate => Err(Branch::Gone),
        None => Ok(Expected::Absent),
        Some(there) if Some(there) != before => Err(Branch::Kept(match before {
            Some(_) => format!("it has been moved to {} since the last harvest", app.display.oid(there)),
            None => format!("it was there before, at {}", app.display.oid(there)),
        })),
        Some(_) if app.repo.checked_out().iter().any(|branch| branch == name) => {
            Err(Branch::Kept("it is checked out".to_owned()))
        }
        Some(there) => Ok(Expected::At(there)),
    }
}
