//! Several files in one patch, and several patches for one file: later ones see what earlier ones made.

use super::tell::{Case, case, file, script};

const NOTES: &str = "do re mi fa sol la si";

pub fn cases() -> Vec<Case> {
    vec![
        case("a_patch_is_for_several_files_of_every_kind")
            .base([file("song", NOTES), file("dance", "waltz"), file("play", "act"), file("pause", "hush")])
            .patch(
                "|diff --git a/song b/song
                 |--- a/song
                 |+++ b/song
                 |@@ -6,2 +6,3 @@
                 | la
                 | si
                 |+do
                 |diff --git a/dance b/ball/dance
                 |rename from dance
                 |rename to ball/dance
                 |diff --git a/play b/play
                 |old mode 100644
                 |new mode 100755
                 |diff --git a/pause b/pause
                 |deleted file mode 100644
                 |--- a/pause
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-hush
                 |--- /dev/null
                 |+++ b/noise
                 |@@ -0,0 +1 @@
                 |+bang",
            )
            .gives([
                file("song", &format!("{NOTES} do")),
                file("ball/dance", "waltz"),
                script("play", "act"),
                file("noise", "bang"),
            ]),
        case("two_patches_for_one_file_are_far_apart")
            .base([file("song", NOTES)])
            .patch(
                "|--- a/song
                 |+++ b/song
                 |@@ -1,2 +1,3 @@
                 | do
                 |+di
                 | re
                 |--- a/song
                 |+++ b/song
                 |@@ -7,2 +7,2 @@
                 | la
                 |-si
                 |+ti",
            )
            .gives([file("song", "do di re mi fa sol la ti")]),
        case("the_second_of_two_patches_changes_what_the_first_wrote")
            .base([file("song", NOTES)])
            .patch(
                "|--- a/song
                 |+++ b/song
                 |@@ -2,3 +2,3 @@
                 | re
                 |-mi
                 |+me
                 | fa
                 |--- a/song
                 |+++ b/song
                 |@@ -2,3 +2,3 @@
                 | re
                 |-me
                 |+ma
                 | fa",
            )
            .gives([file("song", "do re ma fa sol la si")]),
        case("the_second_of_two_patches_does_not_see_the_base_any_more")
            .base([file("song", NOTES)])
            .patch(
                "|--- a/song
                 |+++ b/song
                 |@@ -2,3 +2,3 @@
                 | re
                 |-mi
                 |+me
                 | fa
                 |--- a/song
                 |+++ b/song
                 |@@ -2,3 +2,3 @@
                 | re
                 |-mi
                 |+ma
                 | fa",
            )
            .refused(&["song", "the hunk of line 10", "line 3 should be 'mi'", "is 'me'"]),
        case("a_file_is_made_and_changed")
            .base([])
            .patch(
                "|diff --git a/song b/song
                 |new file mode 100755
                 |--- /dev/null
                 |+++ b/song
                 |@@ -0,0 +1,2 @@
                 |+do
                 |+re
                 |diff --git a/song b/song
                 |--- a/song
                 |+++ b/song
                 |@@ -1,2 +1,3 @@
                 | do
                 | re
                 |+mi",
            )
            .gives([script("song", "do re mi")]),
        case("a_file_that_is_changed_and_removed_stays")
            .base([file("song", "do re"), file("dance", "waltz")])
            .patch(
                "|diff --git a/song b/song
                 |--- a/song
                 |+++ b/song
                 |@@ -1,2 +1,2 @@
                 | do
                 |-re
                 |+mi
                 |diff --git a/song b/song
                 |deleted file mode 100644
                 |--- a/song
                 |+++ /dev/null
                 |@@ -1,2 +0,0 @@
                 |-do
                 |-mi",
            )
            .gives([file("song", "do mi"), file("dance", "waltz")]),
        case("a_removed_file_is_not_changed")
            .base([file("song", "do"), file("dance", "waltz")])
            .patch(
                "|diff --git a/song b/song
                 |deleted file mode 100644
                 |--- a/song
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-do
                 |diff --git a/song b/song
                 |--- a/song
                 |+++ b/song
                 |@@ -1 +1 @@
                 |-do
                 |+re",
            )
            .refused(&["song", "renamed or deleted it before"]),
        case("a_file_is_made_but_once")
            .base([])
            .patch(
                "|diff --git a/song b/song
                 |new file mode 100644
                 |--- /dev/null
                 |+++ b/song
                 |@@ -0,0 +1 @@
                 |+do
                 |diff --git a/song b/song
                 |new file mode 100644
                 |--- /dev/null
                 |+++ b/song
                 |@@ -0,0 +1 @@
                 |+re",
            )
            .gives([file("song", "re")]),
        case("mode_and_lines_change_one_after_the_other")
            .base([file("song", "do")])
            .patch(
                "|diff --git a/song b/song
                 |old mode 100644
                 |new mode 100755
                 |diff --git a/song b/song
                 |--- a/song
                 |+++ b/song
                 |@@ -1 +1 @@
                 |-do
                 |+re",
            )
            .gives([script("song", "re")]),
        case("the_mails_of_a_series_follow_each_other")
            .base([file("song", "do")])
            .patch(
                "|From 1111111111111111111111111111111111111111 Mon Sep 17 00:00:00 2001
                 |Subject: [PATCH 1/2] One more
                 |
                 |---
                 |diff --git a/song b/song
                 |index 12345..6789a 100644
                 |--- a/song
                 |+++ b/song
                 |@@ -1 +1,2 @@
                 | do
                 |+re
                 |-- 
                 |2.47.3
                 |
                 |
                 |From 2222222222222222222222222222222222222222 Mon Sep 17 00:00:00 2001
                 |Subject: [PATCH 2/2] And one more
                 |
                 |---
                 |diff --git a/song b/song
                 |index 6789a..bcdef 100644
                 |--- a/song
                 |+++ b/song
                 |@@ -1,2 +1,3 @@
                 | do
                 | re
                 |+mi
                 |-- 
                 |2.47.3",
            )
            .gives([file("song", "do re mi")]),
        case("a_header_that_says_nothing_before_another_is_passed_over")
            .base([file("song", "do"), file("dance", "waltz")])
            .patch(
                "|diff --git a/song b/song
                 |diff --git a/song b/song
                 |--- a/song
                 |+++ b/song
                 |@@ -1 +1 @@
                 |-do
                 |+re",
            )
            .gives([file("song", "re"), file("dance", "waltz")]),
    ]
}
