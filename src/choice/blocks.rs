//! The tests of a file, one by one: where each begins and ends, and copies of a file whose tests have other names.

use std::collections::BTreeSet;
use std::ops::Range;

use super::tests_named::definitions;

/// A test in the text of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block<'t> {
    /// Its name, as the file has it.
    pub name: String,
    /// Where that is.
    pub name_at: Range<usize>,
    /// It all, with what is written above it about it.
    pub text: &'t str,
    /// Where it begins.
    pub start: usize,
}

/// A file, cut into what is before its tests, and its tests. What stands between two tests belongs to the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFile<'t> {
    /// Imports, helpers.
    pub preamble: &'t str,
    /// The tests, in their order.
    pub blocks: Vec<Block<'t>>,
}

impl<'t> TestFile<'t> {
    /// Cuts a file; one of a language whose tests are not known is all preamble.
    pub fn parse(path: &str, text: &'t str) -> TestFile<'t> {
        let found = definitions(path, text);
        let starts: Vec<usize> = found.iter().map(|(_, at)| beginning(text, at.start)).collect();
        let end = |place: usize| starts.get(place + 1).copied().unwrap_or(text.len());
        let block = |(place, (name, at)): (usize, &(String, Range<usize>))| Block {
            name: name.clone(),
            name_at: at.clone(),
            text: &text[starts[place]..end(place)],
            start: starts[place],
        };
        let preamble = &text[..starts.first().copied().unwrap_or(text.len())];
        TestFile { preamble, blocks: found.iter().enumerate().map(block).collect() }
    }

    /// Returns the test with a name.
    pub fn test(&self, name: &str) -> Option<&Block<'t>> {
        self.blocks.iter().find(|block| block.name == name)
    }

    /// Returns the name of the test that a place of the text belongs to.
    pub fn test_at(&self, place: usize) -> Option<&str> {
        self.blocks.iter().rev().find(|block| block.start <= place).map(|block| block.name.as_str())
    }
}

/// Returns the beginning of what is written about the test that is named here: its line, and the attributes, decorators and
/// comments directly above.
fn beginning(text: &str, at: usize) -> usize {
    let mut start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    while start > 0 {
        let above = text[..start - 1].rfind('\n').map_or(0, |end| end + 1);
        let line = text[above..start].trim();
        if !["@", "#", "//", "/*", "*"].iter().any(|begin| line.starts_with(begin)) {
            break;
        }
        start = above;
    }
    start
}

/// Returns whether two tests are the same, but for white space.
pub fn is_same(one: &str, other: &str) -> bool {
    let lines = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    lines(one) == lines(other)
}

/// Returns the name of a test in a copy.
fn marked(name: &str, marker: &str) -> String {
    for begin in ["test_", "test", "Test", "Fuzz", "Benchmark"] {
        if let Some(rest) = name.strip_prefix(begin).filter(|_| !name.contains(' ')) {
            return format!("{begin}{marker}_{}", rest.trim_start_matches('_'));
        }
    }
    let space = if name.contains(' ') { " " } else { "_" };
    format!("{marker}{space}{name}")
}

/// Returns the name that a test has in the file that was copied, if this is one of a copy with that marker. A runner may put
/// suites before a name.
pub fn unmarked(name: &str, marker: &str) -> Option<String> {
    let at = name.find(marker)?;
    let (before, rest) = (&name[..at], &name[at + marker.len()..]);
    let rest = rest.strip_prefix(['_', ' '])?;
    let begin = before.rsplit([':', '.', ' ', '>', '/']).next().unwrap_or_default();
    Some(format!("{begin}{rest}"))
}

/// Returns the file with other names of its tests, so that runs tell them from those of the file itself; only those that
/// `wanted` names are kept.
pub fn copy(path: &str, text: &str, marker: &str, wanted: Option<&BTreeSet<String>>) -> String {
    let file = TestFile::parse(path, text);
    let mut made = file.preamble.to_owned();
    for block in file.blocks.iter().filter(|block| wanted.is_none_or(|wanted| wanted.contains(&block.name))) {
        let name = block.name_at.start - block.start..block.name_at.end - block.start;
        made += &block.text[..name.start];
        made += &marked(&block.name, marker);
        made += &block.text[name.end..];
    }
    made
}

