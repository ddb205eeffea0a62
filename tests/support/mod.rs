//! What every test stands on: a sealed environment with a real git, a real `git-puff`, and a `codex` of the test's
//! choice.

#![allow(missing_docs)]
#![allow(dead_code, reason = "whoever stands on this uses a part of it")]

pub mod agent_run;
pub mod browser;
pub mod choice;
pub mod cloud;
pub mod daemon;
pub mod export;
pub mod faults;
pub mod formats;
pub mod hooks;
pub mod intact;
pub mod judged;
pub mod mcp;
pub mod tcp_proxy;
pub mod test_repo;
#[macro_use]
pub mod needs;
pub mod cloud_env;
pub mod fake_codex;
pub mod responses;
pub mod scenes;
pub mod schema;
pub mod shells;
pub mod ssh;
pub mod terminal;
pub mod two_clones;
