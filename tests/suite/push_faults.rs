//! Pushes of which there is nothing to judge, or which cannot be judged; and several runs with the same change.

use crate::support::export::Export;
use crate::support::hooks::push;
use crate::support::test_repo::TestRepo;

/// A test repository with the hook, and runs of the same patch.
fn repo_with(runs: &[&str]) -> TestRepo {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "fix");
    export.patch(1, repo.patch("notes.txt", "one\n2\nthree\n"));
    for run in runs {
        export.harvest(&repo, &["--name", run]).ok();
    }
    repo.puff(&["hook", "install"]).ok();
    repo
}

#[test]
fn an_empty_commit_is_not_checked() {
    let repo = repo_with(&["fix"]);
    repo.puff(&["review", "fix", "--check", "true"]).ok();
    repo.git(&["commit", "-q", "--allow-empty", "-m", "Nothing\n\nPuff-Run: fix\nPuff-Variant: 1/1\nPuff-Patch: 00\n"]);
    let pushed = push(&repo, &["origin", "main"]).ok();
    assert!(!pushed.stderr.contains("fault"), "{}", pushed.stderr);
    repo.git(&[
        "merge",
        "-q",
        "-s",
        "ours",
        "-m",
        "Taken by hand\n\nPuff-Run: fix\nPuff-Variant: 1/1\n",
        "puff/fix/var1",
    ]);
    let pushed = push(&repo, &["origin", "main"]).ok();
    assert!(!pushed.stderr.contains("fault"), "{}", pushed.stderr);
}

#[test]
fn of_several_runs_with_the_same_patch_the_best_evidence_counts() {
    let repo = repo_with(&["fix", "again"]);
    // Neither was looked at: that is said once.
    let refused = push(&repo, &["origin", "puff/fix/var1:x"]).exits(1);
    assert_eq!(refused.stderr.matches("[unreviewed]").count(), 1, "{}", refused.stderr);
    repo.puff(&["pick", "fix:1"]).ok();
    push(&repo, &["origin", "main"]).ok();
    // Nor does it matter which of them the commit names.
    push(&repo, &["origin", "puff/again/var1:y"]).ok();
}

#[test]
fn a_failed_check_does_not_stop_the_push_and_is_reported() {
    let repo = repo_with(&["fix"]);
    // The patch of one commit cannot be made: a blob of it is missing, and git sends it nevertheless to nobody. The hook
    // is asked by itself.
    let commit = repo.git(&["rev-parse", "puff/fix/var1"]);
    let blob = repo.git(&["rev-parse", "puff/fix/var1:notes.txt"]);
    let object = repo.work().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    std::fs::remove_file(&object).unwrap();
    let line = format!("HEAD {commit} refs/heads/x {}\n", "0".repeat(commit.len()));
    let asked = repo.puff_with_input(&["hook", "pre-push", "origin", "../origin.git"], line.as_bytes()).ok();
    assert!(asked.stderr.contains("not checked, and allowed"), "{}", asked.stderr);
}
