//! Clients that are missing, old, strange or careless, and what surrounds every call of one.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::fake_codex::{Call, FakeCodex, PROMPT, TASK};
use crate::support::test_repo::{TestRepo, run};

const SUBMIT: [&str; 4] = ["submit", "--env", "acme/widgets", "--prompt=Trim"];

#[test]
fn a_missing_client_is_reported_with_how_to_install_it() {
    let mut repo = TestRepo::new();
    let own = Path::new(env!("CARGO_BIN_EXE_git-puff")).parent().unwrap().display().to_string();
    // The git of this PATH, without whatever else lies beside it.
    let git = run(repo.command("sh").args(["-c", "command -v git"])).ok().stdout;
    std::os::unix::fs::symlink(git.trim_end(), repo.path("bin/git")).unwrap();
    repo.set("PATH", &format!("{}:{own}:/usr/bin:/bin", repo.path("bin").display()));
    let ran = repo.puff(&SUBMIT).exits(128).complains(&["no program 'codex' on PATH"]);
    assert!(ran.stderr.contains("npm install -g @openai/codex"), "{}", ran.stderr);
    // What is no program is none either.
    fs::create_dir(repo.path("bin/codex")).unwrap();
    repo.puff(&SUBMIT).exits(128).complains(&["no program 'codex' on PATH"]);
    repo.git(&["config", "puff.codex", "/nowhere/codex"]);
    repo.puff(&SUBMIT).exits(128).complains(&["'/nowhere/codex'"]);
    fs::remove_dir(repo.path("bin/codex")).unwrap();
    repo.git(&["config", "--unset", "puff.codex"]);
    repo.use_script_as_codex("#!/nowhere/interpreter\n");
    repo.puff(&SUBMIT).exits(128).complains(&["cannot run"]);
    assert_eq!(repo.git(&["for-each-ref", "refs/puff"]), "");
    // What needs no client works without; who asks for the cloud hears that it does not.
    repo.puff(&["list"]).ok();
    repo.puff(&["doctor"]).ok();
    repo.puff(&["doctor", "--env", "acme/widgets"]).exits(1);
}

#[test]
fn a_client_without_cloud_commands_is_too_old() {
    let repo = TestRepo::new();
    let help = "Commands:\n  exec  Run Codex non-interactively\n  login  Manage login\n";
    for body in [
        "[ \"$1\" = --version ] && { echo 'codex-cli 0.20.0'; exit; }\necho \"error: unrecognized subcommand 'cloud'\" >&2\nexit 2\n".to_owned(),
        format!("echo '{help}'\n"),
        "printf '\\377\\376garbage\\n'\n".to_owned(),
        "exit 0\n".to_owned(),
        "kill -9 $$\n".to_owned(),
    ] {
        let codex = FakeCodex::scripted(&repo, &body);
        let ran = repo.puff(&SUBMIT).exits(128).complains(&["bin/codex", "no 'cloud' commands"]);
        assert!(ran.stderr.contains("npm install -g @openai/codex@latest"), "{}", ran.stderr);
        assert_eq!(codex.paid(), []);
    }
    assert_eq!(repo.git(&["for-each-ref", "refs/puff"]), "");
}

#[test]
fn a_client_that_lost_a_flag_is_named_with_it() {
    let repo = TestRepo::new();
    let codex = FakeCodex::official(&repo);
    codex.knows("help-exec", "Usage: codex cloud exec --env <ENV>\n\n      --env <ENV>\n      --branch <B>\n", "", 0);
    repo.puff(&SUBMIT).exits(128).complains(&["no flag --attempts", "codex cloud exec"]);
    assert_eq!(codex.paid(), []);
}

#[test]
fn a_client_that_hangs_is_given_up_and_ended_with_all_its_children() {
    let repo = TestRepo::new();
    let codex = FakeCodex::scripted(&repo, "sleep 600 &\necho $! > \"$call/child\"\nwait\n");
    repo.puff(&SUBMIT).exits(128).complains(&["bin/codex", "hangs"]);
    assert_eq!(codex.paid(), []);
    let calls = fs::read_dir(repo.path("standin/calls")).unwrap();
    let children: Vec<String> =
        calls.filter_map(|call| fs::read_to_string(call.ok()?.path().join("child")).ok()).collect();
    assert!(!children.is_empty());
    for child in children {
        let stat = fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
        assert!(stat.is_empty() || stat.contains(") Z "), "it lives: {stat}");
    }
}

