//! Makes untrusted text safe for a line, a block, or a cell of a Markdown table.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::model::Time;

/// The replacement of a character that must not reach a terminal.
const REPLACEMENT: char = '\u{FFFD}';

/// The mark of a cut.
const CUT: char = '…';

/// Returns whether a character could move a cursor, reorder the text around it, or hide something: controls (C0, DEL,
/// C1), bidirectional marks, zero-width characters, line separators, tags and hidden selectors.
pub fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061C}' | '\u{180E}' | '\u{FEFF}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Formats a number of bytes in its largest unit: `512 B`, `1.5 KiB`, `12.0 MiB`.
pub fn bytes(count: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match units.iter().find(|(_, shift)| count >> shift > 0) {
        Some((unit, shift)) => format!("{:.1} {unit}", count as f64 / (1u64 << shift) as f64),
        None => format!("{count} B"),
    }
}

/// Returns the text as one line: line ends and tabs become a space, every other character that [`is_unsafe`] becomes
/// U+FFFD, so that a reader notices the replacement.
pub fn clean_line(text: &str) -> String {
    clean_block(text).replace(['\n', '\t'], " ")
}

/// Returns the text with its line ends and tabs, CRLF being one line end; every other character that [`is_unsafe`]
/// becomes U+FFFD.
pub fn clean_block(text: &str) -> String {
    let safe = |c: char| match c {
        '\n' | '\t' => c,
        '\u{2028}' | '\u{2029}' => '\n',
        c if is_unsafe(c) => REPLACEMENT,
        c => c,
    };
    text.replace("\r\n", "\n").chars().map(safe).collect()
}

/// Returns the text with hidden characters made visible: line ends and tabs stay, CRLF being one line end; a control
/// becomes its control picture, every other character that [`is_unsafe`] its code point.
pub fn visible(text: &str) -> std::borrow::Cow<'_, str> {
    let plain = |c: char| matches!(c, '\n' | '\t') || !is_unsafe(c);
    if text.chars().all(plain) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            c if plain(c) => shown.push(c),
            '\0'..' ' => shown.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{7f}' => shown.push('␡'),
            c => shown += &format!("⟨U+{:04X}⟩", u32::from(c)),
        }
    }
    shown.into()
}

/// Returns the first non-blank line of the text, cleaned and cut to `columns`.
pub fn one_line(text: &str, columns: usize) -> String {
    let cleaned = clean_block(text);
    let line = cleaned.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    cut(clean_line(line).trim(), columns)
}

/// Returns the width of a cleaned text on a terminal, in columns.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// Cuts a cleaned text to at most `columns`, with `…` at its end.
pub fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut kept = taken(text.chars(), columns.saturating_sub(1));
    kept.truncate(kept.trim_end().len());
    kept.extend((columns > 0).then_some(CUT));
    kept
}

/// Cuts a cleaned text to at most `columns`, with `…` at its beginning: for paths and branches, whose ends tell more.
pub fn cut_start(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let kept = taken(text.chars().rev(), columns.saturating_sub(1));
    (columns > 0).then_some(CUT).into_iter().chain(kept.chars().rev()).collect()
}

/// Returns the characters that fit.
fn taken(characters: impl Iterator<Item = char>, columns: usize) -> String {
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= columns
    };
    characters.take_while(fits).collect()
}

/// Pads a cleaned text with spaces to `columns`.
pub fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(text.width());
    format!("{text}{:missing$}", "")
}

/// Formats the age of `then`: `just now`, `3m ago`, `2h ago`, `5d ago`, and the date after two weeks. The near future
/// is `just now` too, because clocks differ between machines.
pub fn ago(now: Time, then: Time) -> String {
    let seconds = (now - then).num_seconds();
    match seconds {
        ..60 => "just now".to_owned(),
        60..3600 => format!("{}m ago", seconds / 60),
        3600..86400 => format!("{}h ago", seconds / 3600),
        86400..1_209_600 => format!("{}d ago", seconds / 86400),
        _ => then.format("%Y-%m-%d").to_string(),
    }
}

/// Returns the text as a cell of a Markdown table: one line that cannot end the cell or the row, and contains no
/// Markdown.
///
/// Words without special characters stay unchanged. Other text goes into a code span, the only place where no renderer
/// makes HTML, links, images, mentions or references to issues, and which is still readable as plain text.
pub fn markdown_cell(text: &str) -> String {
    let line = clean_line(text);
    let line = line.trim();
    if is_tame(line) {
        return line.to_owned();
    }
    // Renderers differ on a backslash before an escaped pipe, so none is left there.
    code(line).replace("\\|", "\\ |").replace('|', "\\|")
}

/// Returns the text for Markdown outside of a table, where a pipe has no meaning.
pub fn markdown_words(text: &str) -> String {
    let line = clean_line(text);
    let line = line.trim();
    if is_tame(line) { line.to_owned() } else { code(line) }
}

/// Returns the text as a Markdown code span; empty for a blank text.
pub fn code(text: &str) -> String {
    let line = clean_line(text);
    let line = line.trim();
    if line.is_empty() {
        return String::new();
    }
    let longest = line.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if line.starts_with('`') || line.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{line}{space}{fence}")
}

/// Returns whether no renderer would treat anything in a line as markup.
fn is_tame(line: &str) -> bool {
    let lowered = line.to_ascii_lowercase();
    let harmless = |c: char| c.is_ascii_alphanumeric() || !c.is_ascii() || " .,;:()'\"/+-=%!?".contains(c);
    let inside_word = |at: usize| {
        let beside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        beside(line[..at].chars().next_back()) && beside(line[at + 1..].chars().next())
    };
    // `gh-7` is a reference to an issue, and "closes gh-7" would even close it.
    ["://", "www.", "gh-"].iter().all(|bad| !lowered.contains(bad))
        && line.char_indices().all(|(at, c)| harmless(c) || (c == '_' && inside_word(at)))
}

