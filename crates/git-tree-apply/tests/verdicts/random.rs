//! Random cases: the same verdict and the same tree as `git apply`.

use git_tree_apply::Mode;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::cases::{self, Case};
use crate::judge::{Judge, Verdict};
use crate::store::Id;

/// How many cases of each of the five kinds are tried: [`crate::CASES`]. `PROPTEST_CASES=20000 cargo test --release --test
/// verdicts` tries 100,000.
fn config() -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(crate::CASES);
    Config { cases, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() }
}

/// Tries a kind of case; a failure is shrunk and shown with its patch.
fn try_all(check: impl Fn(&Judge, &Case) -> Result<(), TestCaseError>) {
    let judge = Judge::new();
    let mut runner = TestRunner::new(config());
    if let Err(failure) = runner.run(&cases::case(), |case| check(&judge, &case)) {
        panic!("{failure}");
    }
}

/// Compares the two verdicts on a patch for a tree.
fn compare(judge: &Judge, base: Id, patch: &[u8], case: &Case, mode: Mode) -> Result<(), TestCaseError> {
    let git = judge.git(base, patch, mode);
    let ours = judge.ours(base, patch, mode);
    let shown = || format!("\n{}\ngit says {git:?}\nwe say {ours:?}\n{case:#?}", String::from_utf8_lossy(patch));
    let same = match (&git, &ours) {
        (Verdict::Tree(git), Verdict::Tree(ours)) => git == ours,
        // Which of several files that don't fit is said first is git's own affair: one in conflict, or one refused.
        (Verdict::Refused(_) | Verdict::Conflict, Verdict::Refused(_) | Verdict::Conflict) => true,
        (Verdict::None, _) => true,
        // What git merges of a file and a symbolic link is neither.
        (Verdict::Tree(_), Verdict::Refused(why)) => {
            mode == Mode::ThreeWay && why.contains("is there already as something else")
        }
        _ => false,
    };
    prop_assert!(same, "{}", shown());
    Ok(())
}

#[test]
fn a_patch_applied_to_its_own_base_gives_the_tree_it_was_made_of() {
    try_all(|judge, case| {
        let (old, new) = judge.trees(case);
        let patch = judge.diff(old, new, &case.options());
        if patch.is_empty() {
            return Ok(());
        }
        compare(judge, old, &patch, case, Mode::Plain)
    });
}

#[test]
fn a_patch_applied_to_another_base_gets_the_verdict_of_git() {
    try_all(|judge, case| {
        let (old, new) = judge.trees(case);
        let patch = judge.diff(old, new, &case.options());
        if patch.is_empty() {
            return Ok(());
        }
        compare(judge, judge.other_base(case), &patch, case, Mode::Plain)
    });
}

#[test]
fn a_patch_merged_three_way_onto_another_base_gets_the_verdict_of_git() {
    try_all(|judge, case| {
        let (old, new) = judge.trees(case);
        let patch = judge.diff(old, new, &case.options());
        if patch.is_empty() {
            return Ok(());
        }
        compare(judge, judge.other_base(case), &patch, case, Mode::ThreeWay)
    });
}

#[test]
fn a_patch_merged_by_the_attributes_of_the_tree_gets_the_verdict_of_git() {
    let judges = [None, Some("union"), Some("binary"), Some("theirs")].map(|default| {
        let judge = Judge::new();
        judge.set("merge.theirs.driver", "cp %B %A");
        judge.set("merge.strict.driver", "exit 1");
        judge.set("merge.broken.driver", "exit 200");
        default.into_iter().for_each(|default| judge.set("merge.default", default));
        judge
    });
    let mut runner = TestRunner::new(config());
    let cases = (cases::case(), cases::attributes(), 0..judges.len());
    let checked = runner.run(&cases, |(case, (attributes, patched), judge)| {
        let judge = &judges[judge];
        let with = |mut files: Vec<cases::File>, attributes: &cases::File| {
            files.push(attributes.clone());
            judge.tree(&files)
        };
        let (old, new) = (with(case.before(), &attributes), with(case.after(), &patched));
        let patch = judge.diff(old, new, &case.options());
        if patch.is_empty() {
            return Ok(());
        }
        compare(judge, with(case.elsewhere(), &attributes), &patch, &case, Mode::ThreeWay)
    });
    if let Err(failure) = checked {
        panic!("{failure}");
    }
}

#[test]
fn a_patch_that_was_damaged_gets_the_verdict_of_git() {
    try_all(|judge, case| {
        let (old, new) = judge.trees(case);
        let patch = case.damage(&judge.diff(old, new, &case.options()));
        if patch.trim_ascii().is_empty() {
            return Ok(());
        }
        compare(judge, old, &patch, case, Mode::Plain)
    });
}
