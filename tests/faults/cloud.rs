//! Faults in what speaks to the cloud, through the real client.

use crate::support::cloud_env::{CloudEnv, ENV};
use crate::support::faults::{Site, Verb};
use crate::support::intact::Picture;
use crate::support::test_repo::wait_until;
use crate::{edit, refused, repo};

/// A site that speaks to a cloud of its own.
fn site() -> Site {
    let CloudEnv { repo, cloud } = CloudEnv::with(repo());
    edit(&repo);
    Site::new(repo, Some(cloud))
}

/// The prompt of this trial: the cloud keeps the tasks of those before.
fn prompt(site: &Site) -> String {
    format!("Trim number {}", site.trial)
}

fn without_runs(picture: &mut Picture) {
    for start in ["run ", "ref refs/puff/", "ref refs/heads/puff/", "note ", "patch ", "file .codex/"] {
        picture.leave_out(start);
    }
}

/// Every task that was paid for in this trial belongs to a run that asked for it, and to one alone.
fn each_task_has_its_run(site: &Site) -> Result<(), String> {
    let runs = site.puff(&["list", "--json"]).ok().json();
    let runs = runs["runs"].as_array().unwrap();
    let book = std::fs::read_to_string(site.repo.work().join(".codex/bo4_runs.jsonl")).unwrap_or_default();
    for task in site.cloud.as_ref().unwrap().tasks().iter().filter(|task| task.prompt == prompt(site)) {
        let owners = runs.iter().filter(|run| run["task_id"] == task.id.as_str()).count();
        let lines = book.lines().filter(|line| line.contains(&format!("\"{}\"", task.id))).count();
        if (owners, lines) != (1, 1) {
            return Err(format!("the task {} has {owners} runs and {lines} lines in the runbook: {runs:#?}", task.id));
        }
    }
    Ok(())
}

#[test]
fn submit() {
    needs!("codex");
    let call = |site: &Site| ["submit", "--best-of", "1", "--prompt", &prompt(site)].map(str::to_owned).to_vec();
    let verb = Verb {
        name: "submit (cloud)",
        call: &call,
        project: &without_runs,
        check: &each_task_has_its_run,
        ..Verb::default()
    };
    verb.sweep(&mut site());
}

#[test]
fn adopt() {
    needs!("codex");
    let arrange = |site: &Site| drop(site.cloud.as_ref().unwrap().add_task(ENV, &prompt(site), 1));
    let call = |site: &Site| {
        let task = site.cloud.as_ref().unwrap().tasks().pop().unwrap().id;
        ["adopt", &task, "--base", "main"].map(str::to_owned).to_vec()
    };
    let again = refused("");
    let verb = Verb {
        name: "adopt",
        arrange: &arrange,
        call: &call,
        again: &again,
        project: &without_runs,
        check: &each_task_has_its_run,
        ..Verb::default()
    };
    verb.sweep(&mut site());
}

#[test]
fn harvest() {
    needs!("codex");
    let env = CloudEnv::with(repo());
    let (run, task) = env.submit(2, "Trim");
    env.finish_all(&task);
    env.repo.puff(&["watch", &run]).ok();
    let CloudEnv { repo, cloud } = env;
    edit(&repo);
    wait_until("the attempts are there", || cloud.task(&task).attempts.len() == 2);
    let call = |_: &Site| ["harvest", &run].map(str::to_owned).to_vec();
    Verb { name: "harvest (cloud)", call: &call, ..Verb::default() }.sweep(&mut Site::new(repo, Some(cloud)));
}
