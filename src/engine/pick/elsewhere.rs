//! Taking a variant without any worktree: on trees, at the cost of the change.

use super::here::merge_message;
use super::{Goal, PickOperation, conclude, give_up, nothing_changes, short};
use crate::engine::preflight;
use crate::error::{Error, Result};
use crate::git::{Draft, RefFailure, RefStep, is_valid_ref_name};
use crate::model::{Apply, Oid, PickMethod, Run};
use crate::store::RecoveryPoint;

const HEADS: &str = "refs/heads/";

/// Returns the branch that it goes onto, and the tree that comes out.
pub(super) fn goal_onto(operation: &PickOperation<'_>, how: PickMethod, named: &str) -> Result<Goal> {
    let (repo, run) = (&operation.app.repo, operation.run());
    let (name, before) = branch(operation, named)?;
    if let Some(path) = repo.holder(&name, operation.app.layout.top()) {
        let here = repo.location().worktree.as_ref() == Some(&path);
        let target = format!("{}:{}", run.run, operation.variant.index);
        let hint = if here {
            format!("leave --onto out: 'git puff pick {target}' picks in this worktree")
        } else {
            format!("pick it there: git -C '{}' puff pick {target}", path.display())
        };
        let what = format!("the branch '{}' is in use in the worktree '{}'", short(&name), path.display());
        return Err(Error::failed(what).hint(hint));
    }
    operation.app.identity()?;
    if how == PickMethod::Merge {
        prove_mergeable(operation, &name, before)?;
    }
    let tree = repo.object_batch(|| tree(operation, &name, before))?;
    Ok(Goal::Onto(how, name, before, tree))
}

/// Takes it onto a branch.
pub(super) fn onto(
    operation: &PickOperation<'_>,
    how: PickMethod,
    name: String,
    before: Oid,
    tree: Oid,
) -> Result<Run> {
    let commit = write(operation, how, &name, before, tree)?;
    let point = operation.begin(how, &name, Some(before), false)?;
    let step = RefStep { name, old: Some(before), new: Some(commit) };
    move_to(operation, &point, step, commit)
}

/// Returns the new branch that it becomes.
pub(super) fn goal_branch(operation: &PickOperation<'_>, named: &str) -> Result<Goal> {
    let repo = &operation.app.repo;
    let name = format!("{HEADS}{}", named.strip_prefix(HEADS).unwrap_or(named));
    if !is_valid_ref_name(&name) || named.starts_with('-') || named == "HEAD" {
        return Err(Error::usage(format!("'{named}' cannot be the name of a branch"))
            .hint("see 'git help check-ref-format' for what can; --branch NAME"));
    }
    if let Some(there) = repo.ref_target(&name) {
        return Err(Error::failed(format!(
            "there is a branch '{}' already, at {}",
            short(&name),
            operation.app.display.oid(there)
        ))
        .hint("choose another NAME; to pick onto that branch: --onto NAME"));
    }
    let below = repo.refs_under(&format!("{name}/"))?.into_iter().map(|(name, _)| name).next();
    let above = name.match_indices('/').map(|(at, _)| &name[..at]).find(|name| repo.ref_target(name).is_some());
    if let Some(other) = below.or(above.map(str::to_owned)) {
        return Err(Error::failed(format!("the branch '{}' is in the way of one named '{named}'", short(&other)))
            .hint("choose another NAME: git keeps no branch 'a' beside 'a/b'"));
    }
    // A branch of the variant has all the history of its base: that has to be known here by more than the run.
    let base = operation.run().base_oid;
    if operation.run().is_remote() && !repo.is_on_a_ref(base) {
        let what = format!(
            "the base {} of '{}' is on no branch or tag here",
            operation.app.display.oid(base),
            operation.run().run
        );
        return Err(Error::failed(what)
            .hint("fetch the branch that it is on, or leave --branch out: pick takes the change alone"));
    }
    Ok(Goal::Branch(name))
}

/// Takes it as a new branch.
pub(super) fn as_branch(operation: &PickOperation<'_>, name: String) -> Result<Run> {
    let point = operation.begin(PickMethod::Branch, &name, None, false)?;
    move_to(operation, &point, RefStep { name, old: None, new: Some(operation.commit) }, operation.commit)
}

