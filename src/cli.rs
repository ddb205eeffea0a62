//! The command line: the table of verbs, and how a call is read and carried out.
//!
//! A verb's own arguments, its manual and the function that does it are one file of [`crate::commands`]; here it has one
//! entry, in the table of [`Verb`].

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::app::App;
use crate::commands::flags::{JsonFlag, OutputFlags};
use crate::commands::*;
use crate::error::{Error, Exit, Result};
use crate::manual::{Manual, with_examples};
use crate::model::{Oid, RunId};
use crate::ui::{Format, Ui};

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
    /// Report on standard error what is done: every git call and other program, with its exit code and time
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// What a verb is given beside its arguments.
pub struct Invocation<'i> {
    /// Opens the repository that the call is made in.
    pub app: &'i dyn Fn() -> Result<App>,
    /// Where results and notices are printed.
    pub ui: &'i Ui,
    /// Serves agents over the Model Context Protocol, whose tools are calls of this command line.
    pub serve_mcp: &'i dyn Fn() -> Result<Exit>,
}

impl Invocation<'_> {
    /// Opens the repository, and prepares the search for secrets meanwhile: for verbs that read patches.
    fn app_for_patches(&self) -> Result<App> {
        // Where no thread can be started, they are prepared when they are needed.
        let _ = std::thread::Builder::new().spawn(git_tree_apply::secrets::prepare);
        (self.app)()
    }
}

