//! Agents, supervisors, watchers and worktrees that come to grief: what there is goes on, and nothing is lost.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use crate::support::agent_run::AgentRun;
use crate::support::cloud_env::each;
use crate::support::test_repo::{kill, wait_until};

/// Waits for a file of the test repository, then goes on.
const WAITS: &str = "echo begun >begun; while [ ! -e $LAB/go ]; do sleep 0.05; done; echo went >went";

#[test]
fn work_of_failed_and_timed_out_agents_is_kept() {
    let crew = AgentRun::new();
    crew.agent("fails", "echo some >some; kill -SEGV $$").agent("hangs", "echo more >more; sleep 600");
    let run = crew.launch(&["--agent", "fails", "--agent", "hangs", "--timeout", "1s", "--harvest"]);
    crew.repo.puff(&["watch", &run]).exits(2);
    let seen = crew.repo.wait_for(&run, "taken", |run| run["watch"]["active"] == false);
    assert_eq!((&seen["state"], each(&seen, "apply")), (&json!("error"), vec![json!("skipped"), json!("skipped")]));
    assert_eq!(seen["variants"][0]["reason"], "it was ended by signal 11");
    assert_eq!(seen["variants"][1]["reason"], "it was ended: its time limit of 1s has passed");
    for (variant, text) in [(1, "+some\n"), (2, "+more\n")] {
        let patch = crew.repo.puff(&["patch", &format!("{run}:{variant}")]).ok().stdout;
        assert!(patch.contains(text), "{patch}");
    }
    assert_eq!(crew.left(), [""; 0]);
}

#[test]
fn a_killed_watcher_leaves_agents_running_and_the_next_continues() {
    let crew = AgentRun::new();
    crew.agent("waits", WAITS);
    let run = crew.launch(&["--agent", "waits:2", "--jobs", "1", "--harvest"]);
    let watcher = crew.repo.living_watcher();
    kill(watcher);
    wait_until("the watcher is gone", || crew.repo.puff(&["jobs"]).ok().stdout.contains("orphaned"));
    fs::write(crew.repo.path("go"), "").unwrap();
    crew.repo.puff(&["watch", "--detach", &run]).ok();
    let seen = crew.repo.wait_for(&run, "harvested", |run| run["state"] == "harvested");
    assert_eq!(each(&seen, "apply"), ["applied", "applied"]);
    assert_eq!(crew.file(&run, 2, "went"), "went");
}

#[test]
fn a_killed_supervisor_fails_its_variant_and_keeps_its_work() {
    let crew = AgentRun::new();
    crew.agent("waits", WAITS);
    let run = crew.launch(&["--agent", "waits", "--harvest"]);
    wait_until("it has begun", || crew.workspace_root().join(&run).join("var1/begun").exists());
    kill(supervisor(&crew, &run));
    let seen = crew.repo.wait_for(&run, "through", |run| run["watch"]["active"] == false);
    assert_eq!((&seen["state"], each(&seen, "status")), (&json!("error"), vec![json!("failed")]));
    assert!(seen["variants"][0]["reason"].as_str().unwrap().contains("supervisor is gone"));
    let patch = crew.repo.puff(&["patch", &format!("{run}:1")]).ok().stdout;
    assert!(patch.contains("+begun\n"), "{patch}");
    // Nobody goes on writing into a folder that is gone.
    fs::write(crew.repo.path("go"), "").unwrap();
    assert_eq!(crew.left(), [""; 0]);
}

/// The process that supervises the first variant of a run.
fn supervisor(crew: &AgentRun, run: &str) -> u32 {
    let folder = crew.repo.puff_dir().join(format!("sessions/{run}-var1"));
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let supervises = |pid: &u32| {
        let called = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let cwd = fs::read_link(format!("/proc/{pid}/cwd")).unwrap_or_default();
        called.contains("supervise") && cwd == folder
    };
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.into_iter().find(supervises).expect("a supervisor")
}

