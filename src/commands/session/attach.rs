//! `session attach`

use clap::Args;

use super::{alive, unreachable};
use crate::app::App;
use crate::error::{Error, Exit, Result, ResultExt};
use crate::manual::{self, Example, Manual};
use crate::session::viewer::{self, End};
use crate::store::SessionStore;
use crate::ui::Ui;

/// Attach to the terminal of a session
///
/// Your input goes to the agent. Control-\ detaches; the session keeps running. Several viewers may be attached at
/// once: all see the same screen, in the size of the smallest window.
#[derive(Debug, Args)]
pub struct Attach {
    /// The session
    id: String,
}

/// The verb's manual entry.
pub(super) const MANUAL: Manual = Manual {
    examples: &[Example {
        line: "git puff session attach shell",
        does: "Attach to its terminal; Control-\\ detaches.",
    }],
    files: &[manual::SESSIONS],
    ..Manual::NONE
};

/// Runs `session attach`.
pub fn run(args: &Attach, app: &App, ui: &Ui) -> Result<Exit> {
    if !viewer::is_possible() {
        return Err(Error::usage("'git puff session attach' needs a terminal")
            .hint(format!("use 'git puff session log {} -f' and 'git puff session send'", args.id)));
    }
    let session = alive(app, &args.id)?;
    let store = SessionStore::new(&app.layout);
    let place = store.place(&session.id);
    let viewer = viewer::Viewer::attach(&place).map_err(|cause| unreachable(&session, cause))?;
    let end = viewer.run().or_fail(|| "cannot use the terminal".to_owned())?;
    match end {
        End::Left => ui.note(&format!("detached from '{}', which keeps running", session.id)),
        End::Ended => {
            ui.note(&format!("'{}' has closed this terminal; see 'git puff session show {}'", session.id, session.id))
        }
    }
    Ok(Exit::Done)
}
