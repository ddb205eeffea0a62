//! `hook`: what git asks before it pushes.

mod pre_push;

use clap::{Args, Subcommand};

use crate::cli::JsonFlag;
use crate::context::Context;
use crate::engine::hook;
use crate::error::{Error, Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{HookDeed, HookManager, HookReport, HookState};
use crate::ui::{Format, Ui};

/// Look at what is about to be pushed: the pre-push hook
///
/// Once it is installed, every 'git push' asks git-puff, which stops it where the work of an agent goes out that nobody
/// has looked at, or that nobody should see. 'git puff hook pre-push -h' tells the rules, each with its own setting. A push
/// without such work is never looked into, and never stopped; 'git push --no-verify' pushes anyhow.
#[derive(Debug, Args)]
pub struct Hook {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Install(Install),
    Uninstall(Uninstall),
    Status(Status),
    PrePush(pre_push::PrePush),
}

/// Put the pre-push hook where git looks for it
///
/// That is where core.hooksPath says, or the hooks folder of the repository, which its worktrees share. A hook that is there
/// already is kept as 'pre-push.before-puff' and is asked too, by the same words and on the same input; when it fails, the
/// push stops. Installing twice changes nothing. Where husky, pre-commit or lefthook looks after the hooks, nothing is
/// written: what to add to its configuration is printed. When git-puff is gone one day, pushes go on, with a warning.
#[derive(Debug, Args)]
pub struct Install {
    /// Also into a folder outside of this repository, which other repositories use too
    #[arg(long)]
    shared: bool,
    #[command(flatten)]
    output: JsonFlag,
}

/// Take the pre-push hook away, and put back what was there before
///
/// The hook that was there before git-puff is the same again, to the byte and its permissions.
#[derive(Debug, Args)]
pub struct Uninstall {
    /// Also from a folder outside of this repository, which other repositories use too
    #[arg(long)]
    shared: bool,
    #[command(flatten)]
    output: JsonFlag,
}

/// Tell whether git-puff is asked at every push, and how
///
/// Exits with 1 when it is not.
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    output: JsonFlag,
}

impl Hook {
    /// Whether JSON was asked for.
    pub(crate) fn json(&self) -> bool {
        match &self.verb {
            Verb::Install(verb) => verb.output.json,
            Verb::Uninstall(verb) => verb.output.json,
            Verb::Status(verb) => verb.output.json,
            Verb::PrePush(verb) => verb.output.json,
        }
    }
}

/// What the manual says of its verbs.
pub const MANUAL: Manual = Manual {
    verbs: &[("install", INSTALL), ("uninstall", UNINSTALL), ("status", STATUS), ("pre-push", pre_push::MANUAL)],
    ..Manual::NONE
};

const INSTALL: Manual = Manual {
    examples: &[Example { line: "git puff hook install", does: "Be asked before every push." }],
    files: &[manual::HOOK],
    ..Manual::NONE
};

const UNINSTALL: Manual = Manual {
    examples: &[Example { line: "git puff hook uninstall", does: "Put back what was there before." }],
    files: &[manual::HOOK],
    ..Manual::NONE
};

const STATUS: Manual = Manual {
    examples: &[Example {
        line: "git puff hook status",
        does: "Tell whether it is installed, and what it asks after it.",
    }],
    exits: &[(Kind::Failed, "Git-puff is not asked before a push.")],
    files: &[manual::HOOK],
    ..Manual::NONE
};

/// Does what is said of the hook.
pub fn run(args: &Hook, here: impl Fn() -> Result<Context>, ui: &Ui) -> Result<Exit> {
    match &args.verb {
        Verb::Install(args) => install(&here()?, args.shared, ui),
        Verb::Uninstall(args) => uninstall(&here()?, args.shared, ui),
        Verb::Status(_) => status(&here()?, ui),
        Verb::PrePush(args) => pre_push::run(args, here, ui),
    }
}

