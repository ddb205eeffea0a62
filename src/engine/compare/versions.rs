//! Files that differ between two versions of the code, with what is in them: for a page that shows them side by side.

use std::rc::Rc;

use super::{Pick, Stand, stand};
use crate::compare::{SUBMODULE, is_binary};
use crate::context::Context;
use crate::error::Result;
use crate::git::Difference;
use crate::model::Oid;
use crate::store::Recorded;

/// A version of the code of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// What a variant starts from. Beside a variant that does not fit the base: the files that it was made on.
    Base,
    /// What the variant with this number makes of it.
    Variant(u32),
}

/// What is in a file, on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// It is not there.
    Absent,
    /// Text: bytes that need not be UTF-8. The target of a symbolic link, and a submodule as git words it, too.
    Text(Rc<Vec<u8>>),
    /// So many bytes that are no text.
    Binary(usize),
    /// So many bytes, which are more than was left of what may be read.
    TooLarge(usize),
}

/// A file in two versions of the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileVersions {
    /// Its path and modes on both sides, and whether it was renamed.
    pub file: Difference,
    /// What is in it in the first version.
    pub old: Content,
    /// What is in it in the second one.
    pub new: Content,
}

/// The files in which the second of each two versions of a run differs from the first, with what is in them; none for a
/// pair of which one has no tree, or is no variant of the run. At most `most` bytes are read for a pair, and each text counts that long.
///
/// # Errors
/// When the base is not here, or an object can't be read.
pub fn versions(
    context: &Context,
    recorded: &Recorded,
    pairs: &[(Version, Version)],
    most: usize,
) -> Result<Vec<Option<Vec<FileVersions>>>> {
    let mut stands: Vec<(u32, Option<(Oid, Oid)>)> = Vec::new();
    for variant in &recorded.run.variants {
        let is_wanted = |version: Version| version == Version::Variant(variant.index);
        if pairs.iter().any(|(old, new)| is_wanted(*old) || is_wanted(*new)) {
            let trees = match stand(context, &Pick { recorded, variant })? {
                Stand::Trees(trees) => Some((trees.old, trees.new)),
                Stand::Patch { .. } | Stand::Nothing(_) => None,
            };
            stands.push((variant.index, trees));
        }
    }
    let trees = |index: u32| stands.iter().find(|(known, _)| *known == index).and_then(|(_, trees)| *trees);
    let trees_of = |pair: &(Version, Version)| match *pair {
        (Version::Base, Version::Base) => None,
        (Version::Base, Version::Variant(index)) => trees(index),
        (Version::Variant(index), Version::Base) => trees(index).map(|(old, new)| (new, old)),
        (Version::Variant(one), Version::Variant(other)) => Some((trees(one)?.1, trees(other)?.1)),
    };
    let wanted: Vec<Option<(Oid, Oid)>> = pairs.iter().map(trees_of).collect();
    let mut differences = context.repo.differences(&wanted.iter().flatten().copied().collect::<Vec<_>>())?.into_iter();
    let read = |wanted: Option<(Oid, Oid)>| {
        let files = wanted.and_then(|_| differences.next());
        files.map(|files| read(context, files, most)).transpose()
    };
    wanted.into_iter().map(read).collect()
}

fn read(context: &Context, files: Vec<Difference>, most: usize) -> Result<Vec<FileVersions>> {
    let mut left = most;
    let mut content = |entry: Option<(u32, Oid)>| -> Result<Content> {
        let oid = match entry {
            None => return Ok(Content::Absent),
            Some((SUBMODULE, commit)) => {
                return Ok(Content::Text(Rc::new(format!("Subproject commit {commit}\n").into_bytes())));
            }
            Some((_, oid)) => oid,
        };
        let size = context.repo.blob_size(oid)?;
        let Some(rest) = left.checked_sub(size) else { return Ok(Content::TooLarge(size)) };
        let bytes = context.repo.blob(oid)?;
        if is_binary(&bytes) {
            return Ok(Content::Binary(size));
        }
        left = rest;
        Ok(Content::Text(Rc::new(bytes)))
    };
    let mut both = |file: Difference| Ok(FileVersions { old: content(file.old)?, new: content(file.new)?, file });
    files.into_iter().map(&mut both).collect()
}
