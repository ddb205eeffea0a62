//! What makes two lines of output the same: everything but times, ids and colours. Figures do count: lines that count
//! are progress.

use std::hash::{DefaultHasher, Hash, Hasher};

/// How much of a line is read.
const LONGEST: usize = 1024;

/// Returns the same number for lines that are the same; none for a line without a word: dots, bars and rules.
pub(crate) fn fold(line: &[u8]) -> Option<u64> {
    let (mut hash, mut words) = (0xcbf2_9ce4_8422_2325_u64, 0);
    // FNV: small, and nothing is gained by two lines that it takes for one.
    let mut mix = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for token in tokens(&line[..line.len().min(LONGEST)]) {
        let changes = is_time(token) || is_id(token);
        mix(if changes { b"#" } else { token });
        mix(b" ");
        words += usize::from(!changes && token.iter().filter(|byte| byte.is_ascii_alphabetic()).count() > 1);
    }
    (words > 0).then_some(hash)
}

/// Returns the same for lines that differ in times and ids only.
pub(crate) fn fingerprint(lines: &[impl AsRef<str>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    lines.iter().filter_map(|line| fold(line.as_ref().as_bytes())).for_each(|line| line.hash(&mut hasher));
    hasher.finish()
}

/// Returns the words between blanks and escape sequences.
fn tokens(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = line;
    std::iter::from_fn(move || {
        loop {
            match rest.first()? {
                0x1b => rest = &rest[escape(rest)..],
                byte if byte.is_ascii_whitespace() || byte.is_ascii_control() => rest = &rest[1..],
                _ => break,
            }
        }
        let end = rest.iter().position(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control());
        let (token, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        Some(token)
    })
}

/// Returns how long the escape sequence is that begins here.
fn escape(bytes: &[u8]) -> usize {
    match bytes.get(1) {
        Some(b'[') => {
            let end = bytes[2..].iter().position(|byte| (0x40..=0x7e).contains(byte));
            end.map_or(bytes.len(), |end| end + 3)
        }
        Some(b']') => {
            let end = bytes.iter().position(|byte| *byte == 0x07);
            end.map_or(bytes.len(), |end| end + 1)
        }
        Some(_) => 2,
        None => 1,
    }
}

/// Returns whether a token is a time: `14:05:09`, `2026-11-20T14:05:09Z`, `0.31s`, `(12ms)`, `1m02s`.
fn is_time(token: &[u8]) -> bool {
    let inner = trimmed(token);
    if !inner.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let count = |wanted: u8| inner.iter().filter(|byte| **byte == wanted).count();
    let clock = inner.iter().all(|byte| byte.is_ascii_digit() || b":.,-+TZ".contains(byte));
    if clock && (count(b':') > 0 || count(b'-') == 2) {
        return true;
    }
    let span = inner.iter().all(|byte| byte.is_ascii_digit() || b".,hmnus".contains(byte));
    span && inner.ends_with(b"s")
}

/// Returns whether a commit, a UUID, an address: long, of hexadecimal digits, some but not all of them decimal.
fn is_id(token: &[u8]) -> bool {
    let inner = trimmed(token);
    let inner = inner.strip_prefix(b"0x").unwrap_or(inner);
    let hexadecimal = inner.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    let decimal = inner.iter().filter(|byte| byte.is_ascii_digit()).count();
    inner.len() >= 7 && hexadecimal && decimal > 0 && decimal < inner.len()
}

fn trimmed(token: &[u8]) -> &[u8] {
    let edge = |byte: &u8| b"()[]{}<>,;:.'\"`=".contains(byte);
    let start = token.iter().position(|byte| !edge(byte)).unwrap_or(token.len());
    let end = token.iter().rposition(|byte| !edge(byte)).map_or(start, |end| end + 1);
    &token[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        fold(one.as_bytes()).unwrap() == fold(other.as_bytes()).unwrap()
    }

    #[test]
    fn times_ids_colours_and_blanks_make_no_difference() {
        for (one, other) in [
            ("14:05:09 connect failed", "14:06:10 connect failed"),
            ("[2026-11-20T14:05:09.120Z] retry", "[2026-11-20T14:05:12.001Z] retry"),
            ("1 test failed in 0.31s", "1 test failed in 12.5s"),
            ("HEAD is now at 3f2a9c1 x", "HEAD is now at 99aa001b x"),
            ("\x1b[31merror:\x1b[0m no such file\r", "error:  no such file"),
        ] {
            assert!(same(one, other), "{one}");
        }
    }

    #[test]
    fn words_and_figures_do() {
        for (one, other) in [
            ("connect failed", "connect worked"),
            ("[12/90] Compiling", "[13/90] Compiling"),
            ("test case_001 ... ok", "test case_002 ... ok"),
            ("45% done", "46% done"),
            ("see deadbeef", "see defaced"),
        ] {
            assert!(!same(one, other), "{one}");
        }
    }

    #[test]
    fn lines_without_words_are_nothing() {
        for line in ["", "....", "====> ]", "------", "\x1b[2K", "12 34"] {
            assert_eq!(fold(line.as_bytes()), None, "{line:?}");
        }
    }
}
