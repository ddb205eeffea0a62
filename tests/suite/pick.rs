//! Taking a variant: `git puff pick`.

use std::fs;

use serde_json::{Value, json};

use crate::support::choice::Choice;
use crate::support::export::{Export, patch_of};
use crate::support::test_repo::{TestRepo, run};

fn taken(run: &Value) -> (&Value, &Value, &Value) {
    let decision = &run["decision"];
    (&run["state"], &decision["variant"], &decision["how"])
}

#[test]
fn a_variant_is_cherry_picked_and_the_decision_is_recorded_everywhere() {
    let choice = Choice::new();
    let repo = &choice.repo;
    let before = repo.git(&["rev-parse", "HEAD"]);
    repo.commit("other.txt", "x\n", "Meanwhile");
    let onto = repo.git(&["rev-parse", "HEAD"]);
    // The runbook log is no change of the user's.
    repo.write(".codex/bo4_runs.jsonl", "");
    let run = repo.puff(&["pick", "fix:1", "--json"]).ok().json();
    assert_eq!(taken(&run), (&json!("picked"), &json!(1), &json!("cherry-pick")));
    let decision = &run["decision"];
    assert_eq!((&decision["onto"], &decision["before"]), (&json!("refs/heads/main"), &json!(onto)));
    assert_eq!(decision["after"], json!(repo.git(&["rev-parse", "HEAD"])));
    assert_eq!(repo.git(&["rev-parse", "HEAD~1"]), onto);
    assert_eq!(repo.git(&["show", "HEAD:notes.txt"]), "one\n2\nthree");
    assert!(repo.git(&["log", "-1", "--format=%B"]).contains("Puff-Run: fix\nPuff-Variant: 1/4"));

    let reasons = decision["reasons"].to_string();
    assert!(reasons.contains("There was no review") && reasons.contains("No check was run"), "{reasons}");
    let section = "## Decision\n\nvar1 was picked, by a cherry-pick onto main: ";
    assert!(repo.puff(&["report", "fix"]).ok().stdout.contains(section));
    assert!(repo.git(&["notes", "--ref=puff/report", "show", &before]).contains(section));
    assert!(repo.git(&["notes", "--ref=puff/runs", "show", &before]).contains(r#""decision":{"variant":1"#));
    let shown = repo.puff(&["show", "fix"]).ok().stdout;
    assert!(shown.contains("git puff undo fix") && !shown.contains("git puff pick"), "{shown}");

    let state = choice.state();
    repo.puff(&["pick", "fix:2"]).exits(1).complains(&["decided already", "var1"]);
    assert_eq!(choice.state(), state);
}

#[test]
fn a_pick_can_merge_or_create_a_branch() {
    let choice = Choice::new();
    let repo = &choice.repo;
    let run = repo.puff(&["pick", "fix:2", "--merge", "--json"]).ok().json();
    assert_eq!(taken(&run), (&json!("picked"), &json!(2), &json!("merge")));
    let commit = run["variants"][1]["commit"].as_str().unwrap();
    assert_eq!(repo.git(&["rev-parse", "HEAD^2"]), commit);
    assert_eq!(repo.git(&["log", "-1", "--format=%s"]), "Merge branch 'puff/fix/var2' into main");
    repo.puff(&["undo"]).ok();

    for (name, code, words) in
        [("main", 1, "already"), ("a..b", 129, "'a..b'"), ("-x", 129, "'-x'"), ("puff", 1, "in the way")]
    {
        repo.puff(&["pick", "fix:2", &format!("--branch={name}")]).exits(code).complains(&[words]);
    }
    // What is in the worktree is no matter.
    repo.write("README", "half done\n");
    let run = repo.puff(&["pick", "fix:2", "--branch", "take/two", "--json"]).ok().json();
    assert_eq!(taken(&run), (&json!("picked"), &json!(2), &json!("branch")));
    assert_eq!((repo.git(&["rev-parse", "take/two"]), &run["decision"]["before"]), (commit.to_owned(), &Value::Null));
}

#[test]
fn onto_a_branch_nothing_else_is_touched_and_git_itself_would_make_the_same() {
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.git(&["branch", "release"]);
    repo.git(&["switch", "-q", "release"]);
    repo.commit("notes.txt", "zero\none\ntwo\nthree\n", "Begin at zero");
    repo.git(&["cherry-pick", "puff/fix/var1"]);
    let wanted = repo.git(&["log", "-1", "--format=%T %an %ae %ad %cn %ce %B"]);
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repo.git(&["switch", "-q", "main"]);
    repo.write("README", "half done\n");
    repo.write("new.txt", "mine\n");
    let untouched = || (repo.git(&["status", "--porcelain"]), fs::read(repo.work().join(".git/index")).unwrap());
    let before = untouched();
    let run = repo.puff(&["pick", "fix:1", "--onto", "release", "--json"]).ok().json();
    assert_eq!(run["decision"]["onto"], "refs/heads/release");
    assert_eq!(repo.git(&["log", "-1", "--format=%T %an %ae %ad %cn %ce %B", "release"]), wanted);
    assert_eq!(untouched(), before);
    repo.puff(&["undo", "fix"]).ok();
    let run = repo.puff(&["pick", "fix:1", "--merge", "--onto", "refs/heads/release", "--json"]).ok().json();
    let parents = repo.git(&["log", "-1", "--format=%P", "release"]);
    assert_eq!(parents.split(' ').nth(1), run["variants"][0]["commit"].as_str());
    assert_eq!(repo.git(&["rev-parse", "release^{tree}"]), wanted.split(' ').next().unwrap());
    assert_eq!(untouched(), before);
}

#[test]
fn what_does_not_go_onto_a_branch_is_refused_and_named() {
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.git(&["branch", "release"]);
    repo.git(&["branch", "old", "main~1"]);
    repo.git(&["branch", "done", "puff/fix/var1"]);
    repo.git(&["tag", "v1"]);
    repo.git(&["switch", "-q", "release"]);
    repo.commit("notes.txt", "one\ndrei\nthree\n", "Meanwhile");
    let linked = repo.path("linked");
    repo.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "-b", "elsewhere"]);
    repo.git(&["switch", "-q", "main"]);
    let before = choice.state();
    for (args, words) in [
        (&["--onto", "release"][..], &["conflicts with 'release'", "notes.txt", "nothing has moved"][..]),
        (&["--onto", "main"], &["'main' is in use"]),
        (&["--onto", "elsewhere"], &["'elsewhere' is in use", "linked"]),
        (&["--onto", "done"], &["changes nothing on 'done'"]),
        (&["--onto", "done", "--merge"], &["changes nothing on 'done'"]),
        (&["--onto", "old", "--merge"], &["'old' does not contain the base"]),
        (&["--onto", "nowhere"], &["no branch named 'nowhere'"]),
        (&["--onto", "v1"], &["no branch named 'v1'"]),
        (&["--onto", "HEAD"], &["no branch named 'HEAD'"]),
        (&["--onto", "refs/remotes/origin/main"], &["no branch named 'refs/remotes/origin/main'"]),
    ] {
        repo.puff(&[&["pick", "fix:1"], args].concat()).exits(1).complains(words);
        assert_eq!(choice.state(), before, "{args:?}");
    }
    // Whoever is told where to do it, can.
    let said = repo.puff(&["pick", "fix:1", "--onto", "elsewhere"]).stderr;
    assert!(said.contains(&format!("git -C '{}' puff pick fix:1", linked.display())), "{said}");
    // A branch that is being rebased in some worktree is in use there.
    repo.git_in(&linked, &["switch", "-q", "release"]);
    run(repo.command("git").current_dir(&linked).args(["rebase", "puff/fix/var1"]));
    repo.puff(&["pick", "fix:1", "--onto", "release"]).exits(1).complains(&["'release' is in use", "linked"]);
}

