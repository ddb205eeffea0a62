//! What is wrong with what is about to be pushed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, VariantNames};

use super::{Oid, RunId, Schema, documents};

/// What `hook pre-push` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Push {
    /// `puff.push/1`.
    #[schemars(extend("const" = Schema::of(documents::PUSH)))]
    pub schema: Schema,
    /// The remote as it was named.
    pub remote: Option<String>,
    /// Whether it must not go there.
    pub refused: bool,
    /// What was found, in the order of the commits.
    pub findings: Vec<PushFinding>,
}

impl Push {
    /// Returns the schema that this program writes.
    pub fn schema() -> Schema {
        Schema::of(documents::PUSH)
    }
}

/// One thing that is wrong with what is about to be pushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PushFinding {
    /// The rule that says so.
    pub rule: Rule,
    /// What becomes of the push for it.
    pub level: Level,
    /// The commit it is about.
    pub commit: Oid,
    /// That commit's subject.
    pub subject: String,
    /// The run that it came from.
    pub run: RunId,
    /// The variant of that run, where it is known.
    pub variant: Option<u32>,
    /// The path it is about.
    pub path: Option<String>,
    /// The line of the file as the commit leaves it.
    pub line: Option<u64>,
    /// In words.
    pub detail: String,
    /// What to do.
    pub way_out: String,
}

/// The rules for what is pushed, each with its own setting: `puff.prePush.` and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, Display)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum Rule {
    /// The variant was neither reviewed nor picked.
    Unreviewed,
    /// It failed its checks.
    Failed,
    /// Another one was picked.
    Loser,
    /// Something in it that was not accepted.
    Risk,
    /// It did not apply, or a part of it is missing.
    Partial,
    /// Conflict markers are left in it.
    ConflictMarker,
    /// Something in it looks like a secret.
    Secret,
    /// A file that an agent or its client left behind.
    Scratch,
    /// The record of its run is not there.
    Records,
}

/// What becomes of a push for what a rule finds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, EnumString, VariantNames,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase", ascii_case_insensitive)]
pub enum Level {
    /// Nothing; it is not even said.
    Allow,
    /// It is said.
    Warn,
    /// The push is stopped.
    Refuse,
}

impl Level {
    /// The words for them, the strictest first.
    pub const WORDS: &'static [&'static str] = {
        let [allow, warn, refuse] = Level::VARIANTS else { unreachable!() };
        &[refuse, warn, allow]
    };
}
