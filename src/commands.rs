//! One file for each verb: its documented arguments, and one function that runs it.

#![allow(rustdoc::invalid_html_tags, reason = "the arguments' comments are their help, as a terminal shows it")]

pub mod adopt;
pub mod cancel;
pub mod cas_start;
pub mod cas_status;
pub mod cas_stop;
pub mod cd;
pub mod complete;
pub mod completions;
pub mod config;
pub mod create;
pub mod demo;
pub mod diff;
pub mod doctor;
pub mod flags;
pub mod harvest;
pub mod hook;
pub mod init;
pub mod jobs;
pub mod join_operator;
pub mod launch;
pub mod list;
pub mod log;
pub mod man;
pub mod mcp;
pub mod overview;
pub mod patch;
pub mod pick;
pub mod preflight;
pub mod prune;
pub mod report;
pub mod retry;
pub mod review;
pub mod schema;
pub mod session;
pub mod show;
pub mod skill;
pub mod stop;
pub mod submit;
pub mod sync;
pub mod undo;
pub mod watch;

mod shared;
