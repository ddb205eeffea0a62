//! What an agent or a check did to the repository beside its worktree: its refs and hooks, before and after.
//!
//! They share the repository, so what changed while several were at work is said of each of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::error::{Result, ResultExt};
use crate::git::Worktree;
use crate::model::Risk;
use crate::settings;
use crate::store::{replace, sha256};

/// Refs that others move all the time: our own, and those that every fetch moves.
const OF_OTHERS: [&str; 3] = ["refs/puff/", "refs/notes/puff/", "refs/remotes/"];

/// Refs and hooks at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traces {
    refs: BTreeMap<String, String>,
    hooks: BTreeMap<String, String>,
}

impl Traces {
    /// As they are now.
    ///
    /// # Errors
    /// When the refs can't be read.
    pub fn look(context: &Context) -> Result<Traces> {
        let prefix = context.settings.text(settings::BRANCH_PREFIX).unwrap_or_default();
        let concerns = |name: &str| {
            let of_others = OF_OTHERS.iter().any(|others| name.starts_with(others));
            !of_others && !is_variant(name, &prefix)
        };
        let refs = context.repo.refs_under("refs/")?.into_iter().filter(|(name, _)| concerns(name));
        let refs = refs.map(|(name, oid)| (name, oid.to_string())).collect();
        Ok(Traces { refs, hooks: read_hooks(context) })
    }

    /// Keeps them with the worktree: as they were when its agent began.
    ///
    /// # Errors
    /// When the git directory can't be written.
    pub fn keep_before(&self, worktree: &Worktree) -> Result<()> {
        let _ = std::fs::remove_file(worktree.admin.join("puff-after.json"));
        self.keep(&worktree.admin.join("puff-before.json"))
    }

    /// Keeps them with the worktree: as they were when its agent was through.
    ///
    /// # Errors
    /// When the git directory can't be written.
    pub fn keep_after(&self, worktree: &Worktree) -> Result<()> {
        self.keep(&worktree.admin.join("puff-after.json"))
    }

    fn keep(&self, path: &Path) -> Result<()> {
        let json = serde_json::to_vec(self).unwrap_or_default();
        replace(path, &json).or_fail(|| format!("'{}' can't be written", path.display()))
    }

    /// What changed while the agent of a worktree was at work; nothing where that is not known.
    pub fn between(worktree: &Worktree) -> Vec<Risk> {
        let kept = |name: &str| -> Option<Traces> {
            serde_json::from_slice(&std::fs::read(worktree.admin.join(name)).ok()?).ok()
        };
        match (kept("puff-before.json"), kept("puff-after.json")) {
            (Some(before), Some(after)) => before.compared_with(&after, "the agent was at work"),
            _ => Vec::new(),
        }
    }

    /// What is different afterwards, each as a risk; `meanwhile` says what went on.
    pub fn compared_with(&self, after: &Traces, meanwhile: &str) -> Vec<Risk> {
        let risk = |kind: &str, path: &str, what: &str| Risk {
            kind: kind.to_owned(),
            path: path.to_owned(),
            detail: format!("{what} while {meanwhile}"),
        };
        let short = |oid: &str| oid.chars().take(7).collect::<String>();
        let mut risks = Vec::new();
        for (name, from, to) in changes(&self.refs, &after.refs) {
            let what = match (from, to) {
                (None, Some(to)) => format!("was made at {}", short(to)),
                (Some(from), None) => format!("was deleted, from {}", short(from)),
                (Some(from), Some(to)) => format!("was moved from {} to {}", short(from), short(to)),
                (None, None) => continue,
            };
            risks.push(risk("ref", name, &what));
        }
        for (name, from, to) in changes(&self.hooks, &after.hooks) {
            let what = match (from, to) {
                (None, _) => "was put there: git runs it",
                (_, None) => "was removed",
                _ => "was changed: git runs it",
            };
            risks.push(risk("hook", name, what));
        }
        risks
    }
}

type Changed<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

fn changes<'a>(before: &'a BTreeMap<String, String>, after: &'a BTreeMap<String, String>) -> Vec<Changed<'a>> {
    let value = |map: &'a BTreeMap<String, String>, name: &str| map.get(name).map(String::as_str);
    let new = after.keys().filter(|name| !before.contains_key(*name));
    let names = before.keys().chain(new).map(String::as_str);
    names.map(|name| (name, value(before, name), value(after, name))).filter(|(_, from, to)| from != to).collect()
}

/// Is this the branch of a variant? They are made by harvests, whenever those come.
fn is_variant(name: &str, prefix: &str) -> bool {
    let rest = name.strip_prefix("refs/heads/").and_then(|name| name.strip_prefix(prefix));
    let number = rest.and_then(|rest| rest.rsplit_once("/var")).map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The files that git would run, by their names, with what is in them.
fn read_hooks(context: &Context) -> BTreeMap<String, String> {
    let common = &context.repo.location().common_dir;
    let configured = context.settings.git("core.hookspath").map(PathBuf::from);
    // A relative folder is in every worktree: what an agent changes there is in its patch.
    let (folder, shown) = match configured.filter(|path| !path.as_os_str().is_empty()) {
        None => (common.join("hooks"), ".git/hooks".to_owned()),
        Some(path) if path.is_absolute() => (path.clone(), path.display().to_string()),
        Some(_) => return BTreeMap::new(),
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let hooks = entries.filter(|entry| !entry.file_name().to_string_lossy().ends_with(".sample"));
    let read = |entry: std::fs::DirEntry| {
        let content = std::fs::read(entry.path()).ok()?;
        Some((format!("{shown}/{}", entry.file_name().to_string_lossy()), sha256(&content)))
    };
    hooks.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_of_variants_are_told_from_others() {
        assert!(is_variant("refs/heads/puff/fix-3f2a/var12", "puff/"));
        assert!(is_variant("refs/heads/fix-3f2a/var1", ""));
        for other in ["refs/heads/puff/fix", "refs/heads/puff/x/var", "refs/heads/main", "refs/tags/puff/x/var1"] {
            assert!(!is_variant(other, "puff/"), "{other}");
        }
    }

    #[test]
    fn what_was_made_moved_and_removed_is_named() {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let before = Traces { refs: map(&[("a", "1"), ("b", "1"), ("c", "1")]), hooks: map(&[("x", "1")]) };
        let after = Traces { refs: map(&[("a", "1"), ("b", "2"), ("d", "1")]), hooks: map(&[("x", "2"), ("y", "1")]) };
        let risks = before.compared_with(&after, "it ran");
        let named: Vec<_> = risks.iter().map(|risk| (risk.kind.as_str(), risk.path.as_str())).collect();
        assert_eq!(named, [("ref", "b"), ("ref", "c"), ("ref", "d"), ("hook", "x"), ("hook", "y")]);
        assert_eq!(before.compared_with(&before, "it ran"), []);
    }
}
