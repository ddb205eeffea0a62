//! How variants differ: `git puff diff`, through the user's own git and in numbers.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::{Value, json};

use crate::support::export::{Export, patch_of};
use crate::support::test_repo::{TestRepo, run};

/// Three variants of the numbers in `notes.txt`: two that make the same change, one of them with other white space, and a
/// third that does something else.
fn repo_with_a_run() -> TestRepo {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch("notes.txt", "one\n2\nthree\n"));
    export.patch(2, repo.patch("notes.txt", "one\n  2\n\nthree\n"));
    let both = patch_of(&repo, || {
        repo.write("notes.txt", "one\n2\n3\n");
        repo.write("new.txt", "new\n");
    });
    export.patch(3, both);
    export.harvest(&repo, &["--name", "try"]).ok();
    repo
}

fn matrix(repo: &TestRepo, args: &[&str]) -> Value {
    repo.puff(&[&["diff"], args, &["--json"]].concat()).ok().json()
}

/// The field of every element of a list.
fn each<'v>(list: &'v Value, field: &str) -> Vec<&'v Value> {
    list.as_array().expect("a list").iter().map(|element| &element[field]).collect()
}

/// The likeness of a pair.
fn likeness(matrix: &Value, a: &str, b: &str) -> f64 {
    let pairs = matrix["pairs"].as_array().expect("pairs");
    let pair = pairs.iter().find(|pair| pair["a"] == a && pair["b"] == b);
    pair.unwrap_or_else(|| panic!("no pair {a}, {b} in {matrix:#}"))["likeness"].as_f64().expect("a number")
}

#[test]
fn one_and_two_variants_are_for_the_users_own_git_diff() {
    let repo = repo_with_a_run();
    let before = repo.fingerprint();
    let git = |args: &[&str]| run(repo.command("git").arg("diff").args(args));
    let (base, one, three) = ("main", "puff/try/var1", "puff/try/var3");
    for (ours, gits) in [
        (&["try", "1"][..], &[base, one][..]),
        (&["try", "var1", "3"], &[one, three]),
        (&["try:1", "try:3"], &[one, three]),
        (&["@", "3", "--stat"], &[base, three, "--stat"]),
        (&["--numstat", "try", "3", "-R"], &["--numstat", base, three, "-R"]),
        (&["try", "1", "3", "--word-diff=porcelain", "--color"], &[one, three, "--word-diff=porcelain", "--color"]),
        (&["try", "-S", "3", "3"], &["-S", "3", base, three]),
        (&["try", "3", "--name-only", "--", "new.txt"], &[base, three, "--name-only", "--", "new.txt"]),
        (&["try", "3", "--", "--json"], &[base, three, "--", "--json"]),
        (&["try", "3", "--exit-code"], &[base, three, "--exit-code"]),
        (&["try", "1", "--quiet", "--", "new.txt"], &[base, one, "--quiet", "--", "new.txt"]),
        (&["try", "1", "--no-such-option"], &[base, one, "--no-such-option"]),
    ] {
        let (ours, gits) = (repo.puff(&[&["diff"], ours].concat()), git(gits));
        assert_eq!((ours.code, ours.stdout, ours.stderr), (gits.code, gits.stdout, gits.stderr));
    }
    // Settings, tools and the folder that the user stands in are git's to know.
    let ran = run(repo.command("git").args(["-c", "diff.noprefix=true", "puff", "diff", "try", "1"])).ok();
    assert!(ran.stdout.starts_with("diff --git notes.txt notes.txt\n"), "{}", ran.stdout);
    let ran =
        run(repo.command("git").args(["puff", "diff", "try", "1"]).env("GIT_EXTERNAL_DIFF", "echo tool for")).ok();
    assert!(ran.stdout.starts_with("tool for notes.txt "), "{}", ran.stdout);
    let src = repo.work().join("src");
    let there =
        |args: &[&str]| run(repo.command("git").current_dir(&src).args(["puff", "diff", "try", "3"]).args(args)).ok();
    assert_eq!(there(&["--name-only", "--", "../new.txt"]).stdout, "new.txt\n");
    assert_eq!(there(&["--name-only", "--", "new.txt"]).stdout, "");
    assert_eq!(repo.fingerprint(), before);
}

