//! A service that says no, says nothing or is away: nothing is lost, and whatever can go on goes on.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::cloud::Action;
use crate::support::cloud_env::{CloudEnv, LISTING, SUBMISSION, ended};
use crate::support::test_repo::wait_until;

/// Every question about tasks: the list, a task, its attempts.
const QUESTIONS: &str = "GET /backend-api/wham/tasks";

#[test]
fn an_expired_login_is_reported_and_waited_for() {
    needs!("codex");
    let env = CloudEnv::new();
    let told = env.repo.path("told.jsonl");
    env.repo.git(&["config", "puff.notify", &format!("cat >>'{0}'; echo >>'{0}'", told.display())]);
    let (run, task) = env.launch(2, "Trim the input", &["--harvest"]);
    env.looked_again();

    env.cloud.fault(QUESTIONS, Action::Status(401), None);
    let waiting = env.repo.wait_for(&run, "without a login", |run| run["attention"] == "needs-login");
    assert_eq!(waiting["state"], "pending", "being signed out is no end");
    env.finish_all(&task);
    env.cloud.clear_faults();
    let run_now = env.repo.wait_for(&run, "harvested", |run| run["state"] == "harvested");
    assert_eq!((&run_now["attention"], &run_now["reason"]), (&Value::Null, &Value::Null));

    // The user's command heard of both: that someone is needed, and how it ended.
    let documents = || -> Vec<Value> {
        let text = std::fs::read_to_string(&told).unwrap_or_default();
        text.split_inclusive("}\n").filter_map(|line| serde_json::from_str(line.trim()).ok()).collect()
    };
    wait_until("both were told", || documents().len() == 2);
    let heard = documents().into_iter().map(|run| (run["attention"].clone(), run["state"].clone()));
    let wanted = [(json!("needs-login"), json!("pending")), (Value::Null, json!("harvested"))];
    assert_eq!(heard.collect::<Vec<_>>(), wanted);
    assert_eq!(documents()[0]["run"], json!(run));
}

#[test]
fn a_foreground_watch_reports_a_needed_login_and_continues_after_it() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.submit(1, "Trim the input");
    env.finish_all(&task);
    let login = env.repo.path("codex-home/auth.json");
    std::fs::remove_file(&login).unwrap();
    let watch = env.spawn(&["watch", &run]);
    env.repo.wait_for(&run, "without a login", |run| run["attention"] == "needs-login");
    env.cloud.write_login(&env.repo.path("codex-home"));
    let watch = ended(watch).ok();
    assert!(watch.stdout.contains(&format!("{run}: needs-login")), "{}", watch.stdout);
}

#[test]
fn a_signed_out_launch_fails_before_anything_is_recorded() {
    needs!("codex");
    let env = CloudEnv::new();
    std::fs::remove_file(env.repo.path("codex-home/auth.json")).unwrap();
    let launch = ["launch", "--best-of", "2", "--prompt", "Trim the input"];
    let refused = env.repo.puff(&launch).exits(128).complains(&["not signed in"]);
    assert!(refused.stderr.contains("codex login"), "{}", refused.stderr);
    assert_eq!(env.repo.puff(&["list", "--json"]).ok().json()["runs"], json!([]));
    assert!(!env.repo.work().join(".codex/bo4_runs.jsonl").metadata().is_ok_and(|log| log.len() > 0));
    assert_eq!(env.cloud.count(SUBMISSION), 0);

    // Without the question beforehand, the run is recorded, waits for the login, and is submitted after it.
    env.repo.puff(&[&launch[..], &["--skip-doctor"]].concat()).exits(128).complains(&["not signed in"]);
    let run = env.repo.show("@");
    assert_eq!((&run["state"], &run["attention"]), (&json!("queued"), &json!("needs-login")));
    env.cloud.write_login(&env.repo.path("codex-home"));
    let id = run["run"].as_str().unwrap();
    env.repo.puff(&["watch", "--detach", id]).ok();
    let run = env.repo.wait_for(id, "submitted", |run| run["state"] == "pending");
    assert_eq!((&run["attention"], env.cloud.count(SUBMISSION)), (&Value::Null, 1));
}

