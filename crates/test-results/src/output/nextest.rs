//! What cargo-nextest prints for people (<https://nexte.st/docs/reporting/>): a line a test, what those that fail printed, and
//! the numbers at the end.

use std::collections::HashMap;
use std::path::Path;

use super::panic::Panic;
use super::{LineReader, numbers};
use crate::report::{Counts, Found, MOST_MESSAGES, MOST_TESTS, Outcome, Runner, TestResult};
use crate::text;

/// Reads the output of `cargo nextest run`.
#[derive(Default)]
pub(super) struct Nextest {
    tests: Vec<Test>,
    index: HashMap<(String, String), usize>,
    summary: Option<Counts>,
    is_running: bool,
    is_cut: bool,
    /// Whether those that pass have names.
    is_named: bool,
    explained: usize,
    /// The failure that is being read.
    open: Option<(usize, Panic)>,
}

struct Test {
    group: String,
    name: String,
    outcome: Outcome,
    failure: Option<Panic>,
}

/// Returns whether a line is the first of a run: `    Starting 8 tests across 2 binaries (1 test skipped)`.
pub(super) fn begins(line: &str) -> bool {
    line.strip_prefix("    Starting ").is_some_and(|said| said.contains(" across "))
}

/// Returns whether a line is the one with the numbers: `     Summary [   1.028s] 8 tests run: 2 passed, 6 failed, 1 skipped`.
pub(super) fn ends(line: &str) -> bool {
    line.strip_prefix("     Summary [").is_some_and(|said| said.contains(" run: "))
}

impl LineReader for Nextest {
    fn read(&mut self, line: &str) {
        if begins(line) {
            self.is_running = true;
        } else if !self.is_running {
        } else if ends(line) {
            self.end_failure();
            self.read_summary(line);
        } else if let Some((outcome, group, name)) = status(line) {
            self.end_failure();
            self.add(outcome, group, name);
        } else if let Some((_, panic)) = &mut self.open {
            // Since 2025, what a test printed is indented.
            let line = line.strip_prefix("    ").unwrap_or(line);
            if !is_harness(line) {
                panic.add(line);
            }
        }
    }

    fn finish(mut self: Box<Self>, folder: &Path) -> Found {
        self.end_failure();
        let mut found = Found::new(Runner::Nextest);
        let Some(summary) = self.summary else { return found };
        (found.summary, found.is_cut) = (Some(summary), self.is_cut);
        found.ran_none = summary.passed == 0 && summary.failed == 0;
        found.only_failures = !self.is_named && !found.ran_none;
        for Test { group, name, outcome, failure } in self.tests {
            let mut result = TestResult::new(&group, &name, outcome);
            let failure = failure.unwrap_or_default();
            if let Some((file, line)) = failure.place.as_ref().filter(|(path, _)| is_of(&group, path)) {
                (result.file, result.line) = (text::file(file, folder), Some(*line));
            }
            if let Some(at) = found.add(result) {
                found.explain(at, &failure.message, failure.actual());
            }
        }
        found
    }
}

/// Returns whether a file is that of a program of tests, `calc::calc`: a panic may be of the code that is tested.
fn is_of(program: &str, file: &str) -> bool {
    program.split_once("::").is_some_and(|(_, name)| file.ends_with(&format!("tests/{name}.rs")))
}

/// Splits `        FAIL [   0.550s] (3/8) calc::calc empty`, or `  TRY 2 PASS [   0.265s] …`, into the outcome, the program and
/// the name.
fn status(line: &str) -> Option<(Outcome, &str, &str)> {
    let (status, rest) = line.split_once(" [")?;
    let status = status.trim_start();
    let status = status.strip_prefix("TRY ").and_then(|rest| rest.split_once(' ')).map_or(status, |(_, status)| status);
    let outcome = match status {
        "PASS" | "LEAK" | "TIMEOUT-PASS" | "TMPASS" => Outcome::Passed,
        "FAIL" | "ABORT" | "TIMEOUT" | "TMT" | "LEAK-FAIL" | "XFAIL" => Outcome::Failed,
        "SKIP" => Outcome::Skipped,
        signal if signal.starts_with("SIG") && signal.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            Outcome::Failed
        }
        _ => return None,
    };
    let (time, rest) = rest.split_once("] ")?;
    if !time.trim().trim_end_matches('s').bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('(').and_then(|rest| rest.split_once(") ")).map_or(rest, |(_, rest)| rest);
    let (group, name) = rest.trim_start().split_once(' ')?;
    Some((outcome, group, name))
}

/// Returns whether a line is of the program that runs the tests, around what the test printed.
fn is_harness(line: &str) -> bool {
    let words = ["running 1 test", "test ", "failures:", "    ", "---- ", "--- STD"];
    words.iter().any(|word| line.starts_with(word)) || line.ends_with(" ───")
}

impl Nextest {
    /// Adds a test; the last of several tries counts.
    fn add(&mut self, outcome: Outcome, group: &str, name: &str) {
        self.is_named |= outcome == Outcome::Passed;
        let key = (text::name(group), text::name(name));
        let at = match self.index.get(&key) {
            Some(at) => {
                self.tests[*at].outcome = outcome;
                *at
            }
            None if self.tests.len() >= MOST_TESTS => {
                self.is_cut = true;
                return;
            }
            None => {
                let (group, name) = key.clone();
                self.index.insert(key, self.tests.len());
                self.tests.push(Test { group, name, outcome, failure: None });
                self.tests.len() - 1
            }
        };
        if outcome == Outcome::Failed && self.explained < MOST_MESSAGES {
            self.open = Some((at, Panic::default()));
        }
    }

    fn end_failure(&mut self) {
        if let Some((at, panic)) = self.open.take()
            && let Some(test) = self.tests.get_mut(at)
        {
            self.explained += 1;
            test.failure.get_or_insert(panic);
        }
    }

    fn read_summary(&mut self, line: &str) {
        self.is_running = false;
        let mut counts = self.summary.unwrap_or_default();
        for (number, word) in numbers(line.split_once(" run: ").map_or("", |(_, said)| said)) {
            match word {
                "passed" => counts.passed = counts.passed.saturating_add(number),
                "failed" | "exec" | "timed" => counts.failed = counts.failed.saturating_add(number),
                "skipped" => counts.skipped = counts.skipped.saturating_add(number),
                _ => {}
            }
        }
        self.summary = Some(counts);
    }
}
