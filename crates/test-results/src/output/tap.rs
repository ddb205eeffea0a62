//! The Test Anything Protocol, 13 and 14 (<https://testanything.org/tap-version-14-specification.html>), of node's runner
//! and of whatever else prints it.

use std::path::Path;

use super::LineReader;
use crate::actual;
use crate::report::{Counts, Found, MOST_TESTS, Outcome, Runner, TestResult};
use crate::text::{self, add_line};

/// The deepest nesting of subtests that is kept.
const DEEPEST: usize = 32;

/// The most bytes that are kept of what is said below a point.
const DIAGNOSTIC: usize = 16 << 10;

/// Reads TAP.
#[derive(Default)]
pub(super) struct Tap {
    /// The points at each depth of which the one above has not come yet.
    levels: Vec<Vec<Point>>,
    /// Points that found no room.
    is_cut: bool,
    kept: usize,
    /// A plan or a version was seen: it is TAP.
    is_tap: bool,
    is_node: bool,
    /// A plan said that there is nothing.
    plans_none: bool,
    /// The summary that some producers of TAP write: tests, passed, failed, skipped, to do.
    summary: [Option<u64>; 5],
    summaries: Option<Counts>,
    /// What is said below the last point, with its depth.
    diagnostic: Option<(usize, Vec<String>)>,
    diagnostic_bytes: usize,
    last_depth: usize,
}

/// A point, and what is known of it.
struct Point {
    test: TestResult,
    /// Whether there are points below it: those are the tests.
    is_parent: bool,
    /// Whether one below it failed, or it says so.
    is_told_below: bool,
}

impl LineReader for Tap {
    fn read(&mut self, line: &str) {
        let said = line.trim_start_matches(' ');
        let indent = line.len() - said.len();
        if self.diagnostic.is_some() && self.read_diagnostic(indent, line) {
            return;
        }
        match said.as_bytes().first() {
            Some(b'o' | b'n') => self.read_point(indent, said),
            Some(b'-') if said == "---" && indent >= 1 && self.kept > 0 => {
                self.diagnostic = Some((indent, Vec::new()));
                self.diagnostic_bytes = 0;
            }
            Some(b'T') if indent == 0 && said.starts_with("TAP version ") => self.is_tap = true,
            Some(b'1') if indent == 0 => self.read_plan(said),
            Some(b'#') if indent == 0 => self.read_comment(said),
            _ => {}
        }
    }

    fn finish(mut self: Box<Self>, folder: &Path) -> Found {
        self.end_diagnostic();
        self.end_summary();
        let mut found = Found::new(if self.is_node { Runner::Node } else { Runner::Tap });
        if !self.is_tap {
            return found;
        }
        // What is deeper is of a parent that did not end.
        let points = std::mem::take(&mut self.levels).into_iter().flatten();
        for mut point in points.filter(|point| !point.is_parent || point.is_own_failure()) {
            let file = point.test.file.take();
            point.test.file = file.and_then(|file| text::file(&file, folder));
            point.test.name = named_below(&point.test.name, folder);
            found.add(point.test);
        }
        found.summary = self.summaries;
        found.is_cut = self.is_cut;
        found.ran_none = self.plans_none || self.summaries.is_some_and(|counts| counts.total() == 0);
        found
    }
}

/// Returns the name of a test without the path of the folder, where it begins with one: node names files so that failed as a
/// whole.
fn named_below(name: &str, folder: &Path) -> String {
    let inside = name.starts_with('/').then(|| text::file(name, folder)).flatten();
    inside.unwrap_or_else(|| name.to_owned())
}

impl Point {
    fn is_own_failure(&self) -> bool {
        self.test.outcome == Outcome::Failed && !self.is_told_below
    }
}

impl Tap {
    /// `1..4`, `1..0 # SKIP no disk`
    fn read_plan(&mut self, said: &str) {
        let Some(last) = said.strip_prefix("1..") else { return };
        let last = last.split_whitespace().next().unwrap_or_default();
        self.is_tap |= !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
        self.plans_none |= last == "0";
    }

    fn read_comment(&mut self, said: &str) {
        let Some(rest) = said.strip_prefix("# ") else { return };
        let (word, number) = rest.split_once(' ').unwrap_or((rest, ""));
        let at = ["tests", "pass", "fail", "skipped", "todo"].iter().position(|known| *known == word);
        if let (Some(at), Ok(number)) = (at, number.trim().parse()) {
            if at == 0 {
                self.end_summary();
            }
            self.summary[at] = Some(number);
        }
        self.is_node |= word == "suites" || word == "duration_ms";
    }

