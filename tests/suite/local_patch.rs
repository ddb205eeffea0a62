//! What counts as the patch of an agent on this machine: everything its worktree has over the base.

use std::fs;

use serde_json::{Value, json};

use crate::support::agent_run::AgentRun;
use crate::support::cloud_env::each;

/// The tree of a branch, a line each: mode and path.
fn listing(crew: &AgentRun, run: &Value) -> String {
    let branch = format!("puff/{}/var1", run["run"].as_str().unwrap());
    crew.repo.git(&["ls-tree", "-r", "--format=%(objectmode) %(path)", &branch])
}

#[test]
fn committed_staged_unstaged_and_untracked_work_counts_and_ignored_files_do_not() {
    let crew = AgentRun::new();
    crew.repo.commit(".gitignore", "*.o\nforced/\n", "Ignore");
    crew.repo.commit("old name", "a text of\nseveral lines\n", "Name it");
    crew.repo.commit("gone", "x", "Have something");
    crew.agent(
        "all",
        "echo committed >committed; git add committed; git commit -qm one
         mkdir forced; echo f >forced/kept; git add -f forced/kept; git commit -qm two
         echo staged >staged; git add staged
         echo unstaged >>notes.txt; echo '\u{e9}' >'untracked \u{e9}'; echo o >x.o
         git mv 'old name' 'new name'; rm gone; chmod +x README; ln -s README link
         printf '\\000\\001\\002' >binary; printf 'no end' >src/parse.rs; mkdir empty",
    );
    let run = crew.tournament(&["--agent", "all", "--keep"]);
    assert_eq!(each(&run, "apply"), ["applied"]);
    let wanted = "100644 .gitignore\n100755 README\n100644 binary\n100644 committed\n100644 forced/kept\n120000 link\n\
        100644 new name\n100644 notes.txt\n100644 src/parse.rs\n100644 staged\n100644 \"untracked \\303\\251\"";
    assert_eq!(listing(&crew, &run), wanted);
    let id = run["run"].as_str().unwrap();
    assert_eq!(crew.file(id, 1, "src/parse.rs"), "no end");

    // The agent's worktree and index are as it left them.
    let worktree = crew.workspace_root().join(id).join("var1");
    let status = crew.repo.git_in(&worktree, &["status", "--porcelain"]);
    assert!(status.contains("A  staged") && status.contains("\n M notes.txt"), "{status}");
    let again = crew.repo.puff(&["harvest", id, "--json"]).ok().json();
    assert_eq!(again["variants"][0]["revision"], 1);
}

#[test]
fn a_patch_has_one_form_whatever_is_configured() {
    let crew = AgentRun::new();
    crew.agent("same", "git mv notes.txt n; echo 1 >>n; echo two words >README");
    let first = crew.tournament(&["--agent", "same"]);
    for (key, value) in [
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.renames", "copies"),
        ("diff.context", "0"),
        ("diff.algorithm", "patience"),
        ("diff.external", "false"),
        ("color.ui", "always"),
        ("diff.wordRegex", "."),
        ("diff.suppressBlankEmpty", "true"),
        ("core.safecrlf", "true"),
    ] {
        crew.repo.git(&["config", key, value]);
    }
    let second = crew.tournament(&["--agent", "same"]);
    assert_eq!(first["variants"][0]["patch_sha256"], second["variants"][0]["patch_sha256"]);
}

