//! Checks that come to grief, and reviews that are stopped or killed: nothing is left over, and nothing runs twice.

use std::fs;
use std::process::{Child, Stdio};

use crate::support::agent_run::left_in;
use crate::support::cloud_env::ended;
use crate::support::export::Export;
use crate::support::test_repo::{TestRepo, kill, wait_until};

/// A run of three imported variants.
fn run_of_three(repo: &TestRepo) -> String {
    // Where the checks note what they ran on.
    repo.git(&["config", "puff.confine.write", &repo.path("").display().to_string()]);
    let export = Export::new(repo, "export");
    for (variant, text) in [(1, "a\n"), (2, "b\n"), (3, "c\n")] {
        export.patch(variant, repo.patch("notes.txt", text));
    }
    export.harvest(repo, &["--json"]).ok().json()["run"].as_str().unwrap().to_owned()
}

/// A check that notes in `$LAB/ran` what it runs on, and waits on the second variant until `$LAB/go` is there.
fn waits(repo: &TestRepo) -> String {
    let repo = repo.path("").display().to_string();
    let away = "setsid sh -c 'sleep 600' & sleep 600 &";
    format!(
        "head -1 notes.txt >>{repo}ran; if grep -q b notes.txt; then {away} while [ ! -e {repo}go ]; do sleep 0.05; done; fi"
    )
}

/// A review that has come to the second variant.
fn begun(repo: &TestRepo, run: &str) -> Child {
    let review = repo.spawn(&["review", run, "--check", &waits(repo), "--jobs", "1"], Stdio::null());
    wait_until("it is at the second variant", || ran(repo).ends_with("b\n"));
    review
}

fn ran(repo: &TestRepo) -> String {
    fs::read_to_string(repo.path("ran")).unwrap_or_default()
}

/// No worktree of the test repository is left, and no process that a check started.
fn is_clean(repo: &TestRepo) -> bool {
    let mark = format!("GIT_PUFF_REVIEW={}", repo.path("").display());
    let marked = fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let environ = fs::read(entry.path().join("environ")).unwrap_or_default();
        environ.split(|byte| *byte == 0).any(|entry| entry.starts_with(mark.as_bytes()))
    });
    let doctor = repo.puff(&["doctor"]).stdout;
    !marked
        && (!doctor.contains("in use") || doctor.contains("0 in use"))
        && left_in(&repo.path("work.puff")).is_empty()
}

/// Lets the check go on, and reviews again: what was found out is not found out again.
fn goes_on(repo: &TestRepo, run: &str) {
    fs::write(repo.path("go"), "").unwrap();
    repo.puff(&["review", run, "--check", &waits(repo), "--jobs", "1"]).ok();
    assert_eq!(ran(repo), "one\na\nb\nb\nc\n");
    assert!(is_clean(repo));
    let temporary = fs::read_dir(repo.path("home")).unwrap().flatten();
    let left = temporary.filter(|entry| entry.file_name().to_string_lossy().starts_with("git-puff-"));
    assert_eq!(left.count(), 0, "temporary folders of checks");
}

#[test]
fn an_interrupted_review_ends_its_checks_and_is_resumed() {
    for signal in ["-TERM", "-INT"] {
        let repo = TestRepo::new();
        let run = run_of_three(&repo);
        let review = begun(&repo, &run);
        repo.command("kill").args([signal, &review.id().to_string()]).status().unwrap();
        ended(review).exits(130).complains(&["was stopped"]);
        assert!(is_clean(&repo));
        assert_eq!(repo.show(&run)["state"], "harvested");
        goes_on(&repo, &run);
    }
}

#[test]
fn a_killed_review_is_cleaned_up() {
    let repo = TestRepo::new();
    let run = run_of_three(&repo);
    let mut review = begun(&repo, &run);
    repo.puff(&["review", &run, "--check", "true"]).exits(1).complains(&["another git-puff is reviewing run"]);
    kill(review.id());
    review.wait().unwrap();
    wait_until("the cleanup process has cleaned up", || is_clean(&repo));
    goes_on(&repo, &run);
}

#[test]
fn without_the_cleanup_process_doctor_or_the_next_review_cleans_up() {
    for doctor in [true, false] {
        let repo = TestRepo::new();
        let run = run_of_three(&repo);
        let mut review = begun(&repo, &run);
        kill(warden(review.id()));
        kill(review.id());
        review.wait().unwrap();
        assert!(!is_clean(&repo));
        if doctor {
            let said = repo.puff(&["doctor"]).stdout;
            assert!(said.contains("was left by a review that was killed"), "{said}");
            repo.puff(&["doctor", "--repair"]);
            assert!(is_clean(&repo));
        }
        goes_on(&repo, &run);
    }
}

/// The process that waits for the end of a review.
fn warden(review: u32) -> u32 {
    let processes =
        fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_it = |pid: &u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let called = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        status.contains(&format!("PPid:\t{review}\n")) && called.contains("cleanup-process")
    };
    processes.into_iter().find(is_it).expect("a cleanup process")
}

#[test]
fn a_runaway_check_is_ended_at_its_time_limit_with_all_its_children() {
    let repo = TestRepo::new();
    let run = run_of_three(&repo);
    let flood = "yes 0123456789abcdefghijklmnopqrstuvwxyz | head -c 300000000; echo the end";
    let seen = repo.puff(&["review", &run, "--check", flood, "--variant", "1", "--json"]).ok().json();
    let tail = seen["variants"][0]["checks"][0]["tail"].as_str().unwrap();
    assert!(tail.len() < 10_000 && tail.ends_with("the end\n"), "{tail}");
    assert!(tail.starts_with("0123456789") && tail.contains("of 300000008 bytes are left out …]"), "{tail}");
    // It ends at once, and what it left in the background ends with it.
    let away = "setsid sh -c 'trap \"\" TERM HUP; sleep 600' </dev/null >/dev/null 2>&1 & (sleep 600 &) ; true";
    repo.puff(&["review", &run, "--check", away]).ok();
    assert!(is_clean(&repo));
    let seen =
        repo.puff(&["review", &run, "--check", &format!("{away}; sleep 600"), "--timeout", "1s", "--json"]).exits(3);
    assert_eq!(seen.json()["variants"][0]["checks"][0]["status"], "timeout");
    assert!(is_clean(&repo));
    // There is nothing to read, and nobody to ask.
    repo.puff(&["review", &run, "--check", "! read line && ! (: </dev/tty) 2>/dev/null"]).ok();
}