#[test]
fn a_half_made_worktree_is_recreated() {
    let crew = AgentRun::new();
    crew.agent("waits", WAITS);
    let run = crew.launch(&["--agent", "waits:2", "--jobs", "1", "--harvest"]);
    kill(crew.repo.living_watcher());
    // As if that kill had come while the second worktree was being made.
    let path = crew.workspace_root().join(&run).join("var2");
    let shown = path.display().to_string();
    let being_made = ["worktree", "add", "-q", "--detach", "--lock", "--reason", "git-puff: it is being made", &shown];
    crew.repo.git(&being_made);
    fs::remove_file(path.join("README")).unwrap();
    fs::write(crew.repo.path("go"), "").unwrap();
    crew.repo.puff(&["harvest", &run, "--wait"]).ok();
    let seen = crew.repo.show(&run);
    assert_eq!(
        (each(&seen, "apply"), &seen["variants"][1]["files"]),
        (vec![json!("applied"), json!("applied")], &json!(2))
    );
}

#[test]
fn cancelling_ends_the_agents_and_keeps_what_they_made() {
    let crew = AgentRun::new();
    crew.agent("quick", "echo q >q").agent("hangs", "echo h >h; sleep 600");
    let run = crew.launch(&["--agent", "quick", "--agent", "hangs", "--agent", "hangs", "--jobs", "2"]);
    crew.repo.wait_for(&run, "the first is through", |run| run["variants"][2]["status"] == "in_progress");
    let cancelled = crew.repo.puff(&["cancel", &run, "--json"]).ok().json();
    assert_eq!(cancelled["state"], "cancelled");
    assert_eq!(each(&cancelled, "status"), ["completed", "cancelled", "cancelled"]);
    for (variant, text) in [(1, "+q\n"), (2, "+h\n")] {
        let patch = crew.repo.puff(&["patch", &format!("{run}:{variant}")]).ok().stdout;
        assert!(patch.contains(text), "{patch}");
    }
    assert_eq!(crew.session(&run, 2)["killed"], "the run was cancelled");
    assert_eq!(crew.left(), [""; 0]);
    crew.repo.puff(&["cancel", &run]).exits(1).complains(&["is already cancelled"]);
}

#[test]
fn stopping_stops_the_watching_alone() {
    let crew = AgentRun::new();
    crew.agent("waits", WAITS);
    let run = crew.launch(&["--agent", "waits"]);
    crew.repo.wait_for(&run, "the agent is at work", |run| run["variants"][0]["status"] == "in_progress");
    crew.repo.puff(&["stop", &run]).ok();
    fs::write(crew.repo.path("go"), "").unwrap();
    wait_until("it ends by itself", || crew.session(&run, 1)["exit"] == 0);
    crew.repo.puff(&["harvest", &run]).ok();
    assert_eq!(crew.file(&run, 1, "went"), "went");
}

#[test]
fn worktrees_stay_where_that_is_wished_and_until_their_patch_is_recorded() {
    let crew = AgentRun::new();
    crew.agent("good", "echo x >x");
    let kept = crew.tournament(&["--agent", "good", "--keep"]);
    let worktree = crew.workspace_root().join(kept["run"].as_str().unwrap()).join("var1");
    assert!(worktree.join("x").exists());
    let run = crew.launch(&["--agent", "good"]);
    let seen = crew.repo.wait_for(&run, "ready", |run| run["state"] == "ready");
    assert!(crew.workspace_root().join(&run).join("var1/x").exists(), "{seen:#}");
    let doctor = crew.repo.puff(&["doctor", "--porcelain"]);
    assert!(!doctor.stdout.contains("CHECK=worktrees"), "{}", doctor.stdout);
    crew.repo.puff(&["harvest", &run]).ok();
    assert!(!crew.workspace_root().join(&run).exists() && worktree.exists());
}

