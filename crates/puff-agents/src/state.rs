//! What a session is doing, in a word, and what its standard input is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

/// What a session's standard input is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stdin {
    /// Its terminal: a person may type.
    #[default]
    Terminal,
    /// Closed: it is at its end at once.
    Closed,
    /// The file that its prompt is in.
    Prompt,
}

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum SessionState {
    /// It prints, or uses the processor.
    Working,
    /// It has asked something and waits for the answer.
    Waiting,
    /// It has said nothing for `puff.stuck.after`.
    Silent,
    /// It has said nothing and done nothing for `puff.stuck.poke`.
    Hung,
    /// Bytes move, and nothing is said.
    Downloading,
    /// It does the same over and over.
    Looping,
    /// Its service takes no more for now.
    RateLimited,
    /// It has ended.
    Exited,
    /// Its supervisor is gone, and how it ended is not known.
    Lost,
}

impl SessionState {
    /// Returns the word for it in JSON and for people.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns whether nothing more will come of it.
    pub fn is_over(self) -> bool {
        matches!(self, SessionState::Exited | SessionState::Lost)
    }
}
