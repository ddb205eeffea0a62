//! Names, messages and paths of tests, within limits and without what a terminal would obey.

use std::fmt::Write as _;
use std::path::Path;

/// The most bytes that are kept of a message.
pub(crate) const MESSAGE: usize = 2 << 10;

/// The most bytes that are kept of a name.
const NAME: usize = 1 << 10;

/// The most bytes that are kept of a value.
const VALUE: usize = 512;

/// Returns a name of a test or a group in one line: control characters are escaped.
pub(crate) fn name(said: &str) -> String {
    let mut name = String::with_capacity(said.len().min(NAME));
    for letter in said.chars() {
        if name.len() >= NAME {
            name.push('…');
            break;
        }
        if letter.is_control() {
            let _ = write!(name, "{}", letter.escape_default());
        } else {
            name.push(letter);
        }
    }
    name
}

/// Returns the begin of a message: without control characters, but for ends of lines and tabs.
pub(crate) fn message(said: &str) -> String {
    let said = cut(said.trim_matches('\n').trim_end(), MESSAGE);
    said.chars().filter(|letter| matches!(letter, '\n' | '\t') || !letter.is_control()).collect()
}

/// Returns a value in one line.
pub(crate) fn value(said: &str) -> Option<String> {
    let said = name(cut(said.trim(), VALUE));
    (!said.is_empty()).then_some(said)
}

/// Returns the begin of a text, at a border between characters.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Adds a line to a message, as far as there is room.
pub(crate) fn add_line(message: &mut String, line: &str) {
    let room = (2 * MESSAGE).saturating_sub(message.len());
    if room > 0 && !(message.is_empty() && line.trim().is_empty()) {
        if !message.is_empty() {
            message.push('\n');
        }
        message.push_str(cut(line, room));
    }
}

/// Returns a line without the sequences that color it (ECMA-48: `CSI … final byte`, `OSC … BEL`).
pub(crate) fn without_colors(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter != '\u{1b}' {
            plain.push(letter);
            continue;
        }
        match letters.next() {
            Some('[') => {
                letters.find(|letter| ('\u{40}'..='\u{7e}').contains(letter));
            }
            Some(']') => {
                letters.find(|letter| *letter == '\u{7}' || *letter == '\\');
            }
            _ => {}
        }
    }
    plain
}

/// Returns a path relative to a folder, with `/`, where it is in the folder or is relative already.
pub(crate) fn file(said: &str, folder: &Path) -> Option<String> {
    let said = said.strip_prefix("file://").unwrap_or(said).trim();
    let said = said.replace('\\', "/");
    let folder = folder.to_string_lossy();
    let folder = folder.trim_end_matches('/');
    let inside =
        if folder.is_empty() { None } else { said.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) };
    let path = inside.unwrap_or(&said).trim_start_matches("./");
    let named = name(path);
    (!named.is_empty() && !path.starts_with('/') && !path.starts_with("../")).then_some(named)
}

/// Splits `path:12` or `path:12:5` into the path and the line.
pub(crate) fn place(said: &str) -> Option<(&str, u64)> {
    let number = |word: &str| word.parse::<u64>().ok();
    let (rest, last) = said.trim().rsplit_once(':')?;
    let last = number(last)?;
    match rest.rsplit_once(':').and_then(|(path, line)| Some((path, number(line)?))) {
        Some(place) if !place.0.is_empty() => Some(place),
        _ => (!rest.is_empty()).then_some((rest, last)),
    }
}
