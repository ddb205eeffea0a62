//! What `doctor` finds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FindingResult {
    /// As it should be.
    Ok,
    /// Something will not work.
    Fail,
    /// It works, with something to know.
    Warn,
}

impl FindingResult {
    /// Returns the word that JSON, scripts and people see.
    pub fn as_str(self) -> &'static str {
        match self {
            FindingResult::Ok => "ok",
            FindingResult::Fail => "fail",
            FindingResult::Warn => "warn",
        }
    }
}
