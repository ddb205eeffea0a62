//! Wherever git can be told to work, git-puff works: by flags, by variables, from worktrees, submodules and folders with
//! odd names.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use crate::support::choice::Choice;
use crate::support::export::Export;
use crate::support::test_repo::{Ran, TestRepo, run};

fn git(lab: &TestRepo, folder: &Path, args: &[&str]) -> Ran {
    run(lab.command("git").current_dir(folder).args(args))
}

/// An export of one variant, for a clone with the lab's files.
fn export(lab: &TestRepo) -> Export {
    let export = Export::new(lab, "export");
    export.patch(1, lab.patch("notes.txt", "one\n2\nthree\n"));
    export
}

#[test]
fn flags_of_git_name_the_repository_and_the_worktree() {
    let lab = TestRepo::new();
    let export = export(&lab);
    let elsewhere = lab.path("home");
    let (dir, work) = (lab.work().join(".git"), lab.work());
    let flags = [format!("--git-dir={}", dir.display()), format!("--work-tree={}", work.display())];
    let [dir, tree] = flags.each_ref().map(String::as_str);
    git(&lab, &elsewhere, &[dir, tree, "puff", "harvest", "--from", export.path(), "--base", "main", "--name", "fix"])
        .ok();
    git(&lab, &lab.path(""), &["-C", "work/src", "puff", "show", "fix"]).ok();
    // Without --work-tree, git takes the folder that it is called in for the worktree; nothing is written there.
    git(&lab, &elsewhere, &[dir, "puff", "show", "fix"]).ok();
    git(&lab, &elsewhere, &[dir, "puff", "pick", "fix:1"])
        .exits(1)
        .complains(&["home", "changes that are in no commit"]);
    assert!(!elsewhere.join(".codex").exists());
    git(&lab, &elsewhere, &[dir, tree, "puff", "pick", "fix:1"]).ok();
    assert_eq!(fs::read_to_string(work.join("notes.txt")).unwrap(), "one\n2\nthree\n");
    // Inside of the git directory there is no worktree, and what needs none works.
    git(&lab, &work.join(".git/refs"), &["puff", "list"]).ok();
    git(&lab, &work.join(".git"), &["puff", "pick", "fix:1", "--branch", "other"]).exits(1);
}

#[test]
fn the_runbook_is_kept_at_the_top_of_the_main_worktree_from_wherever() {
    let lab = TestRepo::new();
    lab.git(&["worktree", "add", "-q", "../linked"]);
    lab.git(&["config", "puff.agent.a.command", "sh -c 'echo x >x'"]);
    let launch = ["launch", "--prompt", "Trim", "--agent", "a", "--harvest", "--json"];
    let log = lab.work().join(".codex/bo4_runs.jsonl");
    let dir = format!("--git-dir={}", lab.work().join(".git").display());
    let calls: [(&str, Vec<&str>); 3] = [
        ("linked", [&["puff"][..], &launch].concat()),
        ("work/src", [&["puff"][..], &launch].concat()),
        ("home", [&[dir.as_str(), "puff"][..], &launch, &["--base", "main"]].concat()),
    ];
    for (number, (folder, args)) in calls.iter().enumerate() {
        let ran = git(&lab, &lab.path(folder), args).ok().json();
        lab.wait_for(ran["run"].as_str().unwrap(), "harvested", |run| run["state"] == "harvested");
        assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), number + 1, "{folder}");
        assert!(folder.starts_with("work") || !lab.path(folder).join(".codex").exists(), "{folder}");
    }
}

#[test]
fn a_pick_acts_in_the_worktree_that_it_is_called_in() {
    let choice = Choice::new();
    let lab = &choice.lab;
    lab.git(&["worktree", "add", "-q", "-b", "side", "../linked"]);
    lab.write("README", "not committed\n");
    git(lab, &lab.path("linked/src"), &["puff", "pick", "fix:1"]).ok();
    assert_eq!(fs::read_to_string(lab.path("linked/notes.txt")).unwrap(), "one\n2\nthree\n");
    assert_eq!(lab.git(&["log", "-1", "--format=%s", "main"]), "Take notes");
    assert_eq!(lab.git(&["status", "--porcelain"]), " M README");
}