/// Prefixes every line of the text with `> `.
pub fn quote(text: &str) -> String {
    let cleaned = clean_block(text);
    let quoted = |line: &str| if line.is_empty() { ">\n".to_owned() } else { format!("> {line}\n") };
    cleaned.lines().map(quoted).collect()
}

/// The width of wrapped quotes, in columns: with the prefix and git's indent a line stays below 100.
const QUOTED: usize = 88;

/// Maximum width of a line without a space to wrap at, in columns.
const LONGEST: usize = 400;

/// Returns at most `most` lines of the text, wrapped, quoted, and indented as a Markdown code block; and whether that
/// is all of it.
pub fn quote_literally(text: &str, most: usize) -> (String, bool) {
    let cleaned = clean_block(text);
    let mut lines = cleaned.trim_end().lines().skip_while(|line| line.trim().is_empty()).flat_map(wrap);
    let indented = |line: String| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") };
    let shown: String = lines.by_ref().take(most).map(indented).collect();
    (quote(&shown), lines.next().is_none())
}

/// Wraps a cleaned line to [`QUOTED`] columns between words, each with the indent of the first.
fn wrap(line: &str) -> Vec<String> {
    let line = line.trim_end();
    let words = line.trim_start();
    let indent = cut(&line[..line.len() - words.len()].replace('\t', "    "), QUOTED / 2);
    let mut lines = Vec::new();
    let mut current = indent.clone();
    for word in words.split(' ') {
        let begun = current.len() > indent.len();
        if begun && current.width() + 1 + word.width() > QUOTED {
            lines.push(std::mem::replace(&mut current, indent.clone()));
        } else if begun {
            current.push(' ');
        }
        current.push_str(&cut(word, LONGEST));
    }
    lines.push(current);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_moves_the_cursor_or_the_order() {
        let hostile = "a\u{1b}[2J\u{9b}1A\u{7f}b\u{202e}c\u{200b}d\u{e0041}\re";
        assert_eq!(clean_line(hostile), "a�[2J�1A�b�c�d��e");
        assert_eq!(clean_block("a\r\nb\tc\u{2028}d"), "a\nb\tc\nd");
        assert_eq!(clean_line("a\r\nb\tc"), "a b c");
        assert_eq!(clean_line("größe 日本 🎉"), "größe 日本 🎉");
    }

    #[test]
    fn what_is_hidden_can_be_made_visible() {
        assert_eq!(visible("a\u{1b}[2J\u{9b}\u{7f}\u{202e}\0\tb\r\n\rc"), "a␛[2J⟨U+009B⟩␡⟨U+202E⟩␀\tb\n␍c");
        assert_eq!(visible("größe 日本 🎉"), "größe 日本 🎉");
    }

    #[test]
    fn a_line_is_cut_by_what_it_takes_on_a_terminal() {
        assert_eq!(one_line("\n  \n  Fix it \nplease", 80), "Fix it");
        assert_eq!(one_line("日本語テキスト", 7), "日本語…");
        assert_eq!(one_line("Fix the parser", 9), "Fix the…");
        assert_eq!(cut_start("puff/fix/var1", 6), "…/var1");
        assert_eq!((cut("ab", 0), cut("ab", 1)), (String::new(), "…".to_owned()));
    }

    #[test]
    fn times_are_relative_until_they_are_old() {
        let now: Time = "2026-03-20T12:00:00Z".parse().unwrap();
        let told = |seconds| ago(now, now - chrono::Duration::seconds(seconds));
        assert_eq!([told(-5), told(59), told(60), told(7200)], ["just now", "just now", "1m ago", "2h ago"]);
        assert_eq!([told(5 * 86400), told(30 * 86400)], ["5d ago", "2026-02-18"]);
    }

    #[test]
    fn a_cell_holds_whatever_is_put_in() {
        assert_eq!(
            markdown_cell("all 12 tests pass, see src/snake_case.rs"),
            "all 12 tests pass, see src/snake_case.rs"
        );
        assert_eq!(markdown_cell("a | b\n| c |"), "`a \\| b \\| c \\|`");
        assert_eq!(markdown_cell("a\\| b"), "`a\\ \\| b`");
        assert_eq!(markdown_cell("<script>x</script>"), "`<script>x</script>`");
        assert_eq!(markdown_cell("fixed `parse`"), "`` fixed `parse` ``");
        for live in ["![x](y)", "[x](y)", "@someone", "fixes #7", "Closes GH-7", "http://x.y", "__init__", "a&lt;b"] {
            assert!(markdown_cell(live).starts_with('`'), "{live}");
        }
        assert_eq!(markdown_cell(" \n "), "");
    }

    #[test]
    fn a_quoted_text_stays_in_its_quote() {
        assert_eq!(quote("# a\n\nb"), "> # a\n>\n> b\n");
        let (quoted, whole) = quote_literally("\n# Handoff: x\r\n\n<b>\n", 40);
        assert_eq!((quoted.as_str(), whole), (">     # Handoff: x\n>\n>     <b>\n", true));
        let long = "word ".repeat(100);
        let (quoted, whole) = quote_literally(&long, 3);
        assert_eq!((quoted.lines().count(), whole), (3, false));
        assert!(quoted.lines().all(|line| line.len() <= QUOTED + 6));
    }
}
