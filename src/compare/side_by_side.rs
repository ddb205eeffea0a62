//! Versions of files → how they differ, in rows with marks inside of lines, as a page shows them side by side.
//!
//! What is to be shown is bounded, because a page has to open on a telephone: every variant has the same room, its files
//! take theirs in the order of their paths, and what does not fit is named. The lines of versions that are alike are
//! looked at once.

mod texts;

#[cfg(test)]
mod tests;

use texts::Texts;

use super::edits::{Edit, Side, between, common_ends, edits};
use super::lines::{is_binary, split};
use crate::model::{Difference, FileVersion, Hunk, PairDifference, Row, SideBySide, SideBySideFile, Sign, Unshown};
use crate::render::text::visible;

/// Lines shown around a change.
pub const CONTEXT: usize = 3;

/// What a row takes beside its text, about.
const ROW: usize = 12;

/// So many lines above a hunk are searched for one that says where it is.
const ABOVE: usize = 200;

/// How much of all this is shown.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the changes of all variants from the base.
    pub changes: usize,
    /// Bytes of what is kept of the differences between variants, beside their lines.
    pub pairs: usize,
    /// A larger version of a file need not be read, and is left out.
    pub file: usize,
    /// Lines that are looked at, in all.
    pub effort: usize,
}

/// What fits into a page that opens at once.
pub const LIMITS: Limits = Limits { changes: 3 << 20, pairs: 1 << 20, file: 1 << 20, effort: 1 << 18 };

/// A file in the versions of the base and of every variant, as they are read.
#[derive(Debug)]
pub struct Source {
    /// Its path.
    pub path: String,
    /// The base's version, then one per variant.
    pub versions: Vec<Content>,
}

/// One version of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// Git's mode; 0 when it is not there.
    pub mode: u32,
    /// What is in it. A submodule is a line with its commit, and a symbolic link its target.
    pub bytes: Vec<u8>,
    /// Its own path, where it was renamed.
    pub renamed: Option<String>,
    /// The name of its object, where that is too large to be read; there are no `bytes` then.
    pub unread: Option<String>,
}

impl Content {
    fn is_there(&self) -> bool {
        self.mode != 0
    }

    fn is_text(&self) -> bool {
        !is_binary(&self.bytes)
    }

    fn what(&self) -> String {
        let size = size(self.bytes.len());
        match self.mode {
            0 => "not there".to_owned(),
            _ if self.unread.is_some() => "a large file".to_owned(),
            0o120000 => "symbolic link".to_owned(),
            0o160000 => "commit of a submodule".to_owned(),
            _ if !self.is_text() => format!("binary, {size}"),
            _ => {
                let lines = split(&self.bytes).count();
                format!("{lines} line{}", if lines == 1 { "" } else { "s" })
            }
        }
    }
}

/// Makes the sides of file after file, and keeps account of the room.
pub struct Maker {
    limits: Limits,
    room: Vec<usize>,
    pairs_room: usize,
    effort: usize,
    sides: SideBySide,
}

impl Maker {
    /// For the variants with these numbers.
    pub fn new(variants: Vec<u32>, limits: Limits) -> Maker {
        let room = vec![limits.changes / variants.len().max(1); variants.len() + 1];
        let sides = SideBySide { variants, ..SideBySide::default() };
        Maker { limits, room, pairs_room: limits.pairs, effort: limits.effort, sides }
    }

    /// The most bytes of a version of a file that are worth reading.
    pub fn most(&self) -> usize {
        self.limits.file
    }

    /// Is there no room for anything more of a variant? What it changes needs not be read then.
    pub fn is_full(&self, place: usize) -> bool {
        self.room[place] < ROW
    }

    /// Says that the change of a file was not read, because there is no room.
    pub fn leave_out(&mut self, place: usize, path: &str) {
        self.sides.left_out.push(Unshown { variant: self.sides.variants[place - 1], path: path.to_owned() });
    }

