//! Linked worktrees: made and removed by `git worktree`, looked at and locked by the files that git keeps of them
//! (`gitrepository-layout`): one system call where a call of git would be one process.
//!
//! Untrusted programs work in them. What is done to one later is done by an open handle of the folder that was recorded
//! when it was made ([`Repo::open_worktree`]), and through a git directory of our own.

mod record;
mod restore;
mod worktree;

pub(super) use record::{FOLDER, Slot, SlotRecord, copy_index, write_git_dir};
pub use record::{Replaced, WorktreeFault};
pub(super) use worktree::write_new;
pub use worktree::{Hooks, Worktree, WorktreeKind};

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::folder::{Folder, remove_stubborn};
use super::locate::OLDEST;
use super::program::{GitFailure, TIES, git_in, run};
use super::repo::Repo;
use crate::Oid;
use puff_system::process::Cmd;

/// How long a checkout may take.
const CHECKOUT_LIMIT: Duration = Duration::from_secs(1800);

/// How git ends when it is called with words that it does not know.
const USAGE: i32 = 129;

/// Settings that must not change what git-puff sees in a worktree, nor run anything on the way.
///
/// An index of ours is one file (`core.splitIndex`) with a checksum (`index.skipHash`): with the two of them the other way
/// round, git up to 2.47 names the shared half of an index by a checksum of zeros, takes that for none, and writes the
/// tree of nothing. The next two are about which files git looks into: an agent may date a file as it likes.
pub(super) const PINNED: [&str; 13] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.splitIndex=false",
    "index.skipHash=false",
    "core.trustctime=true",
    "core.checkStat=default",
    "core.safecrlf=false",
    "core.quotePath=true",
    "submodule.recurse=false",
    "advice.addEmbeddedRepo=false",
    "diff.suppressBlankEmpty=false",
    "diff.autoRefreshIndex=true",
];

impl Repo {
    /// Every linked worktree and every private workspace that is in use, in no order.
    pub fn worktrees(&self) -> Vec<Worktree> {
        let mut found = self.linked_worktrees();
        found.extend(self.workspaces());
        found
    }

    fn linked_worktrees(&self) -> Vec<Worktree> {
        let folders = fs::read_dir(self.location().common_dir.join("worktrees")).into_iter().flatten().flatten();
        let folders = folders.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        self.without_impostors(folders.filter_map(|entry| read(entry.path())).collect())
    }

    /// The linked worktree in this folder.
    pub fn worktree_at(&self, path: &Path) -> Option<Worktree> {
        let mut there = self.worktrees();
        // By its name first: a link above it may lead to another one.
        let named = there.iter().position(|one| one.path == path);
        let same = |one: &Worktree| resolved(&one.path).is_some_and(|real| Some(real) == resolved(path));
        let found = named.or_else(|| there.iter().position(same))?;
        Some(there.swap_remove(found))
    }

    /// Makes a worktree with a detached HEAD at this commit, locked from its first moment on. Its folder is recorded before
    /// anything is in it.
    ///
    /// # Errors
    /// With git's words, when it cannot.
    pub fn add_worktree(&self, path: &Path, commit: Oid, reason: &str, hooks: Hooks) -> Result<Worktree, GitFailure> {
        let refused = |complaint: String| GitFailure::Refused { code: -1, complaint };
        self.make_folder(path).map_err(|cause| refused(format!("cannot make '{}': {cause}", path.display())))?;
        // The configuration that the index is written with is the user's, and the agent's git goes by that; these two, and
        // the next index of the worktree has nothing in it.
        let mut cmd = self.untied().args(["-c", "core.splitIndex=false", "-c", "index.skipHash=false"]);
        if hooks == Hooks::Off {
            cmd = cmd.args(["-c", "core.hooksPath=/dev/null"]);
        }
        let cmd = cmd.args(["worktree", "add", "--quiet", "--detach", "--lock", "--reason", reason, "--"]);
        let added = run(&cmd.arg(path).arg(commit.to_string()).limit(CHECKOUT_LIMIT));
        if let Err(failure) = added {
            let _ = self.forget_folder(path);
            return Err(match failure {
                GitFailure::Refused { code: USAGE, .. } => {
                    let complaint =
                        format!("git {OLDEST} or newer is needed: this one knows no 'worktree add --reason'");
                    GitFailure::Refused { code: USAGE, complaint }
                }
                other => other,
            });
        }
        let worktree = self
            .worktree_at(path)
            .ok_or_else(|| refused(format!("the new worktree '{}' is not to be found", path.display())))?;
        self.keep_side(&worktree, commit).map_err(|cause| refused(format!("cannot keep its index: {cause}")))?;
        Ok(worktree)
    }

