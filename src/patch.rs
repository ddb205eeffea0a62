//! Patches onto the trees of a repository: the engine of [`git_tree_apply`], with git-puff's objects, and with the merge
//! drivers of the repository as git runs them.

use git_tree_apply::parse::{self, FilePatch, Malformed};
use git_tree_apply::{PreImage, Verdict, policy};

use crate::error::Result;
use crate::git::{MergeDrivers, Repo};
use crate::model::{Apply, Oid, Risk};

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
    /// Returns the result of a patch of which no tree came, for this reason.
    pub fn none(apply: Apply, reason: impl Into<String>) -> Applied {
        Applied { apply, tree: None, reason: Some(reason.into()), paths: Vec::new(), risks: Vec::new() }
    }
}

/// A patch, parsed for a repository.
pub struct Patch<'p>(Result<Vec<FilePatch<'p>>, Malformed>);

impl<'p> Patch<'p> {
    /// Parses a patch. One that changes nothing, or that git would not read, is an answer of [`Patch::apply`].
    pub fn parse(repo: &Repo, patch: &'p [u8]) -> Patch<'p> {
        if parse::is_blank(patch) {
            return Patch(Ok(Vec::new()));
        }
        Patch(parse::parse_for(repo.name_digits(), patch))
    }

    fn files(&self) -> &[FilePatch<'p>] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Returns the files that it changes, as it found them.
    pub fn pre_images(&self) -> Vec<PreImage> {
        git_tree_apply::pre_images_of(self.files())
    }

    /// Applies it to a tree: as it is, and three-way where that does not fit. Nothing but objects is written.
    ///
    /// # Errors
    /// When an object of the tree cannot be read, or none can be written. A patch that does not fit is an answer.
    pub fn apply(&self, repo: &Repo, base: Oid) -> Result<Applied> {
        let files = match &self.0 {
            Ok(files) if files.is_empty() => return Ok(fits(Apply::Empty, base)),
            Ok(files) => files,
            Err(malformed) => return Ok(Applied::none(Apply::Rejected, malformed.to_string())),
        };
        bring_files(repo, base, files)?;
        let applied = git_tree_apply::apply_files(repo, base, files, &drivers(repo, base, files))?;
        let risks = applied.risks.into_iter().map(Risk::from).collect();
        Ok(Applied { risks, ..judged(applied.verdict) })
    }
}

/// Applies a patch that is needed once: [`Patch::apply`].
///
/// # Errors
/// As [`Patch::apply`].
pub fn apply(repo: &Repo, base: Oid, patch: &[u8]) -> Result<Applied> {
    Patch::parse(repo, patch).apply(repo, base)
}

fn judged(verdict: Verdict<Oid>) -> Applied {
    match verdict {
        Verdict::Unchanged(tree) => fits(Apply::Empty, tree),
        Verdict::Applied(tree) => fits(Apply::Applied, tree),
        Verdict::Merged(tree) => fits(Apply::Applied3Way, tree),
        Verdict::Conflict(paths) => Applied {
            paths: paths.iter().map(|path| shown(path)).collect(),
            ..Applied::none(Apply::Conflict, "it conflicts with the base")
        },
        Verdict::Refused(refusal) => {
            Applied { paths: vec![shown(&refusal.path)], ..Applied::none(Apply::Rejected, refusal.to_string()) }
        }
        Verdict::Malformed(malformed) => Applied::none(Apply::Rejected, malformed.to_string()),
    }
}

fn fits(apply: Apply, tree: Oid) -> Applied {
    Applied { apply, tree: Some(tree), reason: None, paths: Vec::new(), risks: Vec::new() }
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

/// In a partial clone, fetches what patches are about to read of a tree: all in one go, where applying each would ask
/// for its own.
///
/// # Errors
/// When a folder of the tree cannot be read.
pub fn bring<'p>(repo: &Repo, base: Oid, patches: impl IntoIterator<Item = &'p Patch<'p>>) -> Result<()> {
    bring_files(repo, base, patches.into_iter().flat_map(Patch::files))
}

fn bring_files<'p>(repo: &Repo, base: Oid, files: impl IntoIterator<Item = &'p FilePatch<'p>>) -> Result<()> {
    if !repo.is_partial() {
        return Ok(());
    }
    let mut blobs = Vec::new();
    // Also what is where a new file is to come: they may be merged.
    for path in files.into_iter().flat_map(|file| [&file.old_name, &file.new_name]).flatten() {
        let entry = repo.entry(base, path)?;
        blobs.extend(entry.filter(|entry| entry.kind.is_blob()).map(|entry| entry.oid));
    }
    repo.bring(blobs);
    Ok(())
}

/// Returns the drivers of the files of a patch for the tree that it is applied to. A patch that fits never asks them.
pub fn drivers<'r>(repo: &'r Repo, base: Oid, files: &[FilePatch<'_>]) -> MergeDrivers<'r> {
    let names = files.iter().filter_map(|file| file.new_name.as_deref().or(file.old_name.as_deref()));
    // Git would take no answer about a path that leads elsewhere.
    let names = names.filter(|name| policy::objection(name, false).is_none());
    repo.merge_drivers(base, names.map(<[u8]>::to_vec).collect())
}
