//! How many tests a check ran, by the JUnit files that it wrote.
//!
//! The files come from code that is not trusted. They are read event by event: no entity is expanded, no tree is built,
//! and a file that ends in its middle counts as far as it goes.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::model::Counts;

/// The largest JUnit file that is read, in bytes, and how many of them.
const LARGEST: u64 = 64 << 20;
const MOST_FILES: usize = 1000;

/// How many folders deep, and how many entries in all, JUnit files are looked for.
const DEEPEST: usize = 10;
const MOST_ENTRIES: usize = 20_000;

/// Folders that hold much, and none of them.
const PASSED_OVER: [&str; 9] =
    [".git", "node_modules", ".venv", "venv", ".tox", ".gradle", ".cargo", "vendor", "__pycache__"];

/// Below a folder `target`, only these are looked into: the rest is what compilers leave.
const IN_TARGET: [&str; 3] = ["nextest", "surefire-reports", "failsafe-reports"];

/// Returns what the JUnit files say that were written below a folder since a moment; none when there are none.
pub(super) fn junit_below(folder: &Path, since: SystemTime) -> Option<Counts> {
    let mut files = Vec::new();
    let mut entries = 0;
    let mut open = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        let in_target = folder.file_name().is_some_and(|name| name == "target");
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            entries += 1;
            if entries > MOST_ENTRIES {
                break;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                let wanted = if in_target { IN_TARGET.contains(&name.as_str()) } else { !passed_over(&name) };
                if wanted && depth < DEEPEST {
                    open.push((entry.path(), depth + 1));
                }
            } else if kind.is_file() && is_junit(&name) && files.len() < MOST_FILES {
                let new = entry.metadata().is_ok_and(|meta| meta.modified().is_ok_and(|written| written >= since));
                files.extend(new.then(|| entry.path()));
            }
        }
    }
    sum(&files)
}

/// Returns what the JUnit files say that are in a folder for them, whatever their names.
pub(super) fn junit_in(folder: &Path) -> Option<Counts> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files: Vec<PathBuf> = entries.take(MOST_FILES).map(|entry| entry.path()).collect();
    sum(&files)
}

fn sum(files: &[PathBuf]) -> Option<Counts> {
    let small = files.iter().filter(|path| path.metadata().is_ok_and(|meta| meta.is_file() && meta.len() <= LARGEST));
    let read = small.filter_map(|path| junit(&text(path).ok()?));
    read.reduce(|a, b| Counts {
        passed: a.passed + b.passed,
        failed: a.failed + b.failed,
        skipped: a.skipped + b.skipped,
    })
}

/// Reads a file, with a mark for each byte that is not UTF-8: names of tests need not be.
fn text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    // It may grow while it is read.
    crate::files::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn passed_over(name: &str) -> bool {
    PASSED_OVER.contains(&name)
}

fn is_junit(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.ends_with(".xml") && (lower.starts_with("junit") || name.starts_with("TEST-"))
}

/// Returns what a JUnit file says: its cases, and what is inside of each. None when it is something else.
///
/// There is no one schema of JUnit's files (<https://github.com/testmoapp/junitxml> collects what tools write): counted
/// are the elements that all of them have.
fn junit(text: &str) -> Option<Counts> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    // Tools that build XML from strings forget to escape and to close: what can be counted is.
    config.allow_dangling_amp = true;
    config.allow_unmatched_ends = true;
    config.check_end_names = false;
    config.expand_empty_elements = true;
    let mut tests = Tests::default();
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) => tests.begin(element.name().as_ref()),
            Ok(Event::End(element)) => tests.end(element.name().as_ref()),
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    tests.is_junit.then_some(tests.counts)
}

/// The cases of a file, as far as it was read.
#[derive(Default)]
struct Tests {
    counts: Counts,
    is_junit: bool,
    case: Option<Case>,
}

/// How the case ended that is being read.
#[derive(Clone, Copy, Default)]
struct Case {
    failed: bool,
    skipped: bool,
}

impl Tests {
    fn begin(&mut self, element: &str) {
        match (element, &mut self.case) {
            ("testsuites" | "testsuite", _) => self.is_junit = true,
            ("testcase", case) => *case = Some(Case::default()),
            ("failure" | "error", Some(case)) => case.failed = true,
            ("skipped", Some(case)) => case.skipped = true,
            _ => {}
        }
    }

    fn end(&mut self, element: &str) {
        if element != "testcase" {
            return;
        }
        match self.case.take() {
            Some(Case { failed: true, .. }) => self.counts.failed += 1,
            Some(Case { skipped: true, .. }) => self.counts.skipped += 1,
            Some(_) => self.counts.passed += 1,
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64, skipped: u64) -> Option<Counts> {
        Some(Counts { passed, failed, skipped })
    }

    #[test]
    fn junit_is_counted_by_its_cases() {
        let xml = "<?xml version=\"1.0\"?><testsuites tests=\"9\"><testsuite name=\"a>b\"><testcase name=\"one\"/>\
            <testcase name=\"two\"><failure message='x > y'>no</failure></testcase><testcase name=\"three\">\
            <skipped/></testcase><testcase><system-out><![CDATA[<testcase/>]]></system-out></testcase>\
            <!-- <testcase/> --></testsuite></testsuites>";
        assert_eq!(junit(xml), counts(2, 1, 1));
        assert_eq!(junit("<html></html>"), None);
        let folder = tempfile::tempdir().unwrap();
        let put = |path: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, xml).unwrap();
        };
        let since = SystemTime::now() - std::time::Duration::from_secs(5);
        for path in ["target/nextest/ci/junit.xml", "target/debug/junit.xml", "node_modules/junit.xml", "pom.xml"] {
            put(path);
        }
        assert_eq!(junit_below(folder.path(), since), counts(2, 1, 1));
        assert_eq!(junit_below(folder.path(), SystemTime::now() + std::time::Duration::from_secs(60)), None);
    }

    #[test]
    fn what_is_damaged_counts_as_far_as_it_goes() {
        let one = "<testsuite><testcase name='a'/>";
        for rest in [
            "",
            "<testcase name='b'><failure>no",
            "<testcase name='b",
            "<",
            "<![CDATA[<testcase/>",
            "</nothing>",
            "</testsuites></testsuite></x>",
            "a & b < c",
        ] {
            assert_eq!(junit(&format!("{one}{rest}")), counts(1, 0, 0), "{rest}");
        }
        let odd = "<testsuite><testcase name='a & b'/><system-out>x & y &nothing; </system-out><testcase/></testsuite>";
        assert_eq!(junit(odd), counts(2, 0, 0));
    }

    #[test]
    fn no_entity_is_expanded_and_no_large_file_read() {
        let lol = (1..10).map(|at| format!("<!ENTITY l{at} '{}'>", format!("&l{};", at - 1).repeat(10)));
        let bomb = format!(
            "<!DOCTYPE x [<!ENTITY l0 '<testcase/>'>{}]><testsuite>&l9;<testcase/></testsuite>",
            lol.collect::<String>()
        );
        assert_eq!(junit(&bomb), counts(1, 0, 0));
        let folder = tempfile::tempdir().unwrap();
        let (small, large) = (folder.path().join("small.xml"), folder.path().join("large.xml"));
        std::fs::write(&small, b"<testsuite>\xff\xfe<testcase name='\xff'/></testsuite>").unwrap();
        std::fs::write(&large, "<testsuite><testcase/></testsuite>").unwrap();
        std::fs::File::options().write(true).open(&large).unwrap().set_len(2 << 30).unwrap();
        assert_eq!(junit_in(folder.path()), counts(1, 0, 0));
    }
}
