//! Converts the arguments of a tool to a command line, and describes them as a JSON Schema. Both derive from the clap
//! arguments of the verb, so that a tool and its verb agree.

use std::any::TypeId;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Arg, ArgAction, Command, CommandFactory};
use serde_json::{Map, Value, json};

use crate::cli::Cli;
use crate::error::{Error, Result};

/// The arguments of a call.
pub type Args = Map<String, Value>;

/// An argument of a verb that a tool has too, by its id there; and its description for agents, if it differs from its
/// help.
pub type Taken = (&'static str, Option<&'static str>);

/// The command line's definition, built once.
static COMMANDS: LazyLock<Command> = LazyLock::new(Cli::command);

/// Returns the verb with these names.
fn find(verb: &[&str]) -> Option<&'static Command> {
    verb.iter().try_fold(&*COMMANDS, |command, name| command.find_subcommand(name))
}

/// The type of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Flag,
    Number,
    Path,
    Text,
}

fn form(arg: &Arg) -> Form {
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        return Form::Flag;
    }
    let holds = arg.get_value_parser().type_id();
    let is = |id: TypeId| holds == id;
    if [TypeId::of::<u32>(), TypeId::of::<u64>(), TypeId::of::<i64>()].into_iter().any(is) {
        Form::Number
    } else if is(TypeId::of::<PathBuf>()) {
        Form::Path
    } else {
        Form::Text
    }
}

/// Returns whether an argument may be given several times.
fn is_many(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
}

/// Returns the JSON Schema of one argument.
fn schema(arg: &Arg, about: Option<&str>) -> Value {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let mut one = match form(arg) {
        Form::Flag => json!({"type": "boolean"}),
        Form::Number => json!({"type": "integer", "minimum": 0}),
        Form::Path | Form::Text => json!({"type": "string"}),
    };
    let choices: Vec<Value> = arg
        .get_possible_values()
        .iter()
        .filter(|_| form(arg) == Form::Text)
        .map(|value| value.get_name().into())
        .collect();
    if !choices.is_empty() {
        one["enum"] = choices.into();
    }
    if is_many(arg) {
        one = json!({"type": "array", "items": one});
    }
    one["description"] = about.unwrap_or(&help).into();
    let default = arg.get_default_values().first().filter(|_| form(arg) != Form::Flag);
    if let Some(default) = default {
        one["default"] = default.to_string_lossy().into();
    }
    one
}

/// Returns the properties of a tool's arguments, and the names of the required ones.
pub fn properties(verb: &[&str], taken: &[Taken]) -> (Map<String, Value>, Vec<Value>) {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    let Some(command) = find(verb) else { return (properties, required) };
    for (name, about) in taken {
        let Some(arg) = command.get_arguments().find(|arg| arg.get_id() == name) else { continue };
        properties.insert((*name).to_owned(), schema(arg, *about));
        if arg.is_required_set() {
            required.push((*name).into());
        }
    }
    (properties, required)
}

/// Returns the command line for these arguments.
///
/// # Errors
/// When one is invalid.
pub fn command_line(verb: &[&str], fixed: &[&str], taken: &[Taken], args: &Args) -> Result<Vec<OsString>> {
    let command = find(verb).ok_or_else(|| Error::failed(format!("no verb named '{}'", verb.join(" "))))?;
    let mut words: Vec<OsString> = ["git-puff"].iter().chain(verb).chain(fixed).map(OsString::from).collect();
    let (mut bare, mut last): (Vec<OsString>, Vec<OsString>) = (Vec::new(), Vec::new());
    let has_last =
        taken.iter().any(|(name, _)| command.get_arguments().any(|arg| arg.get_id() == name && arg.is_last_set()));
    for arg in command.get_arguments() {
        let name = arg.get_id().as_str();
        let Some(value) = args.get(name).filter(|_| taken.iter().any(|(taken, _)| *taken == name)) else { continue };
        for value in values(arg, name, value)? {
            match arg.get_long() {
                Some(long) if form(arg) == Form::Flag => words.push(format!("--{long}").into()),
                Some(long) => words.push(format!("--{long}={value}").into()),
                None if arg.is_last_set() => last.push(value.into()),
                // Before '--' it must not look like an option; leading whitespace of a prompt is ignored.
                None if has_last && value.starts_with('-') => bare.push(format!("\n{value}").into()),
                None => bare.push(value.into()),
            }
        }
    }
    if has_last {
        words.append(&mut bare);
    }
    if !bare.is_empty() || !last.is_empty() {
        words.push("--".into());
    }
    words.extend(bare.into_iter().chain(last));
    Ok(words)
}

