//! Private workspaces: folders for programs that are not trusted, each with a repository of its own, used again and again.
//!
//! The files of a workspace are seen from two sides. Programs in it see a `.git` of its own ([`program_git`]), which is made
//! new for each use and which git-puff never reads. Git-puff sees it through the user's git directory with an index of its own, in
//! `<common git dir>/puff/pool/<N>`: so nothing that a program wrote decides what is brought back, or taken as its work.
//!
//! Between two uses a workspace lies in a pool, at its home. To use it again costs what is different between the old commit and
//! the new one. Who claims or releases one holds the lock of the pool for that moment; a workspace that is in use belongs to
//! its user, who locks it as a linked worktree is locked. What is in doubt (a process in it, files that cannot be
//! removed) is not used again: its folder is renamed into the trash of the pool, and deleted there by a process that has time.

mod live;
mod prepare;
mod program_config;
mod program_git;
mod state;
mod trash;

use self::prepare::Clean;
pub use self::state::WorkspaceState;
pub use self::trash::PoolSize;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};

use crate::Oid;
use crate::folder::{Folder, FolderIdentity};
use crate::repo::Repo;
use crate::worktrees::{Slot, SlotRecord, Worktree, WorktreeFault, WorktreeKind, write_new};
use puff_system::lock::FileLock;

/// The name of the file that says what a workspace or worktree is locked with.
const LOCKED: &str = "locked";

/// How many numbers are tried for a new workspace: far more than a machine can hold.
const MOST_SLOTS: u32 = 10_000;

/// What a workspace is claimed for.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// The folder of the pool.
    pub pool: &'a Path,
    /// Where the workspace is to be; at its home, which never changes, when there is none.
    pub path: Option<&'a Path>,
    /// What is to be in it.
    pub content: Content<'a>,
    /// What it is locked with from its first moment on.
    pub reason: &'a str,
    /// Those whose ignored files may be in it, and will be found by the next of them; with none, there are no ignored files.
    pub warm: Option<&'a str>,
    /// How many workspaces there may be before one is taken whose ignored files another would have gone on with.
    pub most: usize,
}

/// What is in a workspace.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// The commit that is checked out.
    pub commit: Oid,
    /// What the names of branches begin with that its repository does not have: those of other variants.
    pub without: &'a str,
}

/// A workspace that was claimed.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// It, whole and locked.
    pub workspace: Worktree,
    /// Ignored files of an earlier use may be in it.
    pub is_warm: bool,
}

impl Repo {
    /// Claims a private workspace: one of the pool where one is free, else a new one. It has the files of the commit, and no others but
    /// warm ones.
    ///
    /// # Errors
    /// When none can be made; then nothing is left at the path.
    pub fn claim_workspace(&self, claim: &Claim<'_>) -> Result<Claimed> {
        // One that cannot be brought to its commit is given up, and the next is tried; a new one that fails is the end.
        loop {
            let (slot, is_new) = self.take_slot(claim)?;
            let workspace = self.workspace_of(&slot);
            let is_warm = !is_new && claim.warm.is_some() && slot.slot.warm.as_deref() == claim.warm;
            let prepared = match is_new || !puff_system::process::runs_in(&slot.path) {
                true => {
                    let clean = match (is_new, is_warm) {
                        (true, _) => Clean::Nothing,
                        (false, true) => Clean::Untracked,
                        (false, false) => Clean::All,
                    };
                    self.prepare_workspace(&workspace, &claim.content, clean)
                }
                false => Err(anyhow::anyhow!("a process still works in it")),
            };
            let proved = match prepared {
                Ok(()) if is_new => self.prove_workspace(&workspace, claim.content.commit),
                other => other,
            };
            match proved {
                Ok(()) => {
                    let now = Slot { warm: claim.warm.map(str::to_owned), ..slot.slot.clone() };
                    self.write_slot(&SlotRecord { slot: now, ..slot })?;
                    return Ok(Claimed { workspace, is_warm });
                }
                Err(cause) if is_new => {
                    self.retire(&slot).context("cannot remove the workspace that failed")?;
                    return Err(cause);
                }
                Err(_) => self.retire(&slot)?,
            }
        }
    }

