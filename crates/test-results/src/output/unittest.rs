//! What Python's unittest prints: the lines of `-v`, the failures, and the numbers at the end
//! (<https://docs.python.org/3/library/unittest.html>). Django's tests and others that are run by it print the same.

use std::collections::HashMap;
use std::path::Path;

use super::{LineReader, number};
use crate::actual;
use crate::report::{Counts, Found, MOST_MESSAGES, MOST_TESTS, Outcome, Runner, TestResult};
use crate::text::{self, add_line};

/// The class of what stands for a module that could not be imported.
const NOT_LOADED: &str = "unittest.loader._FailedTest";

/// Reads the output of unittest, of any verbosity.
pub(super) struct Unittest {
    found: Found,
    /// The tests of the call that prints, by group and name.
    tests: Vec<Test>,
    index: HashMap<(String, String), usize>,
    /// The test whose outcome has not come yet: it is behind what the test prints, or behind its description.
    begun: Option<(String, String)>,
    is_verbose: bool,
    is_cut: bool,
    /// How many failures are kept.
    explained: usize,
    /// How many tests ran, once that is said.
    ran: Option<u64>,
    /// Whether the heading of a failure comes.
    is_ruled: bool,
    /// The failure that is being read.
    failure: Option<Failure>,
}

struct Test {
    group: String,
    name: String,
    outcome: Outcome,
    /// Whether it is among those that `Ran …` counts: a class or a module that failed as a whole is not.
    is_counted: bool,
    failure: Option<Failure>,
}

#[derive(Default)]
struct Failure {
    at: usize,
    /// The function of the test.
    function: String,
    message: String,
    /// What is printed before the rule below the heading describes the test.
    in_heading: bool,
    in_stack: bool,
    /// The places in the stack: the test's own function, and all others, the first first.
    place: Option<(String, u64)>,
    others: Vec<(String, u64)>,
}

/// The most places of a stack that are kept.
const MOST_PLACES: usize = 10;

impl Default for Unittest {
    fn default() -> Unittest {
        Unittest {
            found: Found::new(Runner::Unittest),
            tests: Vec::new(),
            index: HashMap::new(),
            begun: None,
            is_verbose: false,
            is_cut: false,
            explained: 0,
            ran: None,
            is_ruled: false,
            failure: None,
        }
    }
}

impl LineReader for Unittest {
    fn read(&mut self, line: &str) {
        if is_rule(line, b'=') {
            self.end_failure();
            self.is_ruled = true;
            return;
        }
        if std::mem::take(&mut self.is_ruled) && self.begin_failure(line) {
            return;
        }
        match line.as_bytes().first() {
            Some(b'R') if self.read_ran(line) => {}
            Some(b'O' | b'F' | b'N') if self.ran.is_some() => self.read_end(line),
            _ if self.failure.is_some() => self.read_failure(line),
            Some(_) => self.read_verbose(line),
            None => {}
        }
    }

    fn finish(mut self: Box<Self>, folder: &Path) -> Found {
        self.found.name_files(folder);
        self.found.ran_none = self.found.summary.is_some_and(|counts| counts.total() == 0);
        self.found
    }
}

/// Returns whether a line is one of those that part the output.
fn is_rule(line: &str, mark: u8) -> bool {
    line.len() == 70 && line.bytes().all(|byte| byte == mark)
}

/// Splits `test_add (tests.test_calc.Add.test_add) (text='2m')` into the group, the name, and what is behind.
fn named(said: &str) -> Option<(String, String, &str)> {
    let (name, rest) = said.split_once(" (")?;
    let (path, rest) = rest.split_once(')')?;
    let is_word = |word: &str| !word.is_empty() && !word.contains([' ', '\'', '"', ',', '=']);
    if !is_word(name) || !(path.is_empty() || is_word(path)) {
        return None;
    }
    // From Python 3.11 on, the path has the name.
    let group = path.strip_suffix(name).and_then(|group| group.strip_suffix('.')).unwrap_or(path);
    Some((text::name(group), text::name(name), rest))
}

fn outcome(word: &str) -> Option<Outcome> {
    match word {
        "ok" => Some(Outcome::Passed),
        "FAIL" | "ERROR" | "unexpected success" => Some(Outcome::Failed),
        "expected failure" | "skipped" => Some(Outcome::Skipped),
        word if word.starts_with("skipped '") || word.starts_with("skipped \"") => Some(Outcome::Skipped),
        _ => None,
    }
}

