//! Changed lines as numbers, so that comparing them is comparing numbers.

use std::collections::HashMap;

use super::change::{ChangeKind, FileChange, shown};

/// A changed line: equal ones are the same line of the same side, or the same fact.
pub(super) type Unit = u64;

const REMOVED: u64 = 0;
const ADDED: u64 = 1;
const FACT: u64 = 2;

/// The mode of a plain file, which goes without saying.
const PLAIN: u32 = 0o100644;

/// Gives every line its number.
#[derive(Default)]
pub(super) struct Numbering<'c> {
    lines: HashMap<&'c [u8], u64>,
    facts: HashMap<String, u64>,
}

impl<'c> Numbering<'c> {
    /// The changed lines of a file, sorted; there is at least one.
    pub fn units(&mut self, file: &'c FileChange) -> Vec<Unit> {
        let mut units = Vec::with_capacity(file.removed.len() + file.added.len() + 1);
        for (side, lines) in [(REMOVED, &file.removed), (ADDED, &file.added)] {
            for (_, line) in lines.iter() {
                let next = self.lines.len() as u64;
                units.push(*self.lines.entry(line).or_insert(next) << 2 | side);
            }
        }
        for fact in facts(file) {
            let next = self.facts.len() as u64;
            units.push(*self.facts.entry(fact).or_insert(next) << 2 | FACT);
        }
        units.sort_unstable();
        units
    }
}

/// What a change does to a file that is not said in lines, each in words that are equal for equal facts.
pub(super) fn facts(file: &FileChange) -> Vec<String> {
    let mut facts = Vec::new();
    facts.extend(file.from.as_ref().map(|from| format!("from {}", shown(from))));
    let before = if file.kind == ChangeKind::Added { Some(PLAIN) } else { file.old_mode };
    if let (Some(before), Some(after)) = (before, file.new_mode)
        && before != after
    {
        facts.push(format!("mode {after:o}"));
    }
    let has_lines = !file.removed.is_empty() || !file.added.is_empty();
    let says_all = has_lines || (file.kind != ChangeKind::Added && !facts.is_empty());
    if file.binary && file.old != file.new {
        facts.push(match file.new {
            Some(new) => format!("bytes {new}"),
            None => "gone".to_owned(),
        });
    } else if !says_all {
        facts.push(if file.kind == ChangeKind::Removed { "gone" } else { "there" }.to_owned());
    }
    facts
}

/// How many of two sorted lists are in both.
pub(super) fn shared(one: &[Unit], other: &[Unit]) -> u64 {
    let (mut at, mut count) = (0, 0);
    for unit in one {
        while other.get(at).is_some_and(|other| other < unit) {
            at += 1;
        }
        if other.get(at) == Some(unit) {
            (at, count) = (at + 1, count + 1);
        }
    }
    count
}

/// What is in both of two sorted lists.
pub(super) fn intersection(one: &[Unit], other: &[Unit]) -> Vec<Unit> {
    let mut at = 0;
    let is_shared = |unit: &&Unit| {
        while other.get(at).is_some_and(|other| other < unit) {
            at += 1;
        }
        let found = other.get(at) == Some(unit);
        at += usize::from(found);
        found
    };
    one.iter().filter(is_shared).copied().collect()
}

/// How many of each list are more than any other list has.
pub(super) fn only_in(lists: &[&[Unit]]) -> Vec<u64> {
    /// The most of a unit that one list has, which list that is, and the most of any other.
    type Most = (u64, usize, u64);
    let mut most: HashMap<Unit, Most> = HashMap::new();
    for (list, units) in lists.iter().enumerate() {
        for run in units.chunk_by(|one, other| one == other) {
            let (count, known) = (run.len() as u64, most.entry(run[0]).or_insert((0, list, 0)));
            *known = if count > known.0 { (count, list, known.0) } else { (known.0, known.1, known.2.max(count)) };
        }
    }
    let mut only = vec![0; lists.len()];
    most.values().for_each(|(count, list, others)| only[*list] += count - others);
    only
}
