//! What vitest prints for people. All tests have names with its reporter `verbose`; else those that fail have: below the line of a
//! file there are names, but not those of their suites.

use std::collections::HashMap;
use std::path::Path;

use super::failure::Failure;
use super::javascript::{Test, keep, marked, without_time};
use super::{LineReader, numbers};
use crate::report::{Counts, Found, MOST_MESSAGES, MOST_TESTS, Outcome, Runner};
use crate::text;

/// Reads the output of vitest.
pub(super) struct Vitest {
    found: Found,
    /// The tests of the call that prints: file, name and outcome.
    tests: Vec<Test>,
    index: HashMap<(String, String), usize>,
    only_failures: bool,
    is_cut: bool,
    /// How many failures are kept.
    explained: usize,
    is_vitest: bool,
    said_none: bool,
    /// The tests whose failure is being read: several may fail alike.
    open: Vec<usize>,
    failure: Failure,
    /// Whether more tests with the same failure may come.
    in_names: bool,
}

impl Default for Vitest {
    fn default() -> Vitest {
        Vitest {
            found: Found::new(Runner::Vitest),
            tests: Vec::new(),
            index: HashMap::new(),
            only_failures: false,
            is_cut: false,
            explained: 0,
            is_vitest: false,
            said_none: false,
            open: Vec::new(),
            failure: Failure::default(),
            in_names: false,
        }
    }
}

impl LineReader for Vitest {
    fn read(&mut self, line: &str) {
        if let Some(said) = line.strip_prefix(" FAIL  ") {
            return self.begin_failure(said);
        }
        self.in_names = false;
        if line.starts_with("⎯⎯⎯") {
            return self.end_failure();
        }
        // The failures are on another stream: what is on standard output may come between their lines.
        if let Some(rest) = line.trim_start().strip_prefix("Tests  ") {
            self.read_summary(rest);
        } else if line.starts_with("No test files found, exiting with code ") {
            (self.is_vitest, self.said_none) = (true, true);
        } else if [" Test Files  ", "   Start at  ", "   Duration  "].iter().any(|word| line.starts_with(word)) {
        } else if !self.read_line(line) && !self.open.is_empty() {
            self.failure.add(line);
        }
    }

    fn finish(mut self: Box<Self>, folder: &Path) -> Found {
        if !self.is_vitest {
            return Found::new(Runner::Vitest);
        }
        self.keep();
        self.found.name_files(folder);
        self.found.ran_none = self.said_none || self.found.summary.is_some_and(|counts| counts.total() == 0);
        self.found
    }
}

/// Splits `vitest/calc.spec.mjs > seconds > reads hours` into the file and the name; the name of a project is before it.
fn named(said: &str) -> Option<(String, String)> {
    let said = said.strip_prefix('|').and_then(|said| said.split_once("| ")).map_or(said, |(_, said)| said);
    let (file, name) = said.split_once(" > ")?;
    (file.contains('.') && !file.contains(' ')).then(|| (text::name(file), text::name(name)))
}

/// Returns whether this is a file with the number of its tests: `vitest/more.spec.mjs (1 test) 4ms`.
fn is_file(said: &str) -> bool {
    let count = said.split_once(" (").map(|(_, rest)| rest.trim_start_matches(|letter: char| letter.is_ascii_digit()));
    count.is_some_and(|rest| rest.starts_with(" test"))
}

impl Vitest {
    /// ` ✓ vitest/calc.spec.mjs > seconds > reads minutes 0ms`, ` ✓ vitest/more.spec.mjs (1 test) 4ms`. False when it is neither.
    fn read_line(&mut self, line: &str) -> bool {
        let Some(said) = line.strip_prefix(' ') else { return false };
        let Some((outcome, said)) = marked(said) else {
            let file = said.strip_prefix("❯ ").filter(|said| is_file(said));
            // One without a test could not be read.
            self.only_failures |= file.is_some_and(|said| !said.contains(" (0 test"));
            return file.is_some();
        };
        let said = without_time(said);
        let Some((file, name)) = named(said) else {
            self.only_failures |= outcome != Outcome::Skipped && is_file(said);
            return true;
        };
        // Why it is skipped.
        let reason = (outcome == Outcome::Skipped).then(|| name.strip_suffix(']')?.rsplit_once(" [")).flatten();
        let name = reason.map(|(name, _)| name.to_owned()).unwrap_or(name);
        self.add(file, name, outcome);
        true
    }

    /// Keeps a test, and returns its place, as long as there is room.
    fn add(&mut self, file: String, name: String, outcome: Outcome) -> Option<usize> {
        let key = (file, name);
        if let Some(at) = self.index.get(&key).filter(|at| self.tests[**at].2 == outcome) {
            return Some(*at);
        }
        if self.tests.len() >= MOST_TESTS {
            self.is_cut = true;
            return None;
        }
        let (file, name) = key.clone();
        self.index.insert(key, self.tests.len());
        self.tests.push((file, name, outcome, None));
        Some(self.tests.len() - 1)
    }

    /// `vitest/calc.spec.mjs > seconds > reads hours`, `vitest/broken.spec.mjs [ vitest/broken.spec.mjs ]`
    fn begin_failure(&mut self, said: &str) {
        if !std::mem::replace(&mut self.in_names, true) {
            self.end_failure();
        }
        let whole = said.strip_suffix(" ]").and_then(|said| said.split_once(" [ ")).map(|(file, _)| text::name(file));
        let (file, name) = match (whole, named(said)) {
            (_, Some(named)) => named,
            (Some(file), None) => (file.clone(), file),
            (None, None) => return,
        };
        let at = self.add(file, name, Outcome::Failed);
        self.open.extend(at);
    }

    fn end_failure(&mut self) {
        let failure = std::mem::take(&mut self.failure);
        for at in std::mem::take(&mut self.open) {
            if let Some((_, _, _, kept)) = self.tests.get_mut(at).filter(|_| self.explained < MOST_MESSAGES) {
                self.explained += 1;
                kept.get_or_insert_with(|| failure.clone());
            }
        }
    }

    /// `6 failed | 5 passed | 1 skipped | 1 todo (13)`, `no tests`
    fn read_summary(&mut self, rest: &str) {
        let (mut counts, mut is_one) = (Counts::default(), rest.trim() == "no tests");
        for (number, word) in numbers(rest) {
            match word {
                "failed" => counts.failed = number,
                "passed" => counts.passed = number,
                "skipped" | "todo" => counts.skipped = counts.skipped.saturating_add(number),
                _ => return,
            }
            is_one = true;
        }
        if is_one {
            self.is_vitest = true;
            self.found.add_summary(counts);
        }
    }

    fn keep(&mut self) {
        self.end_failure();
        self.found.is_cut |= std::mem::take(&mut self.is_cut);
        self.found.only_failures |= std::mem::take(&mut self.only_failures);
        let broken = keep(&mut self.found, std::mem::take(&mut self.tests), 0);
        // Files that could not be read are not among the tests.
        if self.found.summary.is_some() {
            self.found.add_summary(Counts { failed: broken, ..Counts::default() });
        }
    }
}
