//! The documents that git-puff writes, and their JSON Schemas.
//!
//! A schema is made of the type that the document is written from, so the two cannot differ. A new kind is a line of
//! [`KINDS`]: its word, its type and what it is; a document that begins with its schema says so with
//! `#[schemars(extend("const" = Schema::of(documents::KIND)))]` on that field.

mod answers;
mod config;
mod judging;
mod preflight;
mod prune;
mod sync;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::{Map, Value};

pub use self::answers::{Event, Examination, Failure, Health, Jobs, Line, Runs, Schemas, Sessions, Text};
pub use self::config::{Configuration, ConfiguredKey, ConfiguredValue, SettingOrigin, UnknownKey};
pub use self::judging::{Blinded, Question, SeenCheck, SeenOthers, SeenTest, SeenTests};
pub use self::preflight::{Trial, Trials};
pub use self::prune::{KeptBack, Prune, Pruned, PrunedPool, Weight};
pub use self::sync::{Did, Entry, Outcome, Suspect, Synced, Trouble, TroubleKind};

use super::{
    AppServer, Comparison, Handoff, HookReport, Init, Kickoff, LeftBehind, Manifest, Meta, Push, Recovery, Report,
    Review, Run, Session, Tombstone,
};

/// A kind of document.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Its word: `run` in `puff.run/1`.
    pub name: &'static str,
    /// What it is and which verbs write it, in a line.
    pub about: &'static str,
    schema: fn() -> Value,
}

impl Kind {
    /// Returns the kind with this word.
    pub fn named(name: &str) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// Its JSON Schema, of draft 2020-12.
    pub fn schema(&self) -> Value {
        (self.schema)()
    }
}

macro_rules! kinds {
    ($($id:ident = $name:literal, $type:ty, $about:literal;)*) => {
        $(#[doc = $about] pub const $id: &str = $name;)*
        /// Every kind, in the order in which people are shown them.
        pub const KINDS: &[Kind] = &[$(Kind { name: $id, about: $about, schema: schema_of::<$type> }),*];
    };
}

kinds! {
    RUN = "run", Run, "One run, as nearly every verb answers it; also its run.json.";
    RUNS = "runs", Runs<'static>, "Several runs: list, stop, harvest, the overview.";
    JOBS = "jobs", Jobs, "What is being watched: jobs, watch --detach.";
    EVENT = "event", Event, "One change of a run, a line of watch.";
    SESSION = "session", Session, "One session: session start, show, wait, kill, resume.";
    SESSIONS = "sessions", Sessions, "Every session: session list.";
    LINE = "line", Line<'static>, "A line of a log: log, session log.";
    PREFLIGHT = "preflight", Trials<'static>, "What would become of patches: preflight.";
    MATRIX = "matrix", Comparison, "How alike the variants are: diff --matrix.";
    REVIEW = "review", Review, "What a review found out: review.json in the run's tree.";
    JUDGE = "judge", Question<'static>, "What a judge reads on its standard input.";
    REPORT = "report", Handoff, "The handoff: report --format json.";
    PRUNE = "prune", Prune, "What was removed: prune.";
    RECOVERY = "recovery", Recovery, "A recovery point: point.json in refs/puff/trash.";
    SYNC = "sync", Synced<'static>, "What went to and came from other clones: sync.";
    PRUNED = "pruned", Tombstone, "A run that was pruned for everybody: refs/puff/pruned.";
    LEFT = "left", LeftBehind, "What a run left in another clone: left.json in its tree.";
    DOCTOR = "doctor", Examination<'static>, "What stands in the way: doctor.";
    CAS = "cas", AppServer, "The Codex app server: cas-start, cas-stop, cas-status.";
    CONFIG = "config", Configuration, "The settings that count, and where they come from: config.";
    SCHEMAS = "schemas", Schemas, "The JSON Schemas of all of these: schema --json.";
    PUSH = "push", Push, "What is wrong with what is about to be pushed: hook pre-push.";
    HOOK = "hook", HookReport, "How the pre-push hook is: hook install, uninstall, status.";
    INIT = "init", Init, "What was set up, or undone: init.";
    ERROR = "error", Failure, "Why a call failed: every verb, instead of its answer.";
    TEXT = "text", Text, "A part of a text from outside: the tools of mcp.";
    RUNBOOK = "runbook", Kickoff, "A line of .codex/bo4_runs.jsonl.";
    MANIFEST = "manifest", Manifest, "What join-operator reads: report --format manifest.";
    VARIANT_REPORT = "variant-report", Report, "What the provider says of a variant: its report.json.";
    VARIANT_META = "variant-meta", Meta, "Where a variant's patch came from: its meta.json.";
}

/// Returns the JSON Schema of what a type is written as.
pub fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(RecursiveTransform(in_plain_words));
    let Value::Object(made) = settings.into_generator().into_root_schema_for::<T>().into() else { return Value::Null };
    // What it is comes first, for people.
    let (mut first, rest): (Map<_, _>, Map<_, _>) =
        made.into_iter().partition(|(name, _)| matches!(name.as_str(), "$schema" | "title" | "description"));
    first.extend(rest);
    Value::Object(first)
}

/// Descriptions are doc comments: what only links inside them goes.
fn in_plain_words(schema: &mut schemars::Schema) {
    let Some(Value::String(text)) = schema.get_mut("description") else { return };
    *text = text.replace("[`", "`").replace("`]", "`").split_whitespace().collect::<Vec<_>>().join(" ");
}

/// Returns a document as it is written into files and refs: indented JSON with a last line end.
///
/// # Errors
/// When it holds what JSON has no form for, as a path that is not UTF-8.
pub fn to_json(document: &impl serde::Serialize) -> serde_json::Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(document)?;
    json.push(b'\n');
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_names_its_document_and_what_is_always_in_it() {
        let schema = Kind::named(RUN).unwrap().schema();
        assert_eq!(schema["properties"]["schema"]["const"], "puff.run/1");
        let required = schema["required"].as_array().unwrap();
        assert!(["run", "task_id", "attention", "variants"].iter().all(|name| required.contains(&(*name).into())));
        assert!(!required.contains(&"decision".into()), "an undecided run has no decision");
    }

    #[test]
    fn every_field_of_every_document_is_described_in_plain_words() {
        fn visit(kind: &str, at: &str, schema: &Value) {
            for (name, field) in schema["properties"].as_object().into_iter().flatten() {
                let text = field["description"].as_str().unwrap_or_default();
                assert!(
                    !text.is_empty() && !text.contains("](") && !text.contains("[`"),
                    "{kind}{at}.{name}: '{text}'"
                );
            }
            for (name, inner) in schema["$defs"].as_object().into_iter().flatten() {
                visit(kind, &format!(" {name}"), inner);
            }
        }
        KINDS.iter().for_each(|kind| visit(kind.name, "", &kind.schema()));
    }
}
