//! What mocha prints for people (its reporter `spec`, and the end that most of its reporters have).
//!
//! Suites and tests are indented by two blanks each. The line of a test that fails is its number; what is said of it is in a list
//! at the end.

use std::collections::HashMap;
use std::path::Path;

use super::failure::{Failure, indented};
use super::javascript::{is_time, marked, without_time};
use super::{LineReader, number};
use crate::report::{Counts, Found, MOST_MESSAGES, MOST_TESTS, Outcome, Runner, TestResult};
use crate::text;

/// The deepest nesting of suites whose names are kept.
const DEEPEST: usize = 64;

/// Reads the output of mocha.
pub(super) struct Mocha {
    found: Found,
    /// The suites around what comes.
    above: Vec<String>,
    /// What may be a suite: what is below it tells.
    candidate: Option<(usize, String)>,
    tests: Vec<(String, Outcome, Option<u64>)>,
    /// The number of the last test that failed.
    numbers: u64,
    /// Where the tests that failed are, by their numbers.
    failed: HashMap<u64, usize>,
    counts: Option<Counts>,
    is_cut: bool,
    /// The failure that is being read.
    open: Option<Open>,
}

struct Open {
    number: u64,
    /// The names of its suites and its own, as far as they came.
    path: Vec<String>,
    is_named: bool,
    failure: Failure,
}

impl Default for Mocha {
    fn default() -> Mocha {
        Mocha {
            found: Found::new(Runner::Mocha),
            above: Vec::new(),
            candidate: None,
            tests: Vec::new(),
            numbers: 0,
            failed: HashMap::new(),
            counts: None,
            is_cut: false,
            open: None,
        }
    }
}

impl LineReader for Mocha {
    fn read(&mut self, line: &str) {
        let (indent, said) = indented(line);
        if self.counts.is_some() {
            return self.read_end(indent, said, line);
        }
        if said.is_empty() || indent < 2 || indent % 2 == 1 {
            // The summary of node's runner: the marks before it were not mocha's.
            if said.starts_with("ℹ tests ") {
                self.forget();
            }
            return;
        }
        let depth = (indent / 2 - 1).min(DEEPEST);
        if let Some(passing) = counted(said, "passing").filter(|_| indent == 2) {
            self.counts = Some(Counts { passed: passing, ..Counts::default() });
            self.keep();
        } else if let Some((outcome, name)) = marked(said) {
            self.add(depth, without_time(name), outcome, None);
        } else if let Some(name) = said.strip_prefix("- ") {
            self.add(depth, name, Outcome::Skipped, None);
        } else if let Some((number, name)) = numbered(said).filter(|(number, _)| *number == self.numbers + 1) {
            self.numbers = number;
            self.add(depth, name, Outcome::Failed, Some(number));
        } else {
            self.enter(depth);
            self.candidate = Some((depth, text::name(said)));
        }
    }

    fn finish(mut self: Box<Self>, folder: &Path) -> Found {
        self.end_failure();
        self.end_counts();
        self.found.name_files(folder);
        self.found.ran_none = self.found.summary.is_some_and(|counts| counts.total() == 0);
        self.found
    }
}

/// `1) reads hours`
fn numbered(said: &str) -> Option<(u64, &str)> {
    let (number, rest) = number(said)?;
    Some((number, rest.strip_prefix(") ")?))
}

/// `3 passing (174ms)`, `2 pending`
fn counted(said: &str, word: &str) -> Option<u64> {
    let (number, rest) = number(said)?;
    let rest = rest.strip_prefix(' ')?.strip_prefix(word)?;
    let time = rest.strip_prefix(" (").and_then(|rest| rest.strip_suffix(')'));
    (if word == "passing" { time.is_some_and(is_time) } else { rest.is_empty() }).then_some(number)
}

/// Returns a test; a hook that fails stands for its suite.
fn test(name: &str, outcome: Outcome) -> TestResult {
    let last = name.rsplit(" > ").next().unwrap_or(name);
    let hooks = ["\"before all\" hook", "\"before each\" hook", "\"after all\" hook", "\"after each\" hook"];
    let is_hook = outcome == Outcome::Failed && hooks.iter().any(|hook| last.starts_with(hook));
    TestResult::new(if is_hook { name } else { "" }, name, outcome)
}

