//! An open repository: objects in, objects out.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Weak};

use super::commits::Draft;
use super::library;
use super::locate::Location;
use super::objects::Unwritten;
use super::partial::Refused;
use super::ref_transaction::Waiting;
use super::refs::Stack;
use super::run;
use super::state::{self, Head};
use crate::error::{Error, Result};
use crate::model::{Identity, Oid, Time};

/// An open repository. Cheap to open, not shared between threads.
pub struct Repo {
    pub(super) inner: git2::Repository,
    pub(super) unwritten: Unwritten,
    pub(super) waiting: Waiting,
    /// The tables of refs that were read last, by git directory.
    pub(super) stacks: RefCell<HashMap<PathBuf, Rc<Stack>>>,
    pub(super) refused: Refused,
    /// A file whose lock is to last as long as any git that changes something for us.
    held: RefCell<Weak<File>>,
    location: Location,
}

/// What is read of a commit.
#[derive(Clone, Debug)]
pub struct CommitInfo {
    /// Its tree.
    pub tree: Oid,
    /// Its parents.
    pub parents: Vec<Oid>,
    /// Its whole message.
    pub message: String,
    /// The committer's date, in seconds since 1970.
    pub committed: i64,
}

/// A commit to be written.
#[derive(Clone, Debug)]
pub struct NewCommit<'a> {
    /// The tree.
    pub tree: Oid,
    /// The parents, first one first.
    pub parents: &'a [Oid],
    /// Author and committer.
    pub identity: &'a Identity,
    /// Both dates; git keeps whole seconds.
    pub at: Time,
    /// The message.
    pub message: &'a str,
}

