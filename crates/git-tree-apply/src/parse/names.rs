//! File names in patches: prefixes, quotes, time stamps.

/// How many leading folders are taken off names. Git's own diffs have one (`a/`); for plain ones without any folder,
/// git sees that there is none, and then believes so for the rest of the patch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strip {
    pub folders: usize,
    known: bool,
}

impl Default for Strip {
    fn default() -> Strip {
        Strip { folders: 1, known: false }
    }
}

impl Strip {
    /// Learns from the two names of a plain diff.
    pub fn learn(&mut self, first: &[u8], second: &[u8]) {
        if self.known {
            return;
        }
        let folders = guess(first).or_else(|| guess(second));
        if folders.is_some() && folders == guess(second) {
            *self = Strip { folders: 0, known: true };
        }
    }
}

/// 0 for a name without folders; none for `/dev/null` and names that say nothing.
fn guess(line: &[u8]) -> Option<usize> {
    if is_dev_null(line) {
        return None;
    }
    let name = plain(line, None, 0)?;
    (!name.contains(&b'/')).then_some(0)
}

/// Does a name begin like git's own do: `a/`, or with one of the letters of `diff.mnemonicPrefix`?
pub(super) fn has_prefix(name: &[u8]) -> bool {
    matches!(name, [b'a' | b'b' | b'c' | b'i' | b'o' | b'w' | b'1' | b'2', b'/', ..])
}

/// `/dev/null`, and nothing but white space behind it.
pub(super) fn is_dev_null(line: &[u8]) -> bool {
    line.strip_prefix(b"/dev/null").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_whitespace))
}

/// Which white space ends a name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// The end of the line alone.
    Line,
    /// A tab as well.
    Tab,
}

/// The name in a header line behind its keyword.
pub(super) fn find(line: &[u8], default: Option<&[u8]>, strip: usize, ends: Ends) -> Option<Vec<u8>> {
    if let Some(name) = quoted(line, strip) {
        return Some(name);
    }
    let end = line.iter().position(|byte| match byte {
        b'\n' => true,
        b'\t' => ends == Ends::Tab,
        b' ' => false,
        // The other kinds of white space end a name wherever they are.
        byte => is_space(*byte),
    });
    common(&line[..end.unwrap_or(line.len())], default, strip)
}

/// The name in a `---` or `+++` line of a plain diff: a time stamp may follow.
pub(super) fn plain(line: &[u8], default: Option<&[u8]>, strip: usize) -> Option<Vec<u8>> {
    if let Some(name) = quoted(line, strip) {
        return Some(name);
    }
    match time_stamp(line) {
        Some(at) => common(&line[..at], default, strip),
        None => find(line, default, strip, Ends::Tab),
    }
}

fn common(name: &[u8], default: Option<&[u8]>, strip: usize) -> Option<Vec<u8>> {
    let kept = match strip {
        0 => Some(name),
        _ => name.iter().enumerate().filter(|(_, byte)| **byte == b'/').nth(strip - 1).map(|(at, _)| &name[at + 1..]),
    };
    let squashed = |name: &[u8]| {
        let mut squashed = name.to_vec();
        squashed.dedup_by(|one, other| *one == b'/' && *other == b'/');
        squashed
    };
    match kept {
        None | Some(b"") => default.map(squashed),
        // The shorter of two names, where the other is the same with something behind it: `file` and `file.orig`.
        Some(name) => match default {
            Some(default) if default.len() < name.len() && name.starts_with(default) => Some(squashed(default)),
            _ => Some(squashed(name)),
        },
    }
}

/// A name in double quotes, with its leading folders taken off.
fn quoted(line: &[u8], strip: usize) -> Option<Vec<u8>> {
    let (name, _) = unquote(line)?;
    let mut name = name.as_slice();
    for _ in 0..strip {
        let slash = name.iter().position(|byte| *byte == b'/')?;
        name = &name[slash + 1..];
    }
    Some(name.to_vec())
}