/// The table of verbs: `Variant "name" module, output, function;` for each.
///
/// The output is what the verb's arguments say of the form of results: `json` (`--json`), `porcelain` (`--json` and
/// `--porcelain`), `own` (a method says whether JSON was asked for) or `text`. The last word is what the verb's function
/// takes: an open `repository`, one for `patches`, the way to `open` one, the whole `command` line, or `nothing` of these.
macro_rules! verbs {
    ($($(#[$meta:meta])* $variant:ident $name:literal $module:ident, $output:ident, $takes:ident;)*) => {
        /// The verbs.
        #[derive(Debug, Subcommand)]
        #[expect(missing_docs, reason = "each verb's documentation is at its arguments, and is its help")]
        pub enum Verb {
            $($(#[$meta])* #[command(name = $name)] $variant($module::$variant),)*
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
            /// Notes what the setup of a session made, before its agent begins
            #[command(hide = true)]
            NoteSetup {
                /// The worktree
                worktree: PathBuf,
                /// The commit that it was made at
                commit: Oid,
                /// Where it is noted
                file: PathBuf,
            },
            /// Becomes a program that may write only in the named places
            #[command(hide = true)]
            Confine {
                /// A folder or file that it may write
                #[arg(long, value_name = "PATH")]
                write: Vec<std::path::PathBuf>,
                /// The program and its arguments
                #[arg(last = true, required = true)]
                command: Vec<OsString>,
            },
            /// The process that deletes workspaces that are not used again
            #[command(hide = true)]
            EmptyTrash,
            /// The process that cleans up after a killed review
            #[command(hide = true)]
            CleanupProcess {
                /// The run
                run: RunId,
            },
        }

        /// What the manual says of each verb.
        pub const MANUALS: &[(&str, Manual)] = &[$(($name, $module::MANUAL)),*];

        impl Verb {
            /// Returns which machine-readable form of results was asked for; `--porcelain` need not be, where it is
            /// preferred.
            fn output(&self, prefers_porcelain: bool) -> OutputFlags {
                match self {
                    $(Verb::$variant(args) => verbs!(@output $output args prefers_porcelain),)*
                    _ => OutputFlags::default(),
                }
            }

            fn run(self, call: &Invocation<'_>) -> Result<Exit> {
                match self {
                    $(Verb::$variant(args) => verbs!(@run $takes $module args call),)*
                    Verb::Complete(args) => complete::run(&args, call.app, &mut command(), call.ui),
                    Verb::AppServer { record } => {
                        crate::app_server::supervisor::run(&(call.app)()?, &record).map(|()| Exit::Done)
                    }
                    Verb::Watcher => crate::watch::watcher::run((call.app)()?).map(|()| Exit::Done),
                    Verb::NoteSetup { worktree, commit, file } => {
                        crate::session::worktree::note_setup(&(call.app)()?, &worktree, commit, &file)
                            .map(|()| Exit::Done)
                    }
                    Verb::Confine { write, command } => match crate::session::confinement::become_confined(&write, &command)? {},
                    Verb::EmptyTrash => {
                        crate::session::pool::empty_trash(&(call.app)()?);
                        Ok(Exit::Done)
                    }
                    Verb::CleanupProcess { run } => {
                        crate::engine::review::run_cleanup(&(call.app)()?, &run).map(|()| Exit::Done)
                    }
                }
            }
        }
    };
    (@output json $args:ident $prefers:ident) => { OutputFlags { json: $args.output.json, porcelain: false } };
    (@output porcelain $args:ident $prefers:ident) => {
        OutputFlags { json: $args.output.json, porcelain: $args.output.porcelain || $prefers }
    };
    (@output own $args:ident $prefers:ident) => { OutputFlags { json: $args.json(), porcelain: false } };
    (@output text $args:ident $prefers:ident) => {{ let _ = $args; OutputFlags::default() }};
    (@run repository $module:ident $args:ident $call:ident) => { $module::run(&$args, &mut ($call.app)()?, $call.ui) };
    (@run patches $module:ident $args:ident $call:ident) => {
        $module::run(&$args, &mut $call.app_for_patches()?, $call.ui)
    };
    (@run open $module:ident $args:ident $call:ident) => { $module::run(&$args, $call.app, $call.ui) };
    (@run command $module:ident $args:ident $call:ident) => {
        $module::run(&$args, $call.app, &mut command(), $call.ui)
    };
    (@run nothing $module:ident $args:ident $call:ident) => { $module::run(&$args, $call.ui) };
    (@run server $module:ident $args:ident $call:ident) => {{ let _ = $args; ($call.serve_mcp)() }};
}

verbs! {
    // Launching
    Launch "launch" launch, porcelain, repository;
    Submit "submit" submit, porcelain, repository;
    Adopt "adopt" adopt, json, repository;
    Retry "retry" retry, porcelain, repository;
    // Watching
    Watch "watch" watch, json, repository;
    Jobs "jobs" jobs, porcelain, repository;
    Stop "stop" stop, json, repository;
    Cancel "cancel" cancel, json, repository;
    Log "log" log, json, repository;
    List "list" list, json, repository;
    Show "show" show, json, repository;
    Cd "cd" cd, text, repository;
    // Harvesting
    Harvest "harvest" harvest, json, patches;
    Report "report" report, own, repository;
    Patch "patch" patch, text, repository;
    Preflight "preflight" preflight, json, patches;
    // Choosing
    Diff "diff" diff, own, command;
    Review "review" review, json, repository;
    Pick "pick" pick, json, repository;
    Prune "prune" prune, json, repository;
    Undo "undo" undo, json, repository;
    // Sessions
    SessionVerb "session" session, own, repository;
    // Sharing
    Sync "sync" sync, json, patches;
    // Setting up
    Init "init" init, json, repository;
    Hook "hook" hook, own, open;
    Doctor "doctor" doctor, porcelain, repository;
    Config "config" config, json, open;
    Create "create" create, text, nothing;
    SchemaVerb "schema" schema, json, nothing;
    Man "man" man, text, nothing;
    Completions "completions" completions, text, nothing;
    Demo "demo" demo, text, nothing;
    // For other programs
    Mcp "mcp" mcp, text, server;
    Skill "skill" skill, text, nothing;
    JoinOperator "join-operator" join_operator, porcelain, open;
    CasStart "cas-start" cas_start, porcelain, repository;
    CasStop "cas-stop" cas_stop, porcelain, repository;
    CasStatus "cas-status" cas_status, porcelain, repository;
}

/// Returns the command line's definition, with the examples of its help.
pub fn command() -> Command {
    with_examples(Cli::command(), MANUALS)
}

impl Cli {
    /// Parses the words of a call, of which the first is the program.
    ///
    /// # Errors
    /// Clap's output instead: the help, for example, or what is wrong.
    pub fn read(words: &[OsString]) -> Result<Cli, clap::Error> {
        let mut command = command();
        let mut words = words.to_vec();
        // Clap takes no verb after an option of the whole program, since '--json' there is about the overview.
        let before = words.iter().skip(1).take_while(|word| is_verbose_flag(word)).count();
        words.drain(1.min(words.len())..(before + 1).min(words.len()));
        let matches = command.try_get_matches_from_mut(words)?;
        let cli = Cli::from_arg_matches(&matches).map_err(|wrong| wrong.format(&mut command))?;
        Ok(Cli { verbose: cli.verbose || before > 0, ..cli })
    }

    /// Returns the requested output format. With `porcelain_preferred`, verbs that know `--porcelain` use it by
    /// default.
    pub fn format(&self, porcelain_preferred: bool) -> Format {
        let flags = match &self.verb {
            Some(verb) => verb.output(porcelain_preferred),
            None => OutputFlags { json: self.output.json, porcelain: false },
        };
        match (flags.json, flags.porcelain) {
            (true, _) => Format::Json,
            (false, true) => Format::Porcelain,
            (false, false) => Format::Human,
        }
    }

    /// Carries out the call.
    ///
    /// # Errors
    /// What went wrong, in the user's words.
    pub fn run(self, call: &Invocation<'_>) -> Result<Exit> {
        match self.verb {
            Some(verb) => verb.run(call),
            None => overview::run(&(call.app)()?, call.ui),
        }
    }
}

/// Returns whether a word before the verb is the flag that asks for a trace.
pub fn is_verbose_flag(word: &OsStr) -> bool {
    word == "-v" || word == "--verbose"
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

#[cfg(test)]
mod tests;
