//! Git's manners: colours, shared repositories, repositories that are not trusted, older gits.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::agent_run::AgentRun;
use crate::support::choice::Choice;
use crate::support::cloud_env::CloudEnv;
use crate::support::export::Export;
use crate::support::test_repo::{TestRepo, make_executable, run};

#[test]
fn colour_follows_git_configuration() {
    let choice = Choice::new();
    let coloured = |config: &[&str], variables: &[(&str, &str)]| {
        let mut command = choice.repo.command("git");
        command.args(config.iter().flat_map(|pair| ["-c", pair]));
        let ran = run(command.args(["puff", "list"]).envs(variables.iter().copied())).ok();
        ran.stdout.contains("\u{1b}[")
    };
    assert!(!coloured(&[], &[]));
    assert!(coloured(&["color.ui=always"], &[]));
    assert!(!coloured(&["color.ui=always", "color.puff=never"], &[]));
    assert!(coloured(&["color.ui=never", "color.puff=always"], &[]));
    // Behind 'git -p' there is a pager that takes colours, unless it does not.
    assert!(coloured(&[], &[("GIT_PAGER_IN_USE", "true")]));
    assert!(!coloured(&["color.pager=false"], &[("GIT_PAGER_IN_USE", "true")]));
    assert!(!coloured(&[], &[("GIT_PAGER_IN_USE", "true"), ("NO_COLOR", "1")]));
    assert!(!coloured(&["color.ui=false"], &[("GIT_PAGER_IN_USE", "true")]));
    // What programs read has none.
    let json = run(choice.repo.command("git").args(["-c", "color.ui=always", "puff", "list", "--json"])).ok();
    assert!(!json.stdout.contains('\u{1b}'));
}

#[test]
fn a_shared_repository_is_shared_with_all_that_is_made_in_it() {
    for (shared, wanted) in [("group", 0o060), ("all", 0o064), ("0640", 0o040)] {
        let repo = TestRepo::new();
        repo.git_in(
            &repo.path(""),
            &["clone", "-q", "--bare", "-c", &format!("core.sharedRepository={shared}"), "origin.git", "shared.git"],
        );
        let shared_git = repo.path("shared.git");
        repo.git_in(&shared_git, &["init", "-q", "--bare", &format!("--shared={shared}")]);
        let before = all(&shared_git);
        let export = Export::new(&repo, "export");
        export.patch(1, repo.patch("notes.txt", "one\n2\nthree\n"));
        let puff = |args: &str| {
            let line = format!("umask 077; cd '{}' && git puff {args}", shared_git.display());
            run(repo.command("sh").args(["-c", &line])).ok()
        };
        puff(&format!("harvest --from '{}' --base main --name fix", export.path()));
        puff("pick fix:1 --branch taken");
        puff("prune fix");
        puff("undo fix");
        // The app server's socket is for whoever started it alone.
        let private = shared_git.join("puff/cas");
        for path in all(&shared_git).into_iter().filter(|path| !before.contains(path) && !path.starts_with(&private)) {
            let meta = fs::symlink_metadata(&path).unwrap();
            let mode = meta.permissions().mode();
            let read = wanted & 0o044;
            let must = if meta.is_dir() { wanted | read >> 2 } else { read };
            assert_eq!(mode & must, must, "{shared}: {} is {mode:o}", path.display());
        }
    }
}

/// Everything below a folder.
fn all(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries
        .flat_map(|path| if path.is_dir() { [vec![path.clone()], all(&path)].concat() } else { vec![path] })
        .collect()
}

#[test]
fn two_users_work_in_a_shared_repository() {
    if !fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
        eprintln!("skipped: only root can be somebody else");
        return;
    }
    let repo = TestRepo::new();
    for folder in ["", "home"] {
        fs::set_permissions(repo.path(folder), fs::Permissions::from_mode(0o777)).unwrap();
    }
    repo.git_in(&repo.path(""), &["clone", "-q", "--bare", "origin.git", "shared.git"]);
    let shared = repo.path("shared.git");
    fs::remove_dir_all(&shared).unwrap();
    repo.git_in(&repo.path(""), &["init", "-q", "--bare", "--shared=group", "shared.git"]);
    repo.git(&["push", "-q", &shared.display().to_string(), "main"]);
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch("notes.txt", "one\n2\nthree\n"));
    let program = env!("CARGO_BIN_EXE_git-puff");
    if run(repo.command("setpriv").args(["--reuid=65534", "--regid=0", "--clear-groups", program, "--version"])).code
        != 0
    {
        eprintln!("skipped: another user cannot reach the program");
        return;
    }
    let harvest = ["harvest", "--from", export.path(), "--base", "main", "--name"];
    run(repo.command(program).current_dir(&shared).args(harvest).arg("mine")).ok();
    let theirs = |args: &[&str]| {
        let user = ["--reuid=65534", "--regid=0", "--clear-groups", program];
        run(repo.command("setpriv").current_dir(&shared).args(user).args(args))
    };
    theirs(&[&harvest[..], &["theirs"]].concat()).ok();
    theirs(&["harvest", "mine", "--recreate"]).ok();
    run(repo.command(program).current_dir(&shared).args(["prune", "theirs"])).ok();
    theirs(&["undo", "theirs"]).ok();
}

