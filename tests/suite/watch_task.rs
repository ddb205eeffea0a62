//! Watching a task by its name or its page, as puff.sh did, whether it is a run here or not.

use std::process::Stdio;

use crate::support::cloud_env::{CloudEnv, ENV, LISTING, ended};
use crate::support::test_repo::{Ran, TestRepo, wait_until};

fn result(stage: &CloudEnv, file: &str) -> Ran {
    let stdout = std::fs::read_to_string(stage.lab.work().join(file)).expect("a result file");
    Ran { code: 0, stdout, stderr: String::new(), bytes: Vec::new() }
}

fn fields(result: &Ran) -> [String; 4] {
    ["TASK_ID", "TASK_URL", "FINAL_STATE", "EXIT_CODE"].map(|key| result.value(key))
}

#[test]
fn a_task_that_somebody_else_started_is_followed_and_nothing_of_it_is_recorded() {
    needs!("codex");
    let stage = CloudEnv::new();
    let task = stage.cloud.add_task("env_lab_1", "Trim the input", 2);
    let url = stage.cloud.task_url(&task);
    let before = stage.lab.fingerprint();
    let watch = stage.spawn(&["watch", "--task", &url, "--interval", "1", "--result-file", "result"]);
    stage.finish(&task, 1, "one");
    let asked = stage.cloud.count(LISTING);
    wait_until("it was looked at again", || stage.cloud.count(LISTING) > asked + 1);
    assert!(!stage.lab.work().join("result").exists(), "its second attempt is at work");
    stage.finish(&task, 2, "two");
    let watched = ended(watch).ok();
    let name = task.replace('_', "-").to_lowercase();
    assert!(watched.stdout.contains(&format!("{name}: ready (was pending)")), "{}", watched.stdout);
    assert_eq!(fields(&result(&stage, "result")), [task.as_str(), &url, "success", "0"]);
    std::fs::remove_file(stage.lab.work().join("result")).unwrap();
    assert_eq!(stage.lab.fingerprint(), before);
    assert!(stage.lab.puff(&["list", "--json"]).ok().json()["runs"].as_array().unwrap().is_empty());

    // One that is through, by its page alone; one that reads APPLIED is no less well.
    stage.cloud.set_applied(&task);
    stage.lab.puff(&["watch", "--task-url", &url, "--task", &task]).ok();
}

#[test]
fn the_exit_code_says_how_it_ended() {
    needs!("codex");
    let stage = CloudEnv::new();
    let task = stage.cloud.add_task("env_lab_1", "Trim the input", 1);
    let args = ["watch", "--task", &task, "--interval", "1", "--timeout", "1", "--result-file", "result"];
    stage.lab.puff(&args).exits(124).complains(&["not all have finished after 1s"]);
    assert_eq!(fields(&result(&stage, "result"))[2..], ["timeout", "124"]);
    stage.cloud.fail(&task, 1);
    stage.lab.puff(&args).exits(2).complains(&["no attempt", &task]);
    assert_eq!(fields(&result(&stage, "result"))[2..], ["error", "2"]);

    // Of a run here, the same is said; and who stops it is told so.
    let (_, task) = stage.submit(1, "Trim the output");
    let args = ["watch", "--task", &task, "--result-file", "result"];
    let watch = stage.lab.spawn(&args, Stdio::null());
    let asked = stage.cloud.count(LISTING);
    wait_until("it is followed", || stage.cloud.count(LISTING) > asked + 1);
    let pid = watch.id().to_string();
    assert!(stage.lab.command("kill").args(["-INT", &pid]).status().unwrap().success());
    ended(watch).exits(130);
    assert_eq!(fields(&result(&stage, "result"))[2..], ["stopped", "130"]);
    stage.finish(&task, 1, "one");
    stage.lab.puff(&args).ok();
    assert_eq!(fields(&result(&stage, "result"))[..], [task.as_str(), &stage.cloud.task_url(&task), "success", "0"]);
}

#[test]
fn what_is_no_task_or_no_place_for_a_result_is_named_before_anything_is_followed() {
    needs!("codex");
    let stage = CloudEnv::new();
    let task = stage.cloud.add_task("env_lab_1", "Trim the input", 1);
    let refused = |args: &[&str], code: i32, words: &[&str]| {
        stage.lab.puff(&[&["watch"], args].concat()).exits(code).complains(words);
    };
    refused(&["--task", "a task"], 129, &["'a task' is neither a task id nor the URL of a task"]);
    refused(&["--task", &task, "--task-url", "https://x.example/t/task_other"], 129, &[&task, "task_other"]);
    refused(&["--task", "task_e_nobody_knows"], 1, &["task_e_nobody_knows"]);
    refused(&["--task", &task, "--detach"], 1, &[&task, "no run here"]);
    refused(&["--task", &task, "--result-file", "no/folder/file"], 129, &["no/folder/file", "cannot be written"]);
    refused(&["--result-file", "file"], 129, &["'file'", "not of 0"]);
    refused(&["--task", &task, "@"], 129, &["--task"]);
    assert_eq!(stage.cloud.tasks().len(), 1);
}

#[test]
fn a_job_goes_by_the_name_that_scripts_know_it_by() {
    needs!("codex");
    let stage = CloudEnv::new();
    let launch = stage.lab.puff(&["launch", "--porcelain", "--attempts", "1", "--prompt", "Trim the input"]).ok();
    stage.lab.puff(&["stop", "--job", &launch.value("JOB_ID")]).ok();
    let stopped = std::fs::read_to_string(launch.value("RESULT_PATH")).unwrap();
    assert!(stopped.contains("FINAL_STATE=stopped\nEXIT_CODE=130\n"), "{stopped}");
    stage.lab.puff(&["stop", "--job", "nobody"]).exits(1).complains(&["nobody"]);
    stage.lab.puff(&["stop", "--job", "x", "--all"]).exits(129);
}

#[test]
fn scripts_may_ask_for_pairs_once_and_for_all() {
    let mut lab = TestRepo::new();
    lab.git(&["config", "puff.env", ENV]);
    lab.set("GIT_PUFF_PORCELAIN", "true");
    let said = lab.puff(&["doctor"]).exits(1);
    assert_eq!(said.value("DOCTOR_STATUS"), "FAIL");
    assert_eq!(lab.puff(&["doctor", "--json"]).exits(1).json()["status"], "FAIL", "what is said beats it");
    lab.set("GIT_PUFF_PORCELAIN", "no");
    assert!(!lab.puff(&["doctor"]).exits(1).stdout.contains("DOCTOR_STATUS"));
}
