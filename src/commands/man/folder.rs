//! A folder with man pages, ours among others.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// What every page of ours has in its first line, and no page of anybody else.
const MARK: &str = "\"Git Puff Manual\"";

/// What the name of a page begins with while it is being written.
const NEW: &str = ".git-puff-";

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
        self.path.join("man1").join(name)
    }

    /// Makes the pages there these, and touches nothing else.
    ///
    /// # Errors
    /// When the folder can't be written.
    pub(super) fn install(&self, pages: &[(&str, &str)]) -> Result<Vec<Change>> {
        fs::create_dir_all(self.path.join("man1")).map_err(|cause| self.unwritable(cause))?;
        self.sweep();
        let mut changes = Vec::new();
        for name in self.ours().into_iter().filter(|name| !pages.iter().any(|(known, _)| known == name)) {
            fs::remove_file(self.page(&name)).map_err(|cause| self.unwritable(cause))?;
            changes.push(Change::Removed);
        }
        for (name, text) in pages {
            let path = self.page(name);
            if fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
                changes.push(Change::None);
                continue;
            }
            write(&path, text.as_bytes()).map_err(|cause| self.unwritable(cause))?;
            changes.push(Change::Written);
        }
        Ok(changes)
    }

    /// Takes our pages away, and folders that are empty then; answers how many pages there were.
    ///
    /// # Errors
    /// When one can't be removed.
    pub(super) fn uninstall(&self) -> Result<usize> {
        self.sweep();
        let ours = self.ours();
        for name in &ours {
            fs::remove_file(self.page(name)).map_err(|cause| self.unwritable(cause))?;
        }
        if !ours.is_empty() {
            // Neither goes while something of somebody else is in it.
            let _ = fs::remove_dir(self.path.join("man1")).and_then(|()| fs::remove_dir(&self.path));
        }
        Ok(ours.len())
    }

    /// Takes away what an install left behind that was killed while it wrote a page.
    fn sweep(&self) {
        let entries = fs::read_dir(self.path.join("man1")).into_iter().flatten().flatten();
        let left_over = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(NEW));
        left_over.for_each(|entry| drop(fs::remove_file(entry.path())));
    }

    /// The names of the pages that are ours.
    fn ours(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path.join("man1")).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let is_ours = |name: &String| {
            let named = name.starts_with("git-puff") && name.ends_with(".1");
            let text = if named { fs::read(self.page(name)).unwrap_or_default() } else { Vec::new() };
            String::from_utf8_lossy(&text).lines().next().is_some_and(|line| line.contains(MARK))
        };
        names.filter(is_ours).collect()
    }

    fn unwritable(&self, cause: io::Error) -> Error {
        Error::failed(format!("'{}' can't be written", self.path.join("man1").display()))
            .hint("name a folder of your own: git puff man --install DIR")
            .because(cause)
    }
}

/// Writes a page that everybody may read; a reader sees the old one or the new one, whenever this is cut off.
fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::Builder::new();
    new.prefix(NEW);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        new.permissions(fs::Permissions::from_mode(0o644));
    }
    let mut file = new.tempfile_in(folder)?;
    file.write_all(text)?;
    file.persist(path)?;
    Ok(())
}
