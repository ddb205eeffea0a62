//! Tests that a patch brings or takes, by what the languages call a test.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use git_tree_apply::parse::{Body, FilePatch, Hunk, Name, Stated};
use regex::bytes::{Regex, RegexBuilder};

/// The most names on either side.
const MOST: usize = 500;

/// Tests as they come and go.
#[derive(Debug, Default)]
pub struct Tests {
    come: BTreeSet<String>,
    gone: BTreeSet<String>,
}

/// A language's conventions: the ends of its files, and what names a test in a line of it.
struct Convention {
    ends: &'static [&'static str],
    /// Its first group is the name.
    named: Regex,
    /// The name is of a test only behind a line like this.
    behind: Option<Regex>,
}

static CONVENTIONS: LazyLock<Vec<Convention>> = LazyLock::new(|| {
    let convention =
        |ends, named: &str, behind: Option<&str>| Convention { ends, named: regex(named), behind: behind.map(regex) };
    vec![
        convention(
            &[".rs"],
            r"^\s*(?:pub(?:\([a-z]+\))?\s+)?(?:async\s+)?fn\s+([A-Za-z0-9_]+)",
            Some(r"^\s*#\[(?:[a-z_:]+::)?(?:test|rstest|test_case|proptest|wasm_bindgen_test)\b"),
        ),
        convention(&[".py"], r"^\s*(?:async\s+)?def\s+(test_[A-Za-z0-9_]+)", None),
        convention(
            &[".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"],
            r#"^\s*(?:await\s+)?(?:[a-z]+\.)?(?:it|test)(?:\.(?:only|skip|concurrent|each\([^)]*\)))?\s*\(\s*(?:'([^']{1,200})'|"([^"]{1,200})"|`([^`]{1,200})`)"#,
            None,
        ),
        convention(&["_test.go"], r"^func\s+((?:Test|Fuzz|Benchmark)[A-Z_0-9][A-Za-z0-9_]*)\s*\(", None),
        convention(
            &[".java", ".kt"],
            r"^\s*(?:(?:public|protected|private|internal|suspend|static|final)\s+)*(?:void|fun)\s+`?([A-Za-z0-9_ ]+?)`?\s*\(",
            Some(r"^\s*@(?:Test|ParameterizedTest|RepeatedTest)\b"),
        ),
        convention(
            &[".cs"],
            r"^\s*(?:public\s+)?(?:async\s+)?(?:void|Task)\s+([A-Za-z0-9_]+)\s*\(",
            Some(r"^\s*\[(?:Fact|Theory|Test|TestMethod)\b"),
        ),
        convention(&["_spec.rb", "_test.rb"], r#"^\s*(?:it|test)\s+(?:'([^']{1,200})'|"([^"]{1,200})")"#, None),
        convention(&["_test.rb"], r"^\s*def\s+(test_[A-Za-z0-9_?!]+)", None),
        convention(&["Test.php"], r"function\s+(test[A-Za-z0-9_]+)\s*\(", None),
        convention(&["Tests.swift", "Test.swift"], r"^\s*func\s+(test[A-Za-z0-9_]+)\s*\(", None),
        convention(&["_test.exs"], r#"^\s*test\s+"([^"]{1,200})""#, None),
    ]
});

impl Tests {
    /// Looks for tests in what a patch does to one file.
    pub fn scan(&mut self, file: &FilePatch<'_>) {
        let path = file.name().to_string();
        if is_test_file(&path) && file.is_new == Stated::Yes {
            self.come.insert(path.clone());
        }
        if let Some(old) = file.old_name.as_deref().filter(|_| file.is_delete == Stated::Yes) {
            let old = Name(old).to_string();
            self.gone.extend(is_test_file(&old).then_some(old));
        }
        let Body::Text(hunks) = &file.body else { return };
        for convention in CONVENTIONS.iter().filter(|one| one.ends.iter().any(|end| path.ends_with(end))) {
            for hunk in hunks {
                self.scan_file(hunk, convention);
            }
        }
    }

    fn scan_file(&mut self, hunk: &Hunk<'_>, convention: &Convention) {
        // What was said above the line, on either side.
        let mut marked = [convention.behind.is_none(); 2];
        for (added, text) in lines(hunk) {
            let sides = match added {
                Some(added) => usize::from(added)..usize::from(added) + 1,
                None => 0..2,
            };
            for side in sides {
                let marked = &mut marked[side];
                if convention.behind.as_ref().is_some_and(|behind| behind.is_match(text)) {
                    *marked = true;
                }
                let Some(found) = convention.named.captures(text).filter(|_| *marked) else { continue };
                *marked = convention.behind.is_none();
                let Some(name) = found.iter().skip(1).flatten().next() else { continue };
                let name = String::from_utf8_lossy(name.as_bytes()).into_owned();
                let names = if side == 1 { &mut self.come } else { &mut self.gone };
                if added.is_some() && names.len() < MOST {
                    names.insert(name);
                }
            }
        }
    }

    /// Returns the tests that come, and those that go. One that does both was only moved or changed.
    pub fn come_and_gone(self) -> (Vec<String>, Vec<String>) {
        let only = |these: &BTreeSet<String>, not: &BTreeSet<String>| these.difference(not).cloned().collect();
        (only(&self.come, &self.gone), only(&self.gone, &self.come))
    }
}

/// Returns the lines of a hunk, each with whether it comes or goes, or none where it stays.
fn lines<'p>(hunk: &Hunk<'p>) -> impl Iterator<Item = (Option<bool>, &'p [u8])> {
    hunk.lines.split(|byte| *byte == b'\n').filter_map(|line| match line.split_first()? {
        (b'+', text) => Some((Some(true), text)),
        (b'-', text) => Some((Some(false), text)),
        (b'\\', _) => None,
        (_, text) => Some((None, text)),
    })
}

/// Returns the tests that a file defines, and where their names are in its text, in bytes.
pub fn definitions(path: &str, text: &str) -> Vec<(String, Range<usize>)> {
    let mut found: Vec<(String, Range<usize>)> = Vec::new();
    for convention in CONVENTIONS.iter().filter(|one| one.ends.iter().any(|end| path.ends_with(end))) {
        let (mut start, mut marked) = (0, convention.behind.is_none());
        for line in text.split_inclusive('\n') {
            marked |= convention.behind.as_ref().is_some_and(|behind| behind.is_match(line.as_bytes()));
            if let Some(captures) = convention.named.captures(line.as_bytes()).filter(|_| marked) {
                marked = convention.behind.is_none();
                if let Some(name) = captures.iter().skip(1).flatten().next() {
                    let words = String::from_utf8_lossy(name.as_bytes()).into_owned();
                    found.push((words, start + name.start()..start + name.end()));
                }
            }
            start += line.len();
        }
    }
    found.sort_by_key(|(_, at)| at.start);
    found.dedup_by_key(|(_, at)| at.start);
    found
}

fn regex(form: &str) -> Regex {
    RegexBuilder::new(form).unicode(false).build().expect("the form is a regular expression")
}

/// Returns whether it is a file of tests, by its name or folder.
pub fn is_test_file(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let stem = name.split('.').next().unwrap_or(name);
    let code = name.contains('.') && !name.ends_with(".md") && !name.ends_with(".json") && !name.ends_with(".txt");
    let in_folder =
        lower.split('/').rev().skip(1).any(|folder| matches!(folder, "test" | "tests" | "__tests__" | "spec"));
    let named = stem.starts_with("test_")
        || ["_test", "_tests", "_spec"].iter().any(|end| stem.ends_with(end))
        || [".test.", ".spec."].iter().any(|part| name.contains(part))
        || ["Test.java", "Tests.java", "Test.kt", "Test.php", "Tests.cs", "Tests.swift"]
            .iter()
            .any(|end| path.ends_with(end));
    code && (in_folder || named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use git_tree_apply::parse::parse;

    fn tests(path: &str, hunk: &str) -> (Vec<String>, Vec<String>) {
        let count = |sign| hunk.lines().filter(|line| !line.starts_with(sign)).count();
        let (old, new) = (count('+'), count('-'));
        let patch = format!("--- a/{path}\n+++ b/{path}\n@@ -1,{old} +1,{new} @@\n{hunk}");
        let files = parse(patch.as_bytes()).unwrap();
        let mut tests = Tests::default();
        files.iter().for_each(|file| tests.scan(file));
        tests.come_and_gone()
    }

    fn come(path: &str, hunk: &str) -> Vec<String> {
        tests(path, hunk).0
    }

    #[test]
    fn tests_are_known_by_what_their_language_calls_one() {
        for (path, hunk, names) in [
            ("src/a.rs", " x\n+#[test]\n+fn trims() {\n+fn helper() {\n", vec!["trims"]),
            ("src/a.rs", " #[tokio::test]\n+#[ignore]\n+async fn waits() {\n", vec!["waits"]),
            ("a.py", " x\n+    def test_trim(self):\n+    def helper(self):\n", vec!["test_trim"]),
            (
                "a.test.js",
                " x\n+  it('trims', () => {\n+test.skip(\"later\", f)\n+await t.test('inner', f)\n",
                vec!["inner", "later", "trims"],
            ),
            ("a_test.go", " x\n+func TestTrim(t *testing.T) {\n+func helper() {\n", vec!["TestTrim"]),
            ("src/A.java", " x\n+    @Test\n+    public void trims() {\n+    void helper() {\n", vec!["trims"]),
            ("src/a.rs", " x\n+fn test_data() {\n", vec![]),
            ("a.go", " x\n+func TestTrim(t *testing.T) {\n", vec![]),
        ] {
            assert_eq!(come(path, hunk), names, "{path}");
        }
    }

    #[test]
    fn a_test_that_moves_neither_comes_nor_goes() {
        let moved = "-#[test]\n-fn a() {\n x\n+#[test]\n+fn a() {\n-#[test]\n-fn b() {\n";
        assert_eq!(tests("src/a.rs", moved), (vec![], vec!["b".to_owned()]));
    }

    #[test]
    fn files_of_tests_are_known_by_name_or_folder() {
        for path in ["tests/it.rs", "a/__tests__/x.js", "x.spec.ts", "test_x.py", "x_test.go", "src/FooTest.java"] {
            assert!(is_test_file(path), "{path}");
        }
        for path in ["src/attest.rs", "latest.js", "tests/README.md", "contest/x.py", "src/testing.rs"] {
            assert!(!is_test_file(path), "{path}");
        }
    }
}
