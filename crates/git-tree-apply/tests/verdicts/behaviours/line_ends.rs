//! Line ends that are missing, line ends of Windows, and white space, which is left as it is.

use super::tell::{Case, case, file, raw};

pub fn cases() -> Vec<Case> {
    vec![
        case("the_last_line_gets_its_end")
            .base([raw("poem", "rose\ntulip")])
            .patch(
                "|--- a/poem
                 |+++ b/poem
                 |@@ -1,2 +1,2 @@
                 | rose
                 |-tulip
                 |\\ No newline at end of file
                 |+tulip",
            )
            .gives([raw("poem", "rose\ntulip\n")]),
        case("the_last_line_loses_its_end")
            .base([raw("poem", "rose\ntulip\n")])
            .patch(
                "|--- a/poem
                 |+++ b/poem
                 |@@ -1,2 +1,2 @@
                 | rose
                 |-tulip
                 |+tulip
                 |\\ No newline at end of file",
            )
            .gives([raw("poem", "rose\ntulip")]),
        case("the_last_line_changes_without_an_end")
            .base([raw("poem", "rose\ntulip")])
            .patch(
                "|--- a/poem
                 |+++ b/poem
                 |@@ -1,2 +1,2 @@
                 | rose
                 |-tulip
                 |\\ No newline at end of file
                 |+lily
                 |\\ No newline at end of file",
            )
            .gives([raw("poem", "rose\nlily")]),
        case("a_line_comes_behind_one_without_an_end")
            .base([raw("poem", "rose\ntulip")])
            .patch(
                "|--- a/poem
                 |+++ b/poem
                 |@@ -1,2 +1,3 @@
                 | rose
                 |-tulip
                 |\\ No newline at end of file
                 |+tulip
                 |+lily",
            )
            .gives([raw("poem", "rose\ntulip\nlily\n")]),
        case("the_last_line_without_an_end_goes")
            .base([raw("poem", "rose\ntulip")])
            .patch(
                "|--- a/poem
                 |+++ b/poem
                 |@@ -1,2 +1 @@
                 | rose
                 |-tulip
                 |\\ No newline at end of file",
            )
            .gives([raw("poem", "rose\n")]),
        case("a_line_comes_before_one_without_an_end")
            .base([raw("poem", "rose\ntulip")])
            .patch(
                "|--- a/poem
                 |+++ b/poem
                 |@@ -1,2 +1,3 @@
                 | rose
                 |+lily
                 | tulip
                 |\\ No newline at end of file",
            )
            .gives([raw("poem", "rose\nlily\ntulip")]),
        case("a_line_goes_before_one_that_gets_its_end")
            .base([raw("poem", "rose\nlily\ntulip")])
            .patch(
                "|--- a/poem
                 |+++ b/poem
                 |@@ -1,3 +1,2 @@
                 | rose
                 |-lily
                 |-tulip
                 |\\ No newline at end of file
                 |+tulip",
            )
            .gives([raw("poem", "rose\ntulip\n")]),
        case("the_last_line_goes_and_the_one_before_loses_its_end")
            .base([raw("poem", "rose\ntulip\nlily\n")])
            .patch(
                "|--- a/poem
                 |+++ b/poem
                 |@@ -1,3 +1,2 @@
                 | rose
                 |-tulip
                 |-lily
                 |+tulip
                 |\\ No newline at end of file",
            )
            .gives([raw("poem", "rose\ntulip")]),
        case("a_line_without_an_end_is_context")
            .base([raw("poem", "rose\ntulip")])
            .patch(
                "|--- a/poem
                 |+++ b/poem
                 |@@ -1,2 +1,2 @@
                 |-rose
                 |+lily
                 | tulip
                 |\\ No newline at end of file",
            )
            .gives([raw("poem", "lily\ntulip")]),
        case("a_new_file_has_no_end_of_its_last_line")
            .base([])
            .patch(
                "|diff --git a/poem b/poem
                 |new file mode 100644
                 |--- /dev/null
                 |+++ b/poem
                 |@@ -0,0 +1 @@
                 |+rose
                 |\\ No newline at end of file",
            )
            .gives([raw("poem", "rose")]),
        case("word_of_a_missing_line_end_may_be_in_any_language")
            .base([raw("poem", "rose")])
            .patch(
                "|--- a/poem
                 |+++ b/poem
                 |@@ -1 +1 @@
                 |-rose
                 |\\ Kein Zeilenumbruch am Dateiende.
                 |+lily
                 |\\ Pas de fin de ligne",
            )
            .gives([raw("poem", "lily")]),
        case("a_line_without_an_end_does_not_fit_one_with_it")
            .base([raw("poem", "rose\ntulip\n")])
            .patch(
                "|--- a/poem
                 |+++ b/poem
                 |@@ -1,2 +1,2 @@
                 | rose
                 |-tulip
                 |\\ No newline at end of file
                 |+lily",
            )
            .refused(&["poem", "line 2 should be 'tulip' without a line end", "is 'tulip'"]),
        case("a_line_with_an_end_does_not_fit_one_without_it")
            .base([raw("poem", "rose\ntulip")])
            .patch(
                "|--- a/poem
                 |+++ b/poem
                 |@@ -1,2 +1,2 @@
                 | rose
                 |-tulip
                 |+lily",
            )
            .refused(&["poem", "line 2 should be 'tulip'", "is 'tulip' without a line end"]),
        case("line_ends_of_windows_are_part_of_the_lines")
            .base([raw("poem", "rose\r\ntulip\r\n")])
            .patch("|--- a/poem\n|+++ b/poem\n|@@ -1,2 +1,2 @@\n| rose\r\n|-tulip\r\n|+lily\r")
            .gives([raw("poem", "rose\r\nlily\r\n")]),
        case("a_patch_with_all_line_ends_of_windows_fits_a_file_that_has_them")
            .base([raw("poem", "rose\r\ntulip\r\n")])
            .patch(FLOWERS)
            .with_crlf()
            .gives([raw("poem", "rose\r\nlily\r\n")]),
        case("a_patch_with_all_line_ends_of_windows_does_not_fit_a_file_without")
            .base([raw("poem", "rose\ntulip\n")])
            .patch(FLOWERS)
            .with_crlf()
            .refused(&["poem", "the hunk of line 5", "line 1 should be 'rose\\r'", "is 'rose'"]),
        case("a_patch_without_line_ends_of_windows_does_not_fit_a_file_that_has_them")
            .base([raw("poem", "rose\r\ntulip\r\n")])
            .patch(FLOWERS)
            .refused(&["poem", "line 1 should be 'rose'", "is 'rose\\r'"]),
        case("a_new_file_of_a_patch_with_all_line_ends_of_windows_has_them")
            .base([])
            .patch(
                "|diff --git a/poem b/poem
                 |new file mode 100755
                 |--- /dev/null
                 |+++ b/poem
                 |@@ -0,0 +1 @@
                 |+rose",
            )
            .with_crlf()
            .gives([super::tell::Entry { kind: crate::cases::Kind::Executable, ..raw("poem", "rose\r\n") }]),
        case("a_carriage_return_before_the_first_second_of_1970_ends")
            .base([raw("poem", "rose\r\n")])
            .patch(
                "|--- a/poem\t2031-04-05 06:07:08 +0200
                 |+++ b/poem\t1970-01-01 00:00:00 +0000
                 |@@ -1 +0,0 @@
                 |-rose",
            )
            .with_crlf()
            .gives([raw("poem", "")]),
        case("a_tab_is_not_eight_spaces")
            .base([raw("poem", "\trose\ntulip\n")])
            .patch(
                "|--- a/poem
                 |+++ b/poem
                 |@@ -1,2 +1,2 @@
                 |         rose
                 |-tulip
                 |+lily",
            )
            .refused(&["poem", "line 1 should be '        rose'", "is '\\trose'"]),
        case("white_space_at_the_end_of_a_line_of_context_counts")
            .base([raw("poem", "rose\ntulip\n")])
            .patch("|--- a/poem\n|+++ b/poem\n|@@ -1,2 +1,2 @@\n| rose  \n|-tulip\n|+lily")
            .refused(&["poem", "line 1 should be 'rose  '", "is 'rose'"]),
        case("white_space_at_the_end_of_new_lines_is_left_there")
            .base([raw("poem", "rose\n")])
            .patch("|--- a/poem\n|+++ b/poem\n|@@ -1 +1,4 @@\n| rose\n|+ \ttulip \t\n|+\n|+")
            .gives([raw("poem", "rose\n \ttulip \t\n\n\n")]),
        case("an_empty_line_of_context_may_have_lost_its_space")
            .base([raw("poem", "rose\n\ntulip\n\n")])
            .patch(
                "|--- a/poem
                 |+++ b/poem
                 |@@ -1,4 +1,4 @@
                 | rose
                 |
                 |-tulip
                 |+lily
                 |",
            )
            .gives([raw("poem", "rose\n\nlily\n\n")]),
        case("empty_lines_that_are_missing_at_the_end_count")
            .base([file("poem", "rose tulip")])
            .patch(
                "|--- a/poem
                 |+++ b/poem
                 |@@ -1,3 +1,4 @@
                 | rose
                 | tulip
                 |
                 |+lily",
            )
            .refused(&["poem", "line 3 should be ''", "the end of the file"]),
        case("word_of_a_missing_line_end_inside_the_text_does_not_fit_there")
            .base([raw("poem", "rose\ntulip\nlily\n")])
            .patch(
                "|--- a/poem
                 |+++ b/poem
                 |@@ -1,3 +1,3 @@
                 |-rose
                 |\\ No newline at end of file
                 |+iris
                 | tulip
                 | lily",
            )
            .refused(&["poem", "line 1 should be 'rose' without a line end", "is 'rose'"]),
    ]
}

const FLOWERS: &str = "|diff --git a/poem b/poem
    |index 1234567..89abcde 100644
    |--- a/poem
    |+++ b/poem
    |@@ -1,2 +1,2 @@
    | rose
    |-tulip
    |+lily";
