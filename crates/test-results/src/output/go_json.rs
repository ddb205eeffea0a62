//! The events of `go test -json`, one a line (<https://pkg.go.dev/cmd/test2json>).

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::LineReader;
use super::go::actual_of;
use crate::report::{Found, MOST_TESTS, Outcome, Runner, TestResult};
use crate::text::add_line;

/// The most bytes of a package and a name that are kept.
const LONGEST: usize = 2 << 10;

/// Reads the events of `go test -json`.
pub(super) struct Events {
    found: Found,
    /// What the tests printed that have not ended, by package and name.
    running: BTreeMap<(String, String), Said>,
    saw_package: bool,
}

/// What a test printed.
#[derive(Default)]
struct Said {
    message: String,
    in_stack: bool,
}

impl Default for Events {
    fn default() -> Events {
        Events { found: Found::new(Runner::Go), running: BTreeMap::new(), saw_package: false }
    }
}

impl LineReader for Events {
    fn read(&mut self, line: &str) {
        if !line.starts_with('{') || !line.contains("\"Action\":\"") {
            return;
        }
        let Ok(event) = serde_json::from_str::<Value>(line) else { return };
        let text = |key: &str| event.get(key).and_then(Value::as_str);
        let (Some(action), Some(package)) = (text("Action"), text("Package")) else { return };
        match (text("Test"), action) {
            (Some(test), "run") => self.begin(package, test),
            (Some(test), "output") => self.add(package, test, text("Output").unwrap_or_default()),
            (Some(test), "pass") => self.end(package, test, Outcome::Passed),
            (Some(test), "skip") => self.end(package, test, Outcome::Skipped),
            (Some(test), "fail") => self.end(package, test, Outcome::Failed),
            (None, "fail") => self.end_package(package, event.get("FailedBuild").is_some()),
            (None, "pass" | "skip") => self.saw_package = true,
            _ => {}
        }
    }

    fn finish(mut self: Box<Self>, _folder: &Path) -> Found {
        self.found.ran_none = self.saw_package && self.found.tests.is_empty();
        self.found
    }
}

impl Events {
    fn begin(&mut self, package: &str, test: &str) {
        if self.running.len() < MOST_TESTS && package.len() + test.len() < LONGEST {
            self.running.insert((package.to_owned(), test.to_owned()), Said::default());
        }
    }

    fn add(&mut self, package: &str, test: &str, said: &str) {
        let line = said.trim_end_matches('\n').trim_start_matches("    ");
        let is_its_own = line.trim_start_matches('\u{16}').starts_with("=== ") || line.starts_with("--- ");
        let Some(said) = self.running.get_mut(&(package.to_owned(), test.to_owned())) else { return };
        // The stacks of all that ran are behind it.
        said.in_stack |= line.starts_with("goroutine ") && line.ends_with("]:");
        if !is_its_own && !said.in_stack && !line.is_empty() {
            add_line(&mut said.message, line);
        }
    }

    fn end(&mut self, package: &str, test: &str, outcome: Outcome) {
        self.saw_package = true;
        let message = self.running.remove(&(package.to_owned(), test.to_owned())).unwrap_or_default().message;
        if let Some(at) = self.found.add(TestResult::new(package, test, outcome)) {
            self.found.explain(at, &message, actual_of(&message));
        }
    }

    /// Ends a package that failed: so did those of its tests that did not end, and the package where it could not be built.
    fn end_package(&mut self, package: &str, is_broken: bool) {
        let of_it = self.running.keys().filter(|(of, _)| of == package).map(|(_, test)| test.clone());
        let open: Vec<String> = of_it.collect();
        open.iter().for_each(|test| self.end(package, test, Outcome::Failed));
        self.saw_package = true;
        if is_broken {
            self.found.add(TestResult::new(package, package, Outcome::Failed));
        }
    }
}
