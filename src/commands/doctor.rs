//! `doctor`

use clap::Args;

use super::shared;
use crate::cli::OutputFlags;
use crate::context::Context;
use crate::engine::doctor::examine;
use crate::engine::repair::{Repair, repair};
use crate::error::{Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::documents::Health;
use crate::model::{Finding, FindingResult, Schema, documents};
use crate::render;
use crate::settings;
use crate::ui::{Format, Ui};
use crate::watch::jobs;

/// Look for what could stand in the way, and repair what is broken
///
/// Exits with 1 when a check fails.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The cloud environment to check [config: puff.env]
    #[arg(long, value_name = "ENV")]
    env: Option<String>,
    /// Make again from the run refs what is missing, remove locks that nobody holds, end picks and prunes that were
    /// interrupted, and find the tasks of interrupted submissions
    #[arg(long)]
    repair: bool,
    /// Print only what is not well
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// What the manual says of it.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff doctor", does: "Look for everything that could stand in the way." },
        Example { line: "git puff doctor --repair", does: "Repair what is broken, and make again what is missing." },
        Example { line: "git puff doctor --porcelain", does: "Print a line for every check, for scripts." },
    ],
    exits: &[(Kind::Failed, "A check failed.")],
    files: &[
        manual::RUN_REFS,
        manual::RUNBOOK,
        manual::BRANCHES,
        manual::REPORT_NOTES,
        manual::RUN_NOTES,
        manual::LIVE,
    ],
    settings: &[settings::CODEX, settings::DIALECT, settings::ENV, settings::REMOTE],
    variables: &[manual::CODEX_HOME, manual::CODEX_SERVICE],
    ..Manual::NONE
};

/// Examines, and repairs where that is asked for.
pub fn run(args: &Doctor, context: &Context, ui: &Ui) -> Result<Exit> {
    let repairs = if args.repair { repair(context, &shared::listener(ui))? } else { Vec::new() };
    let bound = repairs.iter().any(|repair| matches!(repair, Repair::Bound(..)));
    if bound {
        let (runs, _) = shared::all_runs(context, ui)?;
        if runs.iter().any(|run| jobs::is_live(context, run)) {
            jobs::ensure_watcher(context)?;
        }
    }
    let findings = examine(context, args.env.as_deref());
    let failed = findings.iter().any(|finding| finding.result == FindingResult::Fail)
        || repairs.iter().any(|repair| matches!(repair, Repair::Failed(_)));
    print(args, &findings, &repairs, failed, ui);
    Ok(if failed { Exit::With(Kind::Failed) } else { Exit::Done })
}

fn print(args: &Doctor, findings: &[Finding], repairs: &[Repair], failed: bool, ui: &Ui) {
    let shown: Vec<&Finding> =
        findings.iter().filter(|finding| !args.quiet || finding.result != FindingResult::Ok).collect();
    let status = if failed { Health::Fail } else { Health::Ok };
    match ui.format() {
        Format::Json => ui.json(&documents::Examination {
            schema: Schema::of(documents::DOCTOR),
            status,
            checks: shown,
            repairs: repairs.iter().map(word).collect(),
        }),
        Format::Porcelain => {
            ui.pairs(&[("DOCTOR_STATUS", status.as_str().to_owned())]);
            for finding in shown {
                let value = finding.value.as_ref().map(|value| format!(" VALUE={value}")).unwrap_or_default();
                ui.line(&format!("CHECK={} RESULT={}{value}", finding.name, finding.result.as_str()));
            }
        }
        Format::Human => {
            repairs.iter().for_each(|repair| ui.line(&word(repair)));
            let shown: Vec<Finding> = shown.into_iter().cloned().collect();
            ui.block(&render::tables::findings(&shown));
        }
    }
}

fn word(repair: &Repair) -> String {
    match repair {
        Repair::Lock(path) => format!("removed a lock that nobody held: {path}"),
        Repair::RunbookLine(run) => format!("added the line of {run} to the runbook log"),
        Repair::Views(run) => format!("wrote the report and notes of {run} again"),
        Repair::Orphan(branch) => format!("deleted the branch {branch}, which a recovery point keeps"),
        Repair::Folder(path) => format!("removed the empty folder '{path}'"),
        Repair::Branch(_, branch) => format!("made the branch {branch} again"),
        Repair::Bound(run, task) => format!("{run} has its task: {task}"),
        Repair::Unmatched(run) => format!(
            "no task fits {run}, so most likely nothing was started: 'git puff retry {run}' starts it again, 'git puff cancel {run}' gives it up"
        ),
        Repair::Ambiguous(run, tasks) => {
            let tasks: Vec<String> = tasks
                .iter()
                .map(|task| format!("{} ({})", task.id, crate::model::first_line(&task.title, 40)))
                .collect();
            format!("several tasks fit {run}: {}; name one with 'git puff adopt TASK --run {run}'", tasks.join(", "))
        }
        Repair::Worktree(left_over) => format!("put right: {left_over}"),
        Repair::Ended(what) => format!("ended: {what}"),
        Repair::Failed(why) => format!("could not be repaired: {why}"),
    }
}
