//! The tokens of a source file, as far as many languages agree: strings, numbers, names, brackets, and everything else a
//! character at a time. Comments are not among them.
//!
//! It is no parser of any language. What it reads wrongly makes a test that fails to compile or to load, which a review
//! notices and leaves out.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string or character with its quotes.
    Text,
    /// A string of several lines, in three quotes: most are documentation.
    LongText,
    /// A number.
    Number,
    /// A name or keyword.
    Name,
    /// An opening bracket.
    Open,
    /// A closing bracket.
    Close,
    /// The end of a line.
    Line,
    /// Any other character.
    Other,
}

/// A token, and where it is in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where, in bytes.
    pub at: Range<usize>,
}

/// How a language writes comments and characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Comments begin with `#`: Python, Ruby, shells.
    Hash,
    /// Comments as in C.
    Slashes,
    /// Rust: as in C, but a quote may begin a lifetime.
    Rust,
}

impl Language {
    /// Returns the language of a file by its name; none where its comments are not known.
    pub fn of(path: &str) -> Option<Language> {
        Some(match path.rsplit_once('.')?.1 {
            "py" | "rb" | "sh" | "pl" | "ex" | "exs" => Language::Hash,
            "rs" => Language::Rust,
            "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" | "go" | "java" | "kt" | "c" | "cc" | "cpp"
            | "h" | "hpp" | "cs" | "swift" | "php" | "scala" | "dart" => Language::Slashes,
            _ => return None,
        })
    }
}

/// Returns the tokens of a text.
pub fn tokens(text: &str, language: Language) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let (kind, length) = match rest[0] {
            b'\n' => (Some(Kind::Line), 1),
            byte if byte.is_ascii_whitespace() => (None, 1),
            b'#' if language == Language::Hash => (None, line_length(rest)),
            b'/' if language != Language::Hash && rest.get(1) == Some(&b'/') => (None, line_length(rest)),
            b'/' if language != Language::Hash && rest.get(1) == Some(&b'*') => (None, until(rest, b"*/", 2)),
            b'"' if rest.starts_with(b"\"\"\"") => (Some(Kind::LongText), until(rest, b"\"\"\"", 3)),
            b'\'' if language == Language::Hash && rest.starts_with(b"'''") => {
                (Some(Kind::LongText), until(rest, b"'''", 3))
            }
            b'\'' if language == Language::Rust => match character(rest) {
                Some(length) => (Some(Kind::Text), length),
                None => (Some(Kind::Other), 1),
            },
            quote @ (b'"' | b'\'' | b'`') => match quoted(rest, quote) {
                Some(length) => (Some(Kind::Text), length),
                None => (Some(Kind::Other), 1),
            },
            b'(' | b'[' | b'{' => (Some(Kind::Open), 1),
            b')' | b']' | b'}' => (Some(Kind::Close), 1),
            byte if byte.is_ascii_digit() => (Some(Kind::Number), number_length(rest)),
            byte if is_of_name(byte) => {
                (Some(Kind::Name), rest.iter().take_while(|byte| is_of_name(**byte) || byte.is_ascii_digit()).count())
            }
            _ => (Some(Kind::Other), 1),
        };
        tokens.extend(kind.map(|kind| Token { kind, at: at..at + length }));
        at += length;
    }
    tokens
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn line_length(rest: &[u8]) -> usize {
    rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
}

fn until(rest: &[u8], end: &[u8], from: usize) -> usize {
    let found = rest[from..].windows(end.len()).position(|part| part == end);
    found.map_or(rest.len(), |found| from + found + end.len())
}

/// Returns the length of a string that ends in its line; one in backquotes may go on.
fn quoted(rest: &[u8], quote: u8) -> Option<usize> {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 1,
            b'\n' if quote != b'`' => return None,
            byte if byte == quote => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
    None
}

fn character(rest: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(&rest[1..rest.len().min(14)]);
    let text = text.or_else(|error| std::str::from_utf8(&rest[1..1 + error.valid_up_to()])).ok()?;
    match text.chars().next()? {
        '\\' => quoted(rest, b'\'').filter(|length| *length <= 12),
        one => text[one.len_utf8()..].starts_with('\'').then_some(one.len_utf8() + 2),
    }
}

fn number_length(rest: &[u8]) -> usize {
    let mut at = 0;
    while at < rest.len() {
        let more = rest[at].is_ascii_alphanumeric() || rest[at] == b'_';
        // A point belongs to it where a digit follows: `1..3` is a range, `1.max(2)` a call.
        let point = rest[at] == b'.' && rest.get(at + 1).is_some_and(u8::is_ascii_digit) && !rest[..at].contains(&b'.');
        if !more && !point {
            break;
        }
        at += 1;
    }
    at
}