/// As with git's own cherry-pick: a report that was written here, say, is in nobody's way.
#[test]
fn untracked_files_stay_and_are_not_written_over() {
    let choice = Choice::new();
    let repo = &choice.repo;
    // var2 makes a file of this name.
    repo.write("new.txt", "mine\n");
    let before = (repo.git(&["rev-parse", "HEAD"]), repo.git(&["status", "--porcelain"]));
    let ran = repo.puff(&["pick", "fix:2"]).exits(1);
    for words in ["new.txt", "error: git did not apply var2 of 'fix'", "nothing has moved"] {
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
    assert_eq!((repo.git(&["rev-parse", "HEAD"]), repo.git(&["status", "--porcelain"])), before);
    assert_eq!(repo.show("fix")["state"], "harvested");
    assert_eq!(fs::read_to_string(repo.work().join("new.txt")).unwrap(), "mine\n");

    fs::remove_file(repo.work().join("new.txt")).unwrap();
    repo.write("report.html", "a report\n");
    repo.puff(&["pick", "fix:2"]).ok();
    repo.puff(&["undo"]).ok();
    assert_eq!(repo.git(&["status", "--porcelain", "--", "report.html"]), "?? report.html");
}

#[test]
fn a_worktree_that_is_not_clean_or_in_the_middle_of_something_is_refused() {
    let choice = Choice::new();
    let repo = &choice.repo;
    let refused = |words: &[&str]| {
        let before = choice.state();
        let ran = repo.puff(&["pick", "fix:1"]).exits(1).complains(words);
        assert_eq!(choice.state(), before);
        ran
    };
    repo.write("README", "half done\n");
    refused(&["changes that are in no commit", "README"]);
    repo.git(&["add", "README"]);
    refused(&["README"]);
    repo.git(&["reset", "-q", "--hard"]);
    repo.write(".git/index.lock", "");
    refused(&["another git", "index.lock"]);
    fs::remove_file(repo.work().join(".git/index.lock")).unwrap();

    repo.git(&["switch", "-q", "-c", "side"]);
    repo.commit("notes.txt", "side\n", "Aside");
    repo.git(&["switch", "-q", "main"]);
    repo.commit("notes.txt", "main\n", "Ahead");
    for (begin, word, abort) in [
        (&["merge", "side"][..], "a merge", &["merge", "--abort"][..]),
        (&["cherry-pick", "side"], "a cherry-pick", &["cherry-pick", "--abort"]),
        (&["rebase", "side"], "a rebase", &["rebase", "--abort"]),
        (&["revert", "HEAD~1"], "a revert", &["revert", "--abort"]),
        (&["bisect", "start"], "a bisection", &["bisect", "reset"]),
    ] {
        repo.try_git(begin);
        let ran = refused(&[word, "not finished"]);
        assert!(ran.stderr.contains("end it first: "), "{}", ran.stderr);
        repo.git(abort);
    }
    // In a linked worktree it is that one which counts.
    let linked = repo.path("linked");
    repo.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "-b", "linked", "puff/fix/var2"]);
    repo.write("README", "half done\n");
    let ran = choice.puff_in(&linked, &["pick", "fix:1", "--json"]).ok();
    assert_eq!(ran.json()["decision"]["onto"], "refs/heads/linked");
    assert_eq!(fs::read_to_string(linked.join("notes.txt")).unwrap(), "one\n2\nthree\n");
}

