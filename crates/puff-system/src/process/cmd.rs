//! A call of another program, and what came of it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use super::MOST_OUTPUT;
use super::confine::Confinement;
use super::way::Way;

/// A call of another program, built up and then run.
#[derive(Clone, Debug)]
pub struct Cmd {
    pub(super) program: OsString,
    pub(super) args: Vec<OsString>,
    pub(super) env: Vec<(OsString, Option<OsString>)>,
    pub(super) bare: bool,
    pub(super) cwd: Option<PathBuf>,
    pub(super) stdin: Option<Vec<u8>>,
    pub(super) limit: Duration,
    pub(super) holds: Option<Arc<File>>,
    pub(super) asks_nobody: bool,
    pub(super) ends_with_us: bool,
    pub(super) is_client: bool,
    pub(super) confinement: Option<Confinement>,
}

/// What a program that ran to its end left behind.
#[derive(Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained about.
    pub stderr: Vec<u8>,
    /// How long it took.
    pub took: Duration,
}

impl Output {
    /// Exit code 0.
    pub fn success(&self) -> bool {
        self.status.success()
    }

    /// Its complaints as text, without trailing white space.
    pub fn complaint(&self) -> String {
        String::from_utf8_lossy(&self.stderr).trim_end().to_owned()
    }
}

/// Why a program has no [`Output`].
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is no such program.
    #[error("there is no program '{program}'")]
    NotFound {
        /// What was looked for.
        program: String,
    },
    /// It could not be started.
    #[error("'{program}' could not be started")]
    Start {
        /// What was to be started.
        program: String,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// It was killed because it took too long.
    #[error("'{program}' gave no answer within {} seconds and was ended", limit.as_secs_f32())]
    TimedOut {
        /// What took too long.
        program: String,
        /// How long it had.
        limit: Duration,
    },
    /// It was killed because it printed too much.
    #[error("'{program}' printed more than {} MiB and was ended", MOST_OUTPUT >> 20)]
    TooMuch {
        /// What printed too much.
        program: String,
    },
    /// Waiting for it, or reading what it printed, failed.
    #[error("'{program}' could not be followed to its end")]
    Lost {
        /// What was lost.
        program: String,
        /// Why.
        #[source]
        cause: io::Error,
    },
}

impl Cmd {
    /// A call of `program`: a path, or a name that is looked up on `PATH`. No input, one minute.
    pub fn new(program: impl AsRef<OsStr>) -> Cmd {
        Cmd {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            // Whatever asks for a password must not hang: neither git nor what git calls.
            env: vec![("GIT_TERMINAL_PROMPT".into(), Some("0".into()))],
            bare: false,
            cwd: None,
            stdin: None,
            limit: Duration::from_secs(60),
            holds: None,
            asks_nobody: false,
            ends_with_us: false,
            is_client: false,
            confinement: None,
        }
    }

