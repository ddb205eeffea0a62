//! `session start --worktree`: nothing is left behind that nobody cleans, and no work is lost.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::test_repo::{TestRepo, kill, parent_of, wait_until};

/// Starts a shell script as a session in a worktree of its own; answers where that is.
fn start(repo: &TestRepo, name: &str, script: &str) -> PathBuf {
    let args = ["session", "start", "--worktree", "--json", "--name", name, "--", "sh", "-c", script];
    let session = repo.puff(&args).ok().json();
    let path = PathBuf::from(session["worktree"]["path"].as_str().unwrap());
    assert_eq!(session["cwd"].as_str().unwrap(), path.to_str().unwrap());
    path
}

fn show(repo: &TestRepo, name: &str) -> Value {
    repo.puff(&["session", "show", name, "--json"]).ok().json()
}

fn fate(repo: &TestRepo, name: &str) -> String {
    repo.puff(&["session", "wait", name]);
    show(repo, name)["worktree"]["fate"].as_str().unwrap_or("none").to_owned()
}

/// How many worktrees git knows beside the main one.
fn worktrees(repo: &TestRepo) -> usize {
    repo.git(&["worktree", "list", "--porcelain"]).matches("worktree ").count() - 1
}

/// What `doctor` finds about worktrees.
fn doctor(repo: &TestRepo, more: &[&str]) -> Vec<Value> {
    let found = repo.puff(&[&["doctor", "--json"], more].concat()).json();
    let checks = found["checks"].as_array().unwrap().iter();
    checks.filter(|check| check["name"] == "worktrees").cloned().collect()
}

#[test]
fn an_unchanged_worktree_is_removed_with_its_session() {
    let repo = TestRepo::new();
    repo.commit(".gitignore", "build/\n", "Ignore what is built");
    let path = start(&repo, "idle", "read -r go; mkdir build; echo x >build/x; git switch -qc empty");
    assert!(repo.git(&["worktree", "list", "--porcelain"]).contains("locked git-puff: the session idle works here"));
    assert!(doctor(&repo, &[]).is_empty(), "one that lives is left alone");
    repo.puff(&["doctor", "--repair"]);
    assert!(path.join("notes.txt").is_file());
    repo.puff(&["session", "send", "idle", "go"]).ok();
    assert_eq!(fate(&repo, "idle"), "removed");
    assert!(!path.exists() && worktrees(&repo) == 0);
    assert!(!path.parent().unwrap().exists(), "no empty folder is left either");
    assert!(repo.puff(&["session", "show", "idle"]).ok().stdout.contains("removed: nothing in it had changed"));
    assert!(doctor(&repo, &[]).is_empty());

    // Neither does one stay whose program is not there, or that is ended.
    let ran = repo.puff(&["session", "start", "--worktree", "--name", "none", "--", "no-such-program"]).exits(2);
    assert_eq!((ran.stdout.as_str(), fate(&repo, "none").as_str()), ("none\n", "removed"));
    start(&repo, "long", "sleep 600");
    repo.puff(&["session", "kill", "long"]).ok();
    assert_eq!((fate(&repo, "long").as_str(), worktrees(&repo)), ("removed", 0));
}

#[test]
fn a_worktree_with_work_in_it_is_kept_and_named_with_what_removes_it() {
    let repo = TestRepo::new();
    for (name, script) in [
        ("committed", "git commit -q --allow-empty -m Mine"),
        ("staged", "echo 2 >>notes.txt; git add notes.txt"),
        ("unstaged", "echo 2 >>notes.txt"),
        ("untracked", "echo 2 >made.txt"),
        ("deleted", "rm notes.txt"),
    ] {
        let path = start(&repo, name, script);
        assert_eq!(fate(&repo, name), "kept", "{name}");
        assert!(path.is_dir() && !repo.git(&["worktree", "list", "--porcelain"]).contains("locked"), "{name}");
        let remove = format!("git worktree remove --force {}", path.display());
        let shown = repo.puff(&["session", "show", name]).ok().stdout;
        assert!(shown.contains(&format!("kept, for its changes; to remove it: {remove}")), "{shown}");
        let listed = repo.puff(&["session", "list"]).ok().stdout;
        assert!(listed.contains("its worktree is kept"), "{listed}");
        let found = doctor(&repo, &["--repair"]);
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert!(found[0]["hint"].as_str().unwrap().contains(&remove), "{found:?}");
        assert!(path.is_dir(), "a repair takes no work away");
        repo.git(&["worktree", "remove", "--force", path.to_str().unwrap()]);
        assert_eq!(doctor(&repo, &[]), Vec::<Value>::new());
    }
}

