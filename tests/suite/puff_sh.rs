//! The workflow that puff.sh documents, line by line: a script that says `git puff` where it said `puff.sh`, and
//! GIT_PUFF_PORCELAIN once.

use crate::support::cloud_env::{CloudEnv, ENV, ended};
use crate::support::test_repo::Ran;

fn keys(said: &str) -> Vec<&str> {
    said.lines().filter(|line| !line.is_empty()).map(|line| line.split('=').next().unwrap_or_default()).collect()
}

fn read(path: &str) -> Ran {
    let stdout = std::fs::read_to_string(path).expect("a file");
    Ran { code: 0, stdout, stderr: String::new(), bytes: Vec::new() }
}

#[test]
fn the_documented_workflow_runs_line_by_line() {
    needs!("codex");
    let mut env = CloudEnv::new();
    env.repo.set("GIT_PUFF_PORCELAIN", "true");
    env.repo.git(&["config", "puff.bestOf", "1"]);
    let CloudEnv { repo, cloud } = &env;

    // doctor
    let doctor = repo.puff(&["doctor", "--env", ENV]).ok();
    assert_eq!(doctor.stdout.lines().next(), Some("DOCTOR_STATUS=OK"));
    let named = format!("CHECK=environment RESULT=ok VALUE={ENV}");
    for line in ["CHECK=codex_command RESULT=ok", "CHECK=cloud_access RESULT=ok", &named] {
        assert!(doctor.stdout.lines().any(|said| said.starts_with(line)), "{line}:\n{}", doctor.stdout);
    }
    assert_eq!(repo.puff(&["doctor", "--env", ENV, "--quiet"]).ok().stdout, "DOCTOR_STATUS=OK\n");

    // create
    let steps = repo.puff(&["create"]).ok().stdout;
    assert!(steps.contains("codex login") && steps.contains("codex cloud list --json"), "{steps}");

    // submit, by flag and from standard input
    let flags = ["submit", "--env", ENV, "--attempts", "2", "--branch", "main", "--prompt", "Trim the input"];
    let submitted = repo.puff(&flags).ok();
    assert_eq!(keys(&submitted.stdout), ["TASK_ID", "TASK_URL", "RUN"]);
    let piped = repo.puff_with_input(&["submit", "--env", ENV], b"Trim the output\n").ok();
    let tasks: Vec<_> = cloud.tasks().into_iter().map(|task| (task.best_of, task.prompt)).collect();
    assert_eq!(tasks, [(2, "Trim the input".to_owned()), (1, "Trim the output\n".to_owned())]);

    // watch: 0, 2, 124
    let result = repo.path("result").display().to_string();
    let watch = |task: &str| {
        ["watch", "--task", task, "--interval", "1", "--timeout", "1", "--result-file", &result].map(str::to_owned)
    };
    let watched = |task: &str, code: i32| {
        repo.puff(&watch(task).iter().map(String::as_str).collect::<Vec<_>>()).exits(code);
        let said = read(&result);
        assert_eq!(keys(&said.stdout), ["TASK_ID", "TASK_URL", "FINAL_STATE", "EXIT_CODE", "ENDED_AT"]);
        assert_eq!(said.value("EXIT_CODE"), code.to_string());
        said.value("FINAL_STATE")
    };
    let task = submitted.value("TASK_ID");
    assert_eq!(watched(&task, 124), "timeout");
    env.finish(&task, 1, "one");
    env.finish(&task, 2, "two");
    assert_eq!(watched(&submitted.value("TASK_URL"), 0), "success");
    cloud.fail(&piped.value("TASK_ID"), 1);
    assert_eq!(watched(&piped.value("TASK_ID"), 2), "error");

    // launch, jobs, stop
    let flags = ["launch", "--env", ENV, "--prompt", "Trim all", "--interval", "1", "--timeout", "0", "--skip-doctor"];
    let launched = repo.puff(&flags).ok();
    let expected = ["JOB_ID", "PID", "TASK_ID", "TASK_URL", "LOG_PATH", "RESULT_PATH", "RUN"];
    assert_eq!(keys(&launched.stdout), expected);
    repo.living_watcher();
    let jobs = repo.puff(&["jobs"]).ok();
    assert_eq!(
        keys(&jobs.stdout),
        ["JOB_ID", "TASK_ID", "PROCESS", "FINAL", "PID", "STARTED_AT", "ENDED_AT", "TASK_URL", "LOG_PATH"]
    );
    let job = ["JOB_ID", "TASK_ID", "PROCESS", "FINAL", "PID"].map(|key| jobs.value(key));
    let [id, pid] = ["JOB_ID", "PID"].map(|key| launched.value(key));
    assert_eq!(job, [id.clone(), launched.value("TASK_ID"), "running".into(), "in_progress".into(), pid]);
    repo.puff(&["stop", "--job", &id]).ok();
    let stopped = read(&launched.value("RESULT_PATH"));
    assert_eq!((stopped.value("FINAL_STATE"), stopped.value("EXIT_CODE")), ("stopped".into(), "130".into()));
    assert_eq!(repo.puff(&["jobs"]).ok().value("FINAL"), "stopped");

    // join-operator
    let flags = ["join-operator", "--env", ENV, "--repo", ENV, "--patch-inbox", "inbox/", "--canary"];
    let canary = repo.puff(&flags).ok();
    assert_eq!(keys(&canary.stdout), expected);
    let told = repo.puff(&[&flags[..], &["--print-prompt"]].concat()).ok().stdout;
    assert_eq!(cloud.task(&canary.value("TASK_ID")).prompt, told);
    env.finish(&canary.value("TASK_ID"), 1, "outcomes");
    ended(env.spawn(&["watch", &canary.value("JOB_ID")])).ok();

    // cas-start, cas-stop
    for (call, status) in [
        (&["cas-start"][..], "started"),
        (&["cas-start"], "already_running"),
        (&["cas-stop"], "stopped"),
        (&["cas-stop", "--force"], "not_running"),
    ] {
        let said = repo.puff(call).ok();
        assert_eq!(
            (keys(&said.stdout), said.value("CAS_STATUS")),
            (vec!["CAS_STATUS", "PID", "LOG_PATH"], status.into())
        );
    }
}
