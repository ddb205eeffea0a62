//! `launch`

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use super::shared;
use crate::app::App;
use crate::commands::flags::{ConfineArg, OutputFlags, PromptArgs, RunArgs};
use crate::engine::intent::{Intent, WatchOptions};
use crate::engine::launch::{Launched, Plan, first_attempts, launch};
use crate::error::{Error, Exit, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{AgentCount, Oid, Run, RunId, Span};
use crate::session::workspace_files;
use crate::settings;
use crate::ui::{Format, Ui};
use crate::watch::{jobs, watcher};

/// Send a task to Codex Cloud, or to agents on this machine, and watch it in the background
///
/// Checks everything, records the run, submits it, and starts the watcher. With --agent, each attempt is a session of
/// that agent on this machine, in its own workspace. The prompt comes from --prompt, from --prompt-file, or from
/// standard input.
#[derive(Debug, Args)]
pub struct Launch {
    #[command(flatten)]
    task: TaskArgs,
    #[command(flatten)]
    watch: WatchArgs,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// The options of watching.
#[derive(Clone, Debug, Args)]
pub struct WatchArgs {
    /// Polling interval [config: puff.interval]
    #[arg(long, value_name = "DURATION")]
    pub(super) interval: Option<Span>,
    /// Stop watching after this time, and stop agents on this machine; 0 for no limit [config: puff.timeout]
    #[arg(long, value_name = "DURATION")]
    pub(super) timeout: Option<Span>,
    /// Harvest as soon as it is ready [config: puff.autoHarvest]
    #[arg(long)]
    pub(super) harvest: bool,
}

/// The arguments that `launch` and `submit` share.
#[derive(Debug, Args)]
pub struct TaskArgs {
    #[command(flatten)]
    prompt: PromptArgs,
    /// Markdown files, one run each: settings at the top (env, base, best-of, agent, check, name) and the prompt below
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["prompt", "prompt_file", "name"])]
    intent: Vec<PathBuf>,
    #[command(flatten)]
    settings: SettingArgs,
}

/// The settings of a run.
#[derive(Debug, Args)]
pub struct SettingArgs {
    #[command(flatten)]
    run: RunArgs,
    /// An agent on this machine and its number of attempts, such as codex:2; may be given several times
    #[arg(long, value_name = "NAME[:N]")]
    agent: Vec<AgentCount>,
    /// Maximum number of agents at a time [default: the number of processors, 4 to 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    jobs: Option<u32>,
    /// Keep the workspaces of the agents after the harvest
    #[arg(long)]
    keep: bool,
    /// A command that a review runs on every variant; may be given several times [config: puff.check]
    #[arg(long, value_name = "CMD")]
    check: Vec<String>,
    #[command(flatten)]
    confine: ConfineArg,
    /// The name of the run
    #[arg(long, value_name = "RUN")]
    name: Option<RunId>,
    /// Queue the run when N runs are active; 0 for no limit [config: puff.maxActive]
    #[arg(long, value_name = "N")]
    max_active: Option<u32>,
    /// Skip the checks against Codex Cloud before submitting
    #[arg(long)]
    skip_doctor: bool,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example {
            line: "git puff launch --prompt 'Fix the parser' --env acme/widgets",
            does: "Send a task to Codex Cloud, best of puff.bestOf, from the branch you are on, and watch it in the background.",
        },
        Example {
            line: "git puff launch --prompt-file task.md --base main --best-of 2 --harvest",
            does: "Read the prompt from a file, request two attempts, and create branches as soon as they have finished.",
        },
        Example {
            line: "git puff launch --prompt 'Fix the parser' --agent codex:2 --agent claude --jobs 2",
            does: "Run three attempts with agents on this machine, two at a time.",
        },
        Example {
            line: "git puff launch --intent task.md other.md --max-active 1",
            does: "Queue several tasks, each a file with its settings at the top.",
        },
        Example {
            line: "git puff launch --prompt 'Fix the parser' --porcelain",
            does: "Print the result in KEY=VALUE lines, for a script.",
        },
    ],
    files: &[
        manual::RUN_REFS,
        manual::RUNBOOK,
        manual::WATCHER_LOG,
        manual::RESULT,
        manual::LIVE_FILES,
        manual::WORKTREES,
    ],
    settings: &[
        settings::ENV,
        settings::REMOTE,
        settings::BEST_OF,
        settings::MAX_ACTIVE,
        settings::ATTEMPT_LIMIT,
        settings::CODEX,
        settings::DIALECT,
        settings::WORKSPACE,
        settings::WORKSPACE_DIR,
        settings::WORKSPACE_SETUP,
        settings::WORKSPACE_COPY,
        settings::WORKSPACE_LINK,
        settings::AGENT_COMMAND,
        settings::AGENT_WRAPPER,
        settings::AGENT_TRUST,
        settings::CONFINE,
        settings::CONFINE_WRITE,
        settings::INTERVAL,
        settings::TIMEOUT,
        settings::SETTLE,
        settings::AUTO_HARVEST,
        settings::NOTIFY,
    ],
    variables: &[manual::CODEX_HOME, manual::CODEX_SERVICE],
    ..Manual::NONE
};

