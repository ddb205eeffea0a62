//! Importing again changes nothing, here or elsewhere; and what was harvested can be written out and imported again.

use std::fs;

use serde_json::{Value, json};

use crate::support::export::Export;
use crate::support::test_repo::{TestRepo, run};

#[test]
fn importing_the_same_folder_again_changes_nothing() {
    let repo = TestRepo::new();
    let export = three_variants(&repo);
    let first = export.harvest(&repo, &["--json"]).exits(3);
    let before = repo.fingerprint();

    let again = export.harvest(&repo, &["--json"]).exits(3);
    assert_eq!(again.json(), first.json());
    assert_eq!(repo.fingerprint(), before);
    repo.puff(&["harvest", "@"]).exits(3);
    assert_eq!(repo.fingerprint(), before);

    // Another patch is another run.
    export.patch(4, repo.patch("README", "Four.\n"));
    let other = export.harvest(&repo, &["--json"]).exits(3).json();
    assert_ne!(other["run"], first.json()["run"]);
}

#[test]
fn a_killed_import_is_recovered() {
    let mut repo = TestRepo::new();
    repo.fix_clock();
    let export = three_variants(&repo);
    let id = export.harvest(&repo, &["--json"]).exits(3).json()["run"].as_str().unwrap().to_owned();
    let whole = repo.fingerprint();
    repo.git(&["fsck", "--strict"]);
    // What it makes is many objects of few files.
    assert!(repo.git(&["count-objects", "-v"]).contains("packs: 2"));

    let run = format!("refs/puff/runs/{id}");
    let harvested = repo.git(&["rev-parse", &run]);
    let collected = repo.git(&["rev-parse", &format!("{run}^")]);
    let branch = |number: u32| format!("refs/heads/puff/{id}/var{number}");
    let notes = ["refs/notes/puff/report", "refs/notes/puff/runs"].map(str::to_owned);
    let [report, lines] = notes.clone();
    // In the order in which they are set: the kept patches, the branches, what was made, the notes.
    let kills = [
        (None, vec![branch(1), branch(3), report.clone(), lines.clone()]),
        (Some(&collected), vec![branch(1), branch(3), report.clone(), lines.clone()]),
        (Some(&collected), vec![branch(3), report.clone(), lines.clone()]),
        (Some(&collected), vec![report.clone(), lines.clone()]),
        (Some(&harvested), vec![report, lines.clone()]),
        (Some(&harvested), vec![lines]),
    ];
    for (recorded, missing) in kills {
        for name in &missing {
            repo.git(&["update-ref", "-d", name]);
        }
        match recorded {
            Some(commit) => repo.git(&["update-ref", &run, commit]),
            None => repo.git(&["update-ref", "-d", &run]),
        };
        export.harvest(&repo, &[]).exits(3);
        assert_eq!(repo.fingerprint(), whole, "{recorded:?} without {missing:?}");
    }
}

#[test]
fn another_clone_makes_the_same_commits_of_the_same_folder() {
    let mut repo = TestRepo::new();
    repo.fix_clock();
    let export = three_variants(&repo);
    let here = export.harvest(&repo, &["--json"]).exits(3).json();

    let other = repo.path("other");
    repo.git_in(&repo.path("home"), &["clone", "-q", "../origin.git", "../other"]);
    let args = ["puff", "harvest", "--from", export.path(), "--base", "main", "--json"];
    let there = run(repo.command("git").current_dir(&other).args(args)).exits(3).json();
    assert_eq!(there, here);
    let refs = ["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/puff", "refs/puff", "refs/notes"];
    assert_eq!(repo.git_in(&other, &refs), repo.git(&refs));
}

#[test]
fn an_import_leaves_worktree_index_and_head_alone() {
    let repo = TestRepo::new();
    let export = three_variants(&repo);
    repo.write("README", "Something half done.\n");
    repo.write("staged.txt", "staged\n");
    repo.git(&["add", "staged.txt"]);
    repo.write("untracked.txt", "mine\n");
    let state = |repo: &TestRepo| {
        let index = fs::read(repo.work().join(".git/index")).unwrap();
        (repo.git(&["status", "--porcelain"]), repo.git(&["rev-parse", "HEAD"]), index)
    };
    let before = state(&repo);
    export.harvest(&repo, &[]).exits(3);
    assert_eq!(state(&repo), before);
}

