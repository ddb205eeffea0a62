//! The base: the cloud works on the remote's branch, so the remote is asked where that is, and what it will not see is
//! said before anything is paid.

use serde_json::json;

use crate::support::cloud::Action;
use crate::support::cloud_env::{CloudEnv, SUBMISSION, each};
use crate::support::test_repo::TestRepo;

const SUBMIT: [&str; 6] = ["submit", "--json", "--best-of", "1", "--prompt", "Trim the input"];

/// A second clone, in which somebody else works and pushes.
fn colleague_pushes(repo: &TestRepo, file: &str, text: &str) -> String {
    let other = repo.path("colleague");
    if !other.is_dir() {
        repo.git_in(&repo.path(""), &["clone", "-q", "origin.git", "colleague"]);
    }
    std::fs::write(other.join(file), text).unwrap();
    repo.git_in(&other, &["add", file]);
    repo.git_in(&other, &["commit", "-q", "-m", "Work of a colleague"]);
    repo.git_in(&other, &["push", "-q", "origin", "HEAD:main"]);
    repo.git_in(&other, &["rev-parse", "HEAD"])
}

#[test]
fn work_that_the_cloud_will_not_see_is_a_warning_before_anything_is_paid() {
    needs!("codex");
    let env = CloudEnv::new();
    let pushed = env.repo.git(&["rev-parse", "HEAD"]);
    let clean = env.repo.puff(&SUBMIT).ok();
    assert!(!clean.stderr.contains("warning"), "the runbook log is no work of the user's: {}", clean.stderr);

    env.repo.commit("own.txt", "own\n", "Not pushed");
    env.repo.commit("own.txt", "more\n", "Not pushed either");
    env.repo.write("notes.txt", "changed\n");
    env.repo.write("new.txt", "new\n");
    let warned = env.repo.puff(&SUBMIT).ok();
    let warnings = [
        "warning: 2 commits of 'main' are not on 'origin': the cloud will not see them",
        "warning: 2 changed paths are in no commit: the cloud will not see them",
    ];
    for warning in warnings {
        assert!(warned.stderr.contains(warning), "no '{warning}': {}", warned.stderr);
    }
    assert_eq!(warned.json()["base_oid"], json!(pushed), "the base is what the remote has");

    // They are said before anything is sent, so also where it is refused.
    env.cloud.fault(SUBMISSION, Action::Status(422), Some(1));
    let refused = env.repo.puff(&SUBMIT).exits(1).stderr;
    let error = refused.find("error: ").unwrap();
    assert!(warnings.iter().all(|warning| refused.find(warning).is_some_and(|at| at < error)), "{refused}");

    // What is changed beside another base than the one checked out is nobody's business.
    env.repo.git(&["push", "-q", "origin", "HEAD~2:refs/heads/release"]);
    let other = env.repo.puff(&[&SUBMIT[..], &["--base", "release"]].concat()).ok();
    assert!(!other.stderr.contains("warning"), "{}", other.stderr);
}

#[test]
fn a_remote_that_moved_ahead_is_fetched_and_recorded() {
    needs!("codex");
    let env = CloudEnv::new();
    let here = env.repo.git(&["rev-parse", "main"]);
    let ahead = colleague_pushes(&env.repo, "theirs.txt", "theirs\n");
    let run = env.repo.puff(&SUBMIT).ok().json();
    assert_eq!(run["base_oid"], json!(ahead));
    env.repo.git(&["cat-file", "-e", &ahead]);
    // Fetched, and no more than that: no branch, no HEAD and no worktree followed it.
    assert_eq!(env.repo.git(&["rev-parse", "main"]), here);
    assert!(!env.repo.work().join("theirs.txt").exists());
    assert!(!env.repo.work().join(".git/FETCH_HEAD").exists());

    let id = run["run"].as_str().unwrap();
    env.finish_all(run["task_id"].as_str().unwrap());
    env.repo.puff(&["harvest", id]).ok();
    assert_eq!(env.repo.git(&["rev-parse", &format!("puff/{id}/var1^")]), ahead);
}

#[test]
fn a_branch_that_is_called_otherwise_at_the_remote_is_asked_for_by_that_name() {
    needs!("codex");
    let env = CloudEnv::new();
    env.repo.git(&["push", "-q", "origin", "main:refs/heads/trunk"]);
    env.repo.git(&["checkout", "-q", "-b", "mine", "--track", "origin/main"]);
    env.repo.git(&["branch", "-q", "--set-upstream-to", "origin/trunk"]);
    env.repo.commit("own.txt", "own\n", "Not pushed");
    env.repo.write("notes.txt", "changed\n");
    let submitted = env.repo.puff(&SUBMIT).ok();
    for words in ["1 commit of 'mine' is not on 'origin'", "1 changed path is in no commit"] {
        assert!(submitted.stderr.contains(words), "{}", submitted.stderr);
    }
    let run = submitted.json();
    assert_eq!((&run["base"], env.only_task().branch.as_deref()), (&json!("mine"), Some("trunk")));

    // Any way of naming the remote's branch means it.
    for name in ["trunk", "origin/trunk", "refs/heads/trunk", "refs/remotes/origin/trunk"] {
        let run = env.repo.puff(&[&SUBMIT[..], &["--base", name]].concat()).ok().json();
        assert_eq!(run["base"], json!(name));
        assert_eq!(env.cloud.tasks().last().unwrap().branch.as_deref(), Some("trunk"));
    }
    // And the alias of the flag.
    env.repo.puff(&[&SUBMIT[..], &["--branch", "main"]].concat()).ok();
    assert_eq!(env.cloud.tasks().last().unwrap().branch.as_deref(), Some("main"));
}

