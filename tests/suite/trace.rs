//! `-v` and GIT_PUFF_TRACE: what is done, on standard error or in a file, and nothing of it on standard output.

use std::fs::{self, File};
use std::process::Stdio;

use serde_json::json;

use crate::support::agent_run::AgentRun;
use crate::support::export::Export;
use crate::support::mcp::Client;
use crate::support::test_repo::{TestRepo, finish, run, wait_until};

/// The lines of a trace of this kind; every line has to be one.
#[track_caller]
fn lines<'t>(trace: &'t str, what: &str) -> Vec<&'t str> {
    assert!(trace.is_empty() || trace.ends_with('\n'), "{trace}");
    trace.lines().filter(|line| fields(line)[2] == what).collect()
}

/// The time of day, the process, the kind, and the rest of a line.
#[track_caller]
fn fields(line: &str) -> [&str; 4] {
    let (time, rest) = line.split_once(' ').unwrap_or_else(|| panic!("no line of a trace: {line}"));
    let (pid, rest) = rest.split_once(' ').unwrap_or_else(|| panic!("no line of a trace: {line}"));
    let (what, words) = rest.split_once(' ').unwrap_or_else(|| panic!("no line of a trace: {line}"));
    let is_time = time.len() == 15 && time.bytes().all(|byte| byte.is_ascii_digit() || b":.".contains(&byte));
    assert!(is_time && pid.bytes().all(|byte| byte.is_ascii_digit()), "no line of a trace: {line}");
    [time, pid, what, words.trim_start()]
}

/// Did it end so, after a time?
fn ended(line: &str, end: &str) -> bool {
    let took = line.rsplit_once(&format!(" -> {end} in ")).and_then(|(_, took)| took.strip_suffix(" s"));
    took.is_some_and(|took| took.parse::<f64>().is_ok())
}

#[test]
fn a_trace_names_the_verb_and_every_git_call_and_leaves_standard_output_alone() {
    let mut repo = TestRepo::new();
    for call in [&["list"][..], &["list", "--json"], &["doctor", "--porcelain"], &[], &["--json"]] {
        let without = repo.puff(call);
        assert!(!without.stderr.contains(" -> exit "), "{}", without.stderr);
        for flagged in [[&["-v"], call].concat(), [call, &["--verbose"]].concat()] {
            let traced = repo.puff(&flagged);
            assert_eq!((traced.code, &traced.bytes), (without.code, &without.bytes), "{flagged:?}");
            let of_git = |line: &&str| line.contains(" git      git config --list ") && ended(line, "exit 0");
            assert!(traced.stderr.lines().any(|line| of_git(&line)), "{}", traced.stderr);
        }
        repo.set("GIT_PUFF_TRACE", "1");
        let traced = repo.puff(call);
        repo.unset("GIT_PUFF_TRACE");
        assert_eq!((traced.code, &traced.bytes), (without.code, &without.bytes), "{call:?}");
        let end = format!("exit {}", without.code);
        assert!(traced.stderr.lines().any(|line| line.contains(" verb ") && ended(line, &end)), "{}", traced.stderr);
    }
    let elsewhere = repo.path("home").display().to_string();
    let trace = repo.puff(&["-v", "session", "start", "--cwd", &elsewhere, "--", "true"]).ok().stderr;
    let supervisor = lines(&trace, "detached");
    assert!(supervisor.iter().any(|line| line.contains(" session supervise ") && line.contains(" (in ")), "{trace}");
    assert!(supervisor.iter().any(|line| line.contains(" -> process ")), "{trace}");
}

