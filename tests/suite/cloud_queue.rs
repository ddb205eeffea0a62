//! Several tasks at once: what they ask for is in files, and only so many are at work at a time.

use serde_json::{Value, json};

use crate::support::cloud::Action;
use crate::support::cloud_env::{CloudEnv, SUBMISSION};
use crate::support::test_repo::{kill, wait_until};

/// Writes three intent files and launches them, one at a time.
fn queue(env: &CloudEnv) -> Vec<Value> {
    env.repo.write("a.md", "---\nname: first\nbest-of: 1\nbase: main\nenv: env_lab_1\n---\nDo a.\n\nThoroughly.\n");
    env.repo.write("b.md", "---\nname: second\nbest-of: 2\n---\nDo b.\n");
    env.repo.write("c.md", "Do c.\n");
    let args = ["launch", "--json", "--max-active", "1", "--intent", "a.md", "b.md", "c.md"];
    let launched = env.repo.puff(&args).ok().json();
    launched["runs"].as_array().unwrap().clone()
}

#[test]
fn a_queue_submits_one_after_the_other_in_order() {
    needs!("codex");
    let env = CloudEnv::new();
    let runs = queue(&env);
    let states: Vec<_> = runs.iter().map(|run| run["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["pending", "queued", "queued"]);
    assert_eq!(
        (&runs[0]["run"], &runs[0]["env"], &runs[0]["base"]),
        (&json!("first"), &json!("env_lab_1"), &json!("main"))
    );
    assert_eq!((&runs[1]["best_of"], &runs[1]["prompt_file"]), (&json!(2), &json!("b.md")));
    assert_eq!(runs[2]["best_of"], json!(4), "what a file does not say is as configured");
    let first = env.only_task();
    assert_eq!((first.prompt.as_str(), first.best_of), ("Do a.\n\nThoroughly.\n", 1));

    // As long as the first is at work, nobody else is; then the second one, and not the third.
    env.looked_again();
    assert_eq!(env.cloud.count(SUBMISSION), 1);
    env.finish_all(&first.id);
    env.asked(SUBMISSION, 2);
    let second = env.repo.wait_for("second", "submitted", |run| run["state"] == "pending");
    let task = env.cloud.task(second["task_id"].as_str().unwrap());
    assert_eq!((task.prompt.as_str(), task.best_of), ("Do b.\n", 2));
    env.looked_again();
    let third = runs[2]["run"].as_str().unwrap();
    assert_eq!(env.repo.show(third)["state"], "queued");

    // What is queued was not paid for, and can be cancelled; the queue goes on without it.
    env.repo.puff(&["cancel", third]).ok();
    assert_eq!(env.repo.show(third)["state"], "cancelled");
    env.repo.puff(&["cancel", third]).exits(1).complains(&["is already cancelled"]);
    env.repo.puff(&["watch", third]).exits(2);
    let result = std::fs::read_to_string(env.repo.puff_dir().join("results").join(third)).unwrap();
    assert!(result.starts_with("TASK_ID=\n") && result.contains("FINAL_STATE=stopped\nEXIT_CODE=130\n"), "{result}");
    env.finish_all(&task.id);
    env.repo.wait_for("second", "ready", |run| run["state"] == "ready");
    assert_eq!(env.cloud.count(SUBMISSION), 2);
}

#[test]
fn a_queued_run_whose_environment_is_gone_does_not_hold_up_the_queue() {
    needs!("codex");
    let env = CloudEnv::new();
    env.repo.write("lost.md", "---\nenv: acme/gone\nbest-of: 1\nname: lost\n---\nDo this.\n");
    env.repo.write("next.md", "---\nbest-of: 1\nname: next\n---\nDo that.\n");
    let (_, task) = env.launch(1, "Do something", &[]);
    let launch = ["launch", "--skip-doctor", "--max-active", "1", "--interval", "1s", "--intent", "lost.md", "next.md"];
    env.repo.puff(&launch).ok();
    env.finish_all(&task);

    env.repo.wait_for("next", "submitted", |run| run["state"] == "pending");
    let lost = env.repo.show("lost");
    assert_eq!((&lost["state"], &lost["task_id"]), (&json!("error"), &Value::Null));
    assert!(lost["reason"].as_str().unwrap().contains("acme/gone"), "{lost:#}");
    assert_eq!(env.cloud.count(SUBMISSION), 2);
}

#[test]
fn a_refused_submission_does_not_hold_up_the_queue() {
    needs!("codex");
    let env = CloudEnv::new();
    queue(&env);
    env.cloud.fault(SUBMISSION, Action::Status(422), Some(1));
    env.finish_all(&env.only_task().id);
    env.asked(SUBMISSION, 3);
    let third = env.repo.wait_for("@", "submitted", |run| run["state"] == "pending");
    assert_eq!(env.cloud.task(third["task_id"].as_str().unwrap()).prompt, "Do c.\n");
    let refused = env.repo.show("second");
    assert_eq!((&refused["state"], &refused["task_id"]), (&json!("error"), &Value::Null));
    let log = env.repo.puff(&["log", "second"]).ok().stdout;
    assert!(log.contains("refused the task"), "{log}");
}

#[test]
fn a_killed_watchers_queue_is_continued() {
    needs!("codex");
    let env = CloudEnv::new();
    queue(&env);
    kill(env.repo.living_watcher());
    env.clients_ended();
    env.finish_all(&env.only_task().id);
    env.repo.puff(&["watch", "--detach", "--all"]).ok();
    env.asked(SUBMISSION, 2);
    env.repo.wait_for("second", "submitted", |run| run["state"] == "pending");
    assert_eq!(env.cloud.tasks()[1].prompt, "Do b.\n");
}

#[test]
fn the_limit_of_attempts_is_kept_before_anything_is_paid() {
    needs!("codex");
    let env = CloudEnv::new();
    env.repo.git(&["config", "puff.attemptLimit", "5"]);
    env.submit(4, "Trim the input");
    let before = env.repo.fingerprint();
    let submit = ["submit", "--best-of", "2", "--prompt", "Trim the output"];
    let refused =
        env.repo.puff(&submit).exits(1).complains(&["2 more attempts would make 6", "puff.attemptLimit is 5"]);
    assert!(refused.stderr.contains("git config puff.attemptLimit"), "{}", refused.stderr);
    assert_eq!((env.repo.fingerprint(), env.cloud.count(SUBMISSION)), (before, 1));
    env.submit(1, "Trim the output");

    // Several at once count together, and a bad value is no licence.
    env.repo.git(&["config", "puff.attemptLimit", "8"]);
    env.repo.write("a.md", "---\nbest-of: 2\n---\nDo a.\n");
    env.repo.write("b.md", "---\nbest-of: 2\n---\nDo b.\n");
    env.repo.puff(&["submit", "--intent", "a.md", "b.md"]).exits(1).complains(&["4 more attempts would make 9"]);
    env.repo.git(&["config", "puff.attemptLimit", "lots"]);
    env.repo.puff(&submit).exits(129).complains(&["puff.attemptLimit", "lots"]);
    assert_eq!(env.cloud.count(SUBMISSION), 2);
}

#[test]
fn a_reached_attempt_limit_is_reported_once_and_waited_for() {
    needs!("codex");
    let env = CloudEnv::new();
    let told = env.repo.path("told");
    env.repo.git(&["config", "puff.notify", &format!("cat >>'{0}'", told.display())]);
    queue(&env);
    env.repo.git(&["config", "puff.attemptLimit", "2"]);
    env.finish_all(&env.only_task().id);
    let waiting = env.repo.wait_for("second", "held back", |run| run["attention"] == "attempt-limit");
    assert_eq!((&waiting["state"], env.cloud.count(SUBMISSION)), (&json!("queued"), 1));
    let heard = || std::fs::read_to_string(&told).unwrap_or_default();
    wait_until("someone was told", || heard().contains("attempt-limit"));
    assert_eq!(heard().matches(r#""run":"second""#).count(), 1, "{}", heard());
}

#[test]
fn a_lost_answer_in_the_background_is_reported_and_keeps_its_slot() {
    needs!("codex");
    let env = CloudEnv::new();
    let told = env.repo.path("told");
    env.repo.git(&["config", "puff.notify", &format!("cat >>'{0}'", told.display())]);
    let runs = queue(&env);
    let first = env.only_task().id;
    env.cloud.fault(SUBMISSION, Action::DropAfterProcessing, Some(1));
    env.finish_all(&first);
    env.repo.wait_for("second", "submitted in vain", |run| run["attention"] == "needs-task");
    wait_until("someone was told", || std::fs::read_to_string(&told).unwrap_or_default().contains("needs-task"));
    // It may be at work, so it has a place; once it has its task, the queue goes on as before.
    assert_eq!(env.repo.show(runs[2]["run"].as_str().unwrap())["state"], "queued");
    env.repo.puff(&["doctor", "--repair"]).ok();
    let task = env.repo.show("second")["task_id"].as_str().unwrap().to_owned();
    env.finish_all(&task);
    env.asked(SUBMISSION, 3);
}

#[test]
fn settings_at_the_top_of_an_intent_file_that_are_not_understood_stop_all_of_them() {
    needs!("codex");
    let env = CloudEnv::new();
    env.repo.write("good.md", "---\nbest-of: 2\n---\nDo this.\n");
    for (text, word) in [
        ("---\nbest-off: 2\n---\nDo that.\n", "settings"),
        ("---\nbest-of: two\n---\nDo that.\n", "settings"),
        ("---\nname: Not A Name\n---\nDo that.\n", "name"),
        ("---\nbest-of: 2\n---\n \n", "empty"),
        ("---\nbest-of: 5\n---\nDo that.\n", "best of 5"),
        ("---\nname: good\n---\nDo that.\n---\n", "named 'good' exists already"),
    ] {
        env.repo.write("bad.md", text);
        env.repo.write("twin.md", "---\nname: good\n---\nDo this.\n");
        let args = ["submit", "--intent", "good.md", "twin.md", "bad.md"];
        env.repo.puff(&args).exits(129).complains(&[word]);
    }
    env.repo.puff(&["submit", "--intent", "good.md", "missing.md"]).exits(129).complains(&["missing.md"]);
    assert_eq!(env.repo.puff(&["list", "--json"]).ok().json()["runs"], json!([]));
    assert_eq!(env.cloud.tasks().len(), 0);
}
