//! Real pushes, of every kind and to every kind of remote, with the hook in place: the work of others goes through.

use std::fs;
use std::process::Stdio;

use crate::support::choice::Choice;
use crate::support::daemon::Daemon;
use crate::support::hooks::push;
use crate::support::ssh::Ssh;
use crate::support::test_repo::{TestRepo, run};

/// A lab with a run and the hook.
fn guarded() -> Choice {
    let choice = Choice::new();
    choice.lab.puff(&["hook", "install"]).ok();
    choice
}

#[test]
fn other_work_goes_to_every_kind_of_remote_and_a_variant_does_not() {
    needs!("sshd", "ssh-keygen", "older-git");
    for older in [false, true] {
        let mut choice = guarded();
        let lab = &mut choice.lab;
        if older {
            lab.use_older_git();
        }
        let (daemon, ssh) = (Daemon::serve(lab), Ssh::serve(lab));
        let file = format!("file://{}", lab.path("origin.git").display());
        for (name, url) in [("file", file), ("daemon", daemon.url("origin.git")), ("ssh", ssh.url("origin.git"))] {
            lab.git(&["remote", "add", name, &url]);
            lab.commit("README", name, &format!("Go by {name}"));
            let pushed = push(lab, &[name, "main"]).ok();
            assert!(!pushed.stderr.contains("warning: ") && !pushed.stderr.contains("error: "), "{pushed:?}");
            push(lab, &[name, "puff/fix/var1:theirs"]).exits(1).complains(&["var1 of 'fix'"]);
            // By its address alone, without a name.
            push(lab, &[&url, "puff/fix/var1:theirs"]).exits(1).complains(&["var1 of 'fix'"]);
            push(lab, &[&url, &format!("main:refs/heads/by-{name}")]).ok();
            push(lab, &["--no-verify", name, &format!("puff/fix/var1:anyhow-{name}")]).ok();
        }
    }
}

#[test]
fn every_kind_of_push_goes_through() {
    let choice = guarded();
    let lab = &choice.lab;
    lab.commit("README", "one\n", "One");
    push(lab, &["origin", "main"]).ok();
    lab.git(&["commit", "-q", "--amend", "-m", "Another"]);
    push(lab, &["origin", "main"]).exits(1);
    push(lab, &["--force", "origin", "main"]).ok();
    push(lab, &["origin", "main:other", "main:refs/tags/light"]).ok();
    push(lab, &["origin", "--delete", "other"]).ok();
    lab.git(&["tag", "-a", "-m", "An annotated one", "v1"]);
    let blob = lab.git(&["rev-parse", "main:README"]);
    lab.git(&["tag", "of-a-blob", &blob]);
    push(lab, &["origin", "v1", "of-a-blob"]).ok();
    // Notes and records of runs are no work of a variant's.
    push(lab, &["origin", "refs/notes/*:refs/notes/*", "refs/puff/*:refs/puff/*"]).ok();
    lab.git(&["checkout", "-q", "--detach"]);
    lab.commit("README", "detached\n", "Detached");
    push(lab, &["origin", "HEAD:refs/heads/detached"]).ok();
    // A tag on a variant is a way out of the house, too.
    lab.git(&["tag", "-a", "-m", "Theirs", "v2", "puff/fix/var1"]);
    push(lab, &["origin", "v2"]).exits(1).complains(&["var1 of 'fix'"]);
    lab.git_in(&lab.path("."), &["init", "-q", "--bare", "mirror.git"]);
    push(lab, &["--mirror", "../mirror.git"]).exits(1).complains(&["of 'fix'"]);
    // A first push, to a repository with nothing in it.
    lab.git_in(&lab.path("."), &["init", "-q", "--bare", "empty.git"]);
    push(lab, &["../empty.git", "main"]).ok();
}

