//! What tests say of the variants of a run beside each other, and what is to be concluded, without running anything.
//!
//! The review runs; what it is to run (copies of tests, with other inputs) is made here, and what came of it is judged here.

pub mod assertions;
pub mod behaviour;
pub mod blocks;
pub mod classes;
pub mod excuses;
pub mod material;
pub mod overfit;
pub mod probes;
pub mod results;
pub mod source;
pub mod strings;
pub mod surface;
pub mod tests_named;
pub mod values;
