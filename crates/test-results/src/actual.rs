//! The value that a test got, out of what is said of its failure.
//!
//! The runners have no format for it: these are the words of their assertions. A test that ended in an exception got that.

use crate::text::value;

/// Returns the value of a failure, by the first line that has one.
pub(crate) fn of(message: &str) -> Option<String> {
    let python = message.lines().filter_map(|line| line.strip_prefix("E ").map(str::trim_start));
    let python: Vec<&str> = python.collect();
    if !python.is_empty() {
        return of_python(&python);
    }
    let lines: Vec<&str> = message.lines().map(str::trim_end).collect();
    let labelled = lines.iter().enumerate().find_map(|(at, line)| labelled(&lines[at..], line));
    labelled.or_else(|| of_python(&lines))
}

/// Returns the value of a failure in Python: other languages' words may be in what was compared.
pub(crate) fn of_python_text(message: &str) -> Option<String> {
    of_python(&message.lines().collect::<Vec<_>>())
}

/// Words before a value, of runners and libraries of assertions.
///
/// `left:` Rust; `actual:` node, Go's testify; `Received:` jest; `got:` RSpec; `Actual:` .NET, testify; `but was:` JUnit.
const LABELS: [&str; 8] =
    ["left: ", "actual: ", "actual  : ", "Received: ", "got: ", "Actual: ", "Actual:   ", "but was: "];

fn labelled(rest: &[&str], line: &str) -> Option<String> {
    let said = line.trim_start();
    if let Some(label) = LABELS.iter().find(|label| said.starts_with(**label)) {
        return value(said[label.len()..].trim_end_matches(','));
    }
    // A value of several lines is below its label, indented.
    if matches!(said, "actual:" | "Actual:" | "Received:") {
        let indent = line.len() - said.len();
        let below = rest[1..].iter().take_while(|line| line.len() - line.trim_start().len() > indent);
        let below: Vec<&str> = below.map(|line| line.trim()).collect();
        return value(&below.join(" "));
    }
    in_a_sentence(said)
}

fn in_a_sentence(said: &str) -> Option<String> {
    // PHPUnit: "Failed asserting that 3 matches expected 4.", "… that two strings are equal." has the values below.
    if let Some(rest) = said.strip_prefix("Failed asserting that ") {
        let ends =
            [" matches expected ", " is identical to ", " is equal to ", " is ", " contains ", " matches ", " has "];
        let end = ends.iter().filter_map(|end| rest.find(end)).min();
        return end.filter(|_| !rest.starts_with("two ")).and_then(|end| value(&rest[..end]));
    }
    // PHPUnit's differences of two strings.
    if let Some(rest) = said.strip_prefix("+'") {
        return value(&format!("'{rest}"));
    }
    // JUnit and Hamcrest: "expected:<3> but was:<4>", "but: was <4>".
    for words in ["but was:<", "but was: <", "but: was <"] {
        if let Some((_, rest)) = said.split_once(words) {
            return value(rest.rsplit_once('>').map_or(rest, |(value, _)| value));
        }
    }
    // vitest, chai: "expected 60 to be 5400 // Object.is equality".
    if let Some((_, rest)) =
        said.split_once("expected ").filter(|(before, _)| before.is_empty() || before.ends_with(": "))
    {
        let end = [" to ", " not to "].iter().filter_map(|end| rest.find(end)).min();
        if let Some(end) = end {
            return value(&rest[..end]);
        }
    }
    // node: "60 !== 5400", "60 == 120".
    for operator in [" !== ", " === "] {
        if let Some((left, _)) = said.split_once(operator) {
            return value(left);
        }
    }
    // Go, by custom: "Add(1, 2) = 4, want 3", "got 4, want 3", "got 4; want 3", "expected 3, got 4".
    if let Some(at) = said.find("got ").filter(|at| *at == 0 || !said.as_bytes()[at - 1].is_ascii_alphanumeric()) {
        let rest = &said[at + 4..];
        let end =
            [", want", "; want", " want", ", expected", "; expected"].iter().filter_map(|end| rest.find(end)).min();
        return value(&rest[..end.unwrap_or(rest.len())]);
    }
    let want = [", want ", "; want "].iter().find_map(|want| said.find(want));
    if let Some((_, got)) = want.and_then(|want| said[..want].rsplit_once(" = ")) {
        return value(got);
    }
    rust(said)
}

