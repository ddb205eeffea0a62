use proptest::prelude::*;

use super::super::{ChangeKind, Effort, changed_lines};
use super::*;

fn oid_of(text: &str) -> Oid {
    use sha2::{Digest, Sha256};
    Oid::from_bytes(&Sha256::digest(text)).unwrap()
}

/// A version of a small tree: paths and texts.
type Tree<'t> = &'t [(&'t str, &'t str)];

/// What a variant does: every path of both that is not alike.
fn change(index: u32, old: Tree<'_>, new: Tree<'_>) -> Change {
    let text =
        |tree: Tree<'_>, path: &str| tree.iter().find(|(name, _)| *name == path).map(|(_, text)| text.to_string());
    let mut paths: Vec<&str> = old.iter().chain(new).map(|(path, _)| *path).collect();
    paths.sort_unstable();
    paths.dedup();
    let mut files = Vec::new();
    for path in paths {
        let (before, after) = (text(old, path), text(new, path));
        if before == after {
            continue;
        }
        let kind = match (&before, &after) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
            _ => ChangeKind::Modified,
        };
        let [old, new] = [before, after];
        let bytes = |text: &Option<String>| text.clone().unwrap_or_default().into_bytes();
        let (removed, added) = changed_lines(&bytes(&old), &bytes(&new), &mut Effort::default());
        let mode = |text: &Option<String>| text.as_ref().map(|_| 0o100644);
        files.push(FileChange {
            path: path.as_bytes().to_vec(),
            from: None,
            kind,
            old_mode: mode(&old),
            new_mode: mode(&new),
            old: old.as_deref().map(oid_of),
            new: new.as_deref().map(oid_of),
            binary: false,
            removed,
            added,
        });
    }
    Change { name: format!("var{index}"), run: "run".parse().unwrap(), index, files }
}

/// Compares versions of a base, which are known by their texts.
fn compared(base: Tree<'_>, variants: &[Tree<'_>]) -> Comparison {
    let changes: Vec<_> = variants.iter().zip(1..).map(|(variant, index)| change(index, base, variant)).collect();
    let all: Vec<&str> = base.iter().chain(variants.iter().copied().flatten()).map(|(_, text)| *text).collect();
    let contents = |oid| all.iter().find(|text| oid_of(text) == oid).map(|text| text.as_bytes().to_vec());
    compare(&"run".parse().unwrap(), oid_of(""), &changes, &contents)
}

const BASE: Tree<'static> = &[("a", "1\n2\n3\n"), ("b", "x\n")];

#[test]
fn likeness_is_twice_what_is_shared_by_all_that_is_changed() {
    let one: Tree<'_> = &[("a", "1\ntwo\n3\n"), ("b", "x\n")];
    let other: Tree<'_> = &[("a", "1\n2!\n3\n"), ("b", "x\ny\n")];
    let third: Tree<'_> = &[("a", "1\ntwo\n3\n"), ("b", "x\n"), ("c", "new\n")];
    let found = compared(BASE, &[one, other, third]);
    // One: -2 +two. Other: -2 +2!, and +y. Third: -2 +two, and +new.
    assert_eq!(found.likeness("var1", "var2"), Some(2.0 * 1.0 / 5.0));
    assert_eq!(found.likeness("var3", "var1"), Some(2.0 * 2.0 / 5.0));
    assert_eq!(found.likeness("var2", "var3"), Some(2.0 * 1.0 / 6.0));
    assert_eq!(found.pairs[0].files, [PairFile { path: "a".into(), likeness: 0.5, shared_lines: 1 }]);
    assert_eq!(found.agreed_lines, 1);
    assert_eq!(found.nearest.as_deref(), Some("var1"));
    let only: Vec<_> =
        found.variants.iter().map(|variant| (variant.only_here, variant.only_files.as_slice())).collect();
    assert_eq!(only, [(0, &[][..]), (2, &["b".to_owned()][..]), (1, &["c".to_owned()][..])]);
    let file = |path: &str| found.files.iter().find(|file| file.path == path).unwrap();
    assert_eq!((file("a").variants.len(), file("a").same, file("a").agreed_lines), (3, false, 1));
    assert_eq!((file("c").variants.len(), file("c").same, file("c").agreed_lines), (1, true, 0));
    assert!(found.same.is_empty() && found.left_out.is_empty());
}

