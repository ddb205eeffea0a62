//! The new content of a file, made of its old content and a patch, within limits of time and memory.

use super::delta;
use super::image::{self, Failure};
use super::parse::{BinaryChange, Body, FilePatch, Name, Quoted};
use crate::objects::Objects;

/// Why a patch does not go onto a tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", Name(.path))]
pub struct Refusal {
    /// The file of the tree or of the patch.
    pub path: Vec<u8>,
    /// What was expected and what was there.
    pub why: String,
}

/// Why a file of a patch has no new content.
pub(super) enum Stop<E> {
    /// It does not fit.
    Refused(Refusal),
    /// It could not be merged.
    Unmerged(Refusal),
    /// The object store could not be read or written.
    Failed(E),
}

impl<E> From<E> for Stop<E> {
    fn from(error: E) -> Stop<E> {
        Stop::Failed(error)
    }
}

/// The result of a part of the work on a file.
pub(super) type Step<T, E> = Result<T, Stop<E>>;

/// Refuses a patch because of one of its files.
pub(super) fn refuse<T, E>(path: &[u8], why: impl Into<String>) -> Step<T, E> {
    Err(Stop::Refused(Refusal { path: path.to_vec(), why: why.into() }))
}

/// What a patch may cost beyond what it holds and the files that it changes: a few lines can copy a large file, change
/// one again and again, or stand for bytes without number.
pub(super) struct Limits {
    /// The bytes that it may make of copies and deltas.
    room: usize,
    /// What may be looked at for it.
    pub effort: image::Effort,
}

impl Limits {
    /// Far more than a patch of git's takes, and far less than a machine has: 128 MiB, and some seconds.
    pub const MOST: Limits = Limits { room: 128 << 20, effort: image::Effort(2 << 30) };

    /// Takes the memory for `bytes` that are made of a copy or a delta.
    pub fn make<E>(&mut self, bytes: usize, name: &[u8]) -> Step<(), E> {
        match self.room.checked_sub(bytes) {
            Some(room) => self.room = room,
            None => return refuse(name, "what the patch makes of copies and deltas is too large"),
        }
        Ok(())
    }

    /// Takes what it is to merge so many lines; none when nothing is left.
    pub fn merge(&mut self, lines: usize) -> Option<()> {
        self.effort.take(lines as u64 * 512)
    }
}

/// The object that these digits name; none unless they are all that a name has in this store.
pub(super) fn whole_id<O: Objects>(objects: &O, digits: &[u8]) -> Option<O::Id> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.len() == objects.id_digits());
    objects.parse_id(digits?)
}

/// Whether these are the digits that git writes where there is no object.
pub(super) fn is_null(digits: &[u8]) -> bool {
    digits.iter().all(|digit| *digit == b'0')
}

/// The new content of a file, made of the old.
pub(super) fn changed<O: Objects>(
    objects: &O,
    file: &FilePatch<'_>,
    old: &[u8],
    there: bool,
    name: &[u8],
    limits: &mut Limits,
) -> Step<Vec<u8>, O::Error> {
    if limits.effort.take(old.len() as u64).is_none() {
        return refuse(name, "what the patch changes is too large");
    }
    match &file.body {
        Body::Text(hunks) => match image::apply(old, hunks, &mut limits.effort) {
            Ok(text) => Ok(text),
            Err(Failure::Misfit(misfit)) => refuse(name, words(&misfit)),
            Err(Failure::Endless(line)) => {
                refuse(name, format!("where the hunk of line {line} of the patch goes takes too long to find"))
            }
        },
        Body::Binary(change) => binary(objects, file, Some(change), old, there, name, limits),
        Body::Unsaid => binary(objects, file, None, old, there, name, limits),
    }
}

/// Binary changes name the whole blobs before and afterwards, and are only for exactly those.
fn binary<O: Objects>(
    objects: &O,
    file: &FilePatch<'_>,
    change: Option<&BinaryChange>,
    old: &[u8],
    there: bool,
    name: &[u8],
    limits: &mut Limits,
) -> Step<Vec<u8>, O::Error> {
    let (Some(before), Some(after)) = (whole_id(objects, file.old_digits), whole_id(objects, file.new_digits)) else {
        return refuse(
            name,
            "a binary patch needs an index line with the whole names of both blobs (git diff --binary)",
        );
    };
    if there {
        let found = objects.hash_blob(old)?;
        if found != before {
            return refuse(name, format!("the binary patch is for the blob {before}, and {found} is there"));
        }
    } else if !old.is_empty() {
        return refuse(name, "the binary patch is for an empty file");
    }
    if is_null(file.new_digits) {
        return Ok(Vec::new());
    }
    if let Some(new) = objects.find_blob(&after.to_string()) {
        limits.make(new.len().saturating_sub(old.len()), name)?;
        return Ok(new);
    }
    let new = match change {
        Some(BinaryChange::Literal(bytes)) => Some(bytes.clone()),
        Some(BinaryChange::Delta(instructions)) => {
            let size = delta::new_size(old, instructions).unwrap_or(0);
            limits.make(size.saturating_sub(old.len()), name)?;
            delta::apply(old, instructions)
        }
        None => return refuse(name, "the patch leaves its binary data out (git diff --binary)"),
    };
    match new {
        Some(new) if objects.hash_blob(&new)? == after => Ok(new),
        Some(_) => refuse(name, format!("the binary patch does not make the blob {after} that it names")),
        None => refuse(name, "the binary delta is broken"),
    }
}

/// What was expected and what was there.
fn words(misfit: &image::Misfit) -> String {
    let shown = |line: &Option<Vec<u8>>| match line {
        Some(line) if line.ends_with(b"\n") => Quoted(line).to_string(),
        Some(line) => format!("{} without a line end", Quoted(line)),
        None => "the end of the file".to_owned(),
    };
    let (expected, found) = (shown(&misfit.expected), shown(&misfit.found));
    let hunk = format!("the hunk of line {} of the patch does not fit: line {}", misfit.line, misfit.at);
    if misfit.written {
        format!("{hunk}, {found}, is another hunk's")
    } else {
        format!("{hunk} should be {expected}, and is {found}")
    }
}