impl Repo {
    /// Opens exactly the repository that git found.
    ///
    /// # Errors
    /// When it is in a format that is not supported, or cannot be read.
    pub fn open(location: Location) -> Result<Repo> {
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
        let storage = inner.config().and_then(|config| config.get_string("extensions.refStorage"));
        if let Ok(storage) = storage.as_deref().map(str::to_ascii_lowercase)
            && !["files", "reftable"].contains(&storage.as_str())
        {
            return Err(unsupported(&location).because_it_said(&format!("its refs are kept as '{storage}'")));
        }
        see_objects(&inner, &location).map_err(|cause| {
            Error::cannot_work(format!("cannot read the objects at '{}'", location.objects.display()))
                .hint("check GIT_OBJECT_DIRECTORY and GIT_ALTERNATE_OBJECT_DIRECTORIES")
                .because(cause)
        })?;
        let repo = Repo {
            inner,
            unwritten: Unwritten::default(),
            waiting: Waiting::default(),
            refused: Refused::default(),
            stacks: RefCell::default(),
            held: RefCell::default(),
            location,
        };
        // A table of a kind to come is found out now, and not when something is paid for already.
        repo.tables().map_err(|cause| match cause.kind() {
            std::io::ErrorKind::Unsupported => unsupported(&repo.location).because(cause),
            _ => Error::cannot_work(format!("cannot read the refs of '{}'", repo.location.common_dir.display()))
                .hint("check the repository with 'git fsck'")
                .because(cause),
        })?;
        Ok(repo)
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

    /// A second handle, for another thread.
    ///
    /// # Errors
    /// As [`Repo::open`].
    pub fn reopen(&self) -> Result<Repo> {
        Repo::open(self.location.clone())
    }

    /// The bytes of a blob.
    ///
    /// # Errors
    /// When it is not here or no blob.
    pub fn blob(&self, oid: Oid) -> Result<Vec<u8>> {
        let missing = |cause| self.missing("blob", oid, cause);
        let odb = self.inner.odb().map_err(missing)?;
        Ok(self.read(&odb, oid, git2::ObjectType::Blob).map_err(missing)?.to_vec())
    }

    /// How many bytes a blob has that is on the disk.
    ///
    /// # Errors
    /// When it is not here or no blob.
    pub fn blob_size(&self, oid: Oid) -> Result<usize> {
        let missing = |cause| self.missing("blob", oid, cause);
        let header = || self.inner.odb().and_then(|odb| odb.read_header(self.raw(oid)));
        let known = header().or_else(|cause| if self.brings(oid) { header() } else { Err(cause) });
        let (size, kind) = known.map_err(missing)?;
        match kind {
            git2::ObjectType::Blob => Ok(size),
            other => Err(missing(git2::Error::from_str(&format!("it is a {other}")))),
        }
    }

    /// Keeps these bytes as a blob.
    ///
    /// # Errors
    /// When the object store cannot be written.
    pub fn write_blob(&self, bytes: &[u8]) -> Result<Oid> {
        self.keep(git2::ObjectType::Blob, bytes.into()).map_err(|cause| unwritable("a blob", cause))
    }

    /// Keeps these bytes as a blob, which may be the one that is named. Where that is here, it most likely is.
    ///
    /// # Errors
    /// When the object store cannot be written.
    pub fn write_known_blob(&self, bytes: &[u8], known: Option<Oid>) -> Result<Oid> {
        let kind = git2::ObjectType::Blob;
        let written = match known.filter(|known| self.is_written(*known)) {
            Some(_) => self.keep_now(kind, bytes),
            None => self.keep(kind, bytes.into()),
        };
        written.map_err(|cause| unwritable("a blob", cause))
    }

    /// The name that these bytes would have as a blob.
    ///
    /// # Errors
    /// When there are too many of them.
    pub fn hash_blob(&self, bytes: &[u8]) -> Result<Oid> {
        self.name(git2::ObjectType::Blob, bytes).map_err(|cause| Error::failed("cannot name a blob").because(cause))
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

    /// Is this blob here?
    pub fn has_blob(&self, id: Oid) -> bool {
        let blob = |odb: git2::Odb<'_>| self.read(&odb, id, git2::ObjectType::Blob).is_ok();
        self.inner.odb().is_ok_and(blob)
    }

    /// The blob whose name begins with these digits; none when there is none, or more than one object.
    pub fn blob_of_prefix(&self, digits: &str) -> Option<Vec<u8>> {
        let id = git2::Oid::from_str_ext(digits, self.inner.object_format()).ok()?;
        let written = self.inner.odb().ok()?.exists_prefix(id, digits.len());
        let mut found = self.unwritten_of_prefix(digits);
        match written {
            Ok(whole) => found.push(oid(whole)),
            Err(cause) if cause.code() == git2::ErrorCode::Ambiguous => return None,
            Err(_) if digits.parse().is_ok_and(|whole| self.brings(whole)) => found.push(oid(id)),
            Err(_) => {}
        }
        let [whole] = found[..] else { return None };
        self.blob(whole).ok()
    }

    /// Merges two texts with what they have in common, as git does; none when both changed the same lines.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn merge_texts(&self, base: &[u8], ours: &[u8], theirs: &[u8]) -> Result<Option<Vec<u8>>> {
        let input = |text| {
            let mut input = git2::MergeFileInput::new();
            input.content(text);
            input
        };
        let merged = git2::merge_file(&input(base), &input(ours), &input(theirs), None);
        let merged = merged.map_err(|cause| Error::failed("cannot merge two texts").because(cause))?;
        Ok(merged.is_automergeable().then(|| merged.content().to_vec()))
    }

    /// Reads a commit.
    ///
    /// # Errors
    /// When it is not here or no commit.
    pub fn commit(&self, id: Oid) -> Result<CommitInfo> {
        if self.is_unwritten(id) {
            let unreadable = |cause| self.missing("commit", id, cause);
            let odb = self.inner.odb().map_err(unreadable)?;
            let bytes = self.read(&odb, id, git2::ObjectType::Commit).map_err(unreadable)?;
            return as_written(&bytes).ok_or_else(|| unreadable(git2::Error::from_str("it was not made here")));
        }
        let commit = self.inner.find_commit(self.raw(id)).map_err(|cause| self.missing("commit", id, cause))?;
        Ok(CommitInfo {
            tree: oid(commit.tree_id()),
            parents: commit.parent_ids().map(oid).collect(),
            message: String::from_utf8_lossy(commit.message_bytes()).into_owned(),
            committed: commit.time().seconds(),
        })
    }

    /// Is this commit here?
    pub fn has_commit(&self, id: Oid) -> bool {
        self.is_unwritten(id) || self.inner.find_commit(self.raw(id)).is_ok()
    }

    /// Writes a commit that no ref points to yet.
    ///
    /// # Errors
    /// When the object store cannot be written or the identity holds what a commit cannot.
    pub fn write_commit(&self, new: &NewCommit<'_>) -> Result<Oid> {
        self.write_draft(&self.draft(new)?)
    }

    /// A commit as git has its lines.
    ///
    /// # Errors
    /// When the identity holds what a commit cannot.
    pub fn draft(&self, new: &NewCommit<'_>) -> Result<Draft> {
        let unwritable = |cause| unwritable("a commit", cause);
        let when = git2::Time::new(new.at.timestamp(), 0);
        // libgit2 knows what a name may be, and what is trimmed off it.
        let signature = git2::Signature::new(&new.identity.name, &new.identity.email, &when).map_err(unwritable)?;
        let (name, email) = (signature.name_bytes(), signature.email_bytes());
        let date = format!("{} +0000", when.seconds());
        let who = [name, b" <", email, b"> ", date.as_bytes()].concat();
        let (parents, message) = (new.parents.to_vec(), new.message.as_bytes().to_vec());
        Ok(Draft { tree: new.tree, parents, author: who.clone(), committer: who, message })
    }

    /// The commit that a revision names; none when nothing has that name.
    ///
    /// # Errors
    /// When the name is ambiguous, or names something that is no commit.
    pub fn resolve(&self, revision: &str) -> Result<Option<Oid>> {
        let Some(object) = self.look_up(revision)? else { return Ok(None) };
        match object.peel_to_commit() {
            Ok(commit) => Ok(Some(oid(commit.id()))),
            Err(cause) => Err(Error::failed(format!("'{revision}' is not a commit"))
                .hint("name a branch, a tag or a commit; 'git log --oneline' shows some")
                .because(cause)),
        }
    }

    /// The tree that a revision names, or that of its commit; none when nothing has that name.
    ///
    /// # Errors
    /// When the name is ambiguous, or names something that has no tree.
    pub fn resolve_tree(&self, revision: &str) -> Result<Option<Oid>> {
        let Some(object) = self.look_up(revision)? else { return Ok(None) };
        match object.peel_to_tree() {
            Ok(tree) => Ok(Some(oid(tree.id()))),
            Err(cause) => Err(Error::failed(format!("'{revision}' is neither a commit nor a tree"))
                .hint("name a branch, a tag, a commit or a tree")
                .because(cause)),
        }
    }

    fn look_up(&self, revision: &str) -> Result<Option<git2::Object<'_>>> {
        let unreadable = || Error::failed(format!("cannot look '{revision}' up")).hint("check it with 'git rev-parse'");
        let found = match self.tables().map_err(|cause| unreadable().because(cause))? {
            None => self.inner.revparse_single(revision),
            Some(tables) => {
                let named = self.whole_name(revision.as_bytes()).or_else(|| tables.meant(revision));
                match named.map_or_else(|| self.ask_for(revision), |named| Ok(Some(named)))? {
                    None => return Ok(None),
                    Some(named) => self.inner.find_object(self.raw(named), None),
                }
            }
        };
        match found {
            Ok(object) => Ok(Some(object)),
            Err(cause) => match cause.code() {
                git2::ErrorCode::NotFound | git2::ErrorCode::InvalidSpec => Ok(None),
                git2::ErrorCode::Ambiguous => Err(ambiguous(revision)),
                _ => Err(unreadable().because(cause)),
            },
        }
    }

