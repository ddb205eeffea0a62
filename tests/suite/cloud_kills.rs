//! `kill -9` at any point: no run is lost, no paid task is forgotten, and nothing is left that the next command does not
//! repair. The moments are not waited for but swept over: whatever a kill hits, the same must hold afterwards.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::cloud::Action;
use crate::support::cloud_env::{CloudEnv, LISTING, SUBMISSION, each, ended};
use crate::support::test_repo::{PATIENCE, TestRepo, kill, run, wait_until};

/// Ends a program as `kill -9` does, so long after now.
fn kill_after(mut child: Child, delay: Duration) {
    std::thread::sleep(delay);
    let _ = child.kill();
    let _ = child.wait();
}

/// Files below a git directory that would stop a later writer.
fn stray_locks(git_dir: &Path) -> Vec<PathBuf> {
    ["refs", "reftable"].iter().flat_map(|folder| locks_below(&git_dir.join(folder))).collect()
}

fn locks_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let here = files.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "lock"));
    here.chain(folders.iter().flat_map(|folder| locks_below(folder))).collect()
}

/// Every run by its prompt's first line.
fn runs_by_title(repo: &TestRepo) -> BTreeMap<String, Value> {
    let listed = repo.puff(&["list", "--json"]).ok().json();
    let runs = listed["runs"].as_array().unwrap().clone();
    runs.into_iter().map(|run| (run["title"].as_str().unwrap().to_owned(), run)).collect()
}

#[test]
fn a_killed_launch_leaves_a_run_that_repair_binds_to_its_task() {
    needs!("codex");
    let mut env = CloudEnv::new();
    // The npm package's script this time: it is killed with its parent or not, the program inside it lives on.
    env.repo.use_real_codex(&env.cloud);
    env.cloud.fault(SUBMISSION, Action::Delay(Duration::from_secs(15)), Some(1));
    let launch = env.spawn(&["launch", "--harvest", "--best-of", "2", "--prompt", "Trim the input"]);
    env.asked(SUBMISSION, 1);
    kill_after(launch, Duration::ZERO);
    let run = env.repo.show("@");
    let id = run["run"].as_str().unwrap();
    assert_eq!((&run["state"], &run["task_id"]), (&json!("submitting"), &Value::Null));
    assert!(!env.repo.puff(&["doctor"]).ok().stdout.contains("has no line"), "nothing was kicked off yet");
    // The client outlived the launch and is still at it: a repair in this moment must not offer to start it again.
    let repair = env.repo.puff(&["doctor", "--repair"]).ok().stdout;
    assert!(env.cloud.tasks().is_empty(), "the service is slower than this test");
    assert!(!repair.contains("no task matches"), "{repair}");

    wait_until("the task is there", || !env.cloud.tasks().is_empty());
    env.clients_ended();
    let task = env.only_task().id;
    env.repo.puff(&["doctor", "--repair"]).ok();
    assert_eq!(env.repo.show(id)["task_id"], json!(task));
    // It is watched and harvested, as the launch that was killed had been asked to.
    env.finish_all(&task);
    env.repo.wait_for(id, "harvested", |run| run["state"] == "harvested");
    assert_eq!(env.cloud.count(SUBMISSION), 1);
}

