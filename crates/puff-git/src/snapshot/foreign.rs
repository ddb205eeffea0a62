//! Repositories that an agent made, or may have changed, inside a worktree: read without their configuration.
//!
//! Git runs what the configuration of a repository names (`core.fsmonitor`, filters, hooks, what an include brings), and
//! these belong to agents. So git is never called in one: it gets a git directory of ours, with their HEAD, refs and index
//! copied as bytes and their objects borrowed.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::view::{View, private_folder};
use crate::bytes::{as_bytes, as_path, records};
use crate::folder::Folder;
use crate::program::git_in;
use crate::program::run;
use crate::repo::Repo;
use crate::worktrees::copy_index;

/// How deep the names of refs are copied, and how much of a file that names another one is read.
const DEEPEST: usize = 32;
const MOST_LINK: u64 = 64 << 10;

/// How deep submodules of submodules are looked into.
const MOST_NESTED: usize = 16;

impl View {
    /// Sees the repository in this folder through a git directory of ours.
    pub fn foreign(repo: &Repo, folder: Folder) -> Result<View> {
        let theirs = git_dir(&folder).context("it has no git directory")?;
        let common = match read_link(&theirs, "commondir") {
            Some(named) => Folder::open(&theirs.path().join(named))?,
            None => theirs.clone(),
        };
        let temporary = private_folder(&repo.location().common_dir)?;
        let setting = |key: &str, otherwise: &str| {
            let config = common.path().join("config");
            let asked = git_in(temporary.path()).args(["config", "--no-includes", "--file"]).arg(&config);
            let said = common.open_file(Path::new("config")).ok().and_then(|_| run(&asked.args(["--get", key])).ok());
            said.map_or(otherwise.to_owned(), |said| String::from_utf8_lossy(&said.stdout).trim().to_owned())
        };
        // Not by options: an older git knows no formats of refs.
        let init = git_in(temporary.path()).args(["init", "--quiet", "--template=", "."]);
        let init = init.env("GIT_DEFAULT_HASH", setting("extensions.objectFormat", "sha1"));
        run(&init.env("GIT_DEFAULT_REF_FORMAT", setting("extensions.refStorage", "files")))?;
        let ours = temporary.path().join(".git");
        for (from, name) in
            [(&theirs, "HEAD"), (&common, "packed-refs"), (&common, "shallow"), (&common, "info/exclude")]
        {
            copy_file(from, name, &ours)?;
        }
        for name in ["refs", "reftable"] {
            if let Ok(folder) = common.subfolder(Path::new(name)) {
                let _ = fs::remove_dir_all(ours.join(name));
                copy_folder(&folder, &ours.join(name), DEEPEST)?;
            }
        }
        let _ = copy_index(theirs.path(), &ours);
        let objects = as_bytes(&common.path().join("objects"));
        anyhow::ensure!(
            !objects.contains(&b'\n') && !objects.starts_with(b"\""),
            "cannot name the path of its objects"
        );
        fs::create_dir_all(ours.join("objects/info"))?;
        fs::write(ours.join("objects/info/alternates"), [objects, vec![b'\n']].concat())?;
        Ok(View::over(folder, ours, None).keeping(temporary))
    }

    /// Tells whether a submodule names a repository that is not there.
    pub fn has_lost_repository(&self, path: &[u8]) -> bool {
        let Ok(folder) = self.folder.subfolder(&as_path(path)) else { return false };
        let is_named = folder.anchor().join(".git").symlink_metadata().is_ok();
        is_named && git_dir(&folder).is_none_or(|git| !git.anchor().join("HEAD").exists())
    }

    /// Returns the files of a repository: those in its index, and those that it does not ignore.
    pub fn files(&self) -> Result<Vec<Vec<u8>>> {
        let listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let listed = run(&self.git().args(listing)).or_else(|_| {
            // An index that cannot be read is none.
            let _ = fs::remove_file(&self.index);
            run(&self.git().args(listing))
        })?;
        Ok(records(&listed.stdout).map(<[u8]>::to_vec).collect())
    }

    /// Does a submodule hold what no other repository has: changes, or commits that its remote does not know? What cannot be
    /// told counts as such.
    pub fn has_own_work(&self, repo: &Repo, path: &[u8]) -> bool {
        self.submodule_has(repo, path, true, MOST_NESTED)
    }

    /// Is a submodule as its HEAD has it?
    pub fn is_changed_inside(&self, repo: &Repo, path: &[u8]) -> bool {
        self.submodule_has(repo, path, false, MOST_NESTED)
    }

    fn submodule_has(&self, repo: &Repo, path: &[u8], commits: bool, deeper: usize) -> bool {
        let Ok(folder) = self.folder.subfolder(&as_path(path)) else { return false };
        if folder.anchor().join(".git").symlink_metadata().is_err() {
            return false;
        }
        let look = || -> Result<bool> {
            let view = View::foreign(repo, folder)?;
            let says = |args: &[&str]| run(&view.git().args(args)).map(|said| !said.stdout.trim_ascii().is_empty());
            if commits && says(&["rev-list", "-1", "--branches", "HEAD", "--not", "--remotes"])? {
                return Ok(true);
            }
            // Not by its index: whatever was written in there is not believed.
            let _ = fs::remove_file(&view.index);
            run(&view.git().args(["read-tree", "HEAD"]))?;
            if says(&["status", "--porcelain", "--no-renames", "--ignore-submodules=dirty"])? {
                return Ok(true);
            }
            anyhow::ensure!(deeper > 0, "submodules are nested too deep");
            Ok(view.links()?.iter().any(|path| view.submodule_has(repo, path, commits, deeper - 1)))
        };
        look().unwrap_or(true)
    }
}

/// Opens the git directory of a folder: `.git`, or what that file names.
fn git_dir(folder: &Folder) -> Option<Folder> {
    if let Ok(inside) = folder.subfolder(Path::new(".git")) {
        return Folder::open(&folder.path().join(".git")).ok().or(Some(inside));
    }
    let named = read_link(folder, ".git")?;
    Folder::open(&folder.path().join(as_path(as_bytes(&named).strip_prefix(b"gitdir: ")?))).ok()
}

/// Reads a file of one line that names a path.
fn read_link(folder: &Folder, name: &str) -> Option<PathBuf> {
    let mut bytes = Vec::new();
    folder.open_file(Path::new(name)).ok()?.take(MOST_LINK).read_to_end(&mut bytes).ok()?;
    Some(as_path(bytes.strip_suffix(b"\n").unwrap_or(&bytes)))
}

fn copy_file(from: &Folder, name: &str, to: &Path) -> io::Result<()> {
    let Ok(mut file) = from.open_file(Path::new(name)) else { return Ok(()) };
    let to = to.join(name);
    fs::create_dir_all(to.parent().unwrap_or(&to))?;
    io::copy(&mut file, &mut fs::File::create(to)?).map(drop)
}

/// Copies the files below a folder; links are left out.
fn copy_folder(from: &Folder, to: &Path, deeper: usize) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from.anchor())? {
        let entry = entry?;
        let (kind, name) = (entry.file_type()?, entry.file_name());
        if kind.is_dir() && deeper > 0 {
            copy_folder(&from.subfolder(Path::new(&name))?, &to.join(&name), deeper - 1)?;
        } else if kind.is_file() {
            let mut file = from.open_file(Path::new(&name))?;
            io::copy(&mut file, &mut fs::File::create(to.join(&name))?)?;
        }
    }
    Ok(())
}
