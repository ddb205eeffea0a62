//! How object names and paths are shown to people: git's `core.abbrev`, `core.quotePath` and `--abbrev`.
//!
//! What is written down (records, reports, notes, subjects) is the same for all, so nothing of that asks here.

use std::fmt;
use std::fmt::Write;
use std::sync::Arc;

use super::Oid;

type Shorten = Arc<dyn Fn(Oid) -> String + Send + Sync>;

/// How object names and paths are shown.
#[derive(Clone)]
pub struct DisplayFormat {
    shorten: Option<Shorten>,
    quote_all: bool,
}

impl DisplayFormat {
    /// Ten digits of an object's name, and paths quoted as git does it without a setting.
    pub const PLAIN: DisplayFormat = DisplayFormat { shorten: None, quote_all: true };

    /// Object names are shown as `shorten` makes them. `quote_all` says whether bytes of paths that are not ASCII are shown
    /// as numbers, or as they are.
    pub fn new(shorten: impl Fn(Oid) -> String + Send + Sync + 'static, quote_all: bool) -> DisplayFormat {
        DisplayFormat { shorten: Some(Arc::new(shorten)), quote_all }
    }

    /// Shows object names as `shorten` makes them, from here on.
    pub fn shorten_by(&mut self, shorten: impl Fn(Oid) -> String + Send + Sync + 'static) {
        self.shorten = Some(Arc::new(shorten));
    }

    /// Returns the abbreviated name of an object.
    pub fn oid(&self, oid: Oid) -> String {
        self.shorten.as_ref().map_or_else(|| oid.short(), |shorten| shorten(oid))
    }

    /// Returns a path, quoted as git does it (`core.quotePath`) where it holds what a terminal would make something of, or
    /// what could be taken for the end of it.
    pub fn path(&self, path: impl AsRef<[u8]>) -> String {
        quoted(path.as_ref(), self.quote_all)
    }

    /// Renders several paths in a line.
    pub fn paths<P: AsRef<[u8]>>(&self, paths: &[P]) -> String {
        paths.iter().map(|path| self.path(path)).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Debug for DisplayFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DisplayFormat").field("quote_all", &self.quote_all).finish_non_exhaustive()
    }
}

/// Returns a path in double quotes with backslashes, as a C string, or as it is where nothing in it needs that.
fn quoted(path: &[u8], all: bool) -> String {
    let special = |byte: u8| byte < b' ' || matches!(byte, b'"' | b'\\' | 0x7f) || (all && byte > 0x7f);
    if !path.iter().copied().any(special) && (all || std::str::from_utf8(path).is_ok()) {
        return String::from_utf8_lossy(path).into_owned();
    }
    let mut quoted = String::from("\"");
    for chunk in path.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\u{7}' => quoted += "\\a",
                '\u{8}' => quoted += "\\b",
                '\t' => quoted += "\\t",
                '\n' => quoted += "\\n",
                '\u{b}' => quoted += "\\v",
                '\u{c}' => quoted += "\\f",
                '\r' => quoted += "\\r",
                '"' => quoted += "\\\"",
                '\\' => quoted += "\\\\",
                ' '..='~' => quoted.push(character),
                other if !all && !other.is_ascii() => quoted.push(other),
                other => octal(&mut quoted, other.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        // What is no text can only be shown as numbers, whatever is wished for.
        octal(&mut quoted, chunk.invalid());
    }
    quoted.push('"');
    quoted
}

fn octal(to: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(to, "\\{byte:03o}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_as_git_quotes_them() {
        for (path, all, text) in [
            (&b"src/a b.rs"[..], r"src/a b.rs", r"src/a b.rs"),
            (b"a\tb\nc", r#""a\tb\nc""#, r#""a\tb\nc""#),
            (b"say \"hi\"\\", r#""say \"hi\"\\""#, r#""say \"hi\"\\""#),
            (b"\x01\x07\x08\x0b\x0c\r\x1b\x7f", r#""\001\a\b\v\f\r\033\177""#, r#""\001\a\b\v\f\r\033\177""#),
            ("grün".as_bytes(), r#""gr\303\274n""#, "grün"),
            ("grün\n".as_bytes(), r#""gr\303\274n\n""#, "\"grün\\n\""),
            (b"gr\xfcn", r#""gr\374n""#, r#""gr\374n""#),
        ] {
            assert_eq!((quoted(path, true).as_str(), quoted(path, false).as_str()), (all, text));
        }
    }
}