    fn end_summary(&mut self) {
        if let [Some(_), Some(passed), Some(failed), skipped, todo] = std::mem::take(&mut self.summary) {
            let skipped = skipped.unwrap_or(0).saturating_add(todo.unwrap_or(0));
            self.summaries = Some(self.summaries.unwrap_or_default().plus(Counts { passed, failed, skipped }));
        }
    }

    fn read_point(&mut self, indent: usize, said: &str) {
        let (rest, passed) = match (point(said, "ok"), point(said, "not ok")) {
            (Some(rest), _) => (rest, true),
            (_, Some(rest)) => (rest, false),
            _ => return,
        };
        let depth = (indent / 4).min(DEEPEST);
        let (name, directive) = described(rest);
        let outcome = match directive.to_ascii_uppercase() {
            // One that is still to do is expected to fail, and one that passes may.
            word if word.starts_with("TODO") && !passed => Outcome::Skipped,
            word if word.starts_with("TODO") || word.starts_with("SKIP") => Outcome::Skipped,
            _ if passed => Outcome::Passed,
            _ => Outcome::Failed,
        };
        self.levels.resize_with(self.levels.len().max(depth + 2), Vec::new);
        let mut below: Vec<Point> = self.levels.drain(depth + 1..).flatten().collect();
        for point in &mut below {
            point.test.name = text::name(&format!("{name} > {}", point.test.name));
        }
        let is_told_below = below.iter().any(|point| point.test.outcome == Outcome::Failed);
        let is_parent = !below.is_empty();
        let level = &mut self.levels[depth];
        level.append(&mut below);
        self.last_depth = depth;
        if self.kept >= MOST_TESTS {
            self.is_cut = true;
            return;
        }
        self.kept += 1;
        let test = TestResult::new("", &name, outcome);
        level.push(Point { test, is_parent, is_told_below });
    }

    /// Reads a line of the YAML below a point. False when it is none.
    fn read_diagnostic(&mut self, indent: usize, line: &str) -> bool {
        let Some((begin, lines)) = &mut self.diagnostic else { return false };
        if line.trim() == "..." && indent <= *begin {
            self.end_diagnostic();
            return true;
        }
        if indent < *begin && !line.is_empty() {
            self.end_diagnostic();
            return false;
        }
        let line = line.get(*begin..).unwrap_or_default();
        self.diagnostic_bytes += line.len() + 1;
        if self.diagnostic_bytes < DIAGNOSTIC {
            lines.push(line.to_owned());
        }
        true
    }

    fn end_diagnostic(&mut self) {
        let Some((_, lines)) = self.diagnostic.take() else { return };
        let fields = Fields(&lines);
        self.is_node |= fields.get("duration_ms").is_some();
        let Some(point) = self.levels.get_mut(self.last_depth).and_then(|level| level.last_mut()) else { return };
        if fields.get("type").as_deref() == Some("suite") {
            // A suite is no test; one that fails without a test in it is.
            point.is_parent |= point.test.outcome != Outcome::Failed;
        }
        point.is_told_below |= fields.get("failureType").as_deref() == Some("subtestsFailed");
        if let Some((path, line)) = fields.get("location").as_deref().and_then(text::place) {
            (point.test.file, point.test.line) = (Some(path.to_owned()), Some(line));
        }
        if point.test.outcome == Outcome::Failed {
            point.test.message = fields.message(&lines);
            point.test.actual = fields.actual().or_else(|| actual::of(&point.test.message));
        }
    }
}

/// The fields of a diagnostic, as far as node and the libraries of TAP write YAML.
struct Fields<'d>(&'d [String]);

