//! The base: the cloud works on the remote's branch, so the remote is asked where that is, and what it will not see is
//! said before anything is paid.

use serde_json::json;

use crate::support::cloud::Action;
use crate::support::cloud_env::{CloudEnv, SUBMISSION, each};
use crate::support::test_repo::TestRepo;

const SUBMIT: [&str; 6] = ["submit", "--json", "--best-of", "1", "--prompt", "Trim the input"];

/// A second clone, in which somebody else works and pushes.
fn colleague_pushes(lab: &TestRepo, file: &str, text: &str) -> String {
    let other = lab.path("colleague");
    if !other.is_dir() {
        lab.git_in(&lab.path(""), &["clone", "-q", "origin.git", "colleague"]);
    }
    std::fs::write(other.join(file), text).unwrap();
    lab.git_in(&other, &["add", file]);
    lab.git_in(&other, &["commit", "-q", "-m", "Work of a colleague"]);
    lab.git_in(&other, &["push", "-q", "origin", "HEAD:main"]);
    lab.git_in(&other, &["rev-parse", "HEAD"])
}

#[test]
fn work_that_the_cloud_will_not_see_is_a_warning_before_anything_is_paid() {
    needs!("codex");
    let stage = CloudEnv::new();
    let pushed = stage.lab.git(&["rev-parse", "HEAD"]);
    let clean = stage.lab.puff(&SUBMIT).ok();
    assert!(!clean.stderr.contains("warning"), "the runbook log is no work of the user's: {}", clean.stderr);

    stage.lab.commit("own.txt", "own\n", "Not pushed");
    stage.lab.commit("own.txt", "more\n", "Not pushed either");
    stage.lab.write("notes.txt", "changed\n");
    stage.lab.write("new.txt", "new\n");
    let warned = stage.lab.puff(&SUBMIT).ok();
    let warnings = [
        "warning: 2 commits of 'main' are not on 'origin': the cloud will not see them",
        "warning: 2 changed paths are in no commit: the cloud will not see them",
    ];
    for warning in warnings {
        assert!(warned.stderr.contains(warning), "no '{warning}': {}", warned.stderr);
    }
    assert_eq!(warned.json()["base_oid"], json!(pushed), "the base is what the remote has");

    // They are said before anything is sent, so also where it is refused.
    stage.cloud.fault(SUBMISSION, Action::Status(422), Some(1));
    let refused = stage.lab.puff(&SUBMIT).exits(1).stderr;
    let error = refused.find("error: ").unwrap();
    assert!(warnings.iter().all(|warning| refused.find(warning).is_some_and(|at| at < error)), "{refused}");

    // What is changed beside another base than the one checked out is nobody's business.
    stage.lab.git(&["push", "-q", "origin", "HEAD~2:refs/heads/release"]);
    let other = stage.lab.puff(&[&SUBMIT[..], &["--base", "release"]].concat()).ok();
    assert!(!other.stderr.contains("warning"), "{}", other.stderr);
}

#[test]
fn a_remote_that_moved_ahead_is_fetched_and_recorded() {
    needs!("codex");
    let stage = CloudEnv::new();
    let here = stage.lab.git(&["rev-parse", "main"]);
    let ahead = colleague_pushes(&stage.lab, "theirs.txt", "theirs\n");
    let run = stage.lab.puff(&SUBMIT).ok().json();
    assert_eq!(run["base_oid"], json!(ahead));
    stage.lab.git(&["cat-file", "-e", &ahead]);
    // Fetched, and no more than that: no branch, no HEAD and no worktree followed it.
    assert_eq!(stage.lab.git(&["rev-parse", "main"]), here);
    assert!(!stage.lab.work().join("theirs.txt").exists());
    assert!(!stage.lab.work().join(".git/FETCH_HEAD").exists());

    let id = run["run"].as_str().unwrap();
    stage.finish_all(run["task_id"].as_str().unwrap());
    stage.lab.puff(&["harvest", id]).ok();
    assert_eq!(stage.lab.git(&["rev-parse", &format!("puff/{id}/var1^")]), ahead);
}

#[test]
fn a_branch_that_is_called_otherwise_at_the_remote_is_asked_for_by_that_name() {
    needs!("codex");
    let stage = CloudEnv::new();
    stage.lab.git(&["push", "-q", "origin", "main:refs/heads/trunk"]);
    stage.lab.git(&["checkout", "-q", "-b", "mine", "--track", "origin/main"]);
    stage.lab.git(&["branch", "-q", "--set-upstream-to", "origin/trunk"]);
    stage.lab.commit("own.txt", "own\n", "Not pushed");
    stage.lab.write("notes.txt", "changed\n");
    let submitted = stage.lab.puff(&SUBMIT).ok();
    for words in ["1 commit of 'mine' is not on 'origin'", "1 changed path is in no commit"] {
        assert!(submitted.stderr.contains(words), "{}", submitted.stderr);
    }
    let run = submitted.json();
    assert_eq!((&run["base"], stage.only_task().branch.as_deref()), (&json!("mine"), Some("trunk")));

    // Any way of naming the remote's branch means it.
    for name in ["trunk", "origin/trunk", "refs/heads/trunk", "refs/remotes/origin/trunk"] {
        let run = stage.lab.puff(&[&SUBMIT[..], &["--base", name]].concat()).ok().json();
        assert_eq!(run["base"], json!(name));
        assert_eq!(stage.cloud.tasks().last().unwrap().branch.as_deref(), Some("trunk"));
    }
    // And the alias of the flag.
    stage.lab.puff(&[&SUBMIT[..], &["--branch", "main"]].concat()).ok();
    assert_eq!(stage.cloud.tasks().last().unwrap().branch.as_deref(), Some("main"));
}