#[test]
fn what_has_no_lines_counts_as_one() {
    let made: Tree<'_> = &[("a", "1\n2\n3\n"), ("b", "x\n"), ("empty", "")];
    let gone: Tree<'_> = &[("a", "1\n2\n3\n")];
    let found = compared(BASE, &[made, made, gone]);
    assert_eq!((found.likeness("var1", "var2"), found.likeness("var1", "var3")), (Some(1.0), Some(0.0)));
    assert_eq!((found.variants[0].insertions, found.variants[2].deletions, found.variants[2].only_here), (0, 1, 1));

    let binary = |index, new: &str, mode| {
        let bytes = FileChange {
            path: b"p".to_vec(),
            from: Some(b"q".to_vec()),
            kind: ChangeKind::Renamed,
            old_mode: Some(0o100644),
            new_mode: Some(mode),
            old: Some(oid_of("before")),
            new: Some(oid_of(new)),
            binary: true,
            removed: Default::default(),
            added: Default::default(),
        };
        Change { files: vec![bytes], ..change(index, BASE, BASE) }
    };
    // A rename, other bytes, and a mode: three things, of which the second shares two with the first.
    let changes = [binary(1, "new", 0o100755), binary(2, "new", 0o100644), binary(3, "before", 0o100644)];
    let found = compare(&"run".parse().unwrap(), oid_of(""), &changes, &|_| None);
    assert_eq!(found.likeness("var1", "var2"), Some(2.0 * 2.0 / 5.0));
    assert_eq!(found.likeness("var1", "var3"), Some(2.0 * 1.0 / 4.0));
    assert!(found.files[0].binary && !found.files[0].same);
}

#[test]
fn the_same_change_is_found_behind_white_space() {
    let two = |a| -> Vec<(&'static str, &'static str)> { vec![("a", a), ("b", "x\n")] };
    let (plain, indented) = (two("1\ntwo {\n3\n"), two("1\n  two  {\n\n3\n"));
    // The same lines come and go, elsewhere.
    let elsewhere = two("1\n3\ntwo {\n");
    let (moved, also_spaces) = (two("1\n3\n2\n"), vec![("a", "1\ntwo {\n3\n"), ("b", "\tx\n")]);
    let variants = [&plain, &indented, &elsewhere, &moved, &also_spaces].map(|tree| tree.as_slice());
    let found = compared(BASE, &variants);
    assert_eq!(found.same, [["var1", "var2", "var5"]]);
    let same: Vec<_> = found.pairs.iter().filter(|p| p.same).map(|p| (p.a.as_str(), p.b.as_str())).collect();
    assert_eq!(same, [("var1", "var2"), ("var1", "var5"), ("var2", "var5")]);
}

#[test]
fn one_alone_has_no_others_and_none_is_no_fault() {
    let found = compared(BASE, &[BASE, &[("b", "x\n")]]);
    assert_eq!(found.left_out, [LeftOut { name: "var1".into(), why: "it changes nothing".into() }]);
    assert_eq!((found.variants.len(), found.variants[0].agreement, found.nearest), (1, None, None));
    assert_eq!((found.agreed_lines, found.pairs.len()), (3, 0));
    let none = compared(BASE, &[]);
    assert_eq!((none.variants.len(), none.agreed_lines, none.files.len()), (0, 0, 0));
}

#[test]
fn every_number_is_explained() {
    let found = serde_json::to_value(compared(BASE, &[BASE, &[("b", "x\n")], &[("a", "1\n")]])).unwrap();
    for (name, _) in &MEANING[1..] {
        let pointer = format!("/{}", name.replace("[].", "/0/"));
        assert!(found.pointer(&pointer).is_some(), "{name}");
    }
    assert_eq!(found["schema"], "puff.matrix/1");
}

proptest! {
    #[test]
    fn likeness_is_symmetric_from_0_to_1_and_1_for_the_same(
        base in "([abc ]\n){0,8}", texts in prop::collection::vec("([abc ]\n){0,8}", 2..5),
    ) {
        let trees: Vec<Vec<(&str, &str)>> = texts.iter().map(|text| vec![("f", text.as_str())]).collect();
        let trees: Vec<_> = trees.iter().map(Vec::as_slice).collect();
        let base = [("f", base.as_str())];
        let found = compared(&base, &trees);
        let backwards = compared(&base, &trees.iter().rev().copied().collect::<Vec<_>>());
        let count = trees.len();
        let other_name = |name: &str| format!("var{}", count + 1 - name[3..].parse::<usize>().unwrap());
        for pair in &found.pairs {
            prop_assert!((0.0..=1.0).contains(&pair.likeness));
            let mirrored = backwards.likeness(&other_name(&pair.a), &other_name(&pair.b));
            prop_assert_eq!(Some(pair.likeness), mirrored);
            let [one, other] = [&pair.a, &pair.b].map(|name| &texts[name[3..].parse::<usize>().unwrap() - 1]);
            if one == other {
                prop_assert!(pair.likeness == 1.0 && pair.same);
            }
            let bare = |text: &str| text.replace(' ', "").replace("\n\n", "\n").split('\n').filter(|l| !l.is_empty())
                .map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(pair.same, bare(one) == bare(other));
        }
        for variant in &found.variants {
            prop_assert!(variant.only_here <= variant.insertions + variant.deletions);
        }
        prop_assert!(found.pairs.iter().all(|pair| pair.shared_lines >= found.agreed_lines));
    }
}
