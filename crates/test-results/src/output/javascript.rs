//! What the runners of JavaScript have in common: marks and times.

use crate::report::Outcome;

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
