//! What a workspace gets of the ignored files of the main worktree: copies, links, and the folders of Node and Python.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::{Value, json};

use crate::support::agent_run::AgentRun;
use crate::support::cloud_env::each;
use crate::support::export::Export;
use crate::support::test_repo::{TestRepo, make_executable};

/// An agent that says what there is in its workspace, by a command whose lines go to a file that is harvested.
fn lists(command: &str) -> AgentRun {
    let crew = AgentRun::new();
    crew.agent("lists", &format!("{{ {command}; }} >got 2>&1"));
    crew
}

/// Runs it, and returns the lines; its patch holds nothing else.
fn listed(crew: &AgentRun) -> Vec<String> {
    let run = crew.tournament(&["--agent", "lists"]);
    assert_eq!(each(&run, "status"), ["completed"], "{run:#}");
    assert_eq!(run["variants"][0]["files"], 1, "{run:#}");
    crew.file(run["run"].as_str().unwrap(), 1, "got").lines().map(str::to_owned).collect()
}

#[test]
fn the_include_file_of_the_base_names_what_is_copied() {
    let crew = lists(
        "find . -path ./.git -prune -o -type f -print | sort | grep -v -e /src/ -e '^./got' -e notes.txt -e README",
    );
    let repo = &crew.repo;
    repo.commit(".gitignore", "*.local\n.env*\n/certs/\nbuild/\n", "Ignore");
    let include = "# for agents\n.env*\n!.env.prod\n/certs/\n*.md\nconf/{a}.local\n";
    repo.commit(".worktreeinclude", include, "Say what agents need");
    for file in
        [".env", ".env.prod", "sub/.env.test", "certs/x/y", "build/.env", "build/b", "conf/{a}.local", "a.local"]
    {
        repo.write(file, "x");
    }
    repo.write("draft.md", "it is untracked, and not ignored");
    // The file of the worktree does not count before it is committed.
    repo.write(".worktreeinclude", format!("{include}*.local\n"));
    let wanted = ["./.env", "./.gitignore", "./.worktreeinclude", "./build/.env", "./certs/x/y", "./conf/{a}.local"];
    assert_eq!(listed(&crew), [&wanted[..], &["./sub/.env.test"]].concat());

    let said = crew.try_launch(&["--agent", "lists"]).ok().stderr;
    assert!(said.contains("hint: '*.md' matches no ignored file of the main worktree"), "{said}");
    assert_eq!(said.matches("matches no ignored file").count(), 1, "{said}");
}

#[test]
fn a_folder_is_copied_whole_with_links_permissions_and_dates() {
    let crew = lists(
        "cat deps/.bin/tool; deps/.bin/tool; stat -c %a deps/closed deps/tool.sh; ls -A deps/empty deps/sub; \
         test deps/tool.sh -ot .gitignore && echo old",
    );
    let repo = &crew.repo;
    repo.commit(".gitignore", "deps\n", "Ignore");
    repo.write("deps/tool.sh", "#!/bin/sh\necho ran\n");
    let deps = repo.work().join("deps");
    make_executable(&deps.join("tool.sh"));
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(1_000_000);
    fs::File::open(deps.join("tool.sh")).unwrap().set_modified(long_ago).unwrap();
    for folder in [".bin", "empty", "closed", "sub"] {
        fs::create_dir(deps.join(folder)).unwrap();
    }
    symlink("../tool.sh", deps.join(".bin/tool")).unwrap();
    repo.write("deps/closed/x", "x");
    fs::set_permissions(deps.join("closed"), fs::Permissions::from_mode(0o500)).unwrap();
    // A repository, such as a dependency that is one.
    repo.git_in(&deps, &["init", "-q", "sub/repo"]);
    repo.git(&["config", "puff.workspace.copy", "deps"]);
    let got = listed(&crew);
    assert_eq!(
        got,
        ["#!/bin/sh", "echo ran", "ran", "500", "755", "deps/empty:", "", "deps/sub:", "repo", "old"],
        "{got:#?}"
    );
}

