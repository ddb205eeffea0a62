//! Which variants make the same change, white space aside.
//!
//! Two versions of a file are the same then, when they have the same lines once all white space is taken out of each,
//! and the lines that nothing is left of: what `git diff -w --ignore-blank-lines` is silent about. Files are first told
//! apart by what the changed lines add up to, which costs what the change costs; only where that leaves a doubt are
//! whole contents read.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::change::{Change, FileChange, Lines};
use super::lines::split;
use super::units::facts;
use crate::model::Oid;

/// Reads a blob; none when it is not here. Asked for few: where only whole contents tell whether two changes are the same.
pub type Contents<'f> = &'f dyn Fn(Oid) -> Option<Vec<u8>>;

/// What a change must have alike with another to be the same: its files, and a number for each that says what came and
/// what went.
type Traits<'c> = Vec<(&'c [u8], u64)>;

/// Groups of changes (their places) that are the same.
pub(super) fn groups(changes: &[&Change], contents: Contents<'_>) -> Vec<Vec<usize>> {
    let mut alike: BTreeMap<Traits<'_>, Vec<Vec<usize>>> = BTreeMap::new();
    let by_path: Vec<_> = changes.iter().map(|change| files_by_path(change)).collect();
    for (place, change) in changes.iter().enumerate() {
        let groups = alike.entry(traits(change)).or_default();
        match groups.iter_mut().find(|group| are_same(&by_path[group[0]], &by_path[place], contents)) {
            Some(group) => group.push(place),
            None => groups.push(vec![place]),
        }
    }
    let mut groups: Vec<_> = alike.into_values().flatten().filter(|group| group.len() > 1).collect();
    groups.sort();
    groups
}

fn files_by_path(change: &Change) -> HashMap<&[u8], &FileChange> {
    change.files.iter().map(|file| (file.path.as_slice(), file)).collect()
}

fn traits(change: &Change) -> Traits<'_> {
    let mut traits: Vec<_> = change
        .files
        .iter()
        .filter_map(|file| {
            let lines = sum(&file.added).wrapping_sub(sum(&file.removed));
            let others = essence(file);
            let is_nothing = lines == 0 && others.is_empty();
            (!is_nothing).then(|| (file.path.as_slice(), lines.wrapping_add(hash(&others))))
        })
        .collect();
    traits.sort_unstable();
    traits
}

/// Numbers for lines that add up to the same whatever their order and white space: what is taken away and put back with
/// another indentation is nothing in the end.
fn sum(lines: &Lines) -> u64 {
    let bare = lines.iter().map(|(_, line)| bare(line));
    bare.filter(|line| !line.is_empty()).fold(0, |sum, line| sum.wrapping_add(hash(&line)))
}

fn hash(what: &impl Hash) -> u64 {
    // Its keys are fixed, so that every machine answers alike.
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// What a change says of a file beside its lines. That a file comes or goes is something even if it has no line.
fn essence(file: &FileChange) -> Vec<String> {
    let mut facts = facts(file);
    if matches!(file.kind, super::ChangeKind::Added | super::ChangeKind::Removed) {
        facts.retain(|fact| !matches!(fact.as_str(), "there" | "gone"));
        facts.push(format!("{:?}", file.kind));
    }
    facts
}

fn bare(line: &[u8]) -> Vec<u8> {
    line.iter().copied().filter(|byte| !is_space(*byte)).collect()
}

/// As C and git have it.
fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

/// Do two changes with the same traits leave every file the same?
fn are_same(one: &HashMap<&[u8], &FileChange>, other: &HashMap<&[u8], &FileChange>, contents: Contents<'_>) -> bool {
    let here = one.iter().all(|(path, file)| match other.get(path) {
        Some(twin) => is_same_file(file, twin, contents),
        None => is_only_space(file, contents),
    });
    here && other.iter().all(|(path, file)| one.contains_key(path) || is_only_space(file, contents))
}

fn is_same_file(one: &FileChange, other: &FileChange, contents: Contents<'_>) -> bool {
    if one.binary || other.binary || essence(one) != essence(other) {
        return one.binary && other.binary && essence(one) == essence(other);
    }
    let by_lines = || {
        let lines = |lines: &Lines| lines.iter().map(|(_, line)| bare(line)).filter(|line| !line.is_empty()).collect();
        let lines = |file: &FileChange| -> [Vec<_>; 2] { [lines(&file.removed), lines(&file.added)] };
        lines(one) == lines(other)
    };
    one.new == other.new && one.new.is_some() || same_text(one.new, other.new, contents).unwrap_or_else(by_lines)
}

/// Does a change of a file that others leave alone change nothing but white space?
fn is_only_space(file: &FileChange, contents: Contents<'_>) -> bool {
    essence(file).is_empty() && same_text(file.old, file.new, contents).unwrap_or(false)
}

/// Are two texts the same, white space aside? None when they are not both here.
fn same_text(one: Option<Oid>, other: Option<Oid>, contents: Contents<'_>) -> Option<bool> {
    let [one, other] = [contents(one?)?, contents(other?)?];
    let lines = |text| split(text).map(bare).filter(|line| !line.is_empty());
    Some(lines(&one).eq(lines(&other)))
}
