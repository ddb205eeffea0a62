//! Which lines of a text changed.

use std::collections::HashMap;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::change::Lines;

/// A file with more bytes is not taken for text.
pub const MOST_TEXT: usize = 64 << 20;

/// How much may still be spent on finding out which lines of one variant stay.
///
/// Myers' algorithm, bounded as git bounds it, takes up to 10 µs a line of what differs. When nothing is left, lines
/// are matched without regard to their order, in a time that grows with their number alone: a line that moves then
/// counts as unchanged.
#[derive(Clone, Copy, Debug)]
pub struct Effort(usize);

impl Default for Effort {
    /// About a second's worth at the very worst: 131,072 lines where both versions have something.
    fn default() -> Effort {
        Effort(1 << 17)
    }
}

/// Git's rule: a NUL among the first 8000 bytes. A text of more than [`MOST_TEXT`] is not looked into either.
pub fn is_binary(bytes: &[u8]) -> bool {
    bytes.len() > MOST_TEXT || bytes[..bytes.len().min(8000)].contains(&0)
}

/// The lines that are only in the old text, and those that are only in the new one.
pub fn changed_lines(old: &[u8], new: &[u8], effort: &mut Effort) -> (Lines, Lines) {
    let found = Differing::of(old, new, effort);
    let (mut removed, mut added) = (Lines::default(), Lines::default());
    let first = found.before as u64 + 1;
    if found.is_rough {
        let keep = |lines: &[&[u8]], others: &[&[u8]], into: &mut Lines| {
            let mut counts: HashMap<&[u8], usize> = HashMap::new();
            others.iter().for_each(|line| *counts.entry(line).or_default() += 1);
            for (line, number) in lines.iter().zip(first..) {
                match counts.get_mut(line).filter(|count| **count > 0) {
                    Some(count) => *count -= 1,
                    None => into.push(number, line),
                }
            }
        };
        keep(&found.old, &found.new, &mut removed);
        keep(&found.new, &found.old, &mut added);
        return (removed, added);
    }
    for (old, new) in &found.blocks {
        old.clone().for_each(|at| removed.push(first + at as u64, found.old[at]));
        new.clone().for_each(|at| added.push(first + at as u64, found.new[at]));
    }
    (removed, added)
}

/// Two texts without what they begin and end with alike.
pub(super) struct Differing<'t> {
    /// How many lines both begin with.
    pub before: usize,
    /// The lines between, of the old text, each with its line end.
    pub old: Vec<&'t [u8]>,
    /// The same of the new text.
    pub new: Vec<&'t [u8]>,
    /// Which of the lines between differ, in order: a run of old ones for a run of new ones.
    pub blocks: Vec<(Range<usize>, Range<usize>)>,
    /// Which lines between stay was not compared: all are one block.
    pub is_rough: bool,
}

impl<'t> Differing<'t> {
    pub fn of(old: &'t [u8], new: &'t [u8], effort: &mut Effort) -> Differing<'t> {
        let begin = common_begin(old, new);
        let end = common_end(&old[begin..], &new[begin..]);
        let before = old[..begin].iter().filter(|byte| **byte == b'\n').count();
        let [old, new] = [old, new].map(|text| split(&text[begin..text.len() - end]).collect::<Vec<_>>());
        let all = vec![(0..old.len(), 0..new.len())];
        let (mut blocks, mut is_rough) = (all, false);
        if old.is_empty() && new.is_empty() {
            blocks.clear();
        } else if !old.is_empty() && !new.is_empty() {
            match effort.0.checked_sub(old.len() + new.len()) {
                Some(left) => {
                    effort.0 = left;
                    blocks = changed_blocks(&old, &new);
                }
                None => is_rough = true,
            }
        }
        Differing { before, old, new, blocks, is_rough }
    }
}

/// The lines of a text, each with its line end if it has one.
pub(super) fn split(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
}

