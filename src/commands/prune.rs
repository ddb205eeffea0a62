//! `prune`

use clap::Args;

use super::shared;
use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::engine::prune::{Plan, carry_out, plan};
use crate::error::{Error, Exit, Kind, Result};
use crate::git::PoolSize;
use crate::manual::{self, Example, Manual};
use crate::model::documents::{Pruned, Weight};
use crate::model::{Run, Schema, Selector, Span, State, documents};
use crate::render::{self, describe};
use crate::session::pool;
use crate::settings;
use crate::store::{RECOVERY_POINTS, RecoveryPoints};
use crate::ui::{Format, Ui};

/// Remove runs: their branches, worktrees, notes, records and logs
///
/// Records a recovery point first: 'git puff undo' restores a run, with the contents of its worktrees; only ignored
/// files and logs are lost. Keeps and names: a branch that is checked out; a branch with commits of yours, unless a
/// remote has them, or they are merged (by history, by the same patches, squashed, or because every file they changed
/// reads the same) into HEAD, the run's base or the branch its variant was picked onto; and a worktree with contents
/// that cannot be recorded. Refuses an active run.
#[derive(Debug, Args)]
pub struct Prune {
    /// The runs [default: all that match the options]
    #[arg(value_name = "RUN")]
    runs: Vec<Selector>,
    /// Remove only runs that have not changed for this long, such as 30d or 2w
    #[arg(long, value_name = "DURATION")]
    older_than: Option<Span>,
    /// Remove only runs with a picked variant
    #[arg(long)]
    picked: bool,
    /// Remove the workspaces of agents and checks that are not in use: the next run makes new ones
    #[arg(long)]
    pool: bool,
    /// Print what would be removed and kept, and remove nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

fn entry(plan: &Plan, bytes: Weight) -> Pruned {
    let run = plan.recorded.run.run.clone();
    let branches = plan.branches.iter().map(|branch| branch.name.trim_start_matches("refs/heads/").to_owned());
    Pruned {
        branches: branches.collect(),
        worktrees: plan.worktrees.iter().map(|worktree| worktree.path.display().to_string()).collect(),
        notes: plan.notes.len(),
        bytes,
        kept: plan.kept.clone(),
        recovery: format!("{RECOVERY_POINTS}{run}"),
        run,
    }
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example {
            line: "git puff prune --picked --dry-run",
            does: "Print what would be removed with all runs that have a picked variant.",
        },
        Example { line: "git puff prune --older-than 30d", does: "Remove runs that have not changed for a month." },
        Example { line: "git puff prune @", does: "Remove the newest run." },
        Example { line: "git puff prune --pool", does: "Remove the workspaces that are not in use." },
    ],
    files: &[manual::TRASH_REFS, manual::RUN_REFS, manual::BRANCHES, manual::WORKTREES, manual::POOL],
    settings: &[
        settings::BRANCH_PREFIX,
        settings::WORKSPACE_DIR,
        settings::POOL_MAX,
        settings::POOL_KEEP,
        settings::REMOTE,
    ],
    ..Manual::NONE
};

/// Runs `prune`.
pub fn run(args: &Prune, app: &App, ui: &Ui) -> Result<Exit> {
    let selects_runs = !args.runs.is_empty() || args.older_than.is_some() || args.picked;
    if !selects_runs && !args.pool {
        return Err(Error::usage("no runs given")
            .hint("name runs, or use --picked, --older-than 30d or --pool; --dry-run prints what would be removed"));
    }
    let chosen = if selects_runs { chosen(args, app, ui)? } else { Vec::new() };
    // All named runs are checked before any is removed.
    for run in chosen.iter().filter(|_| !args.runs.is_empty()) {
        let _lock = RecoveryPoints::new(app).lock(&run.run)?;
        plan(app, &run.run)?;
    }
    let (mut entries, mut failure) = (Vec::new(), None);
    for run in &chosen {
        match prune(args, app, run) {
            Ok(entry) => {
                print(args, &entry, ui);
                entries.push(entry);
            }
            // Of runs selected by an option, one that cannot be removed does not stop the others.
            Err(error) if args.runs.is_empty() && error.kind() == Kind::Failed => {
                ui.warn(&format!("kept '{}': {}", run.run, error.message()));
            }
            Err(error) => {
                ui.error(&error);
                failure.get_or_insert(error.kind());
            }
        }
    }
    let pool = args.pool.then(|| clear_pool(args, app, ui)).transpose()?;
    if !args.pool && !args.dry_run {
        pool::tidy(app);
    }
    let (dry_run, schema) = (args.dry_run, Schema::of(documents::PRUNE));
    match ui.format() {
        Format::Json => ui.json(&documents::Prune { schema, dry_run, runs: entries, pool }),
        _ if !selects_runs => {}
        _ if entries.is_empty() && failure.is_none() => ui.note("nothing to remove"),
        _ if !entries.is_empty() && !args.dry_run => ui.hint("'git puff undo RUN' restores a run"),
        _ => {}
    }
    Ok(failure.map_or(Exit::Done, Exit::With))
}

