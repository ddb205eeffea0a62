//! Whatever a check prints or leaves: reading it ends well, and in parts it says the same as in one.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use test_results::{OutputReader, Report};

/// Parts of what runners print, so that many outputs come close to one of theirs.
const PARTS: [&str; 48] = [
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
    "test_a (m.C.test_a) ... ",
    "ok\n",
    "test_b (m.C)\nSays what. ... ERROR\n",
    "======================================================================\nFAIL: test_a (m.C.test_a) (i=1)\n",
    "----------------------------------------------------------------------\n",
    "Traceback (most recent call last):\n  File \"m.py\", line 2, in test_a\nAssertionError: 1 != 2\n",
    "Ran 2 tests in 0.001s\n\n",
    "FAILED (failures=1, skipped=18446744073709551615)\n",
    "=== RUN   TestA\n",
    "=== RUN   TestA/b\n    a_test.go:3: got 1, want 2\n",
    "x--- FAIL: TestA (0.00s)\n",
    "    --- PASS: TestA/b (0.00s)\n",
    "ok  \tm/a\t0.01s\n",
    "FAIL\tm/a\t0.01s\n",
    "# m/b\nb.go:1:2: undefined\nFAIL\tm/b [build failed]\n",
    "{\"Action\":\"run\",\"Package\":\"m\",\"Test\":\"T\"}\n",
    "{\"Action\":\"output\",\"Package\":\"m\",\"Test\":\"T\",\"Output\":\"got 1, want 2\\n\"}\n",
    "{\"Action\":\"fail\",\"Package\":\"m\"}\n",
    "  s\n    \u{2714} b (4ms)\n",
    "    1) c\n",
    "\n  1 passing (5ms)\n  18446744073709551615 failing\n\n",
    "  1) s\n       c:\n\n      + expected - actual\n\n      -1\n      +2\n      at x (t.js:1:2)\n",
    "FAIL a.test.js\n  s\n    \u{2713} b (4 ms)\n",
    "  \u{25cf} s \u{203a} c\n\n    - Expected\n    + Received\n\n    - 1\n    + \u{fc}\n",
    "Tests:       1 failed, 1 passed, 2 total\n",
    " \u{2713} a.test.js > s > b 4ms\n",
    " FAIL  a.test.js > s > c\n",
    "Error: no\n \u{276f} a.test.js:1:2\n  1| x\n\u{23af}\u{23af}\u{23af}[1/1]\n",
    "      Tests  1 failed | 1 passed (2)\n",
    "\u{1b}[31m\u{1b}]0;x\u{7}\r",
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
