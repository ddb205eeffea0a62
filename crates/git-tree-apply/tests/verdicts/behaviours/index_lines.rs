//! Index lines, which plain text does not need, and text before, between and behind patches, which is none of it.

use super::tell::{Case, case, file, script};
use crate::judge::digits;

pub fn cases() -> Vec<Case> {
    let with_index = |index: &str| {
        format!(
            "|diff --git a/lamp b/lamp
             |{index}
             |--- a/lamp
             |+++ b/lamp
             |@@ -1,2 +1,2 @@
             | oil
             |-wick
             |+bulb"
        )
    };
    let lamp = || case("").base([script("lamp", "oil wick")]);
    let lit =
        |name: &'static str, patch: String| Case { name, ..lamp().patch(patch).gives([script("lamp", "oil bulb")]) };
    vec![
        lit("a_text_needs_no_index_line", with_index("similarity index 50%")),
        lit("short_names_in_the_index_line_do", with_index("index 12345..6789a 100755")),
        lit(
            "wrong_names_in_the_index_line_do_for_a_text",
            with_index(&format!("index {}..{}", "1".repeat(digits()), "2".repeat(digits()))),
        ),
        lit("an_index_line_of_another_form_says_nothing", with_index("index 12345 to 6789a, mode 120000")),
        lit(
            "an_index_line_with_names_that_are_too_long_says_nothing",
            with_index(&format!("index {}..6789a 120000", "1".repeat(digits() + 10))),
        ),
        Case {
            name: "an_index_line_with_a_mode_that_is_none_is_refused",
            ..lamp().patch(with_index("index 12345..6789a mode")).refused(&[
                "lamp",
                "'mode' is not a file mode",
                "line 2",
            ])
        },
        case("a_mail_is_around_a_patch")
            .base([file("lamp", "oil wick")])
            .patch(
                "|From 1111111111111111111111111111111111111111 Mon Sep 17 00:00:00 2001
                 |From: Ada <ada@example.com>
                 |Date: Tue, 1 Apr 2031 10:00:00 +0200
                 |Subject: [PATCH 1/1] Light without smoke
                 |
                 |--- a wick needs care, says the manual
                 |+++ a bulb does not
                 |
                 |@@ is no hunk, and @@@ neither
                 |---
                 | lamp | 2 +-
                 | 1 file changed, 1 insertion(+), 1 deletion(-)
                 |
                 |diff --git a/lamp b/lamp
                 |index 12345..6789a 100644
                 |--- a/lamp
                 |+++ b/lamp
                 |@@ -1,2 +1,2 @@
                 | oil
                 |-wick
                 |+bulb
                 |-- 
                 |2.47.3
                 |",
            )
            .gives([file("lamp", "oil bulb")]),
        case("a_mail_with_an_empty_file_ends_with_a_signature")
            .base([file("lamp", "oil")])
            .patch(
                "|Subject: [PATCH] Room for a candle
                 |
                 |---
                 | create mode 100644 candle/new
                 |
                 |diff --git a/candle/new b/candle/new
                 |new file mode 100644
                 |index 0000000000..e69de29bb2
                 |-- 
                 |2.47.3",
            )
            .gives([file("lamp", "oil"), file("candle/new", "")]),
        case("words_between_the_patches_of_two_files_are_no_part_of_them")
            .base([file("lamp", "oil"), file("torch", "pitch")])
            .patch(
                "|Here is the first:
                 |
                 |```diff
                 |--- a/lamp
                 |+++ b/lamp
                 |@@ -1 +1 @@
                 |-oil
                 |+gas
                 |```
                 |
                 |and the second:
                 |
                 |--- a/torch
                 |+++ b/torch
                 |@@ -1 +1 @@
                 |-pitch
                 |+battery
                 |
                 |Thank you.",
            )
            .gives([file("lamp", "gas"), file("torch", "battery")]),
        case("words_between_two_hunks_part_the_second_from_its_header")
            .base([file("lamp", "oil wick glass smoke")])
            .patch(
                "|--- a/lamp
                 |+++ b/lamp
                 |@@ -1,2 +1,2 @@
                 |-oil
                 |+gas
                 | wick
                 |and further down
                 |@@ -3,2 +3,2 @@
                 | glass
                 |-smoke
                 |+soot",
            )
            .refused(&["a hunk without a header", "'@@ -3,2 +3,2 @@'", "line 8 of the patch"]),
        case("a_hunk_without_a_header_is_refused")
            .base([file("lamp", "oil")])
            .patch(
                "|@@ -1 +1 @@
                 |-oil
                 |+gas",
            )
            .refused(&["a hunk without a header", "'@@ -1 +1 @@'", "'diff --git'", "line 1 of the patch"]),
        case("indented_patches_are_text")
            .base([file("lamp", "oil")])
            .patch(
                "|  --- a/lamp
                 |  +++ b/lamp
                 |  @@ -1 +1 @@
                 |  -oil
                 |  +gas",
            )
            .refused(&["no diff"]),
        case("word_of_other_bytes_is_no_part_of_a_plain_patch")
            .base([file("lamp", "oil")])
            .patch(
                "|Binary files a/pic and b/pic differ
                 |--- a/lamp
                 |+++ b/lamp
                 |@@ -1 +1 @@
                 |-oil
                 |+gas",
            )
            .gives([file("lamp", "gas")]),
    ]
}
