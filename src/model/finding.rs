//! What `doctor` finds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::as_str::as_str;
use crate::error::{Error, Result};

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

impl Finding {
    /// Creates a finding; an empty value is none.
    pub fn new(name: &str, result: FindingResult, value: &str, detail: String, hint: Option<String>) -> Finding {
        let value = Some(value.to_owned()).filter(|value| !value.is_empty());
        Finding { name: name.to_owned(), result, value, detail, hint }
    }

    /// Creates a finding that all is as it should be.
    pub fn ok(name: &str, value: &str, detail: &str) -> Finding {
        Finding::new(name, FindingResult::Ok, value, detail.to_owned(), None)
    }

    /// Creates a finding of something to know, with what to do about it.
    pub fn warn(name: &str, value: &str, detail: String, hint: &str) -> Finding {
        Finding::new(name, FindingResult::Warn, value, detail, Some(hint.to_owned()))
    }

    /// Creates a finding of something that will not work: the error, its next step and the first line of its cause.
    pub fn fail(name: &str, error: Error) -> Finding {
        let hint = error.next_step().map(str::to_owned);
        let mut detail = error.message().to_owned();
        if let Some(cause) = error.causes().first() {
            detail = format!("{detail}: {}", cause.lines().next().unwrap_or(""));
        }
        Finding::new(name, FindingResult::Fail, "", detail, hint)
    }

    /// Creates the finding of what was tried: `good` with its value, or the failure.
    pub fn of(name: &str, result: Result<String>, good: &str) -> Finding {
        match result {
            Ok(value) => Finding::ok(name, &value, good),
            Err(error) => Finding::fail(name, error),
        }
    }
}
