//! A variant is its patch: whatever the service and its client number, a number stays with the patch that has it.

use serde_json::{Value, json};

use crate::support::cloud_env::{CloudEnv, each, ended};

#[test]
fn another_current_turn_changes_nothing() {
    needs!("codex");
    let stage = CloudEnv::new();
    let (run, task) = stage.submit(3, "Trim the input");
    stage.cloud.set_current_turn(&task, 2);
    stage.finish_all(&task);
    stage.lab.puff(&["watch", &run]).ok();
    stage.lab.puff(&["harvest", &run]).ok();
    let texts: Vec<_> = (1..=3).map(|variant| stage.notes(&run, variant)).collect();
    assert_eq!(texts, ["attempt 1", "attempt 2", "attempt 3"]);

    let before = stage.lab.fingerprint();
    stage.cloud.set_current_turn(&task, 3);
    stage.lab.puff(&["harvest", &run]).ok();
    assert_eq!(stage.lab.fingerprint(), before);
}

#[test]
fn attempts_that_made_the_same_stay_two_variants_and_the_second_names_the_first() {
    needs!("codex");
    let stage = CloudEnv::new();
    let (run, task) = stage.submit(3, "Trim the input");
    for (attempt, text) in [(1, "same"), (2, "other"), (3, "same")] {
        stage.finish(&task, attempt, text);
    }
    let harvested = stage.lab.puff(&["harvest", &run, "--json"]).ok().json();
    assert_eq!(each(&harvested, "duplicate_of"), [json!(null), json!(null), json!(1)]);
    let tree = |variant: usize| stage.lab.git(&["rev-parse", &format!("puff/{run}/var{variant}^{{tree}}")]);
    assert_eq!(tree(1), tree(3));
    assert_ne!(stage.tip(&run, 1), stage.tip(&run, 3), "each commit says which variant it is");
    let report = stage.lab.puff(&["report", &run]).ok().stdout;
    assert!(report.contains("same patch as var1"), "the report says who is a twin of whom:\n{report}");
}

