//! The tools: the verb of each, its description for agents, and its effects.

mod own;
mod table;

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::Arc;

use rmcp::model::{JsonObject, Tool as Described, ToolAnnotations};
use serde_json::{Map, Value, json};

pub use self::table::TOOLS;

use super::allow::{Allowed, Group};
use super::arguments::{self, Args, Taken};
use crate::error::{Error, Result};
use crate::model::documents::{self, ERROR, Kind, RUNS};

/// Default size of a part of a text, in bytes.
pub const TEXT: usize = 20_000;
/// Maximum size of a part of a text, in bytes.
pub const MOST_TEXT: usize = 400_000;
/// Default number of items in a page of a list.
pub const ITEMS: usize = 20;
/// Maximum number of items in a page of a list.
pub const MOST_ITEMS: usize = 1000;

/// The output schemas, by the kinds of documents.
pub type Schemas = HashMap<Vec<&'static str>, Arc<JsonObject>>;

/// A tool.
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Its title for users.
    pub title: &'static str,
    /// Its description for agents.
    pub about: &'static str,
    /// The verb that it calls.
    pub verb: &'static [&'static str],
    /// The fixed arguments.
    pub fixed: &'static [&'static str],
    /// Its arguments.
    pub takes: Takes,
    /// The defaults of its arguments.
    pub usual: &'static [(&'static str, &'static str)],
    /// Its result.
    pub answer: Answer,
    /// Its groups. One of them has to be allowed; the verb itself checks the others.
    pub groups: &'static [Group],
    /// Its effects.
    pub effect: Effect,
    /// Whether it waits, and a cancelled request ends it; any other tool runs to its end.
    pub waits: bool,
    /// The calls that follow it, made of its arguments and the runs in its events.
    pub then: Option<Then>,
}

/// Returns the calls that follow a verb.
pub type Then = fn(&Args, &[String]) -> Vec<Vec<OsString>>;

/// The arguments of a tool.
pub enum Takes {
    /// Arguments of the verb, by their names there.
    Verbs(&'static [Taken]),
    /// Its own arguments: their schema, and their command line.
    Own(fn() -> (Map<String, Value>, Vec<Value>), fn(&Args) -> Result<Vec<OsString>>),
}

/// Its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A document of one of these kinds.
    Document(&'static [&'static str]),
    /// The runs in its events.
    Runs,
    /// A page of a list: the kind of the document, and its field.
    List(&'static str, &'static str),
    /// A part of an untrusted text; or one of these documents.
    Text(&'static [&'static str]),
    /// Only that it has finished.
    Done,
}

/// The effects of a tool.
#[derive(Clone, Copy, Debug)]
pub struct Effect {
    /// It changes nothing visible.
    pub read_only: bool,
    /// It may delete or replace something.
    pub destructive: bool,
    /// Repeating it has no further effect.
    pub idempotent: bool,
    /// It reaches beyond the repository: a service, an agent, a command.
    pub open_world: bool,
}

