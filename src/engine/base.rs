//! The base: the commit that all variants of a run start from.

use super::{Listener, Notice};
use crate::app::App;
use crate::error::{Error, Result};
use crate::git::RemoteTip;
use crate::layout::RUNBOOK;
use crate::model::{Oid, Run};
use crate::provider::BaseKind;
use crate::settings;

/// A base, and the branch of the remote it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// As it was named, or the branch of HEAD.
    pub named: String,
    /// The branch of the remote.
    pub branch: String,
    /// Its commit, which is in this repository.
    pub oid: Oid,
}

/// Returns the tree of the commit that a run started from.
///
/// # Errors
/// When it is not here.
pub fn tree(app: &App, run: &Run) -> Result<Oid> {
    let base = app.repo.commit(run.base_oid).map_err(|cause| {
        Error::failed(format!("the base {} of the run '{}' is not in this repository", run.base_oid, run.run))
            .hint(format!("'git puff harvest {}' fetches it", run.run))
            .because(cause)
    })?;
    Ok(base.tree)
}

/// Returns the base of a run whose provider can start from such bases. Without a name, it is what HEAD is.
///
/// # Errors
/// When there is no such base.
pub fn of_kind(app: &App, kind: BaseKind, named: Option<&str>, notify: Listener<'_>) -> Result<Base> {
    match (kind, named) {
        (BaseKind::RemoteBranch, named) => of_remote(app, named, notify),
        (BaseKind::Commit, Some(named)) => of_here(app, named),
        (BaseKind::Commit, None) => {
            // By a name that still means the same tomorrow.
            let detached = || app.repo.head_commit().map(|commit| commit.to_string());
            of_here(app, &app.repo.head_branch().or_else(detached).unwrap_or_else(|| "HEAD".to_owned()))
        }
    }
}

/// Returns the tip of a branch of the remote. The provider checks that out, so the remote is asked where it is;
/// the commit is fetched when it is not here. Work that the provider will not see is told.
///
/// # Errors
/// When no branch is named and HEAD is on none, or the remote has no such branch.
fn of_remote(app: &App, named: Option<&str>, notify: Listener<'_>) -> Result<Base> {
    let remote = app.settings.text(settings::REMOTE).unwrap_or_else(|| "origin".to_owned());
    let (named, branch) = branch_name(app, named, &remote)?;
    prove_remote(app, &remote)?;
    let tip = match app.repo.remote_tip(&remote, &branch) {
        RemoteTip::At(tip) => {
            if !app.repo.has_commit(tip) {
                app.repo.fetch_branch(&remote, &branch).map_err(|cause| {
                    Error::failed(format!(
                        "cannot fetch the commit {} of '{branch}' from '{remote}'",
                        app.display.oid(tip)
                    ))
                    .hint(format!("try 'git fetch {remote}'"))
                    .because(cause)
                })?;
            }
            if !app.repo.has_commit(tip) {
                return Err(Error::failed(format!("'{branch}' of '{remote}' moved while it was fetched"))
                    .hint("run the command again"));
            }
            tip
        }
        RemoteTip::NoSuchBranch => return Err(not_pushed(&remote, &branch)),
        RemoteTip::Unreachable(said) => {
            let seen = last_seen(app, &remote, &branch, &said)?;
            notify(Notice::RemoteSilent { remote: remote.clone(), branch: branch.clone(), said });
            seen
        }
    };
    warn_unseen(app, &remote, &branch, tip, notify);
    Ok(Base { named, branch, oid: tip })
}

/// Finds out whether a run could start from the branch that HEAD is on. Returns that branch, and what the remote
/// said where it does not answer and was seen before. Nothing is fetched.
///
/// # Errors
/// As [`of_kind`].
pub fn prove_of_remote(app: &App) -> Result<(String, Option<String>)> {
    let remote = app.settings.text(settings::REMOTE).unwrap_or_else(|| "origin".to_owned());
    let (_, branch) = branch_name(app, None, &remote)?;
    prove_remote(app, &remote)?;
    match app.repo.remote_tip(&remote, &branch) {
        RemoteTip::At(_) => Ok((branch, None)),
        RemoteTip::NoSuchBranch => Err(not_pushed(&remote, &branch)),
        RemoteTip::Unreachable(said) => last_seen(app, &remote, &branch, &said).map(|_| (branch, Some(said))),
    }
}

fn prove_remote(app: &App, remote: &str) -> Result<()> {
    if app.repo.has_remote(remote) {
        return Ok(());
    }
    Err(Error::cannot_work(format!("no remote named '{remote}': the cloud works on a remote's branches"))
        .hint("add it with 'git remote add', or name another with 'git config puff.remote NAME'"))
}

fn not_pushed(remote: &str, branch: &str) -> Error {
    Error::failed(format!("the remote '{remote}' has no branch '{branch}'"))
        .hint(format!("push it first: git push -u {remote} {branch}; or name another with --base"))
}

