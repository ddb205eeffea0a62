use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

fn source(versions: &[&str]) -> Source {
    let content = |text: &&str| Content { mode: 0o100644, bytes: text.as_bytes().to_vec(), ..Content::default() };
    Source { path: "a".to_owned(), versions: versions.iter().map(content).collect() }
}

fn made(versions: &[&str], limits: Limits) -> SideBySide {
    let mut maker = Maker::new((1..versions.len() as u32).collect(), limits);
    maker.add(&source(versions));
    maker.finish()
}

/// The lines of both versions that hunks show, by their numbers.
fn lines(hunks: &[Hunk]) -> [HashMap<usize, u32>; 2] {
    let (mut old, mut new) = (HashMap::new(), HashMap::new());
    for hunk in hunks {
        let (mut a, mut b) = (hunk.old_start, hunk.new_start);
        for row in &hunk.rows {
            if row.sign != Sign::Added {
                old.insert(a, row.line);
                a += 1;
            }
            if row.sign != Sign::Removed {
                new.insert(b, row.line);
                b += 1;
            }
        }
    }
    [old, new]
}

/// The number in the base of a line of a version that no hunk of its change shows.
fn in_base(hunks: &[Hunk], number: usize) -> usize {
    let count = |hunk: &Hunk, sign: Sign| hunk.rows.iter().filter(|row| row.sign == sign).count();
    let before = hunks.iter().filter(|hunk| hunk.new_start <= number);
    before.fold(number, |number, hunk| number + count(hunk, Sign::Removed) - count(hunk, Sign::Added))
}

proptest! {
    /// What the script of a page builds on: it puts the lines of two variants together from their changes.
    #[test]
    fn every_line_between_two_variants_is_in_the_change_of_one(
        base in "([abc]\n){0,40}", one in "([abc]\n){0,8}", other in "([abcd]\n){0,8}", at in 0_usize..40, before in 0_usize..40,
    ) {
        // Two changes of one text, near each other or not.
        let lines_of = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
        let changed = |at: usize, text: &str| {
            let mut lines = lines_of(&base);
            let at = at.min(lines.len());
            let end = (at + 3).min(lines.len());
            lines.splice(at..end, lines_of(text));
            lines.concat()
        };
        let (one, other) = (changed(at, &one), changed(before, &other));
        let sides = made(&[&base, &one, &other], LIMITS);
        let file = &sides.files[0];
        for pair in &file.pairs {
            let changes = [pair.a, pair.b].map(|place| &file.changes[place].as_ref().unwrap().hunks);
            let base: HashMap<usize, u32> = changes.iter().flat_map(|hunks| lines(hunks)[0].clone()).collect();
            for (shown, hunks) in lines(&pair.difference.hunks).into_iter().zip(changes) {
                let own = &lines(hunks)[1];
                for (number, line) in shown {
                    let found = own.get(&number).or_else(|| base.get(&in_base(hunks, number)));
                    prop_assert_eq!(found, Some(&line), "line {} of {:?}", number, &sides);
                }
            }
        }
    }
}

#[test]
fn versions_that_are_alike_are_shown_once() {
    let sides = made(&["a\n", "b\n", "b\n", "a\n", "c\n"], LIMITS);
    let file = &sides.files[0];
    assert_eq!(file.versions.iter().map(|version| version.first).collect::<Vec<_>>(), [0, 1, 1, 0, 4]);
    assert_eq!(file.changes.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, false, false, true]);
    assert_eq!(file.pairs.iter().map(|pair| (pair.a, pair.b)).collect::<Vec<_>>(), [(1, 4)]);
}

#[test]
fn what_has_no_room_is_named() {
    let (small, large) = ("b\n", "a line that is too long\n".repeat(9));
    let left_out = |limits: Limits| {
        let sides = made(&["a\n", small, &large], limits);
        (sides.left_out.iter().map(|it| it.variant).collect::<Vec<_>>(), sides.files[0].pairs.len())
    };
    assert_eq!(left_out(LIMITS), (vec![], 1));
    assert_eq!(left_out(Limits { changes: 200, ..LIMITS }), (vec![2], 0));
    assert_eq!(left_out(Limits { effort: 4, ..LIMITS }), (vec![2], 0));
    assert_eq!(left_out(Limits { effort: 12, ..LIMITS }), (vec![], 0));
    assert_eq!(left_out(Limits { pairs: 10, ..LIMITS }), (vec![], 0));
}

#[test]
fn what_is_no_line_is_said_in_words() {
    let content = |mode: u32, bytes: &[u8]| Content { mode, bytes: bytes.to_vec(), ..Content::default() };
    let renamed = Content { renamed: Some("b".to_owned()), ..content(0o100644, b"a\n") };
    let large = Content { unread: Some("1234".to_owned()), ..content(0o100644, b"") };
    let versions = vec![
        content(0o100644, b"a\n"),
        content(0o100755, b"a\n"),
        Content::default(),
        content(0o120000, b"target"),
        content(0o100644, b"\0\x01"),
        renamed,
        large,
    ];
    let mut maker = Maker::new((1..=6).collect(), LIMITS);
    maker.add(&Source { path: "a".to_owned(), versions });
    let sides = maker.finish();
    let notes = |place: usize| sides.files[0].changes[place].as_ref().map(|change| change.notes.join("; "));
    let said = [1, 2, 3, 4, 5, 6].map(notes);
    let wanted = [
        Some("mode 100644 → 100755"),
        Some("deleted file"),
        Some("mode 100644 → 120000; symbolic link"),
        Some("1 line → binary, 2 bytes"),
        Some("renamed: a → b"),
        None,
    ];
    assert_eq!(said.each_ref().map(Option::as_deref), wanted);
    assert_eq!(sides.left_out, [Unshown { variant: 6, path: "a".to_owned() }]);
}

#[test]
fn line_ends_are_shown_where_they_differ() {
    let texts = |versions: &[&str]| {
        let mut lines = made(versions, LIMITS).files.remove(0).lines;
        lines.sort();
        lines
    };
    assert_eq!(texts(&["a\r\n", "b\r\n"]), ["a", "b"]);
    assert_eq!(texts(&["a\r\n", "a\n"]), ["a", "a␍"]);
    assert_eq!(texts(&["a\n", "a"]), ["a", "a ⟨no line end at the end of the file⟩"]);
    assert_eq!(
        texts(&["", &"x".repeat(3000)])[0].len(),
        2000 + "… ⟨1000 more bytes⟩ ⟨no line end at the end of the file⟩".len()
    );
}
