//! The JSON of jest's `--json --outputFile`, which vitest's reporter `json` writes as well
//! (<https://jestjs.io/docs/configuration#testresultsprocessor-string>).

use std::path::Path;

use serde_json::Value;

use crate::actual;
use crate::report::{Found, Outcome, Runner, TestResult};
use crate::text;

/// Returns what such a file says. None when it is something else.
pub(crate) fn read(said: &str, folder: &Path) -> Option<Found> {
    let value: Value = serde_json::from_str(said).ok()?;
    let files = value.get("testResults")?.as_array()?;
    value.get("numTotalTests")?;
    // Vitest's has no such key.
    let runner = if value.get("openHandles").is_some() { Runner::Jest } else { Runner::Vitest };
    let mut found = Found::new(runner);
    for file in files {
        let path = file.get("name").and_then(Value::as_str).and_then(|path| text::file(path, folder));
        let tests = file.get("assertionResults").and_then(Value::as_array);
        let tests = tests.map(Vec::as_slice).unwrap_or_default();
        tests.iter().filter_map(|test| result(test, path.as_deref())).for_each(|test| {
            found.add(test);
        });
        let failed = file.get("status").and_then(Value::as_str) == Some("failed");
        if tests.is_empty() && failed {
            found.add(whole_file(file, path));
        }
    }
    found.ran_none = found.tests.is_empty();
    Some(found)
}

fn result(test: &Value, file: Option<&str>) -> Option<TestResult> {
    let text = |key: &str| test.get(key).and_then(Value::as_str);
    let outcome = match text("status")? {
        "passed" => Outcome::Passed,
        "failed" => Outcome::Failed,
        _ => Outcome::Skipped,
    };
    let above = test.get("ancestorTitles").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let above = above.iter().filter_map(Value::as_str).filter(|title| !title.is_empty());
    let name: Vec<&str> = above.chain(text("title")).collect();
    let messages = test.get("failureMessages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let said: Vec<&str> = messages.iter().filter_map(Value::as_str).collect();
    let said = text::without_colors(&said.join("\n"));
    let failed = outcome == Outcome::Failed;
    Some(TestResult {
        name: text::name(&name.join(" > ")),
        group: file.unwrap_or_default().to_owned(),
        file: file.map(ToOwned::to_owned),
        line: test.pointer("/location/line").and_then(Value::as_u64),
        outcome,
        actual: failed.then(|| actual::of(&said)).flatten(),
        message: if failed { text::message(&said) } else { String::new() },
    })
}

/// Returns a file that could not be run as a test that failed.
fn whole_file(file: &Value, path: Option<String>) -> TestResult {
    let said = file.get("message").and_then(Value::as_str).unwrap_or_default();
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
