//! JUnit files: pytest, node, nextest, maven, gradle, phpunit, rspec, ctest, gotestsum, and whatever else writes them.
//!
//! There is no one schema (<https://github.com/testmoapp/junitxml> collects what tools write): read are the elements and
//! attributes that they have in common. A file is read event by event: no entity is expanded, no tree is built, and a file that
//! ends in its middle counts as far as it goes.

use std::path::Path;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use crate::actual;
use crate::report::{Found, Outcome, Runner, TestResult};
use crate::text::{self, add_line};

/// The deepest nesting of suites whose names are kept.
const DEEPEST: usize = 64;

/// Returns what a JUnit file says: its cases, and what is inside of each. None when it is something else.
pub(super) fn read(text: &str, folder: &Path) -> Option<Found> {
    let mut cases =
        Cases { found: Found::new(Runner::Unknown), folder, is_junit: false, suites: Vec::new(), case: None };
    each_event(text, |event| match event {
        Event::Start(element) => cases.begin(&element),
        Event::End(element) => cases.end(element.name().as_ref()),
        Event::Text(said) => cases.add_text(&said.xml10_content()),
        Event::CData(said) => cases.add_text(&said.into_inner()),
        Event::GeneralRef(entity) => cases.add_entity(&entity.into_inner()),
        Event::Comment(comment) if comment.trim_start().starts_with("suites ") => cases.found.runner = Runner::Node,
        _ => {}
    });
    cases.is_junit.then(|| cases.finish())
}

/// Reads XML to its end, or to where it is damaged.
pub(super) fn each_event<'t>(text: &'t str, mut hear: impl FnMut(Event<'t>)) {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    // Tools that build XML from strings forget to escape and to close: what can be counted is.
    config.allow_dangling_amp = true;
    config.allow_unmatched_ends = true;
    config.check_end_names = false;
    config.expand_empty_elements = true;
    while let Ok(event) = reader.read_event() {
        if matches!(event, Event::Eof) {
            break;
        }
        hear(event);
    }
}

/// Returns an attribute, with its characters but no entities of the file's own.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.attributes();
    let attributes = attributes.with_checks(false).flatten();
    let found = attributes.into_iter().find(|attribute| attribute.key.as_ref() == name)?;
    Some(unescape(&found.value).map_or_else(|_| found.value.to_string(), |value| value.into_owned()))
}

/// Adds what a reference stands for: one of XML's own five, or a character by its number.
pub(super) fn add_entity(said: &mut String, name: &str) {
    match unescape(&format!("&{name};")) {
        Ok(character) => said.push_str(&character),
        Err(_) => said.push(' '),
    }
}

/// The cases of a file, as far as it was read.
struct Cases<'f> {
    found: Found,
    folder: &'f Path,
    is_junit: bool,
    suites: Vec<Suite>,
    case: Option<Case>,
}

struct Suite {
    name: String,
    file: Option<String>,
}

/// The case that is being read.
struct Case {
    name: String,
    class: String,
    file: Option<String>,
    line: Option<u64>,
    failed: bool,
    skipped: bool,
    /// node: it is still to do, and may fail.
    todo: bool,
    /// What is said of the failure in an attribute, and below it.
    said: String,
    text: String,
    in_failure: bool,
}