/// `called `Result::unwrap()` on an `Err` value: "empty duration"`, `Error: "empty duration"`.
fn rust(said: &str) -> Option<String> {
    if said.starts_with("called `") {
        return said.split_once("` value: ").map(|(_, rest)| rest).or(Some(said)).and_then(value);
    }
    if said.starts_with("note: test did not panic") {
        return Some("no panic".to_owned());
    }
    None
}

/// Reads the lines of a failure in Python, of pytest and unittest, and the exceptions of other languages, which begin alike.
fn of_python(lines: &[&str]) -> Option<String> {
    for (at, line) in lines.iter().enumerate() {
        let line = line.trim();
        // node wraps what a test threw.
        let line = line.strip_prefix("cause: ").unwrap_or(line);
        if line.contains("[ERR_TEST_FAILURE]") {
            continue;
        }
        let said = line.strip_prefix("AssertionError: ").unwrap_or(line);
        if let Some(rest) = said.strip_prefix("assert ") {
            return compared(rest, &lines[at + 1..]);
        }
        if said.len() < line.len() {
            if let Some(value) = of_assertion(said) {
                return Some(value);
            }
            // A message of the test's own comes before what was compared.
            continue;
        }
        if let Some(exception) = exception(line) {
            return Some(exception);
        }
    }
    let words = lines.iter().find_map(|line| line.trim().strip_prefix("AssertionError: "));
    words.and_then(|words| value(&format!("AssertionError: {words}")))
}

/// Reads what a method of unittest says: `2 != 3`, `False is not true`, `'a' not found in 'b'`.
fn of_assertion(said: &str) -> Option<String> {
    let said = said.split_once("differ: ").map_or(said, |(_, rest)| rest);
    let operators = [
        " != ",
        " == ",
        " is not true",
        " is not false",
        " is not None",
        " is not ",
        " not found in ",
        " unexpectedly found in ",
        " not less than ",
        " not greater than ",
        " is None",
    ];
    let end = operators.iter().filter_map(|operator| outside(said, operator)).min();
    if let Some(end) = end {
        return value(&said[..end]);
    }
    said.ends_with(" not raised").then(|| value(said)).flatten()
}

/// Returns the side of a comparison that was computed. Of `assert 5400 == 60` and `+  where 60 = seconds('1h30m')`, it is `60`.
fn compared(said: &str, below: &[&str]) -> Option<String> {
    let operators = [" == ", " != ", " <= ", " >= ", " < ", " > ", " not in ", " in ", " is not ", " is "];
    let found = operators.iter().filter_map(|operator| Some((outside(said, operator)?, operator.len())));
    let Some((at, long)) = found.min() else { return value(said) };
    let (left, right) = (said[..at].trim(), said[at + long..].trim());
    let wheres = below.iter().filter_map(|line| {
        let line = line.trim_start().strip_prefix('+')?.trim_start();
        line.strip_prefix("where ").or_else(|| line.strip_prefix("and ")).map(str::trim_start)
    });
    let computed: Vec<&str> = wheres.collect();
    let is_computed =
        |side: &str| computed.iter().any(|line| line.strip_prefix(side).is_some_and(|r| r.starts_with(" = ")));
    value(if !is_computed(left) && is_computed(right) { right } else { left })
}

