//! The demo: on a machine without a git identity, whatever git's configuration is, and what it tells to type works.

use crate::support::test_repo::{Ran, TestRepo, run};

const DEMO: &str = env!("CARGO_BIN_EXE_git-puff");

/// The configuration of someone whose git is set up in every way that could be in the way.
fn hostile() -> TestRepo {
    let mut repo = TestRepo::empty();
    let hooks = repo.path("home/hooks");
    std::fs::create_dir_all(hooks.join("hooks")).unwrap();
    for hook in ["pre-commit", "commit-msg", "post-checkout", "hooks/pre-commit", "hooks/post-checkout"] {
        let path = hooks.join(hook);
        std::fs::write(&path, "#!/bin/sh\nexit 1\n").unwrap();
        assert!(repo.command("chmod").arg("+x").arg(&path).status().unwrap().success());
    }
    let hooks = hooks.display();
    let config = format!(
        "[user]\n\tuseConfigOnly = true\n[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = false\n[core]\n\thooksPath = {hooks}\n\
        \tautocrlf = true\n\texcludesFile = {hooks}/ignored\n[init]\n\tdefaultBranch = trunk\n\ttemplateDir = {hooks}\n\
        \tdefaultObjectFormat = sha256\n\tdefaultRefFormat = reftable\n[diff]\n\tnoprefix = true\n\texternal = false\n\
        [puff]\n\tbranchPrefix = elsewhere/\n[safe]\n\tbareRepository = explicit\n"
    );
    std::fs::write(repo.path("home/.gitconfig"), config).unwrap();
    std::fs::write(repo.path("home/hooks/ignored"), "*\n").unwrap();
    for (name, value) in [
        ("GIT_DIR", "/nowhere"),
        ("GIT_WORK_TREE", "/nowhere"),
        ("GIT_INDEX_FILE", "/nowhere"),
        ("GIT_OBJECT_DIRECTORY", "/nowhere"),
        ("GIT_NAMESPACE", "nowhere"),
        ("GIT_TEMPLATE_DIR", "/nowhere"),
        ("GIT_EXTERNAL_DIFF", "false"),
        ("GIT_AUTHOR_DATE", "never"),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "core.bare"),
        ("GIT_CONFIG_VALUE_0", "true"),
        ("GIT_PUFF_BRANCH_PREFIX", "elsewhere/"),
    ] {
        repo.set(name, value);
    }
    repo
}

/// What a user has who types: the same configuration, but a `git diff` that works, and no variables of git.
fn calm(repo: &mut TestRepo) {
    for name in ["DIR", "WORK_TREE", "INDEX_FILE", "OBJECT_DIRECTORY", "NAMESPACE", "TEMPLATE_DIR", "EXTERNAL_DIFF"] {
        repo.unset(&format!("GIT_{name}"));
    }
    for name in ["AUTHOR_DATE", "CONFIG_COUNT", "CONFIG_KEY_0", "CONFIG_VALUE_0", "PUFF_BRANCH_PREFIX"] {
        repo.unset(&format!("GIT_{name}"));
    }
    repo.git(&["config", "--global", "--unset", "diff.external"]);
}

/// The commands that the demo tells to type, in order.
fn told(demo: &Ran) -> Vec<String> {
    let lines = demo.stdout.lines().skip_while(|line| *line != "Now try for yourself:").skip(2);
    let listed = lines.take_while(|line| !line.is_empty());
    listed.map(|line| line.trim_start().split_once("  ").expect(line).1.trim_start().to_owned()).collect()
}

#[test]
fn the_demo_plays_anywhere_and_what_it_tells_to_type_works() {
    let mut repo = hostile();
    let demo = run(repo.command(DEMO).args(["demo", "it's a demo"])).ok();
    for said in [
        "$ git puff launch",
        "$ git puff watch fix-average",
        "$ git puff harvest fix-average",
        "fix-average: ready",
        "[git-puff] answered 'y', as puff.session.answer",
        "var3 (cleo): average.sh 2 prints '0', not '2'",
        "# Handoff: fix-average",
    ] {
        assert!(demo.stdout.contains(said), "'{said}' is not in:\n{}", demo.stdout);
    }

    calm(&mut repo);
    let made = repo.path("it's a demo/repo");
    let git = |args: &[&str]| repo.git_in(&made, args);
    assert_eq!(git(&["status", "--porcelain", "--branch"]), "## main");
    let branches = git(&["for-each-ref", "--format=%(refname:short) %(subject)", "refs/heads/puff"]);
    let subject = "Fix average.sh: without any numbers it has to print 0";
    let wanted: Vec<_> = [1, 2, 3, 4].iter().map(|n| format!("puff/fix-average/var{n} {subject}")).collect();
    assert_eq!(branches.lines().collect::<Vec<_>>(), wanted);
    assert_eq!(
        git(&["rev-parse", "puff/fix-average/var1^{tree}"]),
        git(&["rev-parse", "puff/fix-average/var4^{tree}"])
    );
    let shown = run(repo.command(DEMO).current_dir(&made).args(["show", "@", "--json"])).ok().json();
    let outcomes: Vec<_> = shown["variants"].as_array().unwrap().iter().map(|v| v["apply"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["applied"; 4]);
    assert_eq!(git(&["worktree", "list"]).lines().count(), 1);
    assert_eq!((shown["variants"][3]["duplicate_of"].as_u64(), shown["state"].as_str()), (Some(1), Some("harvested")));

    // As a shell takes them: the folder is gone to, and the pager prints what it is given.
    let commands = told(&demo);
    assert_eq!(commands.len(), 7, "{commands:?}");
    let before_the_end = &commands[..commands.len() - 1];
    let script = format!("export GIT_PAGER=cat\n{}\n", before_the_end.join(" || exit 1\n"));
    let typed = run(repo.command("sh").args(["-c", &script])).ok();
    for said in ["Notes (puff/report):", "+check 0", "average.sh", "all is well"] {
        assert!(typed.stdout.contains(said), "'{said}' is not in:\n{}", typed.stdout);
    }
    assert_eq!(git(&["log", "-1", "--format=%s", "main"]), subject);
    run(repo.command("sh").args(["-c", &commands[commands.len() - 1]])).ok();
    assert!(!repo.path("it's a demo").exists());
}

#[test]
fn without_a_name_the_demo_makes_a_new_folder() {
    let mut repo = TestRepo::empty();
    repo.set("PATH", "/usr/local/bin:/usr/bin:/bin");
    let demo = run(repo.command(DEMO).arg("demo")).ok();
    let folder = std::fs::read_dir(repo.path("home")).unwrap().flatten().find(|entry| entry.path().is_dir()).unwrap();
    assert!(folder.path().join("repo/.git").is_dir() && folder.path().join("agents/dan.sh").is_file());
    // Where git does not find git-puff, the way to it is among the commands.
    let commands = told(&demo);
    assert!(commands[1].starts_with("PATH="), "{commands:?}");
    run(repo.command("sh").args(["-c", &format!("{}; {}; git puff list", commands[0], commands[1])])).ok();
}

#[test]
fn a_demo_that_fails_reports_why() {
    let mut repo = TestRepo::empty();
    run(repo.command(DEMO).args(["demo", "home"])).exits(1).complains(&["'home'", "not empty"]);
    assert!(!repo.path("home/repo").exists());
    repo.set("PATH", "/nowhere");
    run(repo.command(DEMO).args(["demo", "new"])).exits(128).complains(&["cannot run git"]);
}
