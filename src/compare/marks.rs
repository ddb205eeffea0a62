//! What differs inside of two lines that stand in each other's place.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Below this part of the longer line in common, two lines are not versions of each other: to mark nearly all of both
/// would hide more than it shows.
const ALIKE: f64 = 0.35;

/// Beyond so many words, lines are data and not for reading.
const WORDS: usize = 2_000;

/// Parts of a line in UTF-16 units, in which scripts count.
pub type Marks = Vec<Range<u32>>;

/// The parts that differ between two lines: of the old one, and of the new one. None where they have so little in common
/// that all of it differs.
pub fn marks(old: &str, new: &str) -> Option<(Marks, Marks)> {
    let (old, new) = (words(old), words(new));
    let same_start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - same_start;
    let same_end = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[same_start..old.len() - same_end], &new[same_start..new.len() - same_end]);
    if a.len().max(b.len()) > WORDS {
        return None;
    }
    let (mut old_marks, mut new_marks) = (Vec::new(), Vec::new());
    let (mut old_at, mut new_at) = (units(&old[..same_start]), units(&new[..same_start]));
    let mut alike = telling(&old[..same_start]) + telling(&old[old.len() - same_end..]);
    for op in middle(a, b) {
        let (a, b) = (&a[op.old_range()], &b[op.new_range()]);
        let (old_end, new_end) = (old_at + units(a), new_at + units(b));
        if matches!(op, DiffOp::Equal { .. }) {
            alike += telling(a);
        } else {
            push(&mut old_marks, old_at..old_end);
            push(&mut new_marks, new_at..new_end);
        }
        (old_at, new_at) = (old_end, new_end);
    }
    let longer = telling(&old).max(telling(&new));
    (longer == 0 || alike as f64 >= ALIKE * longer as f64).then_some((old_marks, new_marks))
}

/// How the words between what is equal at both ends differ. Most often one of the two has none there, or both one.
fn middle(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    match (old.len(), new.len()) {
        (0, 0) => Vec::new(),
        (0, _) | (_, 0) | (1, 1) => {
            vec![DiffOp::Replace { old_index: 0, old_len: old.len(), new_index: 0, new_len: new.len() }]
        }
        _ => capture_diff_slices(Algorithm::Myers, old, new),
    }
}

fn push(marks: &mut Marks, mark: Range<u32>) {
    match marks.last_mut() {
        _ if mark.is_empty() => {}
        Some(last) if last.end == mark.start => last.end = mark.end,
        _ => marks.push(mark),
    }
}

/// The words of a line: names and numbers, stretches of white space, and every other character for itself.
fn words(line: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => 1,
        c if c.is_whitespace() => 2,
        _ => 0,
    };
    let mut words = Vec::new();
    let mut start = 0;
    let mut before = 0;
    for (at, c) in line.char_indices() {
        if at > start && (kind(c) != before || before == 0) {
            words.push(&line[start..at]);
            start = at;
        }
        before = kind(c);
    }
    if start < line.len() {
        words.push(&line[start..]);
    }
    words
}

fn units(words: &[&str]) -> u32 {
    let units = |word: &&str| if word.is_ascii() { word.len() } else { word.encode_utf16().count() };
    words.iter().map(units).sum::<usize>() as u32
}

/// How much of the words is not white space, in bytes.
fn telling(words: &[&str]) -> usize {
    words.iter().filter(|word| !word.trim().is_empty()).map(|word| word.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both lines with what is marked in brackets.
    fn shown(old: &str, new: &str) -> Option<(String, String)> {
        let (old_marks, new_marks) = marks(old, new)?;
        let show = |line: &str, marks: Marks| {
            let units: Vec<u16> = line.encode_utf16().collect();
            let mut shown = String::new();
            for at in 0..=units.len() as u32 {
                shown.extend(marks.iter().any(|mark| mark.end == at).then_some(']'));
                shown.extend(marks.iter().any(|mark| mark.start == at).then_some('['));
                let unit = units.get(at as usize..at as usize + 1).unwrap_or(&[]);
                shown += &String::from_utf16_lossy(unit);
            }
            shown
        };
        Some((show(old, old_marks), show(new, new_marks)))
    }

    fn both(old: &str, new: &str) -> Option<(String, String)> {
        Some((old.to_owned(), new.to_owned()))
    }

    #[test]
    fn words_are_marked_that_differ() {
        assert_eq!(shown("let x = s.parse();", "let x = s.trim().parse();"), {
            both("let x = s.parse();", "let x = s.[trim().]parse();")
        });
        assert_eq!(shown("foo(a, b)", "foo(b, c)"), both("foo([a], [b])", "foo([b], [c])"));
        assert_eq!(shown("    a b", "\ta b"), both("[    ]a b", "[\t]a b"));
        assert_eq!(shown("größe = 1", "größe = 2"), both("größe = [1]", "größe = [2]"));
        assert_eq!(shown("same", "same"), both("same", "same"));
    }

    #[test]
    fn lines_with_little_in_common_are_not_marked() {
        assert_eq!(shown("return None;", "for (key, value) in map.iter().filter(odd) {"), None);
        assert_eq!(marks("one", ""), None);
    }
}
