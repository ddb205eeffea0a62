//! `cas-stop`

use clap::Args;

use super::cas_start::print;
use crate::app::App;
use crate::app_server;
use crate::commands::flags::OutputFlags;
use crate::error::{Error, Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::AppServerStatus;
use crate::ui::Ui;

/// Stop the Codex app server of this repository
///
/// The server and its child processes get ten seconds to terminate. Processes that a killed supervisor left behind are
/// stopped as well.
#[derive(Debug, Args)]
pub struct CasStop {
    /// Kill the server immediately
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff cas-stop", does: "Let the app server finish its work, and stop it." },
        Example { line: "git puff cas-stop --force", does: "Kill it immediately." },
    ],
    exits: &[(Kind::Failed, "The server still runs.")],
    files: &[manual::CAS],
    ..Manual::NONE
};

/// Runs `cas-stop`.
pub fn run(args: &CasStop, app: &App, ui: &Ui) -> Result<Exit> {
    let server = app_server::stop(app, args.force)?;
    print(&server, ui);
    match server.status {
        AppServerStatus::StillRunning => {
            Err(Error::failed("cannot stop the app server: it still runs after ten seconds")
                .hint("'git puff cas-stop --force' kills it"))
        }
        _ => Ok(Exit::Done),
    }
}
