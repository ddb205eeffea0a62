//! Setting a repository up, saying each thing, and taking each thing back.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::export::Export;
use crate::support::hooks::{everything, pre_push, write};
use crate::support::test_repo::{TestRepo, run};

type Folder = Vec<(String, u32, Vec<u8>)>;

/// Everything that could be set up: the configuration and the git directory's attributes and hooks.
fn place(repo: &TestRepo) -> (String, Folder, Folder) {
    let folder = |name: &str| everything(&repo.path("work/.git").join(name));
    (fs::read_to_string(repo.path("work/.git/config")).unwrap(), folder("info"), folder("hooks"))
}

fn deeds(document: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let steps = document["steps"].as_array().expect("steps").iter();
    steps.map(|step| (text(&step["what"]), text(&step["did"]))).collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(what, did)| ((*what).to_owned(), (*did).to_owned())).collect()
}

#[test]
fn each_step_is_reported_done_once_and_undone() {
    let repo = TestRepo::new();
    let before = place(&repo);
    let said = repo.puff(&["init", "--hooks"]).ok();
    for words in [
        "git config --add notes.rewriteRef refs/notes/puff/report",
        "git config --add notes.displayRef refs/notes/puff/report",
        "'.codex/bo4_runs.jsonl merge=union' in '",
        "asks git-puff before a push",
    ] {
        assert!(said.stdout.contains(words), "no '{words}' in {}", said.stdout);
    }
    assert_eq!(repo.git(&["config", "notes.rewriteRef"]), "refs/notes/puff/report");
    assert!(repo.git(&["check-attr", "merge", "--", ".codex/bo4_runs.jsonl"]).ends_with("union"));
    assert_eq!(repo.git(&["status", "--porcelain"]), "", "nothing waits to be committed");
    let after = place(&repo);
    let again = repo.puff(&["init", "--hooks", "--json"]).ok().json();
    assert_eq!(again["schema"], "puff.init/1");
    let so = [("rewrite-ref", "already"), ("display-ref", "already"), ("attributes", "already"), ("hook", "already")];
    assert_eq!(deeds(&again), pairs(&so));
    assert_eq!(place(&repo), after);
    let undone = repo.puff(&["init", "--undo", "--json"]).ok().json();
    let back = [("hook", "undone"), ("attributes", "undone"), ("display-ref", "undone"), ("rewrite-ref", "undone")];
    assert_eq!((deeds(&undone), undone["undone"].as_bool()), (pairs(&back), Some(true)));
    assert_eq!(place(&repo), before);
    let nothing = repo.puff(&["init", "--undo"]).ok();
    assert!(nothing.stderr.contains("nothing to undo"), "{nothing:?}");
}

#[test]
fn settings_of_the_user_are_kept_and_not_undone() {
    let repo = TestRepo::new();
    repo.git(&["config", "notes.displayRef", "refs/notes/puff/*"]);
    repo.git(&["config", "notes.rewriteRef", "refs/notes/commits"]);
    fs::write(repo.path("work/.git/info/attributes"), "*.txt diff").unwrap();
    write(&pre_push(&repo), "#!/bin/sh\nexit 0\n", 0o700);
    repo.puff(&["hook", "install"]).ok();
    let before = place(&repo);
    let done = repo.puff(&["init", "--hooks", "--json"]).ok().json();
    let did = [("rewrite-ref", "done"), ("display-ref", "already"), ("attributes", "done"), ("hook", "already")];
    assert_eq!(deeds(&done), pairs(&did));
    assert_eq!(repo.git(&["config", "--get-all", "notes.rewriteRef"]), "refs/notes/commits\nrefs/notes/puff/report");
    // What somebody else adds afterwards is not ours either.
    let path = repo.path("work/.git/info/attributes");
    let ours = fs::read_to_string(&path).unwrap();
    assert!(ours.starts_with("*.txt diff\n#"), "{ours}");
    repo.puff(&["init", "--undo"]).ok();
    assert_eq!(place(&repo), before);
    // Attributes that say something else, wherever that is.
    repo.commit(".gitattributes", "*.jsonl merge=binary\n", "Merge nothing");
    let done = repo.puff(&["init", "--json"]).ok().json();
    assert_eq!(deeds(&done)[2], pairs(&[("attributes", "left")])[0]);
    repo.puff(&["init", "--undo"]).ok();
    // Gone meanwhile.
    repo.git(&["rm", "-q", ".gitattributes"]);
    repo.puff(&["init"]).ok();
    repo.git(&["config", "--unset-all", "notes.rewriteRef", "puff"]);
    fs::write(&path, "*.txt diff\n").unwrap();
    let undone = repo.puff(&["init", "--undo", "--json"]).ok().json();
    assert_eq!(deeds(&undone), pairs(&[("attributes", "gone"), ("rewrite-ref", "gone")]));
    assert_eq!(fs::read_to_string(&path).unwrap(), "*.txt diff\n");
}

