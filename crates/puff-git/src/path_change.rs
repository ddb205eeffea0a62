//! A change of a path, as `git diff --name-status` says it.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString};

/// What became of a path: the letter that `git diff --name-status` has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString)]
pub enum ChangeKind {
    /// Git could not tell; the path is the reason.
    #[strum(serialize = "?")]
    Unknown,
    /// It is new.
    #[strum(serialize = "A")]
    Added,
    /// It is gone.
    #[strum(serialize = "D")]
    Deleted,
    /// Its content or its mode is another.
    #[strum(serialize = "M")]
    Modified,
    /// It is of another type, such as a link where a file was.
    #[strum(serialize = "T")]
    TypeChanged,
    /// It has conflicts.
    #[strum(serialize = "U")]
    Unmerged,
    /// It has a letter that a later git or git-puff knows, in front of the path.
    #[strum(serialize = "")]
    Other,
}

/// A path and what became of it. In JSON it is one string: `M path`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct PathChange {
    /// What became of it.
    pub kind: ChangeKind,
    /// The path, from the top of the worktree.
    pub path: String,
}

impl PathChange {
    /// Returns the change of a path.
    pub fn new(kind: ChangeKind, path: impl Into<String>) -> PathChange {
        PathChange { kind, path: path.into() }
    }
}

impl fmt::Display for PathChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ChangeKind::Other => f.write_str(&self.path),
            kind => write!(f, "{kind} {}", self.path),
        }
    }
}

impl From<PathChange> for String {
    fn from(change: PathChange) -> String {
        change.to_string()
    }
}

impl From<String> for PathChange {
    fn from(text: String) -> PathChange {
        let known = text.split_once(' ').and_then(|(letter, path)| Some(PathChange::new(letter.parse().ok()?, path)));
        known.filter(|change| change.kind != ChangeKind::Other).unwrap_or(PathChange::new(ChangeKind::Other, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_read_and_written_back() {
        for (text, kind) in [
            ("A made.txt", ChangeKind::Added),
            ("D a b", ChangeKind::Deleted),
            ("T link", ChangeKind::TypeChanged),
            ("? no such folder", ChangeKind::Unknown),
            ("X later", ChangeKind::Other),
            (" odd", ChangeKind::Other),
            ("", ChangeKind::Other),
        ] {
            let change = PathChange::from(text.to_owned());
            assert_eq!((change.kind, change.to_string()), (kind, text.to_owned()));
        }
    }
}
