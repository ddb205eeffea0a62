//! The copies of tests that run beside those of the base.

use std::collections::{BTreeMap, BTreeSet};

use super::Trials;
use crate::choice::blocks::{self, TestFile};
use crate::choice::material::{Calls, Material};
use crate::choice::probes;
use crate::choice::results::Outcome;
use crate::choice::surface::Part;
use crate::error::Result;
use crate::git::EntryKind;
use crate::model::Oid;

/// The most files of tests of the base that are copied.
const MOST_FILES: usize = 24;

/// How many probes are made of the new tests of a variant at most.
const PROBES_OF_NEW: usize = 8;

/// A file beside the tests of the base.
pub(super) struct Copy {
    pub(super) path: String,
    pub(super) blob: Oid,
    pub(super) kind: CopyKind,
}

/// What a copy of tests is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CopyKind {
    /// It passes something else.
    Probe,
    /// It passes something else, with which code is likely to end.
    Mild,
    /// It wants something else.
    Canary,
    /// A variant brings it.
    New,
}

impl Trials<'_> {
    /// Returns the files of tests of the base that are worth copying: all where there are few, else those that hold a test that
    /// failed, or name a file that was changed.
    fn files_to_copy(&self) -> BTreeMap<&str, String> {
        let stems: BTreeSet<String> = self
            .entrants
            .iter()
            .flat_map(|entrant| &entrant.code)
            .filter_map(|(path, ..)| {
                let stem = path.rsplit('/').next()?.split('.').next()?;
                Some(stem.to_owned()).filter(|stem| stem.len() > 2)
            })
            .collect();
        let failed: BTreeSet<&str> = self
            .base
            .own
            .iter()
            .filter(|test| test.outcome == Outcome::Failed)
            .map(|test| test.name.as_str())
            .collect();
        let is_few = self.test_files.len() <= MOST_FILES;
        let mut files = BTreeMap::new();
        for (path, oid) in self.test_files.iter().take(4000) {
            let Some(text) = self.text(*oid) else { continue };
            let fails = || TestFile::parse(path, &text).blocks.iter().any(|block| failed.contains(block.name.as_str()));
            let is_about = is_few || stems.iter().any(|stem| text.contains(stem)) || fails();
            if !probes::is_uncertain(&text) && is_about {
                files.insert(path.as_str(), text);
            }
            if files.len() >= MOST_FILES {
                break;
            }
        }
        files
    }

    /// Makes the copies of tests: probes and canaries of the base's, and the new tests of each variant with probes of those.
    pub(super) fn make_copies(&mut self) -> Result<()> {
        let tried = || self.entrants.iter().filter(|entrant| entrant.is_tried);
        let mut files = self.files_to_copy();
        // What variants remove with a reason would not load on them.
        for (path, text) in &mut files {
            for entrant in tried() {
                let ours = entrant.tests.get(*path).map(String::as_str);
                *text = blocks::restored(path, text, ours, &entrant.excused());
            }
        }
        let of_base: BTreeMap<&str, Calls<'_>> =
            files.iter().map(|(path, text)| (*path, Calls::read(path, text))).collect();
        let new = tried().flat_map(|entrant| &entrant.tests).map(|(path, text)| (path.as_str(), text.as_str()));
        let mut of_new: BTreeMap<(&str, &str), Calls<'_>> = BTreeMap::new();
        for (path, text) in new {
            of_new.entry((path, text)).or_insert_with(|| Calls::read(path, text));
        }
        let material = Material::gather(of_base.values().chain(of_new.values()), &self.prompt);
        let tests = files.iter().map(|(path, text)| TestFile::parse(path, text).blocks.len()).sum();
        let mut made = Copies::default();
        for (path, text) in &files {
            let numbers = (1..=probes::count(tests)).chain(probes::examples());
            made.probes((path, &of_base[path]), &self.marker, numbers, &material, CopyKind::Probe, None);
            if let Some(text) = probes::canary(path, text) {
                made.add(path, &text, format!("{}c", self.marker), CopyKind::Canary, None);
            }
        }
        let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
        for entrant in tried() {
            let marker = format!("{}v{}", self.marker, entrant.subject.index);
            for (path, text) in entrant.tests.iter().filter(|(_, text)| !probes::is_uncertain(text)) {
                let named = TestFile::parse(path, text).blocks.into_iter().map(|block| block.name);
                let wanted: BTreeSet<String> = named.filter(|name| entrant.subject.brings.contains(name)).collect();
                if wanted.is_empty() {
                    continue;
                }
                made.add(path, text, marker.clone(), CopyKind::New, Some(&wanted));
                if seen.insert((path, text)) {
                    let numbers = (1..=PROBES_OF_NEW).chain(probes::examples());
                    let calls = &of_new[&(path.as_str(), text.as_str())];
                    made.probes((path, calls), &marker, numbers, &material, CopyKind::New, Some(&wanted));
                }
            }
        }
        self.inputs = made.inputs;
        for ((path, kind), text) in made.files {
            let Some(path) = path.filter(|_| !text.is_empty()) else { continue };
            self.copies.push(Copy { path, blob: self.app.repo.write_blob(text.as_bytes())?, kind });
        }
        if self.copies.iter().any(|copy| copy.kind == CopyKind::New) {
            let support = self.new_support().into_iter();
            self.copies.extend(support.map(|(path, blob)| Copy { path, blob, kind: CopyKind::New }));
        }
        Ok(())
    }

    /// Returns files that tests read and that variants add, where all who add one agree on it.
    fn new_support(&self) -> Vec<(String, Oid)> {
        let mut found: BTreeMap<String, Option<Oid>> = BTreeMap::new();
        for change in self.entrants.iter().filter(|entrant| entrant.is_tried).flat_map(|entrant| &entrant.changes) {
            let path = String::from_utf8_lossy(&change.path).into_owned();
            let (None, Some((EntryKind::File, oid))) = (change.old, change.new) else { continue };
            if self.surface.part(&path) == Some(Part::Support) {
                let same = found.entry(path).or_insert(Some(oid));
                *same = same.filter(|known| *known == oid);
            }
        }
        found.into_iter().filter_map(|(path, oid)| Some((path, oid?))).collect()
    }
}

