//! Repositories of every format that git makes: files and tables (reftable) for refs, SHA-1 and SHA-256 for objects.
//!
//! `tests/run` runs this whole suite in other formats too. Here is what is special about them.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::support::choice::Choice;
use crate::support::export::Export;
use crate::support::test_repo::{TestRepo, run, wait_until};

/// A lab whose repositories are of this format.
fn lab_of(refs: &str, objects: &str) -> TestRepo {
    TestRepo::with_variables(&[("GIT_DEFAULT_REF_FORMAT", refs), ("GIT_DEFAULT_HASH", objects)])
}

fn imported(lab: &TestRepo, name: &str) {
    let export = Export::new(lab, name);
    export.patch(1, lab.patch("README", format!("{name}\n"))).patch(2, lab.patch("picture", b"\0binary\xff"));
    export.harvest(lab, &["--name", name]).ok();
}

#[test]
fn every_format_is_worked_in_from_import_to_undo() {
    for (refs, objects, digits) in
        [("files", "sha1", 40), ("files", "sha256", 64), ("reftable", "sha1", 40), ("reftable", "sha256", 64)]
    {
        let choice = Choice::in_lab(lab_of(refs, objects));
        let lab = &choice.lab;
        assert_eq!(lab.git(&["rev-parse", "--show-ref-format", "--show-object-format"]), format!("{refs}\n{objects}"));
        imported(lab, "two");
        let run = lab.show("fix");
        for (name, oid) in [("main", &run["base_oid"]), ("puff/fix/var1", &run["variants"][0]["commit"])] {
            assert_eq!(oid.as_str().unwrap(), lab.git(&["rev-parse", name]));
            assert_eq!(oid.as_str().unwrap().len(), digits);
        }
        assert_eq!(lab.git(&["cat-file", "blob", "puff/two/var2:picture"]).len(), "\0binary\u{fffd}".len());
        let before = choice.state();
        lab.puff(&["pick", "fix:1"]).ok();
        assert_eq!(lab.git(&["show", "HEAD:notes.txt"]), "one\n2\nthree");
        lab.puff(&["prune", "fix"]).ok();
        assert_eq!(lab.git(&["for-each-ref", "refs/heads/puff/fix", "refs/puff/runs/fix"]), "");
        lab.puff(&["undo", "fix"]).ok();
        lab.puff(&["undo", "fix"]).ok();
        assert_eq!(choice.state(), before);
        lab.puff(&["doctor", "--repair"]);
        assert_eq!(choice.state(), before);
        assert_eq!(lab.git(&["fsck", "--strict", "--no-dangling"]), "");
    }
}

