//! Patches that are merged as the repository wants it, and patches that mean harm: what git itself would say of them.

use std::fs;

use serde_json::Value;

use crate::support::export::{Export, patch_of};
use crate::support::test_repo::{TestRepo, kill, wait_until};

/// Tries a patch on HEAD.
fn try_on_head(repo: &TestRepo, patch: &[u8]) -> Value {
    let ran = repo.puff_with_input(&["preflight", "--patch", "-", "--onto", "HEAD", "--json"], patch);
    ran.json()["results"][0].clone()
}

fn details(tried: &Value, kind: &str) -> Vec<String> {
    let risks = tried["risks"].as_array().expect("risks").iter();
    let texts = risks
        .filter(|risk| risk["kind"] == kind)
        .map(|risk| format!("{}: {}", risk["path"].as_str().expect("a path"), risk["detail"].as_str().expect("words")));
    texts.collect()
}

#[test]
fn files_are_merged_by_the_drivers_that_git_would_use() {
    let repo = TestRepo::new();
    // Counts what it is called for, which shows that it is the user's own that runs, and only where it is needed.
    let calls = repo.path("calls");
    repo.git(&["config", "merge.theirs.driver", &format!("echo %P >>'{}' && cp %B %A", calls.display())]);
    repo.commit(".gitattributes", "log merge=union\nlock merge=theirs\nimage -merge\n", "Say how files are merged");
    for file in ["log", "lock", "image"] {
        repo.commit(file, "one\ntwo\nthree\n", "Begin");
    }
    let change = |text: &'static str, files: &'static [&'static str]| {
        let repo = &repo;
        patch_of(repo, move || files.iter().for_each(|file| repo.write(file, text)))
    };
    let fits = change("one\n2\nthree\n", &["log", "lock", "image"]);
    let both = change("one\n2\nthree\n", &["log", "lock"]);
    let image = change("0\ntwo\nthree\n", &["image"]);
    assert_eq!(try_on_head(&repo, &fits)["apply"], "applied");
    assert!(!calls.exists(), "nothing had to be merged");

    // Their branch, as git has it.
    repo.git(&["switch", "-q", "-c", "theirs"]);
    for file in ["log", "lock"] {
        repo.write(file, "one\n2\nthree\n");
    }
    repo.git(&["commit", "-qam", "Change two"]);
    repo.git(&["switch", "-q", "-"]);
    for file in ["log", "lock", "image"] {
        repo.commit(file, "one\nTWO\nthree\n", "Change it here");
    }
    let tried = try_on_head(&repo, &both);
    assert_eq!(tried["apply"], "applied-3way", "{tried}");
    assert_eq!(fs::read_to_string(&calls).unwrap(), "lock\n");
    assert_eq!(repo.git(&["status", "--porcelain", "--ignored", "--", ":!.codex"]), "");
    repo.git(&["merge", "-q", "--no-edit", "theirs"]);
    assert_eq!(tried["tree"].as_str().unwrap(), repo.git(&["rev-parse", "HEAD^{tree}"]));
    repo.git(&["reset", "-q", "--hard", "HEAD^"]);
    assert_eq!(try_on_head(&repo, &image)["apply"], "conflict");

    // The same becomes of a variant that is harvested.
    let export = Export::new(&repo, "export");
    export.patch(1, &both).patch(2, &image);
    let run = export.harvest(&repo, &["--json"]).exits(3).json();
    let applied: Vec<_> = run["variants"].as_array().unwrap().iter().map(|variant| variant["apply"].clone()).collect();
    assert_eq!(applied, ["applied-3way", "conflict"]);
    // A driver that fails is said, and is no conflict.
    repo.git(&["config", "merge.theirs.driver", "echo broken for %P >&2; exit 200"]);
    let tried = try_on_head(&repo, &both);
    assert_eq!(tried["apply"], "rejected");
    assert!(tried["reason"].as_str().unwrap().contains("lock: the merge driver of its attributes failed"), "{tried}");
}

#[test]
fn a_driver_ends_with_a_git_puff_that_is_killed() {
    let repo = TestRepo::new();
    let pid = repo.path("pid");
    repo.git(&["config", "merge.waits.driver", &format!("echo $$ >'{}'; sleep 600; true", pid.display())]);
    repo.commit(".gitattributes", "lock merge=waits\n", "Say how it is merged");
    repo.commit("lock", "one\ntwo\nthree\n", "Begin");
    let patch = patch_of(&repo, || repo.write("lock", "one\n2\nthree\n"));
    repo.commit("lock", "one\nTWO\nthree\n", "Change it here");
    fs::write(repo.path("change.patch"), patch).unwrap();
    let named = repo.path("change.patch").display().to_string();
    let mut puff = repo.spawn(&["preflight", "--patch", &named, "--onto", "HEAD"], std::process::Stdio::null());
    let read = || fs::read_to_string(&pid).ok()?.trim().parse::<u32>().ok();
    wait_until("the driver runs", || read().is_some());
    let driver = read().unwrap();
    kill(puff.id());
    let _ = puff.wait();
    let gone = || !std::path::Path::new(&format!("/proc/{driver}")).exists();
    wait_until("the driver is gone", gone);
}

