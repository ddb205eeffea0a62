//! Runs, each one a ref: `refs/puff/runs/<run>`, one commit per change of state.
//!
//! A change reads the newest state, changes it, writes a commit on top and swaps the ref if no other process did in the
//! meantime; otherwise it starts over from what is there now. So a change is whole or not there, after a kill too.

use std::collections::HashMap;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::journal::{self, JournalStore, RecordError, Step};
use super::recovery_points::RECOVERY_POINTS;
use super::run_cache::RunCache;
use super::selection::by_beginning;
use super::tombstones::PRUNED;
use crate::app::App;
use crate::error::{Error, Result};
use crate::git::{Edit, EntryKind, Expected, NewCommit, RefFailure, Repo};
use crate::layout::Layout;
use crate::lock::FileLock;
use crate::model::{
    LeftBehind, LeftFile, Oid, Review, Run, RunId, SchemaError, Selector, StepKind, TaskId, Time, Variant, documents,
};

/// Where runs are.
pub const RUNS: &str = RunId::REFS;

/// Where a run's tree has what a review found out.
pub const REVIEW: &str = "review.json";

/// Where a run's tree says what stayed in the clone that it came from.
pub const LEFT: &str = "left.json";

/// How often a change is tried again after another process was first. Each time another process got on, so many tries
/// mean many writers, not a fault.
const TRIES: usize = 100;

/// The runs of a repository.
pub struct RunStore<'a> {
    pub(super) app: &'a App,
    pub(super) repo: &'a Repo,
    pub(super) layout: &'a Layout,
}

/// A run as it is recorded.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// What is recorded.
    pub run: Run,
    /// The newest commit of its journal.
    pub head: Oid,
}

/// A change to be recorded, beside what was changed in the [`Run`] itself.
pub struct Change<'v> {
    /// The kind of the step.
    pub step: StepKind,
    /// What happened, in a line: the subject in the journal.
    pub subject: String,
    /// Files of the run's tree with their new content; none takes a file away.
    pub files: Files,
    /// Files that are made from the changed run itself: its report.
    pub views: Option<&'v dyn Fn(&Run) -> Files>,
}

/// Files of a run's tree: their paths, and their content or none where they are taken away.
pub type Files = Vec<(String, Option<Vec<u8>>)>;

impl Change<'_> {
    /// Returns a change of the record alone.
    pub fn new(step: StepKind, subject: impl Into<String>) -> Change<'static> {
        Change { step, subject: subject.into(), files: Vec::new(), views: None }
    }
}

/// What became of a change.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The run as it is now.
    pub recorded: Recorded,
    /// Whether anything had to be written.
    pub changed: bool,
}

/// A run whose record cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    /// The last part of its ref.
    pub name: String,
    /// Why.
    pub error: Error,
}

