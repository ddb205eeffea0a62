//! `hook`: manages the pre-push hook.

mod pre_push;

use clap::{Args, Subcommand};

use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::engine::hook;
use crate::error::{Error, Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{HookManager, HookOutcome, HookReport, HookState};
use crate::ui::{Format, Ui};

/// Manage the pre-push hook, which checks what is about to be pushed
///
/// Once installed, every 'git push' calls git-puff, which refuses agents' work that is unreviewed, failed, risky or
/// holds a secret. 'git puff hook pre-push -h' lists the rules, each with its own setting. A push without agents' work
/// is neither inspected nor refused; 'git push --no-verify' skips the hook.
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

/// Install the pre-push hook
///
/// Installs it in core.hooksPath, or in the hooks folder of the repository, which its worktrees share. An existing
/// hook is kept as 'pre-push.before-puff' and is run too, with the same arguments and input; when it fails, the push
/// stops. Installing twice changes nothing. Where husky, pre-commit or lefthook manages the hooks, nothing is written:
/// the lines to add to its configuration are printed. When git-puff is missing later, the hook warns and lets pushes
/// through.
#[derive(Debug, Args)]
pub struct Install {
    /// Also install into a hooks folder outside of this repository, which other repositories share
    #[arg(long)]
    shared: bool,
    #[command(flatten)]
    output: JsonFlag,
}

/// Remove the pre-push hook, and restore the previous one
///
/// The previous hook is restored byte for byte, with its permissions.
#[derive(Debug, Args)]
pub struct Uninstall {
    /// Also remove from a hooks folder outside of this repository, which other repositories share
    #[arg(long)]
    shared: bool,
    #[command(flatten)]
    output: JsonFlag,
}

/// Show whether pushes call git-puff, and how
///
/// Exits with 1 when they do not.
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    output: JsonFlag,
}

impl Hook {
    /// Returns whether `--json` was given.
    pub(crate) fn json(&self) -> bool {
        match &self.verb {
            Verb::Install(verb) => verb.output.json,
            Verb::Uninstall(verb) => verb.output.json,
            Verb::Status(verb) => verb.output.json,
            Verb::PrePush(verb) => verb.output.json,
        }
    }
}

/// The manual entries of its verbs.
pub const MANUAL: Manual = Manual {
    verbs: &[("install", INSTALL), ("uninstall", UNINSTALL), ("status", STATUS), ("pre-push", pre_push::MANUAL)],
    ..Manual::NONE
};

const INSTALL: Manual = Manual {
    examples: &[Example { line: "git puff hook install", does: "Check every push." }],
    files: &[manual::HOOK],
    ..Manual::NONE
};

const UNINSTALL: Manual = Manual {
    examples: &[Example { line: "git puff hook uninstall", does: "Restore the previous hook." }],
    files: &[manual::HOOK],
    ..Manual::NONE
};

const STATUS: Manual = Manual {
    examples: &[Example {
        line: "git puff hook status",
        does: "Show whether the hook is installed, and which hook it runs next.",
    }],
    exits: &[(Kind::Failed, "Pushes do not call git-puff.")],
    files: &[manual::HOOK],
    ..Manual::NONE
};

/// Runs `hook`.
pub fn run(args: &Hook, here: impl Fn() -> Result<App>, ui: &Ui) -> Result<Exit> {
    match &args.verb {
        Verb::Install(args) => install(&here()?, args.shared, ui),
        Verb::Uninstall(args) => uninstall(&here()?, args.shared, ui),
        Verb::Status(_) => status(&here()?, ui),
        Verb::PrePush(args) => pre_push::run(args, here, ui),
    }
}

fn install(app: &App, shared: bool, ui: &Ui) -> Result<Exit> {
    let report = hook::install(app, shared)?;
    if ui.format() == Format::Json {
        ui.json(&report);
        return Ok(if report.state.is_asked() { Exit::Done } else { Exit::With(Kind::Failed) });
    }
    prove_asked(&report, ui)?;
    said(&report).iter().for_each(|line| ui.line(line));
    advise(&report, ui);
    Ok(Exit::Done)
}

