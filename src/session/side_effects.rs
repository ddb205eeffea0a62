//! What an agent or a check did to the repository beside its worktree: refs, HEADs, and the files of the git directory
//! that git obeys, before and after.
//!
//! They share the repository. What can only be another's work (the user's own commits, a pick) is not said of them;
//! where that cannot be told, the change is named, and does not count.

mod git_files;
mod harmless;
mod origin;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use self::git_files::{GitFiles, UNREAD};
use self::origin::{Clues, Origin, UserHead, user_heads, user_worktrees};
use crate::app::App;
use crate::error::{Result, ResultExt};
use crate::git::Worktree;
use crate::layout::replace;
use crate::model::{Oid, Risk, RiskKind};
use crate::settings;
use crate::store::sha256;

/// Refs that others move all the time: our own, and those that every fetch moves.
const OF_OTHERS: [&str; 3] = ["refs/puff/", "refs/notes/puff/", "refs/remotes/"];

/// The repository at one moment, as far as it is shared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitDirSnapshot {
    refs: BTreeMap<String, String>,
    hooks: BTreeMap<String, String>,
    /// None in what an older git-puff wrote.
    #[serde(default)]
    files: Option<BTreeMap<String, String>>,
    #[serde(default)]
    keys: BTreeMap<String, String>,
    #[serde(default)]
    heads: Vec<UserHead>,
    /// When the files were written last. They are compared within one process alone.
    #[serde(skip)]
    stamps: BTreeMap<String, String>,
}

/// An agent or a check: where it worked, since when, and in what words that is said.
#[derive(Clone, Copy, Debug)]
pub struct Actor<'a> {
    /// Its worktree.
    pub worktree: &'a Worktree,
    /// The commit that its worktree was made at.
    pub start: Oid,
    /// What it did meanwhile: `the agent was running`.
    pub meanwhile: &'a str,
    /// The same where it may have been another: `variant 2 was running`.
    pub beside: &'a str,
}

