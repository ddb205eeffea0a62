//! The command line: the verbs, and the arguments that several of them share. Each verb's own arguments are in its
//! module of [`crate::commands`].

use std::path::PathBuf;

use clap::{Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::*;
use crate::context::Context;
use crate::error::Error;
use crate::manual::with_examples;
use crate::model::RunId;
use crate::model::shown::Abbrev;
use crate::ui::Format;

/// Send one task to several coding agents, harvest every attempt as a branch, and choose the best
///
/// Without a verb, prints an overview of the runs in this repository.
#[derive(Debug, Parser)]
#[command(
    name = "git-puff",
    bin_name = "git puff",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    args_conflicts_with_subcommands = true,
    after_help = "Start with 'git puff demo', which needs no account and no network."
)]
pub struct Cli {
    /// The verb
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// The format of the overview
    #[command(flatten)]
    pub output: JsonFlag,
}

/// The verbs.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each verb's documentation is at its arguments, and is its help")]
pub enum Verb {
    // Launching
    Launch(launch::Launch),
    Submit(submit::Submit),
    Adopt(adopt::Adopt),
    Retry(retry::Retry),
    // Watching
    Watch(watch::Watch),
    Jobs(jobs::Jobs),
    Stop(stop::Stop),
    Cancel(cancel::Cancel),
    Log(log::Log),
    List(list::List),
    Show(show::Show),
    // Harvesting
    Harvest(harvest::Harvest),
    Report(report::Report),
    Patch(patch::Patch),
    Preflight(preflight::Preflight),
    // Choosing
    Diff(diff::Diff),
    Review(review::Review),
    Pick(pick::Pick),
    Prune(prune::Prune),
    Undo(undo::Undo),
    // Sessions
    Session(session::SessionVerb),
    // Sharing
    Sync(sync::Sync),
    // Setting up
    Init(init::Init),
    Hook(hook::Hook),
    Doctor(doctor::Doctor),
    Config(config::Config),
    Create(create::Create),
    Schema(schema::SchemaVerb),
    Man(man::Man),
    Completions(completions::Completions),
    Demo(demo::Demo),
    // For other programs
    Mcp(mcp::Mcp),
    Skill(skill::Skill),
    JoinOperator(join_operator::JoinOperator),
    CasStart(cas_start::CasStart),
    CasStop(cas_stop::CasStop),
    CasStatus(cas_status::CasStatus),
    /// The supervisor of the app server
    #[command(hide = true)]
    AppServer {
        /// The options of the server, as JSON
        record: String,
    },
    #[command(hide = true)]
    Complete(complete::Complete),
    /// The watcher process itself
    #[command(hide = true)]
    Watcher,
    /// The process that cleans up after a killed review
    #[command(hide = true)]
    CleanupProcess {
        /// The run
        run: RunId,
    },
}

/// Returns the command line's definition, with the examples of its help.
pub fn command() -> Command {
    with_examples(Cli::command(), MANUALS)
}

impl Cli {
    /// Parses the arguments of this process.
    ///
    /// # Errors
    /// Clap's output instead: the help, for example, or what is wrong.
    pub fn read() -> Result<Cli, clap::Error> {
        let mut command = command();
        let matches = command.try_get_matches_from_mut(std::env::args_os())?;
        Cli::from_arg_matches(&matches).map_err(|wrong| wrong.format(&mut command))
    }