    /// What git makes of a revision.
    fn ask_for(&self, revision: &str) -> Result<Option<Oid>> {
        match run(&self.git().args(["rev-parse", "--verify", "--end-of-options", revision])) {
            Ok(said) => Ok(String::from_utf8_lossy(&said.stdout).trim_end().parse().ok()),
            Err(failure) if failure.to_string().contains("is ambiguous") => Err(ambiguous(revision)),
            Err(_) => Ok(None),
        }
    }

    /// The branch that HEAD is on, without `refs/heads/`; none when it is detached.
    pub fn head_branch(&self) -> Option<String> {
        match state::head(&self.location.git_dir)? {
            Head::On(name) => name.strip_prefix("refs/heads/").map(str::to_owned),
            Head::At(_) => None,
        }
    }

    /// The commit that HEAD is at; none before the first commit.
    pub fn head_commit(&self) -> Option<Oid> {
        self.ref_on_disk("HEAD").filter(|commit| self.has_commit(*commit))
    }

    /// How many commits `one` has that `other` has not, and the reverse.
    ///
    /// # Errors
    /// When either is missing.
    pub fn ahead_behind(&self, one: Oid, other: Oid) -> Result<(usize, usize)> {
        let counted = self.inner.graph_ahead_behind(self.raw(one), self.raw(other));
        counted.map_err(|cause| Error::failed(format!("cannot compare {one} and {other}")).because(cause))
    }

