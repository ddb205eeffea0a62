//! Why a run is not exchanged, or not whole: worded once.

use crate::error::{Error, Kind};
use crate::model::RunId;
use crate::model::documents::{Suspect, Trouble, TroubleKind};

fn trouble(kind: TroubleKind, what: impl Into<String>, hint: impl Into<String>) -> Trouble {
    Trouble { kind, what: what.into(), hint: hint.into(), suspects: Vec::new() }
}

/// Returns the trouble of a run of another clone that cannot be received.
pub fn incoming(error: &Error, run: &str, remote: &str) -> Trouble {
    let kind = if error.kind() == Kind::CannotWork { TroubleKind::Newer } else { TroubleKind::Invalid };
    let hint = match error.next_step() {
        Some(step) if kind == TroubleKind::Newer => format!("{step}; the run was left as it is on both sides"),
        _ => format!("nothing of it was received; 'git log refs/puff/remotes/{remote}/runs/{run}' shows who sent it"),
    };
    trouble(kind, format!("what '{remote}' has of it was not received: {}", said(error)), hint)
}

/// Returns the trouble of a run that cannot be sent.
pub fn outgoing(error: &Error, run: &RunId) -> Trouble {
    let kind = if error.kind() == Kind::CannotWork { TroubleKind::Newer } else { TroubleKind::Unreadable };
    let hint = error.next_step().map_or(format!("its history is in 'git log refs/puff/runs/{run}'"), str::to_owned);
    trouble(kind, format!("it stays here: {}", said(error)), hint)
}

pub fn unrelated(run: &RunId, remote: &str) -> Trouble {
    trouble(
        TroubleKind::Unrelated,
        format!("'{remote}' has another run of that name: yours stays here, that one there"),
        format!(
            "'git log refs/puff/remotes/{remote}/runs/{run}' shows the other; prune one of the two in its own clone"
        ),
    )
}

pub fn secret(run: &RunId, suspects: Vec<Suspect>) -> Trouble {
    let first = suspects.first().map_or(String::new(), |one| {
        format!(": {} line {} has what looks like {} ('{}…')", one.path, one.line, one.kind, one.begins)
    });
    let more = match suspects.len() {
        0 | 1 => String::new(),
        several => format!(", and {} more", several - 1),
    };
    let hint = format!(
        "see 'git puff show {run}' or 'git show refs/puff/runs/{run}:FILE'; if it is not a secret, or may be shared: git puff sync --allow-secret {run}"
    );
    Trouble { suspects, ..trouble(TroubleKind::Secret, format!("it stays here{first}{more}"), hint) }
}

pub fn pruned_elsewhere(run: &RunId, by: &str) -> Trouble {
    trouble(
        TroubleKind::Pruned,
        format!("{by} pruned it, but later work on it is here: it was kept, and is not sent"),
        format!("'git puff sync --revive {run}' shares it again, 'git puff prune {run}' removes it"),
    )
}

pub fn later_there(run: &RunId, remote: &str) -> Trouble {
    trouble(
        TroubleKind::Pruned,
        format!("it was pruned, and '{remote}' has later work on it: that stays there"),
        format!("'git puff undo {run}' or 'git puff sync --revive {run}' restores it"),
    )
}

pub fn not_pruned(run: &RunId, by: &str, error: &Error) -> Trouble {
    let hint = error.next_step().map_or(format!("'git puff prune {run}' removes it"), str::to_owned);
    trouble(TroubleKind::Kept, format!("{by} has pruned it; it was kept here: {}", error.message()), hint)
}

pub fn behind(remote: &str) -> Trouble {
    trouble(
        TroubleKind::Behind,
        format!("'{remote}' has something newer of it"),
        format!("'git puff sync {remote}' fetches that first"),
    )
}

pub fn refused(remote: &str, name: &str, said: &str) -> Trouble {
    let hint = format!("its owners have to allow '{name}' there; the run is whole here");
    trouble(TroubleKind::Refused, format!("'{remote}' rejected it: {said}"), hint)
}

pub fn base(remote: &str, branch: &str, base: &str) -> Trouble {
    trouble(
        TroubleKind::Base,
        format!("its branch '{branch}' stays here: it stands on {base}, which '{remote}' does not have"),
        "push what it stands on first",
    )
}

pub fn branch_moved(remote: &str, branch: &str) -> Trouble {
    trouble(
        TroubleKind::Behind,
        format!("'{remote}' has something else on the branch '{branch}'"),
        format!("compare both: git log {branch}...{remote}/{branch}"),
    )
}

pub fn odd(remote: &str) -> Trouble {
    trouble(
        TroubleKind::Invalid,
        format!("'{remote}' has a ref of that name among its runs that is not a run"),
        format!("its owner can remove it: git push {remote} --delete refs/puff/runs/NAME"),
    )
}

/// Returns an error and what is underneath, in a line.
fn said(error: &Error) -> String {
    [error.message().to_owned()].into_iter().chain(error.causes()).collect::<Vec<_>>().join(": ")
}
