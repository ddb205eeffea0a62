//! What commits say of where they came from: the trailers of variants.
//!
//! They are looked for in every line. A squash keeps the messages of what it squashed, indented or not.

use crate::model::RunId;

/// A variant that a commit came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunTrailers {
    /// The run.
    pub run: RunId,
    /// The number of the variant.
    pub variant: Option<u32>,
    /// The SHA-256 of its patch.
    pub patch: Option<String>,
}

const RUN: &str = "Puff-Run:";
const VARIANT: &str = "Puff-Variant:";
const PATCH: &str = "Puff-Patch:";

/// Returns whether a commit can have trailers of ours, by its bytes.
pub fn may_say(bytes: &[u8]) -> bool {
    // Most messages have no capital P in front of a small u: this is asked of every commit.
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'P') {
        rest = &rest[at..];
        if rest.starts_with(RUN.as_bytes()) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

/// Returns what a message says.
pub fn read(message: &str) -> Vec<RunTrailers> {
    let mut trailers: Vec<RunTrailers> = Vec::new();
    for line in message.lines().map(str::trim) {
        let value = |key: &str| line.strip_prefix(key).map(str::trim);
        if let Some(run) = value(RUN).and_then(|run| run.parse().ok()) {
            trailers.push(RunTrailers { run, variant: None, patch: None });
        } else if let Some(trailer) = trailers.last_mut() {
            if let Some(variant) = value(VARIANT).and_then(|value| value.split('/').next()?.trim().parse().ok()) {
                trailer.variant.get_or_insert(variant);
            } else if let Some(patch) = value(PATCH) {
                trailer.patch.get_or_insert(patch.to_ascii_lowercase());
            }
        }
    }
    let mut seen = Vec::new();
    trailers.retain(|trailer| {
        let new = !seen.contains(trailer);
        seen.push(trailer.clone());
        new
    });
    trailers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_are_read_from_a_variant_and_from_a_squash_of_several() {
        let one = "Count\n\nDone.\n\nPuff-Run: fix-3f2a\nPuff-Task: task_1\nPuff-Variant: 2/4\nPuff-Patch: AB\n";
        let run: RunId = "fix-3f2a".parse().unwrap();
        let trailer = RunTrailers { run: run.clone(), variant: Some(2), patch: Some("ab".into()) };
        assert_eq!(read(one), std::slice::from_ref(&trailer));
        assert!(may_say(one.as_bytes()));
        let squash = format!(
            "Mine\n\nSquashed commit of the following:\n\n{}{0}    Puff-Run: other-1a2b\n",
            one.replace('\n', "\n    ")
        );
        let other = RunTrailers { run: "other-1a2b".parse().unwrap(), variant: None, patch: None };
        assert_eq!(read(&squash), [trailer, other]);
        assert!(read("Puff-Run: Not A Run\nPuff-Variant: 2/4").is_empty());
        assert!(!may_say(b"Polish the Puff-Pastry"));
    }
}
