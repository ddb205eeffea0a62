//! Trouble that is not the agents': what cannot be read now, and a repository that gets another name meanwhile. An agent
//! that has finished stays finished.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::agent_run::AgentRun;
use crate::support::cloud_env::each;
use crate::support::test_repo::{Ran, make_executable, run, wait_until};

/// Waits until the test says so.
const WAITS: &str = "while [ ! -e $LAB/go ]; do sleep 0.05; done";

/// Puts a git before the real one that has no space left in worktrees whose path fits, as long as `full` is there.
fn fill_disk(crew: &AgentRun, worktrees: &str) {
    let real = run(crew.repo.command("sh").args(["-c", "command -v git"])).ok().stdout;
    let script = format!(
        "#!/bin/sh\ncase \"$(pwd -P) $*\" in {worktrees}*write-tree*) if [ -e '{}' ]; then\n\
         echo 'fatal: unable to write new index file: No space left on device' >&2; exit 128; fi;; esac\n\
         exec {} \"$@\"\n",
        crew.repo.path("full").display(),
        real.trim(),
    );
    fs::write(crew.repo.path("bin/git"), script).unwrap();
    make_executable(&crew.repo.path("bin/git"));
    fs::write(crew.repo.path("full"), "").unwrap();
}

/// `git-puff …`, called directly: git would put its own folder before ours on the PATH.
fn harvest(crew: &AgentRun, args: &[&str]) -> Ran {
    run(crew.repo.command(env!("CARGO_BIN_EXE_git-puff")).arg("harvest").args(args))
}

/// `git puff …` in another folder.
fn puff_in(crew: &AgentRun, folder: &Path, args: &[&str]) -> Ran {
    run(crew.repo.command("git").current_dir(folder).arg("puff").args(args))
}

fn show(crew: &AgentRun, folder: &Path, id: &str) -> Value {
    puff_in(crew, folder, &["show", id, "--json"]).ok().json()
}

#[test]
fn unreadable_work_is_not_a_failed_attempt() {
    let crew = AgentRun::new();
    crew.agent("makes", "echo x >x");
    let id = crew.launch(&["--agent", "makes:2"]);
    crew.repo.puff(&["watch", &id]).ok();
    fill_disk(&crew, "*");
    for _ in 0..2 {
        let said = harvest(&crew, &[&id]).exits(1);
        assert!(said.stderr.contains("No space left on device") && said.stderr.contains("hint: "), "{}", said.stderr);
        let seen = crew.repo.show(&id);
        assert_eq!((&seen["state"], each(&seen, "status")), (&json!("ready"), vec![json!("completed"); 2]), "{seen:#}");
        assert_eq!(each(&seen, "apply"), [Value::Null, Value::Null]);
    }
    let reason = crew.repo.show(&id)["variants"][0]["reason"].to_string();
    assert!(reason.contains("No space left on device"), "{reason}");
    fs::remove_file(crew.repo.path("full")).unwrap();
    let seen = harvest(&crew, &[&id, "--json"]).ok().json();
    assert_eq!((&seen["state"], each(&seen, "apply")), (&json!("harvested"), vec![json!("applied"); 2]));
    assert_eq!(each(&seen, "reason"), [Value::Null, Value::Null]);
    assert_eq!(crew.file(&id, 2, "x"), "x");
}

#[test]
fn the_others_are_harvested_and_the_rest_by_the_next_harvest() {
    let crew = AgentRun::new();
    crew.agent("makes", WAITS).agent("also", &format!("echo x >x; {WAITS}"));
    crew.agent("fails", &format!("echo half >half; {WAITS}; exit 3"));
    let id = crew.launch(&["--agent", "makes", "--agent", "also", "--agent", "fails", "--harvest"]);
    fill_disk(&crew, "*/var[23]*");
    // The git of the watcher, which is there already, is the real one.
    crew.repo.puff(&["stop", &id]).ok();
    fs::write(crew.repo.path("go"), "").unwrap();
    crew.repo.puff(&["watch", &id]).ok();
    let said = harvest(&crew, &[&id]).exits(3);
    assert!(said.stderr.contains("variant 2 is not harvested"), "{}", said.stderr);
    let seen = crew.repo.show(&id);
    assert_eq!(
        (&seen["state"], each(&seen, "status")),
        (&json!("ready"), vec![json!("completed"), json!("completed"), json!("failed")])
    );
    assert_eq!(each(&seen, "apply"), [json!("empty"), Value::Null, json!("skipped")]);
    let reason = seen["variants"][2]["reason"].as_str().unwrap();
    assert!(reason.starts_with("it ended with exit code 3; ") && reason.contains("No space left"), "{reason}");
    fs::remove_file(crew.repo.path("full")).unwrap();
    let seen = harvest(&crew, &[&id, "--json"]).ok().json();
    assert_eq!(
        (&seen["state"], each(&seen, "apply")),
        (&json!("harvested"), vec![json!("empty"), json!("applied"), json!("skipped")])
    );
    assert_eq!(seen["variants"][2]["reason"], "it ended with exit code 3");
    assert!(crew.repo.puff(&["patch", &format!("{id}:3")]).ok().stdout.contains("+half\n"));
}

