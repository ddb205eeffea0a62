//! Places where git-puff cannot work, and settings that cannot be used: said in a line, with the next step.

use std::fs;
use std::path::Path;

use crate::support::export::Export;
use crate::support::fake_codex::FakeCodex;
use crate::support::formats;
use crate::support::test_repo::{Ran, TestRepo, run};

#[test]
fn every_verb_fails_outside_of_a_repository() {
    let repo = TestRepo::empty();
    let here = repo.path("home");
    for args in [
        &["list"][..],
        &[],
        &["launch", "--prompt", "Trim"],
        &["harvest", "--from", ".", "--base", "main"],
        &["doctor", "--repair"],
        &["show", "@"],
        &["jobs"],
    ] {
        let ran = puff_in(&repo, &here, args).exits(128).complains(&["not inside a git repository"]);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("git init"), "{}", ran.stderr);
    }
    // What needs no repository works.
    puff_in(&repo, &here, &["create"]).ok();
    puff_in(&repo, &here, &["--version"]).ok();
    puff_in(&repo, &here, &["launch", "-h"]).ok();
}

#[test]
fn a_format_that_is_not_known_is_named_and_nothing_is_paid_or_written() {
    // One that this git knows and we don't, one that nobody knows, and refs of another place or kind.
    for (key, value) in [
        ("extensions.compatObjectFormat", ""),
        ("extensions.sparkling", "true"),
        ("extensions.refStorage", "sparkling"),
        ("core.repositoryFormatVersion", "7"),
    ] {
        let repo = TestRepo::new();
        let codex = FakeCodex::official(&repo);
        let objects = repo.git(&["rev-parse", "--show-object-format"]);
        let other = if objects == "sha1" { "sha256" } else { "sha1" };
        repo.git(&["config", "core.repositoryFormatVersion", "1"]);
        repo.git(&["config", key, if value.is_empty() { other } else { value }]);
        nothing_goes(&repo, &codex, key);
    }
}

#[test]
fn reftables_of_an_unknown_version_are_unchanged() {
    let mut repo = TestRepo::empty();
    repo.set("GIT_DEFAULT_REF_FORMAT", "reftable");
    repo.git(&["init", "-q", "work"]);
    repo.commit("README", "A thing.\n", "Begin");
    repo.git(&["remote", "add", "origin", "."]);
    let codex = FakeCodex::official(&repo);
    let tables = repo.work().join(".git/reftable");
    let table = fs::read_to_string(tables.join("tables.list")).unwrap().lines().last().unwrap().to_owned();
    let whole = fs::read(tables.join(&table)).unwrap();
    let footer = whole.len() - if whole[4] == 1 { 68 } else { 72 };
    let mut newer = whole.clone();
    (newer[4], newer[footer + 4]) = (3, 3);
    for damaged in [newer, whole[..whole.len() / 2].to_vec(), Vec::new()] {
        // As git writes them, for nobody to write to.
        fs::remove_file(tables.join(&table)).unwrap();
        fs::write(tables.join(&table), damaged).unwrap();
        nothing_goes(&repo, &codex, "a table");
    }
}

/// Every verb says that it cannot work here; nothing is paid, and nothing written.
fn nothing_goes(repo: &TestRepo, codex: &FakeCodex, what: &str) {
    let files = || run(repo.command("find").args([".git", "-type", "f"])).stdout;
    let before = files();
    for args in [
        &["submit", "--env", "acme/widgets", "--prompt", "Trim"][..],
        &["list"],
        &["harvest", "--from", ".", "--base", "main"],
        &["doctor", "--repair"],
    ] {
        // Called directly: git itself would not come so far.
        let ran = run(repo.command(env!("CARGO_BIN_EXE_git-puff")).args(args)).exits(128).complains(&["/work"]);
        assert!(ran.stdout.is_empty(), "{what}: {}", ran.stdout);
    }
    assert_eq!((codex.calls().len(), files()), (0, before), "{what}");
}

#[test]
fn an_unwritable_repository_is_detected_before_payment() {
    // A file where a folder would be stops root as well, which permissions don't.
    for (blocked, words) in [
        (".git/puff", ".git/puff"),
        (
            if formats::of_this_run().has_ref_files() { ".git/refs/puff" } else { ".git/reftable/tables.list.lock" },
            "refs/puff/",
        ),
        (".codex", ".codex/bo4_runs.jsonl"),
        (".git/puff/locks/write/x", ".git/puff/locks/write"),
    ] {
        let repo = TestRepo::new();
        let codex = FakeCodex::official(&repo);
        let path = repo.work().join(blocked);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "in the way\n").unwrap();
        if blocked.starts_with(".git/puff/") {
            fs::create_dir_all(repo.puff_dir().join("cwd")).unwrap();
        }
        repo.puff(&["submit", "--env", "acme/widgets", "--prompt", "Trim"]).exits(128).complains(&[words]);
        assert_eq!(codex.paid(), [], "{blocked}");
        assert_eq!(repo.git(&["for-each-ref", "refs/puff"]), "");
        // Nothing that was in the way is gone.
        assert_eq!(fs::read_to_string(&path).unwrap(), "in the way\n");
        repo.puff(&["doctor"]).exits(1);
    }
}

