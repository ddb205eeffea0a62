//! `review`

use clap::Args;

use super::shared;
use crate::app::App;
use crate::commands::flags::{ConfineArg, JsonFlag};
use crate::engine::review::{
    Freed, RecordedChecks, ReviewOptions, Step, SuggestedCheck, any_passes, appoint, review, suggested_check,
};
use crate::error::{Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{Selector, Span};
use crate::parallel;
use crate::render;
use crate::render::text::clean_line;
use crate::settings;
use crate::store::Recorded;
use crate::ui::Ui;

/// Run checks on every variant, gather evidence, rank the variants, and recommend one
///
/// The checks run one after another in a workspace at each variant and at the base: a folder beside the repository with
/// a repository of its own, which is used again for the next variant and the next review. They are those of --check, or
/// else of the launch, of puff.check, or of the last review. A check is a shell command; exit 0
/// is a pass. Checks of a run from another clone run only after confirmation, on a terminal or with --trust-checks. A
/// check has no input and a time limit, and ends with all processes that it started. Its changes to the workspace are
/// reported and reverted before the next check. Ignored files stay, such as build results, which make the next check
/// faster; but a check that fails beside them runs again without them, and so does every check of the variant that is
/// recommended. $GIT_PUFF_JUNIT names the folder for JUnit files;
/// files named junit*.xml or TEST-*.xml in the worktree, TAP, and the output of Rust's test runner are counted too. A
/// variant that fails only what fails on the base too is distinguished from one that broke it.
///
/// Where the system can confine programs (Linux 5.13 with Landlock, macOS), a check and puff.workspace.setup may read
/// anywhere and write only in their worktree, in a temporary folder of their own that TMPDIR names (not in /tmp), below
/// /dev, in the caches of build tools, and in the places of puff.confine.write. The base is checked first: a check that
/// it passes only unconfined runs unconfined on all variants too, and is named with the setting that avoids this.
///
/// The result of a check is reused for the same content, command, confinement, puff.check.wrapper, puff.workspace.setup,
/// puff.workspace.copy and puff.workspace.link, unless --fresh is given; a check that timed out or could not run is run
/// again. An interrupted
/// review continues where it stopped.
///
/// Without checks, a review names the one that the base suggests: its Makefile, package.json, the settings and tests of
/// Python, Cargo.toml, go.mod, or a line of a workflow. On a terminal it asks whether to set it as puff.check. It measures
/// the size of each change, tests that were added and removed, risks, conflict markers, whitespace errors, leftover
/// debugging code, binary and generated files, and the agreement of the variants. It says when no check was run.
///
/// A judge is a command that reads a JSON document (puff.judge/1) on its standard input: the prompt, and the variants
/// as A, B, … with patch, checks, the result of each test, class and findings, without agent, author or branch. Each judge
/// gets an order of its own, which follows from its command and the run's name. It runs in a workspace at the base, never in
/// your worktree; $GIT_PUFF_VARIANTS names a read-only folder with the tree of each variant by its letter. It answers
/// {"variants":[{"variant":"A","score":0..10,"reason":"…"}]} on its standard output. Several judges are combined by their
/// mean, and order variants inside a class only; one that fails is named, and does not count. contrib/judge-codex is one
/// that asks codex.
///
/// Where checks name their tests, a review also runs, on the base and on each variant that passes: the tests of the base as
/// they were, the new tests of all variants, and copies of tests with other inputs, in one workspace. puff.review.tests
/// names files that belong to the tests.
///
/// Each variant gets a class, with reasons. A, backed: it passes its checks and the tests of the base as they were, and
/// another variant of different code behaves alike, or it passes what others wrote tests for. B, alone: the same without
/// such a witness. C, look first: it changes or removes tests that passed, as the task asks or as all others do; or the
/// task says what a call gives, `minutes('1h30m') gives 90`, and it gives something else. D, never: it fails tests of the
/// base that it removed, changed or switched off, or holds what they pass and want. E: its checks fail. A or B is
/// recommended. Where the first of them differ on an input, and nothing backs one more, that input is the answer, and
/// none is recommended.
///
/// Inside a class, fewer risks that are not accepted come first, then judges, then likeness of behavior (where two
/// differ, on whose side a third is, and which of them still does as the base does), then new tests of others that pass.
/// Neither size nor likeness of text counts. Equal ones share a rank.
#[derive(Debug, Args)]
pub struct Review {
    /// The run
    run: Selector,
    /// A command to run on every variant; may be given several times [config: puff.check]
    #[arg(long, value_name = "CMD")]
    check: Vec<String>,
    /// A command that scores the variants; may be given several times [config: puff.judge]
    #[arg(long, value_name = "CMD")]
    judge: Vec<String>,
    /// Number of worktrees to check at a time [default: half of the processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    jobs: Option<u32>,
    /// Time limit of each check and judge; 0 for no limit
    #[arg(long, value_name = "DURATION", default_value = "15m")]
    timeout: Span,
    /// Run the checks on these variants only; reuse known results of the others
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    variant: Vec<u32>,
    /// Run all checks again, and ignore known results
    #[arg(long)]
    fresh: bool,
    /// Keep the workspaces of the checks, each in its own folder
    #[arg(long)]
    keep: bool,
    /// Run every check without ignored files that earlier checks left [config: puff.review.warm]
    #[arg(long)]
    cold: bool,
    /// Accept a risk: its kind, or KIND:PATH; later reviews keep it
    #[arg(long, value_name = "RISK")]
    accept: Vec<String>,
    #[command(flatten)]
    confine: ConfineArg,
    /// Run the checks of a run from another clone without confirmation
    #[arg(long)]
    trust_checks: bool,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example {
            line: "git puff review @ --check 'git diff --check HEAD~ HEAD'",
            does: "Run a check on every variant of the newest run and on its base, and rank them.",
        },
        Example { line: "git puff review @", does: "Review again, with known results of checks reused." },
        Example {
            line: "git puff review @ --check 'sh -n test.sh' --jobs 2 --timeout 5m",
            does: "Check two variants at a time, with five minutes for each check.",
        },
        Example { line: "git puff review @ --accept workflow", does: "Accept a risk." },
    ],
    exits: &[(Kind::Partial, "Checks ran, and no variant passes.")],
    files: &[manual::RUN_REFS, manual::POOL, manual::REPORT_NOTES],
    settings: &[
        settings::CHECK,
        settings::CHECK_WRAPPER,
        settings::CONFINE,
        settings::CONFINE_WRITE,
        settings::CONFINE_NETWORK,
        settings::JUDGE,
        settings::WORKSPACE,
        settings::REVIEW_WARM,
        settings::REVIEW_TESTS,
        settings::POOL_MAX,
        settings::POOL_KEEP,
        settings::WORKSPACE_DIR,
        settings::WORKSPACE_SETUP,
        settings::WORKSPACE_SETUP_INPUTS,
        settings::WORKSPACE_COPY,
        settings::WORKSPACE_LINK,
    ],
    ..Manual::NONE
};

