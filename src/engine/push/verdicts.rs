//! What is known of the tree of a commit that is pushed: a verdict belongs to a tree, whichever commit has it, and in whichever
//! run it was reviewed.

use super::known::KnownRun;
use crate::app::App;
use crate::engine::review::{checks_of, kept_verdict, reviewed_elsewhere};
use crate::error::Result;
use crate::model::{CheckStatus, Class, Oid, Review, Run, Variant, Verdict};
use crate::store::RunStore;

/// The verdicts on a commit that is pushed.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// What a review says of the variant: that of its own run, or else another run's of the same tree.
    pub review: Option<Reviewed>,
    /// All checks passed on the tree of the commit.
    pub has_passed: bool,
    /// What fails on the tree of the commit, where that is not the variant's own.
    pub failure: Option<String>,
}

/// What a review says of a variant.
#[derive(Debug)]
pub struct Reviewed {
    /// The variant as the review names it, such as `var2 of 'fix'`.
    pub of: String,
    /// It cheats its tests, and a person has not accepted that.
    pub cheats: bool,
    /// Why it is in its class.
    pub why: String,
    /// The checks that it failed, quoted.
    pub failed: Vec<String>,
}

impl Reviewed {
    fn new(run: &Run, review: &Review, index: u32) -> Option<Reviewed> {
        let (variant, reviewed) = (run.variant(index)?, review.variant(index)?);
        let failed = variant.checks.iter().filter(|check| check.status != CheckStatus::Passed);
        let failed = failed.map(|check| format!("'{}'", check.command)).collect();
        (reviewed.commit == variant.commit).then(|| Reviewed {
            of: format!("{} of '{}'", variant.name(), run.run),
            cheats: reviewed.class == Some(Class::D) && reviewed.has_open_cheat(&review.accepted),
            why: reviewed.why.first().cloned().unwrap_or_default(),
            failed: if reviewed.verdict == Verdict::Failed { failed } else { Vec::new() },
        })
    }
}

impl Verdicts {
    /// Finds the verdicts on a commit with this tree that came from a variant.
    ///
    /// # Errors
    /// When a review cannot be read.
    pub fn of(app: &App, known: &KnownRun, variant: &Variant, tree: Oid) -> Result<Verdicts> {
        let own = variant.commit.and_then(|commit| app.repo.commit(commit).ok()).map(|commit| commit.tree);
        let mut review = known.review.as_ref().and_then(|review| Reviewed::new(&known.run, review, variant.index));
        let mut twin_commands = Vec::new();
        if let (None, Some(own)) = (&review, own)
            && let Some((other, twin)) = reviewed_elsewhere(app, own, &known.run.run)?
        {
            let found = RunStore::new(app).review(&other)?;
            twin_commands = checks_of(app, &other, twin)?.commands;
            review = found.and_then(|found| Reviewed::new(&other.run, &found, twin));
        }
        let is_own = own == Some(tree);
        if is_own && review.is_some() {
            return Ok(Verdicts { review, ..Verdicts::default() });
        }
        let commands = match twin_commands.as_slice() {
            [] => checks_of(app, &known.recorded(), variant.index)?.commands,
            commands => commands.to_vec(),
        };
        let kept = kept_verdict(app, &known.run, tree, &commands);
        let has_passed = kept.as_ref().is_some_and(|kept| kept.failure.is_none());
        Ok(Verdicts { review, has_passed, failure: kept.and_then(|kept| kept.failure) })
    }
}
