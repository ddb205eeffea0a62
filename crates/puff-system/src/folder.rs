//! Folders and files that a user or a client names, where others may write too: nothing below them is reached through a
//! symbolic link, and what is written is whole or not there.
//!
//! A folder is opened once, every component of its path by itself and without following links; from then on it is used
//! by its handle (`openat(2)`), so that nothing else can be put in its place. The links in the path that was named
//! are resolved first: a path that is named means where it leads. A client of the MCP server may name paths inside of its
//! roots only ([`Bounds`]); whether a path is, is asked of the folders that were opened, by device and inode.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Where paths that a caller named may be.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    /// The folders of which one has to hold it; anywhere, when there is none.
    pub within: Vec<PathBuf>,
    /// Folders that may not hold it: those of git.
    pub git: Vec<PathBuf>,
}

/// A folder, by its handle.
#[derive(Debug)]
pub struct Folder {
    handle: system::Handle,
    path: PathBuf,
}

impl Folder {
    /// Opens a folder; the path is absolute.
    ///
    /// # Errors
    /// When it is not there, out of bounds, or a git directory.
    pub fn open(path: &Path, bounds: &Bounds) -> Result<Folder> {
        Folder::reach(path, bounds, false)
    }

    /// Opens a folder, and makes it and those above it where they are missing.
    ///
    /// # Errors
    /// As [`Folder::open`], and when it cannot be made.
    pub fn create(path: &Path, bounds: &Bounds) -> Result<Folder> {
        Folder::reach(path, bounds, true)
    }

    fn reach(path: &Path, bounds: &Bounds, create: bool) -> Result<Folder> {
        let shown = path.display();
        let cannot = |cause: io::Error| {
            let what = if create { "made or opened" } else { "opened" };
            Error::failed(format!("the folder '{shown}' cannot be {what}"))
                .hint("name a folder whose path has no symbolic links in the way")
                .because(cause)
        };
        let real = resolved(path);
        let of = |folders: &[PathBuf]| folders.iter().filter_map(|folder| system::id(folder)).collect::<Vec<_>>();
        let within = (!bounds.within.is_empty()).then(|| of(&bounds.within));
        let handle = system::reach(&real, create, within.as_deref(), &of(&bounds.git));
        let handle = handle.map_err(|failed| match failed {
            Failed::Git => Error::failed(format!("'{shown}' is in a git directory, which is for git alone"))
                .hint("name a folder outside of it"),
            Failed::Outside => {
                let roots: Vec<String> = bounds.within.iter().map(|root| format!("'{}'", root.display())).collect();
                Error::usage(format!("'{shown}' is outside of the folders that this client works in"))
                    .hint(format!("name a path inside of {}", roots.join(", ")))
            }
            Failed::Io(cause) => cannot(cause),
        })?;
        Ok(Folder { handle, path: real })
    }

    /// Its path, for messages alone.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A folder in it.
    ///
    /// # Errors
    /// When it is not there, or a symbolic link.
    pub fn below(&self, name: &str) -> io::Result<Folder> {
        let handle = system::below(&self.handle, OsStr::new(name), false)?;
        Ok(Folder { handle, path: self.path.join(name) })
    }

    /// A folder in it, made where it is missing.
    ///
    /// # Errors
    /// When it cannot be made, or is a symbolic link.
    pub fn make_below(&self, name: &str) -> io::Result<Folder> {
        let handle = system::below(&self.handle, OsStr::new(name), true)?;
        Ok(Folder { handle, path: self.path.join(name) })
    }