#[test]
fn doctor_names_and_repairs_broken_worktrees() {
    let crew = AgentRun::new().linked();
    crew.agent("good", "echo x >x").agent("fails", "echo f >f; exit 1");
    let failed = crew.launch(&["--agent", "fails"]);
    crew.repo.wait_for(&failed, "through", |run| run["watch"]["active"] == false);
    let ready = crew.launch(&["--agent", "good:3"]);
    let seen = crew.repo.wait_for(&ready, "ready", |run| run["state"] == "ready" && run["watch"]["active"] == false);
    assert_eq!(each(&seen, "status"), ["completed"; 3], "{seen:#}");
    let worktree = |run: &str, variant: u32| crew.workspace_root().join(run).join(format!("var{variant}"));
    fs::remove_file(worktree(&ready, 1).join(".git")).unwrap();
    fs::remove_dir_all(worktree(&ready, 2)).unwrap();
    crew.repo.git(&["worktree", "lock", &worktree(&ready, 3).display().to_string()]);
    let stranger = worktree("somebody", 1).display().to_string();
    crew.repo.git(&["worktree", "add", "-q", "--detach", &stranger]);

    let found = crew.repo.puff(&["doctor"]).stdout;
    for words in
        ["var1' of", "is left over", "has lost its '.git' file", "git still knows it", "is locked", "no existing run"]
    {
        assert!(found.contains(words), "'{words}' is not in:\n{found}");
    }
    crew.repo.puff(&["doctor", "--repair"]);
    assert_eq!(crew.repo.git_in(&worktree(&ready, 1), &["status", "--porcelain"]), "?? x");
    assert!(!worktree(&failed, 1).exists());
    let patch = crew.repo.puff(&["patch", &format!("{failed}:1")]).ok().stdout;
    assert!(patch.contains("+f\n"), "nothing was thrown away: {patch}");
    let left = crew.repo.puff(&["doctor"]).stdout;
    assert!(left.contains("belongs to no existing run") && !left.contains("is locked"), "{left}");
    crew.repo.puff(&["harvest", &ready]).ok();
    assert_eq!(each(&crew.repo.show(&ready), "status"), ["completed", "failed", "completed"]);
}

#[test]
fn a_launch_may_be_killed_at_any_moment_and_each_attempt_is_made_once() {
    let mut crew = AgentRun::new();
    crew.agent("quick", "pwd >>$LAB/ran; echo x >x");
    for delay in [10, 30, 60, 90, 120, 160, 200, 250, 300, 400, 3000] {
        crew.repo.set("GIT_PUFF_SEED", &format!("after {delay} ms"));
        let args = ["launch", "--agent", "quick:2", "--jobs", "1", "--harvest", "--prompt", "Trim"];
        let mut launch = crew.repo.spawn(&args, Stdio::null());
        std::thread::sleep(Duration::from_millis(delay));
        kill(launch.id());
        launch.wait().unwrap();
    }
    crew.repo.puff(&["watch", "--detach", "--all"]).ok();
    crew.repo.puff(&["watch", "--all"]).ok();
    let runs = crew.repo.puff(&["list", "--json"]).ok().json();
    let runs: Vec<_> = runs["runs"].as_array().unwrap().iter().map(|run| run["run"].as_str().unwrap()).collect();
    assert!(!runs.is_empty());
    for run in &runs {
        let seen = crew.repo.wait_for(run, "harvested", |run| run["state"] == "harvested");
        assert_eq!(each(&seen, "apply"), ["applied", "applied"]);
    }
    let ran = fs::read_to_string(crew.repo.path("ran")).unwrap();
    let mut each_once: Vec<&str> = ran.lines().collect();
    each_once.sort_unstable();
    each_once.dedup();
    assert_eq!((each_once.len(), ran.lines().count()), (2 * runs.len(), 2 * runs.len()), "{ran}");
    assert_eq!(crew.left(), [""; 0]);
}

#[test]
fn run_refs_deleted_by_an_agent_are_restored() {
    let crew = AgentRun::new().linked();
    let repo = &crew.repo;
    crew.agent("good", "echo x >x");
    let done = crew.tournament(&["--agent", "good"])["run"].as_str().unwrap().to_owned();
    let before = repo.git(&["rev-parse", &format!("refs/puff/runs/{done}")]);
    let gone = repo.path("gone");
    crew.agent(
        "evil",
        "echo made >made; while [ ! -e $LAB/go ]; do sleep 0.05; done; \
         for ref in $(git for-each-ref --format='%(refname)' refs/puff/runs); do git update-ref -d $ref; done; \
         echo >$LAB/gone; while [ ! -e $LAB/end ]; do sleep 0.05; done",
    );
    let run = crew.launch(&["--agent", "evil", "--harvest"]);
    wait_until("it has begun", || crew.workspace_root().join(&run).join("var1/made").exists());
    // The watcher has seen it since it began.
    repo.wait_for(&run, "at work", |run| run["variants"][0]["status"] == "in_progress");
    fs::write(repo.path("go"), "").unwrap();
    wait_until("the refs are gone", || gone.exists());
    wait_until("they are there again", || repo.git(&["for-each-ref", "refs/puff/runs"]).lines().count() == 2);
    assert_eq!(repo.git(&["rev-parse", &format!("refs/puff/runs/{done}")]), before);
    // Set back to an earlier step, it goes on from where it was.
    let now = repo.git(&["rev-parse", &format!("refs/puff/runs/{run}")]);
    repo.git(&["update-ref", &format!("refs/puff/runs/{run}"), &format!("{now}~1")]);
    wait_until("it is where it was", || repo.git(&["rev-parse", &format!("refs/puff/runs/{run}")]) == now);
    // What is pruned stays so.
    repo.puff(&["prune", &done]).ok();
    fs::write(repo.path("end"), "").unwrap();
    crew.tournament_end(&run);
    assert_eq!(crew.file(&run, 1, "made"), "made");
    repo.puff(&["show", &done]).exits(1);
    let log = repo.puff(&["log", &run]).ok().stdout;
    assert!(log.contains("was deleted by something else"), "{log}");
}