#[test]
fn a_base_that_the_cloud_cannot_start_from_is_refused_before_anything_is_paid() {
    needs!("codex");
    let env = CloudEnv::new();
    let repo = &env.repo;
    repo.git(&["branch", "-q", "unpushed"]);
    let commit = repo.git(&["rev-parse", "HEAD"]);
    let with = |base: &str| repo.puff(&[&SUBMIT[..], &["--base", base]].concat());
    let missing = with("unpushed").exits(1).complains(&["'origin'", "no branch 'unpushed'"]);
    assert!(missing.stderr.contains("git push -u origin unpushed"), "{}", missing.stderr);
    with("no-such").exits(1).complains(&["no branch 'no-such'"]);
    for commitish in [commit.as_str(), &commit[..10], "main~1", "HEAD^"] {
        with(commitish).exits(129).complains(&["from a branch, not from", commitish]);
    }
    with("").exits(129);
    repo.git(&["checkout", "-q", "--detach"]);
    let detached = repo.puff(&SUBMIT).exits(129).complains(&["HEAD is detached"]);
    assert!(detached.stderr.contains("--base BRANCH"), "{}", detached.stderr);
    repo.git(&["remote", "rename", "origin", "upstream"]);
    with("main").exits(128).complains(&["no remote named 'origin'"]);
    assert_eq!((repo.puff(&["list", "--json"]).ok().json()["runs"].clone(), env.cloud.tasks().len()), (json!([]), 0));

    // Another remote is a setting; and on a detached HEAD a named base is enough.
    repo.git(&["config", "puff.remote", "upstream"]);
    with("main").ok();
    assert_eq!(env.only_task().branch.as_deref(), Some("main"));
}

#[test]
fn a_remote_that_does_not_answer_is_taken_as_it_was_seen_last() {
    needs!("codex");
    let env = CloudEnv::new();
    let seen = env.repo.git(&["rev-parse", "origin/main"]);
    std::fs::rename(env.repo.path("origin.git"), env.repo.path("away.git")).unwrap();
    let run = env.repo.puff(&SUBMIT).ok();
    assert!(run.stderr.contains("warning: 'origin' does not respond"), "{}", run.stderr);
    assert_eq!(run.json()["base_oid"], json!(seen));
    // A branch of it that was never seen cannot be taken.
    env.repo.puff(&[&SUBMIT[..], &["--base", "other"]].concat()).exits(1).complains(&["does not respond", "'other'"]);
    assert_eq!(env.cloud.tasks().len(), 1);
}

#[test]
fn patches_that_were_made_on_a_near_commit_are_put_on_that_commit() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.submit(2, "Trim the input");
    let recorded = env.repo.show(&run)["base_oid"].as_str().unwrap().to_owned();
    // Between the question and the checkout in the cloud, somebody pushed. Here, nobody has fetched that.
    let real = colleague_pushes(&env.repo, "notes.txt", "one\ntwo\nthree\nfour\n");
    let finish = |attempt: usize, text: &str| {
        let there = env.repo.path("colleague");
        std::fs::write(there.join("notes.txt"), text).unwrap();
        let patch = env.repo.git_in(&there, &["diff"]) + "\n";
        env.cloud.finish(&task, attempt, &patch, "Done.");
    };
    finish(1, "on the newer commit\n");
    let first = env.repo.puff(&["harvest", &run, "--json"]).ok();
    let short = |name: &str| env.repo.git(&["rev-parse", "--short", name]);
    let words = format!("made on {}, not on {}", short(&real), short(&recorded));
    assert!(first.stderr.contains(&words), "{}", first.stderr);
    assert_eq!((&first.json()["base_oid"], each(&first.json(), "apply")[0].clone()), (&json!(real), json!("applied")));
    assert_eq!(env.repo.git(&["rev-parse", &format!("puff/{run}/var1^")]), real);
    let journal = env.repo.git(&["log", "--format=%s", &format!("refs/puff/runs/{run}")]);
    assert!(journal.contains(&format!("made on {}, not on {}", &real[..10], &recorded[..10])), "{journal}");

    // Once something stands on it, it stays: the second attempt goes onto the same commit, without a word.
    finish(2, "the same, later\n");
    let second = env.repo.puff(&["harvest", &run]).ok();
    assert!(!second.stderr.contains("made on"), "{}", second.stderr);
    assert_eq!(env.repo.git(&["rev-parse", &format!("puff/{run}/var2^")]), real);
    let report = env.repo.puff(&["report", &run]).ok().stdout;
    assert!(report.contains(&real), "{report}");
}

#[test]
fn patches_that_were_made_on_an_older_commit_are_put_on_that_commit() {
    needs!("codex");
    let env = CloudEnv::new();
    let older = env.repo.git(&["rev-parse", "HEAD"]);
    let patch = String::from_utf8(env.repo.patch("notes.txt", "on the older commit\n")).unwrap();
    env.repo.commit("notes.txt", "four\nfive\n", "Take other notes");
    env.repo.git(&["push", "-q"]);
    let (run, task) = env.submit(1, "Trim the input");
    env.cloud.finish(&task, 1, &patch, "Done.");
    env.repo.puff(&["watch", &run]).ok();
    env.repo.puff(&["harvest", &run]).ok();
    assert_eq!(env.repo.git(&["rev-parse", &format!("puff/{run}/var1^")]), older);
}
