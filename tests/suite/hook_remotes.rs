//! Real pushes, of every kind and to every kind of remote, with the hook in place: the work of others goes through.

use std::fs;
use std::process::Stdio;

use crate::support::choice::Choice;
use crate::support::daemon::Daemon;
use crate::support::hooks::push;
use crate::support::ssh::Ssh;
use crate::support::test_repo::{TestRepo, run};

/// A test repository with a run and the hook.
fn guarded() -> Choice {
    let choice = Choice::new();
    choice.repo.puff(&["hook", "install"]).ok();
    choice
}

#[test]
fn other_commits_are_pushed_to_every_kind_of_remote_and_variants_are_not() {
    needs!("sshd", "ssh-keygen", "older-git");
    for older in [false, true] {
        let mut choice = guarded();
        let repo = &mut choice.repo;
        if older {
            repo.use_older_git();
        }
        let (daemon, ssh) = (Daemon::serve(repo), Ssh::serve(repo));
        let file = format!("file://{}", repo.path("origin.git").display());
        for (name, url) in [("file", file), ("daemon", daemon.url("origin.git")), ("ssh", ssh.url("origin.git"))] {
            repo.git(&["remote", "add", name, &url]);
            repo.commit("README", name, &format!("Go by {name}"));
            let pushed = push(repo, &[name, "main"]).ok();
            assert!(!pushed.stderr.contains("warning: ") && !pushed.stderr.contains("error: "), "{pushed:?}");
            push(repo, &[name, "puff/fix/var1:theirs"]).exits(1).complains(&["var1 of 'fix'"]);
            // By its address alone, without a name.
            push(repo, &[&url, "puff/fix/var1:theirs"]).exits(1).complains(&["var1 of 'fix'"]);
            push(repo, &[&url, &format!("main:refs/heads/by-{name}")]).ok();
            push(repo, &["--no-verify", name, &format!("puff/fix/var1:anyhow-{name}")]).ok();
        }
    }
}

#[test]
fn every_kind_of_push_goes_through() {
    let choice = guarded();
    let repo = &choice.repo;
    repo.commit("README", "one\n", "One");
    push(repo, &["origin", "main"]).ok();
    repo.git(&["commit", "-q", "--amend", "-m", "Another"]);
    push(repo, &["origin", "main"]).exits(1);
    push(repo, &["--force", "origin", "main"]).ok();
    push(repo, &["origin", "main:other", "main:refs/tags/light"]).ok();
    push(repo, &["origin", "--delete", "other"]).ok();
    repo.git(&["tag", "-a", "-m", "An annotated one", "v1"]);
    let blob = repo.git(&["rev-parse", "main:README"]);
    repo.git(&["tag", "of-a-blob", &blob]);
    push(repo, &["origin", "v1", "of-a-blob"]).ok();
    // Notes and records of runs are no work of a variant's.
    push(repo, &["origin", "refs/notes/*:refs/notes/*", "refs/puff/*:refs/puff/*"]).ok();
    repo.git(&["checkout", "-q", "--detach"]);
    repo.commit("README", "detached\n", "Detached");
    push(repo, &["origin", "HEAD:refs/heads/detached"]).ok();
    // A tag on a variant is a way out of the house, too.
    repo.git(&["tag", "-a", "-m", "Theirs", "v2", "puff/fix/var1"]);
    push(repo, &["origin", "v2"]).exits(1).complains(&["var1 of 'fix'"]);
    repo.git_in(&repo.path("."), &["init", "-q", "--bare", "mirror.git"]);
    push(repo, &["--mirror", "../mirror.git"]).exits(1).complains(&["of 'fix'"]);
    // A first push, to a repository with nothing in it.
    repo.git_in(&repo.path("."), &["init", "-q", "--bare", "empty.git"]);
    push(repo, &["../empty.git", "main"]).ok();
}

