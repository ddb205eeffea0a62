//! The `"schema"` field that every JSON document starts with.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A document's kind and version, written `puff.<kind>/<version>`.
///
/// A reader takes its own version and older ones; at a newer one it stops and says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    kind: String,
    version: u32,
}

/// The newest version this program reads and writes, of every kind.
const NEWEST: u32 = 1;

impl Schema {
    /// Returns the schema of a document this program writes.
    pub fn of(kind: &str) -> Schema {
        Schema { kind: kind.to_owned(), version: NEWEST }
    }

    /// Checks a document that was read: is it of `kind`, and not newer than this program?
    pub fn expect(&self, kind: &str) -> Result<(), SchemaError> {
        if self.kind != kind {
            return Err(SchemaError::Other { found: self.to_string(), wanted: Schema::of(kind).to_string() });
        }
        if self.version > NEWEST {
            return Err(SchemaError::Newer { found: self.to_string(), newest: Schema::of(kind).to_string() });
        }
        Ok(())
    }
}

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SchemaError {
    /// It was written by a newer git-puff.
    #[error("it is {found}, and this git-puff reads up to {newest}")]
    Newer {
        /// What the document says it is.
        found: String,
        /// The newest that can be read.
        newest: String,
    },
    /// It is another kind of document.
    #[error("it is {found}, not {wanted}")]
    Other {
        /// What the document says it is.
        found: String,
        /// What was looked for.
        wanted: String,
    },
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "puff.{}/{}", self.kind, self.version)
    }
}

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Schema, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = text
            .strip_prefix("puff.")
            .and_then(|rest| rest.split_once('/'))
            .and_then(|(kind, version)| Some(Schema { kind: kind.to_owned(), version: version.parse().ok()? }));
        parsed.ok_or_else(|| serde::de::Error::custom(format!("'{text}' is not a schema of git-puff")))
    }
}

/// The JSON Schema of a type that is written as a string of this form.
macro_rules! written_as {
    ($type:ident, $pattern:literal) => {
        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "pattern": $pattern})
            }
        }
    };
}

pub(super) use written_as;

written_as!(Schema, r"^puff\.[a-z-]+/[0-9]+$");