#[test]
fn an_unreadable_environment_list_stops_a_launch_before_payment() {
    let repo = TestRepo::new();
    let codex = FakeCodex::official(&repo);
    for garbage in ["<html>busy</html>", "", "null", "[]", "{\"tasks\": 7}", "{\"tasks\": [{\"id\": 7}]}"] {
        codex.knows("garbage", garbage, "", 0);
        codex.fails_with("garbage");
        repo.puff(&SUBMIT).exits(128).complains(&["codex cloud list"]);
    }
    assert_eq!((codex.paid(), repo.git(&["for-each-ref", "refs/puff"])), (vec![], String::new()));
}

#[test]
fn a_submission_with_an_unreadable_answer_stays_open_and_is_not_repeated() {
    for (name, stdout, stderr, exit) in [
        ("garbage", "Thank you for your patience.\n", "", 0),
        ("silence", "", "", 0),
        ("broken", "", "Error: http error: create_task failed: POST /wham/tasks failed: 502 Bad Gateway; x\n", 1),
        ("cut", "", "", 137),
    ] {
        let mut repo = TestRepo::new();
        // A task that is older than the run cannot be the run's; the recorded one is of 09:36:32.
        repo.set("GIT_PUFF_NOW", "2026-11-20T09:36:00Z");
        let codex = FakeCodex::headless_a(&repo);
        codex.knows("submit", stdout, stderr, exit);
        let ran = repo.puff(&SUBMIT).exits(1).complains(&["cannot tell whether Codex Cloud accepted"]);
        assert!(ran.stderr.contains("git puff doctor --repair"), "{name}: {}", ran.stderr);
        let run = repo.show("@");
        assert_eq!((&run["state"], &run["attention"]), (&"submitting".into(), &"needs-task".into()), "{name}");
        let id = run["run"].as_str().unwrap();

        // Whatever is tried, it is not sent a second time.
        assert_ne!(repo.puff(&["watch", id, "--interval", "1s"]).code, 0);
        assert_ne!(repo.puff(&["harvest", id]).code, 0);
        let repaired = repo.puff(&["doctor", "--repair"]).ok();
        assert!(repaired.stdout.contains(&format!("no task matches {id}")), "{}", repaired.stdout);
        assert_eq!(repo.show(id)["state"], "submitting");

        // The list shows it at last: it is the only one that fits.
        codex.phase("ready");
        let run = match name {
            "cut" => repo.puff(&["adopt", TASK, "--run", id, "--json"]).ok().json(),
            _ => {
                repo.puff(&["doctor", "--repair"]).ok();
                repo.show(id)
            }
        };
        assert_eq!((&run["task_id"], &run["attention"]), (&TASK.into(), &Value::Null), "{name}");
        repo.puff(&["harvest", id]).ok();
        assert_eq!(codex.paid().len(), 1);
    }
}

#[test]
fn out_of_range_numbers_of_a_service_are_ignored() {
    let repo = TestRepo::new();
    let codex = FakeCodex::headless_a(&repo);
    let list = codex.recording("ready-list")["stdout"].as_str().unwrap().to_owned();
    let show = codex.recording("ready-show")["stdout"].as_str().unwrap().to_owned();
    codex.knows("absurd-list", &list.replace("\"attempt_total\": 4", "\"attempt_total\": 4000000000"), "", 0);
    codex.knows("absurd-show", &show.replace("\"attempt_placement\": 3", "\"attempt_placement\": 4294967295"), "", 0);
    let id = repo.puff(&["submit", "--env", "acme/widgets", "--prompt", PROMPT, "--porcelain"]).ok().value("RUN");
    codex.phase("absurd");
    repo.puff(&["harvest", &id]).exits(128).complains(&["codex cloud show"]);
    codex.phase("ready");
    repo.puff(&["harvest", &id]).ok();
    assert_eq!(repo.show(&id)["variants"].as_array().unwrap().len(), 4);
}

#[test]
fn files_of_a_client_are_not_left_in_the_worktree() {
    let repo = TestRepo::new();
    let codex = FakeCodex::headless_a(&repo);
    codex.phase("ready");
    let script = fs::read_to_string(repo.path("bin/codex")).unwrap();
    let careless = "echo 'account acct_1 token sk-secret' | tee error.log >&2\necho 'sk-secret' > \"$HOME/.seen\"\n";
    repo.use_script_as_codex(&script.replace("\nanswer() {", &format!("\n{careless}answer() {{")));
    let id = repo.puff(&["submit", "--env", "acme/widgets", "--prompt", PROMPT, "--porcelain"]).ok().value("RUN");
    repo.puff(&["harvest", &id]).ok();
    repo.puff(&["doctor"]).ok();
    assert!(repo.path("home/.seen").exists(), "the client was careless");

    let error_logs = run(repo.command("find").args([".", "-name", "error.log"])).ok().stdout;
    assert_eq!(error_logs, "");
    assert_eq!(fs::read_dir(repo.puff_dir().join("cwd")).unwrap().count(), 0);
    assert_eq!(repo.git(&["status", "--porcelain"]), "?? .codex/");
    let found = run(repo.command("grep").args(["-r", "-l", "sk-secret", "."]));
    assert_eq!((found.code, found.stdout.as_str()), (1, ""));
}

