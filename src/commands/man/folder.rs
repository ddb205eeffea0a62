//! A folder with man pages, ours among others.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::folder::{self, Bounds};

/// What every page of ours has in its first line, and no page of anybody else.
const MARK: &str = "\"Git Puff Manual\"";

/// What the name of a page begins with while it is being written.
const NEW: &str = ".git-puff-";

/// The folder of the pages of commands.
const SECTION: &str = "man1";

/// What became of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Written,
    /// It was as it should be.
    None,
    /// It was of an older git-puff, and is of no verb any more.
    Removed,
}

/// A folder that `man` may look into.
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

    /// Where a page is.
    pub(super) fn page(&self, name: &str) -> PathBuf {
        self.path.join(SECTION).join(name)
    }

    /// Makes the pages there these, and touches nothing else.
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

    /// Takes our pages away, and folders that are empty then; answers how many pages there were.
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
            // Neither goes while something of somebody else is in it.
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

/// Takes away what an install left behind that was killed while it wrote a page.
fn sweep(section: &folder::Folder) {
    let names = section.names().unwrap_or_default();
    names.iter().filter(|name| name.starts_with(NEW)).for_each(|name| drop(section.remove(OsStr::new(name))));
}

/// The names of the pages that are ours.
fn ours(section: &folder::Folder) -> Vec<String> {
    let is_ours = |name: &String| {
        let named = name.starts_with("git-puff") && name.ends_with(".1");
        let text = if named { section.read(OsStr::new(name)).ok().flatten().unwrap_or_default() } else { Vec::new() };
        String::from_utf8_lossy(&text).lines().next().is_some_and(|line| line.contains(MARK))
    };
    section.names().unwrap_or_default().into_iter().filter(is_ours).collect()
}
