//! One linked worktree, by the files that git keeps of it.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::folder::Folder;
use puff_system::files;

/// The most that is read of a file that names a git directory.
const MOST_LINK: u64 = 64 << 10;

/// Whether the user's hooks run when files are checked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hooks {
    /// They do: the commit is the user's own.
    Run,
    /// They do not: `core.hooksPath` may lead into the worktree, and the commit came from an agent.
    Off,
}

/// A linked worktree, as git keeps it in mind, or a private workspace. It need not be there any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worktree {
    /// Its folder.
    pub path: PathBuf,
    /// The folder in the git directory that belongs to it: git's own, or git-puff's of a private workspace.
    pub admin: PathBuf,
    /// Why it is locked, if it is.
    pub locked: Option<String>,
    /// Which repository the programs in it see.
    pub kind: WorktreeKind,
}

/// Which repository the programs in a worktree see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorktreeKind {
    /// The user's: `git worktree` made it.
    Linked,
    /// One of its own: it is a private workspace.
    Private,
}

impl Worktree {
    /// Locks it against being pruned or removed, or says another reason of a lock that there is.
    ///
    /// # Errors
    /// When the git directory cannot be written.
    pub fn lock(&self, reason: &str) -> io::Result<()> {
        write_new(&self.admin.join("locked"), format!("{reason}\n").as_bytes())
    }

    /// Takes the lock away.
    ///
    /// # Errors
    /// When the git directory cannot be written.
    pub fn unlock(&self) -> io::Result<()> {
        match fs::remove_file(self.admin.join("locked")) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
            _ => Ok(()),
        }
    }

    /// The file by which its folder names the repository is there and right. A private workspace needs none.
    pub fn is_linked(&self) -> bool {
        if self.kind == WorktreeKind::Private {
            return true;
        }
        let read = || {
            let mut text = String::new();
            let mut file = Folder::open(&self.path)?.open_file(Path::new(".git"))?.take(MOST_LINK);
            file.read_to_string(&mut text).map(|_| text)
        };
        let file = read().unwrap_or_default();
        let named = file.strip_prefix("gitdir: ").map(|path| self.path.join(path.trim_end()));
        named.is_some_and(|named| named.canonicalize().ok() == self.admin.canonicalize().ok())
    }
}

/// Writes a file of a git directory anew: see [`files::replace`].
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    files::replace(path, files::USUAL, bytes)
}
