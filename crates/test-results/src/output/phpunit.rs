//! What PHPUnit prints: the failures, the numbers at the end, and the tree of `--testdox`. Without that, the tests that fail have
//! names, and the others have none.

use std::path::Path;

use super::failure::Failure;
use super::{LineReader, number};
use crate::report::{Counts, Found, Outcome, Runner, TestResult};
use crate::text;

/// Reads the output of PHPUnit.
pub(super) struct Phpunit {
    found: Found,
    is_phpunit: bool,
    said_none: bool,
    /// The class whose tests `--testdox` names, and a line that may be the next one: alone, right above a test.
    class: String,
    heading: Option<String>,
    after_blank: bool,
    /// Whether the tests come that `--testdox` repeats.
    is_over: bool,
    is_testdox: bool,
    /// What the list tells of that comes.
    listed: Option<Outcome>,
    /// The failure that is being read.
    open: Option<(usize, Failure)>,
}

impl Default for Phpunit {
    fn default() -> Phpunit {
        Phpunit {
            found: Found::new(Runner::Phpunit),
            is_phpunit: false,
            said_none: false,
            class: String::new(),
            heading: None,
            after_blank: false,
            is_over: false,
            is_testdox: false,
            listed: None,
            open: None,
        }
    }
}

impl LineReader for Phpunit {
    fn read(&mut self, line: &str) {
        if line.starts_with("PHPUnit ") && line.contains(" by Sebastian Bergmann") {
            self.end_failure();
            (self.is_phpunit, self.is_testdox, self.is_over, self.listed) = (true, false, false, None);
        } else if !self.is_phpunit {
        } else if line == "No tests executed!" {
            self.said_none = true;
        } else if let Some(listed) = list(line) {
            self.end_failure();
            self.listed = Some(listed);
        } else if matches!(line, "--" | "OK" | "FAILURES!" | "ERRORS!" | "WARNINGS!") || line.starts_with("OK") {
            self.end_failure();
            self.listed = None;
            if let Some((passed, _)) = line.strip_prefix("OK (").and_then(number) {
                self.end(Counts { passed, ..Counts::default() });
            }
        } else if let Some(counts) = summary(line) {
            self.end_failure();
            self.end(counts);
        } else if self.listed.is_none() {
            self.read_testdox(line);
        } else if let Some((group, name)) = heading(line) {
            self.begin_listed(group, name);
        } else if let Some((_, failure)) = &mut self.open {
            failure.add(line);
        }
        self.after_blank = line.is_empty();
    }

    fn finish(mut self: Box<Self>, folder: &Path) -> Found {
        self.end_failure();
        self.found.name_files(folder);
        let none = self.found.summary.map_or(self.said_none, |counts| counts.total() == 0);
        self.found.ran_none = none && self.found.tests.is_empty();
        if self.found.summary.is_none() && !self.said_none {
            return Found::new(Runner::Phpunit);
        }
        self.found
    }
}

/// `There was 1 error:`, `There were 6 failures:`; what is risky or gave a warning has passed.
fn list(line: &str) -> Option<Outcome> {
    let rest = line.strip_prefix("There was ").or_else(|| line.strip_prefix("There were "))?;
    let (_, rest) = number(rest)?;
    match rest.trim().strip_suffix(':')?.split(' ').next()? {
        "error" | "errors" | "failure" | "failures" => Some(Outcome::Failed),
        "skipped" | "incomplete" => Some(Outcome::Skipped),
        _ => Some(Outcome::Passed),
    }
}

/// Splits `1) Calc\CalcTest::testSeconds with data set "hours" ('1h', 3600)` into the class and the name without the values.
fn heading(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = number(line).filter(|_| line.starts_with(|letter: char| letter.is_ascii_digit()))?;
    let (class, name) = rest.strip_prefix(") ")?.split_once("::")?;
    let end = name.find(" with data set ").map_or(name.len(), |at| {
        let set = at + " with data set ".len();
        let end = match name[set..].strip_prefix('"') {
            Some(label) => label.find('"').map(|end| end + 2),
            None => name[set..].find(' '),
        };
        end.map_or(name.len(), |end| set + end)
    });
    Some((class, &name[..end]))
}

