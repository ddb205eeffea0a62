//! What comes from another clone is somebody else's: nothing of it runs unasked, and no record of it breaks anything.

use std::fs;

use serde_json::{Value, json};

use crate::support::test_repo::run;
use crate::support::two_clones::Who::{Ours, Theirs};
use crate::support::two_clones::{TwoClones, did, trouble};

/// Sends a run as somebody could who does not use git-puff: the record changed by hand.
fn forge(pair: &TwoClones, like: &str, name: &str, change: impl Fn(&mut Value)) {
    let tip = format!("refs/puff/remotes/origin/runs/{like}");
    let mut record: Value = serde_json::from_str(&pair.git(Theirs, &["show", &format!("{tip}:run.json")])).unwrap();
    change(&mut record);
    send(pair, &tip, name, &record.to_string());
}

fn send(pair: &TwoClones, tip: &str, name: &str, record: &str) {
    fs::write(pair.repo.path("forged.json"), record).unwrap();
    let blob = pair.git(Theirs, &["hash-object", "-w", pair.repo.path("forged.json").to_str().unwrap()]);
    let script = format!("git ls-tree {tip} | sed 's/blob [0-9a-f]*\\trun.json/blob {blob}\\trun.json/' | git mktree");
    let made = run(pair.repo.command("sh").current_dir(pair.folder(Theirs)).args(["-c", &script])).ok();
    let commit = pair.git(Theirs, &["commit-tree", "-p", tip, "-m", "forged", made.stdout.trim()]);
    pair.git(Theirs, &["push", "-q", "origin", &format!("+{commit}:refs/puff/runs/{name}")]);
}

type Change = fn(&mut Value);

fn shared() -> (TwoClones, String) {
    let pair = TwoClones::new();
    let run = pair.import(Ours, "fix", &["a\n"]);
    pair.sync(Ours);
    pair.sync(Theirs);
    (pair, run)
}

#[test]
fn checks_of_a_received_run_need_consent() {
    let (pair, run) = shared();
    let mark = pair.repo.path("ran");
    let check = format!("touch '{}'", mark.display());
    pair.puff(Ours, &["review", &run, "--check", &check]).ok();
    fs::remove_file(&mark).unwrap();
    pair.sync(Ours);
    pair.sync(Theirs);
    pair.puff(Theirs, &["harvest", "--recreate", &run]).ok();
    let refused = pair.puff(Theirs, &["review", &run, "--fresh"]).exits(1);
    let refused = refused.complains(&["'fix'", "the clone of Our Author"]);
    assert!(refused.stderr.contains("--trust-checks") && refused.stderr.contains("touch"), "{}", refused.stderr);
    assert!(!mark.exists());
    // One's own checks count before them.
    pair.puff(Theirs, &["review", &run, "--fresh", "--check", "true"]).ok();
    assert!(!mark.exists());
    pair.puff(Theirs, &["review", &run, "--fresh"]).exits(1);
    pair.git(Theirs, &["config", "puff.check", "true"]);
    pair.puff(Theirs, &["review", &run, "--fresh"]).ok();
    pair.git(Theirs, &["config", "--unset", "puff.check"]);
    pair.puff(Theirs, &["review", &run, "--check", &check]).ok();
    fs::remove_file(&mark).unwrap();
    pair.puff(Theirs, &["review", &run, "--fresh", "--trust-checks"]).ok();
    assert!(mark.exists());
}

#[test]
fn checks_that_another_clone_added_do_not_run_here() {
    let (pair, run) = shared();
    let mark = pair.repo.path("ran");
    let check = format!("touch '{}'", mark.display());
    forge(&pair, &run, &run, |record| record["check"] = json!([check]));
    pair.puff(Ours, &["sync"]).ok();
    assert_eq!(pair.show(Ours, &run).get("check"), None);
    pair.puff(Ours, &["review", &run]).ok();
    assert!(!mark.exists());
    // Nor there, where the run is another's.
    pair.puff(Theirs, &["sync"]).ok();
    pair.puff(Theirs, &["harvest", "--recreate", &run]).ok();
    pair.puff(Theirs, &["review", &run]);
    assert!(!mark.exists());
}