#[test]
fn a_client_is_called_in_a_clean_place() {
    let mut repo = TestRepo::new();
    let codex = FakeCodex::headless_a(&repo);
    codex.phase("ready");
    repo.git(&["worktree", "add", "-q", "../linked"]);
    for name in ["RUST_BACKTRACE", "RUST_LIB_BACKTRACE", "CODEX_STARTING_DIFF"] {
        repo.set(name, "1");
    }
    repo.set("CODEX_CLOUD_TASKS_BASE_URL", "http://127.0.0.1:9/backend-api");
    let git_dir = repo.work().join(".git");
    let mut index = repo.command("git");
    index.env("GIT_INDEX_FILE", git_dir.join("index")).env("GIT_WORK_TREE", repo.work()).env("GIT_DIR", &git_dir);
    run(index.arg("puff").args(SUBMIT)).ok();
    repo.try_git(&["-C", "../linked", "puff", "harvest", "@"]).ok();

    let calls = codex.calls();
    assert!(calls.len() > 5);
    for call in &calls {
        let value = |name: &str| call.env.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        for name in ["RUST_BACKTRACE", "RUST_LIB_BACKTRACE", "CODEX_STARTING_DIFF"] {
            assert_eq!(value(name), None, "{name} in {:?}", call.argv);
        }
        for name in ["GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_CEILING_DIRECTORIES"] {
            assert_eq!(value(name), None, "{name} in {:?}", call.argv);
        }
        assert_eq!(value("GIT_DIR").map(Path::new), Some(git_dir.as_path()));
        assert_eq!(value("GIT_TERMINAL_PROMPT"), Some("0"));
        assert_eq!(value("CODEX_CLOUD_TASKS_BASE_URL"), Some("http://127.0.0.1:9/backend-api"));
        assert_eq!(call.cwd, repo.puff_dir().join("cwd").canonicalize().unwrap());
        has_no_terminal(call);
    }
    assert_eq!(codex.paid()[0].stdin, "Trim");
    assert!(
        calls.iter().filter(|call| call.argv.get(1).is_none_or(|verb| verb != "new")).all(|call| call.stdin.is_empty())
    );
}

#[test]
fn a_run_is_asked_for_with_the_login_and_the_client_it_was_launched_with() {
    let mut repo = TestRepo::new();
    let codex = FakeCodex::headless_a(&repo);
    codex.phase("ready");
    let home = repo.path("codex-home").display().to_string();
    let id = repo.puff(&[&SUBMIT[..], &["--porcelain"]].concat()).ok().value("RUN");
    repo.set("CODEX_HOME", "/another/login");
    repo.git(&["config", "puff.codex", "another-codex"]);
    repo.puff(&["harvest", &id]).ok();
    let asked = codex.calls_of(&["cloud", "show", "--json", "--all", "--", TASK]);
    assert!(asked.iter().all(|call| call.env.contains(&format!("CODEX_HOME={home}"))));
    assert_eq!(asked.len(), 1);
}

#[test]
fn a_client_is_probed_once() {
    let repo = TestRepo::new();
    let codex = FakeCodex::headless_a(&repo);
    repo.puff(&[&SUBMIT[..], &["--json"]].concat()).ok();
    let asked = codex.asked_for_help();
    assert!(asked > 0);
    repo.puff(&SUBMIT).ok();
    repo.puff(&["doctor"]).ok();
    assert_eq!(codex.asked_for_help(), asked);

    // Another program in the same place is another program.
    let codex = FakeCodex::headless_b(&repo);
    let run = repo.puff(&["submit", "--env", "env_lab_1", "--prompt", "Trim", "--json"]).ok().json();
    assert_eq!(run["dialect"], "headless-b");
    assert!(codex.asked_for_help() > asked);
    // What was found out may be lost, or be nonsense.
    let asked = codex.asked_for_help();
    fs::write(repo.puff_dir().join("cache/codex.json"), "nonsense").unwrap();
    repo.puff(&["submit", "--env", "env_lab_1", "--prompt", "Trim"]).ok();
    assert!(codex.asked_for_help() > asked);
}

/// The shell leads a session of its own, which has no terminal.
fn has_no_terminal(call: &Call) {
    // `pid (name) state ppid pgrp session tty …`
    let (pid, rest) = call.stat.split_once(" (").expect("Linux");
    let fields: Vec<&str> = rest.rsplit_once(") ").expect("a name").1.split(' ').collect();
    assert_eq!((fields[3], fields[4]), (pid, "0"), "{}", call.stat);
}
