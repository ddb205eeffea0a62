//! `cd` prints where a variant's workspace is, and a function of the shell goes there.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::agent_run::AgentRun;
use crate::support::export::Export;
use crate::support::test_repo::{TestRepo, run};

/// A run whose agent's workspace is kept.
fn kept() -> (AgentRun, String) {
    let crew = AgentRun::new();
    crew.agent("works", "echo x >x");
    let run = crew.tournament(&["--agent", "works", "--keep"]);
    let id = run["run"].as_str().unwrap().to_owned();
    (crew, id)
}

/// Where a shell is after it has called the function.
fn after_puffcd(repo: &TestRepo, shell: &str, load: &str, run_id: &str) -> String {
    let line = format!("{load}; puffcd {run_id}:1; and_then=$?; pwd; puffcd {run_id}:9 2>/dev/null || pwd");
    let line = if shell == "fish" {
        line.replace("and_then=$?; ", "").replace("2>/dev/null || pwd", "2>/dev/null; or pwd")
    } else {
        line
    };
    run(repo.command(shell).args(["-c", &line])).ok().stdout
}

#[test]
fn the_folder_of_a_workspace_is_printed_while_there_is_one() {
    let (crew, id) = kept();
    let folder = crew.workspace_root().join(&id).join("var1");
    let printed = crew.repo.puff(&["cd", &format!("{id}:1")]).ok().stdout;
    assert_eq!(printed, format!("{}\n", folder.display()));
    crew.repo.puff(&["cd", &id]).exits(129).complains(&["only a variant has a workspace"]);
    crew.repo.puff(&["cd", &format!("{id}:2")]).exits(1).complains(&["no variant 2"]);

    let moved = crew.workspace_root().join("moved");
    fs::rename(&folder, &moved).unwrap();
    symlink(crew.repo.work(), &folder).unwrap();
    crew.repo.puff(&["cd", &format!("{id}:1")]).exits(1).complains(&["a symbolic link is there"]);
    fs::remove_file(&folder).unwrap();
    fs::rename(&moved, &folder).unwrap();

    let run = crew.tournament(&["--agent", "works"]);
    let id = run["run"].as_str().unwrap();
    let hint = format!("git switch puff/{id}/var1");
    let said = crew.repo.puff(&["cd", &format!("{id}:1")]).exits(1).complains(&["has no workspace"]).stderr;
    assert!(said.contains(&hint), "{said}");
}

#[test]
fn a_workspace_that_a_review_has_kept_is_found() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch("notes.txt", "one\n"));
    let id = export.harvest(&repo, &["--json"]).ok().json()["run"].as_str().unwrap().to_owned();
    repo.puff(&["cd", &format!("{id}:1")]).exits(1).complains(&["has no workspace"]);
    repo.puff(&["review", &id, "--check", "true", "--keep"]).ok();
    let printed = repo.puff(&["cd", &format!("{id}:1")]).ok().stdout;
    assert_eq!(printed, format!("{}\n", repo.path("work.puff").join(&id).join("var1").display()));
}

#[test]
fn bash_goes_to_the_folder() {
    let (crew, id) = kept();
    let folder = crew.workspace_root().join(&id).join("var1").display().to_string();
    let said = after_puffcd(&crew.repo, "bash", "source <(git puff completions bash)", &id);
    assert_eq!(said, format!("{folder}\n{folder}\n"));
}

#[test]
fn zsh_goes_to_the_folder() {
    needs!("zsh");
    let (crew, id) = kept();
    let folder = crew.workspace_root().join(&id).join("var1").display().to_string();
    let said = after_puffcd(&crew.repo, "zsh", "source <(git puff completions zsh)", &id);
    assert_eq!(said, format!("{folder}\n{folder}\n"));
}

#[test]
fn fish_goes_to_the_folder() {
    needs!("fish");
    let (crew, id) = kept();
    let folder = crew.workspace_root().join(&id).join("var1").display().to_string();
    let said = after_puffcd(&crew.repo, "fish", "git puff completions fish | source", &id);
    assert_eq!(said, format!("{folder}\n{folder}\n"));
}