#[test]
fn a_run_whose_ref_and_objects_an_agent_deletes_is_restored() {
    let crew = AgentRun::new().linked();
    let repo = &crew.repo;
    crew.agent(
        "evil",
        "echo made >made; while [ ! -e $LAB/go ]; do sleep 0.05; done; \
         for ref in $(git for-each-ref --format='%(refname)' refs/puff); do git update-ref -d $ref; done; \
         git reflog expire --expire=now --all; git gc -q --prune=now; git prune --expire=now; \
         echo >$LAB/gone; while [ ! -e $LAB/end ]; do sleep 0.05; done",
    );
    let run = crew.launch(&["--agent", "evil", "--harvest"]);
    let name = format!("refs/puff/runs/{run}");
    repo.wait_for(&run, "at work", |run| run["variants"][0]["status"] == "in_progress");
    // Nobody watches who could write it from memory.
    kill(repo.living_watcher());
    let before = repo.git(&["rev-list", "--objects", &name]);
    fs::write(repo.path("go"), "").unwrap();
    wait_until("the refs are gone", || repo.path("gone").exists());
    assert!(repo.try_git(&["cat-file", "-e", before.split_whitespace().next().unwrap()]).code != 0);
    repo.show(&run);
    assert_eq!(repo.git(&["rev-list", "--objects", &name]), before);
    repo.git(&["fsck", "--strict"]);
    fs::write(repo.path("end"), "").unwrap();
    repo.puff(&["watch", &run]).ok();
    repo.puff(&["harvest", &run]).ok();
    assert_eq!(crew.file(&run, 1, "made"), "made");
    let kept = repo.work().join(".git/puff/runs").join(&run);
    assert!(!kept.exists(), "what is not watched any more is not kept: {:?}", fs::read_dir(&kept).map(Vec::from_iter));
}

#[test]
fn the_ref_of_an_active_run_is_restored_by_any_reader() {
    let crew = AgentRun::new();
    let repo = &crew.repo;
    crew.agent("waits", "echo made >made; while [ ! -e $LAB/go ]; do sleep 0.05; done");
    let run = crew.launch(&["--agent", "waits"]);
    let name = format!("refs/puff/runs/{run}");
    repo.wait_for(&run, "at work", |run| run["variants"][0]["status"] == "in_progress");
    // Nobody watches who could remember it.
    kill(repo.living_watcher());
    let before = repo.git(&["rev-parse", &name]);
    repo.git(&["update-ref", "-d", &name]);
    repo.show(&run);
    assert_eq!(repo.git(&["rev-parse", &name]), before);
    repo.git(&["update-ref", &name, "HEAD"]);
    repo.show(&run);
    assert_eq!(repo.git(&["rev-parse", &name]), before);
    repo.git(&["update-ref", "-d", &name]);
    fs::write(repo.path("go"), "").unwrap();
    repo.puff(&["watch", &run]).ok();
    repo.puff(&["harvest", &run]).ok();
    assert_eq!(crew.file(&run, 1, "made"), "made");
    // What is pruned, or deleted once nothing of it is active, stays so.
    repo.puff(&["prune", &run]).ok();
    repo.puff(&["show", &run]).exits(1);
    repo.puff(&["undo", &run]).ok();
    repo.git(&["update-ref", "-d", &name]);
    repo.puff(&["show", &run]).exits(1);
}
