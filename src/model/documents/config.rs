//! The settings that count, and where they come from.

use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::model::{Schema, documents};

/// Every key of `puff.*`, or one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Configuration {
    /// `puff.config/1`.
    #[schemars(extend("const" = Schema::of(documents::CONFIG)))]
    pub schema: Schema,
    /// The keys, in the order of the manual; those of agents once for each agent.
    pub settings: Vec<ConfiguredKey>,
    /// Keys under `puff.` that git-puff does not know.
    pub unknown: Vec<UnknownKey>,
}

/// A key, and what it holds.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ConfiguredKey {
    /// Its name, with git's capitals.
    pub key: String,
    /// What counts: the default where nothing is set, several values only where `several` says so; none where the key
    /// has no default.
    pub values: Vec<ConfiguredValue>,
    /// The value where none is set; null where there is no default.
    pub default: Option<&'static str>,
    /// What a value is.
    #[schemars(extend("enum" = KINDS))]
    pub kind: &'static str,
    /// The words that a value is one of; empty where it can be anything of its kind.
    pub choices: Vec<&'static str>,
    /// It may be given several times, and every value counts; else the last one does.
    pub several: bool,
    /// The variable of the environment that beats git's configuration.
    pub variable: String,
    /// What it is for.
    pub meaning: &'static str,
}

/// What a value of a setting can be: see the manual of `git puff config`.
pub const KINDS: [&str; 10] =
    ["text", "program", "path", "command", "answer", "duration", "number", "bytes", "truth", "choice"];

/// A value, and where it was written.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ConfiguredValue {
    /// As it was written.
    pub value: String,
    /// Where: as `git config --show-origin` says it (`file:…`, `command line:`), `environment GIT_PUFF_…`, or `default`.
    #[schemars(with = "String")]
    pub origin: SettingOrigin,
    /// Why it cannot be used; null where it can.
    pub problem: Option<String>,
    /// The earlier name of the key, where the value was written under that; else null.
    pub earlier_name: Option<&'static str>,
}

/// Where the value of a setting was written, or that it was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingOrigin {
    /// In this variable of the environment.
    Environment(String),
    /// In git's configuration: `file:…`, `command line:`.
    Git(String),
    /// Nowhere: it is the default.
    Default,
}

impl fmt::Display for SettingOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SettingOrigin::Environment(variable) => write!(f, "environment {variable}"),
            SettingOrigin::Git(origin) => f.write_str(origin),
            SettingOrigin::Default => f.write_str("default"),
        }
    }
}

impl Serialize for SettingOrigin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A key that git-puff does not know: most likely a typing error.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UnknownKey {
    /// As git lists it.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Where it was written.
    pub origin: String,
    /// The key that is most likely meant; null where none is near.
    pub meant: Option<String>,
    /// The command that mends it.
    pub mend: String,
}
