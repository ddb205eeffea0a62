//! What `doctor` finds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::as_str::as_str;

/// The answer of one check of `doctor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What was checked: one word, `[a-z-]`.
    pub name: String,
    /// How it is.
    pub result: FindingResult,
    /// What was found, for programs: a version, a path, a number.
    pub value: Option<String>,
    /// What was found, in words.
    pub detail: String,
    /// The command or setting that gets the user on.
    pub hint: Option<String>,
}

/// How a check of `doctor` went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum FindingResult {
    /// As it should be.
    Ok,
    /// Something will not work.
    Fail,
    /// It works, with something to know.
    Warn,
}

as_str!(FindingResult);
