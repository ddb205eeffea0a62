//! What ctest prints (<https://cmake.org/cmake/help/latest/manual/ctest.1.html>): a line a test, with what it printed behind it
//! where that is asked for.

use std::path::Path;

use super::{LineReader, number};
use crate::actual;
use crate::report::{Found, MOST_MESSAGES, Outcome, Runner, TestResult};
use crate::text::add_line;

/// Reads the output of ctest.
pub(super) struct Ctest {
    found: Found,
    is_ctest: bool,
    said_none: bool,
    /// The test that prints, and the failure that is being read: with `-V`, that comes before the outcome.
    printed: String,
    open: Option<(usize, String)>,
}

impl Default for Ctest {
    fn default() -> Ctest {
        Ctest {
            found: Found::new(Runner::Ctest),
            is_ctest: false,
            said_none: false,
            printed: String::new(),
            open: None,
        }
    }
}

impl LineReader for Ctest {
    fn read(&mut self, line: &str) {
        if line.starts_with("Test project ") {
            self.is_ctest = true;
        } else if !self.is_ctest {
        } else if let Some((name, outcome)) = result(line) {
            self.end_failure();
            let printed = std::mem::take(&mut self.printed);
            let at = self.found.add(TestResult::new("", name, outcome));
            self.open = at.filter(|_| outcome == Outcome::Failed).map(|at| (at, printed));
        } else if line.starts_with("    Start ") || line.contains("% tests passed, ") {
            self.end_failure();
            self.printed.clear();
        } else if line == "No tests were found!!!" {
            self.said_none = true;
        } else if let Some((_, message)) = &mut self.open {
            add_line(message, line);
        } else if let Some((_, said)) = number(line).and_then(|(number, said)| Some((number, said.strip_prefix(": ")?)))
        {
            let is_its_own = ["Test command: ", "Working Directory: ", "Test timeout "];
            if !is_its_own.iter().any(|words| said.starts_with(words)) {
                add_line(&mut self.printed, said);
            }
        }
    }

    fn finish(mut self: Box<Self>, _folder: &Path) -> Found {
        self.end_failure();
        self.found.ran_none = self.said_none && self.found.tests.is_empty();
        self.found
    }
}

/// Splits `2/9 Test #2: reads_hours ......***Failed    0.00 sec` into the name and the outcome.
fn result(line: &str) -> Option<(&str, Outcome)> {
    let (_, rest) = number(line)?;
    let (_, rest) = number(rest.strip_prefix('/')?)?;
    let (_, rest) = number(rest.trim_start().strip_prefix("Test")?.trim_start().strip_prefix('#')?)?;
    let rest = rest.strip_prefix(": ")?.strip_suffix(" sec")?;
    let (name, status) = match rest.find(".***") {
        Some(at) => (&rest[..at], &rest[at + 4..]),
        None => (&rest[..rest.rfind("   Passed ")?], "Passed"),
    };
    let outcome = match status {
        "Passed" => Outcome::Passed,
        skipped if skipped.starts_with("Skipped") || skipped.starts_with("Not Run (Disabled)") => Outcome::Skipped,
        _ => Outcome::Failed,
    };
    Some((name.trim_end_matches('.').trim_end(), outcome))
}

impl Ctest {
    fn end_failure(&mut self) {
        if let Some((at, message)) = self.open.take()
            && at < MOST_MESSAGES
        {
            self.found.explain(at, &message, actual::of(&message));
        }
    }
}