    /// Brings a workspace that is in use to a commit, with a new `.git`. Ignored files stay if it `is_warm`. What is known of it since the last program in it ended saves looking for what is to be removed.
    ///
    /// # Errors
    /// When its folder is not the one that was made, or git cannot: then another one is needed.
    pub fn restore_workspace(
        &self,
        workspace: &Worktree,
        content: &Content<'_>,
        is_warm: bool,
        known: Option<&WorkspaceState>,
    ) -> Result<()> {
        let clean = match known {
            Some(state) if !state.has_untracked && (is_warm || !state.has_ignored) => Clean::Nothing,
            _ if is_warm => Clean::Untracked,
            _ => Clean::All,
        };
        self.prepare_workspace(workspace, content, clean)
    }

    /// Ends the use of a workspace: it goes home, and may be claimed again, with its ignored files by those who left them.
    pub(crate) fn release_workspace(&self, path: &Path) -> io::Result<()> {
        let _lock = self.lock_pool()?;
        let Some(slot) = self.slot_at(path) else { return Ok(()) };
        match self.open_worktree(path) {
            Ok(folder) => {
                let is_home = slot.path == slot.slot.home;
                if !is_home && slot.slot.home.symlink_metadata().is_ok() {
                    return self.retire(&slot);
                }
                if !is_home {
                    make_parent(&slot.slot.home)?;
                    move_folder(&folder, &slot.path, &slot.slot.home)?;
                }
                self.set_free(&slot)
            }
            Err(WorktreeFault::Gone) => self.forget_slot(&slot),
            Err(WorktreeFault::Unreadable(cause)) => Err(cause),
            Err(fault) => Err(io::Error::other(fault)),
        }
    }

    /// Gives up a workspace of which nothing is worth anything, wherever its folder was moved to.
    pub(crate) fn discard_workspace(&self, path: &Path) -> io::Result<()> {
        match self.open_worktree(path) {
            Err(WorktreeFault::Replaced(replaced)) => {
                let moved = self.open_moved(&replaced);
                moved.map_or(Ok(()), Folder::remove)?;
                let slot = self.slot_at(path);
                slot.map_or(Ok(()), |slot| self.forget_slot(&slot))
            }
            _ => self.release_workspace(path),
        }
    }

    /// Returns whether a private workspace is in use at this path.
    pub(crate) fn is_workspace(&self, path: &Path) -> bool {
        self.slot_at(path).is_some()
    }

    /// Returns the private workspace, in use, whose folder this is, by the identity of the folder.
    pub fn workspace_in(&self, folder: &Path) -> Option<Worktree> {
        let there = Folder::open(folder).ok()?.identity().ok()?;
        let slot = self.slot_records().into_iter().find(|slot| slot.slot.used && slot.folder.is(&there))?;
        Some(self.workspace_of(&slot))
    }

    /// Returns the private workspaces that are in use.
    pub(crate) fn workspaces(&self) -> Vec<Worktree> {
        let used = self.slot_records().into_iter().filter(|slot| slot.slot.used);
        used.map(|slot| self.workspace_of(&slot)).collect()
    }

    fn slot_at(&self, path: &Path) -> Option<SlotRecord> {
        self.slot_record_at(path).filter(|slot| slot.slot.used)
    }

    fn workspace_of(&self, slot: &SlotRecord) -> Worktree {
        let locked = fs::read_to_string(slot.admin.join(LOCKED)).ok().map(|reason| reason.trim_end().to_owned());
        Worktree { path: slot.path.clone(), admin: slot.admin.clone(), locked, kind: WorktreeKind::Private }
    }