#[test]
fn the_pager_is_gits_own() {
    let repo = repo_with_a_run();
    repo.git(&["config", "core.pager", "sed s/^/paged:/"]);
    for (args, words) in [("try 1", "paged:+2"), ("try", "paged:SIMILARITY")] {
        // A session gives it a terminal.
        let line = format!("git puff diff {args}");
        let id = repo.puff(&["session", "start", "--", "sh", "-c", &line]).ok().stdout;
        repo.puff(&["session", "wait", id.trim()]).ok();
        let shown = repo.puff(&["session", "log", id.trim()]).ok().stdout;
        assert!(shown.contains(words), "{shown}");
    }
}

#[test]
fn the_matrix_says_how_alike_all_are_and_what_each_number_means() {
    let repo = repo_with_a_run();
    let before = repo.fingerprint();
    let found = matrix(&repo, &["try"]);
    assert_eq!((&found["schema"], &found["run"]), (&json!("puff.matrix/1"), &json!("try")));
    assert_eq!(found["base_oid"], json!(repo.git(&["rev-parse", "main"])));
    // var1: -two +2. var2: -two '+  2' '+'. var3: -two -three +2 +3, and +new elsewhere.
    assert_eq!(likeness(&found, "var1", "var2"), 2.0 * 1.0 / 5.0);
    assert_eq!(likeness(&found, "var1", "var3"), 2.0 * 2.0 / 7.0);
    assert_eq!(likeness(&found, "var2", "var3"), 2.0 * 1.0 / 8.0);
    assert_eq!(found["same"], json!([["var1", "var2"]]));
    assert_eq!((&found["agreed_lines"], &found["nearest"]), (&json!(1), &json!("var1")));
    assert_eq!(each(&found["variants"], "insertions"), [1, 2, 3]);
    assert_eq!(each(&found["variants"], "deletions"), [1, 1, 2]);
    assert_eq!(each(&found["variants"], "only_here"), [0, 2, 3]);
    assert_eq!(each(&found["variants"], "only_files"), [&json!([]), &json!([]), &json!(["new.txt"])]);
    assert_eq!(each(&found["files"], "path"), ["new.txt", "notes.txt"]);
    for name in ["pairs[].likeness", "pairs[].same", "variants[].agreement", "agreed_lines", "nearest"] {
        assert!(found["meaning"][name].is_string(), "{name} is not explained");
    }
    // The same for people, and of those alone that are named.
    let shown = repo.puff(&["diff", "try"]).ok().stdout;
    assert!(shown.starts_with("SIMILARITY %   1   2   3\nvar1           -   =  57\n"), "{shown}");
    assert_eq!(repo.puff(&["diff", "--matrix", "try", "--"]).ok().stdout, shown);
    let found = matrix(&repo, &["try", "3", "1", "3"]);
    assert_eq!(each(&found["variants"], "name"), ["var3", "var1"]);
    assert_eq!(repo.fingerprint(), before);
}

#[test]
fn sixteen_variants_fit_into_eighty_columns() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    for variant in 1..=16 {
        let patch = patch_of(&repo, || {
            repo.write("notes.txt", format!("one\n{}\nthree\n", variant / 4));
            repo.write(&format!("a/folder/with/a/long/name/and/more/in/it/for/variant/number/{variant}/mod.rs"), "x\n");
        });
        export.patch(variant, patch);
    }
    export.harvest(&repo, &["--name", "try"]).ok();
    let shown = repo.puff(&["diff", "try"]).ok().stdout;
    let widest = shown.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 80 && shown.contains("\nvar16 "), "{widest}:\n{shown}");
}

