//! Merging a file that does not fit with the version that its patch was made on.

use super::onto::{Limits, Step, changed};
use super::parse::FilePatch;
use crate::git::Repo;

/// How many lines the three texts of a merge may have together: each takes some 200 bytes of memory to compare, and half
/// a microsecond.
const LINES: usize = 1 << 21;

/// What came of a merge.
pub(super) enum Merged {
    /// This text.
    Clean(Vec<u8>),
    /// Both sides changed the same lines.
    Conflict,
    /// The version that the patch was made on is not here, or the patch is none that can be merged.
    Impossible,
}

/// Merges what a patch makes of the file that it was made on with `ours`.
pub(super) fn merge(repo: &Repo, file: &FilePatch<'_>, ours: &[u8], is_new: bool, limits: &mut Limits) -> Step<Merged> {
    let digits = std::str::from_utf8(file.old_digits).unwrap_or_default();
    let base = if is_new { Some(Vec::new()) } else { repo.blob_of_prefix(digits) };
    let Some(base) = base else { return Ok(Merged::Impossible) };
    let Ok(theirs) = changed(repo, file, &base, !is_new, b"", limits) else { return Ok(Merged::Impossible) };
    if base == ours {
        return Ok(Merged::Clean(theirs));
    }
    if base == theirs || ours == theirs {
        return Ok(Merged::Clean(ours.to_vec()));
    }
    let binary = |text: &[u8]| text[..text.len().min(8000)].contains(&0);
    if binary(&base) || binary(ours) || binary(&theirs) {
        return Ok(Merged::Conflict);
    }
    let lines = [&base, ours, &theirs].map(|text| text.iter().filter(|byte| **byte == b'\n').count());
    let lines = lines.iter().sum::<usize>();
    if lines > LINES || limits.merge(lines).is_none() {
        return Ok(Merged::Conflict);
    }
    Ok(repo.merge_texts(&base, ours, &theirs)?.map_or(Merged::Conflict, Merged::Clean))
}
