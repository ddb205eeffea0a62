//! Which lines differ between two versions of a file.

use std::collections::HashMap;
use std::ops::Range;

use super::lines::{changed_blocks, split};

/// Lines of one version that stand in the place of lines of another one. Either range may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The lines of the old version, from 0.
    pub old: Range<usize>,
    /// The lines of the new one that are there instead.
    pub new: Range<usize>,
}

/// The lines of several versions of a file as numbers: equal lines have equal numbers.
#[derive(Default)]
pub struct Lines<'t> {
    numbers: HashMap<&'t [u8], u32>,
    lines: Vec<&'t [u8]>,
}

impl<'t> Lines<'t> {
    /// The lines of a version, each with its line end.
    pub fn read(&mut self, text: &'t [u8]) -> Vec<u32> {
        split(text).map(|line| self.number(line)).collect()
    }

    fn number(&mut self, line: &'t [u8]) -> u32 {
        *self.numbers.entry(line).or_insert_with(|| {
            self.lines.push(line);
            self.lines.len() as u32 - 1
        })
    }

    /// The bytes of the line with this number.
    pub fn line(&self, number: u32) -> &'t [u8] {
        self.lines[number as usize]
    }
}

/// What makes `new` of `old`, in order; two edits never touch each other.
pub fn edits(old: &[u32], new: &[u32]) -> Vec<Edit> {
    let (before, after) = common_ends(old, new);
    let (old, new) = (&old[before..old.len() - after], &new[before..new.len() - after]);
    let moved = |range: Range<usize>| range.start + before..range.end + before;
    changed_blocks(old, new).into_iter().map(|(old, new)| Edit { old: moved(old), new: moved(new) }).collect()
}

/// How many things both begin with, and how many of the others both end with.
pub fn common_ends<T: PartialEq>(old: &[T], new: &[T]) -> (usize, usize) {
    let begin = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    let (old, new) = (&old[begin..], &new[begin..]);
    (begin, old.iter().rev().zip(new.iter().rev()).take_while(|(one, other)| one == other).count())
}

/// Adds an edit, or widens the last one where the two touch.
fn push(edits: &mut Vec<Edit>, edit: Edit) {
    match edits.last_mut() {
        Some(last) if last.old.end == edit.old.start && last.new.end == edit.new.start => {
            last.old.end = edit.old.end;
            last.new.end = edit.new.end;
        }
        _ => edits.push(edit),
    }
}

/// One of two versions that were made of the same third one.
#[derive(Clone, Copy)]
pub struct Side<'s> {
    /// Its lines.
    pub lines: &'s [u32],
    /// What made it.
    pub edits: &'s [Edit],
}

/// What makes `new` of `old`, where both were made of the same third version: only where one of them changed that,
/// they are looked at. So it takes as long as the changes are large, and a line that neither changed is never in an
/// edit.
pub fn between(old: Side<'_>, new: Side<'_>) -> Vec<Edit> {
    let (mut olds, mut news) = (Cursor::new(old.edits), Cursor::new(new.edits));
    let mut found = Vec::new();
    while let Some(start) = olds.next_start().into_iter().chain(news.next_start()).min() {
        let (old_start, new_start) = (olds.place(start), news.place(start));
        // Edits that touch the same place belong together: what the other one has there decides what is alike.
        let mut end = start;
        while olds.take_until(&mut end) | news.take_until(&mut end) {}
        let (a, b) = (old_start..olds.place(end), new_start..news.place(end));
        for edit in edits(&old.lines[a.clone()], &new.lines[b.clone()]) {
            let moved = |range: Range<usize>, by: usize| range.start + by..range.end + by;
            push(&mut found, Edit { old: moved(edit.old, a.start), new: moved(edit.new, b.start) });
        }
    }
    found
}

/// A way through the edits of one side, from the lines of what it was made of to its own.
struct Cursor<'e> {
    edits: &'e [Edit],
    /// How many more lines the side has than its origin, up to here.
    shift: isize,
}

impl<'e> Cursor<'e> {
    fn new(edits: &'e [Edit]) -> Cursor<'e> {
        Cursor { edits, shift: 0 }
    }

    fn next_start(&self) -> Option<usize> {
        self.edits.first().map(|edit| edit.old.start)
    }

    /// The line of the side for a line of the origin that no edit is at.
    fn place(&self, line: usize) -> usize {
        line.saturating_add_signed(self.shift)
    }

    /// Passes the edits that begin no later than `end`, which moves on with them. Were there any?
    fn take_until(&mut self, end: &mut usize) -> bool {
        let before = self.edits.len();
        while let Some((edit, others)) = self.edits.split_first().filter(|(edit, _)| edit.old.start <= *end) {
            *end = edit.old.end.max(*end);
            self.shift += edit.new.len() as isize - edit.old.len() as isize;
            self.edits = others;
        }
        self.edits.len() < before
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the edits make of `old`, taking what is new from `new`.
    fn made(old: &[u32], new: &[u32], edits: &[Edit]) -> Vec<u32> {
        let (mut made, mut at) = (Vec::new(), 0);
        for edit in edits {
            made.extend(&old[at..edit.old.start]);
            assert_eq!(made.len(), edit.new.start);
            made.extend(&new[edit.new.clone()]);
            at = edit.old.end;
        }
        made.extend(&old[at..]);
        made
    }

    proptest! {
        #[test]
        fn edits_make_the_new_of_the_old(
            base in prop::collection::vec(0_u32..6, 0..30),
            one in prop::collection::vec(0_u32..6, 0..30),
            other in prop::collection::vec(0_u32..6, 0..30),
        ) {
            let (to_one, to_other) = (edits(&base, &one), edits(&base, &other));
            prop_assert_eq!(made(&base, &one, &to_one), one.clone());
            let between = between(Side { lines: &one, edits: &to_one }, Side { lines: &other, edits: &to_other });
            prop_assert_eq!(made(&one, &other, &between), other);
        }
    }

    #[test]
    fn lines_are_told_apart_by_every_byte() {
        let mut lines = Lines::default();
        let numbers = lines.read(b"a\nb\r\na\nb");
        assert_eq!(numbers, [0, 1, 0, 2]);
        assert_eq!(lines.line(1), b"b\r\n");
    }

    #[test]
    fn what_neither_side_changed_is_not_looked_at() {
        let base: Vec<u32> = (0..1000).collect();
        let (mut one, mut other) = (base.clone(), base.clone());
        one[10] = 5000;
        other.insert(900, 6000);
        let (to_one, to_other) = (edits(&base, &one), edits(&base, &other));
        let found = between(Side { lines: &one, edits: &to_one }, Side { lines: &other, edits: &to_other });
        assert_eq!(found, [Edit { old: 10..11, new: 10..11 }, Edit { old: 900..900, new: 900..901 }]);
    }
}