#[test]
fn a_repository_of_tables_is_worked_in_from_linked_worktrees_and_without_any() {
    let choice = Choice::in_lab(lab_of("reftable", "sha1"));
    let lab = &choice.lab;
    lab.git(&["worktree", "add", "-q", "-b", "side", "../side"]);
    let side = lab.path("side");
    let puff = |args: &[&str]| run(lab.command("git").current_dir(&side).arg("puff").args(args));
    // A worktree has a HEAD of its own, in tables of its own.
    assert_eq!(puff(&["show", "fix", "--json"]).ok().json(), lab.show("fix"));
    puff(&["pick", "fix:1"]).ok();
    let heads = ["side", "HEAD"].map(|name| lab.git_in(&side, &["rev-parse", name]));
    assert_eq!(heads[0], heads[1]);
    assert_eq!(lab.git_in(&side, &["show", "HEAD:notes.txt"]), "one\n2\nthree");
    assert_ne!(lab.git(&["rev-parse", "HEAD"]), heads[0]);
    puff(&["undo"]).ok();
    // Conflicts wait in there, and only in there.
    let commit = |text: &str| {
        fs::write(side.join("notes.txt"), text).unwrap();
        lab.git_in(&side, &["commit", "-q", "-a", "-m", "Theirs"]);
    };
    commit("one\nII\nthree\n");
    puff(&["pick", "fix:1"]).exits(1);
    assert_eq!(lab.git_in(&side, &["rev-parse", "CHERRY_PICK_HEAD"]), lab.git(&["rev-parse", "puff/fix/var1"]));
    puff(&["pick", "fix:3"]).exits(1).complains(&["waits for its conflicts"]);
    puff(&["pick", "--abort"]).ok();
    puff(&["pick", "fix:1"]).exits(1);
    fs::write(side.join("notes.txt"), "one\n2 (II)\nthree\n").unwrap();
    lab.git_in(&side, &["add", "notes.txt"]);
    lab.git_in(&side, &["-c", "core.editor=true", "cherry-pick", "--continue"]);
    puff(&["pick", "--continue"]).ok();
    assert_eq!(lab.show("fix")["decision"]["onto"], "refs/heads/side");
    // A branch that a worktree has checked out is not taken from under it.
    lab.git(&["worktree", "add", "-q", "../held", "puff/fix/var3"]);
    let held = lab.puff(&["prune", "fix"]);
    assert!(held.stderr.contains("held") || held.stdout.contains("held"), "{}{}", held.stdout, held.stderr);
    lab.git(&["rev-parse", "--verify", "refs/heads/puff/fix/var3"]);

    // Without any worktree.
    let bare = lab.path("origin.git");
    let from = Export::new(lab, "bare");
    from.patch(1, lab.patch("README", "Bare.\n"));
    let harvest = ["harvest", "--from", from.path(), "--base", "main", "--json"];
    let made = run(lab.command("git").current_dir(&bare).arg("puff").args(harvest)).ok().json();
    let branch = made["variants"][0]["branch"].as_str().unwrap();
    assert_eq!(lab.git_in(&bare, &["show", &format!("{branch}:README")]), "Bare.");
}

#[test]
fn refs_may_be_moved_to_the_other_format_between_two_commands() {
    for (from, to) in [("files", "reftable"), ("reftable", "files")] {
        let choice = Choice::in_lab(lab_of(from, "sha1"));
        let lab = &choice.lab;
        let migrate = |format: &str| {
            // `git refs migrate` takes no repository that has reflogs.
            for folder in ["logs", "worktrees"] {
                let _ = fs::remove_dir_all(lab.work().join(".git").join(folder));
            }
            let option = format!("--ref-format={format}");
            lab.try_git(&["-c", "core.logAllRefUpdates=false", "refs", "migrate", &option])
        };
        if from == "reftable" {
            // Logs are in the tables there: they go with all that is in them.
            lab.git(&["reflog", "expire", "--expire=all", "--all"]);
            for name in lab.git(&["reflog", "list"]).lines() {
                lab.git(&["reflog", "delete", "--rewrite", &format!("{name}@{{0}}")]);
            }
        }
        let before = choice.state();
        let moved = migrate(to);
        if moved.code != 0 && from == "reftable" {
            // This git moves only what has no log, and a table keeps that there was one.
            assert!(moved.stderr.contains("reflog"), "{}", moved.stderr);
            continue;
        }
        moved.ok();
        assert_eq!(lab.git(&["rev-parse", "--show-ref-format"]), to);
        assert_eq!(choice.state(), before);
        lab.puff(&["pick", "fix:1"]).ok();
        lab.puff(&["undo"]).ok();
        assert_eq!(choice.state(), before);
        imported(lab, "two");
        assert_eq!(lab.puff(&["list", "--json"]).ok().json()["runs"].as_array().unwrap().len(), 2);
    }
}

/// `tests/formats` leaves out what is there, and nothing else: an entry whose test has another name by now is found.
#[test]
fn what_is_not_run_again_in_other_formats_is_there_to_be_run() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let table = fs::read_to_string(folder.join("formats")).unwrap();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let [format, test, why] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert!(["all", "reftable", "sha256"].contains(&format) && !why.is_empty(), "{line}");
        let (file, name) = test.split_once("::").expect("a file of tests");
        let source = fs::read_to_string(folder.join("suite").join(format!("{file}.rs"))).expect(file);
        assert!(name.is_empty() || source.contains(&format!("fn {name}()")), "{line}");
    }
}