#[test]
fn what_the_remote_has_and_this_clone_does_not_is_in_nobodys_way() {
    let choice = guarded();
    let lab = &choice.lab;
    // Somebody else pushed: the commit there is not here.
    lab.git_in(&lab.path("."), &["clone", "-q", "origin.git", "theirs"]);
    let theirs = lab.path("theirs");
    lab.git_in(&theirs, &["commit", "-q", "--allow-empty", "-m", "Theirs"]);
    lab.git_in(&theirs, &["push", "-q"]);
    lab.commit("README", "ours\n", "Ours");
    push(lab, &["--force", "origin", "main"]).ok();

    // A shallow clone does not know where its oldest commit comes from.
    let file = format!("file://{}", lab.path("origin.git").display());
    lab.git_in(&lab.path("."), &["clone", "-q", "--depth=1", &file, "shallow"]);
    let shallow = lab.path("shallow");
    run(lab.command("git").current_dir(&shallow).args(["puff", "hook", "install"])).ok();
    lab.git_in(&shallow, &["fetch", "-q", &lab.work().display().to_string(), "refs/puff/*:refs/puff/*"]);
    lab.git_in(&shallow, &["commit", "-q", "--allow-empty", "-m", "Shallow"]);
    lab.git_in(&shallow, &["push", "-q", "origin", "main"]);
    fs::write(shallow.join("notes.txt"), "one\n2\nthree\n").unwrap();
    lab.git_in(&shallow, &["commit", "-q", "-a", "-m", "By hand\n\nPuff-Run: fix\nPuff-Variant: 1/4"]);
    let refused = run(lab.command("git").current_dir(&shallow).args(["push", "origin", "main"])).exits(1);
    refused.complains(&["var1 of 'fix'"]);
}

#[test]
fn ten_thousand_refs_are_looked_at_in_one_go() {
    let choice = guarded();
    let lab = &choice.lab;
    let (main, variant) = (lab.git(&["rev-parse", "main"]), lab.git(&["rev-parse", "puff/fix/var1"]));
    let refs = |one: &str| -> String {
        (0..10_000).map(|n| format!("create refs/tags/t{n} {}\n", if n == 7_777 { one } else { &main })).collect()
    };
    let file = lab.path("refs");
    fs::write(&file, refs(&variant)).unwrap();
    let stdin = fs::File::open(&file).unwrap();
    run(lab.command("git").args(["update-ref", "--stdin"]).stdin(Stdio::from(stdin))).ok();
    lab.git(&["pack-refs", "--all"]);
    let refused = push(lab, &["-q", "origin", "--tags"]).exits(1);
    assert_eq!(refused.stderr.matches("[unreviewed]").count(), 1, "{}", refused.stderr);
    lab.git(&["tag", "-d", "t7777"]);
    push(lab, &["-q", "origin", "--tags"]).ok();
    assert_eq!(lab.git(&["ls-remote", "--tags", "origin"]).lines().count(), 9_999);
}

#[test]
fn pushes_from_a_linked_worktree_and_a_bare_repository_are_looked_at() {
    let choice = guarded();
    let lab = &choice.lab;
    lab.git(&["worktree", "add", "-q", "../linked", "puff/fix/var1"]);
    let push_in = |folder: &std::path::Path, what: &str| {
        run(lab.command("git").current_dir(folder).args(["push", "origin", what]))
    };
    push_in(&lab.path("linked"), "HEAD:refs/heads/theirs").exits(1).complains(&["var1 of 'fix'"]);
    push_in(&lab.path("linked"), "main:refs/heads/mine").ok();
    lab.git_in(&lab.path("."), &["clone", "-q", "--mirror", "work", "bare.git"]);
    let bare = lab.path("bare.git");
    lab.git_in(&bare, &["config", "--unset", "remote.origin.mirror"]);
    lab.git_in(&bare, &["remote", "set-url", "origin", &lab.path("origin.git").display().to_string()]);
    run(lab.command("git").current_dir(&bare).args(["puff", "hook", "install"])).ok();
    push_in(&bare, "puff/fix/var1:refs/heads/theirs").exits(1).complains(&["var1 of 'fix'"]);
    push_in(&bare, "main:refs/heads/from-bare").ok();
}

#[test]
fn a_clone_without_any_run_is_only_stopped_by_what_is_in_the_files() {
    let lab = TestRepo::new();
    lab.puff(&["hook", "install"]).ok();
    lab.commit("README", "x\n", "Mine");
    push(&lab, &["origin", "main"]).ok();
    // Nobody here knows this run: nothing can be said of it.
    lab.commit("README", "y\n", "Theirs\n\nPuff-Run: elsewhere\nPuff-Variant: 2/4");
    push(&lab, &["origin", "main"]).ok();
    lab.commit("error.log", "y\n", "Theirs\n\nPuff-Run: elsewhere\nPuff-Variant: 2/4");
    push(&lab, &["origin", "main"]).exits(1).complains(&["error.log: was left behind"]);
    assert!(!lab.puff_dir().exists(), "looking leaves nothing behind");
}
