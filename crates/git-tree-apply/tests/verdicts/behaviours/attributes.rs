//! Files that do not fit are merged as the `merge` attribute of the base says, and `merge.default`.

use super::tell::{Case, case, diff, file, lines, raw};

/// What the patches were made on, what they make of it, and what became of it meanwhile: far apart, and in the same line.
const PATH: &str = "gate lane field brook bridge hill wood";
const PATCHED: &str = "gate road field brook bridge hill wood";
const APART: &str = "gate lane field brook ford hill wood";
const SAME: &str = "gate track field brook bridge hill wood";

pub fn cases() -> Vec<Case> {
    let change = || diff([file("path", PATH)], [file("path", PATCHED)], &[]);
    let says = |attributes: &str| raw(".gitattributes", format!("{attributes}\n"));
    let told = |name: &'static str, attributes: &str, there: &str| {
        case(name).base([says(attributes), file("path", there)]).knows(lines(PATH)).bytes(change())
    };
    let gives = |case: Case, attributes: &str, words: &str| case.merges_to([says(attributes), file("path", words)]);
    let union = "gate track road field brook bridge hill wood";
    vec![
        told("a_file_without_the_merge_attribute_conflicts", "path -merge", APART).conflicts(["path"]),
        told("a_binary_file_is_not_merged_as_text", "path binary", APART).conflicts(["path"]),
        gives(
            told("a_file_whose_merge_attribute_is_set_is_merged_as_text", "path merge", APART),
            "path merge",
            "gate road field brook ford hill wood",
        ),
        gives(told("a_union_keeps_the_lines_of_both_sides", "path merge=union", SAME), "path merge=union", union),
        gives(
            told("a_macro_names_the_driver_as_well", "[attr]log merge=union\npath log", SAME),
            "[attr]log merge=union\npath log",
            union,
        ),
        gives(
            told("a_driver_that_is_configured_merges", "path merge=theirs", SAME)
                .configured("merge.theirs.driver", "cp %B %A"),
            "path merge=theirs",
            PATCHED,
        ),
        told("a_driver_that_ends_with_an_error_leaves_conflicts", "path merge=strict", APART)
            .configured("merge.strict.driver", "exit 1")
            .conflicts(["path"]),
        told("a_driver_that_breaks_refuses", "path merge=broken", APART)
            .configured("merge.broken.driver", "exit 200")
            .refused(&["path", "the merge driver of its attributes failed"]),
        gives(
            told("a_driver_that_is_not_configured_is_the_merge_of_texts", "path merge=none", APART),
            "path merge=none",
            "gate road field brook ford hill wood",
        ),
        gives(
            told("a_default_driver_merges_what_has_no_attribute", "other -merge", SAME)
                .configured("merge.default", "union"),
            "other -merge",
            union,
        ),
        gives(
            told("a_default_driver_leaves_alone_what_has_an_attribute", "path merge", APART)
                .configured("merge.default", "binary"),
            "path merge",
            "gate road field brook ford hill wood",
        ),
        case("attributes_of_the_folder_count_before_those_above")
            .base([says("*.txt -merge"), raw("in/.gitattributes", "a.txt merge=union\n"), file("in/a.txt", SAME)])
            .knows(lines(PATH))
            .bytes(diff([file("in/a.txt", PATH)], [file("in/a.txt", PATCHED)], &[]))
            .merges_to([
                says("*.txt -merge"),
                raw("in/.gitattributes", "a.txt merge=union\n"),
                file("in/a.txt", union),
            ]),
        case("the_new_name_of_a_file_says_how_it_is_merged")
            .base([says("way merge=union"), file("path", SAME)])
            .knows(lines(PATH))
            .bytes(diff([file("path", PATH)], [file("way", PATCHED)], &["-M"]))
            .merges_to([says("way merge=union"), file("way", union)]),
        case("a_name_between_quotes_has_its_attributes")
            .base([says("\"a \\\"\\303\\274\" merge=union"), file("a \"ü", SAME)])
            .knows(lines(PATH))
            .bytes(diff([file("a \"ü", PATH)], [file("a \"ü", PATCHED)], &[]))
            .merges_to([says("\"a \\\"\\303\\274\" merge=union"), file("a \"ü", union)]),
        case("a_patch_does_not_choose_the_driver_that_merges_it")
            .base([file("path", SAME)])
            .knows(lines(PATH))
            .configured("merge.theirs.driver", "cp %B %A")
            .bytes([diff([], [says("path merge=theirs")], &[]), change()].concat())
            .conflicts(["path"]),
        case("a_patch_does_not_take_the_driver_away_either")
            .base([says("path -merge"), file("path", APART)])
            .knows(lines(PATH))
            .bytes([diff([says("path -merge")], [], &[]), change()].concat())
            .conflicts(["path"]),
        case("a_file_whose_driver_breaks_is_changed_where_it_fits")
            .base([says("path merge=broken"), file("path", APART), file("walk", "go ford end")])
            .knows(lines("gate lane field brook ford hill wood inn"))
            .knows(lines("go bridge end"))
            .configured("merge.broken.driver", "exit 200")
            .bytes(diff(
                [file("path", "gate lane field brook ford hill wood inn"), file("walk", "go bridge end")],
                [file("path", "gate road field brook ford hill wood inn"), file("walk", "go bridge end last")],
                &[],
            ))
            .merges_to([
                says("path merge=broken"),
                file("path", "gate road field brook ford hill wood"),
                file("walk", "go ford end last"),
            ]),
        case("attributes_that_do_not_fit_are_merged_themselves")
            .base([raw(".gitattributes", "* merge=union\na\nb\n")])
            .knows("* merge=union\nc\nb\n")
            .bytes(diff(
                [raw(".gitattributes", "* merge=union\nc\nb\n")],
                [raw(".gitattributes", "* merge=union\nd\nb\n")],
                &[],
            ))
            .merges_to([raw(".gitattributes", "* merge=union\na\nd\nb\n")]),
    ]
}
