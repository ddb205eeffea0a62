//! Wherever git can be told to work, git-puff works: by flags, by variables, from worktrees, submodules and folders with
//! odd names.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use crate::support::choice::Choice;
use crate::support::export::Export;
use crate::support::test_repo::{Ran, TestRepo, run};

fn git(repo: &TestRepo, folder: &Path, args: &[&str]) -> Ran {
    run(repo.command("git").current_dir(folder).args(args))
}

/// An export of one variant, for a clone with the test repository's files.
fn export(repo: &TestRepo) -> Export {
    let export = Export::new(repo, "export");
    export.patch(1, repo.patch("notes.txt", "one\n2\nthree\n"));
    export
}

#[test]
fn flags_of_git_name_the_repository_and_the_worktree() {
    let repo = TestRepo::new();
    let export = export(&repo);
    let elsewhere = repo.path("home");
    let (dir, work) = (repo.work().join(".git"), repo.work());
    let flags = [format!("--git-dir={}", dir.display()), format!("--work-tree={}", work.display())];
    let [dir, tree] = flags.each_ref().map(String::as_str);
    git(&repo, &elsewhere, &[dir, tree, "puff", "harvest", "--from", export.path(), "--base", "main", "--name", "fix"])
        .ok();
    git(&repo, &repo.path(""), &["-C", "work/src", "puff", "show", "fix"]).ok();
    // Without --work-tree, git takes the folder that it is called in for the worktree; nothing is written there.
    git(&repo, &elsewhere, &[dir, "puff", "show", "fix"]).ok();
    git(&repo, &elsewhere, &[dir, "puff", "pick", "fix:1"])
        .exits(1)
        .complains(&["home", "changes that are in no commit"]);
    assert!(!elsewhere.join(".codex").exists());
    git(&repo, &elsewhere, &[dir, tree, "puff", "pick", "fix:1"]).ok();
    assert_eq!(fs::read_to_string(work.join("notes.txt")).unwrap(), "one\n2\nthree\n");
    // Inside of the git directory there is no worktree, and what needs none works.
    git(&repo, &work.join(".git/refs"), &["puff", "list"]).ok();
    git(&repo, &work.join(".git"), &["puff", "pick", "fix:1", "--branch", "other"]).exits(1);
}

#[test]
fn the_runbook_is_kept_at_the_top_of_the_main_worktree_from_wherever() {
    let repo = TestRepo::new();
    repo.git(&["worktree", "add", "-q", "../linked"]);
    repo.git(&["config", "puff.agent.a.command", "sh -c 'echo x >x'"]);
    let launch = ["launch", "--prompt", "Trim", "--agent", "a", "--harvest", "--json"];
    let log = repo.work().join(".codex/bo4_runs.jsonl");
    let dir = format!("--git-dir={}", repo.work().join(".git").display());
    let calls: [(&str, Vec<&str>); 3] = [
        ("linked", [&["puff"][..], &launch].concat()),
        ("work/src", [&["puff"][..], &launch].concat()),
        ("home", [&[dir.as_str(), "puff"][..], &launch, &["--base", "main"]].concat()),
    ];
    for (number, (folder, args)) in calls.iter().enumerate() {
        let ran = git(&repo, &repo.path(folder), args).ok().json();
        repo.wait_for(ran["run"].as_str().unwrap(), "harvested", |run| run["state"] == "harvested");
        assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), number + 1, "{folder}");
        assert!(folder.starts_with("work") || !repo.path(folder).join(".codex").exists(), "{folder}");
    }
}

#[test]
fn a_pick_acts_in_the_worktree_that_it_is_called_in() {
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.git(&["worktree", "add", "-q", "-b", "side", "../linked"]);
    repo.write("README", "not committed\n");
    git(repo, &repo.path("linked/src"), &["puff", "pick", "fix:1"]).ok();
    assert_eq!(fs::read_to_string(repo.path("linked/notes.txt")).unwrap(), "one\n2\nthree\n");
    assert_eq!(repo.git(&["log", "-1", "--format=%s", "main"]), "Take notes");
    assert_eq!(repo.git(&["status", "--porcelain"]), " M README");
}

#[test]
fn folders_may_have_any_name() {
    let names = ["with space", "two\nlines", "quote\"'$(x)"].map(|name| OsStr::new(name).to_owned());
    #[cfg(target_os = "linux")]
    let names = names.into_iter().chain([std::os::unix::ffi::OsStringExt::from_vec(b"not \xff utf-8".to_vec())]);
    for name in names {
        let repo = TestRepo::new();
        let export = export(&repo);
        let place = repo.path("home").join(&name);
        fs::rename(repo.work(), &place).unwrap();
        let puff = |args: &[&str]| git(&repo, &place.join("src"), &[&["puff"], args].concat());
        puff(&["harvest", "--from", export.path(), "--base", "main", "--name", "fix"]).ok();
        puff(&["review", "fix", "--check", "grep -q 2 notes.txt"]).ok();
        puff(&["diff", "fix", "--matrix"]).ok();
        puff(&["preflight", "fix"]).ok();
        puff(&["pick", "fix:1"]).ok();
        assert_eq!(fs::read_to_string(place.join("notes.txt")).unwrap(), "one\n2\nthree\n", "{name:?}");
        puff(&["undo", "fix"]).ok();
        puff(&["pick", "fix:1", "--onto", "main"]).exits(1);
        puff(&["prune", "fix"]).ok();
        puff(&["undo", "fix"]).ok();
        puff(&["doctor", "--repair", "--quiet"]);
        assert_eq!(puff(&["show", "fix", "--json"]).ok().json()["state"], "reviewed", "{name:?}");
    }
}