    /// The names of what is in it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let mut names = system::names(&self.handle)?;
        names.sort();
        Ok(names)
    }

    /// Is this a folder in it, not a link to one? None when nothing has that name.
    pub fn kind(&self, name: &str) -> Option<Kind> {
        system::kind(&self.handle, OsStr::new(name))
    }

    /// Reads a file in it; none when it is not there.
    ///
    /// # Errors
    /// When it is a symbolic link or no file, or cannot be read.
    pub fn read(&self, name: &OsStr) -> io::Result<Option<Vec<u8>>> {
        match system::read(&self.handle, name) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) if self.kind(&name.to_string_lossy()) == Some(Kind::Link) => {
                Err(io::Error::new(cause.kind(), "it is a symbolic link, which is not followed here"))
            }
            Err(cause) => Err(cause),
        }
    }

    /// Writes a file in it, whole or not at all. A symbolic link of that name is replaced, not followed.
    ///
    /// # Errors
    /// When it cannot be written, or a folder has that name.
    pub fn write(&self, name: &OsStr, bytes: &[u8]) -> io::Result<()> {
        system::write(&self.handle, name, bytes)
    }
}

impl Folder {
    /// Makes a file in it, whole or not at all, that everybody may read.
    ///
    /// # Errors
    /// When something has that name already, be it a symbolic link, or it cannot be written.
    pub fn make(&self, name: &OsStr, bytes: &[u8]) -> io::Result<()> {
        system::make(&self.handle, name, bytes)
    }

    /// Removes a file in it, or a symbolic link.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        system::remove(&self.handle, name)
    }
}

/// Says in a message what only this module knows of a failure; what the system says is the cause underneath.
pub fn why(cause: &io::Error) -> String {
    if cause.raw_os_error().is_some() { String::new() } else { format!(": {cause}") }
}

/// What has a name in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file.
    File,
    /// A symbolic link.
    Link,
    /// A device, a pipe, a socket.
    Other,
}

/// Reads a file that was named by its absolute path.
///
/// # Errors
/// When it is out of bounds, in a git directory, no file, or cannot be read.
pub fn read(path: &Path, bounds: &Bounds) -> Result<Vec<u8>> {
    let real = resolved(path);
    let unreadable = |cause: io::Error| Error::failed(format!("cannot read '{}'", path.display())).because(cause);
    let (Some(folder), Some(name)) = (real.parent(), real.file_name()) else {
        return Err(unreadable(io::ErrorKind::IsADirectory.into()));
    };
    let folder = Folder::open(folder, bounds)?;
    let bytes = folder.read(name).map_err(unreadable)?;
    bytes.ok_or_else(|| unreadable(io::ErrorKind::NotFound.into()))
}

/// Writes a file that was named by its absolute path. A device or a pipe is written as it is.
///
/// # Errors
/// When it is out of bounds, in a git directory, or cannot be written.
pub fn write(path: &Path, bytes: &[u8], bounds: &Bounds) -> Result<()> {
    let special = std::fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir());
    let unwritable = |cause: io::Error| Error::failed(format!("cannot write '{}'", path.display())).because(cause);
    if special && bounds.within.is_empty() {
        return std::fs::write(path, bytes).map_err(unwritable);
    }
    let real = resolved(path);
    let (Some(folder), Some(name)) = (real.parent(), real.file_name()) else {
        return Err(unwritable(io::ErrorKind::IsADirectory.into()));
    };
    if !folder.is_dir() {
        return Err(unwritable(io::ErrorKind::NotFound.into()));
    }
    Folder::open(folder, bounds)?.write(name, bytes).map_err(unwritable)
}

/// The path without links and detours, as far as there is something.
fn resolved(path: &Path) -> PathBuf {
    use std::path::Component;
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let (Some(parent), Some(last)) = (path.parent(), path.components().next_back()) else { return path.to_owned() };
    match last {
        Component::ParentDir => resolved(parent).parent().map(Path::to_owned).unwrap_or_default(),
        Component::CurDir => resolved(parent),
        last => resolved(parent).join(last),
    }
}

/// Is this the name that git gives to its directories, however a file system folds it?
fn is_git_name(name: &OsStr) -> bool {
    name.to_string_lossy().eq_ignore_ascii_case(".git")
}

