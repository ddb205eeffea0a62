//! What git-puff keeps of a worktree that it made, beside what git keeps: which folder it is, and a git directory to look
//! at it through.
//!
//! Both are below `<common git dir>/puff/worktrees`, and not with what git keeps: an agent's sandbox that lets it commit
//! lets it write there. So neither the folder's `.git` nor git's own folder of the worktree decides what configuration,
//! index or HEAD git-puff works with; of the agent's index, a copy is read.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::worktree::{Worktree, WorktreeKind, write_new};
use crate::Oid;
use crate::bytes::as_bytes;
use crate::folder::{Folder, FolderIdentity, find_beside, remove_stubborn};
use crate::repo::Repo;
use puff_system::files;

/// The file of a record that says which folder it is of.
pub(crate) const FOLDER: &str = "folder.json";

/// Why the folder of a worktree cannot be used.
#[derive(Debug)]
pub enum WorktreeFault {
    /// Nothing is there, nor is the folder found beside.
    Gone,
    /// What is there is not the folder that was made.
    Replaced(Replaced),
    /// It cannot be opened.
    Unreadable(io::Error),
}

/// A worktree whose path leads to something else than the folder that was made there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Its path.
    pub path: PathBuf,
    /// What is there.
    pub by: &'static str,
    /// Where the folder is now, if it is near.
    pub moved: Option<PathBuf>,
}

impl fmt::Display for Replaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not the folder that git-puff made: {} is there", self.path.display(), self.by)?;
        match &self.moved {
            Some(moved) => write!(f, ", and that folder is now '{}'", moved.display()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for WorktreeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WorktreeFault::Gone => f.write_str("its folder is gone"),
            WorktreeFault::Replaced(replaced) => replaced.fmt(f),
            WorktreeFault::Unreadable(cause) => write!(f, "cannot open its folder: {cause}"),
        }
    }
}

impl std::error::Error for WorktreeFault {}

#[derive(Serialize, Deserialize)]
struct Record {
    /// The path it was made at, and the same without links.
    paths: [PathBuf; 2],
    folder: FolderIdentity,
    /// The name of git's own folder of it, once it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    admin: Option<String>,
    /// Where it is in the pool; of a private workspace alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slot: Option<Slot>,
}

/// What is kept of a private workspace beside which folder it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Slot {
    /// The path of its folder between two uses.
    pub home: PathBuf,
    /// It is in use, at its path.
    pub used: bool,
    /// Whose ignored files are in it, in the words of its user; none where no other may go on with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm: Option<String>,
    /// When its last use began or ended, in seconds since 1970.
    pub since: u64,
}

/// A private workspace as it is recorded: its folder in the git directory, its path, which folder that is, and its slot.
#[derive(Clone, Debug)]
pub(crate) struct SlotRecord {
    pub admin: PathBuf,
    pub path: PathBuf,
    pub folder: FolderIdentity,
    pub slot: Slot,
}

impl SlotRecord {
    fn of((admin, record): (PathBuf, Record)) -> Option<SlotRecord> {
        let [path, _] = record.paths;
        Some(SlotRecord { admin, path, folder: record.folder, slot: record.slot? })
    }
}

impl Repo {
    fn records(&self) -> PathBuf {
        self.location().common_dir.join("puff/worktrees")
    }

    /// Returns the folder of the records of private workspaces, one each with a number for its name.
    pub(crate) fn slots_folder(&self) -> PathBuf {
        self.location().common_dir.join("puff/pool")
    }

    /// Returns what is recorded of private workspaces, in use or not, in the order of their numbers.
    pub(crate) fn slot_records(&self) -> Vec<SlotRecord> {
        let mut slots: Vec<SlotRecord> = self.records_in(&self.slots_folder()).filter_map(SlotRecord::of).collect();
        let number = |slot: &SlotRecord| slot.admin.file_name()?.to_str()?.parse::<u32>().ok();
        slots.sort_by_key(number);
        slots
    }

    /// Returns what is recorded of the private workspace at this path, if that is what is recorded there.
    pub(crate) fn slot_record_at(&self, path: &Path) -> Option<SlotRecord> {
        self.record_of(path).and_then(SlotRecord::of)
    }

    /// Records where a private workspace is, and what it is used for.
    pub(crate) fn write_slot(&self, slot: &SlotRecord) -> io::Result<()> {
        let paths = [slot.path.clone(), super::resolved(&slot.path).unwrap_or_else(|| slot.path.clone())];
        let record = Record { paths, folder: slot.folder, admin: None, slot: Some(slot.slot.clone()) };
        write_new(&slot.admin.join(FOLDER), &serde_json::to_vec(&record)?)
    }