impl Tool {
    /// Returns the tool with this name.
    pub fn named(name: &str) -> Option<&'static Tool> {
        TOOLS.iter().find(|tool| tool.name == name)
    }

    /// Returns whether it may be called.
    pub fn is_allowed(&self, allowed: &Allowed) -> bool {
        self.groups.iter().any(|group| allowed.allows(self.name, *group))
    }

    /// Returns its description for a client. Tools with the same result share its schema.
    pub fn described(&self, known: &mut Schemas) -> Described {
        let Effect { read_only, destructive, idempotent, open_world } = self.effect;
        let annotations = ToolAnnotations::from_raw(
            Some(self.title.to_owned()),
            Some(read_only),
            Some(destructive),
            Some(idempotent),
            Some(open_world),
        );
        let described = Described::new(self.name, self.about, Arc::new(self.input_schema()))
            .with_title(self.title)
            .with_annotations(annotations);
        match self.output_schema(known) {
            Some(schema) => described.with_raw_output_schema(schema),
            None => described,
        }
    }

    fn input_schema(&self) -> JsonObject {
        let (mut properties, required) = match &self.takes {
            Takes::Verbs(taken) => arguments::properties(self.verb, taken),
            Takes::Own(properties, _) => properties(),
        };
        for (name, usual) in self.usual {
            if let Some(property) = properties.get_mut(*name) {
                property["default"] = (*usual).into();
            }
        }
        let page = |what: &str, usual: usize, most: usize| json!({"type": "integer", "minimum": 1, "maximum": most, "default": usual, "description": what});
        match self.answer {
            Answer::List(..) => {
                properties.insert("limit".into(), page("Maximum number of items", ITEMS, MOST_ITEMS));
                let from = "Number of newest items to skip: 'next_offset' of the previous page";
                properties.insert("offset".into(), json!({"type": "integer", "minimum": 0, "description": from}));
            }
            Answer::Text(_) => {
                properties.insert("limit".into(), page("Maximum number of bytes", TEXT, MOST_TEXT));
                let from = "Byte offset to continue at: 'next_offset' of the previous part";
                properties.insert("offset".into(), json!({"type": "integer", "minimum": 0, "description": from}));
            }
            _ => {}
        }
        let which = "A folder of the repository, inside of your roots; required when there are several";
        properties.insert("repository".into(), json!({"type": "string", "description": which}));
        let mut schema = Map::new();
        schema.insert("type".into(), "object".into());
        schema.insert("properties".into(), properties.into());
        if !required.is_empty() {
            schema.insert("required".into(), required.into());
        }
        schema.insert("additionalProperties".into(), false.into());
        schema
    }

    /// Returns the schema of the result: one of the documents, or a failure.
    fn output_schema(&self, known: &mut Schemas) -> Option<Arc<JsonObject>> {
        let kinds: Vec<&'static str> = match self.answer {
            Answer::Document(kinds) => kinds.to_vec(),
            Answer::Runs => vec![RUNS],
            Answer::List(kind, _) => vec![kind],
            Answer::Text(kinds) => [&[documents::TEXT], kinds].concat(),
            Answer::Done => return None,
        };
        if let Some(schema) = known.get(&kinds) {
            return Some(Arc::clone(schema));
        }
        let (mut any, mut defs) = (Vec::new(), Map::new());
        for kind in kinds.iter().copied().chain([ERROR]) {
            let mut schema = Kind::named(kind)?.schema();
            strip(&mut schema);
            if let Some(Value::Object(more)) = schema.as_object_mut().and_then(|schema| schema.remove("$defs")) {
                defs.extend(more);
            }
            any.push(schema);
        }
        let mut schema = Map::new();
        schema.insert("type".into(), "object".into());
        schema.insert("anyOf".into(), any.into());
        if !defs.is_empty() {
            schema.insert("$defs".into(), defs.into());
        }
        let schema = Arc::new(schema);
        known.insert(kinds, Arc::clone(&schema));
        Some(schema)
    }

    /// Returns the command line of a call.
    ///
    /// # Errors
    /// When an argument is unknown or invalid.
    pub fn words(&self, args: &Args) -> Result<Vec<OsString>> {
        let known = self.input_schema();
        let known = known["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        let known: Vec<&str> = known.collect();
        if let Some(name) = args.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(Error::usage(format!("tool '{}' has no argument '{name}'", self.name))
                .hint(format!("use {}", known.join(", "))));
        }
        match &self.takes {
            Takes::Verbs(taken) => {
                let json: &[&str] =
                    if matches!(self.answer, Answer::Text(_) | Answer::Done) { &[] } else { &["--json"] };
                arguments::command_line(self.verb, &[self.fixed, json].concat(), taken, args)
            }
            Takes::Own(_, words) => words(args),
        }
    }
}

/// Removes descriptions from a schema; `git puff schema` has them.
fn strip(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for name in ["description", "title", "$schema"] {
                if fields.get(name).is_some_and(Value::is_string) {
                    fields.shift_remove(name);
                }
            }
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_says_what_it_takes_gives_and_does() {
        let mut known = Schemas::new();
        for tool in TOOLS {
            let described = tool.described(&mut known);
            let name = tool.name;
            assert!(described.description.is_some_and(|about| about.len() > 40), "{name}");
            let properties = described.input_schema["properties"].as_object().unwrap().clone();
            if let Takes::Verbs(taken) = &tool.takes {
                for (arg, _) in *taken {
                    assert!(properties.contains_key(*arg), "{name}: the verb has no '{arg}'");
                }
            }
            for (arg, schema) in &properties {
                assert!(schema["description"].as_str().is_some_and(|help| help.len() > 5), "{name}.{arg}");
            }
            let effect = tool.effect;
            assert!(!(effect.read_only && effect.destructive), "{name}");
            let read = tool.groups == [Group::Read];
            assert_eq!(read, effect.read_only, "{name}: what only looks is allowed as such, and nothing else is");
        }
    }

    #[test]
    fn names_are_there_once() {
        let names: std::collections::BTreeSet<&str> = TOOLS.iter().map(|tool| tool.name).collect();
        assert_eq!(names.len(), TOOLS.len());
    }
}
