//! What the trace reports of programs.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;
use std::process::ExitStatus;

use super::cmd::code;
use super::way::Way;
use super::{Cmd, Output};
use crate::trace::{Activity, write_words};

impl Cmd {
    /// Reports that this program starts. The end of what is returned is its end.
    pub(super) fn trace(&self, way: Way) -> Activity {
        let what = match way {
            Way::Captured | Way::Seen if self.is_client => "client",
            Way::Captured | Way::Seen if Path::new(&self.program).file_name() == Some(OsStr::new("git")) => "git",
            Way::Captured | Way::Seen => "program",
            Way::Detached => "detached",
            Way::Check => "check",
            Way::Agent => "agent",
            Way::Server => "server",
        };
        // A folder that is handed on as an open file has its name in PWD.
        let named = self.env.iter().rev().find(|(name, _)| name == "PWD").and_then(|(_, value)| value.as_ref());
        let folder = named.map(Path::new).or(self.cwd.as_deref());
        Activity::start(what, &CommandLine(self), folder)
    }
}

/// The words of a call, as the trace shows them.
struct CommandLine<'c>(&'c Cmd);

impl fmt::Display for CommandLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cmd { program, args, .. } = self.0;
        write_words(f, std::iter::once(program).chain(args).map(OsString::as_os_str))
    }
}

/// The end of a program, as the trace shows it.
pub(super) trait End {
    /// Writes it.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl End for ExitStatus {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit {}", code(*self))
    }
}

impl End for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.status.write(f)
    }
}

impl End for i32 {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit {self}")
    }
}

impl End for u32 {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {self}")
    }
}

/// What became of a program.
pub(super) struct Outcome<'r, T, E>(pub &'r Result<T, E>);

impl<T: End, E: std::error::Error> fmt::Display for Outcome<'_, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ok(end) => end.write(f),
            Err(failure) => {
                write!(f, "failed: {failure}")?;
                failure.source().map_or(Ok(()), |cause| write!(f, ": {cause}"))
            }
        }
    }
}

impl End for std::process::Child {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id().write(f)
    }
}
