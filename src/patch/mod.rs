//! Patches onto trees: bytes and a tree in, a tree out, without worktree, index or checkout.
//!
//! `git apply` is the judge: the same verdict and the same tree, which the suite compares over random trees, damaged
//! patches and real history. Four things are stricter than git: paths that some file system takes for a git directory
//! are refused everywhere, a patch of which a later part cannot be read is refused whole, where git applies the part
//! before it, so is one that would take memory or time out of all proportion (`content::Limits`), and a file is not merged
//! with a symbolic link. It costs what the patch costs: only the blobs that it touches are read, and only the trees above
//! them.

mod by_git;
mod content;
mod delta;
mod image;
pub mod onto;
pub mod parse;
pub mod policy;
mod preimage;
pub mod risks;
mod three_way;
mod tree_risks;

pub use by_git::drivers;
pub use preimage::{PreImage, pre_images};
pub use three_way::{Driven, Drivers, NoDrivers, Versions};

use crate::error::Result;
use crate::git::Repo;
use crate::model::{Apply, Oid, Risk};
use content::{Limits, Refusal};
use onto::{Mode, Outcome};
use parse::FilePatch;

/// What became of a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// In a word.
    pub apply: Apply,
    /// The tree that came out; none when it did not fit.
    pub tree: Option<Oid>,
    /// Why it did not fit, in a line.
    pub reason: Option<String>,
    /// The paths that do not fit.
    pub paths: Vec<String>,
    /// What to look at before trusting it, whether it fits or not.
    pub risks: Vec<Risk>,
}

impl Applied {
    /// No tree came of it, and why.
    pub fn none(apply: Apply, reason: impl Into<String>) -> Applied {
        Applied { apply, tree: None, reason: Some(reason.into()), paths: Vec::new(), risks: Vec::new() }
    }
}

/// Applies a patch to a tree: as it is, and three-way where that does not fit. Nothing but objects is written.
///
/// # Errors
/// When an object of the tree cannot be read, or none can be written. A patch that does not fit is an answer.
pub fn apply(repo: &Repo, base: Oid, patch: &[u8]) -> Result<Applied> {
    apply_with(repo, base, patch, None)
}

/// Applies a patch as [`apply`] does, with other merge drivers than the repository's.
///
/// # Errors
/// As [`apply`], and those of the drivers.
pub fn apply_with(repo: &Repo, base: Oid, patch: &[u8], drivers: Option<&dyn Drivers>) -> Result<Applied> {
    if patch.trim_ascii().is_empty() {
        return Ok(fits(Apply::Empty, base));
    }
    match parse::parse_for(repo.name_digits(), patch) {
        Ok(files) => {
            bring_files(repo, base, &files)?;
            let own = by_git::drivers(repo, base, &files);
            let applied = apply_files(repo, base, &files, drivers.unwrap_or(&own))?;
            let mut risks = risks::of(&files);
            if let Some(tree) = applied.tree.filter(|tree| *tree != base) {
                risks.extend(tree_risks::of(repo, base, tree, &files)?);
            }
            Ok(Applied { risks, ..applied })
        }
        Err(malformed) => Ok(Applied::none(Apply::Rejected, malformed.to_string())),
    }
}

/// In a partial clone, brings here what patches are about to read of a tree: all in one go, where applying each would ask
/// for its own.
///
/// # Errors
/// When a folder of the tree is not to be had.
pub fn bring<'p>(repo: &Repo, base: Oid, patches: impl IntoIterator<Item = &'p [u8]>) -> Result<()> {
    if !repo.is_partial() {
        return Ok(());
    }
    let files = patches.into_iter().filter_map(|patch| parse::parse(patch).ok()).flatten().collect::<Vec<_>>();
    bring_files(repo, base, &files)
}

fn bring_files(repo: &Repo, base: Oid, files: &[FilePatch<'_>]) -> Result<()> {
    if !repo.is_partial() {
        return Ok(());
    }
    let mut blobs = Vec::new();
    // Also what is where a new file is to come: they may be merged.
    for path in files.iter().flat_map(|file| [&file.old_name, &file.new_name]).flatten() {
        let entry = repo.entry(base, path)?;
        blobs.extend(entry.filter(|entry| entry.kind.is_blob()).map(|entry| entry.oid));
    }
    repo.bring(blobs);
    Ok(())
}

fn apply_files(repo: &Repo, base: Oid, files: &[FilePatch<'_>], drivers: &dyn Drivers) -> Result<Applied> {
    let mut effort = Limits::MOST.effort;
    let refusal = match onto::apply_within(repo, base, files, Mode::Plain, drivers, &mut effort)? {
        Outcome::Tree(tree) if tree == base => return Ok(fits(Apply::Empty, base)),
        Outcome::Tree(tree) => return Ok(fits(Apply::Applied, tree)),
        Outcome::Refused(refusal) | Outcome::Unmerged(refusal) => refusal,
        Outcome::Conflicts(paths) => return Ok(conflict(&paths)),
    };
    match onto::apply_within(repo, base, files, Mode::ThreeWay, drivers, &mut effort)? {
        // All of it is there already.
        Outcome::Tree(tree) if tree == base => Ok(fits(Apply::Empty, base)),
        Outcome::Tree(tree) => Ok(fits(Apply::Applied3Way, tree)),
        Outcome::Conflicts(paths) => Ok(conflict(&paths)),
        Outcome::Refused(_) => Ok(refused(&refusal)),
        Outcome::Unmerged(refusal) => Ok(refused(&refusal)),
    }
}

fn refused(Refusal { path, why }: &Refusal) -> Applied {
    let path = shown(path);
    Applied { paths: vec![path.clone()], ..Applied::none(Apply::Rejected, format!("{path}: {why}")) }
}

fn fits(apply: Apply, tree: Oid) -> Applied {
    Applied { apply, tree: Some(tree), reason: None, paths: Vec::new(), risks: Vec::new() }
}

fn conflict(paths: &[Vec<u8>]) -> Applied {
    let paths = paths.iter().map(|path| shown(path)).collect();
    Applied { paths, ..Applied::none(Apply::Conflict, "it conflicts with the base") }
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}
