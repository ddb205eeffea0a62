//! Patches that nobody writes in good faith: each is small, and would cost a stack, all memory or an afternoon.

use git_puff::patch::onto::Mode;

use crate::judge::{Judge, Verdict};

fn apply(patch: &str) -> Verdict {
    let judge = Judge::new();
    judge.ours(judge.tree(&[]), patch.as_bytes(), Mode::Plain)
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
fn a_submodule_at_no_commit_is_refused() {
    let hunk = format!("@@ -0,0 +1 @@\n+Subproject commit {}\n", "0".repeat(40));
    let patch = format!("diff --git a/m b/m\nnew file mode 160000\n--- /dev/null\n+++ b/m\n{hunk}");
    assert!(matches!(apply(&patch), Verdict::Refused(_)));
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
