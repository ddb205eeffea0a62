//! `create`

use clap::Args;

use crate::error::{Exit, Result};
use crate::manual::{Example, Manual};
use crate::ui::Ui;

/// Explain how to create a cloud environment, and how to check it
///
/// Prints the steps only: environments are created on the web.
#[derive(Debug, Args)]
pub struct Create {}

const STEPS: &str = "\
How to create a Codex Cloud environment for this repository

 1. Open https://chatgpt.com/codex/settings/environments in a browser, and sign in.
 2. Choose 'Create environment', connect GitHub if asked, and pick the repository.
 3. Configure how the project is set up (packages, a setup script), and save.
 4. Open the environment and copy its id from the address; its label does as well, if no other
    environment has the same one.
 5. Sign in on this machine:
        codex login
 6. Check that Codex responds:
        codex cloud list --json
 7. Set the environment of this repository:
        git config puff.env ENVIRONMENT
 8. Check the setup:
        git puff doctor
 9. Send the first task:
        git puff launch --prompt 'what to do'
";

/// The verb's manual entry.
pub const MANUAL: Manual =
    Manual { examples: &[Example { line: "git puff create", does: "Print the steps." }], ..Manual::NONE };

/// Runs `create`.
pub fn run(_: &Create, ui: &Ui) -> Result<Exit> {
    ui.block(STEPS);
    Ok(Exit::Done)
}
