//! Checks on every variant and on the base: what passes, what broke, what was broken before, and what is taken.

use std::fs;

use serde_json::{Value, json};

use crate::support::agent_run::AgentRun;
use crate::support::agent_run::left_in;
use crate::support::cloud_env::{CloudEnv, each};
use crate::support::export::{Export, patch_of};
use crate::support::terminal::answered;
use crate::support::test_repo::TestRepo;

/// A run of imported variants, each of which makes `notes.txt` read something.
fn run_of(repo: &TestRepo, notes: &[&str]) -> String {
    let export = Export::new(repo, "export");
    for (at, text) in notes.iter().enumerate() {
        export.patch(at as u32 + 1, repo.patch("notes.txt", text));
    }
    harvested(repo, &export)
}

fn harvested(repo: &TestRepo, export: &Export) -> String {
    export.harvest(repo, &["--json"]).ok().json()["run"].as_str().expect("a run has a name").to_owned()
}

/// `review.json` of a run.
fn review_of(repo: &TestRepo, run: &str) -> Value {
    let json = repo.git(&["show", &format!("refs/puff/runs/{run}:review.json")]);
    serde_json::from_str(&json).expect("a document")
}

/// How each variant stands in the last review.
fn verdicts(repo: &TestRepo, run: &str) -> Vec<(String, Value)> {
    let review = review_of(repo, run);
    let variants = review["variants"].as_array().expect("variants");
    variants.iter().map(|one| (one["verdict"].as_str().unwrap().to_owned(), one["rank"].clone())).collect()
}

fn stands(verdict: &str, rank: impl Into<Value>) -> (String, Value) {
    (verdict.to_owned(), rank.into())
}

/// No worktree is left, nor the folder that they were in.
#[track_caller]
fn nothing_is_left(repo: &TestRepo) {
    assert_eq!(repo.git(&["worktree", "list"]).lines().count(), 1);
    assert_eq!(left_in(&repo.path("work.puff")), [""; 0]);
    let doctor = repo.puff(&["doctor"]).stdout;
    assert!(!doctor.contains("in use") || doctor.contains("0 in use"), "{doctor}");
}

#[test]
fn what_broke_is_told_from_what_was_broken_and_the_best_is_recommended() {
    let repo = TestRepo::new();
    repo.commit("broken", "", "Break one check before anybody begins");
    let run = run_of(&repo, &["one\ntwo\nfour\n", "one\n", "one\ntwo\nfour\nfive\nsix\n"]);
    let before = repo.fingerprint();
    let checks = ["--check", "grep -q two notes.txt || { cat notes.txt; exit 4; }", "--check", "test ! -e broken"];
    let ran = repo.puff(&[&["review", &run, "--json"], &checks[..]].concat()).exits(3);
    let seen = ran.json();
    assert_eq!((&seen["schema"], &seen["state"]), (&json!("puff.run/1"), &json!("reviewed")));
    assert_eq!(verdicts(&repo, &run), [stands("fails-on-base", 1), stands("failed", 3), stands("fails-on-base", 1)]);
    let check = &seen["variants"][1]["checks"][0];
    let wanted = json!({"status": "failed", "exit": 4, "tail": "one\n", "cached": false, "on_base": "passed"});
    for (key, value) in wanted.as_object().unwrap() {
        assert_eq!(&check[key], value, "{key}");
    }
    for line in ["base: passed", "base: failed with exit 1", "var2: failed with exit 4"] {
        assert!(ran.stderr.lines().any(|said| said.starts_with(line)), "'{line}' is not in:\n{}", ran.stderr);
    }
    let said = review_of(&repo, &run)["recommendation"].clone();
    assert_eq!((&said["variant"], &said["reasons"][0]), (&Value::Null, &json!("no variant passes")));
    let shown = repo.puff(&["show", &run]).ok().stdout;
    assert!(shown.contains("no variant is recommended") && !shown.contains("git puff pick"), "{shown}");
    nothing_is_left(&repo);
    // Nothing of the user's has moved.
    let refs =
        |print: &str| print.lines().filter(|line| !line.contains("refs/puff/runs/") && !line.contains("notes")).count();
    assert_eq!(refs(&before), refs(&repo.fingerprint()));
}

