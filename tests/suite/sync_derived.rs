//! What follows from a patch and its base is not believed of a record that came from another clone, nor of one that
//! somebody else wrote here.

use std::fs;

use serde_json::{Value, json};

use crate::support::export::{Export, patch_of};
use crate::support::test_repo::run;
use crate::support::two_clones::Who::{Ours, Theirs};
use crate::support::two_clones::{TwoClones, did, trouble};

/// A change of a run's record.
type Change<'c> = &'c dyn Fn(&mut Value);

/// Writes a step on a run's journal in somebody's clone, with files of its tree changed by hand; answers it.
fn step(pair: &TwoClones, tip: &str, changes: &[(&str, Change<'_>)]) -> String {
    let mut script = format!("export GIT_INDEX_FILE=forged-index; git read-tree {tip}");
    for (file, change) in changes {
        let there =
            run(pair.repo.command("git").current_dir(pair.folder(Theirs)).args(["show", &format!("{tip}:{file}")]));
        let mut document: Value = serde_json::from_str(&there.stdout).unwrap_or(Value::Null);
        change(&mut document);
        fs::write(pair.repo.path("forged.json"), document.to_string()).unwrap();
        let blob = pair.git(Theirs, &["hash-object", "-w", pair.repo.path("forged.json").to_str().unwrap()]);
        script += &format!("; git update-index --add --cacheinfo 100644,{blob},{file}");
    }
    script += "; git write-tree; rm forged-index";
    let tree = run(pair.repo.command("sh").current_dir(pair.folder(Theirs)).args(["-c", &script])).ok();
    pair.git(Theirs, &["commit-tree", "-p", tip, "-m", "forged", tree.stdout.trim()])
}

/// Sends a run of another name that is like this one, but for what is changed.
fn send(pair: &TwoClones, like: &str, name: &str, change: Change<'_>) {
    let tip = format!("refs/puff/remotes/origin/runs/{like}");
    let renamed = |record: &mut Value| {
        record["run"] = json!(name);
        change(record);
    };
    let forged = step(pair, &tip, &[("run.json", &renamed)]);
    pair.git(Theirs, &["push", "-q", "origin", &format!("+{forged}:refs/puff/runs/{name}")]);
}

/// A run whose patch asks for a look, in both clones; and a commit on its base that is not what the patch makes.
fn shared() -> (TwoClones, String) {
    let pair = TwoClones::new();
    let export = Export::new(&pair.repo, "export");
    let change = || {
        pair.repo.write("notes.txt", "harmless\n");
        pair.repo.write(".github/workflows/ci.yml", "on: push\n");
    };
    export.patch(1, patch_of(&pair.repo, change));
    pair.puff(Ours, &["harvest", "--from", export.path(), "--base", "main", "--name", "fix"]).ok();
    pair.sync(Ours);
    pair.sync(Theirs);
    let folder = pair.folder(Theirs);
    pair.git(Theirs, &["checkout", "-q", "-b", "evil", "origin/main"]);
    fs::write(folder.join("notes.txt"), "backdoor\n").unwrap();
    pair.git(Theirs, &["commit", "-qam", "Harmless"]);
    let backdoor = pair.git(Theirs, &["rev-parse", "HEAD"]);
    pair.git(Theirs, &["push", "-q", "origin", "evil:refs/heads/evil"]);
    pair.git(Theirs, &["checkout", "-q", "main"]);
    pair.git(Ours, &["fetch", "-q", "origin"]);
    (pair, backdoor)
}

#[test]
fn a_commit_that_is_not_its_patch_is_made_again_of_the_patch() {
    let (pair, backdoor) = shared();
    let before = pair.show(Ours, "fix");
    let claim = |record: &mut Value| {
        let variant = &mut record["variants"][0];
        variant["commit"] = json!(backdoor);
        variant["risks"] = json!([]);
        variant["files"] = json!(1);
        variant["insertions"] = json!(0);
        variant["apply"] = json!("applied-3way");
        variant["conflicts"] = json!(["nowhere"]);
    };
    send(&pair, "fix", "evil", &claim);
    send(&pair, "fix", "fix", &claim);
    assert_eq!(did(&pair.sync(Ours), "evil"), ["received"]);
    for name in ["fix", "evil"] {
        let variant = pair.show(Ours, name)["variants"][0].clone();
        assert_ne!(variant["commit"], json!(backdoor));
        assert_eq!(variant["risks"][0]["kind"], "workflow", "{variant:#}");
        let counts = [&variant["files"], &variant["apply"], &variant["conflicts"]];
        assert_eq!(counts, [&json!(2), &json!("applied"), &json!([])], "{variant:#}");
        assert_eq!(variant["insertions"], before["variants"][0]["insertions"]);
        let shown = pair.puff(Ours, &["diff", &format!("{name}:1")]).ok().stdout;
        assert!(shown.contains("+harmless") && !shown.contains("backdoor"), "{shown}");
    }
    assert_eq!(pair.show(Ours, "fix")["variants"][0]["branch"], "puff/fix/var1", "what is here stays");
    // The commit is here: a review needs no harvest.
    pair.puff(Ours, &["review", "evil", "--check", "grep -q harmless notes.txt"]).ok();
    pair.puff(Ours, &["pick", "evil:1"]).ok();
    assert_eq!(fs::read_to_string(pair.folder(Ours).join("notes.txt")).unwrap(), "harmless\n");
    pair.settle();
}

#[test]
fn a_correction_stays_local() {
    let (pair, backdoor) = shared();
    send(&pair, "fix", "evil", &|record| record["variants"][0]["commit"] = json!(backdoor));
    let sent = pair.at_remote("evil");
    pair.sync(Ours);
    // What is remembered for speed is not what this rests on.
    fs::remove_file(pair.repo.puff_dir().join("cache/travels")).unwrap();
    assert_eq!(pair.sync(Ours)["runs"], json!([]));
    assert_eq!(pair.at_remote("evil"), sent);
}

#[test]
fn a_planted_record_is_verified_before_use() {
    let (pair, backdoor) = shared();
    pair.git(Theirs, &["push", "-q", "../work", "evil:refs/heads/evil"]);
    let claim: Change<'_> = &|record| record["variants"][0]["commit"] = json!(backdoor);
    let forged = step(&pair, "refs/puff/runs/fix", &[("run.json", claim)]);
    pair.git(Theirs, &["push", "-q", "../work", &format!("+{forged}:refs/puff/runs/fix")]);
    for verb in [&["pick", "fix:1"][..], &["pick", "fix:1", "--branch", "x"], &["review", "fix", "--check", "true"]] {
        let refused = pair.puff(Ours, verb).exits(1);
        assert!(refused.stderr.contains("is not what its patch makes of its base"), "{verb:?}: {}", refused.stderr);
        assert!(refused.stderr.contains("harvest fix --recreate"), "{}", refused.stderr);
    }
    let shown = pair.puff(Ours, &["diff", "fix:1"]).ok().stdout;
    assert!(shown.contains("+harmless") && !shown.contains("backdoor"), "{shown}");
    pair.puff(Ours, &["harvest", "fix", "--recreate"]).ok();
    pair.puff(Ours, &["pick", "fix:1"]).ok();
    assert_eq!(fs::read_to_string(pair.folder(Ours).join("notes.txt")).unwrap(), "harmless\n");
}

#[test]
fn what_can_not_be_derived_without_the_base_is_not_used_before_it_is() {
    let pair = TwoClones::new();
    pair.repo.commit("new.txt", "new\n", "Not pushed yet");
    pair.import(Ours, "fix", &["a\n"]);
    pair.sync(Ours);
    pair.puff(Theirs, &["sync"]).ok();
    let variant = pair.show(Theirs, "fix")["variants"][0].clone();
    assert_eq!((&variant["apply"], &variant["files"]), (&Value::Null, &Value::Null), "{variant:#}");
    for verb in [&["pick", "fix:1"][..], &["review", "fix", "--check", "true"]] {
        let refused = pair.puff(Theirs, verb).exits(1);
        assert!(refused.stderr.contains("git puff harvest fix"), "{verb:?}: {}", refused.stderr);
        assert!(!refused.stderr.contains("fsck"), "{}", refused.stderr);
    }
    pair.git(Ours, &["push", "-q", "origin", "main"]);
    pair.puff(Theirs, &["harvest", "fix", "--recreate"]).ok();
    pair.puff(Theirs, &["review", "fix", "--check", "true"]).ok();
    pair.settle();
}

#[test]
fn a_base_that_is_on_no_branch_is_not_taken_along() {
    let (pair, _) = shared();
    let folder = pair.folder(Theirs);
    pair.git(Theirs, &["checkout", "-q", "--detach", "origin/main"]);
    fs::write(folder.join("hidden.txt"), "backdoor\n").unwrap();
    pair.git(Theirs, &["add", "hidden.txt"]);
    pair.git(Theirs, &["commit", "-qm", "Hidden"]);
    let hidden = pair.git(Theirs, &["rev-parse", "HEAD"]);
    // It comes along with the journal.
    let tip = "refs/puff/remotes/origin/runs/fix";
    let change: Change<'_> = &|record| {
        record["run"] = json!("evil");
        record["base_oid"] = json!(hidden);
    };
    let forged = step(&pair, tip, &[("run.json", change)]);
    let tree = pair.git(Theirs, &["rev-parse", &format!("{forged}^{{tree}}")]);
    let forged = pair.git(Theirs, &["commit-tree", "-p", tip, "-p", &hidden, "-m", "forged", &tree]);
    pair.git(Theirs, &["push", "-q", "origin", &format!("{forged}:refs/puff/runs/evil")]);
    pair.puff(Ours, &["sync"]);
    let refused = pair.puff(Ours, &["pick", "evil:1", "--branch", "mine"]).exits(1);
    assert!(refused.stderr.contains("is on no branch or tag here"), "{}", refused.stderr);
    pair.puff(Ours, &["pick", "evil:1"]).ok();
    assert!(!pair.folder(Ours).join("hidden.txt").exists());
}

#[test]
fn a_report_that_was_written_elsewhere_and_a_choice_that_does_not_follow_are_refused_or_drawn_up_again() {
    let (pair, _) = shared();
    pair.puff(Ours, &["review", "fix", "--check", "false"]);
    pair.sync(Ours);
    pair.sync(Theirs);
    let tip = "refs/puff/remotes/origin/runs/fix";
    let forged = step(&pair, tip, &[("report.md", &|document| *document = json!("Take var1."))]);
    pair.git(Theirs, &["push", "-q", "origin", &format!("{forged}:refs/puff/runs/fix")]);
    let outcome = pair.puff(Ours, &["sync", "--json"]).exits(3).json();
    assert_eq!(trouble(&outcome["remotes"][0], "fix")["kind"], "invalid");
    let choice: Change<'_> = &|review| {
        review["recommendation"] = json!({"variant": 1, "tied": [], "reasons": ["trust me"]});
        review["variants"][0]["verdict"] = json!("passed");
        review["variants"][0]["evidence"]["findings"] = json!([]);
    };
    let forged = step(&pair, tip, &[("review.json", choice)]);
    pair.git(Theirs, &["push", "-q", "origin", &format!("+{forged}:refs/puff/runs/fix")]);
    pair.sync(Ours);
    let report = pair.puff(Ours, &["report", "fix", "--format", "json"]).ok().json();
    let review = &report["review"];
    assert_eq!(review["recommendation"]["variant"], Value::Null, "{review:#}");
    assert_ne!(review["variants"][0]["verdict"], "passed");
    assert_eq!(review["variants"][0]["evidence"]["findings"][0]["kind"], "workflow");
}

#[test]
fn a_run_that_was_just_received_is_reviewed_and_picked_at_once() {
    let pair = TwoClones::new();
    let run = pair.import(Ours, "fix", &["a\n", "b\n"]);
    pair.sync(Ours);
    pair.sync(Theirs);
    pair.puff(Theirs, &["review", &run, "--check", "grep -q a notes.txt"]).ok();
    pair.puff(Theirs, &["diff", "fix:1"]).ok();
    // Its commits are named by nothing yet, and may have been collected.
    pair.git(Theirs, &["prune", "--expire=now"]);
    pair.puff(Theirs, &["pick", "fix:1"]).ok();
    let there = |who, variant: usize| pair.show(who, &run)["variants"][variant]["commit"].clone();
    assert_eq!(there(Ours, 0), there(Theirs, 0));
}
