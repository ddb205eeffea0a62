//! git's configuration, every layer of it, as git itself lists it.
//!
//! libgit2 sees neither `git -c` nor `GIT_CONFIG_COUNT` nor every include; one call of `git config --list` does.

use std::path::Path;

use strum::EnumString;

use super::program::{GitFailure, base_git, check_exit, git_in};
use puff_system::error::{Error, Result};
use puff_system::process::{Cmd, Failure, Output};

/// One line of one of git's configuration layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigEntry {
    /// The key: section and name in lower case, the subsection between them as it was written.
    pub key: String,
    /// The value; a key that stands alone means true.
    pub value: String,
    /// Which layer it is of.
    pub scope: Scope,
    /// Where it was written: `file:…`, `command line:`.
    pub origin: String,
}

/// A layer of git's configuration, as `git config --show-scope` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum Scope {
    /// The system's.
    System,
    /// The user's.
    Global,
    /// The repository's.
    Local,
    /// The worktree's own.
    Worktree,
    /// `-c` and the environment.
    Command,
    /// Another: git says `unknown` where it cannot tell, or is newer.
    Unknown,
}

/// Lists the configuration that counts here, in the order in which later entries win.
///
/// # Errors
/// When git cannot read it: a broken file is named by git.
pub fn list() -> Result<Vec<ConfigEntry>> {
    read(puff_system::process::run(&question(base_git().asks_nobody())))
}

/// The same for a folder that may be in no repository: then what counts everywhere.
///
/// # Errors
/// As [`list`].
pub fn list_in(folder: &Path) -> Result<Vec<ConfigEntry>> {
    read(puff_system::process::run(&question(git_in(folder).asks_nobody())))
}

/// The call that lists it.
pub(super) fn question(git: Cmd) -> Cmd {
    git.args(["config", "--list", "-z", "--show-origin", "--show-scope"])
}

/// Reads the answer.
pub(super) fn read(answer: Result<Output, Failure>) -> Result<Vec<ConfigEntry>> {
    let output = check_exit(answer).map_err(|failure| {
        let said = failure.to_string();
        let error = Error::cannot_work("git cannot read its configuration").hint("check it with 'git config --list'");
        match failure {
            GitFailure::Process(cause) => error.because(cause),
            GitFailure::Refused { .. } => error.because_it_said(&said),
        }
    })?;
    Ok(parse(&output.stdout))
}

/// Parses `scope NUL origin NUL key [LF value] NUL`, repeated: the form of `git config --list -z --show-origin
/// --show-scope`.
fn parse(listing: &[u8]) -> Vec<ConfigEntry> {
    let mut fields = listing.split(|byte| *byte == 0).map(|field| String::from_utf8_lossy(field).into_owned());
    let mut entries = Vec::new();
    while let (Some(scope), Some(origin), Some(pair)) = (fields.next(), fields.next(), fields.next()) {
        let (key, value) = match pair.split_once('\n') {
            Some((key, value)) => (key.to_owned(), value.to_owned()),
            None => (pair, "true".to_owned()),
        };
        let scope = scope.parse().unwrap_or(Scope::Unknown);
        entries.push(ConfigEntry { key, value, scope, origin });
    }
    entries
}

/// The remotes that have promised what is not here: `remote.<name>.promisor`, and, as older gits wrote it,
/// `extensions.partialClone`.
pub(super) fn promisors(entries: &[ConfigEntry]) -> Vec<String> {
    let mut remotes: Vec<String> = Vec::new();
    for entry in entries {
        let key = entry.key.as_str();
        let named = match key.strip_prefix("remote.").and_then(|rest| rest.strip_suffix(".promisor")) {
            Some(name) if matches!(entry.value.to_ascii_lowercase().as_str(), "true" | "yes" | "on" | "1") => name,
            None if key == "extensions.partialclone" => &entry.value,
            _ => continue,
        };
        if !named.is_empty() && !remotes.iter().any(|known| known == named) {
            remotes.push(named.to_owned());
        }
    }
    remotes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_span_lines_and_keys_may_stand_alone() {
        let listing = b"local\0file:.git/config\0puff.check\na\nb\0command\0command line:\0puff.autoharvest\0";
        let entries = parse(listing);
        assert_eq!(entries[0].value, "a\nb");
        assert_eq!((entries[1].key.as_str(), entries[1].value.as_str()), ("puff.autoharvest", "true"));
        assert_eq!(entries[1].scope, Scope::Command);
    }

    #[test]
    fn a_remote_promises_by_either_key() {
        let entry = |key: &str, value: &str| ConfigEntry {
            key: key.into(),
            value: value.into(),
            scope: Scope::Local,
            origin: String::new(),
        };
        let entries = [
            entry("remote.origin.url", "x"),
            entry("remote.origin.promisor", "true"),
            entry("remote.other.promisor", "false"),
            entry("extensions.partialclone", "origin"),
            entry("remote.a.b.promisor", "yes"),
        ];
        assert_eq!(promisors(&entries), ["origin", "a.b"]);
    }
}
