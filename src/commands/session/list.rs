//! `session list` and `session show`

use clap::Args;

use super::print;
use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::error::{Exit, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{Schema, documents};
use crate::render;
use crate::settings;
use crate::store::SessionStore;
use crate::ui::{Format, Ui};

/// Show every session of this repository, newest first, and what it is doing
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// Show the details of a session
#[derive(Debug, Args)]
pub struct Show {
    /// The session
    id: String,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub(super) const MANUAL: Manual = Manual {
    examples: &[Example { line: "git puff session list", does: "Show what every session is doing." }],
    files: &[manual::SESSIONS],
    settings: &[settings::STUCK_AFTER, settings::STUCK_POKE],
    ..Manual::NONE
};

/// The manual entry of `session show`.
pub(super) const SHOW: Manual = Manual {
    examples: &[
        Example { line: "git puff session show shell", does: "Show the details of one session." },
        Example { line: "git puff session show shell --json", does: "Print it for another program." },
    ],
    files: &[manual::SESSIONS],
    ..Manual::NONE
};

/// Runs `list`.
pub fn run(_: &List, app: &App, ui: &Ui) -> Result<Exit> {
    let mut sessions = SessionStore::new(&app.layout).list()?;
    sessions.reverse();
    match ui.format() {
        Format::Json => ui.json(&documents::Sessions { schema: Schema::of(documents::SESSIONS), sessions }),
        _ => {
            let pager = ui.is_terminal_out().then(|| app.repo.pager()).flatten();
            ui.page(&render::tables::sessions(&sessions, app.clock.now(), ui.width()), pager.as_deref());
        }
    }
    Ok(Exit::Done)
}

/// Runs `show`.
pub fn show(args: &Show, app: &App, ui: &Ui) -> Result<Exit> {
    let session = SessionStore::new(&app.layout).find(&args.id)?;
    print(&session, app, ui);
    Ok(Exit::Done)
}
