//! The table in `README.md` names the cases that there are, each of them, and no others; and every test of git's that
//! is about applying patches is in it.

use std::collections::BTreeSet;

use super::all;

const TABLE: &str = include_str!("README.md");

/// The tests of git's that are about applying patches: `git apply`, and `git am` on top of it.
const TESTS: [std::ops::RangeInclusive<u32>; 2] = [4100..=4141, 4150..=4153];

fn rows() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|line| line.starts_with("| "))
}

#[test]
fn the_table_names_every_case_and_no_others() {
    let mut names = BTreeSet::new();
    for case in all() {
        assert!(names.insert(case.name), "two cases have the name {}", case.name);
    }
    let cells = rows().filter_map(|row| row.trim_end_matches([' ', '|']).rsplit(" | ").next());
    let named: BTreeSet<&str> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    let unknown: Vec<_> = named.difference(&names).collect();
    let missing: Vec<_> = names.difference(&named).collect();
    assert!(unknown.is_empty(), "the table names cases that there are not: {unknown:#?}");
    assert!(missing.is_empty(), "the table lacks cases: {missing:#?}");
}

#[test]
fn the_table_has_every_test_of_gits() {
    let listed: BTreeSet<&str> = rows().filter_map(|row| row.split([' ', '|']).find(|word| !word.is_empty())).collect();
    let missing: Vec<_> =
        TESTS.into_iter().flatten().filter(|test| !listed.contains(format!("t{test}").as_str())).collect();
    assert!(missing.is_empty(), "the table lacks {missing:?}");
}