/// Returns where a copy of a file of tests is found by the runner that finds the file. None in languages where a copy would
/// declare names again.
pub fn copy_path(path: &str, marker: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    let (stem, end) = name.split_once('.')?;
    let name = match end.rsplit('.').next()? {
        "py" | "rb" | "rs" => {
            let tail = ["_test", "_spec", "_tests"].into_iter().find(|tail| stem.ends_with(tail)).unwrap_or_default();
            format!("{}_{marker}{tail}.{end}", &stem[..stem.len() - tail.len()])
        }
        "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" => {
            let tail = ["-test", "_test", ".test"].into_iter().find(|tail| stem.ends_with(tail)).unwrap_or_default();
            format!("{}-{marker}{tail}.{end}", &stem[..stem.len() - tail.len()])
        }
        _ => return None,
    };
    Some(if folder.is_empty() { name } else { format!("{folder}/{name}") })
}

/// Returns a file of tests as it is run on a variant: that of the base, without the tests that are excused. What is imported
/// for those alone is left out too, where the variant's file leaves it out and adds nothing.
pub fn restored(path: &str, base: &str, ours: Option<&str>, excused: &BTreeSet<String>) -> String {
    if excused.is_empty() {
        return base.to_owned();
    }
    let file = TestFile::parse(path, base);
    let ours = ours.map(|ours| TestFile::parse(path, ours).preamble).filter(|ours| is_part(ours, file.preamble));
    let kept = file.blocks.iter().filter(|block| !excused.contains(&block.name)).map(|block| block.text);
    std::iter::once(ours.unwrap_or(file.preamble)).chain(kept).collect()
}

/// Returns whether all words of one text come in the other, in their order.
fn is_part(one: &str, other: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.split(|one: char| one.is_whitespace() || ",(){};".contains(one))
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (all, mut at) = (words(other), 0);
    words(one).iter().all(|word| {
        let found = all[at..].iter().position(|known| known == word);
        at += found.map_or(0, |found| found + 1);
        found.is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "from n import f, old\n\n\ndef test_a():\n    assert f(1) == 2\n\n\n@mark\ndef test_old():\n    assert old()\n";

    #[test]
    fn a_file_is_cut_at_its_tests() {
        let file = TestFile::parse("test_n.py", FILE);
        assert_eq!(file.preamble, "from n import f, old\n\n\n");
        let names: Vec<_> = file.blocks.iter().map(|block| block.name.as_str()).collect();
        assert_eq!(names, ["test_a", "test_old"]);
        assert!(file.blocks[1].text.starts_with("@mark\n"));
        assert_eq!(file.test_at(FILE.find("f(1)").unwrap()), Some("test_a"));
    }

    #[test]
    fn copies_have_other_names_which_lead_back() {
        let made = copy("test_n.py", FILE, "qv2", Some(&["test_a".to_owned()].into()));
        assert_eq!(made, "from n import f, old\n\n\ndef test_qv2_a():\n    assert f(1) == 2\n\n\n");
        assert_eq!(unmarked("test_qv2_a", "qv2").as_deref(), Some("test_a"));
        let js = "test('adds up', () => {});\n";
        assert_eq!(copy("a.test.js", js, "qp1", None), "test('qp1 adds up', () => {});\n");
        assert_eq!(unmarked("suite > qp1 adds up", "qp1").as_deref(), Some("adds up"));
        assert_eq!(unmarked("test_a", "qv2"), None);
        for (path, copied) in [
            ("tests/test_n.py", "tests/test_n_q.py"),
            ("n_test.py", "n_q_test.py"),
            ("test/n.test.js", "test/n-q.test.js"),
            ("tests/n.rs", "tests/n_q.rs"),
        ] {
            assert_eq!(copy_path(path, "q").as_deref(), Some(copied));
        }
        assert_eq!(copy_path("n_test.go", "q"), None);
    }

    #[test]
    fn what_is_excused_goes_with_its_import_and_nothing_else_does() {
        let excused = BTreeSet::from(["test_old".to_owned()]);
        let ours = "from n import f\n\n\ndef test_a():\n    assert f(1) == 3\n";
        let made = restored("test_n.py", FILE, Some(ours), &excused);
        assert_eq!(made, "from n import f\n\n\ndef test_a():\n    assert f(1) == 2\n\n\n");
        let fake = "from fake import f\n\n\ndef test_a():\n    pass\n";
        assert!(restored("test_n.py", FILE, Some(fake), &excused).starts_with("from n import f, old"));
    }
}
