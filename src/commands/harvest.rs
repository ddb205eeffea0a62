//! `harvest`

use std::path::PathBuf;

use clap::Args;

use super::{shared, watch};
use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::engine::harvest::{HarvestOptions, harvest, harvest_kept, write_out};
use crate::engine::import::import;
use crate::engine::{is_at_service, open_provider};
use crate::error::{Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{Run, RunId, Selector, Span, State, Variant, VariantStatus};
use crate::provider::RetryPolicy;
use crate::settings;
use crate::store::Recorded;
use crate::ui::{Format, Ui};
use crate::watch::follow::Pace;

/// Create a branch for every finished variant
///
/// Fetches each variant, records its patch and evidence in the run, creates a commit on the base and a branch, and
/// writes the handoff report. Harvests the variants that are finished, and is safe to repeat. Never changes the
/// worktree, the index, HEAD, or a branch with commits of yours. Without RUN: every run with new variants.
#[derive(Debug, Args)]
pub struct Harvest {
    /// The runs
    #[arg(value_name = "RUN", conflicts_with = "from")]
    runs: Vec<Selector>,
    /// Harvest only these variants, failed ones with a patch included
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    variant: Vec<u32>,
    /// Also create branches for failed variants that left a patch
    #[arg(long, conflicts_with = "from")]
    include_failed: bool,
    /// Wait until every variant has finished
    #[arg(long, conflicts_with = "from")]
    wait: bool,
    /// Also write DIR/var<N>/{patch.diff,report.json,meta.json}
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Recreate branches that were deleted
    #[arg(long)]
    recreate: bool,
    /// Import exported patches DIR/var<N>/patch.diff
    #[arg(long, value_name = "DIR", requires = "base")]
    from: Option<PathBuf>,
    /// The commit that imported patches were made on
    #[arg(long, value_name = "REV", requires = "from")]
    base: Option<String>,
    /// The name of the imported run
    #[arg(long, value_name = "RUN", requires = "from")]
    name: Option<RunId>,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff harvest", does: "Create branches for every run with new variants." },
        Example {
            line: "git puff harvest @ --wait",
            does: "Wait until every variant of the newest run has finished, and create its branches.",
        },
        Example {
            line: "git puff harvest @ --variant 2 --out ../patches",
            does: "Harvest one variant, and also write its patch and evidence into a folder.",
        },
        Example {
            line: "git puff harvest --from ../patches --base main --name widgets",
            does: "Import exported patches, without any request to the cloud.",
        },
        Example {
            line: "git puff harvest @ --include-failed",
            does: "Also create branches for failed variants: an agent that ran into a limit may have left good work.",
        },
        Example { line: "git puff harvest @ --recreate", does: "Recreate branches that were deleted." },
    ],
    exits: &[
        (Kind::TaskError, "The task ended in error: no variant completed."),
        (Kind::Partial, "A completed variant did not apply."),
    ],
    files: &[manual::RUN_REFS, manual::BRANCHES, manual::REPORT_NOTES, manual::RUN_NOTES],
    settings: &[
        settings::BRANCH_PREFIX,
        settings::REMOTE,
        settings::CODEX,
        settings::DIALECT,
        settings::SETTLE,
        settings::HARVEST_IGNORED,
    ],
    variables: &[manual::CODEX_HOME, manual::CODEX_SERVICE],
    ..Manual::NONE
};

