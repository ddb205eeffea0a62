//! Errors as the user reads them, and their exit codes.
//!
//! An [`Error`] is a sentence that names the value at fault, a hint with the next step, and the cause as git, codex or
//! the system worded it. It is built where the user's input is known, not where the failure surfaced first. Only this
//! module defines exit codes.

use std::fmt;

/// The kind of a failure. Each kind has one exit code.
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
    /// Cannot work here: no repository, no codex, signed out, unreadable state, an unsupported format.
    CannotWork,
    /// Wrong arguments.
    Usage,
    /// Interrupted or stopped.
    Interrupted,
}

impl Kind {
    /// Returns the process exit code of this kind.
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

/// The exit of a command that has finished its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// With 0.
    Done,
    /// With the code of this kind: the work is done, but with a bad result.
    With(Kind),
}

impl Exit {
    /// Returns the process exit code.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::With(kind) => kind.exit_code(),
        }
    }
}

/// Returns the process exit code of a verb that has ended.
pub fn exit_code(ended: &Result<Exit>) -> u8 {
    match ended {
        Ok(exit) => exit.code(),
        Err(error) => error.kind().exit_code(),
    }
}

/// A failure as the user reads it: a message, the next step, and the cause.
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
    /// Creates an error of `kind`; `message` is one sentence without the prefix `error: ` and without a full stop.
    pub fn new(kind: Kind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into(), hint: None, cause: None }
    }

    /// Creates an error for an operation that failed, or for the answer no.
    pub fn failed(message: impl Into<String>) -> Error {
        Error::new(Kind::Failed, message)
    }

    /// Creates an error for a place or state in which the program cannot work.
    pub fn cannot_work(message: impl Into<String>) -> Error {
        Error::new(Kind::CannotWork, message)
    }

    /// Creates an error for a wrong flag or argument.
    pub fn usage(message: impl Into<String>) -> Error {
        Error::new(Kind::Usage, message)
    }

    /// Adds the next step: a command or setting that resolves the error.
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the cause from git, codex or the system.
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Error {
        self.cause = Some(cause.into());
        self
    }

    /// Adds another program's message as the cause, unless it is blank.
    pub fn because_it_said(mut self, words: &str) -> Error {
        let words = words.trim();
        if !words.is_empty() {
            self.cause = Some(anyhow::Error::msg(words.to_owned()));
        }
        self
    }

    /// Returns the kind, and with it the exit code.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the message without its hint and cause.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the next step, if one is known.
    pub fn next_step(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns the message and the first cause, in one line.
    pub fn in_a_line(&self) -> String {
        let cause = self.causes().first().and_then(|cause| Some(format!(": {}", cause.lines().next()?)));
        format!("{}{}", self.message(), cause.unwrap_or_default())
    }

    /// Returns the causes, outermost first.
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

/// Converts an [`std::io::Error`] (or any other) to an [`Error`] that names the failed operation.
pub trait ResultExt<T> {
    /// Converts a failure to `what`, with the original as its cause.
    fn or_fail(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<anyhow::Error>> ResultExt<T> for std::result::Result<T, E> {
    fn or_fail(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|cause| Error::failed(what()).because(cause))
    }
}
