//! Changes of refs, and why one is not made.

use crate::Oid;
use puff_system::error::Error;

/// What a ref must be for a change to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It does not exist.
    Absent,
    /// It is at this object.
    At(Oid),
}

/// A ref to be changed.
#[derive(Clone, Copy, Debug)]
pub struct RefChange<'a> {
    /// Its full name.
    pub name: &'a str,
    /// Where it is to point.
    pub new: Oid,
    /// What it has to be before.
    pub expected: Expected,
    /// For its log.
    pub message: &'a str,
}

/// Why a ref was not changed.
#[derive(Debug, thiserror::Error)]
pub enum RefFailure {
    /// It was not what was expected: someone else changed it first.
    #[error("'{0}' was changed by someone else")]
    Moved(String),
    /// It cannot be written.
    #[error("cannot write the ref '{name}'")]
    Unwritable {
        /// The ref.
        name: String,
        /// What libgit2 or git said.
        #[source]
        cause: git2::Error,
    },
}

impl From<RefFailure> for Error {
    fn from(failure: RefFailure) -> Error {
        let message = failure.to_string();
        match failure {
            RefFailure::Moved(_) => Error::failed(message).hint("run the command again"),
            RefFailure::Unwritable { cause, .. } => Error::cannot_work(message)
                .hint("'git puff doctor' looks for what is in the way; 'git puff doctor --repair' removes stale locks")
                .because(cause),
        }
    }
}

/// What one ref is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefStep {
    /// Its full name.
    pub name: String,
    /// What it has to be; none when it has to be absent.
    pub old: Option<Oid>,
    /// What it is to be; none when it is to go.
    pub new: Option<Oid>,
}

pub(crate) fn unwritable(name: &str, why: &str) -> RefFailure {
    RefFailure::Unwritable { name: name.to_owned(), cause: git2::Error::from_str(why) }
}

/// May a ref have this full name? A branch may not begin with a dash, nor be `HEAD`, as for `git branch`: every command
/// that names it would read an option, or another commit.
pub fn is_valid_ref_name(name: &str) -> bool {
    let branch = name.strip_prefix("refs/heads/");
    git2::Reference::is_valid_name(name) && branch.is_none_or(|branch| !branch.starts_with('-') && branch != "HEAD")
}