    /// Returns all of them, each with its folder.
    fn all_records(&self) -> Vec<(PathBuf, Record)> {
        self.records_in(&self.records()).chain(self.records_in(&self.slots_folder())).collect()
    }

    fn records_in(&self, folder: &Path) -> impl Iterator<Item = (PathBuf, Record)> + use<> {
        let folders = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let read = |folder: PathBuf| {
            let record: Record = serde_json::from_slice(&puff_system::files::read(folder.join(FOLDER)).ok()?).ok()?;
            Some((folder, record))
        };
        folders.filter_map(read)
    }

    /// Returns those worktrees that do not pass for another one: which path is whose is in a file that agents may write to.
    pub(super) fn without_impostors(&self, worktrees: Vec<Worktree>) -> Vec<Worktree> {
        let records = self.all_records();
        let is_honest = |worktree: &Worktree| {
            let name = worktree.admin.file_name().and_then(|name| name.to_str());
            let mut of_path =
                records.iter().map(|(_, record)| record).filter(|record| record.paths.contains(&worktree.path));
            of_path.all(|record| match &record.admin {
                Some(admin) => Some(admin.as_str()) == name,
                None => record.slot.is_none(),
            })
        };
        worktrees.into_iter().filter(is_honest).collect()
    }

    /// Returns the folder of the record of the worktree at this path, and what is in it.
    fn record_of(&self, path: &Path) -> Option<(PathBuf, Record)> {
        let records = self.all_records();
        let at = |path: &Path| records.iter().position(|(_, record)| record.paths.iter().any(|known| known == path));
        // By its name first: a link that is put above it must not lead us to the record of another.
        let found = at(path).or_else(|| super::resolved(path).and_then(|real| at(&real)))?;
        records.into_iter().nth(found)
    }

    /// Opens the folder of a worktree that git-puff made, if that is what is at its path. Of a worktree that was made without
    /// a record, any folder is taken but the main worktree.
    ///
    /// # Errors
    /// When something else is there, or nothing.
    pub fn open_worktree(&self, path: &Path) -> Result<Folder, WorktreeFault> {
        let opened = Folder::open(path).and_then(|folder| Ok((folder.identity()?, folder)));
        let record = self.record_of(path).map(|(_, record)| record);
        let fault = match (opened, &record) {
            (Ok((identity, folder)), Some(record)) if record.folder.is(&identity) => return Ok(folder),
            (Ok((identity, folder)), None) if !self.is_main(&identity) => return Ok(folder),
            (Ok(_), Some(_)) => Ok("another folder"),
            (Ok(_), None) => Ok("the main worktree"),
            (Err(cause), _) => Err(cause),
        };
        let there = path.symlink_metadata();
        let moved = record.as_ref().and_then(|record| find_beside(path, &record.folder));
        // One that is being removed is gone.
        let moved = moved.filter(|moved| *moved != aside_of(path));
        let by = match (fault, there) {
            (Ok(by), _) => by,
            (Err(_), Ok(meta)) if meta.is_symlink() => "a symbolic link",
            (Err(_), Ok(meta)) if !meta.is_dir() => "a file",
            (Err(_), Err(cause)) if cause.kind() == io::ErrorKind::NotFound && moved.is_none() => {
                return Err(WorktreeFault::Gone);
            }
            (Err(_), Err(cause)) if cause.kind() == io::ErrorKind::NotFound => "nothing",
            (Err(cause), _) => return Err(WorktreeFault::Unreadable(cause)),
        };
        Err(WorktreeFault::Replaced(Replaced { path: path.to_owned(), by, moved }))
    }

    /// Moves the folder of a worktree out of the way, to be removed there. Where that is not possible, it stays.
    pub(crate) fn move_aside(&self, path: &Path, folder: Folder) -> io::Result<Folder> {
        let aside = aside_of(path);
        if self.record_of(path).is_none() || fs::rename(path, &aside).is_err() {
            return Ok(folder);
        }
        let moved = Folder::open(&aside)?;
        if moved.identity()?.is(&folder.identity()?) {
            return Ok(moved);
        }
        fs::rename(&aside, path)?;
        Err(io::Error::other("something else is in its place"))
    }

    /// Removes what a removal that was killed has left of a worktree.
    pub(crate) fn remove_aside(&self, path: &Path) -> io::Result<()> {
        let (Some((_, record)), Ok(left)) = (self.record_of(path), Folder::open(&aside_of(path))) else {
            return Ok(());
        };
        if !record.folder.is(&left.identity()?) {
            return Ok(());
        }
        left.prove_removable()?;
        left.remove()
    }

