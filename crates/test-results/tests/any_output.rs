//! Whatever a check prints or leaves: reading it ends well, and in parts it says the same as in one.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use test_results::{OutputReader, Report};

/// Parts of what runners print, so that many outputs come close to one of theirs.
const PARTS: [&str; 68] = [
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
    "    Starting 2 tests across 1 binary\n",
    "        FAIL [   0.1s] (1/2) c::c a\n",
    "  TRY 2 PASS [   0.1s] (\u{2500}) c b\n",
    "    thread 'a' (1) panicked at tests/c.rs:1:2:\n    boom\n",
    "     Summary [   0.1s] 2 tests run: 1 passed (1 slow), 1 failed, 0 skipped\n",
    "\nCalc\n  #s\nprinted\n    adds\n    fails (FAILED - 1)\n",
    "Failures:\n\n  1) Calc #s fails\n     Failure/Error: x\n\n       expected: 1\n            got: \u{fc}\n     # ./a_spec.rb:1:in `b'\n",
    "Finished in 0.1 seconds\n2 examples, 1 failure\n",
    "An error occurred while loading ./b.rb.\n",
    "PHPUnit 9.6.7 by Sebastian Bergmann and contributors.\n",
    "There was 1 failure:\n\n1) C::testA with data set \"x\" (1)\nFailed asserting that 1 is 2.\n\n/a/CTest.php:3\n",
    "C (N\\C)\n \u{2714} A\n \u{2718} B\n   \u{2502} no\n",
    "FAILURES!\nTests: 2, Assertions: 1, Failures: 1, Warnings: 1.\n",
    "OK (18446744073709551615 tests, 1 assertion)\n",
    "Test project /b\n",
    "1/2 Test #1: a ...   Passed    0.00 sec\n",
    "2/2 Test #2: b ...***Failed    0.00 sec\ngot 1, want 2\n",
    "  Failed N.C.M(x: 1) [1 ms]\n  Error Message:\n   no\n  Stack Trace:\n   at x in /a.cs:line 3\n",
    "  Passed N.C.O [< 1 ms]\n",
    "Failed!  - Failed:     1, Passed:     1, Skipped:     0, Total:     2\n",
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
