//! `doctor` says that a launch cannot work where it cannot, and only there.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::fake_codex::FakeCodex;
use crate::support::test_repo::{Ran, TestRepo};

/// The lines of a check.
fn lines<'r>(ran: &'r Ran, name: &str) -> Vec<&'r str> {
    let begin = format!("CHECK={name} ");
    ran.stdout.lines().filter_map(|line| line.strip_prefix(begin.as_str())).collect()
}

fn doctor(repo: &TestRepo) -> Ran {
    repo.puff(&["doctor", "--porcelain"])
}

fn program(repo: &TestRepo, name: &str, script: &str) {
    let path = repo.path("bin").join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A test repository whose cloud can be asked, with a setting that says that it is used.
fn cloud() -> (TestRepo, FakeCodex) {
    let repo = TestRepo::new();
    let codex = FakeCodex::official(&repo);
    repo.git(&["config", "puff.env", "acme/widgets"]);
    (repo, codex)
}

#[test]
fn a_branch_that_the_cloud_cannot_start_from_fails() {
    let (repo, _codex) = cloud();
    assert_eq!(lines(&doctor(&repo), "base"), ["RESULT=ok VALUE=main"]);
    repo.git(&["switch", "-q", "-c", "mine"]);
    let ran = repo.puff(&["doctor"]).exits(1);
    assert!(
        ran.stdout.contains("has no branch 'mine'") && ran.stdout.contains("git push -u origin mine"),
        "{}",
        ran.stdout
    );
    repo.git(&["switch", "-q", "--detach"]);
    let ran = repo.puff(&["doctor"]).exits(1);
    assert!(ran.stdout.contains("HEAD is detached"), "{}", ran.stdout);
    repo.git(&["switch", "-q", "main"]);
    repo.git(&["remote", "set-url", "origin", "/nowhere"]);
    assert_eq!(lines(&doctor(&repo), "base"), ["RESULT=warn VALUE=main"]);
    repo.git(&["remote", "remove", "origin"]);
    let ran = repo.puff(&["doctor"]).exits(1);
    assert!(ran.stdout.contains("no remote named 'origin'"), "{}", ran.stdout);
    // Nobody who works with agents on this machine alone is told so.
    repo.git(&["config", "--unset", "puff.env"]);
    assert_eq!(lines(&doctor(&repo).ok(), "base"), [] as [&str; 0]);
}

#[test]
fn a_repository_without_a_commit_or_without_its_worktree_fails() {
    let repo = TestRepo::empty();
    repo.git_in(&repo.path(""), &["init", "-q", "work"]);
    program(&repo, "claude", "echo 2.0.0");
    let ran = doctor(&repo).exits(1);
    assert_eq!(lines(&ran, "commit"), ["RESULT=fail"]);
    repo.commit("f", "x\n", "Begin");
    let ran = doctor(&repo).ok();
    assert!(lines(&ran, "commit")[0].starts_with("RESULT=ok VALUE="), "{}", ran.stdout);
    repo.git(&["switch", "-q", "--detach"]);
    doctor(&repo).ok();
    repo.git(&["config", "core.bare", "true"]);
    let ran = repo.puff(&["doctor"]).exits(1);
    assert!(
        ran.stdout.contains("core.bare is true") && ran.stdout.contains("git config core.bare false"),
        "{}",
        ran.stdout
    );
    // A repository that is bare is no fault.
    repo.git(&["config", "core.bare", "false"]);
    repo.git(&["clone", "-q", "--bare", ".", "../bare.git"]);
    let bare = repo.path("bare.git");
    let ran =
        crate::support::test_repo::run(repo.command("git").current_dir(bare).args(["puff", "doctor", "--porcelain"]))
            .ok();
    assert_eq!(lines(&ran, "worktree"), [] as [&str; 0]);
}

#[test]
fn doctor_lists_agents_and_requires_only_those_in_use() {
    let repo = TestRepo::new();
    program(&repo, "claude", "echo 2.0.0 of claude");
    program(&repo, "gemini", "echo broken >&2; exit 3");
    program(&repo, "mine", "exit 0");
    // Where the client is says nothing of the cloud.
    repo.git(&["config", "puff.codex", "/nowhere/codex"]);
    repo.git(&["config", "puff.agent.own.command", "mine --fast {prompt}"]);
    repo.git(&["config", "puff.agent.line.command", "cd . && mine"]);
    let ran = doctor(&repo).ok();
    let agents = lines(&ran, "agent");
    for line in ["RESULT=ok VALUE=claude", "RESULT=warn VALUE=gemini", "RESULT=ok VALUE=own", "RESULT=ok VALUE=line"] {
        assert!(agents.contains(&line), "{line}: {}", ran.stdout);
    }
    assert_eq!(lines(&ran, "codex_command"), ["RESULT=warn"]);
    let said = repo.puff(&["doctor"]).ok().stdout;
    assert!(said.contains("2.0.0 of claude") && said.contains("broken"), "{said}");
    repo.git(&["config", "puff.agent.own.command", "not-there --fast {prompt}"]);
    let ran = repo.puff(&["doctor"]).exits(1);
    assert!(
        ran.stdout.contains("agent 'own' is not installed") && ran.stdout.contains("'not-there'"),
        "{}",
        ran.stdout
    );
}
