//! `schema`

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::commands::flags::JsonFlag;
use crate::error::{Exit, Result};
use crate::manual::{Example, Manual};
use crate::model::documents::{KINDS, Kind, Schemas};
use crate::model::{Schema, documents};
use crate::render;
use crate::ui::{Format, Ui};

/// Print the JSON Schemas of the documents of --json
///
/// The schemas use draft 2020-12. Without KIND, lists the kinds; with --json, prints all schemas. The field 'schema'
/// of a document names its kind: "puff.run/1" is the first version of 'run'; the last four kinds are files that other
/// tools read, and lack that field. Readers ignore unknown fields.
#[derive(Debug, Args)]
pub struct SchemaVerb {
    /// The kind of document
    #[arg(value_parser = PossibleValuesParser::new(KINDS.iter().map(|kind| kind.name)))]
    kind: Option<String>,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff schema", does: "List the kinds of documents, and which verbs print them." },
        Example { line: "git puff schema run", does: "Print the schema of a run." },
        Example { line: "git puff schema --json", does: "Print all of them." },
    ],
    ..Manual::NONE
};

/// Prints the result.
pub fn run(args: &SchemaVerb, ui: &Ui) -> Result<Exit> {
    match (args.kind.as_deref().and_then(Kind::named), ui.format()) {
        (Some(kind), _) => ui.json(&kind.schema()),
        (None, Format::Json) => {
            let schemas = KINDS.iter().map(|kind| (kind.name.to_owned(), kind.schema())).collect();
            ui.json(&Schemas { schema: Schema::of(documents::SCHEMAS), schemas });
        }
        (None, _) => ui.block(&render::tables::kinds(KINDS, ui.width())),
    }
    Ok(Exit::Done)
}
