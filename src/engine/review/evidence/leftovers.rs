//! Debugging lines and other leftovers in added code.
//!
//! A false alarm costs a good variant its place, so a line is only taken for one that can hardly be anything else: a
//! call, in code of the language that it belongs to, outside of tests, strings and comments.

use std::sync::LazyLock;

use git_tree_apply::parse::Hunk;
use regex::bytes::Regex;

use super::regex;

/// Languages whose debugging statements are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    JavaScript,
    Python,
    Ruby,
    Php,
    /// Another one, or a test, in which printing is nothing to speak of.
    Other,
}

impl Language {
    pub fn of(path: &str) -> Language {
        if crate::choice::tests_named::is_test_file(path) {
            return Language::Other;
        }
        match path.rsplit_once('.').map(|(_, end)| end) {
            Some("rs") => Language::Rust,
            Some("js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" | "vue" | "svelte") => {
                Language::JavaScript
            }
            Some("py") => Language::Python,
            Some("rb") => Language::Ruby,
            Some("php") => Language::Php,
            _ => Language::Other,
        }
    }

    /// Returns the debugging statement in a line; none when there is none.
    pub fn debugging(self, line: &[u8]) -> Option<String> {
        static FORMS: LazyLock<[Regex; 5]> = LazyLock::new(|| {
            [
                r"\bdbg!\s*[(\[{]",
                r"(?:^|[;{}()\s])(?:console\.(?:log|debug|trace|dir)\s*\(|debugger\s*(?:;|$))",
                r"(?:^|[;:\s])(?:breakpoint\(\)|i?pdb\.set_trace\(|import\s+i?pdb\b)",
                r"(?:^|[;\s])(?:binding\.(?:pry|irb)\b|byebug\b)",
                r"(?:^|[;{}\s])(?:var_dump|dd|print_r)\s*\(",
            ]
            .map(regex)
        });
        let at = match self {
            Language::Rust => 0,
            Language::JavaScript => 1,
            Language::Python => 2,
            Language::Ruby => 3,
            Language::Php => 4,
            Language::Other => return None,
        };
        let code = self.code(line);
        let found = FORMS[at].find(&code)?.as_bytes();
        let word = String::from_utf8_lossy(found);
        Some(word.trim_matches(|c: char| c.is_whitespace() || "([{;:})".contains(c)).to_owned())
    }

    /// Returns the line without strings and without the comment at its end.
    fn code(self, line: &[u8]) -> Vec<u8> {
        let hash = matches!(self, Language::Python | Language::Ruby);
        let mut code = Vec::with_capacity(line.len());
        let mut quote: Option<u8> = None;
        let mut bytes = line.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            match (byte, quote) {
                (b'\\', Some(_)) => drop(bytes.next()),
                (byte, Some(open)) if byte == open => quote = None,
                (_, Some(_)) => {}
                (b'"' | b'`', None) => quote = Some(byte),
                // A lifetime of Rust has no end.
                (b'\'', None) if self != Language::Rust => quote = Some(byte),
                (b'#', None) if hash => break,
                (b'/', None) if !hash && bytes.peek() == Some(&b'/') => break,
                (b'*', None) if !hash && code.trim_ascii().is_empty() => break,
                (byte, None) => code.push(byte),
            }
        }
        code
    }
}

/// Returns the marker of a conflict, as git writes them at the beginning of a line. The one in the middle is a heading
/// in some languages, so it does not count alone.
pub(in crate::engine) fn conflict_marker(line: &[u8]) -> Option<&'static str> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    ["<<<<<<<", "|||||||", ">>>>>>>"].into_iter().find(|marker| {
        let rest = line.strip_prefix(marker.as_bytes());
        rest.is_some_and(|rest| rest.starts_with(b" ") && rest.len() > 1)
    })
}

/// Returns what git's own default finds wrong with the white space of a line (`core.whitespace`: blank-at-eol and
/// space-before-tab).
pub(super) fn whitespace(line: &[u8]) -> Option<&'static str> {
    // The end of a line of a file that is from another system is no trouble of this line.
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.last().is_some_and(|byte| matches!(byte, b' ' | b'\t' | 0x0b | 0x0c)) {
        return Some("ends in white space");
    }
    let indent = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    line[..indent].windows(2).any(|pair| pair == b" \t").then_some("has a space before a tab in its indent")
}

/// Returns whether the last hunk adds blank lines at the end of its file (`blank-at-eof`).
pub(super) fn blank_at_end(hunks: &[Hunk<'_>]) -> bool {
    let Some(last) = hunks.last() else { return false };
    let line = last.lines.split_inclusive(|byte| *byte == b'\n').next_back().unwrap_or_default();
    // With context behind it, it is not at the end.
    last.trailing == 0 && matches!(line, b"+\n" | b"+\r\n") && last.lines.len() > line.len()
}

/// Words by which people tell that something is still to be done.
pub(super) fn unfinished(line: &[u8]) -> Option<String> {
    static FORM: LazyLock<Regex> =
        LazyLock::new(|| regex(r"(?:^|[^A-Za-z0-9_])((?:TODO|FIXME|XXX)(?:\([^)]{0,40}\))?)(?::|\s|$)"));
    static RUST: LazyLock<Regex> = LazyLock::new(|| regex(r"\b(todo!|unimplemented!)\s*\("));
    let found = FORM.captures(line).or_else(|| RUST.captures(line))?;
    Some(String::from_utf8_lossy(&found[1]).into_owned())
}
