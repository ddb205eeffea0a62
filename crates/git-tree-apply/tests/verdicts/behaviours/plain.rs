//! Plain unified diffs, as `diff -u` writes them: time stamps, and what they say of files that come and go.

use super::tell::{Case, case, file};

pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("a_time_stamp_follows_behind_a_tab")
            .base([file("my wall", "brick")])
            .patch(changed("\t2031-04-05 06:07:08.123456789 +0200"))
            .gives([file("my wall", "stone")]),
        case("a_time_stamp_follows_behind_a_space")
            .base([file("my wall", "brick")])
            .patch(changed(" 2031-04-05 06:07:08.123456789 +0200"))
            .gives([file("my wall", "stone")]),
        case("a_time_stamp_has_a_colon_in_its_zone")
            .base([file("my wall", "brick")])
            .patch(changed("\t2031-04-05 06:07:08 +02:00"))
            .gives([file("my wall", "stone")]),
        case("a_time_stamp_has_spaces_for_its_tab_and_a_colon_in_its_zone")
            .base([file("my wall", "brick")])
            .patch(changed("        2031-04-05 06:07:08 +02:00"))
            .gives([file("my wall", "stone")]),
        case("a_time_stamp_has_no_zone")
            .base([file("my wall", "brick")])
            .patch(changed("  2031-04-05 06:07:08"))
            .gives([file("my wall", "stone")]),
        case("a_time_stamp_has_no_time_and_a_year_of_two_digits")
            .base([file("my wall", "brick")])
            .patch(changed(" 31-04-05"))
            .gives([file("my wall", "stone")]),
        case("a_time_stamp_needs_no_calendar")
            .base([file("my wall", "brick")])
            .patch(changed(" 2031-99-99 99:99:99"))
            .gives([file("my wall", "stone")]),
        case("a_time_stamp_behind_a_space_and_before_a_carriage_return_belongs_to_the_name")
            .base([file("my wall", "brick")])
            .patch(changed(" 2031-04-05 06:07:08 +0200"))
            .with_crlf()
            .refused(&["my wall 2031-04-05 06:07:08 +0200", "does not exist"]),
        case("a_revision_follows_behind_a_tab")
            .base([file("my wall", "brick")])
            .patch(changed("\t(revision 12)"))
            .gives([file("my wall", "stone")]),
        case("a_revision_behind_a_space_belongs_to_the_name")
            .base([file("my wall", "brick")])
            .patch(changed(" (revision 12)"))
            .refused(&["my wall (revision 12)", "does not exist"]),
        case("the_shorter_of_two_names_is_meant")
            .base([file("wall", "brick"), file("wall.orig", "brick")])
            .patch(
                "|--- a/wall.orig
                 |+++ b/wall
                 |@@ -1 +1 @@
                 |-brick
                 |+stone",
            )
            .gives([file("wall", "stone"), file("wall.orig", "brick")]),
        case("the_new_of_two_other_names_is_meant")
            .base([file("fence", "brick"), file("wall", "brick")])
            .patch(
                "|--- a/fence
                 |+++ b/wall
                 |@@ -1 +1 @@
                 |-brick
                 |+stone",
            )
            .gives([file("fence", "brick"), file("wall", "stone")]),
        case("lines_of_the_diff_program_are_no_part_of_the_patch")
            .base([file("wall", "brick")])
            .patch(
                "|Only in old: fence
                 |Index: wall
                 |===================================================================
                 |diff -ru old/wall new/wall
                 |--- old/wall\t2031-04-05 06:07:08 +0200
                 |+++ new/wall\t2031-04-05 06:07:09 +0200
                 |@@ -1 +1 @@
                 |-brick
                 |+stone
                 |Only in new: gate",
            )
            .gives([file("wall", "stone")]),
        case("dev_null_before_makes_a_file")
            .base([file("fence", "post")])
            .patch(
                "|--- /dev/null
                 |+++ b/wall
                 |@@ -0,0 +1 @@
                 |+brick",
            )
            .gives([file("fence", "post"), file("wall", "brick")]),
        case("dev_null_before_does_not_change_a_file")
            .base([file("wall", "")])
            .patch(
                "|--- /dev/null
                 |+++ b/wall
                 |@@ -0,0 +1 @@
                 |+brick",
            )
            .merges_to([file("wall", "brick")]),
        case("dev_null_behind_removes_a_file")
            .base([file("fence", "post"), file("wall", "brick")])
            .patch(
                "|--- a/wall
                 |+++ /dev/null\t2031-04-05 06:07:08 +0200
                 |@@ -1 +0,0 @@
                 |-brick",
            )
            .gives([file("fence", "post")]),
        case("dev_null_on_both_sides_makes_a_file_of_that_name")
            .base([file("wall", "brick")])
            .patch(
                "|--- /dev/null
                 |+++ /dev/null
                 |@@ -0,0 +1 @@
                 |+brick",
            )
            .gives([file("wall", "brick"), file("dev/null", "brick")]),
        case("lines_alone_make_a_file_that_is_not_there")
            .base([file("fence", "post")])
            .patch(added("\t2031-04-05 06:07:08 +0200"))
            .gives([file("fence", "post"), file("wall", "brick")]),
        case("lines_alone_go_into_a_file_that_is_empty")
            .base([file("wall", "")])
            .patch(added("\t2031-04-05 06:07:08 +0200"))
            .gives([file("wall", "brick")]),
        case("lines_alone_go_into_no_file_that_has_some")
            .base([file("wall", "stone")])
            .patch(added("\t2031-04-05 06:07:08 +0200"))
            .refused(&["wall", "the hunk of line 3", "'stone'"]),
        case("a_file_that_loses_all_lines_without_word_of_its_end_stays")
            .base([file("wall", "brick")])
            .patch(emptied("\t2031-04-05 06:07:08 +0200"))
            .gives([file("wall", "")]),
        case("the_first_second_of_1970_without_a_zone_is_a_time_as_any")
            .base([file("wall", "brick")])
            .patch(emptied("\t1970-01-01 00:00:00.000000000"))
            .gives([file("wall", "")]),
        case("the_second_second_of_1970_is_a_time_as_any")
            .base([file("wall", "brick")])
            .patch(emptied("\t1970-01-01 00:00:01.000000000 +0000"))
            .gives([file("wall", "")]),
        case("the_first_second_of_1970_and_a_bit_is_a_time_as_any")
            .base([file("wall", "brick")])
            .patch(emptied("\t1970-01-01 00:00:00.000000001 +0000"))
            .gives([file("wall", "")]),
        case("the_first_second_of_1970_behind_a_space_is_a_time_as_any")
            .base([file("wall", "brick")])
            .patch(emptied(" 1970-01-01 00:00:00.000000000 +0000"))
            .gives([file("wall", "")]),
    ];
    let first_seconds = [
        ("\t1970-01-01 00:00:00.000000000 +0000", MADE[0], REMOVED[0], NOT_MADE[0]),
        ("\t1969-12-31 16:00:00.000000000 -0800", MADE[1], REMOVED[1], NOT_MADE[1]),
        ("\t1970-01-01 09:00:00 +09:00", MADE[2], REMOVED[2], NOT_MADE[2]),
    ];
    for (stamp, made, removed, not_made) in first_seconds {
        cases.push(case(made).base([]).patch(added(stamp)).gives([file("wall", "brick")]));
        cases.push(case(removed).base([file("wall", "brick")]).patch(emptied(stamp)).gives([]));
        cases.push(case(not_made).base([file("wall", "")]).patch(added(stamp)).merges_to([file("wall", "brick")]));
    }
    cases
}

