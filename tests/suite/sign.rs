//! Variants' commits are signed where the user signs: with the user's own keys and programs, once.

use std::fs;

use serde_json::Value;

use crate::support::agent_run::AgentRun;
use crate::support::export::Export;
use crate::support::test_repo::{Ran, TestRepo, make_executable, run};

/// A lab whose user signs with an ssh key.
fn lab() -> TestRepo {
    let lab = TestRepo::new();
    use_ssh(&lab);
    lab
}

fn use_ssh(lab: &TestRepo) {
    let key = lab.path("home/key").display().to_string();
    run(lab.command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "author@example.com", "-f", &key])).ok();
    let public = fs::read_to_string(format!("{key}.pub")).unwrap();
    fs::write(lab.path("home/signers"), format!("author@example.com {public}")).unwrap();
    let config = |key: &str, value: &str| drop(lab.git(&["config", "--global", key, value]));
    config("gpg.format", "ssh");
    config("user.signingKey", &key);
    config("gpg.ssh.allowedSignersFile", &lab.path("home/signers").display().to_string());
}

fn export(lab: &TestRepo) -> Export {
    let export = Export::new(lab, "export");
    export.patch(1, lab.patch("notes.txt", "one\n2\nthree\n")).patch(2, lab.patch("README", "Two.\n"));
    export
}

fn commits(run: &Value) -> Vec<String> {
    run["variants"].as_array().unwrap().iter().map(|variant| variant["commit"].as_str().unwrap().to_owned()).collect()
}

fn show(lab: &TestRepo) -> Vec<String> {
    commits(&lab.show("fix"))
}

fn verifies(lab: &TestRepo, commit: &str) -> Ran {
    run(lab.command("git").args(["verify-commit", "-v", commit]))
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
        let lab = lab();
        if key == "puff.sign" {
            lab.git(&["config", "commit.gpgSign", if signed { "false" } else { "true" }]);
        }
        lab.git(&["config", key, value]);
        export(&lab).harvest(&lab, &["--name", "fix"]).ok();
        for commit in show(&lab) {
            assert_eq!(verifies(&lab, &commit).code == 0, signed, "{key}={value}");
            let body = lab.git(&["log", "-1", "--format=%an %ae %cn %ce %at %ct%n%B", &commit]);
            let date = body.split(' ').nth(8).unwrap().to_owned();
            assert!(body.starts_with("A U Thor author@example.com A U Thor author@example.com"), "{body}");
            assert!(body.contains(&format!("{date} {date}")) && body.contains("Puff-Run: fix"), "{body}");
        }
    }
    let lab = lab();
    lab.git(&["config", "puff.sign", "perhaps"]);
    export(&lab).harvest(&lab, &[]).exits(129).complains(&["puff.sign", "'perhaps'"]);
}

#[test]
fn a_signed_commit_is_the_same_at_every_harvest_and_in_another_clone() {
    needs!("ssh-keygen");
    let lab = lab();
    lab.git(&["config", "puff.sign", "true"]);
    let export = export(&lab);
    export.harvest(&lab, &["--name", "fix"]).ok();
    let first = show(&lab);
    export.harvest(&lab, &["--name", "fix"]).ok();
    lab.puff(&["harvest", "fix"]).ok();
    assert_eq!(show(&lab), first);
    // Gone from the repository with its branch, without the key, and for one who does not sign any more.
    lab.git(&["branch", "-q", "-D", "puff/fix/var1"]);
    lab.git(&["update-ref", "-d", "refs/notes/puff/report"]);
    lab.git(&["update-ref", "-d", "refs/notes/puff/runs"]);
    lab.git(&["reflog", "expire", "--expire=now", "--all"]);
    lab.git(&["gc", "-q", "--prune=now"]);
    assert_ne!(lab.try_git(&["cat-file", "-e", &first[0]]).code, 0);
    fs::remove_file(lab.path("home/key")).unwrap();
    lab.puff(&["doctor", "--repair"]);
    assert_eq!(lab.git(&["rev-parse", "puff/fix/var1"]), first[0]);
    verifies(&lab, &first[0]).ok();
    lab.git(&["config", "puff.sign", "false"]);
    lab.puff(&["harvest", "fix", "--recreate"]).ok();
    assert_eq!(show(&lab), first);

    // Elsewhere, with nothing but the run.
    lab.git(&["push", "-q", "origin", "refs/puff/runs/fix"]);
    lab.git_in(&lab.path(""), &["clone", "-q", "origin.git", "other"]);
    lab.git_in(&lab.path("other"), &["fetch", "-q", "origin", "refs/puff/*:refs/puff/*"]);
    run(lab.command("git").current_dir(lab.path("other")).args(["puff", "harvest", "fix", "--recreate"])).ok();
    assert_eq!(lab.git_in(&lab.path("other"), &["rev-parse", "puff/fix/var1", "puff/fix/var2"]), first.join("\n"));
}

