//! `cas-status`

use clap::Args;

use super::cas_start::print;
use crate::app_server;
use crate::cli::OutputFlags;
use crate::context::Context;
use crate::error::{Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::AppServerStatus;
use crate::ui::Ui;

/// Show how the Codex app server of this repository is
///
/// Asks it, where it runs. Exits with 1 unless it answers.
#[derive(Debug, Args)]
pub struct CasStatus {
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// What the manual says of it.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff cas-status", does: "See whether it runs, and where it listens." },
        Example { line: "git puff cas-status --json", does: "The same for programs, with versions and times." },
    ],
    exits: &[(Kind::Failed, "It does not run, or does not answer.")],
    files: &[manual::CAS],
    ..Manual::NONE
};

/// Shows how it is.
pub fn run(_: &CasStatus, context: &Context, ui: &Ui) -> Result<Exit> {
    let server = app_server::status(context);
    print(&server, ui);
    Ok(if server.status == AppServerStatus::Running { Exit::Done } else { Exit::With(Kind::Failed) })
}