#[test]
fn a_link_leads_to_the_main_worktree_and_is_no_work_of_the_agent() {
    let crew = lists("readlink big cache/data; cat big/x cache/data/y cache/own; echo z >cache/mine");
    let repo = &crew.repo;
    // Of the second, only a folder is ignored: a link in its place would be a new file.
    repo.commit(".gitignore", "big\ncache/\n", "Ignore");
    for (file, text) in [("big/x", "x\n"), ("cache/data/y", "y\n"), ("cache/own", "own\n")] {
        repo.write(file, text);
    }
    repo.git(&["config", "--add", "puff.workspace.link", "big"]);
    repo.git(&["config", "--add", "puff.workspace.link", "cache/"]);
    repo.git(&["config", "--add", "puff.workspace.link", "nothing"]);
    let main = repo.work().display().to_string();
    assert_eq!(listed(&crew), [&format!("{main}/big"), &format!("{main}/cache/data"), "x", "y", "own"]);
    assert!(!repo.work().join("cache/mine").exists());
    let said = crew.try_launch(&["--agent", "lists"]).ok().stderr;
    assert!(said.contains("hint: 'nothing' matches no ignored file"), "{said}");
}

#[test]
fn nothing_is_written_behind_a_link_that_the_commit_has() {
    let crew = lists("ls -d outside deps cache; cat cache/x");
    let repo = &crew.repo;
    let outside = repo.path("outside");
    fs::create_dir(&outside).unwrap();
    symlink(&outside, repo.work().join("deps")).unwrap();
    repo.write(".gitignore", "/deps/x\n/cache\n");
    repo.git(&["add", ".gitignore", "deps"]);
    repo.git(&["commit", "-qm", "Use what is outside"]);
    repo.git(&["rm", "-q", "--cached", "deps"]);
    fs::remove_file(repo.work().join("deps")).unwrap();
    repo.write("deps/x", "x\n");
    repo.write("cache/x", "x\n");
    repo.git(&["config", "--add", "puff.workspace.copy", "deps/x"]);
    repo.git(&["config", "--add", "puff.workspace.copy", "cache"]);
    let got = listed(&crew);
    assert_eq!(got.last().map(String::as_str), Some("x"), "{got:?}");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

/// A project whose checks need what an install made.
fn project() -> (TestRepo, String) {
    let repo = TestRepo::new();
    repo.commit(".gitignore", "node_modules/\n.venv/\n", "Ignore");
    repo.write("node_modules/left-pad/index.js", "module.exports = 1\n");
    repo.write("node_modules/.bin/left", "#!/bin/sh\nexit 0\n");
    make_executable(&repo.work().join("node_modules/.bin/left"));
    repo.write(".venv/bin/python", "#!/bin/sh\nexit 0\n");
    make_executable(&repo.work().join(".venv/bin/python"));
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch("notes.txt", "one\n"));
    let run = export.harvest(&repo, &["--json"]).ok().json()["run"].as_str().unwrap().to_owned();
    (repo, run)
}

#[test]
fn a_review_has_the_folders_of_node_and_python_without_a_setting() {
    let (repo, run) = project();
    let args = ["review", &run, "--check", "node_modules/.bin/left", "--check", ".venv/bin/python"];
    let seen = repo.puff(&[&args[..], &["--json"]].concat()).ok().json();
    let statuses: Vec<&Value> =
        seen["variants"][0]["checks"].as_array().unwrap().iter().map(|check| &check["status"]).collect();
    assert_eq!(statuses, [&json!("passed"), &json!("passed")]);
    assert_eq!(seen["variants"][0]["risks"], json!([]));
    // An empty value turns it off, and what was found with them does not count without.
    repo.git(&["config", "puff.workspace.copy", ""]);
    let seen = repo.puff(&[&args[..], &["--json"]].concat()).exits(3).json();
    assert_eq!(seen["variants"][0]["checks"][0]["status"], "error", "{seen:#}");
}