#[test]
fn every_kind_of_change_can_be_compared() {
    let repo = TestRepo::new();
    repo.commit("picture.png", b"\x89PNG\0old".as_slice(), "A picture");
    repo.commit("long.txt", (1..40).map(|line| format!("line {line}\n")).collect::<String>(), "A text");
    let odd = repo.work().join(OsStr::from_bytes(b"caf\xe9"));
    let submodule = repo.git(&["rev-parse", "HEAD"]);
    let change = |repo: &TestRepo, picture: &[u8], name: &str, mode: u32| {
        repo.write("picture.png", picture);
        std::fs::remove_file(repo.work().join("README")).unwrap();
        repo.git(&["mv", "long.txt", name]);
        let text = std::fs::read_to_string(repo.work().join(name)).unwrap();
        repo.write(name, text.replace("line 7\n", "line seven\n"));
        std::fs::write(&odd, "coffee\n").unwrap();
        std::fs::set_permissions(repo.work().join("notes.txt"), PermissionsExt::from_mode(mode)).unwrap();
        symlink("notes.txt", repo.work().join("link")).unwrap();
        repo.write("empty", "");
        repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{submodule},sub")]);
        std::fs::create_dir_all(repo.work().join("sub")).unwrap();
    };
    let export = Export::new(&repo, "export");
    for (variant, picture, name, mode) in [
        (1, &b"\x89PNG\0new"[..], "renamed.txt", 0o755),
        (2, b"\x89PNG\0new", "renamed.txt", 0o755),
        (3, b"\x89PNG\0newer", "elsewhere.txt", 0o644),
    ] {
        change(&repo, picture, name, mode);
        repo.git(&["add", "--all", "--", ".", ":!sub"]);
        let options = ["diff", "--cached", "--binary", "--full-index", "-M", "HEAD"];
        let patch = run(repo.command("git").args(options)).bytes;
        repo.git(&["reset", "-q", "--hard"]);
        repo.git(&["clean", "-qfdx"]);
        export.patch(variant, patch);
    }
    let harvested = export.harvest(&repo, &["--name", "try", "--json"]).ok().json();
    let found = matrix(&repo, &["try"]);
    assert_eq!(found["same"], json!([["var1", "var2"]]), "{harvested:#}");
    assert_eq!(likeness(&found, "var1", "var2"), 1.0);
    // As git counts them.
    for (ours, gits) in [("files", "files"), ("insertions", "insertions"), ("deletions", "deletions")] {
        assert_eq!(each(&found["variants"], ours), each(&harvested["variants"], gits));
    }
    let file = |path: &str| {
        let files = found["files"].as_array().unwrap();
        files.iter().find(|file| file["path"] == path).unwrap_or_else(|| panic!("no {path} in {found:#}"))
    };
    assert_eq!(file("picture.png")["binary"], true);
    assert_eq!(file("picture.png")["same"], false);
    assert_eq!(file("renamed.txt")["variants"], json!(["var1", "var2"]));
    assert_eq!(file("notes.txt")["variants"], json!(["var1", "var2"]));
    for (path, agreed) in [("caf\u{fffd}", 1), ("README", 1), ("link", 2), ("sub", 2), ("empty", 1)] {
        let (file, lines) = (file(path), file(path)["agreed_lines"].as_u64());
        assert_eq!((&file["same"], lines), (&json!(true), Some(agreed)), "{path}");
    }
}

#[test]
fn what_is_the_same_to_git_without_white_space_is_the_same_here() {
    let repo = TestRepo::new();
    let base = "fn a() {\n    one();\n}\n\nfn b() {\n    two();\n}\n";
    repo.commit("code.rs", base, "Code");
    let texts = [
        "fn a() {\n    one();\n}\n\nfn b() {\n    two();\n    three();\n}\n",
        "fn a() {\n\tone();\n}\n\n\nfn b()\t{\n    two( );\n\n  three();\n}",
        "fn a() {\r\n    one();\r\n}\r\n\r\nfn b() {\r\n    two();\r\n    three();\r\n}\r\n",
        "fn a() {\n    one();\n    three();\n}\n\nfn b() {\n    two();\n}\n",
        "fn b() {\n    two();\n}\n\nfn a() {\n    one();\n}\n",
        "fn a() { one(); }\n\nfn b() { two(); three(); }\n",
    ];
    let export = Export::new(&repo, "export");
    for (text, variant) in texts.iter().zip(1..) {
        export.patch(variant, repo.patch("code.rs", text));
    }
    export.harvest(&repo, &["--name", "try"]).ok();
    let found = matrix(&repo, &["try"]);
    for pair in found["pairs"].as_array().unwrap() {
        let [a, b] = ["a", "b"].map(|side| format!("puff/try/{}", pair[side].as_str().unwrap()));
        let gits = repo.git(&["diff", "-w", "--ignore-blank-lines", &a, &b]);
        assert_eq!(pair["same"], gits.is_empty(), "{a} {b}: {gits}");
    }
    assert_eq!(found["same"], json!([["var1", "var2", "var3"]]));
}