    /// Adds a file.
    pub fn add(&mut self, source: &Source) {
        let mut file = File::read(source);
        for place in 1..source.versions.len() {
            if file.versions[place].first != place {
                continue;
            }
            let was_read = |place: usize| source.versions[place].unread.is_none();
            let fits = was_read(0) && was_read(place);
            let change = if fits { file.change(source, place, &mut self.effort) } else { None };
            let change = change.filter(|(_, size)| *size <= self.room[place]);
            if let Some((change, size)) = change {
                self.room[place] -= size;
                file.changes[place] = Some(change);
            }
        }
        for place in 1..source.versions.len() {
            let first = file.versions[place].first;
            if first != 0 && file.changes[first].is_none() {
                file.versions[place].left_out = true;
                self.leave_out(place, &source.path);
            }
        }
        let pairs = file.pairs(source, &mut self.pairs_room, &mut self.effort);
        let shown = SideBySideFile {
            path: source.path.clone(),
            versions: file.versions,
            lines: file.texts.lines,
            changes: file.changes,
            pairs,
        };
        self.sides.files.push(shown);
    }

    /// All that was added.
    pub fn finish(mut self) -> SideBySide {
        self.sides.left_out.sort_by(|a, b| (a.variant, &a.path).cmp(&(b.variant, &b.path)));
        self.sides
    }
}

/// A file that is being looked at.
struct File<'s> {
    texts: Texts<'s>,
    versions: Vec<FileVersion>,
    /// The lines of each version; of one that is another's, or is left out, none.
    numbers: Vec<Vec<u32>>,
    edits: Vec<Vec<Edit>>,
    changes: Vec<Option<Difference>>,
}

impl<'s> File<'s> {
    fn read(source: &'s Source) -> File<'s> {
        let mut versions: Vec<FileVersion> = Vec::new();
        for (place, version) in source.versions.iter().enumerate() {
            let first = source.versions[..place].iter().position(|earlier| earlier == version).unwrap_or(place);
            let what = if first == place { version.what() } else { versions[first].what.clone() };
            versions.push(FileVersion { first, what, left_out: false });
        }
        let crlf = source.versions.iter().all(|version| split(&version.bytes).all(|line| line.ends_with(b"\r\n")));
        let texts = Texts::new(crlf);
        let none = vec![Vec::new(); versions.len()];
        let mut file =
            File { texts, numbers: none.clone(), edits: Vec::new(), changes: vec![None; none.len()], versions };
        file.edits = vec![Vec::new(); none.len()];
        file.numbers[0] = file.texts.read(&source.versions[0]);
        file
    }

    /// How the version at a place differs from the base's, and how much room that takes; none when too much has been
    /// looked at already.
    fn change(&mut self, source: &'s Source, place: usize, effort: &mut usize) -> Option<(Difference, usize)> {
        self.numbers[place] = self.texts.read(&source.versions[place]);
        let (old, new) = (&self.numbers[0], &self.numbers[place]);
        let (begin, end) = common_ends(old, new);
        *effort = effort.checked_sub(old.len() + new.len() - 2 * (begin + end))?;
        let edits = edits(old, new);
        let change = self.difference(source, 0, place, &edits);
        self.edits[place] = edits;
        Some(change)
    }

    /// How the versions of every two places differ that have changes of their own, as long as there is room.
    fn pairs(&mut self, source: &'s Source, room: &mut usize, effort: &mut usize) -> Vec<PairDifference> {
        let mut pairs = Vec::new();
        let own: Vec<usize> = (1..self.versions.len()).filter(|place| self.changes[*place].is_some()).collect();
        for (at, a) in own.iter().copied().enumerate() {
            for b in own[at + 1..].iter().copied() {
                let side = |place: usize| Side { lines: &self.numbers[place], edits: &self.edits[place] };
                let changed =
                    |place: usize| self.edits[place].iter().map(|it| it.old.len() + it.new.len()).sum::<usize>();
                let Some(left) = effort.checked_sub(changed(a) + changed(b)).filter(|_| *room > 0) else { continue };
                *effort = left;
                let edits = between(side(a), side(b));
                let difference = self.difference(source, a, b, &edits).0;
                let Some(left) = room.checked_sub(kept(&difference)) else { continue };
                *room = left;
                pairs.push(PairDifference { a, b, difference });
            }
        }
        pairs
    }

    fn difference(&mut self, source: &Source, a: usize, b: usize, edits: &[Edit]) -> (Difference, usize) {
        let (mut difference, mut size) = (Difference { notes: notes(source, a, b), ..Difference::default() }, 0);
        for group in groups(edits) {
            let hunk = self.hunk(a, b, group);
            size += hunk.rows.iter().map(|row| self.texts.lines[row.line as usize].len() + ROW).sum::<usize>();
            difference.hunks.push(hunk);
        }
        difference.insertions = edits.iter().map(|edit| edit.new.len() as u64).sum();
        difference.deletions = edits.iter().map(|edit| edit.old.len() as u64).sum();
        (difference, size + ROW)
    }

    fn hunk(&mut self, a: usize, b: usize, edits: &[Edit]) -> Hunk {
        let (first, last) = (&edits[0], &edits[edits.len() - 1]);
        let before = first.old.start.min(CONTEXT);
        let start = first.old.start - before;
        let end = (last.old.end + CONTEXT).min(self.numbers[a].len());
        let mut rows = Vec::new();
        let mut at = start;
        for edit in edits {
            self.same_rows(a, at..edit.old.start, &mut rows);
            self.changed_rows(a, b, edit, &mut rows);
            at = edit.old.end;
        }
        self.same_rows(a, at..end, &mut rows);
        let heading = self.heading(a, start);
        Hunk { old_start: start + 1, new_start: first.new.start - before + 1, heading, rows }
    }

    fn same_rows(&mut self, place: usize, lines: std::ops::Range<usize>, rows: &mut Vec<Row>) {
        for number in &self.numbers[place][lines] {
            rows.push(Row { sign: Sign::Same, line: self.texts.place(*number), marks: Vec::new() });
        }
    }

    /// The lines that go, then the lines that come; the first of them are held against the first, and so on.
    fn changed_rows(&mut self, a: usize, b: usize, edit: &Edit, rows: &mut Vec<Row>) {
        let (old, new) = (&self.numbers[a][edit.old.clone()], &self.numbers[b][edit.new.clone()]);
        let marked: Vec<_> = old.iter().zip(new).map(|(old, new)| self.texts.marks(*old, *new)).collect();
        for (at, number) in old.iter().enumerate() {
            let marks = marked.get(at).map_or_else(Vec::new, |(marks, _)| marks.clone());
            rows.push(Row { sign: Sign::Removed, line: self.texts.place(*number), marks });
        }
        for (at, number) in new.iter().enumerate() {
            let marks = marked.get(at).map_or_else(Vec::new, |(_, marks)| marks.clone());
            rows.push(Row { sign: Sign::Added, line: self.texts.place(*number), marks });
        }
    }

    /// The nearest line above that begins with a letter, as git takes it for the beginning of a function.
    fn heading(&self, place: usize, start: usize) -> String {
        let says = |line: &&[u8]| line.first().is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, b'_' | b'$'));
        let mut above =
            self.numbers[place][..start].iter().rev().take(ABOVE).map(|number| self.texts.source.line(*number));
        let line = above.find(says).unwrap_or_default().trim_ascii_end();
        visible(&String::from_utf8_lossy(&line[..line.len().min(80)])).into_owned()
    }
}