    /// Opens the folder of a worktree where it was moved to.
    pub(crate) fn open_moved(&self, replaced: &Replaced) -> Option<Folder> {
        let (_, record) = self.record_of(&replaced.path)?;
        let folder = Folder::open(replaced.moved.as_deref()?).ok()?;
        folder.identity().is_ok_and(|identity| record.folder.is(&identity)).then_some(folder)
    }

    /// Refuses to start something in a folder that is not the one that git-puff made there. Other folders are not judged.
    ///
    /// # Errors
    /// With what is there instead.
    pub fn prove_folder(&self, path: &Path) -> Result<(), WorktreeFault> {
        match self.record_of(path) {
            Some(_) => self.open_worktree(path).map(drop),
            None => Ok(()),
        }
    }

    fn is_main(&self, identity: &FolderIdentity) -> bool {
        let common = &self.location().common_dir;
        let beside = common.file_name().filter(|name| *name == ".git").and_then(|_| common.parent());
        let tops = [self.location().worktree.as_deref(), beside, Some(common.as_path())];
        let of = |top: &Path| top.metadata().ok().map(|meta| FolderIdentity::of(&meta));
        // A linked worktree that this was called in may be the one that is asked for.
        let here = self.location().git_dir != *common;
        let tops = tops.into_iter().skip(usize::from(here)).flatten();
        tops.filter_map(of).any(|top| top.is(identity))
    }

    /// Makes the folder of a new worktree, and records which it is before anything is in it.
    pub(super) fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.forget_gone();
        // One that is there and empty may be another's: the new one is ours.
        match fs::remove_dir(path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
            _ => {}
        }
        fs::create_dir(path)?;
        let real = super::resolved(path).unwrap_or_else(|| path.to_owned());
        let record =
            Record { paths: [path.to_owned(), real], folder: Folder::open(path)?.identity()?, admin: None, slot: None };
        let digest = Sha256::digest(as_bytes(path));
        let name = HEXLOWER.encode(&digest[..8]);
        let folder = self.records().join(name);
        remove_stubborn(&folder)?;
        fs::create_dir_all(&folder)?;
        write_new(&folder.join(FOLDER), &serde_json::to_vec(&record)?)
    }

    /// Keeps the index and the configuration of a worktree as they are now: only we and the user have worked in it.
    pub(super) fn keep_side(&self, worktree: &Worktree, commit: Oid) -> io::Result<()> {
        let Some((folder, record)) = self.record_of(&worktree.path) else { return Ok(()) };
        let admin = worktree.admin.file_name().and_then(|name| name.to_str()).map(str::to_owned);
        write_new(&folder.join(FOLDER), &serde_json::to_vec(&Record { admin, ..record })?)?;
        self.private_git_dir(&folder, commit, Some(&worktree.admin))?;
        copy_index(&worktree.admin, &folder)
    }

    /// Returns the git directory of our own for a worktree, where there is one.
    pub(crate) fn side_of(&self, path: &Path) -> Option<PathBuf> {
        self.record_of(path).map(|(folder, _)| folder).filter(|folder| folder.join("index").is_file())
    }

    /// Makes a git directory that shares objects, refs and configuration with the repository, and has a HEAD of its own. The
    /// configuration of one worktree alone comes from another git directory.
    pub(crate) fn private_git_dir(&self, at: &Path, commit: Oid, settings: Option<&Path>) -> io::Result<()> {
        write_git_dir(at, &self.location().common_dir, &commit.to_string())?;
        for file in ["config.worktree", "info/sparse-checkout"] {
            let Some(Ok(mut from)) = settings.map(|settings| Folder::open(settings)?.open_file(Path::new(file))) else {
                continue;
            };
            fs::create_dir_all(at.join("info"))?;
            io::copy(&mut from, &mut fs::File::create(at.join(file))?)?;
        }
        Ok(())
    }

    /// Notes that the folder of a worktree is at another path now, it and the repository having been moved. The file in the
    /// folder that names the repository is another matter.
    ///
    /// # Errors
    /// When another folder is there, or the git directory cannot be written.
    pub fn relocate_worktree(&self, worktree: &Worktree, to: &Path) -> io::Result<()> {
        let there = Folder::open(to)?.identity()?;
        if let Some((folder, mut record)) = self.record_of(&worktree.path).or_else(|| self.record_of(to)) {
            if !record.folder.is(&there) {
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, "another folder is there"));
            }
            let paths = [to.to_owned(), super::resolved(to).unwrap_or_else(|| to.to_owned())];
            // It shares its objects with the repository where that is now.
            if folder.join("commondir").is_file() {
                let common = [as_bytes(&self.location().common_dir), vec![b'\n']].concat();
                write_new(&folder.join("commondir"), &common)?;
            }
            let root = to.parent().and_then(Path::parent);
            if let (Some(slot), Some(root), Some(number)) = (&mut record.slot, root, folder.file_name()) {
                slot.home = root.join("pool").join(number);
            }
            write_new(&folder.join(FOLDER), &serde_json::to_vec(&Record { paths, ..record })?)?;
        }
        if worktree.kind == WorktreeKind::Private {
            return self.borrow_again(&Folder::open(to)?);
        }
        write_new(&worktree.admin.join("gitdir"), &[as_bytes(&to.join(".git")), vec![b'\n']].concat())
    }

    /// Forgets the worktree at this path. Its folder is not touched.
    pub(super) fn forget_folder(&self, path: &Path) -> io::Result<()> {
        self.record_of(path).map_or(Ok(()), |(folder, _)| remove_stubborn(&folder))
    }

    /// Forgets worktrees that were removed by git itself.
    pub(crate) fn forget_gone(&self) {
        for (folder, record) in self.records_in(&self.records()) {
            let is_gone = |path: &PathBuf| {
                let there = path.symlink_metadata();
                there.is_err_and(|cause| cause.kind() == io::ErrorKind::NotFound) && self.worktree_at(path).is_none()
            };
            if record.paths.iter().all(is_gone) {
                let _ = remove_stubborn(&folder);
            }
        }
    }
}

