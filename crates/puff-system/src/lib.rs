#![doc = include_str!("../README.md")]

pub mod error;
pub mod files;
pub mod folder;
pub mod lock;
pub mod parallel;
pub mod process;
pub mod trace;
