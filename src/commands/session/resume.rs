//! `session resume`

use clap::Args;

use crate::cli::JsonFlag;
use crate::context::Context;
use crate::error::{Error, Exit, Result};
use crate::manual::{self, Example, Manual};
use crate::session::resume::{last_resumable, resume};
use crate::settings;
use crate::store::SessionStore;
use crate::ui::{Format, Ui};

/// Go on with a session that has ended, was killed or is lost
///
/// The agent is started again with its own session, in a new one of ours, and told to go on where it stopped. Whether
/// what it knew came along is said by 'git puff session show'.
#[derive(Debug, Args)]
pub struct Resume {
    /// The session
    #[arg(required_unless_present = "last")]
    id: Option<String>,
    /// The newest that can be resumed
    #[arg(long, conflicts_with = "id")]
    last: bool,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// What the manual says of it.
pub(super) const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff session resume --last", does: "Go on with the newest that can be resumed." },
        Example { line: "git puff session resume fix-the-parser", does: "Go on with this one." },
    ],
    files: &[manual::SESSIONS],
    settings: &[settings::AGENT_RESUME, settings::AGENT_WRAPPER],
    ..Manual::NONE
};

/// Resumes.
pub fn run(args: &Resume, context: &Context, ui: &Ui) -> Result<Exit> {
    let store = SessionStore::new(&context.layout);
    let session = match &args.id {
        Some(id) => store.find(id)?,
        None => last_resumable(&store.list()?).cloned().ok_or_else(|| {
            Error::failed("no session of this repository can be resumed")
                .hint("'git puff session list' shows them; one can be resumed when its agent told its own session")
        })?,
    };
    let new = resume(context, &session)?;
    match ui.format() {
        Format::Json => ui.json(&new),
        _ => ui.line(new.id.as_str()),
    }
    ui.note(&format!(
        "goes on from '{}'; 'git puff session show {}' tells whether its context came along",
        session.id, new.id
    ));
    Ok(Exit::Done)
}
