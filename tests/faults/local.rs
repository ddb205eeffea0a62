//! Faults in what starts and ends agents on this machine, and sessions.

use std::path::Path;

use crate::support::faults::{Site, Verb};
use crate::support::intact::Picture;
use crate::support::test_repo::{TestRepo, wait_until};
use crate::{edit, refused, repo, words};

/// Teaches git-puff an agent, which gets the folder of the test repository as `$LAB`.
pub fn agent(repo: &TestRepo, name: &str, script: &str) {
    let path = repo.path("bin").join(format!("{name}.sh"));
    std::fs::write(&path, format!("LAB='{}'\n{script}\n", repo.path("").display())).unwrap();
    repo.git(&["config", &format!("puff.agent.{name}.command"), &format!("sh '{}'", path.display())]);
}

/// Waits for every run to end, as whoever finds them unwatched does it, and harvests what a fault kept from it.
fn all_ended(site: &Site) {
    site.puff(&["watch", "--detach", "--all"]);
    site.puff(&["watch", "--all"]);
    site.puff(&["harvest"]);
}

/// Leaves out what depends on how often a launch came to record a run. Each that did is asked for by [`each_is_harvested`].
fn without_runs(picture: &mut Picture) {
    for start in ["run ", "ref refs/puff/", "ref refs/heads/puff/", "note ", "patch ", "file .codex/"] {
        picture.leave_out(start);
    }
}

/// Every run has its variants: each applied, or failed with the reason, as one whose session could not be made or whose
/// supervisor was killed. There is one line in the runbook for each, and no attempt was made twice.
fn each_is_harvested(site: &Site) -> Result<(), String> {
    let runs = site.puff(&["list", "--json"]).ok().json();
    let runs = runs["runs"].as_array().unwrap();
    let book = std::fs::read_to_string(site.repo.work().join(".codex/bo4_runs.jsonl")).unwrap_or_default();
    let (mut applied, mut all) = (0, 0);
    for run in runs {
        let name = run["run"].as_str().unwrap();
        for variant in run["variants"].as_array().unwrap() {
            let is_applied = variant["apply"] == "applied";
            let is_told = variant["status"] == "failed" && variant["reason"].is_string();
            if !is_applied && !is_told {
                return Err(format!("{name} is {}: {variant:#}", run["state"]));
            }
            applied += usize::from(is_applied);
            all += 1;
        }
        let lines = book.lines().filter(|line| line.contains(&format!("\"run\":\"{name}\""))).count();
        if lines != 1 {
            return Err(format!("{name} has {lines} lines in the runbook:\n{book}"));
        }
    }
    let ran = std::fs::read_to_string(site.repo.path("ran")).unwrap_or_default();
    let ran = ran.lines().count();
    if (applied..=all).contains(&ran) {
        Ok(())
    } else {
        Err(format!("{applied} of {all} variants, and {ran} attempts"))
    }
}

#[test]
fn launch_of_agents() {
    let repo = repo();
    agent(&repo, "quick", "pwd >>$LAB/ran; echo x >made.txt");
    edit(&repo);
    let call = |_: &Site| words("launch --agent quick:2 --harvest --prompt Trim");
    let verb = Verb {
        name: "launch (local)",
        call: &call,
        settle: &all_ended,
        project: &without_runs,
        check: &each_is_harvested,
        ..Verb::default()
    };
    verb.sweep(&mut Site::new(repo, None));
}

#[test]
fn retry_of_agents() {
    let repo = repo();
    agent(&repo, "quick", "pwd >>$LAB/ran; echo x >made.txt");
    repo.puff(&["launch", "--agent", "quick:1", "--harvest", "--prompt", "Trim", "--name", "fix"]).ok();
    repo.wait_for("fix", "not watched any more", |run| run["watch"]["active"] == false);
    edit(&repo);
    let verb = Verb {
        name: "retry",
        call: &|_| words("retry fix"),
        settle: &all_ended,
        project: &without_runs,
        check: &each_is_harvested,
        ..Verb::default()
    };
    verb.sweep(&mut Site::new(repo, None));
}

/// Launches `fix`, whose agent has written a file, and works until `$LAB/go` is there.
fn launch_and_wait(site: &Site) {
    site.puff(&["launch", "--agent", "waits:1", "--prompt", "Trim", "--name", "fix"]).ok();
    let ran = site.repo.path("ran");
    wait_until("the agent works", || ran.exists());
}

