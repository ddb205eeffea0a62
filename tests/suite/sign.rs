//! Variants' commits are signed where the user signs: with the user's own keys and programs, once.

use std::fs;

use serde_json::Value;

use crate::support::agent_run::AgentRun;
use crate::support::export::Export;
use crate::support::test_repo::{Ran, TestRepo, make_executable, run};

/// A test repository whose user signs with an ssh key.
fn repo() -> TestRepo {
    let repo = TestRepo::new();
    use_ssh(&repo);
    repo
}

fn use_ssh(repo: &TestRepo) {
    let key = repo.path("home/key").display().to_string();
    run(repo.command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "author@example.com", "-f", &key]))
        .ok();
    let public = fs::read_to_string(format!("{key}.pub")).unwrap();
    fs::write(repo.path("home/signers"), format!("author@example.com {public}")).unwrap();
    let config = |key: &str, value: &str| drop(repo.git(&["config", "--global", key, value]));
    config("gpg.format", "ssh");
    config("user.signingKey", &key);
    config("gpg.ssh.allowedSignersFile", &repo.path("home/signers").display().to_string());
}

fn export(repo: &TestRepo) -> Export {
    let export = Export::new(repo, "export");
    export.patch(1, repo.patch("notes.txt", "one\n2\nthree\n")).patch(2, repo.patch("README", "Two.\n"));
    export
}

fn commits(run: &Value) -> Vec<String> {
    run["variants"].as_array().unwrap().iter().map(|variant| variant["commit"].as_str().unwrap().to_owned()).collect()
}

fn show(repo: &TestRepo) -> Vec<String> {
    commits(&repo.show("fix"))
}

fn verifies(repo: &TestRepo, commit: &str) -> Ran {
    run(repo.command("git").args(["verify-commit", "-v", commit]))
}

#[test]
fn commits_are_signed_when_git_signs_or_when_puff_is_told_to() {
    needs!("ssh-keygen");
    for (key, value, signed) in [
        ("commit.gpgSign", "true", true),
        ("puff.sign", "true", true),
        ("puff.sign", "false", false),
        ("commit.gpgSign", "false", false),
    ] {
        let repo = repo();
        if key == "puff.sign" {
            repo.git(&["config", "commit.gpgSign", if signed { "false" } else { "true" }]);
        }
        repo.git(&["config", key, value]);
        export(&repo).harvest(&repo, &["--name", "fix"]).ok();
        for commit in show(&repo) {
            assert_eq!(verifies(&repo, &commit).code == 0, signed, "{key}={value}");
            let body = repo.git(&["log", "-1", "--format=%an %ae %cn %ce %at %ct%n%B", &commit]);
            let date = body.split(' ').nth(8).unwrap().to_owned();
            assert!(body.starts_with("A U Thor author@example.com A U Thor author@example.com"), "{body}");
            assert!(body.contains(&format!("{date} {date}")) && body.contains("Puff-Run: fix"), "{body}");
        }
    }
    let repo = repo();
    repo.git(&["config", "puff.sign", "perhaps"]);
    export(&repo).harvest(&repo, &[]).exits(129).complains(&["puff.sign", "'perhaps'"]);
}

#[test]
fn a_signed_commit_is_the_same_at_every_harvest_and_in_another_clone() {
    needs!("ssh-keygen");
    let repo = repo();
    repo.git(&["config", "puff.sign", "true"]);
    let export = export(&repo);
    export.harvest(&repo, &["--name", "fix"]).ok();
    let first = show(&repo);
    export.harvest(&repo, &["--name", "fix"]).ok();
    repo.puff(&["harvest", "fix"]).ok();
    assert_eq!(show(&repo), first);
    // Gone from the repository with its branch, without the key, and for one who does not sign any more.
    repo.git(&["branch", "-q", "-D", "puff/fix/var1"]);
    repo.git(&["update-ref", "-d", "refs/notes/puff/report"]);
    repo.git(&["update-ref", "-d", "refs/notes/puff/runs"]);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "-q", "--prune=now"]);
    assert_ne!(repo.try_git(&["cat-file", "-e", &first[0]]).code, 0);
    fs::remove_file(repo.path("home/key")).unwrap();
    repo.puff(&["doctor", "--repair"]);
    assert_eq!(repo.git(&["rev-parse", "puff/fix/var1"]), first[0]);
    verifies(&repo, &first[0]).ok();
    repo.git(&["config", "puff.sign", "false"]);
    repo.puff(&["harvest", "fix", "--recreate"]).ok();
    assert_eq!(show(&repo), first);

    // Elsewhere, with nothing but the run.
    repo.git(&["push", "-q", "origin", "refs/puff/runs/fix"]);
    repo.git_in(&repo.path(""), &["clone", "-q", "origin.git", "other"]);
    repo.git_in(&repo.path("other"), &["fetch", "-q", "origin", "refs/puff/*:refs/puff/*"]);
    run(repo.command("git").current_dir(repo.path("other")).args(["puff", "harvest", "fix", "--recreate"])).ok();
    assert_eq!(repo.git_in(&repo.path("other"), &["rev-parse", "puff/fix/var1", "puff/fix/var2"]), first.join("\n"));
}

