//! Patches that cannot be read: cut off, changed on their way, or none at all. Nothing of them is applied.

use super::tell::{Case, case, file};

pub fn cases() -> Vec<Case> {
    let soup = || case("").base([file("soup", "leek salt")]);
    let cut = |name: &'static str, bytes: usize| Case { name, ..soup().patch(SOUP).cut(bytes) };
    let broken = |name: &'static str, patch: &str| Case { name, ..soup().patch(patch) };
    let other = |name: &'static str, bytes: &[u8]| Case { name, ..soup().bytes(bytes.to_vec()) };
    vec![
        other("a_patch_of_nothing_changes_nothing", b"")
            .changes_nothing()
            .unlike_git("an attempt without changes is an answer to us, not a mistake"),
        other("a_patch_of_white_space_changes_nothing", b"\n \n")
            .changes_nothing()
            .unlike_git("an attempt without changes is an answer to us, not a mistake"),
        other("words_are_no_patch", b"I have changed the soup.\nIt needed more salt.\n").refused(&["no diff"]),
        other(
            "a_patch_of_the_codex_tool_is_named",
            b"*** Begin Patch\n*** Update File: soup\n@@\n-salt\n+pepper\n*** End Patch\n",
        )
        .refused(&["Codex", "apply_patch"]),
        other("a_web_page_is_named", b"\n<!DOCTYPE html>\n<html><body>Sign in</body></html>\n").refused(&["web page"]),
        other(
            "a_web_page_with_a_hunk_in_it_is_named",
            b"<html><pre>\n@@ -1,2 +1,2 @@\n leek\n-salt\n+pepper\n</pre></html>\n",
        )
        .refused(&["web page"]),
        other("an_archive_is_named", b"\x1f\x8b\x08\x00\x00\x00soup").refused(&["binary data"]),
        other("the_diff_of_a_merge_is_named", MERGE).refused(&["merge", "diff --cc"]),
        other("a_context_diff_is_named", CONTEXT).refused(&["context diff", "diff -u"]),
        broken("a_header_alone_is_refused", "|diff --git a/soup b/soup\n|index 12345..6789a 100644").refused(&[
            "soup",
            "truncated",
            "a hunk '@@ -",
            "line 3 of the patch",
        ]),
        broken("a_header_with_names_alone_is_refused", "|diff --git a/soup b/soup\n|--- a/soup\n|+++ b/soup")
            .refused(&["soup", "truncated", "a hunk '@@ -", "line 4 of the patch"]),
        broken("a_plain_header_alone_is_refused", "|--- a/soup\n|+++ b/soup").refused(&["truncated", "a hunk '@@ -"]),
        broken(
            "a_header_with_words_for_hunks_is_refused",
            "|diff --git a/soup b/soup\n|--- a/soup\n|+++ b/soup\n|and so on, and so on",
        )
        .refused(&["soup", "a hunk '@@ -", "'and so on, and so on'", "line 4 of the patch"]),
        cut("a_patch_that_ends_within_a_line_is_truncated", 3).refused(&[
            "soup",
            "truncated",
            "'@@ -1,2 +1,2 @@'",
            "line 4",
            "0 old and 1 new",
            "line 7 of the patch",
        ]),
        cut("a_patch_that_ends_within_a_hunk_is_truncated", 8).refused(&[
            "soup",
            "truncated",
            "'@@ -1,2 +1,2 @@'",
            "0 old and 1 new",
            "line 7 of the patch",
        ]),
        cut("a_patch_that_ends_behind_a_hunk_header_is_truncated", 20).refused(&[
            "soup",
            "truncated",
            "'@@ -1,2 +1,2 @@'",
            "2 old and 2 new",
            "line 5 of the patch",
        ]),
        cut("a_patch_that_ends_within_a_hunk_header_is_truncated", 23).refused(&[
            "soup",
            "truncated",
            "'@@ -1,2 +1,2 '",
            "line 4 of the patch",
        ]),
        broken("a_hunk_with_more_lines_than_it_says_is_refused", &SOUP.replace("-1,2 +1,2", "-1,1 +1,2")).refused(&[
            "soup",
            "'@@ -1,1 +1,2 @@'",
            "more lines than its header says",
            "'-salt'",
            "line 6 of the patch",
        ]),
        broken("a_hunk_with_fewer_lines_than_it_says_is_truncated", &SOUP.replace("-1,2 +1,2", "-1,3 +1,3"))
            .refused(&["soup", "truncated", "1 old and 1 new", "line 8 of the patch"]),
        broken(
            "a_hunk_with_fewer_lines_than_it_says_is_refused_before_the_next_file",
            &format!("{}\n{SOUP}", SOUP.replace("-1,2 +1,2", "-1,3 +1,3")),
        )
        .refused(&[
            "soup",
            "'@@ -1,3 +1,3 @@'",
            "1 old and 1 new",
            "'diff --git a/soup b/soup'",
            "line 8 of the patch",
        ]),
        broken("a_line_of_a_hunk_with_another_sign_is_refused", &SOUP.replace("|-salt", "|*salt")).refused(&[
            "soup",
            "none of ' ', '+', '-'",
            "'*salt'",
            "line 6 of the patch",
        ]),
        broken("a_hunk_that_changes_nothing_is_refused", "|--- a/soup\n|+++ b/soup\n|@@ -1,2 +1,2 @@\n| leek\n| salt")
            .refused(&["soup", "'@@ -1,2 +1,2 @@'", "changes nothing", "line 3 of the patch"]),
        broken("a_hunk_without_lines_is_refused", "|--- a/soup\n|+++ b/soup\n|@@ -1,0 +1,0 @@\n|and so on").refused(&[
            "soup",
            "'@@ -1,0 +1,0 @@'",
            "changes nothing",
            "line 3 of the patch",
        ]),
        broken("a_hunk_with_a_number_that_is_too_large_is_refused", &SOUP.replace("-1,2", "-98765432109876543210,2"))
            .refused(&["soup", "header of the hunk", "98765432109876543210", "line 4 of the patch"])
            .unlike_older_git(),
        broken("a_hunk_with_a_broken_header_is_refused", &SOUP.replace("-1,2 +1,2", "-1,2 1,2")).refused(&[
            "soup",
            "header of the hunk",
            "'@@ -1,2 1,2 @@'",
            "line 4 of the patch",
        ]),
        broken(
            "the_numbers_of_a_hunk_need_their_signs",
            "|diff --git a/soup b/soup\n|deleted file mode 100644\n|--- a/soup\n|+++ /dev/null\n|@@ +1 0,0 @@\n|-",
        )
        .refused(&["soup"]),
        broken("colours_are_named", "|\x1b[1mdiff --git a/soup b/soup\x1b[m\n|\x1b[1m--- a/soup\x1b[m\n|\x1b[1m+++ b/soup\x1b[m\n|\x1b[36m@@ -1 +1 @@\x1b[m\n|\x1b[31m-salt\x1b[m\n|\x1b[32m+\x1b[m\x1b[32mpepper\x1b[m")
            .refused(&["colours", "git diff --no-color"]),
        broken("colours_in_the_hunks_alone_are_named", "|--- a/soup\n|+++ b/soup\n|@@ -1,2 +1,2 @@\n| leek\n|\x1b[31m-salt\x1b[m\n|\x1b[36m@@ -9 +9 @@\x1b[m")
            .refused(&["colours"]),
        broken("a_diff_quoted_in_a_mail_is_named", "|Ada wrote:\n|> diff --git a/soup b/soup\n|> --- a/soup\n|> +++ b/soup\n|> @@ -1 +1 @@\n|> -salt\n|> +pepper")
            .refused(&["quoted in a mail", "line 2"]),
        broken("a_mail_in_base64_is_named", "|From: Ada\n|Content-Transfer-Encoding: BASE64\n|\n|ZGlmZiAtLWdpdCBhL3NvdXAgYi9zb3VwCg==")
            .refused(&["base64", "line 2"]),
        broken("a_later_file_that_is_cut_off_refuses_all", &format!("{SOUP}\n{STEW}")).cut(4).refused(&[
            "stew",
            "truncated",
            "line 12",
        ]),
        broken(
            "a_later_hunk_without_a_header_refuses_all",
            &format!("{SOUP}\n|and then\n|@@ -9 +9 @@\n|-salt\n|+pepper"),
        )
        .refused(&["a hunk without a header", "line 9 of the patch"]),
        broken(
            "a_later_file_with_bytes_of_an_unknown_form_refuses_all",
            &format!(
                "{SOUP}\n|diff --git a/stew b/stew\n|new file mode 100644\n|index 0..1\n|GIT binary patch\n|mystery"
            ),
        )
        .refused(&["stew", "'mystery'", "line 12 of the patch"])
        .unlike_git("git complains, and applies what is before; half a patch is none to us"),
    ]
}

const SOUP: &str = "|diff --git a/soup b/soup
    |--- a/soup
    |+++ b/soup
    |@@ -1,2 +1,2 @@
    | leek
    |-salt
    |+pepper";

const STEW: &str = "|diff --git a/stew b/stew
    |new file mode 100644
    |--- /dev/null
    |+++ b/stew
    |@@ -0,0 +1,2 @@
    |+bean
    |+lard";

const MERGE: &[u8] = b"diff --cc soup
index 12345,6789a..bcdef
--- a/soup
+++ b/soup
@@@ -1,2 -1,2 +1,2 @@@
  leek
- salt
 -pepper
++chili
";

const CONTEXT: &[u8] = b"*** a/soup
--- b/soup
***************
*** 1,2 ****
  leek
! salt
--- 1,2 ----
  leek
! pepper
";
