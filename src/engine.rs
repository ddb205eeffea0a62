//! What several verbs and the watcher share: launching, observing, harvesting, repairing.
//!
//! Nothing here prints. What a person should hear is a [`Notice`], handed to a listener: a command says it on
//! standard error, the watcher writes it into the run's log.

pub mod active_files;
pub mod adopt;
pub mod base;
pub mod branches;
pub mod compare;
pub mod config;
pub mod doctor;
pub mod handoff;
pub mod harvest;
pub mod hook;
pub mod import;
pub mod init;
pub mod intent;
pub mod interrupted;
pub mod launch;
pub mod leftovers;
pub mod manifest;
pub mod observe;
pub mod orphans;
pub mod patch_matching;
pub mod pick;
pub mod preflight;
pub mod prune;
pub mod push;
pub mod repair;
pub mod review;
pub mod sessions;
pub mod submit;
pub mod sync;
pub mod tombstones;
pub mod undo;
pub mod verified;

mod notice;
mod providers;

pub use notice::{Listener, Notice};
pub use providers::{capabilities, default_provider, is_at_service, open_provider, question};