/// Runs `launch`.
pub fn run(args: &Launch, app: &App, ui: &Ui) -> Result<Exit> {
    let watch = args.watch.wish(app)?;
    args.task.carry_out(Some(watch), app, ui)
}

impl WatchArgs {
    /// Returns the options of watching: the flags, or else the settings.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub(super) fn wish(&self, app: &App) -> Result<WatchOptions> {
        shared::watch_wish(app, self.interval, self.timeout, self.harvest)
    }
}

impl SettingArgs {
    /// Returns an intent with these settings, and without a prompt.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub(super) fn intent(&self, watch: Option<WatchOptions>, app: &App) -> Result<Intent> {
        let limit = watch.map_or_else(|| app.settings.span(settings::TIMEOUT), |wish| Ok(wish.timeout))?;
        Ok(Intent {
            check: shared::commands(&self.check, "--check")?,
            agents: self.agent.clone(),
            jobs: self.jobs,
            keep: self.keep,
            confine: self.confine.confine,
            limit,
            env: self.run.env.clone(),
            base: self.run.base.clone(),
            best_of: shared::best_of(&self.run)?,
            name: self.name.clone(),
            ..Intent::default()
        })
    }

    /// Submits the tasks, starts the watcher if `watch` is given, and prints the runs.
    ///
    /// # Errors
    /// What stands in the way, or went wrong.
    pub(super) fn carry_out(
        &self,
        intents: Vec<Intent>,
        watch: Option<WatchOptions>,
        app: &App,
        ui: &Ui,
    ) -> Result<Exit> {
        let max_active = match self.max_active {
            Some(number) => number,
            None => app.settings.number(settings::MAX_ACTIVE)?,
        };
        confirm_many(&intents, max_active, app, ui)?;
        let plan = Plan { intents, watch, max_active, skip_doctor: self.skip_doctor };
        let launched = launch(app, plan, &shared::listener(app, ui))?;
        conclude(launched, watch.is_some(), app, ui)
    }
}

/// Number of simultaneous attempts above which the user has to confirm: each may cost money.
pub(super) const ASKED_ABOUT: u32 = 8;

/// Asks the user to confirm many simultaneous attempts. Without a terminal, none is asked.
///
/// # Errors
/// When the user declines.
pub(super) fn confirm_many(intents: &[Intent], max_active: u32, app: &App, ui: &Ui) -> Result<()> {
    let attempts = first_attempts(app, intents, max_active)?;
    let question = format!("start {attempts} attempts at once, each of which may cost money?");
    if attempts <= ASKED_ABOUT || !ui.can_ask() || ui.confirm(&question) {
        return Ok(());
    }
    Err(Error::failed(format!("nothing was launched: you declined {attempts} attempts at once"))
        .hint("use --jobs N for fewer agents at a time, --best-of N for fewer cloud attempts, --max-active N for fewer active runs"))
}

