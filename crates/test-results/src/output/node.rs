//! What node's runner prints for people (its reporter `spec`).
//!
//! Tests are indented by two blanks below their suites. What failed is said in a list at the end, with its place; until node 22
//! below its line as well.

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use super::LineReader;
use crate::actual;
use crate::report::{Counts, Found, MOST_MESSAGES, Outcome, Runner, TestResult};
use crate::text::{self, add_line};

/// The deepest nesting of suites whose names are kept.
const DEEPEST: usize = 64;

/// The most lines of a failure that are read.
const MOST_LINES: usize = 200;

/// Reads the output of `node --test` where it is for people.
pub(super) struct Spec {
    found: Found,
    /// The suites and parents around what comes.
    above: Vec<String>,
    /// The summary: tests, passed, failed, cancelled, skipped, to do.
    summary: [Option<u64>; 6],
    is_node: bool,
    /// The tests that failed by their last name, in their order: the list at the end has them so.
    failed: HashMap<String, VecDeque<usize>>,
    in_list: bool,
    /// The place of the failure that comes next in the list.
    place: Option<(String, u64)>,
    /// The failure that is being read: its test, and how far its lines are indented.
    open: Option<(usize, usize, Vec<String>)>,
}

impl Default for Spec {
    fn default() -> Spec {
        Spec {
            found: Found::new(Runner::Node),
            above: Vec::new(),
            summary: [None; 6],
            is_node: false,
            failed: HashMap::new(),
            in_list: false,
            place: None,
            open: None,
        }
    }
}

impl LineReader for Spec {
    fn read(&mut self, line: &str) {
        let said = line.trim_start_matches(' ');
        let depth = ((line.len() - said.len()) / 2).min(DEEPEST);
        let mut letters = said.chars();
        let mark = letters.next();
        match mark {
            Some('✔' | '✖' | '﹣' | '⚠' | '▶') => {
                let rest = letters.as_str().trim_start_matches('\u{fe0f}').trim_start();
                self.end_failure();
                match mark {
                    _ if rest == "failing tests:" => self.in_list = true,
                    Some('▶') => self.begin_parent(depth, rest),
                    Some(mark) => self.read_test(depth, mark, rest),
                    None => {}
                }
            }
            Some('ℹ') => self.read_summary(letters.as_str().trim()),
            Some('t') if self.in_list && said.starts_with("test at ") => {
                self.end_failure();
                self.place = text::place(&said["test at ".len()..]).map(|(path, line)| (path.to_owned(), line));
            }
            _ => self.read_failure(line),
        }
    }

    fn finish(mut self: Box<Self>, folder: &Path) -> Found {
        self.end_failure();
        self.end_summary();
        if !self.is_node {
            return Found::new(Runner::Node);
        }
        for test in &mut self.found.tests {
            test.file = test.file.take().and_then(|file| text::file(&file, folder));
        }
        self.found.ran_none = self.found.summary.is_some_and(|counts| counts.total() == 0);
        self.found
    }
}

/// Splits `adds (2.84ms) # TODO` into the name and the directive. None where there is no time: then it is another runner's.
fn timed(rest: &str) -> Option<(&str, &str)> {
    let at = rest.rfind("ms)")?;
    let (before, after) = (&rest[..at], rest[at + 3..].trim());
    let (name, time) = before.rsplit_once(" (")?;
    let is_time = time.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let directive = after.strip_prefix('#').unwrap_or(after).trim();
    (is_time && (after.is_empty() || after.starts_with('#'))).then_some((name, directive))
}

impl Spec {
    fn begin_parent(&mut self, depth: usize, rest: &str) {
        // Until node 20, the line that ends a parent begins alike, and has a time.
        if timed(rest).is_some() {
            self.above.truncate(depth);
            return;
        }
        self.above.resize(depth, String::new());
        self.above.push(text::name(rest));
    }