/// Returns the outcome at the end of what a test printed without ending its line.
fn outcome_behind(said: &str) -> Option<Outcome> {
    let words = ["unexpected success", "expected failure", "FAIL", "ERROR", "ok"];
    outcome(said).or_else(|| words.iter().find(|word| said.ends_with(**word)).and_then(|word| outcome(word)))
}

impl Unittest {
    /// `test_add (tests.test_calc.Add.test_add) ... ok`
    fn read_verbose(&mut self, line: &str) {
        let (said, rest) = match line.split_once(" ... ") {
            Some((said, rest)) => (said, Some(rest)),
            None => (line.strip_suffix(" ...").unwrap_or(line), line.ends_with(" ...").then_some("")),
        };
        let is_part = said.starts_with("  ");
        match (named(said.trim_start()), rest) {
            // What is behind says which part of the test it is.
            (Some((group, name, _)), Some(rest)) if is_part => {
                if let Some(outcome) = outcome(rest) {
                    self.add(group, name, outcome);
                }
            }
            (Some((group, name, "")), rest) => {
                self.begun = Some((group, name));
                if let Some(rest) = rest {
                    self.is_verbose = true;
                    self.read_outcome(rest);
                }
            }
            // The description of the test that was named in the line above.
            (None, Some(rest)) if self.begun.is_some() => {
                self.is_verbose = true;
                self.read_outcome(rest);
            }
            _ if self.begun.is_some() && self.is_verbose => self.read_outcome(line),
            _ => {}
        }
    }

    fn read_outcome(&mut self, said: &str) {
        let is_next = said.split_once(" ... ").is_some_and(|(said, _)| named(said).is_some());
        if is_next {
            // Until Python 3.10, a test of which a part fails has no outcome, and no end of its line.
            self.begun = None;
            self.read_verbose(said);
        } else if let Some(outcome) = outcome_behind(said)
            && let Some((group, name)) = self.begun.take()
        {
            self.add(group, name, outcome);
        }
    }

    /// Keeps the outcome of a test: a failure counts whatever else is said. Returns its place, as long as there is room.
    fn add(&mut self, group: String, name: String, outcome: Outcome) -> Option<usize> {
        let (group, name, is_counted) = whole(group, name);
        let key = (group, name);
        if let Some(at) = self.index.get(&key) {
            if outcome == Outcome::Failed {
                self.tests[*at].outcome = outcome;
            }
            return Some(*at);
        }
        if self.tests.len() >= MOST_TESTS {
            self.is_cut = true;
            return None;
        }
        let (group, name) = key.clone();
        self.index.insert(key, self.tests.len());
        self.tests.push(Test { group, name, outcome, is_counted, failure: None });
        Some(self.tests.len() - 1)
    }

    /// `FAIL: test_hours (tests.test_calc.Seconds.test_hours)`, `ERROR: setUpClass (tests.test_calc.Server)`
    fn begin_failure(&mut self, line: &str) -> bool {
        let words = ["FAIL: ", "ERROR: ", "UNEXPECTED SUCCESS: "];
        let said = words.iter().find_map(|word| line.strip_prefix(word));
        let Some((group, name, _)) = said.and_then(named) else { return false };
        self.begun = None;
        let function = name.clone();
        if let Some(at) = self.add(group, name, Outcome::Failed) {
            self.failure = Some(Failure { at, function, in_heading: true, ..Failure::default() });
        }
        true
    }

    fn read_failure(&mut self, line: &str) {
        let Some(failure) = &mut self.failure else { return };
        if failure.in_heading {
            failure.in_heading = !is_rule(line, b'-');
        } else if is_rule(line, b'-') {
            self.end_failure();
        } else if line == "Traceback (most recent call last):" {
            // The last of several is what the test ended with.
            failure.message.clear();
            failure.in_stack = true;
        } else if failure.in_stack && line.starts_with("  ") {
            failure.read_frame(line.trim_start());
        } else {
            failure.in_stack = false;
            add_line(&mut failure.message, line);
        }
    }

