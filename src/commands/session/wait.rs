//! `session wait`

use std::time::{Duration, Instant};

use clap::Args;

use super::print;
use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::error::{Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{SessionState, Span};
use crate::process::Wake;
use crate::store::SessionStore;
use crate::ui::Ui;

/// Polling interval.
const LOOK: Duration = Duration::from_millis(100);

/// Wait until a session ends
///
/// Exit 0 when it succeeded, 2 when it failed or is lost, 124 when the time limit passed. A session that was resumed
/// is followed into its successor.
#[derive(Debug, Args)]
pub struct Wait {
    /// The session
    id: String,
    /// Time limit; 0 for none
    #[arg(long, value_name = "D", default_value = "0")]
    timeout: Span,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub(super) const MANUAL: Manual = Manual {
    examples: &[Example {
        line: "git puff session wait shell --timeout 10m",
        does: "Wait until it ends, at most ten minutes.",
    }],
    exits: &[(Kind::TaskError, "The session failed, or is lost."), (Kind::Timeout, "The time limit passed.")],
    files: &[manual::SESSIONS],
    ..Manual::NONE
};

/// Runs `session wait`.
pub fn run(args: &Wait, app: &App, ui: &Ui) -> Result<Exit> {
    let store = SessionStore::new(&app.layout);
    let begun = Instant::now();
    let mut session = store.find(&args.id)?;
    let mut said = session.state;
    loop {
        if let Some(next) = session.resumed_as.clone().filter(|_| session.state.is_over()) {
            ui.note(&format!("resumed as '{next}'"));
            session = store.load(&next)?;
            continue;
        }
        if session.state.is_over() {
            break;
        }
        if session.state != said && session.state != SessionState::Working {
            let (why, next) = (session.why.as_deref().unwrap_or_default(), session.next.as_deref().unwrap_or_default());
            ui.note(&format!("{}: {why}", session.state.as_str()));
            if !next.is_empty() {
                ui.hint(next);
            }
        }
        said = session.state;
        if args.timeout.0 > 0 && begun.elapsed() > args.timeout.duration() {
            print(&session, app, ui);
            return Ok(Exit::With(Kind::Timeout));
        }
        if app.cancellation.pause(LOOK) == Wake::Interrupted {
            return Ok(Exit::With(Kind::Interrupted));
        }
        session = store.load(&session.id)?;
    }
    print(&session, app, ui);
    let well = session.state == SessionState::Exited && session.exit() == Some(0);
    Ok(if well { Exit::Done } else { Exit::With(Kind::TaskError) })
}