/// Runs `review`.
pub fn run(args: &Review, app: &App, ui: &Ui) -> Result<Exit> {
    let recorded = shared::find_run(app, &args.run)?;
    let mut commands = checks(args, &recorded, app, ui)?;
    if commands.is_empty() {
        commands.extend(suggested(&recorded, app, ui)?);
    }
    let judges = shared::commands(&args.judge, "--judge")?;
    let options = ReviewOptions {
        judges: appoint(app, &judges),
        jobs: args.jobs.map_or_else(|| (parallel::processors() / 2).max(1), |jobs| jobs as usize),
        limit: args.timeout,
        variants: args.variant.clone(),
        fresh: args.fresh,
        keep: args.keep,
        cold: args.cold,
        accept: args.accept.clone(),
        confine: args.confine.confine,
        commands,
    };
    let mut live = Live::new(ui);
    let reviewed = review(app, &recorded.run.run, &options, &mut |step| live.hear(step));
    drop(live);
    let run = reviewed?;
    shared::print_run(app, ui, &run);
    Ok(if options.commands.is_empty() || any_passes(&run) { Exit::Done } else { Exit::With(Kind::Partial) })
}

/// Returns the checks to run: of the flags, the run, the settings, or the last review, in this order.
fn checks(args: &Review, recorded: &Recorded, app: &App, ui: &Ui) -> Result<Vec<String>> {
    let flags = shared::commands(&args.check, "--check")?;
    if !flags.is_empty() {
        return Ok(flags);
    }
    let named = RecordedChecks::of(app, recorded)?;
    if !recorded.run.check.is_empty() {
        return of_record(args, named, recorded, ui);
    }
    let configured: Vec<String> = app.settings.all(settings::CHECK).into_iter().map(|setting| setting.value).collect();
    if !configured.is_empty() {
        return shared::commands(&configured, "puff.check");
    }
    of_record(args, named, recorded, ui)
}

