//! Several tasks at once: what they ask for is in files, and only so many are at work at a time.

use serde_json::{Value, json};

use crate::support::cloud::Action;
use crate::support::cloud_env::{CloudEnv, SUBMISSION};
use crate::support::test_repo::{kill, wait_until};

/// Writes three intent files and launches them, one at a time.
fn queue(stage: &CloudEnv) -> Vec<Value> {
    stage.lab.write("a.md", "---\nname: first\nbest-of: 1\nbase: main\nenv: env_lab_1\n---\nDo a.\n\nThoroughly.\n");
    stage.lab.write("b.md", "---\nname: second\nbest-of: 2\n---\nDo b.\n");
    stage.lab.write("c.md", "Do c.\n");
    let args = ["launch", "--json", "--max-active", "1", "--intent", "a.md", "b.md", "c.md"];
    let launched = stage.lab.puff(&args).ok().json();
    launched["runs"].as_array().unwrap().clone()
}

#[test]
fn a_queue_submits_one_after_the_other_in_order() {
    needs!("codex");
    let stage = CloudEnv::new();
    let runs = queue(&stage);
    let states: Vec<_> = runs.iter().map(|run| run["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["pending", "queued", "queued"]);
    assert_eq!(
        (&runs[0]["run"], &runs[0]["env"], &runs[0]["base"]),
        (&json!("first"), &json!("env_lab_1"), &json!("main"))
    );
    assert_eq!((&runs[1]["best_of"], &runs[1]["prompt_file"]), (&json!(2), &json!("b.md")));
    assert_eq!(runs[2]["best_of"], json!(4), "what a file does not say is as configured");
    let first = stage.only_task();
    assert_eq!((first.prompt.as_str(), first.best_of), ("Do a.\n\nThoroughly.\n", 1));

    // As long as the first is at work, nobody else is; then the second one, and not the third.
    stage.looked_again();
    assert_eq!(stage.cloud.count(SUBMISSION), 1);
    stage.finish_all(&first.id);
    stage.asked(SUBMISSION, 2);
    let second = stage.lab.wait_for("second", "submitted", |run| run["state"] == "pending");
    let task = stage.cloud.task(second["task_id"].as_str().unwrap());
    assert_eq!((task.prompt.as_str(), task.best_of), ("Do b.\n", 2));
    stage.looked_again();
    let third = runs[2]["run"].as_str().unwrap();
    assert_eq!(stage.lab.show(third)["state"], "queued");

    // What is queued was not paid for, and can be cancelled; the queue goes on without it.
    stage.lab.puff(&["cancel", third]).ok();
    assert_eq!(stage.lab.show(third)["state"], "cancelled");
    stage.lab.puff(&["cancel", third]).exits(1).complains(&["is already cancelled"]);
    stage.lab.puff(&["watch", third]).exits(2);
    let result = std::fs::read_to_string(stage.lab.puff_dir().join("results").join(third)).unwrap();
    assert!(result.starts_with("TASK_ID=\n") && result.contains("FINAL_STATE=stopped\nEXIT_CODE=130\n"), "{result}");
    stage.finish_all(&task.id);
    stage.lab.wait_for("second", "ready", |run| run["state"] == "ready");
    assert_eq!(stage.cloud.count(SUBMISSION), 2);
}

#[test]
fn a_queued_run_whose_environment_is_gone_does_not_hold_up_the_queue() {
    needs!("codex");
    let stage = CloudEnv::new();
    stage.lab.write("lost.md", "---\nenv: acme/gone\nbest-of: 1\nname: lost\n---\nDo this.\n");
    stage.lab.write("next.md", "---\nbest-of: 1\nname: next\n---\nDo that.\n");
    let (_, task) = stage.launch(1, "Do something", &[]);
    let launch = ["launch", "--skip-doctor", "--max-active", "1", "--interval", "1s", "--intent", "lost.md", "next.md"];
    stage.lab.puff(&launch).ok();
    stage.finish_all(&task);

    stage.lab.wait_for("next", "submitted", |run| run["state"] == "pending");
    let lost = stage.lab.show("lost");
    assert_eq!((&lost["state"], &lost["task_id"]), (&json!("error"), &Value::Null));
    assert!(lost["reason"].as_str().unwrap().contains("acme/gone"), "{lost:#}");
    assert_eq!(stage.cloud.count(SUBMISSION), 2);
}

#[test]
fn a_refused_submission_does_not_hold_up_the_queue() {
    needs!("codex");
    let stage = CloudEnv::new();
    queue(&stage);
    stage.cloud.fault(SUBMISSION, Action::Status(422), Some(1));
    stage.finish_all(&stage.only_task().id);
    stage.asked(SUBMISSION, 3);
    let third = stage.lab.wait_for("@", "submitted", |run| run["state"] == "pending");
    assert_eq!(stage.cloud.task(third["task_id"].as_str().unwrap()).prompt, "Do c.\n");
    let refused = stage.lab.show("second");
    assert_eq!((&refused["state"], &refused["task_id"]), (&json!("error"), &Value::Null));
    let log = stage.lab.puff(&["log", "second"]).ok().stdout;
    assert!(log.contains("refused the task"), "{log}");
}

#[test]
fn a_queue_survives_the_kill_of_its_watcher() {
    needs!("codex");
    let stage = CloudEnv::new();
    queue(&stage);
    kill(stage.lab.living_watcher());
    stage.clients_ended();
    stage.finish_all(&stage.only_task().id);
    stage.lab.puff(&["watch", "--detach", "--all"]).ok();
    stage.asked(SUBMISSION, 2);
    stage.lab.wait_for("second", "submitted", |run| run["state"] == "pending");
    assert_eq!(stage.cloud.tasks()[1].prompt, "Do b.\n");
}

#[test]
fn the_limit_of_attempts_is_kept_before_anything_is_paid() {
    needs!("codex");
    let stage = CloudEnv::new();
    stage.lab.git(&["config", "puff.attemptLimit", "5"]);
    stage.submit(4, "Trim the input");
    let before = stage.lab.fingerprint();
    let submit = ["submit", "--best-of", "2", "--prompt", "Trim the output"];
    let refused =
        stage.lab.puff(&submit).exits(1).complains(&["2 more attempts would make 6", "puff.attemptLimit is 5"]);
    assert!(refused.stderr.contains("git config puff.attemptLimit"), "{}", refused.stderr);
    assert_eq!((stage.lab.fingerprint(), stage.cloud.count(SUBMISSION)), (before, 1));
    stage.submit(1, "Trim the output");

    // Several at once count together, and a bad value is no licence.
    stage.lab.git(&["config", "puff.attemptLimit", "8"]);
    stage.lab.write("a.md", "---\nbest-of: 2\n---\nDo a.\n");
    stage.lab.write("b.md", "---\nbest-of: 2\n---\nDo b.\n");
    stage.lab.puff(&["submit", "--intent", "a.md", "b.md"]).exits(1).complains(&["4 more attempts would make 9"]);
    stage.lab.git(&["config", "puff.attemptLimit", "lots"]);
    stage.lab.puff(&submit).exits(129).complains(&["puff.attemptLimit", "lots"]);
    assert_eq!(stage.cloud.count(SUBMISSION), 2);
}

#[test]
fn an_attempt_limit_that_is_reached_while_runs_are_queued_is_waited_for_and_told_once() {
    needs!("codex");
    let stage = CloudEnv::new();
    let told = stage.lab.path("told");
    stage.lab.git(&["config", "puff.notify", &format!("cat >>'{0}'", told.display())]);
    queue(&stage);
    stage.lab.git(&["config", "puff.attemptLimit", "2"]);
    stage.finish_all(&stage.only_task().id);
    let waiting = stage.lab.wait_for("second", "held back", |run| run["attention"] == "attempt-limit");
    assert_eq!((&waiting["state"], stage.cloud.count(SUBMISSION)), (&json!("queued"), 1));
    let heard = || std::fs::read_to_string(&told).unwrap_or_default();
    wait_until("someone was told", || heard().contains("attempt-limit"));
    assert_eq!(heard().matches(r#""run":"second""#).count(), 1, "{}", heard());
}

#[test]
fn an_answer_that_is_lost_in_the_background_is_told_and_keeps_its_place() {
    needs!("codex");
    let stage = CloudEnv::new();
    let told = stage.lab.path("told");
    stage.lab.git(&["config", "puff.notify", &format!("cat >>'{0}'", told.display())]);
    let runs = queue(&stage);
    let first = stage.only_task().id;
    stage.cloud.fault(SUBMISSION, Action::DropAfterProcessing, Some(1));
    stage.finish_all(&first);
    stage.lab.wait_for("second", "submitted in vain", |run| run["attention"] == "needs-task");
    wait_until("someone was told", || std::fs::read_to_string(&told).unwrap_or_default().contains("needs-task"));
    // It may be at work, so it has a place; once it has its task, the queue goes on as before.
    assert_eq!(stage.lab.show(runs[2]["run"].as_str().unwrap())["state"], "queued");
    stage.lab.puff(&["doctor", "--repair"]).ok();
    let task = stage.lab.show("second")["task_id"].as_str().unwrap().to_owned();
    stage.finish_all(&task);
    stage.asked(SUBMISSION, 3);
}

#[test]
fn settings_at_the_top_of_an_intent_file_that_are_not_understood_stop_all_of_them() {
    needs!("codex");
    let stage = CloudEnv::new();
    stage.lab.write("good.md", "---\nbest-of: 2\n---\nDo this.\n");
    for (text, word) in [
        ("---\nbest-off: 2\n---\nDo that.\n", "settings"),
        ("---\nbest-of: two\n---\nDo that.\n", "settings"),
        ("---\nname: Not A Name\n---\nDo that.\n", "name"),
        ("---\nbest-of: 2\n---\n \n", "empty"),
        ("---\nbest-of: 5\n---\nDo that.\n", "best of 5"),
        ("---\nname: good\n---\nDo that.\n---\n", "named 'good' exists already"),
    ] {
        stage.lab.write("bad.md", text);
        stage.lab.write("twin.md", "---\nname: good\n---\nDo this.\n");
        let args = ["submit", "--intent", "good.md", "twin.md", "bad.md"];
        stage.lab.puff(&args).exits(129).complains(&[word]);
    }
    stage.lab.puff(&["submit", "--intent", "good.md", "missing.md"]).exits(129).complains(&["missing.md"]);
    assert_eq!(stage.lab.puff(&["list", "--json"]).ok().json()["runs"], json!([]));
    assert_eq!(stage.cloud.tasks().len(), 0);
}
