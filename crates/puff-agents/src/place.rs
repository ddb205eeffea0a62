//! The folder of a session: the record, the log, the lock that the supervisor holds for its life, and the socket that it
//! listens on.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use puff_system::files;
use puff_system::lock::FileLock;

/// The file that is there once its agent is started: the record names a process only when there is one, and a
/// supervisor can be killed between the two.
const BEGUN: &str = "begun";

/// The files of one session.
#[derive(Clone, Debug)]
pub struct SessionPlace {
    folder: PathBuf,
}

impl SessionPlace {
    /// Returns the files of the session in this folder.
    pub fn new(folder: PathBuf) -> SessionPlace {
        SessionPlace { folder }
    }

    /// Returns the same files by the working folder of this process, when that is their folder: their names stay right
    /// when the repository is renamed or moved meanwhile.
    pub fn relative(&self) -> SessionPlace {
        let here = SessionPlace { folder: PathBuf::from(".") };
        if is_same(&self.folder, &here.folder) { here } else { self.clone() }
    }

    /// Returns the folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the record.
    pub fn record(&self) -> PathBuf {
        self.folder.join("session.json")
    }

    /// Returns the newest output.
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Returns what the supervisor itself complained about.
    pub fn supervisor_log(&self) -> PathBuf {
        self.folder.join("supervisor.log")
    }

    /// Returns what it was asked: read by agents that take it from a file or on their standard input.
    pub fn prompt(&self) -> PathBuf {
        self.folder.join("prompt.md")
    }

    /// Returns whether its agent was started, or was about to be: from then on it may have run, whatever the record
    /// says.
    pub fn is_started(&self) -> bool {
        fs::symlink_metadata(self.folder.join(BEGUN)).is_ok()
    }

    /// Records that its agent is about to be started.
    ///
    /// # Errors
    /// When the git directory cannot be written: then the agent must not be started, or it could be started twice.
    pub fn mark_started(&self) -> io::Result<()> {
        files::replace(&self.folder.join(BEGUN), files::PRIVATE, b"")
    }

    /// Returns the lock that the supervisor holds for its life.
    pub fn lock(&self) -> PathBuf {
        self.folder.join("lock")
    }

    /// Returns where the supervisor listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("control")
    }

    /// Returns whether a supervisor is running.
    pub fn is_supervised(&self) -> bool {
        FileLock::is_held(&self.lock())
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    let id = |path: &Path| path.metadata().map(|meta| (meta.dev(), meta.ino())).ok();
    id(one).is_some_and(|one| Some(one) == id(other))
}