#[test]
fn a_variant_that_cannot_be_picked_reports_why() {
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.puff(&["pick", "fix:4"]).exits(1).complains(&["var4", "no commit"]);
    assert!(repo.puff(&["pick", "fix:4"]).stderr.contains("git puff patch fix:4"));
    repo.puff(&["pick", "fix:9"]).exits(1).complains(&["no variant 9"]);
    repo.puff(&["pick", "fix"]).exits(129).complains(&["'fix' names a run"]);
    repo.puff(&["pick", "nope:1"]).exits(1).complains(&["'nope'"]);
    repo.puff(&["pick"]).exits(129).complains(&["RUN:N"]);
    repo.puff(&["pick", "fix:1", "--merge", "--branch", "x"]).exits(129).complains(&["--branch"]);
    repo.puff(&["pick", "fix:1", "--branch", "x", "--onto", "main"]).exits(129).complains(&["--onto"]);
    repo.puff(&["pick", "--continue"]).exits(1).complains(&["no pick waits"]);
    repo.puff(&["pick", "--abort"]).exits(1).complains(&["no pick waits"]);
    // What is there already.
    repo.git(&["cherry-pick", "puff/fix/var1"]);
    repo.commit("README", "More.\n", "More");
    let before = choice.state();
    repo.puff(&["pick", "fix:1"]).exits(1).complains(&["changes nothing on 'main'"]);
    repo.git(&["switch", "-q", "--orphan", "fresh"]);
    repo.puff(&["pick", "fix:1"]).exits(1).complains(&["'fresh' has no commit yet"]);
    repo.git(&["switch", "-q", "main"]);
    assert_eq!(choice.state(), before);
    // A run that is still at work.
    repo.git(&["config", "puff.agent.slow.command", "sh -c 'while [ ! -e done ]; do sleep 0.05; done'"]);
    let launched = repo.puff(&["submit", "--agent", "slow", "--prompt", "x", "--name", "slow"]);
    launched.ok();
    repo.puff(&["pick", "slow:1"]).exits(1).complains(&["is pending"]);
    repo.puff(&["prune", "slow"]).exits(1).complains(&["is pending"]);
    repo.puff(&["cancel", "slow"]).ok();
    repo.puff(&["prune", "slow"]).ok();
}