#[test]
fn the_best_that_passes_is_recommended_with_the_command_that_takes_it() {
    let repo = TestRepo::new();
    let run = run_of(&repo, &["one\ntwo\nfour\nfive\n", "one\n", "one\ntwo\nfour\n", "one\ntwo\nfour\n"]);
    let ran = repo.puff(&["review", &run, "--check", "grep -q 'two' notes.txt && ! grep -q five notes.txt"]).ok();
    assert_eq!(verdicts(&repo, &run)[1].0, "failed");
    // Its twin is no other choice.
    let said = review_of(&repo, &run)["recommendation"].clone();
    assert_eq!((&said["variant"], &said["tied"]), (&json!(3), &json!([])));
    assert!(said["reasons"].as_array().unwrap().contains(&json!("var4 made the same change")), "{said:#}");
    let report = repo.puff(&["report", &run]).ok().stdout;
    for words in [
        &format!("Pick var3: `git puff pick {run}:3`"),
        "| rank | variant | class    | verdict    | risks |",
        "| of   | check                                                 | result     | on the base |",
    ] {
        assert!(report.contains(words), "'{words}' is not in:\n{report}");
    }
    assert!(ran.stdout.contains(&format!("pick var3: git puff pick {run}:3")), "{}", ran.stdout);
    let note = repo.git(&["notes", "--ref", "puff/report", "show", &format!("puff/{run}/var2")]);
    assert!(note.contains("rank 3: failed 0/1, class E, fails"), "{note}");
    let json = repo.puff(&["report", &run, "--format", "json"]).ok().json();
    assert_eq!(json["review"]["recommendation"]["variant"], 3);
    let shown = repo.puff(&["show", &format!("{run}:2")]).ok().stdout;
    assert!(shown.contains("failed with exit 1 in") && shown.contains("rank:"), "{shown}");
    assert_eq!(
        repo.git(&["log", "-1", "--format=%s", &format!("refs/puff/runs/{run}")]),
        "reviewed: 2 of 4 pass, var3 is the best"
    );
}

#[test]
fn what_the_task_was_to_mend_is_not_a_follow_up() {
    let repo = TestRepo::new();
    let follow_ups = |notes: &str| -> Vec<String> {
        let run = run_of(&repo, &[notes]);
        repo.puff(&["review", &run, "--check", "grep -q four notes.txt"]);
        let review = review_of(&repo, &run);
        assert_eq!(review["base"][0]["status"], "failed");
        serde_json::from_value(review["recommendation"]["follow_ups"].clone()).unwrap()
    };
    // Whether a variant mends it or none does.
    for notes in ["four\n", "five\n"] {
        assert_eq!(follow_ups(notes), [""; 0], "{notes}");
    }
}

#[test]
fn a_check_that_was_killed_is_run_again() {
    let repo = TestRepo::new();
    repo.confine_nothing();
    let run = run_of(&repo, &["one\ntwo\n"]);
    let once = repo.path("home/once");
    // As the system does when it is out of memory: the first time, on every tree.
    let check = format!(
        "[ -f {0}-$(git hash-object notes.txt) ] || {{ touch {0}-$(git hash-object notes.txt); kill -9 $$; }}",
        once.display()
    );
    let first = repo.puff(&["review", &run, "--json", "--check", &check]).exits(3).json();
    assert_eq!(first["variants"][0]["checks"][0]["exit"], 137);
    let again = repo.puff(&["review", &run, "--json", "--check", &check]).ok().json();
    let checked = &again["variants"][0]["checks"][0];
    assert_eq!((&checked["status"], &checked["cached"]), (&json!("passed"), &json!(false)));
}

#[test]
fn a_second_review_runs_nothing_again() {
    let repo = TestRepo::new();
    let run = run_of(&repo, &["a\n", "b\n"]);
    let log = repo.path("ran").display().to_string();
    let check = format!("cat notes.txt >>{log}");
    let ran = || fs::read_to_string(&log).unwrap_or_default().lines().count();
    repo.puff(&["review", &run, "--check", &check]).ok();
    let first = ran();
    let again = repo.puff(&["review", &run, "--check", &check, "--json"]).ok();
    assert_eq!((ran(), again.json()["variants"][0]["checks"][0]["cached"].clone()), (first, json!(true)));
    // The checks of the last review are the ones, where nobody names others.
    repo.puff(&["review", &run, "--fresh", "--variant", "2"]).ok();
    assert!(ran() > first && fs::read_to_string(&log).unwrap().ends_with("b\n"));
    assert_eq!(verdicts(&repo, &run)[0].0, "passed");
    // A time limit that passed is asked again.
    repo.puff(&["review", &run, "--check", &format!("cat notes.txt >>{log}; sleep 600"), "--timeout", "1s"]).exits(3);
    let limited = ran();
    let ended = repo.puff(&[
        "review",
        &run,
        "--check",
        &format!("cat notes.txt >>{log}; sleep 600"),
        "--timeout",
        "1s",
        "--json",
    ]);
    assert_eq!((ran() > limited, ended.json()["variants"][0]["checks"][0]["status"].clone()), (true, json!("timeout")));
    nothing_is_left(&repo);
}