impl<'a> RunStore<'a> {
    /// Returns the runs of this repository.
    pub fn new(app: &'a App) -> RunStore<'a> {
        RunStore { app, repo: &app.repo, layout: &app.layout }
    }

    /// Records a run that was not there before, with its prompt.
    ///
    /// # Errors
    /// When there is a run of that name already, or the repository cannot be written.
    pub fn create(&self, mut run: Run, change: &Change<'_>) -> Result<Recorded> {
        let _lock = self.lock()?;
        let name = run.run.ref_name();
        let first = |run: &Run| self.write(None, run, change, &[], run.created_at);
        // A run of the same name that was pruned may say the same of the same moment. It is another run: recovery
        // points and sessions tell them apart by the first step of the journal and by when it was recorded. What a
        // killed call left without a ref is no run: it is recorded as it would have been.
        let before =
            [RECOVERY_POINTS, PRUNED].iter().any(|kept| self.repo.ref_target(&format!("{kept}{}", run.run)).is_some());
        while before && self.repo.has_commit(self.repo.dry_run(|| first(&run))?) {
            run.created_at += chrono::TimeDelta::milliseconds(1);
            run.updated_at = run.updated_at.max(run.created_at);
        }
        let head = self.repo.object_batch(|| first(&run))?;
        match self.repo.set_ref(&name, head, Expected::Absent, &change.subject) {
            Ok(()) => {
                // How an earlier run of that name ended says nothing of this one.
                let _ = std::fs::remove_file(self.layout.result(&run.run));
                self.keep_step(&run, head);
                Ok(Recorded { run, head })
            }
            Err(RefFailure::Moved(_)) => Err(Error::failed(format!("a run named '{}' exists already", run.run))
                .hint(format!("see 'git puff show {}', or choose another name", run.run))),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Returns whether a run of this name exists.
    pub fn exists(&self, id: &RunId) -> bool {
        self.repo.ref_target(&id.ref_name()).is_some()
    }

    /// Reads a run.
    ///
    /// # Errors
    /// When there is none of that name, or its record cannot be read.
    pub fn load(&self, id: &RunId) -> Result<Recorded> {
        let there = self.head(id).map(|head| self.read(id.as_str(), head));
        if let Some(Ok(recorded)) = there {
            return Ok(recorded);
        }
        match self.restore_ref(id) {
            Some(head) => self.read(id.as_str(), head),
            None => there.unwrap_or_else(|| Err(nothing_named(id.as_str()))),
        }
    }

    /// Returns a run as it is now. It is read again only when its journal has moved since it was recorded.
    ///
    /// # Errors
    /// Those of [`RunStore::load`].
    pub fn refresh(&self, known: &Recorded) -> Result<Recorded> {
        if self.head(&known.run.run) == Some(known.head) {
            return Ok(known.clone());
        }
        self.load(&known.run.run)
    }

    /// Returns the newest commit of a run's journal: it changes with every change of the run.
    pub fn head(&self, id: &RunId) -> Option<Oid> {
        self.repo.ref_target(&id.ref_name())
    }

    /// Returns every run, oldest first, and those that cannot be read.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn list(&self) -> Result<(Vec<Recorded>, Vec<Unreadable>)> {
        let mut recall = RunCache::read(self.layout);
        let listed = self.list_through(&mut recall)?;
        recall.keep();
        Ok(listed)
    }

    /// Returns the same, each record read from its objects: this finds damage that was not met yet.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn examine(&self) -> Result<(Vec<Recorded>, Vec<Unreadable>)> {
        self.list_through(&mut RunCache::none(self.layout))
    }

    fn list_through(&self, recall: &mut RunCache<'_>) -> Result<(Vec<Recorded>, Vec<Unreadable>)> {
        let (mut runs, mut unreadable) = (Vec::new(), Vec::new());
        for (name, head) in self.journals().heads("")? {
            let record = recall.record(head, || self.record(&name, head));
            match record.and_then(|bytes| read(&name, bytes)) {
                Ok(run) => runs.push(Recorded { run, head }),
                Err(error) => unreadable.push(Unreadable { name, error }),
            }
        }
        runs.sort_by(|a, b| (a.run.created_at, &a.run.run).cmp(&(b.run.created_at, &b.run.run)));
        Ok((runs, unreadable))
    }

    /// Returns the journal heads of all runs, by name: enough to see what changed since the last look.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn heads(&self) -> Result<HashMap<String, Oid>> {
        Ok(self.journals().heads("")?.into_iter().collect())
    }

    /// Finds the run that a user means.
    ///
    /// # Errors
    /// When nothing or more than one run fits.
    pub fn find(&self, selector: &Selector) -> Result<Recorded> {
        let wanted = selector.run.as_str();
        if wanted == "@" {
            let newest = self.list()?.0.pop();
            return newest
                .ok_or_else(|| Error::failed("no runs yet").hint("start one: git puff launch --prompt 'what to do'"));
        }
        if let Ok(id) = wanted.parse::<RunId>() {
            if self.exists(&id) || self.restore_ref(&id).is_some() {
                return self.load(&id);
            }
            let heads = self.journals().heads(id.as_str())?;
            if let Some((name, head)) = by_beginning(wanted, heads, |(name, _)| name, "runs")? {
                return self.read(&name, head);
            }
        }
        if let Ok(task) = wanted.parse::<TaskId>() {
            let of_task = |recorded: &Recorded| recorded.run.task_id.as_deref() == Some(task.as_str());
            if let Some(found) = self.list()?.0.into_iter().rev().find(of_task) {
                return Ok(found);
            }
        }
        Err(nothing_named(wanted))
    }

