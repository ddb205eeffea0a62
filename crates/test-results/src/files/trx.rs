//! `.trx` files of .NET's test platform: `UnitTestResult` elements with an outcome
//! (<https://learn.microsoft.com/dotnet/core/tools/dotnet-test>).

use std::path::Path;

use quick_xml::events::{BytesStart, Event};

use super::junit::{add_entity, attribute, each_event};
use crate::actual;
use crate::report::{Found, Outcome, Runner, TestResult};
use crate::text;

/// Returns what a `.trx` file says. None when it is something else.
pub(super) fn read(text: &str, _folder: &Path) -> Option<Found> {
    let mut reader = Results { found: Found::new(Runner::Dotnet), is_trx: false, test: None, element: String::new() };
    each_event(text, |event| match event {
        Event::Start(element) => reader.begin(&element),
        Event::End(element) => reader.end(element.name().as_ref()),
        Event::Text(said) => reader.add(&said.xml10_content()),
        Event::CData(said) => reader.add(&said.into_inner()),
        Event::GeneralRef(entity) => reader.add_entity(&entity.into_inner()),
        _ => {}
    });
    reader.is_trx.then_some(reader.found)
}

struct Results {
    found: Found,
    is_trx: bool,
    test: Option<TestResult>,
    /// The element whose text is a part of the message.
    element: String,
}

impl Results {
    fn begin(&mut self, element: &BytesStart<'_>) {
        match element.name().as_ref() {
            "TestRun" => self.is_trx = true,
            "UnitTestResult" => {
                let full = attribute(element, "testName").unwrap_or_default();
                let outcome = match attribute(element, "outcome").unwrap_or_default().as_str() {
                    "Passed" | "PassedButRunAborted" | "Warning" => Outcome::Passed,
                    "NotExecuted" | "Inconclusive" | "NotRunnable" | "Pending" => Outcome::Skipped,
                    _ => Outcome::Failed,
                };
                let (group, name) = split(&full);
                let (name, group) = (text::name(name), text::name(group));
                let (file, line, message, actual) = (None, None, String::new(), None);
                self.test = Some(TestResult { name, group, file, line, outcome, message, actual });
            }
            name @ ("Message" | "StackTrace") => self.element = name.to_owned(),
            _ => {}
        }
    }

    fn add(&mut self, said: &str) {
        let Some(test) = self.test.as_mut().filter(|_| !self.element.is_empty()) else { return };
        let room = (2 * text::MESSAGE).saturating_sub(test.message.len());
        test.message.push_str(text::cut(said, room));
    }

    fn add_entity(&mut self, name: &str) {
        if let Some(test) =
            self.test.as_mut().filter(|test| !self.element.is_empty() && test.message.len() < text::MESSAGE)
        {
            add_entity(&mut test.message, name);
        }
    }

    fn end(&mut self, element: &str) {
        if element == self.element {
            self.add("\n");
            self.element.clear();
        }
        if element == "UnitTestResult"
            && let Some(mut test) = self.test.take()
        {
            let said = std::mem::take(&mut test.message);
            if test.outcome == Outcome::Failed {
                test.actual = actual::of(&said);
                test.message = text::message(&said);
            }
            self.found.add(test);
        }
    }
}

/// Splits `Name.Space.Class.Method(text: "a.b")` before its method.
pub(crate) fn split(full: &str) -> (&str, &str) {
    let end = full.find('(').unwrap_or(full.len());
    full[..end].rfind('.').map_or(("", full), |at| (&full[..at], &full[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the documentation of the format: .NET is in no registry that the tests have.
    #[test]
    fn results_have_a_class_a_method_and_a_message() {
        let trx = "<?xml version='1.0'?><TestRun><Results><UnitTestResult testName='A.B.Adds(text: \"x.y\")' outcome='Passed'/>\
            <UnitTestResult testName='A.B.Fails' outcome='Failed'><Output><ErrorInfo><Message>Assert.Equal() Failure\n\
            Expected: 3\nActual:   4 &lt;</Message><StackTrace>at A.B</StackTrace></ErrorInfo></Output></UnitTestResult>\
            <UnitTestResult testName='A.B.Left' outcome='NotExecuted'/></Results></TestRun>";
        let found = read(trx, Path::new("")).unwrap();
        let names: Vec<_> = found.tests.iter().map(|test| (&*test.group, &*test.name, test.outcome)).collect();
        let expected = [
            ("A.B", "Adds(text: \"x.y\")", Outcome::Passed),
            ("A.B", "Fails", Outcome::Failed),
            ("A.B", "Left", Outcome::Skipped),
        ];
        assert_eq!(names, expected);
        assert_eq!(found.tests[1].actual.as_deref(), Some("4 <"));
        assert_eq!(read("<html/>", Path::new("")).map(|found| found.tests), None);
    }
}
