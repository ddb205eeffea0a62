//! A service that says no, says nothing or is away: nothing is lost, and whatever can go on goes on.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::cloud::Action;
use crate::support::cloud_env::{CloudEnv, LISTING, SUBMISSION, ended};
use crate::support::test_repo::wait_until;

/// Every question about tasks: the list, a task, its attempts.
const QUESTIONS: &str = "GET /backend-api/wham/tasks";

#[test]
fn a_login_that_runs_out_is_waited_for_and_told() {
    needs!("codex");
    let stage = CloudEnv::new();
    let told = stage.lab.path("told.jsonl");
    stage.lab.git(&["config", "puff.notify", &format!("cat >>'{0}'; echo >>'{0}'", told.display())]);
    let (run, task) = stage.launch(2, "Trim the input", &["--harvest"]);
    stage.looked_again();

    stage.cloud.fault(QUESTIONS, Action::Status(401), None);
    let waiting = stage.lab.wait_for(&run, "without a login", |run| run["attention"] == "needs-login");
    assert_eq!(waiting["state"], "pending", "being signed out is no end");
    stage.finish_all(&task);
    stage.cloud.clear_faults();
    let run_now = stage.lab.wait_for(&run, "harvested", |run| run["state"] == "harvested");
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
fn a_watch_in_the_foreground_says_that_a_login_is_needed_and_goes_on_after_it() {
    needs!("codex");
    let stage = CloudEnv::new();
    let (run, task) = stage.submit(1, "Trim the input");
    stage.finish_all(&task);
    let login = stage.lab.path("codex-home/auth.json");
    std::fs::remove_file(&login).unwrap();
    let watch = stage.spawn(&["watch", &run]);
    stage.lab.wait_for(&run, "without a login", |run| run["attention"] == "needs-login");
    stage.cloud.write_login(&stage.lab.path("codex-home"));
    let watch = ended(watch).ok();
    assert!(watch.stdout.contains(&format!("{run}: needs-login")), "{}", watch.stdout);
}

#[test]
fn nobody_signed_in_at_launch_is_said_before_anything_is_recorded() {
    needs!("codex");
    let stage = CloudEnv::new();
    std::fs::remove_file(stage.lab.path("codex-home/auth.json")).unwrap();
    let launch = ["launch", "--best-of", "2", "--prompt", "Trim the input"];
    let refused = stage.lab.puff(&launch).exits(128).complains(&["not signed in"]);
    assert!(refused.stderr.contains("codex login"), "{}", refused.stderr);
    assert_eq!(stage.lab.puff(&["list", "--json"]).ok().json()["runs"], json!([]));
    assert!(!stage.lab.work().join(".codex/bo4_runs.jsonl").metadata().is_ok_and(|log| log.len() > 0));
    assert_eq!(stage.cloud.count(SUBMISSION), 0);

    // Without the question beforehand, the run is recorded, waits for the login, and is submitted after it.
    stage.lab.puff(&[&launch[..], &["--skip-doctor"]].concat()).exits(128).complains(&["not signed in"]);
    let run = stage.lab.show("@");
    assert_eq!((&run["state"], &run["attention"]), (&json!("queued"), &json!("needs-login")));
    stage.cloud.write_login(&stage.lab.path("codex-home"));
    let id = run["run"].as_str().unwrap();
    stage.lab.puff(&["watch", "--detach", id]).ok();
    let run = stage.lab.wait_for(id, "submitted", |run| run["state"] == "pending");
    assert_eq!((&run["attention"], stage.cloud.count(SUBMISSION)), (&Value::Null, 1));
}

#[test]
fn questions_that_fail_for_now_are_asked_again_until_the_run_is_through() {
    needs!("codex");
    let stage = CloudEnv::new();
    let (run, task) = stage.launch(2, "Trim the input", &["--harvest"]);
    stage.looked_again();
    stage.finish_all(&task);
    // One trouble of each kind, on the list, on the task and on its attempts.
    let troubles = [Action::Status(429), Action::Status(500), Action::DropConnection, Action::DropHalfway];
    for route in [LISTING, "GET /backend-api/wham/tasks/task_", "sibling_turns"] {
        for trouble in &troubles {
            stage.cloud.fault(route, trouble.clone(), Some(1));
        }
    }
    let run_now = stage.lab.wait_for(&run, "harvested", |run| run["state"] == "harvested");
    assert_eq!(run_now["attention"], Value::Null, "trouble that passes needs nobody");
    assert_eq!([stage.notes(&run, 1), stage.notes(&run, 2)], ["attempt 1", "attempt 2"]);
    let log = stage.lab.puff(&["log", &run]).ok().stdout;
    assert!(log.contains("takes no more calls for now; polling again later"), "{log}");
}

#[test]
fn somebody_who_waits_at_a_terminal_does_not_see_trouble_that_passes() {
    needs!("codex");
    let stage = CloudEnv::new();
    let (run, task) = stage.submit(2, "Trim the input");
    stage.finish_all(&task);
    stage.cloud.fault(QUESTIONS, Action::Status(429), Some(2));
    let harvest = stage.lab.puff(&["harvest", &run]).ok();
    assert!(!harvest.stderr.contains("error"), "{}", harvest.stderr);
    assert_eq!(stage.notes(&run, 2), "attempt 2");

    // Trouble that lasts is said, and takes nothing away.
    let before = stage.lab.fingerprint();
    stage.cloud.fault(QUESTIONS, Action::Status(503), None);
    stage.lab.puff(&["harvest", &run]).exits(1).complains(&["has a fault (503)"]);
    assert_eq!(stage.lab.fingerprint(), before);
}

#[test]
fn a_service_that_is_away_is_looked_for_again_until_it_is_back() {
    needs!("codex");
    let stage = CloudEnv::new();
    let (run, task) = stage.launch(1, "Trim the input", &["--harvest"]);
    stage.looked_again();
    stage.cloud.disconnect();
    let log = || stage.lab.puff(&["log", &run]).ok().stdout;
    wait_until("it is noticed", || log().contains("cannot be reached; polling again later"));
    assert_eq!(stage.lab.show(&run)["state"], "pending");
    stage.finish_all(&task);
    stage.cloud.reconnect();
    stage.lab.wait_for(&run, "harvested", |run| run["state"] == "harvested");
    assert_eq!(stage.notes(&run, 1), "attempt 1");
}

#[test]
fn a_slow_service_is_waited_for() {
    needs!("codex");
    let stage = CloudEnv::new();
    stage.cloud.fault("", Action::Delay(Duration::from_millis(300)), None);
    let (run, task) = stage.submit(2, "Trim the input");
    stage.finish_all(&task);
    stage.lab.puff(&["watch", &run]).ok();
    stage.lab.puff(&["harvest", &run]).ok();
    assert_eq!(stage.notes(&run, 2), "attempt 2");
    assert_eq!(stage.cloud.count(SUBMISSION), 1);
}

#[test]
fn a_task_that_the_service_does_not_know_any_more_needs_someone() {
    needs!("codex");
    let stage = CloudEnv::new();
    let (run, task) = stage.launch(1, "Trim the input", &[]);
    let gone = json!({ "items": [], "cursor": null }).to_string();
    stage.cloud.fault(LISTING, Action::Answer(200, gone), None);
    stage.cloud.fault(&format!("GET /backend-api/wham/tasks/{task}"), Action::Status(404), None);
    let run_now = stage.lab.wait_for(&run, "missed", |run| run["attention"] == "task-not-found");
    assert_eq!(run_now["state"], "pending", "it may come back");
    stage.lab.puff(&["harvest", &run]).exits(1).complains(&["no task", &task]);
}