#[test]
fn invalid_records_are_refused_one_by_one() {
    let (pair, run) = shared();
    let ours = pair.import(Theirs, "good", &["c\n"]);
    pair.sync(Theirs);
    let hostile: [(&str, Change); 12] = [
        ("other", |record| record["run"] = json!("fix")),
        ("watched", |record| {
            record["watch"] = json!({"active": true, "interval_s": 1, "timeout_s": 0, "harvest": true, "started_at": "2026-01-01T00:00:00Z"});
        }),
        ("profile", |record| record["profile"] = json!({"codex": "/tmp/evil"})),
        ("folders", |record| record["local"] = json!({"jobs": 1, "worktrees": "/"})),
        ("homeless", |record| drop(record.as_object_mut().unwrap().remove("home"))),
        ("branches", |record| record["variants"][0]["branch"] = json!("main")),
        ("many", |record| record["best_of"] = json!(4_000_000_000u32)),
        ("twice", |record| {
            let variant = record["variants"][0].clone();
            record["variants"].as_array_mut().unwrap().push(variant);
        }),
        ("future", |record| record["created_at"] = json!("2999-01-01T00:00:00Z")),
        ("path", |record| record["prompt_file"] = json!("../../etc/passwd")),
        ("task", |record| record["task_id"] = json!("--config=evil")),
        ("patch", |record| record["variants"][0]["patch_sha256"] = json!("0".repeat(64))),
    ];
    for (name, change) in hostile {
        forge(&pair, &run, name, |record| {
            record["run"] = json!(name);
            change(record);
        });
    }
    let tip = format!("refs/puff/remotes/origin/runs/{run}");
    send(&pair, &tip, "garbage", "{\"schema\": \"puff.run/1\", \u{1b}[2J");
    send(&pair, &tip, "newer", r#"{"schema": "puff.run/9", "run": "newer"}"#);
    send(&pair, &tip, "deep", &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)));
    pair.git(
        Theirs,
        &[
            "push",
            "-q",
            "origin",
            "main:refs/puff/runs/commit",
            "main:refs/puff/runs/Not_A_Run",
            "main^{tree}:refs/puff/runs/tree",
        ],
    );
    let before = pair.puff(Ours, &["list", "--json"]).ok().json();
    let ran = pair.puff(Ours, &["sync", "--json"]).exits(3).json();
    let outcome = &ran["remotes"][0];
    assert_eq!(did(outcome, &ours), ["received"], "the good one came");
    for name in hostile.map(|(name, _)| name).into_iter().chain(["garbage", "deep", "commit", "Not_A_Run", "tree"]) {
        assert_eq!((did(outcome, name), &trouble(outcome, name)["kind"]), (vec![], &json!("invalid")), "{name}");
        assert!(!trouble(outcome, name)["hint"].as_str().unwrap().is_empty());
    }
    assert_eq!(trouble(outcome, "newer")["kind"], "newer");
    let after = pair.puff(Ours, &["list", "--json"]).ok().json();
    assert_eq!(before["runs"].as_array().unwrap().len() + 1, after["runs"].as_array().unwrap().len());
    assert!(!pair.puff(Ours, &["sync"]).exits(3).stderr.contains('\u{1b}'));
    assert_eq!(pair.git(Ours, &["rev-parse", "--verify", "-q", "main"]), pair.git(Ours, &["rev-parse", "origin/main"]));
}

#[test]
fn active_runs_of_another_clone_are_neither_watched_nor_paid_for() {
    let (pair, run) = shared();
    for (name, state, provider) in
        [("queued", "queued", "codex-cloud"), ("local", "pending", "local"), ("sent", "submitting", "codex-cloud")]
    {
        forge(&pair, &run, name, |record| {
            record["run"] = json!(name);
            record["state"] = json!(state);
            record["provider"] = json!(provider);
            record["task_id"] = if provider == "local" { json!(name) } else { json!(null) };
            record["submitted_at"] = json!("2026-11-20T10:00:00Z");
            if provider == "local" {
                record["local"] = json!({"jobs": 1, "worktrees": ""});
            }
        });
    }
    pair.puff(Ours, &["sync"]).ok();
    let listed = pair.puff(Ours, &["list"]).ok().stdout;
    assert!(listed.contains("queued (elsewhere)") && listed.contains("pending (elsewhere)"), "{listed}");
    assert!(pair.puff(Ours, &["show", "local"]).ok().stdout.contains("in the clone of Our Author"));
    for name in ["queued", "local", "sent"] {
        for verb in [&["watch", name][..], &["cancel", name], &["prune", name]] {
            let ran = pair.puff(Ours, verb);
            assert_eq!(ran.code, 1, "{verb:?}: {}{}", ran.stdout, ran.stderr);
        }
    }
    assert!(pair.puff(Ours, &["watch"]).ok().stderr.contains("nothing to watch"));
    assert!(pair.puff(Ours, &["watch", "--all", "--detach"]).ok().stderr.is_empty());
    assert_eq!(pair.puff(Ours, &["jobs", "--json"]).ok().json()["jobs"], json!([]));
    let said = pair.puff(Ours, &["doctor"]).stdout;
    assert!(!said.contains("interrupted") && !said.contains("worktree"), "{said}");
    pair.puff(Ours, &["doctor", "--repair"]);
    assert_eq!(pair.show(Ours, "sent")["state"], "submitting");
}
