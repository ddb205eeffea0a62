//! The one call that is paid for: it is made once, and a task is never lost, whatever becomes of the answer.

use serde_json::{Value, json};

use crate::support::cloud::Action;
use crate::support::cloud_env::{CloudEnv, ENV, SUBMISSION};

const LAUNCH: [&str; 6] = ["launch", "--harvest", "--best-of", "2", "--prompt", "Trim the input"];

/// Launches into a fault, and answers the run that waits for its task.
#[track_caller]
fn lost(stage: &CloudEnv, fault: Action) -> String {
    stage.cloud.fault(SUBMISSION, fault, None);
    let launch = stage.lab.puff(&LAUNCH).exits(1).complains(&["cannot tell whether Codex Cloud accepted"]);
    assert!(launch.stderr.contains("doctor --repair"), "{}", launch.stderr);
    let run = stage.lab.show("@");
    assert_eq!((&run["state"], &run["attention"]), (&json!("submitting"), &json!("needs-task")));
    run["run"].as_str().unwrap().to_owned()
}

#[test]
fn an_answer_that_was_lost_is_not_asked_for_again_and_repair_finds_the_task() {
    needs!("codex");
    let lost_answers = [Action::StatusAfterProcessing(500), Action::DropAfterProcessing, Action::DropHalfway];
    for fault in lost_answers {
        let stage = CloudEnv::new();
        let run = lost(&stage, fault);
        stage.cloud.clear_faults();
        // Neither a watch nor a harvest submits it again; both say what to do.
        stage.lab.puff(&["watch", &run]).exits(1).complains(&["was interrupted", &run]);
        stage.lab.puff(&["watch", "--detach", &run]).ok();
        stage.lab.puff(&["harvest", &run]).exits(1).complains(&["submitting", &run]);
        assert_eq!(stage.cloud.count(SUBMISSION), 1);

        let task = stage.only_task().id;
        let repair = stage.lab.puff(&["doctor", "--repair"]).ok();
        assert!(repair.stdout.contains(&format!("found the task of {run}: {task}")), "{}", repair.stdout);
        let found = stage.lab.show(&run);
        assert_eq!((&found["task_id"], &found["attention"]), (&json!(task), &Value::Null));
        let log = std::fs::read_to_string(stage.lab.work().join(".codex/bo4_runs.jsonl")).unwrap();
        assert!(log.lines().count() == 1 && log.contains(&task), "{log}");

        // It goes on as if nothing had happened: watched in the background, and harvested.
        stage.finish_all(&task);
        stage.lab.wait_for(&run, "harvested", |run| run["state"] == "harvested");
        assert_eq!(stage.cloud.count(SUBMISSION), 1);
    }
}

#[test]
fn when_several_tasks_fit_they_are_listed_and_a_person_chooses() {
    needs!("codex");
    let stage = CloudEnv::new();
    let run = lost(&stage, Action::DropAfterProcessing);
    let ours = stage.only_task().id;
    // Somebody else asked for the same, in the same environment.
    let other = stage.cloud.add_task("env_lab_1", "Trim the input", 2);

    let repair = stage.lab.puff(&["doctor", "--repair"]).ok();
    let line = repair.stdout.lines().find(|line| line.contains("several tasks match")).unwrap_or_default();
    assert!(line.contains(&ours) && line.contains(&other) && line.contains("adopt TASK --run"), "{}", repair.stdout);
    assert_eq!(stage.lab.show(&run)["state"], "submitting");

    let adopted = stage.lab.puff(&["adopt", &stage.cloud.task_url(&ours), "--run", &run, "--json"]).ok().json();
    assert_eq!((&adopted["run"], &adopted["task_id"]), (&json!(run), &json!(ours)));
    assert_eq!(adopted["state"], "pending");
    // Said twice it is the same; the other task is another run.
    stage.lab.puff(&["adopt", &ours, "--run", &run]).ok();
    stage.lab.puff(&["adopt", &other, "--run", &run]).exits(1).complains(&["has a task already", &ours]);
    let second = stage.lab.puff(&["adopt", &other, "--json"]).ok().json();
    assert_ne!(second["run"], json!(run));
    assert_eq!((&second["best_of"], &second["env"]), (&json!(2), &json!(ENV)));
    assert_eq!(stage.cloud.count(SUBMISSION), 1);
}

