//! What the setup of a workspace and the user's hooks make is where an agent, or a check, begins, and no work of theirs.

use std::fs;

use serde_json::{Value, json};

use crate::support::agent_run::AgentRun;
use crate::support::cloud_env::each;
use crate::support::export::{Export, patch_of};
use crate::support::test_repo::{TestRepo, make_executable};

/// Puts a hook into the repository.
fn hook(repo: &TestRepo, name: &str, script: &str) {
    let path = repo.work().join(".git/hooks").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    make_executable(&path);
}

/// The paths that a variant changes, and how.
fn changed(crew: &AgentRun, run: &Value, variant: u32) -> Vec<String> {
    let branch = format!("puff/{}/var{variant}", run["run"].as_str().unwrap());
    let listed = crew.repo.git(&["diff", "--name-status", "--no-renames", "main", &branch]);
    listed.lines().map(|line| line.replace('\t', " ")).collect()
}

#[test]
fn what_the_setup_changes_and_makes_is_no_work_of_the_agent_unless_it_changes_it() {
    let crew = AgentRun::new();
    for (file, text) in [("lock", "1\n"), ("gone", "x\n"), ("config", "a\n"), ("place", "file\n"), ("kept", "k\n")] {
        crew.repo.commit(file, text, "Begin");
    }
    // Committed too, and a repository inside, such as a dependency.
    let setup = "echo 2 >>lock; rm gone place; echo b >>config; mkdir -p made place; echo m >made/a; echo n >made/b; \
                 echo p >place/p; git init -q dep; echo d >dep/d; git add lock; git commit -qm 'Set up'";
    crew.repo.git(&["config", "puff.workspace.setup", setup]);
    crew.agent("works", "cat lock made/a place/p dep/d >got; echo c >>config; echo o >>made/b; echo q >place/q");
    crew.agent("idles", "test -e made/a");
    let run = crew.tournament(&["--agent", "works", "--agent", "idles"]);
    assert_eq!(each(&run, "status"), ["completed"; 2], "{run:#}");
    assert_eq!(each(&run, "apply"), ["applied", "empty"], "{run:#}");
    // A folder with the agent's work is where the base has a file: that goes.
    assert_eq!(changed(&crew, &run, 1), ["M config", "A got", "A made/b", "D place", "A place/q"]);
    let id = run["run"].as_str().unwrap();
    assert_eq!(crew.file(id, 1, "config"), "a\nb\nc");
    assert_eq!(crew.file(id, 1, "got"), "1\n2\nm\np\nd");
}

#[test]
fn a_failing_hook_is_said_and_what_a_hook_made_is_no_work_of_the_agent() {
    let crew = AgentRun::new();
    hook(
        &crew.repo,
        "post-checkout",
        "echo \"$3 $(basename \"$PWD\")\" >from-hook; echo x >>notes.txt; echo no index >&2; exit 3",
    );
    crew.agent("works", "cat from-hook >got");
    crew.agent("idles", "test -e from-hook");
    let run = crew.tournament(&["--agent", "works", "--agent", "idles"]);
    assert_eq!(each(&run, "apply"), ["applied", "empty"], "{run:#}");
    let id = run["run"].as_str().unwrap();
    assert_eq!((crew.file(id, 1, "got").as_str(), changed(&crew, &run, 1)), ("1 var1", vec!["A got".to_owned()]));
    let log = crew.repo.puff(&["session", "log", &format!("{id}-var1")]).ok().stdout;
    assert!(
        log.contains("[git-puff] the hook") && log.contains("post-checkout' failed: ") && log.contains("no index"),
        "{log}"
    );
    // The agents' own branches are worked on without it.
    hook(&crew.repo, "post-checkout", "exit 0");
    let run = crew.tournament(&["--agent", "works"]);
    let log = crew.repo.puff(&["session", "log", &format!("{}-var1", run["run"].as_str().unwrap())]).ok().stdout;
    assert!(!log.contains("[git-puff] the hook"), "{log}");
}

#[test]
fn a_session_that_leaves_what_its_setup_made_has_changed_nothing() {
    let repo = TestRepo::new();
    repo.git(&["config", "puff.workspace.setup", "echo made >made; echo x >>notes.txt"]);
    let outcome = |name: &str, script: &str| {
        repo.puff(&["session", "start", "--worktree", "--name", name, "--", "sh", "-c", script]).ok();
        repo.puff(&["session", "wait", name]);
        let session = repo.puff(&["session", "show", name, "--json"]).ok().json();
        session["worktree"]["fate"].as_str().unwrap_or("none").to_owned()
    };
    assert_eq!(outcome("idle", "test -e made"), "removed");
    assert_eq!(outcome("works", "echo more >>made"), "kept");
}

#[test]
fn a_check_begins_where_the_setup_ended_and_is_told_by_what_it_changes() {
    let repo = TestRepo::new();
    repo.commit("config", "a\n", "Begin");
    repo.git(&["config", "puff.workspace.setup", "echo b >>config; mkdir -p made; echo 1 >made/one"]);
    let export = Export::new(&repo, "export");
    export.patch(1, patch_of(&repo, || repo.write("notes.txt", "one\n")));
    let run = export.harvest(&repo, &["--json"]).ok().json()["run"].as_str().unwrap().to_owned();
    let begins = "grep -q b config && test $(cat made/one) = 1 && test ! -e more";
    let changes = "echo 2 >made/one && echo c >more";
    let undoes = "git checkout -q config";
    let checks = [
        "--check",
        begins,
        "--check",
        changes,
        "--check",
        begins,
        "--check",
        undoes,
        "--check",
        &format!("true; {begins}"),
    ];
    repo.puff(&[&["review", &run], &checks[..]].concat()).ok();
    let review: Value =
        serde_json::from_str(&repo.git(&["show", &format!("refs/puff/runs/{run}:review.json")])).unwrap();
    // An untracked folder is named as one; what the setup made and no check touched is not named.
    let touched = json!(["A made/", "A more", "M config"]);
    assert_eq!((&review["base_touched"], &review["variants"][0]["touched"]), (&touched, &touched), "{review:#}");
}