#[test]
fn a_killed_launch_is_recovered() {
    needs!("codex");
    let env = CloudEnv::new();
    let repo = &env.repo;
    repo.write(".git/info/exclude", ".codex/bo4_runs.jsonl\n");
    // One to get to know the client, and one to know how long it takes: the moments are spread over that and a
    // little more.
    env.launch(2, "To get to know", &[]);
    let started = Instant::now();
    env.launch(2, "To know how long", &[]);
    let step = started.elapsed() / 12;
    for number in 1..=15 {
        let prompt = format!("Number {number}");
        let launch = repo.spawn(&["launch", "--best-of", "2", "--prompt", &prompt], Stdio::null());
        kill_after(launch, step * number);
        repo.puff(&["list"]).ok();
    }
    env.clients_ended();
    assert_eq!(repo.git(&["status", "--porcelain", "--untracked-files=all"]), "");

    // Every task that is paid for belongs to the run that asked for it, at the latest after a repair.
    repo.puff(&["doctor", "--repair"]).ok();
    let runs = runs_by_title(repo);
    let tasks = env.cloud.tasks();
    for task in &tasks {
        let run = runs.get(&task.prompt).unwrap_or_else(|| panic!("no run asked for {}", task.prompt));
        assert_eq!(run["task_id"], json!(task.id), "{run:#}");
    }
    for (title, run) in &runs {
        let paid = tasks.iter().any(|task| task.prompt == *title);
        let state = run["state"].as_str().unwrap();
        assert_eq!(state, if paid { "pending" } else { "submitting" }, "{title}");
    }
    let log = std::fs::read_to_string(repo.work().join(".codex/bo4_runs.jsonl")).unwrap();
    assert!(tasks.iter().all(|task| log.lines().any(|line| line.contains(&task.id))), "{log}");
    assert!(stray_locks(&repo.work().join(".git")).is_empty());
    repo.git(&["fsck", "--strict"]);

    // And everything works as before.
    repo.puff(&["watch", "--detach", "--all"]).ok();
    let (run, task) = env.launch(1, "One more", &["--harvest"]);
    env.finish_all(&task);
    repo.wait_for(&run, "harvested", |run| run["state"] == "harvested");
}

#[test]
fn a_killed_harvest_is_recovered() {
    needs!("codex");
    let env = CloudEnv::new();
    let repo = &env.repo;
    let (run, task) = env.submit(4, "Trim the input");
    env.finish_all(&task);
    repo.puff(&["watch", &run]).ok();
    let copy = |name: &str| {
        let copied = crate::support::test_repo::run(repo.command("cp").args(["-a", "."]).arg(repo.path(name)));
        assert_eq!(copied.code, 0, "{}", copied.stderr);
        repo.path(name)
    };
    let harvest = ["harvest", &run, "--json"];
    let views = |place: &Path| {
        let branches = repo.git_in(place, &["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads"]);
        let report = repo.git_in(place, &["show", &format!("refs/puff/runs/{run}:report.md")]);
        let note = repo.git_in(place, &["notes", "--ref=puff/report", "show", "main"]);
        (branches, report, note)
    };
    let undisturbed = copy("undisturbed");
    let wanted_run = env.puff_in(&undisturbed, &harvest).ok().json();
    let wanted = views(&undisturbed);
    // How often the client asks for the attempts: to count them, and for every diff.
    const QUESTIONS: usize = 5;

    for number in 0..20u32 {
        let place = copy(&format!("killed-{number}"));
        let asked = env.cloud.count("sibling_turns");
        let mut command = repo.command(env!("CARGO_BIN_EXE_git-puff"));
        let child = command.args(harvest).current_dir(&place).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        if number >= 5 {
            // From here on everything is fetched, and the writing begins.
            env.asked("sibling_turns", asked + QUESTIONS);
        }
        kill_after(child.unwrap(), Duration::from_millis(12) * (if number < 5 { number * 4 } else { number - 5 }));
        env.clients_ended();
        // The next harvest goes on from whatever is there, without any repair in between.
        let again = env.puff_in(&place, &harvest).ok().json();
        assert_eq!(views(&place), wanted, "kill number {number}");
        assert_eq!(each(&again, "commit"), each(&wanted_run, "commit"));
        assert_eq!((&again["state"], each(&again, "revision")), (&json!("harvested"), vec![json!(1); 4]));
        let fsck = run_git(repo, &place, &["fsck", "--strict", "--no-dangling"]);
        assert_eq!(fsck, "", "kill number {number}");
        assert_eq!(repo.git_in(&place, &["status", "--porcelain"]), "?? .codex/");
        // A third harvest has nothing to do; a repair only clears away what the kill left.
        let before = repo.git_in(&place, &["for-each-ref"]);
        env.puff_in(&place, &["doctor", "--repair"]).ok();
        assert_eq!(repo.git_in(&place, &["for-each-ref"]), before);
        assert!(stray_locks(&place.join(".git")).is_empty());
    }
}

/// What git prints, complaints included.
fn run_git(repo: &TestRepo, place: &Path, args: &[&str]) -> String {
    let ran = run(repo.command("git").current_dir(place).args(args));
    assert_eq!(ran.code, 0, "git {args:?}: {}", ran.stderr);
    ran.stdout + &ran.stderr
}