#[test]
fn when_no_task_fits_that_is_said_and_retry_starts_it() {
    needs!("codex");
    let stage = CloudEnv::new();
    // The gateway answered, and the service did nothing; other tasks are too old, too many attempts, or known.
    let (_, known) = stage.submit(2, "Trim the input");
    stage.cloud.add_task("env_lab_1", "Trim the input", 4);
    let run = lost(&stage, Action::Status(500));
    let repair = stage.lab.puff(&["doctor", "--repair"]).ok();
    assert!(repair.stdout.contains(&format!("no task matches {run}")), "{}", repair.stdout);
    assert_ne!(stage.lab.show(&run)["task_id"], json!(known));

    stage.cloud.clear_faults();
    let again = stage.lab.puff(&["retry", &run, "--json"]).ok().json();
    assert_eq!((&again["state"], &again["parent"]), (&json!("pending"), &json!(run)));
}

#[test]
fn two_interrupted_runs_are_not_given_each_others_task() {
    needs!("codex");
    let stage = CloudEnv::new();
    let first = lost(&stage, Action::DropAfterProcessing);
    stage.cloud.clear_faults();
    stage.cloud.fault(SUBMISSION, Action::DropAfterProcessing, None);
    stage.lab.puff(&["submit", "--best-of", "2", "--prompt", "Trim the output"]).exits(1);
    let second = stage.lab.show("@")["run"].as_str().unwrap().to_owned();
    stage.lab.puff(&["doctor", "--repair"]).ok();
    let task = |run: &str| stage.cloud.task(stage.lab.show(run)["task_id"].as_str().unwrap());
    assert_eq!(task(&first).prompt, "Trim the input");
    assert_eq!(task(&second).prompt, "Trim the output");
}

#[test]
fn a_task_is_found_however_many_others_were_started_since() {
    needs!("codex");
    let stage = CloudEnv::new();
    let run = lost(&stage, Action::DropAfterProcessing);
    let ours = stage.only_task().id;
    stage.cloud.set_page_size(5);
    for number in 0..12 {
        stage.cloud.add_task("env_lab_1", &format!("Something else, number {number}"), 2);
    }
    stage.lab.puff(&["doctor", "--repair"]).ok();
    assert_eq!(stage.lab.show(&run)["task_id"], json!(ours));
}

#[test]
fn a_clear_no_to_a_submission_costs_nothing_and_can_be_retried() {
    needs!("codex");
    for status in [429, 403, 422] {
        let stage = CloudEnv::new();
        stage.cloud.fault(SUBMISSION, Action::Status(status), Some(1));
        let refused = stage.lab.puff(&LAUNCH).exits(1).complains(&["Codex Cloud"]);
        assert!(refused.stderr.contains("nothing was submitted"), "{}", refused.stderr);
        let run = stage.lab.show("@");
        let id = run["run"].as_str().unwrap().to_owned();
        assert_eq!((&run["state"], &run["task_id"], &run["attention"]), (&json!("error"), &Value::Null, &Value::Null));
        assert_eq!(stage.cloud.tasks().len(), 0);

        let again = stage.lab.puff(&["retry", &id, "--json"]).ok().json();
        assert_eq!((&again["parent"], &again["best_of"]), (&json!(id), &json!(2)));
        assert_eq!(again["watch"]["harvest"], json!(true), "it is watched as its parent was");
        assert_eq!(stage.only_task().prompt, "Trim the input");
        stage.finish_all(&stage.only_task().id);
        stage.lab.wait_for(again["run"].as_str().unwrap(), "harvested", |run| run["state"] == "harvested");
    }
}

#[test]
fn the_prompt_arrives_as_it_was_given() {
    needs!("codex");
    let stage = CloudEnv::new();
    // What would be taken for a flag, what a shell would touch, and what an editor would.
    let prompt = "-x --best-of 9\n\n  `$HOME` \"quoted\" 'so'\r\n\ttab, umlaut ü, no newline at the end";
    let run = stage.lab.puff_with_input(&["submit", "--best-of", "1", "--json"], prompt.as_bytes()).ok().json();
    assert_eq!(stage.only_task().prompt, prompt);
    let kept = stage.lab.try_git(&["show", run["prompt_file"].as_str().unwrap()]);
    assert_eq!(kept.stdout, prompt);
}
