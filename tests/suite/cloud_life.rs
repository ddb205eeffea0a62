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
    let mut repo = TestRepo::with_real_history();
    repo.use_real_codex(&cloud);

    let launched = repo.puff(&[
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
        let patch = repo.patch("README.md", format!("attempt {attempt}\n"));
        cloud.finish(&task, attempt, &String::from_utf8(patch).unwrap(), "Done.");
    }
    let run = repo.wait_for(&id, "harvested", |run| run["state"] == "harvested");
    for attempt in 1..=4 {
        let branch = format!("puff/{id}/var{attempt}");
        assert_eq!(run["variants"][attempt - 1]["branch"], branch.as_str());
        assert_eq!(repo.git(&["show", &format!("{branch}:README.md")]), format!("attempt {attempt}"));
    }
}

#[test]
fn a_foreground_watch_goes_on_after_the_task_reads_ready_until_the_last_attempt_is_there() {
    needs!("codex");
    let env = CloudEnv::new();
    env.repo.git(&["config", "puff.settle", "1h"]);
    let (run, task) = env.submit(3, "Trim the input");
    let watch = env.spawn(&["watch", &run]);

    env.finish(&task, 1, "one");
    env.finish(&task, 3, "three");
    let seen = env.repo.wait_for(&run, "two are through", |run| {
        each(run, "status").iter().filter(|status| *status == "completed").count() == 2
    });
    assert_eq!(seen["state"], "pending", "the task reads READY, but its second attempt is at work");
    env.finish(&task, 2, "two");
    let watch = ended(watch).ok();
    assert!(watch.stdout.contains(&format!("{run}: ready (was pending)")), "{}", watch.stdout);

    env.repo.puff(&["harvest", &run]).ok();
    let texts: Vec<_> = (1..=3).map(|variant| env.notes(&run, variant)).collect();
    assert_eq!(texts, ["one", "two", "three"]);
    // The journal tells what happened, in order, to anyone who has git.
    let journal = env.repo.git(&["log", "--reverse", "--format=%s", &format!("refs/puff/runs/{run}")]);
    let steps: Vec<&str> = journal.lines().map(|line| line.split([':', ' ']).next().unwrap()).collect();
    let (first, last) = (steps.first().unwrap(), steps.last().unwrap());
    assert_eq!((*first, *last), ("intent", "harvested"), "{journal}");
}

#[test]
fn silent_attempts_are_unknown_after_puff_settle_and_can_still_be_harvested() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.submit(3, "Trim the input");
    env.finish(&task, 1, "one");
    env.finish(&task, 3, "three");

    env.repo.puff(&["watch", &run]).ok();
    let seen = env.repo.show(&run);
    assert_eq!(seen["state"], "ready");
    assert_eq!(each(&seen, "status"), ["completed", "completed", "unknown"]);
    env.repo.puff(&["harvest", &run]).ok();
    let before = [env.tip(&run, 1), env.tip(&run, 2)];
    assert_eq!([env.notes(&run, 1), env.notes(&run, 2)], ["one", "three"]);

    // The second attempt now is the second diff that the client counts, and still nobody gets another number.
    env.finish(&task, 2, "two, at last");
    let harvested = env.repo.puff(&["harvest", "--json"]).ok().json();
    let harvested = &harvested["runs"][0];
    assert_eq!(each(harvested, "status"), ["completed"; 3]);
    assert_eq!(each(harvested, "revision"), [1, 1, 1]);
    assert_eq!(env.notes(&run, 3), "two, at last");
    assert_eq!([env.tip(&run, 1), env.tip(&run, 2)], before);
}

