//! Two versions of a file beside each other, the parts that changed inside lines marked.

use super::lines::{Differing, Effort, changed_blocks, split};

/// A row of two versions beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// A line on one side or both.
    Line {
        /// The line of the old file; none where only the new one has a line.
        old: Option<Side>,
        /// The line of the new file.
        new: Option<Side>,
        /// The two are not the same line.
        changed: bool,
    },
    /// So many lines that both have are left out here.
    Skipped(u64),
}

/// A line on one side of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Its number, from 1.
    pub number: u64,
    /// Its text in parts, without its LF; no part is empty. Bytes that are no UTF-8 are U+FFFD, and nothing is escaped.
    pub parts: Vec<Part>,
    /// It has a LF at its end: only the last line of a file may have none.
    pub ended: bool,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its text.
    pub text: String,
    /// The line beside it has something else here. Nothing is marked where the lines have little in common, or there is
    /// no line beside it: all of it is new or gone then.
    pub marked: bool,
}

/// Lines with more words and signs than this are not looked into: only what they begin and end with alike is left
/// unmarked.
const MOST_TOKENS: usize = 1000;

/// Of two lines this part of their bytes must be alike for the rest to be marked: less would be a rag rug.
const ALIKE: f64 = 0.4;

/// The rows of two versions of a text, with `context` lines that both have around each change. Of equal texts there are
/// none.
pub fn side_by_side(old: &[u8], new: &[u8], context: usize) -> Vec<Row> {
    let found = Differing::of(old, new, &mut Effort::default());
    let old: Vec<&[u8]> = split(old).collect();
    let new: Vec<&[u8]> = split(new).collect();
    let mut rows = Vec::new();
    // How far both are shown, or counted as skipped.
    let (mut old_at, mut new_at) = (0, 0);
    for (at, (gone, come)) in found.blocks.iter().enumerate() {
        let begin = found.before + gone.start;
        // Context of the change before reaches as far as it can; the rest up to this one is its own or skipped.
        let after_last = if at == 0 { 0 } else { context.min(begin - old_at) };
        let before_this = context.min(begin - old_at - after_last);
        let skipped = begin - old_at - after_last - before_this;
        let shared = |lines: usize, old_at: &mut usize, new_at: &mut usize, rows: &mut Vec<Row>| {
            for _ in 0..lines {
                rows.push(same(old[*old_at], *old_at, *new_at));
                (*old_at, *new_at) = (*old_at + 1, *new_at + 1);
            }
        };
        shared(after_last, &mut old_at, &mut new_at, &mut rows);
        if skipped > 0 {
            rows.push(Row::Skipped(skipped as u64));
            (old_at, new_at) = (old_at + skipped, new_at + skipped);
        }
        shared(before_this, &mut old_at, &mut new_at, &mut rows);
        let (old_end, new_end) = (found.before + gone.end, found.before + come.end);
        while old_at < old_end || new_at < new_end {
            let [gone, come] = [(&old, old_at, old_end), (&new, new_at, new_end)]
                .map(|(lines, at, end)| (at < end).then(|| (lines[at], at)));
            rows.push(changed(gone, come));
            (old_at, new_at) = ((old_at + 1).min(old_end), (new_at + 1).min(new_end));
        }
    }
    if !found.blocks.is_empty() {
        let shown = context.min(old.len() - old_at);
        let skipped = old.len() - old_at - shown;
        rows.extend((0..shown).map(|line| same(old[old_at + line], old_at + line, new_at + line)));
        rows.extend((skipped > 0).then_some(Row::Skipped(skipped as u64)));
    }
    rows
}

fn same(line: &[u8], old_at: usize, new_at: usize) -> Row {
    let side = |at| Some(plain(line, at));
    Row::Line { old: side(old_at), new: side(new_at), changed: false }
}

/// A line without marks.
fn plain(line: &[u8], at: usize) -> Side {
    side(line, at, [(text_of(line), false)])
}

