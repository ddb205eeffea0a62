//! A folder with man pages, those of git-puff among others.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::folder::{self, Bounds};

/// A marker in the first line of git-puff's pages, and of no other page.
const MARK: &str = "\"Git Puff Manual\"";

/// Prefix of a page's temporary file name.
const NEW: &str = ".git-puff-";

/// The folder of the pages of commands.
const SECTION: &str = "man1";

/// The change to a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Written,
    /// It was up to date.
    None,
    /// It belonged to an older git-puff, and its verb no longer exists.
    Removed,
}

/// A folder that `man` searches.
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Folder {
        Folder { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path of a page.
    pub(super) fn page(&self, name: &str) -> PathBuf {
        self.path.join(SECTION).join(name)
    }

    /// Installs these pages, removes outdated ones, and changes nothing else.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(super) fn install(&self, pages: &[(&str, &str)]) -> Result<Vec<Change>> {
        let above = folder::Folder::create(&self.path, &Bounds::default());
        let above = above.map_err(|error| self.unwritable(io::Error::other(error.in_a_line())))?;
        let section = above.make_below(SECTION).map_err(|cause| self.unwritable(cause))?;
        sweep(&section);
        let mut changes = Vec::new();
        for name in ours(&section).into_iter().filter(|name| !pages.iter().any(|(known, _)| known == name)) {
            section.remove(OsStr::new(&name)).map_err(|cause| self.unwritable(cause))?;
            changes.push(Change::Removed);
        }
        for (name, text) in pages {
            if section.read(OsStr::new(name)).is_ok_and(|there| there.as_deref() == Some(text.as_bytes())) {
                changes.push(Change::None);
                continue;
            }
            section.write(OsStr::new(name), text.as_bytes()).map_err(|cause| self.unwritable(cause))?;
            changes.push(Change::Written);
        }
        Ok(changes)
    }

    /// Removes git-puff's pages and the folders that are empty then; returns the number of pages.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub(super) fn uninstall(&self) -> Result<usize> {
        let section = self.path.join(SECTION);
        if !section.exists() {
            return Ok(0);
        }
        let above = folder::Folder::open(&self.path, &Bounds::default())?;
        let section = above.below(SECTION).map_err(|cause| self.unwritable(cause))?;
        sweep(&section);
        let ours = ours(&section);
        for name in &ours {
            section.remove(OsStr::new(name)).map_err(|cause| self.unwritable(cause))?;
        }
        if !ours.is_empty() {
            // A folder with other files in it stays.
            let _ = fs::remove_dir(self.path.join(SECTION)).and_then(|()| fs::remove_dir(&self.path));
        }
        Ok(ours.len())
    }

    fn unwritable(&self, cause: io::Error) -> Error {
        Error::failed(format!("cannot write '{}'", self.path.join(SECTION).display()))
            .hint("name a folder of your own: git puff man --install DIR")
            .because(cause)
    }
}

/// Removes temporary files of an install that was killed.
fn sweep(section: &folder::Folder) {
    let names = section.names().unwrap_or_default();
    names.iter().filter(|name| name.starts_with(NEW)).for_each(|name| drop(section.remove(OsStr::new(name))));
}

/// Returns the names of git-puff's pages.
fn ours(section: &folder::Folder) -> Vec<String> {
    let is_ours = |name: &String| {
        let named = name.starts_with("git-puff") && name.ends_with(".1");
        let text = if named { section.read(OsStr::new(name)).ok().flatten().unwrap_or_default() } else { Vec::new() };
        String::from_utf8_lossy(&text).lines().next().is_some_and(|line| line.contains(MARK))
    };
    section.names().unwrap_or_default().into_iter().filter(is_ours).collect()
}
