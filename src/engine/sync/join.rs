//! Two travelling journals of one run that went on in two places: one step that follows both.
//!
//! Everything in it follows from the two: every clone that merges them makes the same commit.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Files, RUN, files};
use crate::app::App;
use crate::engine::review::draw_up;
use crate::error::{Result, ResultExt};
use crate::git::NewCommit;
use crate::model::{LeftFile, MergeSide, Oid, RunMerge, StepKind, Time};
use crate::store::{LEFT, REVIEW, neutral_identity};

/// What two journals came to.
pub(super) struct Joined {
    /// The step.
    pub step: Oid,
    /// What both sides had changed, each otherwise.
    pub both: BTreeSet<&'static str>,
}

/// A side, opened.
struct Opened {
    files: Files,
    left: BTreeMap<String, LeftFile>,
    committed: i64,
}

impl Opened {
    fn of(app: &App, step: Oid) -> Result<Opened> {
        let repo = &app.repo;
        let files = files(repo, step)?;
        let left = files.left(repo)?.into_iter().map(|file| (file.path.clone(), file)).collect();
        Ok(Opened { files, left, committed: repo.commit(step)?.committed })
    }

    /// Returns the object at a path, here or left elsewhere.
    fn at(&self, path: &str) -> Option<Oid> {
        self.files.0.get(path).or_else(|| self.left.get(path).map(|file| &file.oid)).copied()
    }
}

/// Puts two journals together that have `base` in common, if anything.
///
/// # Errors
/// When a record cannot be read, or nothing can be written.
pub(super) fn join(app: &App, base: Option<Oid>, one: Oid, other: Oid) -> Result<Joined> {
    // By their names: which side is whose must not matter.
    let (one, other) = if one <= other { (one, other) } else { (other, one) };
    let repo = &app.repo;
    let base = base.map(|base| Opened::of(app, base)).transpose()?;
    let sides = (Opened::of(app, one)?, Opened::of(app, other)?);
    let record = |side: &Opened| -> Result<_> { Ok((side.files.run(repo)?, side.files.review(repo)?)) };
    let before = base.as_ref().map(record).transpose()?;
    let (here, there) = (record(&sides.0)?, record(&sides.1)?);
    let merge = RunMerge::of(
        before.as_ref().map(|(run, review)| (run, review.as_ref())),
        (&here.0, here.1.as_ref()),
        (&there.0, there.1.as_ref()),
    );
    let mut merge = merge.or_fail(|| "cannot merge its two records".to_owned())?;
    if let Some(review) = merge.review.as_mut().filter(|_| merge.reviewed_twice) {
        draw_up(&mut merge.run, review);
    }
    let (mut merged, left) = merge_files(base.as_ref(), &sides, &merge);
    merged.put(repo, RUN, &merge.run)?;
    if let Some(review) = &merge.review {
        merged.put(repo, REVIEW, review)?;
    }
    merged.put_left(repo, left)?;
    let seconds = sides.0.committed.max(sides.1.committed);
    let new = NewCommit {
        tree: merged.write(repo)?,
        parents: &[one, other],
        identity: &neutral_identity(),
        at: Time::from_timestamp(seconds, 0).unwrap_or_default(),
        message: &StepKind::Merge.message("put together what was done in two places"),
    };
    Ok(Joined { step: repo.write_commit(&new)?, both: merge.both })
}

/// Returns the files of both sides, each as one of them has it, and what neither has here.
fn merge_files(base: Option<&Opened>, sides: &(Opened, Opened), merge: &RunMerge) -> (Files, Vec<LeftFile>) {
    let (one, other) = sides;
    let paths: BTreeSet<&String> =
        [one, other].iter().flat_map(|side| side.files.0.keys().chain(side.left.keys())).collect();
    let (mut merged, mut left) = (Files::default(), Vec::new());
    for path in paths.into_iter().filter(|path| ![RUN, REVIEW, LEFT].contains(&path.as_str())) {
        let (here, there) = (one.at(path), other.at(path));
        let before = base.and_then(|base| base.at(path));
        let side = of_variant(path).and_then(|number| merge.artifacts.get(&number));
        let wanted = match side {
            Some(MergeSide::Ours) => here,
            Some(MergeSide::Theirs) => there,
            None if here == there || there == before => here,
            None if here == before => there,
            // Both are in the journal; the same one stands wherever this is done.
            None => here.max(there),
        };
        let Some(wanted) = wanted else { continue };
        // The side that has it keeps it.
        if [one, other].iter().any(|side| side.files.0.get(path) == Some(&wanted)) {
            merged.0.insert(path.clone(), wanted);
        } else {
            let named = [one, other].into_iter().filter_map(|side| side.left.get(path));
            left.extend(named.filter(|file| file.oid == wanted).take(1).cloned());
        }
    }
    (merged, left)
}

/// Returns the variant that a file belongs to.
fn of_variant(path: &str) -> Option<u32> {
    path.strip_prefix("variants/var")?.split_once('/')?.0.parse().ok()
}
