//! Object names.

use std::fmt;
use std::str::FromStr;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of a git object: 20 bytes (SHA-1) or 32 (SHA-256), written as lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid {
    bytes: [u8; 32],
    len: u8,
}

impl Oid {
    /// Returns the object name with these raw bytes; `None` unless there are 20 or 32 of them.
    pub fn from_bytes(raw: &[u8]) -> Option<Oid> {
        if raw.len() != 20 && raw.len() != 32 {
            return None;
        }
        let mut bytes = [0; 32];
        bytes[..raw.len()].copy_from_slice(raw);
        Some(Oid { bytes, len: raw.len() as u8 })
    }

    /// Returns the name that nothing has, which git writes where there is no object; as long as this one.
    pub fn nothing(&self) -> Oid {
        Oid { bytes: [0; 32], len: self.len }
    }

    /// Returns the raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Returns the first ten digits, for what is written down: the same in every clone.
    pub fn short(&self) -> String {
        let mut hex = self.to_string();
        hex.truncate(10);
        hex
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // All digits at once: names are written often, and a formatter called for each byte takes as long as a lookup.
        let mut digits = [0; 64];
        let raw = self.as_bytes();
        f.pad(HEXLOWER.encode_mut_str(raw, &mut digits[..2 * raw.len()]))
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 40 or 64 hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not an object name")]
pub struct NotAnOid(String);

impl FromStr for Oid {
    type Err = NotAnOid;

    fn from_str(text: &str) -> Result<Oid, NotAnOid> {
        let not = || NotAnOid(text.to_owned());
        let len = match text.len() {
            len @ (40 | 64) => len / 2,
            _ => return Err(not()),
        };
        let mut bytes = [0; 32];
        HEXLOWER_PERMISSIVE.decode_mut(text.as_bytes(), &mut bytes[..len]).map_err(|_| not())?;
        Ok(Oid { bytes, len: len as u8 })
    }
}

impl JsonSchema for Oid {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Oid".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
        json_schema!({"type": "string", "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$"})
    }
}

impl Serialize for Oid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Oid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Oid, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