#[test]
fn a_patch_that_changed_is_a_new_revision_and_a_branch_moves_only_if_nobody_works_on_it() {
    needs!("codex");
    let stage = CloudEnv::new();
    let (run, task) = stage.submit(4, "Trim the input");
    stage.finish_all(&task);
    stage.lab.puff(&["harvest", &run]).ok();
    let first: Vec<String> = (1..=4).map(|variant| stage.tip(&run, variant)).collect();
    let old_head = stage.lab.git(&["rev-parse", &format!("refs/puff/runs/{run}")]);

    // Nobody touched var1; var2 has a commit of the user's on top; var3 is checked out somewhere; var4 was deleted.
    let branch = |variant: usize| format!("puff/{run}/var{variant}");
    stage.lab.git(&["checkout", "-q", &branch(2)]);
    let own = stage.lab.commit("mine.txt", "mine\n", "Go on from the second variant");
    stage.lab.git(&["checkout", "-q", "main"]);
    let elsewhere = stage.lab.path("elsewhere");
    stage.lab.git(&["worktree", "add", "-q", &elsewhere.display().to_string(), &branch(3)]);
    stage.lab.git(&["branch", "-q", "-D", &branch(4)]);
    for attempt in 1..=4 {
        stage.finish(&task, attempt, &format!("attempt {attempt}, better"));
    }

    let again = stage.lab.puff(&["harvest", &run, "--json"]).ok();
    let document = again.json();
    assert_eq!(each(&document, "revision"), [2; 4]);
    assert_eq!(stage.notes(&run, 1), "attempt 1, better");
    assert_eq!(stage.tip(&run, 2), own, "a branch that somebody has built on is never moved");
    assert_eq!(stage.tip(&run, 3), first[2], "nor one that is checked out");
    let kept = |variant: usize| document["variants"][variant - 1]["reason"].as_str().unwrap_or_default().to_owned();
    assert!(kept(2).contains("moved") && kept(3).contains("checked out"), "{document:#}");
    assert!(again.stderr.contains(&branch(2)) && again.stderr.contains(&branch(3)), "{}", again.stderr);
    assert_eq!(document["variants"][3]["branch"], Value::Null);
    assert_eq!(stage.lab.git(&["branch", "--list", &branch(4)]), "", "a deleted branch stays deleted");
    assert_eq!(stage.lab.git_in(&elsewhere, &["status", "--porcelain"]), "");

    // The commits of the new patches are there all the same, and the old patches are in the run's history.
    for (variant, commit) in each(&document, "commit").iter().enumerate() {
        let text = stage.lab.git(&["show", &format!("{}:notes.txt", commit.as_str().unwrap())]);
        assert_eq!(text, format!("attempt {}, better", variant + 1));
    }
    let kept_patch = stage.lab.git(&["show", &format!("{old_head}:variants/var2/patch.diff")]);
    assert!(kept_patch.contains("+attempt 2") && !kept_patch.contains("better"));
    let ancestor = stage.lab.try_git(&["merge-base", "--is-ancestor", &old_head, &format!("refs/puff/runs/{run}")]);
    assert_eq!(ancestor.code, 0);

    // Whatever was kept or left is so for good: the next harvest is no news.
    let before = stage.lab.fingerprint();
    let third = stage.lab.puff(&["harvest", &run]).ok();
    assert_eq!(stage.lab.fingerprint(), before);
    assert!(!third.stderr.contains("warning"), "{}", third.stderr);

    // Only --recreate makes the deleted branch again.
    stage.lab.puff(&["harvest", &run, "--recreate"]).ok();
    assert_eq!(stage.notes(&run, 4), "attempt 4, better");
    assert_eq!((stage.tip(&run, 2), stage.tip(&run, 3)), (own, first[2].clone()));
}

#[test]
fn a_second_harvest_changes_nothing_at_all() {
    needs!("codex");
    let stage = CloudEnv::new();
    let (run, task) = stage.submit(4, "Trim the input");
    stage.finish(&task, 1, "one");
    // One that does not apply: it changes a line that is not there.
    let wrong = "diff --git a/notes.txt b/notes.txt\n--- a/notes.txt\n+++ b/notes.txt\n@@ -1,1 +1,1 @@\n-nine\n+ten\n";
    stage.cloud.finish(&task, 2, wrong, "Done.");
    stage.finish(&task, 3, "one");
    stage.cloud.fail(&task, 4);
    stage.lab.puff(&["watch", &run]).ok();
    let first = stage.lab.puff(&["harvest", &run, "--json"]).exits(3).json();
    assert_eq!(each(&first, "apply"), ["applied", "rejected", "applied", "skipped"]);
    assert_eq!(first["variants"][1]["conflicts"], json!(["notes.txt"]));

    let before = stage.lab.fingerprint();
    let second = stage.lab.puff(&["harvest", &run, "--json"]).exits(3).json();
    assert_eq!(stage.lab.fingerprint(), before);
    assert_eq!(second, first);
    let log = std::fs::read_to_string(stage.lab.work().join(".codex/bo4_runs.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 1);
}

#[test]
fn watching_again_after_a_harvest_finds_nothing_to_do() {
    needs!("codex");
    let stage = CloudEnv::new();
    let (run, task) = stage.submit(2, "Trim the input");
    stage.finish_all(&task);
    ended(stage.spawn(&["watch", &run])).ok();
    stage.lab.puff(&["harvest", &run]).ok();
    let before = stage.lab.fingerprint();
    stage.lab.puff(&["watch", &run]).ok();
    let detached = stage.lab.puff(&["watch", &run, "--detach", "--json"]).ok();
    assert_eq!(detached.json()["jobs"], json!([]));
    assert_eq!(stage.lab.fingerprint(), before);
}