#[test]
fn a_review_without_checks_names_the_one_that_the_base_suggests() {
    let repo = TestRepo::new();
    repo.commit("Makefile", "test:\n\tgrep -q a notes.txt\n", "Test it");
    let run = run_of(&repo, &["a\n", "b\n"]);
    // What is in the worktree suggests nothing.
    repo.write("Makefile", "all:\n");
    let line = "Makefile of the base suggests one: git config puff.check 'make test'";
    let told = repo.puff(&["review", &run]).ok();
    assert!(told.stderr.contains(line) && !told.stderr.contains("[y/N]"), "{}", told.stderr);

    let review = || {
        let mut command = repo.command(env!("CARGO_BIN_EXE_git-puff"));
        command.args(["review", &run]);
        command
    };
    let (question, set) = ("as the check from now on?", || repo.puff(&["config", "check", "--json"]).stdout);
    let (code, printed) = answered(review(), question, "n\r");
    assert!(code == 0 && printed.contains(line) && !set().contains("make test"), "{printed}");
    let (code, printed) = answered(review(), question, "y\r");
    assert!(code == 0 && set().contains("make test"), "{printed}");
    assert_eq!(review_of(&repo, &run)["commands"], json!(["make test"]));
    // It is not asked again.
    let (code, printed) = answered(review(), question, "y\r");
    assert!(code == 0 && !printed.contains("suggests"), "{printed}");
}

#[test]
fn checks_come_from_the_launch_from_the_settings_or_from_nowhere() {
    let repo = TestRepo::new();
    let run = run_of(&repo, &["a\n", "b\n"]);
    let alone = repo.puff(&["review", &run, "--json"]).ok();
    assert!(alone.stderr.contains("no checks to run"), "{}", alone.stderr);
    assert_eq!(each(&alone.json(), "checks"), [json!([]), json!([])]);
    assert_eq!(verdicts(&repo, &run)[0].0, "unchecked");
    let risk = review_of(&repo, &run)["recommendation"]["residual_risk"].to_string();
    assert!(risk.contains("no check was run"), "{risk}");
    repo.git(&["config", "--add", "puff.check", "grep -q a notes.txt"]);
    repo.git(&["config", "--add", "puff.check", "test -e README"]);
    repo.git(&["config", "puff.check.wrapper", "env WRAPPED=1"]);
    repo.puff(&["review", &run]).ok();
    let commands = review_of(&repo, &run)["commands"].clone();
    assert_eq!(commands, json!(["grep -q a notes.txt", "test -e README"]));
    // What the launch named counts before the settings.
    let crew = AgentRun::new();
    crew.agent("good", "echo good >>notes.txt");
    crew.repo.git(&["config", "puff.check", "false"]);
    let launched = crew.tournament(&["--agent", "good", "--check", "grep -q good notes.txt || test -e README"]);
    crew.repo.puff(&["review", launched["run"].as_str().unwrap()]).ok();
    crew.repo
        .write("task.md", "---\nagent: good\nname: task\ncheck: [\"true\", \"test -e README\"]\n---\nTake a note\n");
    crew.repo.puff(&["launch", "--intent", "task.md"]).ok();
    assert_eq!(crew.repo.show("task")["check"], json!(["true", "test -e README"]));
    crew.repo.puff(&["launch", "--agent", "good", "--prompt", "x", "--check", ""]).exits(129).complains(&["--check"]);

    repo.puff(&["review", &run, "--check", "test \"$WRAPPED\" = 1 && test -n '$x'"]).ok();
    repo.git(&["config", "puff.worktree.setup", "exit 7"]);
    let failed = repo.puff(&["review", &run, "--json"]).exits(3).json();
    let check = &failed["variants"][0]["checks"][0];
    assert_eq!(check["status"], "error");
    assert!(check["tail"].as_str().unwrap().starts_with("puff.worktree.setup ended with exit code 7"), "{check}");
}