/// A number of bytes for people: `312 bytes`, `2.1 KiB`.
fn size(bytes: usize) -> String {
    match bytes {
        ..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// Edits whose surroundings touch, together.
fn groups(edits: &[Edit]) -> impl Iterator<Item = &[Edit]> {
    edits.chunk_by(|one, next| next.old.start - one.old.end <= 2 * CONTEXT)
}

/// What a page keeps of a difference beside its lines, in bytes, about.
fn kept(difference: &Difference) -> usize {
    let row = |row: &Row| row.marks.len() * 7 + usize::from(row.sign != Sign::Same) * 3;
    difference.hunks.iter().map(|hunk| 24 + hunk.rows.iter().map(row).sum::<usize>()).sum::<usize>() + 24
}

/// What is to be said beside the lines.
fn notes(source: &Source, a: usize, b: usize) -> Vec<String> {
    let (old, new) = (&source.versions[a], &source.versions[b]);
    let mut notes = Vec::new();
    match (old.is_there(), new.is_there()) {
        (false, true) => notes.push("new file".to_owned()),
        (true, false) => notes.push("deleted file".to_owned()),
        _ if old.mode != new.mode => notes.push(format!("mode {:06o} → {:06o}", old.mode, new.mode)),
        _ => {}
    }
    let names = [old, new].map(|it| it.renamed.as_deref().unwrap_or(&source.path));
    if names[0] != names[1] && old.is_there() && new.is_there() {
        notes.push(format!("renamed: {} → {}", names[0], names[1]));
    }
    if !old.is_text() || !new.is_text() {
        notes.push(format!("{} → {}", old.what(), new.what()));
    } else if let Some(kind) = [old, new].iter().find(|it| matches!(it.mode, 0o120000 | 0o160000)) {
        notes.push(kind.what());
    }
    notes
}
