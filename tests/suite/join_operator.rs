//! The join operator, and the manifests that it reads: what it is told, how it is launched, and how a run gets into its
//! inbox.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::choice::Choice;
use crate::support::cloud_env::CloudEnv;
use crate::support::schema::{check_as, faults};
use crate::support::test_repo::{Ran, TestRepo};

const WHERE: [&str; 5] = ["join-operator", "--repo", "acme/widgets", "--patch-inbox", "patches/"];

fn operator(env: &CloudEnv, more: &[&str]) -> Ran {
    env.repo.puff(&[&WHERE, more].concat())
}

#[test]
fn it_is_launched_as_a_run_of_one_attempt_with_the_prompt_that_can_be_read_before() {
    needs!("codex");
    let env = CloudEnv::new();
    let settings = ["--poll-seconds", "90", "--confidence-threshold", "0.85", "--max-cycles", "3"];
    let prompt = operator(&env, &[&settings[..], &["--print-prompt"]].concat()).ok().stdout;
    for set in ["acme/widgets", "patches/", "90 seconds", "0.85", "Do 3 cycles", "never merge", "auth_unavailable"] {
        assert!(prompt.contains(set), "{set}:\n{prompt}");
    }
    assert!(env.cloud.requests().is_empty(), "nobody was asked");

    let launched = operator(&env, &[&settings[..], &["--porcelain", "--interval", "2"]].concat()).ok();
    let task = env.only_task();
    assert_eq!((task.best_of, task.prompt.as_str()), (1, prompt.as_str()));
    assert_eq!(launched.value("TASK_ID"), task.id);
    let run = env.repo.show(&launched.value("RUN"));
    assert_eq!((&run["watch"]["interval_s"], &run["watch"]["timeout_s"]), (&json!(2), &json!(0)));
    assert_eq!(run["title"], "Add patches to the pull requests of acme/widgets");

    // One cycle, ten minutes; and whatever else a launch can be told.
    let canary = operator(&env, &["--canary", "--json", "--name", "canary", "--attempts", "2", "--branch", "main"]);
    let run = canary.ok().json();
    assert_eq!((&run["run"], &run["best_of"], &run["watch"]["timeout_s"]), (&json!("canary"), &json!(2), &json!(600)));
    let told = &env.cloud.tasks()[1].prompt;
    assert!(told.contains("Do one cycle"), "{told}");
}

#[test]
fn the_skill_is_printed_anywhere_and_bad_arguments_are_refused() {
    let repo = TestRepo::empty();
    let schema = repo.puff(&["join-operator", "--print-schema"]).ok().json();
    assert_eq!((&schema["additionalProperties"], &schema["title"]), (&json!(false), &json!("Manifest")));
    repo.puff(&[&WHERE[..], &["--print-prompt"]].concat()).ok();
    let refused = |args: &[&str], words: &[&str]| {
        repo.puff(&[&["join-operator"], args].concat()).exits(129).complains(words);
    };
    refused(&["--repo", "widgets", "--patch-inbox", "x"], &["'widgets'", "OWNER/REPO"]);
    refused(&["--repo", "https://github.com/acme/widgets", "--patch-inbox", "x"], &["OWNER/REPO"]);
    refused(&["--repo", "acme/widgets"], &["--patch-inbox"]);
    refused(&["--repo", "acme/widgets", "--patch-inbox", " "], &["expected a location"]);
    for threshold in ["1.5", "-0.1", "NaN", "much"] {
        let args = [&WHERE[1..], &["--confidence-threshold", threshold]].concat();
        refused(&args, &[threshold, "--confidence-threshold", "from 0 to 1"]);
    }
    refused(&[&WHERE[1..], &["--poll-seconds", "0"]].concat(), &["'0'", "--poll-seconds"]);
    refused(&[&WHERE[1..], &["--canary", "--max-cycles", "2"]].concat(), &["--max-cycles"]);
    repo.puff(&WHERE).exits(128);
}

