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
    examples: &[
        Example { line: "codex mcp add puff -- git puff mcp", does: "Let Codex use it from now on." },
        Example {
            line: "git config --global puff.mcp.allow read,watch",
            does: "Let agents look and wait, and do nothing else.",
        },
        Example { line: "git config puff.mcp.allow -cloud", does: "Let them do everything but spend money." },
    ],
    settings: &[settings::MCP_ALLOW],
    ..Manual::NONE
};