/// `Tests: 13, Assertions: 9, Errors: 1, Failures: 6, Skipped: 1, Incomplete: 1, Risky: 1.`
fn summary(line: &str) -> Option<Counts> {
    let said = line.strip_prefix("Tests: ")?.strip_suffix('.')?;
    let (all, rest) = number(said)?;
    let (mut counts, mut warnings, mut assertions) = (Counts::default(), 0, None);
    for part in rest.trim_start_matches(", ").split(", ") {
        let (word, count) = part.split_once(": ")?;
        let count: u64 = count.parse().ok()?;
        match word {
            "Errors" | "Failures" => counts.failed = counts.failed.saturating_add(count),
            "Skipped" | "Incomplete" => counts.skipped = counts.skipped.saturating_add(count),
            "Warnings" => warnings = count,
            "Assertions" => assertions = Some(count),
            _ => {}
        }
    }
    // Until PHPUnit 9, a class without a test is one that warns.
    if assertions? == 0 {
        counts.skipped = counts.skipped.saturating_add(warnings);
    }
    counts.passed = all.saturating_sub(counts.failed).saturating_sub(counts.skipped);
    Some(counts)
}

impl Phpunit {
    /// `Calc (Calc\Calc)` or `Calc`, ` ✔ Add`, `   │ Failed asserting that …`
    fn read_testdox(&mut self, line: &str) {
        if let Some(said) = line.strip_prefix("   │") {
            if let Some((_, failure)) = &mut self.open {
                failure.add(said.strip_prefix(' ').unwrap_or(said));
            }
            return;
        }
        self.is_over |= line.starts_with("Time: ");
        let heading = self.heading.take();
        if self.is_over {
            return self.end_failure();
        }
        if !line.starts_with(' ') {
            self.heading = (self.after_blank && !line.is_empty()).then(|| text::name(line));
            return;
        }
        let mut letters = line.strip_prefix(' ').unwrap_or_default().chars();
        let outcome = match letters.next() {
            Some('✔' | '☢' | '⚠') => Outcome::Passed,
            Some('✘') => Outcome::Failed,
            Some('↩' | '∅') => Outcome::Skipped,
            _ => return,
        };
        let Some(name) = letters.as_str().strip_prefix(' ') else { return };
        self.end_failure();
        self.is_testdox = true;
        if let Some(heading) = heading {
            let class = heading.strip_suffix(')').and_then(|said| said.rsplit_once(" ("));
            self.class = class.map_or(heading.as_str(), |(_, class)| class).to_owned();
        }
        self.add(&self.class.clone(), name, outcome);
    }

    /// Begins a test of a list; `--testdox` has named it already.
    fn begin_listed(&mut self, group: &str, name: &str) {
        self.end_failure();
        if let (Some(outcome @ (Outcome::Failed | Outcome::Skipped)), false) = (self.listed, self.is_testdox) {
            self.add(group, name, outcome);
        }
    }

    fn add(&mut self, group: &str, name: &str, outcome: Outcome) {
        let at = self.found.add(TestResult::new(group, name, outcome));
        self.open = at.map(|at| (at, Failure::default()));
    }

    fn end_failure(&mut self) {
        let Some((at, failure)) = self.open.take() else { return };
        if let (Some(test), Some((file, line))) = (self.found.tests.get_mut(at), failure.place()) {
            (test.file, test.line) = (Some(file.clone()), Some(*line));
        }
        self.found.explain(at, &failure.message(0), failure.actual(0, '+'));
    }

    fn end(&mut self, counts: Counts) {
        self.found.only_failures |= !self.is_testdox && counts.total() > 0;
        self.found.add_summary(counts);
    }
}
