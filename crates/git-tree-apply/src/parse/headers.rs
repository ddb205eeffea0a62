//! Finding where the patch of a file begins, and what its header says.

use super::names::{self, Ends, Strip};
use super::{Body, FilePatch, Lines, Malformed, Name, Quoted, Stated, hunks};

/// Goes to the next patch of a file and past its header; none when there is no more.
pub(super) fn find<'p>(lines: &mut Lines<'p>, strip: &mut Strip) -> Result<Option<FilePatch<'p>>, Malformed> {
    // What a `diff --git` line says that nothing follows is held against the next one: something was lost between them.
    let mut bare = None;
    loop {
        let line = lines.peek();
        if line.is_empty() {
            return Ok(None);
        }
        if line.len() < 6 {
            lines.next();
            continue;
        }
        if line.starts_with(b"@@ -") && hunks::read_header(line).is_some() {
            let what = "a hunk without a header: 'diff --git' or '---' and '+++' were expected before";
            return Err(Malformed::new(lines.number, format!("{what} {}", Quoted(line))));
        }
        if lines.rest.len() < line.len() + 6 {
            return Ok(None);
        }
        if line.starts_with(b"diff --git ") {
            let before = lines.clone();
            let file = read_git(lines, strip, bare.take())?;
            if lines.number > before.number + 1 {
                return Ok(Some(file));
            }
            bare = Some(file);
            continue;
        }
        if let Some(file) = read_plain(lines, strip, &bare)? {
            return Ok(Some(file));
        }
        lines.next();
    }
}

fn blank<'p>(line: usize, said: Stated) -> FilePatch<'p> {
    FilePatch {
        line,
        old_name: None,
        new_name: None,
        unprefixed: None,
        old_mode: None,
        new_mode: None,
        is_new: said,
        is_delete: said,
        is_rename: false,
        is_copy: false,
        old_digits: b"",
        new_digits: b"",
        body: Body::Text(Vec::new()),
    }
}

/// Reads a plain header, if there is one: `---` and `+++`, and a hunk behind them.
fn read_plain<'p>(
    lines: &mut Lines<'p>,
    strip: &mut Strip,
    bare: &Option<FilePatch<'p>>,
) -> Result<Option<FilePatch<'p>>, Malformed> {
    let mut ahead = lines.clone();
    let (Some(first), number) = (ahead.next().strip_prefix(b"--- "), lines.number) else { return Ok(None) };
    let Some(second) = ahead.next().strip_prefix(b"+++ ") else { return Ok(None) };
    // The shortest line that a hunk begins with has 14 bytes.
    if ahead.rest.len() < 14 || !ahead.rest.starts_with(b"@@ -") {
        return Ok(None);
    }
    strip.learn(first, second);
    let mut file = blank(number, Stated::Unstated);
    if let Some(bare) = bare {
        (file.old_name, file.new_name) = (bare.old_name.clone(), bare.new_name.clone());
    }
    let made = |file: &mut FilePatch<'p>, name| {
        (file.is_new, file.is_delete, file.new_name) = (Stated::Yes, Stated::No, name);
    };
    let removed = |file: &mut FilePatch<'p>, name| {
        (file.is_new, file.is_delete, file.old_name) = (Stated::No, Stated::Yes, name);
    };
    if names::is_dev_null(first) {
        made(&mut file, names::plain(second, None, strip.folders));
    } else if names::is_dev_null(second) {
        removed(&mut file, names::plain(first, None, strip.folders));
    } else {
        let name = names::plain(first, None, strip.folders);
        let name = names::plain(second, name.as_deref(), strip.folders);
        if names::is_epoch(first) {
            made(&mut file, name);
        } else if names::is_epoch(second) {
            removed(&mut file, name);
        } else {
            (file.old_name, file.new_name) = (name.clone(), name);
        }
    }
    let whole = |line| names::plain(line, None, 0).filter(|_| strip.folders > 0);
    file.unprefixed = whole(second).filter(|name| names::is_dev_null(first) || whole(first).as_ref() == Some(name));
    file.unprefixed = file.unprefixed.filter(|name| !names::has_prefix(name));
    if file.old_name.is_none() && file.new_name.is_none() {
        return Err(Malformed::new(number, "no file name in the lines '---' and '+++'"));
    }
    *lines = ahead;
    Ok(Some(file))
}