    /// Writes the file by which the folder of a worktree names the repository. What is at its name goes, if that is a file or
    /// a link.
    ///
    /// # Errors
    /// When the folder is not the one that was made, or cannot be written.
    pub fn link_worktree(&self, worktree: &Worktree) -> io::Result<()> {
        if worktree.kind == WorktreeKind::Private {
            return Ok(());
        }
        let folder = self.open_worktree(&worktree.path).map_err(io::Error::other)?;
        let file = folder.anchor().join(".git");
        if file.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
            // There is a repository of another in there, which is not ours to remove.
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "it is a repository of its own"));
        }
        write_new(&file, format!("gitdir: {}\n", worktree.admin.display()).as_bytes())
    }

    /// Removes a worktree with all that is in it, locked or not, and what git keeps of it; a private workspace goes home. What
    /// is not the folder that was made is not touched: then nothing is removed at all.
    ///
    /// # Errors
    /// When files of it cannot be removed, or something else is in its place.
    pub fn remove_worktree(&self, path: &Path) -> io::Result<()> {
        if self.is_workspace(path) {
            return self.release_workspace(path);
        }
        // Not by `git worktree remove`: it refuses a worktree that lost its `.git`, and folders without write permission.
        self.remove_aside(path)?;
        match self.open_worktree(path) {
            // A kill in the middle must not leave half a worktree, in which the next reader would see files deleted by the
            // agent: it goes out of the way whole, and the records of it go last, by which the rest is found.
            Ok(folder) => {
                folder.prove_removable()?;
                self.move_aside(path, folder)?.remove()?;
            }
            Err(WorktreeFault::Gone) => {}
            Err(WorktreeFault::Unreadable(cause)) => return Err(cause),
            Err(fault) => return Err(io::Error::other(fault)),
        }
        self.forget_worktree(path)
    }

    /// Removes a worktree of which nothing is worth anything, wherever its folder was moved to. What is in its place is not
    /// touched.
    ///
    /// # Errors
    /// When files of it cannot be removed.
    pub fn discard_worktree(&self, path: &Path) -> io::Result<()> {
        if self.is_workspace(path) {
            return self.discard_workspace(path);
        }
        let Err(WorktreeFault::Replaced(replaced)) = self.open_worktree(path) else {
            return self.remove_worktree(path);
        };
        self.open_moved(&replaced).map_or(Ok(()), Folder::remove)?;
        self.forget_worktree(path)
    }

    /// Removes what git, and we, keep of a worktree whose folder is gone, and of those that were made inside.
    fn forget_worktree(&self, path: &Path) -> io::Result<()> {
        let inside = self.worktrees_below(path);
        for worktree in self.worktree_at(path).into_iter().chain(inside) {
            remove_stubborn(&worktree.admin)?;
            // Git keeps no empty folder either.
            let _ = fs::remove_dir(self.location().common_dir.join("worktrees"));
        }
        self.forget_folder(path)
    }

    /// Returns the worktrees that are inside of another one. Their folders need not be there.
    pub(crate) fn worktrees_below(&self, path: &Path) -> Vec<Worktree> {
        let real = resolved(path);
        let is_below = |other: &Worktree| {
            let below = |path: &Path| other.path != path && other.path.starts_with(path);
            below(path) || real.as_deref().is_some_and(below)
        };
        self.worktrees().into_iter().filter(is_below).collect()
    }

    /// A call of git in the main worktree, whatever the caller's variables say of an index.
    fn untied(&self) -> Cmd {
        let ours = ["GIT_DIR", "GIT_WORK_TREE"];
        let ties = TIES.iter().filter(|name| !ours.contains(name));
        ties.fold(self.git(), |cmd, name| cmd.env_remove(name))
    }
}

/// A call of git in the folder of a linked worktree, whatever became of the file that names its repository; no hook runs.
pub(super) fn git_of(worktree: &Worktree, folder: &Folder) -> Cmd {
    let git = git_in(folder.anchor()).env("GIT_DIR", &worktree.admin).env("GIT_WORK_TREE", ".");
    pinned(git)
}

/// Adds the settings of [`PINNED`].
pub(super) fn pinned(git: Cmd) -> Cmd {
    PINNED.iter().fold(git, |git, setting| git.args(["-c", setting]))
}

fn read(admin: PathBuf) -> Option<Worktree> {
    let gitdir = fs::read_to_string(admin.join("gitdir")).ok()?;
    // Newer gits may write it relative to the folder that it is in.
    let path = admin.join(gitdir.trim_end_matches('\n')).parent()?.to_owned();
    let locked = fs::read_to_string(admin.join("locked")).ok().map(|reason| reason.trim_end().to_owned());
    Some(Worktree { path, admin, locked, kind: WorktreeKind::Linked })
}

pub(super) fn resolved(path: &Path) -> Option<PathBuf> {
    let (folder, name) = (path.parent()?, path.file_name()?);
    Some(folder.canonicalize().ok()?.join(name))
}
