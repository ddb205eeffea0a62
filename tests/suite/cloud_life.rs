//! The whole life of a run on Codex Cloud, through the real client.

use serde_json::json;

use crate::support::cloud::Cloud;
use crate::support::cloud_env::{CloudEnv, each, ended};
use crate::support::test_repo::TestRepo;

#[test]
fn a_task_is_launched_watched_and_harvested() {
    needs!("codex");
    let cloud = Cloud::start();
    cloud.add_environment("env_lab_1", "acme/widgets");
    let mut lab = TestRepo::with_real_history();
    lab.use_real_codex(&cloud);

    let launched = lab.puff(&[
        "launch",
        "--env",
        "acme/widgets",
        "--interval",
        "1s",
        "--harvest",
        "--prompt",
        "Trim the input",
        "--json",
    ]);
    let run = launched.ok().json();
    assert_eq!((run["state"].as_str(), run["best_of"].as_u64()), (Some("pending"), Some(4)));
    let id = run["run"].as_str().unwrap().to_owned();

    let task = cloud.tasks()[0].id.clone();
    for attempt in 1..=4 {
        let patch = lab.patch("README.md", format!("attempt {attempt}\n"));
        cloud.finish(&task, attempt, &String::from_utf8(patch).unwrap(), "Done.");
    }
    let run = lab.wait_for(&id, "harvested", |run| run["state"] == "harvested");
    for attempt in 1..=4 {
        let branch = format!("puff/{id}/var{attempt}");
        assert_eq!(run["variants"][attempt - 1]["branch"], branch.as_str());
        assert_eq!(lab.git(&["show", &format!("{branch}:README.md")]), format!("attempt {attempt}"));
    }
}

#[test]
fn a_foreground_watch_goes_on_after_the_task_reads_ready_until_the_last_attempt_is_there() {
    needs!("codex");
    let stage = CloudEnv::new();
    stage.lab.git(&["config", "puff.settle", "1h"]);
    let (run, task) = stage.submit(3, "Trim the input");
    let watch = stage.spawn(&["watch", &run]);

    stage.finish(&task, 1, "one");
    stage.finish(&task, 3, "three");
    let seen = stage.lab.wait_for(&run, "two are through", |run| {
        each(run, "status").iter().filter(|status| *status == "completed").count() == 2
    });
    assert_eq!(seen["state"], "pending", "the task reads READY, but its second attempt is at work");
    stage.finish(&task, 2, "two");
    let watch = ended(watch).ok();
    assert!(watch.stdout.contains(&format!("{run}: ready (was pending)")), "{}", watch.stdout);

    stage.lab.puff(&["harvest", &run]).ok();
    let texts: Vec<_> = (1..=3).map(|variant| stage.notes(&run, variant)).collect();
    assert_eq!(texts, ["one", "two", "three"]);
    // The journal tells what happened, in order, to anyone who has git.
    let journal = stage.lab.git(&["log", "--reverse", "--format=%s", &format!("refs/puff/runs/{run}")]);
    let steps: Vec<&str> = journal.lines().map(|line| line.split([':', ' ']).next().unwrap()).collect();
    let (first, last) = (steps.first().unwrap(), steps.last().unwrap());
    assert_eq!((*first, *last), ("intent", "harvested"), "{journal}");
}

#[test]
fn attempts_that_stay_silent_are_unknown_after_puff_settle_and_still_come_with_a_later_harvest() {
    needs!("codex");
    let stage = CloudEnv::new();
    let (run, task) = stage.submit(3, "Trim the input");
    stage.finish(&task, 1, "one");
    stage.finish(&task, 3, "three");

    stage.lab.puff(&["watch", &run]).ok();
    let seen = stage.lab.show(&run);
    assert_eq!(seen["state"], "ready");
    assert_eq!(each(&seen, "status"), ["completed", "completed", "unknown"]);
    stage.lab.puff(&["harvest", &run]).ok();
    let before = [stage.tip(&run, 1), stage.tip(&run, 2)];
    assert_eq!([stage.notes(&run, 1), stage.notes(&run, 2)], ["one", "three"]);

    // The second attempt now is the second diff that the client counts, and still nobody gets another number.
    stage.finish(&task, 2, "two, at last");
    let harvested = stage.lab.puff(&["harvest", "--json"]).ok().json();
    let harvested = &harvested["runs"][0];
    assert_eq!(each(harvested, "status"), ["completed"; 3]);
    assert_eq!(each(harvested, "revision"), [1, 1, 1]);
    assert_eq!(stage.notes(&run, 3), "two, at last");
    assert_eq!([stage.tip(&run, 1), stage.tip(&run, 2)], before);
}

