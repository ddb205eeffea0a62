//! What is run of each variant beside its own checks: the tests of the base as they were, the new tests of all variants, and
//! probes, together in one tree. What is concluded from it is in [`crate::choice`].

mod copies;
mod entrant;
mod excused;

use std::collections::{BTreeMap, BTreeSet};

use self::copies::{Copy, CopyKind};
use self::entrant::Entrant;
use super::checks::{Trial, Unit};
use super::{Found, worktrees};
use crate::app::App;
use crate::choice::blocks;
use crate::choice::classes::{self, Base, Standing, Subject};
use crate::choice::overfit;
use crate::choice::results::{Outcome, TestResult};
use crate::choice::surface::{Part, Surface, with_settings_of};
use crate::choice::{assertions, source};
use crate::error::{Result, ResultExt};
use crate::git::{Edit, EntryKind, NewCommit};
use crate::model::{CheckStatus, Oid, Run};
use crate::settings;
use crate::store::sha256;

/// The largest file that is read, in bytes.
const LARGEST: usize = 256 << 10;

const NO_TREE: &str = "cannot make the tree of a trial";

/// All trials of a review.
pub(super) struct Trials<'a> {
    app: &'a App,
    run: &'a Run,
    prompt: String,
    base_tree: Oid,
    surface: Surface,
    marker: String,
    /// All checks, and those of them that a trial runs.
    checks: &'a [String],
    commands: Vec<String>,
    entrants: Vec<Entrant>,
    base: Base,
    /// The files of tests of the base.
    test_files: Vec<(String, Oid)>,
    copies: Vec<Copy>,
    inputs: BTreeMap<(String, String), String>,
    /// What runs now: the tree of each entrant, by its place, and that of the base.
    running: Vec<(Option<usize>, Oid)>,
    /// Copies kept tests of the base from running there.
    base_failed: bool,
    /// Some probes did not end on the base.
    has_endless: bool,
}

/// What is run of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The tests of the base, with probes and canaries.
    Probes,
    /// Without the probes that may not end, where those kept the base's own tests from running.
    Mild,
    /// Without any probes, where those did it too.
    Canaries,
    /// What did not end on the base, on the variants alone: it may be what the task is to mend.
    Endless,
    /// The new tests of the variants. They are code of others: what they do decides on no cheat.
    New,
    /// The tests of the base alone, on variants that did not pass them all.
    Plain,
}

impl Stage {
    /// All, in their order.
    pub const ALL: [Stage; 6] = [Stage::Probes, Stage::Mild, Stage::Canaries, Stage::Endless, Stage::New, Stage::Plain];

    fn has(self, kind: CopyKind) -> bool {
        match self {
            Stage::Probes => kind != CopyKind::New,
            Stage::Endless => kind == CopyKind::Probe,
            Stage::Mild => matches!(kind, CopyKind::Mild | CopyKind::Canary),
            Stage::Canaries => kind == CopyKind::Canary,
            Stage::New => kind == CopyKind::New,
            Stage::Plain => false,
        }
    }
}

