//! What `dotnet test` prints (<https://learn.microsoft.com/dotnet/core/tools/dotnet-test>): those that fail, all of them with the
//! logger `console;verbosity=normal`, and the numbers at the end.

use std::path::Path;

use super::{LineReader, number};
use crate::actual;
use crate::files::split_method;
use crate::report::{Counts, Found, MOST_MESSAGES, Outcome, Runner, TestResult};
use crate::text::{self, add_line};

/// Reads the output of `dotnet test`.
pub(super) struct Dotnet {
    found: Found,
    tests: Vec<TestResult>,
    is_dotnet: bool,
    /// Whether those that pass have names.
    is_named: bool,
    /// The failure that is being read, and its part.
    open: Option<usize>,
    part: Part,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Message,
    Stack,
    Other,
}

impl Default for Dotnet {
    fn default() -> Dotnet {
        Dotnet {
            found: Found::new(Runner::Dotnet),
            tests: Vec::new(),
            is_dotnet: false,
            is_named: false,
            open: None,
            part: Part::Other,
        }
    }
}

impl LineReader for Dotnet {
    fn read(&mut self, line: &str) {
        let said = line.trim_start();
        if let Some((full, outcome)) = result(line) {
            self.add(full, outcome);
        } else if let Some(counts) = summary(said) {
            self.end(counts);
        } else if said.starts_with("No test is available in ")
            || said.starts_with("No test matches the given testcase ")
        {
            self.is_dotnet = true;
        } else if let Some((total, "")) = said.strip_prefix("Total tests: ").and_then(number) {
            self.found.ran_some |= total > 0;
            self.end(Counts::default());
        } else if self.open.is_some() {
            match said {
                "Error Message:" => self.part = Part::Message,
                "Stack Trace:" => self.part = Part::Stack,
                "" if self.part == Part::Stack => self.open = None,
                _ => self.read_failure(said),
            }
        }
    }

    fn finish(mut self: Box<Self>, folder: &Path) -> Found {
        if !self.is_dotnet {
            return Found::new(Runner::Dotnet);
        }
        for mut test in std::mem::take(&mut self.tests) {
            test.file = test.file.take().and_then(|file| text::file(&file, folder));
            if test.file.is_none() {
                test.line = None;
            }
            let message = std::mem::take(&mut test.message);
            if let Some(at) = self.found.add(test) {
                self.found.explain(at, &message, actual::of(&message));
            }
        }
        let counts = self.found.summary.unwrap_or_default();
        self.found.ran_none = self.found.tests.is_empty() && counts.total() == 0;
        self.found.only_failures = !self.is_named && (counts.total() > 0 || !self.found.tests.is_empty());
        self.found
    }
}

/// Splits `  Failed Calc.Tests.Hours(text: "1h") [12 ms]` into the name and the outcome.
fn result(line: &str) -> Option<(&str, Outcome)> {
    let (word, rest) = line.strip_prefix("  ")?.split_once(' ')?;
    let outcome = match word {
        "Passed" => Outcome::Passed,
        "Failed" => Outcome::Failed,
        "Skipped" => Outcome::Skipped,
        _ => return None,
    };
    let (name, time) = rest.strip_suffix(']')?.rsplit_once(" [")?;
    let (_, unit) = number(time.trim_start_matches("< "))?;
    matches!(unit.trim(), "ms" | "s" | "m" | "h").then_some((name, outcome)).or_else(|| {
        // `1 m 3 s`
        unit.trim_start().starts_with(['m', 'h']).then_some((name, outcome))
    })
}