    fn lock_pool(&self) -> io::Result<FileLock> {
        let folder = self.slots_folder();
        fs::create_dir_all(&folder)?;
        FileLock::wait(&folder.join("lock"))
    }

    /// Takes a slot under the lock of the pool: its record says that it is in use before its folder moves. Returns whether it
    /// is new.
    fn take_slot(&self, claim: &Claim<'_>) -> Result<(SlotRecord, bool)> {
        let _lock = self.lock_pool().context("cannot acquire the lock of the pool of workspaces")?;
        // What is still recorded of a linked worktree at its path would be taken for the record of this.
        self.forget_gone();
        let slots = self.recover_slots(claim.pool)?;
        if let Some(slot) = chosen(&slots, claim) {
            let path = claim.path.unwrap_or(&slot.slot.home);
            if let Ok(taken) = self.move_slot(slot, path, claim.reason) {
                return Ok((taken, false));
            }
            // Whatever became of it, it is none of the pool's any more.
            self.retire(slot).context("cannot give up a workspace")?;
        }
        self.take_new(claim).map(|slot| (slot, true))
    }

    fn move_slot(&self, slot: &SlotRecord, path: &Path, reason: &str) -> io::Result<SlotRecord> {
        let folder = self.open_worktree(&slot.slot.home).map_err(io::Error::other)?;
        let used = Slot { used: true, since: now(), ..slot.slot.clone() };
        let taken = SlotRecord { path: path.to_owned(), slot: used, ..slot.clone() };
        write_new(&slot.admin.join(LOCKED), format!("{reason}\n").as_bytes())?;
        self.write_slot(&taken)?;
        if path != slot.slot.home {
            make_room(path)?;
            move_folder(&folder, &slot.slot.home, path)?;
        }
        Ok(taken)
    }

    fn take_new(&self, claim: &Claim<'_>) -> Result<SlotRecord> {
        let folder = self.slots_folder();
        let is_free = |number: &u32| {
            let admin = folder.join(number.to_string());
            !admin.join(crate::worktrees::FOLDER).exists() && home(claim.pool, *number).symlink_metadata().is_err()
        };
        let number = (1..MOST_SLOTS).find(is_free).context("the pool of workspaces is full")?;
        let (admin, home) = (folder.join(number.to_string()), home(claim.pool, number));
        let path = claim.path.unwrap_or(&home).to_owned();
        make_room(&path).with_context(|| format!("cannot make the folder '{}'", path.display()))?;
        fs::create_dir(&path).with_context(|| format!("cannot make the folder '{}'", path.display()))?;
        let make = || -> io::Result<SlotRecord> {
            crate::folder::remove_stubborn(&admin)?;
            fs::create_dir_all(&admin)?;
            write_new(&admin.join(LOCKED), format!("{}\n", claim.reason).as_bytes())?;
            let slot = Slot { home, used: true, warm: None, since: now() };
            let record = SlotRecord { admin, path: path.clone(), folder: Folder::open(&path)?.identity()?, slot };
            self.write_slot(&record)?;
            Ok(record)
        };
        make().inspect_err(|_| drop(fs::remove_dir(&path))).context("cannot record the new workspace")
    }

