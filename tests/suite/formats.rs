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

/// A test repository whose repositories are of this format.
fn repo_of(refs: &str, objects: &str) -> TestRepo {
    TestRepo::with_variables(&[("GIT_DEFAULT_REF_FORMAT", refs), ("GIT_DEFAULT_HASH", objects)])
}

fn imported(repo: &TestRepo, name: &str) {
    let export = Export::new(repo, name);
    export.patch(1, repo.patch("README", format!("{name}\n"))).patch(2, repo.patch("picture", b"\0binary\xff"));
    export.harvest(repo, &["--name", name]).ok();
}

#[test]
fn every_format_is_worked_in_from_import_to_undo() {
    for (refs, objects, digits) in
        [("files", "sha1", 40), ("files", "sha256", 64), ("reftable", "sha1", 40), ("reftable", "sha256", 64)]
    {
        let choice = Choice::in_repo(repo_of(refs, objects));
        let repo = &choice.repo;
        assert_eq!(repo.git(&["rev-parse", "--show-ref-format", "--show-object-format"]), format!("{refs}\n{objects}"));
        imported(repo, "two");
        let run = repo.show("fix");
        for (name, oid) in [("main", &run["base_oid"]), ("puff/fix/var1", &run["variants"][0]["commit"])] {
            assert_eq!(oid.as_str().unwrap(), repo.git(&["rev-parse", name]));
            assert_eq!(oid.as_str().unwrap().len(), digits);
        }
        assert_eq!(repo.git(&["cat-file", "blob", "puff/two/var2:picture"]).len(), "\0binary\u{fffd}".len());
        let before = choice.state();
        repo.puff(&["pick", "fix:1"]).ok();
        assert_eq!(repo.git(&["show", "HEAD:notes.txt"]), "one\n2\nthree");
        repo.puff(&["prune", "fix"]).ok();
        assert_eq!(repo.git(&["for-each-ref", "refs/heads/puff/fix", "refs/puff/runs/fix"]), "");
        repo.puff(&["undo", "fix"]).ok();
        repo.puff(&["undo", "fix"]).ok();
        assert_eq!(choice.state(), before);
        repo.puff(&["doctor", "--repair"]);
        assert_eq!(choice.state(), before);
        assert_eq!(repo.git(&["fsck", "--strict", "--no-dangling"]), "");
    }
}

#[test]
fn a_repository_of_tables_is_worked_in_from_linked_worktrees_and_without_any() {
    let choice = Choice::in_repo(repo_of("reftable", "sha1"));
    let repo = &choice.repo;
    repo.git(&["worktree", "add", "-q", "-b", "side", "../side"]);
    let side = repo.path("side");
    let puff = |args: &[&str]| run(repo.command("git").current_dir(&side).arg("puff").args(args));
    // A worktree has a HEAD of its own, in tables of its own.
    assert_eq!(puff(&["show", "fix", "--json"]).ok().json(), repo.show("fix"));
    puff(&["pick", "fix:1"]).ok();
    let heads = ["side", "HEAD"].map(|name| repo.git_in(&side, &["rev-parse", name]));
    assert_eq!(heads[0], heads[1]);
    assert_eq!(repo.git_in(&side, &["show", "HEAD:notes.txt"]), "one\n2\nthree");
    assert_ne!(repo.git(&["rev-parse", "HEAD"]), heads[0]);
    puff(&["undo"]).ok();
    // Conflicts wait in there, and only in there.
    let commit = |text: &str| {
        fs::write(side.join("notes.txt"), text).unwrap();
        repo.git_in(&side, &["commit", "-q", "-a", "-m", "Theirs"]);
    };
    commit("one\nII\nthree\n");
    puff(&["pick", "fix:1"]).exits(1);
    assert_eq!(repo.git_in(&side, &["rev-parse", "CHERRY_PICK_HEAD"]), repo.git(&["rev-parse", "puff/fix/var1"]));
    puff(&["pick", "fix:3"]).exits(1).complains(&["waits for its conflicts"]);
    puff(&["pick", "--abort"]).ok();
    puff(&["pick", "fix:1"]).exits(1);
    fs::write(side.join("notes.txt"), "one\n2 (II)\nthree\n").unwrap();
    repo.git_in(&side, &["add", "notes.txt"]);
    repo.git_in(&side, &["-c", "core.editor=true", "cherry-pick", "--continue"]);
    puff(&["pick", "--continue"]).ok();
    assert_eq!(repo.show("fix")["decision"]["onto"], "refs/heads/side");
    // A branch that a worktree has checked out is not taken from under it.
    repo.git(&["worktree", "add", "-q", "../held", "puff/fix/var3"]);
    let held = repo.puff(&["prune", "fix"]);
    assert!(held.stderr.contains("held") || held.stdout.contains("held"), "{}{}", held.stdout, held.stderr);
    repo.git(&["rev-parse", "--verify", "refs/heads/puff/fix/var3"]);

    // Without any worktree.
    let bare = repo.path("origin.git");
    let from = Export::new(repo, "bare");
    from.patch(1, repo.patch("README", "Bare.\n"));
    let harvest = ["harvest", "--from", from.path(), "--base", "main", "--json"];
    let made = run(repo.command("git").current_dir(&bare).arg("puff").args(harvest)).ok().json();
    let branch = made["variants"][0]["branch"].as_str().unwrap();
    assert_eq!(repo.git_in(&bare, &["show", &format!("{branch}:README")]), "Bare.");
}

