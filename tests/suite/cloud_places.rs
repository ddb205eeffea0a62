//! Wherever a user stands, and whatever is lying about there, a run goes its way and touches none of it.

use std::path::{Path, PathBuf};

use crate::support::cloud_env::CloudEnv;

/// All that a run must not touch: what is checked out, the index byte by byte, HEAD, and what git says of it.
fn surroundings(env: &CloudEnv, folder: &Path) -> (Vec<u8>, String, String) {
    let git = |args: &[&str]| env.repo.git_in(folder, args);
    let index = git(&["rev-parse", "--path-format=absolute", "--git-path", "index"]);
    let bytes = std::fs::read(index).unwrap();
    let head = git(&["rev-parse", "HEAD", "--symbolic-full-name", "HEAD"]);
    // This may refresh the index, so it comes last.
    let status = git(&["--no-optional-locks", "status", "--porcelain=v2", "--untracked-files=all", "--ignored"]);
    (bytes, head, status)
}

/// The files below a folder that a Codex client left behind.
fn error_logs(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir() && !path.is_symlink());
    let here = files.into_iter().filter(|file| file.ends_with("error.log"));
    here.chain(folders.iter().flat_map(|folder| error_logs(folder))).collect()
}

#[test]
fn worktree_index_and_head_are_unchanged() {
    needs!("codex");
    let env = CloudEnv::new();
    let repo = &env.repo;
    // The runbook log is the one file that a launch leaves; kept out of the way, it cannot hide another.
    repo.write(".git/info/exclude", ".codex/\n");
    let (run, task) = env.submit(2, "Trim the input");
    env.finish_all(&task);

    // A worktree in the middle of something: staged, changed, deleted and new files.
    repo.write("notes.txt", "half staged\n");
    repo.git(&["add", "notes.txt"]);
    repo.write("notes.txt", "and changed again\n");
    std::fs::remove_file(repo.work().join("README")).unwrap();
    repo.write("new.txt", "new\n");
    let before = surroundings(&env, &repo.work());
    repo.puff(&["watch", &run]).ok();
    repo.puff(&["harvest", &run]).ok();
    repo.puff(&["report", &run]).ok();
    repo.puff(&["doctor", "--repair"]).ok();
    assert_eq!(surroundings(&env, &repo.work()), before);
    assert_eq!(env.notes(&run, 2), "attempt 2");
    assert!(error_logs(&repo.path("work")).is_empty());
}

#[test]
fn linked_worktrees_and_subfolders_work_like_the_top() {
    needs!("codex");
    let env = CloudEnv::new();
    let repo = &env.repo;
    let linked = repo.path("linked");
    repo.git(&["worktree", "add", "-q", "-b", "side", &linked.display().to_string(), "main"]);
    let side = surroundings(&env, &linked);

    // HEAD of the linked worktree is on `side`, which the remote does not have.
    let submit = ["submit", "--json", "--best-of", "1", "--prompt", "Trim the input"];
    env.puff_in(&linked.join("src"), &submit).exits(1).complains(&["origin", "no branch 'side'"]);
    let submit = [&submit[..], &["--base", "main"]].concat();
    let run = env.puff_in(&linked.join("src"), &submit).ok().json()["run"].as_str().unwrap().to_owned();
    env.finish_all(&env.only_task().id);
    let top = surroundings(&env, &repo.work());
    env.puff_in(&linked.join("src"), &["watch", &run]).ok();
    env.puff_in(&linked, &["harvest", &run]).ok();
    assert_eq!(env.notes(&run, 1), "attempt 1");

    assert_eq!(surroundings(&env, &linked), side);
    assert_eq!(surroundings(&env, &repo.work()), top);
    // The runbook log is at the top of the main worktree, wherever the launch was.
    assert_eq!(top.2, "? .codex/bo4_runs.jsonl");
    assert!(error_logs(&linked).is_empty() && error_logs(&repo.work()).is_empty());

    // From the subfolder of the main worktree, and through `git -C`.
    env.puff_in(&repo.work().join("src"), &["show", "@"]).ok();
    env.puff_in(&repo.path("home"), &["show", "@"]).exits(128).complains(&["not inside a git repository"]);
    let from_home = ["-C", "../work", "-c", "puff.bestOf=2", "puff", "list", "--json"];
    let listed = repo.git_in(&repo.path("home"), &from_home);
    assert!(listed.contains(&run), "{listed}");
}

#[test]
fn a_bare_repository_needs_no_worktree() {
    needs!("codex");
    let env = CloudEnv::new();
    let repo = &env.repo;
    let bare = repo.path("bare.git");
    repo.git_in(&repo.path(""), &["clone", "-q", "--bare", "origin.git", "bare.git"]);
    let submit = ["submit", "--json", "--best-of", "2", "--prompt", "Trim the input"];
    let run = env.puff_in(&bare, &submit).ok().json()["run"].as_str().unwrap().to_owned();
    let task = env.only_task();
    assert_eq!(task.branch.as_deref(), Some("main"));
    assert!(bare.join(".codex/bo4_runs.jsonl").exists(), "without a worktree the runbook log is in the git directory");

    env.finish_all(&task.id);
    env.puff_in(&bare, &["watch", &run]).ok();
    env.puff_in(&bare, &["harvest", &run]).ok();
    let branch = format!("puff/{run}/var2:notes.txt");
    assert_eq!(repo.git_in(&bare, &["show", &branch]), "attempt 2");
    assert!(error_logs(&bare).is_empty());
}