    fn end_failure(&mut self) {
        if let Some(failure) = self.failure.take()
            && self.explained < MOST_MESSAGES
            && let Some(test) = self.tests.get_mut(failure.at)
        {
            self.explained += 1;
            test.failure.get_or_insert(failure);
        }
    }

    /// `Ran 12 tests in 0.003s`
    fn read_ran(&mut self, line: &str) -> bool {
        let Some((ran, rest)) = line.strip_prefix("Ran ").and_then(number) else { return false };
        if !(rest.starts_with(" test in ") || rest.starts_with(" tests in ")) {
            return false;
        }
        self.end_failure();
        self.ran = Some(ran);
        true
    }

    /// `OK (skipped=1)`, `FAILED (failures=5, errors=3, skipped=1, expected failures=1, unexpected successes=1)`
    fn read_end(&mut self, line: &str) {
        let (word, rest) = line.split_once(" (").unwrap_or((line, ""));
        if !matches!(word, "OK" | "FAILED" | "NO TESTS RAN") {
            return;
        }
        let ran = self.ran.take().unwrap_or(0);
        let tests = std::mem::take(&mut self.tests);
        self.index.clear();
        self.begun = None;
        let mut counts = Counts::default();
        tests.iter().for_each(|test| counts.count(test.outcome));
        if !std::mem::take(&mut self.is_verbose) {
            // Those that failed have names; a test may fail in several parts, and a class as a whole is no test.
            let failed = tests.iter().filter(|test| test.is_counted).count() as u64;
            let said = rest.trim_end_matches(')').split(", ").filter_map(|part| part.rsplit_once('='));
            let skipped = said.filter(|(word, _)| matches!(*word, "skipped" | "expected failures"));
            let skipped = skipped.filter_map(|(_, number)| number.parse::<u64>().ok());
            counts.skipped = skipped.fold(0, u64::saturating_add);
            counts.passed = ran.saturating_sub(failed).saturating_sub(counts.skipped);
            self.found.only_failures |= counts.total() > 0;
        }
        self.found.add_summary(counts);
        self.found.is_cut |= std::mem::take(&mut self.is_cut);
        tests.into_iter().for_each(|test| self.keep(test));
    }

    fn keep(&mut self, test: Test) {
        let mut result = TestResult::new(&test.group, &test.name, test.outcome);
        let (mut message, mut actual) = (String::new(), None);
        if let Some(failure) = test.failure {
            (result.file, result.line) = failure.place(test.group == test.name).unzip();
            // What the test printed is behind two headings, with `-b`.
            let said = failure.message.split("\nStdout:\n").next().unwrap_or_default();
            message = said.split("\nStderr:\n").next().unwrap_or_default().to_owned();
            actual = actual::of_python_text(&message);
        }
        if let Some(at) = self.found.add(result) {
            self.found.explain(at, &message, actual);
        }
    }
}

/// Returns the group and the name of a test, and whether it is counted. What failed before a test of it ran has the name of the
/// class or the module for both.
fn whole(group: String, name: String) -> (String, String, bool) {
    match name.as_str() {
        _ if group == NOT_LOADED => (name.clone(), name, true),
        "setUpClass" | "tearDownClass" | "setUpModule" | "tearDownModule" => (group.clone(), group, false),
        _ => (group, name, true),
    }
}

impl Failure {
    /// `File "/tmp/calc/tests/test_calc.py", line 21, in test_hours`
    fn read_frame(&mut self, line: &str) {
        let Some((path, rest)) = line.strip_prefix("File \"").and_then(|rest| rest.split_once("\", line ")) else {
            return;
        };
        let Some((line, rest)) = number(rest) else { return };
        let place = (text::cut(path, 1 << 10).to_owned(), line);
        if rest.strip_prefix(", in ").is_some_and(|function| function == self.function) {
            self.place = Some(place);
        } else if self.others.len() < MOST_PLACES {
            self.others.push(place);
        }
    }

    /// Returns the place of the test; of what is no test, the last that is not Python's own.
    fn place(&self, is_whole: bool) -> Option<(String, u64)> {
        let own = |place: &&(String, u64)| !place.0.contains("/unittest/") && !place.0.starts_with('<');
        let other = || if is_whole { self.others.iter().rev().find(own) } else { None };
        self.place.as_ref().or_else(other).cloned()
    }
}