/// Reads a string in double quotes as git writes odd names: `\a \b \t \n \v \f \r \" \\` and three octal digits. Answers
/// what it says and what follows it.
pub(super) fn unquote(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = line.strip_prefix(b"\"")?;
    let mut name = Vec::new();
    loop {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        match byte {
            b'"' => return Some((name, rest)),
            b'\\' => {
                let (&escaped, after) = rest.split_first()?;
                rest = after;
                name.push(match escaped {
                    b'a' => 7,
                    b'b' => 8,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'v' => 11,
                    b'\\' | b'"' => escaped,
                    b'0'..=b'3' => {
                        let digits = rest.split_at_checked(2)?;
                        let digit = |byte: u8| matches!(byte, b'0'..=b'7').then(|| byte - b'0');
                        rest = digits.1;
                        (escaped - b'0') << 6 | digit(digits.0[0])? << 3 | digit(digits.0[1])?
                    }
                    _ => return None,
                });
            }
            byte => name.push(byte),
        }
    }
}

/// The name that a `diff --git` line gives twice, without its prefix; none where it gives two names or cannot be told
/// apart: then other header lines have to say.
pub(super) fn of_git_header(line: &[u8], strip: usize) -> Option<Vec<u8>> {
    let line = line.strip_suffix(b"\n")?;
    if line.first() == Some(&b'"') {
        let (first, rest) = unquote(line)?;
        let first = skip_folders(&first, strip)?;
        let rest = &rest[rest.iter().position(|byte| !is_space(*byte))?..];
        let second = match rest.first() {
            Some(b'"') => unquote(rest)?.0,
            _ => rest.to_vec(),
        };
        return (skip_folders(&second, strip)? == first).then(|| first.to_vec());
    }
    let name = skip_folders(line, strip)?;
    if let Some(at) = name.iter().position(|byte| *byte == b'"') {
        // The first name has no quotes, so these begin the second.
        let (second, _) = unquote(&name[at..])?;
        let second = skip_folders(&second, strip)?;
        let same = second.len() < at && name.starts_with(second) && is_space(name[second.len()]);
        return same.then(|| second.to_vec());
    }
    // Looked for once, not behind every blank: a line may be blanks alone.
    let slashes: Vec<usize> = (0..name.len()).filter(|at| name[*at] == b'/').collect();
    for (at, byte) in name.iter().enumerate() {
        if !matches!(byte, b' ' | b'\t') {
            continue;
        }
        if at + 1 == name.len() {
            return None;
        }
        let second = if strip == 0 {
            skip_folders(&name[at + 1..], 0)
        } else {
            let slash = slashes.get(slashes.partition_point(|slash| *slash <= at) + strip - 1);
            slash.filter(|slash| **slash > at + 1).map(|slash| &name[slash + 1..])
        };
        if second == Some(&name[..at]) {
            return Some(name[..at].to_vec());
        }
    }
    None
}

/// The name behind so many folders; none for an absolute path, or where there are fewer.
fn skip_folders(name: &[u8], strip: usize) -> Option<&[u8]> {
    if strip == 0 {
        return (name.first() != Some(&b'/')).then_some(name);
    }
    let (at, _) = name.iter().enumerate().filter(|(_, byte)| **byte == b'/').nth(strip - 1)?;
    (at > 0).then(|| &name[at + 1..])
}

