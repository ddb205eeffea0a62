//! git-puff
pub mod cli;
pub mod commands;
pub mod context;
pub mod engine;
pub mod error;
pub mod git;
pub mod model;
pub mod patch;
pub mod process;
pub mod provider;
pub mod render;
pub mod settings;
pub mod store;
pub mod ui;
pub mod watch;
