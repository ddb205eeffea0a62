//! What can go wrong, in the user's words, and the exit code that says so.
//!
//! An [`Error`] is a sentence that names the value at fault, the next step as a hint, and, underneath, the cause
//! as git, codex or the system worded it. It is built where the user's words are known, not where the failure
//! surfaced first. Exit codes are those of the command-line contract; nothing else in the program names a number.

use std::fmt;

/// Why the program ends the way it does. Each kind has one exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The answer is no, or the operation failed.
    Failed,
    /// The task, or the session, ended in error: no variant completed.
    TaskError,
    /// Done, except that a completed variant did not apply or a check failed.
    Partial,
    /// A time limit passed.
    Timeout,
    /// Nothing can be done here: no repository, no codex, signed out, unreadable state, an unsupported format.
    CannotWork,
    /// The words of the call are wrong.
    Usage,
    /// Interrupted or stopped.
    Interrupted,
}

impl Kind {
    /// The process exit code of this kind.
    pub const fn exit_code(self) -> u8 {
        match self {
            Kind::Failed => 1,
            Kind::TaskError => 2,
            Kind::Partial => 3,
            Kind::Timeout => 124,
            Kind::CannotWork => 128,
            Kind::Usage => 129,
            Kind::Interrupted => 130,
        }
    }
}

/// How a command that did its work ends the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// With 0.
    Done,
    /// With the code of this kind: the work is done, but what came of it is not all well.
    With(Kind),
}

impl Exit {
    /// The process exit code.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::With(kind) => kind.exit_code(),
        }
    }
}

/// A failure as the user reads it: what went wrong, the next step, and the cause underneath.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    hint: Option<String>,
    cause: Option<anyhow::Error>,
}

/// The result of nearly everything in this program.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind`; `message` is one sentence without the `error: ` in front and without a full stop.
    pub fn new(kind: Kind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into(), hint: None, cause: None }
    }

    /// The operation failed, or the answer is no.
    pub fn failed(message: impl Into<String>) -> Error {
        Error::new(Kind::Failed, message)
    }

    /// Nothing can be done in this place or state.
    pub fn cannot_work(message: impl Into<String>) -> Error {
        Error::new(Kind::CannotWork, message)
    }

    /// A flag or argument is wrong.
    pub fn usage(message: impl Into<String>) -> Error {
        Error::new(Kind::Usage, message)
    }

    /// Adds the next step: a command or setting that gets the user on.
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }

    /// Puts what git, codex or the system said underneath.
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Error {
        self.cause = Some(cause.into());
        self
    }

    /// Puts another program's own words underneath; nothing is added when it said nothing.
    pub fn because_it_said(mut self, words: &str) -> Error {
        let words = words.trim();
        if !words.is_empty() {
            self.cause = Some(anyhow::Error::msg(words.to_owned()));
        }
        self
    }

    /// The kind, and with it the exit code.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The sentence without its hint and cause.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The next step, if one is known.
    pub fn next_step(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns its message and its first cause, in one line.
    pub fn in_a_line(&self) -> String {
        let cause = self.causes().first().and_then(|cause| Some(format!(": {}", cause.lines().next()?)));
        format!("{}{}", self.message(), cause.unwrap_or_default())
    }

    /// The causes, outermost first, one line each.
    pub fn causes(&self) -> Vec<String> {
        let chain = self.cause.iter().flat_map(|cause| cause.chain());
        chain.map(|cause| cause.to_string()).collect()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|cause| cause.as_ref() as _)
    }
}

/// Words an [`std::io::Error`] (or any other) as an [`Error`] that names what was being done.
pub trait ResultExt<T> {
    /// On failure: `error: <what>`, with the original underneath.
    fn or_fail(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<anyhow::Error>> ResultExt<T> for std::result::Result<T, E> {
    fn or_fail(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|cause| Error::failed(what()).because(cause))
    }
}