#[test]
fn an_unwritable_object_store_is_detected_before_payment() {
    let repo = TestRepo::new();
    let codex = FakeCodex::official(&repo);
    repo.git(&["repack", "-q", "-a", "-d"]);
    let objects = repo.work().join(".git/objects");
    for number in 0..=255 {
        let _ = fs::remove_dir_all(objects.join(format!("{number:02x}")));
        fs::write(objects.join(format!("{number:02x}")), "in the way\n").unwrap();
    }
    let ran = repo.puff(&["submit", "--env", "acme/widgets", "--prompt", "Trim"]).exits(128);
    ran.complains(&["cannot write"]);
    assert_eq!(codex.paid(), []);
}

#[test]
fn a_value_that_cannot_be_used_names_its_key_and_where_it_was_written() {
    let repo = TestRepo::new();
    let codex = FakeCodex::official(&repo);
    let launch = ["launch", "--env", "acme/widgets", "--prompt", "Trim"];
    for (key, value) in [
        ("puff.interval", "soon"),
        ("puff.timeout", "-5m"),
        ("puff.bestOf", "many"),
        ("puff.maxActive", "-1"),
        ("puff.attemptLimit", "1.5"),
        ("puff.autoHarvest", "perhaps"),
        ("puff.dialect", "esperanto"),
    ] {
        repo.git(&["config", key, value]);
        repo.puff(&launch).exits(129).complains(&[key, &format!("'{value}'"), "file:", ".git/config"]);
        repo.git(&["config", "--unset", key]);
        let ran = repo.try_git(&[&["-c", &format!("{key}={value}"), "puff"], &launch[..]].concat());
        ran.exits(129).complains(&[key, &format!("'{value}'"), "command line:"]);
    }
    assert_eq!(codex.paid(), []);
}

#[test]
fn a_flag_beats_the_environment_beats_the_configuration() {
    let mut repo = TestRepo::new();
    FakeCodex::official(&repo);
    let submit = ["submit", "--prompt", "Trim", "--json"];
    repo.git(&["config", "puff.env", "acme/widgets"]);
    repo.git(&["config", "--global", "puff.bestOf", "1"]);
    let best_of = |ran: Ran| ran.ok().json()["best_of"].as_u64().unwrap();
    assert_eq!(best_of(repo.puff(&submit)), 1);
    assert_eq!(best_of(repo.try_git(&[&["-c", "puff.bestOf=2", "puff"], &submit[..]].concat())), 2);
    repo.set("GIT_PUFF_BEST_OF", "3");
    assert_eq!(best_of(repo.try_git(&[&["-c", "puff.bestOf=2", "puff"], &submit[..]].concat())), 3);
    assert_eq!(best_of(repo.puff(&[&submit[..], &["--best-of", "4"]].concat())), 4);

    repo.set("GIT_PUFF_BEST_OF", "some");
    repo.puff(&submit).exits(129).complains(&["puff.bestOf", "'some'", "environment GIT_PUFF_BEST_OF"]);
    repo.unset("GIT_PUFF_BEST_OF");
    repo.set("GIT_PUFF_NOW", "yesterday");
    repo.puff(&["list"]).exits(129).complains(&["GIT_PUFF_NOW", "'yesterday'"]);
}

#[test]
fn a_broken_configuration_is_named_by_git() {
    let repo = TestRepo::new();
    fs::write(repo.work().join(".git/config"), "[core\n").unwrap();
    let ran = repo.puff(&["list"]);
    assert_eq!(ran.code, 128, "{}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

#[test]
fn it_works_from_any_folder_a_linked_worktree_and_a_bare_repository() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch("README", "One.\n"));
    let from = export.path();
    let harvest = ["harvest", "--from", from, "--base", "main", "--json"];
    let first = puff_in(&repo, &repo.work().join("src"), &harvest).ok().json();

    repo.git(&["worktree", "add", "-q", "../linked"]);
    assert_eq!(puff_in(&repo, &repo.path("linked"), &harvest).ok().json(), first);
    assert_eq!(repo.try_git(&["-C", "../linked", "puff", "show", "@", "--json"]).ok().json(), first);
    // A relative path starts where the user is.
    puff_in(&repo, &repo.path("linked"), &["harvest", "--from", "../export", "--base", "main"]).ok();

    let bare = repo.path("origin.git");
    let run = puff_in(&repo, &bare, &harvest).ok().json();
    assert_eq!((&run["variants"][0]["apply"], &run["run"]), (&"applied".into(), &first["run"]));
    repo.git_in(&bare, &["rev-parse", "--verify", run["variants"][0]["branch"].as_str().unwrap()]);
    assert!(bare.join("puff").is_dir());
}

fn puff_in(repo: &TestRepo, folder: &Path, args: &[&str]) -> Ran {
    run(repo.command("git").current_dir(folder).arg("puff").args(args))
}
