//! What pytest prints: the lines of `-v`, the failures, the short summary, and the numbers at the end.

use std::collections::HashMap;
use std::path::Path;

use super::{LineReader, numbers};
use crate::actual;
use crate::report::{Counts, Found, MOST_MESSAGES, MOST_TESTS, Outcome, Runner, TestResult};
use crate::text::{self, add_line};

/// Reads the output of pytest, of any verbosity.
#[derive(Default)]
pub(super) struct Pytest {
    /// Outcomes by the ids of their tests, in the order in which they came.
    tests: Vec<(String, Outcome)>,
    index: HashMap<String, usize>,
    is_cut: bool,
    /// What was said of failures: the test by its name in the heading, `TestMore.test_text`.
    failures: HashMap<String, Failure>,
    /// What the short summary says of them, by id.
    short: HashMap<String, String>,
    /// The failure that is being read.
    open: Option<(String, Failure)>,
    in_failures: bool,
    summary: Option<Counts>,
    is_pytest: bool,
    ran_none: bool,
    /// Whether those that pass have names.
    is_named: bool,
}

#[derive(Default)]
struct Failure {
    /// The lines that pytest marks with `E`, or the first others.
    said: String,
    other: String,
    line: Option<u64>,
}

impl LineReader for Pytest {
    fn read(&mut self, line: &str) {
        match line.as_bytes().first() {
            Some(b'=') => self.read_rule(line),
            Some(b'_') if self.in_failures => self.begin_failure(line),
            Some(b'0'..=b'9' | b'n') if self.read_summary(line) => {}
            Some(b'c')
                if line.starts_with("collected 0 items") || line.starts_with("collecting ... collected 0 items") =>
            {
                (self.is_pytest, self.ran_none) = (true, true);
            }
            Some(b'P' | b'F' | b'E' | b'X' | b'S') if self.read_short(line) => {}
            _ if self.open.is_some() => self.read_failure(line),
            Some(_) if !self.in_failures => self.read_verbose(line),
            _ => {}
        }
    }

    fn finish(mut self: Box<Self>, folder: &Path) -> Found {
        self.end_failure();
        let mut found = Found::new(Runner::Pytest);
        if !self.is_pytest {
            return found;
        }
        (found.summary, found.ran_none, found.is_cut) = (self.summary, self.ran_none, self.is_cut);
        found.only_failures = !self.is_named && !self.ran_none;
        for (id, outcome) in &self.tests {
            let (file, group, name, heading) = parts(id);
            let mut test = TestResult::new(&group, name, *outcome);
            test.file = text::file(file, folder);
            let failure = self.failures.get(&heading);
            test.line = failure.and_then(|failure| failure.line);
            let short = self.short.get(id).map(String::as_str).unwrap_or_default();
            let said = failure.map(Failure::said).filter(|said| !said.is_empty()).unwrap_or(short);
            let said = said.to_owned();
            if let Some(at) = found.add(test) {
                // The short summary is cut at the width of a terminal: what it shows last need not be the value.
                let actual = if said.ends_with("...") { None } else { actual::of_python_text(&said) };
                found.explain(at, &said, actual);
            }
        }
        found
    }
}

impl Failure {
    fn said(&self) -> &str {
        if self.said.is_empty() { &self.other } else { &self.said }
    }
}

/// Splits `tests/test_calc.py::TestX::test_a[1::2]` into its file, its group as JUnit files have it, its name, and its name in
/// the heading of a failure.
fn parts(id: &str) -> (&str, String, &str, String) {
    let (file, rest) = id.split_once("::").unwrap_or((id, ""));
    let end = rest.find('[').unwrap_or(rest.len());
    let at = rest[..end].rfind("::").map_or(0, |at| at + 2);
    let (classes, name) = (rest[..at].trim_end_matches("::"), &rest[at..]);
    let module = file.strip_suffix(".py").unwrap_or(file).replace('/', ".");
    let group = if classes.is_empty() { module } else { format!("{module}.{}", classes.replace("::", ".")) };
    let heading = if classes.is_empty() { name.to_owned() } else { format!("{}.{name}", classes.replace("::", ".")) };
    // A file that could not be collected has no test.
    (file, group, if name.is_empty() { file } else { name }, heading)
}

