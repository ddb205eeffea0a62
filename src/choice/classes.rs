//! The rule: from what ran to the class of each variant, with its reasons.
//!
//! Required are the tests that passed or failed on the base; they run on every variant as they were there. Agreement counts
//! only where it says something: between variants of different code, where both differ from the base.

use std::collections::{BTreeMap, BTreeSet};

use super::behaviour::{Behaviour, Peers};
use super::blocks::unmarked;
use super::overfit::Sign;
use super::results::{Outcome, TestResult};
use crate::model::{BaseTests, Class, Observation, OthersTests, TestStanding};

/// How many tests are named in a reason.
const NAMED: usize = 3;

/// What ran on the base.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// Its tests as they are.
    pub own: Vec<TestResult>,
    /// The same with probes and canaries beside; empty where none ran.
    pub joint: Vec<TestResult>,
    /// The new tests of all variants.
    pub beside: Vec<TestResult>,
    /// Tests that ended differently when the same content ran again.
    pub flaky: BTreeSet<(String, String)>,
}

/// A test of the base that a variant changes or removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub path: String,
    /// The line of the base.
    pub line: usize,
    /// The name of the test.
    pub test: String,
    /// Its text there.
    pub was: String,
    /// What the variant has in its place; none where it removes it.
    pub text: Option<String>,
}

/// What is known of a variant.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// Its number.
    pub index: u32,
    /// Whether its own checks pass.
    pub passes: bool,
    /// Its checks name no test, and fail with the test surface of the base.
    pub fails_plain: bool,
    /// Its own tests.
    pub own: Vec<TestResult>,
    /// Those of the base, with probes and canaries beside.
    pub joint: Vec<TestResult>,
    /// Those of the base with nothing beside, where the others left it open whether it passes them.
    pub plain: Option<Vec<TestResult>>,
    /// The new tests of all variants. They are code of others, which may do anything to this one: they decide on no cheat.
    pub beside: Vec<TestResult>,
    /// What is the same for variants that were written by the same thought.
    pub shape: String,
    /// Tests of the base that it changes or removes.
    pub changes: Vec<Change>,
    /// Other files of the test surface that it changes: settings, and what tests read.
    pub surface: Vec<String>,
    /// The tests that it changes or removes with a reason, by name, and the reason.
    pub excused: BTreeMap<String, String>,
    /// The files that tests read that it changes with a reason, and the reason.
    pub excused_files: BTreeMap<String, String>,
    /// What it makes of those files.
    pub excused_blobs: BTreeSet<(String, String)>,
    /// The names of the tests that it brings.
    pub brings: BTreeSet<String>,
    /// It holds what the tests pass and want.
    pub held: Option<Sign>,
    /// It asks whether it is tested, and fails where it cannot tell.
    pub aware: Option<Sign>,
    /// What the task asks to be removed, and is still there.
    pub keeps: Option<String>,
}

impl Subject {
    /// Returns what became of the tests of the base on it.
    pub fn restored(&self) -> &[TestResult] {
        match &self.plain {
            Some(plain) => plain,
            None if self.joint.is_empty() => &self.own,
            None => &self.joint,
        }
    }

    /// Returns whether it changes or removes a test with a reason.
    pub fn may_change(&self, test: &TestResult) -> bool {
        self.excused.contains_key(bare(&test.name))
    }
}

/// The class of a variant, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The class.
    pub class: Class,
    /// Its reasons, a sentence each.
    pub why: Vec<String>,
    /// What a reader should see.
    pub findings: Vec<Observation>,
    /// It fails only tests that do not always end alike.
    pub is_forgiven: bool,
    /// In numbers.
    pub tests: TestStanding,
}

type Id = (String, String);

