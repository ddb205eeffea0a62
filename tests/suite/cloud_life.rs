//! The whole life of a run on Codex Cloud, through the real client.

use crate::support::cloud::Cloud;
use crate::support::lab::Lab;

#[test]
fn a_task_is_launched_watched_and_harvested() {
    let cloud = Cloud::start();
    cloud.add_environment("env_lab_1", "acme/widgets");
    let mut lab = Lab::with_real_history();
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