/// Reads git's extended header: its first line, and those behind it that belong to it, if any.
fn read_git<'p>(lines: &mut Lines<'p>, strip: &Strip, bare: Option<FilePatch<'p>>) -> Result<FilePatch<'p>, Malformed> {
    let began = lines.number;
    let first = lines.next();
    let names = &first[b"diff --git ".len()..];
    let unprefixed = if strip.folders > 0 { names::of_git_header(names, 0) } else { None };
    let mut header = Header {
        file: FilePatch { line: began, ..bare.unwrap_or_else(|| blank(began, Stated::No)) },
        default: names::of_git_header(names, strip.folders),
        strip: strip.folders,
        most_digits: lines.most_digits,
        kind_line: None,
    };
    loop {
        let line = lines.peek();
        if line.is_empty() || !line.ends_with(b"\n") {
            break;
        }
        let taken = header.take(line, lines.number);
        if !taken.map_err(|malformed| header.named(malformed))? {
            break;
        }
        lines.next();
    }
    let file = header.finish(lines.number)?;
    Ok(FilePatch { unprefixed: unprefixed.filter(|name| !names::has_prefix(name)), ..file })
}

struct Header<'p> {
    file: FilePatch<'p>,
    /// The name of the first line, where it has one.
    default: Option<Vec<u8>>,
    strip: usize,
    /// How many digits the name of an object has at most.
    most_digits: usize,
    /// The line that said that the file is new, gone, renamed or copied.
    kind_line: Option<usize>,
}

impl<'p> Header<'p> {
    /// Takes a header line; false when it is none.
    fn take(&mut self, line: &'p [u8], number: usize) -> Result<bool, Malformed> {
        let keyword = |word: &str| line.strip_prefix(word.as_bytes());
        if line.starts_with(b"@@ -") {
            return Ok(false);
        }
        if let Some(rest) = keyword("--- ") {
            let null = self.file.is_new == Stated::Yes;
            check_name(rest, null, &mut self.file.old_name, self.strip, number)?;
        } else if let Some(rest) = keyword("+++ ") {
            let null = self.file.is_delete == Stated::Yes;
            check_name(rest, null, &mut self.file.new_name, self.strip, number)?;
        } else if let Some(rest) = keyword("old mode ") {
            self.file.old_mode = Some(mode(rest, number)?);
        } else if let Some(rest) = keyword("new mode ") {
            self.file.new_mode = Some(mode(rest, number)?);
        } else if let Some(rest) = keyword("deleted file mode ") {
            self.file.is_delete = Stated::Yes;
            self.file.old_name.clone_from(&self.default);
            self.file.old_mode = Some(mode(rest, number)?);
        } else if let Some(rest) = keyword("new file mode ") {
            self.file.is_new = Stated::Yes;
            self.file.new_name.clone_from(&self.default);
            self.file.new_mode = Some(mode(rest, number)?);
        } else if let Some(rest) = keyword("copy from ") {
            self.file.is_copy = true;
            self.file.old_name = self.moved(rest);
        } else if let Some(rest) = keyword("copy to ") {
            self.file.is_copy = true;
            self.file.new_name = self.moved(rest);
        } else if let Some(rest) = keyword("rename old ").or_else(|| keyword("rename from ")) {
            self.file.is_rename = true;
            self.file.old_name = self.moved(rest);
        } else if let Some(rest) = keyword("rename new ").or_else(|| keyword("rename to ")) {
            self.file.is_rename = true;
            self.file.new_name = self.moved(rest);
        } else if let Some(rest) = keyword("index ") {
            self.index(rest, number)?;
        } else if keyword("similarity index ").is_none() && keyword("dissimilarity index ").is_none() {
            return Ok(false);
        }
        self.check_kind(number)?;
        Ok(true)
    }

    /// Says of which file something is, where that is known.
    fn named(&self, malformed: Malformed) -> Malformed {
        let names = [&self.file.new_name, &self.file.old_name, &self.default];
        match names.into_iter().flatten().next() {
            Some(name) => malformed.of(Name(name)),
            None => malformed,
        }
    }

    /// Names behind `rename` and `copy` have no prefix.
    fn moved(&self, rest: &[u8]) -> Option<Vec<u8>> {
        names::find(rest, None, self.strip.saturating_sub(1), Ends::Line)
    }

