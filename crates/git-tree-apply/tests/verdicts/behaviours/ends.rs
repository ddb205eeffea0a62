//! Hunks at the beginning and at the end of a file: what has no context on a side belongs to that end.

use super::tell::{Case, case, file};

pub fn cases() -> Vec<Case> {
    vec![
        case("a_line_comes_before_the_first")
            .base([file("herbs", "basil chive dill fennel")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -1,3 +1,4 @@
                 |+anise
                 | basil
                 | chive
                 | dill",
            )
            .gives([file("herbs", "anise basil chive dill fennel")]),
        case("a_line_comes_behind_the_first")
            .base([file("herbs", "basil chive dill fennel mint")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -1,4 +1,5 @@
                 | basil
                 |+borage
                 | chive
                 | dill
                 | fennel",
            )
            .gives([file("herbs", "basil borage chive dill fennel mint")]),
        case("the_first_line_changes")
            .base([file("herbs", "basil chive dill fennel mint")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -1,4 +1,4 @@
                 |-basil
                 |+bay
                 | chive
                 | dill
                 | fennel",
            )
            .gives([file("herbs", "bay chive dill fennel mint")]),
        case("the_first_line_goes")
            .base([file("herbs", "basil chive dill fennel mint")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -1,4 +1,3 @@
                 |-basil
                 | chive
                 | dill
                 | fennel",
            )
            .gives([file("herbs", "chive dill fennel mint")]),
        case("a_line_comes_behind_the_last")
            .base([file("herbs", "basil chive dill fennel")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -2,3 +2,4 @@
                 | chive
                 | dill
                 | fennel
                 |+sage",
            )
            .gives([file("herbs", "basil chive dill fennel sage")]),
        case("the_last_line_changes")
            .base([file("herbs", "basil chive dill fennel mint")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -2,4 +2,4 @@
                 | chive
                 | dill
                 | fennel
                 |-mint
                 |+thyme",
            )
            .gives([file("herbs", "basil chive dill fennel thyme")]),
        case("the_last_line_goes")
            .base([file("herbs", "basil chive dill fennel mint")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -2,4 +2,3 @@
                 | chive
                 | dill
                 | fennel
                 |-mint",
            )
            .gives([file("herbs", "basil chive dill fennel")]),
        case("a_hunk_without_any_context_is_for_the_whole_file")
            .base([file("herbs", "basil")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -1 +1,2 @@
                 |-basil
                 |+bay
                 |+cress",
            )
            .gives([file("herbs", "bay cress")]),
        case("a_hunk_without_any_context_does_not_fit_a_longer_file")
            .base([file("herbs", "basil chive")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -1 +1 @@
                 |-basil
                 |+bay",
            )
            .refused(&["herbs", "the hunk of line 3", "end of the file", "'chive'"]),
        case("a_hunk_without_any_context_does_not_fit_inside")
            .base([file("herbs", "basil chive dill")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -2 +2 @@
                 |-chive
                 |+cress",
            )
            .refused(&["herbs", "the hunk of line 3", "end of the file", "'dill'"]),
        case("what_is_added_at_the_end_does_not_go_before_a_line_that_came_there")
            .base([file("herbs", "basil chive dill")])
            .patch(
                "|diff --git a/herbs b/herbs
                 |--- a/herbs
                 |+++ b/herbs
                 |@@ -1,2 +1,3 @@
                 | basil
                 | chive
                 |+dill",
            )
            .refused(&["herbs", "the hunk of line 4", "end of the file", "line 3", "'dill'"]),
        case("what_is_added_at_the_beginning_does_not_go_behind_a_line_that_came_there")
            .base([file("herbs", "anise basil chive")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -1,2 +1,3 @@
                 |+anise
                 | basil
                 | chive",
            )
            .refused(&["herbs", "the hunk of line 3", "line 1 should be 'basil'", "'anise'"]),
        case("lines_for_an_empty_file_do_not_go_into_one_that_has_some")
            .base([file("herbs", "chive")])
            .patch(
                "|diff --git a/herbs b/herbs
                 |index e69de29..7898192 100644
                 |--- a/herbs
                 |+++ b/herbs
                 |@@ -0,0 +1 @@
                 |+basil",
            )
            .refused(&["herbs", "the hunk of line 5", "line 1 should be the end of the file", "'chive'"]),
        case("a_line_of_no_bytes_is_in_no_file")
            .base([file("herbs", "basil")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -1,2 +1 @@
                 | basil
                 |-
                 |\\ No newline at end of file",
            )
            .refused(&["herbs", "the hunk of line 3"]),
        case("a_line_of_context_of_no_bytes_is_in_no_file")
            .base([file("herbs", "basil")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -1,2 +1,2 @@
                 |-basil
                 |+chive
                 | 
                 |\\ No newline at end of file",
            )
            .refused(&["herbs", "the hunk of line 3"]),
        case("a_new_line_of_no_bytes_adds_none")
            .base([file("herbs", "basil")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -1 +1,2 @@
                 |-basil
                 |+chive
                 |+
                 |\\ No newline at end of file",
            )
            .gives([file("herbs", "chive")]),
        case("behind_a_new_line_of_no_bytes_is_not_the_end")
            .base([file("herbs", "basil chive dill")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -3 +3,2 @@
                 | dill
                 |+
                 |\\ No newline at end of file
                 |@@ -2,2 +2,3 @@
                 | chive
                 | dill
                 |+sage",
            )
            .refused(&["herbs", "the hunk of line 7"]),
        case("a_line_without_its_space_and_its_end_is_nothing")
            .base([file("herbs", "basil")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -1,2 +1,2 @@
                 |-basil
                 |+chive
                 |
                 |\\ No newline at end of file",
            )
            .gives([file("herbs", "chive")]),
        case("a_hunk_does_not_fit_a_file_that_became_empty")
            .base([file("herbs", "")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -2,3 +2,4 @@
                 | basil
                 | chive
                 | dill
                 |+sage",
            )
            .refused(&["herbs", "the hunk of line 3", "'basil'", "the end of the file"]),
        case("a_hunk_does_not_fit_a_file_that_became_shorter_than_it")
            .base([file("herbs", "basil chive")])
            .patch(
                "|--- a/herbs
                 |+++ b/herbs
                 |@@ -1,6 +1,6 @@
                 | basil
                 | chive
                 | dill
                 |-fennel
                 |+sage
                 | mint
                 | thyme",
            )
            .refused(&["herbs", "the hunk of line 3", "line 3 should be 'dill'", "the end of the file"]),
    ]
}
