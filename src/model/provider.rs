//! What a run records of its provider.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::schema::written_as;

/// The longest name of a provider.
const LONGEST: usize = 40;

/// The name of the provider that does the work of a run, in kebab-case.
///
/// Three are known by name here: [`ProviderName::LOCAL`] and [`ProviderName::IMPORT`], whose runs have facts of their own,
/// and [`ProviderName::CODEX_CLOUD`], which runs without `--agent` go to unless `puff.provider` says otherwise. What any
/// other one is, only the registry of providers knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProviderName(Cow<'static, str>);

written_as!(ProviderName, "^[a-z0-9][a-z0-9-]{0,39}$");

/// The text cannot be the name of a provider.
#[derive(Debug, thiserror::Error)]
#[error("'{}' is not the name of a provider: up to {LONGEST} of a-z, 0-9 and '-', not beginning with '-'", .0.escape_debug())]
pub struct BadProviderName(String);

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

impl FromStr for ProviderName {
    type Err = BadProviderName;

    /// Reads a name. Records come from other clones too, and what is in them is printed.
    fn from_str(text: &str) -> Result<ProviderName, BadProviderName> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let good = !text.is_empty() && text.len() <= LONGEST && text.bytes().all(allowed) && !text.starts_with('-');
        let name = || ProviderName(Cow::Owned(text.to_owned()));
        good.then(name).ok_or_else(|| BadProviderName(text.chars().take(LONGEST).collect()))
    }
}

impl TryFrom<String> for ProviderName {
    type Error = BadProviderName;

    fn try_from(text: String) -> Result<ProviderName, BadProviderName> {
        text.parse()
    }
}

impl From<ProviderName> for String {
    fn from(name: ProviderName) -> String {
        name.0.into_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_printed_whoever_wrote_it() {
        for good in ["codex-cloud", "local", "k8s"] {
            assert_eq!(good.parse::<ProviderName>().unwrap().as_str(), good);
        }
        for bad in ["", "-a", "Local", "a b", "\u{1b}[2J", "a\nb", &"x".repeat(41)] {
            let error = bad.parse::<ProviderName>().unwrap_err().to_string();
            assert!(!error.contains(char::is_control) && error.len() < 200, "{error}");
            assert!(serde_json::from_value::<ProviderName>(bad.into()).is_err());
        }
    }
}
