#![doc = include_str!("../README.md")]

pub mod activity;
pub mod agents;
#[cfg(unix)]
pub mod attached;
#[cfg(unix)]
pub mod control;
pub mod diagnose;
mod fold;
#[cfg(unix)]
pub mod log;
#[cfg(unix)]
pub mod place;
pub mod protocol;
pub mod replies;
pub mod screen;
pub mod state;
#[cfg(unix)]
pub mod viewer;
