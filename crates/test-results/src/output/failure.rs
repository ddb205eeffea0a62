//! What is said of a test that fails: its message, its stack, excerpts of code, and the difference of two values.

use crate::actual;
use crate::text::{self, add_line, value};

/// The most bytes, and the most places, of a failure that are kept.
const MOST_BYTES: usize = 8 << 10;
const MOST_PLACES: usize = 50;

/// Splits a line into how far it is indented and what it says.
pub(super) fn indented(line: &str) -> (usize, &str) {
    let said = line.trim_start_matches(' ');
    (line.len() - said.len(), said)
}

/// A failure as it is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Failure {
    lines: Vec<String>,
    bytes: usize,
    places: Vec<(String, u64)>,
}

impl Failure {
    /// Adds a line. Excerpts of code and stacks say where the test is; they are no part of the message.
    pub fn add(&mut self, line: &str) {
        match frame(line.trim_start()) {
            Some(place) if self.places.len() < MOST_PLACES => self.places.extend(place),
            Some(_) => {}
            None if is_code(line) || self.bytes >= MOST_BYTES => {}
            None => {
                // An empty line takes room as well.
                self.bytes += line.len() + 32;
                self.lines.push(text::cut(line, MOST_BYTES).to_owned());
            }
        }
    }

    /// Returns the message. `indent` is how far its lines are indented at least.
    pub fn message(&self, indent: usize) -> String {
        let mut message = String::new();
        for line in &self.lines {
            let (own, _) = indented(line);
            add_line(&mut message, &line[own.min(indent)..]);
        }
        message
    }

    /// Returns the value that the test got, by the words of the message or by the difference that is shown: `sign` is before the
    /// lines that the test got.
    pub fn actual(&self, indent: usize, sign: char) -> Option<String> {
        let words = actual::of(&self.message(indent));
        // A large value is cut short in words, and a test's own words have none.
        let is_value = |words: &String| !words.contains('…') && !words.starts_with("AssertionError: ");
        words.clone().filter(is_value).or_else(|| self.difference(sign)).or(words)
    }

    fn difference(&self, sign: char) -> Option<String> {
        let heads = ["+ expected - actual", "+ Received", "+++ Actual"];
        let is_head = |said: &str| heads.iter().any(|head| said == *head || said.starts_with(&format!("{head} ")));
        let at = self.lines.iter().position(|line| is_head(line.trim_start()))?;
        let (indent, _) = indented(&self.lines[at]);
        let mut got = String::new();
        let mut differs = false;
        for line in self.lines[at + 1..].iter().skip_while(|line| matches!(line.trim(), "" | "@@ @@")) {
            if line.trim().is_empty() {
                break;
            }
            let line = line.get(indent.min(indented(line).0)..).unwrap_or_default();
            match line.chars().next() {
                Some(mark @ ('+' | '-')) if mark == sign => {
                    (got, differs) = (format!("{got} {}", line[1..].trim()), true);
                }
                Some('+' | '-') => differs = true,
                _ => got = format!("{got} {}", line.trim()),
            }
        }
        differs.then(|| value(&got)).flatten()
    }

    /// Returns the first place in a file.
    pub fn place_in(&self, file: &str) -> Option<u64> {
        self.places.iter().find(|(path, _)| path == file || path.ends_with(&format!("/{file}"))).map(|(_, line)| *line)
    }

    /// Returns the last place of all that are no library's: the test, which called the others.
    pub fn place(&self) -> Option<&(String, u64)> {
        self.places.iter().rfind(|(path, _)| !path.contains("node_modules/") && !path.starts_with("node:"))
    }
}

/// Returns the place of a line of a stack; none where it has none that can be read: `at Context.<anonymous> (test/a.js:8:34)`,
/// `❯ test/a.js:8:34`, `# ./spec/a_spec.rb:14:in 'block'`, `/tmp/tests/ATest.php:15`.
fn frame(said: &str) -> Option<Option<(String, u64)>> {
    let owned = |place: (&str, u64)| (text::cut(place.0, 1 << 10).to_owned(), place.1);
    if let Some(rest) = said.strip_prefix("# ") {
        let place = rest.split_once(":in ").map_or(rest, |(place, _)| place);
        return text::place(place).filter(|(path, _)| !path.contains(' ')).map(owned).map(Some);
    }
    if said.starts_with('/') {
        return text::place(said).filter(|(path, _)| path.ends_with(".php")).map(owned).map(Some);
    }
    let rest = said.strip_prefix("at ").filter(|rest| rest.ends_with(')') || text::place(rest).is_some());
    let rest = rest.or_else(|| said.strip_prefix("❯ ").filter(|rest| text::place(rest).is_some()))?;
    let place = rest.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')).map_or(rest, |(_, place)| place);
    let place = place.rsplit_once(' ').map_or(place, |(_, place)| place);
    Some(text::place(place).map(owned))
}

/// Returns whether a line is one of an excerpt of code: `>  7 |   test(…`, `     |    ^`, `  7| test(…`.
fn is_code(line: &str) -> bool {
    let Some((before, _)) = line.split_once('|') else { return false };
    before.starts_with([' ', '>'])
        && before.chars().all(|letter| letter == ' ' || letter == '>' || letter.is_ascii_digit())
}
