//! Where agents on this machine are, and what they are given: their folder, the environment of the launch, and a look at
//! whether they went elsewhere.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::agent_run::AgentRun;
use crate::support::cloud_env::each;
use crate::support::test_repo::{kill, make_executable, wait_until};

/// Prints a variable as the program was given it: a shell corrects its own `PWD`.
const GIVEN: &str = r"given() { tr '\0' '\n' </proc/$$/environ | sed -n s/^$1=//p; }";

/// Waits until the test says so.
const WAITS: &str = "while [ ! -e $LAB/go ]; do sleep 0.05; done";

fn live(crew: &AgentRun, run: &str) -> PathBuf {
    crew.repo.puff_dir().join("runs").join(run)
}

/// The risks of a variant of the kind that says that the user's worktree changed.
fn strays(run: &Value, variant: usize) -> Vec<String> {
    let risks = run["variants"][variant - 1]["risks"].as_array().cloned().unwrap_or_default();
    let ours = risks.iter().filter(|risk| risk["kind"] == "user-worktree");
    ours.map(|risk| risk["path"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_agent_that_trusts_pwd_works_in_its_own_worktree() {
    let mut crew = AgentRun::new();
    let script = format!(
        "#!/bin/sh\n{GIVEN}\ncase \"$*\" in *--help*|*--version*) exit;; esac\n\
         cd \"$(given PWD)\" && echo more >>notes.txt && given OLDPWD >old\n"
    );
    let program = crew.repo.path("bin/opencode");
    fs::write(&program, script).unwrap();
    make_executable(&program);
    crew.repo.write("notes.txt", "uncommitted\n");
    crew.repo.set("OLDPWD", &crew.repo.path("").display().to_string());
    let run = crew.tournament(&["--agent", "opencode:2", "--jobs", "1"]);
    assert_eq!(each(&run, "apply"), ["applied"; 2], "{run:#}");
    assert_eq!(fs::read_to_string(crew.repo.work().join("notes.txt")).unwrap(), "uncommitted\n");
    let id = run["run"].as_str().unwrap();
    assert_eq!(crew.file(id, 2, "notes.txt"), "one\ntwo\nthree\nmore");
    assert_eq!(crew.file(id, 2, "old"), "", "no other folder is named");
    // A command of the user's own, too.
    let folder = crew.repo.path("elsewhere");
    fs::create_dir(&folder).unwrap();
    let print = format!("{GIVEN}; echo \"in $(given PWD)\"");
    let start = ["session", "start", "--name", "prints", "--cwd", folder.to_str().unwrap(), "--", "sh", "-c", &print];
    crew.repo.puff(&start).ok();
    crew.repo.puff(&["session", "wait", "prints"]).ok();
    let log = crew.repo.puff(&["session", "log", "prints"]).ok().stdout;
    assert!(log.contains(&format!("in {}", folder.display())), "{log}");
}

#[test]
fn a_change_in_the_users_worktree_is_a_risk_of_the_variant_that_has_none() {
    let crew = AgentRun::new();
    crew.repo.write("notes.txt", "uncommitted\n");
    crew.repo.write("left alone", "x");
    crew.agent("strays", "echo stray >>$LAB/work/notes.txt; mkdir -p $LAB/work/new; echo x >$LAB/work/new/file");
    crew.agent("stays", "echo mine >>notes.txt");
    let index = fs::read(crew.repo.work().join(".git/index")).unwrap();
    let run = crew.tournament(&["--agent", "strays", "--agent", "stays", "--jobs", "1"]);
    let id = run["run"].as_str().unwrap();
    assert_eq!(each(&run, "apply"), ["empty", "applied"]);
    assert_eq!(strays(&run, 1), ["new/file", "notes.txt"]);
    assert_eq!(strays(&run, 2), [""; 0]);
    let detail = run["variants"][0]["risks"][0]["detail"].as_str().unwrap();
    assert!(detail.contains(&crew.repo.work().display().to_string()), "{detail}");
    for args in [["show", id], ["harvest", id], ["report", id]] {
        let said = crew.repo.puff(&args).ok().stdout;
        assert!(said.contains("user-worktree") && said.contains("notes.txt"), "{args:?}: {said}");
    }
    assert_eq!(fs::read(crew.repo.work().join(".git/index")).unwrap(), index, "the user's index is only read");
    assert!(!live(&crew, id).exists());
}

#[test]
fn what_the_user_had_changed_before_and_what_is_committed_as_it_was_is_no_risk() {
    let crew = AgentRun::new();
    crew.repo.write("notes.txt", "uncommitted\n");
    crew.agent("idles", WAITS);
    let run = crew.launch(&["--agent", "idles", "--harvest"]);
    crew.repo.git(&["commit", "-qam", "What was there at the launch"]);
    fs::write(crew.repo.path("go"), "").unwrap();
    let run = crew.tournament_end(&run);
    assert_eq!((each(&run, "apply"), strays(&run, 1)), (vec![json!("empty")], Vec::new()));
}

#[test]
fn every_variant_gets_the_environment_of_the_launch_without_the_callers_own() {
    let mut crew = AgentRun::new();
    crew.agent("tells", &format!("{WAITS}; echo \"$API_KEY $CLAUDECODE $TMUX $CODEX_THREAD_ID $CODEX_HOME\" >told"));
    for (name, value) in [("API_KEY", "work"), ("CLAUDECODE", "1"), ("TMUX", "/x"), ("CODEX_THREAD_ID", "y")] {
        crew.repo.set(name, value);
    }
    crew.repo.set("CODEX_HOME", "/kept");
    let run = crew.launch(&["--agent", "tells:3", "--jobs", "1", "--harvest"]);
    let path = live(&crew, &run).join("environment");
    let kept = fs::read_to_string(&path).unwrap();
    assert!(kept.contains("API_KEY=work\0") && !kept.contains("CLAUDECODE"));
    let mode = |path: &PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(&live(&crew, &run))), (0o600, 0o700));
    // The watcher is killed, and somebody in another shell starts the next one.
    kill(crew.repo.living_watcher());
    wait_until("the watcher is gone", || crew.repo.puff(&["jobs"]).ok().stdout.contains("orphaned"));
    crew.repo.set("API_KEY", "personal");
    crew.repo.unset("CODEX_HOME");
    crew.repo.puff(&["watch", "--detach", &run]).ok();
    fs::write(crew.repo.path("go"), "").unwrap();
    let seen = crew.tournament_end(&run);
    assert_eq!(each(&seen, "apply"), ["applied"; 3], "{seen:#}");
    for variant in 1..=3 {
        assert_eq!(crew.file(&run, variant, "told"), "work    /kept");
    }
    assert!(!live(&crew, &run).exists(), "nothing of it stays");
    let objects = crew.repo.git(&["cat-file", "--batch-check", "--batch-all-objects"]);
    for object in objects.lines().filter(|line| line.contains(" blob ")) {
        let text = crew.repo.git(&["cat-file", "blob", object.split(' ').next().unwrap()]);
        assert!(!text.contains("API_KEY"), "it is in no object: {text}");
    }
}

#[test]
fn a_lost_environment_is_reported_and_a_planted_one_refused() {
    let mut crew = AgentRun::new();
    crew.agent("tells", &format!("{WAITS}; echo \"$API_KEY\" >told"));
    crew.repo.set("API_KEY", "work");
    let run = crew.launch(&["--agent", "tells:2", "--jobs", "1", "--harvest"]);
    kill(crew.repo.living_watcher());
    wait_until("the watcher is gone", || crew.repo.puff(&["jobs"]).ok().stdout.contains("orphaned"));
    // Somebody puts a link to an environment of theirs there.
    let (path, theirs) = (live(&crew, &run).join("environment"), crew.repo.path("theirs"));
    let planted = fs::read_to_string(&path).unwrap().replace("API_KEY=work", "API_KEY=evil");
    fs::write(&theirs, planted).unwrap();
    fs::remove_file(&path).unwrap();
    symlink(&theirs, &path).unwrap();
    crew.repo.set("API_KEY", "watcher");
    crew.repo.puff(&["watch", "--detach", &run]).ok();
    fs::write(crew.repo.path("go"), "").unwrap();
    let seen = crew.tournament_end(&run);
    assert_eq!(each(&seen, "apply"), ["applied"; 2], "{seen:#}");
    assert_eq!((crew.file(&run, 1, "told"), crew.file(&run, 2, "told")), ("work".into(), "watcher".into()));
    let log = fs::read_to_string(crew.repo.puff_dir().join("logs").join(format!("{run}.log"))).unwrap();
    assert_eq!(log.matches("the environment of its launch cannot be read").count(), 1, "{log}");
    assert!(theirs.is_file(), "what was linked to is nobody's to remove");
}

#[test]
fn files_of_a_killed_launch_are_removed_by_the_next_repair_or_prune() {
    let crew = AgentRun::new();
    crew.agent("waits", WAITS);
    let run = crew.launch(&["--agent", "waits", "--harvest"]);
    let left = live(&crew, "never-recorded");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("environment"), "SECRET=1").unwrap();
    crew.repo.puff(&["doctor", "--repair"]);
    assert!(left.is_dir(), "somebody may be about to record its run");
    let hours_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(7200);
    fs::File::open(&left).unwrap().set_modified(hours_ago).unwrap();
    crew.repo.puff(&["doctor", "--repair"]);
    assert!(!left.exists());
    assert!(live(&crew, &run).join("environment").is_file(), "that of a run at work stays");
    crew.repo.puff(&["cancel", &run]).ok();
    assert!(!live(&crew, &run).join("environment").exists());
    crew.repo.puff(&["prune", &run]).ok();
    assert!(!live(&crew, &run).exists());
}
