//! The Codex app server in the background, with the real one of the newest client; and with programs that behave as none
//! should.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tungstenite::Message;

use crate::support::cloud_env::{ended, native};
use crate::support::test_repo::{TestRepo, is_gone, kill, make_executable, newest_codex, wait_until};

/// A test repository with the real app server.
fn repo() -> TestRepo {
    let repo = TestRepo::new();
    repo.git(&["config", "puff.codex", &native(&newest_codex()).display().to_string()]);
    repo
}

/// What is known of the server.
fn status(repo: &TestRepo) -> Value {
    repo.puff(&["cas-status", "--json"]).json()
}

fn pid_of(repo: &TestRepo, field: &str) -> u32 {
    u32::try_from(status(repo)[field].as_u64().expect("a process")).unwrap()
}

fn is_running(pid: u32) -> bool {
    !is_gone(pid)
}

/// Talks to the server as any client does, and answers what it answered to `method`.
fn ask(socket: &str, method: &str, params: Value) -> Value {
    let stream = UnixStream::connect(socket).expect("somebody listens");
    stream.set_read_timeout(Some(crate::support::test_repo::PATIENCE)).unwrap();
    let (mut server, _) = tungstenite::client("ws://localhost/", stream).expect("a WebSocket");
    let client = json!({ "name": "lab", "title": "Lab", "version": "1" });
    let mut say = |message: Value| server.send(Message::text(message.to_string())).expect("it listens");
    say(json!({ "id": 1, "method": "initialize", "params": { "clientInfo": client } }));
    say(json!({ "method": "initialized" }));
    say(json!({ "id": 2, "method": method, "params": params }));
    loop {
        let message: Value = serde_json::from_str(server.read().expect("an answer").to_text().unwrap()).unwrap();
        if message["id"] == 2 {
            return message["result"].clone();
        }
    }
}

/// A program in the place of codex.
fn fake(repo: &TestRepo, script: &str) {
    let path = repo.use_script_as_codex(&format!("#!/bin/sh\n{script}\n"));
    repo.git(&["config", "puff.codex", &path.display().to_string()]);
}

#[test]
fn a_server_is_started_once_talked_to_and_ended_with_all_that_it_started() {
    needs!("codex-newest");
    let repo = repo();
    repo.puff(&["cas-status"]).exits(1);
    let none = repo.puff(&["cas-stop", "--porcelain"]).ok();
    assert_eq!((none.value("CAS_STATUS"), none.value("PID")), ("not_running".into(), String::new()));

    let started = repo.puff(&["cas-start", "--porcelain", "--state-file", "cas.json"]).ok();
    assert_eq!(
        started.stdout.lines().map(|line| line.split('=').next().unwrap()).collect::<Vec<_>>(),
        ["CAS_STATUS", "PID", "LOG_PATH"]
    );
    assert_eq!(started.value("CAS_STATUS"), "started");
    let again = repo.puff(&["cas-start", "--porcelain", "--state-file", "cas.json"]).ok();
    assert_eq!((again.value("CAS_STATUS"), again.value("PID")), ("already_running".into(), started.value("PID")));
    let other = repo.puff(&["cas-start", "--opt-out-notification-method", "thread/started"]).ok();
    assert!(other.stderr.contains("other settings"), "{}", other.stderr);

    // What other programs read is what is known here.
    let known = status(&repo);
    let written: Value = serde_json::from_slice(&std::fs::read(repo.work().join("cas.json")).unwrap()).unwrap();
    assert_eq!(written, known);
    assert_eq!((&known["status"], &known["cwd"]), (&json!("running"), &json!(repo.work())));
    assert!(known["version"].as_str().unwrap().starts_with("0."), "{known:#}");
    assert_eq!(std::fs::metadata(repo.puff_dir().join("cas")).unwrap().permissions().mode() & 0o777, 0o700);

    // A thread that was started there is listed there.
    let socket = known["socket"].as_str().unwrap();
    let thread = ask(socket, "thread/start", json!({ "cwd": repo.work(), "ephemeral": false }))["thread"].clone();
    assert_eq!(thread["cwd"], json!(repo.work()), "{thread:#}");
    let loaded = ask(socket, "thread/loaded/list", json!({}));
    assert!(loaded["data"].as_array().unwrap().contains(&thread["id"]), "{loaded:#}");
    assert!(ask(socket, "thread/list", json!({}))["data"].is_array());

    let (server, supervisor) = (pid_of(&repo, "pid"), pid_of(&repo, "supervisor"));
    let stopped = repo.puff(&["cas-stop", "--porcelain"]).ok();
    assert_eq!(stopped.value("CAS_STATUS"), "stopped");
    wait_until("both have ended", || !is_running(server) && !is_running(supervisor));
    assert!(UnixStream::connect(socket).is_err());
    let written: Value = serde_json::from_slice(&std::fs::read(repo.work().join("cas.json")).unwrap()).unwrap();
    assert_eq!((&written["status"], &written["pid"]), (&json!("stopped"), &Value::Null));
    let log = std::fs::read_to_string(started.value("LOG_PATH")).unwrap();
    assert!(log.contains("git-puff: it is ready") && log.ends_with("git-puff: stopped\n"), "{log}");
}