    /// Sees to what a kill in the middle of a claim or a release has left, and returns what is recorded of the pool. The caller
    /// holds its lock.
    fn recover_slots(&self, pool: &Path) -> Result<Vec<SlotRecord>> {
        let mut slots = Vec::new();
        for slot in self.slot_records() {
            let is = |path: &Path| identity(path).is_some_and(|there| slot.folder.is(&there));
            let has_gone = slot.path.symlink_metadata().is_err_and(|cause| cause.kind() == io::ErrorKind::NotFound);
            if slot.slot.used {
                // It moves after its record was written on the way out, before on the way in.
                if slot.path != slot.slot.home && has_gone && is(&slot.slot.home) {
                    self.set_free(&slot)?;
                    let free = Slot { used: false, ..slot.slot.clone() };
                    slots.push(SlotRecord { path: slot.slot.home.clone(), slot: free, ..slot });
                    continue;
                }
                slots.push(slot);
                continue;
            }
            let moved = slot.admin.file_name().map(|number| pool.join(number)).filter(|there| is(there));
            if is(&slot.slot.home) {
                slots.push(slot);
            } else if let Some(home) = moved {
                // The repository was renamed, and the pool with it.
                let moved = Slot { home: home.clone(), ..slot.slot.clone() };
                let moved = SlotRecord { path: home, slot: moved, ..slot };
                self.write_slot(&moved)?;
                slots.push(moved);
            } else {
                // Something else is in its place, or nothing.
                self.forget_slot(&slot)?;
            }
        }
        Ok(slots)
    }

    /// Records that a workspace is free, at its home.
    fn set_free(&self, slot: &SlotRecord) -> io::Result<()> {
        // What was noted of its use goes before it can be claimed again.
        for entry in fs::read_dir(&slot.admin)?.flatten() {
            if entry.file_name().as_encoded_bytes().starts_with(b"puff-") {
                crate::folder::remove_entry(&entry.path())?;
            }
        }
        let free = Slot { used: false, since: now(), ..slot.slot.clone() };
        self.write_slot(&SlotRecord { path: slot.slot.home.clone(), slot: free, ..slot.clone() })?;
        // Last: as long as it is in use, by its record, its lock says whose it is.
        remove_file(&slot.admin.join(LOCKED))?;
        self.unpin(slot);
        Ok(())
    }

    /// Forgets a slot whose folder is gone, or not ours.
    fn forget_slot(&self, slot: &SlotRecord) -> io::Result<()> {
        self.unpin(slot);
        crate::folder::remove_stubborn(&slot.admin)
    }

    /// Gives up a workspace: its folder goes into the trash, and its record is removed. The folder is its own, or nothing happens to
    /// it.
    fn retire(&self, slot: &SlotRecord) -> io::Result<()> {
        for path in [&slot.path, &slot.slot.home] {
            if let Some(folder) =
                Folder::open(path).ok().filter(|folder| folder.identity().is_ok_and(|id| slot.folder.is(&id)))
            {
                self.throw_away(&slot.slot.home, &folder, path)?;
                break;
            }
        }
        self.forget_slot(slot)
    }
}

/// Returns the slot that serves a claim best, if one does.
fn chosen<'s>(slots: &'s [SlotRecord], claim: &Claim<'_>) -> Option<&'s SlotRecord> {
    let free = || slots.iter().filter(|slot| !slot.slot.used);
    let same = free().find(|slot| slot.slot.warm.as_deref() == claim.warm);
    let others = || free().min_by_key(|slot| (slot.slot.warm.is_some(), slot.slot.since));
    same.or_else(|| others().filter(|_| slots.len() >= claim.most))
}

fn home(pool: &Path, number: u32) -> PathBuf {
    pool.join(number.to_string())
}

/// Moves the folder of a workspace, and proves that it was that one.
fn move_folder(folder: &Folder, from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    let moved = identity(to);
    if moved.is_some_and(|moved| folder.identity().is_ok_and(|is| is.is(&moved))) {
        return Ok(());
    }
    fs::rename(to, from)?;
    Err(io::Error::other("something else is in its place"))
}

/// Makes the folder above a path, and removes an empty folder at it.
fn make_room(path: &Path) -> io::Result<()> {
    make_parent(path)?;
    match fs::remove_dir(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => Ok(()),
    }
}

fn make_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

fn identity(path: &Path) -> Option<FolderIdentity> {
    path.symlink_metadata().ok().filter(fs::Metadata::is_dir).map(|meta| FolderIdentity::of(&meta))
}

fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => Ok(()),
    }
}

/// Returns the seconds since 1970 by the system's clock: they are compared with those of other processes.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}
