//! What a reader should look at before trusting a variant.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use strum::{Display, EnumString};

/// The kind of a [`Risk`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum RiskKind {
    /// The patch changes what CI runs.
    Workflow,
    /// What git hooks run was changed: by the patch, or in the repository beside it.
    Hook,
    /// The patch changes how git filters, merges or shows files.
    Attributes,
    /// The patch changes which repositories or commits are submodules.
    Submodule,
    /// The patch changes what an editor, a shell, a build or an agent runs by itself.
    Autorun,
    /// The patch changes which dependencies are used.
    Lockfile,
    /// The patch holds what looks like a secret, or a file that these are kept in.
    Secret,
    /// A character changes the direction of text.
    Bidi,
    /// A path is another one on another file system, or none.
    Path,
    /// The patch makes a symbolic link.
    Symlink,
    /// The patch makes a file executable.
    Executable,
    /// The patch holds a large file that cannot be read.
    Binary,
    /// A ref of the repository was changed.
    Ref,
    /// The repository's configuration, or a file that git obeys, was changed.
    Config,
    /// A worktree was made, or replaced.
    Worktree,
    /// It changed while an agent or a check ran, and may be another's work.
    Concurrent,
    /// The user's own worktree changed, and the variant has no change.
    UserWorktree,
    /// A file could not be read, so it is not in the patch.
    Unread,
    /// A submodule has work that no other repository has.
    SubmoduleWork,
    /// A worktree inside the worktree has work of its own.
    WorktreeWork,
    /// The worktree was replaced by another folder.
    WorktreeMoved,
    /// A kind that a later git-puff knows.
    #[strum(default, to_string = "{0}")]
    Other(String),
}

impl RiskKind {
    /// Returns whether it is of what an agent or a check did to the repository beside its worktree.
    pub fn is_outside(&self) -> bool {
        matches!(self, RiskKind::Ref | RiskKind::Hook | RiskKind::Config | RiskKind::Worktree)
    }

    /// Returns whether it names work that is only in the variant's worktree, which therefore stays.
    pub fn is_work_left(&self) -> bool {
        use RiskKind::{SubmoduleWork, Unread, WorktreeMoved, WorktreeWork};
        matches!(self, Unread | SubmoduleWork | WorktreeWork | WorktreeMoved)
    }
}

impl Serialize for RiskKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RiskKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RiskKind, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Something in a patch that a reader should look at before trusting it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Risk {
    /// What kind of thing.
    #[schemars(with = "String")]
    pub kind: RiskKind,
    /// The path it is about.
    pub path: String,
    /// In words.
    pub detail: String,
}

impl Risk {
    /// Returns whether it counts against the variant. What may be another's work does not.
    pub fn counts(&self) -> bool {
        self.kind != RiskKind::Concurrent
    }
}

impl From<git_tree_apply::Risk> for Risk {
    fn from(risk: git_tree_apply::Risk) -> Risk {
        let git_tree_apply::Risk { kind, path, detail } = risk;
        let name = kind.as_str();
        let kind = name.parse().unwrap_or_else(|_| RiskKind::Other(name.to_owned()));
        Risk { kind, path: String::from_utf8_lossy(&path).into_owned(), detail }
    }
}

#[cfg(test)]
mod tests {
    use super::RiskKind;

    #[test]
    fn a_kind_is_written_as_it_is_read() {
        for (name, kind) in [
            ("workflow", RiskKind::Workflow),
            ("user-worktree", RiskKind::UserWorktree),
            ("submodule-work", RiskKind::SubmoduleWork),
            ("what comes later", RiskKind::Other("what comes later".to_owned())),
            ("", RiskKind::Other(String::new())),
        ] {
            let json = serde_json::to_string(name).unwrap();
            assert_eq!(serde_json::from_str::<RiskKind>(&json).unwrap(), kind);
            assert_eq!(serde_json::to_string(&kind).unwrap(), json);
        }
    }

    #[test]
    fn every_kind_of_the_patch_engine_is_known() {
        use git_tree_apply::RiskKind as Engine;
        for kind in [
            Engine::Workflow,
            Engine::Hook,
            Engine::Attributes,
            Engine::Submodule,
            Engine::Autorun,
            Engine::Lockfile,
            Engine::Secret,
            Engine::Bidi,
            Engine::Path,
            Engine::Symlink,
            Engine::Executable,
            Engine::Binary,
        ] {
            assert!(!matches!(kind.as_str().parse(), Ok(RiskKind::Other(_))), "{kind}");
        }
    }
}
