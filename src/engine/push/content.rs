//! What is in the files that a commit changes: seen in its patch.

use git_tree_apply::parse::{Body, FilePatch, Name, Stated};
use git_tree_apply::{RiskKind, risks};

use crate::engine::review::conflict_marker;
use crate::model::Risk;

/// Files that agents and their clients leave behind, by their whole name or its beginning.
const SCRATCH: [&str; 8] = [
    // The Codex client writes one wherever it runs; account ids can be in it.
    "error.log",
    ".aider.chat.history.md",
    ".aider.input.history",
    ".aider.llm.history",
    ".aider.tags.cache.",
    // The permissions that a user gave to an agent on their own machine.
    "settings.local.json",
    "nohup.out",
    ".codex-",
];

/// What patch programs write of what did not fit.
const REJECTED: &str = ".rej";
/// What they keep of a file before.
const KEPT: &str = ".orig";

/// Something that is seen in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentFinding {
    /// The path.
    pub path: String,
    /// The line of the new file, where it is about one.
    pub line: Option<u64>,
    /// In words.
    pub detail: String,
}

/// Returns whether this is a file that an agent or its client leaves behind.
pub fn is_scratch(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "settings.local.json" => folder == ".claude" || folder.ends_with("/.claude"),
        name => name.ends_with(KEPT) || SCRATCH.iter().any(|scratch| name.starts_with(scratch) && fits(name, scratch)),
    }
}

/// Returns whether a name that is not open at its end has to be the whole name.
fn fits(name: &str, scratch: &str) -> bool {
    scratch.ends_with(['.', '-']) || name == scratch
}

/// Added files that were not meant to be kept.
pub fn scratch(files: &[FilePatch<'_>]) -> Vec<ContentFinding> {
    let seen = |path: String| ContentFinding {
        path,
        line: None,
        detail: "was left behind by an agent or its client".to_owned(),
    };
    coming(files).filter(|path| is_scratch(path)).map(seen).collect()
}

/// Returns what is left of a patch that did not fit.
pub fn rejected(files: &[FilePatch<'_>]) -> Vec<ContentFinding> {
    let seen = |path: String| ContentFinding {
        path,
        line: None,
        detail: "holds hunks of a patch that did not apply".to_owned(),
    };
    coming(files).filter(|path| path.ends_with(REJECTED)).map(seen).collect()
}

fn coming<'f>(files: &'f [FilePatch<'_>]) -> impl Iterator<Item = String> + 'f {
    let new = files.iter().filter(|file| file.is_new == Stated::Yes || file.old_name != file.new_name);
    new.filter_map(|file| Some(Name(file.new_name.as_deref()?).to_string()))
}

/// Finds conflict markers in added lines.
pub fn markers(files: &[FilePatch<'_>]) -> Vec<ContentFinding> {
    let mut found = Vec::new();
    for file in files {
        let (Some(name), Body::Text(hunks)) = (file.new_name.as_deref(), &file.body) else { continue };
        let added = hunks.iter().flat_map(|hunk| hunk.changes()).filter(|line| line.added);
        // One tells of all in its file.
        let first = added.into_iter().find_map(|line| Some((line.number, conflict_marker(line.text)?)));
        found.extend(first.map(|(number, marker)| ContentFinding {
            path: Name(name).to_string(),
            line: Some(number),
            detail: format!("'{marker}' is left over from a merge"),
        }));
    }
    found
}

/// Returns what looks like a secret in what comes.
pub fn secrets(files: &[FilePatch<'_>]) -> Vec<Risk> {
    risks::of(files).into_iter().filter(|risk| risk.kind == RiskKind::Secret).map(Risk::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_agents_leave_are_told_from_others() {
        for path in [
            "error.log",
            "sub/error.log",
            ".aider.tags.cache.v4/cache.db",
            ".aider.tags.cache.v4",
            ".claude/settings.local.json",
            "a.rs.orig",
        ] {
            assert_eq!(is_scratch(path), !path.contains("cache.db"), "{path}");
        }
        for path in ["error.log.md", "src/error.rs", "settings.local.json", ".codex/config.toml", "original"] {
            assert!(!is_scratch(path), "{path}");
        }
    }
}