/// Judges all variants of a run. `marker` begins the markers of copies, `inputs` are the calls of probes by marker and test.
pub fn judge(
    base: &Base,
    subjects: &[Subject],
    marker: &str,
    inputs: &BTreeMap<(String, String), String>,
) -> BTreeMap<u32, Standing> {
    let rule = Rule {
        base,
        subjects,
        marker,
        flaky: flaky(base, subjects),
        behaviour: Behaviour::new(base, subjects, marker, inputs),
    };
    rule.judge()
}

/// Returns the tests that ended differently in two runs of the same code and the same test.
fn flaky(base: &Base, subjects: &[Subject]) -> BTreeSet<Id> {
    let same = subjects.iter().filter(|one| one.changes.is_empty() && one.surface.is_empty());
    let pairs = std::iter::once((&base.own, &base.joint)).chain(same.map(|one| (&one.own, &one.joint)));
    let mut found = base.flaky.clone();
    for (own, joint) in pairs {
        let again = by_id(joint);
        let ran = own.iter().filter(|test| test.outcome != Outcome::Skipped);
        let differs = |test: &&TestResult| {
            let again = again.get(&test.id()).map_or(test.outcome, |again| again.outcome);
            again != test.outcome && again != Outcome::Skipped
        };
        found.extend(ran.filter(differs).map(TestResult::id));
    }
    found
}

fn by_id(tests: &[TestResult]) -> BTreeMap<Id, &TestResult> {
    tests.iter().map(|test| (test.id(), test)).collect()
}

struct Rule<'a> {
    base: &'a Base,
    subjects: &'a [Subject],
    marker: &'a str,
    flaky: BTreeSet<Id>,
    behaviour: Behaviour<'a>,
}

