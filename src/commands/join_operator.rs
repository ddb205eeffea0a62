//! `join-operator`

use clap::Args;

use super::launch::{SettingArgs, WatchArgs};
use crate::app::App;
use crate::commands::flags::OutputFlags;
use crate::engine::intent::Intent;
use crate::error::{Error, Exit, Result};
use crate::manual::{self, Example, Manual};
use crate::model::documents::{self, Kind};
use crate::model::{RepoName, Span};
use crate::render::operator::{Operation, prompt};
use crate::settings;
use crate::ui::Ui;

/// Time limit of a canary.
const CANARY: Span = Span(600);

/// Launch a task that adds patches to the pull requests they belong to
///
/// The join operator reads patch manifests from an inbox, finds the open pull request of each patch, and adds the
/// patch with gh and git: directly if it is confident, after an analysis if not. It holds patches that conflict or are
/// ambiguous, approves and merges nothing, and prints an outcome for every patch. 'git puff report RUN --format
/// manifest -o DIR' fills an inbox.
#[derive(Debug, Args)]
pub struct JoinOperator {
    /// The repository on GitHub
    #[arg(long, value_name = "OWNER/REPO", required_unless_present = "print_schema")]
    repo: Option<RepoName>,
    /// The location of the manifests: a folder of the repository, a branch, a URL, ...
    #[arg(long, value_name = "LOCATOR", required_unless_present = "print_schema", value_parser = locator)]
    patch_inbox: Option<String>,
    /// The pause between two cycles
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    poll_seconds: u32,
    /// Minimum confidence to join a patch without an analysis, from 0 to 1
    #[arg(long, value_name = "N", default_value = "0.70", value_parser = share, allow_negative_numbers = true)]
    confidence_threshold: f64,
    /// Stop after N cycles; 0 for no limit
    #[arg(long, value_name = "N", default_value_t = 0)]
    max_cycles: u32,
    /// Run one cycle only, watched for ten minutes
    #[arg(long, conflicts_with = "max_cycles")]
    canary: bool,
    /// Print the prompt, and exit
    #[arg(long, conflicts_with = "print_schema")]
    print_prompt: bool,
    /// Print the JSON Schema of a manifest, and exit
    #[arg(long)]
    print_schema: bool,
    #[command(flatten)]
    settings: SettingArgs,
    #[command(flatten)]
    watch: WatchArgs,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example {
            line: "git puff join-operator --env acme/widgets --repo acme/widgets --patch-inbox patches/ --canary",
            does: "Run one cycle as a trial.",
        },
        Example {
            line: "git puff join-operator --repo acme/widgets --patch-inbox patches/ --confidence-threshold 0.8 --print-prompt",
            does: "Read the prompt before any task is paid for.",
        },
        Example {
            line: "git puff join-operator --print-schema",
            does: "Print the JSON Schema of a manifest, for programs that write manifests.",
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

/// Runs `join-operator`.
pub fn run(args: &JoinOperator, here: impl FnOnce() -> Result<App>, ui: &Ui) -> Result<Exit> {
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
    let app = here()?;
    let watch = WatchArgs { timeout: args.watch.timeout.or(args.canary.then_some(CANARY)), ..args.watch.clone() };
    let wish = watch.wish(&app)?;
    let intent = args.settings.intent(Some(wish), &app)?;
    // Several attempts would work on the same pull requests at the same time.
    let best_of = intent.best_of.or(intent.agents.is_empty().then_some(1));
    let intent = Intent { prompt: text, best_of, ..intent };
    args.settings.carry_out(vec![intent], Some(wish), &app, ui)
}

/// Parses a number from 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "expected a number from 0 to 1, such as 0.7".to_owned())
}

/// Parses a location of one line.
fn locator(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err("expected a location".to_owned());
    }
    Ok(text.trim().to_owned())
}
