//! `sync`

use clap::Args;

use super::shared;
use crate::cli::JsonFlag;
use crate::context::Context;
use crate::engine::sync::{self, SyncOptions};
use crate::error::{Error, Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::documents::{self, Entry, Outcome, Synced};
use crate::model::{LeftFile, RunId, Schema, Selector};
use crate::render::{text, words};
use crate::settings;
use crate::store::{RecoveryPoints, RunStore};
use crate::ui::{Format, Ui};

/// Exchange runs with the clones of others, through a remote
///
/// Fetches what a remote has, puts together what was done in two places, and sends what it does not have: records, patches,
/// reports of agents, reviews and decisions. Only to remotes that were opted in, each with 'git config --add
/// puff.sync.remote NAME'; without REMOTE, to all of these. Nothing is sent by force, and nothing that one side has is lost.
/// Who watches a run, logins, folders and branch names stay with the clone that has them: a run from elsewhere is shown as
/// such, and is neither watched nor paid for here. Notes are made again from what came.
///
/// What is about to be sent is looked through for secrets: prompts, messages, results of checks, and the lines that patches
/// add. A run in which something looks like one stays here; it is named, and the others go on. --allow-secret RUN sends it
/// all the same. A file larger than puff.sync.maxSize stays in its clone, and its size and SHA-256 go instead.
///
/// A run that was pruned goes in the other clones too, with a recovery point in each; 'git puff undo' in any of them brings
/// it back in all. Where somebody has later work on it, that is kept there, and said.
#[derive(Debug, Args)]
pub struct Sync {
    /// The remote [config: puff.sync.remote]
    remote: Option<String>,
    /// Only send
    #[arg(long, conflicts_with = "fetch")]
    push: bool,
    /// Only fetch
    #[arg(long)]
    fetch: bool,
    /// The branches of variants too [config: puff.sync.branches]
    #[arg(long)]
    branches: bool,
    /// Say what would be done, and do nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Send this run though something in it looks like a secret; may be given several times
    #[arg(long, value_name = "RUN")]
    allow_secret: Vec<Selector>,
    /// Give a run that somebody pruned to everybody again; may be given several times
    #[arg(long, value_name = "RUN", conflicts_with = "dry_run")]
    revive: Vec<RunId>,
    /// Do not ask the pre-push hook
    #[arg(long)]
    no_verify: bool,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// What the manual says of it.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff sync -n", does: "Say what would go and come." },
        Example { line: "git puff sync", does: "Exchange runs with every remote that was opted in." },
        Example { line: "git puff sync --fetch origin", does: "Bring what others have done, and send nothing." },
    ],
    exits: &[(Kind::Partial, "Done, except that a run was not exchanged, or not whole.")],
    files: &[manual::RUN_REFS, manual::PRUNED_REFS, manual::SEEN_REFS],
    settings: &[settings::SYNC_REMOTE, settings::SYNC_MAX_SIZE, settings::SYNC_BRANCHES],
    ..Manual::NONE
};

/// Synchronises.
pub fn run(args: &Sync, context: &Context, ui: &Ui) -> Result<Exit> {
    let remotes = sync::remotes(context, args.remote.as_deref())?;
    let find = |selector| shared::find_run(context, selector).map(|recorded| recorded.run.run);
    let options = SyncOptions {
        fetch: !args.push,
        push: !args.fetch,
        branches: args.branches || context.settings.truth(settings::SYNC_BRANCHES)?,
        dry_run: args.dry_run,
        despite: args.allow_secret.iter().map(find).collect::<Result<_>>()?,
        verify: !args.no_verify,
        on_terminal: ui.format() == Format::Human && ui.is_terminal_err(),
    };
    args.revive.iter().try_for_each(|run| revive(context, run))?;
    let (mut outcomes, mut failure) = (Vec::new(), None);
    for remote in &remotes {
        match sync::sync(context, remote, &options) {
            Ok(outcome) => {
                print(&outcome, ui);
                outcomes.push(outcome);
            }
            Err(error) if remotes.len() == 1 => return Err(error),
            // One remote that cannot be reached does not keep the others from it.
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

/// Takes back, for everybody, that a run was pruned.
fn revive(context: &Context, run: &RunId) -> Result<()> {
    let pruned = || Some(RecoveryPoints::new(context).newest(run).ok()??.recovery.journal);
    let head = RunStore::new(context).head(run).or_else(pruned);
    let step = sync::revive(context, run, head)?.ok_or_else(|| {
        Error::failed(format!("nobody is known to have pruned '{run}'"))
            .hint("'git for-each-ref refs/puff/pruned' lists what was pruned; a sync finds out more")
    })?;
    let _lock = RunStore::new(context).lock()?;
    Ok(context.repo.change_refs(&[step], "puff: brought back")?)
}

fn print(outcome: &Outcome, ui: &Ui) {
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
    outcome.runs.iter().flat_map(beside).for_each(|text| ui.note(&text));
    outcome.warnings.iter().for_each(|warning| ui.warn(warning));
}

/// A line for each thing that was done to a run: `received fix-3f2a`.
fn done(entry: &Entry, would: bool) -> Vec<String> {
    entry.did.iter().map(|did| format!("{}: {}", entry.run, did.words(would))).collect()
}

/// All that was done, in a line.
fn summary(outcome: &Outcome) -> String {
    let counts = outcome.counts();
    let held = outcome.runs.iter().filter(|entry| entry.trouble.is_some()).count();
    let mut parts: Vec<String> =
        counts.iter().map(|(did, count)| format!("{count} {}", did.words(outcome.dry_run))).collect();
    if held > 0 {
        parts.push(format!("{} not, or not whole", words::number(held, "run")));
    }
    let what = if parts.is_empty() { "there is nothing new on either side".to_owned() } else { parts.join(", ") };
    format!("{}: {what}", outcome.remote)
}

/// What there is to know beside: what stayed elsewhere, and what is missing here.
fn beside(entry: &Entry) -> Vec<String> {
    let run = &entry.run;
    let mut said: Vec<String> = Vec::new();
    let left =
        |file: &LeftFile| format!("{run}: {} ({}) stayed in the clone that has it", file.path, text::bytes(file.size));
    said.extend(entry.left.iter().map(left));
    let missing = entry.base_missing.as_ref().map(|base| base.shown());
    said.extend(missing.map(|base| {
        format!("{run}: {base}, which its variants start from, is not here: fetch the branch that has it")
    }));
    said.extend(entry.kept.iter().map(|kept| format!("{run}: kept {kept}")));
    if !entry.both.is_empty() {
        let both = entry.both.join(", ");
        said.push(format!("{run}: both sides had changed {both}; 'git log refs/puff/runs/{run}' has each"));
    }
    said
}