impl Fields<'_> {
    /// Returns a field: what is behind its name, or the lines below it that are indented.
    fn get(&self, name: &str) -> Option<String> {
        let is_it = |line: &String| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'));
        let at = self.0.iter().position(is_it)?;
        let said = self.0[at][name.len() + 1..].trim();
        if !matches!(said, "" | "|-" | "|" | ">-" | ">" | "|+") {
            return Some(unquoted(said));
        }
        let mut text = String::new();
        for line in self.0[at + 1..].iter().take_while(|line| line.is_empty() || line.starts_with("  ")) {
            add_line(&mut text, line.get(2..).unwrap_or_default());
        }
        Some(text.trim_end().to_owned())
    }

    fn message(&self, lines: &[String]) -> String {
        let error = self.get("error").or_else(|| self.get("message")).or_else(|| self.get("reason"));
        let said = error.map(|error| match self.get("name").filter(|name| self.is_exception(name)) {
            Some(name) => format!("{name}: {error}"),
            None => error,
        });
        text::message(&said.unwrap_or_else(|| lines.join("\n")))
    }

    fn is_exception(&self, name: &str) -> bool {
        !name.contains("Assert") && self.get("actual").is_none()
    }

    /// Returns the value that the test got. An assertion of node's alone has none that says more than its message.
    fn actual(&self) -> Option<String> {
        let said = ["actual", "found", "got"].iter().find_map(|name| self.get(name));
        let said = said.map(|said| said.lines().map(str::trim).collect::<Vec<_>>().join(" "));
        said.and_then(|said| text::value(&said))
    }
}

fn unquoted(said: &str) -> String {
    let inside = |quote: char| said.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    match inside('\'') {
        Some(inside) => inside.replace("\\'", "'").replace("''", "'"),
        None => inside('"').unwrap_or(said).to_owned(),
    }
}

/// Returns what is behind `ok` or `not ok`, where the line is a point of TAP.
fn point<'l>(line: &'l str, word: &str) -> Option<&'l str> {
    let rest = line.strip_prefix(word)?;
    // Go's packages begin like that, with a tabulator behind it.
    let is_point = rest.is_empty() || rest.starts_with(' ') && !rest.contains('\t');
    is_point.then_some(rest)
}

/// Splits ` 3 - name # SKIP why` into the name and the directive.
fn described(rest: &str) -> (String, &str) {
    let rest = rest.trim_start();
    let rest = rest.trim_start_matches(|letter: char| letter.is_ascii_digit()).trim_start();
    let rest = rest.strip_prefix("- ").or(rest.strip_prefix('-').filter(|rest| rest.is_empty())).unwrap_or(rest);
    // TAP 14: a subtest may be in braces.
    let rest = rest.strip_suffix(" {").unwrap_or(rest);
    let hash = rest.rmatch_indices('#').map(|(at, _)| at).find(|at| !rest[..*at].ends_with('\\'));
    let (name, directive) = hash.map_or((rest, ""), |at| (&rest[..at], rest[at + 1..].trim_start()));
    let upper = directive.to_ascii_uppercase();
    let is_directive = upper.starts_with("SKIP") || upper.starts_with("TODO") || upper.starts_with("TIME");
    let (name, directive) = if is_directive { (name, directive) } else { (rest, "") };
    (name.trim().replace("\\#", "#"), directive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OutputReader;

    fn counts(passed: u64, failed: u64, skipped: u64) -> Option<Counts> {
        Some(Counts { passed, failed, skipped })
    }

    fn tally(text: &str) -> Option<Counts> {
        let mut tally = OutputReader::new(Path::new(""));
        // Whatever pieces it comes in.
        text.as_bytes().chunks(7).for_each(|piece| tally.read(piece));
        let report = tally.finish();
        (!report.sections.is_empty()).then_some(report.counts)
    }

    #[test]
    fn tap_is_counted_at_its_outermost_level() {
        let tap = "TAP version 13\n1..4\nok 1 - a\n    not ok 1 - inner\nnot ok 2 - b\nok 3 # SKIP no disk\nnot ok 4 # TODO\n";
        assert_eq!(tally(tap), counts(1, 1, 2));
        let node = "TAP version 13\n# Subtest: x\nok 1 - x\n1..1\n# tests 5\n# suites 0\n# pass 3\n# fail 1\n# cancelled 0\n# skipped 1\n";
        assert_eq!(tally(node), counts(3, 1, 1));
        assert_eq!(tally("ok 1\nok 2\n1..2"), counts(2, 0, 0));
        assert_eq!(tally("ok then\nnot ok at all\n"), None);
    }

    #[test]
    fn the_words_of_rusts_runner_are_summed() {
        let said = "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n\
            test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n";
        assert_eq!(tally(said), counts(3, 2, 1));
    }
}
