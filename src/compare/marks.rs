//! What differs inside of two lines that stand in each other's place.

use std::ops::Range;

use super::edits::common_ends;
use super::lines::changed_blocks;

/// Of two lines this part of their bytes must be alike for the rest to be marked: less would be a rag rug.
const ALIKE: f64 = 0.4;

/// Lines with more words and signs than this are not looked into: only what they begin and end with alike is left
/// unmarked.
const MOST_WORDS: usize = 1000;

/// Parts of a line in UTF-16 units, in which scripts of a page count.
pub type Marks = Vec<Range<u32>>;

/// The parts that differ between two lines: of the old one, and of the new one. Nothing is marked where the lines have
/// little in common: all of it is new or gone then.
pub fn marks(old: &str, new: &str) -> (Marks, Marks) {
    let (olds, news) = (words(old), words(new));
    let (before, after) = common_ends(&olds, &news);
    let (a, b) = (&olds[before..olds.len() - after], &news[before..news.len() - after]);
    let blocks = match a.len() + b.len() <= MOST_WORDS && a.len() > 1 && b.len() > 1 {
        true => changed_blocks(a, b),
        false => vec![(0..a.len(), 0..b.len())],
    };
    let mark = |words: &[&str], ranges: &mut dyn Iterator<Item = Range<usize>>| -> (Marks, usize) {
        let (mut marks, mut telling_marked) = (Vec::new(), 0);
        let (mut at, mut done) = (units(&words[..before]), before);
        for range in ranges.filter(|range| !range.is_empty()) {
            let (start, end) = (before + range.start, before + range.end);
            at += units(&words[done..start]);
            let width = units(&words[start..end]);
            marks.push(at..at + width);
            telling_marked += telling(&words[start..end]);
            (at, done) = (at + width, end);
        }
        (marks, telling(words) - telling_marked)
    };
    let (old_marks, alike) = mark(&olds, &mut blocks.iter().map(|block| block.0.clone()));
    let (new_marks, _) = mark(&news, &mut blocks.iter().map(|block| block.1.clone()));
    // What was only added to a line, or only taken out of it, is worth a mark however much it is.
    let is_within = alike > 0 && (old_marks.is_empty() || new_marks.is_empty());
    let is_indentation = old.trim() == new.trim();
    let bytes = old.trim().len().max(new.trim().len());
    match is_within || is_indentation || alike as f64 >= ALIKE * bytes as f64 {
        true => (old_marks, new_marks),
        false => Default::default(),
    }
}

/// A line in words, runs of white space, and single signs.
fn words(line: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => 1,
        c if c.is_whitespace() => 2,
        _ => 0,
    };
    let mut words = Vec::new();
    let (mut begin, mut last) = (0, 0);
    for (at, c) in line.char_indices() {
        if at > begin && (kind(c) != last || last == 0) {
            words.push(&line[begin..at]);
            begin = at;
        }
        last = kind(c);
    }
    if begin < line.len() {
        words.push(&line[begin..]);
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
    fn shown(old: &str, new: &str) -> [String; 2] {
        let (old_marks, new_marks) = marks(old, new);
        let show = |line: &str, marks: Marks| {
            let units: Vec<u16> = line.encode_utf16().collect();
            let text = |from: usize, to: usize| String::from_utf16(&units[from..to]).unwrap();
            let mut shown = String::new();
            let mut at = 0;
            for Range { start, end } in marks {
                shown += &format!("{}[{}]", text(at, start as usize), text(start as usize, end as usize));
                at = end as usize;
            }
            shown + &text(at, units.len())
        };
        [show(old, old_marks), show(new, new_marks)]
    }

    #[test]
    fn words_are_marked_that_differ() {
        let wanted = ["let x = s.parse();", "let x = s.[trim().]parse();"];
        assert_eq!(shown("let x = s.parse();", "let x = s.trim().parse();"), wanted);
        assert_eq!(shown("let a = parse(x);", "let a = parse(y)?;"), ["let a = parse([x]);", "let a = parse([y])[?];"]);
        assert_eq!(shown("größe 🎉 = 1", "größe 🎉 = 2"), ["größe 🎉 = [1]", "größe 🎉 = [2]"]);
        assert_eq!(shown("a.", "a, and so much more than before."), ["a.", "a[, and so much more than before]."]);
        assert_eq!(shown("same", "same"), ["same", "same"]);
    }

    #[test]
    fn only_what_is_worth_it_is_marked() {
        assert_eq!(shown("if x {", "    if x {"), ["if x {", "[    ]if x {"]);
        assert_eq!(shown("one two", "return None;"), ["one two", "return None;"]);
        assert_eq!(shown("one", ""), ["one", ""]);
        let long = |middle: &str| format!("{}{middle}{}", "x ".repeat(9000), " y".repeat(9000));
        assert_eq!(marks(&long("a b c"), &long("d b e")).0, [18000..18001, 18004..18005]);
        let odd = |word: &str| format!("{}{}", "same ".repeat(9000), format!("{word} ").repeat(1000));
        assert_eq!(marks(&odd("a"), &odd("b")).0, vec![45000..46999]);
    }
}
