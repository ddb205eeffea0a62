//! The MCP server for agents: a second interface beside [`crate::commands`].
//!
//! A tool is a verb: its arguments become a command line, which is checked there, and the verb's output is captured as
//! values instead of being printed. A tool can therefore do only what the command line can.
//! | file | contents |
//! |---|---|
//! | `tools`, `words` | the tools, and the command lines of their arguments |
//! | `call` | one call: the verb, its output, the result |
//! | `roots`, `places` | the folders that the client may use |
//! | `allow` | `puff.mcp.allow`: the tools that the client may use |
//! | `text` | untrusted text: in parts, and marked |
//! | `resources`, `prompts` | runs, reports and patches by URI; workflows as prompts |
//! | `server`, `works` | the protocol; calls in their own threads |
//!
//! Only the protocol uses standard input and output: they are detached from everything else first. Each call opens its
//! repository anew, in its own thread, as a command does: no open repository is shared, and no cache can be stale. A
//! call that has begun runs to its end, even if the client disconnects; only a tool that waits ends early.

mod allow;
mod allowed_folders;
mod arguments;
mod call;
mod prompts;
mod resources;
mod roots;
mod server;
mod text;
mod tools;
mod works;

pub use server::serve;