    /// Changes a run. `change` may be called again, on a newer state, when another process was first; it returns none
    /// when there is nothing to do.
    ///
    /// # Errors
    /// Those of `change`, and when the repository cannot be written.
    pub fn update<'v>(
        &self,
        id: &RunId,
        now: Time,
        change: impl FnMut(&mut Run) -> Result<Option<Change<'v>>>,
    ) -> Result<Outcome> {
        self.update_by(id, now, change, || self.load(id))
    }

    /// Changes a run that was read already, as [`RunStore::update`] does. It is read again only when its journal has
    /// moved since.
    ///
    /// # Errors
    /// Those of [`RunStore::update`].
    pub fn update_known<'v>(
        &self,
        known: &Recorded,
        now: Time,
        change: impl FnMut(&mut Run) -> Result<Option<Change<'v>>>,
    ) -> Result<Outcome> {
        self.update_by(&known.run.run, now, change, || self.refresh(known))
    }

    fn update_by<'v>(
        &self,
        id: &RunId,
        now: Time,
        mut change: impl FnMut(&mut Run) -> Result<Option<Change<'v>>>,
        newest: impl Fn() -> Result<Recorded>,
    ) -> Result<Outcome> {
        let _lock = self.lock()?;
        for _ in 0..TRIES {
            let before = newest()?;
            let mut run = before.run.clone();
            let Some(change) = change(&mut run)? else {
                return Ok(Outcome { recorded: before, changed: false });
            };
            let old_tree = self.repo.commit(before.head)?.tree;
            let mut same_time = run.clone();
            same_time.updated_at = before.run.updated_at;
            let write_tree =
                || self.journals().write_tree(Some(old_tree), &same_time, &self.edits(&same_time, &change)?);
            if self.repo.dry_run(write_tree)? == old_tree {
                return Ok(Outcome { recorded: before, changed: false });
            }
            run.updated_at = now.max(before.run.updated_at);
            let write = || self.write(Some(old_tree), &run, &change, &[before.head], run.updated_at);
            let head = self.repo.object_batch(write)?;
            let name = id.ref_name();
            match self.repo.set_ref(&name, head, Expected::At(before.head), &change.subject) {
                Ok(()) => {
                    self.app.wrote_step(id, head);
                    self.keep_step(&run, head);
                    return Ok(Outcome { recorded: Recorded { run, head }, changed: true });
                }
                Err(RefFailure::Moved(_)) => {}
                Err(failure) => return Err(failure.into()),
            }
        }
        Err(Error::failed(format!("other processes keep changing run '{id}'")).hint("try again"))
    }

    /// Does several steps that wait for the disk together ([`Repo::ref_batch`]). What a step must not be done
    /// before another one is safe, as a payment after its intent, does not belong in here.
    ///
    /// # Errors
    /// Those of `work`, and when the repository cannot be written.
    pub fn ref_batch<T>(&self, work: impl FnMut() -> Result<T>) -> Result<T> {
        self.repo.ref_batch(|| self.lock(), work)
    }

    /// Returns a file of a run's tree.
    ///
    /// # Errors
    /// When an object is missing.
    pub fn file(&self, head: Oid, path: &str) -> Result<Option<Vec<u8>>> {
        let tree = self.repo.commit(head)?.tree;
        let entry = self.repo.entry(tree, path.as_bytes())?;
        entry.map(|entry| self.repo.blob(entry.oid)).transpose()
    }

    /// Returns the patch of a variant; none when there is none.
    ///
    /// # Errors
    /// When it stayed in the clone that it came from, or an object is missing.
    pub fn patch(&self, recorded: &Recorded, variant: u32) -> Result<Option<Vec<u8>>> {
        let path = Variant::path(variant, "patch.diff");
        if let Some(patch) = self.file(recorded.head, &path)? {
            return Ok(Some(patch));
        }
        let Some(left) = self.left_behind(recorded, variant)? else { return Ok(None) };
        let run = &recorded.run;
        let home = run.home.as_ref().map_or("another user", |home| home.name.as_str());
        Err(Error::failed(format!("the patch of {}:{variant} is not here: it has {} bytes, more than sync sends", run.run, left.size))
            .hint(format!(
                "it is in the clone of {home}, SHA-256 {}: with a larger puff.sync.maxSize there, 'git puff sync' fetches it",
                left.sha256
            )))
    }

    /// Returns the patch of a variant that stayed in the clone that it came from, if it did.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn left_behind(&self, recorded: &Recorded, variant: u32) -> Result<Option<LeftFile>> {
        let Some(bytes) = self.file(recorded.head, LEFT)? else { return Ok(None) };
        let left: LeftBehind =
            serde_json::from_slice(&bytes).map_err(|cause| unreadable(recorded.run.run.as_str()).because(cause))?;
        let path = Variant::path(variant, "patch.diff");
        Ok(left.files.into_iter().find(|file| file.path == path))
    }

    /// Returns what was asked.
    ///
    /// # Errors
    /// When an object is missing.
    pub fn prompt(&self, recorded: &Recorded) -> Result<String> {
        let bytes = self.file(recorded.head, "prompt.md")?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Returns what the last review found out; none when there was none.
    ///
    /// # Errors
    /// When an object is missing, or a newer git-puff wrote it.
    pub fn review(&self, recorded: &Recorded) -> Result<Option<Review>> {
        let Some(bytes) = self.file(recorded.head, REVIEW)? else { return Ok(None) };
        let name = recorded.run.run.as_str();
        let review: Review = serde_json::from_slice(&bytes).map_err(|cause| unreadable(name).because(cause))?;
        review.schema.expect(documents::REVIEW).map_err(|cause| unreadable(name).because(cause))?;
        Ok(Some(review))
    }

    /// Proves that runs can be recorded here, by writing and removing a ref of ours.
    ///
    /// # Errors
    /// When they cannot.
    pub fn prove_writable(&self) -> Result<()> {
        let _lock = self.lock()?;
        let probe = self.repo.object_batch(|| {
            let (tree, identity) = (self.repo.edit_tree(None, [])?, &self.app.journalist());
            let message = "a test whether runs can be recorded here\n";
            self.repo.write_commit(&NewCommit { tree, parents: &[], identity, at: Time::UNIX_EPOCH, message })
        })?;
        const PROBE: &str = "refs/puff/probe";
        if let Some(left_over) = self.repo.ref_target(PROBE) {
            self.repo.delete_ref(PROBE, left_over)?;
        }
        self.repo.set_ref(PROBE, probe, Expected::Absent, "probe")?;
        Ok(self.repo.delete_ref(PROBE, probe)?)
    }

    /// Returns the lock that is held while refs of git-puff are written.
    ///
    /// # Errors
    /// When the git directory cannot be written.
    pub fn lock(&self) -> Result<FileLock> {
        self.layout.lock_for_writing()
    }

    /// Returns whether the run still exists: whether its ref is at the recorded step or a later one. Another run of the
    /// same name is another run. While [`RunStore::ref_batch`] collects steps, those steps are only written if this is
    /// still so.
    pub fn still_exists(&self, recorded: &Recorded) -> bool {
        let name = recorded.run.run.ref_name();
        let Some(there) = self.repo.ref_target(&name) else { return false };
        self.repo.require(&name, there);
        there == recorded.head || self.repo.is_ancestor(recorded.head, there).unwrap_or(false)
    }

    /// Returns a run as it was recorded by a commit of its journal.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn at(&self, id: &RunId, head: Oid) -> Result<Recorded> {
        self.read(id.as_str(), head)
    }

    /// Makes the step of a run's journal by which all is again as an earlier one had it; nothing names it yet.
    ///
    /// # Errors
    /// When the steps cannot be read, or nothing can be written.
    pub fn again(&self, id: &RunId, head: Oid, earlier: Oid) -> Result<Oid> {
        let now = self.app.clock.now();
        let mut run = self.at(id, earlier)?.run;
        run.updated_at = now.max(self.at(id, head)?.run.updated_at);
        self.repo.object_batch(|| {
            let old = self.repo.commit(earlier)?.tree;
            let change = Change::new(StepKind::Undo, "the pick was taken back");
            self.write(Some(old), &run, &change, &[head], run.updated_at)
        })
    }

    pub(super) fn read(&self, name: &str, head: Oid) -> Result<Recorded> {
        Ok(Recorded { run: read(name, &self.record(name, head)?)?, head })
    }

    pub(super) fn journals(&self) -> JournalStore<'a, Run> {
        JournalStore::new(self.repo)
    }

    /// Returns the bytes of a run's record.
    pub(super) fn record(&self, name: &str, head: Oid) -> Result<Vec<u8>> {
        self.journals().bytes(head, || unreadable(name))
    }

    /// Writes the files that a change makes, and returns where they go in a run's tree.
    fn edits(&self, run: &Run, change: &Change<'_>) -> Result<Vec<(String, Edit)>> {
        let views = change.views.map(|views| views(run)).unwrap_or_default();
        let edit = |(path, content): &(String, Option<Vec<u8>>)| {
            let edit = match content {
                Some(bytes) => Edit::Put(EntryKind::File, self.repo.write_blob(bytes)?),
                None => Edit::Remove,
            };
            Ok((path.clone(), edit))
        };
        change.files.iter().chain(&views).map(edit).collect()
    }

    /// Writes a step of a run's journal that changes this tree; no ref names it yet.
    fn write(&self, tree: Option<Oid>, run: &Run, change: &Change<'_>, parents: &[Oid], at: Time) -> Result<Oid> {
        let files = &self.edits(run, change)?;
        // Asked for here: who only reads need not wait until git has said who they are.
        let identity = &self.app.journalist();
        let message = &change.step.message(&change.subject);
        self.journals().write(run, &Step { tree, files, parents, identity, at, message })
    }
}

