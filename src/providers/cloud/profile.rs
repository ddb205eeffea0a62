//! Which `codex`, with which login, at which service.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::App;
use crate::model::Profile;

/// The client, the login and the service that a run was launched with. Null means what the client does by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodexProfile {
    /// The `codex` program: a path, or a name to find on PATH.
    pub codex: String,
    /// Its `CODEX_HOME`.
    #[serde(default)]
    pub codex_home: Option<String>,
    /// Its `CODEX_CLOUD_TASKS_BASE_URL`.
    #[serde(default)]
    pub service: Option<String>,
}

impl CodexProfile {
    /// Returns the profile that counts here and now.
    pub fn of_here(app: &App) -> CodexProfile {
        CodexProfile {
            codex: app.codex_program(),
            codex_home: app.environment.codex_home.clone(),
            service: app.environment.codex_service.clone(),
        }
    }

    /// Reads what a run recorded; none when it was not written by this provider.
    pub fn of(recorded: &Profile) -> Option<CodexProfile> {
        serde_json::from_value(Value::Object(recorded.0.clone())).ok()
    }
}

impl From<CodexProfile> for Profile {
    fn from(profile: CodexProfile) -> Profile {
        match serde_json::to_value(profile) {
            Ok(Value::Object(fields)) => Profile(fields),
            _ => Profile::default(),
        }
    }
}
