//! The server for agents, over the Model Context Protocol: a second front door beside [`crate::commands`].
//!
//! A tool is a verb: its arguments are words of the command line, checked there, and what the verb says is heard as
//! values instead of being printed. So there is nothing that a tool can do and the command line cannot, and nothing is
//! written twice.
//!
//! | file | what is in it |
//! |---|---|
//! | `tools`, `words` | the tools, and from their arguments to words |
//! | `call` | one call: the verb, what it says, what is answered |
//! | `roots`, `places` | where the client works, and so where it may have something done |
//! | `allow` | `puff.mcp.allow`: what it may have done |
//! | `text` | text from outside: a part at a time, and marked |
//! | `resources`, `prompts` | runs, reports and patches by URI; the ways of working as prompts |
//! | `server`, `works` | the protocol; calls in threads of their own |
//!
//! The protocol has standard input and output for itself: they are taken away from everything else before it begins.
//! Each call looks around in its repository anew, in a thread of its own, as a command does: an open repository is not
//! shared, and nothing is kept that could be out of date. A call that was begun is done to its end, whether the client
//! waits for it or is gone; only what waits ends with it.

mod allow;
mod allowed_folders;
mod call;
mod prompts;
mod resources;
mod roots;
mod server;
mod text;
mod tools;
mod words;
mod works;

pub use server::serve;