#[test]
fn refs_may_be_moved_to_the_other_format_between_two_commands() {
    for (from, to) in [("files", "reftable"), ("reftable", "files")] {
        let choice = Choice::in_repo(repo_of(from, "sha1"));
        let repo = &choice.repo;
        let migrate = |format: &str| {
            // `git refs migrate` takes no repository that has reflogs.
            for folder in ["logs", "worktrees"] {
                let _ = fs::remove_dir_all(repo.work().join(".git").join(folder));
            }
            let option = format!("--ref-format={format}");
            repo.try_git(&["-c", "core.logAllRefUpdates=false", "refs", "migrate", &option])
        };
        if from == "reftable" {
            // Logs are in the tables there: they go with all that is in them.
            repo.git(&["reflog", "expire", "--expire=all", "--all"]);
            for name in repo.git(&["reflog", "list"]).lines() {
                repo.git(&["reflog", "delete", "--rewrite", &format!("{name}@{{0}}")]);
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
        assert_eq!(repo.git(&["rev-parse", "--show-ref-format"]), to);
        assert_eq!(choice.state(), before);
        repo.puff(&["pick", "fix:1"]).ok();
        repo.puff(&["undo"]).ok();
        assert_eq!(choice.state(), before);
        imported(repo, "two");
        assert_eq!(repo.puff(&["list", "--json"]).ok().json()["runs"].as_array().unwrap().len(), 2);
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
    let repo = repo_of("reftable", "sha256");
    let first = repo.git(&["rev-parse", "main~1"]);
    repo.git(&["tag", "-a", "-m", "A tag", "v1", "main~1"]);
    repo.git(&["branch", "v1", "main"]);
    repo.git(&["branch", "feature/x", "main~2"]);
    repo.git(&["remote", "set-head", "origin", "main"]);
    fs::write(repo.path("empty.diff"), "").unwrap();
    let patch = repo.path("empty.diff").display().to_string();
    let tree = |revision: &str| {
        let ran = repo.puff(&["preflight", "--patch", &patch, "--onto", revision]).ok();
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
        let commit = repo.git(&["rev-parse", revision]);
        assert_eq!(tree(revision), repo.git(&["rev-parse", &format!("{commit}^{{tree}}")]), "{revision}");
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
        repo.puff(&["preflight", "--patch", &patch, &onto]).exits(1).complains(&[nothing]);
    }
}

#[test]
fn a_lock_on_the_tables_is_waited_for_and_only_an_old_one_is_removed_when_asked() {
    let repo = repo_of("reftable", "sha1");
    imported(&repo, "one");
    let export = Export::new(&repo, "two");
    export.patch(1, repo.patch("notes.txt", "two\n"));
    let lock = repo.work().join(".git/reftable/tables.list.lock");
    // Somebody is at it for a moment.
    fs::write(&lock, "").unwrap();
    let harvest = repo.spawn(&["harvest", "one", "--recreate"], Stdio::null());
    repo.puff(&["list"]).ok();
    fs::remove_file(&lock).unwrap();
    assert!(harvest.wait_with_output().unwrap().status.success());
    // Somebody is at it for long: it is not ours to take away.
    fs::write(&lock, "").unwrap();
    repo.puff(&["doctor", "--repair"]).exits(1);
    let ran = repo.puff(&["harvest", "--from", export.path(), "--base", "main"]).exits(128);
    assert!(ran.complains(&["cannot write"]).stderr.contains("doctor --repair"));
    assert!(lock.exists());
    // It has been there for longer than anybody takes: a kill left it.
    let old = fs::File::options().write(true).open(&lock).unwrap();
    old.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
    let warned = repo.puff(&["doctor"]);
    assert!(warned.stdout.contains("a stale lock"), "{}", warned.stdout);
    assert!(lock.exists(), "looking changes nothing");
    let repaired = repo.puff(&["doctor", "--repair", "--json"]).json();
    assert!(repaired["repairs"].to_string().contains("tables.list.lock"), "{repaired:#}");
    assert!(!lock.exists());
    repo.puff(&["harvest", "--from", export.path(), "--base", "main"]).ok();
}

#[test]
fn a_kill_while_git_writes_reftables_is_recovered() {
    let choice = Choice::in_repo(repo_of("reftable", "sha256"));
    let repo = &choice.repo;
    let place = repo.work();
    let before = choice.state();
    // Whoever called the git that is about to change a branch is killed; that git goes on, or dies too.
    for then in ["exit 0", "kill -9 $PPID"] {
        for args in [&["pick", "fix:1", "--onto", "release"][..], &["prune", "fix"]] {
            repo.git(&["branch", "-f", "release", "main"]);
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
            repo.puff(&["doctor", "--repair"]);
            assert!(!lock.exists());
            repo.puff(&["undo", "fix"]);
            repo.git(&["update-ref", "-d", "refs/heads/release"]);
            assert_eq!(choice.state(), before, "{args:?}, then {then}");
        }
    }
}

#[test]
fn concurrent_writers_lose_no_updates() {
    let repo = repo_of("reftable", "sha1");
    let exports: Vec<_> = (0..6)
        .map(|number| {
            let export = Export::new(&repo, &format!("by-{number}"));
            export.patch(1, repo.patch("README", format!("{number}\n")));
            export
        })
        .collect();
    let script =
        "i=0; while [ $i -lt 60 ]; do git update-ref refs/tags/by-git-$i main; i=$((i+1)); done; git pack-refs";
    let mut others = repo.command("sh").args(["-c", script]).spawn().unwrap();
    let children: Vec<_> = exports
        .iter()
        .zip(0..)
        .map(|(export, number)| {
            let name = format!("by-{number}");
            repo.spawn(&["harvest", "--from", export.path(), "--base", "main", "--name", &name], Stdio::null())
        })
        .collect();
    for child in children {
        let ran = child.wait_with_output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
    assert!(others.wait().unwrap().success());
    let count = |prefix: &str| repo.git(&["for-each-ref", "--format=%(refname)", prefix]).lines().count();
    assert_eq!(["refs/puff/runs", "refs/heads/puff", "refs/tags"].map(count), [6, 6, 60]);
    let note = repo.git(&["notes", "--ref=puff/report", "show", "main"]);
    assert_eq!(note.matches("# Handoff: by-").count(), 6);
    assert_eq!(repo.puff(&["list", "--json"]).ok().json()["runs"].as_array().unwrap().len(), 6);
}

#[test]
fn a_record_with_the_other_object_format_is_named_and_ignored() {
    let choice = Choice::in_repo(repo_of("files", "sha1"));
    let repo = &choice.repo;
    let mut record = repo.show("fix");
    record["run"] = json!("other");
    record["base_oid"] = json!("1".repeat(64));
    for variant in record["variants"].as_array_mut().unwrap() {
        (variant["commit"], variant["branch"]) = (json!("2".repeat(64)), json!(null));
    }
    repo.git(&["update-ref", "refs/puff/runs/other", "refs/puff/runs/fix"]);
    choice.record("other", &record);
    assert_eq!(repo.puff(&["list", "--json"]).ok().json()["runs"].as_array().unwrap().len(), 2);
    assert_eq!(repo.show("other")["base_oid"], "1".repeat(64));
    repo.puff(&["preflight", "other"]).exits(1).complains(&[&"1".repeat(64)]);
    for args in [&["harvest", "other"][..], &["diff", "other", "1"], &["pick", "other:1"], &["review", "other"]] {
        let ran = repo.puff(args);
        assert!(ran.code == 1 || ran.code == 128, "{args:?}: {} {}", ran.code, ran.stderr);
        ran.complains(&[]);
    }
    repo.puff(&["show", "fix"]).ok();
    repo.puff(&["harvest", "fix"]).exits(3);
}