#[test]
fn a_bare_repository_and_a_detached_head_are_places_too() {
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.git(&["checkout", "-q", "--detach"]);
    let run = repo.puff(&["pick", "fix:1", "--json"]).ok().json();
    assert_eq!(
        (&run["decision"]["onto"], &run["decision"]["after"]),
        (&json!("HEAD"), &json!(repo.git(&["rev-parse", "HEAD"])))
    );
    repo.git(&["switch", "-q", "main"]);
    repo.puff(&["undo"]).exits(1).complains(&["HEAD is on the branch 'main' since"]);
    repo.git(&["checkout", "-q", "--detach", run["decision"]["after"].as_str().unwrap()]);
    repo.puff(&["undo"]).ok();
    assert_eq!(repo.git(&["rev-parse", "HEAD"]), repo.git(&["rev-parse", "main"]));
    repo.git(&["switch", "-q", "main"]);

    let bare = repo.path("bare.git");
    repo.git(&["clone", "-q", "--mirror", ".", bare.to_str().unwrap()]);
    choice.puff_in(&bare, &["pick", "fix:1"]).exits(1).complains(&["a bare repository has no worktree"]);
    let before = choice.state_of(&bare);
    // The HEAD of a bare repository holds no branch.
    choice.puff_in(&bare, &["pick", "fix:1", "--onto", "main"]).ok();
    assert_eq!(repo.git_in(&bare, &["show", "main:notes.txt"]), "one\n2\nthree");
    choice.puff_in(&bare, &["undo"]).ok();
    assert_eq!(choice.state_of(&bare), before);
    choice.puff_in(&bare, &["pick", "fix:1", "--branch", "new"]).ok();
    choice.puff_in(&bare, &["prune", "--picked"]).ok();
    choice.puff_in(&bare, &["undo"]).ok();
    choice.puff_in(&bare, &["undo"]).ok();
    assert_eq!(choice.state_of(&bare), before);
}

/// A run whose var1 conflicts with what HEAD has by now.
fn in_conflict() -> Choice {
    let choice = Choice::new();
    choice.repo.set_editor("true");
    choice.repo.commit("notes.txt", "one\ndrei\nthree\n", "Meanwhile");
    choice
}