impl<'a> Trials<'a> {
    /// Prepares the trials of a run whose own checks have run. `flaky` are tests that are known not to end always alike.
    ///
    /// # Errors
    /// When an object is missing.
    pub fn new(
        app: &'a App,
        run: &'a Run,
        prompt: &str,
        checks: &'a [String],
        found: &Found,
        flaky: &BTreeSet<Id>,
    ) -> Result<Trials<'a>> {
        let base_tree = app.repo.commit(run.base_oid)?.tree;
        let patterns: Vec<String> =
            app.settings.all(settings::REVIEW_TESTS).into_iter().map(|setting| setting.value.clone()).collect();
        let mut trials = Trials {
            app,
            run,
            prompt: prompt.to_owned(),
            base_tree,
            surface: Surface::new(&patterns, checks),
            marker: format!("q{}", &sha256(base_tree.to_string().as_bytes())[..6]),
            checks,
            commands: Vec::new(),
            entrants: Vec::new(),
            base: Base { own: results(found, base_tree, checks), flaky: flaky.clone(), ..Base::default() },
            test_files: Vec::new(),
            copies: Vec::new(),
            inputs: BTreeMap::new(),
            running: Vec::new(),
            base_failed: false,
            has_endless: false,
        };
        let mut trees = BTreeSet::new();
        for variant in &run.variants {
            let Some(commit) = variant.commit else { continue };
            let tree = app.repo.commit(commit)?.tree;
            if found.contains_key(&tree) && trees.insert(tree) {
                let entrant = trials.entrant(variant.index, tree, found)?;
                trials.entrants.push(entrant);
            }
        }
        // A check that names no test does not run copies of tests: a formatter would find fault with them.
        let names = |command: &&String| {
            found.values().flatten().any(|answer| answer.check.command == **command && !answer.results.is_empty())
        };
        trials.commands = checks.iter().filter(names).cloned().collect();
        if trials.entrants.is_empty() {
            return Ok(trials);
        }
        let mut test_files = Vec::new();
        trials.list(base_tree, "", &mut test_files)?;
        trials.test_files = test_files;
        trials.excuse();
        if trials.commands.is_empty() {
            trials.commands = checks.to_vec();
        } else {
            trials.make_copies()?;
        }
        trials.read_code();
        Ok(trials)
    }

    fn text(&self, oid: Oid) -> Option<String> {
        self.app.repo.blob_size(oid).ok().filter(|size| *size <= LARGEST)?;
        String::from_utf8(self.app.repo.blob(oid).ok()?).ok()
    }

    fn list(&self, tree: Oid, folder: &str, found: &mut Vec<(String, Oid)>) -> Result<()> {
        for entry in self.app.repo.entries(tree)? {
            let Ok(name) = std::str::from_utf8(&entry.name) else { continue };
            let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            match entry.kind {
                EntryKind::Tree => self.list(entry.oid, &path, found)?,
                EntryKind::File | EntryKind::Executable
                    if self.surface.part(&path) == Some(Part::Tests) && source::Language::of(&path).is_some() =>
                {
                    found.push((path, entry.oid));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Looks in the code of the variants for what was written for the tests.
    fn read_code(&mut self) {
        let mut cases = Vec::new();
        for (path, oid) in self.test_files.iter().take(200) {
            let text = self.text(*oid).unwrap_or_default();
            cases.extend(assertions::Assertions::parse(path, &text).into_iter().flat_map(|read| read.cases()));
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

    /// Returns what is to be run in a stage on the base and on the variants that pass their own checks.
    ///
    /// # Errors
    /// When a tree cannot be made.
    pub fn units(&mut self, stage: Stage) -> Result<Vec<Unit>> {
        self.running.clear();
        let (is_last, has_copies) = (stage == Stage::Plain, self.copies.iter().any(|copy| stage.has(copy.kind)));
        let is_again = matches!(stage, Stage::Mild | Stage::Canaries);
        if !is_last && !has_copies || is_again && !std::mem::take(&mut self.base_failed) {
            return Ok(Vec::new());
        }
        if stage == Stage::Endless && (!self.has_endless || self.base.joint.is_empty()) {
            return Ok(Vec::new());
        }
        let passing = (0..self.entrants.len()).filter(|place| self.entrants[*place].is_tried);
        let places: Vec<usize> = passing.filter(|place| !is_last || !self.is_settled(*place)).collect();
        let mut units = Vec::new();
        if !is_last && stage != Stage::Endless {
            let tree = self.joint_tree(None, self.base_tree, stage)?;
            self.running.push((None, tree));
            units.push(self.unit(0, tree, "base with copies of tests", true)?);
        }
        for place in places {
            let (own, index) = (self.entrants[place].tree, self.entrants[place].subject.index);
            let tree = self.joint_tree(Some(place), own, stage)?;
            self.running.push((Some(place), tree));
            if tree != own {
                let what = match stage {
                    Stage::Plain => "the tests of the base",
                    Stage::New => "the new tests of all variants",
                    Stage::Endless => "inputs with which the base does not end",
                    Stage::Probes | Stage::Mild | Stage::Canaries => "the tests of the base and copies of them",
                };
                units.push(self.unit(index, tree, &format!("var{index} with {what}"), !is_last)?);
            }
        }
        let mut trees = BTreeSet::new();
        units.retain(|unit| trees.insert(unit.tree));
        Ok(units)
    }

    /// Returns whether a variant passes all tests of the base that it has to, by what ran of it.
    fn is_settled(&self, place: usize) -> bool {
        let subject = &self.entrants[place].subject;
        let restored = passed(subject.restored());
        let required = self.base.own.iter().filter(|test| test.outcome != Outcome::Skipped);
        let mut open = required.filter(|test| !subject.may_change(test) && !restored.contains(&test.id()));
        !subject.joint.is_empty() && open.next().is_none()
    }

    fn unit(&self, index: u32, tree: Oid, label: &str, has_copies: bool) -> Result<Unit> {
        let run = self.run;
        let identity = run.identity.clone().map_or_else(|| self.app.identity(), Ok)?;
        let message = format!("{label}\n");
        let new =
            NewCommit { tree, parents: &[run.base_oid], identity: &identity, at: run.created_at, message: &message };
        let commit = self.app.repo.write_commit(&new)?;
        let folder = worktrees::free_folder(self.app, run, Some(index))?;
        let trial = Some(Trial { label: label.to_owned(), has_copies });
        Ok(Unit { of: vec![index], commit, tree, folder, commands: self.commands.clone(), trial })
    }

    /// Makes the tree of a variant with the test surface of the base, and the copies beside.
    fn joint_tree(&self, place: Option<usize>, tree: Oid, stage: Stage) -> Result<Oid> {
        let mut edits: Vec<(Vec<u8>, Edit)> = Vec::new();
        for change in place.iter().flat_map(|place| &self.entrants[*place].changes) {
            let path = String::from_utf8_lossy(&change.path).into_owned();
            let text = |side: Option<(EntryKind, Oid)>| side.and_then(|(_, oid)| self.text(oid));
            let edit = match (self.surface.part(&path), change.old) {
                (None, Some((kind, _))) => {
                    let (old, new) = (text(change.old).unwrap_or_default(), text(change.new));
                    let Some(made) = new.and_then(|new| with_settings_of(&path, &old, &new)) else { continue };
                    Edit::Put(kind, self.app.repo.write_blob(made.as_bytes())?)
                }
                (None, None) => continue,
                (Some(Part::Tests), Some((kind, oid))) => {
                    let excused = place.map(|place| self.entrants[place].excused()).unwrap_or_default();
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
                (Some(Part::Tests | Part::Support), None) if !self.names_tests() => continue,
                (Some(_), None) => Edit::Remove,
            };
            edits.push((change.path.clone(), edit));
        }
        let copies = self.copies.iter().filter(|copy| stage.has(copy.kind));
        edits.extend(copies.map(|copy| (copy.path.clone().into_bytes(), Edit::Put(EntryKind::File, copy.blob))));
        self.app
            .repo
            .edit_tree(Some(tree), edits.iter().map(|(path, edit)| (path.as_slice(), *edit)))
            .or_fail(|| NO_TREE.to_owned())
    }

    /// Returns whether the checks say which tests of the base they ran. Where they name tests of variants alone, the base did not
    /// get to run any, or its runner names all tests of one file and of several only those that fail.
    fn names_tests(&self) -> bool {
        !self.base.own.is_empty()
    }

    /// Takes in what ran in a stage.
    pub fn hear(&mut self, stage: Stage, found: &Found) {
        let names_tests = self.names_tests();
        for (place, tree) in std::mem::take(&mut self.running) {
            let ran = results(found, tree, self.checks);
            match (place, stage) {
                (None, Stage::New) => self.base.beside = ran,
                (None, _) => {
                    // A copy that does not load, or does not end, may take all others with it.
                    let there: BTreeSet<Id> = ran.iter().map(TestResult::id).collect();
                    let mut own = self.base.own.iter().filter(|test| test.outcome != Outcome::Skipped);
                    self.base_failed = own.any(|test| !there.contains(&test.id()));
                    self.has_endless |= self.base_failed && stage == Stage::Probes;
                    self.base.joint = if self.base_failed { Vec::new() } else { ran };
                }
                (Some(place), Stage::New | Stage::Endless) => self.entrants[place].subject.beside.extend(ran),
                (Some(place), Stage::Plain) => {
                    let is_plain = tree != self.entrants[place].tree;
                    let subject = &mut self.entrants[place].subject;
                    subject.fails_plain = is_plain && !names_tests && !passes(found, tree, &self.commands);
                    subject.plain = Some(ran);
                }
                (Some(place), _) => self.entrants[place].subject.joint = ran,
            }
        }
    }

    /// Returns what is to be run to see whether a variant that asks if it is tested gives the same where it cannot tell.
    ///
    /// # Errors
    /// When a tree cannot be made.
    pub fn blinded(&self) -> Result<Vec<(u32, overfit::Sign, Unit)>> {
        let mut units = Vec::new();
        for (place, entrant) in self.entrants.iter().enumerate().filter(|(_, entrant)| entrant.is_tried) {
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
            let from = self.joint_tree(Some(place), entrant.tree, Stage::Plain)?;
            let edits = edits.iter().map(|(path, edit)| (path.as_slice(), *edit));
            let tree = self.app.repo.edit_tree(Some(from), edits).or_fail(|| NO_TREE.to_owned())?;
            let index = entrant.subject.index;
            units.push((index, sign, self.unit(index, tree, &format!("var{index} without knowing of tests"), false)?));
        }
        Ok(units)
    }

    /// Takes in what ran of a variant that could not tell whether it is tested.
    pub fn hear_blinded(&mut self, index: u32, sign: overfit::Sign, tree: Oid, found: &Found) {
        let blind = passed(&results(found, tree, self.checks));
        let Some(entrant) = self.entrants.iter_mut().find(|entrant| entrant.subject.index == index) else { return };
        let seen = passed(entrant.subject.restored());
        let on =
            |outcome: Outcome| self.base.own.iter().filter(move |test| test.outcome == outcome).map(TestResult::id);
        // Where it does not even do what the base does, the words were needed for something else.
        let kept: Vec<Id> = on(Outcome::Passed).filter(|id| seen.contains(id)).collect();
        let still_runs = !kept.is_empty() && kept.iter().all(|id| blind.contains(id));
        if still_runs && on(Outcome::Failed).any(|id| seen.contains(&id) && !blind.contains(&id)) {
            entrant.subject.aware = Some(sign);
        }
    }

    /// Returns the variants that fail only what passes on the base, or, where none passes and it was not asked before, what all
    /// fail: a second run tells whether that is certain.
    pub fn uncertain(&self, is_first: bool) -> Vec<u32> {
        let on_base = passed(&self.base.own);
        let fails = |entrant: &Entrant, id: &Id| {
            entrant.subject.own.iter().any(|test| test.outcome == Outcome::Failed && test.id() == *id)
        };
        let is_asked = is_first && !self.entrants.iter().any(|entrant| entrant.is_tried);
        let by_all = |id: &Id| is_asked && self.entrants.iter().all(|entrant| fails(entrant, id));
        let is_uncertain = |entrant: &&Entrant| {
            let failed: Vec<_> = entrant.subject.own.iter().filter(|test| test.outcome == Outcome::Failed).collect();
            let touched = |test: &&TestResult| entrant.subject.changes.iter().any(|change| change.test == test.name);
            !entrant.is_tried
                && !failed.is_empty()
                && failed.len() <= 3
                && failed.iter().all(|test| (on_base.contains(&test.id()) || by_all(&test.id())) && !touched(test))
        };
        self.entrants.iter().filter(is_uncertain).map(|entrant| entrant.subject.index).collect()
    }

    /// Returns the tests that failed here and pass in later runs of the same contents.
    pub fn changed(&self, later: &Found) -> Vec<Id> {
        let of = |entrant: &Entrant| {
            let passed = passed(&results(later, entrant.tree, self.checks));
            let failed = entrant.subject.own.iter().filter(|test| test.outcome == Outcome::Failed);
            failed.map(TestResult::id).filter(|id| passed.contains(id)).collect::<Vec<_>>()
        };
        self.entrants.iter().flat_map(of).collect()
    }

    /// Judges all variants, by their numbers.
    pub fn judge(&self) -> BTreeMap<u32, Standing> {
        let subjects: Vec<Subject> = self.entrants.iter().map(|entrant| entrant.subject.clone()).collect();
        classes::judge(&self.base, &subjects, &self.marker, &self.inputs)
    }
}

/// What tells a test from all others.
pub(super) type Id = (String, String);

/// Returns the tests that passed.
fn passed(tests: &[TestResult]) -> BTreeSet<Id> {
    tests.iter().filter(|test| test.outcome == Outcome::Passed).map(TestResult::id).collect()
}

/// Returns whether all of these checks passed on a content.
fn passes(found: &Found, tree: Oid, commands: &[String]) -> bool {
    let answer = |command: &String| found.get(&tree)?.iter().find(|answer| answer.check.command == *command);
    commands.iter().all(|command| answer(command).is_some_and(|answer| answer.check.status == CheckStatus::Passed))
}

/// Returns the tests of all checks on a content; where there are several, those of each are told from the others'.
fn results(found: &Found, tree: Oid, checks: &[String]) -> Vec<TestResult> {
    let of = |command: &String| {
        let answer = found.get(&tree)?.iter().find(|answer| answer.check.command == *command)?;
        let prefix = if checks.len() > 1 { format!("{command}: ") } else { String::new() };
        let of = move |test: &TestResult| TestResult { group: format!("{prefix}{}", test.group), ..test.clone() };
        Some(answer.results.iter().map(of).collect::<Vec<_>>())
    };
    checks.iter().filter_map(of).flatten().collect()
}