#[test]
fn new_ignored_files_are_named_and_those_that_the_user_wants_keep_the_worktree() {
    let repo = TestRepo::new();
    repo.commit(".gitignore", "*.log\nPLAN.md\n.env\n", "Ignore some files");
    repo.write(".env", "KEY=x\n");
    repo.git(&["config", "puff.worktree.copy", ".env"]);
    repo.git(&["config", "puff.worktree.setup", "echo x >setup.log"]);
    let script = "echo plan >PLAN.md; echo x >run.log";
    let path = start(&repo, "named", script);
    assert_eq!(fate(&repo, "named"), "removed");
    assert!(!path.exists());
    let ignored = |name: &str| show(&repo, name)["worktree"]["ignored"].clone();
    assert_eq!(ignored("named"), serde_json::json!({ "count": 2, "paths": ["PLAN.md", "run.log"] }));
    let shown = repo.puff(&["session", "show", "named"]).ok().stdout;
    assert!(shown.contains("2 new ignored files: PLAN.md, run.log; they were removed with it"), "{shown}");

    repo.git(&["config", "puff.harvest.ignored", "*.md"]);
    let path = start(&repo, "wanted", script);
    assert_eq!(fate(&repo, "wanted"), "kept");
    assert_eq!(fs::read_to_string(path.join("PLAN.md")).unwrap(), "plan\n");
    assert_eq!(ignored("wanted")["count"], 2);
    repo.puff(&["doctor", "--repair"]);
    assert!(path.join("PLAN.md").is_file());
    start(&repo, "other", "echo x >run.log");
    assert_eq!(fate(&repo, "other"), "removed");
}