/// Returns the branch that is named, in full, and where it is.
fn branch(operation: &PickOperation<'_>, named: &str) -> Result<(String, Oid)> {
    let repo = &operation.app.repo;
    let full = if named.starts_with("refs/") { named.to_owned() } else { format!("{HEADS}{named}") };
    let valid = full.starts_with(HEADS) && is_valid_ref_name(&full) && named != "HEAD";
    let there = if valid { repo.branch(&full) } else { None };
    there.ok_or_else(|| {
        let error = Error::failed(format!("no branch named '{named}' to pick onto"));
        match named {
            "HEAD" => error.hint("leave --onto out to pick onto HEAD"),
            _ => error.hint("'git branch' lists the branches; --branch NAME makes a new one of the variant"),
        }
    })
}

/// Checks that a merge brings the variant alone: it takes along all history that the branch does not have.
fn prove_mergeable(operation: &PickOperation<'_>, onto: &str, before: Oid) -> Result<()> {
    let (repo, run) = (&operation.app.repo, operation.run());
    if repo.is_ancestor(operation.commit, before)? {
        return Err(nothing_changes(run, operation.variant, onto));
    }
    if repo.is_ancestor(run.base_oid, before)? {
        return Ok(());
    }
    let what = format!(
        "'{}' does not contain the base {} of the run: a merge would bring more than the variant",
        short(onto),
        operation.app.display.oid(run.base_oid)
    );
    Err(Error::failed(what).hint("leave --merge out, or switch to that branch and merge there"))
}

/// Returns the tree that comes out.
fn tree(operation: &PickOperation<'_>, onto: &str, before: Oid) -> Result<Oid> {
    let (repo, run) = (&operation.app.repo, operation.run());
    let applied = preflight::variant(operation.app, operation.recorded, operation.variant, repo.commit(before)?.tree)?;
    match (applied.apply, applied.tree) {
        (Apply::Empty, _) => Err(nothing_changes(run, operation.variant, onto)),
        (_, Some(tree)) => Ok(tree),
        (_, None) => {
            let (name, short) = (operation.variant.name(), short(onto));
            let paths = operation.app.display.paths(&applied.paths);
            let what = if applied.apply == Apply::Conflict { "conflicts with" } else { "does not apply to" };
            let hint = format!(
                "to resolve it in a worktree: 'git switch {short}', then 'git puff pick {}:{}'",
                run.run, operation.variant.index
            );
            let error =
                Error::failed(format!("{name} of '{}' {what} '{short}' in {paths}; nothing has moved", run.run));
            let why = applied.reason.filter(|_| applied.apply != Apply::Conflict).unwrap_or_default();
            Err(error.hint(hint).because_it_said(&why))
        }
    }
}

/// Returns the commit, as `git cherry-pick` or `git merge` would write it.
fn write(operation: &PickOperation<'_>, how: PickMethod, onto: &str, before: Oid, tree: Oid) -> Result<Oid> {
    let repo = &operation.app.repo;
    let committer = repo.committer()?;
    let draft = match how {
        PickMethod::Merge => {
            let author = operation.app.repo.author()?;
            let message = merge_message(operation, onto).into_bytes();
            Draft { tree, parents: vec![before, operation.commit], author, committer, message }
        }
        _ => {
            let (author, message) = repo.authorship(operation.commit)?;
            Draft { tree, parents: vec![before], author, committer, message }
        }
    };
    // As git itself: this is a commit of the user's own.
    if operation.app.settings.git_truth("commit.gpgsign") {
        repo.write_signed(&draft)
    } else {
        repo.write_draft(&draft)
    }
}

/// Moves the branch, if it is still where it was.
fn move_to(operation: &PickOperation<'_>, point: &RecoveryPoint, step: RefStep, after: Oid) -> Result<Run> {
    let name = short(&step.name).to_owned();
    let message = format!("puff: picked {}:{}", operation.run().run, operation.variant.index);
    match operation.app.repo.change_refs(&[step], &message) {
        Ok(()) => conclude(operation.app, point, operation.recorded, after),
        Err(failure) => {
            give_up(operation.app, point)?;
            Err(match failure {
                RefFailure::Moved(_) => {
                    Error::failed(format!("the branch '{name}' was changed by someone else meanwhile"))
                        .hint("nothing has moved; run the command again")
                }
                other => other.into(),
            })
        }
    }
}
