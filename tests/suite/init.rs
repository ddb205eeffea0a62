//! Setting a repository up, saying each thing, and taking each thing back.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::export::Export;
use crate::support::hooks::{everything, pre_push, write};
use crate::support::test_repo::{TestRepo, run};

type Folder = Vec<(String, u32, Vec<u8>)>;

/// Everything that could be set up: the configuration and the git directory's attributes and hooks.
fn place(lab: &TestRepo) -> (String, Folder, Folder) {
    let folder = |name: &str| everything(&lab.path("work/.git").join(name));
    (fs::read_to_string(lab.path("work/.git/config")).unwrap(), folder("info"), folder("hooks"))
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
fn each_thing_is_said_done_once_and_taken_back() {
    let lab = TestRepo::new();
    let before = place(&lab);
    let said = lab.puff(&["init", "--hooks"]).ok();
    for words in [
        "git config --add notes.rewriteRef refs/notes/puff/report",
        "git config --add notes.displayRef refs/notes/puff/report",
        "'.codex/bo4_runs.jsonl merge=union' in '",
        "asks git-puff before a push",
    ] {
        assert!(said.stdout.contains(words), "no '{words}' in {}", said.stdout);
    }
    assert_eq!(lab.git(&["config", "notes.rewriteRef"]), "refs/notes/puff/report");
    assert!(lab.git(&["check-attr", "merge", "--", ".codex/bo4_runs.jsonl"]).ends_with("union"));
    assert_eq!(lab.git(&["status", "--porcelain"]), "", "nothing waits to be committed");
    let after = place(&lab);
    let again = lab.puff(&["init", "--hooks", "--json"]).ok().json();
    assert_eq!(again["schema"], "puff.init/1");
    let so = [("rewrite-ref", "already"), ("display-ref", "already"), ("attributes", "already"), ("hook", "already")];
    assert_eq!(deeds(&again), pairs(&so));
    assert_eq!(place(&lab), after);
    let undone = lab.puff(&["init", "--undo", "--json"]).ok().json();
    let back = [("hook", "undone"), ("attributes", "undone"), ("display-ref", "undone"), ("rewrite-ref", "undone")];
    assert_eq!((deeds(&undone), undone["undone"].as_bool()), (pairs(&back), Some(true)));
    assert_eq!(place(&lab), before);
    let nothing = lab.puff(&["init", "--undo"]).ok();
    assert!(nothing.stderr.contains("nothing to undo"), "{nothing:?}");
}

#[test]
fn what_the_user_has_set_stays_and_is_not_taken_back() {
    let lab = TestRepo::new();
    lab.git(&["config", "notes.displayRef", "refs/notes/puff/*"]);
    lab.git(&["config", "notes.rewriteRef", "refs/notes/commits"]);
    fs::write(lab.path("work/.git/info/attributes"), "*.txt diff").unwrap();
    write(&pre_push(&lab), "#!/bin/sh\nexit 0\n", 0o700);
    lab.puff(&["hook", "install"]).ok();
    let before = place(&lab);
    let done = lab.puff(&["init", "--hooks", "--json"]).ok().json();
    let did = [("rewrite-ref", "done"), ("display-ref", "already"), ("attributes", "done"), ("hook", "already")];
    assert_eq!(deeds(&done), pairs(&did));
    assert_eq!(lab.git(&["config", "--get-all", "notes.rewriteRef"]), "refs/notes/commits\nrefs/notes/puff/report");
    // What somebody else adds afterwards is not ours either.
    let path = lab.path("work/.git/info/attributes");
    let ours = fs::read_to_string(&path).unwrap();
    assert!(ours.starts_with("*.txt diff\n#"), "{ours}");
    lab.puff(&["init", "--undo"]).ok();
    assert_eq!(place(&lab), before);
    // Attributes that say something else, wherever that is.
    lab.commit(".gitattributes", "*.jsonl merge=binary\n", "Merge nothing");
    let done = lab.puff(&["init", "--json"]).ok().json();
    assert_eq!(deeds(&done)[2], pairs(&[("attributes", "left")])[0]);
    lab.puff(&["init", "--undo"]).ok();
    // Gone meanwhile.
    lab.git(&["rm", "-q", ".gitattributes"]);
    lab.puff(&["init"]).ok();
    lab.git(&["config", "--unset-all", "notes.rewriteRef", "puff"]);
    fs::write(&path, "*.txt diff\n").unwrap();
    let undone = lab.puff(&["init", "--undo", "--json"]).ok().json();
    assert_eq!(deeds(&undone), pairs(&[("attributes", "gone"), ("rewrite-ref", "gone")]));
    assert_eq!(fs::read_to_string(&path).unwrap(), "*.txt diff\n");
}

#[test]
fn reports_are_shown_and_go_along_and_the_log_of_both_sides_is_kept() {
    let lab = TestRepo::new();
    lab.puff(&["init"]).ok();
    let export = Export::new(&lab, "fix");
    export.patch(1, lab.patch("notes.txt", "one\n2\nthree\n"));
    export.harvest(&lab, &["--name", "fix"]).ok();
    lab.git(&["checkout", "-q", "puff/fix/var1"]);
    assert!(lab.git(&["log", "-1"]).contains("# Handoff: fix"));
    lab.git(&["commit", "-q", "--amend", "-m", "Said better"]);
    assert!(lab.git(&["log", "-1"]).contains("# Handoff: fix"), "the note went along");
    let doctor = lab.puff(&["doctor"]);
    assert!(!doctor.stdout.contains("puff.init"), "{}", doctor.stdout);

    lab.git(&["checkout", "-q", "main"]);
    let line = |name: &str| format!("{{\"task_id\":\"{name}\"}}\n");
    lab.commit(".codex/bo4_runs.jsonl", line("base"), "Begin a log");
    lab.git(&["checkout", "-q", "-b", "other"]);
    lab.commit(".codex/bo4_runs.jsonl", line("base") + &line("theirs"), "Theirs");
    lab.git(&["checkout", "-q", "main"]);
    lab.commit(".codex/bo4_runs.jsonl", line("base") + &line("ours"), "Ours");
    lab.git(&["merge", "-q", "--no-edit", "other"]);
    let merged = fs::read_to_string(lab.work().join(".codex/bo4_runs.jsonl")).unwrap();
    assert_eq!(merged, line("base") + &line("ours") + &line("theirs"));
}

#[test]
fn it_works_in_linked_worktrees_and_bare_repositories_and_beside_a_hook_manager() {
    let lab = TestRepo::new();
    lab.git(&["worktree", "add", "-q", "../linked"]);
    let puff = |folder: &Path, args: &[&str]| run(lab.command("git").current_dir(folder).arg("puff").args(args));
    let before = place(&lab);
    puff(&lab.path("linked"), &["init", "--hooks"]).ok();
    assert!(pre_push(&lab).is_file());
    puff(&lab.work(), &["init", "--undo"]).ok();
    assert_eq!(place(&lab), before);
    let bare = puff(&lab.path("origin.git"), &["init", "--json"]).ok().json();
    assert_eq!(deeds(&bare)[2], pairs(&[("attributes", "left")])[0]);
    puff(&lab.path("origin.git"), &["init", "--undo"]).ok();

    write(&lab.path("work/.husky/_/h"), "", 0o644);
    lab.git(&["config", "core.hooksPath", ".husky/_"]);
    let told = lab.puff(&["init", "--hooks"]).exits(1).complains(&["husky manages the hooks"]);
    assert!(told.stdout.contains("hook: left unchanged") && told.stderr.contains("git puff hook pre-push"), "{told:?}");
    let undone = lab.puff(&["init", "--undo", "--json"]).ok().json();
    assert_eq!(deeds(&undone).len(), 3, "the hook was not ours");
}
