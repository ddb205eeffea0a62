//! Watching in the background: one watcher, what it writes down, and how it ends.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::cloud_env::{CloudEnv, LISTING, each, ended};
use crate::support::test_repo::{Ran, wait_until};

/// The keys of `KEY=VALUE` lines, in order.
fn keys(ran: &str) -> Vec<&str> {
    ran.lines().map(|line| line.split_once('=').unwrap_or_else(|| panic!("no pair: {line}")).0).collect()
}

/// The result file of a run, once it is there.
fn result(path: &str) -> Ran {
    wait_until("the result file is there", || std::path::Path::new(path).exists());
    let stdout = std::fs::read_to_string(path).unwrap();
    assert_eq!(keys(&stdout), ["TASK_ID", "TASK_URL", "FINAL_STATE", "EXIT_CODE", "ENDED_AT"]);
    Ran { code: 0, stdout, stderr: String::new(), bytes: Vec::new() }
}

/// How a watch ended, as its result file has it.
fn ending(path: &str) -> (String, String) {
    let result = result(path);
    (result.value("FINAL_STATE"), result.value("EXIT_CODE"))
}

#[test]
fn scripts_read_of_a_launch_what_they_need_to_follow_it() {
    needs!("codex");
    let env = CloudEnv::new();
    let launch = |prompt: &str| env.repo.puff(&["launch", "--porcelain", "--best-of", "1", "--prompt", prompt]).ok();
    let first = launch("Trim the input");
    assert_eq!(keys(&first.stdout), ["JOB_ID", "PID", "TASK_ID", "TASK_URL", "LOG_PATH", "RESULT_PATH", "RUN"]);
    let second = launch("Trim the output");
    assert_eq!(first.value("PID"), second.value("PID"), "one watcher serves both");
    assert_eq!(Some(first.value("PID")), env.repo.watcher().map(|pid| pid.to_string()));
    let task = env.cloud.tasks()[0].id.clone();
    assert_eq!((first.value("TASK_ID"), first.value("TASK_URL")), (task.clone(), env.cloud.task_url(&task)));
    assert_eq!(first.value("JOB_ID"), first.value("RUN"));
    let log = std::fs::read_to_string(first.value("LOG_PATH")).unwrap();
    assert!(log.contains("launched: best of 1 on main"), "{log}");
    assert!(!std::path::Path::new(&first.value("RESULT_PATH")).exists(), "it is there when the watch has ended");

    let submitted = env.repo.puff(&["submit", "--porcelain", "--best-of", "1", "--prompt", "Trim more"]).ok();
    assert_eq!(keys(&submitted.stdout), ["TASK_ID", "TASK_URL", "RUN"]);
    let retried = env.repo.puff(&["retry", &submitted.value("RUN"), "--porcelain"]).ok();
    assert_eq!(keys(&retried.stdout), ["TASK_ID", "TASK_URL", "RUN"], "it is not watched, as its parent was not");

    let [first_task, second_task] = [0, 1].map(|at| env.cloud.tasks()[at].id.clone());
    env.finish(&first_task, 1, "one");
    env.cloud.fail(&second_task, 1);
    assert_eq!(result(&first.value("RESULT_PATH")).value("TASK_ID"), task);
    assert_eq!(ending(&first.value("RESULT_PATH")), ("success".into(), "0".into()));
    assert_eq!(ending(&second.value("RESULT_PATH")), ("error".into(), "2".into()));

    // With the last job the watcher leaves.
    wait_until("the watcher has left", || env.repo.watcher().is_none());
    assert_eq!(env.repo.puff(&["jobs", "--json"]).ok().json()["jobs"], json!([]));
}

