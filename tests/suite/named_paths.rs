//! Folders and files that somebody names, where an agent may write too: no link below them is followed, and nothing is
//! written into a git directory.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;

use crate::support::choice::Choice;
use crate::support::export::Export;
use crate::support::mcp::Client;

/// A run `fix`, and a folder `exp` in the worktree that somebody else has prepared.
fn prepared() -> (Choice, std::path::PathBuf) {
    let choice = Choice::new();
    let outside = choice.repo.path("outside");
    fs::create_dir_all(outside.join("var2")).unwrap();
    fs::write(outside.join("secret.txt"), "theirs\n").unwrap();
    fs::create_dir_all(choice.repo.work().join("exp/var1")).unwrap();
    (choice, outside)
}

#[test]
fn an_export_follows_no_link_and_goes_into_no_git_directory() {
    let (choice, outside) = prepared();
    let repo = &choice.repo;
    let exp = repo.work().join("exp");
    symlink(outside.join("secret.txt"), exp.join("var1/patch.diff")).unwrap();
    let mut client = Client::with_roots(repo, Some(&[&repo.work()]));
    client.call("harvest", json!({"runs": ["fix"], "out": "exp"}));
    assert_eq!(fs::read_to_string(outside.join("secret.txt")).unwrap(), "theirs\n");
    assert!(!exp.join("var1/patch.diff").is_symlink() && exp.join("var1/patch.diff").is_file());
    // A whole folder.
    fs::remove_dir_all(exp.join("var2")).unwrap();
    symlink(outside.join("var2"), exp.join("var2")).unwrap();
    let complaint = client.complaint("harvest", json!({"runs": ["fix"], "out": "exp"}));
    assert!(complaint.contains("var2") && complaint.contains("symbolic link"), "{complaint}");
    repo.puff(&["harvest", "fix", "--out", "exp"]).exits(1);
    assert_eq!(fs::read_dir(outside.join("var2")).unwrap().count(), 0);
    for named in [".git", ".git/hooks", ".GIT/x", "exp/../.git/x"] {
        let complaint = client.complaint("harvest", json!({"runs": ["fix"], "out": named}));
        assert!(complaint.contains("git directory"), "{named}: {complaint}");
        let refused = repo.puff(&["harvest", "fix", "--out", named]).exits(1);
        assert!(refused.stderr.contains("git directory"), "{named}: {}", refused.stderr);
    }
    symlink(repo.work().join(".git"), exp.join("admin")).unwrap();
    assert!(client.complaint("harvest", json!({"runs": ["fix"], "out": "exp/admin/x"})).contains("git directory"));
    assert!(!repo.work().join(".git/x").exists());
    // Half of a file is never there.
    let names = fs::read_dir(exp.join("var1")).unwrap().flatten().map(|entry| entry.file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().starts_with(".git-puff")));
}

#[test]
fn an_import_follows_no_link() {
    let (choice, outside) = prepared();
    let repo = &choice.repo;
    let export = Export::new(repo, "work/from");
    export.patch(1, repo.patch("notes.txt", "x\n"));
    symlink(outside.join("secret.txt"), repo.work().join("from/var1/report.json")).unwrap();
    fs::create_dir_all(repo.work().join("linked")).unwrap();
    symlink(repo.work().join("from/var1"), repo.work().join("linked/var1")).unwrap();
    let mut client = Client::with_roots(repo, Some(&[&repo.work()]));
    for folder in ["from", "linked"] {
        let complaint = client.complaint("harvest", json!({"from": folder, "base": "main"}));
        assert!(complaint.contains("symbolic link"), "{folder}: {complaint}");
        let refused = repo.puff(&["harvest", "--from", folder, "--base", "main"]).exits(1);
        assert!(refused.stderr.contains("symbolic link"), "{folder}: {}", refused.stderr);
    }
    fs::create_dir_all(repo.work().join(".git/from/var1")).unwrap();
    assert!(client.complaint("harvest", json!({"from": ".git/from", "base": "main"})).contains("git directory"));
    let complaint = client.complaint("launch", json!({"prompt_file": ".git/config", "agent": ["codex"]}));
    assert!(complaint.contains("git directory"), "{complaint}");
}

#[test]
fn a_report_is_written_to_the_named_path_and_follows_no_link() {
    let (choice, outside) = prepared();
    let repo = &choice.repo;
    let exp = repo.work().join("exp");
    symlink(outside.join("secret.txt"), exp.join("report.md")).unwrap();
    repo.puff(&["report", "fix", "-o", "exp"]).ok();
    assert_eq!(fs::read_to_string(outside.join("secret.txt")).unwrap(), "theirs\n");
    assert!(fs::read_to_string(exp.join("report.md")).unwrap().contains("fix"));
    repo.puff(&["report", "fix", "-o", "exp/new.md"]).ok();
    assert!(repo.puff(&["report", "fix", "-o", "/dev/stdout"]).ok().stdout.contains("fix"));
    assert!(repo.puff(&["report", "fix", "-o", ".git/x.md"]).exits(1).stderr.contains("git directory"));
}

#[test]
fn installed_files_follow_no_link_below_the_named_folder() {
    let (choice, outside) = prepared();
    let repo = &choice.repo;
    let exp = repo.work().join("exp");
    let theirs = outside.join("secret.txt");
    let is_kept = || assert_eq!(fs::read_to_string(&theirs).unwrap(), "theirs\n");
    fs::create_dir_all(exp.join("pages")).unwrap();
    symlink(&outside, exp.join("pages/man1")).unwrap();
    assert!(repo.puff(&["man", "--install", "exp/pages"]).exits(1).stderr.contains("symbolic link"));
    assert!(!outside.join("git-puff.1").exists());
    fs::remove_file(exp.join("pages/man1")).unwrap();
    fs::create_dir(exp.join("pages/man1")).unwrap();
    symlink(&theirs, exp.join("pages/man1/git-puff.1")).unwrap();
    repo.puff(&["man", "--install", "exp/pages"]).ok();
    is_kept();
    assert!(!exp.join("pages/man1/git-puff.1").is_symlink());

    fs::create_dir_all(exp.join("skills")).unwrap();
    symlink(&outside, exp.join("skills/git-puff")).unwrap();
    assert!(repo.puff(&["skill", "--install", "exp/skills"]).exits(1).stderr.contains("symbolic link"));
    assert!(!outside.join("SKILL.md").exists());

    repo.puff(&["pick", "fix:1", "--branch", "taken"]).ok();
    repo.git(&["remote", "set-url", "origin", "https://github.com/acme/widgets.git"]);
    let id = repo.puff(&["report", "fix", "--format", "manifest"]).ok().json()["patch_id"].as_str().unwrap().to_owned();
    fs::create_dir_all(exp.join("inbox")).unwrap();
    for end in ["patch", "json"] {
        let link = exp.join(format!("inbox/{id}.{end}"));
        symlink(outside.join("new"), &link).unwrap();
        repo.puff(&["report", "fix", "--format", "manifest", "-o", "exp/inbox"]).exits(1);
        assert!(!outside.join("new").exists() && link.is_symlink());
        fs::remove_file(&link).unwrap();
    }
    let report = ["report", "fix", "--format", "manifest", "-o"];
    assert!(repo.puff(&[&report[..], &[".git/inbox"]].concat()).exits(1).stderr.contains("git directory"));
    // A folder that is a link itself is where it leads.
    symlink(exp.join("inbox"), exp.join("named")).unwrap();
    repo.puff(&[&report[..], &["exp/named"]].concat()).ok();
    assert!(exp.join(format!("inbox/{id}.json")).is_file());
}
