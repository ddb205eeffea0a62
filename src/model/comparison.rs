//! How alike the variants are: what `git puff diff --matrix --json` answers, and what a review keeps of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Oid, RunId, Schema, documents};

/// A comparison of variants that started from one commit, or from several.
///
/// Every likeness is a number from 0 (nothing in common) to 1 (the same change). What each number means is also in the
/// document itself, in [`Comparison::meaning`]; what is counted, and how, is told in [`crate::compare`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// `puff.matrix/1`.
    #[schemars(extend("const" = Schema::of(documents::MATRIX)))]
    pub schema: Schema,
    /// The run that was asked about.
    pub run: RunId,
    /// The commit that its variants start from.
    pub base_oid: Oid,
    /// What is compared, in the order of rows and columns.
    pub variants: Vec<Compared>,
    /// Every two of them, the one with the lower place first.
    pub pairs: Vec<Pair>,
    /// Every file that one of them touches, by path.
    pub files: Vec<ComparedFile>,
    /// Variants that leave the same code, white space aside: groups of two and more.
    pub same: Vec<Vec<String>>,
    /// Changed lines that all of them have.
    pub agreed_lines: u64,
    /// The variant that is nearest to all others, of several the first; none when there are fewer than two.
    pub nearest: Option<String>,
    /// Variants that have nothing to compare.
    pub left_out: Vec<LeftOut>,
    /// What each number says: the name of a field, and a sentence.
    pub meaning: Map<String, Value>,
}

impl Comparison {
    /// Returns the schema that this program writes.
    pub fn schema() -> Schema {
        Schema::of(documents::MATRIX)
    }

    /// Returns how alike two variants are; the order does not matter.
    pub fn likeness(&self, one: &str, other: &str) -> Option<f64> {
        let is_it = |pair: &&Pair| (pair.a == one && pair.b == other) || (pair.a == other && pair.b == one);
        self.pairs.iter().find(is_it).map(|pair| pair.likeness)
    }

    /// Returns what is said of the variant with this name.
    pub fn variant(&self, name: &str) -> Option<&Compared> {
        self.variants.iter().find(|variant| variant.name == name)
    }
}

/// One variant among those that it is compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Compared {
    /// `var<N>`, or `RUN:N` where it is of another run.
    pub name: String,
    /// The run it is of.
    pub run: RunId,
    /// Its number there.
    pub index: u32,
    /// Files it touches.
    pub files: u64,
    /// Lines it adds.
    pub insertions: u64,
    /// Lines it removes.
    pub deletions: u64,
    /// The mean likeness to the others; none when there are no others.
    pub agreement: Option<f64>,
    /// Changed lines that it has more often than any other variant.
    pub only_here: u64,
    /// Files that no other variant touches.
    pub only_files: Vec<String>,
}

/// How alike two variants are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pair {
    /// One.
    pub a: String,
    /// The other.
    pub b: String,
    /// Twice the changed lines they share, by all the changed lines of both.
    pub likeness: f64,
    /// Changed lines that both have.
    pub shared_lines: u64,
    /// They leave the same code, white space aside.
    pub same: bool,
    /// The files that both touch.
    pub files: Vec<PairFile>,
}

/// How alike two variants are in one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairFile {
    /// The file.
    pub path: String,
    /// As for the whole pair, of this file alone.
    pub likeness: f64,
    /// Changed lines of it that both have.
    pub shared_lines: u64,
}

/// One file, and who touches it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedFile {
    /// Its path, the new one of a renamed file, the old one of a deleted one.
    pub path: String,
    /// The variants that touch it.
    pub variants: Vec<String>,
    /// All who touch it leave it with the same content, mode and path.
    pub same: bool,
    /// It is not text: it is alike or not, without lines.
    pub binary: bool,
    /// Changed lines that all variants have.
    pub agreed_lines: u64,
}

/// A variant that cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// Which.
    pub name: String,
    /// Why.
    pub why: String,
}
