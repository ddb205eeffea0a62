//! `doctor`

use clap::Args;

use super::shared;
use crate::app::App;
use crate::commands::flags::OutputFlags;
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

/// Check the setup and the repository, and repair what is broken
///
/// Exits with 1 when a check fails.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The cloud environment to check [config: puff.env]
    #[arg(long, value_name = "ENV")]
    env: Option<String>,
    /// Recreate missing views from the run refs, remove stale locks, finish interrupted picks and prunes, and find the
    /// tasks of interrupted submissions
    #[arg(long)]
    repair: bool,
    /// Print only checks that did not pass
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff doctor", does: "Run all checks." },
        Example { line: "git puff doctor --repair", does: "Repair what is broken, and recreate what is missing." },
        Example { line: "git puff doctor --porcelain", does: "Print one line per check, for scripts." },
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
    settings: &[
        settings::CODEX,
        settings::DIALECT,
        settings::ENV,
        settings::REMOTE,
        settings::CONFINE,
        settings::CONFINE_WRITE,
    ],
    variables: &[manual::CODEX_HOME, manual::CODEX_SERVICE],
    ..Manual::NONE
};

/// Runs `doctor`.
pub fn run(args: &Doctor, app: &App, ui: &Ui) -> Result<Exit> {
    let repairs = if args.repair { repair(app, &shared::listener(app, ui))? } else { Vec::new() };
    let bound = repairs.iter().any(|repair| matches!(repair, Repair::Bound(..)));
    if bound {
        let (runs, _) = shared::all_runs(app, ui)?;
        if runs.iter().any(|run| jobs::is_live(app, run)) {
            jobs::ensure_watcher(app)?;
        }
    }
    let findings = examine(app, args.env.as_deref());
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
        Repair::Lock(path) => format!("removed a stale lock: {path}"),
        Repair::RunbookLine(run) => format!("added {run} to the runbook log"),
        Repair::Views(run) => format!("rewrote the report and notes of {run}"),
        Repair::Orphan(branch) => format!("deleted the branch {branch}; a recovery point keeps it"),
        Repair::Folder(path) => format!("removed the empty folder '{path}'"),
        Repair::Branch(_, branch) => format!("recreated the branch {branch}"),
        Repair::Bound(run, task) => format!("found the task of {run}: {task}"),
        Repair::Unmatched(run) => format!(
            "no task matches {run}, so it was probably not started: run 'git puff retry {run}' to start it again or 'git puff cancel {run}' to give it up"
        ),
        Repair::Ambiguous(run, tasks) => {
            let tasks: Vec<String> = tasks
                .iter()
                .map(|task| format!("{} ({})", task.id, crate::model::first_line(&task.title, 40)))
                .collect();
            format!(
                "several tasks match {run}: {}; choose one with 'git puff adopt TASK --run {run}'",
                tasks.join(", ")
            )
        }
        Repair::Worktree(left_over) => format!("repaired: {left_over}"),
        Repair::Ended(what) => format!("finished: {what}"),
        Repair::Failed(why) => format!("cannot repair: {why}"),
    }
}
