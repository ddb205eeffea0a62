//! Who made a commit, and when.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A moment, in UTC; RFC 3339 in JSON.
pub type Time = chrono::DateTime<chrono::Utc>;

/// A name and an address, as commits have them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}
