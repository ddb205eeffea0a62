#![doc = include_str!("../README.md")]

pub mod error;
#[cfg(unix)]
pub mod files;
#[cfg(unix)]
pub mod folder;
#[cfg(unix)]
pub mod lock;
pub mod parallel;
#[cfg(unix)]
pub mod process;
#[cfg(unix)]
pub mod scratch;
pub mod span;
pub mod text;
#[cfg(unix)]
pub mod trace;
pub mod user_place;