/// Runs `harvest`.
pub fn run(args: &Harvest, app: &App, ui: &Ui) -> Result<Exit> {
    let options =
        HarvestOptions { variants: args.variant.clone(), recreate: args.recreate, include_failed: args.include_failed };
    let tell = shared::listener(app, ui);
    let (mut harvested, mut failure) = (Vec::new(), None);
    let mut single = true;
    if let Some(folder) = &args.from {
        let base = args.base.as_deref().unwrap_or("HEAD");
        let folder = shared::absolute(app, folder);
        harvested.push(import(app, &folder, base, args.name.as_ref(), &options, &tell)?);
    } else {
        let chosen = chosen(args, app, ui)?;
        single = args.runs.len() == 1;
        for recorded in chosen {
            match harvest_one(args, &recorded, &options, app, ui) {
                Ok(recorded) => harvested.push(recorded),
                Err(error) if single => return Err(error),
                // A run that cannot be harvested does not stop the others.
                Err(error) => {
                    ui.error(&error);
                    failure.get_or_insert(error.kind());
                }
            }
        }
    }
    if let Some(folder) = &args.out {
        write_all_out(app, &harvested, &shared::absolute(app, folder))?;
    }
    let harvested: Vec<Run> = harvested.into_iter().map(|recorded| recorded.run).collect();
    print(&harvested, single, app, ui);
    Ok(exit(&harvested, failure))
}

fn chosen(args: &Harvest, app: &App, ui: &Ui) -> Result<Vec<Recorded>> {
    if !args.runs.is_empty() {
        return args.runs.iter().map(|selector| shared::find_run(app, selector)).collect();
    }
    let (runs, _) = shared::all_recorded(app, ui)?;
    let news = |run: &Run| {
        if run.is_remote() {
            return run.has_unharvested();
        }
        let open = matches!(run.state, State::Pending | State::Ready) && run.task_id.is_some();
        let unknown = run.task_id.is_some()
            && matches!(run.state, State::Harvested | State::Reviewed)
            && run.count(VariantStatus::Unknown) > 0;
        let left = |variant: &Variant| variant.status == VariantStatus::Failed && variant.has_patch();
        let failed = args.include_failed && run.variants.iter().any(|one| left(one) && one.commit.is_none());
        open || unknown || failed || run.has_unharvested()
    };
    Ok(runs.into_iter().filter(|recorded| news(&recorded.run)).collect())
}

fn harvest_one(args: &Harvest, recorded: &Recorded, options: &HarvestOptions, app: &App, ui: &Ui) -> Result<Recorded> {
    let run = &recorded.run;
    let tell = shared::listener(app, ui);
    // A run of another clone is fetched here only while the cloud has unfinished variants of it.
    let is_here = run.is_imported() || (run.is_remote() && !(is_at_service(app, run) && run.has_more_to_come()));
    if is_here {
        return harvest_kept(app, recorded, options, &tell);
    }
    if args.wait && run.state.is_active() {
        let usual = app.settings.span(settings::INTERVAL)?;
        let pace = Pace { interval: None, usual, timeout: Span(0) };
        watch::follow_on(app, std::slice::from_ref(&run.run), pace, ui)?;
    } else if run.task_id.is_none() {
        return Err(watch::not_through(run));
    }
    let provider = open_provider(app, run, RetryPolicy::Some)?;
    harvest(app, recorded, options, provider.as_ref(), &tell)
}

/// Writes one run into the folder itself, several into a subfolder each.
fn write_all_out(app: &App, runs: &[Recorded], folder: &std::path::Path) -> Result<()> {
    match runs {
        [recorded] => write_out(app, recorded, folder),
        runs => runs.iter().try_for_each(|known| write_out(app, known, &folder.join(known.run.run.as_str()))),
    }
}

fn print(runs: &[Run], single: bool, app: &App, ui: &Ui) {
    match (ui.format(), runs) {
        (Format::Json, [run]) if single => ui.json(run),
        (Format::Json, runs) => shared::print_runs_json(ui, runs),
        (_, []) => ui.note("nothing to harvest"),
        (_, runs) => {
            for (at, run) in runs.iter().enumerate() {
                if at > 0 {
                    ui.line("");
                }
                shared::print_run(app, ui, run);
            }
        }
    }
}

fn exit(runs: &[Run], failure: Option<Kind>) -> Exit {
    if let Some(kind) = failure {
        return Exit::With(kind);
    }
    if runs.iter().any(|run| run.state == State::Error) {
        return Exit::With(Kind::TaskError);
    }
    if runs.iter().any(|run| run.has_apply_failure() || run.has_untaken()) {
        return Exit::With(Kind::Partial);
    }
    Exit::Done
}
