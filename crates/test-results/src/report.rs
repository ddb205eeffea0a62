//! What is known of the tests of a check.

use std::path::Path;

use crate::text;

/// The most tests that are kept of a check. The others are counted.
pub(crate) const MOST_TESTS: usize = 100_000;

/// The largest number of a summary that is believed, so that sums of several stay far from the largest number there is.
const MOST_COUNTED: u64 = 1 << 40;

/// The most tests whose messages are kept.
pub(crate) const MOST_MESSAGES: usize = 10_000;

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It passed.
    Passed,
    /// It failed, ended in an error, or passed where it was expected to fail.
    Failed,
    /// It was left out, is still to do, or failed as expected.
    Skipped,
}

/// One test, as its runner reported it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// Its name as the runner has it, without its group: `test_a[1-2]`, `adds > negative`.
    pub name: String,
    /// Its class, module, suite or test binary: `tests.test_calc.TestX`, `tests/calc.rs`; or empty.
    pub group: String,
    /// Its file, relative to where the check ran, with `/`, where the runner says it.
    pub file: Option<String>,
    /// Its line in the file, from 1, where the runner says it.
    pub line: Option<u64>,
    /// How it ended.
    pub outcome: Outcome,
    /// What the runner said of a failure: the first 2 KiB.
    pub message: String,
    /// The value that the test got, as far as the message says; of an exception, its type and message.
    pub actual: Option<String>,
}

impl TestResult {
    /// Returns a test without more than its name.
    pub(crate) fn new(group: &str, name: &str, outcome: Outcome) -> TestResult {
        let (name, group) = (text::name(name), text::name(group));
        TestResult { name, group, file: None, line: None, outcome, message: String::new(), actual: None }
    }
}

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that passed.
    pub passed: u64,
    /// Those that failed, or ended in an error.
    pub failed: u64,
    /// Those that were left out.
    pub skipped: u64,
}

impl Counts {
    /// Returns the number of all tests.
    pub fn total(&self) -> u64 {
        self.passed.saturating_add(self.failed).saturating_add(self.skipped)
    }

    /// Returns the number of those that ran.
    pub(crate) fn ran(&self) -> u64 {
        self.passed.saturating_add(self.failed)
    }

    pub(crate) fn plus(self, other: Counts) -> Counts {
        Counts {
            passed: self.passed.saturating_add(other.passed),
            failed: self.failed.saturating_add(other.failed),
            skipped: self.skipped.saturating_add(other.skipped),
        }
    }

    /// Counts one test.
    pub(crate) fn count(&mut self, outcome: Outcome) {
        let number = match outcome {
            Outcome::Passed => &mut self.passed,
            Outcome::Failed => &mut self.failed,
            Outcome::Skipped => &mut self.skipped,
        };
        *number = number.saturating_add(1);
    }
}

/// The program that ran tests, or the format that hides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "they are names")]
pub enum Runner {
    Cargo,
    Ctest,
    Dotnet,
    Go,
    Jest,
    Mocha,
    Nextest,
    Node,
    Phpunit,
    Pytest,
    Rspec,
    Tap,
    Unittest,
    Vitest,
    /// A JUnit file that does not say who wrote it.
    Unknown,
}

/// What one runner said. The tests of a report are in the order of its sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// Which one.
    pub runner: Runner,
    /// How many of the tests of the report are of this section.
    pub tests: usize,
    /// How many tests it ran, by its summary where it named fewer.
    pub counts: Counts,
    /// Whether it said that it ran nothing.
    pub ran_none: bool,
    /// Whether it names the tests that fail, and no others: one that it does not name passed, or did not run.
    pub only_failures: bool,
}

/// What is known of the tests of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The tests that have names.
    pub tests: Vec<TestResult>,
    /// How many tests ended how: by the runner's own summary where there are no names.
    pub counts: Counts,
    /// Whether a runner said that it ran nothing, or that it left out everything, and no other said that it ran something.
    pub ran_none: bool,
    /// Whether there were more tests than are kept.
    pub is_cut: bool,
    /// The runners that were recognized.
    pub sections: Vec<Section>,
}

