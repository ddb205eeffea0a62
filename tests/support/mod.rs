//! What every test stands on: a sealed environment with a real git, a real `git-puff`, and a `codex` of the test's
//! choice.

#![allow(missing_docs)]
#![allow(dead_code, reason = "whoever stands on this uses a part of it")]

pub mod browser;
pub mod choice;
pub mod cloud;
pub mod crew;
pub mod daemon;
pub mod door;
pub mod export;
pub mod faults;
pub mod formats;
pub mod hooks;
pub mod intact;
pub mod judged;
pub mod lab;
pub mod mcp;
#[macro_use]
pub mod needs;
pub mod pair;
pub mod responses;
pub mod scenes;
pub mod schema;
pub mod shells;
pub mod ssh;
pub mod stage;
pub mod standin;
pub mod terminal;
