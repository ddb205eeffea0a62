//! Binary patches: whole contents and deltas, for exactly the blob that they name.

use super::tell::{Case, Entry, blob, case, diff, file, raw, script};

pub fn cases() -> Vec<Case> {
    let (old, new) = (picture(1), picture(2));
    let (old, new) = (old.as_slice(), new.as_slice());
    let almost = [&old[..700], b"another", &old[700..]].concat();
    let change = || diff([raw("pic", old)], [raw("pic", new)], &["--binary"]);
    let delta = || diff([raw("pic", old)], [raw("pic", &almost)], &["--binary"]);
    assert!(String::from_utf8(delta()).unwrap().contains("\ndelta "));
    assert!(String::from_utf8(change()).unwrap().contains("\nliteral "));
    let executable = |name, bytes| Entry { text: bytes, ..script(name, "") };
    let left_out = || diff([raw("pic", old)], [raw("pic", new)], &["--full-index"]);
    vec![
        case("bytes_change").base([raw("pic", old)]).bytes(change()).gives([raw("pic", new)]),
        case("bytes_change_by_a_delta").base([raw("pic", old)]).bytes(delta()).gives([raw("pic", &almost)]),
        case("bytes_come").base([]).bytes(diff([], [raw("pic", new)], &["--binary"])).gives([raw("pic", new)]),
        case("bytes_go")
            .base([file("note", "ink"), raw("pic", old)])
            .bytes(diff([raw("pic", old)], [], &["--binary"]))
            .gives([file("note", "ink")]),
        case("bytes_come_into_an_empty_file")
            .base([raw("pic", "")])
            .bytes(diff([raw("pic", "")], [raw("pic", new)], &["--binary"]))
            .gives([raw("pic", new)]),
        case("bytes_leave_an_empty_file")
            .base([raw("pic", old)])
            .bytes(diff([raw("pic", old)], [raw("pic", "")], &["--binary"]))
            .gives([raw("pic", "")]),
        case("bytes_and_mode_change")
            .base([raw("pic", old)])
            .bytes(diff([raw("pic", old)], [executable("pic", new.to_vec())], &["--binary"]))
            .gives([executable("pic", new.to_vec())]),
        case("bytes_change_in_a_renamed_file")
            .base([raw("pic", old)])
            .bytes(diff([raw("pic", old)], [raw("art/pic", &almost)], &["--binary", "-M"]))
            .gives([raw("art/pic", &almost)]),
        case("bytes_are_copied_and_change")
            .base([raw("pic", old)])
            .bytes(diff(
                [raw("pic", old)],
                [raw("pic", old), raw("art/pic", &almost)],
                &["--binary", "-C", "--find-copies-harder"],
            ))
            .gives([raw("pic", old), raw("art/pic", &almost)]),
        case("bytes_do_without_the_way_back")
            .base([raw("pic", old)])
            .bytes(without_the_way_back(change()))
            .gives([raw("pic", new)]),
        case("bytes_stand_between_texts")
            .base([file("note", "ink"), raw("pic", old), file("zoo", "ape")])
            .bytes(diff(
                [file("note", "ink"), raw("pic", old), file("zoo", "ape")],
                [file("note", "pen"), raw("pic", new), file("zoo", "bear")],
                &["--binary"],
            ))
            .gives([file("note", "pen"), raw("pic", new), file("zoo", "bear")]),
        case("other_bytes_do_not_change").base([raw("pic", &almost)]).knows(old).bytes(change()).conflicts(["pic"]),
        case("other_bytes_do_not_change_where_the_version_before_is_not_known")
            .base([raw("pic", picture(9))])
            .bytes(replaced(change(), &blob(old), &blob("unknown")))
            .refused(&["pic", "the binary patch is for the blob"]),
        case("bytes_that_were_left_out_are_refused").base([raw("pic", old)]).bytes(left_out()).refused(&[
            "pic",
            "leaves its binary data out",
            "git diff --binary",
        ]),
        case("bytes_that_were_left_out_are_taken_from_the_repository")
            .base([raw("pic", old)])
            .knows(new)
            .bytes(left_out())
            .gives([raw("pic", new)]),
        case("bytes_that_were_left_out_under_short_names_are_refused")
            .base([raw("pic", old)])
            .knows(new)
            .bytes(diff([raw("pic", old)], [raw("pic", new)], &["--abbrev=7"]))
            .refused(&["pic", "whole names of both blobs", "git diff --binary"]),
        case("bytes_without_an_index_line_are_refused")
            .base([raw("pic", old)])
            .bytes(without(change(), "index "))
            .refused(&["begins like a diff", "line 1 of the patch"]),
        case("bytes_that_are_not_what_the_index_line_names_are_refused")
            .base([raw("pic", old)])
            .bytes(replaced(change(), &blob(new), &blob("another")))
            .refused(&["pic", "does not make the blob"]),
        case("a_delta_for_other_bytes_is_refused")
            .base([raw("pic", picture(5))])
            .bytes(replaced(delta(), &blob(old), &blob(picture(5))))
            .refused(&["pic", "does not make the blob"]),
        case("bytes_with_a_digit_that_is_none_are_refused")
            .base([raw("pic", old)])
            .bytes(with_line(change(), 5, "z\"\"\"\"\""))
            .refused(&["pic", "broken", "line 5 of the patch"]),
        case("bytes_with_a_line_of_another_length_are_refused")
            .base([raw("pic", old)])
            .bytes(with_line(change(), 5, "zabcde"))
            .refused(&["pic", "broken", "'zabcde'", "line 5 of the patch"]),
        case("bytes_that_lost_a_line_are_refused").base([raw("pic", old)]).bytes(without_line(change(), 6)).refused(&[
            "pic",
            "does not unpack to",
            "line 4 of the patch",
        ]),
        case("bytes_of_an_unknown_form_are_refused")
            .base([])
            .patch(
                "|diff --git a/pic b/pic
                 |new file mode 100644
                 |index 0000000..1234567
                 |GIT binary patch
                 |mystery 12",
            )
            .refused(&["pic", "'literal <bytes>' or 'delta <bytes>'", "'mystery 12'", "line 5 of the patch"]),
        case("bytes_that_break_off_are_refused")
            .base([raw("pic", old)])
            .bytes(change())
            .cut(300)
            .refused(&["pic", "truncated"]),
        case("bytes_that_break_off_at_the_way_back_are_refused")
            .base([raw("pic", old)])
            .bytes(until(change(), "\nliteral ", 2))
            .refused(&["pic", "truncated"]),
    ]
}