#[test]
fn malicious_submodules_are_named_as_git_fsck_names_them() {
    let repo = TestRepo::new();
    let modules = "[submodule \"../../evil\"]\n\tpath = -x\n\turl = --upload-pack=evil\n\tupdate = !evil\n";
    let patch = patch_of(&repo, || repo.write(".gitmodules", modules));
    let tried = try_on_head(&repo, &patch);
    let found = details(&tried, "submodule");
    repo.write(".gitmodules", modules);
    repo.git(&["add", ".gitmodules"]);
    repo.git(&["commit", "-qm", "Evil", "--no-verify"]);
    let fsck = repo.try_git(&["fsck", "--strict"]).stderr;
    for name in ["gitmodulesName", "gitmodulesUrl", "gitmodulesPath", "gitmodulesUpdate"] {
        assert!(found.iter().any(|found| found.starts_with(&format!(".gitmodules: {name}: "))), "{found:?}");
        assert!(fsck.contains(name), "{fsck}");
    }
    repo.git(&["reset", "-q", "--hard", "HEAD^"]);
    // What git cannot read is named, too; a usual one is only what it is.
    let patch = patch_of(&repo, || repo.write(".gitmodules", "[submodule \"x\n"));
    assert!(details(&try_on_head(&repo, &patch), "submodule").iter().any(|found| found.contains("gitmodulesParse")));
    let usual = "[submodule \"x\"]\n\tpath = x\n\turl = ../x\n";
    let patch = patch_of(&repo, || repo.write(".gitmodules", usual));
    assert_eq!(details(&try_on_head(&repo, &patch), "submodule").len(), 1);
}

#[test]
fn a_symbolic_link_that_windows_takes_for_gitmodules_is_refused() {
    let repo = TestRepo::new();
    for name in [".gitmodules", "GITMOD~1", "gi7eba~1"] {
        let patch = format!(
            "diff --git a/{name} b/{name}\nnew file mode 120000\n--- /dev/null\n+++ b/{name}\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n"
        );
        let tried = try_on_head(&repo, patch.as_bytes());
        assert_eq!(tried["apply"], "rejected", "{name}");
        assert!(tried["reason"].as_str().unwrap().contains("symbolic link for .gitmodules"), "{tried}");
    }
}

#[test]
fn names_that_are_one_where_case_does_not_count_are_risks() {
    let repo = TestRepo::new();
    repo.commit("src/Main.rs", "x\n", "Begin");
    let new = |name: &str| {
        format!("diff --git a/{name} b/{name}\nnew file mode 100644\n--- /dev/null\n+++ b/{name}\n@@ -0,0 +1 @@\n+x\n")
    };
    let collisions = |names: &[&str]| {
        let patch: String = names.iter().map(|name| new(name)).collect();
        details(&try_on_head(&repo, patch.as_bytes()), "path")
    };
    let twin = |name: &str, other: &str| {
        format!("{name}: is '{other}' as well where case does not count: one replaces the other")
    };
    assert_eq!(collisions(&["src/main.rs"]), [twin("src/main.rs", "src/Main.rs")]);
    assert_eq!(collisions(&["SRC/other.rs"]), [twin("SRC", "src")]);
    assert_eq!(collisions(&["in/a", "in/A"]), [twin("in/a", "in/A"), twin("in/A", "in/a")]);
    assert_eq!(collisions(&["src/other.rs", "in/a"]), Vec::<String>::new());
    // A rename that only changes the case leaves one.
    let patch = b"diff --git a/src/Main.rs b/src/main.rs\nsimilarity index 100%\nrename from src/Main.rs\nrename to src/main.rs\n";
    assert_eq!(details(&try_on_head(&repo, patch), "path"), Vec::<String>::new());
}

#[test]
fn replaced_objects_are_named() {
    let repo = TestRepo::new();
    let patch = repo.patch("notes.txt", "one\n2\nthree\n");
    let tries = || repo.puff_with_input(&["preflight", "--patch", "-", "--onto", "HEAD"], &patch).ok().stderr;
    let named = "1 object is replaced (refs/replace)";
    assert!(!tries().contains("replace"));
    let other = repo.git(&["commit-tree", "HEAD^{tree}", "-m", "Another"]);
    repo.git(&["replace", "HEAD", &other]);
    assert!(tries().contains(named), "{}", tries());
    let doctor = repo.puff(&["doctor"]);
    assert!(doctor.stdout.contains(named), "{}", doctor.stdout);
    repo.git(&["config", "core.useReplaceRefs", "false"]);
    assert!(!tries().contains("replace"));
}