impl Mocha {
    /// Makes the candidate a suite, where what comes is right below it.
    fn enter(&mut self, depth: usize) {
        if let Some((above, name)) = self.candidate.take().filter(|(above, _)| above + 1 == depth) {
            self.above.resize(above, String::new());
            self.above.push(name);
        }
    }

    fn add(&mut self, depth: usize, name: &str, outcome: Outcome, number: Option<u64>) {
        self.enter(depth);
        self.above.truncate(depth);
        let above = self.above.iter().map(String::as_str).filter(|name| !name.is_empty());
        let full: Vec<&str> = above.chain([name]).collect();
        if self.tests.len() < MOST_TESTS {
            self.tests.push((text::name(&full.join(" > ")), outcome, number));
        } else {
            self.is_cut = true;
        }
    }

    fn forget(&mut self) {
        self.tests.clear();
        self.above.clear();
        (self.candidate, self.numbers) = (None, 0);
    }

    /// Keeps the tests above the summary.
    fn keep(&mut self) {
        let tests = std::mem::take(&mut self.tests);
        self.forget();
        self.failed.clear();
        self.found.is_cut |= std::mem::take(&mut self.is_cut);
        // Other reporters have a mark for a test, and no name.
        self.found.only_failures |= tests.is_empty();
        for (name, outcome, number) in tests {
            let at = self.found.add(test(&name, outcome));
            self.failed.extend(number.zip(at));
        }
    }

    /// Reads what is below the summary: the other numbers, and the failures.
    fn read_end(&mut self, indent: usize, said: &str, line: &str) {
        let counts = self.counts.get_or_insert_default();
        if indent == 2 && self.open.is_none() {
            if let Some(number) = counted(said, "pending") {
                counts.skipped = number;
                return;
            }
            if let Some(number) = counted(said, "failing") {
                counts.failed = number;
                return;
            }
        }
        let is_more = counts.failed > 0;
        match numbered(said).filter(|_| indent == 2 && is_more) {
            Some((number, name)) => {
                self.end_failure();
                let mut open = Open { number, path: Vec::new(), is_named: false, failure: Failure::default() };
                open.name(name);
                self.open = Some(open);
            }
            None if is_more && self.open.is_some() && !is_of_another(line) => self.read_failure(said, line),
            None if said.is_empty() => {}
            None => {
                // Another call of mocha, or another program.
                self.end_failure();
                self.end_counts();
                self.read(line);
            }
        }
    }

    fn read_failure(&mut self, said: &str, line: &str) {
        let Some(open) = &mut self.open else { return };
        if open.is_named {
            open.failure.add(line);
        } else if said.is_empty() {
            open.is_named = true;
        } else {
            open.name(said);
        }
    }

    fn end_failure(&mut self) {
        let Some(Open { number, path, failure, .. }) = self.open.take() else { return };
        let at = self.failed.get(&number).copied();
        let Some(at) = at.or_else(|| self.found.add(test(&path.join(" > "), Outcome::Failed))) else { return };
        if let (Some(test), Some((file, line))) = (self.found.tests.get_mut(at), failure.place()) {
            (test.file, test.line) = (Some(file.clone()), Some(*line));
        }
        if number < MOST_MESSAGES as u64 {
            self.found.explain(at, &failure.message(6), failure.actual(6, '-'));
        }
    }

    fn end_counts(&mut self) {
        if let Some(counts) = self.counts.take() {
            self.found.add_summary(counts);
            self.found.only_failures &= self.found.summary.is_some_and(|counts| counts.total() > 0);
        }
    }
}

/// Returns whether a line is one that mocha does not end with, so that another call of it began.
fn is_of_another(line: &str) -> bool {
    let (indent, said) = indented(line);
    indent >= 2 && indent % 2 == 0 && said.starts_with(['✓', '✔']) && marked(said).is_some()
}

impl Open {
    /// Adds a part of the name; the last one ends with a colon.
    fn name(&mut self, said: &str) {
        let last = said.strip_suffix(':');
        self.is_named = last.is_some();
        if self.path.len() < DEEPEST {
            self.path.push(text::name(last.unwrap_or(said)));
        }
    }
}
