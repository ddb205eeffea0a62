//! What a prune removes.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{RunId, Schema, documents};

/// What was removed, or would be.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Prune {
    /// `puff.prune/1`.
    #[schemars(extend("const" = Schema::of(documents::PRUNE)))]
    pub schema: Schema,
    /// Nothing was removed: this is what would be.
    pub dry_run: bool,
    /// The runs that were removed; those that could not be are missing.
    pub runs: Vec<Pruned>,
    /// What was removed of the pool of workspaces, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<PrunedPool>,
}

/// What was removed of the pool of workspaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PrunedPool {
    /// How many workspaces were free, and went.
    pub workspaces: usize,
    /// How many stay, since they are in use.
    pub used: usize,
    /// How many bytes they took, with what waited to be deleted.
    pub bytes: u64,
}

/// What was removed of one run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Pruned {
    /// The run.
    pub run: RunId,
    /// Its branches that went, without `refs/heads/`.
    pub branches: Vec<String>,
    /// The folders of its worktrees that went.
    pub worktrees: Vec<String>,
    /// How many notes it had a part in.
    pub notes: usize,
    /// How many bytes it took.
    pub bytes: Weight,
    /// What stays, and why.
    pub kept: Vec<KeptBack>,
    /// The ref of its recovery point, from which `undo` restores it.
    pub recovery: String,
}

/// How many bytes a run takes on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Weight {
    /// Its worktrees, what is ignored in them included: free as soon as they are gone.
    pub worktrees: u64,
    /// Its sessions, logs and results: likewise.
    pub files: u64,
    /// The objects that only it has, as git keeps them. The recovery point keeps them alive.
    pub objects: u64,
}

/// Something that stays, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeptBack {
    /// `branch` or `worktree`.
    #[schemars(extend("enum" = ["branch", "worktree"]))]
    pub what: &'static str,
    /// Its name, or its folder.
    pub name: String,
    /// Why.
    pub why: String,
}
