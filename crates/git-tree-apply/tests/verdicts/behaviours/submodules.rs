//! Submodules: the commit that they are at, and what they become.

use super::tell::{Case, blob, case, diff, file, link, submodule};

pub fn cases() -> Vec<Case> {
    let (first, second) = (blob("first"), blob("second"));
    let at_first = || submodule("gear", "first");
    vec![
        case("a_submodule_comes")
            .base([file("mill", "wheel")])
            .patch(format!(
                "|diff --git a/parts/gear b/parts/gear
                 |new file mode 160000
                 |index 0000000..{}
                 |--- /dev/null
                 |+++ b/parts/gear
                 |@@ -0,0 +1 @@
                 |+Subproject commit {first}",
                &first[..7]
            ))
            .gives([file("mill", "wheel"), submodule("parts/gear", "first")]),
        case("a_submodule_moves_to_another_commit")
            .base([submodule("gear", "first")])
            .patch(format!(
                "|diff --git a/gear b/gear
                 |index {}..{} 160000
                 |--- a/gear
                 |+++ b/gear
                 |@@ -1 +1 @@
                 |-Subproject commit {first}
                 |+Subproject commit {second}",
                &first[..7],
                &second[..7]
            ))
            .gives([submodule("gear", "second")]),
        case("a_submodule_is_renamed")
            .base([submodule("gear", "first")])
            .patch(
                "|diff --git a/gear b/parts/gear
                 |rename from gear
                 |rename to parts/gear",
            )
            .gives([submodule("parts/gear", "first")]),
        case("a_submodule_goes_with_the_folders_that_only_it_was_in")
            .base([file("mill", "wheel"), submodule("parts/gear", "first")])
            .patch(format!(
                "|diff --git a/parts/gear b/parts/gear
                 |deleted file mode 160000
                 |--- a/parts/gear
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-Subproject commit {first}",
            ))
            .gives([file("mill", "wheel")]),
        case("a_submodule_at_another_commit_is_not_moved")
            .base([submodule("gear", "second")])
            .patch(format!(
                "|diff --git a/gear b/gear
                 |--- a/gear
                 |+++ b/gear
                 |@@ -1 +1 @@
                 |-Subproject commit {first}
                 |+Subproject commit {second}",
            ))
            .refused(&["gear", "the hunk of line 4", "Subproject commit"]),
        case("a_submodule_becomes_a_folder")
            .base([submodule("gear", "first")])
            .patch(format!(
                "|diff --git a/gear b/gear
                 |deleted file mode 160000
                 |--- a/gear
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-Subproject commit {first}
                 |diff --git a/gear/tooth b/gear/tooth
                 |new file mode 100644
                 |--- /dev/null
                 |+++ b/gear/tooth
                 |@@ -0,0 +1 @@
                 |+steel",
            ))
            .gives([file("gear/tooth", "steel")]),
        case("a_submodule_without_a_commit_is_refused")
            .base([file("mill", "wheel")])
            .patch(
                "|diff --git a/gear b/gear
                 |new file mode 160000
                 |--- /dev/null
                 |+++ b/gear
                 |@@ -0,0 +1 @@
                 |+Subproject commit unknown",
            )
            .refused(&["gear", "does not name a commit"]),
        case("a_file_becomes_a_submodule")
            .base([file("gear", "tooth")])
            .bytes(diff([file("gear", "tooth")], [at_first()], &[]))
            .gives([at_first()]),
        case("a_submodule_becomes_a_file")
            .base([at_first()])
            .bytes(diff([at_first()], [file("gear", "tooth")], &[]))
            .gives([file("gear", "tooth")]),
        case("a_symbolic_link_becomes_a_submodule")
            .base([link("gear", "tooth")])
            .bytes(diff([link("gear", "tooth")], [at_first()], &[]))
            .gives([at_first()]),
        case("a_folder_becomes_a_submodule")
            .base([file("gear/tooth", "steel"), file("mill", "wheel")])
            .bytes(diff([file("gear/tooth", "steel")], [at_first()], &[]))
            .gives([at_first(), file("mill", "wheel")]),
        case("a_folder_that_keeps_files_becomes_no_submodule")
            .base([file("gear/tooth", "steel"), file("gear/axle", "iron")])
            .bytes(diff([file("gear/tooth", "steel")], [at_first()], &[]))
            .refused(&["gear", "'gear/axle' is in its way"]),
    ]
}
