//! A variant on trial: what it changes, of code and of tests.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Found;
use super::{Trials, passes, results};
use crate::choice::blocks::{self, TestFile};
use crate::choice::classes::{Change, Subject};
use crate::choice::overfit::Code;
use crate::choice::results::Outcome;
use crate::choice::source;
use crate::choice::surface::{Part, with_settings_of};
use crate::error::Result;
use crate::git::TreeChange;
use crate::model::Oid;
use crate::store::sha256;

/// A variant on trial.
pub(super) struct Entrant {
    pub(super) subject: Subject,
    pub(super) tree: Oid,
    /// It passes its own checks, or fails only tests that do not always end alike.
    pub(super) is_tried: bool,
    pub(super) changes: Vec<TreeChange>,
    /// Its files of tests that are new or changed, by path.
    pub(super) tests: BTreeMap<String, String>,
    /// Code that it changes: path, its text, that of the base.
    pub(super) code: Vec<(String, String, String)>,
}

impl Trials<'_> {
    /// Reads what a variant changes.
    ///
    /// # Errors
    /// When an object is missing.
    pub(super) fn entrant(&self, index: u32, tree: Oid, found: &Found) -> Result<Entrant> {
        let (changes, _) = self.app.repo.tree_changes(Some(self.base_tree), Some(tree))?;
        let subject = Subject {
            index,
            passes: passes(found, tree, self.checks),
            own: results(found, tree, self.checks),
            ..Subject::default()
        };
        let mut failed = subject.own.iter().filter(|test| test.outcome == Outcome::Failed).peekable();
        let is_tried =
            subject.passes || failed.peek().is_some() && failed.all(|test| self.base.flaky.contains(&test.id()));
        let mut entrant = Entrant { subject, tree, is_tried, changes, tests: BTreeMap::new(), code: Vec::new() };
        for change in entrant.changes.clone() {
            let path = String::from_utf8_lossy(&change.path).into_owned();
            let old = change.old.and_then(|(_, oid)| self.text(oid)).unwrap_or_default();
            let new = change.new.and_then(|(_, oid)| self.text(oid));
            match self.surface.part(&path) {
                Some(Part::Tests) if source::Language::of(&path).is_some() => {
                    entrant.add_tests(&path, &old, new.as_deref());
                    entrant.tests.extend(new.map(|new| (path, new)));
                }
                Some(_) => entrant.subject.surface.push(path),
                None => {
                    let new = new.unwrap_or_default();
                    if with_settings_of(&path, &old, &new).is_some() {
                        entrant.subject.surface.push(path.clone());
                    }
                    entrant.code.push((path, new, old));
                }
            }
        }
        entrant.forget_moved();
        let shape: Vec<String> = entrant
            .code
            .iter()
            .filter_map(|(path, new, _)| {
                let language = source::Language::of(path)?;
                Some(format!("{path}\0{}", source::shape(new, language).join(" ")))
            })
            .collect();
        let others = entrant.changes.iter().filter(|change| {
            let path = String::from_utf8_lossy(&change.path);
            self.surface.part(&path).is_none() && source::Language::of(&path).is_none()
        });
        let others: Vec<String> = others.map(|change| format!("{change:?}")).collect();
        entrant.subject.shape = sha256([shape, others].concat().join("\n").as_bytes());
        Ok(entrant)
    }
}

impl Entrant {
    /// Returns the names of the tests that it may change.
    pub(super) fn excused(&self) -> BTreeSet<String> {
        self.subject.excused.keys().cloned().collect()
    }

    /// Returns the code that it changes.
    pub(super) fn code(&self) -> Vec<Code<'_>> {
        self.code.iter().map(|(path, text, base)| Code { path, text, base }).collect()
    }

    /// Forgets the tests that are the same in another file, or have another name: they are neither changed nor gone.
    fn forget_moved(&mut self) {
        let is_moved = |change: &Change| {
            let mut blocks = self.tests.iter().flat_map(|(path, text)| TestFile::parse(path, text).blocks);
            change.text.is_none()
                && blocks.any(|block| blocks::is_same(&block.text.replace(&block.name, &change.test), &change.was))
        };
        let (moved, kept): (Vec<Change>, Vec<Change>) = self.subject.changes.iter().cloned().partition(is_moved);
        self.subject.changes = kept;
        self.subject.brings.retain(|test| !moved.iter().any(|change| change.test == *test));
    }

    /// Compares a file of tests with that of the base.
    fn add_tests(&mut self, path: &str, old: &str, new: Option<&str>) {
        let (before, after) = (TestFile::parse(path, old), TestFile::parse(path, new.unwrap_or_default()));
        for block in &before.blocks {
            let now = after.test(&block.name);
            if now.is_none_or(|now| !blocks::is_same(now.text, block.text)) {
                self.subject.changes.push(Change {
                    path: path.to_owned(),
                    line: old[..block.name_at.start].matches('\n').count() + 1,
                    test: block.name.clone(),
                    was: block.text.to_owned(),
                    text: now.map(|now| now.text.to_owned()),
                });
            }
        }
        let is_new = |name: &str, text: &str| before.test(name).is_none_or(|was| !blocks::is_same(was.text, text));
        let brought = after.blocks.iter().filter(|block| is_new(&block.name, block.text));
        self.subject.brings.extend(brought.map(|block| block.name.clone()));
        if before.preamble != after.preamble && !old.is_empty() || before.blocks.is_empty() {
            self.subject.surface.push(path.to_owned());
        }
    }
}