#[test]
fn a_worktree_that_a_check_changed_is_reported_and_restored() {
    let repo = TestRepo::new();
    repo.confine_nothing();
    repo.git(&["config", "puff.workspace", "linked"]);
    repo.commit(".gitignore", "built\n", "Ignore what builds leave");
    let run = run_of(&repo, &["a\n", "b\n"]);
    let edits =
        "echo x >>notes.txt; rm README; echo new >made.txt; touch built; git commit -qam moved; echo y >>notes.txt";
    let clean = "test -e README && test ! -e made.txt && test -e built && git diff --quiet HEAD && test $(git rev-list --count HEAD) = $(git rev-list --count HEAD)";
    repo.puff(&["review", &run, "--check", edits, "--check", clean]).ok();
    let touched = review_of(&repo, &run)["variants"][0]["touched"].clone();
    assert_eq!(touched, json!(["A made.txt", "D README", "M HEAD", "M notes.txt"]));
    repo.puff(&["review", &run, "--check", "rm .git; rm -rf src", "--check", "git status >/dev/null && test -d src"])
        .ok();
    nothing_is_left(&repo);
}

#[test]
fn a_check_that_moves_a_ref_or_puts_a_hook_is_a_risk_that_can_be_accepted() {
    let repo = TestRepo::new();
    repo.confine_nothing();
    repo.git(&["config", "puff.workspace", "linked"]);
    let run = run_of(&repo, &["a\n", "b\n"]);
    let check = "! grep -q a notes.txt || { git branch -f sneaky HEAD; echo x >$(git rev-parse --git-common-dir)/hooks/pre-push; }";
    repo.puff(&["review", &run, "--check", check, "--jobs", "1"]).ok();
    let findings = review_of(&repo, &run)["variants"][0]["evidence"]["findings"].to_string();
    assert!(findings.contains("refs/heads/sneaky") && findings.contains("hooks/pre-push"), "{findings}");
    assert_eq!(verdicts(&repo, &run), [stands("passed", 2), stands("passed", 1)]);
    let refused =
        repo.puff(&["review", &run, "--accept", "workflow"]).exits(129).complains(&["no risk named 'workflow'"]);
    assert!(refused.stderr.contains("ref:refs/heads/sneaky"), "{}", refused.stderr);
    repo.puff(&["review", &run, "--accept", "ref:refs/heads/sneaky", "--accept", "hook"]).ok();
    repo.puff(&["review", &run]).ok();
    assert_eq!(review_of(&repo, &run)["accepted"], json!(["ref:refs/heads/sneaky", "hook"]));
    assert_eq!(verdicts(&repo, &run)[0].1, 1);
}

#[test]
fn tests_are_counted_by_what_checks_print_or_write() {
    let repo = TestRepo::new();
    let run = run_of(&repo, &["a\n"]);
    let junit = "echo '<testsuite><testcase/><testcase><failure/></testcase></testsuite>' >";
    for (check, wanted) in [
        (
            "printf '1..3\\nok 1\\nnot ok 2\\nok 3 # SKIP\\n'".to_owned(),
            json!({"passed": 1, "failed": 1, "skipped": 1}),
        ),
        (format!("{junit}\"$GIT_PUFF_JUNIT\"/anything.xml"), json!({"passed": 1, "failed": 1, "skipped": 0})),
        (
            format!("mkdir -p target/nextest/ci; {junit}target/nextest/ci/junit.xml"),
            json!({"passed": 1, "failed": 1, "skipped": 0}),
        ),
        ("echo ok".to_owned(), Value::Null),
    ] {
        let seen = repo.puff(&["review", &run, "--check", &check, "--json"]).ok().json();
        assert_eq!(seen["variants"][0]["checks"][0]["tests"], wanted, "{check}");
    }
}

#[test]
fn a_new_patch_outdates_the_review() {
    needs!("codex");
    let env = CloudEnv::new();
    let repo = &env.repo;
    let (run, task) = env.submit(2, "Take notes");
    env.finish_all(&task);
    repo.puff(&["harvest", &run]).ok();
    repo.puff(&["review", &run, "--check", "true"]).ok();
    env.finish(&task, 2, "another text");
    let seen = repo.puff(&["harvest", &run, "--json"]).ok().json();
    let second = &seen["variants"][1];
    assert_eq!((&seen["state"], &second["checks"], &second["score"]), (&json!("harvested"), &json!([]), &Value::Null));
    assert_eq!(seen["variants"][0]["checks"][0]["status"], "passed");
    let report = repo.puff(&["report", &run]).ok().stdout;
    assert!(
        report.contains(&format!("var2 has changed since the review: run 'git puff review {run}' again")),
        "{report}"
    );
    assert!(!report.contains("Pick var") && !report.contains("Follow-ups"), "{report}");
    repo.puff(&["review", &run, "--json"]).ok();
    assert_eq!(repo.show(&run)["state"], "reviewed");
}

