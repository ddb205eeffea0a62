//! Regular expressions over what is on a screen.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

/// A regular expression of which `^` and `$` are those of lines, and classes and case those of ASCII.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Reads one.
    ///
    /// # Errors
    /// When it is none, in a line that says why.
    pub fn parse(text: &str, ignore_case: bool) -> Result<Pattern, String> {
        let form = in_bytes(text)?;
        let built = RegexBuilder::new(&form).unicode(false).multi_line(true).case_insensitive(ignore_case).build();
        built.map(Pattern).map_err(|error| {
            let said = error.to_string();
            said.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned()
        })
    }

    /// Returns whether the pattern matches in the text.
    pub fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text.as_bytes())
    }

    /// Returns where it is in the text for the last time: its group, or all of it.
    pub(crate) fn last_in(&self, text: &str) -> Option<Range<usize>> {
        let found = self.0.captures_iter(text.as_bytes()).last()?;
        let range = found.get(1).or_else(|| found.get(0))?.range();
        // Bytes were looked for, which may be the middle of a letter.
        text.get(range.clone()).map(|_| range)
    }
}

/// Writes letters beyond ASCII as their bytes, also in a class, for an engine without Unicode tables.
fn in_bytes(text: &str) -> Result<String, String> {
    let mut form = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                form.push(letter);
                form.extend(letters.next());
            }
            '[' => {
                let rest = letters.as_str();
                let end = end_of_class(rest);
                form.push_str(&class(&rest[..end])?);
                letters = rest[end..].chars();
            }
            _ => form.push_str(&bytes_of(letter)),
        }
    }
    Ok(form)
}

/// Returns where the class ends whose `[` is read, behind its `]`. A `]` at its very beginning is one of it.
fn end_of_class(rest: &str) -> usize {
    let begin = rest.len() - rest.trim_start_matches('^').trim_start_matches(']').len();
    let mut escaped = false;
    let end = rest[begin..].find(|c: char| {
        let ends = c == ']' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    end.map_or(rest.len(), |end| begin + end + 1)
}

/// Returns a class, the letters beyond ASCII being alternatives to it.
fn class(inner: &str) -> Result<String, String> {
    if inner.is_ascii() {
        return Ok(format!("[{inner}"));
    }
    if inner.starts_with('^') {
        return Err("a class of what it is not can only hold ASCII".to_owned());
    }
    let plain: String = inner.chars().filter(char::is_ascii).collect();
    let others: Vec<_> = inner.chars().filter(|c| !c.is_ascii()).map(bytes_of).collect();
    let plain = if plain == "]" { String::new() } else { format!("[{plain}|") };
    Ok(format!("(?:{plain}{})", others.join("|")))
}

fn bytes_of(letter: char) -> String {
    if letter.is_ascii() {
        return letter.to_string();
    }
    let mut bytes = [0; 4];
    let bytes = letter.encode_utf8(&mut bytes).bytes().map(|byte| format!("\\x{byte:02x}"));
    format!("(?:{})", bytes.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_letters_beyond_ascii_can_be_asked_for() {
        let pattern = Pattern::parse("^\u{203a} \\d+\\. (\\w+)$", false).unwrap();
        assert_eq!(pattern.last_in("\u{203a} 1. No\n\u{203a} 1. Yes\nb").unwrap(), 17..20);
        assert!(!pattern.is_in("\u{203b} 1. Yes"));
        let pattern = Pattern::parse("^[\u{203a}>\u{25cf}] [^\\]\n]+$", false).unwrap();
        assert!(["\u{203a} a", "> a", "\u{25cf} a"].into_iter().all(|line| pattern.is_in(line)));
        assert!(!pattern.is_in("(\u{203b} a"));
        assert!(Pattern::parse("[^\u{203a}]", false).is_err());
        assert!(Pattern::parse("proceed\\?", true).unwrap().is_in("Ok to PROCEED? (y)"));
    }

    #[test]
    fn a_mistake_is_named_in_a_line() {
        assert_eq!(Pattern::parse("a(b", false).unwrap_err(), "unclosed group");
    }
}
