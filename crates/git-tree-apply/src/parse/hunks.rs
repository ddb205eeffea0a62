//! Hunks: runs of lines that change.

use super::{CUT, FilePatch, Hunk, Lines, Malformed, Quoted, Stated};

/// The shortest line that says that a line end is missing, in any language.
const NO_NEWLINE: usize = 12;

/// The numbers of a hunk's header.
pub(super) struct Ranges {
    old_start: u64,
    old_lines: u64,
    new_start: u64,
    new_lines: u64,
}

/// Reads `@@ -<start>[,<lines>] +<start>[,<lines>] @@`.
pub(super) fn read_header(line: &[u8]) -> Option<Ranges> {
    let rest = line.strip_suffix(b"\n")?.strip_prefix(b"@@ -")?;
    let (old_start, old_lines, rest) = range(rest)?;
    let (new_start, new_lines, rest) = range(rest.strip_prefix(b" +")?)?;
    rest.starts_with(b" @@").then_some(Ranges { old_start, old_lines, new_start, new_lines })
}

/// The header of a hunk without the text behind its numbers.
fn numbers(header: &[u8]) -> &[u8] {
    let end = header.windows(3).position(|three| three == b" @@").map_or(header.len(), |at| at + 3);
    &header[..end]
}

fn range(text: &[u8]) -> Option<(u64, u64, &[u8])> {
    let (start, rest) = number(text)?;
    match rest.strip_prefix(b",") {
        None => Some((start, 1, rest)),
        Some(rest) => number(rest).map(|(lines, rest)| (start, lines, rest)),
    }
}

fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value = std::str::from_utf8(&text[..digits]).ok()?.parse().ok()?;
    Some((value, &text[digits..]))
}

/// Reads the hunks of a file, and takes from them what a plain header leaves open.
pub(super) fn read_all<'p>(lines: &mut Lines<'p>, file: &mut FilePatch<'p>) -> Result<Vec<Hunk<'p>>, Malformed> {
    let mut hunks = Vec::new();
    let (mut any_old, mut any_new) = (false, false);
    while lines.rest.len() > 4 && lines.rest.starts_with(b"@@ -") {
        let (hunk, ranges) = read(lines)?;
        any_old |= ranges.old_lines > 0;
        any_new |= ranges.new_lines > 0;
        hunks.push(hunk);
    }
    // Lines that were there before cannot be in a file that is made, nor lines that are there afterwards in one that is
    // removed; and a file that is created or deleted needs one hunk.
    if file.is_new == Stated::Unstated && (any_old || hunks.len() > 1) {
        file.is_new = Stated::No;
    }
    if file.is_delete == Stated::Unstated && (any_new || hunks.len() > 1) {
        file.is_delete = Stated::No;
    }
    if file.is_new == Stated::Yes && any_old {
        return Err(Malformed::new(file.line, "the file is said to be new, but has old lines"));
    }
    if file.is_delete == Stated::Yes && any_new {
        return Err(Malformed::new(file.line, "the file is said to be deleted, but keeps lines"));
    }
    Ok(hunks)
}

fn read<'p>(lines: &mut Lines<'p>) -> Result<(Hunk<'p>, Ranges), Malformed> {
    let began = lines.number;
    let header = lines.peek();
    let ranges = read_header(header).ok_or_else(|| {
        let cut = if header.ends_with(b"\n") { "the header of the hunk is broken" } else { CUT };
        let what = format!("{cut}: '@@ -<start>,<lines> +<start>,<lines> @@' was expected, not {}", Quoted(header));
        Malformed::new(began, what)
    })?;
    lines.next();
    let hunk = || format!("the hunk {} of line {began}", Quoted(numbers(header)));
    let body = lines.rest;
    let (mut old, mut new) = (ranges.old_lines, ranges.new_lines);
    let (mut trailing, mut changes) = (0, 0);
    while old > 0 || new > 0 {
        let line = lines.peek();
        let number = lines.number;
        let left = (old, new);
        let expected = || format!("{} old and {} new lines were expected, not", left.0, left.1);
        if !line.ends_with(b"\n") {
            let end = if line.is_empty() { "its end".to_owned() } else { format!("its end behind {}", Quoted(line)) };
            return Err(Malformed::new(number, format!("{CUT} within {}: {} {end}", hunk(), expected())));
        }
        let wrong = |what: &str| Malformed::new(number, format!("{} {what}: {} {}", hunk(), expected(), Quoted(line)));
        let too_many = || wrong("has more lines than its header says");
        match line[0] {
            // Some diffs leave an empty line of context without its space.
            b' ' | b'\n' => {
                old = old.checked_sub(1).ok_or_else(too_many)?;
                new = new.checked_sub(1).ok_or_else(too_many)?;
                trailing += 1;
            }
            b'-' => {
                old = old.checked_sub(1).ok_or_else(too_many)?;
                (trailing, changes) = (0, changes + 1);
            }
            b'+' => {
                new = new.checked_sub(1).ok_or_else(too_many)?;
                (trailing, changes) = (0, changes + 1);
            }
            b'\\' if is_no_newline(line) => {}
            _ => return Err(wrong("has a line that begins with none of ' ', '+', '-'")),
        }
        lines.next();
    }
    if changes == 0 {
        return Err(Malformed::new(began, format!("{} changes nothing", hunk())));
    }
    if lines.rest.len() > NO_NEWLINE && lines.rest.starts_with(b"\\ ") {
        lines.next();
    }
    let text = &body[..body.len() - lines.rest.len()];
    let Ranges { old_start, new_start, .. } = ranges;
    Ok((Hunk { line: began, old_start, new_start, trailing, lines: text }, ranges))
}

fn is_no_newline(line: &[u8]) -> bool {
    line.len() >= NO_NEWLINE && line.starts_with(b"\\ ")
}