/// `Failed!  - Failed:     1, Passed:     2, Skipped:     0, Total:     3, Duration: 5 ms - Calc.dll (net8.0)`, and since .NET 9
/// `Test summary: total: 3, failed: 1, succeeded: 2, skipped: 0, duration: 1.2s`
fn summary(said: &str) -> Option<Counts> {
    let (head, rest) = said.split_once(" - ").unwrap_or((said, ""));
    let rest = match head.trim_end() {
        "Failed!" | "Passed!" | "Skipped!" => rest,
        _ => said.strip_prefix("Test summary: ")?,
    };
    let (mut counts, mut has_total) = (Counts::default(), false);
    for part in rest.split(", ") {
        let Some((word, count)) = part.split_once(':') else { continue };
        let Some((count, _)) = number(count) else { continue };
        match word.to_ascii_lowercase().as_str() {
            "failed" => counts.failed = count,
            "passed" | "succeeded" => counts.passed = count,
            "skipped" => counts.skipped = count,
            "total" => has_total = true,
            _ => {}
        }
    }
    has_total.then_some(counts)
}

impl Dotnet {
    fn add(&mut self, full: &str, outcome: Outcome) {
        self.is_named |= outcome == Outcome::Passed;
        let (group, name) = split_method(full);
        (self.open, self.part) = (None, Part::Other);
        if self.tests.len() >= crate::report::MOST_TESTS {
            self.found.is_cut = true;
            return;
        }
        if outcome == Outcome::Failed && self.tests.len() < MOST_MESSAGES {
            self.open = Some(self.tests.len());
        }
        self.tests.push(TestResult::new(group, name, outcome));
    }

    fn read_failure(&mut self, said: &str) {
        let Some(test) = self.open.and_then(|at| self.tests.get_mut(at)) else { return };
        match self.part {
            Part::Message => add_line(&mut test.message, said),
            // The last is the test itself.
            Part::Stack => {
                let place = said.split_once(" in ").and_then(|(_, place)| place.rsplit_once(":line "));
                if let Some((file, line)) = place.and_then(|(file, line)| Some((file, line.parse().ok()?))) {
                    (test.file, test.line) = (Some(file.to_owned()), Some(line));
                }
            }
            Part::Other => {}
        }
    }

    fn end(&mut self, counts: Counts) {
        (self.is_dotnet, self.open) = (true, None);
        self.found.add_summary(counts);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::{Counts, Outcome, OutputReader, Report};

    fn read(text: &str) -> Report {
        let mut reader = OutputReader::new(Path::new("/src"));
        reader.read(text.as_bytes());
        reader.finish()
    }

    /// By its documentation: .NET is in no registry that the tests have.
    #[test]
    fn results_have_a_class_a_method_and_a_message() {
        let said = "  Failed A.B.Hours(text: \"1h\") [12 ms]\n  Error Message:\n   Assert.Equal() Failure\nExpected: 3600\n\
            Actual:   60\n  Stack Trace:\n     at A.B.Hours(String text) in /src/B.cs:line 12\n\n  Passed A.B.Adds [< 1 ms]\n\
            \x20 Skipped A.B.Disk [1 ms]\n\n\
            Failed!  - Failed:     1, Passed:     1, Skipped:     1, Total:     3, Duration: 5 ms - A.dll (net8.0)\n";
        let report = read(said);
        assert_eq!(report.counts, Counts { passed: 1, failed: 1, skipped: 1 });
        let test = &report.tests[0];
        assert_eq!((&*test.group, &*test.name, test.outcome), ("A.B", "Hours(text: \"1h\")", Outcome::Failed));
        assert_eq!((test.file.as_deref(), test.line, test.actual.as_deref()), (Some("B.cs"), Some(12), Some("60")));
        assert!(!report.sections[0].only_failures && !report.ran_none);
        let quiet =
            read("Passed!  - Failed:     0, Passed:     2, Skipped:     0, Total:     2, Duration: 5 ms - A.dll\n");
        assert!(quiet.sections[0].only_failures && quiet.counts.passed == 2);
        let summary = read("Test summary: total: 3, failed: 1, succeeded: 2, skipped: 0, duration: 1.2s\n");
        assert_eq!(summary.counts, Counts { passed: 2, failed: 1, skipped: 0 });
        assert!(read("No test is available in /src/a.dll. Make sure that …\n").ran_none);
        assert!(read("Test summary: total: 0, failed: 0, succeeded: 0, skipped: 0, duration: 1.2s\n").ran_none);
    }
}