fn install(context: &Context, shared: bool, ui: &Ui) -> Result<Exit> {
    let report = hook::install(context, shared)?;
    if ui.format() == Format::Json {
        ui.json(&report);
        return Ok(if report.state.is_asked() { Exit::Done } else { Exit::With(Kind::Failed) });
    }
    prove_asked(&report, ui)?;
    said(&report).iter().for_each(|line| ui.line(line));
    advise(&report, ui);
    Ok(Exit::Done)
}

/// Where another program is in charge, says what to add to its configuration.
///
/// # Errors
/// When nothing calls git-puff.
pub(super) fn prove_asked(report: &HookReport, ui: &Ui) -> Result<()> {
    let Some(manager) = report.manager.as_ref().filter(|_| !report.state.is_asked()) else { return Ok(()) };
    let add = manager.add.as_deref().unwrap_or_default();
    ui.note(add);
    Err(Error::failed(format!("{} looks after the hooks of this repository", manager.name)).hint(way(manager)))
}

/// How a manager comes to call git-puff; the lines are above.
fn way(manager: &HookManager) -> String {
    let file = &manager.file;
    let below = if manager.name == "pre-commit" { ", below 'repos:'" } else { "" };
    let add = manager.add.as_ref().map(|_| format!("add what is above to '{file}'{below}"));
    let then = manager.then.as_ref().map(|then| format!("run '{then}'"));
    [add, then].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// What was done, and what came of it: a line each.
pub(super) fn said(report: &HookReport) -> Vec<String> {
    let path = &report.path;
    let mut lines = vec![match (report.did, report.state) {
        (Some(HookDeed::Installed), _) => format!("installed the hook '{path}'"),
        (Some(HookDeed::Updated), _) => format!("brought the hook '{path}' up to date"),
        (Some(HookDeed::Uninstalled), _) => format!("took the hook of git-puff away from '{path}'"),
        (_, HookState::Installed) => format!("the hook '{path}' is installed"),
        (_, HookState::Outdated) => format!("the hook '{path}' is installed, by another version of git-puff"),
        (_, HookState::Called) => format!("the hook '{path}', which is not of git-puff, calls it"),
        (_, HookState::Managed) => {
            let manager = report.manager.as_ref();
            let words = manager.map(|manager| format!(": {} does, by '{}'", manager.name, manager.file));
            format!("git-puff is called before a push{}", words.unwrap_or_default())
        }
        (_, HookState::Absent) => "git-puff is not asked before a push".to_owned(),
    }];
    if let Some(chained) = &report.chained {
        lines.push(if report.chained_runs {
            format!("the hook that was there before is asked after it: '{chained}'")
        } else {
            format!("the hook that was there before is not executable, so it is not asked, as before: '{chained}'")
        });
    }
    lines
}

fn advise(report: &HookReport, ui: &Ui) {
    if let Some(manager) = report.manager.as_ref().filter(|manager| !manager.in_charge && manager.add.is_some()) {
        ui.warn(&format!(
            "there is '{}': once {} looks after the hooks, this one may not be asked any more",
            manager.file, manager.name
        ));
        ui.hint("'git puff hook install' then tells what to add there");
    }
}

fn uninstall(context: &Context, shared: bool, ui: &Ui) -> Result<Exit> {
    let report = hook::uninstall(context, shared)?;
    match ui.format() {
        Format::Json => ui.json(&report),
        _ => said(&report).iter().for_each(|line| ui.line(line)),
    }
    Ok(Exit::Done)
}

fn status(context: &Context, ui: &Ui) -> Result<Exit> {
    let report = hook::status(context)?;
    if ui.format() == Format::Json {
        ui.json(&report);
    } else {
        said(&report).iter().for_each(|line| ui.line(line));
        match (report.state, &report.manager) {
            (HookState::Absent, Some(manager)) if manager.in_charge => {
                ui.note(manager.add.as_deref().unwrap_or_default());
                ui.hint(&way(manager));
            }
            (HookState::Absent, _) => ui.hint("'git puff hook install' sets it up"),
            (HookState::Outdated, _) => ui.hint("'git puff hook install' brings it up to date"),
            _ => {}
        }
    }
    Ok(if report.state.is_asked() { Exit::Done } else { Exit::With(Kind::Failed) })
}
