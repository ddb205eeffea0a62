//! One file for each verb: its documented arguments, and one function that runs it.

#![allow(rustdoc::invalid_html_tags, reason = "the arguments' comments are their help, as a terminal shows it")]

pub mod adopt;
pub mod cancel;
pub mod cas_start;
pub mod cas_status;
pub mod cas_stop;
pub mod complete;
pub mod completions;
pub mod config;
pub mod create;
pub mod demo;
pub mod diff;
pub mod doctor;
pub mod harvest;
pub mod hook;
pub mod init;
pub mod jobs;
pub mod join_operator;
pub mod launch;
pub mod list;
pub mod log;
pub mod man;
pub mod mcp;
pub mod overview;
pub mod patch;
pub mod pick;
pub mod preflight;
pub mod prune;
pub mod report;
pub mod retry;
pub mod review;
pub mod schema;
pub mod session;
pub mod show;
pub mod skill;
pub mod stop;
pub mod submit;
pub mod sync;
pub mod undo;
pub mod watch;

mod shared;

use crate::cli::{Cli, Verb};
use crate::context::Context;
use crate::error::{Exit, Result};
use crate::manual::Manual;
use crate::ui::Ui;

/// The manual entry of each verb.
pub const MANUALS: &[(&str, Manual)] = &[
    ("launch", launch::MANUAL),
    ("submit", submit::MANUAL),
    ("adopt", adopt::MANUAL),
    ("retry", retry::MANUAL),
    ("watch", watch::MANUAL),
    ("jobs", jobs::MANUAL),
    ("stop", stop::MANUAL),
    ("cancel", cancel::MANUAL),
    ("log", log::MANUAL),
    ("list", list::MANUAL),
    ("show", show::MANUAL),
    ("harvest", harvest::MANUAL),
    ("report", report::MANUAL),
    ("patch", patch::MANUAL),
    ("preflight", preflight::MANUAL),
    ("diff", diff::MANUAL),
    ("review", review::MANUAL),
    ("pick", pick::MANUAL),
    ("prune", prune::MANUAL),
    ("undo", undo::MANUAL),
    ("session", session::MANUAL),
    ("sync", sync::MANUAL),
    ("init", init::MANUAL),
    ("hook", hook::MANUAL),
    ("doctor", doctor::MANUAL),
    ("config", config::MANUAL),
    ("create", create::MANUAL),
    ("schema", schema::MANUAL),
    ("man", man::MANUAL),
    ("completions", completions::MANUAL),
    ("demo", demo::MANUAL),
    ("mcp", mcp::MANUAL),
    ("skill", skill::MANUAL),
    ("join-operator", join_operator::MANUAL),
    ("cas-start", cas_start::MANUAL),
    ("cas-stop", cas_stop::MANUAL),
    ("cas-status", cas_status::MANUAL),
];

/// Runs the verb of the command line in the repository that `here` opens.
///
/// # Errors
/// What went wrong, in the user's words.
pub fn run(cli: Cli, here: impl Fn() -> Result<Context>, ui: &Ui) -> Result<Exit> {
    // Prepared early for verbs that read patches, because git takes a while to locate the repository.
    let meanwhile = || {
        // Without a thread they are prepared on first use.
        let _ = std::thread::Builder::new().spawn(crate::secrets::prepare);
        here()
    };
    match cli.verb {
        None => overview::run(&here()?, ui),
        Some(Verb::Launch(verb)) => launch::run(&verb, &here()?, ui),
        Some(Verb::Submit(verb)) => submit::run(&verb, &here()?, ui),
        Some(Verb::Adopt(verb)) => adopt::run(&verb, &here()?, ui),
        Some(Verb::Retry(verb)) => retry::run(&verb, &here()?, ui),
        Some(Verb::Watch(verb)) => watch::run(&verb, &here()?, ui),
        Some(Verb::Jobs(verb)) => jobs::run(&verb, &here()?, ui),
        Some(Verb::Stop(verb)) => stop::run(&verb, &here()?, ui),
        Some(Verb::Cancel(verb)) => cancel::run(&verb, &here()?, ui),
        Some(Verb::Log(verb)) => log::run(&verb, &here()?, ui),
        Some(Verb::List(verb)) => list::run(&verb, &here()?, ui),
        Some(Verb::Show(verb)) => show::run(&verb, &here()?, ui),
        Some(Verb::Harvest(verb)) => harvest::run(&verb, &meanwhile()?, ui),
        Some(Verb::Report(verb)) => report::run(&verb, &here()?, ui),
        Some(Verb::Patch(verb)) => patch::run(&verb, &here()?, ui),
        Some(Verb::Preflight(verb)) => preflight::run(&verb, &meanwhile()?, ui),
        Some(Verb::Diff(verb)) => diff::run(&verb, here, ui),
        Some(Verb::Review(verb)) => review::run(&verb, &here()?, ui),
        Some(Verb::Pick(verb)) => pick::run(&verb, &here()?, ui),
        Some(Verb::Prune(verb)) => prune::run(&verb, &here()?, ui),
        Some(Verb::Undo(verb)) => undo::run(&verb, &here()?, ui),
        Some(Verb::Session(verb)) => session::run(&verb, &here()?, ui),
        Some(Verb::Sync(verb)) => sync::run(&verb, &meanwhile()?, ui),
        Some(Verb::Init(verb)) => init::run(&verb, &here()?, ui),
        Some(Verb::Hook(verb)) => hook::run(&verb, here, ui),
        Some(Verb::Doctor(verb)) => doctor::run(&verb, &here()?, ui),
        Some(Verb::Create(verb)) => create::run(&verb, ui),
        Some(Verb::Config(verb)) => config::run(&verb, here, ui),
        Some(Verb::Schema(verb)) => schema::run(&verb, ui),
        Some(Verb::Man(verb)) => man::run(&verb, ui),
        Some(Verb::Completions(verb)) => completions::run(&verb, ui),
        Some(Verb::Complete(verb)) => complete::run(&verb, ui),
        Some(Verb::Demo(verb)) => demo::run(&verb, ui),
        Some(Verb::Mcp(_)) => crate::mcp::serve(),
        Some(Verb::Skill(verb)) => skill::run(&verb, ui),
        Some(Verb::JoinOperator(verb)) => join_operator::run(&verb, here, ui),
        Some(Verb::CasStart(verb)) => cas_start::run(&verb, &here()?, ui),
        Some(Verb::CasStop(verb)) => cas_stop::run(&verb, &here()?, ui),
        Some(Verb::CasStatus(verb)) => cas_status::run(&verb, &here()?, ui),
        Some(Verb::AppServer { record }) => crate::app_server::supervisor::run(&here()?, &record).map(|()| Exit::Done),
        Some(Verb::Watcher) => crate::watch::watcher::run(here()?).map(|()| Exit::Done),
        Some(Verb::CleanupProcess { run }) => crate::engine::review::run_cleanup(&here()?, &run).map(|()| Exit::Done),
    }
}