#[test]
fn a_killed_watchers_harvest_is_completed_by_the_next() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.launch(4, "Trim the input", &["--harvest"]);
    env.looked_again();
    let watcher = env.repo.living_watcher();
    // The attempts are counted by the look that finds it ready, then by the harvest; then the diffs are fetched, which
    // takes until the watcher is dead.
    env.cloud.fault_after(2, "sibling_turns", Action::Delay(PATIENCE));
    env.finish_all(&task);
    env.asked("sibling_turns", 3);
    kill(watcher);
    env.cloud.disconnect();
    env.clients_ended();
    env.cloud.clear_faults();
    env.cloud.reconnect();
    let jobs = env.repo.puff(&["jobs", "--json"]).ok().json();
    assert_eq!(jobs["jobs"][0]["state"], json!("orphaned"));
    let result = env.repo.puff_dir().join("results").join(&run);
    env.repo.puff(&["watch", "--detach"]).ok();
    let run_now = env
        .repo
        .wait_for(&run, "harvested and through", |run| run["state"] == "harvested" && run["watch"]["active"] == false);
    assert_eq!(each(&run_now, "apply"), ["applied"; 4]);
    let texts: Vec<_> = (1..=4).map(|variant| env.notes(&run, variant)).collect();
    assert_eq!(texts, ["attempt 1", "attempt 2", "attempt 3", "attempt 4"]);
    assert!(std::fs::read_to_string(result).unwrap().contains("FINAL_STATE=success"));
    assert!(stray_locks(&env.repo.work().join(".git")).is_empty());
}

#[test]
fn jobs_of_a_killed_watcher_are_resumed() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.launch(2, "Trim the input", &["--harvest"]);
    let (other, other_task) = env.launch(1, "Trim the output", &[]);
    let first = env.repo.living_watcher();
    kill(first);
    let state = || env.repo.puff(&["jobs", "--json"]).ok().json()["jobs"].clone();
    wait_until("both are orphaned", || state().as_array().unwrap().iter().all(|job| job["state"] == "orphaned"));
    assert_eq!(state().as_array().unwrap().len(), 2);
    assert_eq!(state()[0]["watcher"], Value::Null);
    let doctor = env.repo.puff(&["doctor"]).ok().stdout;
    assert!(doctor.contains("2 jobs have no watcher"), "{doctor}");

    // A foreground watch looks at what nobody watches, without a watcher.
    env.finish_all(&other_task);
    ended(env.spawn(&["watch", &other])).ok();
    let taken_up = env.repo.puff(&["watch", "--detach", "--json"]).ok().json();
    assert!(taken_up["jobs"].as_array().unwrap().iter().all(|job| job["state"] == "watching"), "{taken_up:#}");
    env.finish_all(&task);
    env.repo.wait_for(&run, "harvested", |run| run["state"] == "harvested");
    assert_ne!(env.repo.watcher(), Some(first));
    assert!(env.cloud.count(LISTING) > 0);
}

#[test]
fn stale_ref_locks_do_not_stop_git_puff() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.submit(1, "Trim the input");
    env.finish_all(&task);
    let git_dir = env.repo.work().join(".git");
    let ours = ["refs/puff/runs/", "refs/heads/puff/", "refs/notes/puff/"].map(|folder| git_dir.join(folder));
    let locks = [
        ours[0].join(format!("{run}.lock")),
        ours[1].join(format!("{run}/var1.lock")),
        ours[2].join("report.lock"),
        ours[2].join("runs.lock"),
    ];
    let leave = || {
        for lock in &locks {
            std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
            std::fs::write(lock, "").unwrap();
        }
    };
    leave();
    env.repo.puff(&["harvest", &run]).ok();
    assert_eq!(env.notes(&run, 1), "attempt 1");

    // Where nobody happens to write, doctor finds them, and takes them away when asked to.
    leave();
    let doctor = env.repo.puff(&["doctor", "--porcelain"]).ok().stdout;
    let found = doctor.lines().filter(|line| line.starts_with("CHECK=locks RESULT=warn VALUE=")).count();
    assert_eq!(found, locks.len(), "{doctor}");
    env.repo.puff(&["doctor", "--repair"]).ok();
    assert!(stray_locks(&git_dir).is_empty());
}