#[test]
fn transient_failures_are_retried_until_the_run_has_finished() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.launch(2, "Trim the input", &["--harvest"]);
    env.looked_again();
    env.finish_all(&task);
    // One trouble of each kind, on the list, on the task and on its attempts.
    let troubles = [Action::Status(429), Action::Status(500), Action::DropConnection, Action::DropHalfway];
    for route in [LISTING, "GET /backend-api/wham/tasks/task_", "sibling_turns"] {
        for trouble in &troubles {
            env.cloud.fault(route, trouble.clone(), Some(1));
        }
    }
    let run_now = env.repo.wait_for(&run, "harvested", |run| run["state"] == "harvested");
    assert_eq!(run_now["attention"], Value::Null, "trouble that passes needs nobody");
    assert_eq!([env.notes(&run, 1), env.notes(&run, 2)], ["attempt 1", "attempt 2"]);
    let log = env.repo.puff(&["log", &run]).ok().stdout;
    assert!(log.contains("takes no more calls for now; polling again later"), "{log}");
}

#[test]
fn transient_errors_are_not_shown_to_a_waiting_user() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.submit(2, "Trim the input");
    env.finish_all(&task);
    env.cloud.fault(QUESTIONS, Action::Status(429), Some(2));
    let harvest = env.repo.puff(&["harvest", &run]).ok();
    assert!(!harvest.stderr.contains("error"), "{}", harvest.stderr);
    assert_eq!(env.notes(&run, 2), "attempt 2");

    // Trouble that lasts is said, and takes nothing away.
    let before = env.repo.fingerprint();
    env.cloud.fault(QUESTIONS, Action::Status(503), None);
    env.repo.puff(&["harvest", &run]).exits(1).complains(&["has a fault (503)"]);
    assert_eq!(env.repo.fingerprint(), before);
}

#[test]
fn an_unreachable_service_is_polled_until_it_is_back() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.launch(1, "Trim the input", &["--harvest"]);
    env.looked_again();
    env.cloud.disconnect();
    let log = || env.repo.puff(&["log", &run]).ok().stdout;
    wait_until("it is noticed", || log().contains("cannot be reached; polling again later"));
    assert_eq!(env.repo.show(&run)["state"], "pending");
    env.finish_all(&task);
    env.cloud.reconnect();
    env.repo.wait_for(&run, "harvested", |run| run["state"] == "harvested");
    assert_eq!(env.notes(&run, 1), "attempt 1");
}

#[test]
fn a_slow_service_is_not_a_failure() {
    needs!("codex");
    let env = CloudEnv::new();
    env.cloud.fault("", Action::Delay(Duration::from_millis(300)), None);
    let (run, task) = env.submit(2, "Trim the input");
    env.finish_all(&task);
    env.repo.puff(&["watch", &run]).ok();
    env.repo.puff(&["harvest", &run]).ok();
    assert_eq!(env.notes(&run, 2), "attempt 2");
    assert_eq!(env.cloud.count(SUBMISSION), 1);
}

#[test]
fn a_lost_task_needs_attention() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.launch(1, "Trim the input", &[]);
    let gone = json!({ "items": [], "cursor": null }).to_string();
    env.cloud.fault(LISTING, Action::Answer(200, gone), None);
    env.cloud.fault(&format!("GET /backend-api/wham/tasks/{task}"), Action::Status(404), None);
    let run_now = env.repo.wait_for(&run, "missed", |run| run["attention"] == "task-not-found");
    assert_eq!(run_now["state"], "pending", "it may come back");
    env.repo.puff(&["harvest", &run]).exits(1).complains(&["no task", &task]);
}