#[test]
fn a_file_is_appended_to_in_whole_lines_by_all_processes() {
    let mut repo = TestRepo::new();
    let file = repo.path("home/trace");
    repo.set("GIT_PUFF_TRACE", &file.display().to_string());
    let calls: Vec<_> = (0..6).map(|_| repo.spawn(&["list"], Stdio::null())).collect();
    for call in calls {
        let ran = finish(call.wait_with_output().unwrap()).ok();
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("no runs\n", ""));
    }
    let trace = fs::read_to_string(&file).unwrap();
    let verbs = lines(&trace, "verb");
    let mut processes: Vec<_> = verbs.iter().map(|line| fields(line)[1]).collect();
    processes.sort();
    processes.dedup();
    assert_eq!((verbs.len(), processes.len()), (12, 6), "{trace}");
    assert_eq!(verbs.iter().filter(|line| ended(line, "exit 0")).count(), 6, "{trace}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
    assert_eq!(mode & 0o077, 0, "command lines are private");
    let mut by_number = repo.command("sh");
    by_number.env("GIT_PUFF_TRACE", "7").args(["-c", "git puff list 7>>\"$1\"", "sh"]).arg(&file);
    run(&mut by_number).ok();
    assert_eq!(lines(&fs::read_to_string(&file).unwrap(), "verb").len(), 14);
}

#[test]
fn secrets_in_prompts_and_addresses_are_masked() {
    let repo = TestRepo::new();
    let token = format!("ghp_{}", "aB3".repeat(12));
    let prompt = format!("Use {token}\nfrom https://me:hunter2@host/x");
    let said = repo.puff(&["submit", "-v", "--prompt", &prompt]).stderr;
    assert!(said.contains(r"submit -v --prompt $'Use ***\nfrom https://***@host/x'"), "{said}");
    assert!(!said.contains("aB3aB3") && !said.contains("hunter2"), "{said}");
    // A call of another program, too.
    repo.git(&["remote", "add", "other", "https://robot:hunter2@127.0.0.1:1/x.git"]);
    repo.git(&["config", "puff.env", "acme/widgets"]);
    let said = repo.puff(&["sync", "-v", "https://robot:hunter2@127.0.0.1:1/x.git"]).stderr;
    let traced: String = said.lines().filter(|line| line.contains(" verb ") || line.contains(" git ")).collect();
    assert!(traced.contains("https://***@127.0.0.1:1/x.git") && !traced.contains("hunter2"), "{said}");
}

