//! Documents against the JSON Schemas of `git puff schema`.
//!
//! What is checked is the part of draft 2020-12 that the schemas use; a keyword beyond it is an error here, so that none
//! can be overlooked. A real validator takes longer to build than the rest of the tests' libraries together.

use git_puff::model::documents::Kind;
use regex::Regex;
use serde_json::Value;

/// Keywords that only explain.
const SILENT: [&str; 7] = ["$schema", "$defs", "title", "description", "default", "format", "$ref"];

/// What `--json` printed: one document, or one a line.
#[track_caller]
pub fn check_output(stdout: &str) {
    if stdout.trim().is_empty() {
        return;
    }
    match serde_json::from_str::<Value>(stdout) {
        Ok(document) => drop(check(&document)),
        Err(_) => stdout.lines().for_each(|line| {
            check(&serde_json::from_str(line).unwrap_or_else(|why| panic!("no line of JSON ({why}): {line}")));
        }),
    }
}

/// A document by the schema that it names; answers the word of its kind.
#[track_caller]
pub fn check(document: &Value) -> String {
    // A schema itself: `git puff schema KIND`.
    if document.get("$schema").is_some() {
        return "$schema".to_owned();
    }
    let first = document.as_object().and_then(|fields| fields.keys().next());
    assert_eq!(first.map(String::as_str), Some("schema"), "its schema comes first: {document:#}");
    let name = document["schema"].as_str().unwrap_or_default();
    let kind = name.strip_prefix("puff.").and_then(|rest| rest.split_once('/')).map(|(kind, _)| kind);
    let kind = kind.unwrap_or_else(|| panic!("'{name}' names no schema"));
    check_as(document, kind);
    kind.to_owned()
}

/// A document by the schema of a kind.
#[track_caller]
pub fn check_as(document: &Value, kind: &str) {
    let faults = faults(document, kind);
    assert!(faults.is_empty(), "no document of '{kind}':\n{}\n{document:#}", faults.join("\n"));
}

/// What is wrong with a document, a line each.
pub fn faults(document: &Value, kind: &str) -> Vec<String> {
    let schema = Kind::named(kind).unwrap_or_else(|| panic!("'{kind}' is no kind of 'git puff schema'")).schema();
    let mut faults = Vec::new();
    look(&schema, &schema, document, "", &mut faults);
    faults
}

fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
    let mut faults = Vec::new();
    look(root, schema, value, "", &mut faults);
    faults.is_empty()
}

fn look(root: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let rules = match schema {
        Value::Bool(true) => return,
        Value::Bool(false) => return faults.push(format!("{at}: nothing of that name may be there: {value}")),
        Value::Object(rules) => rules,
        other => panic!("{at}: {other} is no schema"),
    };
    if let Some(name) = rules.get("$ref").and_then(Value::as_str) {
        let pointer = name.strip_prefix('#').unwrap_or_else(|| panic!("{at}: {name} leads away"));
        let target = root.pointer(pointer).unwrap_or_else(|| panic!("{at}: {name} leads nowhere"));
        look(root, target, value, at, faults);
    }
    for (keyword, rule) in rules {
        let list = || rule.as_array().unwrap_or_else(|| panic!("{at}: {keyword} is {rule}"));
        let matching = || list().iter().filter(|one| fits(root, one, value)).count();
        let good = match keyword.as_str() {
            silent if SILENT.contains(&silent) => true,
            "type" => match rule {
                Value::Array(types) => types.iter().any(|one| is_of(value, one.as_str().unwrap_or_default())),
                one => is_of(value, one.as_str().unwrap_or_default()),
            },
            "const" => value == rule,
            "enum" => list().contains(value),
            "pattern" => value.as_str().is_none_or(|text| Regex::new(rule.as_str().unwrap()).unwrap().is_match(text)),
            "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= rule.as_f64().unwrap()),
            "minLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 >= rule.as_u64().unwrap()),
            "maxLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 <= rule.as_u64().unwrap()),
            "uniqueItems" => {
                value.as_array().is_none_or(|items| (1..items.len()).all(|at| !items[..at].contains(&items[at])))
            }
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap()),
            "anyOf" => matching() > 0,
            "oneOf" => matching() == 1,
            "allOf" => matching() == list().len(),
            "required" => {
                let missing = |name: &&Value| value.is_object() && value.get(name.as_str().unwrap()).is_none();
                list().iter().filter(missing).for_each(|name| faults.push(format!("{at}: {name} is missing")));
                true
            }
            "properties" => {
                for (name, inner) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        look(root, inner, value, &format!("{at}.{name}"), faults);
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = rules.get("properties").and_then(Value::as_object);
                for (name, value) in value.as_object().into_iter().flatten() {
                    if known.is_none_or(|known| !known.contains_key(name)) {
                        look(root, rule, value, &format!("{at}.{name}"), faults);
                    }
                }
                true
            }
            "prefixItems" => {
                for (number, (inner, value)) in list().iter().zip(value.as_array().into_iter().flatten()).enumerate() {
                    look(root, inner, value, &format!("{at}[{number}]"), faults);
                }
                true
            }
            "items" => {
                for (number, value) in value.as_array().into_iter().flatten().enumerate() {
                    look(root, rule, value, &format!("{at}[{number}]"), faults);
                }
                true
            }
            unknown => panic!("{at}: nobody checks the keyword '{unknown}' yet; see tests/support/schema.rs"),
        };
        if !good {
            faults.push(format!("{at}: {value} is not as '{keyword}' wants it: {rule}"));
        }
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("'{other}' is no type"),
    }
}