/// Why a folder cannot be reached.
enum Failed {
    Git,
    Outside,
    Io(io::Error),
}

impl<E: Into<io::Error>> From<E> for Failed {
    fn from(cause: E) -> Failed {
        Failed::Io(cause.into())
    }
}

mod system {
    use std::ffi::OsStr;
    use std::io::{self, Read, Write};
    use std::os::fd::OwnedFd;
    use std::path::{Component, Path};

    use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, fstat, linkat, mkdirat, openat, statat, unlinkat};

    use super::{Failed, Kind, is_git_name};
    use crate::files;

    pub type Handle = OwnedFd;
    /// Device and inode.
    pub type Id = (u64, u64);

    #[allow(clippy::useless_conversion, clippy::unnecessary_cast)]
    fn id_of(stat: &rustix::fs::Stat) -> Id {
        (stat.st_dev as u64, stat.st_ino as u64)
    }

    pub fn id(path: &Path) -> Option<Id> {
        rustix::fs::stat(path).ok().as_ref().map(id_of)
    }

    /// Opens every component by itself. Where `within` names folders, nothing is made above or beside them.
    pub fn reach(path: &Path, create: bool, within: Option<&[Id]>, git: &[Id]) -> Result<Handle, Failed> {
        let mut handle = rustix::fs::open("/", files::folder_flags(), Mode::empty())?;
        let is_root = |handle: &Handle| -> Result<bool, Failed> {
            let id = id_of(&fstat(handle)?);
            Ok(within.is_none_or(|within| within.contains(&id)))
        };
        let mut is_inside = is_root(&handle)?;
        for component in path.components() {
            let Component::Normal(name) = component else { continue };
            if is_git_name(name) {
                return Err(Failed::Git);
            }
            handle = below(&handle, name, create && is_inside)?;
            is_inside = is_inside || is_root(&handle)?;
            if git.contains(&id_of(&fstat(&handle)?)) || is_git_directory(&handle) {
                return Err(Failed::Git);
            }
        }
        if is_inside { Ok(handle) } else { Err(Failed::Outside) }
    }

    /// Does it hold what git looks for in a repository?
    fn is_git_directory(handle: &Handle) -> bool {
        let is = |name: &str, wanted: FileType| {
            statat(handle, name, AtFlags::empty()).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == wanted)
        };
        is("HEAD", FileType::RegularFile) && is("objects", FileType::Directory) && is("refs", FileType::Directory)
    }

    pub fn below(handle: &Handle, name: &OsStr, create: bool) -> io::Result<Handle> {
        match files::folder_in(handle, name) {
            Err(rustix::io::Errno::NOENT) if create => {
                match mkdirat(handle, name, Mode::from_raw_mode(0o777)) {
                    Ok(()) | Err(rustix::io::Errno::EXIST) => {}
                    Err(cause) => return Err(cause.into()),
                }
                Ok(files::folder_in(handle, name)?)
            }
            Err(rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR) if kind(handle, name) == Some(Kind::Link) => {
                let what = format!("'{}' is a symbolic link, which is not followed here", name.to_string_lossy());
                Err(io::Error::new(io::ErrorKind::NotADirectory, what))
            }
            other => Ok(other?),
        }
    }

    pub fn names(handle: &Handle) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        let readable = openat(handle, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        for entry in Dir::new(readable)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name != "." && name != ".." {
                names.push(name);
            }
        }
        Ok(names)
    }

    pub fn kind(handle: &Handle, name: &OsStr) -> Option<Kind> {
        let stat = statat(handle, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        Some(match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => Kind::Folder,
            FileType::RegularFile => Kind::File,
            FileType::Symlink => Kind::Link,
            _ => Kind::Other,
        })
    }

    pub fn read(handle: &Handle, name: &OsStr) -> io::Result<Vec<u8>> {
        let mut file = files::file_in(handle, name)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    pub fn remove(handle: &Handle, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(handle, name, AtFlags::empty())?)
    }

    /// Under another name first, which then becomes a second one: what is there stays.
    pub fn make(handle: &Handle, name: &OsStr, bytes: &[u8]) -> io::Result<()> {
        let (new, mut file) = files::new_file_in(handle, Mode::from_raw_mode(files::USUAL))?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        let made = written.and_then(|()| Ok(linkat(handle, &new, handle, name, AtFlags::empty())?));
        let _ = unlinkat(handle, &new, AtFlags::empty());
        made
    }

    pub fn write(handle: &Handle, name: &OsStr, bytes: &[u8]) -> io::Result<()> {
        files::replace_in(handle, name, Mode::from_raw_mode(files::USUAL), |file| {
            // What was there says who may read it, as when it is written in place.
            if let Ok(there) = statat(handle, name, AtFlags::SYMLINK_NOFOLLOW)
                && FileType::from_raw_mode(there.st_mode) == FileType::RegularFile
            {
                let _ = rustix::fs::fchmod(&*file, Mode::from_raw_mode(there.st_mode & 0o7777));
            }
            file.write_all(bytes)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_below_a_folder_is_reached_through_a_link() {
        let place = tempfile::tempdir().unwrap();
        let place = place.path().canonicalize().unwrap();
        let (outside, named) = (place.join("outside"), place.join("named"));
        fs::create_dir_all(&outside).unwrap();
        fs::write(outside.join("file"), "theirs").unwrap();
        let folder = Folder::create(&named.join("new"), &Bounds::default()).unwrap();
        symlink(&outside, named.join("new/var1")).unwrap();
        symlink(outside.join("file"), named.join("new/link")).unwrap();
        assert!(folder.below("var1").is_err() && folder.make_below("var1").is_err());
        assert!(folder.read(OsStr::new("link")).unwrap_err().to_string().contains("symbolic link"));
        folder.write(OsStr::new("link"), b"ours").unwrap();
        assert_eq!(fs::read_to_string(outside.join("file")).unwrap(), "theirs");
        assert_eq!(fs::read_to_string(named.join("new/link")).unwrap(), "ours");
        // What is opened stays that folder, whatever takes its name.
        fs::rename(named.join("new"), named.join("moved")).unwrap();
        symlink(&outside, named.join("new")).unwrap();
        folder.write(OsStr::new("later"), b"ours").unwrap();
        assert!(named.join("moved/later").is_file() && !outside.join("later").exists());
        let left: Vec<String> = folder.names().unwrap();
        assert_eq!(left, ["later", "link", "var1"]);
    }

    #[test]
    fn a_git_directory_and_what_is_out_of_bounds_are_refused() {
        let place = tempfile::tempdir().unwrap();
        let place = place.path().canonicalize().unwrap();
        for folder in ["root", "work/.git/hooks", "bare/objects", "bare/refs", "other", "admin"] {
            fs::create_dir_all(place.join(folder)).unwrap();
        }
        fs::write(place.join("bare/HEAD"), "ref: refs/heads/main\n").unwrap();
        symlink(place.join("work/.git"), place.join("root/alias")).unwrap();
        let bounds = Bounds { within: vec![], git: vec![place.join("admin")] };
        for named in ["work/.git/hooks", "work/.GIT/x", "bare/hooks", "root/alias/hooks", "admin/x"] {
            let error = Folder::create(&place.join(named), &bounds).unwrap_err();
            assert!(error.message().contains("git directory"), "{named}: {error}");
        }
        assert!(!place.join("work/.git/x").exists() && !place.join("bare/hooks").exists());
        assert!(!place.join("admin/x").exists());
        let bounds = Bounds { within: vec![place.join("root")], git: vec![] };
        Folder::create(&place.join("root/in/side"), &bounds).unwrap();
        let error = Folder::open(&place.join("other"), &bounds).unwrap_err();
        assert!(error.message().contains("outside"), "{error}");
    }
}
