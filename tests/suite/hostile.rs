//! Agents and checks that mean harm: what they put where git-puff looks next reaches nothing of the user's, and nothing of it
//! is run by git-puff.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::agent_run::AgentRun;
use crate::support::cloud_env::each;
use crate::support::test_repo::{PATIENCE, kill};

/// Moves the folder that it is called in away, and puts a link to the user's worktree in its place.
const SWAP: &str = "D=$PWD; cd ..; mv \"$D\" \"$D.moved\"; ln -s \"$LAB/work\" \"$D\"";

/// Whatever git runs that was planted leaves this file in the test repository.
const RAN: &str = "ran";

/// A crew whose user has an edit, and a file that is in no commit.
fn crew() -> AgentRun {
    let crew = AgentRun::new();
    crew.repo.write("private.txt", "SECRET=1\n");
    crew.repo.write("notes.txt", "one\ntwo\nmy edit\n");
    crew
}

/// The user's work is there, and nothing else.
#[track_caller]
fn assert_untouched(crew: &AgentRun) {
    let work = crew.repo.work();
    assert_eq!(fs::read_to_string(work.join("private.txt")).unwrap(), "SECRET=1\n");
    assert_eq!(fs::read_to_string(work.join("notes.txt")).unwrap(), "one\ntwo\nmy edit\n");
    let status = crew.repo.git(&["status", "--porcelain"]);
    assert_eq!(status, " M notes.txt\n?? .codex/\n?? private.txt", "nothing was put there");
    assert!(
        !crew.repo.path(RAN).exists(),
        "something that was planted was run: {:?}",
        fs::read_to_string(crew.repo.path(RAN))
    );
}

fn kinds(run: &Value, variant: usize) -> Vec<String> {
    let risks = run["variants"][variant]["risks"].as_array().unwrap();
    risks.iter().map(|risk| risk["kind"].as_str().unwrap().to_owned()).collect()
}

/// A program in front of others, for which everything in the test repository is read-only but the worktrees; none where the system
/// allows no such thing.
fn sandbox(crew: &AgentRun) -> Option<String> {
    let path = crew.repo.path("bin").join("sandbox");
    let repo = crew.repo.path("");
    let script = format!(
        "#!/bin/sh\nexport LAB='{repo}'; mkdir -p \"$LAB/work.puff\"\nexec unshare --mount sh -ec '
         mount --make-rprivate / 2>/dev/null || :
         mount --bind \"$LAB\" \"$LAB\"; mount --bind \"$LAB/work.puff\" \"$LAB/work.puff\"
         mount -o remount,bind,ro \"$LAB\"; cd \"$(pwd)\"; exec \"$@\"' sandbox \"$@\"\n",
        repo = repo.display().to_string().trim_end_matches('/')
    );
    fs::write(&path, script).unwrap();
    Command::new("chmod").arg("+x").arg(&path).status().unwrap();
    let tried = Command::new(&path).args(["sh", "-c", "! touch \"$LAB/written\" 2>/dev/null"]).status();
    if !tried.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no mount namespace can be made here, so there is no read-only sandbox");
        return None;
    }
    Some(path.display().to_string())
}

/// Teaches git-puff an agent that works in the sandbox.
fn sandboxed(crew: &AgentRun, sandbox: &str, name: &str, script: &str) {
    crew.agent(name, script);
    let file = crew.repo.path("bin").join(format!("{name}.sh"));
    crew.repo.git(&["config", &format!("puff.agent.{name}.command"), &format!("'{sandbox}' sh '{}'", file.display())]);
}

#[test]
fn an_agent_cannot_replace_its_folder_by_a_link() {
    let crew = crew();
    crew.agent("swaps", &format!("echo mine >mine; {SWAP}"));
    crew.agent("leaves", "echo mine >mine; D=$PWD; cd ..; mv \"$D\" \"$LAB/far\"; ln -s \"$LAB/work\" \"$D\"");
    crew.agent("moves", "echo mine >mine; D=$PWD; cd ..; mv \"$D\" elsewhere");
    let run = crew.tournament(&["--agent", "swaps", "--agent", "leaves", "--agent", "moves"]);
    let id = run["run"].as_str().unwrap();
    assert_untouched(&crew);
    for variant in [1, 3] {
        let branch = format!("puff/{id}/var{variant}");
        assert_eq!(crew.repo.git(&["diff", "--name-status", "main", &branch]), "A\tmine", "{run:#}");
        assert_eq!(kinds(&run, variant - 1), ["worktree-moved"]);
    }
    let reason = run["variants"][1]["reason"].as_str().unwrap();
    assert!(reason.contains("var2' is not the folder that git-puff made: a symbolic link is there"), "{reason}");
    let workspace_root = crew.workspace_root().join(id);
    assert!(
        workspace_root.join("var1.moved/mine").exists()
            && workspace_root.join("elsewhere/mine").exists()
            && workspace_root.join("var1").is_symlink()
    );

    // Whatever is done with the run later goes round them.
    let doctor = crew.repo.puff(&["doctor", "--repair"]).stdout;
    assert!(doctor.contains("is not the folder that git-puff made"), "{doctor}");
    crew.repo.puff(&["harvest", id]);
    let pruned = crew.repo.puff(&["prune", id]).stderr;
    assert!(pruned.contains("var1' is not the folder that git-puff made: a symbolic link is there"), "{pruned}");
    crew.repo.puff(&["doctor", "--repair"]);
    assert_untouched(&crew);
    assert!(workspace_root.join("var1.moved/mine").exists() && crew.repo.path("far/mine").exists());
}

