//! What is seen in the variants before anything runs.

use super::evidence;
use crate::app::App;
use crate::engine::compare;
use crate::error::Result;
use crate::model::{Comparison, Evidence};
use crate::store::{Recorded, RunStore};

/// The evidence of every variant, and how alike they are.
#[derive(Clone)]
pub(super) struct Survey {
    /// By the variant's number.
    pub evidence: Vec<(u32, Evidence)>,
    pub comparison: Option<Comparison>,
}

impl Survey {
    /// Surveys what the run holds.
    ///
    /// # Errors
    /// When an object is missing.
    pub fn of(app: &App, store: &RunStore<'_>, recorded: &Recorded) -> Result<Survey> {
        let run = &recorded.run;
        let comparison = compare::comparison(app, run, &compare::all(recorded))?;
        let mut all = Vec::new();
        for variant in &run.variants {
            let patch = store.file(recorded.head, &variant.file("patch.diff"))?.unwrap_or_default();
            let generated = app.repo.generated(variant.commit.unwrap_or(run.base_oid), &evidence::paths(&patch));
            let mut seen = evidence::of(&patch, &variant.risks, &|path| generated.contains(path));
            let compared = comparison.variant(&variant.name());
            seen.agreement = compared.and_then(|compared| compared.agreement);
            all.push((variant.index, seen));
        }
        Ok(Survey { evidence: all, comparison: Some(comparison) })
    }
}
