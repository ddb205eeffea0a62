//! What `init` sets up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use super::as_str::as_str;
use super::{Schema, documents};

/// What `init` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Init {
    /// `puff.init/1`.
    #[schemars(extend("const" = Schema::of(documents::INIT)))]
    pub schema: Schema,
    /// It was undone, not set up.
    pub undone: bool,
    /// Each thing, in its order.
    pub steps: Vec<InitStep>,
}

impl Init {
    /// Returns the schema that this program writes.
    pub fn schema() -> Schema {
        Schema::of(documents::INIT)
    }
}

/// One thing that is set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InitStep {
    /// Which one.
    pub what: InitThing,
    /// What was done about it.
    pub did: InitOutcome,
    /// In words, with the place.
    pub detail: String,
}

/// The things that are set up, in that order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum InitThing {
    /// Notes go along when their commits are rewritten.
    RewriteRef,
    /// `git log` shows reports.
    DisplayRef,
    /// Lines of both sides of the runbook log are kept in a merge.
    Attributes,
    /// The pre-push hook.
    Hook,
}

as_str!(InitThing);

/// What was done about a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "InitDeed")]
pub enum InitOutcome {
    /// It was set up.
    Done,
    /// It was so already.
    Already,
    /// It is set to another value, which stays.
    Left,
    /// It was undone.
    Undone,
    /// It was gone already.
    Gone,
}
