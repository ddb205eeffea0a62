//! `session send`, `session poke` and `session kill`

use std::time::{Duration, Instant};

use clap::Args;

use super::{alive, print, unreachable};
use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::error::{Error, Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::SessionState;
use crate::process::{Mark, Wake};
use crate::session::control::{self, Request};
use crate::session::session_workspace;
use crate::store::SessionStore;
use crate::ui::Ui;

/// Longer than a supervisor waits for an agent to terminate.
const PATIENCE: Duration = Duration::from_secs(20);

/// Type text into a session, followed by Enter
#[derive(Debug, Args)]
pub struct Send {
    /// The session
    id: String,
    /// What to type
    #[arg(allow_hyphen_values = true)]
    text: String,
    /// Do not type Enter
    #[arg(long)]
    no_enter: bool,
}

/// Type Enter into a session
#[derive(Debug, Args)]
pub struct Poke {
    /// The session
    id: String,
}

/// Kill a session, and all processes that it started
///
/// The processes get SIGTERM, and SIGKILL five seconds later. The agent's files stay.
#[derive(Debug, Args)]
pub struct Kill {
    /// The session
    id: String,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub(super) const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff session send shell 'yes, go on'", does: "Type an answer, and Enter." },
        Example { line: "git puff session send shell q --no-enter", does: "Type one key." },
    ],
    files: &[manual::SESSIONS],
    ..Manual::NONE
};

/// The manual entry of `session poke`.
pub(super) const POKE: Manual = Manual {
    examples: &[Example { line: "git puff session poke shell", does: "Type Enter." }],
    files: &[manual::SESSIONS],
    ..Manual::NONE
};

/// The manual entry of `session kill`.
pub(super) const KILL: Manual = Manual {
    examples: &[Example {
        line: "git puff session kill shell",
        does: "Kill the session, and all processes that it started.",
    }],
    files: &[manual::SESSIONS],
    ..Manual::NONE
};

/// Runs `session send`.
pub fn run(args: &Send, app: &App, ui: &Ui) -> Result<Exit> {
    let enter = if args.no_enter { "" } else { "\r" };
    type_in(&args.id, format!("{}{enter}", args.text), "answered by a person", app, ui)
}

/// Runs `session poke`.
pub fn poke(args: &Poke, app: &App, ui: &Ui) -> Result<Exit> {
    type_in(&args.id, "\r".to_owned(), "poked by a person", app, ui)
}

fn type_in(id: &str, text: String, remark: &str, app: &App, ui: &Ui) -> Result<Exit> {
    let session = alive(app, id)?;
    let place = SessionStore::new(&app.layout).place(&session.id);
    let request = Request::Send { text, remark: Some(remark.to_owned()) };
    let reply = control::ask(&place, &request).map_err(|cause| unreachable(&session, cause))?;
    if let Some(why) = reply.refused {
        return Err(Error::failed(format!("'{}' did not accept the input: {why}", session.id))
            .hint(format!("see 'git puff session show {}'", session.id)));
    }
    ui.note(&format!("typed; 'git puff session log {} --screen' shows its screen", session.id));
    Ok(Exit::Done)
}

/// Runs `session kill`.
pub fn kill(args: &Kill, app: &App, ui: &Ui) -> Result<Exit> {
    let store = SessionStore::new(&app.layout);
    let session = store.find(&args.id)?;
    let place = store.place(&session.id);
    match session.state {
        SessionState::Exited => ui.note(&format!("'{}' has ended already", session.id)),
        SessionState::Lost => {
            let found = Mark::of_session(place.folder()).kill();
            let what = if found { "its processes were killed" } else { "it has no processes left" };
            ui.note(&format!("the supervisor of '{}' is gone; {what}", session.id));
            session_workspace::finalize_lost(app, &session)?;
        }
        _ => {
            let request = Request::Kill { why: "killed by the user".to_owned() };
            if let Err(cause) = control::ask(&place, &request) {
                // It may have exited meanwhile.
                if place.is_supervised() {
                    return Err(unreachable(&session, cause));
                }
            }
            let begun = Instant::now();
            while place.is_supervised() {
                if app.cancellation.pause(Duration::from_millis(20)) == Wake::Interrupted {
                    return Ok(Exit::With(Kind::Interrupted));
                }
                if begun.elapsed() > PATIENCE {
                    return Err(Error::failed(format!("cannot kill '{}': it still runs", session.id))
                        .hint(format!("inspect process {} yourself", session.pid.unwrap_or_default())));
                }
            }
        }
    }
    print(&store.load(&session.id)?, app, ui);
    Ok(Exit::Done)
}