impl Rule<'_> {
    fn judge(&self) -> BTreeMap<u32, Standing> {
        let mut standings: BTreeMap<u32, Standing> =
            self.subjects.iter().map(|subject| (subject.index, self.alone(subject))).collect();
        let eligible: Vec<&Subject> =
            self.subjects.iter().filter(|subject| standings[&subject.index].class <= Class::C).collect();
        let peers = self.behaviour.peers(eligible.clone());
        for subject in &eligible {
            let Some(standing) = standings.get_mut(&subject.index) else { continue };
            standing.tests.others = self.others(subject, &eligible, &peers);
            standing.tests.behaviour = eligible
                .iter()
                .filter(|other| other.index != subject.index && other.shape != subject.shape)
                .filter_map(|other| self.behaviour.likeness(subject, other, &peers))
                .collect();
            if let Some(why) = self.behaviour.misses_example(subject, &peers) {
                standing.class = Class::C;
                standing.why.push(why);
                continue;
            }
            let same = eligible.iter().filter(|other| other.index != subject.index && other.shape == subject.shape);
            standing.tests.same_code = same.map(|other| other.index).collect();
            let witness = self.witness(subject, &eligible, &standing.tests);
            match (standing.class, witness) {
                (Class::B, Some(why)) => {
                    standing.class = Class::A;
                    standing.why.push(why);
                }
                (Class::C, Some(why)) if subject.keeps.is_none() && self.unexcused(subject).is_none() => {
                    standing.class = Class::A;
                    standing.why.push(why);
                }
                (Class::B, None) => standing.why.push("no other variant backs it".to_owned()),
                _ => {}
            }
        }
        standings
    }

    /// Returns the tests of the base that count.
    fn required(&self) -> Vec<&TestResult> {
        let is_there = by_id(&self.base.joint);
        let counts = |test: &&TestResult| {
            test.outcome != Outcome::Skipped
                && !self.flaky.contains(&test.id())
                && (self.base.joint.is_empty() || is_there.contains_key(&test.id()))
        };
        self.base.own.iter().filter(counts).collect()
    }

    /// Judges a variant by itself.
    fn alone(&self, subject: &Subject) -> Standing {
        let mut standing = Standing {
            class: Class::B,
            why: Vec::new(),
            findings: Vec::new(),
            is_forgiven: false,
            tests: TestStanding::default(),
        };
        standing.tests.own = subject.brings.len() as u64;
        standing.tests.base.gone = subject
            .changes
            .iter()
            .filter(|change| change.text.is_none())
            .map(|change| change.test.clone())
            .take(20)
            .collect();
        let (missed, base) = self.missed(subject);
        standing.tests.base = BaseTests { gone: standing.tests.base.gone, ..base };
        let own_failures =
            subject.own.iter().filter(|test| test.outcome == Outcome::Failed && !self.flaky.contains(&test.id()));
        let only_flaky = subject.own.iter().any(|test| test.outcome == Outcome::Failed) && own_failures.count() == 0;
        if !subject.passes && !only_flaky {
            standing.class = Class::E;
            let failed: Vec<String> = subject
                .own
                .iter()
                .filter(|test| test.outcome == Outcome::Failed)
                .map(|test| test.name.clone())
                .collect();
            let what = if failed.is_empty() { String::new() } else { format!(": {}", named(&failed)) };
            standing.why.push(format!("fails its own checks{what}"));
            return standing;
        }
        standing.is_forgiven = !subject.passes;
        self.cheats(subject, &missed, &mut standing);
        if standing.class == Class::D {
            return standing;
        }
        if let Some(keeps) = &subject.keeps {
            standing.class = Class::C;
            standing.why.push(keeps.clone());
        } else if !subject.excused.is_empty() || !subject.excused_files.is_empty() {
            standing.class = Class::C;
            for (what, why) in subject.excused.iter().chain(&subject.excused_files) {
                standing.why.push(format!("changes or removes '{what}', as {why}"));
            }
        } else if let Some(change) = self.unexcused(subject) {
            standing.class = Class::C;
            let detail = format!("removes '{}', which it would pass", change.test);
            standing.why.push(format!("{detail} ({}:{})", change.path, change.line));
            standing.findings.push(Observation {
                kind: "tests-removed".to_owned(),
                path: change.path.clone(),
                line: Some(change.line as u64),
                detail,
                counts: true,
            });
        } else if standing.tests.base.passed > 0 {
            let (all, mended) = (standing.tests.base.passed, standing.tests.base.mended);
            standing.why.push(match all {
                1 => format!("passes the 1 test of the base as it was ({mended} failed before)"),
                all => format!("passes all {all} tests of the base as they were ({mended} failed before)"),
            });
        }
        standing
    }

    /// Returns a test that a variant removes without a reason.
    fn unexcused<'s>(&self, subject: &'s Subject) -> Option<&'s Change> {
        let gone = subject.changes.iter().filter(|change| change.text.is_none());
        let mut open = gone.filter(|change| !subject.excused.contains_key(&change.test));
        open.find(|change| self.base.own.iter().any(|test| bare(&test.name) == change.test))
    }

    /// Returns the required tests that a variant does not pass as they were, and all of them in numbers.
    fn missed<'s>(&'s self, subject: &'s Subject) -> (Vec<&'s TestResult>, BaseTests) {
        let restored = by_id(subject.restored());
        let (mut missed, mut counts) = (Vec::new(), BaseTests::default());
        for test in self.required() {
            match restored.get(&test.id()).map(|found| found.outcome) {
                Some(Outcome::Passed) => {
                    counts.passed += 1;
                    counts.mended += u64::from(test.outcome == Outcome::Failed);
                }
                Some(Outcome::Failed) => {
                    counts.failed += 1;
                    missed.push(test);
                }
                _ => {
                    counts.skipped += 1;
                    missed.push(test);
                }
            }
        }
        (missed, counts)
    }

    fn cheats(&self, subject: &Subject, missed: &[&TestResult], standing: &mut Standing) {
        let mut never = |kind: &str, path: &str, line: Option<usize>, detail: String| {
            standing.class = Class::D;
            let place = line.map_or_else(|| path.to_owned(), |line| format!("{path}:{line}"));
            standing.why.push(if path.is_empty() { detail.clone() } else { format!("{detail} ({place})") });
            standing.findings.push(Observation {
                kind: kind.to_owned(),
                path: path.to_owned(),
                line: line.map(|line| line as u64),
                detail,
                counts: true,
            });
        };
        let own = by_id(&subject.own);
        for test in missed {
            let bare = bare(&test.name);
            let change = subject.changes.iter().find(|change| change.test == bare);
            let by_file = change.is_none() && !subject.excused_files.is_empty();
            if test.outcome == Outcome::Passed && (by_file || subject.may_change(test)) {
                continue;
            }
            let own = own.get(&test.id()).map(|own| own.outcome);
            let name = format!("'{}'", test.name);
            let (kind, detail) = match (change, own) {
                (_, Some(Outcome::Skipped)) => ("tests-skipped", format!("skips {name}, which it fails as it was")),
                (Some(Change { text: Some(_), .. }), _) => {
                    ("tests-weakened", format!("changes {name}, which it fails as it was"))
                }
                (Some(_), _) => ("tests-removed", format!("removes {name}, which it fails as it was")),
                (None, Some(Outcome::Passed)) => {
                    ("test-settings", format!("passes {name} only with its own settings and files for tests"))
                }
                (None, _) if !subject.surface.is_empty() => {
                    ("test-settings", format!("does not run {name}, which it fails as it was"))
                }
                (None, _) => ("tests-removed", format!("passes its checks without running {name}")),
            };
            match change {
                Some(change) => never(kind, &change.path, Some(change.line), detail),
                None => never(kind, subject.surface.first().map_or("", String::as_str), None, detail),
            }
        }
        if subject.fails_plain && subject.excused_files.is_empty() {
            let path = subject.changes.first().map(|change| change.path.clone()).or(subject.surface.first().cloned());
            never(
                "tests-weakened",
                &path.unwrap_or_default(),
                None,
                "fails the checks with the tests of the base".to_owned(),
            );
        }
        if let Some(test) = self.passes_canary(subject) {
            never("overfit", "", None, format!("passes '{test}' and the same with another result wanted"));
        }
        if let Some(sign) = &subject.held {
            never("overfit", &sign.path, Some(sign.line), sign.detail.clone());
        }
        if let Some(sign) = &subject.aware {
            never("test-aware", &sign.path, Some(sign.line), sign.detail.clone());
        }
        standing.why.truncate(4);
    }

    /// Returns a test that a variant passes whatever it wants; one whose canary the base passes tells nothing.
    fn passes_canary(&self, subject: &Subject) -> Option<String> {
        let base = by_id(&self.base.joint);
        let passed = || subject.joint.iter().filter(|test| test.outcome == Outcome::Passed);
        let names: BTreeSet<&str> = passed().map(|test| test.name.as_str()).collect();
        let canary = format!("{}c", self.marker);
        passed().find_map(|test| {
            let name = unmarked(&test.name, &canary)?;
            let fails_on_base = base.get(&test.id()).is_some_and(|base| base.outcome == Outcome::Failed);
            (fails_on_base && names.contains(name.as_str())).then_some(name)
        })
    }

    /// Returns how a variant does in the new tests of the others.
    fn others(&self, subject: &Subject, eligible: &[&Subject], peers: &Peers<'_>) -> Vec<OthersTests> {
        let others = eligible.iter().filter(|other| other.index != subject.index && other.shape != subject.shape);
        let of = |other: &&&Subject| {
            let marker = format!("{}v{}", self.marker, other.index);
            let is_theirs = |test: &&TestResult| {
                unmarked(&test.name, &marker).is_some() && !self.behaviour.is_contradicted(test, other.index, peers)
            };
            let tests: Vec<&TestResult> = subject.beside.iter().filter(is_theirs).collect();
            let passed = tests.iter().filter(|test| test.outcome == Outcome::Passed).count() as u64;
            let failed = tests.iter().filter(|test| test.outcome == Outcome::Failed).count() as u64;
            (passed + failed > 0).then_some(OthersTests { variant: other.index, passed, failed })
        };
        others.filter_map(|other| of(&other)).collect()
    }

    /// Returns what backs a variant beside its own checks, in words.
    fn witness(&self, subject: &Subject, eligible: &[&Subject], tests: &TestStanding) -> Option<String> {
        for other in eligible.iter().filter(|other| other.index != subject.index && other.shape != subject.shape) {
            let (same, of) = self.behaviour.departures(subject, other);
            // What tests pass may be read in more than one way in places.
            if same > 0 && same * 10 >= of * 9 {
                return Some(format!(
                    "var{} wrote different code and gives the same on {same} of {of} inputs where both differ from the base",
                    other.index,
                ));
            }
            let file = subject.excused_blobs.iter().find(|one| other.excused_blobs.contains(one));
            if let Some((path, _)) = file {
                return Some(format!("var{} wrote different code and the same {path}", other.index));
            }
        }
        let base = by_id(&self.base.beside);
        tests.others.iter().filter(|others| others.failed == 0).find_map(|others| {
            let marker = format!("{}v{}", self.marker, others.variant);
            let tells = subject.beside.iter().any(|test| {
                unmarked(&test.name, &marker).is_some()
                    && base.get(&test.id()).is_none_or(|base| base.outcome == Outcome::Failed)
            });
            let count = if others.passed == 1 { "new test".to_owned() } else { format!("{} new tests", others.passed) };
            tells.then(|| format!("it passes var{}'s {count}, which the base does not", others.variant))
        })
    }
}