#[test]
fn a_submodule_is_a_separate_repository() {
    let repo = TestRepo::new();
    let export = export(&repo);
    repo.git_in(&repo.path(""), &["init", "-q", "super"]);
    let above = repo.path("super");
    repo.git_in(&above, &["submodule", "--quiet", "add", "../origin.git", "sub"]);
    repo.git_in(&above, &["commit", "-q", "-m", "With a submodule"]);
    let sub = above.join("sub");
    let puff = |folder: &Path, args: &[&str]| git(&repo, folder, &[&["puff"], args].concat());
    puff(&sub.join("src"), &["harvest", "--from", export.path(), "--base", "main", "--name", "fix"]).ok();
    puff(&sub, &["review", "fix", "--check", "true"]).ok();
    puff(&sub, &["pick", "fix:1"]).ok();
    assert_eq!(fs::read_to_string(sub.join("notes.txt")).unwrap(), "one\n2\nthree\n");
    // The superproject sees a submodule that has moved on, and nothing else; its runs are its own.
    assert_eq!(repo.git_in(&above, &["status", "--porcelain"]), " M sub");
    assert!(puff(&above, &["list"]).ok().stdout.contains("no runs"));
    assert!(above.join(".git/modules/sub/puff").is_dir() && !above.join(".git/modules/sub/.codex").exists());
}

#[test]
fn a_hook_may_call_it_whatever_git_has_set_for_it() {
    let choice = Choice::new();
    let repo = &choice.repo;
    // A commit of some paths has an index of its own, which the hook is told of.
    let hook = repo.work().join(".git/hooks/pre-commit");
    fs::write(
        &hook,
        "#!/bin/sh\nenv | grep GIT_INDEX_FILE >../index-file\ngit puff harvest fix --recreate >../said 2>&1\nexit 0\n",
    )
    .unwrap();
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    repo.git(&["branch", "-D", "puff/fix/var1"]);
    repo.write("README", "one\n");
    repo.write("notes.txt", "two\n");
    repo.git(&["commit", "-q", "-m", "Some paths", "README"]);
    assert!(fs::read_to_string(repo.path("index-file")).unwrap().contains("next-index"));
    repo.git(&["rev-parse", "--verify", "puff/fix/var1"]);
    assert_eq!(repo.git(&["status", "--porcelain"]), " M notes.txt");
    assert_eq!(repo.git(&["show", "--name-only", "--format=", "HEAD"]), "README");
}

#[test]
fn what_was_pushed_and_not_taken_yet_is_read_and_nothing_is_recorded_on_it() {
    let repo = TestRepo::new();
    let export = export(&repo);
    let origin = repo.path("origin.git");
    let hook = |name: &str, script: String| {
        let path = origin.join("hooks").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    };
    let (patch, said) = (repo.path("export/var1/patch.diff"), repo.path("said"));
    hook(
        "pre-receive",
        format!(
            "#!/bin/sh\nread old new ref\ngit puff preflight --patch '{0}' --onto $new >'{1}' 2>&1\n\
             git puff harvest --from '{2}' --base $new >>'{1}' 2>&1 && exit 1\nexit 0\n",
            patch.display(),
            said.display(),
            export.path()
        ),
    );
    repo.commit("more", "more\n", "More");
    repo.git(&["push", "-q", "origin", "main"]);
    let text = fs::read_to_string(&said).unwrap();
    assert!(text.starts_with("applied ") && text.contains("while a hook checks a push"), "{text}");
    assert_eq!(repo.git_in(&origin, &["for-each-ref", "refs/puff"]), "");
    repo.git_in(&origin, &["fsck", "--strict"]);
}

#[test]
fn alternate_object_directories_are_honoured() {
    let mut repo = TestRepo::new();
    let export = export(&repo);
    let objects = repo.path("objects");
    fs::rename(repo.work().join(".git/objects"), &objects).unwrap();
    fs::create_dir(repo.work().join(".git/objects")).unwrap();
    repo.set("GIT_OBJECT_DIRECTORY", &objects.display().to_string());
    export.harvest(&repo, &["--name", "fix"]).ok();
    assert_eq!(repo.git(&["show", "puff/fix/var1:notes.txt"]), "one\n2\nthree");
    repo.puff(&["review", "fix", "--check", "true"]).ok();
    assert!(fs::read_dir(repo.work().join(".git/objects")).unwrap().next().is_none(), "nothing is written there");
    // As alternates, they are read; what is new is written into the repository.
    repo.unset("GIT_OBJECT_DIRECTORY");
    repo.set("GIT_ALTERNATE_OBJECT_DIRECTORIES", &objects.display().to_string());
    repo.puff(&["pick", "fix:1"]).ok();
    assert!(fs::read_dir(repo.work().join(".git/objects")).unwrap().next().is_some());
    repo.git(&["fsck", "--strict"]);
}

#[test]
fn git_namespaces_and_aliases_work() {
    let mut repo = TestRepo::new();
    let export = export(&repo);
    repo.set("GIT_NAMESPACE", "other");
    export.harvest(&repo, &["--name", "fix"]).ok();
    repo.unset("GIT_NAMESPACE");
    assert_eq!(repo.puff(&["show", "fix", "--json"]).ok().json()["run"], "fix");

    repo.git(&["config", "alias.bo4", "puff harvest --base main"]);
    repo.git(&["config", "alias.tries", "!git puff harvest --base main"]);
    // An alias starts where the user stands; one for the shell starts at the top, with their folder in GIT_PREFIX.
    git(&repo, &repo.work().join("src"), &["bo4", "--from", "../../export", "--name", "fix"]).ok();
    git(&repo, &repo.work().join("src"), &["tries", "--from", "../export", "--name", "fix"]).ok();
    git(&repo, &repo.work().join("src"), &["bo4", "--form"]).exits(129);
}
