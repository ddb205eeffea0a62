//! `join-operator`

use clap::Args;

use super::launch::{SettingArgs, WatchArgs};
use crate::cli::OutputFlags;
use crate::context::Context;
use crate::engine::intent::Intent;
use crate::error::{Error, Exit, Result};
use crate::manual::{self, Example, Manual};
use crate::model::documents::{self, Kind};
use crate::model::{RepoName, Span};
use crate::render::operator::{Operation, prompt};
use crate::settings;
use crate::ui::Ui;

/// How long a canary is watched.
const CANARY: Span = Span(600);

/// Launch a task that brings patches into the pull requests they belong to
///
/// The join operator takes one patch manifest after the other from an inbox, finds the open pull request that the patch
/// belongs to, and puts it there with gh and git: at once where it is sure, after an analysis where it is not. It holds
/// what conflicts or cannot be told apart, approves and merges nothing, and prints an outcome for every patch. 'git puff
/// report RUN --format manifest -o DIR' fills an inbox.
#[derive(Debug, Args)]
pub struct JoinOperator {
    /// The repository on GitHub
    #[arg(long, value_name = "OWNER/REPO", required_unless_present = "print_schema")]
    repo: Option<RepoName>,
    /// Where the manifests are: a folder of the repository, a branch, a URL, ...
    #[arg(long, value_name = "LOCATOR", required_unless_present = "print_schema", value_parser = locator)]
    patch_inbox: Option<String>,
    /// The pause between two cycles
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    poll_seconds: u32,
    /// How sure it has to be to join a patch without an analysis, from 0 to 1
    #[arg(long, value_name = "N", default_value = "0.70", value_parser = share, allow_negative_numbers = true)]
    confidence_threshold: f64,
    /// End after so many cycles; 0 for never
    #[arg(long, value_name = "N", default_value_t = 0)]
    max_cycles: u32,
    /// Try it: one cycle, watched for ten minutes
    #[arg(long, conflicts_with = "max_cycles")]
    canary: bool,
    /// Print what it would be told, and do nothing
    #[arg(long, conflicts_with = "print_schema")]
    print_prompt: bool,
    /// Print the JSON Schema of a manifest, and do nothing
    #[arg(long)]
    print_schema: bool,
    #[command(flatten)]
    settings: SettingArgs,
    #[command(flatten)]
    watch: WatchArgs,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// What the manual says of it.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example {
            line: "git puff join-operator --env acme/widgets --repo acme/widgets --patch-inbox patches/ --canary",
            does: "Try it with one cycle.",
        },
        Example {
            line: "git puff join-operator --repo acme/widgets --patch-inbox patches/ --confidence-threshold 0.8 --print-prompt",
            does: "Read what it would be told, before anything is paid.",
        },
        Example {
            line: "git puff join-operator --print-schema",
            does: "Print the JSON Schema of a manifest, for those who write some.",
        },
    ],
    files: &[manual::RUN_REFS, manual::RUNBOOK, manual::WATCHER_LOG, manual::RESULT],
    settings: &[
        settings::ENV,
        settings::REMOTE,
        settings::MAX_ACTIVE,
        settings::ATTEMPT_LIMIT,
        settings::CODEX,
        settings::DIALECT,
        settings::INTERVAL,
        settings::TIMEOUT,
        settings::NOTIFY,
    ],
    variables: &[manual::CODEX_HOME, manual::CODEX_SERVICE],
    ..Manual::NONE
};

/// Launches it.
pub fn run(args: &JoinOperator, here: impl FnOnce() -> Result<Context>, ui: &Ui) -> Result<Exit> {
    if args.print_schema {
        ui.json(&Kind::named(documents::MANIFEST).map(Kind::schema));
        return Ok(Exit::Done);
    }
    let (Some(repo), Some(inbox)) = (&args.repo, &args.patch_inbox) else {
        return Err(Error::usage("--repo and --patch-inbox are needed").hint("see 'git puff join-operator -h'"));
    };
    let text = prompt(&Operation {
        repo: repo.clone(),
        inbox: inbox.clone(),
        poll_seconds: args.poll_seconds,
        threshold: args.confidence_threshold,
        cycles: if args.canary { 1 } else { args.max_cycles },
    });
    if args.print_prompt {
        ui.block(&text);
        return Ok(Exit::Done);
    }
    let context = here()?;
    let watch = WatchArgs { timeout: args.watch.timeout.or(args.canary.then_some(CANARY)), ..args.watch.clone() };
    let wish = watch.wish(&context)?;
    let intent = args.settings.intent(Some(wish), &context)?;
    // There is nothing to choose from; more than one would step on each other's feet.
    let best_of = intent.best_of.or(intent.agents.is_empty().then_some(1));
    let intent = Intent { prompt: text, best_of, ..intent };
    args.settings.carry_out(vec![intent], Some(wish), &context, ui)
}

/// A number from 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "it has to be a number from 0 to 1, such as 0.7".to_owned())
}

/// A place, in words that a line holds.
fn locator(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err("it names no place".to_owned());
    }
    Ok(text.trim().to_owned())
}