#[test]
fn a_repository_that_an_agent_makes_inside_comes_along_as_files() {
    let crew = AgentRun::new();
    crew.agent(
        "nests",
        "git init -q empty; echo e >empty/file; mkdir empty/sub; echo s >empty/sub/file
         git init -q full; cd full; echo '*.o' >.gitignore; echo f >file; git add .; git commit -qm inner; echo o >x.o
         echo more >more; git init -q deeper; echo d >deeper/file; cd ..
         git init -q known; (cd known; echo k >file; git add .; git commit -qm inner); git add known; git commit -qm link",
    );
    let run = crew.tournament(&["--agent", "nests"]);
    assert_eq!(each(&run, "apply"), ["applied"]);
    let listed = listing(&crew, &run);
    for file in
        ["empty/file", "empty/sub/file", "full/.gitignore", "full/file", "full/more", "full/deeper/file", "known/file"]
    {
        assert!(listed.contains(&format!("100644 {file}")), "{file} is not in:\n{listed}");
    }
    assert!(!listed.contains("160000") && !listed.contains("x.o"), "{listed}");
}

#[test]
fn the_files_of_any_worktree_state_are_harvested() {
    let crew = AgentRun::new();
    crew.agent("cuts", "echo cuts >x; rm -rf .git");
    crew.agent("own", "echo own >x; rm -rf .git; git init -q");
    crew.agent("index", "echo index >x; git add x; rm \"$(git rev-parse --git-dir)/index\"");
    crew.agent("broken", "echo broken >x; echo garbage >\"$(git rev-parse --git-dir)/index\"");
    crew.agent("locked", "echo locked >x; touch \"$(git rev-parse --git-dir)/index.lock\"");
    crew.agent(
        "hides",
        "git update-index --assume-unchanged notes.txt; git update-index --skip-worktree README
         echo h >>notes.txt; echo h >>README; echo hides >x",
    );
    crew.agent("forgets", "echo forgets >x; rm -rf \"$(git rev-parse --git-dir)\"");
    let agents = ["cuts", "own", "index", "broken", "locked", "hides", "forgets"];
    let flags: Vec<&str> = agents.iter().flat_map(|agent| ["--agent", agent]).collect();
    let run = crew.tournament(&flags);
    assert_eq!(each(&run, "apply"), ["applied"; 7], "{run:#}");
    for (at, agent) in (1..).zip(agents) {
        assert_eq!(crew.file(run["run"].as_str().unwrap(), at, "x"), agent);
    }
    assert_eq!(run["variants"][5]["files"], 3);
    assert_eq!(crew.left(), [""; 0]);
}

#[test]
fn a_missing_worktree_is_reported() {
    let crew = AgentRun::new();
    crew.agent("burns", "cd ..; rm -rf var1").agent("good", "echo x >x");
    let run = crew.tournament(&["--agent", "burns", "--agent", "good"]);
    assert_eq!(each(&run, "status"), ["failed", "completed"]);
    assert_eq!(run["variants"][0]["reason"], "its worktree is gone, and its work with it");
    assert_eq!(run["state"], "harvested");
}

