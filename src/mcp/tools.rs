//! The tools: which verb each one calls, what agents are told of it, and what it does to the world.

mod own;
mod table;

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::Arc;

use rmcp::model::{JsonObject, Tool as Described, ToolAnnotations};
use serde_json::{Map, Value, json};

pub use self::table::TOOLS;

use super::allow::{Allowed, Group};
use super::words::{self, Args, Taken};
use crate::error::{Error, Result};
use crate::model::documents::{self, ERROR, Kind, RUNS};

/// How much of a text, or of a list, is answered at once where nobody says it.
pub const TEXT: usize = 20_000;
/// The most of a text that is answered at once, in bytes.
pub const MOST_TEXT: usize = 400_000;
/// How many items of a list are answered at once where nobody says it.
pub const ITEMS: usize = 20;
/// The most items of a list that are answered at once.
pub const MOST_ITEMS: usize = 1000;

/// The schemas of answers, by the kinds of documents that they are of.
pub type Schemas = HashMap<Vec<&'static str>, Arc<JsonObject>>;

/// A tool.
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// What people see as its name.
    pub title: &'static str,
    /// What agents are told of it.
    pub about: &'static str,
    /// The verb that it calls.
    pub verb: &'static [&'static str],
    /// The words that are always said.
    pub fixed: &'static [&'static str],
    /// What it takes.
    pub takes: Takes,
    /// What an argument is that is left out.
    pub usual: &'static [(&'static str, &'static str)],
    /// What is answered.
    pub answer: Answer,
    /// What it may do. Of several, one has to be allowed, and the verb itself asks for the rest.
    pub groups: &'static [Group],
    /// What it does to the world.
    pub effect: Effect,
    /// It waits, and a client that wants no more of it ends that; whatever else is begun is done to its end.
    pub waits: bool,
    /// What is asked afterwards: calls made of its arguments and of the runs that its events named.
    pub then: Option<Then>,
}

/// Makes the calls that come after a verb.
pub type Then = fn(&Args, &[String]) -> Vec<Vec<OsString>>;

/// What a tool takes.
pub enum Takes {
    /// Arguments of the verb, by their names there.
    Verbs(&'static [Taken]),
    /// Arguments of its own: their schema, and what they are in words.
    Own(fn() -> (Map<String, Value>, Vec<Value>), fn(&Args) -> Result<Vec<OsString>>),
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A document of one of these kinds.
    Document(&'static [&'static str]),
    /// The runs that were seen.
    Runs,
    /// A list, a part at a time: the kind of the document, and its field.
    List(&'static str, &'static str),
    /// A text from outside, a part at a time; or one of these documents.
    Text(&'static [&'static str]),
    /// That it is done.
    Done,
}

/// What a tool does to the world.
#[derive(Clone, Copy, Debug)]
pub struct Effect {
    /// Nothing that anybody would see.
    pub read_only: bool,
    /// It may take something away, or put something in its place.
    pub destructive: bool,
    /// Once more makes no difference.
    pub idempotent: bool,
    /// It reaches beyond the repository: a service, an agent, a command.
    pub open_world: bool,
}

impl Tool {
    /// The tool with this name.
    pub fn named(name: &str) -> Option<&'static Tool> {
        TOOLS.iter().find(|tool| tool.name == name)
    }

    /// May it be called at all?
    pub fn is_allowed(&self, allowed: &Allowed) -> bool {
        self.groups.iter().any(|group| allowed.allows(self.name, *group))
    }

    /// What a client is told of it. Tools that answer the same share its schema.
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
            Takes::Verbs(taken) => words::properties(self.verb, taken),
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
                properties.insert("limit".into(), page("How many at once", ITEMS, MOST_ITEMS));
                let from = "How many of the newest to leave out: 'next_offset' of the part before";
                properties.insert("offset".into(), json!({"type": "integer", "minimum": 0, "description": from}));
            }
            Answer::Text(_) => {
                properties.insert("limit".into(), page("How many bytes at once", TEXT, MOST_TEXT));
                let from = "Where to go on: 'next_offset' of the part before";
                properties.insert("offset".into(), json!({"type": "integer", "minimum": 0, "description": from}));
            }
            _ => {}
        }
        let which = "A folder of the repository, inside of your roots; to be named when there are several";
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

    /// What is answered: one of the documents, or why there is none.
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

    /// The words of the command line for a call.
    ///
    /// # Errors
    /// When an argument is not known, or not what it has to be.
    pub fn words(&self, args: &Args) -> Result<Vec<OsString>> {
        let known = self.input_schema();
        let known = known["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        let known: Vec<&str> = known.collect();
        if let Some(name) = args.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(Error::usage(format!("the tool '{}' takes no '{name}'", self.name))
                .hint(format!("it takes {}", known.join(", "))));
        }
        match &self.takes {
            Takes::Verbs(taken) => {
                let json: &[&str] =
                    if matches!(self.answer, Answer::Text(_) | Answer::Done) { &[] } else { &["--json"] };
                words::words(self.verb, &[self.fixed, json].concat(), taken, args)
            }
            Takes::Own(_, words) => words(args),
        }
    }
}

/// Takes out of a schema what is told to people: `git puff schema` has it.
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
