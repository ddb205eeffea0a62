//! `cas-status`

use clap::Args;

use super::cas_start::print;
use crate::app::App;
use crate::app_server;
use crate::commands::flags::OutputFlags;
use crate::error::{Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::AppServerStatus;
use crate::ui::Ui;

/// Show the state of the Codex app server of this repository
///
/// Sends it a request if it runs. Exits with 1 unless it responds.
#[derive(Debug, Args)]
pub struct CasStatus {
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff cas-status", does: "Show whether the server runs, and where it listens." },
        Example { line: "git puff cas-status --json", does: "The same for programs, with versions and times." },
    ],
    exits: &[(Kind::Failed, "The server does not run, or does not respond.")],
    files: &[manual::CAS],
    ..Manual::NONE
};

/// Runs `cas-status`.
pub fn run(_: &CasStatus, app: &App, ui: &Ui) -> Result<Exit> {
    let server = app_server::status(app);
    print(&server, ui);
    Ok(if server.status == AppServerStatus::Running { Exit::Done } else { Exit::With(Kind::Failed) })
}