#[test]
fn a_first_attempt_that_failed_does_not_hide_its_good_siblings() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.launch(3, "Trim the input", &["--harvest"]);
    env.cloud.fail(&task, 1);
    let status = env.repo.wait_for(&run, "looked at", |run| run["progress_at"].is_string());
    assert_ne!(status["state"], "error", "the task reads ERROR, and two attempts are at work");
    env.finish(&task, 2, "two");
    env.finish(&task, 3, "three");

    let run_now = env.repo.wait_for(&run, "harvested", |run| run["state"] == "harvested");
    assert_eq!(each(&run_now, "status"), ["completed", "completed", "unknown"]);
    assert_eq!(each(&run_now, "apply"), ["applied", "applied", "skipped"]);
    assert_eq!([env.notes(&run, 1), env.notes(&run, 2)], ["two", "three"]);
}

#[test]
fn a_run_of_which_every_attempt_failed_is_in_error_and_watching_it_exits_with_2() {
    needs!("codex");
    let env = CloudEnv::new();
    let (run, task) = env.submit(2, "Trim the input");
    env.cloud.fail(&task, 1);
    env.cloud.cancel(&task, 2);

    env.repo.puff(&["watch", &run]).exits(2).complains(&["no variant of", &run]);
    assert_eq!(env.repo.show(&run)["state"], "error");
    env.repo.puff(&["harvest", &run]).exits(2);
    assert_eq!(env.repo.git(&["branch", "--list", "puff/*"]), "");
}

#[test]
fn a_single_attempt_is_as_its_task_is() {
    needs!("codex");
    let env = CloudEnv::new();
    env.repo.git(&["config", "puff.settle", "1h"]);
    let (good, task) = env.submit(1, "Trim the input");
    let body: serde_json::Value = serde_json::from_str(&env.cloud.requests().last().unwrap().body).unwrap();
    assert_eq!(body["metadata"]["best_of_n"], json!(null), "the service is not asked for a best of one");
    let (bad, bad_task) = env.submit(1, "Trim the output");
    let (idle, idle_task) = env.submit(1, "Look whether anything is to be done");
    env.finish(&task, 1, "one");
    env.cloud.fail(&bad_task, 1);
    env.cloud.finish(&idle_task, 1, "", "There is nothing to do.");

    // Nothing has to settle: with one attempt the task's own word is enough.
    env.repo.puff(&["watch", "--all"]).exits(2);
    assert_eq!(env.repo.show(&good)["state"], "ready");
    assert_eq!(each(&env.repo.show(&bad), "status"), ["failed"]);
    assert_eq!(each(&env.repo.show(&idle), "status"), ["completed"]);

    env.repo.puff(&["harvest", &good, &idle]).ok();
    assert_eq!(env.notes(&good, 1), "one");
    let idle = env.repo.show(&idle);
    assert_eq!((&idle["state"], each(&idle, "apply")), (&json!("harvested"), vec![json!("empty")]));
}

#[test]
fn a_harvest_of_an_active_run_takes_finished_variants() {
    needs!("codex");
    let env = CloudEnv::new();
    env.repo.git(&["config", "puff.settle", "1h"]);
    let (run, task) = env.submit(3, "Trim the input");
    // Before anything is there, too.
    let nothing = env.repo.puff(&["harvest", &run, "--json"]).ok();
    assert_eq!(nothing.json()["state"], "pending");

    env.finish(&task, 3, "three");
    let some = env.repo.puff(&["harvest", &run, "--json"]).ok();
    assert!(some.stderr.contains("2 variants are still running"), "{}", some.stderr);
    assert_eq!((&some.json()["state"], env.notes(&run, 1)), (&json!("pending"), "three".to_owned()));

    // Harvesting can also wait for the rest.
    let waiting = env.spawn(&["harvest", &run, "--wait"]);
    env.finish(&task, 1, "one");
    env.finish(&task, 2, "two");
    ended(waiting).ok();
    let texts: Vec<_> = (1..=3).map(|variant| env.notes(&run, variant)).collect();
    assert_eq!(texts, ["three", "one", "two"]);
    assert_eq!(env.repo.show(&run)["state"], "harvested");
}
