//! Worktrees of agents and reviews that are not as they should be: left over, locked by nobody, missing, or cut off.

use std::fmt;
use std::path::PathBuf;

use super::harvest::keep_work;
use super::{Listener, review};
use crate::context::Context;
use crate::error::{Result, ResultExt};
use crate::model::{Local, Run, RunId, State, Variant};
use crate::provider::local;
use crate::session::worktree::{BEING_MADE, Yard};
use crate::store::{FileLock, Recorded};

/// What is the matter with a worktree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matter {
    /// It was begun, and nobody goes on with it.
    HalfMade,
    /// Its work is recorded, or nobody else is going to record it.
    LeftOver,
    /// It is locked for a session that is over.
    Locked,
    /// Its folder is gone.
    Missing,
    /// Its folder has lost the file that names the repository.
    CutOff,
    /// A review that was killed left it.
    Reviewed,
    /// It belongs to no run that there is.
    Strange,
}

/// A worktree that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOver {
    /// Its folder.
    pub path: PathBuf,
    /// What is the matter.
    pub matter: Matter,
    /// Whose it is.
    of: Option<(RunId, u32)>,
}

impl fmt::Display for LeftOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.matter {
            Matter::HalfMade => "was never finished",
            Matter::LeftOver => "is left over",
            Matter::Locked => "is locked for a session that is over",
            Matter::Missing => "is gone, but git still knows it",
            Matter::CutOff => "has lost its '.git' file",
            Matter::Reviewed => "was left by a review that was killed",
            Matter::Strange => "belongs to no run that there is",
        };
        let of = self.of.as_ref().map(|(run, variant)| format!(" of {run}:{variant}")).unwrap_or_default();
        write!(f, "the worktree '{}'{of} {what}", self.path.display())
    }
}

/// Finds them. Nothing is changed.
pub fn left_overs(context: &Context, runs: &[Recorded]) -> Vec<LeftOver> {
    // Whoever starts sessions at this moment has worktrees half made.
    let starting = FileLock::is_held(&context.places.local_lock());
    let mut found = Vec::new();
    let mut known = Vec::new();
    // The worktrees of a run that is at home elsewhere are there.
    for run in runs.iter().map(|recorded| &recorded.run).filter(|run| !run.is_away()) {
        let Some(local) = &run.local else { continue };
        known.push(local.worktrees.clone());
        for variant in &run.variants {
            let matter = matter(context, run, local, variant).filter(|_| !starting);
            let of = Some((run.run.clone(), variant.index));
            found.extend(matter.map(|matter| LeftOver { path: local.worktree(variant.index), matter, of }));
        }
    }
    if let Ok(yard) = Yard::find(context) {
        for worktree in context.repo.worktrees() {
            let Some(name) = yard.run_of(&worktree.path) else { continue };
            let run = runs.iter().map(|recorded| &recorded.run.run).find(|run| run.as_str() == name);
            let matter = match run {
                _ if review::is_left(context, &worktree, name) => Matter::Reviewed,
                // Of a run that there is: an agent's was looked at above, and a review may have been told to keep one.
                Some(_) => continue,
                None if known.iter().any(|folder| worktree.path.starts_with(folder)) => continue,
                None => Matter::Strange,
            };
            found.push(LeftOver { path: worktree.path, matter, of: None });
        }
    }
    found
}

fn matter(context: &Context, run: &Run, local: &Local, variant: &Variant) -> Option<Matter> {
    let path = local.worktree(variant.index);
    let over = local::status(context, run, variant).is_terminal();
    let closed = !matches!(run.state, State::Queued | State::Submitting | State::Pending | State::Ready);
    let stays = local.keep || local::stays(&variant.risks);
    let Some(worktree) = context.repo.worktree_at(&path) else {
        return (path.is_dir() && over && closed && !stays).then_some(Matter::LeftOver);
    };
    if !path.is_dir() {
        return Some(Matter::Missing);
    }
    if worktree.locked.as_deref() == Some(BEING_MADE) {
        return (over || closed).then_some(Matter::HalfMade);
    }
    if !over {
        return None;
    }
    if !worktree.is_linked() && !path.join(".git").is_dir() {
        return Some(Matter::CutOff);
    }
    if closed && !stays {
        return Some(Matter::LeftOver);
    }
    worktree.locked.is_some().then_some(Matter::Locked)
}

/// Puts them right: what an agent has made is recorded before its worktree goes. Answers those that are as they should
/// be afterwards.
///
/// # Errors
/// When what an agent made can't be recorded, or a worktree can't be changed.
pub fn put_right(context: &Context, left_over: &LeftOver, runs: &[Recorded], tell: Listener<'_>) -> Result<bool> {
    if left_over.matter == Matter::Reviewed {
        return review::remove_left(context, &left_over.path).map(|()| true);
    }
    let Some((id, index)) = &left_over.of else { return Ok(false) };
    let run = runs.iter().map(|recorded| &recorded.run).find(|run| run.run == *id);
    let whole = run.and_then(|run| Some((run, run.local.as_ref()?, run.variant(*index)?)));
    let Some((run, local, variant)) = whole else { return Ok(false) };
    let worktree = context.repo.worktree_at(&left_over.path);
    let unwritable = || format!("the worktree '{}' can't be put right", left_over.path.display());
    match (left_over.matter, worktree) {
        (Matter::Missing | Matter::HalfMade, _) => local::remove(context, run, local, variant)?,
        (Matter::Locked, Some(worktree)) => worktree.unlock().or_fail(unwritable)?,
        (Matter::CutOff, Some(worktree)) => worktree.link().or_fail(unwritable)?,
        (Matter::LeftOver, _) => {
            keep_work(context, &run.run, tell)?;
            return Ok(!left_over.path.exists());
        }
        _ => return Ok(false),
    }
    Ok(true)
}
