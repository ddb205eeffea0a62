//! The trees of the variants as folders that judges read.
//!
//! Links of the variants are files with the name of their target, as git writes them where links are not to be had: a judge that
//! follows one would leave the folder. Filters do not run, and other repositories are left out.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::app::App;
use crate::error::{Result, ResultExt};
use crate::git::EntryKind;
use crate::model::Oid;
use crate::scratch::Scratch;

/// Folders with the trees of variants, read-only, gone with this value.
pub struct Exhibits {
    scratch: Scratch,
}

/// A file of a tree.
struct Listed {
    path: PathBuf,
    kind: EntryKind,
    oid: Oid,
}

impl Exhibits {
    /// Writes these trees, each once; files with the same content are one file on disk.
    ///
    /// # Errors
    /// When an object is missing, or the folder for temporary files is full.
    pub fn write(app: &App, trees: &[Oid]) -> Result<Exhibits> {
        let scratch = Scratch::make().or_fail(|| CANNOT.to_owned())?;
        let exhibits = Exhibits { scratch };
        let mut made: HashMap<(Oid, bool), PathBuf> = HashMap::new();
        for tree in trees {
            let top = exhibits.of(*tree);
            if top.exists() {
                continue;
            }
            let (mut files, mut folders) = (Vec::new(), vec![top.clone()]);
            list(app, *tree, &top, &mut files, &mut folders)?;
            app.repo.bring(files.iter().map(|file| file.oid));
            for folder in &folders {
                fs::create_dir(folder).or_fail(|| CANNOT.to_owned())?;
            }
            for file in files {
                let key = (file.oid, file.kind == EntryKind::Executable);
                match made.get(&key).filter(|there| fs::hard_link(there, &file.path).is_ok()) {
                    Some(_) => {}
                    None => {
                        put(&file, &app.repo.blob(file.oid)?).or_fail(|| CANNOT.to_owned())?;
                        made.insert(key, file.path);
                    }
                }
            }
            for folder in folders.iter().rev() {
                close(folder).or_fail(|| CANNOT.to_owned())?;
            }
        }
        Ok(exhibits)
    }

    /// Returns a folder in which the trees stand by the letters of a judge.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn for_judge(&self, at: usize, letters: &[(String, Oid)]) -> io::Result<PathBuf> {
        let folder = self.scratch.path().join(format!("judge-{at}"));
        fs::create_dir(&folder)?;
        for (letter, tree) in letters {
            std::os::unix::fs::symlink(self.of(*tree), folder.join(letter))?;
        }
        close(&folder)?;
        Ok(folder)
    }

    fn of(&self, tree: Oid) -> PathBuf {
        self.scratch.path().join(tree.to_string())
    }
}

const CANNOT: &str = "cannot write the trees of the variants for the judges";

fn list(app: &App, tree: Oid, folder: &Path, files: &mut Vec<Listed>, folders: &mut Vec<PathBuf>) -> Result<()> {
    for entry in app.repo.entries(tree)? {
        let is_plain = !matches!(entry.name.as_slice(), b"" | b"." | b"..") && !entry.name.contains(&b'/');
        let path = folder.join(OsStr::from_bytes(&entry.name));
        match entry.kind {
            _ if !is_plain => {}
            EntryKind::Submodule => {}
            EntryKind::Tree => {
                folders.push(path.clone());
                list(app, entry.oid, &path, files, folders)?;
            }
            kind => files.push(Listed { path, kind, oid: entry.oid }),
        }
    }
    Ok(())
}

fn put(file: &Listed, bytes: &[u8]) -> io::Result<()> {
    let mode = if file.kind == EntryKind::Executable { 0o555 } else { 0o444 };
    fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&file.path)?.write_all(bytes)
}

fn close(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(0o555))
}
