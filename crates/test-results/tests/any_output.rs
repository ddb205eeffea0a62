//! Whatever a check prints or leaves: reading it ends well, and in parts it says the same as in one.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use test_results::{OutputReader, Report};

/// Parts of what runners print, so that many outputs come close to one of theirs.
const PARTS: [&str; 18] = [
    "TAP version 13\n",
    "not ok 1 - a\n",
    "ok 2 - b # SKIP\n",
    "    # Subtest: c\n",
    "  ---\n  actual: 2\n  expected:\n    0: 3\n",
    "  ...\n1..9\n",
    "running 2 tests\ntest a ... ",
    "FAILED\n",
    "\n---- a stdout ----\n  left: 3\n right: 4\n",
    "test result: FAILED. 0 passed; 1 failed; 0 ignored;",
    "     Running tests/n.rs (target/debug/deps/n-1)\n",
    "collected 2 items\n",
    "tests/test_a.py F.                              [100%]\n",
    "____ test_a ____\nE   assert 1 == 2\n",
    "=== 1 failed, 1 passed in 0.01s ===\n",
    "\u{2716} a (1.2ms)\n",
    "\u{25b6} s\n  \u{2714} b\n",
    "<testsuite><testcase name='a'><failure message='&x;'>",
];

fn output() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => (0..PARTS.len()).prop_map(|at| PARTS[at].as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..40),
    ];
    vec(part, 0..30).prop_map(|parts| parts.concat())
}

fn read<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> Report {
    let mut reader = OutputReader::new(Path::new("/nowhere"));
    parts.into_iter().for_each(|part| reader.read(part));
    reader.finish()
}

proptest! {
    #[test]
    fn output_in_parts_says_the_same_as_in_one(output in output(), size in 1usize..50) {
        let (whole, parts) = (read([output.as_slice()]), read(output.chunks(size)));
        prop_assert_eq!(format!("{whole:?}"), format!("{parts:?}"));
    }

    #[test]
    fn any_file_is_read_to_its_end(content in output(), end in 0usize..4) {
        let folder = tempfile::tempdir().unwrap();
        let name = ["junit.xml", "a.trx", "a.json", "a"][end];
        std::fs::write(folder.path().join(name), content).unwrap();
        let report = test_results::read_folder(folder.path());
        prop_assert!(report.tests.iter().all(|test| !test.name.chars().any(char::is_control)));
    }
}