#[test]
fn a_check_cannot_replace_its_folder_by_a_link() {
    let crew = crew();
    crew.repo.confine_nothing();
    crew.agent("plants", &format!("echo '{SWAP}' >t.sh; echo mine >mine"));
    let run = crew.tournament(&["--agent", "plants"]);
    let id = run["run"].as_str().unwrap();
    let repo = crew.repo.path("").display().to_string();
    let check = format!("LAB='{}'; export LAB; test ! -f t.sh || . ./t.sh", repo.trim_end_matches('/'));
    let reviewed = crew.repo.puff(&["review", id, "--check", &check, "--check", "test -f README"]).ok();
    assert_untouched(&crew);
    let said = &reviewed.stdout;
    assert!(said.contains("is not the folder that git-puff made: a symbolic link is there"), "{said}");
    assert!(said.contains("var1: 2 of 2 checks passed"), "the next check has a folder of its own: {said}");
    // The link is not ours, and is where it was put.
    let left = fs::read_dir(crew.workspace_root().join("pool")).unwrap().flatten().map(|entry| entry.path());
    let left: Vec<PathBuf> = left.filter(|path| path.is_symlink()).collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(!crew.repo.git(&["worktree", "list", "--porcelain"]).contains("review"));
}

#[test]
fn planted_configuration_and_hooks_never_run_outside_of_the_sandbox() {
    let crew = crew();
    let Some(sandbox) = sandbox(&crew) else { return };
    crew.repo.git_in(&crew.repo.path(""), &["clone", "-q", "origin.git", "library"]);
    let library = crew.repo.path("library").display().to_string();
    crew.repo.git(&["submodule", "--quiet", "add", &library, "lib"]);
    crew.repo.git(&["commit", "-qm", "Have a library"]);
    // Runs when git-puff runs it: what the sandbox holds back, it writes.
    let plant = "printf '#!/bin/sh\\necho \"$0 $*\" >>\"%s/ran\"; cat\\n' \"$LAB\" >\"$TOP/evil\"; chmod +x \"$TOP/evil\"
         plant() {
            git config core.fsmonitor \"$TOP/evil\"; git config filter.x.clean \"$TOP/evil clean\"
            git config filter.x.process \"$TOP/evil process\"; git config core.hooksPath \"$TOP/hooks\"
            git config core.sshCommand \"$TOP/evil ssh\"; git config diff.external \"$TOP/evil diff\"
            git config core.alternateRefsCommand \"$TOP/evil refs\"; git config core.pager \"$TOP/evil pager\"
            printf '[filter \"y\"]\\nclean = %s/evil included\\n' \"$TOP\" >\"$TOP/included\"; git config include.path \"$TOP/included\"
            printf '*.x filter=x\\n*.y filter=y\\n' >.gitattributes; echo 1 >a.x; echo 1 >a.y
         }
         mkdir hooks; for hook in post-checkout post-index-change reference-transaction pre-commit; do
            cp evil hooks/$hook; done";
    let agent = |name: &str, script: &str| {
        sandboxed(&crew, &sandbox, name, &format!("TOP=$PWD; {plant}\n{script}\necho {name} >mine"));
    };
    agent("own", "rm -rf .git; git init -q; git add mine; git commit -qm x; plant");
    agent("nests", "git init -q nest; cd nest; echo 1 >f; git add f; git commit -qm x; plant; echo 22 >f; cd ..");
    agent(
        "module",
        "cd lib; rm -rf .git; git init -q; git add -A; git commit -qm x; plant; echo 22 >README; touch README; cd ..",
    );
    agent("swaps", SWAP);
    agent(
        "checks",
        &format!(
            "echo '. ./plant.sh; {SWAP}' >t.sh; printf '%s' 'rm -rf .git; git init -q; git config core.fsmonitor \"$PWD/evil\"' >plant.sh"
        ),
    );
    let agents = ["own", "nests", "module", "swaps", "checks"];
    let flags: Vec<&str> = agents.iter().flat_map(|agent| ["--agent", agent]).collect();
    let run = crew.tournament(&flags);
    let id = run["run"].as_str().unwrap();
    assert_eq!(each(&run, "apply"), ["applied"; 5], "{run:#}");
    assert_untouched(&crew);
    assert!(kinds(&run, 2).contains(&"submodule-work".to_owned()), "{run:#}");
    assert_eq!(crew.file(id, 2, "nest/f"), "22");

    crew.repo.git(&["config", "puff.check.wrapper", &format!("'{sandbox}'")]);
    crew.repo.git(&["config", "core.hooksPath", "hooks"]);
    crew.repo.puff(&["review", id, "--check", "test ! -f t.sh || . ./t.sh", "--check", "true"]).ok();
    crew.repo.git(&["config", "--unset", "core.hooksPath"]);
    assert_untouched(&crew);
    crew.repo.puff(&["doctor", "--repair"]);
    crew.repo.puff(&["prune", id]);
    assert_untouched(&crew);
}