impl Cases<'_> {
    fn begin(&mut self, element: &BytesStart<'_>) {
        match (element.name().as_ref(), &mut self.case) {
            ("testsuites" | "testsuite", _) => {
                self.is_junit = true;
                let name = attribute(element, "name").unwrap_or_default();
                self.recognize(element, &name);
                let name = if element.name().as_ref() == "testsuite" { name } else { String::new() };
                let file = attribute(element, "file").or_else(|| attribute(element, "filepath"));
                if self.suites.len() < DEEPEST {
                    self.suites.push(Suite { name, file });
                }
            }
            ("testcase", case) => *case = Some(Case::new(element)),
            ("failure" | "error" | "rerunFailure" | "flakyFailure", Some(case)) => {
                // A test that passed when it was run again has passed, for the tools that say so.
                case.failed |= matches!(element.name().as_ref(), "failure" | "error");
                let kind = attribute(element, "type").unwrap_or_default();
                let message = attribute(element, "message").unwrap_or_default();
                let is_named = message.is_empty() || message.contains(kind.rsplit('.').next().unwrap_or(&kind));
                let is_exception = kind.ends_with("Error") || kind.ends_with("Exception");
                match is_exception && !is_named {
                    true => add_lines(&mut case.said, &format!("{kind}: {message}")),
                    false => add_lines(&mut case.said, &message),
                }
                case.in_failure = true;
            }
            ("skipped", Some(case)) => {
                case.skipped = true;
                case.todo |= attribute(element, "type").as_deref() == Some("todo");
            }
            ("property", _) if attribute(element, "name").as_deref() == Some("go.version") => {
                self.found.runner = Runner::Go;
            }
            _ => {}
        }
    }

    /// Recognizes who wrote the file by what its suites are called.
    fn recognize(&mut self, element: &BytesStart<'_>, name: &str) {
        let runner = match name {
            "pytest" | "pytest tests" => Runner::Pytest,
            "nextest-run" => Runner::Nextest,
            "jest tests" => Runner::Jest,
            "vitest tests" => Runner::Vitest,
            "Mocha Tests" => Runner::Mocha,
            name if name.starts_with("rspec") => Runner::Rspec,
            _ if attribute(element, "assertions").is_some() => Runner::Phpunit,
            _ => return,
        };
        self.found.runner = runner;
    }

    fn add_text(&mut self, said: &str) {
        if let Some(case) = self.case.as_mut().filter(|case| case.in_failure) {
            let room = (4 * text::MESSAGE).saturating_sub(case.text.len());
            case.text.push_str(text::cut(said, room));
        }
    }

    fn add_entity(&mut self, name: &str) {
        if let Some(case) = self.case.as_mut().filter(|case| case.in_failure && case.text.len() < text::MESSAGE) {
            add_entity(&mut case.text, name);
        }
    }

    fn end(&mut self, element: &str) {
        match (element, &mut self.case) {
            ("failure" | "error" | "rerunFailure" | "flakyFailure", Some(case)) => {
                case.in_failure = false;
                case.text.push('\n');
            }
            ("testsuite" | "testsuites", _) => {
                self.suites.pop();
            }
            ("testcase", case) => {
                if let Some(case) = case.take() {
                    self.keep(case);
                }
            }
            _ => {}
        }
    }

    fn keep(&mut self, case: Case) {
        let outcome = match case {
            // node says both of a test that is still to do.
            Case { todo: true, .. } => Outcome::Skipped,
            Case { failed: true, .. } => Outcome::Failed,
            Case { skipped: true, .. } => Outcome::Skipped,
            _ => Outcome::Passed,
        };
        let (mut message, mut value) = (String::new(), None);
        if outcome == Outcome::Failed {
            value = actual::of(&case.text).or_else(|| actual::of(&case.said));
            message = case.said;
            add_lines(&mut message, &case.text);
        }
        let suites = self.suites.iter().map(|suite| suite.name.as_str()).filter(|name| !name.is_empty());
        let suites: Vec<&str> = suites.collect();
        // The class that node gives to all of them says nothing.
        let file = case.file.or_else(|| self.suites.iter().rev().find_map(|suite| suite.file.clone()));
        let group = match case.class.as_str() {
            "" | "test" => suites.join(" > "),
            // What ctest and jest-junit write: a group of the same name stands for a whole that failed.
            class if class == case.name => String::new(),
            _ => case.class,
        };
        self.found.add(TestResult {
            name: text::name(&case.name),
            group: text::name(&group),
            file: file.and_then(|file| text::file(&file, self.folder)),
            line: case.line,
            outcome,
            message: text::message(&text::without_colors(&message)),
            actual: value,
        });
    }

    /// Returns the cases as their runner's text has them too, so that both can be compared.
    fn finish(mut self) -> Found {
        let runner = self.found.runner;
        for test in &mut self.found.tests {
            match runner {
                // From 0, and not where the file could not be imported.
                Runner::Pytest => test.line = test.line.map(|line| line + 1),
                // Its suites are a part of the name.
                Runner::Node if !test.group.is_empty() => {
                    test.name = format!("{} > {}", std::mem::take(&mut test.group), test.name);
                }
                _ => {}
            }
        }
        self.found.ran_none = self.found.tests.is_empty();
        self.found
    }
}

impl Case {
    fn new(element: &BytesStart<'_>) -> Case {
        let text = |name| attribute(element, name).unwrap_or_default();
        let number = |name| attribute(element, name).and_then(|line| line.parse().ok());
        // What ctest and gtest write of a test that was left out.
        let status = text("status");
        let skipped = matches!(status.as_str(), "notrun" | "disabled" | "skipped");
        Case {
            name: text("name"),
            class: text("classname"),
            file: attribute(element, "file").or_else(|| attribute(element, "filepath")),
            line: number("line"),
            failed: status == "fail",
            skipped,
            todo: false,
            said: String::new(),
            text: String::new(),
            in_failure: false,
        }
    }
}

fn add_lines(message: &mut String, said: &str) {
    said.lines().for_each(|line| add_line(message, line));
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::{Counts, Report, read_below, read_folder};

    fn junit(text: &str) -> Option<Counts> {
        read(text, Path::new("")).map(|found| Report::of([found]).counts)
    }

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
        assert_eq!(Some(read_below(folder.path(), since).counts), counts(2, 1, 1));
        let later = SystemTime::now() + std::time::Duration::from_secs(60);
        assert_eq!(read_below(folder.path(), later), Report::default());
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
        assert_eq!(Some(read_folder(folder.path()).counts), counts(1, 0, 0));
    }
}
