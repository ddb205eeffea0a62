//! The patch engine against `git apply`: the same verdict and the same tree.

mod behaviours;
mod cases;
mod history;
mod hostile;
mod judge;
mod memory;
mod random;
mod store;

/// How many random cases of each kind the ordinary run tries.
const CASES: u32 = 100;
