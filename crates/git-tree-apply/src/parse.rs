//! Patches as `git apply` reads them: git's extended diff and plain unified diff, several files one after another, with
//! any text around them.
//!
//! What is read and what is refused follows the documented formats (`git help diff-generate-patch`, `git help apply`) and
//! git's behaviour, which the suite compares with for every rule here.

mod altered;
mod binary;
mod headers;
mod hunks;
mod names;

use std::fmt;

/// A patch that cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} (line {line} of the patch)")]
pub struct Malformed {
    /// The line of the patch, from 1.
    pub line: usize,
    /// What is wrong, with what was expected.
    pub what: String,
}

impl Malformed {
    fn new(line: usize, what: impl Into<String>) -> Malformed {
        Malformed { line, what: what.into() }
    }

    /// With the file that it is about.
    fn of(self, name: Name<'_>) -> Malformed {
        Malformed { what: format!("{name}: {}", self.what), ..self }
    }
}

/// Whether a patch states something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stated {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// The patch does not say, as a plain diff does not.
    Unstated,
}

/// The part of a patch that concerns one file.
#[derive(Clone, Debug)]
pub struct FilePatch<'p> {
    /// The line that it begins at, from 1.
    pub line: usize,
    /// The file before; none where there is none.
    pub old_name: Option<Vec<u8>>,
    /// The file afterwards; none where there is none.
    pub new_name: Option<Vec<u8>>,
    /// The name with the folder that was taken off as a prefix, where both sides have it: a diff that was made without
    /// prefixes looks like this.
    pub unprefixed: Option<Vec<u8>>,
    /// The mode before, where it is said.
    pub old_mode: Option<u32>,
    /// The mode afterwards, where it is said.
    pub new_mode: Option<u32>,
    /// The file is made.
    pub is_new: Stated,
    /// The file is removed.
    pub is_delete: Stated,
    /// The old file is gone afterwards.
    pub is_rename: bool,
    /// The old file stays.
    pub is_copy: bool,
    /// The digits of the blob before, off the `index` line.
    pub old_digits: &'p [u8],
    /// The digits of the blob afterwards.
    pub new_digits: &'p [u8],
    /// What changes inside.
    pub body: Body<'p>,
}

/// What changes inside a file.
#[derive(Clone, Debug)]
pub enum Body<'p> {
    /// Lines; none where only names or modes change.
    Text(Vec<Hunk<'p>>),
    /// Bytes, as git encodes them.
    Binary(BinaryChange),
    /// Bytes that were left out: `Binary files a/x and b/x differ`.
    Unsaid,
}

/// A run of lines that changes.
#[derive(Clone, Debug)]
pub struct Hunk<'p> {
    /// The line of its header, from 1.
    pub line: usize,
    /// Where it begins before: the first line is 1.
    pub old_start: u64,
    /// Where it begins afterwards.
    pub new_start: u64,
    /// How many lines of context are at its end.
    pub trailing: u64,
    /// Its lines, each with its first character and line end.
    pub lines: &'p [u8],
}

/// A line that a hunk adds or removes, without its first character and its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedLine<'p> {
    /// It comes; else it goes.
    pub added: bool,
    /// Its number: in the file afterwards where it comes, in the file before where it goes.
    pub number: u64,
    /// What it says.
    pub text: &'p [u8],
}

impl<'p> Hunk<'p> {
    /// Returns the lines that come and go, in their order.
    pub fn changes(&self) -> impl Iterator<Item = ChangedLine<'p>> + use<'p> {
        let (mut old, mut new) = (self.old_start, self.new_start);
        self.lines.split_inclusive(|byte| *byte == b'\n').filter_map(move |line| {
            let (first, text) = line.split_first()?;
            let text = text.strip_suffix(b"\n").unwrap_or(text);
            let numbers = (old, new);
            match first {
                b'-' => old += 1,
                b'+' => new += 1,
                b'\\' => {}
                _ => (old, new) = (old + 1, new + 1),
            }
            match first {
                b'-' => Some(ChangedLine { added: false, number: numbers.0, text }),
                b'+' => Some(ChangedLine { added: true, number: numbers.1, text }),
                _ => None,
            }
        })
    }
}