/// Writes what makes a folder a git directory that shares all but its HEAD with another one.
pub(crate) fn write_git_dir(at: &Path, common_dir: &Path, head: &str) -> io::Result<()> {
    fs::write(at.join("HEAD"), format!("{head}\n"))?;
    fs::write(at.join("commondir"), [as_bytes(common_dir), vec![b'\n']].concat())
}

/// Copies the index of a git directory into another one, and its date with it.
///
/// Git looks into a file again that is as new as the index ("racily clean"): of an edit in the second in which it wrote
/// the file, neither size nor date need tell. A copy that is dated later than the index would pass for having seen the
/// edit.
pub(crate) fn copy_index(from: &Path, to: &Path) -> io::Result<()> {
    let from = Folder::open(from)?;
    // A split index names its shared half, which is looked for in the git directory.
    let shared = fs::read_dir(from.anchor())?.flatten().map(|entry| entry.file_name());
    let shared = shared.filter(|name| name.as_encoded_bytes().starts_with(b"sharedindex."));
    for name in shared.collect::<Vec<_>>().into_iter().chain(["index".into()]) {
        let mut file = from.open_file(Path::new(&name))?;
        // Before its content: when it is written anew meanwhile, the copy is dated too early, and git looks into more files.
        let written = file.metadata()?.modified()?;
        let mut copy = files::new_file(to, files::USUAL)?;
        io::copy(&mut file, copy.as_file_mut())?;
        copy.as_file().set_modified(written)?;
        copy.persist(to.join(name))?;
    }
    Ok(())
}

/// Where the folder of a worktree is while it is being removed.
fn aside_of(path: &Path) -> PathBuf {
    path.with_file_name(format!(".removing-{}", path.file_name().unwrap_or_default().display()))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn a_copied_index_has_the_date_of_the_index() {
        let place = tempfile::tempdir().unwrap();
        let (from, to) = (place.path().join("from"), place.path().join("to"));
        for folder in [&from, &to] {
            fs::create_dir(folder).unwrap();
        }
        let then = SystemTime::now() - Duration::from_secs(3600);
        for name in ["index", "sharedindex.1", "other"] {
            fs::write(from.join(name), "x").unwrap();
            fs::File::options().write(true).open(from.join(name)).unwrap().set_modified(then).unwrap();
        }
        copy_index(&from, &to).unwrap();
        let dated = |name: &str| to.join(name).metadata().and_then(|meta| meta.modified()).ok();
        assert_eq!((dated("index"), dated("sharedindex.1"), dated("other")), (Some(then), Some(then), None));
    }

    #[test]
    fn a_link_in_the_place_of_a_file_is_replaced_and_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let (theirs, ours) = (place.path().join("theirs"), place.path().join("ours"));
        fs::write(&theirs, "kept").unwrap();
        std::os::unix::fs::symlink(&theirs, &ours).unwrap();
        write_new(&ours, b"new").unwrap();
        assert_eq!((fs::read(&theirs).unwrap(), fs::read(&ours).unwrap()), (b"kept".to_vec(), b"new".to_vec()));
    }
}