#[test]
fn an_invalid_trace_value_is_a_warning() {
    let mut repo = TestRepo::new();
    let warns = |repo: &TestRepo, value: &str| {
        let ran = repo.puff(&["list"]).ok();
        assert_eq!(ran.stdout, "no runs\n");
        assert!(ran.stderr.starts_with("warning: ") && ran.stderr.contains(value), "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    };
    for value in ["trace.log", "./trace", "/no/such/folder/trace", "12"] {
        repo.set("GIT_PUFF_TRACE", value);
        warns(&repo, value);
    }
    repo.set("GIT_PUFF_TRACE", "trace.log");
    // It is said once: the supervisor is not told.
    let ran = repo.puff(&["session", "start", "--name", "one", "--", "true"]).ok();
    assert_eq!(ran.stderr.matches("trace.log").count(), 1, "{}", ran.stderr);
    let log = fs::read_to_string(repo.puff_dir().join("sessions/one/supervisor.log")).unwrap_or_default();
    assert!(!log.contains("trace.log"), "{log}");
    assert!(!repo.work().join("trace.log").exists());
    for value in ["", "0", "false"] {
        repo.set("GIT_PUFF_TRACE", value);
        assert_eq!(repo.puff(&["list"]).ok().stderr, "");
    }
}

#[test]
fn watchers_and_supervisors_are_traced_and_agents_are_not() {
    let mut crew = AgentRun::new();
    crew.agent("looks", "env >env");
    let file = crew.repo.path("home/trace");
    crew.repo.set("GIT_PUFF_TRACE", &file.display().to_string());
    let run = crew.tournament(&["--agent", "looks"]);
    let id = run["run"].as_str().unwrap().to_owned();
    crew.repo.unset("GIT_PUFF_TRACE");
    assert!(!crew.file(&id, 1, "env").contains("GIT_PUFF_TRACE"));
    wait_until("the watcher has ended", || {
        let trace = fs::read_to_string(&file).unwrap();
        lines(&trace, "verb").iter().any(|line| line.contains("git-puff watcher") && ended(line, "exit 0"))
    });
    let trace = fs::read_to_string(&file).unwrap();
    assert!(lines(&trace, "agent").iter().any(|line| ended(line, "exit 0")), "{trace}");
    assert!(lines(&trace, "poll").iter().any(|line| line.contains(" runs=1 ") && ended(line, "answered")), "{trace}");
    // The flag says the same to what it starts, whose standard error is a log.
    let run = crew.launch(&["-v", "--agent", "looks", "--harvest"]);
    crew.tournament_end(&run);
    assert!(!crew.file(&run, 1, "env").contains("GIT_PUFF_TRACE"));
    let log = fs::read_to_string(crew.repo.puff_dir().join(format!("sessions/{run}-var1/supervisor.log"))).unwrap();
    assert!(lines(&log, "agent").iter().any(|line| ended(line, "exit 0")), "{log}");
}

#[test]
fn checks_do_not_inherit_the_trace() {
    let mut repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch("notes.txt", "four\n"));
    export.harvest(&repo, &["--name", "one"]).ok();
    repo.set("GIT_PUFF_TRACE", "1");
    let check = "env | grep GIT_PUFF_TRACE && exit 1; exit 0";
    let said = repo.puff(&["review", "one", "--check", check]).ok().stderr;
    let is_check = |line: &str| line.contains(" check    ") && line.contains(" grep GIT_PUFF_TRACE ");
    assert!(said.lines().any(|line| is_check(line) && ended(line, "exit 0")), "{said}");
}

/// What a program prints on its standard error is read as its own words.
#[test]
fn a_program_whose_output_is_read_traces_to_files_alone() {
    let mut repo = TestRepo::new();
    let seen = repo.path("home/seen");
    repo.use_script_as_codex(&format!("#!/bin/sh\nenv >'{}'\nexit 1\n", seen.display()));
    let file = repo.path("home/trace").display().to_string();
    for (value, is_told) in [("1", false), (file.as_str(), true)] {
        repo.set("GIT_PUFF_TRACE", value);
        repo.puff(&["doctor"]);
        let environment = fs::read_to_string(&seen).unwrap();
        assert_eq!(environment.contains(&format!("GIT_PUFF_TRACE={value}\n")), is_told, "{environment}");
    }
}

#[test]
fn a_server_traces_its_calls_and_answers_as_before() {
    let mut repo = TestRepo::new();
    let without = Client::new(&repo).result("list", json!({}));
    let file = repo.path("home/trace");
    for value in ["1", &file.display().to_string()] {
        repo.set("GIT_PUFF_TRACE", value);
        assert_eq!(Client::new(&repo).result("list", json!({})), without);
    }
    let trace = fs::read_to_string(&file).unwrap();
    assert!(lines(&trace, "verb").iter().any(|line| line.contains(" list ") && ended(line, "exit 0")), "{trace}");
}

#[test]
fn waiting_for_a_lock_is_traced_at_its_begin_and_end() {
    let mut repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch("notes.txt", "four\n"));
    let file = repo.path("home/trace");
    repo.set("GIT_PUFF_TRACE", &file.display().to_string());
    let path = repo.puff_dir().join("locks/write");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let lock = File::create(&path).unwrap();
    lock.lock().unwrap();
    let waits = repo.spawn(&["harvest", "--from", export.path(), "--base", "main"], Stdio::null());
    let told = || -> Vec<String> {
        let trace = fs::read_to_string(&file).unwrap_or_default();
        let about = lines(&trace, "lock").into_iter().filter(|line| line.contains("locks/write"));
        about.map(str::to_owned).collect()
    };
    wait_until("it waits", || !told().is_empty());
    assert!(!told()[0].contains(" -> "), "{:?}", told());
    drop(lock);
    finish(waits.wait_with_output().unwrap()).ok();
    assert!(ended(&told()[1], "acquired"), "{:?}", told());
}
