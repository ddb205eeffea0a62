//! Hunks that are not where their numbers say, hunks that meet, and lines of context that changed.

use super::tell::{Case, case, file};

const BIRDS: &str = "auk bunting crane dove egret finch goose heron ibis jay kite lark";

pub fn cases() -> Vec<Case> {
    vec![
        case("a_hunk_goes_where_it_fits_later_than_it_says")
            .base([file("birds", &format!("emu owl {BIRDS}"))])
            .patch(NEAR_EGRET)
            .gives([file("birds", "emu owl auk bunting crane dove egret falcon goose heron ibis jay kite lark")]),
        case("a_hunk_goes_where_it_fits_earlier_than_it_says")
            .base([file("birds", "dove egret finch goose heron ibis jay kite lark")])
            .patch(NEAR_EGRET)
            .gives([file("birds", "dove egret falcon goose heron ibis jay kite lark")]),
        case("a_hunk_of_a_line_behind_the_end_goes_where_it_fits")
            .base([file("birds", BIRDS)])
            .patch(
                "|--- a/birds
                 |+++ b/birds
                 |@@ -900,5 +900,5 @@
                 | dove
                 | egret
                 |-finch
                 |+falcon
                 | goose
                 | heron",
            )
            .gives([file("birds", "auk bunting crane dove egret falcon goose heron ibis jay kite lark")]),
        case("of_two_places_that_are_as_near_the_later_is_taken")
            .base([file("birds", "owl kea kea kea owl kea")])
            .patch(
                "|--- a/birds
                 |+++ b/birds
                 |@@ -3,2 +3,2 @@
                 |-owl
                 |+emu
                 | kea",
            )
            .gives([file("birds", "owl kea kea kea emu kea")]),
        case("a_hunk_that_was_right_before_is_where_the_others_moved_it_to")
            .base([file("birds", "auk bunting crane crane dove egret auk bunting crane crane dove egret owl")])
            .patch(
                "|--- a/birds
                 |+++ b/birds
                 |@@ -1,3 +1,6 @@
                 | auk
                 |+emu
                 |+kea
                 |+moa
                 | bunting
                 | crane
                 |@@ -8,4 +11,3 @@
                 | bunting
                 | crane
                 |-crane
                 | dove",
            )
            .gives([file("birds", "auk emu kea moa bunting crane crane dove egret auk bunting crane dove egret owl")]),
        case("several_hunks_change_a_file_one_after_the_other")
            .base([file("birds", BIRDS)])
            .patch(
                "|--- a/birds
                 |+++ b/birds
                 |@@ -1,3 +1,2 @@
                 | auk
                 |-bunting
                 | crane
                 |@@ -5,3 +4,4 @@
                 | egret
                 | finch
                 |+fulmar
                 | goose
                 |@@ -10,3 +10,3 @@
                 | jay
                 | kite
                 |-lark
                 |+loon",
            )
            .gives([file("birds", "auk crane dove egret finch fulmar goose heron ibis jay kite loon")]),
        case("hunks_that_touch_each_other_both_fit")
            .base([file("birds", "auk bunting crane dove")])
            .patch(
                "|--- a/birds
                 |+++ b/birds
                 |@@ -1,2 +1,2 @@
                 |-auk
                 |+emu
                 | bunting
                 |@@ -3,2 +3,2 @@
                 | crane
                 |-dove
                 |+owl",
            )
            .gives([file("birds", "emu bunting crane owl")]),
        case("hunks_that_overlap_do_not_fit")
            .base([file("birds", "auk bunting crane dove")])
            .patch(
                "|--- a/birds
                 |+++ b/birds
                 |@@ -1,3 +1,3 @@
                 |-auk
                 |+emu
                 | bunting
                 | crane
                 |@@ -3,2 +3,2 @@
                 | crane
                 |-dove
                 |+owl",
            )
            .refused(&["birds", "the hunk of line 8", "line 3", "'crane'", "another hunk"]),
        case("hunks_out_of_order_fit_where_they_still_can")
            .base([file("birds", BIRDS)])
            .patch(
                "|--- a/birds
                 |+++ b/birds
                 |@@ -8,3 +8,3 @@
                 | heron
                 |-ibis
                 |+moa
                 | jay
                 |@@ -2,3 +2,3 @@
                 | bunting
                 |-crane
                 |+emu
                 | dove",
            )
            .gives([file("birds", "auk bunting emu dove egret finch goose heron moa jay kite lark")]),
        case("one_other_line_of_context_is_enough_to_refuse")
            .base([file("birds", "auk bunting crane DOVE egret finch goose heron ibis jay kite lark")])
            .patch(NEAR_EGRET)
            .refused(&["birds", "the hunk of line 3", "line 4 should be 'dove'", "is 'DOVE'"]),
        case("what_a_later_hunk_misses_is_told_with_the_lines_as_they_are_by_then")
            .base([file("birds", "auk bunting crane dove egret finch goose heron ibis jay kite lark")])
            .patch(
                "|--- a/birds
                 |+++ b/birds
                 |@@ -1,3 +1,6 @@
                 | auk
                 |+emu
                 |+kea
                 |+moa
                 | bunting
                 | crane
                 |@@ -8,3 +11,3 @@
                 | heron
                 |-ibex
                 |+ibis
                 | jay",
            )
            .refused(&["birds", "the hunk of line 10", "line 9 should be 'ibex'", "is 'ibis'"]),
        case("a_patch_that_is_there_already_does_not_fit_again")
            .base([file("birds", "auk bunting crane dove egret falcon goose heron ibis jay kite lark")])
            .patch(NEAR_EGRET)
            .refused(&["birds", "line 6 should be 'finch'", "is 'falcon'"]),
        case("of_several_files_one_that_does_not_fit_refuses_all")
            .base([file("birds", BIRDS), file("fish", "carp eel")])
            .patch(
                "|--- a/birds
                 |+++ b/birds
                 |@@ -1,2 +1,2 @@
                 |-auk
                 |+owl
                 | bunting
                 |--- a/fish
                 |+++ b/fish
                 |@@ -1,2 +1,2 @@
                 |-cod
                 |+ide
                 | eel",
            )
            .refused(&["fish", "the hunk of line 9", "line 1 should be 'cod'", "is 'carp'"]),
        case("a_hunk_may_have_text_behind_its_numbers")
            .base([file("birds", BIRDS)])
            .patch(
                "|--- a/birds
                 |+++ b/birds
                 |@@ -2,3 +2,3 @@ fn fly(@@ -1 +1 @@) {
                 | bunting
                 |-crane
                 |+stork
                 | dove",
            )
            .gives([file("birds", "auk bunting stork dove egret finch goose heron ibis jay kite lark")]),
    ]
}

/// Changes the finch of the birds in their sixth line.
const NEAR_EGRET: &str = "|--- a/birds
    |+++ b/birds
    |@@ -4,5 +4,5 @@
    | dove
    | egret
    |-finch
    |+falcon
    | goose
    | heron";
