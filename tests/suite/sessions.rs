//! `git puff session`: commands that run in the background, are read, talked to, waited for and ended.

use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;

use serde_json::Value;

use crate::support::test_repo::{TestRepo, is_gone, kill, parent_of, run, wait_until};

/// Starts a shell script as a session of that name.
fn start(repo: &TestRepo, name: &str, script: &str) {
    let ran = repo.puff(&["session", "start", "--name", name, "--", "sh", "-c", script]).ok();
    assert_eq!(ran.stdout, format!("{name}\n"));
}

fn show(repo: &TestRepo, name: &str) -> Value {
    repo.puff(&["session", "show", name, "--json"]).ok().json()
}

fn log(repo: &TestRepo, name: &str) -> String {
    repo.puff(&["session", "log", name]).ok().stdout
}

/// Waits until the session has printed this.
fn until_it_says(repo: &TestRepo, name: &str, words: &str) {
    wait_until(&format!("'{name}' says '{words}'"), || log(repo, name).contains(words));
}

#[test]
fn a_session_is_started_read_answered_and_waited_for() {
    let repo = TestRepo::new();
    start(&repo, "asks", "printf 'Your name? '; read name; echo \"Hello, $name.\"; exit 3");
    until_it_says(&repo, "asks", "Your name?");
    let session = show(&repo, "asks");
    assert_eq!(session["schema"], "puff.session/1");
    assert_eq!((&session["agent"], &session["exit"]), (&"command".into(), &Value::Null));
    assert_eq!(session["argv"][0], "sh");
    repo.puff(&["session", "send", "asks", "A U Thor"]).ok();
    repo.puff(&["session", "wait", "asks"]).exits(2);
    let session = show(&repo, "asks");
    assert_eq!((&session["state"], &session["exit"]), (&"exited".into(), &3.into()));
    assert_eq!(session["why"], "it ended with exit code 3");
    assert!(session["ended_at"].is_string() && session["last_output_at"].is_string());
    let text = log(&repo, "asks");
    assert!(text.contains("Hello, A U Thor.") && text.contains("[git-puff] answered by a person"), "{text}");
    assert_eq!(repo.puff(&["session", "log", "asks", "--bytes", "18"]).ok().stdout, "Hello, A U Thor.\n");
    let screen = repo.puff(&["session", "log", "asks", "--screen"]).ok().stdout;
    assert_eq!(screen, "Your name? A U Thor\nHello, A U Thor.\n");
    repo.puff(&["session", "send", "asks", "more"]).exits(1).complains(&["it ended with exit code 3"]);
}

#[test]
fn a_session_outlives_the_program_and_the_terminal_that_started_it() {
    let repo = TestRepo::new();
    let mut shell = repo.command("setsid");
    shell.args(["sh", "-c", "git puff session start --name alone -- sh -c 'sleep 1; echo still here'; kill -HUP 0"]);
    let _ = shell.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    repo.puff(&["session", "wait", "alone", "--timeout", "60s"]).ok();
    assert_eq!(log(&repo, "alone"), "still here\n");
}

#[test]
fn kill_ends_the_agent_and_all_its_children() {
    let repo = TestRepo::new();
    let marker = repo.path("pids");
    let script = format!(
        "trap '' TERM; setsid sh -c 'trap \"\" TERM; echo $$ >>{0}; sleep 600' & echo $$ >>{0}; echo up; \
         while :; do sleep 600; done",
        marker.display()
    );
    start(&repo, "stubborn", &script);
    wait_until("both are up", || fs::read_to_string(&marker).is_ok_and(|text| text.lines().count() == 2));
    let ran = repo.puff(&["session", "kill", "stubborn", "--json"]).ok();
    assert_eq!(ran.json()["exit"], 137);
    assert_eq!(ran.json()["why"], "it was ended: killed by the user");
    for pid in fs::read_to_string(&marker).unwrap().lines() {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        assert!(stat.is_empty() || stat.contains(") Z "), "{pid} is still there: {stat}");
    }
    assert!(repo.puff(&["session", "kill", "stubborn"]).ok().stderr.contains("has ended already"));
}

#[test]
fn an_agent_under_nohup_ends_with_its_terminal() {
    let repo = TestRepo::new();
    let program = env!("CARGO_BIN_EXE_git-puff");
    let line = format!("trap '' HUP; exec '{program}' session start --name hung -- sh -c 'echo begun; exec sleep 600'");
    run(repo.command("sh").args(["-c", &line])).ok();
    until_it_says(&repo, "hung", "begun");
    kill(supervisor(&repo, "hung"));
    let pid = show(&repo, "hung")["pid"].as_u64().unwrap() as u32;
    wait_until("it is gone", || is_gone(pid));
}

