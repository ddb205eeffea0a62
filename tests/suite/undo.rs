//! Taking back: `git puff undo`, and kills in the middle of taking and taking back.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::choice::Choice;

#[test]
fn undo_reverts_one_operation_at_a_time() {
    let choice = Choice::new();
    let repo = &choice.repo;
    let first = choice.state();
    repo.puff(&["pick", "fix:1"]).ok();
    let second = choice.state();
    repo.puff(&["prune", "fix"]).ok();
    let run = repo.puff(&["undo", "@", "--json"]).ok().json();
    assert_eq!((&run["schema"], &run["state"]), (&json!("puff.run/1"), &json!("picked")));
    assert_eq!(choice.state(), second);
    let ran = repo.puff(&["undo", "fix"]).ok();
    assert!(ran.stdout.contains("undid the pick of var1 of 'fix'"), "{}", ran.stdout);
    assert_eq!(choice.state(), first);
    repo.puff(&["undo"]).exits(1).complains(&["nothing to undo"]);
    repo.puff(&["undo", "nope"]).exits(1).complains(&["'nope'"]);
    repo.puff(&["undo", "fix:1"]).exits(129).complains(&["takes a run, not a variant"]);
    // And on again.
    repo.puff(&["pick", "fix:3"]).ok();
    assert_eq!(repo.show("fix")["decision"]["variant"], 3);
}

#[test]
fn branches_with_later_commits_are_named_and_kept() {
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.puff(&["pick", "fix:1"]).ok();
    let refused = |words: &[&str]| {
        let before = choice.state();
        let ran = repo.puff(&["undo"]).exits(1).complains(words);
        assert_eq!(choice.state(), before);
        ran
    };
    repo.write("README", "half done\n");
    refused(&["changes that are in no commit", "README"]);
    repo.git(&["commit", "-q", "-a", "-m", "Go on"]);
    refused(&["'main' has moved on since", "(Go on)"]);
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repo.write(".git/BISECT_LOG", "");
    refused(&["a bisection"]);
    fs::remove_file(repo.work().join(".git/BISECT_LOG")).unwrap();
    // Somebody else has the branch.
    let linked = repo.path("linked");
    repo.git(&["switch", "-q", "-c", "aside"]);
    repo.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "main"]);
    let said = refused(&["'main' is checked out in the worktree"]).stderr;
    assert!(said.contains("puff undo fix"), "{said}");
    choice.puff_in(&linked, &["undo", "fix"]).ok();
    assert_eq!(fs::read_to_string(linked.join("notes.txt")).unwrap(), "one\ntwo\nthree\n");

    // The record has gone on.
    repo.puff(&["pick", "fix:2", "--branch", "new"]).ok();
    let mut run = repo.show("fix");
    run["reason"] = json!("somebody said so");
    choice.record("fix", &run);
    refused(&["has changed since", "by hand"]);
}

#[test]
fn a_touched_but_unchanged_file_does_not_block_a_pick() {
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.commit("README", "More.\n", "More");
    let before = choice.state();
    for way in [&["pick", "fix:1"][..], &["pick", "fix:1", "--merge"]] {
        repo.puff(way).ok();
        for name in ["notes.txt", "README"] {
            let file = fs::File::options().append(true).open(repo.work().join(name)).unwrap();
            file.set_modified(std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)).unwrap();
        }
        repo.puff(&["undo"]).ok();
        assert_eq!(choice.state(), before, "{way:?}");
    }
}

/// Git is stopped after it has moved the files and the index, before the ref: then the undo continues, and what the user has
/// changed meanwhile is never touched.
#[test]
fn an_undo_interrupted_in_git_is_continued() {
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.commit("README", "More.\n", "More");
    let before = choice.state();
    let shim = repo.path("bin/git");
    let script = r#"#!/bin/sh
# git itself would put its own folder before this one.
[ "$1" = puff ] && { shift; exec git-puff "$@"; }
PATH=$(printf %s "$PATH" | sed "s|$(dirname "$0"):||")
case " $* " in
  *" reset --keep "*) for last; do :; done; git read-tree -m -u HEAD "$last"; exit 1 ;;