    /// First-parent history from `tip`, newest first, at most `most` commits with their trees.
    pub fn first_parents(&self, tip: Oid, most: usize) -> Vec<(Oid, Oid)> {
        let mut line = Vec::new();
        let mut next = self.inner.find_commit(self.raw(tip)).ok();
        while let Some(commit) = next {
            line.push((oid(commit.id()), oid(commit.tree_id())));
            next = if line.len() < most { commit.parent(0).ok() } else { None };
        }
        line
    }

    /// Full names of the branches that are checked out in any worktree.
    pub fn checked_out(&self) -> Vec<String> {
        let linked = std::fs::read_dir(self.location.common_dir.join("worktrees")).into_iter().flatten().flatten();
        let folders = linked.map(|entry| entry.path()).chain([self.location.common_dir.clone()]);
        let branch = |folder: PathBuf| match state::head(&folder)? {
            Head::On(branch) => Some(branch),
            Head::At(_) => None,
        };
        folders.filter_map(branch).collect()
    }
}

/// A commit of ours that is not on the disk yet, as [`Repo::write_commit`] makes it.
fn as_written(bytes: &[u8]) -> Option<CommitInfo> {
    let (head, message) = std::str::from_utf8(bytes).ok()?.split_once("\n\n")?;
    let values = |key: &'static str| head.lines().filter_map(move |line| line.strip_prefix(key));
    let date = values("committer ").next()?.rsplit(' ').nth(1)?;
    Some(CommitInfo {
        tree: values("tree ").next()?.parse().ok()?,
        parents: values("parent ").map(|parent| parent.parse().ok()).collect::<Option<_>>()?,
        message: message.to_owned(),
        committed: date.parse().ok()?,
    })
}

fn unsupported(location: &Location) -> Error {
    let place = location.git_dir.display();
    Error::cannot_work(format!("the repository '{place}' is in a format that this git-puff does not know"))
        .hint("update git-puff; it knows SHA-1 and SHA-256 objects, and refs in files and in tables (reftable)")
}

fn ambiguous(revision: &str) -> Error {
    Error::failed(format!("'{revision}' names several objects")).hint("write more digits")
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

fn unwritable(what: &str, cause: git2::Error) -> Error {
    Error::cannot_work(format!("cannot write {what} into the repository"))
        .hint("check permissions and free space of the git directory")
        .because(cause)
}

/// Our name for libgit2's.
pub(super) fn oid(id: git2::Oid) -> Oid {
    Oid::from_bytes(id.as_bytes()).expect("libgit2 names objects by 20 or 32 bytes")
}