impl GitDirSnapshot {
    /// Reads the repository as it is now.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn capture(app: &App) -> Result<GitDirSnapshot> {
        let prefix = app.settings.text(settings::BRANCH_PREFIX).unwrap_or_default();
        let concerns = |name: &str| {
            let of_others = OF_OTHERS.iter().any(|others| name.starts_with(others));
            !of_others && !is_variant(name, &prefix)
        };
        let refs = app.repo.refs_under("refs/")?.into_iter().filter(|(name, _)| concerns(name));
        let refs = refs.map(|(name, oid)| (name, oid.to_string())).collect();
        let GitFiles { files, keys, hooks, stamps } = GitFiles::read(app, &user_worktrees(app));
        Ok(GitDirSnapshot { refs, hooks, files: Some(files), keys, heads: user_heads(app), stamps })
    }

    /// Keeps them with the worktree: as they were when its agent began.
    ///
    /// # Errors
    /// When the git directory cannot be written.
    pub fn keep_before(&self, worktree: &Worktree) -> Result<()> {
        for name in ["puff-after.json", "puff-changes.json"] {
            let _ = std::fs::remove_file(worktree.admin.join(name));
        }
        write(&worktree.admin.join("puff-before.json"), self)
    }

    /// Compares them with the state that was kept before the agent of a worktree began, and keeps what is different
    /// with the worktree: the logs that tell whose it is are at hand now.
    ///
    /// # Errors
    /// When the git directory cannot be written.
    pub fn keep_changes(&self, app: &App, actor: &Actor<'_>) -> Result<()> {
        let before: Option<GitDirSnapshot> = read(&actor.worktree.admin.join("puff-before.json"));
        let risks = before.map(|before| before.compared_with(app, self, actor)).unwrap_or_default();
        write(&actor.worktree.admin.join("puff-changes.json"), &risks)
    }

    /// Returns what changed while the agent of a worktree was running; nothing where that is not known.
    pub fn between(worktree: &Worktree) -> Vec<Risk> {
        read(&worktree.admin.join("puff-changes.json")).unwrap_or_default()
    }

    /// Returns what is different afterwards, each as a risk; what may be another's is of the kind `concurrent`.
    pub fn compared_with(&self, app: &App, after: &GitDirSnapshot, actor: &Actor<'_>) -> Vec<Risk> {
        if self == after {
            return Vec::new();
        }
        let clues = Clues::read(app, actor.worktree, Some(actor.start), &self.heads);
        let mut found = self.changed_refs(after, &clues);
        let same_worktree = |before: &UserHead, after: &UserHead| before.worktree == after.worktree;
        for head in &after.heads {
            let before = self.heads.iter().find(|before| same_worktree(before, head));
            if let Some(before) = before.filter(|before| before.branch != head.branch) {
                let to = if head.branch.is_empty() { "a commit".to_owned() } else { format!("'{}'", head.branch) };
                let origin = clues.of_head(before, head);
                found.push(Change::new(RiskKind::Ref, &head.shown(), format!("was switched to {to}"), origin));
            }
        }
        let common = &app.repo.location().common_dir;
        found.extend(self.changed_files(common, after));
        let hooks = changes(&self.hooks, &after.hooks).into_iter();
        for (name, from, to) in hooks.filter(|(name, ..)| is_of_old_worktree(name, self, after)) {
            let what = match (from, to) {
                (None, _) => "was put there: git runs it",
                (_, None) => "was removed",
                _ => "was changed: git runs it",
            };
            let is_ours = from.is_none() && harmless::is_file_of_git_puff(common, name);
            let origin = if is_ours { Origin::Others } else { Origin::Agent };
            found.push(Change::new(RiskKind::Hook, name, what.to_owned(), origin));
        }
        found.into_iter().filter_map(|change| change.into_risk(actor)).collect()
    }

    /// Returns the files that git obeys that were written again with the content that they had. Where another had set
    /// the same before, that is all that can be seen of it.
    pub fn rewritten(&self, after: &GitDirSnapshot) -> Vec<String> {
        let none = BTreeMap::new();
        let same = |name: &str| {
            let files = |of: &GitDirSnapshot| of.files.as_ref().unwrap_or(&none).get(name).cloned();
            files(self) == files(after) && self.hooks.get(name) == after.hooks.get(name)
        };
        let written = changes(&self.stamps, &after.stamps).into_iter();
        let both = written.filter(|(_, from, to)| from.is_some() && to.is_some());
        both.map(|(name, ..)| name).filter(|name| same(name)).map(str::to_owned).collect()
    }

    fn changed_refs(&self, after: &GitDirSnapshot, clues: &Clues<'_>) -> Vec<Change> {
        let short = |oid: &str| oid.chars().take(7).collect::<String>();
        let oid = |value: Option<&str>| value.and_then(|value| value.parse::<Oid>().ok());
        let mut found = Vec::new();
        for (name, from, to) in changes(&self.refs, &after.refs) {
            let what = match (from, to) {
                (None, Some(to)) => format!("was made at {}", short(to)),
                (Some(from), None) => format!("was deleted, from {}", short(from)),
                (Some(from), Some(to)) => format!("was moved from {} to {}", short(from), short(to)),
                (None, None) => continue,
            };
            found.push(Change::new(RiskKind::Ref, name, what, clues.of_ref(name, oid(from), oid(to))));
        }
        found
    }

    /// Returns changes of configuration and other files that git obeys. Nothing tells who wrote them; what git writes
    /// there beside the user's everyday commands (an upstream, a submodule, a depth) is left open.
    fn changed_files(&self, common: &Path, after: &GitDirSnapshot) -> Vec<Change> {
        let (Some(before_files), Some(after_files)) = (&self.files, &after.files) else { return Vec::new() };
        let mut found = Vec::new();
        let is_old = |(name, ..): &Changed<'_>| is_of_old_worktree(name, self, after);
        let is_listed = |(name, ..): &Changed<'_>| {
            let unread = format!("{}{UNREAD}", name.split_once(':').map_or(*name, |(file, _)| file));
            !self.keys.contains_key(&unread) && !after.keys.contains_key(&unread)
        };
        let keys: Vec<_> = changes(&self.keys, &after.keys).into_iter().filter(is_old).filter(is_listed).collect();
        for (name, from, to) in &keys {
            let what = match (from, to) {
                (None, _) => "was set: git obeys it",
                (_, None) => "was removed",
                _ => "was changed: git obeys it",
            };
            let everyday = is_everyday(name, from.is_none(), *to, &after.keys) || harmless::is_harmless(name);
            let left_open = everyday || is_of_new_module(name, self, after);
            let origin = match *to {
                Some(to) if harmless::is_of_git_puff(name, to) => Origin::Others,
                _ if left_open => Origin::Unknown,
                _ => Origin::Agent,
            };
            found.push(Change::new(RiskKind::Config, name, what.to_owned(), origin));
        }
        for (name, from, to) in changes(before_files, after_files).into_iter().filter(is_old) {
            let prefix = format!("{name}:");
            if keys.iter().any(|(key, ..)| key.starts_with(&prefix)) {
                continue;
            }
            let what = match (from, to) {
                (None, _) => "was put there: git obeys it",
                (_, None) => "was removed",
                _ => "was changed: git obeys it",
            };
            let left_open = name.ends_with("/shallow") || is_of_new_module(name, self, after);
            let origin = match from {
                None if harmless::is_file_of_git_puff(common, name) => Origin::Others,
                _ if left_open => Origin::Unknown,
                _ => Origin::Agent,
            };
            found.push(Change::new(RiskKind::Config, name, what.to_owned(), origin));
        }
        found
    }
}