#[test]
fn a_watch_that_harvested_something_that_does_not_apply_ends_with_3() {
    needs!("codex");
    let env = CloudEnv::new();
    // Harvesting can be asked for once and for all.
    env.repo.git(&["config", "puff.autoHarvest", "true"]);
    let launch = env.repo.puff(&["launch", "--porcelain", "--best-of", "2", "--prompt", "Trim the input"]).ok();
    let task = launch.value("TASK_ID");
    env.finish(&task, 1, "one");
    let wrong = "diff --git a/no b/no\n--- a/no\n+++ b/no\n@@ -1,1 +1,1 @@\n-nine\n+ten\n";
    env.cloud.finish(&task, 2, wrong, "Done.");
    assert_eq!(ending(&launch.value("RESULT_PATH")), ("partial".into(), "3".into()));
    let run = launch.value("RUN");
    let run = env.repo.wait_for(&run, "watched no longer", |run| run["watch"]["active"] == false);
    assert_eq!(each(&run, "apply"), ["applied", "rejected"]);
    wait_until("that is written down", || env.repo.watcher().is_none());
    let log = std::fs::read_to_string(launch.value("LOG_PATH")).unwrap();
    assert!(log.contains("variant 2 does not apply") && log.contains("watching ended: partial"), "{log}");
}

#[test]
fn stopping_ends_the_watch_and_nothing_else() {
    needs!("codex");
    let env = CloudEnv::new();
    let launch = env.repo.puff(&["launch", "--porcelain", "--best-of", "1", "--prompt", "Trim the input"]).ok();
    let (run, task) = (launch.value("RUN"), launch.value("TASK_ID"));
    env.repo.puff(&["stop", &run]).ok();
    assert_eq!(ending(&launch.value("RESULT_PATH")), ("stopped".into(), "130".into()));
    env.repo.puff(&["stop", &run]).exits(1).complains(&["is not being watched", &run]);
    wait_until("the watcher has left", || env.repo.watcher().is_none());
    assert_eq!(env.repo.show(&run)["state"], "pending", "the task goes on");

    env.finish(&task, 1, "one");
    env.repo.puff(&["harvest", &run]).ok();
    assert_eq!(env.notes(&run, 1), "one");

    // Several at once; and what was stopped can be taken up again.
    let (one, one_task) = env.launch(1, "Trim the output", &[]);
    env.launch(1, "Trim everything", &[]);
    let stopped = env.repo.puff(&["stop", "--all", "--json"]).ok().json();
    assert_eq!(stopped["runs"].as_array().unwrap().len(), 2);
    let taken_up = env.repo.puff(&["watch", "--detach", &one, "--json"]).ok().json();
    assert_eq!(taken_up["jobs"].as_array().unwrap().len(), 1);
    env.finish(&one_task, 1, "one");
    env.repo.wait_for(&one, "ready", |run| run["state"] == "ready");
}

#[test]
fn a_time_limit_ends_the_watch_with_124_and_leaves_the_run_active() {
    needs!("codex");
    let env = CloudEnv::new();
    let args = ["launch", "--porcelain", "--best-of", "1", "--timeout", "1s", "--prompt", "Trim the input"];
    let launch = env.repo.puff(&args).ok();
    assert_eq!(ending(&launch.value("RESULT_PATH")), ("timeout".into(), "124".into()));
    let run = launch.value("RUN");
    let seen = env.repo.wait_for(&run, "watched no longer", |run| run["watch"]["active"] == false);
    assert_eq!((&seen["state"], &seen["watch"]["ending"]), (&json!("pending"), &json!("timeout")));

    // The same in the foreground, where it is the exit code.
    env.repo.puff(&["watch", &run, "--timeout", "1s"]).exits(124).complains(&["not all have finished after 1s"]);
    assert_eq!(env.repo.show(&run)["state"], "pending");

    // Somebody who loses patience earlier ends a foreground watch alone.
    let watch = env.spawn(&["watch", &run]);
    env.looked_again();
    Command::new("kill").args(["-INT", &watch.id().to_string()]).status().unwrap();
    ended(watch).exits(130);
}

#[test]
fn a_cloud_task_cannot_be_cancelled_from_here() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.submit(1, "Trim the input");
    let refused = env.repo.puff(&["cancel", &run]).exits(1).complains(&["no command to cancel a cloud task", &run]);
    assert!(refused.stderr.contains(&env.cloud.task_url(&task)), "{}", refused.stderr);
    // Once it was ended there, that is what the run says.
    env.cloud.cancel(&task, 1);
    env.repo.puff(&["watch", &run]).exits(2);
    assert_eq!(env.repo.show(&run)["state"], "error");
    env.repo.puff(&["cancel", &run]).exits(1).complains(&["cannot cancel run"]);
}

