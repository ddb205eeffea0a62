//! Files that become folders or symbolic links, and back; and what is beyond a symbolic link.

use super::tell::{Case, case, file, link, raw};

pub fn cases() -> Vec<Case> {
    vec![
        case("a_file_becomes_a_folder")
            .base([file("mill", "wheel")])
            .patch(
                "|diff --git a/mill b/mill
                 |deleted file mode 100644
                 |--- a/mill
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-wheel
                 |diff --git a/mill/stone b/mill/stone
                 |new file mode 100644
                 |--- /dev/null
                 |+++ b/mill/stone
                 |@@ -0,0 +1 @@
                 |+grind",
            )
            .gives([file("mill/stone", "grind")]),
        case("a_folder_becomes_a_file")
            .base([file("mill/stone", "grind"), file("mill/deep/axle", "turn")])
            .patch(
                "|diff --git a/mill b/mill
                 |new file mode 100644
                 |--- /dev/null
                 |+++ b/mill
                 |@@ -0,0 +1 @@
                 |+wheel
                 |diff --git a/mill/deep/axle b/mill/deep/axle
                 |deleted file mode 100644
                 |--- a/mill/deep/axle
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-turn
                 |diff --git a/mill/stone b/mill/stone
                 |deleted file mode 100644
                 |--- a/mill/stone
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-grind",
            )
            .gives([file("mill", "wheel")]),
        case("a_file_is_renamed_into_a_folder_of_its_own_name")
            .base([file("mill", "wheel")])
            .patch(
                "|diff --git a/mill b/mill/wheel
                 |rename from mill
                 |rename to mill/wheel",
            )
            .gives([file("mill/wheel", "wheel")]),
        case("a_folder_that_keeps_files_becomes_no_file")
            .base([file("mill/stone", "grind"), file("mill/axle", "turn")])
            .patch(
                "|diff --git a/mill/stone b/mill
                 |rename from mill/stone
                 |rename to mill",
            )
            .refused(&["mill", "'mill/axle' is in its way"]),
        case("a_file_that_stays_becomes_no_folder")
            .base([file("mill", "wheel")])
            .patch(
                "|diff --git a/mill/stone b/mill/stone
                 |new file mode 100644
                 |--- /dev/null
                 |+++ b/mill/stone
                 |@@ -0,0 +1 @@
                 |+grind",
            )
            .refused(&["mill/stone", "'mill' is in its way"]),
        case("a_symbolic_link_is_made")
            .base([file("mill", "wheel")])
            .patch(
                "|diff --git a/door b/door
                 |new file mode 120000
                 |--- /dev/null
                 |+++ b/door
                 |@@ -0,0 +1 @@
                 |+mill
                 |\\ No newline at end of file",
            )
            .gives([file("mill", "wheel"), link("door", "mill")]),
        case("a_symbolic_link_points_elsewhere")
            .base([link("door", "mill")])
            .patch(
                "|diff --git a/door b/door
                 |index 1234567..89abcde 120000
                 |--- a/door
                 |+++ b/door
                 |@@ -1 +1 @@
                 |-mill
                 |\\ No newline at end of file
                 |+barn
                 |\\ No newline at end of file",
            )
            .gives([link("door", "barn")]),
        case("a_symbolic_link_goes")
            .base([file("mill", "wheel"), link("door", "mill")])
            .patch(
                "|diff --git a/door b/door
                 |deleted file mode 120000
                 |--- a/door
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-mill
                 |\\ No newline at end of file",
            )
            .gives([file("mill", "wheel")]),
        case("a_file_becomes_a_symbolic_link_in_two_steps")
            .base([file("door", "oak")])
            .patch(
                "|diff --git a/door b/door
                 |deleted file mode 100644
                 |--- a/door
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-oak
                 |diff --git a/door b/door
                 |new file mode 120000
                 |--- /dev/null
                 |+++ b/door
                 |@@ -0,0 +1 @@
                 |+mill
                 |\\ No newline at end of file",
            )
            .gives([link("door", "mill")]),
        case("a_symbolic_link_becomes_a_file_in_two_steps")
            .base([link("door", "mill")])
            .patch(
                "|diff --git a/door b/door
                 |deleted file mode 120000
                 |--- a/door
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-mill
                 |\\ No newline at end of file
                 |diff --git a/door b/door
                 |new file mode 100644
                 |--- /dev/null
                 |+++ b/door
                 |@@ -0,0 +1 @@
                 |+oak",
            )
            .gives([file("door", "oak")]),
        case("a_file_does_not_become_a_symbolic_link_in_one_step")
            .base([raw("door", "mill")])
            .patch(
                "|diff --git a/door b/door
                 |old mode 100644
                 |new mode 120000",
            )
            .refused(&["door", "a symbolic link of a file", "two steps"]),
        case("a_patch_for_a_symbolic_link_does_not_fit_a_file")
            .base([raw("door", "mill")])
            .patch(
                "|diff --git a/door b/door
                 |index 1234567..89abcde 120000
                 |--- a/door
                 |+++ b/door
                 |@@ -1 +1 @@
                 |-mill
                 |\\ No newline at end of file
                 |+barn
                 |\\ No newline at end of file",
            )
            .refused(&["door", "is a file", "for a symbolic link"]),
        case("nothing_is_made_beyond_a_symbolic_link")
            .base([file("mill/wheel", "turn"), link("shop", "mill")])
            .patch(
                "|diff --git a/shop/stone b/shop/stone
                 |new file mode 100644
                 |--- /dev/null
                 |+++ b/shop/stone
                 |@@ -0,0 +1 @@
                 |+grind",
            )
            .refused(&["shop/stone", "'shop' is a symbolic link"]),
        case("nothing_is_changed_beyond_a_symbolic_link")
            .base([file("mill/wheel", "turn"), link("shop", "mill")])
            .patch(
                "|--- a/shop/wheel
                 |+++ b/shop/wheel
                 |@@ -1 +1 @@
                 |-turn
                 |+spin",
            )
            .refused(&["shop/wheel", "does not exist"]),
        case("nothing_is_made_beyond_a_symbolic_link_of_the_same_patch")
            .base([file("mill/wheel", "turn")])
            .patch(
                "|diff --git a/shop b/shop
                 |new file mode 120000
                 |--- /dev/null
                 |+++ b/shop
                 |@@ -0,0 +1 @@
                 |+mill
                 |\\ No newline at end of file
                 |diff --git a/shop/stone b/shop/stone
                 |new file mode 100644
                 |--- /dev/null
                 |+++ b/shop/stone
                 |@@ -0,0 +1 @@
                 |+grind",
            )
            .refused(&["shop/stone", "'shop' is a symbolic link"]),
        case("nothing_is_removed_beyond_a_symbolic_link_of_the_same_patch")
            .base([file("mill/wheel", "turn")])
            .patch(
                "|diff --git a/shop b/shop
                 |new file mode 120000
                 |--- /dev/null
                 |+++ b/shop
                 |@@ -0,0 +1 @@
                 |+mill
                 |\\ No newline at end of file
                 |diff --git a/shop/wheel b/shop/wheel
                 |deleted file mode 100644
                 |--- a/shop/wheel
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-turn",
            )
            .refused(&["shop/wheel", "does not exist"]),
        case("a_symbolic_link_becomes_a_folder")
            .base([file("mill/wheel", "turn"), link("shop", "mill")])
            .patch(
                "|diff --git a/shop b/shop
                 |deleted file mode 120000
                 |--- a/shop
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-mill
                 |\\ No newline at end of file
                 |diff --git a/shop/stone b/shop/stone
                 |new file mode 100644
                 |--- /dev/null
                 |+++ b/shop/stone
                 |@@ -0,0 +1 @@
                 |+grind",
            )
            .gives([file("mill/wheel", "turn"), file("shop/stone", "grind")]),
        case("a_symbolic_link_takes_the_name_of_a_file_that_moves")
            .base([file("door", "oak")])
            .patch(
                "|diff --git a/door b/gate
                 |rename from door
                 |rename to gate
                 |diff --git a/door b/door
                 |new file mode 120000
                 |--- /dev/null
                 |+++ b/door
                 |@@ -0,0 +1 @@
                 |+gate
                 |\\ No newline at end of file",
            )
            .gives([file("gate", "oak"), link("door", "gate")]),
    ]
}