#[test]
fn changes_of_a_session_do_not_depend_on_a_planted_git_directory() {
    let crew = crew();
    let repo = &crew.repo;
    let ran = repo.path(RAN).display().to_string();
    let script = format!(
        "echo 1 >made; printf '#!/bin/sh\\necho session >>{ran}\\n' >evil; chmod +x evil
         rm -rf .git; git init -q; git config core.fsmonitor \"$PWD/evil\""
    );
    repo.puff(&["session", "start", "--worktree", "--name", "one", "--", "sh", "-c", &script]).ok();
    repo.puff(&["session", "wait", "one"]).ok();
    let shown = repo.puff(&["session", "show", "one", "--json"]).ok().json();
    assert_eq!(shown["changed"], serde_json::json!(["A evil", "A made"]), "{shown:#}");
    assert_eq!(shown["worktree"]["fate"], "kept");

    repo.puff(&[
        "session",
        "start",
        "--worktree",
        "--name",
        "two",
        "--",
        "sh",
        "-c",
        &format!("LAB={}; {SWAP}", repo.path("").display()),
    ])
    .ok();
    repo.puff(&["session", "wait", "two"]).ok();
    let shown = repo.puff(&["session", "show", "two", "--json"]).ok().json();
    assert_eq!((&shown["changed"], &shown["worktree"]["fate"]), (&Value::Null, &Value::from("kept")), "{shown:#}");
    repo.puff(&["doctor", "--repair"]);
    let work = repo.work();
    assert_eq!(fs::read_to_string(work.join("private.txt")).unwrap(), "SECRET=1\n");
    assert!(!repo.path(RAN).exists());
}

#[test]
fn a_git_directory_of_another_worktree_is_refused() {
    let crew = crew();
    crew.agent("works", "echo mine >mine; while [ ! -e \"$LAB/go\" ]; do sleep 0.1; done");
    let id = crew.launch(&["--name", "pose", "--agent", "works", "--agent", "works"]);
    let var2 = crew.workspace_root().join(&id).join("var2");
    crate::support::test_repo::wait_until("both work", || {
        crew.workspace_root().join(&id).join("var1/mine").exists() && var2.join("mine").exists()
    });
    let admin = crew.repo.git_in(&crew.workspace_root().join(&id).join("var1"), &["rev-parse", "--git-dir"]);
    fs::write(PathBuf::from(&admin).join("gitdir"), format!("{}/.git\n", var2.display())).unwrap();
    fs::write(PathBuf::from(&admin).join("locked"), "git-puff: it is being reviewed\n").unwrap();
    crew.repo.puff(&["doctor", "--repair"]);
    assert!(var2.join("mine").exists(), "the other one is not taken for what a review left");
    fs::write(crew.repo.path("go"), "").unwrap();
    crew.repo.puff(&["harvest", "--wait", &id]).ok();
    let run = crew.repo.show(&id);
    assert_eq!(each(&run, "apply"), ["applied", "applied"], "{run:#}");
}

#[test]
fn a_pipe_in_place_of_a_record_does_not_block() {
    let crew = crew();
    crew.agent("works", "echo mine >mine");
    let run = crew.tournament(&["--agent", "works"]);
    let id = run["run"].as_str().unwrap();
    let session = format!("sessions/{id}-var1/session.json");
    for file in [session, format!("logs/{id}.log"), "watcher.json".to_owned()] {
        let path = crew.repo.puff_dir().join(&file);
        let _ = fs::remove_file(&path);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        for verb in [&["doctor"][..], &["harvest", id], &["log", id], &["show", id]] {
            let mut child = crew.repo.spawn(verb, Stdio::null());
            let pid = child.id();
            let ended = std::thread::spawn(move || child.wait());
            let started = Instant::now();
            while !ended.is_finished() && started.elapsed() < PATIENCE {
                std::thread::sleep(Duration::from_millis(5));
            }
            let waits = !ended.is_finished();
            if waits {
                kill(pid);
            }
            assert!(!waits, "{verb:?} waits for {file}");
        }
        fs::remove_file(&path).unwrap();
    }
    assert_untouched(&crew);
}
