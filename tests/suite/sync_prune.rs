//! Prunes travel, and so do their revivals; later work stays where it is.

use serde_json::json;

use crate::support::two_clones::Who::{Ours, Theirs};
use crate::support::two_clones::{TwoClones, did, trouble};

fn shared() -> (TwoClones, String) {
    let pair = TwoClones::new();
    let run = pair.import(Ours, "fix", &["a\n", "b\n"]);
    pair.sync(Ours);
    pair.sync(Theirs);
    (pair, run)
}

#[test]
fn a_prune_and_its_undo_reach_every_clone() {
    let (pair, run) = shared();
    let before = pair.show(Theirs, &run);
    pair.puff(Ours, &["prune", &run]).ok();
    assert_eq!(did(&pair.sync(Ours), &run), ["prune-sent"]);
    assert_eq!(pair.at_remote(&run), None);
    assert_eq!(did(&pair.sync(Theirs), &run), ["pruned"]);
    pair.settle();
    for who in [Ours, Theirs] {
        pair.puff(who, &["show", &run]).exits(1);
        let notes = pair.puff(who, &["list", "--json"]).ok().json();
        assert_eq!(notes["runs"], json!([]));
    }
    // The one who did not prune it brings it back.
    pair.puff(Theirs, &["undo", &run]).ok();
    assert_eq!(did(&pair.sync(Theirs), &run), ["sent", "revival-sent"]);
    assert_eq!(did(&pair.sync(Ours), &run), ["revived"]);
    pair.settle();
    let after = pair.show(Theirs, &run);
    assert_eq!((&after["variants"], &after["state"]), (&before["variants"], &before["state"]));
    assert_eq!(pair.git(Ours, &["branch", "--list", "puff/fix/*"]).lines().count(), 2, "our branches are back too");
    // And again.
    pair.puff(Ours, &["prune", &run]).ok();
    pair.settle();
    pair.puff(Theirs, &["show", &run]).exits(1);
}

#[test]
fn later_work_on_a_pruned_run_is_kept_reported_and_can_be_restored() {
    let (pair, run) = shared();
    pair.puff(Theirs, &["harvest", "--recreate", &run]).ok();
    pair.puff(Theirs, &["review", &run, "--check", "true"]).ok();
    pair.puff(Ours, &["prune", &run]).ok();
    pair.sync(Ours);
    let ran = pair.puff(Theirs, &["sync", "--json"]).exits(3).json();
    let trouble = trouble(&ran["remotes"][0], &run);
    assert_eq!(trouble["kind"], "pruned");
    assert!(
        trouble["what"].as_str().unwrap().contains("Our Author pruned it, but later work on it is here"),
        "{trouble}"
    );
    assert_eq!(pair.show(Theirs, &run)["state"], "reviewed");
    assert_eq!(pair.at_remote(&run), None, "it stays here");
    pair.puff(Theirs, &["sync", "--revive", &run]).ok();
    assert_eq!(did(&pair.sync(Ours), &run)[0], "revived");
    pair.settle();
    assert_eq!(pair.show(Ours, &run)["state"], "reviewed");
}

#[test]
fn a_prune_keeps_later_work_that_only_the_remote_has() {
    let (pair, run) = shared();
    pair.puff(Theirs, &["harvest", "--recreate", &run]).ok();
    pair.puff(Theirs, &["review", &run, "--check", "true"]).ok();
    pair.sync(Theirs);
    pair.puff(Ours, &["prune", &run]).ok();
    let ran = pair.puff(Ours, &["sync", "--json"]).exits(3).json();
    assert_eq!(trouble(&ran["remotes"][0], &run)["kind"], "pruned");
    assert!(pair.at_remote(&run).is_some());
    pair.puff(Ours, &["show", &run]).exits(1);
    pair.puff(Ours, &["undo", &run]).ok();
    pair.settle();
    assert_eq!(pair.show(Ours, &run)["state"], "reviewed");
}

#[test]
fn concurrent_prunes_converge() {
    let (pair, run) = shared();
    pair.puff(Theirs, &["prune", &run]).ok();
    pair.puff(Ours, &["prune", &run]).ok();
    pair.sync(Ours);
    pair.settle();
    let stone = |who| pair.git(who, &["rev-parse", "refs/puff/pruned/fix"]);
    assert_eq!(stone(Ours), stone(Theirs));
    pair.puff(Ours, &["undo", &run]).ok();
    pair.settle();
    assert_eq!(pair.show(Theirs, &run)["run"], json!(run));
}

#[test]
fn pruning_an_unshared_run_writes_no_tombstone() {
    let pair = TwoClones::new();
    let run = pair.import(Ours, "mine", &["a\n"]);
    pair.puff(Ours, &["prune", &run]).ok();
    assert_eq!(pair.sync(Ours)["runs"], json!([]));
    assert_eq!(pair.git(Ours, &["for-each-ref", "refs/puff/pruned"]), "");
}

#[test]
fn an_undone_pick_is_undone_in_every_clone() {
    let (pair, run) = shared();
    pair.puff(Ours, &["pick", "fix:2", "--branch", "taken"]).ok();
    pair.sync(Ours);
    pair.sync(Theirs);
    assert_eq!(pair.show(Theirs, &run)["state"], "picked");
    pair.puff(Ours, &["undo", &run]).ok();
    pair.sync(Ours);
    pair.sync(Theirs);
    for who in [Ours, Theirs] {
        let shown = pair.show(who, &run);
        assert_eq!((&shown["state"], &shown["decision"]), (&json!("harvested"), &json!(null)));
    }
    pair.settle();
}

#[test]
fn a_new_run_of_a_pruned_name_is_synced_and_pruned_separately() {
    let (pair, run) = shared();
    let patches = |who| -> Vec<serde_json::Value> {
        let shown = pair.show(who, &run);
        shown["variants"].as_array().unwrap().iter().map(|variant| variant["patch_sha256"].clone()).collect()
    };
    let first = patches(Ours);
    pair.puff(Ours, &["prune", &run]).ok();
    pair.settle();
    // Under the same name, something else.
    pair.import(Theirs, "fix", &["c\n", "d\n"]);
    let second = patches(Theirs);
    assert_ne!(first, second);
    pair.settle();
    assert_eq!(patches(Ours), second);
    pair.puff(Ours, &["prune", &run]).ok();
    pair.settle();
    for who in [Ours, Theirs] {
        pair.puff(who, &["show", &run]).exits(1);
    }
    assert_eq!(pair.at_remote(&run), None);
    // What comes back is the second alone, everywhere.
    pair.puff(Ours, &["undo", &run]).ok();
    pair.settle();
    assert_eq!([patches(Ours), patches(Theirs)], [second.clone(), second]);
}
