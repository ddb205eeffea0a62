//! Patches that do not fit are merged with the version that they were made on, where that is here.

use super::tell::{Case, blob, case, diff, file, lines, link, raw, script, submodule};

/// What the patches were made on.
const PATH: &str = "gate lane field brook bridge hill wood";
/// What they make of it.
const PATCHED: &str = "gate road field brook bridge hill wood";

pub fn cases() -> Vec<Case> {
    let change = || diff([file("path", PATH)], [file("path", PATCHED)], &[]);
    let two = |path: &str, walk: &str| [file("path", path), file("walk", walk)];
    let pic = |last: &str| raw("pic", format!("\0{last}"));
    vec![
        case("changes_far_apart_are_merged")
            .base([file("path", "gate lane meadow brook bridge hill shed wood")])
            .knows(lines(PATH))
            .bytes(diff([file("path", PATH)], [file("path", "gate lane field brook bridge hill wood inn")], &[]))
            .merges_to([file("path", "gate lane meadow brook bridge hill shed wood inn")]),
        case("a_change_beside_lines_that_changed_is_merged")
            .base([file("path", "gate lane field brook ford hill wood")])
            .knows(lines(PATH))
            .bytes(change())
            .merges_to([file("path", "gate road field brook ford hill wood")]),
        case("changes_of_the_same_lines_conflict")
            .base([file("path", "gate track field brook bridge hill wood")])
            .knows(lines(PATH))
            .bytes(change())
            .conflicts(["path"]),
        case("the_same_change_on_both_sides_is_merged_to_itself")
            .base([file("path", PATCHED)])
            .knows(lines(PATH))
            .bytes(change())
            .merges_to([file("path", PATCHED)]),
        case("without_the_version_before_there_is_no_merge")
            .base([file("path", "gate lane field brook ford hill wood")])
            .bytes(change())
            .refused(&["path", "the hunk of line 5", "line 5 should be 'bridge'", "is 'ford'"]),
        case("without_an_index_line_there_is_no_merge")
            .base([file("path", "gate lane field brook ford hill wood")])
            .knows(lines(PATH))
            .patch(
                "|--- a/path
                 |+++ b/path
                 |@@ -1,5 +1,5 @@
                 | gate
                 |-lane
                 |+road
                 | field
                 | brook
                 | bridge",
            )
            .refused(&["path", "line 5 should be 'bridge'", "is 'ford'"]),
        case("a_hunk_that_fits_elsewhere_goes_there_rather_than_being_merged")
            .base([file("path", "hill wood hill wood hill ford hill wood")])
            .knows(lines("hill wood hill wood hill wood hill wood hill"))
            .patch(format!(
                "|diff --git a/path b/path
                 |index {}..1234567 100644
                 |--- a/path
                 |+++ b/path
                 |@@ -5,3 +5,3 @@
                 | hill
                 |-wood
                 |+moor
                 | hill",
                blob(lines("hill wood hill wood hill wood hill wood hill"))
            ))
            .gives([file("path", "hill wood hill moor hill ford hill wood")]),
        case("one_file_fits_and_another_is_merged")
            .base(two("gate lane field brook ford hill wood", "start end"))
            .knows(lines(PATH))
            .bytes(diff(two(PATH, "start end"), two(PATCHED, "start turn end"), &[]))
            .merges_to(two("gate road field brook ford hill wood", "start turn end")),
        case("one_file_in_conflict_is_enough")
            .base(two("gate track field brook bridge hill wood", "start end"))
            .knows(lines(PATH))
            .bytes(diff(two(PATH, "start end"), two(PATCHED, "start turn end"), &[]))
            .conflicts(["path"]),
        case("all_files_in_conflict_are_named")
            .base(two("gate track field", "begin stop"))
            .knows(lines(PATH))
            .knows(lines("start end"))
            .bytes(diff(two(PATH, "start end"), two(PATCHED, "go end"), &[]))
            .conflicts(["path", "walk"]),
        case("a_file_that_can_not_be_merged_refuses_all")
            .base(two("gate track field", "begin stop"))
            .knows(lines(PATH))
            .bytes(diff(two(PATH, "start end"), two(PATCHED, "go end"), &[]))
            .refused(&["path", "line 2 should be 'lane'", "is 'track'"]),
        case("files_that_both_sides_made_differently_conflict")
            .base([file("sign", "left")])
            .bytes(diff([], [file("sign", "right")], &[]))
            .conflicts(["sign"]),
        case("files_that_both_sides_made_alike_are_merged")
            .base([file("sign", "left"), file("path", PATH)])
            .bytes(diff([], [file("sign", "left")], &[]))
            .merges_to([file("sign", "left"), file("path", PATH)]),
        case("a_file_that_one_side_made_longer_conflicts")
            .base([file("sign", "left right")])
            .bytes(diff([], [file("sign", "left right ahead")], &[]))
            .conflicts(["sign"]),
        case("a_removed_file_that_changed_is_refused")
            .base([file("path", PATCHED)])
            .knows(lines(PATH))
            .bytes(diff([file("path", PATH)], [], &[]))
            .refused(&["path", "line 2 should be 'lane'", "is 'road'"]),
        case("a_changed_file_that_was_removed_is_refused")
            .base([file("walk", "start")])
            .knows(lines(PATH))
            .bytes(change())
            .refused(&["path", "does not exist"]),
        case("a_renamed_file_that_changed_is_merged")
            .base([script("path", "gate lane field brook ford hill wood")])
            .knows(lines(PATH))
            .bytes(diff([file("path", PATH)], [file("way", PATCHED)], &["-M"]))
            .merges_to([script("way", "gate road field brook ford hill wood")]),
        case("a_renamed_file_of_which_the_same_lines_changed_conflicts")
            .base([file("path", "gate track field brook bridge hill wood")])
            .knows(lines(PATH))
            .bytes(diff([file("path", PATH)], [file("way", PATCHED)], &["-M"]))
            .conflicts(["way"]),
        case("what_is_copied_onto_another_file_takes_its_place")
            .base([file("path", PATH), file("way", "start")])
            .bytes(diff(
                [file("path", PATH)],
                [file("path", PATH), file("way", PATCHED)],
                &["-C", "--find-copies-harder"],
            ))
            .merges_to([file("path", PATH), file("way", PATCHED)]),
        case("what_is_moved_unchanged_onto_another_file_is_refused")
            .base([file("path", PATH), file("way", "start")])
            .bytes(diff([file("path", PATH)], [file("way", PATH)], &["-M"]))
            .refused(&["way", "is there already"]),
        case("a_file_is_removed_and_made_again_while_another_is_merged")
            .base(two("gate lane field brook ford hill wood", "start"))
            .knows(lines(PATH))
            .bytes([diff([file("walk", "start")], [], &[]), diff([], [file("walk", "end")], &[]), change()].concat())
            .merges_to(two("gate road field brook ford hill wood", "end")),
        case("bytes_that_both_sides_changed_conflict")
            .base([pic("ours")])
            .knows("\0base")
            .bytes(diff([pic("base")], [pic("theirs")], &["--binary"]))
            .conflicts(["pic"]),
        case("bytes_that_both_sides_changed_alike_are_merged")
            .base([pic("theirs")])
            .knows("\0base")
            .bytes(diff([pic("base")], [pic("theirs")], &["--binary"]))
            .merges_to([pic("theirs")]),
        case("symbolic_links_that_both_sides_changed_conflict")
            .base([link("door", "ours")])
            .knows("base")
            .bytes(diff([link("door", "base")], [link("door", "theirs")], &[]))
            .conflicts(["door"]),
        case("symbolic_links_that_both_sides_made_alike_are_merged")
            .base([link("door", "mill"), file("path", PATH)])
            .bytes(diff([], [link("door", "mill")], &[]))
            .merges_to([link("door", "mill"), file("path", PATH)]),
        case("symbolic_links_that_both_sides_made_differently_conflict")
            .base([link("door", "mill")])
            .bytes(diff([], [link("door", "barn")], &[]))
            .conflicts(["door"]),
        case("a_symbolic_link_and_a_file_of_one_name_are_not_merged")
            .base([file("door", "oak")])
            .bytes(diff([], [link("door", "mill")], &[]))
            .refused(&["door", "something else", "it is a file, and not a symbolic link"])
            .unlike_git("git leaves a conflict of the two texts"),
        case("a_file_that_is_empty_and_a_symbolic_link_of_one_name_are_not_merged")
            .base([link("door", "mill")])
            .bytes(diff([], [file("door", "")], &[]))
            .refused(&["door", "something else", "it is a symbolic link, and not a file"])
            .unlike_git("git makes a file of the link, with the name that it leads to for a text"),
        case("submodules_that_both_sides_made_are_refused")
            .base([submodule("mill", "ours")])
            .bytes(diff([], [submodule("mill", "theirs")], &[]))
            .refused(&["mill", "is there already"]),
        case("submodules_that_both_sides_moved_are_refused")
            .base([submodule("mill", "ours")])
            .knows("base")
            .bytes(diff([submodule("mill", "base")], [submodule("mill", "theirs")], &["--full-index"]))
            .refused(&["mill", "Subproject commit"]),
        case("a_mode_that_changes_with_merged_lines_is_set")
            .base([file("path", "gate lane field brook ford hill wood")])
            .knows(lines(PATH))
            .bytes(diff([file("path", PATH)], [script("path", PATCHED)], &[]))
            .merges_to([script("path", "gate road field brook ford hill wood")]),
    ]
}
