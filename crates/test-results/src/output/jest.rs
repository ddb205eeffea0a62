//! What jest prints for people. The tests of a file have names with `--verbose`, and where one file alone runs; else those that
//! fail have. All is printed by file.

use std::collections::HashMap;
use std::path::Path;

use super::failure::{Failure, indented};
use super::javascript::{Test, keep, marked, without_time};
use super::{LineReader, numbers};
use crate::report::{Counts, Found, MOST_MESSAGES, MOST_TESTS, Outcome, Runner};
use crate::text;

/// The deepest nesting of suites whose names are kept.
const DEEPEST: usize = 64;

/// What a file has in the place of its tests that could not be read.
const NOT_LOADED: &str = "Test suite failed to run";

/// Reads the output of jest.
pub(super) struct Jest {
    found: Found,
    /// The tests of the call that prints: file, name and outcome.
    tests: Vec<Test>,
    index: HashMap<(String, String), usize>,
    /// The file whose tests come.
    file: Option<String>,
    above: Vec<String>,
    in_tree: bool,
    /// Whether the tests of the file have names.
    is_named: bool,
    only_failures: bool,
    is_cut: bool,
    /// How many failures are kept.
    explained: usize,
    is_jest: bool,
    said_none: bool,
    open: Option<(usize, Failure)>,
}

impl Default for Jest {
    fn default() -> Jest {
        Jest {
            found: Found::new(Runner::Jest),
            tests: Vec::new(),
            index: HashMap::new(),
            file: None,
            above: Vec::new(),
            in_tree: false,
            is_named: true,
            only_failures: false,
            is_cut: false,
            explained: 0,
            is_jest: false,
            said_none: false,
            open: None,
        }
    }
}

impl LineReader for Jest {
    fn read(&mut self, line: &str) {
        let (indent, said) = indented(line);
        match said.as_bytes().first() {
            Some(b'P' | b'F') if indent == 0 && self.begin_file(line) => {}
            Some(b'T') if indent == 0 && self.read_summary(line) => {}
            Some(b'N') if indent == 0 && line.starts_with("No tests found, exiting with code ") => {
                (self.is_jest, self.said_none) = (true, true);
            }
            Some(b'S') if line == "Summary of all failing tests" => self.end_file(),
            _ if self.file.is_none() => {}
            _ if indent == 2 && said.starts_with("● ") => self.begin_failure(said.trim_start_matches("● ")),
            Some(_) if self.in_tree && indent >= 2 => self.read_tree(indent, said),
            None if self.in_tree => self.in_tree = false,
            _ => {
                if let Some((_, failure)) = &mut self.open {
                    failure.add(line);
                }
            }
        }
    }

    fn finish(mut self: Box<Self>, folder: &Path) -> Found {
        self.end_failure();
        if !self.is_jest {
            return Found::new(Runner::Jest);
        }
        self.found.name_files(folder);
        self.found.ran_none = self.said_none || self.found.summary.is_some_and(|counts| counts.total() == 0);
        self.found
    }
}

impl Jest {
    /// `FAIL jest/calc.test.js (5.1 s)`, with the name of a project before the path.
    fn begin_file(&mut self, line: &str) -> bool {
        let Some(rest) = line.strip_prefix("PASS ").or_else(|| line.strip_prefix("FAIL ")) else { return false };
        // A time, and how much memory it took.
        let rest = rest.split(" (").next().unwrap_or(rest).trim();
        let Some(path) = rest.rsplit(' ').next().filter(|path| path.contains('.')) else { return false };
        self.end_file();
        self.file = Some(text::name(path.trim_start_matches("./")));
        (self.in_tree, self.is_named) = (true, false);
        true
    }

    fn end_file(&mut self) {
        self.end_failure();
        if self.file.take().is_some() {
            self.only_failures |= !self.is_named;
        }
        self.above.clear();
        self.in_tree = false;
    }

    fn read_tree(&mut self, indent: usize, said: &str) {
        let depth = (indent / 2 - 1).min(DEEPEST);
        self.above.truncate(depth);
        let Some((outcome, name)) = marked(said) else {
            self.above.resize(depth, String::new());
            self.above.push(text::name(said));
            return;
        };
        let name = without_time(name);
        let name = match outcome {
            Outcome::Skipped => name.strip_prefix("skipped ").or(name.strip_prefix("todo ")).unwrap_or(name),
            _ => name,
        };
        self.is_named = true;
        let full: Vec<&str> = self.above.iter().map(String::as_str).chain([name]).collect();
        let full = text::name(&full.join(" > "));
        self.add(full, outcome);
    }

    /// Keeps a test of the file, and returns its place, as long as there is room.
    fn add(&mut self, name: String, outcome: Outcome) -> Option<usize> {
        let file = self.file.clone()?;
        let key = (file.clone(), name.clone());
        if let Some(at) = self.index.get(&key).filter(|at| self.tests[**at].2 == outcome) {
            return Some(*at);
        }
        if self.tests.len() >= MOST_TESTS {
            self.is_cut = true;
            return None;
        }
        self.index.insert(key, self.tests.len());
        self.tests.push((file, name, outcome, None));
        Some(self.tests.len() - 1)
    }

    /// `● seconds › reads hours`
    fn begin_failure(&mut self, said: &str) {
        self.end_failure();
        self.in_tree = false;
        // What was printed, in the file's own words, and settings that are out of date.
        if matches!(said, "Console" | "Validation Warning:" | "Deprecation Warning:") {
            return;
        }
        let name = if said == NOT_LOADED {
            self.is_named = true;
            self.file.clone().unwrap_or_default()
        } else {
            text::name(&said.replace(" › ", " > "))
        };
        self.open = self.add(name, Outcome::Failed).map(|at| (at, Failure::default()));
    }

    fn end_failure(&mut self) {
        if let Some((at, failure)) = self.open.take()
            && self.explained < MOST_MESSAGES
            && let Some((_, _, _, kept)) = self.tests.get_mut(at)
        {
            self.explained += 1;
            kept.get_or_insert(failure);
        }
    }

    /// `Test Suites: 2 failed, 1 passed, 3 total`, `Tests:       6 failed, 1 skipped, 1 todo, 5 passed, 13 total`
    fn read_summary(&mut self, line: &str) -> bool {
        let Some(rest) = line.strip_prefix("Tests:  ") else {
            if line.starts_with("Test Suites: ") {
                self.end_file();
                return true;
            }
            return false;
        };
        let (mut counts, mut is_one) = (Counts::default(), false);
        for (number, word) in numbers(rest) {
            match word {
                "failed" => counts.failed = number,
                "passed" => counts.passed = number,
                "skipped" | "todo" => counts.skipped = counts.skipped.saturating_add(number),
                "total" => is_one = true,
                _ => {}
            }
        }
        if is_one {
            self.end_file();
            self.keep(counts);
        }
        is_one
    }

    fn keep(&mut self, counts: Counts) {
        self.is_jest = true;
        self.index.clear();
        self.found.is_cut |= std::mem::take(&mut self.is_cut);
        self.found.only_failures |= std::mem::take(&mut self.only_failures);
        let broken = keep(&mut self.found, std::mem::take(&mut self.tests), 4);
        // Files that could not be read are not among the tests.
        self.found.add_summary(Counts { failed: counts.failed.saturating_add(broken), ..counts });
    }
}
