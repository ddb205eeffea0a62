//! What is run of each variant beside its own checks: the tests of the base as they were, the new tests of all variants, and
//! probes, together in one tree. What is concluded from it is in [`crate::choice`].

use std::collections::{BTreeMap, BTreeSet};

use super::checks::Unit;
use super::worktrees;
use super::{Answer, Found};
use crate::app::App;
use crate::choice::blocks::{self, TestFile};
use crate::choice::classes::{self, Base, Change, Standing, Subject};
use crate::choice::overfit::{self, Code};
use crate::choice::results::{Outcome, TestResult};
use crate::choice::surface::{Part, Surface, with_settings_of};
use crate::choice::{assertions, excuses, probes, source};
use crate::error::{Error, Result, ResultExt};
use crate::git::{Edit, EntryKind, NewCommit, TreeChange};
use crate::model::{CheckStatus, Oid, Run};
use crate::settings;
use crate::store::sha256;

/// The largest file that is read, in bytes, and the most files of tests that are copied.
const LARGEST: usize = 256 << 10;
const MOST_FILES: usize = 24;

/// How many probes are made of the new tests of a variant.
const PROBES_OF_NEW: usize = 5;

/// A variant on trial.
struct Entrant {
    subject: Subject,
    tree: Oid,
    changes: Vec<TreeChange>,
    /// Its files of tests that are new or changed, by path.
    tests: BTreeMap<String, String>,
    /// Code that it changes: path, its text, that of the base.
    code: Vec<(String, String, String)>,
    /// The tree in which the tests of the base run on it.
    joint: Option<Oid>,
}

/// All trials of a review.
pub(super) struct Trials<'a> {
    app: &'a App,
    run: &'a Run,
    prompt: String,
    base_tree: Oid,
    surface: Surface,
    marker: String,
    commands: Vec<String>,
    entrants: Vec<Entrant>,
    base: Base,
    /// The files of tests of the base that are copied.
    files: BTreeMap<String, String>,
    /// The copies: path, content, and whether they are probes.
    extras: Vec<(String, Oid, bool)>,
    inputs: BTreeMap<(String, String), String>,
    base_joint: Option<Oid>,
    /// Copies kept tests of the base from running there.
    base_failed: bool,
}

/// Which copies of tests run beside those of the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copies {
    /// All.
    All,
    /// The new tests of the variants, and canaries.
    Tests,
    /// None.
    None,
}

