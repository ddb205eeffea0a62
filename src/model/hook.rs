//! How the pre-push hook of a repository is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::as_str::as_str;
use super::{Schema, documents};

/// What `hook install`, `hook uninstall` and `hook status` answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HookReport {
    /// `puff.hook/1`.
    #[schemars(extend("const" = Schema::of(documents::HOOK)))]
    pub schema: Schema,
    /// Whether git-puff is asked at every push.
    pub state: HookState,
    /// What this call did; none when it only looked.
    pub did: Option<HookOutcome>,
    /// The file that git runs before a push; it need not be there.
    pub path: String,
    /// The hook that was there before, which ours asks too.
    pub chained: Option<String>,
    /// Git would run that hook: it may be executed.
    pub chained_runs: bool,
    /// The program that looks after the hooks of this repository.
    pub manager: Option<HookManager>,
}

impl HookReport {
    /// Returns the schema that this program writes.
    pub fn schema() -> Schema {
        Schema::of(documents::HOOK)
    }
}

/// Whether git-puff is asked at every push.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum HookState {
    /// It is not.
    Absent,
    /// By its own hook.
    Installed,
    /// By its own hook, as an earlier version put it there.
    Outdated,
    /// By a hook of the user's, which calls it.
    Called,
    /// By a program that looks after the hooks.
    Managed,
}

as_str!(HookState);

impl HookState {
    /// Returns whether git-puff is called.
    pub fn is_asked(self) -> bool {
        self != HookState::Absent
    }
}

/// What was done to a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "HookDeed")]
pub enum HookOutcome {
    /// It was put there.
    Installed,
    /// Its part was replaced by that of this version.
    Updated,
    /// It was taken away, and what was there before is back.
    Uninstalled,
    /// There was nothing to do.
    Nothing,
}

/// A program that looks after the hooks of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HookManager {
    /// `husky`, `pre-commit`, `lefthook`.
    pub name: String,
    /// Its hooks are those that git runs.
    pub in_charge: bool,
    /// The file that says what it runs before a push.
    pub file: String,
    /// What to add there; none when it is there.
    pub add: Option<String>,
    /// The command by which the manager takes its file up; none when that is not needed.
    pub then: Option<String>,
}

impl HookManager {
    /// Returns whether it calls git-puff before a push.
    pub fn is_set_up(&self) -> bool {
        self.in_charge && self.add.is_none() && self.then.is_none()
    }
}
