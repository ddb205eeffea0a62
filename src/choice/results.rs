//! What runners said of each test, as it is kept and compared.

use serde::{Deserialize, Serialize};
use test_results::Report;

/// The most tests of a check that are told apart.
const MOST: usize = 20_000;

/// The longest value that is kept, in characters.
const LONGEST: usize = 300;

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It passed.
    Passed,
    /// It failed, or could not be run.
    Failed,
    /// It was not run, or not to pass.
    Skipped,
}

/// What a runner says of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// What it is in: a class, module, suite or program; may be empty.
    pub group: String,
    /// Its name there.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What it got in place of what it wanted; [`RAISES`] where it got an error.
    pub actual: Option<String>,
}

/// What stands for any error that code raises: two rarely word one alike.
pub const RAISES: &str = "raises";

impl TestResult {
    /// Returns the tests of a report, of the runners that name all of them: of one that names those that fail alone, it is not
    /// known of any other whether it passed or was not there. A file or a class that failed as a whole is no test: once it is
    /// mended, none has its name.
    pub fn all(report: &Report) -> Vec<TestResult> {
        let mut rest = report.tests.as_slice();
        let of_sections = report.sections.iter().flat_map(|section| {
            let (mine, others) = rest.split_at(section.tests.min(rest.len()));
            rest = others;
            if section.only_failures { &[] } else { mine }
        });
        let is_test = |test: &&test_results::TestResult| {
            test.name != test.group
                && (test.outcome != test_results::Outcome::Failed || test.file.as_ref() != Some(&test.name))
        };
        let of = |test: &test_results::TestResult| TestResult {
            group: test.group.clone(),
            name: test.name.clone(),
            outcome: match test.outcome {
                test_results::Outcome::Passed => Outcome::Passed,
                test_results::Outcome::Failed => Outcome::Failed,
                test_results::Outcome::Skipped => Outcome::Skipped,
            },
            actual: test.actual.as_deref().map(plain),
        };
        of_sections.filter(is_test).take(MOST).map(of).collect()
    }

    /// Returns what tells it from all others.
    pub fn id(&self) -> (String, String) {
        (self.group.clone(), self.name.clone())
    }
}

fn plain(actual: &str) -> String {
    let word = actual.split([':', ' ', '(']).next().unwrap_or_default();
    let is_name = word.starts_with(|one: char| one.is_ascii_alphabetic());
    let is_error = is_name && ["Error", "Exception", "StopIteration"].iter().any(|end| word.ends_with(end));
    if is_error && !word.ends_with("AssertionError") {
        return RAISES.to_owned();
    }
    actual.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_alike_and_values_are_not() {
        assert_eq!(plain("ValueError: no"), RAISES);
        assert_eq!(plain("90"), "90");
        assert_eq!(plain("'Error: x'"), "'Error: x'");
    }
}