#[test]
fn a_variant_without_a_branch_is_shown_on_the_files_it_was_made_on() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch("notes.txt", "one\n2\nthree\n"));
    export.patch(2, repo.patch("new.txt", "new\n"));
    repo.commit("notes.txt", "one\nzwei\nthree\n", "Meanwhile");
    let ran = export.harvest(&repo, &["--name", "try", "--json"]).exits(3);
    assert_eq!(ran.json()["variants"][0]["apply"], "conflict");
    let before = repo.fingerprint();

    let ran = repo.puff(&["diff", "try", "1"]).ok();
    assert!(ran.stdout.contains("\n-two\n+2\n"), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("var1: it conflicts with the base in notes.txt; showing it on the files"),
        "{}",
        ran.stderr
    );
    assert_eq!(repo.puff(&["diff", "try", "1", "--numstat"]).ok().stdout, "1\t1\tnotes.txt\n");
    let ran = repo.puff(&["diff", "try", "2", "1"]).ok();
    assert!(ran.stdout.contains("\n-zwei\n+2\n") && ran.stdout.contains("\n-new\n"), "{}", ran.stdout);
    let found = matrix(&repo, &["try"]);
    assert_eq!((each(&found["variants"], "insertions"), &found["left_out"]), (vec![&json!(1), &json!(1)], &json!([])));
    assert_eq!(repo.fingerprint(), before);
}

#[test]
fn a_patch_of_which_no_tree_comes_is_compared_by_its_lines() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    let good = repo.patch("notes.txt", "one\n2\nthree\n");
    let astray = "--- a/notes.txt\n+++ b/notes.txt\n@@ -7,3 +7,3 @@\n nowhere\n-two\n+2\n three\n";
    export.patch(1, &good).patch(2, astray).patch(3, "\u{1b}[2Jno diff at all\n");
    export.harvest(&repo, &["--name", "try"]).exits(3);

    let ran = repo.puff(&["diff", "try", "2"]).ok();
    assert_eq!(ran.stdout, astray);
    assert!(ran.stderr.contains("var2: it does not fit the base"), "{}", ran.stderr);
    let ran = repo.puff(&["diff", "try", "1", "2"]).exits(1);
    let ran = ran.complains(&["cannot compare var2", "does not fit the base"]);
    let hint = ran.stderr.lines().find(|line| line.starts_with("hint: ")).unwrap();
    assert!(
        hint.contains("'git puff diff try:2'") && hint.contains("'git puff diff try --matrix try:1 try:2'"),
        "{hint}"
    );
    repo.puff(&["diff", "try", "2", "--stat"]).exits(1).complains(&["cannot compare var2"]);

    let found = matrix(&repo, &["try", "--matrix", "try:1", "try:2", "3"]);
    assert_eq!((likeness(&found, "var1", "var2"), &found["same"]), (1.0, &json!([["var1", "var2"]])));
    assert_eq!(found["left_out"][0]["name"], "var3");
    assert!(found["left_out"][0]["why"].as_str().unwrap().contains("cannot read"), "{found:#}");
    assert!(!repo.puff(&["diff", "try"]).ok().stdout.contains('\u{1b}'));
}

#[test]
fn variants_of_other_runs_are_named_with_their_run() {
    let repo = repo_with_a_run();
    repo.commit("README", "Another base.\n", "Go on");
    let export = Export::new(&repo, "other");
    export.patch(1, repo.patch("notes.txt", "one\n2\nthree\n"));
    export.harvest(&repo, &["--name", "later"]).ok();
    let found = matrix(&repo, &["try", "1", "later:1", "--matrix"]);
    assert_eq!(each(&found["variants"], "name"), ["var1", "later:1"]);
    assert_eq!(each(&found["variants"], "run"), ["try", "later"]);
    assert_eq!((likeness(&found, "var1", "later:1"), &found["same"]), (1.0, &json!([["var1", "later:1"]])));
    let ran = repo.puff(&["diff", "try", "1", "later:1", "--name-only"]).ok();
    assert_eq!(ran.stdout, "README\n");
    assert!(ran.stderr.contains("they have different bases"), "{}", ran.stderr);
    assert_eq!(repo.puff(&["diff", "later:1", "--numstat"]).ok().stdout, "1\t1\tnotes.txt\n");
}

