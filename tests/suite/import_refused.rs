//! Folders that are no exports, and calls that make no sense: named, and nothing is recorded.

use crate::support::export::Export;
use crate::support::test_repo::TestRepo;

#[test]
fn a_folder_that_is_no_export_is_refused_with_its_name() {
    let repo = TestRepo::new();
    let patch = repo.patch("README", "One.\n");
    let made = |name: &str, file: &str, content: &[u8]| {
        let export = Export::new(&repo, name);
        export.patch(1, &patch).put(file, content);
        export
    };
    std::fs::create_dir(repo.path("empty")).unwrap();
    made("broken", "var1/report.json", b"{\"status\": ");
    made("list", "var1/report.json", b"[]");
    made("binary", "var1/meta.json", b"\xff\xfe");
    made("twice", "var01/patch.diff", &patch);
    made("folder", "var2/patch.diff/x", b"");
    made("huge", "var4000000000/patch.diff", &patch);
    for (folder, words) in [
        ("../nowhere", "'../nowhere'"),
        ("README", "'README'"),
        ("../empty", "no variants"),
        ("../broken", "var1/report.json"),
        ("../list", "var1/report.json"),
        ("../binary", "var1/meta.json"),
        ("../twice", "variant 1 twice"),
        ("../folder", "var2/patch.diff"),
        ("../huge", "4000000000"),
    ] {
        let words = words.trim_matches('\'').trim_start_matches("../");
        repo.puff(&["harvest", "--from", folder, "--base", "main"]).exits(1).complains(&[words]);
    }
    nothing_is_recorded(&repo);
}

#[test]
fn a_base_that_is_no_commit_is_refused_with_its_name() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch("README", "One.\n"));
    for base in ["nope", "main:README", "0000000000000000000000000000000000000000", "", "--all", "main..main~1"] {
        let base_flag = format!("--base={base}");
        let ran = repo.puff(&["harvest", "--from", export.path(), &base_flag]).exits(1);
        ran.complains(&[&format!("'{base}'")]);
    }
    nothing_is_recorded(&repo);
}

#[test]
fn contradictory_arguments_are_usage_errors() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch("README", "One.\n"));
    let from = export.path();
    for (args, word) in [
        (&["--from", from][..], "--base"),
        (&["--base", "main"], "--from"),
        (&["some-run", "--from", from, "--base", "main"], "--from"),
        (&["--from", from, "--base", "main", "--name", "Not A Name"], "Not A Name"),
        (&["--from", from, "--base", "main", "--variant", "0"], "0"),
        (&["--from", from, "--base", "main", "--variant", "one"], "one"),
        (&["--from", from, "--base", "main", "--wait"], "--wait"),
    ] {
        repo.puff(&[&["harvest"], args].concat()).exits(129).complains(&[word]);
    }
    nothing_is_recorded(&repo);
}

#[test]
fn a_variant_that_the_folder_has_not_is_refused_before_anything_is_recorded() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch("README", "One.\n"));
    export.harvest(&repo, &["--variant", "2"]).exits(129).complains(&["no variant 2"]);
    nothing_is_recorded(&repo);
}

#[test]
fn a_patch_cannot_leave_the_repository() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    let adds = |path: &str| {
        format!("diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n")
    };
    for (variant, path) in [(1, "../outside"), (2, ".git/hooks/post-checkout"), (3, "a/../../b"), (4, ".GIT/config")] {
        export.patch(variant, adds(path));
    }
    export.harvest(&repo, &[]).exits(3);
    assert_eq!(repo.git(&["for-each-ref", "refs/heads/puff"]), "");
    assert!(!repo.path("outside").exists() && !repo.work().join(".git/hooks/post-checkout").exists());
}

fn nothing_is_recorded(repo: &TestRepo) {
    assert_eq!(repo.git(&["for-each-ref", "refs/puff", "refs/heads/puff", "refs/notes"]), "");
}
