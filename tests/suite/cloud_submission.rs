//! The one call that is paid for: it is made once, and a task is never lost, whatever becomes of the answer.

use serde_json::{Value, json};

use crate::support::cloud::Action;
use crate::support::cloud_env::{CloudEnv, ENV, SUBMISSION};

const LAUNCH: [&str; 6] = ["launch", "--harvest", "--best-of", "2", "--prompt", "Trim the input"];

/// Launches into a fault, and answers the run that waits for its task.
#[track_caller]
fn lost(env: &CloudEnv, fault: Action) -> String {
    env.cloud.fault(SUBMISSION, fault, None);
    let launch = env.repo.puff(&LAUNCH).exits(1).complains(&["cannot tell whether Codex Cloud accepted"]);
    assert!(launch.stderr.contains("doctor --repair"), "{}", launch.stderr);
    let run = env.repo.show("@");
    assert_eq!((&run["state"], &run["attention"]), (&json!("submitting"), &json!("needs-task")));
    run["run"].as_str().unwrap().to_owned()
}

#[test]
fn a_lost_submission_is_not_repeated_and_repair_finds_its_task() {
    needs!("codex");
    let lost_answers = [Action::StatusAfterProcessing(500), Action::DropAfterProcessing, Action::DropHalfway];
    for fault in lost_answers {
        let env = CloudEnv::new();
        let run = lost(&env, fault);
        env.cloud.clear_faults();
        // Neither a watch nor a harvest submits it again; both say what to do.
        env.repo.puff(&["watch", &run]).exits(1).complains(&["was interrupted", &run]);
        env.repo.puff(&["watch", "--detach", &run]).ok();
        env.repo.puff(&["harvest", &run]).exits(1).complains(&["submitting", &run]);
        assert_eq!(env.cloud.count(SUBMISSION), 1);

        let task = env.only_task().id;
        let repair = env.repo.puff(&["doctor", "--repair"]).ok();
        assert!(repair.stdout.contains(&format!("found the task of {run}: {task}")), "{}", repair.stdout);
        let found = env.repo.show(&run);
        assert_eq!((&found["task_id"], &found["attention"]), (&json!(task), &Value::Null));
        let log = std::fs::read_to_string(env.repo.work().join(".codex/bo4_runs.jsonl")).unwrap();
        assert!(log.lines().count() == 1 && log.contains(&task), "{log}");

        // It goes on as if nothing had happened: watched in the background, and harvested.
        env.finish_all(&task);
        env.repo.wait_for(&run, "harvested", |run| run["state"] == "harvested");
        assert_eq!(env.cloud.count(SUBMISSION), 1);
    }
}

#[test]
fn when_several_tasks_fit_they_are_listed_and_a_person_chooses() {
    needs!("codex");
    let env = CloudEnv::new();
    let run = lost(&env, Action::DropAfterProcessing);
    let ours = env.only_task().id;
    // Somebody else asked for the same, in the same environment.
    let other = env.cloud.add_task("env_lab_1", "Trim the input", 2);

    let repair = env.repo.puff(&["doctor", "--repair"]).ok();
    let line = repair.stdout.lines().find(|line| line.contains("several tasks match")).unwrap_or_default();
    assert!(line.contains(&ours) && line.contains(&other) && line.contains("adopt TASK --run"), "{}", repair.stdout);
    assert_eq!(env.repo.show(&run)["state"], "submitting");

    let adopted = env.repo.puff(&["adopt", &env.cloud.task_url(&ours), "--run", &run, "--json"]).ok().json();
    assert_eq!((&adopted["run"], &adopted["task_id"]), (&json!(run), &json!(ours)));
    assert_eq!(adopted["state"], "pending");
    // Said twice it is the same; the other task is another run.
    env.repo.puff(&["adopt", &ours, "--run", &run]).ok();
    env.repo.puff(&["adopt", &other, "--run", &run]).exits(1).complains(&["has a task already", &ours]);
    let second = env.repo.puff(&["adopt", &other, "--json"]).ok().json();
    assert_ne!(second["run"], json!(run));
    assert_eq!((&second["best_of"], &second["env"]), (&json!(2), &json!(ENV)));
    assert_eq!(env.cloud.count(SUBMISSION), 1);
}

