//! Pushes of which there is nothing to judge, or which cannot be judged; and several runs with the same change.

use crate::support::export::Export;
use crate::support::hooks::push;
use crate::support::test_repo::TestRepo;

/// A lab with the hook, and runs of the same patch.
fn lab_with(runs: &[&str]) -> TestRepo {
    let lab = TestRepo::new();
    let export = Export::new(&lab, "fix");
    export.patch(1, lab.patch("notes.txt", "one\n2\nthree\n"));
    for run in runs {
        export.harvest(&lab, &["--name", run]).ok();
    }
    lab.puff(&["hook", "install"]).ok();
    lab
}

#[test]
fn a_commit_without_a_change_is_no_business_of_ours() {
    let lab = lab_with(&["fix"]);
    lab.puff(&["review", "fix", "--check", "true"]).ok();
    lab.git(&["commit", "-q", "--allow-empty", "-m", "Nothing\n\nPuff-Run: fix\nPuff-Variant: 1/1\nPuff-Patch: 00\n"]);
    let pushed = push(&lab, &["origin", "main"]).ok();
    assert!(!pushed.stderr.contains("fault"), "{}", pushed.stderr);
    lab.git(&[
        "merge",
        "-q",
        "-s",
        "ours",
        "-m",
        "Taken by hand\n\nPuff-Run: fix\nPuff-Variant: 1/1\n",
        "puff/fix/var1",
    ]);
    let pushed = push(&lab, &["origin", "main"]).ok();
    assert!(!pushed.stderr.contains("fault"), "{}", pushed.stderr);
}

#[test]
fn of_several_runs_with_the_same_patch_the_best_evidence_counts() {
    let lab = lab_with(&["fix", "again"]);
    // Neither was looked at: that is said once.
    let refused = push(&lab, &["origin", "puff/fix/var1:x"]).exits(1);
    assert_eq!(refused.stderr.matches("[unreviewed]").count(), 1, "{}", refused.stderr);
    lab.puff(&["pick", "fix:1"]).ok();
    push(&lab, &["origin", "main"]).ok();
    // Nor does it matter which of them the commit names.
    push(&lab, &["origin", "puff/again/var1:y"]).ok();
}

#[test]
fn a_fault_stops_no_push_and_says_what_was_not_judged() {
    let lab = lab_with(&["fix"]);
    // The patch of one commit cannot be made: a blob of it is missing, and git sends it nevertheless to nobody. The hook
    // is asked by itself.
    let commit = lab.git(&["rev-parse", "puff/fix/var1"]);
    let blob = lab.git(&["rev-parse", "puff/fix/var1:notes.txt"]);
    let object = lab.work().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    std::fs::remove_file(&object).unwrap();
    let line = format!("HEAD {commit} refs/heads/x {}\n", "0".repeat(commit.len()));
    let asked = lab.puff_with_input(&["hook", "pre-push", "origin", "../origin.git"], line.as_bytes()).ok();
    assert!(asked.stderr.contains("not checked, and allowed"), "{}", asked.stderr);
}
