//! What RSpec prints: the tree of its formatter `documentation`, the failures, and the numbers at the end. Its formatter
//! `progress` names those that fail alone.

use std::collections::HashMap;
use std::path::Path;

use super::failure::{Failure, indented};
use super::{LineReader, number, numbers};
use crate::report::{Counts, Found, MOST_MESSAGES, MOST_TESTS, Outcome, Runner, TestResult};
use crate::text;

/// The deepest nesting of groups whose names are kept.
const DEEPEST: usize = 64;

/// Reads the output of RSpec.
pub(super) struct Rspec {
    found: Found,
    /// The groups around what comes.
    above: Vec<String>,
    /// What is a group where something is below it, and else a test that passed.
    candidate: Option<(usize, String)>,
    after_blank: bool,
    /// The tests of the call that prints: the name, the outcome, and the number of a failure.
    tests: Vec<(String, Outcome, Option<u64>)>,
    failures: Vec<(u64, String, Failure)>,
    /// The files that could not be read, and why.
    broken: Vec<(String, Failure)>,
    is_cut: bool,
    part: Part,
}

/// The part of the output that comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Tree,
    Pending,
    Failures,
    /// Why a file could not be read.
    Broken,
    /// What is below the numbers, and between the parts.
    End,
}

impl Default for Rspec {
    fn default() -> Rspec {
        Rspec {
            found: Found::new(Runner::Rspec),
            above: Vec::new(),
            candidate: None,
            after_blank: true,
            tests: Vec::new(),
            failures: Vec::new(),
            broken: Vec::new(),
            is_cut: false,
            part: Part::Tree,
        }
    }
}

impl LineReader for Rspec {
    fn read(&mut self, line: &str) {
        if line == "Failures:" || line.starts_with("Pending: (") {
            self.end_candidate(0);
            self.part = if line == "Failures:" { Part::Failures } else { Part::Pending };
        } else if line.starts_with("Finished in ") {
            self.end_candidate(0);
            self.part = Part::End;
        } else if let Some(path) = line.strip_prefix("An error occurred while loading ") {
            self.part = Part::Broken;
            let path = path.split(".rb").next().map(|path| format!("{}.rb", path.trim_start_matches("./")));
            if self.broken.len() < MOST_MESSAGES {
                self.broken.extend(path.map(|path| (path, Failure::default())));
            }
        } else if let Some(counts) = summary(line) {
            self.keep(counts);
        } else {
            self.read_part(line);
        }
        self.after_blank = line.is_empty();
    }

    fn finish(mut self: Box<Self>, folder: &Path) -> Found {
        self.found.name_files(folder);
        self.found.ran_none = self.found.summary.is_some_and(|counts| counts.total() == 0);
        self.found
    }
}

/// `13 examples, 8 failures, 3 pending, 1 error occurred outside of examples`
fn summary(line: &str) -> Option<Counts> {
    let (all, rest) = number(line)?;
    let is_one = rest.starts_with(" examples, ") || rest.starts_with(" example, ");
    if !is_one || !(rest.contains(" failures") || rest.contains(" failure")) {
        return None;
    }
    let mut counts = Counts::default();
    for (number, word) in numbers(rest.split_once(", ")?.1) {
        match word {
            "failure" | "failures" => counts.failed = number,
            "pending" => counts.skipped = number,
            _ => {}
        }
    }
    counts.passed = all.saturating_sub(counts.failed).saturating_sub(counts.skipped);
    Some(counts)
}

impl Rspec {
    fn read_part(&mut self, line: &str) {
        match self.part {
            Part::Tree => self.read_tree(line),
            Part::Failures => self.read_failure(line),
            Part::Broken if line == "No examples found." => self.part = Part::Tree,
            Part::Broken => {
                if let Some((_, failure)) = self.broken.last_mut() {
                    failure.add(line);
                }
            }
            // Another call prints.
            Part::End if indented(line).0 == 0 && self.after_blank && !line.is_empty() => {
                self.part = Part::Tree;
                self.read_tree(line);
            }
            Part::End | Part::Pending => {}
        }
    }

