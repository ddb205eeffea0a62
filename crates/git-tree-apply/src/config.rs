//! The form of git's configuration files, as `git config --file - --list` reads it: `git help config`, "Syntax", and
//! `git_parse_source` of git's config.c.

/// Reads a text in that form: the keys (section and name in lower case, the subsection between them as it is) with
/// their values, in their order; a key that stands alone has an empty value. `None` where git cannot read it.
pub(crate) fn parse(text: &[u8]) -> Option<Vec<(String, String)>> {
    let mut reader = Reader { rest: text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text) };
    let (mut section, mut entries) = (Vec::new(), Vec::new());
    while let Some(byte) = reader.next() {
        match byte {
            b'#' | b';' => reader.skip_line(),
            b'[' => section = reader.section()?,
            byte if is_space(byte) => {}
            byte if byte.is_ascii_alphabetic() => {
                let (key, value) = reader.entry([section.as_slice(), &[byte.to_ascii_lowercase()]].concat())?;
                entries.push((as_listed(&key), as_listed(&value)));
            }
            _ => return None,
        }
    }
    Some(entries)
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Space as git has it, whatever the locale.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// Git keeps keys and values as strings of C, which end at the first NUL.
fn as_listed(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// The text that is still to be read.
struct Reader<'t> {
    rest: &'t [u8],
}

impl Reader<'_> {
    /// Takes the next byte; `None` at the end. The line end of Windows is one byte.
    fn next(&mut self) -> Option<u8> {
        if let Some(rest) = self.rest.strip_prefix(b"\r\n") {
            self.rest = rest;
            return Some(b'\n');
        }
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// Takes the next byte, or a line end at the end.
    fn next_or_end(&mut self) -> u8 {
        self.next().unwrap_or(b'\n')
    }

    fn skip_line(&mut self) {
        while self.next_or_end() != b'\n' {}
    }

    /// Reads `section]`, `section.more]` or `section "subsection"]`, and ends it with a dot.
    fn section(&mut self) -> Option<Vec<u8>> {
        let mut name = Vec::new();
        loop {
            match self.next()? {
                b']' => break,
                byte if is_space(byte) => {
                    self.subsection(&mut name, byte)?;
                    break;
                }
                byte if is_key(byte) || byte == b'.' => name.push(byte.to_ascii_lowercase()),
                _ => return None,
            }
        }
        if name.is_empty() {
            return None;
        }
        name.push(b'.');
        Some(name)
    }

    /// Reads `"subsection"]` behind a space.
    fn subsection(&mut self, name: &mut Vec<u8>, space: u8) -> Option<()> {
        let mut byte = space;
        while is_space(byte) {
            if byte == b'\n' {
                return None;
            }
            byte = self.next_or_end();
        }
        if byte != b'"' {
            return None;
        }
        name.push(b'.');
        loop {
            let byte = match self.next_or_end() {
                b'"' => break,
                b'\\' => self.next_or_end(),
                byte => byte,
            };
            if byte == b'\n' {
                return None;
            }
            name.push(byte);
        }
        (self.next_or_end() == b']').then_some(())
    }

    /// Reads the rest of a key, and its value.
    fn entry(&mut self, mut key: Vec<u8>) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut byte = self.next_or_end();
        while is_key(byte) {
            key.push(byte.to_ascii_lowercase());
            byte = self.next_or_end();
        }
        while matches!(byte, b' ' | b'\t') {
            byte = self.next_or_end();
        }
        match byte {
            b'\n' => Some((key, Vec::new())),
            b'=' => Some((key, self.value()?)),
            _ => None,
        }
    }

    /// Reads a value up to the end of its line, or of a later one where a backslash ends a line.
    fn value(&mut self) -> Option<Vec<u8>> {
        let (mut value, mut quoted) = (Vec::new(), false);
        // The length without the space at the end.
        let mut length = 0;
        loop {
            let byte = match self.next_or_end() {
                b'\n' if quoted => return None,
                b'\n' => break,
                b'"' => {
                    (quoted, length) = (!quoted, value.len());
                    continue;
                }
                b';' | b'#' if !quoted => {
                    self.skip_line();
                    break;
                }
                byte if is_space(byte) && !quoted => {
                    if !value.is_empty() {
                        value.push(byte);
                    }
                    continue;
                }
                b'\\' => match self.next_or_end() {
                    b'\n' => {
                        length = value.len();
                        continue;
                    }
                    b't' => b'\t',
                    b'b' => 8,
                    b'n' => b'\n',
                    byte @ (b'\\' | b'"') => byte,
                    _ => return None,
                },
                byte => byte,
            };
            value.push(byte);
            length = value.len();
        }
        value.truncate(length);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::parse;

    /// What texts of configuration are made of, and what may break them.
    const PIECES: &[&str] = &[
        "[submodule \"x\"]\n",
        "[sub.Mod]",
        "[Core]\n",
        "[a \"b c\\\"d\"]",
        "[",
        "]",
        "\"",
        "\\",
        "\n",
        "\r\n",
        "\r",
        " ",
        "\t",
        "=",
        " = ",
        "path = ",
        "URL=",
        "update",
        "../x",
        "a b",
        "#",
        ";",
        "\\n",
        "\\t",
        "\\\n",
        "\\x",
        "\0",
        "\x0b",
        "1",
        "-",
        ".",
        "ä",
        "\u{feff}",
    ];

    /// What git itself lists; none where it ends with an error.
    fn listed_by_git(text: &[u8]) -> Option<Vec<(String, String)>> {
        let mut git = Command::new("git");
        git.args(["config", "--file", "-", "--no-includes", "--list", "-z"]);
        let mut child = git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(text);
        let output = child.wait_with_output().unwrap();
        let pairs = output.stdout.split(|byte| *byte == 0).filter(|pair| !pair.is_empty());
        let pair = |pair: &[u8]| {
            let pair = String::from_utf8_lossy(pair).into_owned();
            pair.split_once('\n')
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .unwrap_or((pair, String::new()))
        };
        output.status.success().then(|| pairs.map(pair).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read_as_git_reads_it(
            begins in select(&["", "[submodule \"x\"]\n", "[submodule \"x\"]\nurl = "]),
            pieces in vec(select(PIECES), 0..16),
        ) {
            let text = begins.to_owned() + &pieces.concat();
            prop_assert_eq!(parse(text.as_bytes()), listed_by_git(text.as_bytes()), "{:?}", text);
        }
    }

    fn listed(text: &str) -> Option<Vec<(String, String)>> {
        parse(text.as_bytes())
    }

    #[test]
    fn keys_and_values_are_read_as_git_lists_them() {
        let text = "\u{feff}# x\n[Submodule \"Lib\\\"/x\"] path = \"a b\" # c\n\tURL=../x\\\n y ; d\r\n\n[core.Sub]\nBare\nx = a\\tb\\\\ \" \"\n";
        let wanted = [
            ("submodule.Lib\"/x.path", "a b"),
            ("submodule.Lib\"/x.url", "../x y"),
            ("core.sub.bare", ""),
            ("core.sub.x", "a\tb\\  "),
        ];
        let wanted = wanted.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(listed(text).unwrap(), wanted);
    }

    #[test]
    fn what_git_cannot_read_is_none() {
        for bad in
            ["[]", "[x", "[x y]", "[x \"y\n\"]", "[x \"y\"", "[x]\n1 = 2", "[x]\na b", "[x]\na = \"b", "[x]\na = \\x"]
        {
            assert_eq!(listed(bad), None, "{bad:?}");
        }
        assert_eq!(listed(""), Some(Vec::new()));
    }
}
