//! Exported patches become branches, without any cloud: what becomes of each kind.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use serde_json::{Value, json};

use crate::support::export::{Export, patch_of};
use crate::support::test_repo::TestRepo;

#[test]
fn one_that_does_not_apply_is_named_with_its_paths_while_the_others_go_on() {
    let repo = TestRepo::new();
    // Made on a branch of its own, and the base has changed the same line since.
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit("notes.txt", "one\n2\nthree\n", "Count in digits");
    let conflict = repo.patch("notes.txt", "one\nzwei\nthree\n");
    repo.git(&["checkout", "-q", "main"]);
    let export = Export::new(&repo, "export");
    let good = repo.patch("README", "A better thing.\n");
    export.patch(1, &good).report(1, &json!({"status": "completed", "messages": ["First.", "Improved it."]}));
    export.report(2, &json!({"status": "failed", "messages": ["I gave up."]}));
    export.patch(3, &good).patch(4, &conflict);
    export.patch(5, "diff --git a/gone.txt b/gone.txt\n--- a/gone.txt\n+++ b/gone.txt\n@@ -1 +1 @@\n-a\n+b\n");
    export.patch(6, "").patch(7, "This is no patch at all.\n").report(8, &json!({"status": "cancelled"}));
    export.patch(10, repo.patch("new.txt", "new\n"));

    let ran = export.harvest(&repo, &["--json"]).exits(3);
    let run = ran.json();
    let outcomes: Vec<_> = variants(&run).iter().map(|v| (text(&v["status"]), text(&v["apply"]))).collect();
    let wanted = [
        ("completed", "applied"),
        ("failed", "skipped"),
        ("completed", "applied"),
        ("completed", "conflict"),
        ("completed", "rejected"),
        ("completed", "empty"),
        ("completed", "rejected"),
        ("cancelled", "skipped"),
        // The folder has no var9: nobody knows what became of it.
        ("unknown", "skipped"),
        ("completed", "applied"),
    ];
    assert_eq!(outcomes, wanted);
    assert_eq!((&run["state"], &run["provider"], &run["task_id"]), (&"harvested".into(), &"import".into(), &().into()));
    assert_eq!(run["variants"][2]["duplicate_of"], 1);
    assert_eq!(run["variants"][3]["conflicts"], json!(["notes.txt"]));
    assert_eq!(run["variants"][4]["conflicts"], json!(["gone.txt"]));
    for words in ["variant 4 does not apply", "(notes.txt)", "variant 5 does not apply: gone.txt: does not exist"] {
        assert!(ran.stderr.contains(words), "'{words}' is not in:\n{}", ran.stderr);
    }
    let id = text(&run["run"]);
    let branches = repo.git(&["for-each-ref", "--format=%(refname:lstrip=4)", &format!("refs/heads/puff/{id}")]);
    assert_eq!(branches, "var1\nvar10\nvar3");
    let body = repo.git(&["log", "-1", "--format=%b", &format!("puff/{id}/var1")]);
    assert!(body.starts_with("Improved it.\n\nPuff-Run: "), "{body}");
    assert!(body.contains("Puff-Variant: 1/10\n") && !body.contains("Puff-Task"), "{body}");
    let report = repo.puff(&["report", id]).ok().stdout;
    for words in ["notes.txt", "gone.txt", "same patch as var1", "I gave up."] {
        assert!(report.contains(words), "'{words}' is not in:\n{report}");
    }
}