#[test]
fn without_a_folder_for_temporary_files_agents_work_and_are_harvested() {
    let mut crew = AgentRun::new();
    crew.agent("makes", "echo x >x");
    crew.repo.set("TMPDIR", "/nonexistent/folder");
    let id = crew.launch(&["--agent", "makes:2"]);
    crew.repo.puff(&["watch", &id]).ok();
    crew.repo.puff(&["session", "send", &format!("{id}-var1"), "x"]).exits(1);
    let seen = harvest(&crew, &[&id, "--json"]);
    assert!(seen.code == 0 || seen.code == 1, "{}", seen.stderr);
    assert_eq!(each(&crew.repo.show(&id), "status"), ["completed"; 2]);
    crew.repo.unset("TMPDIR");
    crew.repo.puff(&["harvest", &id]).ok();
    assert_eq!(each(&crew.repo.show(&id), "apply"), ["applied"; 2]);
}

#[test]
fn a_repository_that_is_renamed_meanwhile_keeps_what_its_agents_make() {
    let crew = AgentRun::new();
    crew.agent("waits", &format!("echo before >before; {WAITS}; echo after >after"));
    let id = crew.launch(&["--agent", "waits:3", "--jobs", "2", "--harvest"]);
    wait_until("two are begun", || {
        (1..=2).all(|at| crew.workspace_root().join(format!("{id}/var{at}/before")).is_file())
    });
    let (old, new) = (crew.repo.work(), crew.repo.path("renamed"));
    fs::rename(&old, &new).unwrap();
    fs::write(crew.repo.path("go"), "").unwrap();
    let ended = |at: u32| {
        let shown = puff_in(&crew, &new, &["session", "show", &format!("{id}-var{at}"), "--json"]).json();
        shown["state"] == "exited" && shown["exit"] == 0
    };
    wait_until("two have ended", || ended(1) && ended(2));
    // Its watcher follows it.
    wait_until("all are harvested", || show(&crew, &new, &id)["state"] == "harvested");
    let seen = show(&crew, &new, &id);
    assert_eq!((each(&seen, "status"), each(&seen, "apply")), (vec![json!("completed"); 3], vec![json!("applied"); 3]));
    for at in 1..=3 {
        assert_eq!(crew.repo.git_in(&new, &["show", &format!("puff/{id}/var{at}:after")]), "after");
    }
    let shown = puff_in(&crew, &new, &["session", "show", &format!("{id}-var1"), "--json"]).json();
    assert!(Path::new(shown["log_path"].as_str().unwrap()).is_file(), "{shown:#}");
    assert!(!old.exists(), "nothing was made where it was");
    assert_eq!(crew.repo.git_in(&new, &["worktree", "list"]).lines().count(), 1);
    fs::rename(&new, &old).unwrap();
}

#[test]
fn worktrees_that_are_moved_with_their_repository_are_linked_with_it_again() {
    let crew = AgentRun::new().linked();
    crew.agent("waits", &format!("echo before >before; {WAITS}; git rev-parse --git-common-dir >where"));
    let id = crew.launch(&["--agent", "waits:2"]);
    wait_until("both are begun", || {
        (1..=2).all(|at| crew.workspace_root().join(format!("{id}/var{at}/before")).is_file())
    });
    let place = crew.repo.path("elsewhere");
    fs::create_dir(&place).unwrap();
    let new = place.join("work");
    fs::rename(crew.repo.work(), &new).unwrap();
    fs::rename(crew.workspace_root(), place.join("work.puff")).unwrap();
    // The watcher follows, and links them, so that git works in them again.
    let common = new.join(".git").display().to_string();
    let var1 = place.join(format!("work.puff/{id}/var1"));
    wait_until("it is linked", || {
        run(crew.repo.command("git").current_dir(&var1).args(["rev-parse", "--git-common-dir"])).stdout.trim() == common
    });
    fs::write(crew.repo.path("go"), "").unwrap();
    wait_until("both have ended", || show(&crew, &new, &id)["state"] == "ready");
    let seen = puff_in(&crew, &new, &["harvest", &id, "--json"]).ok().json();
    assert_eq!(
        (each(&seen, "status"), each(&seen, "apply")),
        (vec![json!("completed"); 2], vec![json!("applied"); 2]),
        "{seen:#}"
    );
    assert_eq!(crew.repo.git_in(&new, &["show", &format!("puff/{id}/var2:where")]), common);
    assert!(!place.join("work.puff").exists() && !crew.repo.work().exists());
    fs::rename(&new, crew.repo.work()).unwrap();
}