#[test]
fn without_anything_to_compare_it_says_so() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    export.patch(1, "").patch(2, "rubbish").report(3, &json!({"status": "failed"}));
    export.harvest(&repo, &["--name", "none"]).exits(3);
    let ran = repo.puff(&["diff", "none"]).exits(1);
    assert!(
        ran.stderr.contains("no variant of 'none' has a change") && ran.stderr.contains("hint: "),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stdout.starts_with("var1: not compared, it changes nothing\nvar2: not compared, cannot read its patch")
    );
    let ran = repo.puff(&["diff", "none", "--json"]).exits(1);
    assert_eq!(each(&ran.json()["left_out"], "name"), ["var1", "var2", "var3"]);
    let ran = repo.puff(&["diff", "none", "1", "--exit-code"]).ok();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", "var1 changes nothing\n"));
    repo.puff(&["diff", "none", "3"]).exits(1).complains(&["cannot show var3", "it is failed"]);

    let twins = Export::new(&repo, "twins");
    let patch = repo.patch("notes.txt", "1\n");
    twins.patch(1, &patch).patch(2, &patch).patch(3, &patch);
    twins.harvest(&repo, &["--name", "twins"]).ok();
    let found = matrix(&repo, &["twins"]);
    assert_eq!((&found["same"], &found["nearest"]), (&json!([["var1", "var2", "var3"]]), &json!("var1")));
    let ran = repo.puff(&["diff", "twins", "1", "2", "--exit-code"]).ok();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", "var1 and var2 are identical\n"));
}

#[test]
fn unusable_arguments_are_refused_by_name() {
    let repo = repo_with_a_run();
    for (args, code, words) in [
        (&["try", "7"][..], 1, &["no variant 7 in run 'try'"][..]),
        (&["try", "1", "0"], 1, &["no variant 0"]),
        (&["try", "new.txt"], 129, &["'new.txt' is not a variant"]),
        (&["try", "1", "2", "3"], 129, &["at most two variants"]),
        (&["try", "--stat"], 129, &["'--stat' is for 'git diff'"]),
        (&["try", "--matrix", "--", "new.txt"], 129, &["'new.txt' is for 'git diff'"]),
        (&["try", "1", "-S"], 129, &["'-S' needs a value"]),
        (&["nowhere", "1"], 1, &["no run named 'nowhere'"]),
        (&["try", "1", "nowhere:1"], 1, &["no run named 'nowhere'"]),
        (&[], 129, &["RUN"]),
        (&["--stat"], 129, &["no run"]),
    ] {
        repo.puff(&[&["diff"], args].concat()).exits(code).complains(words);
    }
    // Help is ours, wherever it is asked for, and needs no repository.
    for args in [&["diff", "-h"][..], &["diff", "try", "1", "--help"], &["diff", "--stat", "try", "-h"]] {
        let ran = run(repo.command(env!("CARGO_BIN_EXE_git-puff")).current_dir(repo.path("home")).args(args)).ok();
        assert!(ran.stdout.contains("Usage: git puff diff <RUN> <A> [B]"), "{}", ran.stdout);
    }
}

#[test]
fn a_deleted_branch_or_missing_worktree_does_not_block_a_prune() {
    let repo = repo_with_a_run();
    repo.git(&["branch", "-q", "-D", "puff/try/var1"]);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "-q", "--prune=now"]);
    assert_eq!(repo.puff(&["diff", "try", "1", "--numstat"]).ok().stdout, "1\t1\tnotes.txt\n");
    let found = matrix(&repo, &["try"]);
    assert_eq!((found["variants"].as_array().unwrap().len(), &found["same"]), (3, &json!([["var1", "var2"]])));

    repo.git_in(&repo.path("."), &["clone", "-q", "--mirror", "work", "bare.git"]);
    let bare = |args: &[&str]| {
        run(repo.command("git").current_dir(repo.path("bare.git")).args(["puff", "diff", "try"]).args(args)).ok()
    };
    assert_eq!(bare(&["2", "--numstat"]).stdout, "2\t1\tnotes.txt\n");
    assert_eq!(bare(&["--json"]).json(), found);
}
