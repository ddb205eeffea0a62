//! Would it apply, and to what tree: `git puff preflight`, and the risks that it and the harvest name.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::json;

use crate::support::export::{Export, patch_of};
use crate::support::test_repo::TestRepo;

/// The tree that git itself makes of a patch.
fn tree_of(repo: &TestRepo, patch: &str) -> String {
    let index = repo.path("index-of-git");
    let git = |args: &[&str]| {
        let ran = crate::support::test_repo::run(repo.command("git").args(args).env("GIT_INDEX_FILE", &index)).ok();
        ran.stdout.trim().to_owned()
    };
    git(&["read-tree", "HEAD"]);
    git(&["apply", "--cached", patch]);
    git(&["write-tree"])
}

fn repo_with_a_patch() -> (TestRepo, String, String) {
    let repo = TestRepo::new();
    let path = repo.path("good.diff");
    fs::write(&path, repo.patch("notes.txt", "one\n2\nthree\n")).unwrap();
    let path = path.to_str().unwrap().to_owned();
    let tree = tree_of(&repo, &path);
    (repo, path, tree)
}

#[test]
fn a_patch_is_tried_on_any_revision_and_nothing_but_objects_is_written() {
    let (repo, path, tree) = repo_with_a_patch();
    let before = repo.fingerprint();
    let ran = repo.puff(&["preflight", "--patch", &path, "--onto", "HEAD"]).ok();
    assert_eq!(ran.stdout, format!("applied {tree} {path}\n"));
    assert_eq!(repo.git(&["show", &format!("{tree}:notes.txt")]), "one\n2\nthree");
    let patch = fs::read(&path).unwrap();
    let ran = repo.puff_with_input(&["preflight", "--patch", "-", "--onto", "HEAD^{tree}", "--json"], &patch).ok();
    assert_eq!(ran.json()["schema"], "puff.preflight/1");
    assert_eq!(ran.json()["results"][0]["tree"], json!(tree));
    // What is there already changes nothing; what is in the way is named.
    let ran = repo.puff(&["preflight", "--patch", &path, "--onto", &tree]).ok();
    assert_eq!(ran.stdout, format!("empty {tree} {path}\n"));
    let plain: String = String::from_utf8(patch)
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with("index"))
        .map(|line| line.to_owned() + "\n")
        .collect();
    let ran = repo.puff_with_input(&["preflight", "--patch", "-", "--onto", &tree], plain.as_bytes()).exits(1);
    assert_eq!(ran.stdout, "rejected - -\n");
    assert!(ran.stderr.contains("line 2 should be 'two', and is '2'"), "{}", ran.stderr);
    assert_eq!(repo.fingerprint(), before);
}

#[test]
fn a_run_is_tried_on_its_base_or_elsewhere_before_anything_is_taken() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch("notes.txt", "one\n2\nthree\n")).patch(2, repo.patch("new.txt", "new\n"));
    export.report(3, &json!({"status": "failed"}));
    let run = export.harvest(&repo, &["--json"]).ok().json();
    let id = run["run"].as_str().unwrap();
    let tree = |variant: u32| repo.git(&["rev-parse", &format!("puff/{id}/var{variant}^{{tree}}")]);
    let ran = repo.puff(&["preflight", id]).ok();
    let lines =
        [format!("applied {} {id}:1", tree(1)), format!("applied {} {id}:2", tree(2)), format!("skipped - {id}:3\n")];
    assert_eq!(ran.stdout, lines.join("\n"));

    repo.commit("notes.txt", "one\nzwei\nthree\n", "Meanwhile");
    let ran = repo.puff(&["preflight", id, "--onto", "HEAD"]).exits(3);
    assert!(ran.stdout.starts_with(&format!("conflict - {id}:1\napplied ")), "{}", ran.stdout);
    assert!(ran.stderr.contains("(notes.txt)"), "{}", ran.stderr);
    repo.puff(&["preflight", &format!("{id}:2"), "--onto", "HEAD"]).ok();
    repo.puff(&["preflight", &format!("{id}:7")]).exits(1).complains(&["no variant 7"]);
    repo.puff(&["preflight", id, "--onto", "nowhere"]).exits(1).complains(&["'nowhere'"]);
}