/// Returns where the branch of a remote was that does not answer.
fn last_seen(app: &App, remote: &str, branch: &str, said: &str) -> Result<Oid> {
    app.repo.ref_target(&format!("refs/remotes/{remote}/{branch}")).ok_or_else(|| {
        Error::failed(format!("remote '{remote}' does not respond, and '{branch}' was never fetched from it"))
            .hint("check the network and 'git remote -v'")
            .because_it_said(said)
    })
}

/// Returns the base of a run whose patches are applied here alone: any revision.
///
/// # Errors
/// When nothing has that name.
pub fn of_here(app: &App, named: &str) -> Result<Base> {
    let oid = app.repo.resolve(named)?.ok_or_else(|| {
        Error::failed(format!("no commit '{named}' in this repository"))
            .hint("name a branch, a tag or a commit; 'git log --oneline' shows some")
    })?;
    Ok(Base { named: named.to_owned(), branch: named.to_owned(), oid })
}

/// Returns the name as it is recorded, and the branch of the remote that it means.
fn branch_name(app: &App, named: Option<&str>, remote: &str) -> Result<(String, String)> {
    let Some(named) = named else {
        let head = app.repo.head_branch().ok_or_else(|| {
            Error::usage("HEAD is detached, so it names no base branch")
                .hint("name the branch to start from: --base BRANCH")
        })?;
        let branch = upstream(app, &head, remote).unwrap_or_else(|| head.clone());
        return Ok((head, branch));
    };
    let prefixes = ["refs/heads/".to_owned(), format!("refs/remotes/{remote}/"), format!("{remote}/")];
    let short = prefixes.iter().find_map(|prefix| named.strip_prefix(prefix.as_str())).unwrap_or(named);
    let known = |name: &str| {
        [format!("refs/heads/{name}"), format!("refs/remotes/{remote}/{name}")]
            .iter()
            .any(|full| app.repo.ref_target(full).is_some())
    };
    if short.trim().is_empty() || short.starts_with('-') {
        return Err(
            Error::usage(format!("'{named}' cannot be the name of a branch")).hint("name a branch: --base BRANCH")
        );
    }
    let looks_like_commit = short.len() >= 7 && short.bytes().all(|byte| byte.is_ascii_hexdigit());
    if (looks_like_commit || short.contains(['^', '~', ':', '@'])) && !known(short) {
        return Err(Error::usage(format!("the cloud can start from a branch, not from '{named}'"))
            .hint(format!("make one there and push it: git push {remote} {named}:refs/heads/NAME")));
    }
    Ok((named.to_owned(), short.to_owned()))
}

/// Returns the branch of the remote that a recorded base means: what [`of_kind`] found when it was recorded.
pub fn recorded_branch(app: &App, named: &str) -> String {
    let remote = app.settings.text(settings::REMOTE).unwrap_or_else(|| "origin".to_owned());
    if let Some(branch) = upstream(app, named, &remote) {
        return branch;
    }
    branch_name(app, Some(named), &remote).map_or_else(|_| named.to_owned(), |(_, branch)| branch)
}

/// Returns where the branch of a recorded base is at the remote by now, fetched; none when that is not to be had.
pub fn tip_now(app: &App, named: &str) -> Option<Oid> {
    let remote = app.settings.text(settings::REMOTE).unwrap_or_else(|| "origin".to_owned());
    let branch = recorded_branch(app, named);
    let RemoteTip::At(tip) = app.repo.remote_tip(&remote, &branch) else { return None };
    if !app.repo.has_commit(tip) {
        let _ = app.repo.fetch_branch(&remote, &branch);
    }
    app.repo.has_commit(tip).then_some(tip)
}

/// Returns what the branch of HEAD is called at the remote, where it is set up to follow it.
fn upstream(app: &App, branch: &str, remote: &str) -> Option<String> {
    let of_remote = app.settings.git(&format!("branch.{branch}.remote"))? == remote;
    let merge = app.settings.git(&format!("branch.{branch}.merge"))?;
    merge.strip_prefix("refs/heads/").filter(|_| of_remote).map(str::to_owned)
}

/// Tells of commits and changes that are not on the remote's branch. They are looked for on the branch of HEAD where
/// that follows the remote's, whatever it is called, else on the branch of the same name.
fn warn_unseen(app: &App, remote: &str, branch: &str, tip: Oid, notify: Listener<'_>) {
    let head = app.repo.head_branch();
    let on_it =
        head.as_deref().filter(|head| *head == branch || upstream(app, head, remote).as_deref() == Some(branch));
    let local = on_it.unwrap_or(branch);
    if let Some(commit) = app.repo.ref_target(&format!("refs/heads/{local}")) {
        let ahead = app.repo.ahead_behind(commit, tip).map_or(0, |(ahead, _)| ahead);
        if ahead > 0 {
            notify(Notice::Unpushed { remote: remote.to_owned(), branch: local.to_owned(), commits: ahead });
        }
    }
    if on_it.is_some() {
        let paths = app.repo.uncommitted(RUNBOOK).map_or(0, |paths| paths.len());
        if paths > 0 {
            notify(Notice::Uncommitted { paths });
        }
    }
}