#[test]
fn a_killed_server_is_restarted_and_an_orphaned_one_removed() {
    needs!("codex-newest");
    let repo = repo();
    repo.puff(&["cas-start"]).ok();
    let first = pid_of(&repo, "pid");
    kill(first);
    wait_until("another one answers", || {
        let now = status(&repo);
        now["status"] == "running" && now["pid"] != first
    });
    assert_eq!(status(&repo)["restarts"], 1);

    let (server, supervisor) = (pid_of(&repo, "pid"), pid_of(&repo, "supervisor"));
    kill(supervisor);
    wait_until("the supervisor is gone", || !is_running(supervisor));
    assert!(is_running(server), "nobody ended it");
    assert_eq!(repo.puff(&["cas-status", "--porcelain"]).exits(1).value("CAS_STATUS"), "orphaned");
    let started = repo.puff(&["cas-start", "--porcelain"]).ok();
    assert_eq!(started.value("CAS_STATUS"), "started");
    assert_ne!(started.value("PID"), server.to_string());
    wait_until("the orphan is gone", || !is_running(server));

    // 'stop' clears it away as well.
    let (server, supervisor) = (pid_of(&repo, "pid"), pid_of(&repo, "supervisor"));
    kill(supervisor);
    wait_until("the supervisor is gone", || !is_running(supervisor));
    assert_eq!(repo.puff(&["cas-stop", "--porcelain"]).ok().value("CAS_STATUS"), "stopped");
    wait_until("the orphan is gone", || !is_running(server));
    assert_eq!(repo.puff(&["cas-status", "--porcelain"]).exits(1).value("CAS_STATUS"), "not_running");
}

#[test]
fn concurrent_and_killed_starts_start_one_server() {
    needs!("codex-newest");
    let repo = repo();
    let start = || repo.spawn(&["cas-start", "--porcelain"], Stdio::null());
    let mut said = [start(), start(), start()]
        .map(|child| ended(child).ok())
        .map(|ran| (ran.value("CAS_STATUS"), ran.value("PID")));
    said.sort();
    let pid = &said[0].1;
    let expected = ["already_running", "already_running", "started"].map(|word| (word.to_owned(), pid.clone()));
    assert_eq!(said, expected);
    repo.puff(&["cas-stop", "--force"]).ok();

    let mut killed = start();
    wait_until("it is being started", || ["starting", "running"].iter().any(|state| status(&repo)["status"] == *state));
    killed.kill().unwrap();
    killed.wait().unwrap();
    let next = repo.puff(&["cas-start", "--porcelain"]).ok();
    assert_eq!(next.value("CAS_STATUS"), "already_running");
    repo.puff(&["cas-stop"]).ok();
}

#[test]
fn a_long_path_still_has_a_socket() {
    needs!("codex-newest");
    let repo = repo();
    let deep = repo.path(&"a long name ".repeat(16));
    repo.git_in(&repo.path(""), &["init", "-q", &deep.display().to_string()]);
    let codex = native(&newest_codex()).display().to_string();
    repo.git_in(&deep, &["config", "puff.codex", &codex]);
    let puff = |args: &[&str]| {
        crate::support::test_repo::run(repo.command("git").current_dir(&deep).arg("puff").args(args)).ok()
    };
    let server = puff(&["cas-start", "--json"]).json();
    let socket = server["socket"].as_str().unwrap();
    assert!(socket.len() <= 100, "{socket}");
    assert!(ask(socket, "thread/list", json!({}))["data"].is_array());
    puff(&["cas-stop"]);
    assert!(!Path::new(socket).parent().unwrap().exists(), "the short name goes with it");
}