    /// A line for the shell, as git runs the commands of its configuration.
    pub fn shell(line: &str) -> Cmd {
        Cmd::new("sh").args(["-c", line])
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Cmd {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Cmd {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets a variable of its environment; later settings win.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Cmd {
        self.env.push((name.as_ref().to_owned(), Some(value.as_ref().to_owned())));
        self
    }

    /// Takes a variable out of its environment.
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Cmd {
        self.env.push((name.as_ref().to_owned(), None));
        self
    }

    /// Gives it nothing of our environment but what is set for this call.
    pub fn env_clear(mut self) -> Cmd {
        self.bare = true;
        self
    }

    /// Ends it, and what it started in its process group, when we are killed.
    pub fn ends_with_us(mut self) -> Cmd {
        self.ends_with_us = true;
        self
    }

    /// Where it runs.
    pub fn cwd(mut self, folder: impl AsRef<Path>) -> Cmd {
        self.cwd = Some(folder.as_ref().to_owned());
        self
    }

    /// What it reads; without this its standard input is empty.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Cmd {
        self.stdin = Some(bytes.into());
        self
    }

    /// How long it may take.
    pub fn limit(mut self, limit: Duration) -> Cmd {
        self.limit = limit;
        self
    }

    /// Lets it keep a file open, and with it the lock on that file: the lock then lasts until both this program and
    /// that one have ended.
    pub fn holds(mut self, file: Option<Arc<File>>) -> Cmd {
        self.holds = file;
        self
    }

    /// Says that it has nothing to ask anybody, nor has what it calls: it needs no session of its own, and a program that
    /// needs none is started without a copy of this one.
    pub fn asks_nobody(mut self) -> Cmd {
        self.asks_nobody = true;
        self
    }

    /// Says that it is the client of a service: the trace names it so.
    pub fn is_client(mut self) -> Cmd {
        self.is_client = true;
        self
    }

    /// Lets it, and whatever it starts, write only where this says; anywhere, with none.
    pub fn confined(mut self, confinement: Option<Confinement>) -> Cmd {
        self.confinement = confinement;
        self
    }

    /// The program as the user would name it.
    pub(super) fn name(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }

    pub(super) fn command(&self, way: Way) -> std::process::Command {
        let mut command = match &self.confinement {
            Some(confinement) => confinement.command(&self.program, &self.args),
            None => {
                let mut command = std::process::Command::new(&self.program);
                command.args(&self.args);
                command
            }
        };
        if self.bare {
            command.env_clear();
        }
        for (name, value) in &self.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(cwd) = &self.cwd {
            command.current_dir(cwd);
            // A program may trust this more than the system (`opencode run` does), and then works in its caller's folder.
            if !self.env.iter().any(|(name, _)| name == "PWD") {
                command.env("PWD", logical(cwd)).env_remove("OLDPWD");
            }
        }
        way.hand_on_trace(self.bare, &mut command);
        command
    }

    pub(super) fn needs_terminal(&self) -> Failure {
        self.start_failure(io::Error::new(io::ErrorKind::Unsupported, "there is no terminal here"))
    }

    pub(super) fn start_failure(&self, cause: io::Error) -> Failure {
        let program = self.name();
        // A missing working folder is NotFound too; that one is our own mistake, not a missing program.
        let missing = cause.kind() == io::ErrorKind::NotFound && self.cwd.as_ref().is_none_or(|cwd| cwd.is_dir());
        if missing { Failure::NotFound { program } } else { Failure::Start { program, cause } }
    }
}

/// The exit code as a shell has it: 128 and more for a program that a signal ended.
#[cfg(unix)]
pub(super) fn code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

/// The exit code; -1 where there is none.
#[cfg(not(unix))]
pub(super) fn code(status: std::process::ExitStatus) -> i32 {
    status.code().unwrap_or(-1)
}

/// The name of a working folder as POSIX wants it in `PWD`: absolute, without `.` and `..`.
fn logical(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    // What is named by a descriptor of ours has another name in the child.
    let is_plain = !absolute.starts_with("/proc") && absolute.components().all(|part| part != Component::ParentDir);
    if is_plain { absolute } else { absolute.canonicalize().unwrap_or(absolute) }
}

impl fmt::Display for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.program.to_string_lossy())?;
        self.args.iter().try_for_each(|arg| write!(f, " {}", arg.to_string_lossy()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_working_folder_is_named_in_pwd_and_the_one_before_it_in_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("inside");
        std::fs::create_dir(&inside).unwrap();
        let prints = Cmd::new("printenv").args(["PWD"]).env("OLDPWD", "/tmp");
        for cwd in [inside.clone(), folder.path().join("inside/../inside"), folder.path().join("./inside/.")] {
            let printed = super::super::run(&prints.clone().cwd(cwd)).unwrap().stdout;
            let printed = PathBuf::from(String::from_utf8(printed).unwrap().trim_end());
            assert!(printed == inside || printed == inside.canonicalize().unwrap(), "{}", printed.display());
        }
        let old = super::super::run(&Cmd::new("printenv").arg("OLDPWD").env("OLDPWD", "/tmp").cwd(&inside)).unwrap();
        assert_eq!(old.stdout, b"");
    }
}