/// Copies of files of tests, as they are made.
#[derive(Default)]
struct Copies {
    /// The text of each file; none for a path where a copy is not found by the runner.
    files: BTreeMap<(Option<String>, CopyKind), String>,
    inputs: BTreeMap<(String, String), String>,
}

impl Copies {
    /// Adds a copy of those tests of a file that are wanted.
    fn add(&mut self, path: &str, text: &str, marker: String, kind: CopyKind, wanted: Option<&BTreeSet<String>>) {
        let copy = blocks::copy(path, text, &marker, wanted);
        if path.ends_with(".rs") {
            // Each program of tests in Rust is linked by itself: one holds all copies of a kind.
            let name = format!("copies_{}", format!("{kind:?}").to_lowercase());
            let file = self.files.entry((blocks::copy_path(path, &name), kind)).or_default();
            *file += &format!("mod {marker} {{\n{copy}\n}}\n");
        } else {
            self.files.insert((blocks::copy_path(path, &marker), kind), copy);
        }
    }

    /// Adds probes of a file.
    fn probes(
        &mut self,
        (path, calls): (&str, &Calls<'_>),
        marker: &str,
        numbers: impl Iterator<Item = usize>,
        material: &Material,
        kind: CopyKind,
        wanted: Option<&BTreeSet<String>>,
    ) {
        for number in numbers {
            let name = format!("{marker}p{number}");
            if let Some(probe) = probes::probe(calls, number, material) {
                let inputs = probe.inputs.into_iter().map(|(test, input)| ((name.clone(), test), input));
                self.inputs.extend(inputs);
                let kind = if kind == CopyKind::Probe && probe.is_mild { CopyKind::Mild } else { kind };
                self.add(path, &probe.text, name, kind, wanted);
            }
        }
    }
}