/// Something that is different, and who did it.
struct Change {
    kind: RiskKind,
    path: String,
    what: String,
    origin: Origin,
}

impl Change {
    fn new(kind: RiskKind, path: &str, what: String, origin: Origin) -> Change {
        Change { kind, path: path.to_owned(), what, origin }
    }

    fn into_risk(self, actor: &Actor<'_>) -> Option<Risk> {
        let Change { kind, path, what, origin } = self;
        let (kind, detail) = match origin {
            Origin::Agent => (kind, format!("{what} while {}", actor.meanwhile)),
            Origin::Unknown => {
                (RiskKind::Concurrent, format!("{what} while {}, by it or by someone else", actor.beside))
            }
            Origin::Others => return None,
        };
        Some(Risk { kind, path, detail })
    }
}

/// Returns whether it is what `git switch`, `git push -u`, `git pull` and `git submodule init` write: an upstream that
/// is a known remote, or a submodule's first URL?
fn is_everyday(name: &str, is_new: bool, to: Option<&str>, keys: &BTreeMap<String, String>) -> bool {
    let Some((file, key)) = name.split_once(':') else { return false };
    if let Some(rest) = key.strip_prefix("branch.") {
        let last = rest.rsplit('.').next().unwrap_or_default();
        let remote = || {
            let prefix = format!("{file}:remote.");
            let names = keys.keys().filter_map(|key| key.strip_prefix(&prefix)?.strip_suffix(".url"));
            names.chain(["."]).any(|name| to == Some(sha256(name.as_bytes()).as_str()))
        };
        return match last {
            "remote" => to.is_none() || remote(),
            "pushremote" | "mergeoptions" => false,
            _ => true,
        };
    }
    is_new && key.starts_with("submodule.") && (key.ends_with(".url") || key.ends_with(".active"))
}

/// Returns whether it is of a worktree that was there both times. One that came or went is nothing to the others.
fn is_of_old_worktree(name: &str, before: &GitDirSnapshot, after: &GitDirSnapshot) -> bool {
    let Some(of) = name.strip_prefix(".git/worktrees/").and_then(|rest| rest.split('/').next()) else { return true };
    [before, after].iter().all(|traces| traces.heads.iter().any(|head| head.worktree == of))
}

