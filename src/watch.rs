//! Watching: polls all runs until each has finished.
//!
//! The watcher is one process per repository, detached, and holds a file lock for its life. What it is to watch is in
//! the run refs (a run with an active watch is a job), so a kill or a reboot loses nothing but the process. A command
//! in the foreground looks by itself at what no living watcher looks at.

mod ending;
pub mod follow;
pub mod jobs;
mod journals;
mod poll_loop;
mod poll_schedule;
mod poller;
mod queue;
pub mod untracked_task;
pub mod watcher;

pub use ending::{result, write_result};

use crate::model::RunId;

/// Takes down what happens to a run, for the log.
pub type Say<'a> = &'a dyn Fn(&RunId, &str);