    /// Returns the requested output format. With `porcelain_preferred`, verbs that know `--porcelain` use it by
    /// default.
    pub fn format(&self, porcelain_preferred: bool) -> Format {
        let wish = |flags: &OutputFlags| (flags.json, flags.porcelain || porcelain_preferred);
        let (json, porcelain) = match &self.verb {
            None => (self.output.json, false),
            Some(Verb::Launch(verb)) => wish(&verb.output),
            Some(Verb::Submit(verb)) => wish(&verb.output),
            Some(Verb::Jobs(verb)) => wish(&verb.output),
            Some(Verb::Doctor(verb)) => wish(&verb.output),
            Some(Verb::JoinOperator(verb)) => wish(&verb.output),
            Some(Verb::CasStart(verb)) => wish(&verb.output),
            Some(Verb::CasStop(verb)) => wish(&verb.output),
            Some(Verb::CasStatus(verb)) => wish(&verb.output),
            Some(Verb::Adopt(verb)) => (verb.output.json, false),
            Some(Verb::Retry(verb)) => wish(&verb.output),
            Some(Verb::Watch(verb)) => (verb.output.json, false),
            Some(Verb::Stop(verb)) => (verb.output.json, false),
            Some(Verb::Cancel(verb)) => (verb.output.json, false),
            Some(Verb::List(verb)) => (verb.output.json, false),
            Some(Verb::Show(verb)) => (verb.output.json, false),
            Some(Verb::Harvest(verb)) => (verb.output.json, false),
            Some(Verb::Review(verb)) => (verb.output.json, false),
            Some(Verb::Pick(verb)) => (verb.output.json, false),
            Some(Verb::Prune(verb)) => (verb.output.json, false),
            Some(Verb::Undo(verb)) => (verb.output.json, false),
            Some(Verb::Sync(verb)) => (verb.output.json, false),
            Some(Verb::Session(verb)) => (verb.json(), false),
            Some(Verb::Init(verb)) => (verb.output.json, false),
            Some(Verb::Hook(verb)) => (verb.json(), false),
            Some(Verb::Preflight(verb)) => (verb.output.json, false),
            Some(Verb::Config(verb)) => (verb.output.json, false),
            Some(Verb::Schema(verb)) => (verb.output.json, false),
            Some(Verb::Diff(verb)) => (verb.json(), false),
            Some(Verb::Log(verb)) => (verb.output.json, false),
            Some(Verb::Report(verb)) => (verb.format() == report::ReportFormat::Json, false),
            Some(Verb::Patch(_) | Verb::Create(_) | Verb::Demo(_)) => (false, false),
            Some(Verb::Mcp(_) | Verb::Skill(_)) => (false, false),
            Some(Verb::Man(_) | Verb::Completions(_) | Verb::Complete(_)) => (false, false),
            Some(Verb::Watcher | Verb::CleanupProcess { .. } | Verb::AppServer { .. }) => (false, false),
        };
        match (json, porcelain) {
            (true, _) => Format::Json,
            (false, true) => Format::Porcelain,
            (false, false) => Format::Human,
        }
    }
}

/// `--json`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct JsonFlag {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `--json` or `--porcelain`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct OutputFlags {
    /// Print JSON
    #[arg(long, conflicts_with = "porcelain")]
    pub json: bool,
    /// Print KEY=VALUE lines
    #[arg(long)]
    pub porcelain: bool,
}

/// The abbreviation of object names in output for people.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct AbbrevArgs {
    /// Abbreviate object names to N digits, or more if ambiguous; without N, as git does [config: core.abbrev]
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, overrides_with = "no_abbrev")]
    abbrev: Option<Option<usize>>,
    /// Print full object names
    #[arg(long, overrides_with = "abbrev")]
    no_abbrev: bool,
}

impl AbbrevArgs {
    /// Names of objects are printed so from here on; as git is configured to, where no number is given.
    pub fn count(&self, context: &Context) {
        let digits = self.abbrev.flatten().map(Abbrev::digits);
        let wish = if self.no_abbrev { Some(Abbrev::Whole) } else { digits };
        wish.into_iter().for_each(|wish| context.shorten_names(wish));
    }

    /// Names are to be shortened.
    pub fn is_given(&self) -> bool {
        self.abbrev.is_some()
    }
}

/// The source of a prompt: one of the two flags, or standard input.
#[derive(Clone, Debug, Default, Args)]
pub struct PromptArgs {
    /// The prompt
    #[arg(long, value_name = "TEXT", conflicts_with = "prompt_file")]
    pub prompt: Option<String>,
    /// Read the prompt from a file; '-' for standard input
    #[arg(long, value_name = "FILE")]
    pub prompt_file: Option<PathBuf>,
}

/// The base settings of a run.
#[derive(Clone, Debug, Default, Args)]
pub struct RunArgs {
    /// The cloud environment, by its id or label [config: puff.env]
    #[arg(long, value_name = "ENV")]
    pub env: Option<String>,
    /// The remote's branch to start from; with agents on this machine, any commit [default: HEAD]
    #[arg(long, visible_alias = "branch", value_name = "REF")]
    pub base: Option<String>,
    /// Number of attempts [config: puff.bestOf; with --agent their sum]
    #[arg(long, visible_alias = "attempts", value_name = "N", allow_negative_numbers = true)]
    pub best_of: Option<i64>,
}

/// Converts clap's error into one line with the next step.
pub fn explain(said: &clap::Error, verb: &str) -> Error {
    let text = said.render().to_string();
    let mut paragraphs = text.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    let first = paragraphs.next().unwrap_or_default();
    let tips: Vec<String> = paragraphs.filter_map(|p| p.strip_prefix("tip: ").map(str::to_owned)).collect();
    let message = first.strip_prefix("error: ").unwrap_or(&first).to_owned();
    let help = match Cli::command().find_subcommand(verb) {
        Some(_) => format!("git puff {verb} -h"),
        None => "git puff -h".to_owned(),
    };
    let see = format!("see '{help}'");
    Error::usage(message).hint(match tips.as_slice() {
        [] => see,
        tips => format!("{}; {see}", tips.join("; ")),
    })
}
