//! What looks like a secret in what is about to travel: prompts, messages, records, and the lines that patches add.

use std::collections::HashSet;

use git_tree_apply::secrets;
use serde_json::Value;

use super::tree::{Files, files};
use crate::app::App;
use crate::error::Result;
use crate::model::Oid;
use crate::model::documents::Suspect;

/// Looks through steps that are about to travel. What `there`, a step that is there already, has as well is not looked
/// for again.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn suspects(app: &App, steps: &[Oid], there: Option<Oid>) -> Result<Vec<Suspect>> {
    let before = there.map(|there| files(&app.repo, there)).transpose()?.unwrap_or_default();
    let mut seen: HashSet<Oid> = before.0.values().copied().collect();
    let mut found: Vec<(Suspect, u64)> = Vec::new();
    for step in steps.iter().rev() {
        for (path, oid) in files(&app.repo, *step)?.0 {
            if seen.insert(oid) {
                found.extend(find_suspects(&path, &app.repo.blob(oid)?));
            }
        }
    }
    // What is said there already is no secret any more.
    let known = if found.is_empty() { Vec::new() } else { all(app, &before)? };
    let mut named = HashSet::new();
    found.retain(|(suspect, fingerprint)| {
        let same = |(other, known): &(Suspect, u64)| (other.kind, known) == (suspect.kind, fingerprint);
        !known.iter().any(same) && named.insert((suspect.path.clone(), suspect.kind, *fingerprint))
    });
    Ok(found.into_iter().map(|(suspect, _)| suspect).collect())
}

fn all(app: &App, files: &Files) -> Result<Vec<(Suspect, u64)>> {
    let mut found = Vec::new();
    for (path, oid) in &files.0 {
        found.extend(find_suspects(path, &app.repo.blob(*oid)?));
    }
    Ok(found)
}

/// Returns what looks like a secret in a file, each with its fingerprint.
fn find_suspects(path: &str, bytes: &[u8]) -> Vec<(Suspect, u64)> {
    let each = |text: &[u8]| -> Vec<(Suspect, u64)> {
        let found = secrets::find_each(text).into_iter();
        let suspect = |(line, secret): (usize, secrets::Secret)| {
            let fingerprint = secret.fingerprint;
            (Suspect { path: path.to_owned(), line, kind: secret.kind, begins: secret.begins }, fingerprint)
        };
        found.map(suspect).collect()
    };
    if path.ends_with(".diff") {
        return each(&added(bytes));
    }
    // In JSON, quotes and line ends are written otherwise than they read.
    match serde_json::from_slice::<Value>(bytes) {
        Ok(document) if path.ends_with(".json") => {
            // As it is written, a name and its value are beside each other.
            let mut found = each(bytes);
            texts(&document, &mut |text| found.extend(each(text.as_bytes())));
            found
        }
        _ => each(bytes),
    }
}

/// Returns the lines that a patch adds, at their places: what it takes away or leaves was there before it.
fn added(patch: &[u8]) -> Vec<u8> {
    let lines = patch.split(|byte| *byte == b'\n').map(|line| line.strip_prefix(b"+").unwrap_or_default());
    lines.collect::<Vec<_>>().join(&b'\n')
}

fn texts(value: &Value, take: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => take(text),
        Value::Array(values) => values.iter().for_each(|value| texts(value, take)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            take(name);
            texts(value, take);
        }),
        _ => {}
    }
}