/// The process that the agent of a session is a child of.
fn supervisor(repo: &TestRepo, name: &str) -> u32 {
    parent_of(show(repo, name)["pid"].as_u64().unwrap())
}

#[test]
fn a_session_whose_supervisor_was_killed_is_lost_and_its_log_is_there() {
    let repo = TestRepo::new();
    // It does not notice that its terminal is gone.
    start(&repo, "orphan", "trap '' HUP; echo begun; sleep 600");
    until_it_says(&repo, "orphan", "begun");
    let pid = show(&repo, "orphan")["pid"].as_u64().unwrap();
    kill(supervisor(&repo, "orphan"));
    wait_until("it is seen to be lost", || show(&repo, "orphan")["state"] == "lost");
    let session = show(&repo, "orphan");
    assert_eq!(session["why"], "its supervisor is gone and left no result");
    assert_eq!(log(&repo, "orphan"), "begun\n");
    repo.puff(&["session", "wait", "orphan"]).exits(2);
    repo.puff(&["session", "send", "orphan", "x"]).exits(1).complains(&["its supervisor is gone"]);
    repo.puff(&["session", "resume", "orphan"]).exits(1).complains(&["its agent has not reported"]);
    let ran = repo.puff(&["session", "kill", "orphan"]).ok();
    assert!(ran.stderr.contains("its processes were killed"), "{}", ran.stderr);
    wait_until("it is gone", || !std::path::Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn a_log_keeps_the_newest_output_and_a_follower_sees_the_end() {
    let repo = TestRepo::new();
    let flood = "i=0; while [ $i -lt 3000 ]; do echo line $i of a flood that would fill the disk; i=$((i+1)); done";
    repo.puff(&["session", "start", "--name", "flood", "--log-size", "64k", "--", "sh", "-c", flood]).ok();
    let followed = repo.puff(&["session", "log", "flood", "-f"]).ok().stdout;
    assert!(followed.ends_with("line 2999 of a flood that would fill the disk\n"));
    let folder = repo.puff_dir().join("sessions/flood");
    let sizes = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let logs = sizes.filter(|entry| entry.file_name().to_string_lossy().starts_with("log"));
    let kept: u64 = logs.map(|entry| entry.metadata().unwrap().len()).sum();
    assert!((64 << 10..=80 << 10).contains(&kept), "{kept} bytes are kept");
    // The terminal ends its lines with CR LF.
    let printed: usize = (0..3000).map(|i| format!("line {i} of a flood that would fill the disk\r\n").len()).sum();
    assert_eq!(show(&repo, "flood")["printed"], printed);
}

#[test]
fn large_output_reaches_the_log_completely() {
    let repo = TestRepo::new();
    let size = 64 << 20;
    let count = size.to_string();
    repo.puff(&["session", "start", "--name", "all", "--log-size", "0", "--", "head", "-c", &count, "/dev/zero"]).ok();
    repo.puff(&["session", "wait", "all"]).ok();
    assert_eq!(show(&repo, "all")["printed"], size);
    let log = fs::metadata(repo.puff_dir().join("sessions/all/log")).unwrap();
    assert_eq!(log.len(), size);
}

#[test]
fn control_sequences_of_an_agent_do_not_reach_a_readers_terminal() {
    let repo = TestRepo::new();
    start(&repo, "binary", r"printf '\033]0;title\007\033[2Jred \033[31mtext\033[0m \377\000\001 end\n'");
    repo.puff(&["session", "wait", "binary"]).ok();
    let text = log(&repo, "binary");
    assert!(text.contains("red text") && text.ends_with("end\n"), "{text:?}");
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    assert!(fs::read(repo.puff_dir().join("sessions/binary/log")).unwrap().contains(&0xff));
}

#[test]
fn sessions_are_listed_newest_first_and_named_by_a_beginning() {
    let repo = TestRepo::new();
    assert_eq!(repo.puff(&["session", "list"]).ok().stdout, "no sessions\n");
    start(&repo, "first", "exit 0");
    start(&repo, "second", "sleep 600");
    repo.puff(&["session", "wait", "fir"]).ok();
    let listed = repo.puff(&["session", "list", "--json"]).ok().json();
    assert_eq!(listed["schema"], "puff.sessions/1");
    let ids: Vec<_> = listed["sessions"].as_array().unwrap().iter().map(|session| session["id"].clone()).collect();
    assert_eq!(ids, ["second", "first"]);
    let table = repo.puff(&["session", "list"]).ok().stdout;
    assert!(table.contains("exited 0") && table.contains("working"), "{table}");
    repo.puff(&["session", "wait", "second", "--timeout", "1s"]).exits(124);
    repo.puff(&["session", "kill", "sec"]).ok();
}

#[test]
fn usage_errors_are_named_and_leave_no_files() {
    let repo = TestRepo::new();
    repo.puff(&["session", "show", "nobody"]).exits(1).complains(&["no session named 'nobody'"]);
    repo.puff(&["session", "start"]).exits(129).complains(&["PROMPT"]);
    repo.puff(&["session", "start", "--name", "A B", "--", "true"]).exits(129).complains(&["'A B'"]);
    repo.puff(&["session", "start", "--log-size", "lots", "--", "true"]).exits(129).complains(&["'lots'"]);
    repo.puff(&["session", "start", "--cwd", "nowhere", "--", "true"]).exits(129).complains(&["nowhere"]);
    repo.puff(&["session", "attach", "nobody"]).exits(129).complains(&["needs a terminal"]);
    repo.puff(&["session", "resume", "--last"]).exits(1).complains(&["can be resumed"]);
    assert_eq!(repo.puff(&["session", "list"]).ok().stdout, "no sessions\n");
    let ran = repo.puff(&["session", "start", "--name", "typo", "--", "no-such-program"]).exits(2);
    assert!(ran.stderr.contains("no program 'no-such-program'"), "{}", ran.stderr);
    assert_eq!(show(&repo, "typo")["exit"], 127);
    repo.puff(&["session", "start", "--name", "typo", "--", "true"])
        .exits(1)
        .complains(&["named 'typo' exists already"]);
}

#[test]
fn cpu_time_tells_a_silent_agent_from_a_stalled_one() {
    let mut repo = TestRepo::new();
    repo.set("GIT_PUFF_STUCK_AFTER", "4s");
    repo.set("GIT_PUFF_STUCK_POKE", "7s");
    start(&repo, "hangs", "echo thinking; sleep 600");
    start(&repo, "computes", "echo thinking; while :; do :; done");
    wait_until("it is seen to hang", || show(&repo, "hangs")["state"] == "hung");
    assert_eq!(show(&repo, "computes")["state"], "working");
    for name in ["hangs", "computes"] {
        repo.puff(&["session", "kill", name]).ok();
    }
}

#[test]
fn two_viewers_can_attach_and_detach() {
    let repo = TestRepo::new();
    start(&repo, "shared", "while read line; do echo \"<$line>\"; done");
    let sit = || {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        pty.resize(pty_process::Size::new(24, 80)).unwrap();
        let attach = repo.command("git");
        let mut command = pty_process::blocking::Command::new("git");
        for (name, value) in attach.get_envs() {
            command = command.env(name, value.unwrap_or_default());
        }
        let child = command.args(["puff", "session", "attach", "shared"]).current_dir(repo.work()).spawn(pts).unwrap();
        (pty, child)
    };
    let (mut one, mut first) = sit();
    let (mut other, mut second) = sit();
    one.write_all(b"from one\r").unwrap();
    read_until(&mut one, "<from one>");
    read_until(&mut other, "<from one>");
    other.write_all(b"from the other\r").unwrap();
    read_until(&mut one, "<from the other>");
    one.write_all(&[0x1c]).unwrap();
    assert!(first.wait().unwrap().success());
    other.write_all(b"alone\r").unwrap();
    read_until(&mut other, "<alone>");
    repo.puff(&["session", "kill", "shared"]).ok();
    assert!(second.wait().unwrap().success());
}

/// Reads what a terminal shows until these words are there.
fn read_until(pty: &mut pty_process::blocking::Pty, words: &str) {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&seen).contains(words) {
        let count = pty.read(&mut buffer).unwrap_or(0);
        assert!(count > 0, "'{words}' did not come: {}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&buffer[..count]);
    }
}

#[test]
fn the_notify_command_receives_the_end_of_a_session() {
    let repo = TestRepo::new();
    let heard = repo.path("heard");
    repo.git(&["config", "puff.notify", &format!("cat >>{}", heard.display())]);
    start(&repo, "told", "echo hi");
    repo.puff(&["session", "wait", "told"]).ok();
    wait_until("it was told", || fs::read(&heard).is_ok_and(|bytes| !bytes.is_empty()));
    let told: Value = serde_json::from_slice(&fs::read(&heard).unwrap()).unwrap();
    assert_eq!((&told["id"], &told["event"], &told["exit"]), (&"told".into(), &"ended".into(), &0.into()));
}
