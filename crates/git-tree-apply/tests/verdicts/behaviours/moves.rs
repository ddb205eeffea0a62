//! Renames and copies, one by one, in a ring, and with changes before and behind them.

use super::tell::{Case, case, file, script};

const TEA: &str = "kettle water leaf pot cup";

pub fn cases() -> Vec<Case> {
    vec![
        case("a_rename_alone_moves_the_file")
            .base([file("tea", TEA)])
            .patch(
                "|diff --git a/tea b/drinks/tea
                 |similarity index 100%
                 |rename from tea
                 |rename to drinks/tea",
            )
            .gives([file("drinks/tea", TEA)]),
        case("the_old_words_for_a_rename_are_read")
            .base([file("tea", TEA)])
            .patch(
                "|diff --git a/tea b/chai
                 |similarity index 100%
                 |rename old tea
                 |rename new chai",
            )
            .gives([file("chai", TEA)]),
        case("a_rename_with_a_change_keeps_the_mode_of_the_tree")
            .base([script("tea", "water")])
            .patch(
                "|diff --git a/tea b/chai
                 |similarity index 40%
                 |rename from tea
                 |rename to chai
                 |--- a/tea
                 |+++ b/chai
                 |@@ -1 +1 @@
                 |-water
                 |+milk",
            )
            .gives([script("chai", "milk")]),
        case("a_copy_leaves_the_original")
            .base([script("tea", "water")])
            .patch(
                "|diff --git a/tea b/chai
                 |similarity index 40%
                 |copy from tea
                 |copy to chai
                 |--- a/tea
                 |+++ b/chai
                 |@@ -1 +1 @@
                 |-water
                 |+milk",
            )
            .gives([script("tea", "water"), script("chai", "milk")]),
        case("copies_rename_and_change_of_one_file_all_start_from_the_base")
            .base([file("old/tea", "water leaf"), file("old/note", "hot")])
            .patch(
                "|diff --git a/old/tea b/new/chai
                 |copy from old/tea
                 |copy to new/chai
                 |--- a/old/tea
                 |+++ b/new/chai
                 |@@ -1,2 +1,2 @@
                 |-water
                 |+milk
                 | leaf
                 |diff --git a/old/tea b/new/mate
                 |rename from old/tea
                 |rename to new/mate
                 |--- a/old/tea
                 |+++ b/new/mate
                 |@@ -1,2 +1,2 @@
                 | water
                 |-leaf
                 |+yerba
                 |diff --git a/old/note b/old/note
                 |--- a/old/note
                 |+++ b/old/note
                 |@@ -1,1 +1,2 @@
                 | hot
                 |+sweet
                 |diff --git a/old/note b/old/deep/note
                 |copy from old/note
                 |copy to old/deep/note
                 |--- a/old/note
                 |+++ b/old/deep/note
                 |@@ -1,1 +1,2 @@
                 | hot
                 |+bitter",
            )
            .gives([
                file("new/chai", "milk leaf"),
                file("new/mate", "water yerba"),
                file("old/note", "hot sweet"),
                file("old/deep/note", "hot bitter"),
            ]),
        case("two_files_change_their_names_with_each_other")
            .base([file("tea", "leaf"), file("coffee", "bean")])
            .patch(
                "|diff --git a/tea b/coffee
                 |similarity index 100%
                 |rename from tea
                 |rename to coffee
                 |diff --git a/coffee b/tea
                 |similarity index 100%
                 |rename from coffee
                 |rename to tea",
            )
            .gives([file("tea", "bean"), file("coffee", "leaf")]),
        case("three_files_change_their_names_in_a_ring")
            .base([file("tea", "leaf"), file("coffee", "bean"), file("cocoa", "pod")])
            .patch(
                "|diff --git a/cocoa b/tea
                 |rename from cocoa
                 |rename to tea
                 |diff --git a/tea b/coffee
                 |rename from tea
                 |rename to coffee
                 |diff --git a/coffee b/cocoa
                 |rename from coffee
                 |rename to cocoa
                 |--- a/coffee
                 |+++ b/cocoa
                 |@@ -1 +1 @@
                 |-bean
                 |+beans",
            )
            .gives([file("tea", "pod"), file("coffee", "leaf"), file("cocoa", "beans")]),
        case("a_renamed_file_is_changed_under_its_new_name")
            .base([file("tea", TEA)])
            .patch(
                "|diff --git a/tea b/chai
                 |rename from tea
                 |rename to chai
                 |--- a/tea
                 |+++ b/chai
                 |@@ -1,2 +1,2 @@
                 |-kettle
                 |+pan
                 | water
                 |diff --git a/chai b/chai
                 |--- a/chai
                 |+++ b/chai
                 |@@ -4,2 +4,2 @@
                 | pot
                 |-cup
                 |+glass",
            )
            .gives([file("chai", "pan water leaf pot glass")]),
        case("a_renamed_file_is_not_there_any_more_under_its_old_name")
            .base([file("tea", TEA)])
            .patch(
                "|diff --git a/tea b/chai
                 |rename from tea
                 |rename to chai
                 |diff --git a/tea b/tea
                 |--- a/tea
                 |+++ b/tea
                 |@@ -4,2 +4,2 @@
                 | pot
                 |-cup
                 |+glass",
            )
            .refused(&["tea", "renamed or deleted it before"]),
        case("a_name_that_was_given_up_and_taken_again_is_changed_as_what_it_is_now")
            .base([file("tea", "leaf water"), file("coffee", "bean water")])
            .patch(
                "|diff --git a/tea b/chai
                 |rename from tea
                 |rename to chai
                 |diff --git a/coffee b/tea
                 |rename from coffee
                 |rename to tea
                 |diff --git a/tea b/tea
                 |--- a/tea
                 |+++ b/tea
                 |@@ -1,2 +1,2 @@
                 | bean
                 |-water
                 |+milk",
            )
            .gives([file("chai", "leaf water"), file("tea", "bean milk")]),
        case("one_file_can_be_renamed_to_two_names")
            .base([file("tea", "leaf")])
            .patch(
                "|diff --git a/tea b/chai
                 |rename from tea
                 |rename to chai
                 |diff --git a/tea b/mate
                 |rename from tea
                 |rename to mate",
            )
            .gives([file("chai", "leaf"), file("mate", "leaf")]),
        case("a_rename_does_not_write_over_a_file")
            .base([file("tea", "leaf"), file("coffee", "bean")])
            .patch(
                "|diff --git a/tea b/coffee
                 |rename from tea
                 |rename to coffee",
            )
            .refused(&["coffee", "is there already"]),
        case("a_copy_does_not_write_over_a_file")
            .base([file("tea", "leaf"), file("coffee", "bean")])
            .patch(
                "|diff --git a/tea b/coffee
                 |copy from tea
                 |copy to coffee",
            )
            .refused(&["coffee", "is there already"]),
        case("a_name_that_is_given_up_later_may_be_taken_before")
            .base([file("tea", "leaf"), file("coffee", "bean")])
            .patch(
                "|diff --git a/tea b/coffee
                 |rename from tea
                 |rename to coffee
                 |diff --git a/coffee b/coffee
                 |deleted file mode 100644
                 |--- a/coffee
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-bean",
            )
            .refused(&["coffee", "line 1 should be 'bean'", "is 'leaf'"]),
        case("a_rename_of_a_file_that_is_not_there_is_refused")
            .base([file("coffee", "bean")])
            .patch(
                "|diff --git a/tea b/chai
                 |rename from tea
                 |rename to chai",
            )
            .refused(&["tea", "does not exist"]),
        case("a_rename_to_the_same_name_is_no_rename")
            .base([file("tea", "leaf")])
            .patch(
                "|diff --git a/tea b/tea
                 |rename from tea
                 |rename to tea",
            )
            .changes_nothing(),
        case("a_new_file_is_no_copy")
            .base([file("tea", "leaf")])
            .patch(
                "|diff --git a/tea b/chai
                 |new file mode 100644
                 |copy from tea
                 |copy to chai",
            )
            .refused(&["tea", "contradicts the one in line 2", "line 3 of the patch"]),
        case("a_new_file_is_no_rename")
            .base([file("tea", "leaf")])
            .patch(
                "|diff --git a/tea b/chai
                 |new file mode 100644
                 |rename from tea
                 |rename to chai",
            )
            .refused(&["tea", "contradicts the one in line 2", "line 3 of the patch"]),
        case("a_rename_is_no_copy")
            .base([file("tea", "leaf")])
            .patch(
                "|diff --git a/tea b/chai
                 |rename from tea
                 |copy to chai",
            )
            .refused(&["chai", "contradicts the one in line 2", "line 3 of the patch"]),
    ]
}
