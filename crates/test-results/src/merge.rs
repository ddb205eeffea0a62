//! One report out of what files and text say of the same check.

use std::collections::HashSet;

use crate::report::{Counts, Report, Runner, Section, TestResult};

/// Returns what both say: files know more. A runner that is seen in the text alone is added, and so is a test that a runner's
/// file does not have: a runner that runs twice in a check may write its file twice.
pub fn merge(files: Report, text: Report) -> Report {
    if files.sections.is_empty() {
        return text;
    }
    let mut merged = Report { is_cut: files.is_cut || text.is_cut, ..Report::default() };
    let (files, text) = (sections(files), sections(text));
    let mut left: Vec<Option<(Section, Vec<TestResult>)>> = text.into_iter().map(Some).collect();
    let mut all: Vec<(Section, Vec<TestResult>)> = Vec::new();
    for (mut section, mut tests) in files {
        let same = left.iter().position(|text| text.as_ref().is_some_and(|text| is_same(&(section, &tests), text)));
        if let Some((said, more)) = same.and_then(|at| left[at].take()) {
            add_missing(&mut section, &mut tests, &said, more);
        }
        all.push((section, tests));
    }
    all.extend(left.into_iter().flatten());
    for (section, tests) in all {
        merged.counts = merged.counts.plus(section.counts);
        merged.add_tests(tests, |tests| Section { tests, ..section });
    }
    merged.ran_none = merged.sections.iter().any(|section| section.ran_none) && merged.counts.ran() == 0;
    merged
}

/// Splits a report into its runners. Files of one runner are one.
fn sections(report: Report) -> Vec<(Section, Vec<TestResult>)> {
    let mut tests = report.tests.into_iter();
    let mut all: Vec<(Section, Vec<TestResult>)> = Vec::new();
    for section in report.sections {
        let mine: Vec<TestResult> = tests.by_ref().take(section.tests).collect();
        let same = all.iter_mut().find(|(other, _)| other.runner == section.runner);
        match same {
            Some((other, tests)) => {
                other.counts = other.counts.plus(section.counts);
                other.ran_none &= section.ran_none;
                other.only_failures |= section.only_failures;
                tests.extend(mine);
            }
            None => all.push((section, mine)),
        }
    }
    all
}

/// Returns whether a file and a text are of one runner: where the file does not say which, by what they counted or named.
fn is_same((file, tests): &(Section, &Vec<TestResult>), (text, said): &(Section, Vec<TestResult>)) -> bool {
    if file.runner != Runner::Unknown {
        return file.runner == text.runner;
    }
    if file.counts == text.counts {
        return true;
    }
    let names: HashSet<&str> = tests.iter().map(|test| test.name.as_str()).collect();
    let known = said.iter().filter(|test| names.contains(test.name.as_str())).count();
    known > 0 && 2 * known >= said.len()
}

/// Adds what a file lacks. A test is the same by its group and name, or by its name where the file's tests have each one.
fn add_missing(section: &mut Section, tests: &mut Vec<TestResult>, said: &Section, more: Vec<TestResult>) {
    let more_ran = said.counts.total() > section.counts.total();
    section.ran_none &= said.ran_none;
    if !more_ran {
        return;
    }
    let known: HashSet<(String, String)> = tests.iter().map(|test| (test.group.clone(), test.name.clone())).collect();
    let missing = more.into_iter().filter(|test| !known.contains(&(test.group.clone(), test.name.clone())));
    tests.extend(missing);
    section.only_failures |= said.only_failures;
    section.counts = Counts { ..said.counts };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Found, Outcome};

    fn report(runner: Runner, names: &[&str], summary: Option<u64>) -> Report {
        let mut found = Found::new(runner);
        for name in names {
            found.add(TestResult::new("g", name, Outcome::Passed));
        }
        found.summary = summary.map(|passed| Counts { passed, ..Counts::default() });
        Report::of([found])
    }

    fn names(report: &Report) -> Vec<&str> {
        report.tests.iter().map(|test| test.name.as_str()).collect()
    }

    #[test]
    fn files_count_where_both_tell_of_one_runner() {
        let files = report(Runner::Pytest, &["a", "b"], None);
        let both = merge(files.clone(), report(Runner::Pytest, &["b"], Some(2)));
        assert_eq!((names(&both), both.counts.passed), (vec!["a", "b"], 2));
        let with_cargo = merge(files.clone(), report(Runner::Cargo, &["c"], None));
        assert_eq!((names(&with_cargo), with_cargo.counts.passed), (vec!["a", "b", "c"], 3));
        // The same file was written twice: only the second time is in it.
        let twice = merge(files.clone(), report(Runner::Pytest, &["c"], Some(5)));
        assert_eq!((names(&twice), twice.counts.passed), (vec!["a", "b", "c"], 5));
        let unknown = merge(report(Runner::Unknown, &["a", "b"], None), report(Runner::Rspec, &[], Some(2)));
        assert_eq!((names(&unknown), unknown.counts.passed), (vec!["a", "b"], 2));
        assert_eq!(merge(Report::default(), files.clone()), files);
    }
}
