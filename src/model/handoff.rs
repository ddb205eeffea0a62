//! The handoff: what a run's report is made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Review, Run, Schema, documents};

/// `report.json`: a run and what was asked, from which every form of the handoff report is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Handoff {
    /// `puff.report/1`.
    #[schemars(extend("const" = Schema::of(documents::REPORT)))]
    pub schema: Schema,
    /// The run as it was when the report was made.
    pub run: Run,
    /// What was asked, in full; empty where it is not known.
    #[serde(default)]
    pub prompt: String,
    /// What a review found out, once there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
}

impl Handoff {
    /// Returns the handoff of a run that was asked for with `prompt`. Of the run, it holds what [`Run::outcome`] keeps.
    pub fn new(run: &Run, prompt: impl Into<String>) -> Handoff {
        Handoff { schema: Schema::of(documents::REPORT), run: run.outcome(), prompt: prompt.into(), review: None }
    }

    /// Returns the same, with what a review found out.
    pub fn with_review(self, review: Option<Review>) -> Handoff {
        Handoff { review, ..self }
    }
}