/// Ends the supervisor of a session as `kill -9` does, and waits until its agent is gone, too.
fn kill_supervisor(repo: &TestRepo, name: &str) {
    let pid = show(repo, name)["pid"].as_u64().unwrap();
    kill(parent_of(pid));
    wait_until("it is seen to be lost", || show(repo, name)["state"] == "lost");
    wait_until("its agent is gone", || !Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn repair_cleans_up_after_a_killed_supervisor() {
    let repo = TestRepo::new();
    let idle = start(&repo, "idle", "sleep 600");
    let busy = start(&repo, "busy", "echo 2 >made.txt; echo made; sleep 600");
    wait_until("it has made something", || busy.join("made.txt").is_file());
    kill_supervisor(&repo, "idle");
    kill_supervisor(&repo, "busy");
    let found = doctor(&repo, &[]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|check| check["hint"].as_str().unwrap().contains("--repair")), "{found:?}");
    assert!(idle.is_dir(), "looking changes nothing");

    let found = doctor(&repo, &["--repair"]);
    assert!(!idle.exists() && busy.join("made.txt").is_file());
    assert_eq!((fate(&repo, "idle").as_str(), fate(&repo, "busy").as_str()), ("removed", "kept"));
    assert!(found[0]["hint"].as_str().unwrap().contains("git worktree remove --force"), "{found:?}");
    assert!(!repo.git(&["worktree", "list", "--porcelain"]).contains("locked"));
    assert_eq!(show(&repo, "busy")["state"], "lost");
}

#[test]
fn an_agent_that_outlives_its_supervisor_keeps_its_worktree() {
    let repo = TestRepo::new();
    let path = start(&repo, "orphan", "trap '' HUP; echo begun; sleep 600");
    wait_until("it has begun", || repo.puff(&["session", "log", "orphan"]).stdout.contains("begun"));
    let pid = show(&repo, "orphan")["pid"].as_u64().unwrap();
    kill(parent_of(pid));
    wait_until("it is seen to be lost", || show(&repo, "orphan")["state"] == "lost");
    repo.puff(&["doctor", "--repair"]);
    assert!(path.is_dir(), "somebody works in it");
    repo.puff(&["session", "kill", "orphan"]).ok();
    wait_until("it is gone", || !Path::new(&format!("/proc/{pid}")).exists());
    repo.puff(&["doctor", "--repair"]);
    assert!(!path.exists());
}

#[test]
fn unrecorded_leftovers_are_removed_and_unknown_folders_named() {
    let repo = TestRepo::new();
    let path = start(&repo, "one", "true");
    assert_eq!(fate(&repo, "one"), "removed");
    let folder = path.parent().unwrap();
    let add = |name: &str, reason: &str| {
        let path = folder.join(name);
        let words = ["worktree", "add", "-q", "--detach", "--lock", "--reason", reason];
        repo.git(&[&words[..], &[path.to_str().unwrap()]].concat());
        path
    };
    let half = add("half", "git-puff: it is being made");
    let strange = add("strange", "mine");
    assert_eq!(doctor(&repo, &[]).len(), 2);
    let found = doctor(&repo, &["--repair"]);
    assert!(!half.exists() && strange.is_dir());
    assert!(
        found.len() == 1 && found[0]["detail"].as_str().unwrap().contains("belongs to no existing run or session"),
        "{found:?}"
    );

    // A folder that somebody removed is forgotten.
    let path = start(&repo, "gone", "sleep 600");
    fs::remove_dir_all(&path).unwrap();
    kill_supervisor(&repo, "gone");
    repo.puff(&["doctor", "--repair"]);
    assert_eq!(worktrees(&repo), 1, "the strange one");
}

#[test]
fn a_duplicate_name_creates_no_worktree() {
    let repo = TestRepo::new();
    start(&repo, "one", "true");
    assert_eq!(fate(&repo, "one"), "removed");
    let ran = repo.puff(&["session", "start", "--worktree", "--name", "one", "--", "true"]).exits(1);
    ran.complains(&["a session named 'one' exists already"]);
    assert_eq!(worktrees(&repo), 0);
}

#[test]
fn a_resumed_session_reuses_its_worktree() {
    let repo = TestRepo::new();
    let agent = repo.path("bin/agent");
    fs::write(&agent, "#!/bin/sh\necho \"$PWD $*\"\ncase $1 in resume) echo 2 >made.txt ;; esac\n").unwrap();
    crate::support::test_repo::make_executable(&agent);
    let set = |key: &str, value: &str| drop(repo.git(&["config", &format!("puff.agent.mine.{key}"), value]));
    set("command", "agent");
    set("resume", "agent resume {session}");
    let started =
        repo.puff(&["session", "start", "--worktree", "--agent", "mine", "--name", "first", "--json", "Do it"]);
    let path = PathBuf::from(started.ok().json()["worktree"]["path"].as_str().unwrap());
    assert_eq!(fate(&repo, "first"), "removed");
    // It told no session of its own; a record may say one.
    let record = repo.puff_dir().join("sessions/first/session.json");
    let mut session: Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    session["agent_session"] = "abc".into();
    fs::write(&record, session.to_string()).unwrap();
    let next = repo.puff(&["session", "resume", "first", "--json"]).ok().json();
    let id = next["id"].as_str().unwrap();
    assert_eq!(fate(&repo, id), "kept");
    assert!(path.join("made.txt").is_file());
    assert_eq!(doctor(&repo, &["--repair"]).len(), 1);
}