#[test]
fn revisions_mean_in_tables_what_they_mean_to_git() {
    let lab = lab_of("reftable", "sha256");
    let first = lab.git(&["rev-parse", "main~1"]);
    lab.git(&["tag", "-a", "-m", "A tag", "v1", "main~1"]);
    lab.git(&["branch", "v1", "main"]);
    lab.git(&["branch", "feature/x", "main~2"]);
    lab.git(&["remote", "set-head", "origin", "main"]);
    fs::write(lab.path("empty.diff"), "").unwrap();
    let patch = lab.path("empty.diff").display().to_string();
    let tree = |revision: &str| {
        let ran = lab.puff(&["preflight", "--patch", &patch, "--onto", revision]).ok();
        ran.stdout.split(' ').nth(1).unwrap().to_owned()
    };
    for revision in [
        "main",
        "HEAD",
        "@",
        "@~1",
        "v1",
        "heads/v1",
        "refs/tags/v1",
        "feature/x",
        "origin",
        "origin/main",
        "HEAD^",
        "main@{0}",
        ":/Parse",
        "main^{tree}",
        &first,
        &first[..12],
    ] {
        let commit = lab.git(&["rev-parse", revision]);
        assert_eq!(tree(revision), lab.git(&["rev-parse", &format!("{commit}^{{tree}}")]), "{revision}");
    }
    for nothing in [
        "nothing",
        "refs/heads/nothing",
        "main..v1",
        "^main",
        "main@{yesterday",
        &"1".repeat(64),
        &"1".repeat(40),
        "--all",
    ] {
        let onto = format!("--onto={nothing}");
        lab.puff(&["preflight", "--patch", &patch, &onto]).exits(1).complains(&[nothing]);
    }
}

#[test]
fn a_lock_on_the_tables_is_waited_for_and_only_an_old_one_is_removed_when_asked() {
    let lab = lab_of("reftable", "sha1");
    imported(&lab, "one");
    let export = Export::new(&lab, "two");
    export.patch(1, lab.patch("notes.txt", "two\n"));
    let lock = lab.work().join(".git/reftable/tables.list.lock");
    // Somebody is at it for a moment.
    fs::write(&lock, "").unwrap();
    let harvest = lab.spawn(&["harvest", "one", "--recreate"], Stdio::null());
    lab.puff(&["list"]).ok();
    fs::remove_file(&lock).unwrap();
    assert!(harvest.wait_with_output().unwrap().status.success());
    // Somebody is at it for long: it is not ours to take away.
    fs::write(&lock, "").unwrap();
    lab.puff(&["doctor", "--repair"]).exits(1);
    let ran = lab.puff(&["harvest", "--from", export.path(), "--base", "main"]).exits(128);
    assert!(ran.complains(&["cannot write"]).stderr.contains("doctor --repair"));
    assert!(lock.exists());
    // It has been there for longer than anybody takes: a kill left it.
    let old = fs::File::options().write(true).open(&lock).unwrap();
    old.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
    let warned = lab.puff(&["doctor"]);
    assert!(warned.stdout.contains("a stale lock"), "{}", warned.stdout);
    assert!(lock.exists(), "looking changes nothing");
    let repaired = lab.puff(&["doctor", "--repair", "--json"]).json();
    assert!(repaired["repairs"].to_string().contains("tables.list.lock"), "{repaired:#}");
    assert!(!lock.exists());
    lab.puff(&["harvest", "--from", export.path(), "--base", "main"]).ok();
}