/// Bytes that no text has, and that do not pack.
fn picture(seed: u32) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let mut bytes = vec![0];
    bytes.extend(std::iter::repeat_with(next).take(1500));
    bytes
}

fn replaced(patch: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    String::from_utf8(patch).expect("base 85").replace(from, to).into_bytes()
}

fn without(patch: Vec<u8>, begins: &str) -> Vec<u8> {
    let text = String::from_utf8(patch).expect("base 85");
    text.split_inclusive('\n').filter(|line| !line.starts_with(begins)).collect::<String>().into_bytes()
}

fn without_line(patch: Vec<u8>, number: usize) -> Vec<u8> {
    let text = String::from_utf8(patch).expect("base 85");
    let lines = text.split_inclusive('\n').enumerate().filter(|(at, _)| at + 1 != number);
    lines.map(|(_, line)| line).collect::<String>().into_bytes()
}

fn with_line(patch: Vec<u8>, number: usize, other: &str) -> Vec<u8> {
    let text = String::from_utf8(patch).expect("base 85");
    let mut lines: Vec<&str> = text.lines().collect();
    lines[number - 1] = other;
    (lines.join("\n") + "\n").into_bytes()
}

/// What is before the second part of the bytes.
fn without_the_way_back(patch: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8(patch).expect("base 85");
    text.as_bytes()[..text.rfind("\n\nliteral").expect("two parts") + 2].to_vec()
}

/// The patch until the end of the line where some text is found for the so-manieth time, without its line end.
fn until(patch: Vec<u8>, what: &str, times: usize) -> Vec<u8> {
    let text = String::from_utf8(patch).expect("base 85");
    let (at, _) = text.match_indices(what).nth(times - 1).expect("it is there");
    let end = text[at + 1..].find('\n').expect("a line end");
    text.as_bytes()[..at + 1 + end].to_vec()
}
