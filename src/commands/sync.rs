//! `sync`

use clap::Args;

use super::shared;
use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::engine::sync::{self, SyncOptions};
use crate::engine::tombstones;
use crate::error::{Error, Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::documents::{self, Entry, Outcome, Synced};
use crate::model::{DisplayFormat, LeftFile, RunId, Schema, Selector};
use crate::render::{describe, text};
use crate::settings;
use crate::store::{RecoveryPoints, RunStore};
use crate::ui::{Format, Ui};

/// Exchange runs with other clones through a remote
///
/// Fetches runs from a remote, merges changes of both sides, and sends what the remote lacks: records, patches,
/// reports of agents, reviews and decisions. Uses only remotes that are enabled, each with 'git config --add
/// puff.sync.remote NAME'; without REMOTE, all of these. Never forces, and never loses data of either side. Watchers,
/// logins, folders and branch names stay in their clone: a run from another clone is marked as such, and is neither
/// watched nor paid for here. Notes are rebuilt from the fetched runs.
///
/// Everything to be sent is searched for secrets: prompts, messages, results of checks, and the lines that patches
/// add. A run with a possible secret is not sent; it is named, and the others are sent. --allow-secret RUN sends it
/// anyway. A file larger than puff.sync.maxSize is not sent; its size and SHA-256 are sent instead.
///
/// A pruned run is removed in the other clones too, with a recovery point in each; 'git puff undo' in any of them
/// restores it in all. A clone with later work on the run keeps it, and reports that.
#[derive(Debug, Args)]
pub struct Sync {
    /// The remote [config: puff.sync.remote]
    remote: Option<String>,
    /// Send only
    #[arg(long, conflicts_with = "fetch")]
    push: bool,
    /// Fetch only
    #[arg(long)]
    fetch: bool,
    /// Include the branches of variants [config: puff.sync.branches]
    #[arg(long)]
    branches: bool,
    /// Print what would be done, and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Send this run despite a possible secret in it; may be given several times
    #[arg(long, value_name = "RUN")]
    allow_secret: Vec<Selector>,
    /// Restore a pruned run in all clones; may be given several times
    #[arg(long, value_name = "RUN", conflicts_with = "dry_run")]
    revive: Vec<RunId>,
    /// Skip the pre-push hook
    #[arg(long)]
    no_verify: bool,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff sync -n", does: "Print what would be sent and fetched." },
        Example { line: "git puff sync", does: "Exchange runs with every enabled remote." },
        Example { line: "git puff sync --fetch origin", does: "Fetch runs, and send nothing." },
    ],
    exits: &[(Kind::Partial, "Done, except that a run was not exchanged, or only in part.")],
    files: &[manual::RUN_REFS, manual::PRUNED_REFS, manual::SEEN_REFS],
    settings: &[settings::SYNC_REMOTE, settings::SYNC_MAX_SIZE, settings::SYNC_BRANCHES],
    ..Manual::NONE
};

/// Runs `sync`.
pub fn run(args: &Sync, app: &App, ui: &Ui) -> Result<Exit> {
    let remotes = sync::remotes(app, args.remote.as_deref())?;
    let find = |selector| shared::find_run(app, selector).map(|recorded| recorded.run.run);
    let options = SyncOptions {
        fetch: !args.push,
        push: !args.fetch,
        branches: args.branches || app.settings.truth(settings::SYNC_BRANCHES)?,
        dry_run: args.dry_run,
        despite: args.allow_secret.iter().map(find).collect::<Result<_>>()?,
        verify: !args.no_verify,
        on_terminal: ui.format() == Format::Human && ui.is_terminal_err(),
    };
    args.revive.iter().try_for_each(|run| revive(app, run))?;
    let (mut outcomes, mut failure) = (Vec::new(), None);
    for remote in &remotes {
        match sync::sync(app, remote, &options) {
            Ok(outcome) => {
                print(&outcome, app, ui);
                outcomes.push(outcome);
            }
            Err(error) if remotes.len() == 1 => return Err(error),
            // A remote that cannot be reached does not stop the others.
            Err(error) => {
                ui.error(&error);
                failure.get_or_insert(error.kind());
            }
        }
    }
    if ui.format() == Format::Json {
        let schema = Schema::of(documents::SYNC);
        ui.json(&Synced { schema, dry_run: args.dry_run, remotes: &outcomes });
    }
    let partial = outcomes.iter().any(Outcome::is_partial).then_some(Kind::Partial);
    Ok(failure.or(partial).map_or(Exit::Done, Exit::With))
}

/// Removes the tombstone of a run, for all clones.
fn revive(app: &App, run: &RunId) -> Result<()> {
    let pruned = || Some(RecoveryPoints::new(app).newest(run).ok()??.recovery.journal);
    let head = RunStore::new(app).head(run).or_else(pruned);
    let step = tombstones::revive(app, run, head)?.ok_or_else(|| {
        Error::failed(format!("no pruned run named '{run}'"))
            .hint("'git for-each-ref refs/puff/pruned' lists pruned runs; 'git puff sync' fetches more")
    })?;
    let _lock = RunStore::new(app).lock()?;
    Ok(app.repo.change_refs(&[step], "puff: brought back")?)
}

fn print(outcome: &Outcome, app: &App, ui: &Ui) {
    if ui.format() != Format::Json {
        outcome.runs.iter().flat_map(|entry| done(entry, outcome.dry_run)).for_each(|line| ui.line(&line));
        ui.note(&summary(outcome));
    }
    for Entry { run, trouble, .. } in &outcome.runs {
        if let Some(trouble) = trouble {
            ui.warn(&format!("{run}: {}", trouble.what));
            ui.hint(&trouble.hint);
        }
    }
    outcome.runs.iter().flat_map(|entry| beside(entry, &app.display)).for_each(|text| ui.note(&text));
    outcome.warnings.iter().for_each(|warning| ui.warn(warning));
}

/// Returns a line for each action on a run: `received fix-3f2a`.
fn done(entry: &Entry, would: bool) -> Vec<String> {
    entry.did.iter().map(|did| format!("{}: {}", entry.run, did.words(would))).collect()
}

/// Returns a summary of all actions, in one line.
fn summary(outcome: &Outcome) -> String {
    let counts = outcome.counts();
    let held = outcome.runs.iter().filter(|entry| entry.trouble.is_some()).count();
    let mut parts: Vec<String> =
        counts.iter().map(|(did, count)| format!("{count} {}", did.words(outcome.dry_run))).collect();
    if held > 0 {
        parts.push(format!("{} not exchanged, or only in part", describe::number(held, "run")));
    }
    let what = if parts.is_empty() { "nothing new on either side".to_owned() } else { parts.join(", ") };
    format!("{}: {what}", outcome.remote)
}

/// Returns further notes: what stayed in another clone, and what is missing here.
fn beside(entry: &Entry, display: &DisplayFormat) -> Vec<String> {
    let run = &entry.run;
    let mut said: Vec<String> = Vec::new();
    let left = |file: &LeftFile| format!("{run}: {} ({}) was not sent by its clone", file.path, text::bytes(file.size));
    said.extend(entry.left.iter().map(left));
    let missing = entry.base_missing.as_ref().map(|base| display.oid(*base));
    said.extend(missing.map(|base| format!("{run}: its base {base} is missing here; fetch the branch that has it")));
    said.extend(entry.kept.iter().map(|kept| format!("{run}: kept {kept}")));
    if !entry.both.is_empty() {
        let both = entry.both.join(", ");
        said.push(format!("{run}: both sides changed {both}; 'git log refs/puff/runs/{run}' shows each change"));
    }
    said
}
