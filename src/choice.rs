//! What tests say of the variants of a run beside each other, and what is to be concluded, without running anything.
//!
//! The review runs; what it is to run (copies of tests, with other inputs) is made here, and what came of it is judged here.

/// Kinds of findings that make a variant one that is never recommended.
pub const CHEATS: [&str; 6] =
    ["tests-removed", "tests-weakened", "tests-skipped", "test-settings", "overfit", "test-aware"];

pub mod assertions;
pub mod blocks;
pub mod classes;
pub mod excuses;
pub mod overfit;
pub mod probes;
pub mod results;
pub mod source;
pub mod surface;
pub mod tests_named;