#[test]
fn a_batch_answers_every_line_in_order_before_it_reads_the_next() {
    let (repo, path, tree) = repo_with_a_patch();
    let page = repo.path("page.diff");
    fs::write(&page, "<!DOCTYPE html><html></html>\n").unwrap();
    let page = page.to_str().unwrap();
    let mut puff = repo.spawn(&["preflight", "--batch"], Stdio::piped());
    let mut input = puff.stdin.take().unwrap();
    let mut answers = BufReader::new(puff.stdout.take().unwrap());
    for (line, answer) in [
        (format!("HEAD {path}\n"), format!("applied {tree} {path}\n")),
        ("HEAD\n".to_owned(), "rejected - HEAD\n".to_owned()),
        ("\n".to_owned(), "rejected - \n".to_owned()),
        (format!("nowhere {path}\n"), format!("rejected - {path}\n")),
        ("HEAD no such file\n".to_owned(), "rejected - no such file\n".to_owned()),
        (format!("HEAD {page}\n"), format!("rejected - {page}\n")),
        (format!("HEAD {path}\n"), format!("applied {tree} {path}\n")),
    ] {
        input.write_all(line.as_bytes()).unwrap();
        let mut said = String::new();
        answers.read_line(&mut said).unwrap();
        assert_eq!(said, answer);
    }
    drop(input);
    let output = puff.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let why = String::from_utf8_lossy(&output.stderr);
    for words in ["line 2: expected a line 'REV PATH'", "line 4: no revision 'nowhere'", "line 6: this is a web page"] {
        assert!(why.contains(words), "'{words}' is not in:\n{why}");
    }
}

#[test]
fn incomplete_calls_report_what_is_missing() {
    let (repo, path, _) = repo_with_a_patch();
    repo.puff(&["preflight"]).exits(129).complains(&["RUN"]);
    repo.puff(&["preflight", "--patch", &path]).exits(129).complains(&["--onto"]);
    repo.puff(&["preflight", "--batch", "--patch", &path, "--onto", "HEAD"]).exits(129).complains(&["--batch"]);
    repo.puff(&["preflight", "--patch", "nowhere.diff", "--onto", "HEAD"]).exits(1).complains(&["nowhere.diff"]);
    repo.puff(&["preflight", "no-such-run"]).exits(1).complains(&["no-such-run"]);
}

#[test]
fn what_a_patch_puts_at_risk_is_named_where_people_read() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    let key = ["AKIA", "QWERTYUIOPASDFGH"].concat();
    let patch = patch_of(&repo, || {
        repo.write(".github/workflows/ci.yml", "on: push\n");
        repo.write("settings.py", format!("A = 1\nKEY = '{key}'\n"));
        std::os::unix::fs::symlink("/etc/passwd", repo.work().join("link")).unwrap();
    });
    export.patch(1, patch).patch(2, repo.patch("notes.txt", "1\n"));
    let run = export.harvest(&repo, &["--json"]).ok().json();
    let id = run["run"].as_str().unwrap();
    let expected = json!([
        {"kind": "workflow", "path": ".github/workflows/ci.yml", "detail": "changes what CI runs"},
        {"kind": "symlink", "path": "link", "detail": "is a symbolic link to '/etc/passwd'"},
        {"kind": "secret", "path": "settings.py", "detail": "line 2 looks like an AWS access key ('AKIAQWER…')"},
    ]);
    assert_eq!(run["variants"][0]["risks"], expected);
    assert_eq!(run["variants"][1]["risks"], json!([]));
    assert_eq!(repo.puff(&["preflight", id, "--json"]).ok().json()["results"][0]["risks"], expected);
    let report = repo.puff(&["report", id]).ok().stdout;
    assert!(report.contains("looks like an AWS access key") && !report.contains(&key), "{report}");
    assert!(repo.puff(&["show", id]).ok().stdout.contains("risks: .github/workflows/ci.yml"));
}