#[test]
fn a_kill_while_git_writes_the_tables_is_gone_on_from() {
    let choice = Choice::in_lab(lab_of("reftable", "sha256"));
    let lab = &choice.lab;
    let place = lab.work();
    let before = choice.state();
    // Whoever called the git that is about to change a branch is killed; that git goes on, or dies too.
    for then in ["exit 0", "kill -9 $PPID"] {
        for args in [&["pick", "fix:1", "--onto", "release"][..], &["prune", "fix"]] {
            lab.git(&["branch", "-f", "release", "main"]);
            Choice::kill_from_hook(&place, "reference-transaction", "[ \"$1\" = prepared ]", then);
            let killed = choice.puff_in(&place, args);
            assert_eq!(killed.code, -1, "{args:?} was killed: {}", killed.stderr);
            fs::remove_file(place.join(".git/hooks/reference-transaction")).unwrap();
            choice.idle(&place, "fix");
            // The lock that a killed git left is one that is old one day.
            let lock = place.join(".git/reftable/tables.list.lock");
            if then != "exit 0" {
                wait_until("the git that held the lock is dead", || lock.exists());
                let left = fs::File::options().write(true).open(&lock).unwrap();
                left.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
            }
            lab.puff(&["doctor", "--repair"]);
            assert!(!lock.exists());
            lab.puff(&["undo", "fix"]);
            lab.git(&["update-ref", "-d", "refs/heads/release"]);
            assert_eq!(choice.state(), before, "{args:?}, then {then}");
        }
    }
}

#[test]
fn writers_of_many_kinds_lose_nothing_to_each_other() {
    let lab = lab_of("reftable", "sha1");
    let exports: Vec<_> = (0..6)
        .map(|number| {
            let export = Export::new(&lab, &format!("by-{number}"));
            export.patch(1, lab.patch("README", format!("{number}\n")));
            export
        })
        .collect();
    let script =
        "i=0; while [ $i -lt 60 ]; do git update-ref refs/tags/by-git-$i main; i=$((i+1)); done; git pack-refs";
    let mut others = lab.command("sh").args(["-c", script]).spawn().unwrap();
    let children: Vec<_> = exports
        .iter()
        .zip(0..)
        .map(|(export, number)| {
            let name = format!("by-{number}");
            lab.spawn(&["harvest", "--from", export.path(), "--base", "main", "--name", &name], Stdio::null())
        })
        .collect();
    for child in children {
        let ran = child.wait_with_output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
    assert!(others.wait().unwrap().success());
    let count = |prefix: &str| lab.git(&["for-each-ref", "--format=%(refname)", prefix]).lines().count();
    assert_eq!(["refs/puff/runs", "refs/heads/puff", "refs/tags"].map(count), [6, 6, 60]);
    let note = lab.git(&["notes", "--ref=puff/report", "show", "main"]);
    assert_eq!(note.matches("# Handoff: by-").count(), 6);
    assert_eq!(lab.puff(&["list", "--json"]).ok().json()["runs"].as_array().unwrap().len(), 6);
}

#[test]
fn a_record_of_a_repository_of_the_other_objects_is_named_and_left_alone() {
    let choice = Choice::in_lab(lab_of("files", "sha1"));
    let lab = &choice.lab;
    let mut record = lab.show("fix");
    record["run"] = json!("other");
    record["base_oid"] = json!("1".repeat(64));
    for variant in record["variants"].as_array_mut().unwrap() {
        (variant["commit"], variant["branch"]) = (json!("2".repeat(64)), json!(null));
    }
    lab.git(&["update-ref", "refs/puff/runs/other", "refs/puff/runs/fix"]);
    choice.record("other", &record);
    assert_eq!(lab.puff(&["list", "--json"]).ok().json()["runs"].as_array().unwrap().len(), 2);
    assert_eq!(lab.show("other")["base_oid"], "1".repeat(64));
    lab.puff(&["preflight", "other"]).exits(1).complains(&[&"1".repeat(64)]);
    for args in [&["harvest", "other"][..], &["diff", "other", "1"], &["pick", "other:1"], &["review", "other"]] {
        let ran = lab.puff(args);
        assert!(ran.code == 1 || ran.code == 128, "{args:?}: {} {}", ran.code, ran.stderr);
        ran.complains(&[]);
    }
    lab.puff(&["show", "fix"]).ok();
    lab.puff(&["harvest", "fix"]).exits(3);
}
