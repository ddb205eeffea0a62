//! Watching a task by its name or its page, as puff.sh did, whether it is a run here or not.

use std::process::Stdio;

use crate::support::cloud_env::{CloudEnv, ENV, LISTING, ended};
use crate::support::test_repo::{Ran, TestRepo, wait_until};

fn result(env: &CloudEnv, file: &str) -> Ran {
    let stdout = std::fs::read_to_string(env.repo.work().join(file)).expect("a result file");
    Ran { code: 0, stdout, stderr: String::new(), bytes: Vec::new() }
}

fn fields(result: &Ran) -> [String; 4] {
    ["TASK_ID", "TASK_URL", "FINAL_STATE", "EXIT_CODE"].map(|key| result.value(key))
}

#[test]
fn an_untracked_task_is_followed_and_not_recorded() {
    needs!("codex");
    let env = CloudEnv::new();
    let task = env.cloud.add_task("env_lab_1", "Trim the input", 2);
    let url = env.cloud.task_url(&task);
    let before = env.repo.fingerprint();
    let watch = env.spawn(&["watch", "--task", &url, "--interval", "1", "--result-file", "result"]);
    env.finish(&task, 1, "one");
    let asked = env.cloud.count(LISTING);
    wait_until("it was looked at again", || env.cloud.count(LISTING) > asked + 1);
    assert!(!env.repo.work().join("result").exists(), "its second attempt is at work");
    env.finish(&task, 2, "two");
    let watched = ended(watch).ok();
    let name = task.replace('_', "-").to_lowercase();
    assert!(watched.stdout.contains(&format!("{name}: ready (was pending)")), "{}", watched.stdout);
    assert_eq!(fields(&result(&env, "result")), [task.as_str(), &url, "success", "0"]);
    std::fs::remove_file(env.repo.work().join("result")).unwrap();
    assert_eq!(env.repo.fingerprint(), before);
    assert!(env.repo.puff(&["list", "--json"]).ok().json()["runs"].as_array().unwrap().is_empty());

    // One that is through, by its page alone; one that reads APPLIED is no less well.
    env.cloud.set_applied(&task);
    env.repo.puff(&["watch", "--task-url", &url, "--task", &task]).ok();
}

#[test]
fn the_exit_code_says_how_it_ended() {
    needs!("codex");
    let env = CloudEnv::new();
    let task = env.cloud.add_task("env_lab_1", "Trim the input", 1);
    let args = ["watch", "--task", &task, "--interval", "1", "--timeout", "1", "--result-file", "result"];
    env.repo.puff(&args).exits(124).complains(&["not all have finished after 1s"]);
    assert_eq!(fields(&result(&env, "result"))[2..], ["timeout", "124"]);
    env.cloud.fail(&task, 1);
    env.repo.puff(&args).exits(2).complains(&["no attempt", &task]);
    assert_eq!(fields(&result(&env, "result"))[2..], ["error", "2"]);

    // Of a run here, the same is said; and who stops it is told so.
    let (_, task) = env.submit(1, "Trim the output");
    let args = ["watch", "--task", &task, "--result-file", "result"];
    let watch = env.repo.spawn(&args, Stdio::null());
    let asked = env.cloud.count(LISTING);
    wait_until("it is followed", || env.cloud.count(LISTING) > asked + 1);
    let pid = watch.id().to_string();
    assert!(env.repo.command("kill").args(["-INT", &pid]).status().unwrap().success());
    ended(watch).exits(130);
    assert_eq!(fields(&result(&env, "result"))[2..], ["stopped", "130"]);
    env.finish(&task, 1, "one");
    env.repo.puff(&args).ok();
    assert_eq!(fields(&result(&env, "result"))[..], [task.as_str(), &env.cloud.task_url(&task), "success", "0"]);
}

#[test]
fn an_invalid_task_or_result_file_is_refused_before_watching() {
    needs!("codex");
    let env = CloudEnv::new();
    let task = env.cloud.add_task("env_lab_1", "Trim the input", 1);
    let refused = |args: &[&str], code: i32, words: &[&str]| {
        env.repo.puff(&[&["watch"], args].concat()).exits(code).complains(words);
    };
    refused(&["--task", "a task"], 129, &["'a task' is neither a task id nor the URL of a task"]);
    refused(&["--task", &task, "--task-url", "https://x.example/t/task_other"], 129, &[&task, "task_other"]);
    refused(&["--task", "task_e_nobody_knows"], 1, &["task_e_nobody_knows"]);
    refused(&["--task", &task, "--detach"], 1, &[&task, "no run here"]);
    refused(&["--task", &task, "--result-file", "no/folder/file"], 129, &["no/folder/file", "cannot be written"]);
    refused(&["--result-file", "file"], 129, &["'file'", "not of 0"]);
    refused(&["--task", &task, "@"], 129, &["--task"]);
    assert_eq!(env.cloud.tasks().len(), 1);
}

#[test]
fn a_job_can_be_stopped_by_its_id() {
    needs!("codex");
    let env = CloudEnv::new();
    let launch = env.repo.puff(&["launch", "--porcelain", "--attempts", "1", "--prompt", "Trim the input"]).ok();
    env.repo.puff(&["stop", "--job", &launch.value("JOB_ID")]).ok();
    let stopped = std::fs::read_to_string(launch.value("RESULT_PATH")).unwrap();
    assert!(stopped.contains("FINAL_STATE=stopped\nEXIT_CODE=130\n"), "{stopped}");
    env.repo.puff(&["stop", "--job", "nobody"]).exits(1).complains(&["nobody"]);
    env.repo.puff(&["stop", "--job", "x", "--all"]).exits(129);
}

#[test]
fn scripts_may_ask_for_pairs_once_and_for_all() {
    let mut repo = TestRepo::new();
    repo.git(&["config", "puff.env", ENV]);
    repo.set("GIT_PUFF_PORCELAIN", "true");
    let said = repo.puff(&["doctor"]).exits(1);
    assert_eq!(said.value("DOCTOR_STATUS"), "FAIL");
    assert_eq!(repo.puff(&["doctor", "--json"]).exits(1).json()["status"], "FAIL", "what is said beats it");
    repo.set("GIT_PUFF_PORCELAIN", "no");
    assert!(!repo.puff(&["doctor"]).exits(1).stdout.contains("DOCTOR_STATUS"));
}