#[test]
fn conflicts_are_continued_or_aborted_as_in_git() {
    let choice = in_conflict();
    let repo = &choice.repo;
    for how in ["--cherry-pick", "--merge"] {
        let before = choice.state();
        let ran = repo.puff(&["pick", "fix:1", how, "--json"]).exits(1);
        assert!(
            ran.stderr.contains("error: var1 of 'fix' conflicts with 'main' in notes.txt\nhint: "),
            "{}",
            ran.stderr
        );
        // The refusal is the document, and git says nothing in between.
        assert_eq!(ran.json()["error"], "var1 of 'fix' conflicts with 'main' in notes.txt");
        assert!(ran.stderr.contains("git puff pick --continue") && ran.stderr.contains("--abort"), "{}", ran.stderr);
        let head = if how == "--merge" { "MERGE_HEAD" } else { "CHERRY_PICK_HEAD" };
        assert_eq!(repo.git(&["rev-parse", head]), repo.git(&["rev-parse", "puff/fix/var1"]));
        let run = repo.show("fix");
        assert_eq!((&run["state"], &run["decision"]["after"]), (&json!("harvested"), &Value::Null));
        assert!(repo.puff(&["show", "fix"]).ok().stdout.contains("git puff pick --continue"));
        assert!(repo.puff(&["doctor"]).stdout.contains("waits for its conflicts"));

        repo.puff(&["pick", "--continue"]).exits(1).complains(&["waits for its conflicts"]);
        repo.puff(&["pick", "fix:2"]).exits(1).complains(&["waits for its conflicts"]);
        repo.puff(&["undo"]).exits(1).complains(&["waits for its conflicts"]);
        repo.puff(&["prune", "fix"]).exits(1).complains(&["waits for its conflicts"]);
        repo.puff(&["pick", "--abort"]).ok();
        assert_eq!(choice.state(), before, "{how}");

        repo.puff(&["pick", "fix:1", how]).exits(1);
        repo.write("notes.txt", "one\n2 and drei\nthree\n");
        repo.git(&["add", "notes.txt"]);
        let run = repo.puff(&["pick", "--continue", "--json"]).ok().json();
        assert_eq!(run["state"], "picked");
        assert_eq!(run["decision"]["after"], json!(repo.git(&["rev-parse", "HEAD"])));
        assert_eq!(repo.git(&["show", "HEAD:notes.txt"]), "one\n2 and drei\nthree");
        repo.puff(&["undo"]).ok();
        assert_eq!(choice.state(), before, "{how}");
    }
}

#[test]
fn a_cherry_pick_ended_with_git_is_recognized() {
    let choice = in_conflict();
    let repo = &choice.repo;
    let before = choice.state();
    let resolve = || {
        repo.puff(&["pick", "fix:1"]).exits(1);
        repo.write("notes.txt", "one\n2 and drei\nthree\n");
        repo.git(&["add", "notes.txt"]);
    };
    // With another message, even.
    resolve();
    repo.git(&["commit", "-q", "-m", "In my own words"]);
    repo.commit("README", "More.\n", "More");
    assert!(repo.puff(&["doctor"]).stdout.contains("is done, and not recorded"));
    repo.puff(&["pick", "fix:2"]).exits(1).complains(&["decided already", "var1"]);
    assert_eq!(repo.show("fix")["decision"]["after"], json!(repo.git(&["rev-parse", "HEAD~1"])));
    repo.puff(&["undo"]).exits(1).complains(&["'main' has moved on since", "(More)"]);
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repo.puff(&["undo"]).ok();
    assert_eq!(choice.state(), before);

    resolve();
    repo.git(&["cherry-pick", "--continue"]);
    repo.puff(&["pick", "--continue"]).ok();
    assert_eq!(repo.show("fix")["state"], "picked");
    repo.puff(&["undo"]).ok();

    // Given up, and another variant of the same run taken by hand instead: that is not the one.
    resolve();
    repo.git(&["cherry-pick", "--abort"]);
    repo.git(&["cherry-pick", "puff/fix/var2"]);
    assert!(repo.puff(&["doctor"]).stdout.contains("changed nothing"));
    let repairs = repo.puff(&["doctor", "--repair", "--json"]).json()["repairs"].to_string();
    assert!(repairs.contains("finished: the pick of var1"), "{repairs}");
    assert_eq!(repo.show("fix")["decision"], Value::Null);
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    assert_eq!(choice.state(), before);
}