/// The files of an inbox.
fn files(inbox: &Path) -> Vec<String> {
    let entries = fs::read_dir(inbox).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn manifest(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A choice whose origin is on GitHub.
fn choice() -> Choice {
    let choice = Choice::new();
    choice.repo.git(&["remote", "set-url", "origin", "https://someone:secret@github.com/acme/widgets.git"]);
    choice
}

#[test]
fn a_recommended_or_picked_variant_is_delivered_to_the_inbox_once() {
    let choice = choice();
    let repo = &choice.repo;
    let report = |more: &[&str]| repo.puff(&[&["report", "fix", "--format", "manifest"], more].concat());
    report(&[]).exits(1).complains(&["'fix'", "neither a picked", "nor a recommended variant"]);

    repo.puff(&["review", "fix", "--check", "grep -q zwei notes.txt"]).exits(0);
    let printed = report(&[]).ok().json();
    let fields: Vec<&String> = printed.as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        ["patch_id", "producer", "repo", "base_branch", "changed_paths", "intent_summary", "created_at"]
    );
    assert_eq!((&printed["repo"], &printed["base_branch"]), (&json!("acme/widgets"), &json!("main")));
    assert_eq!(
        (&printed["changed_paths"], &printed["intent_summary"]),
        (&json!(["notes.txt"]), &json!("Count in digits"))
    );
    let id = printed["patch_id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("fix-var3-"), "{id}");

    let inbox = repo.work().join("inbox");
    report(&["-o", "inbox"]).ok();
    assert_eq!(files(&inbox), [format!("{id}.json"), format!("{id}.patch")]);
    let written = manifest(&inbox.join(format!("{id}.json")));
    assert_eq!(written["patch_file"], format!("{id}.patch"));
    check_as(&written, "manifest");
    for (field, wrong) in [
        ("patch_id", json!("ab")),
        ("changed_paths", json!(["a", "a"])),
        ("changed_paths", json!([])),
        ("confidence", json!(1.5)),
        ("repo", json!("widgets")),
        ("intent_summary", json!("x".repeat(2001))),
        ("approve", json!(true)),
    ] {
        let mut changed = written.clone();
        changed[field] = wrong;
        assert!(!faults(&changed, "manifest").is_empty(), "{changed:#}");
    }
    let patch = repo.puff(&["patch", "fix:3"]).ok().bytes;
    assert_eq!(fs::read(inbox.join(format!("{id}.patch"))).unwrap(), patch);

    // Again, nothing changes; and a pick beats a recommendation.
    let before = fs::metadata(inbox.join(format!("{id}.json"))).unwrap().modified().unwrap();
    assert!(report(&["-o", "inbox"]).ok().stderr.contains("already"));
    assert_eq!(fs::metadata(inbox.join(format!("{id}.json"))).unwrap().modified().unwrap(), before);
    repo.puff(&["pick", "fix:2", "--force", "--branch", "taken"]).ok();
    report(&["-o", "inbox"]).ok();
    assert_eq!(files(&inbox).len(), 4);
    assert!(files(&inbox)[0].starts_with("fix-var2-"));
}

#[test]
fn a_foreign_file_is_not_overwritten_and_a_manifest_is_written_whole() {
    let choice = choice();
    let repo = &choice.repo;
    repo.puff(&["pick", "fix:1", "--branch", "taken"]).ok();
    let report = ["report", "fix", "--format", "manifest", "-o", "inbox"];
    let inbox = repo.work().join("inbox");
    let name = |end: &str| -> PathBuf {
        let id = repo.puff(&report[..4]).ok().json()["patch_id"].as_str().unwrap().to_owned();
        inbox.join(format!("{id}.{end}"))
    };
    for end in ["json", "patch"] {
        fs::create_dir_all(&inbox).unwrap();
        fs::write(name(end), "mine").unwrap();
        repo.puff(&report).exits(1).complains(&[&name(end).display().to_string(), "says something else"]);
        assert_eq!(fs::read(name(end)).unwrap(), b"mine");
        fs::remove_dir_all(&inbox).unwrap();
    }
    // Killed at any moment, what is there is whole, and the next call completes it.
    for milliseconds in 0..12 {
        choice.kill_in(&repo.work(), &report, Duration::from_millis(milliseconds));
        if name("json").exists() {
            assert_eq!(manifest(&name("json"))["producer"].as_str().unwrap().split('/').next(), Some("git-puff"));
            assert!(name("patch").exists(), "the patch is there before the manifest that names it");
        }
        repo.puff(&report).ok();
        assert!(name("json").exists() && name("patch").exists());
        fs::remove_dir_all(&inbox).unwrap();
    }
    fs::write(&inbox, "a file").unwrap();
    repo.puff(&report).exits(1).complains(&["inbox", "cannot write"]);
}

#[test]
fn a_manifest_needs_a_known_repository_and_branch() {
    let choice = choice();
    let repo = &choice.repo;
    repo.puff(&["pick", "fix:1", "--branch", "taken"]).ok();
    let report = ["report", "fix", "--format", "manifest"];
    repo.git(&["remote", "set-url", "origin", "https://me:secret@host/a/b/c.git"]);
    let refused = repo.puff(&report).exits(1).complains(&["'origin'", "https://host/a/b/c.git", "OWNER/REPO"]);
    assert!(!refused.stderr.contains("secret"), "{}", refused.stderr);
    repo.git(&["config", "puff.remote", "nowhere"]);
    repo.puff(&report).exits(128).complains(&["no remote named 'nowhere'"]);
    repo.git(&["remote", "add", "nowhere", "git@github.com:acme/widgets.git"]);
    assert_eq!(repo.puff(&report).ok().json()["repo"], "acme/widgets");

    let mut record = repo.show("fix");
    record["base"] = record["base_oid"].clone();
    choice.record("fix", &record);
    repo.puff(&report).exits(1).complains(&["the base of 'fix'", "is not a branch"]);
}