#[test]
fn a_server_that_does_not_start_is_reported_with_its_last_output() {
    needs!("codex-newest", "python3");
    let repo = TestRepo::new();
    let refused = |words: &[&str], more: &[&str]| {
        let ran = repo.puff(&[&["cas-start", "--porcelain"], more].concat()).exits(1);
        assert_eq!((ran.value("CAS_STATUS"), ran.value("PID")), ("failed_to_start".into(), String::new()));
        ran.complains(words);
        assert_eq!(repo.puff(&["cas-status", "--porcelain"]).exits(1).value("CAS_STATUS"), "failed");
    };
    repo.git(&["config", "puff.codex", "no-such-codex"]);
    repo.puff(&["cas-start"]).exits(128).complains(&["no-such-codex"]);
    fake(&repo, "echo starting; printf '\\033[31mthe wrong moon\\033[0m\\n' >&2; exit 3");
    refused(&["ended with exit code 3", "starting; the wrong moon"], &[]);
    // One that opens nothing, and one that listens and never answers.
    fake(&repo, "echo patience; exec sleep 600");
    refused(&["not ready within 300 ms", "patience"], &["--server-request-timeout-ms", "300"]);
    let socket = repo.puff_dir().join("cas/socket");
    let deaf =
        "import socket,sys,time; s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); time.sleep(600)";
    fake(&repo, &format!("exec python3 -c '{deaf}' '{}'", socket.display()));
    refused(&["not ready within 1500 ms"], &["--server-request-timeout-ms", "1500"]);
    assert!(!socket.exists());
    // The next one is none the worse for it.
    repo.git(&["config", "puff.codex", &native(&newest_codex()).display().to_string()]);
    assert_eq!(repo.puff(&["cas-start", "--porcelain"]).ok().value("CAS_STATUS"), "started");
    repo.puff(&["cas-stop"]).ok();
}

#[test]
fn a_proxy_gets_the_flags_and_is_killed_when_it_ignores_sigterm() {
    needs!("codex-newest");
    let repo = TestRepo::new();
    let script = repo.path("bin/proxy");
    let note = repo.path("called").display().to_string();
    let body = format!(
        "#!/bin/sh\ntrap 'echo no >&2' TERM\nfor arg; do echo \"$arg\"; done >'{note}'\necho {{}} >\"$4\"\nsleep 600 &\nwhile :; do wait; sleep 0.1; done\n"
    );
    std::fs::write(&script, body).unwrap();
    let path = script.display().to_string();
    repo.puff(&["cas-start", "--proxy-script", &path]).exits(129).complains(&[&path, "is not an executable program"]);
    make_executable(&script);
    let args = [
        "cas-start",
        "--porcelain",
        "--proxy-script",
        &path,
        "--state-file",
        "state",
        "--log-file",
        "proxy.log",
        "--server-request-timeout-ms",
        "20000",
        "--opt-out-notification-method",
        "a/b",
        "--opt-out-notification-method",
        "c",
    ];
    let started = repo.puff(&args).ok();
    assert_eq!(started.value("CAS_STATUS"), "started");
    assert_eq!(started.value("LOG_PATH"), repo.work().join("proxy.log").display().to_string());
    let (work, state) = (repo.work().display().to_string(), repo.work().join("state").display().to_string());
    let expected = [
        "--cwd",
        &work,
        "--state-file",
        &state,
        "--server-request-timeout-ms",
        "20000",
        "--opt-out-notification-method",
        "a/b",
        "--opt-out-notification-method",
        "c",
    ];
    assert_eq!(std::fs::read_to_string(&note).unwrap().lines().collect::<Vec<_>>(), expected);
    assert_eq!(std::fs::read_to_string(&state).unwrap(), "{}\n", "the state file is its own");
    assert_eq!(status(&repo)["status"], "running");

    let server = pid_of(&repo, "pid");
    let asked = repo.puff(&["cas-stop", "--porcelain"]).exits(1);
    assert_eq!(asked.value("CAS_STATUS"), "still_running");
    asked.complains(&["still runs"]);
    let killed = repo.puff(&["cas-stop", "--force", "--porcelain"]).ok();
    assert_eq!(killed.value("CAS_STATUS"), "stopped");
    wait_until("it is gone", || !is_running(server));
    assert!(std::fs::read_to_string(repo.work().join("proxy.log")).unwrap().contains("no\n"));
}

#[test]
fn invalid_arguments_are_named_and_no_foreign_file_is_overwritten() {
    needs!("codex-newest");
    let repo = repo();
    repo.write("mine.json", "{\"mine\":true}");
    let refused = |args: &[&str], words: &[&str]| {
        repo.puff(&[&["cas-start"], args].concat()).exits(129).complains(words);
    };
    refused(&["--cwd", "nowhere"], &["nowhere", "is not a folder"]);
    refused(&["--state-file", "mine.json"], &["mine.json", "is not the state file of an app server"]);
    refused(&["--log-file", "no/folder/log"], &["no/folder/log"]);
    refused(&["--server-request-timeout-ms", "0"], &["'0'", "--server-request-timeout-ms"]);
    refused(&["--opt-out-notification-method", " "], &["' ' is not a method"]);
    assert_eq!(std::fs::read_to_string(repo.work().join("mine.json")).unwrap(), "{\"mine\":true}");
    assert_eq!(status(&repo)["status"], "not_running");
}