#[test]
fn folders_may_have_any_name() {
    let names = ["with space", "two\nlines", "quote\"'$(x)"].map(|name| OsStr::new(name).to_owned());
    #[cfg(target_os = "linux")]
    let names = names.into_iter().chain([std::os::unix::ffi::OsStringExt::from_vec(b"not \xff utf-8".to_vec())]);
    for name in names {
        let lab = TestRepo::new();
        let export = export(&lab);
        let place = lab.path("home").join(&name);
        fs::rename(lab.work(), &place).unwrap();
        let puff = |args: &[&str]| git(&lab, &place.join("src"), &[&["puff"], args].concat());
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
fn a_submodule_is_a_repository_of_its_own() {
    let lab = TestRepo::new();
    let export = export(&lab);
    lab.git_in(&lab.path(""), &["init", "-q", "super"]);
    let above = lab.path("super");
    lab.git_in(&above, &["submodule", "--quiet", "add", "../origin.git", "sub"]);
    lab.git_in(&above, &["commit", "-q", "-m", "With a submodule"]);
    let sub = above.join("sub");
    let puff = |folder: &Path, args: &[&str]| git(&lab, folder, &[&["puff"], args].concat());
    puff(&sub.join("src"), &["harvest", "--from", export.path(), "--base", "main", "--name", "fix"]).ok();
    puff(&sub, &["review", "fix", "--check", "true"]).ok();
    puff(&sub, &["pick", "fix:1"]).ok();
    assert_eq!(fs::read_to_string(sub.join("notes.txt")).unwrap(), "one\n2\nthree\n");
    // The superproject sees a submodule that has moved on, and nothing else; its runs are its own.
    assert_eq!(lab.git_in(&above, &["status", "--porcelain"]), " M sub");
    assert!(puff(&above, &["list"]).ok().stdout.contains("no runs"));
    assert!(above.join(".git/modules/sub/puff").is_dir() && !above.join(".git/modules/sub/.codex").exists());
}

#[test]
fn a_hook_may_call_it_whatever_git_has_set_for_it() {
    let choice = Choice::new();
    let lab = &choice.lab;
    // A commit of some paths has an index of its own, which the hook is told of.
    let hook = lab.work().join(".git/hooks/pre-commit");
    fs::write(
        &hook,
        "#!/bin/sh\nenv | grep GIT_INDEX_FILE >../index-file\ngit puff harvest fix --recreate >../said 2>&1\nexit 0\n",
    )
    .unwrap();
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    lab.git(&["branch", "-D", "puff/fix/var1"]);
    lab.write("README", "one\n");
    lab.write("notes.txt", "two\n");
    lab.git(&["commit", "-q", "-m", "Some paths", "README"]);
    assert!(fs::read_to_string(lab.path("index-file")).unwrap().contains("next-index"));
    lab.git(&["rev-parse", "--verify", "puff/fix/var1"]);
    assert_eq!(lab.git(&["status", "--porcelain"]), " M notes.txt");
    assert_eq!(lab.git(&["show", "--name-only", "--format=", "HEAD"]), "README");
}

#[test]
fn what_was_pushed_and_not_taken_yet_is_read_and_nothing_is_recorded_on_it() {
    let lab = TestRepo::new();
    let export = export(&lab);
    let origin = lab.path("origin.git");
    let hook = |name: &str, script: String| {
        let path = origin.join("hooks").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    };
    let (patch, said) = (lab.path("export/var1/patch.diff"), lab.path("said"));
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
    lab.commit("more", "more\n", "More");
    lab.git(&["push", "-q", "origin", "main"]);
    let text = fs::read_to_string(&said).unwrap();
    assert!(text.starts_with("applied ") && text.contains("while a hook checks a push"), "{text}");
    assert_eq!(lab.git_in(&origin, &["for-each-ref", "refs/puff"]), "");
    lab.git_in(&origin, &["fsck", "--strict"]);
}

#[test]
fn objects_may_be_elsewhere_as_git_is_told() {
    let mut lab = TestRepo::new();
    let export = export(&lab);
    let objects = lab.path("objects");
    fs::rename(lab.work().join(".git/objects"), &objects).unwrap();
    fs::create_dir(lab.work().join(".git/objects")).unwrap();
    lab.set("GIT_OBJECT_DIRECTORY", &objects.display().to_string());
    export.harvest(&lab, &["--name", "fix"]).ok();
    assert_eq!(lab.git(&["show", "puff/fix/var1:notes.txt"]), "one\n2\nthree");
    lab.puff(&["review", "fix", "--check", "true"]).ok();
    assert!(fs::read_dir(lab.work().join(".git/objects")).unwrap().next().is_none(), "nothing is written there");
    // As alternates, they are read; what is new is written into the repository.
    lab.unset("GIT_OBJECT_DIRECTORY");
    lab.set("GIT_ALTERNATE_OBJECT_DIRECTORIES", &objects.display().to_string());
    lab.puff(&["pick", "fix:1"]).ok();
    assert!(fs::read_dir(lab.work().join(".git/objects")).unwrap().next().is_some());
    lab.git(&["fsck", "--strict"]);
}

#[test]
fn a_namespace_hides_nothing_and_an_alias_is_a_verb() {
    let mut lab = TestRepo::new();
    let export = export(&lab);
    lab.set("GIT_NAMESPACE", "other");
    export.harvest(&lab, &["--name", "fix"]).ok();
    lab.unset("GIT_NAMESPACE");
    assert_eq!(lab.puff(&["show", "fix", "--json"]).ok().json()["run"], "fix");

    lab.git(&["config", "alias.bo4", "puff harvest --base main"]);
    lab.git(&["config", "alias.tries", "!git puff harvest --base main"]);
    // An alias starts where the user stands; one for the shell starts at the top, with their folder in GIT_PREFIX.
    git(&lab, &lab.work().join("src"), &["bo4", "--from", "../../export", "--name", "fix"]).ok();
    git(&lab, &lab.work().join("src"), &["tries", "--from", "../export", "--name", "fix"]).ok();
    git(&lab, &lab.work().join("src"), &["bo4", "--form"]).exits(129);
}