/// How the bytes of a file come out of the patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BinaryChange {
    /// These are the bytes.
    Literal(Vec<u8>),
    /// These instructions make them of the old ones.
    Delta(Vec<u8>),
}

impl FilePatch<'_> {
    /// Returns the file as a user would name it.
    pub fn name(&self) -> Name<'_> {
        Name(self.new_name.as_deref().or(self.old_name.as_deref()).unwrap_or(b""))
    }

    fn changes_metadata(&self) -> bool {
        let mode = matches!((self.old_mode, self.new_mode), (Some(old), Some(new)) if old != new);
        self.is_rename || self.is_copy || self.is_new == Stated::Yes || self.is_delete == Stated::Yes || mode
    }
}

/// A name in a message: whatever bytes it has.
pub struct Name<'n>(pub &'n [u8]);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.0))
    }
}

/// A line in a message: without its line end, with control characters as escapes, and no longer than a message bears.
pub struct Quoted<'l>(pub &'l [u8]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 120;
        let line = self.0.strip_suffix(b"\n").unwrap_or(self.0);
        let text = String::from_utf8_lossy(&line[..line.len().min(4 * MOST + 4)]);
        f.write_str("'")?;
        for c in text.chars().take(MOST) {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { write!(f, "{c}")? }
        }
        f.write_str(if text.chars().nth(MOST).is_some() { "…'" } else { "'" })
    }
}

/// The lines of a patch that are still to be read.
#[derive(Clone)]
struct Lines<'p> {
    rest: &'p [u8],
    /// The number of the next line, from 1.
    number: usize,
    /// How many bytes packed data may still unpack to, beyond its own size.
    room: usize,
    /// How many digits the name of an object has at most.
    most_digits: usize,
}

/// How much larger what a patch unpacks to may be than the patch: a thousand times, as zlib can pack, is a bomb.
const ROOM: usize = 128 << 20;

impl<'p> Lines<'p> {
    fn new(patch: &'p [u8], most_digits: usize) -> Lines<'p> {
        Lines { rest: patch, number: 1, room: ROOM, most_digits }
    }

    /// The next line with its line end; empty at the end.
    fn peek(&self) -> &'p [u8] {
        line_of(self.rest)
    }

    /// Goes past the next line and answers it.
    fn next(&mut self) -> &'p [u8] {
        let line = self.peek();
        self.rest = &self.rest[line.len()..];
        self.number += 1;
        line
    }

    /// What is there instead of what was expected.
    fn found(&self) -> String {
        if self.rest.is_empty() { "the end of the patch".to_owned() } else { Quoted(self.peek()).to_string() }
    }
}

/// The first line of some bytes with its line end, if it has one.
pub(super) fn line_of(bytes: &[u8]) -> &[u8] {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => &bytes[..=end],
        None => bytes,
    }
}

/// Returns whether a patch is empty or white space alone, which changes nothing and which git takes for an error.
pub fn is_blank(patch: &[u8]) -> bool {
    patch.trim_ascii().is_empty()
}

/// Reads a patch, of whatever kind of repository.
///
/// # Errors
/// When git would not read it, or finds nothing in it.
pub fn parse(patch: &[u8]) -> Result<Vec<FilePatch<'_>>, Malformed> {
    parse_for(64, patch)
}

