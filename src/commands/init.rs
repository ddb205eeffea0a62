//! `init`

use clap::Args;

use super::hook;
use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::engine::init::{set_up, undo};
use crate::error::{Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{self, InitOutcome, InitStep, InitThing};
use crate::settings;
use crate::ui::{Format, Ui};

/// Set this repository up for working with runs, and print each change
///
/// Makes reports follow rewritten commits (notes.rewriteRef), shows reports in 'git log' (notes.displayRef), and makes
/// a merge keep both sides of the runbook log (a line in the attributes of the git directory). With --hooks, also
/// installs the pre-push hook. Keeps your own settings, and is safe to repeat. git-puff works without this setup.
#[derive(Debug, Args)]
pub struct Init {
    /// Also install the pre-push hook, as 'git puff hook install' does
    #[arg(long, conflicts_with = "undo")]
    hooks: bool,
    /// Undo what this verb has set up, and nothing else
    #[arg(long)]
    undo: bool,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff init --hooks", does: "Set everything up, including the pre-push hook." },
        Example { line: "git puff init --undo", does: "Undo the setup." },
    ],
    files: &[manual::REPORT_NOTES, manual::RUNBOOK, manual::ATTRIBUTES, manual::HOOK],
    settings: &[settings::INIT_DID],
    ..Manual::NONE
};

/// Runs `init`.
pub fn run(args: &Init, app: &App, ui: &Ui) -> Result<Exit> {
    let (steps, report) = if args.undo { (undo(app)?, None) } else { set_up(app, args.hooks)? };
    if ui.format() == Format::Json {
        ui.json(&model::Init { schema: model::Init::schema(), undone: args.undo, steps });
    } else {
        steps.iter().for_each(|step| ui.line(&words(step)));
        match (args.undo, steps.is_empty()) {
            (true, true) => ui.note("nothing to undo: 'git puff init' has set up nothing here"),
            (false, _) if steps.iter().any(|step| step.did == InitOutcome::Done) => {
                ui.hint("'git puff init --undo' undoes this");
            }
            _ => {}
        }
    }
    match report {
        Some(report) if ui.format() != Format::Json => hook::prove_asked(&report, ui).map(|()| Exit::Done),
        Some(report) if !report.state.is_asked() => Ok(Exit::With(Kind::Failed)),
        _ => Ok(Exit::Done),
    }
}

fn words(step: &InitStep) -> String {
    let InitStep { what, did, detail } = step;
    let what = match what {
        InitThing::RewriteRef | InitThing::DisplayRef => "notes",
        InitThing::Attributes => "runbook log",
        InitThing::Hook => "hook",
    };
    let did = match did {
        InitOutcome::Done => "set up",
        InitOutcome::Already => "already set up",
        InitOutcome::Left => "left unchanged",
        InitOutcome::Undone => "undone",
        InitOutcome::Gone => "already gone",
    };
    format!("{what}: {did}: {detail}")
}
