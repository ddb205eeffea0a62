//! The whole life of a tournament of agents on this machine.

use std::fs;

use serde_json::{Value, json};

use crate::support::agent_run::{AgentRun, left_in};
use crate::support::cloud_env::each;
use crate::support::test_repo::run;

#[test]
fn agents_are_launched_watched_and_harvested_like_any_run_and_one_run_mixes_them() {
    let crew = AgentRun::new();
    crew.agent("trims", "cat >asked; echo trimmed >>notes.txt; echo 'I trimmed it.'");
    crew.agent("adds", "mkdir new; echo $0 >new/file; git add new; git commit -qm 'My own commit'");
    crew.agent("fails", "echo half >half.txt; exit 3");
    let before = crew.repo.git(&["status", "--porcelain", "--branch"]);

    let run = crew.tournament(&["--agent", "trims:2", "--agent", "adds", "--agent", "fails", "--best-of", "4"]);
    let id = run["run"].as_str().unwrap();
    assert_eq!((&run["provider"], &run["state"], &run["best_of"]), (&json!("local"), &json!("harvested"), &json!(4)));
    assert_eq!((&run["env"], &run["dialect"], &run["base"]), (&Value::Null, &Value::Null, &json!("main")));
    assert_eq!(each(&run, "agent"), ["trims", "trims", "adds", "fails"]);
    assert_eq!(each(&run, "status"), ["completed", "completed", "completed", "failed"]);
    assert_eq!(each(&run, "apply"), ["applied", "applied", "applied", "skipped"]);
    assert_eq!(run["variants"][1]["duplicate_of"], 1);
    assert_eq!(run["variants"][3]["reason"], "it ended with exit code 3");
    assert_eq!(crew.file(id, 1, "notes.txt"), "one\ntwo\nthree\ntrimmed");
    assert_eq!(crew.file(id, 2, "asked"), "Trim the input");
    assert!(crew.file(id, 3, "new/file").ends_with("adds.sh"));
    assert_eq!(run["variants"][0]["message"], "I trimmed it.");
    // What a failed agent made is kept, and makes no branch.
    let patch = crew.repo.puff(&["patch", &format!("{id}:4")]).ok().stdout;
    assert!(patch.contains("+half\n"), "{patch}");
    assert_eq!(crew.repo.git(&["branch", "--list", "puff/*", "--format=%(refname:lstrip=4)"]), "var1\nvar2\nvar3");

    // The commits are made as those of every harvest, and the repository is as it was.
    let body = crew.repo.git(&["log", "-1", "--format=%B", &format!("puff/{id}/var3")]);
    assert!(body.starts_with("Trim the input\n") && body.contains("Puff-Variant: 3/4"), "{body}");
    assert!(!body.contains("Puff-Task"), "the task has no name but the run's: {body}");
    assert_eq!(crew.repo.git(&["status", "--porcelain", "--branch"]), before.clone() + "\n?? .codex/");
    assert_eq!(crew.repo.git(&["worktree", "list"]).lines().count(), 1);
    assert_eq!(crew.left(), [""; 0], "no worktree is left");
    // The runbook log and the result file have it too.
    let line: Value =
        serde_json::from_str(&fs::read_to_string(crew.repo.work().join(".codex/bo4_runs.jsonl")).unwrap()).unwrap();
    assert_eq!((&line["provider"], &line["env"], &line["run"]), (&json!("local"), &Value::Null, &json!(id)));
    crew.repo.puff(&["watch", id]).ok();
    let report = crew.repo.puff(&["report", id]).ok().stdout;
    assert!(report.contains("exit code 3") && report.contains("var3 (adds)"), "{report}");
    let note = crew.repo.git(&["notes", "--ref", "puff/runs", "show", "main"]);
    assert!(note.contains(&format!("\"run\":\"{id}\"")), "{note}");
}

