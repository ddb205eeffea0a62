//! The providers of this program: Codex Cloud in its three dialects, and agents on this machine. What they have in common
//! is [`crate::provider`]. Patches that were on disk are read here too, though there is nothing to be asked about them.

pub mod cloud;
pub mod import;
pub mod local;

use std::sync::Arc;

use crate::app::Providers;
use crate::provider::Registry;

/// Returns all providers of this program.
pub fn built_in() -> Providers {
    Registry::new([Arc::new(cloud::CodexCloudKind) as _, Arc::new(local::LocalKind) as _])
}
