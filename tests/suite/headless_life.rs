//! A run's life through the two forks of the client, which tell each attempt's place, status and last words.

use serde_json::{Value, json};

use crate::support::fake_codex::{FakeCodex, PROMPT, TASK};
use crate::support::test_repo::{TestRepo, wait_until};

type Fork = (fn(&TestRepo) -> FakeCodex, &'static str);

/// Both forks, each with an environment it takes.
const FORKS: [Fork; 2] = [(FakeCodex::headless_a, "acme/widgets"), (FakeCodex::headless_b, "env_lab_1")];

#[test]
fn a_run_is_watched_until_its_last_attempt_has_finished() {
    for (open, env) in FORKS {
        let repo = TestRepo::new();
        let codex = open(&repo);
        codex.phase("pending");
        let args = ["launch", "--env", env, "--interval", "1s", "--harvest", "--prompt", PROMPT, "--json"];
        let id = repo.puff(&args).ok().json()["run"].as_str().unwrap().to_owned();

        repo.living_watcher();

        // The list reads `ready` as soon as the first attempt is: only `show` tells that one is still at work.
        codex.phase("partial");
        let two_are_through = |run: &Value| statuses(run) == ["completed", "failed", "in_progress", "completed"];
        let run = repo.wait_for(&id, "partial", two_are_through);
        assert_eq!(run["state"], "pending");

        codex.phase("ready");
        let run = repo.wait_for(&id, "harvested", |run| run["state"] == "harvested");
        assert_eq!(statuses(&run), ["completed", "failed", "completed", "completed"]);
        wait_until("the watcher ends the job", || repo.show(&id)["watch"]["ending"] == "success");
        for (variant, text) in [(1, "attempt 1"), (3, "attempt 3"), (4, "attempt 4")] {
            let code = repo.git(&["show", &format!("puff/{id}/var{variant}:src/parse.rs")]);
            assert!(code.contains(&format!("// {text}\n")), "{code}");
        }
        assert_ne!(repo.try_git(&["rev-parse", "--verify", &format!("puff/{id}/var2")]).code, 0);

        let result = std::fs::read_to_string(repo.puff_dir().join("results").join(&id)).unwrap();
        assert!(result.contains(&format!("TASK_ID={TASK}\n")) && result.contains("FINAL_STATE=success\nEXIT_CODE=0\n"));
        assert_eq!(codex.paid().len(), 1);
    }
}

#[test]
fn agents_messages_are_in_reports_and_commits() {
    for (open, env) in FORKS {
        let repo = TestRepo::new();
        let codex = open(&repo);
        codex.phase("ready");
        let id = submitted(&repo, env);
        let ran = repo.puff(&["harvest", &id]).ok();
        assert!(ran.stderr.contains("variant 2 is skipped: failed"), "{}", ran.stderr);

        let report = report(&repo, &id, 3);
        assert_eq!(report["messages"], json!(["Attempt 3 finished late."]));
        assert_eq!((&report["variant_index"], &report["attempt_placement"]), (&json!(3), &json!(2)));
        assert_eq!((&report["task_id"], &report["status"]), (&TASK.into(), &"completed".into()));
        let show = parsed(&codex, "ready-show");
        assert_eq!(report["prompt"], show["variants"][0]["prompt"]);
        // The failed one has a report too, and no patch.
        assert_eq!(self::report(&repo, &id, 2)["status"], "failed");
        assert_eq!(repo.try_git(&["cat-file", "-e", &file(&id, 2, "patch.diff")]).code, 128);

        let patch = show["variants"][0]["diff"].as_str().unwrap();
        assert_eq!(repo.puff(&["patch", &format!("{id}:1")]).ok().stdout, patch);

        let body = repo.git(&["log", "-1", "--format=%B", &format!("puff/{id}/var1")]);
        let sum = &repo.show(&id)["variants"][0]["patch_sha256"];
        let trailers =
            format!("Puff-Run: {id}\nPuff-Task: {TASK}\nPuff-Variant: 1/4\nPuff-Patch: {}", sum.as_str().unwrap());
        assert_eq!(
            body.trim_end(),
            format!("Trim input before parsing\n\nTrimmed the input in attempt 1; tests pass.\n\n{trailers}")
        );
    }
}

#[test]
fn variants_keep_their_numbers_when_the_service_calls_another_turn_the_current_one() {
    for (open, env) in FORKS {
        let repo = TestRepo::new();
        let codex = open(&repo);
        codex.phase("ready");
        let id = submitted(&repo, env);
        repo.puff(&["harvest", &id]).ok();
        let before = (repo.fingerprint(), variants(&repo, &id));

        codex.phase("current-turn-is-3");
        let again = repo.puff(&["harvest", &id]).ok();
        assert!(!again.stderr.contains("new patch"), "{}", again.stderr);
        assert_eq!(before, (repo.fingerprint(), variants(&repo, &id)));

        // Whoever comes later, and sees only that order, gets the same numbers.
        let later = TestRepo::new();
        let codex = open(&later);
        codex.phase("current-turn-is-3");
        let id = submitted(&later, env);
        later.puff(&["harvest", &id]).ok();
        assert_eq!(sums(&variants(&later, &id)), sums(&before.1));
    }
}

#[test]
fn a_later_harvest_takes_the_remaining_variants() {
    for (open, env) in FORKS {
        let repo = TestRepo::new();
        let codex = open(&repo);
        codex.phase("partial");
        let id = submitted(&repo, env);
        let early = repo.puff(&["harvest", &id]).ok();
        assert!(early.stderr.contains("1 variant is still running"), "{}", early.stderr);
        let first = repo.git(&["rev-parse", &format!("puff/{id}/var1"), &format!("puff/{id}/var4")]);
        assert_eq!(repo.show(&id)["state"], "pending");

        codex.phase("ready");
        repo.puff(&["harvest", &id]).ok();
        assert_eq!(repo.git(&["rev-parse", &format!("puff/{id}/var1"), &format!("puff/{id}/var4")]), first);
        assert!(repo.git(&["show", &format!("puff/{id}/var3:src/parse.rs")]).contains("attempt 3"));
        assert_eq!(repo.show(&id)["state"], "harvested");
    }
}

#[test]
fn a_task_of_which_every_attempt_failed_is_an_error() {
    for (open, env) in FORKS {
        let repo = TestRepo::new();
        let codex = open(&repo);
        codex.phase("error");
        let id = submitted(&repo, env);
        repo.puff(&["watch", &id, "--interval", "1s"]).exits(2).complains(&["no variant", &id]);
        let run = repo.puff(&["harvest", &id, "--json"]).exits(2).json();
        assert_eq!((&run["state"], statuses(&run)), (&"error".into(), vec!["failed"; 4]));
        assert!(run["variants"].as_array().unwrap().iter().all(|variant| variant["apply"] == "skipped"));
        assert_eq!(repo.git(&["for-each-ref", "refs/heads/puff"]), "");
        // What a failed attempt said is evidence as well.
        assert_eq!(report(&repo, &id, 3)["messages"], json!(["Attempt 3 finished late."]));
    }
}

#[test]
fn a_read_that_fails_for_now_is_repeated() {
    for (open, env) in FORKS {
        for fault in ["rate-limited", "server-error", "offline"] {
            let repo = TestRepo::new();
            let codex = open(&repo);
            codex.phase("ready");
            let id = submitted(&repo, env);
            codex.fails_next_with(&[fault]);
            repo.puff(&["harvest", &id]).ok();
            assert_eq!(codex.calls_of(&["cloud", "show", "--json", "--all", "--", TASK]).len(), 2);
        }
    }
}

#[test]
fn a_read_that_keeps_failing_is_an_error() {
    // Each waits for seconds between its tries, so they wait together.
    std::thread::scope(|scope| {
        for (open, env) in FORKS {
            let faults =
                [("rate-limited", "takes no more calls"), ("server-error", "fault (500)"), ("offline", "be reached")];
            for (fault, words) in faults {
                scope.spawn(move || {
                    let repo = TestRepo::new();
                    let codex = open(&repo);
                    let id = submitted(&repo, env);
                    codex.fails_with(fault);
                    repo.puff(&["harvest", &id]).exits(1).complains(&["Codex Cloud", words]);
                    assert_eq!(codex.calls_of(&["cloud", "show", "--json", "--all", "--", TASK]).len(), 4);
                    let run = repo.show(&id);
                    assert_eq!((&run["state"], &run["attention"]), (&"pending".into(), &().into()));
                });
            }
        }
    });
}

#[test]
fn a_run_waits_for_the_login_and_continues() {
    for (open, env) in FORKS {
        let repo = TestRepo::new();
        let codex = open(&repo);
        codex.phase("ready");
        let id = submitted(&repo, env);
        codex.fails_with("unauthorized");
        repo.puff(&["harvest", &id]).exits(128).complains(&["not signed in"]);
        assert_eq!(repo.show(&id)["attention"], "needs-login");

        codex.recovers();
        repo.puff(&["watch", &id, "--interval", "1s"]).ok();
        assert_eq!(repo.show(&id)["attention"], Value::Null);
    }
}

#[test]
fn a_task_started_elsewhere_is_adopted_with_its_prompt() {
    for (open, _) in FORKS {
        let repo = TestRepo::new();
        let codex = open(&repo);
        codex.phase("partial");
        let url = format!("https://chatgpt.com/codex/tasks/{TASK}");
        let run = repo.puff(&["adopt", &url, "--json"]).ok().json();
        assert_eq!((&run["task_id"], &run["best_of"], &run["env"]), (&TASK.into(), &4.into(), &"acme/widgets".into()));
        let id = run["run"].as_str().unwrap();
        let asked = repo.git(&["show", &format!("refs/puff/runs/{id}:prompt.md")]);
        assert_eq!(asked.trim_end(), "Trim input before parsing");
        // Adopting it again is the same run.
        assert_eq!(repo.puff(&["adopt", TASK, "--json"]).ok().json()["run"], id);
        repo.puff(&["harvest", TASK]).ok();
        assert_eq!(codex.paid(), []);
    }
}

#[test]
fn an_unknown_task_is_not_adopted() {
    for (open, _) in FORKS {
        let repo = TestRepo::new();
        open(&repo);
        repo.puff(&["adopt", "task_nope"]).exits(1).complains(&["no task 'task_nope'"]);
        assert_eq!(repo.git(&["for-each-ref", "refs/puff"]), "");
    }
}

/// Submits the recorded task, and answers its run.
fn submitted(repo: &TestRepo, env: &str) -> String {
    repo.puff(&["submit", "--env", env, "--prompt", PROMPT, "--porcelain"]).ok().value("RUN")
}

fn statuses(run: &Value) -> Vec<&str> {
    let variants = run["variants"].as_array().expect("variants");
    variants.iter().map(|variant| variant["status"].as_str().expect("a status")).collect()
}

fn variants(repo: &TestRepo, id: &str) -> Value {
    repo.show(id)["variants"].clone()
}

fn sums(variants: &Value) -> Vec<&Value> {
    variants.as_array().expect("variants").iter().map(|variant| &variant["patch_sha256"]).collect()
}

fn file(id: &str, variant: u32, name: &str) -> String {
    format!("refs/puff/runs/{id}:variants/var{variant}/{name}")
}

fn report(repo: &TestRepo, id: &str, variant: u32) -> Value {
    serde_json::from_str(&repo.git(&["show", &file(id, variant, "report.json")])).expect("JSON")
}

/// What a recorded call printed.
fn parsed(codex: &FakeCodex, recording: &str) -> Value {
    serde_json::from_str(codex.recording(recording)["stdout"].as_str().expect("text")).expect("JSON")
}