const WAITS: &str = "echo x >made.txt; pwd >>$LAB/ran; while [ ! -e $LAB/go ]; do sleep 0.05; done";

/// Leaves out why the work of a variant was not taken at first: what was taken afterwards is compared.
fn without_reasons(picture: &mut Picture) {
    picture.leave_out("note ");
    for told in picture.0.values_mut() {
        let lines = told.lines().filter(|line| !line.trim_start().starts_with("\"reason\": "));
        *told = lines.collect::<Vec<_>>().join("\n");
    }
}

#[test]
fn cancel() {
    let repo = repo();
    agent(&repo, "waits", WAITS);
    let again = refused("");
    let verb = Verb {
        name: "cancel",
        arrange: &launch_and_wait,
        call: &|_| words("cancel fix"),
        again: &again,
        settle: &|site| drop(site.puff(&["harvest", "fix"])),
        project: &without_reasons,
        // Half a worktree was once taken for work of the agent, which had deleted the rest.
        also: &|line| line.contains("unlinkat") && line.ends_with("/.gitignore"),
        ..Verb::default()
    };
    verb.sweep(&mut Site::new(repo, None));
}

#[test]
fn stop() {
    let repo = repo();
    agent(&repo, "waits", WAITS);
    let again = refused("is not being watched");
    let settle = |site: &Site| {
        std::fs::write(site.repo.path("go"), "").unwrap();
        site.puff(&["harvest", "fix", "--wait"]);
    };
    let verb = Verb {
        name: "stop",
        arrange: &launch_and_wait,
        call: &|_| words("stop fix"),
        again: &again,
        settle: &settle,
        ..Verb::default()
    };
    verb.sweep(&mut Site::new(repo, None));
}

/// Sessions as `session list` tells them, without their moments.
fn session_states(site: &Site) -> Result<(), String> {
    let listed = site.puff(&["session", "list", "--json"]);
    if listed.code == 0 { Ok(()) } else { Err(listed.stderr) }
}

fn session_start_call(_: &Site) -> Vec<String> {
    let script = "echo x >made.txt";
    ["session", "start", "--worktree", "--name", "s", "--", "sh", "-c", script].map(str::to_owned).to_vec()
}

#[test]
fn session_start() {
    let repo = repo();
    edit(&repo);
    let again = refused("'s'");
    let verb = Verb {
        name: "session start",
        call: &session_start_call,
        again: &again,
        // A session that was not started has no worktree either.
        project: &|picture| ["worktree", "worktrees"].iter().for_each(|start| picture.leave_out(start)),
        check: &session_states,
        ..Verb::default()
    };
    verb.sweep(&mut Site::new(repo, None));
}

#[test]
fn session_kill() {
    let repo = repo();
    edit(&repo);
    let arrange = |site: &Site| {
        let script = format!("echo x >made.txt; echo >'{}'; sleep 600", site.repo.path("ran").display());
        site.puff(&["session", "start", "--worktree", "--name", "s", "--", "sh", "-c", &script]).ok();
        wait_until("the session works", || site.repo.path("ran").exists());
    };
    let again = refused("");
    let verb = Verb {
        name: "session kill",
        arrange: &arrange,
        call: &|_| words("session kill s"),
        again: &again,
        check: &session_states,
        ..Verb::default()
    };
    verb.sweep(&mut Site::new(repo, None));
}

#[test]
fn session_resume() {
    let repo = repo();
    // It names its session as a headless client does.
    agent(&repo, "q", r#"echo x >>"$LAB/ran"; echo '{"type":"system","subtype":"init","session_id":"abc"}'"#);
    let script = Path::new(&repo.path("bin")).join("q.sh");
    repo.git(&["config", "puff.agent.q.resume", &format!("sh '{}'", script.display())]);
    repo.puff(&["session", "start", "--agent", "q", "--name", "s", "Trim"]).ok();
    repo.puff(&["session", "wait", "s"]).ok();
    edit(&repo);
    let again = refused("already");
    let verb = Verb {
        name: "session resume",
        call: &|_| words("session resume s"),
        again: &again,
        check: &session_states,
        ..Verb::default()
    };
    verb.sweep(&mut Site::new(repo, None));
}
