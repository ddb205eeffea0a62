//! Programs that may read anywhere and write only in named places, with everything that they start: by Landlock on
//! Linux, by the sandbox of macOS.
//!
//! Neither needs privileges, and neither can be left again. What is refused fails with the ordinary error of the system
//! (`EACCES` on Linux, `EPERM` on macOS), and only the program itself hears of it.

#[cfg(target_os = "linux")]
mod landlock;
#[cfg(any(target_os = "macos", test))]
mod seatbelt;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where a program may write, and whether it may use the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confinement {
    writable: Vec<PathBuf>,
    has_network: bool,
}

/// What confines programs on this system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// Landlock of the Linux kernel, with the version of its interface.
    Landlock {
        /// From 1.
        abi: i32,
    },
    /// `sandbox-exec` of macOS.
    Seatbelt,
}

/// Why programs cannot be confined here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsupported(&'static str);

impl Mechanism {
    /// Returns whether it can keep programs from the network, too.
    pub fn has_network_rules(self) -> bool {
        match self {
            Mechanism::Landlock { abi } => abi >= 4,
            Mechanism::Seatbelt => true,
        }
    }

    /// Finds out what there is by confining a thread of this process, which then ends: a container may have the calls and
    /// forbid them.
    ///
    /// # Errors
    /// When there is nothing, and why.
    pub fn find() -> Result<Mechanism, Unsupported> {
        #[cfg(target_os = "linux")]
        return landlock::find();
        #[cfg(target_os = "macos")]
        return seatbelt::find();
        #[cfg(not(any(target_os = "linux", target_os = "macos")))]
        return Err(Unsupported("programs cannot be confined on this system"));
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mechanism::Landlock { abi } => write!(f, "Landlock, ABI {abi}"),
            Mechanism::Seatbelt => f.write_str("sandbox-exec"),
        }
    }
}

impl Confinement {
    /// Lets a program write below these folders and into these files, and nowhere else. Links are followed when it is
    /// started; what is not there then is left out.
    pub fn new(writable: impl IntoIterator<Item = PathBuf>) -> Confinement {
        Confinement { writable: writable.into_iter().collect(), has_network: true }
    }

    /// Keeps it from TCP: it can neither connect nor listen, not even on this machine.
    pub fn without_network(self) -> Confinement {
        Confinement { has_network: false, ..self }
    }

    /// Lets it write into one more place.
    pub fn and(mut self, writable: &Path) -> Confinement {
        self.writable.push(writable.to_owned());
        self
    }

    /// Becomes a program that is confined so. Returns why it could not, where it fails.
    pub fn exec(&self, program: &OsStr, args: &[OsString]) -> std::io::Error {
        use std::os::unix::process::CommandExt;
        self.command(program, args).exec()
    }

    /// Returns a call of a program that is confined before its first instruction. Where that fails, it does not start.
    pub(super) fn command(&self, program: &OsStr, args: &[OsString]) -> Command {
        #[cfg(target_os = "linux")]
        {
            let mut command = Command::new(program);
            command.args(args);
            landlock::confine(&mut command, self);
            command
        }
        #[cfg(target_os = "macos")]
        return seatbelt::command(self, program, args);
        #[cfg(not(any(target_os = "linux", target_os = "macos")))]
        {
            // `Mechanism::find` has said that there is no way: a program that can be started by no name.
            let _ = (program, args);
            Command::new("")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::TcpListener;

    use super::*;
    use crate::process::{Cmd, run};

    /// A folder that may be written and one beside it, where the tests were built.
    fn folders() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let root = tempfile::tempdir_in(std::env::current_exe().unwrap().parent().unwrap()).unwrap();
        let [inside, outside] = ["inside", "outside"].map(|name| root.path().join(name));
        fs::create_dir(&inside).unwrap();
        fs::create_dir(&outside).unwrap();
        (root, inside, outside)
    }

    #[test]
    fn a_confined_program_writes_where_it_may_and_nowhere_else() {
        if Mechanism::find().is_err() {
            return;
        }
        let (_root, inside, outside) = folders();
        fs::write(outside.join("mine"), "kept").unwrap();
        let line = format!(
            "mkdir a b && echo x >a/x && mv a/x b/x && cat {0}/mine; echo y >{0}/y; rm {0}/mine; mv {0} {0}.moved; \
             chmod +x b/x; true",
            outside.display()
        );
        let cmd = Cmd::shell(&line).cwd(&inside).confined(Some(Confinement::new([inside.clone()])));
        let output = run(&cmd).unwrap();
        assert_eq!(output.stdout, b"kept", "{}", output.complaint());
        assert!(inside.join("b/x").exists());
        assert_eq!(fs::read(outside.join("mine")).unwrap(), b"kept");
        assert!(!outside.join("y").exists());
    }

    #[test]
    fn a_file_may_be_named_and_what_is_not_there_is_left_out() {
        if Mechanism::find().is_err() {
            return;
        }
        let (_root, inside, outside) = folders();
        fs::write(outside.join("log"), "").unwrap();
        let writable = [inside.clone(), outside.join("log"), outside.join("missing")];
        let line = format!("echo x >>{0}/log; echo x >{0}/other", outside.display());
        let output = run(&Cmd::shell(&line).cwd(&inside).confined(Some(Confinement::new(writable)))).unwrap();
        assert!(!output.success());
        assert_eq!(fs::read(outside.join("log")).unwrap(), b"x\n");
        assert!(!outside.join("other").exists());
    }

    #[test]
    fn without_the_network_nothing_connects() {
        if !Mechanism::find().is_ok_and(Mechanism::has_network_rules) {
            return;
        }
        let service = TcpListener::bind("127.0.0.1:0").unwrap();
        let line = format!("exec 3<>/dev/tcp/127.0.0.1/{}", service.local_addr().unwrap().port());
        let cmd = Cmd::new("bash").args(["-c", &line]);
        if run(&cmd).is_err() {
            return;
        }
        let confinement = Confinement::new([]);
        assert!(run(&cmd.clone().confined(Some(confinement.clone()))).unwrap().success());
        assert!(!run(&cmd.confined(Some(confinement.without_network()))).unwrap().success());
    }
}