esac
exec git "$@"
"#;
    for way in [&["undo"][..], &["doctor", "--repair"]] {
        repo.puff(&["pick", "fix:1"]).ok();
        let picked = fs::read_to_string(repo.work().join("notes.txt")).unwrap();
        fs::write(&shim, script).unwrap();
        fs::set_permissions(&shim, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let stopped = repo.puff(&["undo"]).exits(1).complains(&["cannot restore 'main'"]);
        assert!(
            stopped.stderr.contains("git stopped in the middle; 'git puff undo fix' continues"),
            "{}",
            stopped.stderr
        );
        fs::remove_file(&shim).unwrap();
        assert_ne!(fs::read_to_string(repo.work().join("notes.txt")).unwrap(), picked);
        assert_ne!(repo.git(&["diff", "--cached", "--name-only"]), "", "the index is moved, the ref is not");
        let doctor = repo.puff(&["doctor"]);
        assert!(doctor.stdout.contains("the undo of the pick of var1 of 'fix' was interrupted"), "{}", doctor.stdout);

        // The user's own changes, in a file that the undo moves, and in another one.
        for name in ["notes.txt", "README"] {
            let moved = fs::read(repo.work().join(name)).unwrap();
            repo.write(name, "mine\n");
            repo.puff(&["undo"]).exits(1).complains(&["changes that are in no commit", name]);
            repo.puff(&["doctor", "--repair"]);
            assert_eq!(fs::read_to_string(repo.work().join(name)).unwrap(), "mine\n");
            fs::write(repo.work().join(name), moved).unwrap();
        }
        // Half a file is none of the user's.
        fs::write(repo.work().join("notes.txt"), "on").unwrap();
        repo.puff(way);
        assert_eq!(choice.state(), before, "{way:?}");
        assert!(!repo.puff_dir().join("undo-fix").exists());
        repo.puff(&["undo"]).exits(1).complains(&["nothing to undo"]);
    }

    // Without an undo that was begun, the same state is the user's.
    repo.puff(&["pick", "fix:1"]).ok();
    repo.git(&["read-tree", "-m", "-u", "HEAD", "HEAD~1"]);
    repo.puff(&["undo"]).exits(1).complains(&["changes that are in no commit"]);
}

#[test]
fn a_step_is_told_by_its_trailer_and_not_by_its_subject() {
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.puff(&["review", "fix", "--check", "true"]).ok();
    repo.puff(&["pick", "fix:1"]).ok();
    let steps = repo.git(&["log", "--format=%(trailers:key=Puff-Step,valueonly,separator=%x2C)", "refs/puff/runs/fix"]);
    assert_eq!(steps, "pick\npick\nreview\nharvest\nharvest\nimport");
    // What quotes the words of a pick is none: something was recorded, and would be lost.
    let mut run = repo.show("fix");
    run["reason"] = json!("somebody said so");
    choice.record("fix", &run);
    let tree = repo.git(&["rev-parse", "refs/puff/runs/fix^{tree}"]);
    let message = "pick: var9 is what the agent said\n\nPuff-Step: pick\n\nPuff-Step: observe";
    let step = repo.git(&["commit-tree", "-p", "refs/puff/runs/fix~1", "-m", message, &tree]);
    repo.git(&["update-ref", "refs/puff/runs/fix", &step]);
    repo.puff(&["undo"]).exits(1).complains(&["has changed since", "var9"]);
    // A report that was made again, in whatever words, stands in no way.
    let message = "rendered anew\n\nPuff-Step: report";
    let step = repo.git(&["commit-tree", "-p", "refs/puff/runs/fix~1", "-m", message, &tree]);
    repo.git(&["update-ref", "refs/puff/runs/fix", &step]);
    repo.puff(&["undo"]).ok();
    assert_eq!(repo.show("fix")["decision"], Value::Null);
}

#[test]
fn undo_of_a_prune_does_not_overwrite_later_work() {
    let choice = Choice::new();
    let repo = &choice.repo;
    let before = choice.state();
    repo.puff(&["prune", "fix"]).ok();
    repo.git(&["branch", "puff/fix/var2", "main"]);
    repo.puff(&["undo"]).exits(1).complains(&["branch 'puff/fix/var2' exists again"]);
    repo.puff(&["show", "fix"]).exits(1);
    repo.git(&["branch", "-D", "-q", "puff/fix/var2"]);
    // A note that was written meanwhile keeps what it says.
    repo.git(&["notes", "--ref=puff/report", "add", "-f", "-m", "Meanwhile.", "main"]);
    repo.puff(&["undo"]).ok();
    let note = repo.git(&["notes", "--ref=puff/report", "show", "main"]);
    assert!(note.starts_with("Meanwhile.\n\n# Handoff: fix\n"), "{note}");
    let without = |text: &str| text.replace("Meanwhile.\n\n", "");
    assert_eq!(without(&choice.state()), before);
    repo.puff(&["prune", "fix"]).ok();
    choice.import("fix");
    repo.puff(&["undo"]).exits(1).complains(&["run 'fix' exists again"]);
}