#[test]
fn what_was_made_unsigned_keeps_its_name_and_a_new_patch_is_signed() {
    needs!("ssh-keygen");
    let lab = lab();
    let export = export(&lab);
    export.harvest(&lab, &["--name", "fix"]).ok();
    let first = show(&lab);
    lab.git(&["config", "puff.sign", "true"]);
    lab.puff(&["harvest", "fix", "--recreate"]).ok();
    assert_eq!(show(&lab), first);
    assert_ne!(verifies(&lab, &first[0]).code, 0);
    export.harvest(&lab, &["--name", "signed"]).ok();
    verifies(&lab, "puff/signed/var1").ok();
}

#[test]
fn what_cannot_be_signed_is_not_made() {
    needs!("ssh-keygen");
    let lab = lab();
    lab.git(&["config", "commit.gpgSign", "true"]);
    let export = export(&lab);
    fs::rename(lab.path("home/key"), lab.path("home/away")).unwrap();
    let ran = export.harvest(&lab, &["--name", "fix"]).exits(1).complains(&["var1", "cannot sign"]);
    assert!(ran.stderr.contains("puff.sign"), "{}", ran.stderr);
    assert_eq!(lab.git(&["for-each-ref", "refs/puff", "refs/heads/puff"]), "");
    fs::rename(lab.path("home/away"), lab.path("home/key")).unwrap();
    export.harvest(&lab, &["--name", "fix"]).ok();
    // Onto another branch the user's own commit is made, and signed.
    lab.git(&["checkout", "-q", "--detach"]);
    lab.puff(&["pick", "fix:1", "--onto", "main"]).ok();
    verifies(&lab, "main").ok();
    lab.puff(&["undo", "fix"]).ok();
    lab.git(&["checkout", "-q", "main"]);
    lab.puff(&["pick", "fix:1"]).ok();
    verifies(&lab, "HEAD").ok();
}

#[test]
fn a_watcher_that_cannot_sign_leaves_the_run_ready_and_says_who_is_needed() {
    needs!("ssh-keygen");
    let crew = AgentRun::new();
    let lab = &crew.lab;
    use_ssh(lab);
    lab.git(&["config", "puff.sign", "true"]);
    lab.git(&["config", "puff.notify", &format!("cat >>'{}'", lab.path("told").display())]);
    fs::rename(lab.path("home/key"), lab.path("home/away")).unwrap();
    crew.agent("a", "echo made >made.txt");
    let run = crew.launch(&["--agent", "a", "--harvest"]);
    let document = lab.wait_for(&run, "in need of somebody", |run| run["attention"] == "needs-signature");
    assert_eq!((&document["state"], &document["variants"][0]["commit"]), (&"ready".into(), &Value::Null));
    assert!(lab.puff(&["patch", &format!("{run}:1")]).ok().stdout.contains("+made"));
    assert_eq!(lab.git(&["branch", "--list", "puff/*"]), "");
    crate::support::test_repo::wait_until("somebody is told", || {
        fs::read_to_string(lab.path("told")).is_ok_and(|told| told.contains("needs-signature"))
    });
    assert!(lab.puff(&["show", &run]).ok().stdout.contains("fix commit signing"));

    fs::rename(lab.path("home/away"), lab.path("home/key")).unwrap();
    lab.puff(&["harvest", &run]).ok();
    let document = lab.show(&run);
    assert_eq!((&document["state"], &document["attention"]), (&"harvested".into(), &Value::Null));
    verifies(lab, document["variants"][0]["branch"].as_str().unwrap()).ok();
}

#[test]
fn gpg_signs_as_well() {
    needs!("ssh-keygen", "gpg");
    let mut lab = TestRepo::new();
    let home = tempfile::Builder::new().prefix("puff-gpg-").tempdir().unwrap();
    lab.set("GNUPGHOME", &home.path().display().to_string());
    let key = "Key-Type: eddsa\nKey-Curve: ed25519\nName-Real: A U Thor\nName-Email: author@example.com\n\
        Expire-Date: 0\n%no-protection\n%commit\n";
    fs::write(lab.path("home/parameters"), key).unwrap();
    let gpg = |args: &[&str]| run(lab.command("gpg").args(["--batch", "--quiet"]).args(args));
    gpg(&[
        "--faked-system-time",
        "20261101T000000",
        "--generate-key",
        &lab.path("home/parameters").display().to_string(),
    ])
    .ok();
    lab.git(&["config", "commit.gpgSign", "true"]);
    export(&lab).harvest(&lab, &["--name", "fix"]).ok();
    for commit in show(&lab) {
        verifies(&lab, &commit).ok();
    }
    // A program that says nothing for ever is a matter of the limit; one that says no is an answer.
    let program = lab.path("bin/no-gpg");
    fs::write(&program, "#!/bin/sh\necho 'no pinentry' >&2\nexit 2\n").unwrap();
    make_executable(&program);
    lab.git(&["config", "gpg.program", &program.display().to_string()]);
    let ran = Export::new(&lab, "other").patch(1, lab.patch("README", "Other.\n")).harvest(&lab, &[]);
    assert!(ran.exits(1).complains(&["cannot sign"]).stderr.contains("no pinentry"));
    run(lab.command("gpgconf").args(["--kill", "all"])).ok();
}
