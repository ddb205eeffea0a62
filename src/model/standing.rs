//! What a review concludes of a variant from the tests that ran, its own and those of others.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::as_str::as_str;

/// How far a variant can be trusted, the best first.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    IntoStaticStr,
    strum::Display,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Class {
    /// Backed: it passes its checks and the tests of the base as they were, and another variant of other code does the same
    /// where both differ from the base, or it passes what others wrote tests for.
    A,
    /// Alone: the same, without such a witness.
    B,
    /// To be looked at first: it changes or removes tests that passed on the base, with a reason.
    C,
    /// Never to be taken unread: it fails tests of the base that it removed, changed or switched off, or was written for its
    /// tests.
    D,
    /// It fails its own checks, or what passed on the base.
    E,
}

as_str!(Class);

impl Class {
    /// Returns the class in words.
    pub fn words(self) -> &'static str {
        match self {
            Class::A => "backed",
            Class::B => "alone",
            Class::C => "look first",
            Class::D => "never",
            Class::E => "fails",
        }
    }
}

/// The tests of a variant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TestStanding {
    /// Those of the base, as they were there.
    pub base: BaseTests,
    /// How many new tests it brings.
    pub own: u64,
    /// The new tests of other variants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OthersTests>,
    /// How alike it behaves to other variants, where one of both differs from the base.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behaviour: Vec<Likeness>,
    /// Variants whose code differs from its own in names and comments alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same_code: Vec<u32>,
}

/// What became of the tests of the base.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BaseTests {
    /// How many pass.
    pub passed: u64,
    /// How many fail.
    pub failed: u64,
    /// How many do not run.
    pub skipped: u64,
    /// Those that the variant removed, at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<String>,
    /// How many of those that pass failed on the base.
    #[serde(default)]
    pub mended: u64,
}

/// How a variant does in the new tests of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OthersTests {
    /// Whose tests.
    pub variant: u32,
    /// How many pass.
    pub passed: u64,
    /// How many fail.
    pub failed: u64,
}

/// How alike two variants behave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Likeness {
    /// The other one.
    pub variant: u32,
    /// The inputs for which both do the same.
    pub same: u64,
    /// The inputs for which one of both differs from the base.
    pub of: u64,
    /// Where they differ first: an input, and what each gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs: Option<String>,
    /// Of the inputs where they differ: those where a third does the same as this one, and none as the other.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub backed: u64,
    /// Those where a third does the same as the other, and none as this one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub opposed: u64,
    /// Those where this one does the same as the base.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub kept: u64,
    /// Those where the other does the same as the base.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub other_kept: u64,
}

/// On how many inputs one has to do as the base does, for that to count.
const FEW: u64 = 2;

impl Likeness {
    /// Returns whether what thirds do tells this one from the other, or, where no third says anything, what the base does: a task
    /// asks for something else than that.
    pub fn is_ahead(&self) -> bool {
        let differ = self.of - self.same;
        let is_changed = self.kept == 0 && self.other_kept >= FEW && self.other_kept * 10 >= differ * 8;
        self.backed > 0 && self.backed >= 3 * self.opposed || self.backed == 0 && self.opposed == 0 && is_changed
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Why a variant is not recommended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Against {
    /// The variant.
    pub variant: u32,
    /// In words.
    pub why: String,
}

/// Variants of which tests do not tell the right one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Undecided {
    /// The variants.
    pub between: Vec<u32>,
    /// The input for which they differ, and what each gives; none where they are alike in all that ran.
    #[serde(rename = "where")]
    pub input: Option<String>,
}
