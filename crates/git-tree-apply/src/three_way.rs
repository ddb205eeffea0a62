//! Merging a file that does not fit with the version that its patch was made on.

use super::content::{Limits, Step, Stop, changed};
use super::parse::FilePatch;
use crate::objects::{MergeOutcome, Objects};

/// How many lines the three texts of a merge may have together: each takes some 200 bytes of memory to compare, and half
/// a microsecond.
const LINES: usize = 1 << 21;

/// The three versions of a file.
#[derive(Clone, Copy, Debug)]
pub struct Versions<'v> {
    /// What both sides started from.
    pub base: &'v [u8],
    /// What is in the tree.
    pub ours: &'v [u8],
    /// What the patch makes of the base.
    pub theirs: &'v [u8],
}

/// Merges files otherwise than as texts: by their attributes, or because they are too large to be merged here. `E` is the
/// error of the object store.
pub trait Drivers<E> {
    /// Returns whether the attributes of a path want another merge than that of texts.
    ///
    /// # Errors
    /// When the attributes cannot be read.
    fn wants(&self, path: &[u8]) -> Result<bool, E>;

    /// Merges a file as its attributes say.
    ///
    /// # Errors
    /// When the versions cannot be given to the driver.
    fn merge(&self, path: &[u8], versions: Versions<'_>) -> Result<MergeOutcome, E>;
}

/// No drivers: every file is a text, and what is too large stays unmerged.
pub struct NoDrivers;

impl<E> Drivers<E> for NoDrivers {
    fn wants(&self, _: &[u8]) -> Result<bool, E> {
        Ok(false)
    }

    fn merge(&self, _: &[u8], _: Versions<'_>) -> Result<MergeOutcome, E> {
        Ok(MergeOutcome::Failed("there is no other merge".to_owned()))
    }
}

/// What came of a merge.
pub(super) enum Merged {
    /// This text.
    Clean(Vec<u8>),
    /// Both sides changed the same lines.
    Conflict,
    /// The version that the patch was made on is not here, or the patch is none that can be merged.
    Impossible,
    /// It could be merged, but was not, for this reason.
    Unmerged(String),
}

/// A file of a patch, and what it is merged with.
pub(super) struct Merge<'m, O: Objects> {
    pub objects: &'m O,
    pub drivers: &'m dyn Drivers<O::Error>,
    pub file: &'m FilePatch<'m>,
    pub name: &'m [u8],
    pub ours: &'m [u8],
    pub is_new: bool,
}

impl<O: Objects> Merge<'_, O> {
    /// Merges what the patch makes of the file that it was made on with ours.
    pub fn make(&self, limits: &mut Limits) -> Step<Merged, O::Error> {
        let digits = std::str::from_utf8(self.file.old_digits).unwrap_or_default();
        let base = if self.is_new { Some(Vec::new()) } else { self.objects.find_blob(digits) };
        let Some(base) = base else { return Ok(Merged::Impossible) };
        let theirs = match changed(self.objects, self.file, &base, !self.is_new, b"", limits) {
            Ok(theirs) => theirs,
            Err(failed @ Stop::Failed(_)) => return Err(failed),
            Err(_) => return Ok(Merged::Impossible),
        };
        let ours = self.ours;
        if base == ours {
            return Ok(Merged::Clean(theirs));
        }
        if base == theirs || ours == theirs {
            return Ok(Merged::Clean(ours.to_vec()));
        }
        let versions = Versions { base: &base, ours, theirs: &theirs };
        if self.drivers.wants(self.name)? {
            return self.drive(versions, "the merge driver of its attributes failed");
        }
        let binary = |text: &[u8]| text[..text.len().min(8000)].contains(&0);
        if binary(&base) || binary(ours) || binary(&theirs) {
            return Ok(Merged::Conflict);
        }
        let lines = [&base, ours, &theirs].map(|text| text.iter().filter(|byte| **byte == b'\n').count());
        let lines = lines.iter().sum::<usize>();
        if lines > LINES || limits.merge(lines).is_none() {
            return self.drive(versions, "too large to merge here, and git did not merge it");
        }
        Ok(match self.objects.merge_texts(&base, ours, &theirs)? {
            MergeOutcome::Clean(text) => Merged::Clean(text),
            MergeOutcome::Conflict => Merged::Conflict,
            MergeOutcome::Failed(why) => Merged::Unmerged(why),
        })
    }

    fn drive(&self, versions: Versions<'_>, otherwise: &str) -> Step<Merged, O::Error> {
        Ok(match self.drivers.merge(self.name, versions)? {
            MergeOutcome::Clean(file) => Merged::Clean(file),
            MergeOutcome::Conflict => Merged::Conflict,
            MergeOutcome::Failed(why) => Merged::Unmerged(format!("{otherwise}: {why}")),
        })
    }
}
