//! Merging a file that does not fit with the version that its patch was made on.

use super::onto::{Step, changed};
use super::parse::{Body, FilePatch};
use crate::git::Repo;

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
pub(super) fn merge(repo: &Repo, file: &FilePatch<'_>, ours: &[u8], is_new: bool) -> Step<Merged> {
    let moves_alone = file.is_rename && matches!(&file.body, Body::Text(hunks) if hunks.is_empty());
    if moves_alone {
        return Ok(Merged::Impossible);
    }
    let digits = std::str::from_utf8(file.old_digits).unwrap_or_default();
    let base = if is_new { Some(Vec::new()) } else { repo.blob_of_prefix(digits) };
    let Some(base) = base else { return Ok(Merged::Impossible) };
    let Ok(theirs) = changed(repo, file, &base, !is_new, b"") else { return Ok(Merged::Impossible) };
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
    Ok(repo.merge_texts(&base, ours, &theirs)?.map_or(Merged::Conflict, Merged::Clean))
}
