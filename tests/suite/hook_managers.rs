//! Where another program looks after the hooks, git-puff is called by it: real husky, pre-commit and lefthook, and what
//! they say has to be added, added.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::Value;

use crate::support::choice::Choice;
use crate::support::hooks::{client, everything, pre_push, push, write};
use crate::support::test_repo::{Ran, TestRepo, run};

fn status(repo: &TestRepo) -> Value {
    repo.puff(&["hook", "status", "--json"]).json()
}

/// Installing refuses, changes nothing, and says what to add where; answers that.
fn is_told(repo: &TestRepo, manager: &str, file: &str) -> String {
    let hooks = repo.git(&["rev-parse", "--path-format=absolute", "--git-path", "hooks"]);
    let before = everything(hooks.as_ref());
    let refused = repo.puff(&["hook", "install"]).exits(1).complains(&[manager, "manages the hooks"]);
    let told = repo.puff(&["hook", "install", "--json"]).exits(1).json();
    assert_eq!(everything(hooks.as_ref()), before);
    assert_eq!((told["state"].as_str(), told["did"].as_str()), (Some("absent"), Some("nothing")));
    assert_eq!(told["manager"]["name"], manager);
    assert_eq!(told["manager"]["file"], repo.work().join(file).to_str().unwrap());
    let add = told["manager"]["add"].as_str().unwrap().to_owned();
    assert!(refused.stderr.contains(&add), "{refused:?}");
    repo.puff(&["hook", "status"]).exits(1);
    add
}

/// A push of a variant that nobody reviewed is refused, and one of other work is not.
fn guards(choice: &Choice) {
    let repo = &choice.repo;
    assert_eq!(status(repo)["state"], "managed", "{}", status(repo));
    repo.puff(&["hook", "status"]).ok();
    repo.puff(&["hook", "install"]).ok();
    repo.puff(&["hook", "uninstall"]).exits(1).complains(&["is yours"]);
    let refused: Ran = push(repo, &["origin", "puff/fix/var1:refs/heads/theirs"]).exits(1);
    let said = refused.stdout + &refused.stderr;
    assert!(said.contains("var1 of 'fix'") && said.contains("[unreviewed]"), "{said}");
    push(repo, &["origin", "main:refs/heads/mine"]).ok();
}

fn node(repo: &TestRepo, script: &str) -> Command {
    let mut command = repo.command("node");
    command.arg(client(script));
    command
}

#[test]
fn husky_gets_a_line_in_its_folder() {
    needs!("hook-managers");
    let choice = Choice::new();
    let repo = &choice.repo;
    run(&mut node(repo, "hooks/node_modules/husky/bin.js")).ok();
    assert_eq!(repo.git(&["config", "core.hooksPath"]), ".husky/_");
    let line = is_told(repo, "husky", ".husky/pre-push");
    repo.write(".husky/pre-push", line + "\n");
    guards(&choice);
    // Husky's own words for a stop are its own; others without git-puff are not stopped by it.
    let script = repo.work().join(".husky/pre-push");
    run(repo.command("sh").env("PATH", "/usr/bin:/bin").args(["-e", script.to_str().unwrap(), "origin", "x"])).ok();
}

#[test]
fn husky_is_seen_before_it_is_set_up_and_in_its_older_form() {
    needs!("hook-managers");
    let choice = Choice::new();
    let repo = &choice.repo;
    fs::create_dir(repo.path("work/.husky")).unwrap();
    let installed = repo.puff(&["hook", "install"]).ok();
    assert!(installed.stderr.contains("once husky manages the hooks"), "{installed:?}");
    repo.puff(&["hook", "uninstall"]).ok();
    // Up to version 8 the user's scripts are what git runs.
    write(&repo.path("work/.husky/_/husky.sh"), "", 0o644);
    repo.git(&["config", "core.hooksPath", ".husky"]);
    let line = is_told(repo, "husky", ".husky/pre-push");
    write(
        &repo.path("work/.husky/pre-push"),
        format!("#!/usr/bin/env sh\n. \"$(dirname -- \"$0\")/_/husky.sh\"\n\n{line}\n"),
        0o755,
    );
    assert_eq!(status(repo)["state"], "called");
    push(repo, &["origin", "puff/fix/var1:refs/heads/theirs"]).exits(1);
}

#[test]
fn pre_commit_gets_a_hook_of_its_configuration() {
    needs!("pre-commit");
    let choice = Choice::new();
    let repo = &choice.repo;
    let pre_commit = client("pre-commit/bin/pre-commit");
    repo.write(".pre-commit-config.yaml", "repos:\n");
    run(repo.command(&pre_commit).arg("install")).ok();
    let told = is_told(repo, "pre-commit", ".pre-commit-config.yaml");
    let refused = repo.puff(&["hook", "install"]);
    assert!(refused.stderr.contains("below 'repos:'; run 'pre-commit install --hook-type pre-push'"), "{refused:?}");
    repo.commit(".pre-commit-config.yaml", format!("repos:\n{told}"), "Ask git-puff");
    // Half the way is none.
    assert_eq!(status(repo)["state"], "absent");
    run(repo.command(&pre_commit).args(["install", "--hook-type", "pre-push"])).ok();
    guards(&choice);
}

#[test]
fn pre_commit_that_comes_later_keeps_ours_and_what_was_before_it() {
    needs!("pre-commit");
    let choice = Choice::new();
    let repo = &choice.repo;
    write(&pre_push(repo), "#!/bin/sh\necho before >&2\n", 0o755);
    repo.puff(&["hook", "install"]).ok();
    repo.commit(".pre-commit-config.yaml", "repos: []\n", "Begin with pre-commit");
    run(repo.command(client("pre-commit/bin/pre-commit")).args(["install", "--hook-type", "pre-push"])).ok();
    guards(&choice);
    repo.commit("notes.txt", "mine\n", "Mine");
    assert!(push(repo, &["origin", "main"]).ok().stderr.contains("before"));
}

#[test]
fn lefthook_gets_a_command_of_its_configuration() {
    needs!("hook-managers");
    let choice = Choice::new();
    let repo = &choice.repo;
    symlink(client("hooks/node_modules/.bin/lefthook"), repo.path("bin/lefthook")).unwrap();
    repo.write("lefthook.yml", "pre-commit:\n  commands:\n    look:\n      run: 'true'\n");
    run(repo.command("lefthook").arg("install")).ok();
    let told = is_told(repo, "lefthook", "lefthook.yml");
    repo.write("lefthook.yml", told);
    let then = status(repo)["manager"]["then"].clone();
    assert_eq!(then, "lefthook install");
    run(repo.command("lefthook").arg("install")).ok();
    guards(&choice);
}
