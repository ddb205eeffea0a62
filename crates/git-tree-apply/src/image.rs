//! A text and the hunks that change it.
//!
//! Where a hunk goes is what `git apply` says: at the line that it names if it fits there, else at the nearest line
//! where it does, later before earlier. A hunk that has no context before it fits at the beginning alone, one without
//! context behind it at the end alone; lines that another hunk has written fit no more.

use super::parse::Hunk;

/// A hunk that fits nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The line of the patch that the hunk begins at.
    pub line: usize,
    /// The line of the text that is in its way.
    pub at: u64,
    /// The line that was expected there; none for the end of the text.
    pub expected: Option<Vec<u8>>,
    /// The line that is there, if any.
    pub found: Option<Vec<u8>>,
    /// It is the line that was expected, but another hunk wrote it.
    pub written: bool,
}

/// A run of lines of the text.
#[derive(Clone, Copy)]
struct Piece<'t> {
    /// None in a line of 0 bytes that a hunk has written.
    bytes: &'t [u8],
    /// A hunk has written it: it is one line.
    written: bool,
}

/// A text in pieces, with a gap where the last change was: hunks come in order, so that each moves the gap a little
/// further, and the whole costs as much as the text and the patch are long. Its lines are found when they are asked for:
/// a list of them would take many times the memory of the text.
struct Image<'t> {
    before: Vec<Piece<'t>>,
    /// Backwards: the next piece behind the gap is the last.
    after: Vec<Piece<'t>>,
    /// How many lines there are.
    lines: usize,
    /// The number of the first line behind the gap.
    gap: usize,
}

/// Where a line begins, or the end of the text.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Spot {
    /// The number of the line.
    line: usize,
    piece: usize,
    /// In the piece; less than it is long, unless that has 0 bytes.
    offset: usize,
}

/// What a hunk takes away and what it puts there, both with their context.
struct Sides<'t> {
    old: Vec<&'t [u8]>,
    new: Vec<&'t [u8]>,
}

/// What did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// This hunk fits nowhere.
    Misfit(Misfit),
    /// To look for this hunk, which begins at this line of the patch, would take all of the effort that was left.
    Endless(usize),
}

/// How much may be looked at, in bytes of text and [`LINE`] for each of its lines. What fits where it says takes as
/// much as the text is long; a search goes through the whole of it, in the worst case once for each line of a hunk.
#[derive(Clone, Copy, Debug)]
pub struct Effort(pub u64);

/// What it takes to go to the next line, in bytes that could be looked at instead.
const LINE: u64 = 16;

impl Effort {
    /// Takes what it is to look at so many bytes; none when nothing is left.
    pub fn take(&mut self, bytes: u64) -> Option<()> {
        self.0 = self.0.checked_sub(bytes)?;
        Some(())
    }

    fn look(&mut self, line: &[u8]) -> Option<()> {
        self.take(LINE + line.len() as u64)
    }
}

