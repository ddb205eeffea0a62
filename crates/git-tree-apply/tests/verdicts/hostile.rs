//! Patches that are written in bad faith: each is small, and would cost a stack, all memory or an afternoon.

use git_tree_apply::{Mode, Verdict as Applied, apply as apply_as_text};

use crate::cases::{File, Kind};
use crate::judge::{Judge, Verdict, digits, objects};

fn file(name: &'static str, text: impl Into<Vec<u8>>) -> File {
    File { name, kind: Kind::File, text: text.into() }
}

fn apply_to(files: &[File], patch: &str) -> Verdict {
    let judge = Judge::new();
    judge.ours(judge.tree(files), patch.as_bytes(), Mode::Plain)
}

fn apply(patch: &str) -> Verdict {
    apply_to(&[], patch)
}

#[test]
fn a_deep_path_is_taken_and_one_too_deep_refused() {
    let deep = |folders: usize| {
        let path = "d/".repeat(folders);
        apply(&format!("diff --git a/{path}f b/{path}f\nnew file mode 100644\n"))
    };
    assert!(matches!(deep(512), Verdict::Tree(_)));
    for folders in [513, 30_000, 500_000] {
        let Verdict::Refused(why) = deep(folders) else { panic!("{folders} folders") };
        assert!(why.ends_with("folders deep, more than 512"), "{folders} folders");
    }
}

#[test]
fn a_name_with_a_nul_is_refused() {
    let hunk = "@@ -1 +1 @@\n-x\n+y\n";
    for header in ["--- a/x\0y\n+++ b/x\0y\n", "diff --git a/x\0y b/x\0y\n", "--- \"a/x\\000\"\n+++ \"b/x\\000\"\n"] {
        assert!(matches!(apply(&format!("{header}{hunk}")), Verdict::Refused(_)), "{header:?}");
    }
    let new = "diff --git \"a/x\\000\" \"b/x\\000\"\nnew file mode 100644\n";
    assert!(matches!(apply(new), Verdict::Refused(_)));
}

#[test]
fn what_unpacks_to_more_than_memory_is_refused_before_it_does() {
    let Verdict::Refused(why) = apply(
        "diff --git a/x b/x\nnew file mode 100644\nindex 0000000000000000000000000000000000000000..\
         1111111111111111111111111111111111111111\nGIT binary patch\nliteral 999999999\nHcmV?d00001\n\n",
    ) else {
        panic!("refused")
    };
    assert!(why.contains("more than a patch may unpack to"), "{why}");
}

#[test]
fn a_delta_that_stands_for_more_than_memory_is_refused() {
    // From 0 bytes to a gibibyte.
    let empty = git2::Oid::hash_object_ext(git2::ObjectType::Blob, b"", objects()).expect("a name");
    let index = format!("index {empty}..{} 100644", "1".repeat(digits()));
    let Verdict::Refused(why) = apply_to(
        &[file("x", "")],
        &format!("diff --git a/x b/x\n{index}\nGIT binary patch\ndelta 6\nLc${{Ns00I^O2MPiO\n\n"),
    ) else {
        panic!("refused")
    };
    assert!(why.contains("too large"), "{why}");
}

#[test]
fn copies_of_a_large_file_with_a_change_in_each_have_an_end() {
    let base = [file("a", [&b"x\ny\n"[..], &[b'z'; 16 << 20], b"\n"].concat())];
    let copies = |count| {
        let copy = |number| {
            let header = format!("diff --git a/a b/{number}\ncopy from a\ncopy to {number}\n--- a/a\n+++ b/{number}\n");
            header + "@@ -1,2 +1,2 @@\n-x\n+X\n y\n"
        };
        (0..count).map(copy).collect::<String>()
    };
    assert!(matches!(apply_to(&base, &copies(2)), Verdict::Tree(_)));
    assert!(matches!(apply_to(&base, &copies(9)), Verdict::Refused(why) if why.contains("too large")));
}

#[test]
fn copies_as_they_are_cost_nothing() {
    let base = [file("a", vec![b'z'; 1 << 20])];
    let copy = |number| format!("diff --git a/a b/{number}\nsimilarity index 100%\ncopy from a\ncopy to {number}\n");
    assert!(matches!(apply_to(&base, &(0..2000).map(copy).collect::<String>()), Verdict::Tree(_)));
}

#[test]
fn a_file_that_is_changed_again_and_again_is_what_git_makes_of_it() {
    let judge = Judge::new();
    let base = judge.tree(&[file("a", "1\n2\n3\n"), file("b", "b\n")]);
    let header = "diff --git a/a b/a\n";
    let change = |old, new| format!("{header}--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n 1\n-{old}\n+{new}\n 3\n");
    let mode = format!("{header}old mode 100644\nnew mode 100755\n");
    let renamed = "diff --git a/a b/c\nrename from a\nrename to c\n";
    let deleted = format!("{header}deleted file mode 100644\n--- a/a\n+++ /dev/null\n@@ -1,3 +0,0 @@\n-1\n-9\n-3\n");
    let over = "diff --git a/b b/a\nrename from b\nrename to a\n";
    let many = (2..9).map(|number| change(number, number + 1)).collect::<String>();
    for patch in [
        many.clone(),
        many.clone() + &mode,
        mode.clone() + &many.replacen("100644", "100755", 9),
        many.clone() + renamed,
        renamed.to_owned() + &many,
        many.clone() + &deleted,
        many.clone() + &deleted + over,
        many.clone() + over,
    ] {
        let (git, ours) =
            (judge.git(base, patch.as_bytes(), Mode::Plain), judge.ours(base, patch.as_bytes(), Mode::Plain));
        match (&git, &ours) {
            (Verdict::Tree(git), Verdict::Tree(ours)) => assert_eq!(git, ours, "{patch}"),
            (Verdict::Refused(_), Verdict::Refused(_)) => {}
            _ => panic!("git says {git:?}, we say {ours:?}\n{patch}"),
        }
    }
}

#[test]
fn texts_of_millions_of_lines_are_merged_by_git_where_it_can() {
    let judge = Judge::new();
    let base = judge.tree(&[file("a", "1\n")]);
    let lines = 1 << 21;
    let patch = format!(
        "diff --git a/a b/a\nnew file mode 100644\nindex 0000000..1111111\n--- /dev/null\n+++ b/a\n@@ -0,0 +1,{lines} @@\n{}",
        "+\n".repeat(lines)
    );
    assert_eq!(judge.ours(base, patch.as_bytes(), Mode::ThreeWay), Verdict::Conflict);
    let applied = apply_as_text(judge.store(), base, patch.as_bytes()).expect("the tree can be read");
    let Applied::Refused(refusal) = applied.verdict else { panic!("refused") };
    assert!(refusal.to_string().contains("too large to merge here"), "{refusal}");
}

#[test]
fn a_submodule_at_no_commit_is_refused() {
    let hunk = format!("@@ -0,0 +1 @@\n+Subproject commit {}\n", "0".repeat(digits()));
    let patch = format!("diff --git a/m b/m\nnew file mode 160000\n--- /dev/null\n+++ b/m\n{hunk}");
    assert!(matches!(apply(&patch), Verdict::Refused(_)));
}