/// Prints what to add to the configuration of a hook manager, if one is in charge.
///
/// # Errors
/// When nothing calls git-puff.
pub(super) fn prove_asked(report: &HookReport, ui: &Ui) -> Result<()> {
    let Some(manager) = report.manager.as_ref().filter(|_| !report.state.is_asked()) else { return Ok(()) };
    let add = manager.add.as_deref().unwrap_or_default();
    ui.note(add);
    Err(Error::failed(format!("cannot install the hook: {} manages the hooks of this repository", manager.name))
        .hint(way(manager)))
}

/// Returns the steps that make a hook manager call git-puff; the lines to add are printed before.
fn way(manager: &HookManager) -> String {
    let file = &manager.file;
    let below = if manager.name == "pre-commit" { ", below 'repos:'" } else { "" };
    let add = manager.add.as_ref().map(|_| format!("add the lines above to '{file}'{below}"));
    let then = manager.then.as_ref().map(|then| format!("run '{then}'"));
    [add, then].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Returns one line for each result.
pub(super) fn said(report: &HookReport) -> Vec<String> {
    let path = &report.path;
    let mut lines = vec![match (report.did, report.state) {
        (Some(HookOutcome::Installed), _) => format!("installed the hook '{path}'"),
        (Some(HookOutcome::Updated), _) => format!("updated the hook '{path}'"),
        (Some(HookOutcome::Uninstalled), _) => format!("removed the hook of git-puff from '{path}'"),
        (_, HookState::Installed) => format!("the hook '{path}' is installed"),
        (_, HookState::Outdated) => format!("the hook '{path}' is installed, by another version of git-puff"),
        (_, HookState::Called) => format!("the hook '{path}' is not from git-puff, but calls it"),
        (_, HookState::Managed) => {
            let manager = report.manager.as_ref();
            let words = manager.map(|manager| format!(": {} does, by '{}'", manager.name, manager.file));
            format!("git-puff is called before a push{}", words.unwrap_or_default())
        }
        (_, HookState::Absent) => "pushes do not call git-puff".to_owned(),
    }];
    if let Some(chained) = &report.chained {
        lines.push(if report.chained_runs {
            format!("the previous hook runs after it: '{chained}'")
        } else {
            format!("the previous hook is not executable, so it does not run: '{chained}'")
        });
    }
    lines
}

fn advise(report: &HookReport, ui: &Ui) {
    if let Some(manager) = report.manager.as_ref().filter(|manager| !manager.in_charge && manager.add.is_some()) {
        ui.warn(&format!(
            "found '{}': once {} manages the hooks, git may no longer call this one",
            manager.file, manager.name
        ));
        ui.hint("run 'git puff hook install' then; it prints what to add");
    }
}

fn uninstall(app: &App, shared: bool, ui: &Ui) -> Result<Exit> {
    let report = hook::uninstall(app, shared)?;
    match ui.format() {
        Format::Json => ui.json(&report),
        _ => said(&report).iter().for_each(|line| ui.line(line)),
    }
    Ok(Exit::Done)
}

fn status(app: &App, ui: &Ui) -> Result<Exit> {
    let report = hook::status(app)?;
    if ui.format() == Format::Json {
        ui.json(&report);
    } else {
        said(&report).iter().for_each(|line| ui.line(line));
        match (report.state, &report.manager) {
            (HookState::Absent, Some(manager)) if manager.in_charge => {
                ui.note(manager.add.as_deref().unwrap_or_default());
                ui.hint(&way(manager));
            }
            (HookState::Absent, _) => ui.hint("run 'git puff hook install' to install it"),
            (HookState::Outdated, _) => ui.hint("run 'git puff hook install' to update it"),
            _ => {}
        }
    }
    Ok(if report.state.is_asked() { Exit::Done } else { Exit::With(Kind::Failed) })
}
