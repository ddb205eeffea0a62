//! `init`

use clap::Args;

use super::hook;
use crate::cli::JsonFlag;
use crate::context::Context;
use crate::engine::init::{set_up, undo};
use crate::error::{Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{self, InitDeed, InitStep, InitThing};
use crate::settings;
use crate::ui::{Format, Ui};

/// Set this repository up for working with runs, and say each thing that is done
///
/// The report of a commit goes along when it is rewritten (notes.rewriteRef), 'git log' shows reports (notes.displayRef),
/// and a merge keeps the lines of both sides of the runbook log (a line in the attributes of the git directory). With --hooks
/// git-puff is also asked before every push. What you have set stays as it is; calling it again changes nothing. Nothing of
/// this is needed for anything else to work.
#[derive(Debug, Args)]
pub struct Init {
    /// Also put the pre-push hook in place, as 'git puff hook install' does
    #[arg(long, conflicts_with = "undo")]
    hooks: bool,
    /// Take back what this verb has set up, and only that
    #[arg(long)]
    undo: bool,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// What the manual says of it.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff init --hooks", does: "Set everything up, the pre-push hook too." },
        Example { line: "git puff init --undo", does: "Take all of it back." },
    ],
    files: &[manual::REPORT_NOTES, manual::RUNBOOK, manual::ATTRIBUTES, manual::HOOK],
    settings: &[settings::INIT_DID],
    ..Manual::NONE
};

/// Sets up, or takes back.
pub fn run(args: &Init, context: &Context, ui: &Ui) -> Result<Exit> {
    let (steps, report) = if args.undo { (undo(context)?, None) } else { set_up(context, args.hooks)? };
    if ui.format() == Format::Json {
        ui.json(&model::Init { schema: model::Init::schema(), undone: args.undo, steps });
    } else {
        steps.iter().for_each(|step| ui.line(&words(step)));
        match (args.undo, steps.is_empty()) {
            (true, true) => ui.note("nothing was set up here by 'git puff init'"),
            (false, _) if steps.iter().any(|step| step.did == InitDeed::Done) => {
                ui.hint("'git puff init --undo' takes it back");
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
        InitDeed::Done => "set up",
        InitDeed::Already => "so already",
        InitDeed::Left => "left as it is",
        InitDeed::Undone => "taken back",
        InitDeed::Gone => "gone already",
    };
    format!("{what}: {did}: {detail}")
}