    /// Reads a line of the tree: a group, a test, or what a test prints.
    fn read_tree(&mut self, line: &str) {
        let (indent, said) = indented(line);
        if said.is_empty() || indent % 2 == 1 {
            return;
        }
        let depth = (indent / 2).min(DEEPEST);
        // There is an empty line before an outermost group: all else there, a test printed.
        if depth == 0 && !self.after_blank {
            return;
        }
        self.end_candidate(depth);
        self.above.truncate(depth);
        if let Some((name, number)) = failed(said) {
            self.add(depth, name, Outcome::Failed, Some(number));
        } else if let Some(at) = said.rfind(" (PENDING: ").filter(|_| said.ends_with(')')) {
            self.add(depth, &said[..at], Outcome::Skipped, None);
        } else {
            self.candidate = Some((depth, said.to_owned()));
        }
    }

    /// Makes the candidate a group, where what comes is right below it, or else a test.
    fn end_candidate(&mut self, depth: usize) {
        let Some((above, name)) = self.candidate.take() else { return };
        if above + 1 == depth {
            self.above.resize(above, String::new());
            self.above.push(text::name(&name));
        } else if above > 0 {
            self.add(above, &name, Outcome::Passed, None);
        }
    }

    fn add(&mut self, depth: usize, name: &str, outcome: Outcome, number: Option<u64>) {
        self.above.truncate(depth);
        let above = self.above.iter().map(String::as_str).filter(|name| !name.is_empty());
        let full: Vec<&str> = above.chain([name]).collect();
        if self.tests.len() < MOST_TESTS {
            self.tests.push((text::name(&full.join(" > ")), outcome, number));
        } else {
            self.is_cut = true;
        }
    }

    /// `  1) calc #seconds reads hours`, and what is below it.
    fn read_failure(&mut self, line: &str) {
        let (indent, said) = indented(line);
        let heading = number(said).filter(|_| (2..5).contains(&indent));
        if let Some((number, name)) = heading.and_then(|(number, rest)| Some((number, rest.strip_prefix(") ")?))) {
            if self.failures.len() < MOST_MESSAGES {
                self.failures.push((number, text::name(name), Failure::default()));
            }
        } else if let Some((_, _, failure)) = self.failures.last_mut() {
            failure.add(line);
        }
    }

    /// Keeps the tests of a call, at its numbers.
    fn keep(&mut self, counts: Counts) {
        self.end_candidate(0);
        let mut tests = std::mem::take(&mut self.tests);
        let mut seen = Counts::default();
        tests.iter().for_each(|(_, outcome, _)| seen.count(*outcome));
        if seen != counts {
            // There is no tree, or tests printed what looks like one.
            tests.clear();
            self.found.only_failures |= counts.total() > 0;
        }
        let mut places: HashMap<u64, usize> = HashMap::new();
        for (name, outcome, number) in tests {
            let at = self.found.add(TestResult::new("", &name, outcome));
            places.extend(number.zip(at));
        }
        for (number, name, failure) in std::mem::take(&mut self.failures) {
            let at = places.get(&number).copied();
            let name = name.strip_suffix(" FIXED").unwrap_or(&name);
            if let Some(at) = at.or_else(|| self.found.add(TestResult::new("", name, Outcome::Failed))) {
                self.explain(at, &failure);
            }
        }
        let broken = std::mem::take(&mut self.broken);
        let failed = counts.failed.saturating_add(broken.len() as u64);
        for (path, failure) in broken {
            if let Some(at) = self.found.add(TestResult::new(&path, &path, Outcome::Failed)) {
                self.explain(at, &failure);
            }
        }
        self.found.add_summary(Counts { failed, ..counts });
        self.found.is_cut |= std::mem::take(&mut self.is_cut);
        self.above.clear();
        self.part = Part::End;
    }

    fn explain(&mut self, at: usize, failure: &Failure) {
        if let (Some(test), Some((file, line))) = (self.found.tests.get_mut(at), failure.place()) {
            (test.file, test.line) = (Some(file.clone()), Some(*line));
        }
        self.found.explain(at, &failure.message(5), failure.actual(5, '+'));
    }
}

/// Splits `reads hours (FAILED - 1)` into the name and the number.
fn failed(said: &str) -> Option<(&str, u64)> {
    let (name, number) = said.strip_suffix(')')?.rsplit_once(" (FAILED - ")?;
    Some((name, number.parse().ok()?))
}
