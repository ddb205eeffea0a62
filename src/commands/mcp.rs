//! `mcp`

use clap::Args;

use crate::manual::{Example, Manual};
use crate::settings;

/// Serve agents over the Model Context Protocol, on standard input and output
///
/// An agent's client starts it by itself. Every verb that an agent can use is a tool, with the answers of --json; runs,
/// reports and patches are resources; the ways of working are prompts. It works in the repositories of the client's
/// roots, or in the folder that it was started in, and nowhere else. What spends money, runs programs or rewrites refs
/// says so, and can be switched off with puff.mcp.allow.
#[derive(Debug, Args)]
pub struct Mcp {}

/// What the manual says of it.
pub const MANUAL: Manual = Manual {
    examples: &[Example {
        line: "git puff mcp",
        does: "Serve whoever started it; 'codex mcp add puff -- git puff mcp' has Codex start it by itself.",
    }],
    settings: &[settings::MCP_ALLOW],
    ..Manual::NONE
};
