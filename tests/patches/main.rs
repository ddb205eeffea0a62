//! The patch engine on git-puff's own object store and merge drivers: the behaviours and the random cases of
//! `crates/git-tree-apply/tests/verdicts`, which tries them on a store of its own.

#[path = "../../crates/git-tree-apply/tests/verdicts/behaviours/mod.rs"]
mod behaviours;
#[path = "../../crates/git-tree-apply/tests/verdicts/cases.rs"]
mod cases;
#[path = "../../crates/git-tree-apply/tests/verdicts/judge.rs"]
mod judge;
#[path = "../../crates/git-tree-apply/tests/verdicts/random.rs"]
mod random;
mod store;

/// How many random cases of each kind are tried: the engine has had more of them in its own tests, and what is new here is
/// the store and the drivers.
const CASES: u32 = 100;
