//! Which of the programs that git-puff runs are confined.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantNames};

use super::as_str::as_str;

/// Which programs may write only where they work: `puff.confine`, and `--confine`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, EnumString, VariantNames, IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase", ascii_case_insensitive)]
pub enum Confine {
    /// Checks, where the system can and they have no wrapper.
    Auto,
    /// None.
    Off,
    /// Checks, and what sets up their workspaces.
    Checks,
    /// Agents.
    Agents,
    /// Checks and agents.
    All,
}

as_str!(Confine);

impl Confine {
    /// The words for them.
    pub const WORDS: &'static [&'static str] = Confine::VARIANTS;

    /// Returns whether it names checks: where they cannot be confined, that is an error.
    pub fn names_checks(self) -> bool {
        matches!(self, Confine::Checks | Confine::All)
    }

    /// Returns whether it names agents.
    pub fn names_agents(self) -> bool {
        matches!(self, Confine::Agents | Confine::All)
    }
}
