//! A verdict belongs to a tree: what lands is checked before anything moves, unless that tree has passed already.

use std::fs;

use serde_json::{Value, json};

use crate::support::choice::Choice;
use crate::support::test_repo::TestRepo;

/// A run `fix` of a repository whose `check.sh` says of three tests how they ended: the first fails where there is a file
/// `moved`, the second where notes have 'zwei', the third where they have 'tres'. Each call of it is counted.
fn choice() -> (Choice, String) {
    let repo = TestRepo::new();
    repo.confine_nothing();
    let log = repo.path("calls").display().to_string();
    let script = format!(
        "echo x >>'{log}'\nend=0\nsay() {{ if $1; then echo \"ok $2\"; else echo \"not ok $2\"; end=1; fi; }}\necho 1..3\n\
         say 'test ! -e moved' '1 - stays'\nsay '! grep -q zwei notes.txt' '2 - counts in digits'\n\
         say '! grep -q tres notes.txt' '3 - speaks English'\nexit $end\n"
    );
    let script = script.replace("if $1;", "if eval \"$1\";");
    repo.commit("check.sh", script, "Check it");
    (Choice::in_repo(repo), log)
}

fn calls(log: &str) -> usize {
    fs::read_to_string(log).map(|text| text.lines().count()).unwrap_or(0)
}

const CHECK: &str = "sh check.sh";

#[test]
fn what_fails_where_it_lands_does_not_land() {
    let (choice, log) = choice();
    let repo = &choice.repo;
    repo.puff(&["review", "fix", "--check", CHECK]).ok();
    repo.git(&["branch", "release"]);
    repo.commit("moved", "", "Move on");
    repo.git(&["branch", "next"]);
    repo.git(&["branch", "-q", "-f", "release", "next"]);
    let (before, reviewed) = (choice.state(), calls(&log));
    for how in [&["--cherry-pick"][..], &["--merge"], &["--onto", "release"], &["--merge", "--onto", "release"]] {
        let refused = repo.puff(&[&["pick", "fix:1"], how].concat()).exits(1);
        let onto = if how.contains(&"--onto") { "release" } else { "main" };
        let said =
            format!("error: var1 of 'fix' fails '{CHECK}' (exit code 1): stays on '{onto}'; nothing has moved\n");
        assert!(refused.stderr.contains(&said) && refused.stderr.contains("--force"), "{}", refused.stderr);
        assert_eq!(choice.state(), before, "{how:?}");
    }
    // All of these make one tree, which ran once and once more to be sure.
    assert_eq!(calls(&log), reviewed + 2);

    let run = repo.puff(&["pick", "fix:1", "--force", "--json"]).ok().json();
    let decision = &run["decision"];
    assert_eq!(decision["tree"], json!(repo.git(&["rev-parse", "HEAD^{tree}"])));
    assert_eq!(decision["checks"][0]["status"], "failed");
    assert!(decision["reasons"].to_string().contains("--force"), "{decision}");
    repo.puff(&["undo", "fix"]).ok();
    let unchecked = repo.puff(&["pick", "fix:1", "--no-check", "--json"]).ok();
    assert!(unchecked.stderr.contains("no check was run on what lands"), "{}", unchecked.stderr);
    let decision = unchecked.json()["decision"].clone();
    assert!(decision["reasons"].to_string().contains("not checked (--no-check)"), "{decision}");
    assert_eq!((calls(&log), decision.get("tree")), (reviewed + 2, None));
}

#[test]
fn a_tree_that_passed_is_not_checked_again() {
    let (choice, log) = choice();
    let repo = &choice.repo;
    choice.import("again");
    repo.puff(&["review", "fix", "--check", CHECK]).ok();
    let reviewed = calls(&log);
    // Its own tree: on the base, by any way, and in another run.
    repo.puff(&["pick", "fix:1"]).ok();
    repo.puff(&["undo", "fix"]).ok();
    repo.puff(&["pick", "fix:1", "--branch", "taken"]).ok();
    repo.git(&["config", "puff.check", CHECK]);
    repo.puff(&["pick", "again:1", "--branch", "too"]).ok();
    repo.puff(&["undo", "again"]).ok();
    repo.puff(&["undo", "fix"]).ok();
    assert_eq!(calls(&log), reviewed);
    // What failed in one run is not taken of another.
    let refused = repo.puff(&["pick", "again:3"]).exits(1);
    assert!(refused.stderr.contains("is what var3 of 'fix' is, which"), "{}", refused.stderr);

    repo.commit("harmless", "", "Move on");
    let run = repo.puff(&["pick", "fix:1", "--json"]).ok().json();
    assert_eq!(run["decision"]["checks"][0]["status"], "passed");
    assert_eq!(calls(&log), reviewed + 1);
    repo.puff(&["undo", "fix"]).ok();
    let run = repo.puff(&["pick", "fix:1", "--merge", "--json"]).ok().json();
    assert_eq!((calls(&log), &run["decision"]["checks"][0]["cached"]), (reviewed + 1, &json!(true)));
}

