//! What an outside judge is asked.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{BaseTests, Check, CheckStatus, Class, Counts, Evidence, Oid, Schema, documents};

/// What a judge reads on its standard input.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Question<'d> {
    /// `puff.judge/1`.
    #[schemars(extend("const" = Schema::of(documents::JUDGE)))]
    pub schema: Schema,
    /// What is to be answered.
    pub answer: &'static str,
    /// What the variants were asked for.
    pub prompt: &'d str,
    /// The commit that all started from.
    pub base: Oid,
    /// How the checks ended on that.
    pub base_checks: Vec<SeenCheck<'d>>,
    /// The variants, in an order that tells nothing.
    pub variants: Vec<Blinded<'d>>,
}

/// A variant without its maker.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Blinded<'d> {
    /// The letter that stands for it, and the name of the folder with its tree in the one that `$GIT_PUFF_VARIANTS` names.
    pub variant: &'d str,
    /// Its patch.
    pub patch: &'d str,
    /// The patch is longer than what is shown of it.
    pub patch_truncated: bool,
    /// How its checks ended.
    pub checks: Vec<SeenCheck<'d>>,
    /// How far the review trusts it; null where no check was run.
    pub class: Option<Class>,
    /// Why, a sentence each, with letters in place of variants.
    pub why: Vec<String>,
    /// What tests say of it; null where no check names its tests.
    pub tests: Option<SeenTests<'d>>,
    /// What was seen in it, attempts to get around its tests among the findings.
    pub evidence: Evidence,
}

/// A check without what differs from one review to the next: how long it took, and where it ran.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SeenCheck<'d> {
    /// The command.
    pub command: &'d str,
    /// How it ended.
    pub status: CheckStatus,
    /// Its exit code, if it ended by itself.
    pub exit: Option<i32>,
    /// How the same command ended on the base; null when it was not run there.
    pub on_base: Option<CheckStatus>,
    /// How many tests it counted, where it says so.
    pub tests: Option<Counts>,
    /// Each of them, those that did not pass first; there may be more than are listed.
    pub results: Vec<SeenTest<'d>>,
    /// What it printed: all of it, or the beginning and the end.
    pub tail: &'d str,
}

/// A test of a check.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SeenTest<'d> {
    /// What it is in: a class, module, suite or program; may be empty.
    pub group: &'d str,
    /// Its name there.
    pub name: &'d str,
    /// `passed`, `failed` or `skipped`.
    pub status: &'static str,
    /// What it got in place of what it wanted, where it says so.
    pub actual: Option<&'d str>,
}

/// What tests say of a variant.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SeenTests<'d> {
    /// The tests of the base, as they were there.
    pub base: &'d BaseTests,
    /// How many new tests it brings.
    pub own: u64,
    /// The new tests of others.
    pub others: Vec<SeenOthers<'d>>,
}

/// How a variant does in the new tests of another.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SeenOthers<'d> {
    /// Whose tests, by its letter.
    pub variant: &'d str,
    /// How many pass.
    pub passed: u64,
    /// How many fail.
    pub failed: u64,
}

impl<'d> SeenCheck<'d> {
    /// Returns a check with the results of its tests.
    pub fn new(check: &'d Check, results: Vec<SeenTest<'d>>) -> SeenCheck<'d> {
        let Check { command, status, exit, on_base, tests, tail, .. } = check;
        SeenCheck { command, status: *status, exit: *exit, on_base: *on_base, tests: *tests, results, tail }
    }
}