/// Says which check the files of the base suggest. Returns it where the user wants it from now on.
fn suggested(recorded: &Recorded, app: &App, ui: &Ui) -> Result<Option<String>> {
    let Some(SuggestedCheck { command, source }) = suggested_check(app, &recorded.run)? else {
        ui.note("no checks to run; add some with --check CMD or 'git config puff.check CMD'");
        return Ok(None);
    };
    let set = format!("git config {} '{command}'", settings::CHECK.name);
    let found = format!("no checks to run; {} of the base suggests one: {set}", clean_line(&source));
    if !ui.can_ask() {
        ui.note(&found);
        return Ok(None);
    }
    if !ui.confirm(&format!("{found}\nRun it as the check from now on?")) {
        return Ok(None);
    }
    app.repo.add_config(settings::CHECK.name, &command)?;
    Ok(Some(command))
}

/// Returns the checks of the record. Those of another clone need confirmation, because they are shell commands.
fn of_record(args: &Review, named: RecordedChecks, recorded: &Recorded, ui: &Ui) -> Result<Vec<String>> {
    let run = recorded.run.run.as_str();
    match &named.from {
        None => {}
        Some(_) if args.trust_checks => {}
        Some(_) if shared::trusts_checks(ui, run, &named) => {}
        Some(_) => return Err(named.refusal(run)),
    }
    Ok(named.commands)
}

/// The progress display of checks.
pub(super) struct Live<'u> {
    ui: &'u Ui,
    total: u64,
    done: u64,
    running: Vec<String>,
    bar: Option<crate::ui::Bar>,
}

impl Live<'_> {
    /// Returns one that shows nothing yet.
    pub fn new(ui: &Ui) -> Live<'_> {
        Live { ui, total: 0, done: 0, running: Vec::new(), bar: None }
    }

    /// Shows a step.
    pub fn hear(&mut self, step: Step<'_>) {
        match step {
            Step::Planned { to_run, known } => {
                self.total = to_run as u64;
                self.bar = Some(self.ui.bar(self.total));
                if known > 0 {
                    let kept = format!("reusing {} from an earlier review", render::review::results(known));
                    self.ui.note(&format!("{kept}; --fresh runs them again"));
                }
            }
            Step::More(count) => {
                self.total += count as u64;
                self.bar.iter_mut().for_each(|bar| bar.lengthen(self.total));
            }
            Step::Began { who, command } => self.running.push(format!("{who}: {command}")),
            Step::Ended { who, check } => {
                self.done += 1;
                let ended = format!("{who}: {}", check.command);
                if let Some(at) = self.running.iter().position(|running| *running == ended) {
                    self.running.remove(at);
                }
                self.ui.note(&render::review::ended(who, check));
            }
            Step::Freed(freed, settings) => {
                let command = match freed {
                    Freed::Check(command) => Some(command.as_str()),
                    Freed::Setup => None,
                };
                self.ui.warn(&render::review::unconfined(command, settings));
            }
            Step::Asked(command) => self.running.push(format!("judge: {command}")),
            Step::Judged(judge) => {
                self.running.retain(|running| *running != format!("judge: {}", judge.command));
                match &judge.error {
                    Some(_) => self.ui.warn(&render::review::judged(judge)),
                    None => self.ui.note(&render::review::judged(judge)),
                }
            }
            Step::Left(error) => self.ui.error(error),
            Step::Hint(hint) => self.ui.hint(hint),
        }
        if let Some(bar) = &self.bar {
            bar.show(self.done, &format!("{}/{} checks  {}", self.done, self.total, self.running.join(", ")));
        }
    }
}
