//! The store in memory: the trees and the verdicts of the one on the disk.

use git_tree_apply::memory::{Id, Memory};
use git_tree_apply::{EntryKind, MergeOutcome, Verdict, apply};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::cases::{self, File, Kind};
use crate::judge::{Judge, Word, digits};

fn tree(store: &Memory, files: &[File]) -> Id {
    let kind = |kind| match kind {
        Kind::File => EntryKind::File,
        Kind::Executable => EntryKind::Executable,
        Kind::Symlink => EntryKind::Symlink,
        Kind::Submodule => EntryKind::Submodule,
    };
    store.tree_of(files.iter().map(|file| (file.name, kind(file.kind), file.text.as_slice())))
}

fn merge(base: &[u8], ours: &[u8], theirs: &[u8]) -> MergeOutcome {
    let input = |text| {
        let mut input = git2::MergeFileInput::new();
        input.content(text);
        input
    };
    let merged = git2::merge_file(&input(base), &input(ours), &input(theirs), None).expect("memory");
    let text = merged.is_automergeable().then(|| merged.content().to_vec());
    text.map_or(MergeOutcome::Conflict, MergeOutcome::Clean)
}

#[test]
fn the_store_in_memory_gives_the_trees_of_a_repository() {
    if digits() != 40 {
        return println!("left out: the store in memory names objects by SHA-1");
    }
    let (judge, store) = (Judge::new(), Memory::with_merge(merge));
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };
    let checked = TestRunner::new(config).run(&cases::case(), |case| {
        let (old, new) = judge.trees(&case);
        prop_assert_eq!(tree(&store, &case.before()).to_string(), old.to_string());
        prop_assert_eq!(tree(&store, &case.after()).to_string(), new.to_string());
        let (there, here) = (judge.other_base(&case), tree(&store, &case.elsewhere()));
        prop_assert_eq!(here.to_string(), there.to_string());
        let patch = judge.diff(old, new, &case.options());
        let answer = judge.store().apply(there, &patch);
        let verdict = apply(&store, here, &patch).expect("every object is there").verdict;
        let word = match &verdict {
            Verdict::Unchanged(_) => Word::Unchanged,
            Verdict::Applied(_) => Word::Applied,
            Verdict::Merged(_) => Word::Merged,
            Verdict::Conflict(_) => Word::Conflict,
            Verdict::Refused(_) | Verdict::Malformed(_) => Word::Refused,
        };
        prop_assert_eq!(word, answer.word, "{:?}", verdict);
        prop_assert_eq!(verdict.tree().map(|tree| tree.to_string()), answer.tree.map(|tree| tree.to_string()));
        Ok(())
    });
    if let Err(failure) = checked {
        panic!("{failure}");
    }
}
