//! An open repository, and how its objects are named. What is done with it is in a file for each concern: objects, refs,
//! commits, revisions, worktrees, remotes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Weak};

use super::library;
use super::locate::Location;
use super::refs::reftable::Stack;
use super::refs::waiting::Waiting;
use super::unwritten::Unwritten;
use crate::Oid;
use puff_system::error::{Error, Result};

/// An open repository. Cheap to open, not shared between threads.
pub struct Repo {
    pub(super) inner: git2::Repository,
    pub(super) unwritten: Unwritten,
    pub(super) waiting: Waiting,
    /// The tables of refs that were read last, by git directory.
    pub(super) stacks: RefCell<HashMap<PathBuf, Rc<Stack>>>,
    /// Objects that no remote would send, and why: none is asked for twice.
    pub(super) refused: RefCell<HashMap<Oid, String>>,
    /// A file whose lock is to last as long as any git that changes something for us.
    held: RefCell<Weak<File>>,
    location: Location,
}

impl Repo {
    /// Opens the objects of a repository whose refs are known to be readable.
    ///
    /// # Errors
    /// As [`Repo::open`](super::Repo::open).
    pub(super) fn open_objects(location: Location) -> Result<Repo> {
        library::set_up();
        let flags = git2::RepositoryOpenFlags::NO_SEARCH | git2::RepositoryOpenFlags::NO_DOTGIT;
        let none: [&Path; 0] = [];
        let inner = git2::Repository::open_ext(&location.git_dir, flags, none).map_err(|cause| {
            let unknown = ["extension", "object format", "repository version"];
            match unknown.iter().any(|words| cause.message().contains(words)) {
                true => unsupported(&location).because(cause),
                false => Error::cannot_work(format!("cannot open the repository at '{}'", location.git_dir.display()))
                    .hint("check it with 'git fsck'")
                    .because(cause),
            }
        })?;
        see_objects(&inner, &location).map_err(|cause| {
            Error::cannot_work(format!("cannot read the objects at '{}'", location.objects.display()))
                .hint("check GIT_OBJECT_DIRECTORY and GIT_ALTERNATE_OBJECT_DIRECTORIES")
                .because(cause)
        })?;
        Ok(Repo {
            inner,
            unwritten: Unwritten::default(),
            waiting: Waiting::default(),
            refused: RefCell::default(),
            stacks: RefCell::default(),
            held: RefCell::default(),
            location,
        })
    }

    /// From here on, as long as the file is open, every git that changes refs or the worktree for us keeps it open too:
    /// should we be killed, the lock on it lasts until that git has ended.
    pub fn hold(&self, file: &Arc<File>) {
        *self.held.borrow_mut() = Arc::downgrade(file);
    }

    /// The file that a git which changes something keeps open.
    pub(super) fn held(&self) -> Option<Arc<File>> {
        self.held.borrow().upgrade()
    }

    /// Where it is.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// libgit2's name for ours. It reads on behind the end of a shorter name than it expects: one of another format, in a
    /// record of another repository, becomes one that is nowhere.
    pub(super) fn raw(&self, id: Oid) -> git2::Oid {
        let nothing = self.raw_nothing();
        let fits = id.as_bytes().len() == nothing.as_bytes().len();
        fits.then(|| git2::Oid::from_bytes(id.as_bytes()).ok()).flatten().unwrap_or(nothing)
    }

    fn raw_nothing(&self) -> git2::Oid {
        match self.inner.object_format() {
            git2::ObjectFormat::Sha1 => git2::Oid::ZERO_SHA1,
            git2::ObjectFormat::Sha256 => git2::Oid::ZERO_SHA256,
        }
    }

    /// The name that nothing has, which git writes where there is no object.
    pub fn nothing(&self) -> Oid {
        oid(self.raw_nothing())
    }

    /// How many digits the name of an object has here: 40 (SHA-1) or 64 (SHA-256).
    pub fn name_digits(&self) -> usize {
        match self.inner.object_format() {
            git2::ObjectFormat::Sha1 => 40,
            git2::ObjectFormat::Sha256 => 64,
        }
    }

    /// The object that these digits name; none unless they are all that the name of an object has here.
    pub fn whole_name(&self, digits: &[u8]) -> Option<Oid> {
        let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.len() == self.name_digits());
        digits?.parse().ok()
    }
}

pub(super) fn unsupported(location: &Location) -> Error {
    let place = location.git_dir.display();
    Error::cannot_work(format!("the repository '{place}' is in a format that this git-puff does not know"))
        .hint("update git-puff; it knows SHA-1 and SHA-256 objects, and refs in files and in tables (reftable)")
}

/// Reads the objects where git reads them, whatever libgit2 has found.
fn see_objects(inner: &git2::Repository, location: &Location) -> Result<(), git2::Error> {
    if location.has_objects_elsewhere() {
        let odb = git2::Odb::new_ext(inner.object_format())?;
        odb.add_disk_alternate(utf8(&location.objects)?)?;
        inner.set_odb(&odb)?;
    }
    if !location.alternates.is_empty() {
        let odb = inner.odb()?;
        for folder in location.alternates.iter().filter(|folder| folder.is_dir()) {
            odb.add_disk_alternate(utf8(folder)?)?;
        }
    }
    Ok(())
}

fn utf8(path: &Path) -> Result<&str, git2::Error> {
    path.to_str().ok_or_else(|| git2::Error::from_str("its path is not UTF-8"))
}

pub(super) fn unwritable(what: &str, cause: git2::Error) -> Error {
    Error::cannot_work(format!("cannot write {what} into the repository"))
        .hint("check permissions and free space of the git directory")
        .because(cause)
}

/// Our name for libgit2's.
pub(super) fn oid(id: git2::Oid) -> Oid {
    Oid::from_bytes(id.as_bytes()).expect("libgit2 names objects by 20 or 32 bytes")
}