/// Returns the outcome that a word stands for, and whether pytest ends a test with it.
fn outcome(word: &str) -> Option<Outcome> {
    match word {
        "PASSED" => Some(Outcome::Passed),
        "FAILED" | "ERROR" | "XPASS" | "SUBFAILED" | "SUBFAIL" => Some(Outcome::Failed),
        "SKIPPED" | "XFAIL" => Some(Outcome::Skipped),
        _ => None,
    }
}

impl Pytest {
    /// Reads a heading, and what is inside of it.
    fn read_rule(&mut self, line: &str) {
        let said = line.trim_matches('=').trim();
        if line.len() < said.len() + 4 {
            return;
        }
        self.end_failure();
        match said {
            "test session starts" => self.is_pytest = true,
            "FAILURES" | "ERRORS" => self.in_failures = true,
            said => {
                self.in_failures = false;
                self.read_summary(said);
            }
        }
    }

    /// `8 failed, 4 passed, 1 skipped, 1 xfailed, 1 error in 0.14s`, `no tests ran in 0.01s`
    fn read_summary(&mut self, line: &str) -> bool {
        let Some((said, took)) = line.rsplit_once(" in ") else { return false };
        if !took.starts_with(|letter: char| letter.is_ascii_digit()) || !took.contains('s') {
            return false;
        }
        let is_nothing =
            said.strip_suffix(" deselected").is_some_and(|count| count.bytes().all(|byte| byte.is_ascii_digit()));
        if said == "no tests ran" || is_nothing {
            (self.is_pytest, self.ran_none) = (true, true);
            return true;
        }
        let mut counts = Counts::default();
        let mut words = 0;
        for (number, word) in numbers(said) {
            let counted = match word {
                "passed" => &mut counts.passed,
                "failed" | "error" | "errors" | "xpassed" => &mut counts.failed,
                "skipped" | "xfailed" => &mut counts.skipped,
                "deselected" | "warning" | "warnings" | "subtests" | "rerun" => continue,
                _ => return false,
            };
            *counted = counted.saturating_add(number);
            words += 1;
        }
        if words == 0 {
            return false;
        }
        self.end_failure();
        self.in_failures = false;
        self.is_pytest = true;
        self.summary = Some(self.summary.unwrap_or_default().plus(counts));
        true
    }

    /// `FAILED tests/test_calc.py::test_seconds - AssertionError: assert 60 == 5400`
    fn read_short(&mut self, line: &str) -> bool {
        let Some((word, rest)) = line.split_once(' ') else { return false };
        let word = word.split('(').next().unwrap_or(word);
        let Some(outcome) = outcome(word) else { return false };
        // Of `SUBFAILED(at=1) path::name`, what is in brackets may have spaces.
        let rest = if word == line.split(' ').next().unwrap_or_default() {
            rest
        } else {
            rest.rsplit_once(") ").map_or(rest, |(_, id)| id)
        };
        let (id, said) = split_reason(rest);
        let is_file = word == "ERROR" && id.ends_with(".py");
        if !id.contains("::") && !is_file || id.contains(": ") {
            return false;
        }
        self.end_failure();
        self.in_failures = false;
        if outcome == Outcome::Failed && self.short.len() < MOST_MESSAGES {
            self.short.entry(id.to_owned()).or_insert_with(|| said.to_owned());
        }
        self.is_named |= outcome == Outcome::Passed;
        self.add(id, outcome);
        true
    }

