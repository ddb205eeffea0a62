//! Several changes beside each other.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::change::{Change, FileChange, shown};
use super::sameness::{self, Contents};
use super::units::{Numbering, Unit, intersection, only_in, shared};
use crate::model::{Compared, ComparedFile, Comparison, LeftOut, Oid, Pair, PairFile, RunId};

/// What each number says, for readers of the JSON alone.
const MEANING: [(&str, &str); 12] = [
    (
        "changed line",
        "a line that a variant removes from a file or adds to it, without its LF; removing a line is not adding it. A \
         binary file, a mode that changes, a rename, and an empty file that comes or goes count as one changed line each",
    ),
    (
        "variants[].files",
        "files that the variant touches; a rename is one file, known by its new path, and a deleted file by its old one",
    ),
    ("variants[].insertions", "lines it adds; binary files have none"),
    ("variants[].deletions", "lines it removes; binary files have none"),
    ("variants[].agreement", "the mean of its likeness to every other variant; null when there is no other"),
    ("variants[].only_here", "changed lines that it has more often than any other variant has them"),
    ("variants[].only_files", "files that no other variant touches"),
    (
        "pairs[].likeness",
        "2 x shared_lines / (the changed lines of one + those of the other): 0 when they share nothing, 1 when each \
         changed line of the one is one of the other",
    ),
    (
        "pairs[].shared_lines",
        "changed lines that both have in the same file, wherever in it; a line that one has twice and the other once is \
         shared once",
    ),
    (
        "pairs[].same",
        "they make the same change, white space aside: every file is left with the same lines once white space and \
         blank lines are taken out. Of variants that only a patch is known of, the changed lines are compared so",
    ),
    ("agreed_lines", "changed lines that all variants share; files[].agreed_lines counts those of one file"),
    ("nearest", "the variant with the highest agreement, of several the first; null when there are fewer than two"),
];

/// How alike several changes are. A change of no file has nothing to compare and is left out.
///
/// The time grows with the changed lines, times the number of variants.
pub fn compare(run: &RunId, base_oid: Oid, changes: &[Change], contents: Contents<'_>) -> Comparison {
    let (changes, empty): (Vec<&Change>, Vec<&Change>) = changes.iter().partition(|change| !change.files.is_empty());
    let nothing = |change: &Change| LeftOut { name: change.name.clone(), why: "it changes nothing".to_owned() };
    let groups = sameness::groups(&changes, contents);
    let mut table = Table::new(&changes);
    let mut numbering = Numbering::default();
    let mut by_path: BTreeMap<&[u8], Vec<(usize, &FileChange)>> = BTreeMap::new();
    for (place, change) in changes.iter().enumerate() {
        for file in &change.files {
            by_path.entry(&file.path).or_default().push((place, file));
        }
    }
    for (path, touching) in by_path {
        table.add_file(path, &touching, &mut numbering);
    }
    let named = |place: &usize| changes[*place].name.clone();
    let same: Vec<Vec<String>> = groups.iter().map(|group| group.iter().map(named).collect()).collect();
    let pairs = table.pairs(|one, other| groups.iter().any(|group| group.contains(&one) && group.contains(&other)));
    let variants = table.variants(&pairs);
    Comparison {
        schema: Comparison::schema(),
        run: run.clone(),
        base_oid,
        nearest: nearest(&variants),
        agreed_lines: table.files.iter().map(|file| file.agreed_lines).sum(),
        variants,
        pairs,
        files: table.files,
        same,
        left_out: empty.into_iter().map(nothing).collect(),
        meaning: MEANING.iter().map(|(name, says)| ((*name).to_owned(), Value::from(*says))).collect::<Map<_, _>>(),
    }
}

/// The first of those with the highest agreement.
fn nearest(variants: &[Compared]) -> Option<String> {
    let agreement = |variant: &Compared| variant.agreement.unwrap_or(0.0);
    let first = variants.iter().reduce(|best, next| if agreement(next) > agreement(best) { next } else { best })?;
    (variants.len() > 1).then(|| first.name.clone())
}

/// What is counted, file by file.
struct Table<'c> {
    changes: &'c [&'c Change],
    /// How many changed lines each has.
    sizes: Vec<u64>,
    only_here: Vec<u64>,
    only_files: Vec<Vec<String>>,
    /// What every two share: the places of both, one after another.
    shared: Vec<(u64, Vec<PairFile>)>,
    files: Vec<ComparedFile>,
}