/// Reads a patch as git does in a repository where the name of an object has so many digits: there, an index line with
/// longer ones says nothing.
///
/// # Errors
/// As [`parse`].
pub fn parse_for(name_digits: usize, patch: &[u8]) -> Result<Vec<FilePatch<'_>>, Malformed> {
    let mut lines = Lines::new(patch, name_digits);
    let mut strip = names::Strip::default();
    let mut files = Vec::new();
    loop {
        match read(&mut lines, &mut strip) {
            Ok(Some(file)) => files.push(file),
            Ok(None) if files.is_empty() => return Err(what_else(patch).unwrap_or_else(|| what_lacks(patch))),
            Ok(None) => return Ok(files),
            Err(malformed) => {
                return Err(what_else(patch).or_else(|| altered::coloured(patch)).unwrap_or(malformed));
            }
        }
    }
}

/// Reads the next patch of a file; none when there is no more.
fn read<'p>(lines: &mut Lines<'p>, strip: &mut names::Strip) -> Result<Option<FilePatch<'p>>, Malformed> {
    let Some(mut file) = headers::find(lines, strip)? else { return Ok(None) };
    let body = hunks::read_all(lines, &mut file).and_then(|hunks| match hunks.is_empty() {
        true => read_binary(lines, &file),
        false => Ok(Body::Text(hunks)),
    });
    file.body = body.map_err(|malformed| malformed.of(file.name()))?;
    Ok(Some(file))
}

/// The first word of a patch that ends too early.
const CUT: &str = "the patch is truncated";

/// What follows a header without hunks: binary data, word of it, or nothing, where the header says enough.
fn read_binary<'p>(lines: &mut Lines<'p>, file: &FilePatch<'p>) -> Result<Body<'p>, Malformed> {
    let line = lines.peek();
    if line == b"GIT binary patch\n" {
        lines.next();
        return binary::read(lines).map(Body::Binary);
    }
    if line.ends_with(b" differ\n") && (line.starts_with(b"Binary files ") || line.starts_with(b"Files ")) {
        lines.next();
        return Ok(Body::Unsaid);
    }
    if !file.changes_metadata() {
        let cut = if lines.rest.is_empty() { CUT } else { "the patch has no changes" };
        let what = format!("{cut}: a hunk '@@ -…' was expected behind the header, not {}", lines.found());
        return Err(Malformed::new(lines.number, what));
    }
    Ok(Body::Text(Vec::new()))
}

/// Names what was given instead of a patch, where it shows from its beginning.
fn what_else(bytes: &[u8]) -> Option<Malformed> {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).to_ascii_lowercase();
    let begins = |with: &str| text.trim_start().starts_with(with);
    let what = if begins("*** begin patch") {
        "this is a patch in the form of the Codex tool 'apply_patch', not a diff"
    } else if begins("<!doctype html") || begins("<html") {
        "this is a web page, not a diff"
    } else {
        return None;
    };
    Some(Malformed::new(1, what))
}

/// Says of what has no patch of a file in it what is nearest to one.
fn what_lacks(bytes: &[u8]) -> Malformed {
    let lines = || bytes.split_inclusive(|byte| *byte == b'\n').zip(1..);
    let first = |begins: &str| lines().find(|(line, _)| line.starts_with(begins.as_bytes())).map(|(_, number)| number);
    if let Some(number) = first("*** Begin Patch") {
        return Malformed::new(number, "this is a patch in the form of the Codex tool 'apply_patch', not a diff");
    }
    if let Some(altered) = altered::altered(bytes) {
        return altered;
    }
    if bytes.contains(&0) {
        return Malformed::new(1, "this is binary data, not a diff");
    }
    if let Some(number) = first("diff --cc ").or_else(|| first("diff --combined ")) {
        return Malformed::new(number, "this is the diff of a merge ('diff --cc'), which cannot be applied");
    }
    if let Some(number) = first("***************") {
        return Malformed::new(number, "this is a context diff, not a unified one ('diff -u')");
    }
    if let Some(number) = first("diff --git ").or_else(|| first("+++ ")) {
        let what = "this begins like a diff, and is truncated or damaged: no change follows the header";
        return Malformed::new(number, format!("{what}, such as a hunk '@@ -…'"));
    }
    Malformed::new(1, "there is no diff in this")
}