/// How many bytes both begin with, in whole lines.
fn common_begin(old: &[u8], new: &[u8]) -> usize {
    let alike = same_bytes(old, new, |text, at| text[at]);
    if alike == old.len() && alike == new.len() {
        return alike;
    }
    old[..alike].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

/// How many bytes both end with, in whole lines. Both begin with a line.
fn common_end(old: &[u8], new: &[u8]) -> usize {
    let alike = same_bytes(old, new, |text, at| text[text.len() - 1 - at]);
    let begins_line = |text: &[u8]| text.len() == alike || text[text.len() - alike - 1] == b'\n';
    if begins_line(old) && begins_line(new) {
        return alike;
    }
    let end = &old[old.len() - alike..];
    end.iter().position(|byte| *byte == b'\n').map_or(0, |at| alike - at - 1)
}

fn same_bytes(old: &[u8], new: &[u8], byte: fn(&[u8], usize) -> u8) -> usize {
    let most = old.len().min(new.len());
    (0..most).find(|at| byte(old, *at) != byte(new, *at)).unwrap_or(most)
}

/// Runs of things of the one for runs of the other.
pub(super) fn changed_blocks<T: Eq + std::hash::Hash + Copy>(
    old: &[T],
    new: &[T],
) -> Vec<(Range<usize>, Range<usize>)> {
    let mut names: HashMap<T, u32> = HashMap::new();
    let mut name = |thing: &T| {
        let next = names.len() as u32;
        *names.entry(*thing).or_insert(next)
    };
    let old: Vec<u32> = old.iter().map(&mut name).collect();
    let new: Vec<u32> = new.iter().map(&mut name).collect();
    let mut blocks: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        let (old, new) = (op.old_range(), op.new_range());
        match blocks.last_mut().filter(|(before, after)| before.end == old.start && after.end == new.start) {
            Some((before, after)) => (before.end, after.end) = (old.end, new.end),
            None => blocks.push((old, new)),
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The old text with the lines taken out that were removed, and the new one without those that were added.
    fn rests(old: &[u8], new: &[u8], removed: &Lines, added: &Lines) -> [Vec<Vec<u8>>; 2] {
        let rest = |text, gone: &Lines| {
            let gone: Vec<u64> = gone.iter().map(|(number, _)| number).collect();
            let lines = split(text).zip(1..).filter(|(_, number)| !gone.contains(number));
            lines.map(|(line, _)| line.to_vec()).collect()
        };
        [rest(old, removed), rest(new, added)]
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        let line = prop_oneof![Just("a\n"), Just("b\n"), Just("\n"), Just("a\r\n"), Just("ab\n")];
        (prop::collection::vec(line, 0..12), prop_oneof![Just(""), Just("a"), Just("ab")])
            .prop_map(|(lines, last)| (lines.concat() + last).into_bytes())
    }

    proptest! {
        #[test]
        fn what_is_left_of_both_is_the_same(old in text(), new in text()) {
            let (removed, added) = changed_lines(&old, &new, &mut Effort::default());
            let [old_rest, new_rest] = rests(&old, &new, &removed, &added);
            prop_assert_eq!(old_rest, new_rest);
            prop_assert_eq!(removed.is_empty() && added.is_empty(), old == new);
        }

        #[test]
        fn without_any_effort_the_same_lines_are_left_in_some_order(old in text(), new in text()) {
            let (removed, added) = changed_lines(&old, &new, &mut Effort(0));
            let rests = rests(&old, &new, &removed, &added).map(|mut rest| { rest.sort(); rest });
            prop_assert_eq!(&rests[0], &rests[1]);
        }
    }

    #[test]
    fn lines_have_their_numbers_on_their_own_side() {
        let (removed, added) = changed_lines(b"1\n2\n3\n4\n", b"1\nx\ny\n3\n4\nz", &mut Effort::default());
        assert_eq!(removed.iter().collect::<Vec<_>>(), [(2, &b"2"[..])]);
        assert_eq!(added.iter().collect::<Vec<_>>(), [(2, &b"x"[..]), (3, b"y"), (6, b"z")]);
    }
}