impl<'a> Trials<'a> {
    /// Prepares the trials of a run whose own checks have run.
    ///
    /// # Errors
    /// When an object is missing.
    pub fn new(app: &'a App, run: &'a Run, prompt: &str, commands: &[String], found: &Found) -> Result<Trials<'a>> {
        let base_tree = app.repo.commit(run.base_oid)?.tree;
        let patterns: Vec<String> =
            app.settings.all(settings::REVIEW_TESTS).into_iter().map(|setting| setting.value.clone()).collect();
        let mut trials = Trials {
            app,
            run,
            prompt: prompt.to_owned(),
            base_tree,
            surface: Surface::new(&patterns, commands),
            marker: format!("q{}", &sha256(base_tree.to_string().as_bytes())[..6]),
            commands: Vec::new(),
            entrants: Vec::new(),
            base: Base { own: results(found, base_tree, commands), joint: Vec::new() },
            files: BTreeMap::new(),
            extras: Vec::new(),
            inputs: BTreeMap::new(),
            base_joint: None,
            base_failed: false,
        };
        let mut trees = BTreeSet::new();
        for variant in &run.variants {
            let Some(commit) = variant.commit else { continue };
            let tree = app.repo.commit(commit)?.tree;
            if found.contains_key(&tree) && trees.insert(tree) {
                let entrant = trials.entrant(variant.index, tree, commands, found)?;
                trials.entrants.push(entrant);
            }
        }
        // A check that names no test does not run copies of tests: a formatter would find fault with them.
        let names = |command: &&String| {
            found.values().flatten().any(|answer| answer.check.command == **command && !answer.results.is_empty())
        };
        trials.commands = commands.iter().filter(names).cloned().collect();
        if trials.entrants.is_empty() {
            return Ok(trials);
        }
        if trials.commands.is_empty() {
            trials.commands = commands.to_vec();
        } else {
            trials.excuse();
            trials.files = trials.files_of_base()?;
            trials.make_extras()?;
        }
        trials.excuse();
        trials.read_code();
        Ok(trials)
    }

    fn entrant(&self, index: u32, tree: Oid, commands: &[String], found: &Found) -> Result<Entrant> {
        let (changes, _) = self.app.repo.tree_changes(Some(self.base_tree), Some(tree))?;
        let answers = answers(found, tree, commands);
        let subject = Subject {
            index,
            passes: answers.len() == commands.len()
                && answers.iter().all(|answer| answer.check.status == CheckStatus::Passed),
            own: results(found, tree, commands),
            ..Subject::default()
        };
        let mut entrant = Entrant { subject, tree, changes, tests: BTreeMap::new(), code: Vec::new(), joint: None };
        for change in entrant.changes.clone() {
            let path = String::from_utf8_lossy(&change.path).into_owned();
            let old = change.old.and_then(|(_, oid)| self.text(oid)).unwrap_or_default();
            let new = change.new.and_then(|(_, oid)| self.text(oid));
            match self.surface.part(&path) {
                Some(Part::Tests) if Language::is_known(&path) => {
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
        // A test that moved to another file is neither changed nor gone.
        let moved = |change: &Change, of: &str| {
            let blocks = entrant.tests.iter().flat_map(|(path, text)| TestFile::parse(path, text).blocks);
            blocks.into_iter().any(|block| blocks::is_same(&block.text.replace(&block.name, &change.test), of))
        };
        let mut kept = entrant.subject.changes.clone();
        kept.retain(|change| {
            let old = self.app.repo.entry(self.base_tree, change.path.as_bytes()).ok().flatten();
            let old = old.and_then(|entry| self.text(entry.oid)).unwrap_or_default();
            let of = TestFile::parse(&change.path, &old).test(&change.test).map(|block| block.text.to_owned());
            change.text.is_some() || !of.is_some_and(|of| moved(change, &of))
        });
        let was: BTreeSet<String> = entrant.subject.changes.iter().map(|change| change.test.clone()).collect();
        let is: BTreeSet<String> = kept.iter().map(|change| change.test.clone()).collect();
        for test in was.difference(&is) {
            entrant.subject.brings.remove(test);
        }
        entrant.subject.changes = kept;
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

    fn text(&self, oid: Oid) -> Option<String> {
        self.app.repo.blob_size(oid).ok().filter(|size| *size <= LARGEST)?;
        String::from_utf8(self.app.repo.blob(oid).ok()?).ok()
    }

    /// Returns the files of tests of the base that are worth copying: all where there are few, else those that hold a test that
    /// failed, or name a file that was changed.
    fn files_of_base(&self) -> Result<BTreeMap<String, String>> {
        let mut found = Vec::new();
        self.list(self.base_tree, "", &mut found)?;
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
        let is_few = found.len() <= MOST_FILES;
        let mut files = BTreeMap::new();
        for (path, oid) in found.into_iter().take(4000) {
            let Some(text) = self.text(oid) else { continue };
            let fails =
                || TestFile::parse(&path, &text).blocks.iter().any(|block| failed.contains(block.name.as_str()));
            if excuses::is_certain(&text) && (is_few || stems.iter().any(|stem| text.contains(stem)) || fails()) {
                files.insert(path, text);
            }
            if files.len() >= MOST_FILES {
                break;
            }
        }
        Ok(files)
    }

    fn list(&self, tree: Oid, folder: &str, found: &mut Vec<(String, Oid)>) -> Result<()> {
        for entry in self.app.repo.entries(tree)? {
            let Ok(name) = std::str::from_utf8(&entry.name) else { continue };
            let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            match entry.kind {
                EntryKind::Tree => self.list(entry.oid, &path, found)?,
                EntryKind::File | EntryKind::Executable
                    if self.surface.part(&path) == Some(Part::Tests) && Language::is_known(&path) =>
                {
                    found.push((path, entry.oid));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes the copies of tests: probes and canaries of the base's, and the new tests of each variant with probes and canaries of
    /// those.
    fn make_extras(&mut self) -> Result<()> {
        let marker = self.marker.clone();
        let mut copies: Vec<(String, String, String)> = Vec::new();
        let mut inputs = Vec::new();
        let mut vary = |path: &str,
                        text: &str,
                        marker: &str,
                        most: usize,
                        wanted: Option<&BTreeSet<String>>,
                        copies: &mut Vec<_>| {
            for number in 1..=most {
                let name = format!("{marker}p{number}");
                if let Some(probe) = probes::probe(path, text, number) {
                    inputs.extend(probe.inputs.into_iter().map(|(test, input)| ((name.clone(), test), input)));
                    copies.push((path.to_owned(), name.clone(), blocks::copy(path, &probe.text, &name, wanted)));
                }
            }
            if let Some(text) = probes::canary(path, text) {
                let name = format!("{marker}c");
                copies.push((path.to_owned(), name.clone(), blocks::copy(path, &text, &name, wanted)));
            }
        };
        for (path, text) in &self.files {
            // What variants remove with a reason would not load on them.
            let mut text = text.clone();
            for entrant in self.entrants.iter().filter(|entrant| entrant.subject.passes) {
                let excused: BTreeSet<String> = entrant.subject.excused.keys().cloned().collect();
                text = blocks::restored(path, &text, entrant.tests.get(path).map(String::as_str), &excused);
            }
            vary(path, &text, &marker, probes::PROBES, None, &mut copies);
        }
        let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
        for entrant in self.entrants.iter().filter(|entrant| entrant.subject.passes) {
            let marker = format!("{marker}v{}", entrant.subject.index);
            for (path, text) in entrant.tests.iter().filter(|(_, text)| excuses::is_certain(text)) {
                let named = TestFile::parse(path, text).blocks.into_iter().map(|block| block.name);
                let wanted: BTreeSet<String> = named.filter(|name| entrant.subject.brings.contains(name)).collect();
                if wanted.is_empty() {
                    continue;
                }
                copies.push((path.clone(), marker.clone(), blocks::copy(path, text, &marker, Some(&wanted))));
                if seen.insert((path.clone(), text.clone())) {
                    vary(path, text, &marker, PROBES_OF_NEW, Some(&wanted), &mut copies);
                }
            }
        }
        self.inputs = inputs.into_iter().collect();
        // Each program of tests in Rust is linked by itself: one holds all copies.
        let mut files: BTreeMap<(String, bool), String> = BTreeMap::new();
        for (path, marker, text) in copies {
            let is_probe = marker.rsplit_once('p').is_some_and(|(_, number)| number.parse::<u32>().is_ok());
            if path.ends_with(".rs") {
                let kind = if is_probe { "p" } else { "t" };
                if let Some(path) = blocks::copy_path(&path, &format!("{}{kind}", self.marker)) {
                    *files.entry((path, is_probe)).or_default() += &format!("mod {marker} {{\n{text}\n}}\n");
                }
            } else if let Some(path) = blocks::copy_path(&path, &marker) {
                files.insert((path, is_probe), text);
            }
        }
        for ((path, is_probe), text) in files {
            let blob = self.app.repo.write_blob(text.as_bytes())?;
            self.extras.push((path, blob, is_probe));
        }
        self.extras.extend(self.new_support().into_iter().map(|(path, oid)| (path, oid, false)));
        Ok(())
    }

    /// Returns files that tests read and that variants add, where all who add one agree on it.
    fn new_support(&self) -> Vec<(String, Oid)> {
        let mut found: BTreeMap<String, Option<Oid>> = BTreeMap::new();
        for change in self.entrants.iter().filter(|entrant| entrant.subject.passes).flat_map(|entrant| &entrant.changes)
        {
            let path = String::from_utf8_lossy(&change.path).into_owned();
            let (None, Some((EntryKind::File, oid))) = (change.old, change.new) else { continue };
            if self.surface.part(&path) == Some(Part::Support) {
                let same = found.entry(path).or_insert(Some(oid));
                *same = same.filter(|known| *known == oid);
            }
        }
        found.into_iter().filter_map(|(path, oid)| Some((path, oid?))).collect()
    }

    /// Finds out which changes of tests that passed on the base have a reason.
    fn excuse(&mut self) {
        let held = |test: &str| {
            let of = |found: &&TestResult| found.name == test || found.name.ends_with(&format!("::{test}"));
            let outcomes: Vec<Outcome> = self.base.own.iter().filter(of).map(|found| found.outcome).collect();
            !outcomes.is_empty() && outcomes.iter().all(|outcome| *outcome == Outcome::Passed)
        };
        let passing: Vec<&Entrant> = self.entrants.iter().filter(|entrant| entrant.subject.passes).collect();
        let mut excused: Vec<(BTreeMap<String, String>, BTreeMap<String, String>)> = Vec::new();
        for entrant in &self.entrants {
            let others: Vec<&&Entrant> =
                passing.iter().filter(|other| other.subject.shape != entrant.subject.shape).collect();
            let (mut tests, mut files) = (BTreeMap::new(), BTreeMap::new());
            for change in entrant.subject.changes.iter().filter(|change| held(&change.test)) {
                let text = self.block(&change.path, &change.test).unwrap_or_default();
                let asked = match change.text {
                    None => excuses::to_remove(&self.prompt, &text),
                    Some(_) => excuses::to_change(&self.prompt, &text),
                };
                let of = |other: &&&Entrant| other.subject.changes.iter().find(|one| one.test == change.test).cloned();
                let alike = others.iter().any(|other| of(other).is_some_and(|one| one.text == change.text));
                let all = others.iter().all(|other| of(other).is_some());
                let asked = asked.or_else(|| (alike && all).then(|| "all variants that pass do".to_owned()));
                tests.extend(asked.map(|why| (change.test.clone(), why)));
            }
            for path in entrant.subject.surface.iter().filter(|path| self.surface.part(path) == Some(Part::Support)) {
                let of =
                    |entrant: &Entrant| entrant.changes.iter().find(|change| change.path == path.as_bytes()).cloned();
                let ours = of(entrant);
                if ours.as_ref().is_some_and(|ours| ours.old.is_none()) {
                    continue;
                }
                let asked = excuses::to_change(&self.prompt, path);
                let alike = others.iter().any(|other| of(other).map(|one| one.new) == ours.as_ref().map(|one| one.new));
                let all = others.iter().all(|other| of(other).is_some());
                let asked = asked.or_else(|| (alike && all).then(|| "all variants that pass do".to_owned()));
                files.extend(asked.map(|why| (path.clone(), why)));
            }
            excused.push((tests, files));
        }
        let removed: BTreeSet<(String, String)> = self
            .entrants
            .iter()
            .zip(&excused)
            .filter(|(entrant, _)| entrant.subject.passes)
            .flat_map(|(entrant, (tests, _))| {
                let gone = entrant.subject.changes.iter().filter(|change| change.text.is_none());
                let asked = gone.filter_map(|change| Some((change.test.clone(), tests.get(&change.test)?.clone())));
                asked.filter(|(_, why)| why.starts_with("the task")).collect::<Vec<_>>()
            })
            .collect();
        for (entrant, (tests, files)) in self.entrants.iter_mut().zip(excused) {
            let keeps =
                removed.iter().find(|(test, _)| !entrant.subject.changes.iter().any(|change| change.test == *test));
            entrant.subject.keeps = keeps.map(|(test, why)| format!("keeps what {test} is about, though {why}"));
            let blob = |path: &String| {
                let change = entrant.changes.iter().find(|change| change.path == path.as_bytes())?;
                Some((path.clone(), change.new?.1.to_string()))
            };
            entrant.subject.excused_blobs = files.keys().filter_map(blob).collect();
            (entrant.subject.excused, entrant.subject.excused_files) = (tests, files);
        }
    }

    fn block(&self, path: &str, test: &str) -> Option<String> {
        let text = self.text(self.app.repo.entry(self.base_tree, path.as_bytes()).ok()??.oid)?;
        TestFile::parse(path, &text).test(test).map(|block| block.text.to_owned())
    }

    /// Looks in the code of the variants for what was written for the tests.
    fn read_code(&mut self) {
        let mut cases = Vec::new();
        let mut found = Vec::new();
        if self.list(self.base_tree, "", &mut found).is_ok() {
            for (path, oid) in found.into_iter().take(200) {
                let text = self.text(oid).unwrap_or_default();
                cases.extend(assertions::Assertions::parse(&path, &text).into_iter().flat_map(|read| read.cases()));
            }
        }
        let failed: BTreeSet<String> =
            self.base.own.iter().filter(|test| test.outcome == Outcome::Failed).map(|test| test.name.clone()).collect();
        let of_failed: Vec<_> =
            cases.iter().filter(|case| case.test.as_ref().is_some_and(|test| failed.contains(test))).cloned().collect();
        for entrant in &mut self.entrants {
            let code = entrant.code();
            entrant.subject.held = overfit::held(&code, &cases)
                .or_else(|| overfit::held(&code, &of_failed).filter(|_| of_failed.len() > 1));
        }
    }

    /// Returns what is to be run on the base and on each variant that passes its own checks: with all copies, or with fewer on
    /// those where tests of the base were missing then.
    ///
    /// # Errors
    /// When a tree cannot be made.
    pub fn units(&mut self, copies: Copies) -> Result<Vec<Unit>> {
        let mut units = Vec::new();
        let base_failed = std::mem::take(&mut self.base_failed);
        if copies != Copies::None && !self.extras.is_empty() && (copies == Copies::All || base_failed) {
            let tree = self.joint_tree(None, self.base_tree, copies)?;
            self.base_joint = Some(tree);
            units.push(self.unit(0, tree, "base with the tests of all variants")?);
        }
        for place in 0..self.entrants.len() {
            let wanted = copies == Copies::All || base_failed || (copies == Copies::None && self.lacks(place));
            if !self.entrants[place].subject.passes || !wanted {
                continue;
            }
            let tree = self.joint_tree(Some(place), self.entrants[place].tree, copies)?;
            self.entrants[place].joint = Some(tree).filter(|tree| *tree != self.entrants[place].tree);
            if self.entrants[place].joint.is_some() {
                let index = self.entrants[place].subject.index;
                let what = if copies == Copies::None {
                    "the tests of the base"
                } else {
                    "the tests of the base and of all variants"
                };
                units.push(self.unit(index, tree, &format!("var{index} with {what}"))?);
            } else {
                self.entrants[place].subject.joint = Vec::new();
            }
        }
        let mut trees = BTreeSet::new();
        units.retain(|unit| trees.insert(unit.tree));
        Ok(units)
    }

    /// Returns whether tests of the base are missing in what ran on a variant: a copy beside them may not load.
    fn lacks(&self, place: usize) -> bool {
        let subject = &self.entrants[place].subject;
        let has = |test: &&TestResult| subject.joint.iter().any(|other| other.id() == test.id());
        let is_excused = |test: &TestResult| subject.excused.keys().any(|name| test.name.ends_with(name.as_str()));
        let mut required = self.base.own.iter().filter(|test| test.outcome != Outcome::Skipped && !is_excused(test));
        self.entrants[place].joint.is_some() && !required.all(|test| has(&test))
    }

    fn unit(&self, index: u32, tree: Oid, label: &str) -> Result<Unit> {
        let run = self.run;
        let identity = run.identity.clone().map_or_else(|| self.app.identity(), Ok)?;
        let message = format!("{label}\n");
        let new =
            NewCommit { tree, parents: &[run.base_oid], identity: &identity, at: run.created_at, message: &message };
        let commit = self.app.repo.write_commit(&new)?;
        let folder = worktrees::free_folder(self.app, run, Some(index))?;
        Ok(Unit {
            of: vec![index],
            commit,
            tree,
            folder,
            commands: self.commands.clone(),
            label: Some(label.to_owned()),
        })
    }

    /// Makes the tree of a variant with the test surface of the base, and the copies beside.
    fn joint_tree(&self, place: Option<usize>, tree: Oid, copies: Copies) -> Result<Oid> {
        let mut edits: Vec<(Vec<u8>, Edit)> = Vec::new();
        for change in place.iter().flat_map(|place| &self.entrants[*place].changes) {
            let path = String::from_utf8_lossy(&change.path).into_owned();
            let text = |side: Option<(EntryKind, Oid)>| side.and_then(|(_, oid)| self.text(oid));
            let subject = place.map(|place| &self.entrants[place].subject);
            let edit = match (self.surface.part(&path), change.old) {
                (None, Some((kind, _))) => {
                    let (old, new) = (text(change.old).unwrap_or_default(), text(change.new));
                    let Some(made) = new.and_then(|new| with_settings_of(&path, &old, &new)) else { continue };
                    Edit::Put(kind, self.app.repo.write_blob(made.as_bytes())?)
                }
                (None, None) => continue,
                (Some(Part::Tests), Some((kind, oid))) => {
                    let excused: BTreeSet<String> =
                        subject.iter().flat_map(|subject| subject.excused.keys()).cloned().collect();
                    match text(change.old).filter(|_| !excused.is_empty()) {
                        Some(old) => {
                            let made = blocks::restored(&path, &old, text(change.new).as_deref(), &excused);
                            Edit::Put(kind, self.app.repo.write_blob(made.as_bytes())?)
                        }
                        None => Edit::Put(kind, oid),
                    }
                }
                (Some(_), Some((kind, oid))) => Edit::Put(kind, oid),
                // Where no test is told from others, those that are new are a part of the check.
                (Some(Part::Tests | Part::Support), None) if self.base.own.is_empty() && self.extras.is_empty() => {
                    continue;
                }
                (Some(_), None) => Edit::Remove,
            };
            edits.push((change.path.clone(), edit));
        }
        let extras = self.extras.iter().filter(|(.., is_probe)| match copies {
            Copies::All => true,
            Copies::Tests => !is_probe,
            Copies::None => false,
        });
        edits.extend(extras.map(|(path, oid, _)| (path.clone().into_bytes(), Edit::Put(EntryKind::File, *oid))));
        self.app
            .repo
            .edit_tree(Some(tree), edits.iter().map(|(path, edit)| (path.as_slice(), *edit)))
            .map_err(|error| Error::failed("cannot make the tree of a trial").because(error))
    }

    /// Takes in what ran.
    pub fn hear(&mut self, found: &Found) {
        if let Some(tree) = self.base_joint {
            self.base.joint = results(found, tree, &self.commands);
            let has = |test: &&TestResult| self.base.joint.iter().any(|other| other.id() == test.id());
            // A copy that does not load, or does not end, may take all others with it.
            if !self.base.own.iter().filter(|test| test.outcome != Outcome::Skipped).all(|test| has(&test)) {
                self.base_failed = true;
                self.base.joint = Vec::new();
                self.base_joint = None;
            }
        }
        for entrant in &mut self.entrants {
            let Some(tree) = entrant.joint else { continue };
            entrant.subject.joint = results(found, tree, &self.commands);
            let ran = answers(found, tree, &self.commands);
            let passes = ran.iter().all(|answer| answer.check.status == CheckStatus::Passed);
            entrant.subject.joint_passes = (!ran.is_empty()).then_some(passes);
        }
    }

    /// Returns what is to be run to see whether a variant that asks if it is tested gives the same where it cannot tell.
    ///
    /// # Errors
    /// When a tree cannot be made.
    pub fn blinded(&self) -> Result<Vec<(u32, overfit::Sign, Unit)>> {
        let mut units = Vec::new();
        for entrant in self.entrants.iter().filter(|entrant| entrant.subject.passes) {
            let of_base = |word: &str| entrant.code.iter().any(|(_, _, base)| base.contains(word));
            let signs = overfit::aware(&entrant.code(), &of_base);
            let Some(sign) = signs.first().cloned() else { continue };
            let mut edits: Vec<(Vec<u8>, Edit)> = Vec::new();
            for (path, text, _) in &entrant.code {
                let lines: BTreeSet<usize> =
                    signs.iter().filter(|sign| sign.path == *path).map(|sign| sign.line).collect();
                if lines.is_empty() {
                    continue;
                }
                let made: Vec<String> = text
                    .lines()
                    .enumerate()
                    .map(
                        |(number, line)| {
                            if lines.contains(&(number + 1)) { overfit::blind(line) } else { line.to_owned() }
                        },
                    )
                    .collect();
                let blob = self.app.repo.write_blob(format!("{}\n", made.join("\n")).as_bytes())?;
                edits.push((path.clone().into_bytes(), Edit::Put(EntryKind::File, blob)));
            }
            let from = entrant.joint.unwrap_or(entrant.tree);
            let tree = self
                .app
                .repo
                .edit_tree(Some(from), edits.iter().map(|(path, edit)| (path.as_slice(), *edit)))
                .or_fail(|| "cannot make the tree of a trial".to_owned())?;
            let index = entrant.subject.index;
            units.push((index, sign, self.unit(index, tree, &format!("var{index} without knowing of tests"))?));
        }
        Ok(units)
    }

    /// Takes in what ran of a variant that could not tell whether it is tested.
    pub fn hear_blinded(&mut self, index: u32, sign: overfit::Sign, tree: Oid, found: &Found) {
        let blind = results(found, tree, &self.commands);
        let required: Vec<_> =
            self.base.own.iter().filter(|test| test.outcome != Outcome::Skipped).map(TestResult::id).collect();
        let Some(entrant) = self.entrants.iter_mut().find(|entrant| entrant.subject.index == index) else { return };
        let seen = if entrant.subject.joint.is_empty() { &entrant.subject.own } else { &entrant.subject.joint };
        let passed =
            |tests: &[TestResult], id| tests.iter().any(|test| test.id() == id && test.outcome == Outcome::Passed);
        if required.into_iter().any(|id| passed(seen, id.clone()) && !passed(&blind, id)) {
            entrant.subject.aware = Some(sign);
        }
    }

    /// Returns the units of the variants that fail only what passes on the base: a second run tells whether that is certain.
    pub fn uncertain(&self, units: &[Unit]) -> Vec<Unit> {
        let passes_on_base: BTreeSet<_> =
            self.base.own.iter().filter(|test| test.outcome == Outcome::Passed).map(TestResult::id).collect();
        let is_uncertain = |entrant: &&Entrant| {
            let failed: Vec<_> = entrant.subject.own.iter().filter(|test| test.outcome == Outcome::Failed).collect();
            let touched = |test: &&TestResult| entrant.subject.changes.iter().any(|change| change.test == test.name);
            !entrant.subject.passes
                && !failed.is_empty()
                && failed.len() <= 3
                && failed.iter().all(|test| passes_on_base.contains(&test.id()) && !touched(test))
        };
        let uncertain: Vec<u32> =
            self.entrants.iter().filter(is_uncertain).map(|entrant| entrant.subject.index).collect();
        units
            .iter()
            .filter(|unit| unit.label.is_none() && unit.of.iter().any(|index| uncertain.contains(index)))
            .cloned()
            .collect()
    }

    /// Judges all variants, by their numbers.
    pub fn judge(&self) -> BTreeMap<u32, Standing> {
        let subjects: Vec<Subject> = self.entrants.iter().map(|entrant| entrant.subject.clone()).collect();
        classes::judge(&self.base, &subjects, &self.marker, &self.inputs)
    }
}

/// The languages whose tests are told apart.
struct Language;

impl Language {
    fn is_known(path: &str) -> bool {
        source::Language::of(path).is_some()
    }
}

impl Entrant {
    fn code(&self) -> Vec<Code<'_>> {
        self.code.iter().map(|(path, text, base)| Code { path, text, base }).collect()
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

fn answers<'f>(found: &'f Found, tree: Oid, commands: &[String]) -> Vec<&'f Answer> {
    let all = found.get(&tree).into_iter().flatten();
    all.filter(|answer| commands.contains(&answer.check.command)).collect()
}

/// Returns the tests of all checks on a content; those of a second check are told from those of the first.
fn results(found: &Found, tree: Oid, commands: &[String]) -> Vec<TestResult> {
    let all = commands.iter().enumerate().filter_map(|(number, command)| {
        let answer = found.get(&tree)?.iter().find(|answer| answer.check.command == *command)?;
        let prefix = if number == 0 { String::new() } else { format!("{command}: ") };
        let of = move |test: &TestResult| TestResult { group: format!("{prefix}{}", test.group), ..test.clone() };
        Some(answer.results.iter().map(of).collect::<Vec<_>>())
    });
    all.flatten().collect()
}