#[test]
fn a_killed_pick_is_recovered() {
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.commit("README", "More.\n", "More");
    repo.git(&["branch", "release"]);
    let wanted = choice.state();
    let check = |place: &std::path::Path, what: &str| {
        choice.idle(place, "fix");
        choice.puff_in(place, &["doctor", "--repair"]);
        let run = choice.puff_in(place, &["show", "fix", "--json"]).ok().json();
        if run["decision"] != Value::Null {
            assert_eq!(run["state"], "picked", "{what}");
            let onto = run["decision"]["onto"].as_str().unwrap();
            assert_eq!(run["decision"]["after"], json!(repo.git_in(place, &["rev-parse", onto])), "{what}");
            choice.puff_in(place, &["undo"]).ok();
        }
        assert_eq!(choice.state_of(place), wanted, "{what}");
        // And it can be taken now.
        choice.puff_in(place, &["pick", "fix:1"]).ok();
        choice.puff_in(place, &["undo"]).ok();
        assert_eq!(choice.state_of(place), wanted, "{what}");
    };
    let ways: [&[&str]; 3] =
        [&["pick", "fix:1"], &["pick", "fix:1", "--onto", "release"], &["pick", "fix:1", "--merge"]];
    for (number, delay) in [4, 8, 12, 16, 20, 25, 30, 36, 45].into_iter().enumerate() {
        let place = choice.copy(&format!("killed-{number}"));
        choice.kill_in(&place, ways[number % 3], Duration::from_millis(delay));
        check(&place, &format!("{:?} after {delay} ms", ways[number % 3]));
    }
    let mut number = 0;
    for way in ways {
        for (state, name) in
            [("committed", "refs/puff/trash/fix"), ("prepared", "refs/heads/"), ("committed", "refs/heads/")]
        {
            number += 1;
            let place = choice.copy(&format!("hooked-{number}"));
            let when = format!("[ \"$1\" = {state} ] && echo \"$stdin\" | grep -q {name}");
            Choice::kill_from_hook(&place, "reference-transaction", &when, "");
            choice.puff_in(&place, way).exits(-1);
            fs::remove_file(place.join(".git/hooks/reference-transaction")).unwrap();
            check(&place, &format!("{way:?} {state} {name}"));
        }
    }
}

#[test]
fn a_pick_is_not_judged_while_its_git_still_runs() {
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.commit("README", "More.\n", "More");
    for way in [&["pick", "fix:1"][..], &["pick", "fix:1", "--merge"]] {
        let before = choice.state();
        let go = repo.path("go");
        let when = "[ \"$1\" = prepared ] && echo \"$stdin\" | grep -q refs/heads/";
        let wait = format!("while [ ! -e '{}' ]; do sleep 0.05; done", go.display());
        Choice::kill_from_hook(&repo.work(), "reference-transaction", when, &wait);
        // Its git keeps whatever it writes to open, so that is not waited for.
        let mut command = repo.command(env!("CARGO_BIN_EXE_git-puff"));
        let killed = command.args(way).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert_eq!(killed.code(), None);
        for verb in [&["pick", "fix:2"][..], &["undo"], &["prune", "fix"]] {
            repo.puff(verb).exits(1).complains(&["another git-puff is"]);
        }
        fs::write(&go, "").unwrap();
        choice.idle(&repo.work(), "fix");
        fs::remove_file(repo.work().join(".git/hooks/reference-transaction")).unwrap();
        fs::remove_file(&go).unwrap();
        repo.puff(&["pick", "fix:2"]).exits(1).complains(&["decided already", "var1"]);
        repo.puff(&["undo"]).ok();
        assert_eq!(choice.state(), before, "{way:?}");
    }
}

#[test]
fn a_killed_undo_is_recovered() {
    let choice = Choice::new();
    choice.repo.git(&["branch", "release"]);
    let wanted = choice.state();
    for (number, (act, name)) in [
        (&["pick", "fix:1"][..], "refs/heads/main"),
        (&["pick", "fix:1"], "refs/puff/trash/fix"),
        (&["pick", "fix:1", "--onto", "release"], "refs/heads/release"),
        (&["pick", "fix:1", "--branch", "new"], "refs/heads/new"),
        (&["prune", "fix"], "refs/puff/runs/fix"),
    ]
    .into_iter()
    .enumerate()
    {
        for state in ["prepared", "committed"] {
            let place = choice.copy(&format!("undo-{number}-{state}"));
            choice.puff_in(&place, act).ok();
            let when = format!("[ \"$1\" = {state} ] && echo \"$stdin\" | grep -q {name}");
            Choice::kill_from_hook(&place, "reference-transaction", &when, "");
            choice.puff_in(&place, &["undo"]).exits(-1);
            fs::remove_file(place.join(".git/hooks/reference-transaction")).unwrap();
            choice.idle(&place, "fix");
            let again = choice.puff_in(&place, &["undo"]);
            assert!(again.code == 0 || again.stderr.contains("nothing to undo"), "{act:?}: {}", again.stderr);
            assert_eq!(choice.state_of(&place), wanted, "{act:?} {state} {name}");
        }
    }
}