    /// `tests/test_calc.py::test_add[1-2] PASSED   [  7%]`, and xdist's `[gw0] [ 50%] PASSED tests/test_calc.py::test_add[1-2]`
    fn read_verbose(&mut self, line: &str) {
        if !line.contains("::") {
            return;
        }
        if line.starts_with("[gw") {
            let rest = line.splitn(3, ']').nth(2).map(str::trim_start);
            if let Some((word, id)) = rest.and_then(|rest| rest.split_once(' '))
                && let Some(outcome) = outcome(word)
            {
                self.is_named = true;
                self.add(id, outcome);
            }
            return;
        }
        let words = [" PASSED", " FAILED", " SKIPPED", " XFAIL", " XPASS", " ERROR"];
        let found = words.iter().filter_map(|word| Some((line.rfind(word)?, word)));
        let Some((at, word)) = found.max() else { return };
        let (id, rest) = (&line[..at], &line[at + word.len()..]);
        let ends = rest.is_empty() || rest.starts_with(" [") || rest.starts_with("  ") || rest.starts_with(" (");
        if let (true, Some(outcome)) =
            (ends && id.split("::").next().is_some_and(|file| !file.contains(' ')), outcome(&word[1..]))
        {
            self.is_named = true;
            self.add(id.trim_end(), outcome);
        }
    }

    /// Keeps the outcome of a test: a failure counts whatever else is said, such as of its teardown.
    fn add(&mut self, id: &str, outcome: Outcome) {
        if let Some(at) = self.index.get(id) {
            if outcome == Outcome::Failed {
                self.tests[*at].1 = outcome;
            }
            return;
        }
        if self.tests.len() >= MOST_TESTS {
            self.is_cut = true;
            return;
        }
        self.index.insert(id.to_owned(), self.tests.len());
        self.tests.push((id.to_owned(), outcome));
    }

    /// `____ TestMore.test_text ____`, `____ ERROR at setup of test_setup ____`, `____ ERROR collecting tests/test_x.py ____`
    fn begin_failure(&mut self, line: &str) {
        let said = line.trim_start_matches('_').trim_end_matches('_').trim();
        if said.is_empty() || line.starts_with("_ _") || line.len() < said.len() + 4 {
            return self.read_failure(line);
        }
        self.end_failure();
        let said = ["ERROR at setup of ", "ERROR at teardown of ", "ERROR collecting "]
            .iter()
            .find_map(|word| said.strip_prefix(word))
            .unwrap_or(said);
        // A part of a test: `Old.test_in_parts (at=1)`
        let name = said.split_once(" (").or(said.split_once(" [")).map_or(said, |(name, _)| name);
        self.open = Some((name.to_owned(), Failure::default()));
    }

    fn read_failure(&mut self, line: &str) {
        let Some((_, failure)) = &mut self.open else { return };
        if let Some(said) = line.strip_prefix('E').filter(|said| said.is_empty() || said.starts_with("  ")) {
            let said = said.strip_prefix("   ").unwrap_or(said);
            // As far as the function is indented that failed.
            let said = if failure.said.is_empty() { said.trim_start() } else { said };
            add_line(&mut failure.said, said);
        } else if failure.other.len() < text::MESSAGE {
            add_line(&mut failure.other, line);
        }
        // The first place is in the test itself.
        let place = text::place(line.split_once(": ").map_or(line.trim_end_matches(':'), |(place, _)| place));
        if let (None, Some((_, number))) = (failure.line, place.filter(|(path, _)| path.ends_with(".py"))) {
            failure.line = Some(number);
        }
    }

    fn end_failure(&mut self) {
        if let Some((name, failure)) = self.open.take()
            && self.failures.len() < MOST_MESSAGES
        {
            self.failures.entry(name).or_insert(failure);
        }
    }
}

/// Splits an id from ` - ` and the reason behind it; the id may have that in its brackets.
fn split_reason(rest: &str) -> (&str, &str) {
    let begin = rest.find('[').filter(|at| rest.find(" - ").is_none_or(|dash| *at < dash));
    let from = begin.map_or(0, |_| rest.find("] - ").map_or(rest.len(), |at| at + 1));
    rest[from..].find(" - ").map_or((rest, ""), |at| (&rest[..from + at], &rest[from + at + 3..]))
}
