//! `session`: agents on this machine, supervised.

mod attach;
mod list;
mod log;
mod resume;
mod send;
mod start;
mod wait;

use clap::{Args, Subcommand};

use crate::app::App;
use crate::error::{Error, Exit, Result};
use crate::manual::Manual;
use crate::model::{Session, SessionId};
use crate::render;
use crate::session::supervisor;
use crate::store::SessionStore;
use crate::ui::{Format, Ui};

/// Run agents in the background, see what they are doing, and talk to them
///
/// A session outlives the terminal that started it. Its output is logged from the first byte, and its state is
/// diagnosed: working, waiting for an answer, silent, hung, looping, ….
#[derive(Debug, Args)]
pub struct SessionVerb {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Start(start::Start),
    List(list::List),
    Show(list::Show),
    Log(log::Log),
    Send(send::Send),
    Poke(send::Poke),
    Wait(wait::Wait),
    Kill(send::Kill),
    Resume(resume::Resume),
    Attach(attach::Attach),
    /// The supervisor itself
    #[command(hide = true)]
    Supervise {
        /// The session
        id: SessionId,
    },
}

impl SessionVerb {
    /// Returns whether `--json` was given.
    pub(crate) fn json(&self) -> bool {
        match &self.verb {
            Verb::Start(verb) => verb.output.json,
            Verb::List(verb) => verb.output.json,
            Verb::Show(verb) => verb.output.json,
            Verb::Wait(verb) => verb.output.json,
            Verb::Kill(verb) => verb.output.json,
            Verb::Resume(verb) => verb.output.json,
            Verb::Log(verb) => verb.output.json,
            _ => false,
        }
    }
}

/// The manual entries of its verbs.
pub const MANUAL: Manual = Manual {
    verbs: &[
        ("start", start::MANUAL),
        ("list", list::MANUAL),
        ("show", list::SHOW),
        ("log", log::MANUAL),
        ("send", send::MANUAL),
        ("poke", send::POKE),
        ("wait", wait::MANUAL),
        ("kill", send::KILL),
        ("resume", resume::MANUAL),
        ("attach", attach::MANUAL),
    ],
    ..Manual::NONE
};

/// Runs `session`.
pub fn run(args: &SessionVerb, app: &App, ui: &Ui) -> Result<Exit> {
    match &args.verb {
        Verb::Start(verb) => start::run(verb, app, ui),
        Verb::List(verb) => list::run(verb, app, ui),
        Verb::Show(verb) => list::show(verb, app, ui),
        Verb::Log(verb) => log::run(verb, app, ui),
        Verb::Send(verb) => send::run(verb, app, ui),
        Verb::Poke(verb) => send::poke(verb, app, ui),
        Verb::Wait(verb) => wait::run(verb, app, ui),
        Verb::Kill(verb) => send::kill(verb, app, ui),
        Verb::Resume(verb) => resume::run(verb, app, ui),
        Verb::Attach(verb) => attach::run(verb, app, ui),
        Verb::Supervise { id } => supervisor::run(app, id).map(|()| Exit::Done),
    }
}

/// Prints a session that was started or ended: its id, or the whole record.
fn print(session: &Session, app: &App, ui: &Ui) {
    match ui.format() {
        Format::Json => ui.json(session),
        _ => ui.block(&render::tables::session(session, app.clock.now(), &app.display)),
    }
}

/// Returns a session that accepts input.
fn alive(app: &App, word: &str) -> Result<Session> {
    let session = SessionStore::new(&app.layout).find(word)?;
    if session.state.is_over() {
        let why = session.why.as_deref().unwrap_or("it has ended");
        let next = session.next.clone().unwrap_or_else(|| format!("git puff session log {}", session.id));
        return Err(
            Error::failed(format!("session '{}' does not respond: {why}", session.id)).hint(format!("see '{next}'"))
        );
    }
    Ok(session)
}

/// Returns the error for a supervisor that does not respond.
fn unreachable(session: &Session, cause: std::io::Error) -> Error {
    Error::failed(format!("the supervisor of '{}' does not respond", session.id))
        .hint(format!("'git puff session show {}' shows whether it still runs", session.id))
        .because(cause)
}
