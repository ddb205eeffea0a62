//! `pick`

use clap::Args;

use super::review::Live;
use super::shared;
use crate::app::App;
use crate::commands::flags::{AbbrevArgs, JsonFlag};
use crate::engine::pick::{self, LandingChecks, PickTarget, Picked, short};
use crate::engine::review::{RecordedChecks, Step};
use crate::error::{Error, Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{PickMethod, Run, Selector};
use crate::settings;
use crate::store::RunStore;
use crate::ui::{Format, Ui};

/// Apply a variant, and record the decision
///
/// By default, git cherry-picks its commit onto HEAD, with hooks, signatures and conflicts as usual. Refuses a
/// worktree with uncommitted changes. Records the decision and its evidence in the run, its notes and its report; 'git
/// puff undo' undoes it. 'git puff preflight RUN:N --onto REF' tells beforehand whether it applies.
///
/// A verdict belongs to a tree. Where the tree that would land is not the one that was reviewed, and no known result is of
/// that tree, the checks that the variant was reviewed with, or else those of the launch, or of puff.check, run on it in a
/// workspace before anything moves: when one fails, nothing does. What conflicts were resolved to is checked by --continue.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["variant", "go_on", "abort"]))]
pub struct Pick {
    /// The variant
    #[arg(value_name = "RUN:N")]
    variant: Option<Selector>,
    /// Cherry-pick its commit (the default)
    #[arg(long, conflicts_with_all = ["merge", "branch", "go_on", "abort"])]
    cherry_pick: bool,
    /// Merge its branch, always with a merge commit
    #[arg(long, conflicts_with_all = ["branch", "go_on", "abort"])]
    merge: bool,
    /// Create a branch of this name at its commit
    #[arg(long, value_name = "NAME", conflicts_with_all = ["onto", "go_on", "abort"])]
    branch: Option<String>,
    /// Apply it to this branch, which must not be checked out in a worktree; changes no worktree or index, runs no
    /// hook, and refuses conflicts
    #[arg(long, value_name = "REF", conflicts_with_all = ["go_on", "abort"])]
    onto: Option<String>,
    /// Apply it even where a review found that it fails, or cheats its tests, and where it fails its checks on the target
    #[arg(long, conflicts_with = "abort")]
    force: bool,
    /// Run no check on what would land
    #[arg(long, conflicts_with = "abort")]
    no_check: bool,
    /// Continue after conflicts were resolved
    #[arg(long = "continue", conflicts_with_all = ["variant", "abort"])]
    go_on: bool,
    /// Abort the pick in progress
    #[arg(long, conflicts_with = "variant")]
    abort: bool,
    #[command(flatten)]
    abbrev: AbbrevArgs,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff pick @:2", does: "Cherry-pick the second variant of the newest run onto HEAD." },
        Example { line: "git puff pick @:2 --merge", does: "Merge it, so that the history shows its branch." },
        Example {
            line: "git puff pick @:2 --branch fix-parser",
            does: "Create a branch of it, and change nothing else.",
        },
        Example {
            line: "git puff pick @:2 --onto main",
            does: "Apply it to another branch, without changing the worktree.",
        },
        Example { line: "git puff pick --continue", does: "Continue after conflicts are resolved; --abort gives up." },
    ],
    exits: &[(
        Kind::Failed,
        "The variant conflicts, or fails its checks on the target, the worktree is not clean, or the operation failed.",
    )],
    files: &[manual::RUN_REFS, manual::TRASH_REFS, manual::POOL, manual::REPORT_NOTES, manual::RUN_NOTES],
    settings: &[settings::BRANCH_PREFIX, settings::CHECK, settings::CHECK_WRAPPER, settings::CONFINE],
    ..Manual::NONE
};

/// Runs `pick`.
pub fn run(args: &Pick, app: &mut App, ui: &Ui) -> Result<Exit> {
    args.abbrev.apply(app);
    if args.abort {
        let run = pick::abort(app)?;
        match ui.format() {
            Format::Json => ui.json(&run),
            _ => ui.line(&format!("aborted the pick of {}; nothing has changed", run.run)),
        }
        return Ok(Exit::Done);
    }
    let live = std::cell::RefCell::new(Live::new(ui));
    let mut watch = |step: Step<'_>| live.borrow_mut().hear(step);
    let trusts = |run: &str, named: &RecordedChecks| shared::trusts_checks(ui, run, named);
    let mut checks = LandingChecks { force: args.force, no_check: args.no_check, trusts: &trusts, watch: &mut watch };
    let picked = match &args.variant {
        None => pick::go_on(app, &mut checks),
        Some(selector) => {
            let recorded = RunStore::new(app).find(selector)?;
            let index = shared::variant_number(selector, &recorded.run, "can be picked")?;
            if let Some(objection) = pick::objection(app, &recorded, index)?.filter(|_| !args.force) {
                let question = format!("{objection}\npick it all the same?");
                if !ui.confirm(&question) {
                    return Err(Error::failed(objection).hint(format!(
                        "'git puff show {0}:{index}' shows why; to pick it all the same: git puff pick {0}:{index} --force",
                        recorded.run.run
                    )));
                }
            }
            pick::pick(app, &recorded, index, &pick_target(args), &mut checks)
        }
    };
    drop(live);
    let picked = picked?;
    if args.no_check {
        ui.note("no check was run on what lands (--no-check)");
    }
    match picked {
        Picked::Done(run) => {
            print(&run, app, ui);
            Ok(Exit::Done)
        }
        Picked::Waiting(run, paths) => Err(waiting(&run, &paths, app)),
    }
}

fn pick_target(args: &Pick) -> PickTarget {
    let how = if args.merge { PickMethod::Merge } else { PickMethod::CherryPick };
    match (&args.branch, &args.onto) {
        (Some(name), _) => PickTarget::Branch(name.clone()),
        (None, Some(onto)) => PickTarget::Onto(how, onto.clone()),
        (None, None) => PickTarget::Here(how),
    }
}

fn print(run: &Run, app: &App, ui: &Ui) {
    let Some(decision) = run.decision.as_ref().filter(|_| ui.format() != Format::Json) else { return ui.json(run) };
    let at = decision.after.map(|after| format!(", at {}", app.display.oid(after))).unwrap_or_default();
    let onto = short(&decision.onto);
    let what = match decision.how {
        PickMethod::CherryPick => format!("cherry-picked onto '{onto}'"),
        PickMethod::Merge => format!("merged into '{onto}'"),
        PickMethod::Branch => format!("the branch '{onto}'"),
    };
    ui.line(&format!("{}: var{} is {what}{at}", run.run, decision.variant));
    ui.hint(&format!("'git puff undo {0}' undoes the pick; 'git puff prune {0}' removes the other variants", run.run));
}

fn waiting(run: &Run, paths: &[Vec<u8>], app: &App) -> Error {
    let Some(decision) = &run.decision else { return Error::failed("no pick in progress") };
    let (name, onto) = (format!("var{} of '{}'", decision.variant, run.run), short(&decision.onto));
    let error = match paths {
        [] => Error::failed(format!("git stopped before committing {name}; see its message above")),
        paths => Error::failed(format!("{name} conflicts with '{onto}' in {}", app.display.paths(paths))),
    };
    error.hint("resolve the conflicts and 'git add' the files, then run 'git puff pick --continue'; or 'git puff pick --abort'")
}
