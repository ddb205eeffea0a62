//! What the runners of JavaScript have in common: marks and times, and tests that are told by file.

use super::failure::Failure;
use crate::report::{Found, Outcome, TestResult};

/// A test of jest or vitest: its file, name, outcome and failure. One with the name of its file is the file, which could not be
/// read.
pub(super) type Test = (String, String, Outcome, Option<Failure>);

/// Keeps the tests of a call, whose failures are printed with this indent, and returns how many of them are files that could not
/// be read.
pub(super) fn keep(found: &mut Found, tests: Vec<Test>, indent: usize) -> u64 {
    let mut broken = 0;
    for (file, name, outcome, failure) in tests {
        broken += u64::from(file == name);
        let mut result = TestResult::new(&file, &name, outcome);
        let failure = failure.unwrap_or_default();
        result.line = failure.place_in(&file);
        result.file = Some(file);
        if let Some(at) = found.add(result) {
            found.explain(at, &failure.message(indent), failure.actual(indent, '+'));
        }
    }
    broken
}

/// Returns the outcome that a mark before a name stands for, and the name.
pub(super) fn marked(said: &str) -> Option<(Outcome, &str)> {
    let mut letters = said.chars();
    let outcome = match letters.next()? {
        '✓' | '✔' | '√' => Outcome::Passed,
        '✕' | '✗' | '×' => Outcome::Failed,
        '○' | '✎' | '↓' | '□' => Outcome::Skipped,
        _ => return None,
    };
    letters.as_str().strip_prefix(' ').map(|name| (outcome, name.trim_start()))
}

/// Returns a name without the time behind it: `adds (4 ms)`, `adds 4ms`.
pub(super) fn without_time(name: &str) -> &str {
    let bare = name.strip_suffix(')').and_then(|name| name.rsplit_once(" ("));
    let bare = bare.or_else(|| name.rsplit_once(' '));
    bare.filter(|(_, time)| is_time(time)).map_or(name, |(name, _)| name.trim_end())
}

/// Returns whether this is a time: `4ms`, `4 ms`, `1.5s`, `2m`.
pub(super) fn is_time(said: &str) -> bool {
    let digits = said.trim_end_matches(|letter: char| letter.is_ascii_alphabetic() || letter == ' ');
    let unit = said[digits.len()..].trim();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_number && matches!(unit, "ms" | "s" | "m" | "h")
}
