//! Journals: a JSON document in a commit on a ref, a commit for each step.
//!
//! Runs, tombstones and recovery points are kept like this: the ref is named for the run, and the tree of each step has
//! the document beside whatever else is to be kept. The message of a run's step ends with the trailer `Puff-Step:`
//! ([`StepKind`](crate::model::StepKind)); the others are of one kind each.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, ResultExt};
use crate::git::{Edit, EntryKind, NewCommit, RefStep, Repo};
use crate::model::{Identity, Oid, Recovery, Run, RunId, Schema, SchemaError, Time, Tombstone, documents};

/// A document that is kept in a journal.
pub(super) trait Record: Serialize + DeserializeOwned {
    /// Where the refs of these journals are.
    const REFS: &'static str;
    /// Where the tree of a step has the document.
    const PATH: &'static str;
    /// The kind of the document.
    const KIND: &'static str;
    /// The most bytes that are read of it.
    const LARGEST: usize = usize::MAX;

    /// Returns the kind and version that the document says it is.
    fn schema(&self) -> &Schema;

    /// Returns the run that it is about.
    fn run(&self) -> &RunId;
}

impl Record for Run {
    const REFS: &'static str = RunId::REFS;
    const PATH: &'static str = "run.json";
    const KIND: &'static str = documents::RUN;

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn run(&self) -> &RunId {
        &self.run
    }
}

impl Record for Recovery {
    const REFS: &'static str = super::RECOVERY_POINTS;
    const PATH: &'static str = "point.json";
    const KIND: &'static str = documents::RECOVERY;

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn run(&self) -> &RunId {
        &self.run
    }
}

impl Record for Tombstone {
    const REFS: &'static str = super::PRUNED;
    const PATH: &'static str = "pruned.json";
    const KIND: &'static str = documents::PRUNED;
    /// It names the steps of a journal, and a run has some ten.
    const LARGEST: usize = 16 << 20;

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn run(&self) -> &RunId {
        &self.run
    }
}

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordError {
    /// Its step has none.
    #[error("its commit has no {0}")]
    Missing(&'static str),
    /// It is larger than any of its kind.
    #[error("it has more than {} MiB", .0 >> 20)]
    TooLarge(usize),
    /// It is of another kind, or a newer git-puff wrote it.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// It is not JSON, or not the form of its kind.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It is about another run than its ref is named for.
    #[error("it says that it is of '{0}'")]
    OtherRun(RunId),
}

/// A step to be written.
pub(super) struct Step<'s> {
    /// The tree that it changes; none for a new one.
    pub tree: Option<Oid>,
    /// What changes in that tree, beside the document.
    pub files: &'s [(String, Edit)],
    /// The parents, the step before it first.
    pub parents: &'s [Oid],
    /// Author and committer.
    pub identity: &'s Identity,
    /// When it is taken.
    pub at: Time,
    /// The message of its commit.
    pub message: &'s str,
}

/// The journals of one kind of document in a repository.
pub(super) struct JournalStore<'r, R> {
    repo: &'r Repo,
    record: PhantomData<R>,
}

impl<'r, R: Record> JournalStore<'r, R> {
    /// Opens those of this repository.
    pub fn new(repo: &'r Repo) -> JournalStore<'r, R> {
        JournalStore { repo, record: PhantomData }
    }

    /// Returns the full name of the ref that has the journal of a run.
    pub fn ref_name(run: &RunId) -> String {
        format!("{}{run}", R::REFS)
    }

    /// Returns the newest step of a run's journal.
    pub fn head(&self, run: &RunId) -> Option<Oid> {
        self.repo.ref_target(&Self::ref_name(run))
    }

    /// Returns the newest step of every journal whose run has a name that begins so, in order of names.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn heads(&self, beginning: &str) -> Result<Vec<(String, Oid)>> {
        let refs = self.repo.refs_under(&format!("{}{beginning}", R::REFS))?;
        Ok(refs.into_iter().map(|(name, head)| (name[R::REFS.len()..].to_owned(), head)).collect())
    }

