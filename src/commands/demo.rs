//! `demo`

use clap::Args;

use crate::error::{Exit, Result};
use crate::ui::Ui;

/// Try git-puff in a throw-away repository, without an account and without a network
#[derive(Debug, Args)]
pub struct Demo {}

/// Shows.
pub fn run(_: &Demo, ui: &Ui) -> Result<Exit> {
    ui.line("");
    Ok(Exit::Done)
}