/// What one runner said, before it is in a report.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub runner: Runner,
    pub tests: Vec<TestResult>,
    /// What it counted itself.
    pub summary: Option<Counts>,
    /// Whether it said that it ran nothing.
    pub ran_none: bool,
    /// Whether it said that it ran something without saying how much.
    pub ran_some: bool,
    /// Whether it names failures alone.
    pub only_failures: bool,
    /// Whether there were more tests.
    pub is_cut: bool,
    /// How many tests there were by their lines, with those that are not kept.
    seen: Counts,
    /// How many have a message.
    explained: usize,
}

impl Found {
    pub fn new(runner: Runner) -> Found {
        let (tests, seen) = (Vec::new(), Counts::default());
        Found {
            runner,
            tests,
            summary: None,
            ran_none: false,
            ran_some: false,
            only_failures: false,
            is_cut: false,
            seen,
            explained: 0,
        }
    }

    /// Adds a test, and returns where it is, as long as there is room.
    pub fn add(&mut self, test: TestResult) -> Option<usize> {
        self.seen.count(test.outcome);
        if self.tests.len() >= MOST_TESTS {
            self.is_cut = true;
            return None;
        }
        self.tests.push(test);
        Some(self.tests.len() - 1)
    }

    /// Says why a test failed, as far as there is room; what was said of it before stays.
    pub fn explain(&mut self, at: usize, message: &str, actual: Option<String>) {
        let Some(test) = self.tests.get_mut(at).filter(|test| test.outcome == Outcome::Failed) else { return };
        if test.message.is_empty() && self.explained < MOST_MESSAGES {
            test.message = text::message(message);
            self.explained += 1;
        }
        test.actual = test.actual.take().or(actual);
    }

    /// Names the files of tests relative to a folder, with `/`; a line without a file says nothing.
    pub fn name_files(&mut self, folder: &Path) {
        for test in &mut self.tests {
            test.file = test.file.take().and_then(|file| text::file(&file, folder));
            test.line = test.line.filter(|_| test.file.is_some());
        }
    }

    /// Adds what a summary said to what others of the same runner said.
    pub fn add_summary(&mut self, counts: Counts) {
        self.summary = Some(self.summary.unwrap_or_default().plus(counts));
    }

    pub fn is_empty(&self) -> bool {
        self.tests.is_empty() && self.summary.is_none() && !self.ran_none && !self.ran_some
    }

    fn counts(&self) -> Counts {
        let counts = self.summary.filter(|summary| summary.total() > self.seen.total()).unwrap_or(self.seen);
        let Counts { passed, failed, skipped } = counts;
        Counts {
            passed: passed.min(MOST_COUNTED),
            failed: failed.min(MOST_COUNTED),
            skipped: skipped.min(MOST_COUNTED),
        }
    }
}

impl Report {
    /// Puts what several runners said into one report.
    pub(crate) fn of(found: impl IntoIterator<Item = Found>) -> Report {
        let mut report = Report::default();
        let (mut said_none, mut ran_some) = (false, false);
        for mut found in found {
            let counts = found.counts();
            let all_skipped = counts.skipped > 0 && counts.ran() == 0;
            let ran_none = counts.ran() == 0 && !found.ran_some && (found.ran_none || all_skipped);
            said_none |= ran_none;
            ran_some |= found.ran_some;
            if found.tests.is_empty() && counts.total() == 0 && !ran_none {
                continue;
            }
            report.is_cut |= found.is_cut;
            report.counts = report.counts.plus(counts);
            report.add_tests(std::mem::take(&mut found.tests), |tests| Section {
                runner: found.runner,
                tests,
                counts,
                ran_none,
                only_failures: found.only_failures,
            });
        }
        report.ran_none = said_none && !ran_some && report.counts.ran() == 0;
        report
    }

    /// Adds tests as far as there is room, and their section.
    pub(crate) fn add_tests(&mut self, mut tests: Vec<TestResult>, section: impl FnOnce(usize) -> Section) {
        let room = MOST_TESTS.saturating_sub(self.tests.len());
        self.is_cut |= tests.len() > room;
        tests.truncate(room);
        self.sections.push(section(tests.len()));
        self.tests.append(&mut tests);
    }
}