#[test]
fn unfetched_remote_commits_do_not_block_a_push() {
    let choice = guarded();
    let repo = &choice.repo;
    // Somebody else pushed: the commit there is not here.
    repo.git_in(&repo.path("."), &["clone", "-q", "origin.git", "theirs"]);
    let theirs = repo.path("theirs");
    repo.git_in(&theirs, &["commit", "-q", "--allow-empty", "-m", "Theirs"]);
    repo.git_in(&theirs, &["push", "-q"]);
    repo.commit("README", "ours\n", "Ours");
    push(repo, &["--force", "origin", "main"]).ok();

    // A shallow clone does not know where its oldest commit comes from.
    let file = format!("file://{}", repo.path("origin.git").display());
    repo.git_in(&repo.path("."), &["clone", "-q", "--depth=1", &file, "shallow"]);
    let shallow = repo.path("shallow");
    run(repo.command("git").current_dir(&shallow).args(["puff", "hook", "install"])).ok();
    repo.git_in(&shallow, &["fetch", "-q", &repo.work().display().to_string(), "refs/puff/*:refs/puff/*"]);
    repo.git_in(&shallow, &["commit", "-q", "--allow-empty", "-m", "Shallow"]);
    repo.git_in(&shallow, &["push", "-q", "origin", "main"]);
    fs::write(shallow.join("notes.txt"), "one\n2\nthree\n").unwrap();
    repo.git_in(&shallow, &["commit", "-q", "-a", "-m", "By hand\n\nPuff-Run: fix\nPuff-Variant: 1/4"]);
    let refused = run(repo.command("git").current_dir(&shallow).args(["push", "origin", "main"])).exits(1);
    refused.complains(&["var1 of 'fix'"]);
}

#[test]
fn ten_thousand_refs_are_pushed_with_one_check() {
    let choice = guarded();
    let repo = &choice.repo;
    let (main, variant) = (repo.git(&["rev-parse", "main"]), repo.git(&["rev-parse", "puff/fix/var1"]));
    let refs = |one: &str| -> String {
        (0..10_000).map(|n| format!("create refs/tags/t{n} {}\n", if n == 7_777 { one } else { &main })).collect()
    };
    let file = repo.path("refs");
    fs::write(&file, refs(&variant)).unwrap();
    let stdin = fs::File::open(&file).unwrap();
    run(repo.command("git").args(["update-ref", "--stdin"]).stdin(Stdio::from(stdin))).ok();
    repo.git(&["pack-refs", "--all"]);
    let refused = push(repo, &["-q", "origin", "--tags"]).exits(1);
    assert_eq!(refused.stderr.matches("[unreviewed]").count(), 1, "{}", refused.stderr);
    repo.git(&["tag", "-d", "t7777"]);
    push(repo, &["-q", "origin", "--tags"]).ok();
    assert_eq!(repo.git(&["ls-remote", "--tags", "origin"]).lines().count(), 9_999);
}

#[test]
fn pushes_from_a_linked_worktree_and_a_bare_repository_are_looked_at() {
    let choice = guarded();
    let repo = &choice.repo;
    repo.git(&["worktree", "add", "-q", "../linked", "puff/fix/var1"]);
    let push_in = |folder: &std::path::Path, what: &str| {
        run(repo.command("git").current_dir(folder).args(["push", "origin", what]))
    };
    push_in(&repo.path("linked"), "HEAD:refs/heads/theirs").exits(1).complains(&["var1 of 'fix'"]);
    push_in(&repo.path("linked"), "main:refs/heads/mine").ok();
    repo.git_in(&repo.path("."), &["clone", "-q", "--mirror", "work", "bare.git"]);
    let bare = repo.path("bare.git");
    repo.git_in(&bare, &["config", "--unset", "remote.origin.mirror"]);
    repo.git_in(&bare, &["remote", "set-url", "origin", &repo.path("origin.git").display().to_string()]);
    run(repo.command("git").current_dir(&bare).args(["puff", "hook", "install"])).ok();
    push_in(&bare, "puff/fix/var1:refs/heads/theirs").exits(1).complains(&["var1 of 'fix'"]);
    push_in(&bare, "main:refs/heads/from-bare").ok();
}

#[test]
fn without_runs_only_file_contents_are_checked() {
    let repo = TestRepo::new();
    repo.puff(&["hook", "install"]).ok();
    repo.commit("README", "x\n", "Mine");
    push(&repo, &["origin", "main"]).ok();
    // Nobody here knows this run: nothing can be said of it.
    repo.commit("README", "y\n", "Theirs\n\nPuff-Run: elsewhere\nPuff-Variant: 2/4");
    push(&repo, &["origin", "main"]).ok();
    repo.commit("error.log", "y\n", "Theirs\n\nPuff-Run: elsewhere\nPuff-Variant: 2/4");
    push(&repo, &["origin", "main"]).exits(1).complains(&["error.log: was left behind"]);
    assert!(!repo.puff_dir().exists(), "looking leaves nothing behind");
}