fn side(line: &[u8], at: usize, parts: impl IntoIterator<Item = (String, bool)>) -> Side {
    let mut joined: Vec<Part> = Vec::new();
    for (text, marked) in parts.into_iter().filter(|(text, _)| !text.is_empty()) {
        match joined.last_mut().filter(|last| last.marked == marked) {
            Some(last) => last.text += &text,
            None => joined.push(Part { text, marked }),
        }
    }
    Side { number: at as u64 + 1, parts: joined, ended: line.ends_with(b"\n") }
}

fn text_of(line: &[u8]) -> String {
    String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line)).into_owned()
}

/// A line that goes, and the one that comes in its place.
fn changed(old: Option<(&[u8], usize)>, new: Option<(&[u8], usize)>) -> Row {
    let (old, new) = match (old, new) {
        (Some((old, old_at)), Some((new, new_at))) => {
            let [one, other] = marked(&text_of(old), &text_of(new));
            (Some(side(old, old_at, one)), Some(side(new, new_at, other)))
        }
        (old, new) => (old.map(|(line, at)| plain(line, at)), new.map(|(line, at)| plain(line, at))),
    };
    Row::Line { old, new, changed: true }
}

/// Two lines in parts, those marked that the other has not.
fn marked(old: &str, new: &str) -> [Vec<(String, bool)>; 2] {
    let whole = || [vec![(old.to_owned(), false)], vec![(new.to_owned(), false)]];
    let [old_tokens, new_tokens] = [tokens(old), tokens(new)];
    let begin = old_tokens.iter().zip(&new_tokens).take_while(|(one, other)| one == other).count();
    let [old_rest, new_rest] = [&old_tokens[begin..], &new_tokens[begin..]];
    let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(one, other)| one == other).count();
    let [old_rest, new_rest] = [old_rest, new_rest].map(|rest| &rest[..rest.len() - end]);
    let blocks = match old_rest.len() + new_rest.len() <= MOST_TOKENS {
        true => changed_blocks(old_rest, new_rest),
        false => vec![(0..old_rest.len(), 0..new_rest.len())],
    };
    let mut parts = [Vec::new(), Vec::new()];
    for (side, (tokens, rest)) in [(&old_tokens, old_rest), (&new_tokens, new_rest)].into_iter().enumerate() {
        let range = |block: &(std::ops::Range<usize>, std::ops::Range<usize>)| match side {
            0 => block.0.clone(),
            _ => block.1.clone(),
        };
        let mut at = 0;
        for block in blocks.iter().map(range) {
            parts[side].push((tokens[at..begin + block.start].concat(), false));
            parts[side].push((rest[block.clone()].concat(), true));
            at = begin + block.end;
        }
        parts[side].push((tokens[at..].concat(), false));
    }
    let alike: usize =
        parts[0].iter().filter(|(text, marked)| !marked && !text.trim().is_empty()).map(|p| p.0.len()).sum();
    let bytes = old.trim().len().max(new.trim().len());
    let is_indentation = old.trim() == new.trim();
    if is_indentation || alike as f64 >= ALIKE * bytes as f64 { parts } else { whole() }
}

