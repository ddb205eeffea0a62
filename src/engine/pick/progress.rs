//! How far git is with a pick.

use crate::app::App;
use crate::git::state::{Head, head, pseudo_head};
use crate::model::{Oid, PickMethod, PickPoint};

/// Returns whether git is in the middle of a pick.
pub(super) fn is_in_progress(pick: &PickPoint) -> bool {
    let name = match pick.how {
        PickMethod::CherryPick => "CHERRY_PICK_HEAD",
        PickMethod::Merge => "MERGE_HEAD",
        PickMethod::Branch => return false,
    };
    pick.git_dir.as_ref().is_some_and(|git_dir| pseudo_head(git_dir, name).contains(&pick.commit))
}

/// Returns where the ref that a pick goes to is now.
pub fn target(app: &App, pick: &PickPoint) -> Option<Oid> {
    match (&pick.git_dir, pick.onto.as_str()) {
        (Some(git_dir), "HEAD") => match head(git_dir)? {
            Head::At(commit) => Some(commit),
            Head::On(_) => None,
        },
        (_, name) => app.repo.ref_target(name),
    }
}