/// Returns the selected runs. Those selected by an option must not be active, nor have unharvested variants.
fn chosen(args: &Prune, app: &App, ui: &Ui) -> Result<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    for selector in &args.runs {
        let run = shared::find_run(app, selector)?.run;
        if !runs.iter().any(|other| other.run == run.run) {
            runs.push(run);
        }
    }
    if args.runs.is_empty() {
        let (all, _) = shared::all_runs(app, ui)?;
        runs.extend(all);
    }
    let now = app.clock.now();
    let old = |run: &Run| {
        args.older_than
            .is_none_or(|span| (now - run.updated_at).num_seconds() >= i64::try_from(span.0).unwrap_or(i64::MAX))
    };
    runs.retain(|run| old(run) && (!args.picked || run.state == State::Picked));
    if args.runs.is_empty() {
        runs.retain(|run| {
            let why = match run.state {
                state if state.is_active() => Some(format!("it is {}", state.as_str())),
                _ if describe::wants_harvest(run) => Some("not all of its variants were harvested".to_owned()),
                _ => None,
            };
            why.iter().for_each(|why| ui.note(&format!("kept '{}': {why}; name the run to remove it", run.run)));
            why.is_none()
        });
    }
    Ok(runs)
}

fn clear_pool(args: &Prune, app: &App, ui: &Ui) -> Result<documents::PrunedPool> {
    let PoolSize { used, free, bytes } = pool::size(app);
    if !args.dry_run {
        pool::clear(app)?.iter().for_each(|left| ui.warn(left));
    }
    if ui.format() != Format::Json {
        let would = if args.dry_run { "would remove" } else { "removed" };
        let stay = if used > 0 { format!("; {used} in use") } else { String::new() };
        let workspaces = describe::number(free, "workspace");
        ui.line(&format!("{would} {workspaces} ({}){stay}", render::text::bytes(bytes)));
    }
    Ok(documents::PrunedPool { workspaces: free, used, bytes })
}

fn prune(args: &Prune, app: &App, run: &Run) -> Result<Pruned> {
    let _lock = RecoveryPoints::new(app).lock(&run.run)?;
    let plan = plan(app, &run.run)?;
    let entry = entry(&plan, plan.weigh(app)?);
    if !args.dry_run {
        carry_out(app, &plan)?;
    }
    Ok(entry)
}

fn print(args: &Prune, entry: &Pruned, ui: &Ui) {
    if ui.format() != Format::Json {
        let would = if args.dry_run { "would remove" } else { "removed" };
        let bytes = |bytes: u64| render::text::bytes(bytes);
        let branches = entry.branches.len();
        let mut parts = vec![format!("{branches} branch{}", if branches == 1 { "" } else { "es" })];
        if !entry.worktrees.is_empty() {
            let worktrees = describe::number(entry.worktrees.len(), "worktree");
            parts.push(format!("{worktrees} ({})", bytes(entry.bytes.worktrees)));
        }
        parts.push(describe::number(entry.notes, "note"));
        if entry.bytes.files > 0 {
            parts.push(format!("logs ({})", bytes(entry.bytes.files)));
        }
        parts.push(format!("objects ({}, kept for 'undo')", bytes(entry.bytes.objects)));
        ui.line(&format!("{would} {}: {}", entry.run, parts.join(", ")));
        if args.dry_run {
            entry.branches.iter().for_each(|branch| ui.line(&format!("  the branch {branch}")));
            entry.worktrees.iter().for_each(|path| ui.line(&format!("  the worktree {path}")));
        }
    }
    let keeps = if args.dry_run { "would keep" } else { "kept" };
    for kept in &entry.kept {
        ui.warn(&format!("{keeps} the {} '{}': {}", kept.what, kept.name, kept.why));
    }
}
