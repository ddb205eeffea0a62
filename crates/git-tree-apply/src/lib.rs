#![doc = include_str!("../README.md")]

mod config;
mod content;
mod delta;
mod image;
#[cfg(feature = "memory")]
pub mod memory;
mod objects;
mod onto;
pub mod parse;
pub mod policy;
mod preimage;
mod risk;
pub mod risks;
pub mod secrets;
mod three_way;
mod tree_risks;

pub use content::Refusal;
pub use objects::{Edit, Entry, EntryKind, MergeOutcome, Objects};
pub use onto::{Mode, Outcome, apply_in_mode};
pub use preimage::{PreImage, pre_images, pre_images_of};
pub use risk::{Risk, RiskKind};
pub use three_way::{Drivers, NoDrivers, Versions};

use content::Limits;
use parse::{FilePatch, Malformed};

/// What became of a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied<Id> {
    /// Whether it fits, and the tree.
    pub verdict: Verdict<Id>,
    /// What to look at before trusting it, whether it fits or not.
    pub risks: Vec<Risk>,
}

/// Whether a patch fits a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<Id> {
    /// It changes nothing: it is empty, or all of it is there already. The tree is the base.
    Unchanged(Id),
    /// It fits as it is, and makes this tree.
    Applied(Id),
    /// It fits after a three-way merge with the files that it was made on, and makes this tree.
    Merged(Id),
    /// The three-way merge left conflicts in these files.
    Conflict(Vec<Vec<u8>>),
    /// It does not fit.
    Refused(Refusal),
    /// It is not a patch that git reads.
    Malformed(Malformed),
}

impl<Id: Copy> Verdict<Id> {
    /// Returns the tree that came out; `None` when the patch does not fit.
    pub fn tree(&self) -> Option<Id> {
        match self {
            Verdict::Unchanged(tree) | Verdict::Applied(tree) | Verdict::Merged(tree) => Some(*tree),
            Verdict::Conflict(_) | Verdict::Refused(_) | Verdict::Malformed(_) => None,
        }
    }
}

/// Applies a patch to a tree: as it is, and three-way where that does not fit, every file as a text. Nothing but objects
/// is written.
///
/// # Errors
/// When an object of the tree cannot be read, or none can be written. A patch that does not fit is an answer.
pub fn apply<O: Objects>(objects: &O, base: O::Id, patch: &[u8]) -> Result<Applied<O::Id>, O::Error> {
    if parse::is_blank(patch) {
        return Ok(Applied { verdict: Verdict::Unchanged(base), risks: Vec::new() });
    }
    match parse::parse_for(objects.id_digits(), patch) {
        Ok(files) => apply_files(objects, base, &files, &NoDrivers),
        Err(malformed) => Ok(Applied { verdict: Verdict::Malformed(malformed), risks: Vec::new() }),
    }
}

/// Applies the files of a patch to a tree as [`apply`] does, and merges by `drivers` what they want.
///
/// # Errors
/// As [`apply`], and those of the drivers.
pub fn apply_files<O: Objects>(
    objects: &O,
    base: O::Id,
    files: &[FilePatch<'_>],
    drivers: &dyn Drivers<O::Error>,
) -> Result<Applied<O::Id>, O::Error> {
    let verdict = verdict(objects, base, files, drivers)?;
    let mut risks = risks::of(files);
    if let Some(tree) = verdict.tree().filter(|tree| *tree != base) {
        risks.extend(tree_risks::of(objects, base, tree, files)?);
    }
    Ok(Applied { verdict, risks })
}

fn verdict<O: Objects>(
    objects: &O,
    base: O::Id,
    files: &[FilePatch<'_>],
    drivers: &dyn Drivers<O::Error>,
) -> Result<Verdict<O::Id>, O::Error> {
    let mut effort = Limits::MOST.effort;
    let refusal = match onto::apply_within(objects, base, files, Mode::Plain, drivers, &mut effort)? {
        Outcome::Tree(tree) if tree == base => return Ok(Verdict::Unchanged(base)),
        Outcome::Tree(tree) => return Ok(Verdict::Applied(tree)),
        Outcome::Refused(refusal) | Outcome::Unmerged(refusal) => refusal,
        Outcome::Conflicts(paths) => return Ok(Verdict::Conflict(paths)),
    };
    Ok(match onto::apply_within(objects, base, files, Mode::ThreeWay, drivers, &mut effort)? {
        // All of it is there already.
        Outcome::Tree(tree) if tree == base => Verdict::Unchanged(base),
        Outcome::Tree(tree) => Verdict::Merged(tree),
        Outcome::Conflicts(paths) => Verdict::Conflict(paths),
        Outcome::Refused(_) => Verdict::Refused(refusal),
        Outcome::Unmerged(refusal) => Verdict::Refused(refusal),
    })
}
