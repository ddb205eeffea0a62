//! What an outside judge is asked.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{Check, CheckStatus, Counts, Evidence, Oid, Schema, documents};

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
    /// The letter that stands for it.
    pub variant: &'d str,
    /// Its patch.
    pub patch: String,
    /// The patch is longer than what is shown of it.
    pub patch_truncated: bool,
    /// How its checks ended.
    pub checks: Vec<SeenCheck<'d>>,
    /// What was seen in it without running anything.
    pub evidence: &'d Evidence,
}

/// A check without what differs from one review to the next: how long it took, and where it ran.
#[derive(Debug, Serialize, JsonSchema)]
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
    /// What it printed: all of it, or the beginning and the end.
    pub tail: &'d str,
}

impl<'d> From<&'d Check> for SeenCheck<'d> {
    fn from(check: &'d Check) -> SeenCheck<'d> {
        let Check { command, status, exit, on_base, tests, tail, .. } = check;
        SeenCheck { command, status: *status, exit: *exit, on_base: *on_base, tests: *tests, tail }
    }
}
