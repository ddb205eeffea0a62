//! Files that come and go: made, emptied, removed, there too early or not there at all.

use super::tell::{Case, case, file, script};

pub fn cases() -> Vec<Case> {
    vec![
        case("a_new_file_is_made_with_its_folders")
            .base([file("stone", "slate")])
            .patch(
                "|diff --git a/rocks/grey/granite b/rocks/grey/granite
                 |new file mode 100755
                 |--- /dev/null
                 |+++ b/rocks/grey/granite
                 |@@ -0,0 +1,2 @@
                 |+quartz
                 |+mica",
            )
            .gives([file("stone", "slate"), script("rocks/grey/granite", "quartz mica")]),
        case("a_removed_file_goes_with_the_folders_that_only_it_was_in")
            .base([file("stone", "slate"), file("rocks/grey/granite", "quartz")])
            .patch(
                "|diff --git a/rocks/grey/granite b/rocks/grey/granite
                 |deleted file mode 100644
                 |--- a/rocks/grey/granite
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-quartz",
            )
            .gives([file("stone", "slate")]),
        case("the_last_file_of_a_tree_can_go")
            .base([file("stone", "slate")])
            .patch(
                "|diff --git a/stone b/stone
                 |deleted file mode 100644
                 |--- a/stone
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-slate",
            )
            .gives([]),
        case("a_file_is_not_made_where_one_is").base([file("stone", "slate")]).patch(NEW_STONE).conflicts(["stone"]),
        case("a_file_that_is_made_where_an_empty_one_is_is_merged")
            .base([file("stone", "")])
            .patch(NEW_STONE)
            .merges_to([file("stone", "marble")]),
        case("a_file_that_was_made_the_same_elsewhere_is_merged")
            .base([file("stone", "marble")])
            .patch(NEW_STONE)
            .merges_to([file("stone", "marble")]),
        case("a_file_that_is_not_there_is_not_removed")
            .base([file("rock", "slate")])
            .patch(
                "|diff --git a/stone b/stone
                 |deleted file mode 100644
                 |--- a/stone
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-slate",
            )
            .refused(&["stone", "does not exist"]),
        case("a_file_that_is_not_there_is_not_changed")
            .base([file("rock", "slate")])
            .patch(
                "|diff --git a/stone b/stone
                 |--- a/stone
                 |+++ b/stone
                 |@@ -1 +1 @@
                 |-slate
                 |+shale",
            )
            .refused(&["stone", "does not exist"]),
        case("a_folder_is_not_changed_like_a_file")
            .base([file("stone/rock", "slate")])
            .patch(
                "|--- a/stone
                 |+++ b/stone
                 |@@ -1 +1 @@
                 |-slate
                 |+shale",
            )
            .refused(&["stone", "does not exist"]),
        case("a_removal_that_does_not_know_all_lines_is_refused")
            .base([file("stone", "slate shale")])
            .patch(
                "|diff --git a/stone b/stone
                 |deleted file mode 100644
                 |--- a/stone
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-slate",
            )
            .refused(&["stone", "the hunk of line 5", "'shale'"]),
        case("a_removal_without_hunks_of_a_file_with_lines_is_refused")
            .base([file("stone", "slate shale")])
            .patch(
                "|diff --git a/stone b/stone
                 |deleted file mode 100644
                 |index 1234567..0000000",
            )
            .refused(&["stone", "deletes it, but leaves"]),
        case("a_removal_that_puts_lines_there_is_refused")
            .base([file("stone", "slate")])
            .patch(
                "|diff --git a/stone b/stone
                 |deleted file mode 100644
                 |--- a/stone
                 |+++ /dev/null
                 |@@ -1 +1 @@
                 |-slate
                 |+shale",
            )
            .refused(&["stone", "deleted", "keeps lines"]),
        case("a_new_file_that_takes_lines_away_is_refused")
            .base([])
            .patch(
                "|diff --git a/stone b/stone
                 |new file mode 100644
                 |--- /dev/null
                 |+++ b/stone
                 |@@ -1 +1 @@
                 |-slate
                 |+shale",
            )
            .refused(&["stone", "new", "has old lines"]),
        case("a_file_that_loses_all_its_lines_stays_empty")
            .base([script("stone", "slate")])
            .patch(
                "|diff --git a/stone b/stone
                 |index 1234567..e69de29 100755
                 |--- a/stone
                 |+++ b/stone
                 |@@ -1 +0,0 @@
                 |-slate",
            )
            .gives([script("stone", "")]),
        case("an_empty_file_gets_its_first_lines")
            .base([file("stone", "")])
            .patch(
                "|diff --git a/stone b/stone
                 |index e69de29..1234567 100644
                 |--- a/stone
                 |+++ b/stone
                 |@@ -0,0 +1,2 @@
                 |+slate
                 |+shale",
            )
            .gives([file("stone", "slate shale")]),
        case("empty_files_come_one_after_another")
            .base([file("stone", "slate")])
            .patch(
                "|diff --git a/rock b/rock
                 |new file mode 100644
                 |index 0000000..e69de29
                 |diff --git a/crags/top b/crags/top
                 |new file mode 100755
                 |index 0000000..e69de29
                 |diff --git a/stone b/stone
                 |--- a/stone
                 |+++ b/stone
                 |@@ -1 +1 @@
                 |-slate
                 |+shale",
            )
            .gives([file("rock", ""), script("crags/top", ""), file("stone", "shale")]),
        case("empty_files_go_one_after_another")
            .base([file("rock", ""), file("crags/top", ""), file("stone", "slate")])
            .patch(
                "|diff --git a/rock b/rock
                 |deleted file mode 100644
                 |index e69de29..0000000
                 |diff --git a/crags/top b/crags/top
                 |deleted file mode 100644
                 |index e69de29..0000000",
            )
            .gives([file("stone", "slate")]),
        case("an_empty_file_in_a_folder_with_a_space_at_its_end_comes")
            .base([file("stone", "slate")])
            .patch(
                "|diff --git a/dark /cave b/dark /cave
                 |new file mode 100644
                 |index 0000000..e69de29",
            )
            .gives([file("stone", "slate"), file("dark /cave", "")]),
        case("a_file_that_is_made_and_removed_again_stays")
            .base([file("rock", "slate")])
            .patch(
                "|diff --git a/stone b/stone
                 |new file mode 100644
                 |--- /dev/null
                 |+++ b/stone
                 |@@ -0,0 +1 @@
                 |+marble
                 |diff --git a/stone b/stone
                 |deleted file mode 100644
                 |--- a/stone
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-marble",
            )
            .gives([file("rock", "slate"), file("stone", "marble")]),
        case("a_file_is_removed_and_made_again")
            .base([file("stone", "slate")])
            .patch(
                "|diff --git a/stone b/stone
                 |deleted file mode 100644
                 |--- a/stone
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-slate
                 |diff --git a/stone b/stone
                 |new file mode 100755
                 |--- /dev/null
                 |+++ b/stone
                 |@@ -0,0 +1 @@
                 |+marble",
            )
            .gives([script("stone", "marble")]),
    ]
}

const NEW_STONE: &str = "|diff --git a/stone b/stone
    |new file mode 100644
    |--- /dev/null
    |+++ b/stone
    |@@ -0,0 +1 @@
    |+marble";
