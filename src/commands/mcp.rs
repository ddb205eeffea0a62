//! `mcp`

use clap::Args;

use crate::manual::{Example, Manual};
use crate::settings;

/// Serve agents over the Model Context Protocol, on standard input and output
///
/// An agent's client starts the server. Every verb that an agent can use is a tool, with the output of --json; runs,
/// reports and patches are resources; workflows are prompts. It works only in the repositories of the client's roots,
/// or in the folder that it was started in. Tools that spend money, run programs or rewrite refs are marked as such,
/// and can be disabled with puff.mcp.allow.
#[derive(Debug, Args)]
pub struct Mcp {}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[Example {
        line: "git puff mcp",
        does: "Serve the calling client; 'codex mcp add puff -- git puff mcp' configures it in Codex.",
    }],
    settings: &[settings::MCP_ALLOW],
    ..Manual::NONE
};