    /// Returns the bytes of the document of a step.
    ///
    /// # Errors
    /// Those of `unreadable`, when the step has none; and when an object is missing.
    pub fn bytes(&self, step: Oid, unreadable: impl Fn() -> Error) -> Result<Vec<u8>> {
        let entry = self.repo.entry(self.repo.commit(step)?.tree, R::PATH.as_bytes())?;
        let entry = entry.ok_or_else(|| unreadable().because(RecordError::Missing(R::PATH)))?;
        if R::LARGEST < usize::MAX && self.repo.blob_size(entry.oid)? > R::LARGEST {
            return Err(unreadable().because(RecordError::TooLarge(R::LARGEST)));
        }
        self.repo.blob(entry.oid)
    }

    /// Returns the document of a step of this run's journal.
    ///
    /// # Errors
    /// Those of `unreadable`, when it cannot be read, or is about another run; and when an object is missing.
    pub fn read(&self, run: &str, step: Oid, unreadable: impl Fn() -> Error) -> Result<R> {
        let record = parse::<R>(&self.bytes(step, &unreadable)?).map_err(|cause| unreadable().because(cause))?;
        if record.run().as_str() != run {
            return Err(unreadable().because(RecordError::OtherRun(record.run().clone())));
        }
        Ok(record)
    }

    /// Writes the tree of a step.
    ///
    /// # Errors
    /// When the document cannot be written as JSON, or the object store cannot be written.
    pub fn write_tree(&self, tree: Option<Oid>, record: &R, files: &[(String, Edit)]) -> Result<Oid> {
        let json =
            documents::to_json(record).or_fail(|| format!("cannot write {} of '{}' as JSON", R::PATH, record.run()))?;
        let document = (R::PATH.as_bytes(), Edit::Put(EntryKind::File, self.repo.write_blob(&json)?));
        let files = files.iter().map(|(path, edit)| (path.as_bytes(), *edit));
        self.repo.edit_tree(tree, [document].into_iter().chain(files))
    }

    /// Writes a step; no ref names it yet.
    ///
    /// # Errors
    /// When the document cannot be written as JSON, or the object store cannot be written.
    pub fn write(&self, record: &R, step: &Step<'_>) -> Result<Oid> {
        let tree = self.write_tree(step.tree, record, step.files)?;
        let Step { parents, identity, at, message, .. } = *step;
        self.repo.write_commit(&NewCommit { tree, parents, identity, at, message })
    }

    /// Returns the change of a ref by which a journal goes from one step to another.
    pub fn change(run: &RunId, old: Option<Oid>, new: Option<Oid>) -> RefStep {
        RefStep { name: Self::ref_name(run), old, new }
    }
}

/// Parses a document.
///
/// # Errors
/// When it is of another kind, a newer git-puff wrote it, or it is not of its kind's form.
pub(super) fn parse<R: Record>(bytes: &[u8]) -> Result<R, RecordError> {
    let parsed = serde_json::from_slice::<R>(bytes);
    // The schema counts before everything else: what a newer git-puff wrote need not have a form that we know.
    let schema = match &parsed {
        Ok(record) => record.schema().clone(),
        Err(_) => {
            #[derive(Deserialize)]
            struct Head {
                schema: Schema,
            }
            serde_json::from_slice::<Head>(bytes)?.schema
        }
    };
    schema.expect(R::KIND)?;
    Ok(parsed?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_newer_version_wrote_is_told_from_what_is_damaged() {
        let newer = |kind: &str| format!("{{\"schema\": \"puff.{kind}/9\", \"form\": \"unknown\"}}").into_bytes();
        let is_newer = |error| matches!(error, RecordError::Schema(SchemaError::Newer { .. }));
        assert!(is_newer(parse::<Run>(&newer("run")).unwrap_err()));
        assert!(is_newer(parse::<Recovery>(&newer("recovery")).unwrap_err()));
        assert!(is_newer(parse::<Tombstone>(&newer("pruned")).unwrap_err()));
        let other = parse::<Tombstone>(&newer("run")).unwrap_err();
        assert!(matches!(other, RecordError::Schema(SchemaError::Other { .. })), "{other:?}");
        let damaged = parse::<Run>(b"{\"schema\": \"puff.run/1\", \"run\": ").unwrap_err();
        assert!(matches!(damaged, RecordError::Json(_)), "{damaged:?}");
    }
}