#[test]
fn a_folder_that_cannot_be_opened_is_named_and_its_worktree_stays() {
    let crew = AgentRun::new();
    let repo = &crew.repo;
    let program = env!("CARGO_BIN_EXE_git-puff");
    let user = ["--reuid=65534", "--regid=0", "--clear-groups", program];
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    // Root opens every folder: it makes one, and somebody else harvests.
    let sub = if is_root { "chmod 700 sub" } else { "chmod 000 sub" };
    if is_root && run(repo.command("setpriv").args(user).arg("--version")).code != 0 {
        return;
    }
    let harvest = |id: &str| {
        let mut command = if is_root { repo.command("setpriv") } else { repo.command(program) };
        command.args(if is_root { &user[..] } else { &[] });
        run(command.args(["harvest", "--json", id])).ok().json()
    };
    crew.agent("makes", &format!("echo x >x; mkdir sub; echo y >sub/y; {sub}"));
    let id = crew.launch(&["--agent", "makes"]);
    repo.puff(&["watch", &id]).ok();
    wait_until("the watcher has ended", || repo.watcher().is_none());
    let worktree = crew.workspace_root().join(&id).join("var1");
    let own = |path: &Path| run(repo.command("chown").args(["-R", "65534"]).arg(path)).ok();
    if is_root {
        own(&repo.path(""));
        run(repo.command("chown").arg("0").arg(worktree.join("sub"))).ok();
    }
    let seen = harvest(&id);
    let variant = &seen["variants"][0];
    assert_eq!((&variant["status"], &variant["apply"]), (&json!("completed"), &json!("applied")));
    assert_eq!((&variant["risks"][0]["kind"], &variant["risks"][0]["path"]), (&json!("unread"), &json!("sub")));
    assert!(worktree.join("sub").exists());
    // Once it can be opened, the next harvest takes it.
    run(repo.command("chmod").arg("700").arg(worktree.join("sub"))).ok();
    if is_root {
        own(&worktree);
    }
    let seen = harvest(&id);
    assert_eq!((&seen["variants"][0]["revision"], &seen["variants"][0]["files"]), (&json!(2), &json!(2)), "{seen:#}");
    assert!(!worktree.exists());
}

#[test]
fn a_folder_of_another_user_is_named_and_its_worktree_kept() {
    let crew = AgentRun::new().linked();
    let repo = &crew.repo;
    let program = env!("CARGO_BIN_EXE_git-puff");
    let user = ["--reuid=65534", "--regid=65534", "--clear-groups", program];
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    // Only root makes folders of others.
    if !is_root || run(repo.command("setpriv").args(user).arg("--version")).code != 0 {
        return;
    }
    let other = |args: &[&str]| run(repo.command("setpriv").args(user).args(args));
    crew.agent("makes", "echo x >x; mkdir sub; echo y >sub/y; chmod 755 sub; chmod 644 sub/y");
    let id = crew.launch(&["--agent", "makes"]);
    repo.puff(&["watch", &id]).ok();
    wait_until("the watcher has ended", || repo.watcher().is_none());
    let worktree = crew.workspace_root().join(&id).join("var1");
    run(repo.command("chown").args(["-R", "65534:65534"]).arg(repo.path(""))).ok();
    run(repo.command("chown").args(["-R", "0:0"]).arg(worktree.join("sub"))).ok();
    let sub = worktree.join("sub").display().to_string();
    let command = format!("sudo rm -rf '{sub}'");
    let said = other(&["harvest", &id]);
    assert!(said.stderr.contains(&command), "{}\n{}", said.stdout, said.stderr);
    let harvested = other(&["show", "--json", &id]).ok().json();
    assert_eq!(
        (&harvested["variants"][0]["apply"], &harvested["variants"][0]["files"]),
        (&json!("applied"), &json!(2))
    );
    assert!(worktree.join("x").is_file() && worktree.join("sub/y").is_file(), "nothing of it is removed");
    assert!(!worktree.with_file_name(".removing-var1").exists());
    let repaired = other(&["doctor", "--repair"]);
    let said = repaired.stdout + &repaired.stderr;
    assert!(said.contains(&command), "{said}");
    run(repo.command("rm").arg("-rf").arg(&sub)).ok();
    other(&["doctor", "--repair"]);
    assert!(!worktree.exists());
}