#[test]
fn a_variant_without_a_review_is_checked_by_the_settings() {
    let (choice, log) = choice();
    let repo = &choice.repo;
    repo.puff(&["pick", "fix:3", "--branch", "free"]).ok();
    repo.puff(&["undo", "fix"]).ok();
    assert_eq!(calls(&log), 0);
    repo.git(&["config", "puff.check", CHECK]);
    let before = choice.state();
    repo.puff(&["pick", "fix:3"]).exits(1).complains(&["counts in digits"]);
    assert_eq!(choice.state(), before);
    repo.puff(&["pick", "fix:1"]).ok();
    assert_eq!(calls(&log), 3);
}

#[test]
fn what_conflicts_were_resolved_to_is_checked_before_it_is_committed() {
    let (choice, _) = choice();
    let repo = &choice.repo;
    repo.set_editor("true");
    repo.git(&["config", "puff.check", CHECK]);
    repo.commit("notes.txt", "one\ndrei\nthree\n", "Meanwhile");
    let conflict = repo.puff(&["pick", "fix:1"]).exits(1);
    assert!(conflict.stderr.contains("conflicts with 'main'"), "{}", conflict.stderr);
    let head = repo.git(&["rev-parse", "HEAD"]);
    repo.write("notes.txt", "one\ntres\nthree\n");
    repo.git(&["add", "notes.txt"]);
    let refused = repo.puff(&["pick", "--continue"]).exits(1);
    assert!(
        refused.stderr.contains("speaks English") && refused.stderr.contains("--continue --force"),
        "{}",
        refused.stderr
    );
    assert_eq!(repo.git(&["rev-parse", "HEAD", "CHERRY_PICK_HEAD"]).lines().next(), Some(head.as_str()));
    repo.write("notes.txt", "one\n2 and drei\nthree\n");
    repo.git(&["add", "notes.txt"]);
    let run = repo.puff(&["pick", "--continue", "--json"]).ok().json();
    assert_eq!(run["decision"]["tree"], json!(repo.git(&["rev-parse", "HEAD^{tree}"])));
    assert_eq!(run["decision"]["checks"][0]["status"], "passed");
    repo.puff(&["undo"]).ok();
    assert_eq!(repo.git(&["rev-parse", "HEAD"]), head);
}

#[test]
fn the_hook_knows_a_tree_by_whichever_run_or_commit() {
    let (choice, _) = choice();
    let repo = &choice.repo;
    choice.import("again");
    let rules = |commit: &str| -> Vec<Value> {
        let commit = repo.git(&["rev-parse", commit]);
        let line = format!("HEAD {commit} refs/heads/x {}\n", "0".repeat(commit.len()));
        let said = repo.puff_with_input(&["hook", "pre-push", "--json", "origin", "../origin.git"], line.as_bytes());
        let findings = said.json()["findings"].as_array().unwrap().clone();
        findings.into_iter().filter(|found| found["rule"] != "records").map(|found| found["rule"].clone()).collect()
    };
    assert_eq!(rules("puff/again/var1"), ["unreviewed"]);
    repo.puff(&["review", "fix", "--check", CHECK]).ok();
    assert_eq!(rules("puff/again/var1"), [""; 0]);
    assert_eq!(rules("puff/again/var3"), ["failed"]);
    // On another commit, it is another tree.
    repo.commit("moved", "", "Move on");
    repo.puff(&["pick", "fix:1"]).exits(1);
    repo.puff(&["pick", "again:1"]).exits(1).complains(&["stays"]);
    repo.git(&["cherry-pick", "puff/fix/var1"]);
    assert_eq!(rules("HEAD"), ["failed"]);
}