#[test]
fn a_repository_that_git_does_not_trust_is_not_worked_in() {
    let mut repo = TestRepo::new();
    repo.git(&["config", "--global", "--unset-all", "safe.directory"]);
    repo.set("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
    for args in [&["list"][..], &["doctor", "--repair"], &["harvest", "--from", ".", "--base", "main"]] {
        let ran = repo.puff(args).exits(128).complains(&["does not trust", "work"]);
        assert!(ran.stderr.contains("safe.directory"), "{}", ran.stderr);
    }
    assert!(!repo.puff_dir().exists());
    repo.git(&["config", "--global", "safe.directory", &repo.work().display().to_string()]);
    repo.puff(&["list"]).ok();
    repo.unset("GIT_TEST_ASSUME_DIFFERENT_OWNER");

    repo.git(&["config", "--global", "safe.bareRepository", "explicit"]);
    let origin = repo.path("origin.git");
    let ran = run(repo.command("git").current_dir(&origin).args(["puff", "list"]));
    ran.exits(128).complains(&["does not trust"]);
    run(repo.command("git").args(["--git-dir", &origin.display().to_string(), "puff", "list"])).ok();
    repo.puff(&["list"]).ok();
}

#[test]
fn an_older_git_works_from_import_to_undo() {
    needs!("older-git");
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.use_older_git();
    choice.import("again");
    repo.puff(&["harvest", "again", "--recreate"]).exits(3);
    repo.puff(&["diff", "again"]).ok();
    assert!(repo.puff(&["diff", "again", "1", "3"]).ok().stdout.contains("+zwei"));
    repo.puff(&["review", "again", "--check", "grep -q three notes.txt"]).ok();
    repo.puff(&["report", "again", "--format", "html"]).ok();
    repo.puff(&["preflight", "again"]).exits(3);
    repo.puff(&["pick", "again:1"]).ok();
    repo.puff(&["undo", "again"]).ok();
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.puff(&["pick", "again:2", "--onto", "main"]).ok();
    assert_eq!(repo.git(&["show", "main:new.txt"]), "new");
    repo.puff(&["prune", "again"]).ok();
    repo.puff(&["undo", "again"]).ok();
    repo.puff(&["doctor", "--repair"]).ok();
    repo.git(&["fsck", "--strict"]);

    let crew = AgentRun::new();
    crew.repo.use_older_git();
    crew.agent("a", "echo made >made.txt; git add made.txt; git commit -qm 'My own'");
    let run = crew.tournament(&["--agent", "a:2"]);
    assert_eq!((&run["state"], &run["variants"][1]["apply"]), (&"harvested".into(), &"applied".into()));
}

#[test]
fn an_older_git_works_from_launch_to_pick() {
    needs!("codex", "older-git");
    let env = CloudEnv::new();
    env.repo.use_older_git();
    let (run, task) = env.launch(2, "Trim the input", &["--harvest"]);
    env.finish(&task, 1, "one");
    env.finish(&task, 2, "two");
    env.repo.wait_for(&run, "harvested", |run| run["state"] == "harvested");
    assert_eq!([env.notes(&run, 1), env.notes(&run, 2)], ["one", "two"]);

    let (other, task) = env.submit(1, "Trim the output");
    env.finish(&task, 1, "three");
    env.repo.puff(&["watch", &other]).ok();
    env.repo.puff(&["harvest", &other]).ok();
    assert_eq!(env.notes(&other, 1), "three");
    env.repo.puff(&["pick", &format!("{run}:1")]).ok();
}

#[test]
fn a_git_that_is_too_old_is_named() {
    let repo = TestRepo::new();
    // It prints every word of the question that it does not know.
    let script =
        "#!/bin/sh\ncase \"$*\" in *rev-parse*) printf 'false\\nsha1\\n--path-format=absolute\\n.git\\n' ;; esac\n";
    fs::write(repo.path("bin/git"), script).unwrap();
    make_executable(&repo.path("bin/git"));
    let ran = run(repo.command(env!("CARGO_BIN_EXE_git-puff")).arg("list"));
    let ran = ran.exits(128).complains(&["too old"]);
    assert!(ran.stderr.contains("2.34"), "{}", ran.stderr);

    // One of 2.31 answers that, and knows no reason for a lock.
    let real =
        run(repo.command("sh").args(["-c", "rm bin/git 2>/dev/null; command -v git"]).current_dir(repo.path("")));
    let real = real.ok().stdout;
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *--reason*) echo \"error: unknown option 'reason'\" >&2; exit 129 ;; esac\nexec {} \"$@\"\n",
        real.trim()
    );
    fs::write(repo.path("bin/git"), script).unwrap();
    make_executable(&repo.path("bin/git"));
    // Called by itself: git puts its own folder in front of any other.
    let mut start = repo.command(env!("CARGO_BIN_EXE_git-puff"));
    let ran = run(start.args(["session", "start", "--worktree", "--", "true"])).exits(1).complains(&["cannot be made"]);
    assert!(ran.stderr.contains("git 2.34 or newer is needed"), "{}", ran.stderr);
}

#[test]
fn doctor_requires_codex_only_for_the_cloud() {
    let crew = AgentRun::new();
    crew.repo.git(&["config", "--global", "puff.notify", "true"]);
    let result = || {
        let ran = crew.repo.puff(&["doctor", "--porcelain"]);
        let line = ran.stdout.lines().find(|line| line.starts_with("CHECK=codex_command ")).map(str::to_owned);
        (ran.code, line.unwrap_or_default())
    };
    let (code, line) = result();
    if line.contains("RESULT=ok") {
        // There is a codex on this machine's PATH.
        return;
    }
    assert_eq!((code, line.as_str()), (0, "CHECK=codex_command RESULT=warn"));
    crew.repo.git(&["config", "puff.env", "acme/widgets"]);
    let (code, line) = result();
    assert_eq!((code, line.as_str()), (1, "CHECK=codex_command RESULT=fail"));
}