    fn check_kind(&mut self, number: usize) -> Result<(), Malformed> {
        let file = &self.file;
        let kinds = [file.is_delete == Stated::Yes, file.is_new == Stated::Yes, file.is_rename, file.is_copy];
        match kinds.iter().filter(|kind| **kind).count() {
            0 => {}
            1 => {
                self.kind_line.get_or_insert(number);
            }
            _ => {
                let before = self.kind_line.unwrap_or(number);
                return Err(Malformed::new(number, format!("this header line contradicts the one in line {before}")));
            }
        }
        Ok(())
    }

    /// `index <old>..<new>[ <mode>]`. A line of another form says nothing.
    fn index(&mut self, rest: &'p [u8], number: usize) -> Result<(), Malformed> {
        let line = rest.strip_suffix(b"\n").unwrap_or(rest);
        let Some(dots) = line.iter().position(|byte| *byte == b'.') else { return Ok(()) };
        if line.get(dots + 1) != Some(&b'.') || dots > self.most_digits {
            return Ok(());
        }
        let after = &line[dots + 2..];
        let end = after.iter().position(|byte| *byte == b' ').unwrap_or(after.len());
        if end > self.most_digits {
            return Ok(());
        }
        self.file.old_digits = &line[..dots];
        self.file.new_digits = &after[..end];
        if end < after.len() {
            self.file.old_mode = Some(mode(&rest[dots + 2 + end + 1..], number)?);
        }
        Ok(())
    }

    fn finish(self, number: usize) -> Result<FilePatch<'p>, Malformed> {
        let mut file = self.file;
        if file.old_name.is_none() && file.new_name.is_none() {
            if self.default.is_none() {
                let what = "the header does not tell the file: its names have no prefix like a/ and b/, or differ";
                return Err(Malformed::new(number, what));
            }
            (file.old_name, file.new_name) = (self.default.clone(), self.default);
        }
        let lacks_new = file.new_name.is_none() && file.is_delete != Stated::Yes;
        let lacks_old = file.old_name.is_none() && file.is_new != Stated::Yes;
        if lacks_new || lacks_old {
            let lacks = if lacks_new { "'+++ '" } else { "'--- '" };
            let what = format!("the header names only one side of the change: a line {lacks} was expected before this");
            return Err(Malformed::new(number, what).of(file.name()));
        }
        Ok(file)
    }
}

/// Checks a `---` or `+++` line against what is known, or learns the name from it.
fn check_name(
    rest: &[u8],
    null: bool,
    known: &mut Option<Vec<u8>>,
    strip: usize,
    number: usize,
) -> Result<(), Malformed> {
    let found = names::find(rest, None, strip, Ends::Tab);
    match known {
        None if null => {
            if names::is_dev_null(rest) {
                return Ok(());
            }
            Err(Malformed::new(number, format!("/dev/null was expected, not '{}'", Name(rest.trim_ascii_end()))))
        }
        None => {
            *known = found;
            Ok(())
        }
        Some(name) if null => Err(Malformed::new(number, format!("/dev/null was expected, not '{}'", Name(name)))),
        Some(name) if found.as_ref() != Some(name) => {
            let what = format!("'{}' was expected, not '{}'", Name(name), Name(rest.trim_ascii_end()));
            Err(Malformed::new(number, what))
        }
        Some(_) => Ok(()),
    }
}

/// Reads a mode in octal digits, as git keeps it.
fn mode(rest: &[u8], number: usize) -> Result<u32, Malformed> {
    let invalid = || Malformed::new(number, format!("'{}' is not a file mode", Name(rest.trim_ascii_end())));
    let digits = rest.iter().position(|byte| !matches!(byte, b'0'..=b'7')).unwrap_or(rest.len());
    let ends = rest.get(digits).is_some_and(|byte| names::is_space(*byte));
    let text = std::str::from_utf8(&rest[..digits]).map_err(|_| invalid())?;
    let mode = u32::from_str_radix(text, 8).ok().filter(|_| ends).ok_or_else(invalid)?;
    Ok(match mode & 0o170000 {
        0o100000 if mode & 0o100 != 0 => 0o100755,
        0o100000 => 0o100644,
        0o120000 => 0o120000,
        0o040000 => 0o040000,
        _ => 0o160000,
    })
}