/// Returns the values of an argument as on the command line; none for an unset flag.
fn values(arg: &Arg, name: &str, value: &Value) -> Result<Vec<String>> {
    let form = form(arg);
    let one = |value: &Value| -> Result<String> {
        match (form, value) {
            (Form::Number, Value::Number(number)) if number.is_i64() || number.is_u64() => Ok(number.to_string()),
            (Form::Number | Form::Path | Form::Text, Value::String(text)) => text_of(name, text),
            // A duration or a task may look like a number.
            (Form::Text, Value::Number(number)) => Ok(number.to_string()),
            _ => Err(wrong(name, value, &kind(arg))),
        }
    };
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Bool(set) if form == Form::Flag => Ok(if *set { vec![String::new()] } else { Vec::new() }),
        Value::Array(many) if is_many(arg) => many.iter().map(one).collect(),
        value => Ok(vec![one(value)?]),
    }
}

fn kind(arg: &Arg) -> String {
    let one = match form(arg) {
        Form::Flag => "true or false",
        Form::Number => "a whole number",
        Form::Path => "a path",
        Form::Text => "a text",
    };
    if is_many(arg) { format!("a list, each item {one}") } else { one.to_owned() }
}

/// Returns a text for the command line.
///
/// # Errors
/// When it contains NUL.
pub fn text_of(name: &str, text: &str) -> Result<String> {
    if text.contains('\0') {
        return Err(Error::usage(format!("'{name}' contains a NUL character")).hint("remove it"));
    }
    Ok(text.to_owned())
}

/// Returns the error for an argument of a wrong type.
pub fn wrong(name: &str, value: &Value, wanted: &str) -> Error {
    Error::usage(format!("'{name}' is {value}, but must be {wanted}")).hint("see the input schema of the tool")
}

/// Returns the paths among these arguments; each has to be inside of the allowed folders.
pub fn paths<'a>(verb: &[&str], args: &'a Args) -> Vec<&'a str> {
    let Some(command) = find(verb) else { return Vec::new() };
    let is_path = |name: &str| command.get_arguments().any(|arg| arg.get_id() == name && form(arg) == Form::Path);
    let named = args.iter().filter(|(name, _)| is_path(name));
    named.flat_map(|(_, value)| texts(value)).collect()
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(verb: &[&str], taken: &[Taken], args: Value) -> Result<String> {
        let Value::Object(args) = args else { panic!("no object") };
        let words = command_line(verb, &["--json"], taken, &args)?;
        Ok(words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join("|"))
    }

    #[test]
    fn nothing_that_a_value_holds_becomes_an_option() {
        let taken: &[Taken] = &[("prompt", None), ("agent", None), ("best_of", None), ("harvest", None), ("run", None)];
        let args = json!({"prompt": "--skip-doctor\n-x", "agent": ["a:1", "--b"], "best_of": 2, "harvest": true});
        assert_eq!(
            said(&["launch"], taken, args).unwrap(),
            "git-puff|launch|--json|--prompt=--skip-doctor\n-x|--best-of=2|--agent=a:1|--agent=--b|--harvest"
        );
        assert_eq!(said(&["show"], taken, json!({"run": "-x"})).unwrap(), "git-puff|show|--json|--|-x");
        let start: &[Taken] = &[("prompt", None), ("command", None)];
        assert_eq!(
            said(&["session", "start"], start, json!({"prompt": "- a"})).unwrap(),
            "git-puff|session|start|--json|\n- a"
        );
        let command = json!({"command": ["sh", "-c", "--json"]});
        assert_eq!(
            said(&["session", "start"], start, command).unwrap(),
            "git-puff|session|start|--json|--|sh|-c|--json"
        );
    }

    #[test]
    fn what_a_tool_does_not_take_is_not_said_and_wrong_types_are_told() {
        let taken: &[Taken] = &[("best_of", None), ("check", None)];
        assert_eq!(
            said(&["launch"], taken, json!({"prompt": "x", "best_of": null})).unwrap(),
            "git-puff|launch|--json"
        );
        let error = said(&["launch"], taken, json!({"best_of": true})).unwrap_err();
        assert_eq!(error.message(), "'best_of' is true, but must be a whole number");
        assert!(said(&["launch"], taken, json!({"check": [1, {}]})).is_err());
        assert!(said(&["launch"], taken, json!({"check": "a\0b"})).is_err());
    }

    #[test]
    fn a_schema_says_what_the_verb_takes() {
        let taken: &[Taken] = &[("run", None), ("format", Some("the form")), ("output", None)];
        let (properties, required) = properties(&["report"], taken);
        assert_eq!(required, ["run"]);
        assert_eq!(properties["format"]["enum"][0], "md");
        assert_eq!(properties["format"]["description"], "the form");
        assert!(!properties["output"]["description"].as_str().unwrap().is_empty());
        let (properties, _) = super::properties(&["launch"], &[("agent", None), ("harvest", None), ("best_of", None)]);
        let types = ["agent", "harvest", "best_of"].map(|name| properties[name]["type"].clone());
        assert_eq!(types, ["array", "boolean", "integer"]);
        let Value::Object(args) = json!({"from": "a", "out": "b", "base": "c"}) else { panic!() };
        assert_eq!(paths(&["harvest"], &args), ["a", "b"]);
    }
}
