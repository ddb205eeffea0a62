//! Patches as `git apply` reads them: git's extended diff and plain unified diff, several files one after another, with
//! any text around them.
//!
//! What is read and what is refused follows the documented formats (`git help diff-generate-patch`, `git help apply`) and
//! git's behaviour, which the suite compares with for every rule here.

mod binary;
mod headers;
mod hunks;
mod names;

use std::fmt;

/// A patch that can't be read, and where.
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
}

/// Whether something is said, denied or left open by a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// A plain diff does not say.
    Open,
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
    /// The mode before, where it is said.
    pub old_mode: Option<u32>,
    /// The mode afterwards, where it is said.
    pub new_mode: Option<u32>,
    /// The file is made.
    pub is_new: Said,
    /// The file is removed.
    pub is_delete: Said,
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

/// How the bytes of a file come out of the patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BinaryChange {
    /// These are the bytes.
    Literal(Vec<u8>),
    /// These instructions make them of the old ones.
    Delta(Vec<u8>),
}

impl FilePatch<'_> {
    /// The file as a user would name it.
    pub fn name(&self) -> Name<'_> {
        Name(self.new_name.as_deref().or(self.old_name.as_deref()).unwrap_or(b""))
    }

    fn changes_metadata(&self) -> bool {
        let mode = matches!((self.old_mode, self.new_mode), (Some(old), Some(new)) if old != new);
        self.is_rename || self.is_copy || self.is_new == Said::Yes || self.is_delete == Said::Yes || mode
    }
}

/// A name in a message: whatever bytes it has.
pub struct Name<'n>(pub &'n [u8]);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.0))
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
}

/// How much larger what a patch unpacks to may be than the patch: a thousand times, as zlib can pack, is a bomb.
const ROOM: usize = 128 << 20;

impl<'p> Lines<'p> {
    fn new(patch: &'p [u8]) -> Lines<'p> {
        Lines { rest: patch, number: 1, room: ROOM }
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
}

/// The first line of some bytes with its line end, if it has one.
pub(super) fn line_of(bytes: &[u8]) -> &[u8] {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => &bytes[..=end],
        None => bytes,
    }
}

/// Reads a patch.
///
/// # Errors
/// When git would not read it, or finds nothing in it.
pub fn parse(patch: &[u8]) -> Result<Vec<FilePatch<'_>>, Malformed> {
    let mut lines = Lines::new(patch);
    let mut strip = names::Strip::default();
    let mut files = Vec::new();
    while let Some(mut file) = headers::find(&mut lines, &mut strip)? {
        let hunks = hunks::read_all(&mut lines, &mut file)?;
        file.body = if hunks.is_empty() { read_binary(&mut lines, &file)? } else { Body::Text(hunks) };
        files.push(file);
    }
    if files.is_empty() {
        return Err(Malformed::new(1, what_is_it(patch)));
    }
    Ok(files)
}

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
        let what = format!("the patch of '{}' has no changes: a hunk '@@ -…' was expected", file.name());
        return Err(Malformed::new(file.line, what));
    }
    Ok(Body::Text(Vec::new()))
}

/// Names what was given instead of a patch.
fn what_is_it(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(2000)]).to_ascii_lowercase();
    let begins = text.trim_start();
    if begins.contains("*** begin patch") {
        "this is a patch in the form of the Codex tool 'apply_patch', not a diff".to_owned()
    } else if begins.starts_with("<!doctype html") || begins.starts_with("<html") {
        "this is a web page, not a diff".to_owned()
    } else if bytes.contains(&0) {
        "this is binary data, not a diff".to_owned()
    } else {
        "there is no diff in this".to_owned()
    }
}
