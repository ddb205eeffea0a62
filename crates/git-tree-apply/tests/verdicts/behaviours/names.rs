//! Names: odd ones, quoted ones, their prefixes, and headers that do not agree.

use super::tell::{Case, case, diff, file, raw, script};

pub fn cases() -> Vec<Case> {
    vec![
        case("a_name_has_spaces")
            .base([file("my old boat", "oar")])
            .patch(
                "|diff --git a/my old boat b/my old boat
                 |--- a/my old boat\t
                 |+++ b/my old boat\t
                 |@@ -1 +1 @@
                 |-oar
                 |+sail",
            )
            .gives([file("my old boat", "sail")]),
        case("a_name_ends_with_a_space")
            .base([file("boat ", "oar")])
            .patch(
                "|diff --git a/boat  b/boat 
                 |--- a/boat \t
                 |+++ b/boat \t
                 |@@ -1 +1 @@
                 |-oar
                 |+sail",
            )
            .gives([file("boat ", "sail")]),
        case("a_name_has_a_tab_a_quote_and_a_backslash")
            .base([file("a\t\"b\"\\c", "oar")])
            .patch(
                "|diff --git \"a/a\\t\\\"b\\\"\\\\c\" \"b/a\\t\\\"b\\\"\\\\c\"
                 |--- \"a/a\\t\\\"b\\\"\\\\c\"
                 |+++ \"b/a\\t\\\"b\\\"\\\\c\"
                 |@@ -1 +1 @@
                 |-oar
                 |+sail",
            )
            .gives([file("a\t\"b\"\\c", "sail")]),
        case("a_name_has_a_line_end")
            .base([file("boat", "oar")])
            .patch(
                "|diff --git \"a/two\\nlines\" \"b/two\\nlines\"
                 |new file mode 100755
                 |index 0000000..e69de29",
            )
            .gives([file("boat", "oar"), script("two\nlines", "")]),
        case("a_name_is_no_utf_8")
            .base([file(b"b\xf6t", "oar")])
            .patch(
                "|diff --git \"a/b\\366t\" \"b/b\\366t\"
                 |--- \"a/b\\366t\"
                 |+++ \"b/b\\366t\"
                 |@@ -1 +1 @@
                 |-oar
                 |+sail",
            )
            .gives([file(b"b\xf6t", "sail")]),
        case("a_name_is_no_utf_8_and_not_quoted")
            .base([file(b"b\xf6t", "oar")])
            .patch(b"|--- a/b\xf6t\n|+++ b/b\xf6t\n|@@ -1 +1 @@\n|-oar\n|+sail")
            .gives([file(b"b\xf6t", "sail")]),
        case("a_name_is_utf_8_quoted_or_not")
            .base([file("böt", "oar"), file("kanü", "paddle")])
            .patch(
                "|--- \"a/b\\303\\266t\"
                 |+++ \"b/b\\303\\266t\"
                 |@@ -1 +1 @@
                 |-oar
                 |+sail
                 |--- a/kanü
                 |+++ b/kanü
                 |@@ -1 +1 @@
                 |-paddle
                 |+sail",
            )
            .gives([file("böt", "sail"), file("kanü", "sail")]),
        case("an_odd_file_is_renamed_to_an_even_one")
            .base([file("tab\there", "oar")])
            .patch(
                "|diff --git \"a/tab\\there\" b/boat
                 |rename from \"tab\\there\"
                 |rename to boat",
            )
            .gives([file("boat", "oar")]),
        case("an_unquoted_backslash_is_a_backslash")
            .base([file("row\\boat", "oar")])
            .patch(
                "|--- a/row\\boat
                 |+++ b/row\\boat
                 |@@ -1 +1 @@
                 |-oar
                 |+sail",
            )
            .gives([file("row\\boat", "sail")]),
        case("quotes_inside_an_unquoted_name_are_quotes")
            .base([file("the \"boat\"", "oar")])
            .patch(
                "|--- a/the \"boat\"
                 |+++ b/the \"boat\"
                 |@@ -1 +1 @@
                 |-oar
                 |+sail",
            )
            .gives([file("the \"boat\"", "sail")]),
        case("an_unquoted_name_ends_at_its_tab")
            .base([file("boat", "oar"), file("boat\tnew", "oar")])
            .patch(
                "|--- a/boat\tnew
                 |+++ b/boat\tnew
                 |@@ -1 +1 @@
                 |-oar
                 |+sail",
            )
            .gives([file("boat", "sail"), file("boat\tnew", "oar")]),
        case("a_name_has_the_prefix_of_the_other_side_in_it")
            .base([file("bay b/bay", "oar")])
            .patch(
                "|diff --git a/bay b/bay b/bay b/bay
                 |old mode 100644
                 |new mode 100755",
            )
            .gives([script("bay b/bay", "oar")]),
        case("the_first_folder_of_a_name_is_taken_off_whatever_it_is")
            .base([file("sea/boat", "oar"), file("boat", "oar")])
            .patch(
                "|--- left/sea/boat
                 |+++ right/sea/boat
                 |@@ -1 +1 @@
                 |-oar
                 |+sail",
            )
            .gives([file("sea/boat", "sail"), file("boat", "oar")]),
        case("a_git_patch_without_prefixes_is_named")
            .base([file("sea/boat", "oar")])
            .bytes(diff([file("sea/boat", "oar")], [file("sea/boat", "sail")], &["--no-prefix"]))
            .refused(&["boat", "'sea/boat' does", "no prefixes", "--no-prefix"]),
        case("a_plain_diff_without_prefixes_is_named")
            .base([file("sea/boat", "oar")])
            .patch(
                "|--- sea/boat
                 |+++ sea/boat
                 |@@ -1 +1 @@
                 |-oar
                 |+sail",
            )
            .refused(&["boat", "'sea/boat' does", "no prefixes"]),
        case("the_prefixes_of_index_and_worktree_are_taken_off")
            .base([file("sea/boat", "oar")])
            .patch(
                "|diff --git i/sea/boat w/sea/boat
                 |--- i/sea/boat
                 |+++ w/sea/boat
                 |@@ -1 +1 @@
                 |-oar
                 |+sail",
            )
            .gives([file("sea/boat", "sail")]),
        case("the_prefixes_of_commit_and_object_are_taken_off")
            .base([file("sea/boat", "oar")])
            .patch(
                "|diff --git c/sea/boat o/sea/boat
                 |old mode 100644
                 |new mode 100755",
            )
            .gives([script("sea/boat", "oar")]),
        case("a_git_patch_without_prefixes_loses_a_folder_of_its_own")
            .base([file("sea/boat", "oar")])
            .patch(
                "|diff --git sea/boat sea/boat
                 |--- sea/boat
                 |+++ sea/boat
                 |@@ -1 +1 @@
                 |-oar
                 |+sail",
            )
            .refused(&["boat", "does not exist"]),
        case("a_git_patch_without_prefixes_for_a_file_without_folders_has_no_name")
            .base([file("boat", "oar")])
            .patch(
                "|diff --git boat boat
                 |--- boat
                 |+++ boat
                 |@@ -1 +1 @@
                 |-oar
                 |+sail",
            )
            .refused(&["does not tell the file", "prefix", "line 4 of the patch"]),
        case("a_plain_patch_without_prefixes_for_a_file_without_folders_is_read")
            .base([file("boat", "oar"), file("raft", "pole")])
            .patch(
                "|--- boat
                 |+++ boat
                 |@@ -1 +1 @@
                 |-oar
                 |+sail
                 |--- raft
                 |+++ raft
                 |@@ -1 +1 @@
                 |-pole
                 |+sail",
            )
            .gives([file("boat", "sail"), file("raft", "sail")]),
        case("two_slashes_are_one")
            .base([file("sea/boat", "oar")])
            .patch(
                "|--- a/sea//boat
                 |+++ b/sea//boat
                 |@@ -1 +1 @@
                 |-oar
                 |+sail",
            )
            .gives([file("sea/boat", "sail")]),
        case("a_new_file_must_have_one_name")
            .base([raw("sea", "")])
            .patch(
                "|diff --git a/boat b/boat
                 |new file mode 100644
                 |--- /dev/null
                 |+++ b/boat-house
                 |@@ -0,0 +1 @@
                 |+oar",
            )
            .refused(&["'boat' was expected", "boat-house", "line 4 of the patch"]),
        case("a_removed_file_must_have_one_name")
            .base([file("boat", "oar")])
            .patch(
                "|diff --git a/boat b/boat
                 |deleted file mode 100644
                 |--- a/boat-house
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-oar",
            )
            .refused(&["'boat' was expected", "boat-house", "line 3 of the patch"]),
        case("a_header_without_the_new_name_is_refused")
            .base([file("boat", "oar")])
            .patch(
                "|diff --git a/boat b/boat
                 |index 1234567..89abcde 100644
                 |--- a/boat
                 |@@ -1 +1 @@
                 |-oar
                 |+sail",
            )
            .refused(&["boat", "only one side", "'+++ '", "line 4 of the patch"]),
        case("a_header_without_the_old_name_is_refused")
            .base([file("boat", "oar")])
            .patch(
                "|diff --git a/boat b/boat
                 |index 1234567..89abcde 100644
                 |+++ b/boat
                 |@@ -1 +1 @@
                 |-oar
                 |+sail",
            )
            .refused(&["boat", "only one side", "'--- '", "line 4 of the patch"]),
    ]
}
