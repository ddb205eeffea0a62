//! Modes that change, that do not agree with the tree, and that are none.

use super::tell::{Case, case, file, script};

pub fn cases() -> Vec<Case> {
    vec![
        case("a_file_becomes_executable")
            .base([file("run", "stop")])
            .patch(
                "|diff --git a/run b/run
                 |old mode 100644
                 |new mode 100755",
            )
            .gives([script("run", "stop")]),
        case("a_file_is_executable_no_more_and_changes")
            .base([script("run", "stop")])
            .patch(
                "|diff --git a/run b/run
                 |old mode 100755
                 |new mode 100644
                 |index 1234567..89abcde
                 |--- a/run
                 |+++ b/run
                 |@@ -1 +1 @@
                 |-stop
                 |+go",
            )
            .gives([file("run", "go")]),
        case("the_mode_of_the_tree_stays_where_the_index_line_has_another")
            .base([script("run", "stop")])
            .patch(
                "|diff --git a/run b/run
                 |index 1234567..89abcde 100644
                 |--- a/run
                 |+++ b/run
                 |@@ -1 +1 @@
                 |-stop
                 |+go",
            )
            .gives([script("run", "go")]),
        case("a_new_mode_is_set_whatever_the_old_one_was")
            .base([script("run", "stop")])
            .patch(
                "|diff --git a/run b/run
                 |old mode 100755
                 |new mode 100644
                 |--- a/run
                 |+++ b/run
                 |@@ -1 +1 @@
                 |-stop
                 |+go",
            )
            .gives([file("run", "go")]),
        case("a_mode_that_is_set_already_is_no_change")
            .base([script("run", "stop")])
            .patch(
                "|diff --git a/run b/run
                 |old mode 100644
                 |new mode 100755",
            )
            .changes_nothing(),
        case("a_rename_sets_a_mode")
            .base([file("run", "stop")])
            .patch(
                "|diff --git a/run b/walk
                 |old mode 100644
                 |new mode 100755
                 |similarity index 100%
                 |rename from run
                 |rename to walk",
            )
            .gives([script("walk", "stop")]),
        case("the_mode_of_a_new_file_is_one_that_git_keeps")
            .base([file("run", "stop")])
            .patch(
                "|diff --git a/walk b/walk
                 |new file mode 100660
                 |--- /dev/null
                 |+++ b/walk
                 |@@ -0,0 +1 @@
                 |+go",
            )
            .gives([file("run", "stop"), file("walk", "go")]),
        case("the_mode_of_a_changed_file_is_one_that_git_keeps")
            .base([file("run", "stop")])
            .patch(
                "|diff --git a/run b/run
                 |old mode 100660
                 |new mode 100770",
            )
            .gives([script("run", "stop")]),
        case("the_mode_of_a_removed_file_does_not_have_to_agree")
            .base([file("run", "stop"), script("walk", "go")])
            .patch(
                "|diff --git a/walk b/walk
                 |deleted file mode 100660
                 |--- a/walk
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-go",
            )
            .gives([file("run", "stop")]),
        case("an_empty_mode_is_refused")
            .base([file("run", "stop")])
            .patch(
                "|diff --git a/run b/run
                 |old mode 100644
                 |new mode ",
            )
            .refused(&["run", "'' is not a file mode", "line 3 of the patch"]),
        case("a_mode_that_is_no_number_is_refused")
            .base([file("run", "stop")])
            .patch(
                "|diff --git a/run b/run
                 |old mode 1o0644
                 |new mode 100755",
            )
            .refused(&["run", "'1o0644' is not a file mode", "line 2 of the patch"]),
        case("an_old_mode_without_a_new_one_changes_nothing_and_is_refused")
            .base([file("run", "stop")])
            .patch(
                "|diff --git a/run b/run
                 |old mode 100644
                 |index 1234567..1234567
                 |and then nothing",
            )
            .refused(&["run", "no changes"]),
        case("a_folder_has_no_patch_of_its_own")
            .base([file("run", "stop")])
            .patch(
                "|diff --git a/walks b/walks
                 |new file mode 040000
                 |index 0000000..1234567",
            )
            .refused(&["walks", "mode"])
            .unlike_git("git writes a folder of which the tree is a blob"),
    ]
}