/// Returns whether a word is a constant of a language, as a literal is.
pub fn is_constant(word: &str) -> bool {
    matches!(word, "True" | "False" | "true" | "false" | "None" | "null" | "nil" | "undefined")
}

/// Returns the value of a string or number, as far as it can be told without the language: the text between the quotes, with
/// the usual escapes undone; the digits of a number, without `_` and the name of a type behind them.
pub fn value(literal: &str) -> String {
    let bytes = literal.as_bytes();
    match bytes.first() {
        Some(b'"' | b'\'' | b'`') => {
            let inner = literal.get(1..literal.len().max(2) - 1).unwrap_or_default();
            let mut text = String::with_capacity(inner.len());
            let mut characters = inner.chars();
            while let Some(one) = characters.next() {
                match (one, one == '\\') {
                    (_, true) => match characters.next() {
                        Some('n') => text.push('\n'),
                        Some('t') => text.push('\t'),
                        Some(other) => text.push(other),
                        None => {}
                    },
                    _ => text.push(one),
                }
            }
            text
        }
        _ => {
            let plain: String = literal.chars().filter(|one| *one != '_').collect();
            let end = plain.find(|one: char| one.is_ascii_alphabetic()).filter(|_| !plain.starts_with("0x"));
            plain[..end.unwrap_or(plain.len())].to_owned()
        }
    }
}

/// Returns a text as it is but for names, comments and white space: two with the same were written by the same thought. Names
/// are replaced by numbers in the order in which they come, those that are called or that `kept` holds stay.
pub fn shape(text: &str, language: Language) -> Vec<String> {
    let all = tokens(text, language);
    let mut names: Vec<&str> = Vec::new();
    let mut shape = Vec::new();
    for (place, token) in all.iter().enumerate() {
        let word = &text[token.at.clone()];
        match token.kind {
            Kind::LongText | Kind::Line => {}
            Kind::Name => {
                let before = place.checked_sub(1).map(|before| &text[all[before].at.clone()]);
                let is_called = all.get(place + 1).is_some_and(|next| &text[next.at.clone()] == "(");
                if is_called || before == Some(".") {
                    shape.push(word.to_owned());
                    continue;
                }
                let number = names.iter().position(|name| *name == word).unwrap_or_else(|| {
                    names.push(word);
                    names.len() - 1
                });
                shape.push(format!("#{number}"));
            }
            // Brackets around what stands alone are a matter of taste.
            Kind::Open | Kind::Close if word == "(" || word == ")" => {}
            Kind::Text => shape.push(format!("\"{}", without_names(&value(word)))),
            _ => shape.push(word.to_owned()),
        }
    }
    shape
}

/// Returns a text without the names that it takes in, as in `f"{hours}:{minutes}"`.
fn without_names(text: &str) -> String {
    let mut depth = 0i32;
    let mut plain = String::new();
    for one in text.chars() {
        match one {
            '{' => depth += 1,
            '}' => depth -= 1,
            one if depth > 0 && (one.is_alphabetic() || one == '_' || one == '(' || one == ')') => continue,
            _ => {}
        }
        plain.push(one);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, language: Language) -> Vec<&str> {
        tokens(text, language).into_iter().map(|token| &text[token.at]).collect()
    }

    #[test]
    fn strings_numbers_and_names_are_told_from_comments() {
        assert_eq!(words("f('a\\'b', 1.5) # x", Language::Hash), ["f", "(", "'a\\'b'", ",", "1.5", ")"]);
        assert_eq!(words("a // b\n/* c */ 1_0u8", Language::Slashes), ["a", "\n", "1_0u8"]);
        assert_eq!(words("&'a x == 'é'", Language::Rust), ["&", "'", "a", "x", "=", "=", "'é'"]);
        assert_eq!(words("1..3", Language::Rust), ["1", ".", ".", "3"]);
        assert_eq!(words("'open", Language::Hash), ["'", "open"]);
    }

    #[test]
    fn a_value_is_what_the_literal_means() {
        assert_eq!(value("'a\\'b'"), "a'b");
        assert_eq!(value("1_000i64"), "1000");
        assert_eq!(value("'"), "");
    }

    #[test]
    fn other_names_make_no_other_shape() {
        let one = shape("def f(x):\n    y = x + 1 # c\n    return g(y)\n", Language::Hash);
        assert_eq!(one, shape("def f(n):\n  part = n + 1\n  return g(part)\n", Language::Hash));
        assert_ne!(one, shape("def f(n):\n  part = n + 2\n  return g(part)\n", Language::Hash));
    }
}