impl<'c> Table<'c> {
    fn new(changes: &'c [&'c Change]) -> Table<'c> {
        let count = changes.len();
        Table {
            changes,
            sizes: vec![0; count],
            only_here: vec![0; count],
            only_files: vec![Vec::new(); count],
            shared: vec![(0, Vec::new()); count * count.saturating_sub(1) / 2],
            files: Vec::new(),
        }
    }

    /// Where a pair is, the lower place first.
    fn place(&self, one: usize, other: usize) -> usize {
        one * (2 * self.changes.len() - one - 1) / 2 + other - one - 1
    }

    fn add_file(&mut self, path: &[u8], touching: &[(usize, &'c FileChange)], numbering: &mut Numbering<'c>) {
        let units: Vec<Vec<Unit>> = touching.iter().map(|(_, file)| numbering.units(file)).collect();
        let path = shown(path);
        for (at, (one, _)) in touching.iter().enumerate() {
            self.sizes[*one] += units[at].len() as u64;
            for (further, (other, _)) in touching.iter().enumerate().skip(at + 1) {
                let shared_lines = shared(&units[at], &units[further]);
                let likeness = likeness(shared_lines, (units[at].len() + units[further].len()) as u64);
                let pair = self.place(*one, *other);
                self.shared[pair].0 += shared_lines;
                self.shared[pair].1.push(PairFile { path: path.clone(), likeness, shared_lines });
            }
        }
        let lists: Vec<&[Unit]> = units.iter().map(Vec::as_slice).collect();
        for ((place, _), only) in touching.iter().zip(only_in(&lists)) {
            self.only_here[*place] += only;
        }
        if let [(place, _)] = touching {
            self.only_files[*place].push(path.clone());
        }
        let agreed_lines = if touching.len() == self.changes.len() { agreed(&lists) } else { 0 };
        let end = |file: &'c FileChange| (file.kind, file.new_mode, file.new, &file.from);
        let is_known = |file: &FileChange| file.new.is_some() || file.kind == super::ChangeKind::Removed;
        let same = match touching.iter().all(|(_, file)| is_known(file)) {
            true => touching.iter().all(|(_, file)| end(file) == end(touching[0].1)),
            false => lists.iter().all(|list| *list == lists[0]),
        };
        let binary = touching.iter().any(|(_, file)| file.binary);
        let variants = touching.iter().map(|(place, _)| self.changes[*place].name.clone()).collect();
        self.files.push(ComparedFile { path, variants, same, binary, agreed_lines });
    }

    fn pairs(&mut self, is_same: impl Fn(usize, usize) -> bool) -> Vec<Pair> {
        let count = self.changes.len();
        let mut pairs = Vec::with_capacity(self.shared.len());
        for one in 0..count {
            for other in one + 1..count {
                let place = self.place(one, other);
                let (shared_lines, files) = std::mem::take(&mut self.shared[place]);
                pairs.push(Pair {
                    a: self.changes[one].name.clone(),
                    b: self.changes[other].name.clone(),
                    likeness: likeness(shared_lines, self.sizes[one] + self.sizes[other]),
                    shared_lines,
                    same: is_same(one, other),
                    files,
                });
            }
        }
        pairs
    }

    fn variants(&mut self, pairs: &[Pair]) -> Vec<Compared> {
        let count = self.changes.len();
        let mut sums = vec![0.0; count];
        for one in 0..count {
            for other in one + 1..count {
                let likeness = pairs[self.place(one, other)].likeness;
                sums[one] += likeness;
                sums[other] += likeness;
            }
        }
        let variant = |(place, change): (usize, &&Change)| {
            let (insertions, deletions) = change.counts();
            Compared {
                name: change.name.clone(),
                run: change.run.clone(),
                index: change.index,
                files: change.files.len() as u64,
                insertions,
                deletions,
                agreement: (count > 1).then(|| sums[place] / (count - 1) as f64),
                only_here: self.only_here[place],
                only_files: std::mem::take(&mut self.only_files[place]),
            }
        };
        self.changes.iter().enumerate().map(variant).collect()
    }
}

fn likeness(shared: u64, of_both: u64) -> f64 {
    if of_both == 0 { 0.0 } else { 2.0 * shared as f64 / of_both as f64 }
}

/// How many changed lines all have.
fn agreed(lists: &[&[Unit]]) -> u64 {
    let Some((first, others)) = lists.split_first() else { return 0 };
    others.iter().fold(first.to_vec(), |kept, list| intersection(&kept, list)).len() as u64
}

#[cfg(test)]
mod tests;