impl TaskArgs {
    /// Submits the tasks, and starts the watcher if `watch` is given.
    pub(super) fn carry_out(&self, watch: Option<WatchOptions>, app: &App, ui: &Ui) -> Result<Exit> {
        self.settings.carry_out(self.intents(watch, app, ui)?, watch, app, ui)
    }

    fn intents(&self, watch: Option<WatchOptions>, app: &App, ui: &Ui) -> Result<Vec<Intent>> {
        let flags = self.settings.intent(watch, app)?;
        if self.intent.is_empty() {
            let (prompt, prompt_file) = shared::prompt(&self.prompt, app, ui)?;
            return Ok(vec![Intent { prompt, prompt_file, ..flags }]);
        }
        let mut intents = Vec::new();
        for file in &self.intent {
            let read = Intent::from_file(app, &shared::absolute(app, file), &file.display().to_string())?;
            // A flag overrides the file, as it overrides every setting. Other agents than those of the file have their
            // own numbers of attempts, and no environment.
            let agents_of_file = flags.agents.is_empty();
            intents.push(Intent {
                env: flags.env.clone().or(read.env.filter(|_| agents_of_file)),
                base: flags.base.clone().or(read.base),
                best_of: flags.best_of.or(read.best_of.filter(|_| agents_of_file)),
                check: if flags.check.is_empty() { read.check } else { flags.check.clone() },
                agents: if agents_of_file { read.agents } else { flags.agents.clone() },
                prompt: read.prompt,
                prompt_file: read.prompt_file,
                name: read.name,
                ..flags.clone()
            });
        }
        Ok(intents)
    }
}

/// Starts the watcher if `watched`, and prints the runs.
pub(super) fn conclude(launched: Launched, watched: bool, app: &App, ui: &Ui) -> Result<Exit> {
    let Launched { runs, failure } = launched;
    if watched {
        for run in &runs {
            watcher::log(app, &run.run, &format!("launched: best of {} on {}", run.best_of, run.base));
        }
    }
    let watcher =
        if watched && runs.iter().any(|run| jobs::is_live(app, run)) { jobs::ensure_watcher(app) } else { Ok(None) };
    let pid = watcher.as_ref().ok().copied().flatten();
    print(&runs, watched, pid, app, ui);
    let bases: BTreeSet<Oid> = runs.iter().filter(|run| run.local.is_some()).map(|run| run.base_oid).collect();
    let hints: BTreeSet<String> = bases.into_iter().flat_map(|base| workspace_files::unmatched(app, base)).collect();
    hints.iter().for_each(|hint| ui.hint(hint));
    match (failure, watcher) {
        (Some(failure), _) | (None, Err(failure)) => Err(failure),
        (None, Ok(_)) => Ok(Exit::Done),
    }
}

fn print(runs: &[Run], watched: bool, pid: Option<u32>, app: &App, ui: &Ui) {
    match ui.format() {
        Format::Json => match runs {
            [run] => ui.json(run),
            runs => shared::print_runs_json(ui, runs),
        },
        Format::Porcelain => {
            for (at, run) in runs.iter().enumerate() {
                if at > 0 {
                    ui.line("");
                }
                ui.pairs(&porcelain(run, watched, pid, app));
            }
        }
        Format::Human => {
            for run in runs {
                ui.block(&crate::render::launched::launched(run, watched, &app.display));
            }
        }
    }
}

fn porcelain(run: &Run, watched: bool, pid: Option<u32>, app: &App) -> Vec<(&'static str, String)> {
    let task =
        [("TASK_ID", run.task_id.clone().unwrap_or_default()), ("TASK_URL", run.task_url.clone().unwrap_or_default())];
    let id = run.run.to_string();
    if !watched {
        return task.into_iter().chain([("RUN", id)]).collect();
    }
    let job = [("JOB_ID", id.clone()), ("PID", pid.map(|pid| pid.to_string()).unwrap_or_default())];
    let files = [
        ("LOG_PATH", app.layout.log(&run.run).display().to_string()),
        ("RESULT_PATH", app.layout.result(&run.run).display().to_string()),
        ("RUN", id),
    ];
    job.into_iter().chain(task).chain(files).collect()
}