#[test]
fn active_agents_are_limited_by_jobs() {
    let crew = AgentRun::new();
    crew.agent("slow", "echo begin >>$LAB/times; sleep 0.3; echo end >>$LAB/times; echo x >x");
    let run = crew.tournament(&["--agent", "slow:3", "--jobs", "1"]);
    assert_eq!(each(&run, "status"), ["completed"; 3]);
    assert_eq!(fs::read_to_string(crew.repo.path("times")).unwrap(), "begin\nend\n".repeat(3));
    assert_eq!(run["local"]["jobs"], 1);
}

#[test]
fn a_run_without_a_watcher_continues_in_a_foreground_watch() {
    let crew = AgentRun::new();
    crew.agent("quick", "echo x >x");
    let ran = crew.repo.puff(&["submit", "--json", "--agent", "quick:2", "--jobs", "1", "--prompt", "Trim"]).ok();
    let run = ran.json();
    let id = run["run"].as_str().unwrap();
    assert_eq!((each(&run, "status"), &run["watch"]), (vec![json!("in_progress"), json!("pending")], &Value::Null));
    crew.repo.puff(&["harvest", id, "--wait"]).ok();
    assert_eq!(each(&crew.repo.show(id), "apply"), ["applied", "applied"]);
}

#[test]
fn agents_may_start_from_any_commit_and_be_named_in_an_intent_file() {
    let crew = AgentRun::new();
    crew.agent("lists", "ls >listed").agent("idle", "true");
    fs::write(
        crew.repo.work().join("task.md"),
        "---\nagent: [lists, idle:2]\nbest-of: 3\nbase: main~1\n---\nList it.\n",
    )
    .unwrap();
    let ran = crew.repo.puff(&["launch", "--intent", "task.md", "--harvest", "--json"]).ok();
    let id = ran.json()["run"].as_str().unwrap().to_owned();
    let run = crew.repo.wait_for(&id, "harvested", |run| run["state"] == "harvested");
    assert_eq!(each(&run, "agent"), ["lists", "idle", "idle"]);
    assert_eq!(each(&run, "apply"), ["applied", "empty", "empty"]);
    assert_eq!(crew.file(&id, 1, "listed"), "README\nlisted\nsrc");
    assert_eq!(run["base_oid"], crew.repo.git(&["rev-parse", "main~1"]));
    // A detached HEAD is a base like any other, recorded by its name.
    crew.repo.git(&["checkout", "-q", "--detach", "main~2"]);
    let other = crew.launch(&["--agent", "idle"]);
    assert_eq!(crew.repo.show(&other)["base"], crew.repo.git(&["rev-parse", "HEAD"]));
}

#[test]
fn a_run_is_repeated_with_the_same_agents() {
    let crew = AgentRun::new();
    crew.agent("one", "echo 1 >x").agent("two", "echo 2 >x");
    let old = crew.tournament(&["--agent", "one", "--agent", "two", "--jobs", "1", "--keep"]);
    let ran = crew.repo.puff(&["retry", old["run"].as_str().unwrap(), "--json"]).ok();
    let new = ran.json();
    assert_eq!((each(&new, "agent"), &new["parent"]), (vec![json!("one"), json!("two")], &old["run"]));
    assert_eq!((&new["local"]["jobs"], &new["local"]["keep"]), (&json!(1), &json!(true)));
}