/// Where a time stamp begins that ends a line of a plain diff, white space before it included:
/// `2010-07-05 19:41:17.620000023 -0500`, with or without fraction, zone and even time, and behind a tab or spaces.
fn time_stamp(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.last().filter(|byte| byte.is_ascii_digit())?;
    let rest = ends(line, " +0000").or_else(|| ends(line, " +00:00")).unwrap_or(line);
    let whole = rest.iter().rposition(|byte| !byte.is_ascii_digit()).filter(|dot| rest[*dot] == b'.');
    let rest = [rest.len()].into_iter().chain(whole).find_map(|end| ends(&rest[..end], " 00:00:00")).unwrap_or(rest);
    let rest = ends(rest, "0000-00-00").or_else(|| ends(rest, "00-00-00"))?;
    match rest.last()? {
        b'\t' => Some(rest.len() - 1),
        b' ' => Some(rest.iter().rposition(|byte| *byte != b' ').map_or(0, |at| at + 1)),
        _ => None,
    }
}

/// What is before an end of this form, where `0` is any digit and `+` either sign; none where the text ends otherwise.
fn ends<'t>(text: &'t [u8], form: &str) -> Option<&'t [u8]> {
    let (rest, end) = text.split_at_checked(text.len().checked_sub(form.len())?)?;
    let fits = end.iter().zip(form.bytes()).all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        b'+' => matches!(byte, b'+' | b'-'),
        literal => *byte == literal,
    });
    fits.then_some(rest)
}

/// The time stamp of a plain diff's line says 1970: the file is not there on that side. Only behind a tab, with a zone,
/// and without anything behind it is that certain.
pub(super) fn is_epoch(line: &[u8]) -> bool {
    let Some(line) = line.strip_suffix(b"\n") else { return false };
    let Some(tab) = line.iter().rposition(|byte| *byte == b'\t') else { return false };
    let stamp = &line[tab + 1..];
    let (time, zone) = match (ends(stamp, " +0000"), ends(stamp, " +00:00")) {
        (Some(time), _) | (None, Some(time)) => (time, &stamp[time.len() + 1..]),
        (None, None) => return false,
    };
    let fraction = time.iter().rposition(|byte| *byte != b'0').filter(|dot| time[*dot] == b'.' && dot + 1 < time.len());
    let Some(date) = ends(&time[..fraction.unwrap_or(time.len())], " 00:00:00") else { return false };
    let two = |digits: &[u8]| i32::from(digits[0] - b'0') * 10 + i32::from(digits[1] - b'0');
    let (time, minutes) = (&time[date.len() + 1..], |hours, minutes| two(hours) * 60 + two(minutes));
    let zone_minutes = minutes(&zone[1..], &zone[zone.len() - 2..]) * if zone[0] == b'-' { -1 } else { 1 };
    let since = minutes(time, &time[3..]) - zone_minutes;
    &time[6..8] == b"00" && (date == b"1970-01-01" && since == 0 || date == b"1969-12-31" && since == 24 * 60)
}

/// White space as C has it.
pub(super) fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 11
}

#[cfg(test)]
mod tests {
    use super::of_git_header;

    #[test]
    fn a_header_names_a_file_twice() {
        let name =
            |line: &str, strip| of_git_header(line.as_bytes(), strip).map(|name| String::from_utf8(name).unwrap());
        assert_eq!(name("a/x b/x\n", 1).unwrap(), "x");
        assert_eq!(name("a/x y/z b/x y/z\n", 1).unwrap(), "x y/z");
        assert_eq!(name("a/x b/x\tb/x b/x\n", 1).unwrap(), "x b/x");
        assert_eq!(name("x y x y\n", 0).unwrap(), "x y");
        for no in ["a/x b/y\n", "a/x /x\n", "a/x x\n", "a/x \n", "a/x b/x", "/x b/x\n"] {
            assert_eq!(name(no, 1), None, "{no:?}");
        }
    }

    #[test]
    fn a_long_line_of_blanks_is_no_name_at_once() {
        // Hours, where every blank looks for the slash behind it.
        let line = format!("a/{}\n", " ".repeat(4 << 20));
        assert_eq!(of_git_header(line.as_bytes(), 1), None);
        let line = format!("a/{}x\n", " ".repeat(4 << 20));
        assert_eq!(of_git_header(line.as_bytes(), 1), None);
    }
}