#[test]
fn a_first_attempt_that_failed_does_not_hide_its_good_siblings() {
    needs!("codex");
    let stage = CloudEnv::new();
    let (run, task) = stage.launch(3, "Trim the input", &["--harvest"]);
    stage.cloud.fail(&task, 1);
    let status = stage.lab.wait_for(&run, "looked at", |run| run["progress_at"].is_string());
    assert_ne!(status["state"], "error", "the task reads ERROR, and two attempts are at work");
    stage.finish(&task, 2, "two");
    stage.finish(&task, 3, "three");

    let run_now = stage.lab.wait_for(&run, "harvested", |run| run["state"] == "harvested");
    assert_eq!(each(&run_now, "status"), ["completed", "completed", "unknown"]);
    assert_eq!(each(&run_now, "apply"), ["applied", "applied", "skipped"]);
    assert_eq!([stage.notes(&run, 1), stage.notes(&run, 2)], ["two", "three"]);
}

#[test]
fn a_run_of_which_every_attempt_failed_is_in_error_and_watching_it_exits_with_2() {
    needs!("codex");
    let stage = CloudEnv::new();
    let (run, task) = stage.submit(2, "Trim the input");
    stage.cloud.fail(&task, 1);
    stage.cloud.cancel(&task, 2);

    stage.lab.puff(&["watch", &run]).exits(2).complains(&["no variant of", &run]);
    assert_eq!(stage.lab.show(&run)["state"], "error");
    stage.lab.puff(&["harvest", &run]).exits(2);
    assert_eq!(stage.lab.git(&["branch", "--list", "puff/*"]), "");
}

#[test]
fn a_single_attempt_is_as_its_task_is() {
    needs!("codex");
    let stage = CloudEnv::new();
    stage.lab.git(&["config", "puff.settle", "1h"]);
    let (good, task) = stage.submit(1, "Trim the input");
    let body: serde_json::Value = serde_json::from_str(&stage.cloud.requests().last().unwrap().body).unwrap();
    assert_eq!(body["metadata"]["best_of_n"], json!(null), "the service is not asked for a best of one");
    let (bad, bad_task) = stage.submit(1, "Trim the output");
    let (idle, idle_task) = stage.submit(1, "Look whether anything is to be done");
    stage.finish(&task, 1, "one");
    stage.cloud.fail(&bad_task, 1);
    stage.cloud.finish(&idle_task, 1, "", "There is nothing to do.");

    // Nothing has to settle: with one attempt the task's own word is enough.
    stage.lab.puff(&["watch", "--all"]).exits(2);
    assert_eq!(stage.lab.show(&good)["state"], "ready");
    assert_eq!(each(&stage.lab.show(&bad), "status"), ["failed"]);
    assert_eq!(each(&stage.lab.show(&idle), "status"), ["completed"]);

    stage.lab.puff(&["harvest", &good, &idle]).ok();
    assert_eq!(stage.notes(&good, 1), "one");
    let idle = stage.lab.show(&idle);
    assert_eq!((&idle["state"], each(&idle, "apply")), (&json!("harvested"), vec![json!("empty")]));
}

#[test]
fn a_harvest_of_a_run_at_work_takes_what_there_is() {
    needs!("codex");
    let stage = CloudEnv::new();
    stage.lab.git(&["config", "puff.settle", "1h"]);
    let (run, task) = stage.submit(3, "Trim the input");
    // Before anything is there, too.
    let nothing = stage.lab.puff(&["harvest", &run, "--json"]).ok();
    assert_eq!(nothing.json()["state"], "pending");

    stage.finish(&task, 3, "three");
    let some = stage.lab.puff(&["harvest", &run, "--json"]).ok();
    assert!(some.stderr.contains("2 variants are still running"), "{}", some.stderr);
    assert_eq!((&some.json()["state"], stage.notes(&run, 1)), (&json!("pending"), "three".to_owned()));

    // Harvesting can also wait for the rest.
    let waiting = stage.spawn(&["harvest", &run, "--wait"]);
    stage.finish(&task, 1, "one");
    stage.finish(&task, 2, "two");
    ended(waiting).ok();
    let texts: Vec<_> = (1..=3).map(|variant| stage.notes(&run, variant)).collect();
    assert_eq!(texts, ["three", "one", "two"]);
    assert_eq!(stage.lab.show(&run)["state"], "harvested");
}