#[test]
fn hooks_run_as_in_any_cherry_pick() {
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.commit("README", "More.\n", "More");
    let before = choice.state();
    let hook = repo.work().join(".git/hooks/commit-msg");
    repo.write(".git/hooks/commit-msg", "#!/bin/sh\necho 'not today' >&2; exit 1\n");
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let ran = repo.puff(&["pick", "fix:1", "--merge"]).exits(1).complains(&["git stopped before committing"]);
    assert!(ran.stderr.contains("not today"), "{}", ran.stderr);
    repo.puff(&["pick", "--abort"]).ok();
    assert_eq!(choice.state(), before);
}

#[test]
fn submodules_and_sparse_worktrees_are_taken_as_git_takes_them() {
    let repo = TestRepo::new();
    let library = repo.path("library");
    repo.git_in(&repo.path("home"), &["init", "-q", library.to_str().unwrap()]);
    repo.git_in(&library, &["commit", "-q", "--allow-empty", "-m", "One"]);
    repo.git(&["submodule", "add", "-q", library.to_str().unwrap(), "lib"]);
    repo.git(&["commit", "-q", "-m", "Use a library"]);
    repo.git_in(&library, &["commit", "-q", "--allow-empty", "-m", "Two"]);
    let two = repo.git_in(&library, &["rev-parse", "HEAD"]);
    let patch = patch_of(&repo, || {
        repo.git_in(&repo.work().join("lib"), &["fetch", "-q"]);
        repo.git_in(&repo.work().join("lib"), &["checkout", "-q", &two]);
    });
    repo.git(&["submodule", "-q", "update"]);
    let export = Export::new(&repo, "export");
    export.patch(1, patch).patch(2, repo.patch("src/parse.rs", "// new\n"));
    export.harvest(&repo, &["--name", "lib"]).ok();
    repo.git(&["branch", "release"]);
    repo.puff(&["pick", "lib:1", "--onto", "release"]).ok();
    assert_eq!(repo.git(&["rev-parse", "release:lib"]), two);
    repo.puff(&["undo"]).ok();
    // Work inside of the submodule is in no commit here.
    fs::write(repo.work().join("lib/mine"), "x").unwrap();
    repo.puff(&["pick", "lib:1"]).exits(1).complains(&["lib"]);
    fs::remove_file(repo.work().join("lib/mine")).unwrap();
    repo.puff(&["pick", "lib:1"]).ok();
    assert_eq!(repo.git(&["rev-parse", "HEAD:lib"]), two);
    repo.git(&["submodule", "-q", "update"]);
    repo.puff(&["undo"]).ok();
    repo.git(&["submodule", "-q", "update"]);
    repo.git(&["sparse-checkout", "set"]);
    repo.puff(&["pick", "lib:2"]).ok();
    assert_eq!(repo.git(&["show", "HEAD:src/parse.rs"]), "// new");
    assert!(!repo.work().join("src/parse.rs").exists());
}

#[test]
fn a_signature_is_made_where_the_user_signs() {
    needs!("ssh-keygen");
    let choice = Choice::new();
    let repo = &choice.repo;
    let key = repo.path("home/key");
    run(repo.command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", key.to_str().unwrap()])).ok();
    for (name, value) in [("gpg.format", "ssh"), ("user.signingKey", key.to_str().unwrap()), ("commit.gpgSign", "true")]
    {
        repo.git(&["config", name, value]);
    }
    repo.git(&["branch", "release"]);
    repo.puff(&["pick", "fix:1", "--onto", "release"]).ok();
    repo.puff(&["undo"]).ok();
    repo.puff(&["pick", "fix:1"]).ok();
    let signed = repo.git(&["cat-file", "commit", "HEAD"]);
    assert!(signed.contains("\ngpgsig") && signed.contains(" -----BEGIN SSH SIGNATURE-----"), "{signed}");
}
