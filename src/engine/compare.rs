//! What variants do, got from where it is kept, for [`crate::compare`] to lay side by side.
//!
//! A variant that has a commit is its base's tree and its commit's. One that has none has its patch: onto the base
//! where it fits there, else onto the very files that it was made on, where they are in this repository. Only where
//! there is no tree at all are the lines of the patch itself all that is known.

mod material;
mod read;
pub mod side_by_side;

pub use material::{Material, Trees, material};

use crate::app::App;
use crate::compare::{self, Change};
use crate::error::Result;
use crate::model::{Comparison, LeftOut, Run, RunId, Variant};
use crate::store::Recorded;

/// A variant that is to be compared.
#[derive(Clone, Copy, Debug)]
pub struct Pick<'r> {
    /// Its run.
    pub recorded: &'r Recorded,
    /// The variant.
    pub variant: &'r Variant,
}

impl Pick<'_> {
    /// Returns what it is called among variants of this run: `var<N>`, and `RUN:N` where it is of another.
    pub fn name(&self, among: &RunId) -> String {
        let run = &self.recorded.run.run;
        if run == among { self.variant.name() } else { format!("{run}:{}", self.variant.index) }
    }
}

/// Returns all variants of a run.
pub fn all(recorded: &Recorded) -> Vec<Pick<'_>> {
    recorded.run.variants.iter().map(|variant| Pick { recorded, variant }).collect()
}

/// Returns what these variants do, in their order, and those of which nothing can be said, with the reason. Objects may
/// be written, nothing else.
///
/// # Errors
/// When a base is not here, or an object cannot be read.
pub fn changes(app: &App, run: &Run, picks: &[Pick<'_>]) -> Result<(Vec<Change>, Vec<LeftOut>)> {
    super::verified::bring(app, picks.iter().map(|pick| (pick.recorded, pick.variant)))?;
    let (mut stands, mut left_out) = (Vec::new(), Vec::new());
    for pick in picks {
        match material(app, pick)? {
            Material::Nothing(why) => left_out.push(LeftOut { name: pick.name(&run.run), why }),
            stand => stands.push((*pick, stand)),
        }
    }
    let changes = read::changes(app, run, &stands, &mut left_out)?;
    Ok((changes, left_out))
}

/// Returns how alike these variants are, for someone who asks about `run`.
///
/// # Errors
/// As [`changes`].
pub fn comparison(app: &App, run: &Run, picks: &[Pick<'_>]) -> Result<Comparison> {
    let (changes, mut left_out) = changes(app, run, picks)?;
    let mut comparison = compare_changes(app, run, &changes);
    comparison.left_out.append(&mut left_out);
    let place = |left: &LeftOut| picks.iter().position(|pick| pick.name(&run.run) == left.name);
    comparison.left_out.sort_by_key(place);
    Ok(comparison)
}

/// Returns the same for changes that were read already.
pub fn compare_changes(app: &App, run: &Run, changes: &[Change]) -> Comparison {
    compare::compare(&run.run, run.base_oid, changes, &|oid| app.repo.blob(oid).ok())
}
