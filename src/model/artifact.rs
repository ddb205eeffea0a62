//! What is kept beside a variant's patch: `report.json` and `meta.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Apply, Risk, Time, VariantStatus};

/// `variants/var<N>/report.json`: what the provider says of an attempt. The fields are those that the headless
/// clients export, null where a client does not say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The task the attempt belongs to.
    #[serde(default)]
    pub task_id: Option<String>,
    /// The number in this run (not the client's).
    pub variant_index: u32,
    /// How far the attempt was.
    pub status: VariantStatus,
    /// The service's own place, from 0.
    #[serde(default)]
    pub attempt_placement: Option<u32>,
    /// What was asked, where the client repeats it.
    #[serde(default)]
    pub prompt: Option<String>,
    /// What the agent said, in order.
    #[serde(default)]
    pub messages: Option<Vec<String>>,
    /// Fields of the client's export that are not ours.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Report {
    /// The fields that are ours.
    pub const FIELDS: [&str; 6] = ["task_id", "variant_index", "status", "attempt_placement", "prompt", "messages"];
}

/// `variants/var<N>/meta.json`: when and from where the patch came, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Meta {
    /// When this revision was first seen.
    pub collected_at: Time,
    /// The client: `codex-cloud official`, `import`, ….
    pub client: String,
    /// The client's version, where it says.
    #[serde(default)]
    pub client_version: Option<String>,
    /// Counts the patches of this variant, from 1.
    pub revision: u32,
    /// SHA-256 of the raw patch bytes; null without a patch.
    #[serde(default)]
    pub patch_sha256: Option<String>,
    /// Bytes of the patch.
    pub patch_size: u64,
    /// What became of it on the base.
    #[serde(default)]
    pub apply: Option<Apply>,
    /// What the attempt did beside its patch that a reader should look at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risks: Vec<Risk>,
    /// Fields of an imported folder's file that are not ours.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Meta {
    /// The fields that are ours.
    pub const FIELDS: [&str; 8] =
        ["collected_at", "client", "client_version", "revision", "patch_sha256", "patch_size", "apply", "risks"];
}