#[test]
fn the_tree_of_a_variant_is_what_the_patch_says_to_the_byte() {
    let repo = TestRepo::new();
    repo.git(&["config", "core.quotePath", "true"]);
    repo.commit("dos.txt", "one\r\ntwo\r\nthree\r\n", "From another system");
    repo.commit("picture.png", [0u8, 159, 146, 150, 0, 255, 13, 10].repeat(20), "A picture");
    repo.commit("run.sh", "echo run\n", "A script");
    repo.git(&["push", "-q"]);
    let work = repo.work();
    let latin = work.join(OsStr::from_bytes(b"caf\xe9 \"au lait\".txt"));
    let changes: [&dyn Fn(); 8] = [
        &|| repo.write("dos.txt", "one\r\nTWO\r\nthree\r\n"),
        &|| repo.write("dos.txt", "one\r\ntwo\nthree\r\nno line end"),
        &|| repo.write("picture.png", [1u8, 159, 146, 150, 0, 255, 13, 10].repeat(30)),
        &|| fs::write(&latin, "un caf\u{e9}\n").unwrap(),
        &|| {
            fs::create_dir(work.join("lib")).unwrap();
            fs::rename(work.join("src/parse.rs"), work.join("lib/parse it.rs")).unwrap();
        },
        // A file becomes a folder, and a folder a file.
        &|| {
            fs::remove_file(work.join("notes.txt")).unwrap();
            repo.write("notes.txt/one", "one\n");
            fs::remove_dir_all(work.join("src")).unwrap();
            repo.write("src", "a file\n");
        },
        &|| {
            make_executable(&work.join("run.sh"));
            std::os::unix::fs::symlink("README", work.join("LIESMICH")).unwrap();
        },
        &|| ["empty1", "empty2"].iter().for_each(|file| repo.write(file, "")),
    ];
    let export = Export::new(&repo, "export");
    let mut trees = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        export.patch(at as u32 + 1, patch_of(&repo, change));
        change();
        repo.git(&["add", "--all"]);
        trees.push(repo.git(&["write-tree"]));
        repo.git(&["reset", "-q", "--hard"]);
    }

    let run = export.harvest(&repo, &["--json"]).ok().json();
    let id = text(&run["run"]);
    for (at, tree) in trees.iter().enumerate() {
        let number = at + 1;
        assert_eq!(&repo.git(&["rev-parse", &format!("puff/{id}/var{number}^{{tree}}")]), tree, "variant {number}");
        let patch = fs::read(repo.path("export").join(format!("var{number}/patch.diff"))).unwrap();
        assert_eq!(repo.puff(&["patch", &format!("{id}:{number}")]).ok().bytes, patch, "variant {number}");
        let counted = ["files", "insertions", "deletions"].map(|what| run["variants"][at][what].as_u64().unwrap());
        assert_eq!(counted, stat(&repo, &format!("puff/{id}/var{number}")), "variant {number}");
    }
}

#[test]
fn a_patch_that_was_made_on_another_version_is_merged_three_way() {
    let repo = TestRepo::new();
    let lines = |change: &dyn Fn(u32) -> Option<&'static str>| -> String {
        (1..=40).map(|n| change(n).map_or(format!("line {n}\n"), |word| format!("{word}\n"))).collect()
    };
    repo.commit("long.txt", lines(&|_| None), "A long file");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit("long.txt", lines(&|n| (n == 1).then_some("another beginning")), "Begin otherwise");
    let with_side = lines(&|n| match n {
        1 => Some("another beginning"),
        3 => Some("changed"),
        _ => None,
    });
    let patch = repo.patch("long.txt", with_side);
    repo.git(&["checkout", "-q", "main"]);
    let export = Export::new(&repo, "export");
    export.patch(1, patch).patch(2, repo.patch("README", "Better.\n"));

    let run = export.harvest(&repo, &["--json"]).ok().json();
    assert_eq!(run["variants"][0]["apply"], "applied-3way");
    let merged = repo.git(&["show", &format!("puff/{}/var1:long.txt", text(&run["run"]))]);
    assert_eq!(merged + "\n", lines(&|n| (n == 3).then_some("changed")));
    assert_eq!(run["base_oid"], repo.git(&["rev-parse", "main"]));
}

#[test]
fn the_base_that_was_named_is_the_base_even_where_the_patches_were_made_on_another() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch("notes.txt", "one\nzwei\nthree\n")).patch(2, repo.patch("README", "Better.\n"));
    repo.commit("notes.txt", "one\n2\nthree\n", "The base has moved");

    let run = export.harvest(&repo, &["--json"]).exits(3).json();
    assert_eq!(run["base_oid"], repo.git(&["rev-parse", "main"]));
    assert_eq!(
        (&run["variants"][0]["apply"], &run["variants"][0]["conflicts"]),
        (&json!("conflict"), &json!(["notes.txt"]))
    );
    assert_eq!(run["variants"][1]["apply"], "applied");
}

#[test]
fn numbers_are_those_of_the_folders_and_other_files_are_overlooked() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    export.patch(2, repo.patch("README", "Two.\n")).patch(11, repo.patch("README", "Eleven.\n"));
    export.put("var0/patch.diff", "x").put("variant/patch.diff", "x").put("var3", "a file").put("README", "x");
    let run = export.harvest(&repo, &["--json"]).ok().json();
    let completed: Vec<_> = variants(&run).iter().filter(|v| v["status"] == "completed").collect();
    assert_eq!(completed.iter().map(|v| &v["index"]).collect::<Vec<_>>(), [2, 11]);
    let id = text(&run["run"]);
    assert_eq!(repo.git(&["show", &format!("puff/{id}/var11:README")]), "Eleven.");
}

/// Files, insertions and deletions of a branch, as `git diff` counts them.
fn stat(repo: &TestRepo, branch: &str) -> [u64; 3] {
    let line = repo.git(&["diff", "--shortstat", "main", branch]);
    ["file", "insertion", "deletion"].map(|what| {
        let part = line.split(',').find(|part| part.contains(what));
        part.map_or(0, |part| part.split_whitespace().next().unwrap().parse().unwrap())
    })
}

fn variants(run: &Value) -> &Vec<Value> {
    run["variants"].as_array().expect("variants")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

fn make_executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("permissions");
}