#[test]
fn what_was_made_unsigned_keeps_its_name_and_a_new_patch_is_signed() {
    needs!("ssh-keygen");
    let repo = repo();
    let export = export(&repo);
    export.harvest(&repo, &["--name", "fix"]).ok();
    let first = show(&repo);
    repo.git(&["config", "puff.sign", "true"]);
    repo.puff(&["harvest", "fix", "--recreate"]).ok();
    assert_eq!(show(&repo), first);
    assert_ne!(verifies(&repo, &first[0]).code, 0);
    export.harvest(&repo, &["--name", "signed"]).ok();
    verifies(&repo, "puff/signed/var1").ok();
}

#[test]
fn what_cannot_be_signed_is_not_made() {
    needs!("ssh-keygen");
    let repo = repo();
    repo.git(&["config", "commit.gpgSign", "true"]);
    let export = export(&repo);
    fs::rename(repo.path("home/key"), repo.path("home/away")).unwrap();
    let ran = export.harvest(&repo, &["--name", "fix"]).exits(1).complains(&["var1", "cannot sign"]);
    assert!(ran.stderr.contains("puff.sign"), "{}", ran.stderr);
    assert_eq!(repo.git(&["for-each-ref", "refs/puff", "refs/heads/puff"]), "");
    fs::rename(repo.path("home/away"), repo.path("home/key")).unwrap();
    export.harvest(&repo, &["--name", "fix"]).ok();
    // Onto another branch the user's own commit is made, and signed.
    repo.git(&["checkout", "-q", "--detach"]);
    repo.puff(&["pick", "fix:1", "--onto", "main"]).ok();
    verifies(&repo, "main").ok();
    repo.puff(&["undo", "fix"]).ok();
    repo.git(&["checkout", "-q", "main"]);
    repo.puff(&["pick", "fix:1"]).ok();
    verifies(&repo, "HEAD").ok();
}

#[test]
fn a_watcher_that_cannot_sign_leaves_the_run_ready_and_needing_attention() {
    needs!("ssh-keygen");
    let crew = AgentRun::new();
    let repo = &crew.repo;
    use_ssh(repo);
    repo.git(&["config", "puff.sign", "true"]);
    repo.git(&["config", "puff.notify", &format!("cat >>'{}'", repo.path("told").display())]);
    fs::rename(repo.path("home/key"), repo.path("home/away")).unwrap();
    crew.agent("a", "echo made >made.txt");
    let run = crew.launch(&["--agent", "a", "--harvest"]);
    let document = repo.wait_for(&run, "in need of somebody", |run| run["attention"] == "needs-signature");
    assert_eq!((&document["state"], &document["variants"][0]["commit"]), (&"ready".into(), &Value::Null));
    assert!(repo.puff(&["patch", &format!("{run}:1")]).ok().stdout.contains("+made"));
    assert_eq!(repo.git(&["branch", "--list", "puff/*"]), "");
    crate::support::test_repo::wait_until("somebody is told", || {
        fs::read_to_string(repo.path("told")).is_ok_and(|told| told.contains("needs-signature"))
    });
    assert!(repo.puff(&["show", &run]).ok().stdout.contains("fix commit signing"));

    fs::rename(repo.path("home/away"), repo.path("home/key")).unwrap();
    repo.puff(&["harvest", &run]).ok();
    let document = repo.show(&run);
    assert_eq!((&document["state"], &document["attention"]), (&"harvested".into(), &Value::Null));
    verifies(repo, document["variants"][0]["branch"].as_str().unwrap()).ok();
}

#[test]
fn gpg_signs_as_well() {
    needs!("ssh-keygen", "gpg");
    let mut repo = TestRepo::new();
    let home = tempfile::Builder::new().prefix("puff-gpg-").tempdir().unwrap();
    repo.set("GNUPGHOME", &home.path().display().to_string());
    let key = "Key-Type: eddsa\nKey-Curve: ed25519\nName-Real: A U Thor\nName-Email: author@example.com\n\
        Expire-Date: 0\n%no-protection\n%commit\n";
    fs::write(repo.path("home/parameters"), key).unwrap();
    let gpg = |args: &[&str]| run(repo.command("gpg").args(["--batch", "--quiet"]).args(args));
    gpg(&[
        "--faked-system-time",
        "20261101T000000",
        "--generate-key",
        &repo.path("home/parameters").display().to_string(),
    ])
    .ok();
    repo.git(&["config", "commit.gpgSign", "true"]);
    export(&repo).harvest(&repo, &["--name", "fix"]).ok();
    for commit in show(&repo) {
        verifies(&repo, &commit).ok();
    }
    // A program that says nothing for ever is a matter of the limit; one that says no is an answer.
    let program = repo.path("bin/no-gpg");
    fs::write(&program, "#!/bin/sh\necho 'no pinentry' >&2\nexit 2\n").unwrap();
    make_executable(&program);
    repo.git(&["config", "gpg.program", &program.display().to_string()]);
    let ran = Export::new(&repo, "other").patch(1, repo.patch("README", "Other.\n")).harvest(&repo, &[]);
    assert!(ran.exits(1).complains(&["cannot sign"]).stderr.contains("no pinentry"));
    run(repo.command("gpgconf").args(["--kill", "all"])).ok();
}