/// Returns whether it is in a submodule that came or went as a whole.
fn is_of_new_module(name: &str, before: &GitDirSnapshot, after: &GitDirSnapshot) -> bool {
    let Some((above, rest)) = name.split_once("/modules/") else { return false };
    let there = |traces: &GitDirSnapshot| {
        let files = traces.files.as_ref();
        files.is_some_and(|files| files.keys().any(|file| is_config_of(file, above, rest)))
    };
    !(there(before) && there(after))
}

/// Returns whether `file` is the configuration of the submodule that a file at `<above>/modules/<rest>` is of.
fn is_config_of(file: &str, above: &str, rest: &str) -> bool {
    let module = file.strip_prefix(above).and_then(|file| file.strip_prefix("/modules/")?.strip_suffix("/config"));
    module.is_some_and(|module| rest.strip_prefix(module).is_some_and(|rest| rest.starts_with('/')))
}

fn write(path: &Path, what: &impl Serialize) -> Result<()> {
    let json = serde_json::to_vec(what).unwrap_or_default();
    replace(path, &json).or_fail(|| format!("cannot write '{}'", path.display()))
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Option<T> {
    serde_json::from_slice(&crate::files::read(path).ok()?).ok()
}

type Changed<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

fn changes<'a>(before: &'a BTreeMap<String, String>, after: &'a BTreeMap<String, String>) -> Vec<Changed<'a>> {
    let value = |map: &'a BTreeMap<String, String>, name: &str| map.get(name).map(String::as_str);
    let new = after.keys().filter(|name| !before.contains_key(*name));
    let names = before.keys().chain(new).map(String::as_str);
    names.map(|name| (name, value(before, name), value(after, name))).filter(|(_, from, to)| from != to).collect()
}

/// Returns whether this is the branch of a variant. They are made by harvests, whenever those come.
fn is_variant(name: &str, prefix: &str) -> bool {
    let rest = name.strip_prefix("refs/heads/").and_then(|name| name.strip_prefix(prefix));
    let number = rest.and_then(|rest| rest.rsplit_once("/var")).map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
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
    fn everyday_configuration_is_told_from_what_nobody_sets_by_the_way() {
        let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), sha256(value.as_bytes()))).collect()
        };
        let keys = map(&[("c:remote.origin.url", "x")]);
        let to = |value: &str| sha256(value.as_bytes());
        for (key, value, wanted) in [
            ("c:branch.x.remote", "origin", true),
            ("c:branch.x.remote", ".", true),
            ("c:branch.x.remote", "ext::sh -c evil", false),
            ("c:branch.x.pushremote", "origin", false),
            ("c:branch.x.y.merge", "refs/heads/x", true),
            ("c:submodule.a.url", "u", true),
            ("c:submodule.a.update", "!evil", false),
            ("c:core.hookspath", "/x", false),
            ("c:puff.check", "x", false),
        ] {
            assert_eq!(is_everyday(key, true, Some(&to(value)), &keys), wanted, "{key}={value}");
        }
        assert!(!is_everyday("c:submodule.a.url", false, Some(&to("u")), &keys));
    }

    #[test]
    fn files_of_a_new_submodule_are_told_from_those_of_an_old_one() {
        let with = |names: &[&str]| GitDirSnapshot {
            files: Some(names.iter().map(|name| ((*name).to_owned(), String::new())).collect()),
            ..GitDirSnapshot::default()
        };
        let (none, there) = (with(&[]), with(&[".git/modules/a/b/config"]));
        let name = ".git/modules/a/b/info/exclude";
        assert!(is_of_new_module(name, &none, &there) && !is_of_new_module(name, &there, &there));
        assert!(is_of_new_module(".git/modules/a/config", &there, &there));
        assert!(!is_of_new_module(".git/config:core.pager", &none, &there));
    }
}
