//! What a reader should look at before trusting a patch, as a value.

use std::fmt;

/// The kind of a [`Risk`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RiskKind {
    /// It changes what CI runs.
    Workflow,
    /// It changes what git hooks run.
    Hook,
    /// It changes how git filters, merges or shows files.
    Attributes,
    /// It changes which repositories or commits are submodules, or git fsck complains of its `.gitmodules`.
    Submodule,
    /// It changes what an editor, a shell, a build or an agent runs by itself.
    Autorun,
    /// It changes which dependencies are used.
    Lockfile,
    /// It looks like a key, a token or a password, or is a file that these are kept in.
    Secret,
    /// A character changes the direction of text: what is read is not what runs (CVE-2021-42574).
    Bidi,
    /// A path is another one on another file system, or none.
    Path,
    /// It makes a symbolic link.
    Symlink,
    /// It makes a file executable.
    Executable,
    /// It is a large file that cannot be read.
    Binary,
}

impl RiskKind {
    /// Returns its name, in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            RiskKind::Workflow => "workflow",
            RiskKind::Hook => "hook",
            RiskKind::Attributes => "attributes",
            RiskKind::Submodule => "submodule",
            RiskKind::Autorun => "autorun",
            RiskKind::Lockfile => "lockfile",
            RiskKind::Secret => "secret",
            RiskKind::Bidi => "bidi",
            RiskKind::Path => "path",
            RiskKind::Symlink => "symlink",
            RiskKind::Executable => "executable",
            RiskKind::Binary => "binary",
        }
    }
}

impl fmt::Display for RiskKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Something in a patch that a reader should look at before trusting it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Risk {
    /// What kind of thing.
    pub kind: RiskKind,
    /// The path it is about.
    pub path: Vec<u8>,
    /// What follows the path in a sentence: `is made executable`.
    pub detail: String,
}

impl Risk {
    pub(crate) fn new(kind: RiskKind, path: &[u8], detail: impl Into<String>) -> Risk {
        Risk { kind, path: path.to_vec(), detail: detail.into() }
    }
}