/// A line in words, runs of white space, and single signs.
fn tokens(line: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => 1,
        c if c.is_whitespace() => 2,
        _ => 0,
    };
    let mut tokens = Vec::new();
    let (mut begin, mut last) = (0, 0);
    for (at, c) in line.char_indices() {
        if at > begin && (kind(c) != last || last == 0) {
            tokens.push(&line[begin..at]);
            begin = at;
        }
        last = kind(c);
    }
    if begin < line.len() {
        tokens.push(&line[begin..]);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A row as text: numbers, and marked parts in brackets.
    fn shown(row: &Row) -> String {
        let side = |side: &Option<Side>| match side {
            None => "-".to_owned(),
            Some(side) => {
                let part = |part: &Part| if part.marked { format!("[{}]", part.text) } else { part.text.clone() };
                format!("{} {}", side.number, side.parts.iter().map(part).collect::<String>())
            }
        };
        match row {
            Row::Skipped(lines) => format!("... {lines}"),
            Row::Line { old, new, changed } => {
                format!("{} {} {}", side(old), if *changed { "|" } else { "=" }, side(new))
            }
        }
    }

    fn rows(old: &[u8], new: &[u8], context: usize) -> Vec<String> {
        side_by_side(old, new, context).iter().map(shown).collect()
    }

    #[test]
    fn changes_stand_beside_each_other_with_what_is_around_them() {
        let old = b"1\n2\n3\nlet a = parse(x);\n5\n6\n7\n8\n9\n";
        let new = b"1\n2\n3\nlet a = parse(y)?;\n5\n6\n7\n8\nnine\n10\n";
        let wanted = [
            "... 2",
            "3 3 = 3 3",
            "4 let a = parse([x]); | 4 let a = parse([y])[?];",
            "5 5 = 5 5",
            "... 2",
            "8 8 = 8 8",
            "9 9 | 9 nine",
            "- | 10 10",
        ];
        assert_eq!(rows(old, new, 1), wanted);
        assert_eq!(rows(old, old, 3), [""; 0]);
        assert_eq!(rows(b"", b"a", 3), ["- | 1 a"]);
        assert_eq!(rows(b"a\nb\nc\nd\n", b"b\nc\nd\n", 1), ["1 a | -", "2 b = 1 b", "... 2"]);
    }

    #[test]
    fn only_what_is_worth_it_is_marked() {
        assert_eq!(rows(b"if x {\n", b"    if x {\n", 0), ["1 if x { | 1 [    ]if x {"]);
        assert_eq!(rows(b"a\r\n", b"a\n", 0), ["1 a[\r] | 1 a"]);
        assert_eq!(rows(b"one two\n", b"return None;\n", 0), ["1 one two | 1 return None;"]);
        assert_eq!(rows(b"a\xff b\n", b"a\xff c\n", 0), ["1 a\u{fffd} [b] | 1 a\u{fffd} [c]"]);
        let long = |middle: &str| format!("{}{middle}{}\n", "x ".repeat(9000), " y".repeat(9000)).into_bytes();
        let Row::Line { old: Some(old), .. } = &side_by_side(&long("a b c"), &long("d b e"), 0)[0] else { panic!() };
        assert_eq!(
            old.parts.iter().map(|part| part.text.len()).collect::<Vec<_>>(),
            [18000, 1, 3, 1, 18000][..].to_vec()
        );
    }

    proptest! {
        #[test]
        fn both_texts_are_in_the_rows(
            old in "([ab\n]|x é){0,20}", new in "([ab\n]|x é){0,20}", context in 0_usize..4,
        ) {
            let all = side_by_side(old.as_bytes(), new.as_bytes(), usize::MAX);
            let text = |of: fn(&Row) -> Option<&Side>| all.iter().filter_map(of).fold(String::new(), |mut text, side| {
                side.parts.iter().for_each(|part| text += &part.text);
                text + if side.ended { "\n" } else { "" }
            });
            if old != new {
                let old_text = text(|row| match row { Row::Line { old, .. } => old.as_ref(), Row::Skipped(_) => None });
                let new_text = text(|row| match row { Row::Line { new, .. } => new.as_ref(), Row::Skipped(_) => None });
                prop_assert_eq!((old_text, new_text), (old.clone(), new.clone()));
            }
            // Less context leaves out what it says.
            let some = side_by_side(old.as_bytes(), new.as_bytes(), context);
            let lines: u64 = some.iter().map(|row| if let Row::Skipped(lines) = row { *lines } else { 1 }).sum();
            prop_assert_eq!(lines, all.len() as u64);
        }
    }
}
