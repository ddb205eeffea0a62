//! Prunes beside other processes of the same clone, each held at the point where the other one is faster.

use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::support::hooks;
use crate::support::test_repo::{Ran, TestRepo, finish, make_executable, wait_until};
use crate::support::two_clones::Who::{Ours, Theirs};
use crate::support::two_clones::{TwoClones, did};

/// Lets a process that [`hold`] starts wait before the first call of git whose arguments hold some words.
fn prepare(repo: &TestRepo) {
    let found = Command::new("sh").args(["-c", "command -v git"]).output().expect("sh runs");
    let git = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    let (held, at) = (repo.path("held").display().to_string(), repo.path("at").display().to_string());
    let script = format!(
        "#!/bin/sh\n[ -z \"$HELD\" ] || case \" $* \" in *\" $HELD \"*)\n  touch {at}\n  while [ -e {held} ]; do sleep 0.02; done ;;\n\
         esac\nexec '{git}' \"$@\"\n"
    );
    std::fs::write(repo.path("bin/git"), script).expect("a script");
    make_executable(&repo.path("bin/git"));
}

/// Starts `git-puff …` and returns once it waits before this call of git.
fn hold(repo: &TestRepo, call: &str, args: &[&str]) -> Child {
    std::fs::write(repo.path("held"), "").expect("a file");
    let mut command = repo.command(env!("CARGO_BIN_EXE_git-puff"));
    command.args(args).env("HELD", call).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("git-puff runs");
    wait_until("it is held", || repo.path("at").exists());
    child
}

fn release(repo: &TestRepo, held: Child) -> Ran {
    std::fs::remove_file(repo.path("held")).expect("a file");
    std::fs::remove_file(repo.path("at")).expect("a file");
    finish(held.wait_with_output().expect("it ends"))
}

/// What the notes on `main` say.
fn notes(pair: &TwoClones) -> String {
    let on_main = |kind: &str| pair.repo.try_git(&["notes", &format!("--ref=puff/{kind}"), "show", "main"]).stdout;
    on_main("runs") + &on_main("report")
}

#[test]
fn notes_of_a_run_that_was_pruned_meanwhile_are_not_written() {
    let pair = TwoClones::new();
    prepare(&pair.repo);
    let (gone, stays) = (pair.import(Ours, "gone", &["a\n"]), pair.import(Ours, "stays", &["b\n"]));
    let repair = hold(&pair.repo, "var", &["doctor", "--repair"]);
    pair.puff(Ours, &["prune", &gone]).ok();
    release(&pair.repo, repair).ok();
    let notes = notes(&pair);
    assert!(notes.contains(&stays) && !notes.contains(&gone), "{notes}");
}

#[test]
fn unrecorded_branches_of_a_pruned_run_are_removed() {
    let pair = TwoClones::new();
    prepare(&pair.repo);
    let run = pair.import(Ours, "fix", &["a\n"]);
    pair.git(Ours, &["branch", "-D", "puff/fix/var1"]);
    pair.puff(Ours, &["prune", &run]).ok();
    let export = pair.repo.path("export-fix").display().to_string();
    let args = ["harvest", "--from", &export, "--base", "main", "--name", &run];
    let import = hold(&pair.repo, "diff-tree", &args);
    // The branch is created while its changes are counted.
    wait_until("the branch", || !pair.git(Ours, &["branch", "--list", "puff/fix/*"]).is_empty());
    pair.puff(Ours, &["prune", &run]).ok();
    release(&pair.repo, import).exits(1).complains(&["no run named 'fix'"]);
    assert_eq!(pair.git(Ours, &["branch", "--list", "puff/fix/*"]), "");
    assert!(!notes(&pair).contains(&run));
}

#[test]
fn what_is_done_to_a_run_during_a_sync_travels_with_the_next_and_is_pruned_with_it() {
    let pair = TwoClones::new();
    prepare(&pair.repo);
    let run = pair.import(Ours, "fix", &["a\n"]);
    pair.import(Theirs, "other", &["b\n"]);
    pair.sync(Ours);
    pair.sync(Theirs);
    let sync = hold(&pair.repo, "diff-tree", &["sync"]);
    pair.puff(Ours, &["review", &run, "--check", "true"]).ok();
    release(&pair.repo, sync).ok();
    assert_eq!(did(&pair.sync(Ours), &run), ["sent"]);
    pair.puff(Ours, &["pick", "fix:1", "--branch", "taken"]).ok();
    assert_eq!(did(&pair.sync(Ours), &run), ["sent"]);
    pair.puff(Ours, &["prune", &run]).ok();
    assert_eq!(did(&pair.sync(Ours), &run), ["prune-sent"]);
    assert_eq!(pair.at_remote(&run), None);
    pair.settle();
    pair.puff(Theirs, &["show", &run]).exits(1);
}

/// Prunes the run while it is being sent for the first time.
fn prune_during_push(pair: &TwoClones, run: &str) {
    let once = pair.repo.path("pruned").display().to_string();
    let env = "unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX GIT_COMMON_DIR";
    let script = format!("#!/bin/sh\n[ -e {once} ] && exit 0; touch {once}; {env}; git puff prune {run} >&2\n");
    hooks::write(&hooks::pre_push(&pair.repo), script, 0o755);
}

#[test]
fn a_run_that_was_pruned_while_it_was_sent_is_removed_there_by_the_same_sync() {
    let pair = TwoClones::new();
    let run = pair.import(Ours, "fix", &["a\n"]);
    prune_during_push(&pair, &run);
    let outcome = pair.sync(Ours);
    assert_eq!(did(&outcome, &run), ["sent", "prune-sent"], "{outcome:#}");
    assert_eq!(pair.at_remote(&run), None);
    pair.settle();
    pair.puff(Theirs, &["show", &run]).exits(1);
    // Only the prune has travelled, and so does its undo.
    pair.puff(Ours, &["undo", &run]).ok();
    pair.settle();
    assert_eq!(pair.show(Theirs, &run)["run"], json!(run));
}

#[test]
fn a_sync_does_not_prune_a_run_that_was_restored_meanwhile() {
    let pair = TwoClones::new();
    prepare(&pair.repo);
    let run = pair.import(Ours, "fix", &["a\n"]);
    prune_during_push(&pair, &run);
    pair.puff(Ours, &["sync", "--push"]).ok();
    assert!(pair.at_remote(&run).is_some());
    let sync = hold(&pair.repo, "var", &["sync"]);
    pair.puff(Ours, &["undo", &run]).ok();
    release(&pair.repo, sync).ok();
    assert_eq!(pair.show(Ours, &run)["run"], json!(run));
    pair.settle();
    assert_eq!(pair.show(Theirs, &run)["run"], json!(run));
}