/// Returns the name of a test without its parameters and suites.
pub fn bare(name: &str) -> &str {
    let name = name.split('[').next().unwrap_or(name);
    name.rsplit("::").next().unwrap_or(name)
}

fn named(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let first = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{first} and {more} more") } else { first }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(name: &str, outcome: Outcome) -> TestResult {
        TestResult { group: String::new(), name: name.to_owned(), outcome, actual: None }
    }

    fn base() -> Base {
        let own = vec![test("a", Outcome::Failed), test("b", Outcome::Passed)];
        Base { joint: own.clone(), own, ..Base::default() }
    }

    fn subject(index: u32, joint: &[TestResult]) -> Subject {
        let own = vec![test("a", Outcome::Passed), test("b", Outcome::Passed)];
        Subject { index, passes: true, own, joint: joint.to_vec(), shape: index.to_string(), ..Subject::default() }
    }

    fn classes(base: &Base, subjects: &[Subject]) -> Vec<Class> {
        judge(base, subjects, "q", &BTreeMap::new()).into_values().map(|standing| standing.class).collect()
    }

    #[test]
    fn the_tests_of_the_base_alone_decide_where_they_ran_alone() {
        let failed = [test("a", Outcome::Failed), test("b", Outcome::Passed)];
        let surface = vec!["conftest.py".to_owned()];
        let bent = Subject { surface, ..subject(1, &failed) };
        assert_eq!(classes(&base(), std::slice::from_ref(&bent)), [Class::D]);
        let plain = Some(vec![test("a", Outcome::Passed), test("b", Outcome::Passed)]);
        assert_eq!(classes(&base(), &[Subject { plain, ..bent }]), [Class::B]);
    }

    #[test]
    fn the_new_tests_of_others_decide_on_no_cheat() {
        let passed = [test("a", Outcome::Passed), test("b", Outcome::Passed)];
        let canary = vec![test("qc_a", Outcome::Passed), test("a", Outcome::Failed), test("b", Outcome::Failed)];
        let one = Subject { beside: canary.clone(), ..subject(1, &passed) };
        let mut base = base();
        base.beside = vec![test("qc_a", Outcome::Failed)];
        assert_eq!(classes(&base, std::slice::from_ref(&one)), [Class::B]);
        base.joint.push(test("qc_a", Outcome::Failed));
        let joint = [&passed[..], &canary[..1]].concat();
        assert_eq!(classes(&base, &[Subject { joint, ..one }]), [Class::D], "it passes a test and its canary");
    }
}
