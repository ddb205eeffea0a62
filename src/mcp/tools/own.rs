//! Arguments of tools that differ from those of their verb, and the calls that follow a verb.

use std::ffi::OsString;

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::mcp::arguments::{Args, text_of, wrong};

type Properties = (Map<String, Value>, Vec<Value>);

fn properties(of: Value) -> Properties {
    let Value::Object(properties) = of else { return Properties::default() };
    (properties, vec!["run".into()])
}

const THE_RUN: &str = "The run: its id, a unique prefix of it, or @ for the newest";

/// Returns the arguments of `compare`.
pub(super) fn compare() -> Properties {
    properties(json!({
        "run": {"type": "string", "description": THE_RUN},
        "variants": {"type": "array", "items": {"type": "string"}, "description": "Only these variants: N, or RUN:N of another run"},
    }))
}

/// Returns the command line of `compare`.
pub(super) fn compare_words(args: &Args) -> Result<Vec<OsString>> {
    let mut words = vec!["diff".to_owned(), "--matrix".to_owned(), "--json".to_owned(), named(args, "run")?];
    words.extend(many(args, "variants")?);
    Ok(spoken(words))
}

/// Returns the arguments of `diff`.
pub(super) fn diff() -> Properties {
    let (mut properties, mut required) = properties(json!({
        "run": {"type": "string", "description": THE_RUN},
        "a": {"type": "string", "description": "The variant: N, or RUN:N of another run"},
        "b": {"type": "string", "description": "Another variant to compare with a [default: the base of a]"},
        "stat": {"type": "boolean", "description": "Print only the changed files and their number of changed lines"},
        "context": {"type": "integer", "minimum": 0, "description": "Number of context lines around each change"},
        "ignore_space": {"type": "boolean", "description": "Ignore whitespace changes"},
        "paths": {"type": "array", "items": {"type": "string"}, "description": "Only these files and folders"},
    }));
    required.push("a".into());
    (std::mem::take(&mut properties), required)
}

/// Returns the command line of `diff`.
pub(super) fn diff_words(args: &Args) -> Result<Vec<OsString>> {
    let mut words = vec!["diff".to_owned(), named(args, "run")?, named(args, "a")?];
    if args.get("b").is_some_and(|b| !b.is_null()) {
        words.push(named(args, "b")?);
    }
    for (name, option) in [("stat", "--stat"), ("ignore_space", "--ignore-all-space")] {
        match args.get(name) {
            None | Some(Value::Null | Value::Bool(false)) => {}
            Some(Value::Bool(true)) => words.push(option.to_owned()),
            Some(value) => return Err(wrong(name, value, "true or false")),
        }
    }
    match args.get("context") {
        None | Some(Value::Null) => {}
        Some(Value::Number(lines)) if lines.is_u64() => words.push(format!("-U{lines}")),
        Some(value) => return Err(wrong("context", value, "a whole number")),
    }
    words.push("--".to_owned());
    words.extend(many(args, "paths")?);
    Ok(spoken(words))
}

/// Returns a run or a variant; refuses a word that git could read as an option.
fn named(args: &Args, name: &str) -> Result<String> {
    match args.get(name) {
        Some(Value::String(text)) if !text.starts_with('-') => text_of(name, text),
        Some(Value::Number(number)) if number.is_u64() => Ok(number.to_string()),
        Some(value @ Value::String(_)) => Err(wrong(name, value, "a run or a variant")),
        Some(value) => Err(wrong(name, value, "a text")),
        None => Err(Error::usage(format!("'{name}' is missing")).hint("see the input schema of the tool")),
    }
}

fn many(args: &Args, name: &str) -> Result<Vec<String>> {
    let one = |value: &Value| match value {
        // A path that begins with '-' comes after '--', and a variant never begins with '-'.
        Value::String(text) if name == "paths" || !text.starts_with('-') => text_of(name, text),
        Value::Number(number) if number.is_u64() => Ok(number.to_string()),
        value => Err(wrong(name, value, "a list of texts")),
    };
    match args.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(values)) => values.iter().map(one).collect(),
        Some(value) => Ok(vec![one(value)?]),
    }
}

fn spoken(words: Vec<String>) -> Vec<OsString> {
    std::iter::once("git-puff".to_owned()).chain(words).map(OsString::from).collect()
}

/// Returns the calls after `watch`: `show` for each run in its events.
pub(super) fn the_runs(_: &Args, seen: &[String]) -> Vec<Vec<OsString>> {
    seen.iter().map(|run| spoken(vec!["show".to_owned(), "--json".to_owned(), run.clone()])).collect()
}

/// Returns the call after `session show`: its screen.
pub(super) fn the_screen(args: &Args, _: &[String]) -> Vec<Vec<OsString>> {
    let id = args.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    vec![spoken(["session", "log", "--screen", "--"].into_iter().map(str::to_owned).chain([id]).collect())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: fn(&Args) -> Result<Vec<OsString>>, args: Value) -> Result<String> {
        let Value::Object(args) = args else { panic!("no object") };
        Ok(words(&args)?.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn no_option_of_git_can_be_slipped_in() {
        let args = json!({"run": "@", "a": 1, "b": "other:2", "stat": true, "context": 0, "paths": ["--output=x"]});
        assert_eq!(said(diff_words, args).unwrap(), "git-puff diff @ 1 other:2 --stat -U0 -- --output=x");
        for (name, value) in [("run", "--output=x"), ("a", "-Gx"), ("b", "--ext-diff")] {
            let mut args = json!({"run": "@", "a": "1"});
            args[name] = value.into();
            assert!(said(diff_words, args).unwrap_err().message().contains(name));
        }
        assert!(said(compare_words, json!({"run": "@", "variants": ["--output=x"]})).is_err());
        assert_eq!(
            said(compare_words, json!({"run": "@", "variants": [1, "b:2"]})).unwrap(),
            "git-puff diff --matrix --json @ 1 b:2"
        );
        assert!(said(diff_words, json!({"run": "@"})).unwrap_err().message().contains("'a' is missing"));
    }
}
