//! What would become of patches.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{Apply, Oid, Risk, RunId, Schema, documents};

/// What would become of patches, in the order in which they were named.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Trials<'a> {
    /// `puff.preflight/1`.
    #[schemars(extend("const" = Schema::of(documents::PREFLIGHT)))]
    pub schema: Schema,
    /// One for each patch.
    pub results: Vec<&'a Trial>,
}

/// What would become of one patch.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Trial {
    /// Whether it would apply, and how.
    pub apply: Apply,
    /// The tree that would come out; null when none does.
    pub tree: Option<Oid>,
    /// The tree that it was tried on; null when that was not found.
    pub onto: Option<Oid>,
    /// The run whose variant it is.
    pub run: Option<RunId>,
    /// The variant that it is of.
    pub variant: Option<u32>,
    /// The file that it is in, as it was named.
    pub path: Option<String>,
    /// Why it would not apply, or what to know about it.
    pub reason: Option<String>,
    /// Paths that would conflict.
    pub conflicts: Vec<String>,
    /// What a reader should look at before trusting it.
    pub risks: Vec<Risk>,
}
