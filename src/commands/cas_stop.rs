//! `cas-stop`

use clap::Args;

use super::cas_start::print;
use crate::app_server;
use crate::cli::OutputFlags;
use crate::context::Context;
use crate::error::{Error, Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::AppServerStatus;
use crate::ui::Ui;

/// End the Codex app server of this repository
///
/// It is asked to end, with all that it started, and given ten seconds for it. What a supervisor that was killed left
/// behind ends as well.
#[derive(Debug, Args)]
pub struct CasStop {
    /// Kill it
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// What the manual says of it.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff cas-stop", does: "Let the app server end what it is doing, and end it." },
        Example { line: "git puff cas-stop --force", does: "End it at once." },
    ],
    exits: &[(Kind::Failed, "It was asked to end, and has not.")],
    files: &[manual::CAS],
    ..Manual::NONE
};

/// Ends it.
pub fn run(args: &CasStop, context: &Context, ui: &Ui) -> Result<Exit> {
    let server = app_server::stop(context, args.force)?;
    print(&server, ui);
    match server.status {
        AppServerStatus::StillRunning => Err(Error::failed("the app server was asked to end, and still runs")
            .hint("'git puff cas-stop --force' kills it")),
        _ => Ok(Exit::Done),
    }
}