#[test]
fn refs_and_hooks_that_agents_change_are_named_as_risks() {
    let crew = AgentRun::new().linked();
    crew.repo.git(&["tag", "v1"]);
    crew.agent(
        "moves",
        "git branch side; git tag -d v1; git checkout -q -b mine; echo x >x; git add x; git commit -qm x; echo y >x
         printf '#!/bin/sh\\n' >\"$(git rev-parse --git-common-dir)/hooks/pre-push\"",
    );
    crew.agent("good", "echo x >x");
    let run = crew.tournament(&["--agent", "moves", "--agent", "good", "--jobs", "1"]);
    let risks: Vec<_> = run["variants"][0]["risks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|risk| json!([risk["kind"], risk["path"]]))
        .collect();
    let wanted = json!([
        // The user could have deleted it as well.
        ["concurrent", "refs/tags/v1"],
        ["ref", "refs/heads/mine"],
        ["ref", "refs/heads/side"],
        ["hook", ".git/hooks/pre-push"]
    ]);
    assert_eq!(json!(risks), wanted);
    assert_eq!(run["variants"][1]["risks"], json!([]), "it was at work when nothing changed");
    let report = crew.repo.puff(&["report", run["run"].as_str().unwrap()]).ok().stdout;
    assert!(report.contains("refs/heads/mine"), "{report}");
}

#[test]
fn what_a_new_worktree_gets_beside_the_checkout() {
    let crew = AgentRun::new();
    crew.repo.commit(".gitignore", ".env\ncache/\n*.local\n", "Ignore");
    for (file, text) in [(".env", "KEY=1"), ("cache/a/b", "cached"), ("conf/x.local", "x"), ("plain", "untracked")] {
        crew.repo.write(file, text);
    }
    for value in [".env", "cache", "conf/*.local", "plain"] {
        crew.repo.git(&["config", "--add", "puff.worktree.copy", value]);
    }
    crew.repo.git(&["config", "puff.worktree.setup", "echo set up; echo made >cache/setup"]);
    crew.agent("lists", "cat .env cache/a/b conf/x.local cache/setup >got; test ! -e plain");
    let run = crew.tournament(&["--agent", "lists"]);
    let id = run["run"].as_str().unwrap();
    assert_eq!(each(&run, "status"), ["completed"], "{run:#}");
    assert_eq!(crew.file(id, 1, "got"), "KEY=1cachedxmade");
    assert_eq!(run["variants"][0]["files"], 1);
    let log = crew.repo.puff(&["session", "log", &format!("{id}-var1")]).ok().stdout;
    assert!(log.contains("set up"), "{log}");

    crew.repo.git(&["config", "puff.worktree.setup", "echo no network; exit 7"]);
    let run = crew.tournament(&["--agent", "lists"]);
    assert_eq!(run["variants"][0]["reason"], "puff.worktree.setup ended with exit code 7");
}

#[test]
fn an_agent_runs_in_its_worktree_without_a_terminal() {
    let mut crew = AgentRun::new();
    crew.agent("looks", "env | grep ^GIT_ | grep -v GIT_PUFF | sort >env; git rev-parse --show-toplevel >top; git status --porcelain >status");
    let index = crew.repo.path("elsewhere").display().to_string();
    crew.repo.set("GIT_INDEX_FILE", &index);
    let run = crew.tournament(&["--agent", "looks"]);
    crew.repo.unset("GIT_INDEX_FILE");
    let id = run["run"].as_str().unwrap();
    let env = crew.file(id, 1, "env");
    assert!(env.contains("GIT_TERMINAL_PROMPT=0"), "{env}");
    for tie in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        assert!(!env.contains(tie), "{env}");
    }
    assert!(crew.file(id, 1, "top").ends_with(&format!("work.puff/{id}/var1")));
    assert!(!fs::exists(index).unwrap());
}

#[test]
fn submodules_are_cloned_locally_and_their_changes_are_kept() {
    let crew = AgentRun::new();
    crew.repo.git_in(&crew.repo.path(""), &["clone", "-q", "origin.git", "library"]);
    let library = crew.repo.path("library").display().to_string();
    crew.repo.git(&["submodule", "--quiet", "add", &library, "lib"]);
    crew.repo.git(&["commit", "-qm", "Have a library"]);
    fs::rename(crew.repo.path("library"), crew.repo.path("offline")).unwrap();
    crew.agent("reads", "cp lib/README copy").agent("writes", "echo changed >>lib/README; echo x >x");
    let run = crew.tournament(&["--agent", "reads", "--agent", "writes"]);
    let id = run["run"].as_str().unwrap();
    assert_eq!(each(&run, "apply"), ["applied", "applied"], "{run:#}");
    assert_eq!(crew.file(id, 1, "copy"), "A thing to try things on.");
    let workspace_root = crew.workspace_root().join(id);
    assert!(!workspace_root.join("var1").exists() && workspace_root.join("var2/lib/README").exists());
    assert_eq!(run["variants"][1]["risks"][0]["path"], "lib");
    // That is as it should be.
    let doctor = crew.repo.puff(&["doctor", "--porcelain"]);
    assert!(!doctor.stdout.contains("CHECK=worktrees"), "{}", doctor.stdout);
}