#[test]
fn no_matching_task_is_reported_and_retry_submits() {
    needs!("codex");
    let env = CloudEnv::new();
    // The gateway answered, and the service did nothing; other tasks are too old, too many attempts, or known.
    let (_, known) = env.submit(2, "Trim the input");
    env.cloud.add_task("env_lab_1", "Trim the input", 4);
    let run = lost(&env, Action::Status(500));
    let repair = env.repo.puff(&["doctor", "--repair"]).ok();
    assert!(repair.stdout.contains(&format!("no task matches {run}")), "{}", repair.stdout);
    assert_ne!(env.repo.show(&run)["task_id"], json!(known));

    env.cloud.clear_faults();
    let again = env.repo.puff(&["retry", &run, "--json"]).ok().json();
    assert_eq!((&again["state"], &again["parent"]), (&json!("pending"), &json!(run)));
}

#[test]
fn interrupted_runs_are_matched_to_their_own_tasks() {
    needs!("codex");
    let env = CloudEnv::new();
    let first = lost(&env, Action::DropAfterProcessing);
    env.cloud.clear_faults();
    env.cloud.fault(SUBMISSION, Action::DropAfterProcessing, None);
    env.repo.puff(&["submit", "--best-of", "2", "--prompt", "Trim the output"]).exits(1);
    let second = env.repo.show("@")["run"].as_str().unwrap().to_owned();
    env.repo.puff(&["doctor", "--repair"]).ok();
    let task = |run: &str| env.cloud.task(env.repo.show(run)["task_id"].as_str().unwrap());
    assert_eq!(task(&first).prompt, "Trim the input");
    assert_eq!(task(&second).prompt, "Trim the output");
}

#[test]
fn a_task_is_found_however_many_others_were_started_since() {
    needs!("codex");
    let env = CloudEnv::new();
    let run = lost(&env, Action::DropAfterProcessing);
    let ours = env.only_task().id;
    env.cloud.set_page_size(5);
    for number in 0..12 {
        env.cloud.add_task("env_lab_1", &format!("Something else, number {number}"), 2);
    }
    env.repo.puff(&["doctor", "--repair"]).ok();
    assert_eq!(env.repo.show(&run)["task_id"], json!(ours));
}

#[test]
fn a_rejected_submission_costs_nothing_and_can_be_retried() {
    needs!("codex");
    for status in [429, 403, 422] {
        let env = CloudEnv::new();
        env.cloud.fault(SUBMISSION, Action::Status(status), Some(1));
        let refused = env.repo.puff(&LAUNCH).exits(1).complains(&["Codex Cloud"]);
        assert!(refused.stderr.contains("nothing was submitted"), "{}", refused.stderr);
        let run = env.repo.show("@");
        let id = run["run"].as_str().unwrap().to_owned();
        assert_eq!((&run["state"], &run["task_id"], &run["attention"]), (&json!("error"), &Value::Null, &Value::Null));
        assert_eq!(env.cloud.tasks().len(), 0);

        let again = env.repo.puff(&["retry", &id, "--json"]).ok().json();
        assert_eq!((&again["parent"], &again["best_of"]), (&json!(id), &json!(2)));
        assert_eq!(again["watch"]["harvest"], json!(true), "it is watched as its parent was");
        assert_eq!(env.only_task().prompt, "Trim the input");
        env.finish_all(&env.only_task().id);
        env.repo.wait_for(again["run"].as_str().unwrap(), "harvested", |run| run["state"] == "harvested");
    }
}

#[test]
fn the_prompt_arrives_as_it_was_given() {
    needs!("codex");
    let env = CloudEnv::new();
    // What would be taken for a flag, what a shell would touch, and what an editor would.
    let prompt = "-x --best-of 9\n\n  `$HOME` \"quoted\" 'so'\r\n\ttab, umlaut ü, no newline at the end";
    let run = env.repo.puff_with_input(&["submit", "--best-of", "1", "--json"], prompt.as_bytes()).ok().json();
    assert_eq!(env.only_task().prompt, prompt);
    let kept = env.repo.try_git(&["show", run["prompt_file"].as_str().unwrap()]);
    assert_eq!(kept.stdout, prompt);
}
