//! What is known of a run, also when it was pruned: its last record is behind its recovery point.

use crate::app::App;
use crate::engine::verified;
use crate::error::Result;
use crate::model::{Decision, Oid, Review, Run, RunId, Variant};
use crate::store::{Recorded, RecoveryPoints, RunStore};

use super::trailers::RunTrailers;

/// A run, as far as it is known here.
#[derive(Clone, Debug)]
pub struct KnownRun {
    /// Its record, and the step of its journal that it is of.
    pub run: Run,
    head: Oid,
    /// What its review found out.
    pub review: Option<Review>,
    /// It was pruned.
    pub is_pruned: bool,
}

impl KnownRun {
    /// Returns every run of a name that there is a record of: the one that is there first, then those that were pruned,
    /// newest first. What cannot be read is passed over.
    pub fn all(app: &App, id: &RunId) -> Vec<KnownRun> {
        let (store, recovery_points) = (RunStore::new(app), RecoveryPoints::new(app));
        let here = store.head(id).is_some().then(|| store.load(id).ok()).flatten();
        let head = here.as_ref().map(|recorded| recorded.head);
        let others = recovery_points
            .points(id)
            .flatten()
            .filter(|point| head.is_none_or(|head| !recovery_points.is_of(point, head)));
        let pruned = others.filter_map(|point| store.at(id, point.recovery.journal).ok());
        let each = here.into_iter().map(|recorded| (recorded, false)).chain(pruned.map(|recorded| (recorded, true)));
        each.filter_map(|(recorded, is_pruned)| {
            let review = store.review(&recorded).ok()?;
            Some(KnownRun { run: recorded.run, head: recorded.head, review, is_pruned })
        })
        .collect()
    }

    /// Returns the run of a name that a commit came from: the one with the patch that it names. Where none has that,
    /// the one that is there, or was pruned last.
    pub fn of_trailers<'k>(all: &'k [KnownRun], trailer: &RunTrailers) -> Option<&'k KnownRun> {
        all.iter().find(|known| known.variant(trailer).is_some_and(|(_, is_it)| is_it)).or_else(|| all.first())
    }

    /// Returns the variant that a commit says it is: by its patch, which is what makes it that variant, or else by its
    /// number. With it, whether its patch is the one that the commit names.
    pub fn variant(&self, trailer: &RunTrailers) -> Option<(&Variant, bool)> {
        let numbered = |variant: &&Variant| Some(variant.index) == trailer.variant;
        let Some(patch) = &trailer.patch else {
            return self.run.variants.iter().find(numbered).map(|variant| (variant, true));
        };
        let has = |variant: &&Variant| variant.patch_sha256.as_ref() == Some(patch);
        let mut same = self.run.variants.iter().filter(has);
        let exact = same.clone().find(numbered).or_else(|| same.next());
        exact.map(|variant| (variant, true)).or_else(|| Some((self.run.variants.iter().find(numbered)?, false)))
    }

    /// Verifies that the commit of a variant is what its patch makes of the run's base: else what is said of it counts
    /// for nothing.
    ///
    /// # Errors
    /// When it is not, or that cannot be told.
    pub fn verify(&self, app: &App, variant: &Variant) -> Result<()> {
        verified::commit(app, &self.recorded(), variant).map(drop)
    }

    /// Returns its record.
    pub fn recorded(&self) -> Recorded {
        Recorded { run: self.run.clone(), head: self.head }
    }

    /// Returns the decision, once it is done.
    pub fn decision(&self) -> Option<&Decision> {
        self.run.decision.as_ref().filter(|decision| decision.after.is_some())
    }

    /// Returns whether this variant was picked, or one with the same patch.
    pub fn is_picked(&self, variant: &Variant) -> bool {
        let Some(decision) = self.decision() else { return false };
        let patch = |index: u32| self.run.variant(index).and_then(|variant| variant.patch_sha256.as_ref());
        decision.variant == variant.index
            || (variant.patch_sha256.is_some() && patch(decision.variant) == variant.patch_sha256.as_ref())
    }

    /// Returns whether what a review or the harvest found at this path was accepted.
    pub fn accepts(&self, observation: &crate::model::Observation) -> bool {
        self.review.as_ref().is_some_and(|review| observation.is_accepted(&review.accepted))
    }
}