#[test]
fn what_can_not_be_reviewed_is_named() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    export.patch(1, "This is no patch.\n").patch(2, "");
    let ran = export.harvest(&repo, &["--json"]).exits(3).json();
    let run = ran["run"].as_str().unwrap();
    repo.puff(&["review", run, "--check", "true"]).exits(1).complains(&["no variant", "has a commit"]);
    let good = Export::new(&repo, "good");
    good.patch(1, repo.patch("notes.txt", "a\n")).patch(2, "This is no patch.\n");
    let ran = good.harvest(&repo, &["--json"]).exits(3).json();
    let run = ran["run"].as_str().unwrap();
    repo.puff(&["review", run, "--variant", "9"]).exits(129).complains(&["no variant 9"]);
    repo.puff(&["review", run, "--variant", "2"]).exits(1).complains(&["variant 2", "no commit"]);
    repo.puff(&["review", run, "--check", " "]).exits(129).complains(&["--check", "is not a command"]);
    repo.puff(&["review", run, "--timeout", "soon"]).exits(129).complains(&["soon"]);
    let seen = repo.puff(&["review", run, "--check", "crago test", "--json"]).exits(3).json();
    assert_eq!(seen["variants"][0]["checks"][0]["status"], "error");
    assert_eq!(verdicts(&repo, run)[1], stands("no-commit", Value::Null));
}

#[test]
fn worktrees_have_what_an_agents_has_and_stay_where_that_is_wished() {
    let repo = TestRepo::new();
    repo.commit(".gitignore", ".env\n", "Ignore the environment");
    repo.write(".env", "SECRET=1\n");
    let module = repo.path("module");
    repo.git_in(&repo.path(""), &["init", "-q", "module"]);
    fs::write(module.join("lib.txt"), "lib\n").unwrap();
    repo.git_in(&module, &["add", "lib.txt"]);
    repo.git_in(&module, &["commit", "-qm", "Begin"]);
    repo.git(&["submodule", "--quiet", "add", module.to_str().unwrap(), "sub"]);
    repo.git(&["commit", "-qm", "Use the module"]);
    repo.git(&["config", "puff.worktree.copy", ".env"]);
    repo.git(&["config", "puff.worktree.setup", "echo set >set-up"]);
    let run = run_of(&repo, &["a\n"]);
    let check = "grep -q SECRET .env && grep -q lib sub/lib.txt && grep -q set set-up && echo x >>sub/lib.txt";
    repo.puff(&["review", &run, "--check", check, "--check", "git -C sub diff --quiet", "--keep"]).ok();
    let kept = repo.path("work.puff").join(&run);
    assert!(kept.join("var1/.env").exists() && kept.join("base/sub/lib.txt").exists());
    // What stays is the user's: the next one goes elsewhere, and nobody takes it away.
    fs::write(kept.join("var1/mine"), "mine\n").unwrap();
    repo.puff(&["review", &run, "--check", "test ! -e mine", "--fresh"]).ok();
    let doctor = repo.puff(&["doctor", "--repair"]).stdout;
    assert!(kept.join("var1/mine").exists() && !doctor.contains("var1"), "{doctor}");
}

#[test]
fn what_is_seen_without_running_anything() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    let change = patch_of(&repo, || {
        repo.write("src/parse.rs", "fn parse(s: &str) -> Option<u32> {\n    dbg!(s); \n    s.trim().parse().ok()\n}\n\n#[test]\nfn trims() {\n    assert_eq!(parse(\" 7\"), Some(7));\n}\n");
        repo.write("Cargo.lock", "version = 4\n");
        repo.write(".gitattributes", "made.txt linguist-generated\n");
        repo.write("made.txt", "x \n");
        repo.write("picture.png", [0u8, 1, 2, 255]);
    });
    export.patch(1, &change).patch(2, repo.patch("notes.txt", "<<<<<<< ours\nTODO: two\n"));
    let run = harvested(&repo, &export);
    repo.puff(&["review", &run]).ok();
    let review = review_of(&repo, &run);
    let kinds = |at: usize| -> Vec<String> {
        let findings = review["variants"][at]["evidence"]["findings"].as_array().unwrap();
        let mut kinds: Vec<_> = findings.iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect();
        kinds.sort();
        kinds
    };
    assert_eq!(kinds(0), ["attributes", "binary", "debugging", "generated", "lockfile", "whitespace"]);
    assert_eq!(kinds(1), ["conflict-marker", "unfinished"]);
    let evidence = &review["variants"][0]["evidence"];
    assert_eq!((&evidence["tests_added"], &evidence["patch_bytes"]), (&json!(["trims"]), &json!(change.len())));
    assert!(evidence["agreement"].is_number() && review["comparison"]["pairs"].is_array());
}
