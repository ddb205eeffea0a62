//! `cd`

use std::path::PathBuf;

use clap::Args;

use super::shared;
use super::show::no_variant;
use crate::app::App;
use crate::error::{Error, Exit, Result};
use crate::git::WorktreeFault;
use crate::manual::{self, Example, Manual};
use crate::model::{Run, Selector, Variant};
use crate::session::worktree::WorkspaceRoot;
use crate::store::RunStore;
use crate::ui::Ui;

/// Print the folder of a variant's workspace
///
/// A program cannot change the folder of the shell that it was started from: 'cd "$(git puff cd RUN:N)"' does, and so
/// does the function puffcd, which 'git puff completions SHELL' defines: 'puffcd RUN:N'.
///
/// A variant has a workspace while its agent is running, until the variant is harvested, and longer with --keep of
/// 'git puff launch' and 'git puff review'.
#[derive(Debug, Args)]
pub struct Cd {
    /// The variant
    #[arg(value_name = "RUN:N")]
    variant: Selector,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff cd @:2", does: "Print the folder of the second variant of the newest run." },
        Example { line: "cd \"$(git puff cd @:2)\"", does: "Change to it; 'puffcd @:2' is shorter." },
    ],
    files: &[manual::WORKTREES],
    ..Manual::NONE
};

/// Prints the folder.
pub fn run(args: &Cd, app: &App, ui: &Ui) -> Result<Exit> {
    let recorded = RunStore::new(app).find(&args.variant)?;
    let run = &recorded.run;
    let index = shared::variant_number(&args.variant, run, "has a workspace")?;
    let variant = run.variant(index).ok_or_else(|| no_variant(run, index))?;
    let folder = folder_of(app, run, variant)?;
    match app.repo.open_worktree(&folder) {
        Ok(_) => {}
        Err(WorktreeFault::Gone) => return Err(gone(run, variant)),
        Err(fault) => {
            return Err(Error::failed(format!("the workspace of '{}:{index}' cannot be used: {fault}", run.run))
                .hint("git-puff does not touch what is there; 'git puff doctor' lists what is wrong"));
        }
    }
    ui.line(&folder.display().to_string());
    Ok(Exit::Done)
}

/// Returns where the workspace of a variant is: its agent's, or one that a review has kept.
fn folder_of(app: &App, run: &Run, variant: &Variant) -> Result<PathBuf> {
    match run.local.as_ref().filter(|_| !run.is_remote()) {
        Some(local) => Ok(local.worktree(variant.index)),
        None => Ok(WorkspaceRoot::find(app)?.of_run(&run.run).join(format!("var{}", variant.index))),
    }
}

fn gone(run: &Run, variant: &Variant) -> Error {
    let error = Error::failed(format!("'{}:{}' has no workspace", run.run, variant.index));
    match &variant.branch {
        Some(branch) => error.hint(format!("its work is on the branch '{branch}': git switch {branch}")),
        None => error.hint(format!("'git puff show {}:{}' says what became of it", run.run, variant.index)),
    }
}