/// Applies the hunks, one after the other.
///
/// # Errors
/// The first hunk that fits nowhere, or cannot be found by this effort.
pub fn apply(text: &[u8], hunks: &[Hunk<'_>], effort: &mut Effort) -> Result<Vec<u8>, Failure> {
    let mut image = Image::new(text);
    for hunk in hunks {
        let sides = Sides::of(hunk.lines);
        let end = hunk.trailing == 0;
        let open = !end && sides.old.iter().any(|line| !line.ends_with(b"\n"));
        let anchored = Anchors { start: hunk.old_start <= 1, end, open };
        let wanted = usize::try_from(hunk.new_start.saturating_sub(1)).unwrap_or(usize::MAX);
        match image.find(&sides.old, wanted, anchored, effort).ok_or(Failure::Endless(hunk.line))? {
            Some(at) => image.replace(at, sides.old.len(), &sides.new),
            None => return Err(Failure::Misfit(image.misfit(hunk, &sides, anchored))),
        }
    }
    Ok(image.text())
}

/// Which ends of the text a hunk belongs to.
#[derive(Clone, Copy)]
struct Anchors {
    start: bool,
    end: bool,
    /// A line has no end, though more may follow: git compares such hunks as one piece of text, of which the rest of
    /// the last line may be left, if it is white space.
    open: bool,
}

impl<'t> Sides<'t> {
    fn of(lines: &'t [u8]) -> Sides<'t> {
        let mut sides = Sides { old: Vec::new(), new: Vec::new() };
        let mut lines = lines.split_inclusive(|byte| *byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            let cut = lines.peek().is_some_and(|next| next.first() == Some(&b'\\'));
            let whole = match line {
                // An empty line of context whose space was lost.
                b"\n" => line,
                _ => &line[1..],
            };
            let bytes = if cut { whole.strip_suffix(b"\n").unwrap_or(whole) } else { whole };
            match line[0] {
                b'\\' => {}
                // To git, such a line without its end is nothing at all; one with a sign is a line of 0 bytes.
                b'\n' if cut => {}
                b'-' => sides.old.push(bytes),
                b'+' => sides.new.push(bytes),
                _ => {
                    sides.old.push(bytes);
                    sides.new.push(bytes);
                }
            }
        }
        sides
    }
}

impl<'t> Image<'t> {
    fn new(text: &'t [u8]) -> Image<'t> {
        let ends = text.iter().filter(|byte| **byte == b'\n').count();
        let lines = ends + usize::from(text.last().is_some_and(|last| *last != b'\n'));
        let piece = Piece { bytes: text, written: false };
        Image { before: Vec::new(), after: if lines == 0 { Vec::new() } else { vec![piece] }, lines, gap: 0 }
    }

    fn piece(&self, at: usize) -> Option<Piece<'t>> {
        match at.checked_sub(self.before.len()) {
            None => Some(self.before[at]),
            Some(behind) => self.after.len().checked_sub(behind + 1).map(|at| self.after[at]),
        }
    }

    /// The line at a spot, whether a hunk has written it, and where the next one is; none at the end.
    fn line(&self, spot: Spot) -> Option<(&'t [u8], bool, Spot)> {
        let Piece { bytes, written } = self.piece(spot.piece)?;
        let rest = &bytes[spot.offset..];
        let line = super::parse::line_of(rest);
        let (piece, offset) =
            if line.len() == rest.len() { (spot.piece + 1, 0) } else { (spot.piece, spot.offset + line.len()) };
        Some((line, written, Spot { line: spot.line + 1, piece, offset }))
    }

    /// Where the line before a spot is, and the line; none at the beginning.
    fn previous(&self, spot: Spot) -> Option<(&'t [u8], Spot)> {
        let line = spot.line.checked_sub(1)?;
        let (piece, end) = match spot.offset {
            0 => (spot.piece - 1, self.piece(spot.piece - 1)?.bytes.len()),
            offset => (spot.piece, offset),
        };
        let bytes = &self.piece(piece)?.bytes[..end];
        let offset = bytes[..end.saturating_sub(1)].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        Some((&bytes[offset..], Spot { line, piece, offset }))
    }

    /// Where the line of this number is, by going there from the gap or from the end that is nearest; none when that
    /// takes too much.
    fn spot(&self, number: usize, effort: &mut Effort) -> Option<Spot> {
        let start = Spot { line: 0, piece: 0, offset: 0 };
        let gap = Spot { line: self.gap, piece: self.before.len(), offset: 0 };
        let end = Spot { line: self.lines, piece: self.before.len() + self.after.len(), offset: 0 };
        let mut spot = [gap, start, end].into_iter().min_by_key(|spot| spot.line.abs_diff(number))?;
        while spot.line != number {
            let (line, next) = if spot.line < number {
                self.line(spot).map(|(line, _, next)| (line, next))?
            } else {
                self.previous(spot)?
            };
            effort.look(line)?;
            spot = next;
        }
        Some(spot)
    }

    /// The line where `old` fits: the wanted one, then one further, one before, two further, …; none when that takes too
    /// much.
    fn find(&self, old: &[&[u8]], wanted: usize, anchors: Anchors, effort: &mut Effort) -> Option<Option<Spot>> {
        let last = self.lines;
        // What fits at one end alone is not looked for from the other.
        let wanted = match anchors {
            Anchors { start: true, .. } => 0,
            Anchors { end: true, .. } => last.checked_sub(old.len()).unwrap_or(last),
            _ => wanted.min(last),
        };
        let mut here = self.spot(wanted, effort)?;
        let (mut earlier, mut later) = (here, here);
        let mut forward = true;
        loop {
            if self.fits(old, here, anchors, effort)? {
                return Some(Some(here));
            }
            // What is bound to an end fits there or nowhere.
            if anchors.start || anchors.end || earlier.line == 0 && later.line == last {
                return Some(None);
            }
            if forward && later.line == last || !forward && earlier.line == 0 {
                forward = !forward;
            }
            let line;
            if forward {
                (line, _, later) = self.line(later)?;
                here = later;
            } else {
                (line, earlier) = self.previous(earlier)?;
                here = earlier;
            }
            effort.look(line)?;
            forward = !forward;
        }
    }

    /// Whether `old` fits there; none when that takes too much to say.
    fn fits(&self, old: &[&[u8]], at: Spot, anchors: Anchors, effort: &mut Effort) -> Option<bool> {
        let end = at.line + old.len();
        if end > self.lines || anchors.end && end != self.lines || anchors.start && at.line != 0 {
            return Some(false);
        }
        let mut spot = at;
        let mut same = true;
        let mut text = Vec::new();
        for wanted in old {
            let (line, written, next) = self.line(spot)?;
            effort.look(line)?;
            if written || *wanted != line && !(anchors.open && alike(wanted, line)) {
                return Some(false);
            }
            same &= *wanted == line;
            if anchors.open {
                text.extend_from_slice(line);
            }
            spot = next;
        }
        Some(same || text.starts_with(&old.concat()))
    }

    fn replace(&mut self, at: Spot, count: usize, new: &[&'t [u8]]) {
        while self.before.len() > at.piece {
            self.after.extend(self.before.pop());
        }
        while self.before.len() < at.piece {
            self.before.extend(self.after.pop());
        }
        if at.offset > 0
            && let Some(Piece { bytes, written }) = self.after.pop()
        {
            self.before.push(Piece { bytes: &bytes[..at.offset], written });
            self.after.push(Piece { bytes: &bytes[at.offset..], written });
        }
        for _ in 0..count {
            let Some(piece) = self.after.pop() else { break };
            let rest = &piece.bytes[super::parse::line_of(piece.bytes).len()..];
            if !rest.is_empty() {
                self.after.push(Piece { bytes: rest, ..piece });
            }
        }
        self.before.extend(new.iter().map(|bytes| Piece { bytes, written: true }));
        self.lines = self.lines - count + new.len();
        self.gap = at.line + new.len();
    }

    /// What is in the way where the numbers of a hunk say that it goes.
    fn misfit(&self, hunk: &Hunk<'_>, sides: &Sides<'_>, anchors: Anchors) -> Misfit {
        let old = &sides.old;
        // The hunks before have been applied. A side without lines is named by the line before it.
        let start = if sides.new.is_empty() { hunk.new_start } else { hunk.new_start.saturating_sub(1) };
        let start = if anchors.start { 0 } else { usize::try_from(start).unwrap_or(usize::MAX) };
        let named = if old.is_empty() { hunk.old_start.saturating_add(1) } else { hunk.old_start.max(1) };
        // There is no more to come: this may take what it takes, which is the text once.
        let spot = if start < self.lines { self.spot(start, &mut Effort(u64::MAX)) } else { None };
        let mut found = spot.and_then(|spot| self.line(spot));
        let mut first = 0;
        while let Some((line, false, next)) = found
            && old.get(first) == Some(&line)
        {
            found = self.line(next);
            first += 1;
        }
        let expected = old.get(first).copied();
        Misfit {
            line: hunk.line,
            at: named.saturating_add(first as u64),
            expected: expected.map(<[u8]>::to_vec),
            found: found.map(|(line, ..)| line.to_vec()),
            written: found.is_some_and(|(line, written, _)| written && Some(line) == expected),
        }
    }

    fn text(&self) -> Vec<u8> {
        let pieces = || self.before.iter().chain(self.after.iter().rev());
        let mut text = Vec::with_capacity(pieces().map(|piece| piece.bytes.len()).sum());
        pieces().for_each(|piece| text.extend_from_slice(piece.bytes));
        text
    }
}

/// Lines that are the same but for white space.
fn alike(one: &[u8], other: &[u8]) -> bool {
    let black = |byte: &&u8| !byte.is_ascii_whitespace() && **byte != 11;
    one.iter().filter(black).eq(other.iter().filter(black))
}

#[cfg(test)]
mod tests {
    use super::{Effort, Failure, apply};
    use crate::parse::{Body, parse};

    /// What a text becomes by these hunks; none where they do not fit.
    fn applied(text: &str, hunks: &str) -> Option<String> {
        let patch = format!("--- a/f\n+++ b/f\n{hunks}");
        let file = parse(patch.as_bytes()).unwrap().remove(0);
        let Body::Text(hunks) = file.body else { panic!("{hunks}") };
        apply(text.as_bytes(), &hunks, &mut Effort(10_000)).ok().map(|text| String::from_utf8(text).unwrap())
    }

    #[test]
    fn a_hunk_that_moved_goes_to_the_nearest_place_later_before_earlier() {
        let hunk = "@@ -3,2 +3,2 @@\n-t\n+T\n z\n";
        assert_eq!(applied("0\nt\nz\nt\nz\n9\n", hunk).unwrap(), "0\nt\nz\nT\nz\n9\n");
        assert_eq!(applied("0\nt\nz\n8\n9\n", hunk).unwrap(), "0\nT\nz\n8\n9\n");
    }

    #[test]
    fn lines_that_a_hunk_has_written_fit_no_other() {
        let first = "@@ -1,2 +1,2 @@\n-x\n+a\n y\n";
        assert_eq!(applied("x\ny\n", first).unwrap(), "a\ny\n");
        assert_eq!(applied("x\ny\n", &format!("{first}@@ -2 +2,2 @@\n y\n+b\n")), None);
    }

    #[test]
    fn a_hunk_without_context_on_a_side_fits_at_that_end_alone() {
        assert_eq!(applied("z\nt\nz\n", "@@ -1,2 +1,2 @@\n-t\n+T\n z\n"), None);
        assert_eq!(applied("z\nt\nz\n", "@@ -2,2 +2,2 @@\n z\n-t\n+T\n"), None);
    }

    #[test]
    fn lines_without_an_end_stay_lines_where_others_come_behind_them() {
        let hunks = "@@ -3,0 +4 @@\n+c\n@@ -1,2 +1,3 @@\n+0\n a\n b\n";
        assert_eq!(applied("a\nb\nc", hunks).unwrap(), "0\na\nb\ncc\n");
        let hunks = "@@ -2,3 +2,3 @@\n b\n-c\n+C\n d\n@@ -6,3 +6,2 @@\n f\n-g\n h\n@@ -4,1 +4,2 @@\n+5\n e\n";
        assert_eq!(applied("a\nb\nc\nd\ne\nf\ng\nh", hunks), None);
        let hunks = hunks.replace("\n h\n", "\n h\n\\ No newline at end of file\n");
        assert_eq!(applied("a\nb\nc\nd\ne\nf\ng\nh", &hunks).unwrap(), "a\nb\nC\nd\n5\ne\nf\nh");
    }

    #[test]
    fn a_search_without_end_is_given_up() {
        let text = "a\n".repeat(4000);
        let patch = format!("--- a/f\n+++ b/f\n@@ -2,2001 +2,2000 @@\n{}-b\n a\n", " a\n".repeat(1999));
        let Body::Text(hunks) = parse(patch.as_bytes()).unwrap().remove(0).body else { panic!() };
        assert_eq!(apply(text.as_bytes(), &hunks, &mut Effort(1_000_000)), Err(Failure::Endless(3)));
        assert!(matches!(apply(text.as_bytes(), &hunks, &mut Effort(100_000_000)), Err(Failure::Misfit(_))));
    }
}