/// Returns where an operator is that is in no string and no brackets.
fn outside(text: &str, operator: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escaped) = (0usize, None, false);
    for (at, letter) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if letter == '\\' => escaped = true,
            Some(end) if letter == end => quote = None,
            Some(_) => {}
            None if depth == 0 && text[at..].starts_with(operator) => return Some(at),
            None => match letter {
                '\'' | '"' => quote = Some(letter),
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            },
        }
    }
    None
}

/// Returns `ValueError: empty duration` where a line is an exception: its type is a word that says so, and no assertion's.
fn exception(line: &str) -> Option<String> {
    let (kind, rest) = line.split_once(':').unwrap_or((line, ""));
    let kind = kind.split_once(" [").map_or(kind, |(kind, _)| kind);
    let is_name = |word: &str| word.chars().all(|letter| letter.is_alphanumeric() || "._$\\".contains(letter));
    let short = kind.rsplit(['.', '\\', '$']).next().unwrap_or(kind);
    let ends = ["Error", "Exception", "Exit", "Interrupt", "Warning", "Iteration"];
    let is_one = is_name(kind) && ends.iter().any(|end| short.ends_with(end));
    if !is_one || short.contains("Assert") || short == "ExpectationNotMetError" || short == "ExpectationFailedException"
    {
        return None;
    }
    // Rust's tests end in "Error: …" where they return one.
    let rest = rest.trim();
    value(&if rest.is_empty() { kind.to_owned() } else { format!("{kind}: {rest}") })
}

#[cfg(test)]
mod tests {
    use super::of;

    #[track_caller]
    fn says(message: &str, actual: &str) {
        assert_eq!(of(message).as_deref(), Some(actual), "{message}");
    }

    #[test]
    fn the_value_of_python_is_the_one_that_was_computed() {
        says("AssertionError: assert 60 == 5400\n +  where 60 = seconds('1h30m')", "60");
        says("AssertionError: assert 5400 == 60\n +  where 60 = seconds('1h30m')", "60");
        says("assert [3, 4] == [3, 5]\n  \n  At index 1 diff: 4 != 5", "[3, 4]");
        says("E   AssertionError: spaces\nE   assert 'a == b' == 'a  b'", "'a == b'");
        says("assert False\n +  where False = is_x(3)", "False");
        says("AssertionError: 2 != 3", "2");
        says("AssertionError: Lists differ: [1] != [2]\n\nFirst differing element 0:", "[1]");
        says("AssertionError: False is not true : no", "False");
        says(
            "Traceback (most recent call last):\n  File \"x\"\nValueError: empty duration",
            "ValueError: empty duration",
        );
        says("E   json.decoder.JSONDecodeError: x", "json.decoder.JSONDecodeError: x");
        says("AssertionError: only words", "AssertionError: only words");
    }

    #[test]
    fn the_value_of_others_is_behind_their_words() {
        says("assertion `left == right` failed\n  left: Ok(60)\n right: Ok(5400)", "Ok(60)");
        says("called `Result::unwrap()` on an `Err` value: \"empty duration\"", "\"empty duration\"");
        says("Error: \"empty duration\"", "Error: \"empty duration\"");
        says("AssertionError [ERR_ASSERTION]: x:\n\n60 !== 5400\n\n    actual: 60,\n    expected: 5400,", "60");
        says("TypeError [Error]: empty duration\n    at x", "TypeError: empty duration");
        says("expect(received).toBe(expected) // Object.is equality\n\nExpected: 5400\nReceived: 60", "60");
        says("AssertionError: expected 60 to be 5400 // Object.is equality", "60");
        says("    calc_test.go:9: got 3, want 4", "3");
        says("    calc_test.go:9: Add(1, 2) = 3, want 4", "3");
        says("Failed asserting that 3 matches expected 4.", "3");
        says("expected: 4\n     got: 3\n\n(compared using ==)", "3");
        says("java.lang.AssertionError: expected:<4> but was:<3>", "3");
        assert_eq!(of(""), None);
    }
}