    fn read_test(&mut self, depth: usize, mark: char, rest: &str) {
        let Some((name, directive)) = timed(rest) else { return };
        if self.in_list {
            return self.find_listed(name);
        }
        let outcome = match mark {
            '﹣' => Outcome::Skipped,
            '⚠' => Outcome::Skipped,
            _ if directive.starts_with("TODO") || directive.starts_with("SKIP") => Outcome::Skipped,
            '✔' => Outcome::Passed,
            _ => Outcome::Failed,
        };
        // The line that ends a parent.
        if self.above.get(depth).is_some_and(|above| *above == text::name(name)) {
            self.above.truncate(depth);
            return;
        }
        self.above.truncate(depth);
        let above = self.above.iter().map(String::as_str).filter(|name| !name.is_empty());
        let full: Vec<&str> = above.chain([name]).collect();
        let added = self.found.add(TestResult::new("", &full.join(" > "), outcome));
        if let Some(at) = added.filter(|_| outcome == Outcome::Failed) {
            self.failed.entry(name.to_owned()).or_default().push_back(at);
            self.open = Some((at, depth, Vec::new()));
        }
    }

    /// Finds the test of a failure in the list: the first of its name that has no place yet.
    fn find_listed(&mut self, name: &str) {
        let place = self.place.take();
        let Some(at) = self.failed.get_mut(name).and_then(VecDeque::pop_front) else { return };
        if let (Some(test), Some((file, line))) = (self.found.tests.get_mut(at), place) {
            (test.file, test.line) = (Some(file), Some(line));
        }
        self.open = Some((at, 0, Vec::new()));
    }

    /// `ℹ tests 12`
    fn read_summary(&mut self, said: &str) {
        self.end_failure();
        let Some((word, Ok(number))) = said.split_once(' ').map(|(word, number)| (word, number.parse::<u64>())) else {
            self.is_node |= said.starts_with("duration_ms ");
            return;
        };
        let words = ["tests", "pass", "fail", "cancelled", "skipped", "todo"];
        let Some(at) = words.iter().position(|known| *known == word) else { return };
        if at == 0 {
            self.end_summary();
            // What comes is of the next call.
            (self.in_list, self.is_node) = (false, true);
        }
        self.summary[at] = Some(number);
    }

    fn end_summary(&mut self) {
        if let [Some(_), Some(passed), Some(failed), cancelled, skipped, todo] = std::mem::take(&mut self.summary) {
            let failed = failed.saturating_add(cancelled.unwrap_or(0));
            let skipped = skipped.unwrap_or(0).saturating_add(todo.unwrap_or(0));
            self.found.add_summary(Counts { passed, failed, skipped });
        }
    }

    fn read_failure(&mut self, line: &str) {
        if let Some((_, _, lines)) = &mut self.open
            && lines.len() < MOST_LINES
        {
            lines.push(line.to_owned());
        }
    }

    fn end_failure(&mut self) {
        let Some((at, depth, lines)) = self.open.take() else { return };
        let mut message = String::new();
        let indent = 2 * (depth + 1);
        for line in &lines {
            add_line(&mut message, line.get(indent..).unwrap_or(line.trim_start()));
        }
        let value = value_of(&lines).or_else(|| actual::of(&message));
        if !message.is_empty() && self.failed.len() < MOST_MESSAGES {
            self.found.explain(at, &without_stack(&message), value);
        }
    }
}

/// Returns what node prints of an assertion's `actual`: `actual: 60,`, or an object of several lines.
pub(super) fn value_of(lines: &[String]) -> Option<String> {
    let at = lines.iter().position(|line| line.trim_start().starts_with("actual: "))?;
    let line = &lines[at];
    let indent = line.len() - line.trim_start().len();
    let mut said = line.trim_start()["actual: ".len()..].to_owned();
    for line in lines[at + 1..].iter().take_while(|line| !line.trim_start().starts_with("expected: ")) {
        if line.len() - line.trim_start().len() < indent {
            break;
        }
        said.push(' ');
        said.push_str(line.trim());
    }
    text::value(said.trim_end_matches(','))
}

/// Returns a message without the functions that called each other: they say little of the test.
fn without_stack(message: &str) -> String {
    let lines = message.lines().filter(|line| !line.trim_start().starts_with("at "));
    lines.collect::<Vec<_>>().join("\n")
}
