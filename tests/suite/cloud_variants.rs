//! A variant is its patch: whatever the service and its client number, a number stays with the patch that has it.

use serde_json::{Value, json};

use crate::support::cloud_env::{CloudEnv, each, ended};

#[test]
fn another_current_turn_changes_nothing() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.submit(3, "Trim the input");
    env.cloud.set_current_turn(&task, 2);
    env.finish_all(&task);
    env.repo.puff(&["watch", &run]).ok();
    env.repo.puff(&["harvest", &run]).ok();
    let texts: Vec<_> = (1..=3).map(|variant| env.notes(&run, variant)).collect();
    assert_eq!(texts, ["attempt 1", "attempt 2", "attempt 3"]);

    let before = env.repo.fingerprint();
    env.cloud.set_current_turn(&task, 3);
    env.repo.puff(&["harvest", &run]).ok();
    assert_eq!(env.repo.fingerprint(), before);
}

#[test]
fn attempts_that_made_the_same_stay_two_variants_and_the_second_names_the_first() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.submit(3, "Trim the input");
    for (attempt, text) in [(1, "same"), (2, "other"), (3, "same")] {
        env.finish(&task, attempt, text);
    }
    let harvested = env.repo.puff(&["harvest", &run, "--json"]).ok().json();
    assert_eq!(each(&harvested, "duplicate_of"), [json!(null), json!(null), json!(1)]);
    let tree = |variant: usize| env.repo.git(&["rev-parse", &format!("puff/{run}/var{variant}^{{tree}}")]);
    assert_eq!(tree(1), tree(3));
    assert_ne!(env.tip(&run, 1), env.tip(&run, 3), "each commit says which variant it is");
    let report = env.repo.puff(&["report", &run]).ok().stdout;
    assert!(report.contains("same patch as var1"), "the report says who is a twin of whom:\n{report}");
}

#[test]
fn a_changed_patch_is_a_new_revision_and_moves_only_an_unused_branch() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.submit(4, "Trim the input");
    env.finish_all(&task);
    env.repo.puff(&["harvest", &run]).ok();
    let first: Vec<String> = (1..=4).map(|variant| env.tip(&run, variant)).collect();
    let old_head = env.repo.git(&["rev-parse", &format!("refs/puff/runs/{run}")]);

    // Nobody touched var1; var2 has a commit of the user's on top; var3 is checked out somewhere; var4 was deleted.
    let branch = |variant: usize| format!("puff/{run}/var{variant}");
    env.repo.git(&["checkout", "-q", &branch(2)]);
    let own = env.repo.commit("mine.txt", "mine\n", "Go on from the second variant");
    env.repo.git(&["checkout", "-q", "main"]);
    let elsewhere = env.repo.path("elsewhere");
    env.repo.git(&["worktree", "add", "-q", &elsewhere.display().to_string(), &branch(3)]);
    env.repo.git(&["branch", "-q", "-D", &branch(4)]);
    for attempt in 1..=4 {
        env.finish(&task, attempt, &format!("attempt {attempt}, better"));
    }

    let again = env.repo.puff(&["harvest", &run, "--json"]).ok();
    let document = again.json();
    assert_eq!(each(&document, "revision"), [2; 4]);
    assert_eq!(env.notes(&run, 1), "attempt 1, better");
    assert_eq!(env.tip(&run, 2), own, "a branch that somebody has built on is never moved");
    assert_eq!(env.tip(&run, 3), first[2], "nor one that is checked out");
    let kept = |variant: usize| document["variants"][variant - 1]["reason"].as_str().unwrap_or_default().to_owned();
    assert!(kept(2).contains("moved") && kept(3).contains("checked out"), "{document:#}");
    assert!(again.stderr.contains(&branch(2)) && again.stderr.contains(&branch(3)), "{}", again.stderr);
    assert_eq!(document["variants"][3]["branch"], Value::Null);
    assert_eq!(env.repo.git(&["branch", "--list", &branch(4)]), "", "a deleted branch stays deleted");
    assert_eq!(env.repo.git_in(&elsewhere, &["status", "--porcelain"]), "");

    // The commits of the new patches are there all the same, and the old patches are in the run's history.
    for (variant, commit) in each(&document, "commit").iter().enumerate() {
        let text = env.repo.git(&["show", &format!("{}:notes.txt", commit.as_str().unwrap())]);
        assert_eq!(text, format!("attempt {}, better", variant + 1));
    }
    let kept_patch = env.repo.git(&["show", &format!("{old_head}:variants/var2/patch.diff")]);
    assert!(kept_patch.contains("+attempt 2") && !kept_patch.contains("better"));
    let ancestor = env.repo.try_git(&["merge-base", "--is-ancestor", &old_head, &format!("refs/puff/runs/{run}")]);
    assert_eq!(ancestor.code, 0);

    // Whatever was kept or left is so for good: the next harvest is no news.
    let before = env.repo.fingerprint();
    let third = env.repo.puff(&["harvest", &run]).ok();
    assert_eq!(env.repo.fingerprint(), before);
    assert!(!third.stderr.contains("warning"), "{}", third.stderr);

    // Only --recreate makes the deleted branch again.
    env.repo.puff(&["harvest", &run, "--recreate"]).ok();
    assert_eq!(env.notes(&run, 4), "attempt 4, better");
    assert_eq!((env.tip(&run, 2), env.tip(&run, 3)), (own, first[2].clone()));
}

#[test]
fn a_second_harvest_changes_nothing_at_all() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.submit(4, "Trim the input");
    env.finish(&task, 1, "one");
    // One that does not apply: it changes a line that is not there.
    let wrong = "diff --git a/notes.txt b/notes.txt\n--- a/notes.txt\n+++ b/notes.txt\n@@ -1,1 +1,1 @@\n-nine\n+ten\n";
    env.cloud.finish(&task, 2, wrong, "Done.");
    env.finish(&task, 3, "one");
    env.cloud.fail(&task, 4);
    env.repo.puff(&["watch", &run]).ok();
    let first = env.repo.puff(&["harvest", &run, "--json"]).exits(3).json();
    assert_eq!(each(&first, "apply"), ["applied", "rejected", "applied", "skipped"]);
    assert_eq!(first["variants"][1]["conflicts"], json!(["notes.txt"]));

    let before = env.repo.fingerprint();
    let second = env.repo.puff(&["harvest", &run, "--json"]).exits(3).json();
    assert_eq!(env.repo.fingerprint(), before);
    assert_eq!(second, first);
    let log = std::fs::read_to_string(env.repo.work().join(".codex/bo4_runs.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 1);
}

#[test]
fn watching_again_after_a_harvest_finds_nothing_to_do() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.submit(2, "Trim the input");
    env.finish_all(&task);
    ended(env.spawn(&["watch", &run])).ok();
    env.repo.puff(&["harvest", &run]).ok();
    let before = env.repo.fingerprint();
    env.repo.puff(&["watch", &run]).ok();
    let detached = env.repo.puff(&["watch", &run, "--detach", "--json"]).ok();
    assert_eq!(detached.json()["jobs"], json!([]));
    assert_eq!(env.repo.fingerprint(), before);
}