#[test]
fn the_copy_of_a_virtual_environment_is_one_of_its_own() {
    let crew = lists(
        "cat .venv/bin/tool .venv/lib/python3/site-packages/app.pth; . .venv/bin/activate; ls -l .venv/bin/python",
    );
    let repo = &crew.repo;
    repo.commit(".gitignore", ".venv\n", "Ignore");
    let main = repo.work().display().to_string();
    repo.write(".venv/pyvenv.cfg", "home = /usr/bin\n");
    repo.write(".venv/bin/tool", format!("#!{main}/.venv/bin/python\nimport app\n"));
    repo.write(".venv/bin/activate", format!("VIRTUAL_ENV='{main}/.venv'; echo $VIRTUAL_ENV\n"));
    repo.write(".venv/lib/python3/site-packages/app.pth", format!("{main}/src\n{main}.old\n"));
    symlink("/usr/bin/python3", repo.work().join(".venv/bin/python")).unwrap();
    let got = listed(&crew);
    let there = got[0].strip_prefix("#!").and_then(|line| line.strip_suffix("/.venv/bin/python")).unwrap().to_owned();
    assert!(there.ends_with("/var1") && there.starts_with(crew.workspace_root().to_str().unwrap()), "{got:?}");
    assert_eq!(got[1..5], ["import app", &format!("{there}/src"), &format!("{main}.old"), &format!("{there}/.venv")]);
    assert!(got[5].ends_with("-> /usr/bin/python3"), "{got:?}");
}

#[test]
fn what_a_variant_includes_does_not_count() {
    let repo = TestRepo::new();
    repo.commit(".gitignore", ".secret\n", "Ignore");
    repo.write(".secret", "x");
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch(".worktreeinclude", ".secret\n"));
    let run = export.harvest(&repo, &["--json"]).ok().json()["run"].as_str().unwrap().to_owned();
    repo.puff(&["review", &run, "--check", "test ! -e .secret"]).ok();
}

#[test]
fn a_hint_of_a_review_names_each_pattern_once() {
    let (repo, run) = project();
    repo.git(&["config", "puff.workspace.copy", "nothing*"]);
    let said = repo.puff(&["review", &run, "--check", "true"]).ok().stderr;
    assert_eq!(said.matches("hint: 'nothing*' matches no ignored file").count(), 1, "{said}");
}

#[test]
fn an_earlier_name_of_a_setting_keeps_working_and_doctor_says_when_it_does_not_count() {
    let repo = TestRepo::new();
    repo.git(&["config", "puff.worktree.setup", "make old"]);
    repo.git(&["config", "puff.worktreeDir", "../old"]);
    let shown = repo.puff(&["config", "--json"]).ok().json();
    let keys = shown["settings"].as_array().unwrap();
    let names: Vec<&str> = keys.iter().map(|key| key["key"].as_str().unwrap()).collect();
    assert!(names.contains(&"puff.workspace.setup") && !names.iter().any(|name| name.starts_with("puff.worktree")));
    assert_eq!(shown["unknown"], json!([]));
    let one = repo.puff(&["config", "worktree.setup"]).ok().stdout;
    assert!(one.contains("puff.workspace.setup = make old\n") && one.contains("as puff.worktree.setup"), "{one}");
    let quiet = repo.puff(&["doctor"]).stdout;
    assert!(!quiet.contains("puff.worktree"), "{quiet}");

    repo.git(&["config", "puff.workspace.setup", "make new"]);
    let one = repo.puff(&["config", "workspace.setup"]).ok().stdout;
    assert!(one.contains("puff.workspace.setup = make new\n") && !one.contains("old"), "{one}");
    let said = repo.puff(&["doctor"]).stdout;
    let both = "puff.worktree.setup (file:.git/config) is ignored: puff.workspace.setup, its name of today, is set too";
    assert!(said.contains(both) && said.contains("git config --unset-all puff.worktree.setup"), "{said}");
}
