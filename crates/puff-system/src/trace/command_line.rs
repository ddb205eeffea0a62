//! Command lines as a person would type them into a shell, without the secrets in them.

use std::ffi::{OsStr, OsString};
use std::fmt;

use super::mask::{Masker, mask_text};

/// Maximum length of a word, in bytes. A prompt may be pages long.
const LONGEST: usize = 1000;

/// Writes the words of a command line: quoted for a shell, in one line, with secrets masked.
///
/// # Errors
/// When it cannot be written.
pub fn write<'w>(f: &mut fmt::Formatter<'_>, words: impl Iterator<Item = &'w OsStr>) -> fmt::Result {
    let mut masker = Masker::default();
    for (at, word) in words.enumerate() {
        let separator = if at == 0 { "" } else { " " };
        let masked = masker.mask(&word.to_string_lossy());
        // A secret that was cut would not be found: it is masked before.
        let (kept, left_out) = cut(&masked);
        write!(f, "{separator}{}", word_for_shell(kept))?;
        if left_out > 0 {
            write!(f, "[{left_out} more bytes]")?;
        }
    }
    Ok(())
}

/// The words of a command line; the display form is as [`write()`] writes them.
pub(super) struct CommandLine<'w>(pub &'w [OsString]);

impl fmt::Display for CommandLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self.0.iter().map(OsString::as_os_str))
    }
}

/// Returns a text without control characters and secrets: the words of a failure.
pub(super) fn text(text: &str) -> String {
    one_line(&mask_text(text))
}

/// Returns a text with its control characters escaped.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if is_control(c) { escape(c) } else { c.to_string() }).collect()
}

/// Returns a single word likewise: a path.
pub(super) fn word(word: &str) -> String {
    word_for_shell(&Masker::default().mask(word))
}

fn cut(word: &str) -> (&str, usize) {
    let end = (0..=LONGEST.min(word.len())).rev().find(|at| word.is_char_boundary(*at)).unwrap_or_default();
    (&word[..end], word.len() - end)
}

/// Quotes a word for bash and zsh; control characters are escaped, so that no word ends the line or moves the cursor.
fn word_for_shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+*".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if !word.chars().any(is_control) {
        return format!("'{}'", word.replace('\'', "'\\''"));
    }
    let escaped: String = word.chars().map(escape).collect();
    format!("$'{escaped}'")
}

/// Returns whether a terminal may act on a character, or break the line at it.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escape(c: char) -> String {
    match c {
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        '\'' | '\\' => format!("\\{c}"),
        c if is_control(c) => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(words: &[&str]) -> String {
        CommandLine(&words.iter().map(OsString::from).collect::<Vec<_>>()).to_string()
    }

    #[test]
    fn words_are_quoted_for_a_shell_and_stay_in_one_line() {
        assert_eq!(shown(&["git", "log", "--format=%H", "", "it's"]), "git log --format=%H '' 'it'\\''s'");
        assert_eq!(shown(&["a\nb", "\u{1b}[2J\\'"]), "$'a\\nb' $'\\u001b[2J\\\\\\''");
    }

    #[test]
    fn a_long_word_is_cut_and_its_secret_is_masked_before() {
        let long = format!("{}ghp_{}", "x".repeat(LONGEST - 10), "a1".repeat(18));
        let shown = shown(&["launch", &long]);
        assert!(!shown.contains("ghp_a1") && shown.len() < LONGEST + 40, "{shown}");
        assert!(self::shown(&[&"y".repeat(LONGEST + 5)]).ends_with("yyy[5 more bytes]"));
    }
}