/// Returns what a record says.
fn read(name: &str, record: &[u8]) -> Result<Run> {
    journal::parse(record).map_err(|error| match error {
        RecordError::Schema(newer @ SchemaError::Newer { .. }) => {
            Error::cannot_work(format!("the run '{name}' was recorded by a newer git-puff: {newer}"))
                .hint("update git-puff; nothing was changed")
        }
        other => unreadable(name).because(other),
    })
}

/// Returns what a record says that may have come from anywhere.
///
/// # Errors
/// [`crate::error::Kind::CannotWork`] when a newer git-puff wrote it; otherwise when it is no record.
pub fn parse_run(record: &[u8]) -> Result<Run> {
    journal::parse(record).map_err(|error| match error {
        RecordError::Schema(newer @ SchemaError::Newer { .. }) => {
            Error::cannot_work(format!("a newer git-puff recorded it: {newer}")).hint("update git-puff")
        }
        other => Error::failed("cannot read its record").because(other),
    })
}

fn unreadable(name: &str) -> Error {
    Error::cannot_work(format!("cannot read the record of the run '{name}'"))
        .hint(format!("its history is in 'git log refs/puff/runs/{name}'"))
}

fn nothing_named(name: &str) -> Error {
    Error::failed(format!("no run named '{name}'")).hint("'git puff list' shows the runs of this repository")
}

/// Returns the SHA-256 of some bytes, in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
