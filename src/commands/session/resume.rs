//! `session resume`

use clap::Args;

use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::error::{Error, Exit, Result};
use crate::manual::{self, Example, Manual};
use crate::session::resume::{last_resumable, resume};
use crate::settings;
use crate::store::SessionStore;
use crate::ui::{Format, Ui};

/// Resume a session that has ended, was killed or is lost
///
/// Starts the agent in a new session, resumes the agent's own session in it, and tells it to continue where it
/// stopped. 'git puff session show' tells whether its context was kept.
#[derive(Debug, Args)]
pub struct Resume {
    /// The session
    #[arg(required_unless_present = "last")]
    id: Option<String>,
    /// Resume the newest session that can be resumed
    #[arg(long, conflicts_with = "id")]
    last: bool,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub(super) const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff session resume --last", does: "Resume the newest session that can be resumed." },
        Example { line: "git puff session resume fix-the-parser", does: "Resume this session." },
    ],
    files: &[manual::SESSIONS],
    settings: &[settings::AGENT_RESUME, settings::AGENT_WRAPPER],
    ..Manual::NONE
};

/// Runs `session resume`.
pub fn run(args: &Resume, app: &App, ui: &Ui) -> Result<Exit> {
    let store = SessionStore::new(&app.layout);
    let session = match &args.id {
        Some(id) => store.find(id)?,
        None => last_resumable(&store.list()?).cloned().ok_or_else(|| {
            Error::failed("no session of this repository can be resumed").hint(
                "'git puff session list' shows the sessions; an agent that reported its own session id can be resumed",
            )
        })?,
    };
    let new = resume(app, &session)?;
    match ui.format() {
        Format::Json => ui.json(&new),
        _ => ui.line(new.id.as_str()),
    }
    ui.note(&format!(
        "resumed '{}'; 'git puff session show {}' tells whether its context was kept",
        session.id, new.id
    ));
    Ok(Exit::Done)
}
