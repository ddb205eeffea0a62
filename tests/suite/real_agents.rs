//! The newest real `codex`, in sessions of ours, against a loopback Responses service.

use serde_json::Value;

use crate::support::responses::{Conversation, Responses, Turn};
use crate::support::test_repo::{TestRepo, newest_codex, wait_until};

/// Writes a file, asks to go out of the sandbox where it was told so, and says that it is done.
fn writes_a_file(conversation: &Conversation<'_>) -> Turn {
    let said = conversation.said().concat();
    match conversation.steps() {
        0 if said.contains("interrupted") => Turn::Run("echo more >>made.txt".to_owned()),
        0 => Turn::Run("echo made by an agent >made.txt".to_owned()),
        1 if said.contains("outside") => Turn::RunOutside("touch outside.txt".to_owned()),
        _ => Turn::Say("The file is written.".to_owned()),
    }
}

/// A test repository whose `codex` is the newest real one, talking to this service.
fn repo_with(service: &Responses, more: &str) -> TestRepo {
    let mut repo = TestRepo::off_devices();
    repo.set("LOOPBACK_KEY", "none");
    repo.git(&["config", "puff.codex", &newest_codex().display().to_string()]);
    service.write_config(&repo.path("codex-home"), more);
    repo
}

fn show(repo: &TestRepo, name: &str) -> Value {
    repo.puff(&["session", "show", name, "--json"]).ok().json()
}

#[test]
fn codex_runs_in_a_session_reports_and_resumes() {
    needs!("codex-newest");
    let service = Responses::start(writes_a_file);
    let repo = repo_with(&service, "");
    let id = repo.puff(&["session", "start", "--name", "job", "Write the file"]).ok().stdout;
    assert_eq!(id, "job\n");
    let ended = repo.puff(&["session", "wait", "job", "--timeout", "2m", "--json"]).ok().json();
    assert_eq!((&ended["agent"], &ended["exit"]), (&"codex".into(), &0.into()), "{ended:#}");
    assert_eq!(ended["last_message"], "The file is written.");
    assert_eq!(ended["tokens"], 220);
    assert_eq!(ended["changed"], serde_json::json!(["A made.txt"]));
    let agent_session = ended["agent_session"].as_str().expect("codex tells its thread").to_owned();

    let next = repo.puff(&["session", "resume", "--last"]).ok().stdout;
    let resumed = repo.puff(&["session", "wait", next.trim(), "--timeout", "2m", "--json"]).ok().json();
    assert_eq!((&resumed["context_kept"], &resumed["resumed_from"]), (&true.into(), &"job".into()), "{resumed:#}");
    assert_eq!(resumed["agent_session"], agent_session);
    assert_eq!(show(&repo, "job")["resumed_as"], next.trim());
    assert_eq!(std::fs::read_to_string(repo.work().join("made.txt")).unwrap(), "made by an agent\nmore\n");
    // What it knew was sent along.
    let last = service.requests().pop().expect("a request").to_string();
    assert!(last.contains("Write the file") && last.contains("You were interrupted"), "{last}");
    repo.puff(&["session", "resume", "job"]).exits(1).complains(&["continues as"]);
}

#[test]
fn codex_commits_in_a_workspace_with_a_git_directory_of_its_own_and_inherits_trust() {
    needs!("codex-newest");
    let service = Responses::start(|conversation| match conversation.steps() {
        0 => Turn::Run("echo x >>made.txt; git add -A; git commit -qm 'By an agent'; true".to_owned()),
        _ => Turn::Say("Committed.".to_owned()),
    });
    let repo = repo_with(&service, "");
    let trusted = format!("[projects.\"{}\"]\ntrust_level = \"trusted\"", repo.work().display());
    service.write_config(&repo.path("codex-home"), &trusted);
    repo.git(&["config", "puff.agent.codex.trust", "inherit"]);
    repo.puff(&["session", "start", "--name", "job", "--worktree", "Commit it"]).ok();
    let first = repo.puff(&["session", "wait", "job", "--timeout", "2m", "--json"]).ok().json();
    let folder = std::path::PathBuf::from(first["cwd"].as_str().expect("a folder"));
    let words = |session: &Value| session["argv"].to_string();
    // A linked worktree has no git directory to write.
    assert!(!words(&first).contains("--add-dir") && words(&first).contains("trust_level"), "{first:#}");
    std::fs::remove_file(folder.join(".git")).unwrap();
    for args in [&["init", "-q"][..], &["add", "-A"], &["commit", "-qm", "Start"]] {
        repo.git_in(&folder, args);
    }
    let next = repo.puff(&["session", "resume", "job"]).ok().stdout;
    let resumed = repo.puff(&["session", "wait", next.trim(), "--timeout", "2m", "--json"]).ok().json();
    assert!(words(&resumed).contains(&format!("--add-dir={}", folder.join(".git").display())), "{resumed:#}");
    assert_eq!(repo.git_in(&folder, &["log", "--format=%s"]), "By an agent\nStart");
}

#[test]
fn a_full_screen_codex_at_a_prompt_is_diagnosed_as_waiting() {
    needs!("codex-newest");
    let service = Responses::start(writes_a_file);
    let repo = repo_with(&service, "");
    let codex = newest_codex().display().to_string();
    repo.puff(&["session", "start", "--name", "talk", "--", &codex, "Write the file, then one outside"]).ok();
    let waits_for = |words: &str| {
        wait_until(&format!("it waits: {words}"), || {
            let session = show(&repo, "talk");
            session["state"] == "waiting" && session["why"].as_str().is_some_and(|why| why.contains(words))
        });
        show(&repo, "talk")
    };
    let session = waits_for("trust");
    assert!(session["next"].as_str().unwrap().starts_with("git puff session "), "{session:#}");
    repo.puff(&["session", "poke", "talk"]).ok();
    let session = waits_for("approval");
    assert!(session["next"].as_str().unwrap().contains("git puff session send talk"), "{session:#}");
    let screen = repo.puff(&["session", "log", "talk", "--screen"]).ok().stdout;
    assert!(screen.contains("touch outside.txt"), "{screen}");
    repo.puff(&["session", "send", "talk", "y", "--no-enter"]).ok();
    wait_until("the command was run", || repo.work().join("outside.txt").exists());
    repo.puff(&["session", "kill", "talk"]).ok();
}
