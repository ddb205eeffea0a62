//! The JSON of jest's `--json --outputFile`, which vitest's reporter `json` writes as well
//! (<https://jestjs.io/docs/configuration#testresultsprocessor-string>).
//!
//! What a file holds beside is passed over as it is read, so that no more is kept of it than of its tests.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};

use crate::actual;
use crate::report::{Found, Outcome, Runner, TestResult};
use crate::text;

/// The most files of tests, tests of one, and titles or messages of a test that are read.
const MOST_FILES: usize = 20_000;
const MOST_TESTS: usize = 100_000;
const MOST_WORDS: usize = 64;

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'d> {
    #[serde(borrow)]
    test_results: Few<File<'d>, MOST_FILES>,
    #[serde(rename = "numTotalTests")]
    _total: IgnoredAny,
    /// Vitest's has no such key.
    open_handles: Option<IgnoredAny>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct File<'d> {
    #[serde(borrow, default)]
    name: Cow<'d, str>,
    #[serde(borrow, default)]
    status: Cow<'d, str>,
    #[serde(borrow, default)]
    message: Cow<'d, str>,
    #[serde(borrow)]
    assertion_results: Few<Test<'d>, MOST_TESTS>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test<'d> {
    #[serde(borrow)]
    status: Cow<'d, str>,
    #[serde(borrow)]
    title: Cow<'d, str>,
    #[serde(borrow, default)]
    ancestor_titles: Option<Few<Cow<'d, str>, MOST_WORDS>>,
    #[serde(borrow, default)]
    failure_messages: Option<Few<Cow<'d, str>, MOST_WORDS>>,
    location: Option<Location>,
}

#[derive(serde::Deserialize)]
struct Location {
    line: Option<u64>,
}

/// The first of a list, at most so many.
struct Few<T, const MOST: usize>(Vec<T>);

impl<'d, T: Deserialize<'d>, const MOST: usize> Deserialize<'d> for Few<T, MOST> {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(Reader(PhantomData))
    }
}

struct Reader<T, const MOST: usize>(PhantomData<T>);

impl<'d, T: Deserialize<'d>, const MOST: usize> Visitor<'d> for Reader<T, MOST> {
    type Value = Few<T, MOST>;

    fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'d>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut first = Vec::new();
        while first.len() < MOST {
            match from.next_element()? {
                Some(one) => first.push(one),
                None => return Ok(Few(first)),
            }
        }
        while from.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Few(first))
    }
}

/// Returns what such a file says. None when it is something else.
pub(crate) fn read(said: &str, folder: &Path) -> Option<Found> {
    let document: Document<'_> = serde_json::from_str(said).ok()?;
    let mut found = Found::new(if document.open_handles.is_some() { Runner::Jest } else { Runner::Vitest });
    for file in document.test_results.0 {
        let path = text::file(&file.name, folder);
        let is_broken = file.assertion_results.0.is_empty() && file.status == "failed";
        for test in &file.assertion_results.0 {
            found.add(result(test, path.as_deref()));
        }
        if is_broken {
            found.add(whole_file(&file.message, path));
        }
    }
    found.ran_none = found.tests.is_empty();
    Some(found)
}

fn result(test: &Test<'_>, file: Option<&str>) -> TestResult {
    let outcome = match &*test.status {
        "passed" => Outcome::Passed,
        "failed" => Outcome::Failed,
        _ => Outcome::Skipped,
    };
    let words = |few: &'_ Option<Few<Cow<'_, str>, MOST_WORDS>>| -> Vec<String> {
        few.iter().flat_map(|few| &few.0).map(|word| word.clone().into_owned()).collect()
    };
    let mut name = words(&test.ancestor_titles);
    name.retain(|title| !title.is_empty());
    name.push(test.title.clone().into_owned());
    let failed = outcome == Outcome::Failed;
    let said = if failed { text::without_colors(&words(&test.failure_messages).join("\n")) } else { String::new() };
    TestResult {
        name: text::name(&name.join(" > ")),
        group: file.unwrap_or_default().to_owned(),
        file: file.map(ToOwned::to_owned),
        line: test.location.as_ref().and_then(|location| location.line),
        outcome,
        actual: failed.then(|| actual::of(&said)).flatten(),
        message: text::message(&said),
    }
}

/// Returns a file that could not be run as a test that failed.
fn whole_file(said: &str, path: Option<String>) -> TestResult {
    let said = text::without_colors(said);
    TestResult {
        name: path.clone().unwrap_or_default(),
        group: path.clone().unwrap_or_default(),
        file: path,
        line: None,
        outcome: Outcome::Failed,
        actual: actual::of(&said),
        message: text::message(&said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_folder;

    #[test]
    fn a_file_is_read_within_its_limits_and_no_large_one_at_all() {
        let test = |status: &str| {
            format!(
                r#"{{"ancestorTitles": ["s"], "title": "t\u0031", "status": "{status}", "failureMessages": [], "location": null}}"#
            )
        };
        let document = |tests: &str, more: &str| {
            let file =
                format!(r#"{{"name": "a.test.js", "status": "failed", "message": "", "assertionResults": [{tests}]}}"#);
            format!(r#"{{"numTotalTests": 1, "testResults": [{file}]{more}}}"#)
        };
        let found = read(&document(&test("failed"), r#", "openHandles": [], "x": [[[0]]]"#), Path::new("")).unwrap();
        let first = &found.tests[0];
        assert_eq!((found.runner, &*first.name, first.outcome), (Runner::Jest, "s > t1", Outcome::Failed));
        let many = vec![test("passed"); MOST_TESTS + 5].join(",");
        let found = read(&document(&many, ""), Path::new("")).unwrap();
        assert_eq!((found.runner, found.tests.len()), (Runner::Vitest, MOST_TESTS));
        assert!(read(&document("", ""), Path::new("")).unwrap().tests[0].name == "a.test.js");
        for other in ["{}", "[]", "{\"numTotalTests\": 1}", "{\"testResults\": 1, \"numTotalTests\": 1}"] {
            assert!(read(other, Path::new("")).is_none());
        }

        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("small.json"), document(&test("passed"), "")).unwrap();
        let large = folder.path().join("large.json");
        std::fs::write(&large, document(&test("failed"), "")).unwrap();
        // It holds no bytes, and would read as 2 GB of zeros.
        std::fs::File::options().write(true).open(&large).unwrap().set_len(2 << 30).unwrap();
        let report = read_folder(folder.path());
        assert_eq!((report.counts.passed, report.counts.failed), (1, 0));
    }
}
