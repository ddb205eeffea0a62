//! What a run records of its provider.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The name of the provider that does the work of a run, in kebab-case.
///
/// Three are known by name here: [`ProviderName::LOCAL`] and [`ProviderName::IMPORT`], whose runs have facts of their own,
/// and [`ProviderName::CODEX_CLOUD`], which runs without `--agent` go to unless `puff.provider` says otherwise. What any
/// other one is, only the registry of providers knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ProviderName(Cow<'static, str>);

impl ProviderName {
    /// Codex Cloud, through the `codex` program.
    pub const CODEX_CLOUD: ProviderName = ProviderName::new("codex-cloud");
    /// Agents on this machine.
    pub const LOCAL: ProviderName = ProviderName::new("local");
    /// Patches that were on disk: there is nothing to be asked.
    pub const IMPORT: ProviderName = ProviderName::new("import");

    /// Creates a name that is known when the program is built.
    pub const fn new(name: &'static str) -> ProviderName {
        ProviderName(Cow::Borrowed(name))
    }

    /// Returns the word that JSON and people see.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for ProviderName {
    fn from(name: String) -> ProviderName {
        ProviderName(Cow::Owned(name))
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a provider needs to reach the client, login and service that a run was launched with: recorded at launch, and
/// read by that provider alone. Codex Cloud keeps its program, `CODEX_HOME` and the address of the service here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Profile(pub Map<String, Value>);

impl fmt::Display for Profile {
    /// Writes `name=value` for each value that is set, as a trace has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (name, value) in self.0.iter().filter(|(_, value)| !value.is_null()) {
            match value {
                Value::String(text) => write!(f, "{separator}{name}={text}")?,
                other => write!(f, "{separator}{name}={other}")?,
            }
            separator = " ";
        }
        Ok(())
    }
}
