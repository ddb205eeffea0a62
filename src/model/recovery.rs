//! Recovery points: what `undo` needs to know of a `pick` or a `prune`.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Oid, PickMethod, RunId, Schema, Time, documents};

/// `point.json` of a recovery point: how things were before something was done to a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recovery {
    /// `puff.recovery/1`.
    #[schemars(extend("const" = Schema::of(documents::RECOVERY)))]
    pub schema: Schema,
    /// The run.
    pub run: RunId,
    /// Its task at the provider, by which it may be named too.
    pub task_id: Option<String>,
    /// When it was done.
    pub at: Time,
    /// The recovery point before this one of the same run.
    pub previous: Option<Oid>,
    /// The newest commit of the run's journal.
    pub journal: Oid,
    /// What was done.
    #[serde(flatten)]
    pub act: Act,
}

/// What was done to a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// A variant was taken.
    Pick(PickPoint),
    /// The run was removed.
    Prune(PrunePoint),
}

/// How things were before a variant was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PickPoint {
    /// The number of the variant.
    pub variant: u32,
    /// Its commit.
    pub commit: Oid,
    /// How it is taken.
    pub how: PickMethod,
    /// The ref that it goes to, in full; `HEAD` where that is detached.
    pub onto: String,
    /// Where that was; none where it was not there.
    pub before: Option<Oid>,
    /// The git directory of the worktree in which it is done, where it is done in one.
    #[serde(with = "super::path", default)]
    #[schemars(with = "Option<String>")]
    pub git_dir: Option<PathBuf>,
    /// The folder of that worktree.
    #[serde(with = "super::path", default)]
    #[schemars(with = "Option<String>")]
    pub worktree: Option<PathBuf>,
}

/// What there was of a run before it was removed, beside its journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PrunePoint {
    /// The branches that go.
    pub branches: Vec<KeptBranch>,
    /// The notes that the run has a part in. Their texts are in the point's tree, at `notes/<number>`, from 0.
    pub notes: Vec<KeptNote>,
    /// The worktrees that go. The files of each are in the point's tree, at `worktrees/<number>`, from 0.
    pub worktrees: Vec<KeptWorktree>,
}

/// A branch that goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeptBranch {
    /// Its full name.
    pub name: String,
    /// Where it is.
    pub at: Oid,
}

/// A note that a run has a part in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeptNote {
    /// The ref of the notes.
    pub notes: String,
    /// What the note is on.
    pub object: Oid,
}

/// A worktree that goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeptWorktree {
    /// Its folder.
    pub path: PathBuf,
    /// Its detached HEAD.
    pub head: Oid,
    /// What it was locked with, if it was.
    pub locked: Option<String>,
    /// The tree of everything in it that is not ignored; none where the folder was gone.
    pub tree: Option<Oid>,
}

impl Recovery {
    /// Returns the schema that this program writes.
    pub fn schema() -> Schema {
        Schema::of(documents::RECOVERY)
    }

    /// Describes it in a line: `the pick of var2`, `the prune`.
    pub fn words(&self) -> String {
        match &self.act {
            Act::Pick(pick) => format!("the pick of var{} of '{}'", pick.variant, self.run),
            Act::Prune(_) => format!("the prune of '{}'", self.run),
        }
    }
}