#[test]
fn the_log_can_be_followed_until_the_watch_ends() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.launch(2, "Trim the input", &["--harvest"]);
    let follow = env.spawn(&["log", &run, "-f"]);
    env.finish_all(&task);
    let followed = ended(follow).ok().stdout;
    let parts = ["launched: best of 2", "ready", "harvested: 2 of 2", "watching ended: success"];
    let layout: Vec<_> = parts.iter().map(|part| followed.find(part)).collect();
    assert!(layout.iter().all(Option::is_some) && layout.is_sorted(), "{followed}");
    assert_eq!(env.repo.puff(&["log", &run]).ok().stdout, followed);
    let tail = env.repo.puff(&["log", &run, "--bytes", "25"]).ok().bytes;
    assert_eq!(tail, followed.as_bytes()[followed.len() - 25..]);

    let (unwatched, _) = env.submit(1, "Trim the output");
    env.repo.puff(&["log", &unwatched]).exits(1).complains(&["no log", &unwatched]);
}

#[test]
fn a_watch_for_programs_is_a_document_a_line() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.submit(2, "Trim the input");
    let watch = env.spawn(&["watch", &run, "--json"]);
    env.finish_all(&task);
    let watched = ended(watch).ok();
    let events: Vec<Value> = watched.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.iter().all(|event| event["run"] == json!(run) && event["schema"].is_string()), "{events:#?}");
    assert_eq!(events.last().unwrap()["state"], "ready");
    assert_eq!(events.last().unwrap()["done"], json!(2));
}

#[test]
fn a_failed_notify_command_is_only_reported() {
    needs!("codex");
    let env = CloudEnv::new();
    env.repo.git(&["config", "puff.notify", "echo cannot be reached >&2; exit 7"]);
    let (run, task) = env.launch(1, "Trim the input", &["--harvest"]);
    env.finish_all(&task);
    env.repo.wait_for(&run, "through", |run| run["watch"]["ending"] == "success");
    let log = env.repo.puff(&["log", &run]).ok().stdout;
    assert!(log.contains("puff.notify failed") && log.contains("cannot be reached"), "{log}");
}

#[test]
fn many_runs_cost_one_listing_an_interval() {
    needs!("codex");
    let env = CloudEnv::new();
    // Tasks from before, which no page has to be turned for, and the runs.
    for number in 0..6 {
        env.cloud.add_task("env_lab_1", &format!("Old number {number}"), 1);
    }
    let files: Vec<String> = (0..12).map(|number| format!("task-{number}.md")).collect();
    for file in &files {
        env.repo.write(file, format!("---\nbest-of: 2\n---\nDo {file}\n"));
    }
    let mut args = vec!["launch", "--json", "--skip-doctor", "--intent"];
    args.extend(files.iter().map(String::as_str));
    let runs = env.repo.puff(&args).ok().json();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 12);
    let asked = |from: usize| -> Vec<String> {
        let requests = env.cloud.requests().into_iter().skip(from);
        requests.map(|request| request.line()).filter(|line| line.starts_with("GET ")).collect()
    };

    env.looked_again();
    let from = env.cloud.requests().len();
    env.asked(LISTING, env.cloud.count(LISTING) + 3);
    let all = asked(from);
    assert!(all.iter().all(|line| line.starts_with(LISTING) && !line.contains("cursor")), "{all:#?}");

    // A page of five: three hold the runs, and the fourth, with older tasks alone, is not asked for.
    env.cloud.set_page_size(5);
    env.looked_again();
    let from = env.cloud.requests().len();
    env.asked(LISTING, env.cloud.count(LISTING) + 9);
    let all = asked(from);
    let first_pages: Vec<usize> = (0..all.len()).filter(|at| !all[*at].contains("cursor")).collect();
    assert!(first_pages.len() >= 2, "{all:#?}");
    assert!(first_pages.windows(2).all(|pair| pair[1] - pair[0] == 3), "{all:#?}");
    assert!(all.iter().all(|line| line.starts_with(LISTING)), "{all:#?}");
}