#[test]
fn what_is_asked_for_is_checked_before_anything_is_recorded() {
    let crew = AgentRun::new();
    crew.agent("good", "true");
    let refused: &[(&[&str], i32, &[&str])] = &[
        (&["--agent", "nobody"], 129, &["'nobody' is not an agent"]),
        (&["--agent", "gemini"], 128, &["'gemini' is not installed"]),
        (&["--agent", "good:0"], 129, &["good:0"]),
        (&["--agent", "good", "--env", "acme/widgets"], 129, &["good:1", "on this machine"]),
        (&["--agent", "good:2", "--best-of", "3"], 129, &["2 attempts", "best of 3"]),
        (&["--agent", "good:60", "--agent", "good:60"], 129, &["best of 120"]),
        (&["--agent", "good", "--base", "nowhere"], 1, &["'nowhere'"]),
        (&["--agent", "good", "--jobs", "0"], 129, &["--jobs"]),
    ];
    for (args, code, words) in refused {
        crew.try_launch(args).exits(*code).complains(words);
    }
    crew.repo.git(&["config", "puff.worktreeDir", "inside/here"]);
    crew.try_launch(&["--agent", "good"]).exits(129).complains(&["puff.worktreeDir", "inside the repository"]);
    crew.repo.git(&["config", "puff.worktreeDir", "../elsewhere"]);
    crew.repo.git(&["config", "puff.worktree.copy", "../outside"]);
    crew.try_launch(&["--agent", "good"]).exits(129).complains(&["puff.worktree.copy", "../outside"]);
    assert_eq!(crew.repo.git(&["for-each-ref", "refs/puff"]), "");
    assert!(!crew.repo.work().join(".codex").exists() && !crew.repo.path("elsewhere").exists());
}

#[test]
fn agents_work_for_bare_repositories_and_from_linked_worktrees() {
    let mut crew = AgentRun::new();
    crew.agent("good", "echo x >x");
    let script = crew.repo.path("bin/good.sh").display().to_string();
    crew.repo.git(&["config", "--global", "puff.agent.good.command", &format!("sh '{script}'")]);
    let launch = ["launch", "--agent", "good", "--prompt", "Trim", "--json"];
    let in_folder = |crew: &AgentRun, folder: &str, args: &[&str]| {
        run(crew.repo.command("git").current_dir(crew.repo.path(folder)).arg("puff").args(args)).ok()
    };
    crew.repo.git(&["worktree", "add", "-q", "-b", "side", "../side"]);
    let linked = in_folder(&crew, "side", &launch).json();
    assert_eq!(linked["base"], "side");
    assert!(linked["local"]["worktrees"].as_str().unwrap().starts_with(crew.workspace_root().to_str().unwrap()));
    let id = linked["run"].as_str().unwrap().to_owned();
    assert_eq!(each(&crew.tournament_end(&id), "status"), ["completed"]);

    crew.repo.set("GIT_PUFF_SEED", "bare");
    let bare = in_folder(&crew, "origin.git", &launch).json();
    let id = bare["run"].as_str().unwrap().to_owned();
    assert_eq!(bare["local"]["worktrees"], crew.repo.path("origin.puff").join(&id).display().to_string());
    in_folder(&crew, "origin.git", &["harvest", &id, "--wait"]);
    let harvested = in_folder(&crew, "origin.git", &["show", &id, "--json"]).json();
    assert_eq!(each(&harvested, "apply"), ["applied"]);
    assert_eq!(left_in(&crew.repo.path("origin.puff")), [""; 0]);
}

#[test]
fn a_waiting_agent_is_shown_in_its_run_and_answered_by_rule_or_by_hand() {
    let crew = AgentRun::new();
    crew.agent("asks", "printf 'Go on? [y/N] '; read answer </dev/tty; echo $answer >answer");
    let run = crew.launch(&["--agent", "asks", "--harvest"]);
    let asking = crew.repo.wait_for(&run, "asking", |run| run["variants"][0]["reason"].is_string());
    let reason = asking["variants"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("waits for an answer") && reason.contains(&format!("session show {run}-var1")), "{reason}");
    assert_eq!(each(&asking, "status"), ["in_progress"]);
    crew.repo.puff(&["session", "send", &format!("{run}-var1"), "by a person"]).ok();
    let seen = crew.tournament_end(&run);
    assert_eq!(
        (crew.file(&run, 1, "answer"), &seen["variants"][0]["reason"]),
        ("by a person".to_owned(), &Value::Null)
    );

    crew.repo.git(&["config", "puff.session.answer", r"Go on\? => by a rule"]);
    let seen = crew.tournament(&["--agent", "asks"]);
    assert_eq!(crew.file(seen["run"].as_str().unwrap(), 1, "answer"), "by a rule");
}