#[test]
fn a_base_that_the_cloud_cannot_start_from_is_refused_before_anything_is_paid() {
    needs!("codex");
    let stage = CloudEnv::new();
    let lab = &stage.lab;
    lab.git(&["branch", "-q", "unpushed"]);
    let commit = lab.git(&["rev-parse", "HEAD"]);
    let with = |base: &str| lab.puff(&[&SUBMIT[..], &["--base", base]].concat());
    let missing = with("unpushed").exits(1).complains(&["'origin'", "no branch 'unpushed'"]);
    assert!(missing.stderr.contains("git push -u origin unpushed"), "{}", missing.stderr);
    with("no-such").exits(1).complains(&["no branch 'no-such'"]);
    for commitish in [commit.as_str(), &commit[..10], "main~1", "HEAD^"] {
        with(commitish).exits(129).complains(&["from a branch, not from", commitish]);
    }
    with("").exits(129);
    lab.git(&["checkout", "-q", "--detach"]);
    let detached = lab.puff(&SUBMIT).exits(129).complains(&["HEAD is detached"]);
    assert!(detached.stderr.contains("--base BRANCH"), "{}", detached.stderr);
    lab.git(&["remote", "rename", "origin", "upstream"]);
    with("main").exits(128).complains(&["no remote named 'origin'"]);
    assert_eq!((lab.puff(&["list", "--json"]).ok().json()["runs"].clone(), stage.cloud.tasks().len()), (json!([]), 0));

    // Another remote is a setting; and on a detached HEAD a named base is enough.
    lab.git(&["config", "puff.remote", "upstream"]);
    with("main").ok();
    assert_eq!(stage.only_task().branch.as_deref(), Some("main"));
}

#[test]
fn a_remote_that_does_not_answer_is_taken_as_it_was_seen_last() {
    needs!("codex");
    let stage = CloudEnv::new();
    let seen = stage.lab.git(&["rev-parse", "origin/main"]);
    std::fs::rename(stage.lab.path("origin.git"), stage.lab.path("away.git")).unwrap();
    let run = stage.lab.puff(&SUBMIT).ok();
    assert!(run.stderr.contains("warning: 'origin' does not respond"), "{}", run.stderr);
    assert_eq!(run.json()["base_oid"], json!(seen));
    // A branch of it that was never seen cannot be taken.
    stage.lab.puff(&[&SUBMIT[..], &["--base", "other"]].concat()).exits(1).complains(&["does not respond", "'other'"]);
    assert_eq!(stage.cloud.tasks().len(), 1);
}

#[test]
fn patches_that_were_made_on_a_near_commit_are_put_on_that_commit() {
    needs!("codex");
    let stage = CloudEnv::new();
    let (run, task) = stage.submit(2, "Trim the input");
    let recorded = stage.lab.show(&run)["base_oid"].as_str().unwrap().to_owned();
    // Between the question and the checkout in the cloud, somebody pushed. Here, nobody has fetched that.
    let real = colleague_pushes(&stage.lab, "notes.txt", "one\ntwo\nthree\nfour\n");
    let finish = |attempt: usize, text: &str| {
        let there = stage.lab.path("colleague");
        std::fs::write(there.join("notes.txt"), text).unwrap();
        let patch = stage.lab.git_in(&there, &["diff"]) + "\n";
        stage.cloud.finish(&task, attempt, &patch, "Done.");
    };
    finish(1, "on the newer commit\n");
    let first = stage.lab.puff(&["harvest", &run, "--json"]).ok();
    let short = |name: &str| stage.lab.git(&["rev-parse", "--short", name]);
    let words = format!("made on {}, not on {}", short(&real), short(&recorded));
    assert!(first.stderr.contains(&words), "{}", first.stderr);
    assert_eq!((&first.json()["base_oid"], each(&first.json(), "apply")[0].clone()), (&json!(real), json!("applied")));
    assert_eq!(stage.lab.git(&["rev-parse", &format!("puff/{run}/var1^")]), real);
    let journal = stage.lab.git(&["log", "--format=%s", &format!("refs/puff/runs/{run}")]);
    assert!(journal.contains(&format!("made on {}, not on {}", &real[..10], &recorded[..10])), "{journal}");

    // Once something stands on it, it stays: the second attempt goes onto the same commit, without a word.
    finish(2, "the same, later\n");
    let second = stage.lab.puff(&["harvest", &run]).ok();
    assert!(!second.stderr.contains("made on"), "{}", second.stderr);
    assert_eq!(stage.lab.git(&["rev-parse", &format!("puff/{run}/var2^")]), real);
    let report = stage.lab.puff(&["report", &run]).ok().stdout;
    assert!(report.contains(&real), "{report}");
}

#[test]
fn patches_that_were_made_on_an_older_commit_are_put_on_that_commit() {
    needs!("codex");
    let stage = CloudEnv::new();
    let older = stage.lab.git(&["rev-parse", "HEAD"]);
    let patch = String::from_utf8(stage.lab.patch("notes.txt", "on the older commit\n")).unwrap();
    stage.lab.commit("notes.txt", "four\nfive\n", "Take other notes");
    stage.lab.git(&["push", "-q"]);
    let (run, task) = stage.submit(1, "Trim the input");
    stage.cloud.finish(&task, 1, &patch, "Done.");
    stage.lab.puff(&["watch", &run]).ok();
    stage.lab.puff(&["harvest", &run]).ok();
    assert_eq!(stage.lab.git(&["rev-parse", &format!("puff/{run}/var1^")]), older);
}
