//! The decision that ends a run: which variant was taken, how, and on what grounds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::as_str::as_str;
use super::{Check, Oid, Time};

/// What `git puff pick` did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// The number of the variant.
    pub variant: u32,
    /// How its change was taken.
    pub how: PickMethod,
    /// The ref that it went to, in full; `HEAD` where that is detached.
    pub onto: String,
    /// Where that was before; none for a branch that was not there.
    pub before: Option<Oid>,
    /// Where it is since; none while there are conflicts to be resolved.
    pub after: Option<Oid>,
    /// When.
    pub decided_at: Time,
    /// What was known then: the recommendation and the variant's own result, a sentence each.
    pub reasons: Vec<String>,
    /// The tree that was to land, where checks were asked of it: it is not the one that was reviewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<Oid>,
    /// How they ended on that tree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
}

/// How the change of a variant is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[schemars(rename = "Taking")]
pub enum PickMethod {
    /// As a commit on top.
    CherryPick,
    /// By a merge of its branch.
    Merge,
    /// As a new branch.
    Branch,
}

as_str!(PickMethod);