const MADE: [&str; 3] = [
    "the_first_second_of_1970_makes_a_file",
    "the_first_second_of_1970_in_the_west_makes_a_file",
    "the_first_second_of_1970_in_the_east_makes_a_file",
];
const REMOVED: [&str; 3] = [
    "the_first_second_of_1970_removes_a_file",
    "the_first_second_of_1970_in_the_west_removes_a_file",
    "the_first_second_of_1970_in_the_east_removes_a_file",
];
const NOT_MADE: [&str; 3] = [
    "the_first_second_of_1970_does_not_change_a_file",
    "the_first_second_of_1970_in_the_west_does_not_change_a_file",
    "the_first_second_of_1970_in_the_east_does_not_change_a_file",
];

/// A change of a file with a space in its name, with this behind the names.
fn changed(stamp: &str) -> String {
    format!("|--- a/my wall{stamp}\n|+++ b/my wall{stamp}\n|@@ -1 +1 @@\n|-brick\n|+stone")
}

/// Lines for a file that had none, with this behind its old name.
fn added(stamp: &str) -> String {
    format!("|--- a/wall{stamp}\n|+++ b/wall\t2031-04-05 06:07:08 +0200\n|@@ -0,0 +1 @@\n|+brick")
}

/// The end of all lines of a file, with this behind its new name.
fn emptied(stamp: &str) -> String {
    format!("|--- a/wall\t2031-04-05 06:07:08 +0200\n|+++ b/wall{stamp}\n|@@ -1 +0,0 @@\n|-brick")
}