#[test]
fn reports_are_synced_and_the_runbooks_of_both_sides_are_kept() {
    let repo = TestRepo::new();
    repo.puff(&["init"]).ok();
    let export = Export::new(&repo, "fix");
    export.patch(1, repo.patch("notes.txt", "one\n2\nthree\n"));
    export.harvest(&repo, &["--name", "fix"]).ok();
    repo.git(&["checkout", "-q", "puff/fix/var1"]);
    assert!(repo.git(&["log", "-1"]).contains("# Handoff: fix"));
    repo.git(&["commit", "-q", "--amend", "-m", "Said better"]);
    assert!(repo.git(&["log", "-1"]).contains("# Handoff: fix"), "the note went along");
    let doctor = repo.puff(&["doctor"]);
    assert!(!doctor.stdout.contains("puff.init"), "{}", doctor.stdout);

    repo.git(&["checkout", "-q", "main"]);
    let line = |name: &str| format!("{{\"task_id\":\"{name}\"}}\n");
    repo.commit(".codex/bo4_runs.jsonl", line("base"), "Begin a log");
    repo.git(&["checkout", "-q", "-b", "other"]);
    repo.commit(".codex/bo4_runs.jsonl", line("base") + &line("theirs"), "Theirs");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit(".codex/bo4_runs.jsonl", line("base") + &line("ours"), "Ours");
    repo.git(&["merge", "-q", "--no-edit", "other"]);
    let merged = fs::read_to_string(repo.work().join(".codex/bo4_runs.jsonl")).unwrap();
    assert_eq!(merged, line("base") + &line("ours") + &line("theirs"));
}

#[test]
fn it_works_in_linked_worktrees_and_bare_repositories_and_beside_a_hook_manager() {
    let repo = TestRepo::new();
    repo.git(&["worktree", "add", "-q", "../linked"]);
    let puff = |folder: &Path, args: &[&str]| run(repo.command("git").current_dir(folder).arg("puff").args(args));
    let before = place(&repo);
    puff(&repo.path("linked"), &["init", "--hooks"]).ok();
    assert!(pre_push(&repo).is_file());
    puff(&repo.work(), &["init", "--undo"]).ok();
    assert_eq!(place(&repo), before);
    let bare = puff(&repo.path("origin.git"), &["init", "--json"]).ok().json();
    assert_eq!(deeds(&bare)[2], pairs(&[("attributes", "left")])[0]);
    puff(&repo.path("origin.git"), &["init", "--undo"]).ok();

    write(&repo.path("work/.husky/_/h"), "", 0o644);
    repo.git(&["config", "core.hooksPath", ".husky/_"]);
    let told = repo.puff(&["init", "--hooks"]).exits(1).complains(&["husky manages the hooks"]);
    assert!(told.stdout.contains("hook: left unchanged") && told.stderr.contains("git puff hook pre-push"), "{told:?}");
    let undone = repo.puff(&["init", "--undo", "--json"]).ok().json();
    assert_eq!(deeds(&undone).len(), 3, "the hook was not ours");
}