#[test]
fn a_run_may_be_named() {
    let repo = TestRepo::new();
    let export = three_variants(&repo);
    let run = export.harvest(&repo, &["--name", "tidy-up", "--json"]).exits(3).json();
    assert_eq!(run["run"], "tidy-up");
    repo.git(&["rev-parse", "--verify", "puff/tidy-up/var1"]);
    export.harvest(&repo, &["--name", "tidy-up"]).exits(3);

    // The name belongs to that content.
    let other = Export::new(&repo, "other");
    other.patch(1, repo.patch("README", "Another.\n"));
    let before = repo.fingerprint();
    other.harvest(&repo, &["--name", "tidy-up"]).exits(1).complains(&["'tidy-up'", "other content"]);
    assert_eq!(repo.fingerprint(), before);
}

#[test]
fn only_the_variants_that_were_asked_for_get_branches() {
    let repo = TestRepo::new();
    let export = three_variants(&repo);
    let run = export.harvest(&repo, &["--variant", "3", "--json"]).ok().json();
    let id = run["run"].as_str().unwrap();
    let branches = || repo.git(&["for-each-ref", "--format=%(refname:lstrip=4)", "refs/heads/puff"]);
    assert_eq!((branches().as_str(), &run["state"]), ("var3", &"ready".into()));

    // The others are kept, and a later harvest makes their branches.
    repo.puff(&["harvest", id]).exits(3);
    assert_eq!(branches(), "var1\nvar3");
    assert_eq!(repo.show(id)["state"], "harvested");
    repo.puff(&["harvest", id, "--variant", "9"]).exits(129).complains(&["no variant 9"]);
}

#[test]
fn what_is_written_out_imports_as_the_same_patches() {
    let repo = TestRepo::new();
    let export = three_variants(&repo);
    export.patch(4, b"diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+caf\xe9\r\n");
    export.report(5, &json!({"status": "failed", "messages": ["I gave up."]}));
    let out = repo.path("out");
    let first = export.harvest(&repo, &["--out", out.to_str().unwrap(), "--json"]).exits(3).json();

    let read = |folder: &str, file: &str| fs::read(repo.path(folder).join(file)).ok();
    for variant in 1..=5 {
        let patch = format!("var{variant}/patch.diff");
        assert_eq!(read("out", &patch), read("export", &patch), "{patch}");
        let report: Value =
            serde_json::from_slice(&read("out", &format!("var{variant}/report.json")).unwrap()).unwrap();
        assert_eq!((&report["variant_index"], &report["task_id"]), (&json!(variant), &Value::Null));
    }
    let meta: Value = serde_json::from_slice(&read("out", "var2/meta.json").unwrap()).unwrap();
    assert_eq!((&meta["apply"], &meta["client"]), (&"rejected".into(), &"import".into()));
    assert_eq!(meta["patch_sha256"], first["variants"][1]["patch_sha256"]);

    let again = repo.puff(&["harvest", "--from", "../out", "--base", "main", "--json"]).exits(3).json();
    for field in ["patch_sha256", "status", "apply", "message"] {
        let of = |run: &Value| -> Vec<Value> {
            run["variants"].as_array().unwrap().iter().map(|variant| variant[field].clone()).collect()
        };
        assert_eq!(of(&again), of(&first), "{field}");
    }
    // A harvest of the run itself writes the same files.
    repo.puff(&["harvest", first["run"].as_str().unwrap(), "--out", "../out2"]).exits(3);
    run(repo.command("diff").args(["-r", "../out", "../out2"])).ok();
}

#[test]
fn what_an_exported_report_says_beyond_our_own_fields_is_kept() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch("README", "One.\n"));
    export.report(1, &json!({"status": "completed", "prompt": "Tidy up", "turn_id": "turn~1", "task_id": "task_e_1"}));
    export.put("var1/meta.json", json!({"agent_build": 7}).to_string());
    let run = export.harvest(&repo, &["--json"]).ok().json();
    assert!(run["run"].as_str().unwrap().starts_with("tidy-up-"), "{run}");
    // The run has no task; the variant was an attempt of one.
    assert_eq!(run["task_id"], Value::Null);
    let kept = |file: &str| -> Value {
        let path = format!("refs/puff/runs/{}:variants/var1/{file}", run["run"].as_str().unwrap());
        serde_json::from_str(&repo.git(&["show", &path])).unwrap()
    };
    let report = kept("report.json");
    assert_eq!((&report["turn_id"], &report["task_id"]), (&"turn~1".into(), &"task_e_1".into()));
    assert_eq!(kept("meta.json")["agent_build"], 7);
}

/// One that applies, one that does not, and one more that does.
fn three_variants(repo: &TestRepo) -> Export {
    let export = Export::new(repo, "export");
    export.patch(1, repo.patch("README", "One.\n")).report(1, &json!({"messages": ["Said."]}));
    export.patch(2, "diff --git a/gone b/gone\n--- a/gone\n+++ b/gone\n@@ -1 +1 @@\n-a\n+b\n");
    export.patch(3, repo.patch("src/parse.rs", "// three\n"));
    export
}
