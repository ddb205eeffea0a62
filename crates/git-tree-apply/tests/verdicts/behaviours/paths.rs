//! Paths that a patch may not touch, wherever it comes from.

use super::tell::{Case, case, file};

/// Git, on this system, lets these through, and another system would take them for a git directory.
const ELSEWHERE: &str = "what some file system takes for a git directory is refused everywhere";

pub fn cases() -> Vec<Case> {
    let made = |name: &'static str, path: &str| {
        let patch = format!(
            "|diff --git \"a/{path}\" \"b/{path}\"
             |new file mode 100644
             |--- /dev/null
             |+++ \"b/{path}\"
             |@@ -0,0 +1 @@
             |+trap"
        );
        Case { name, ..case("").base([file("cheese", "gouda")]).patch(patch) }
    };
    vec![
        made("an_absolute_path_is_refused", "/trap").refused(&["'/trap'", "absolute"]),
        made("a_path_out_of_the_tree_is_refused", "../trap").refused(&["'../trap'", "'..'"]),
        made("a_path_out_of_a_folder_is_refused", "cellar/../trap").refused(&["'cellar/../trap'", "'..'"]),
        made("a_path_with_a_dot_is_refused", "cellar/./trap").refused(&["'cellar/./trap'", "'.'"]),
        made("a_path_with_an_empty_folder_is_refused", "cellar//trap").refused(&["'cellar//trap'", "empty folder"]),
        made("a_path_that_ends_with_a_slash_is_refused", "cellar/").refused(&["'cellar/'", "empty"]),
        made("a_path_into_a_git_directory_is_refused", ".git/hooks/trap")
            .refused(&["'.git/hooks/trap'", "git directory"]),
        made("a_git_directory_below_is_refused", "cellar/.git").refused(&["'cellar/.git'", "git directory"]),
        made("a_git_directory_in_capitals_is_refused", ".GIT/trap").refused(&["'.GIT/trap'", "git directory"]),
        made("a_git_directory_by_its_short_name_is_refused", "git~1/trap").refused(&["'git~1/trap'", "git directory"]),
        made("a_git_directory_with_a_dot_behind_is_refused", ".git./trap").refused(&["'.git./trap'", "git directory"]),
        made("a_git_directory_with_a_space_behind_is_refused", ".git /trap")
            .refused(&["'.git /trap'", "git directory"]),
        made("a_stream_of_a_git_directory_is_refused", ".git::$INDEX_ALLOCATION/trap").refused(&["git directory"]),
        made("a_git_directory_behind_a_backslash_is_refused", "cellar\\\\.git\\\\trap").refused(&["git directory"]),
        made("a_git_directory_with_a_letter_that_is_overlooked_is_refused", ".g\\342\\200\\214it/trap")
            .refused(&["git directory"])
            .unlike_git(ELSEWHERE),
        made("a_path_that_begins_like_a_git_directory_is_none", ".gitignore")
            .gives([file("cheese", "gouda"), file(".gitignore", "trap")]),
        made("a_path_that_ends_like_a_git_directory_is_none", "cheese.git/trap")
            .gives([file("cheese", "gouda"), file("cheese.git/trap", "trap")]),
        case("a_file_out_of_the_tree_is_not_removed")
            .base([file("cheese", "gouda")])
            .patch(
                "|diff --git a/../trap b/../trap
                 |deleted file mode 100644
                 |--- a/../trap
                 |+++ /dev/null
                 |@@ -1 +0,0 @@
                 |-trap",
            )
            .refused(&["../trap", "does not exist"]),
        case("a_file_is_not_renamed_out_of_the_tree")
            .base([file("cheese", "gouda")])
            .patch(
                "|diff --git a/cheese b/../trap
                 |rename from cheese
                 |rename to ../trap",
            )
            .refused(&["'../trap'", "'..'"]),
        case("a_file_is_not_copied_into_a_git_directory")
            .base([file("cheese", "gouda")])
            .patch(
                "|diff --git a/cheese b/.git/config
                 |copy from cheese
                 |copy to .git/config",
            )
            .refused(&["'.git/config'", "git directory"]),
        case("a_symbolic_link_for_gitmodules_is_refused")
            .base([file("cheese", "gouda")])
            .patch(
                "|diff --git a/.gitmodules b/.gitmodules
                 |new file mode 120000
                 |--- /dev/null
                 |+++ b/.gitmodules
                 |@@ -0,0 +1 @@
                 |+cheese
                 |\\ No newline at end of file",
            )
            .refused(&["'.gitmodules'", "symbolic link"]),
        case("nothing_is_made_through_a_symbolic_link_out_of_the_tree")
            .base([file("cheese", "gouda")])
            .patch(
                "|diff --git a/hole b/hole
                 |new file mode 120000
                 |--- /dev/null
                 |+++ b/hole
                 |@@ -0,0 +1 @@
                 |+..
                 |\\ No newline at end of file
                 |diff --git a/hole/trap b/hole/trap
                 |new file mode 100644
                 |--- /dev/null
                 |+++ b/hole/trap
                 |@@ -0,0 +1 @@
                 |+trap",
            )
            .refused(&["hole/trap", "'hole' is a symbolic link"]),
    ]
}
