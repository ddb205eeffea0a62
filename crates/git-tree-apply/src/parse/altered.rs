//! Diffs that something changed on their way, so that git finds none in them.

use super::Malformed;

/// What a line of a diff begins with that no other text is likely to.
const MARKS: [&[u8]; 5] = [b"diff --git ", b"@@ -", b"--- ", b"+++ ", b"index "];

/// Says what was done to a diff, and what to do about it; none where nothing is recognised.
pub(super) fn altered(bytes: &[u8]) -> Option<Malformed> {
    coloured(bytes).or_else(|| quoted(bytes)).or_else(|| encoded(bytes))
}

/// Recognises a diff with the colours of a terminal.
pub(super) fn coloured(bytes: &[u8]) -> Option<Malformed> {
    let number = line_that(bytes, |line| {
        let rest = without_colours(line);
        rest.len() < line.len() && MARKS.iter().any(|mark| rest.starts_with(mark))
    })?;
    Some(Malformed::new(number, "this is a diff with colours; make it with 'git diff --no-color'"))
}

/// Recognises a diff in a reply: every line has a sign before it.
fn quoted(bytes: &[u8]) -> Option<Malformed> {
    let number = line_that(bytes, |line| {
        let signs = line.iter().take_while(|byte| matches!(byte, b'>' | b'|' | b' ')).count();
        let is_quote = line[..signs].iter().any(|byte| *byte != b' ');
        is_quote && MARKS[..2].iter().any(|mark| line[signs..].starts_with(mark))
    })?;
    Some(Malformed::new(
        number,
        "this is a diff quoted in a mail ('> ' before each line); take it from the mail itself",
    ))
}

/// Recognises a mail whose body is encoded.
fn encoded(bytes: &[u8]) -> Option<Malformed> {
    const HEADER: &[u8] = b"content-transfer-encoding:";
    let value = |line: &[u8]| {
        let (name, value) = line.split_at_checked(HEADER.len())?;
        name.eq_ignore_ascii_case(HEADER).then(|| String::from_utf8_lossy(value).trim().to_ascii_lowercase())
    };
    let is_encoded = |line: &[u8]| matches!(value(line).as_deref(), Some("base64" | "quoted-printable"));
    let number = line_that(bytes, is_encoded)?;
    let how = bytes.split(|byte| *byte == b'\n').nth(number - 1).and_then(value).unwrap_or_default();
    Some(Malformed::new(
        number,
        format!("this is a mail with its text in {how}; decode it, for instance with 'git mailinfo'"),
    ))
}

fn line_that(bytes: &[u8], is: impl Fn(&[u8]) -> bool) -> Option<usize> {
    bytes.split(|byte| *byte == b'\n').position(is).map(|at| at + 1)
}

/// A line without the sequences `ESC [ … m` that it begins with.
fn without_colours(mut line: &[u8]) -> &[u8] {
    while let Some(rest) = line.strip_prefix(b"\x1b[") {
        let numbers = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b';')).count();
        match rest.get(numbers) {
            Some(b'm') => line = &rest[numbers + 1..],
            _ => break,
        }
    }
    line
}
