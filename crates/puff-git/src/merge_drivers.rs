//! Merging a file by the driver that its `merge` attribute names: git reads the attribute, and git runs the driver.
//!
//! `git apply --3way` takes attributes from the index, which holds the tree that the patch is applied to: a patch does not
//! choose the driver that merges it. The same is done here with an index of a few entries, in a folder of its own: the
//! `.gitattributes` files above the paths, and the file that is merged. `git merge-tree --write-tree` would do too, but is
//! newer than the oldest git that is supported, and `git merge-file` knows no drivers.

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use git2::ObjectType;
use tempfile::TempDir;

use super::bytes::{as_bytes, as_path};
use super::program::{TIES, base_git, check_exit, run};
use super::repo::Repo;
use super::{EntryKind, loose};
use crate::Oid;
use puff_system::error::{Error, Result};
use puff_system::process::{self, Cmd};

/// How long all merges by git of one patch may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Settings that must not change the answer, nor run or write anything beside it.
const PINNED: [&str; 7] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.splitIndex=false",
    "core.untrackedCache=false",
    "core.sparseCheckout=false",
    "index.sparse=false",
    "apply.ignoreWhitespace=no",
];

/// What git made of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GitMerge {
    /// This file.
    Clean(Vec<u8>),
    /// It left conflicts.
    Conflict,
    /// It could not be merged, for this reason.
    Failed(String),
}

/// The merge drivers of the paths of a tree, as git applies them there.
pub struct MergeDrivers<'r> {
    repo: &'r Repo,
    tree: Oid,
    paths: Vec<Vec<u8>>,
    view: OnceCell<View>,
    left: Cell<Duration>,
}

/// A folder with an index and objects of its own.
struct View {
    folder: TempDir,
    /// The paths that the merge of texts is not for.
    own: BTreeSet<Vec<u8>>,
    /// The `.gitattributes` files of the tree: their modes and names.
    attributes: BTreeMap<Vec<u8>, Oid>,
}

impl Repo {
    /// Returns the merge drivers of these paths of a tree. Nothing is read before the first is asked for.
    pub fn merge_drivers(&self, tree: Oid, paths: Vec<Vec<u8>>) -> MergeDrivers<'_> {
        MergeDrivers { repo: self, tree, paths, view: OnceCell::new(), left: Cell::new(LIMIT) }
    }
}

impl MergeDrivers<'_> {
    /// Returns whether attributes or `merge.default` want this path merged otherwise than as text.
    ///
    /// # Errors
    /// When git cannot read the attributes.
    pub fn wants(&self, path: &[u8]) -> Result<bool> {
        Ok(self.view()?.own.contains(path))
    }

    /// Merges the three versions of a file by git.
    ///
    /// # Errors
    /// When the versions cannot be given to git.
    pub fn merge(&self, path: &[u8], base: &[u8], ours: &[u8], theirs: &[u8]) -> Result<GitMerge> {
        let view = self.view()?;
        let (base, theirs) = (self.lend(view, base)?, self.lend(view, theirs)?);
        let ours = self.lend(view, ours)?;
        // Attributes are read from the index. Where an earlier part of the patch made this very file, they would be its own.
        if view.attributes.get(path).is_some_and(|there| *there != ours) {
            return Ok(GitMerge::Failed("the patch changes these attributes twice".to_owned()));
        }
        let entry = index_line(EntryKind::File.mode(), ours, path);
        // Git takes no name that is a folder of another: the patch is someone else's, so that is an answer.
        if let Err(failure) = run(&self.git(view).args(["update-index", "-z", "--add", "--index-info"]).stdin(entry)) {
            return Ok(GitMerge::Failed(failure.to_string()));
        }

        let (old, new) = (quoted(b"a/", path), quoted(b"b/", path));
        let mut patch = [b"diff --git ", old.as_slice(), b" ", &new, b"\n"].concat();
        // Both blobs are here: the patch need not hold their bytes.
        patch.extend(format!("index {base}..{theirs} 100644\nBinary files ").bytes());
        patch.extend([old.as_slice(), b" and ", &new, b" differ\n"].concat());
        let apply = self.git(view).args(["apply", "--cached", "--3way", "--whitespace=nowarn", "-p1", "-"]);
        let began = Instant::now();
        let applied = process::run(&apply.stdin(patch).limit(self.left.get()).ends_with_us());
        self.left.set(self.left.get().saturating_sub(began.elapsed()));
        let stage = |stage: u8| {
            let name = [format!(":{stage}:").as_bytes(), path].concat();
            self.git(view).args(["cat-file", "blob"]).arg(as_path(&name))
        };
        match check_exit(applied) {
            Ok(_) => Ok(match run(&stage(0)) {
                Ok(merged) => GitMerge::Clean(merged.stdout),
                Err(failure) => GitMerge::Failed(failure.to_string()),
            }),
            Err(_) if run(&stage(2)).is_ok() => Ok(GitMerge::Conflict),
            Err(failure) => Ok(GitMerge::Failed(failure.to_string())),
        }
    }

    fn view(&self) -> Result<&View> {
        if let Some(view) = self.view.get() {
            return Ok(view);
        }
        let view = self.read()?;
        Ok(self.view.get_or_init(|| view))
    }

    /// Asks git about all paths at once.
    fn read(&self) -> Result<View> {
        let folder = tempfile::tempdir().and_then(|folder| {
            std::fs::create_dir(folder.path().join("objects"))?;
            std::fs::create_dir(folder.path().join("work"))?;
            Ok(folder)
        });
        let folder = folder.map_err(|cause| {
            Error::cannot_work("cannot create a temporary folder to merge in")
                .hint("check TMPDIR, and the free space of its disk")
                .because(cause)
        })?;
        let mut view = View { folder, own: BTreeSet::new(), attributes: BTreeMap::new() };
        let mut index = Vec::new();
        for path in self.paths.iter().flat_map(|path| attributes_above(path)).collect::<BTreeSet<_>>() {
            let Some(entry) = self.repo.entry(self.tree, &path)?.filter(|entry| entry.kind.is_blob()) else { continue };
            let oid = self.lend(&view, &self.repo.blob(entry.oid)?)?;
            index.extend(index_line(entry.kind.mode(), oid, &path));
            view.attributes.insert(path, oid);
        }
        if !index.is_empty() {
            run(&self.git(&view).args(["update-index", "-z", "--index-info"]).stdin(index)).map_err(failed)?;
        }
        let ask = self.git(&view).args(["check-attr", "--cached", "-z", "--stdin", "merge"]);
        let ask = ask.stdin(self.paths.iter().flat_map(|path| [path.as_slice(), b"\0"]).collect::<Vec<_>>().concat());
        let default = self.git(&view).args(["config", "--get", "merge.default"]);
        let mut answers = process::run_all(&[ask, default], 2).into_iter();
        let (attributes, default) = (answers.next().map(check_exit), answers.next().map(check_exit));
        // Without a setting, git ends with 1.
        let default = default.is_some_and(|default| default.is_ok());
        let Some(attributes) = attributes.transpose().map_err(failed)? else { return Ok(view) };
        let fields: Vec<&[u8]> = attributes.stdout.split(|byte| *byte == 0).collect();
        for answer in fields.chunks_exact(3) {
            match answer[2] {
                b"set" => {}
                b"unspecified" if !default => {}
                _ => drop(view.own.insert(answer[0].to_vec())),
            }
        }
        Ok(view)
    }

    /// Writes a blob where git finds it, and the repository does not keep it.
    fn lend(&self, view: &View, bytes: &[u8]) -> Result<Oid> {
        let name = self.repo.hash_blob(bytes)?;
        let objects = view.folder.path().join("objects");
        loose::write(&objects, &[(name, ObjectType::Blob, bytes)]).map_err(|cause| {
            Error::cannot_work(format!("cannot write into the temporary folder '{}'", objects.display()))
                .hint("check the free space of its disk")
                .because(cause)
        })?;
        Ok(name)
    }

    fn git(&self, view: &View) -> Cmd {
        let (at, folder) = (self.repo.location(), view.folder.path());
        let git = TIES.iter().fold(base_git(), |cmd, name| cmd.env_remove(name));
        let git = git.env("GIT_DIR", &at.git_dir).env("GIT_INDEX_FILE", folder.join("index"));
        let git = git.env("GIT_WORK_TREE", folder.join("work")).cwd(folder.join("work"));
        let more: Vec<Vec<u8>> =
            [&at.objects].into_iter().chain(&at.alternates).map(|folder| path_in_list(folder)).collect();
        let git = git.env("GIT_OBJECT_DIRECTORY", folder.join("objects"));
        let git = git.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", OsString::from(as_path(&more.join(&b':'))));
        PINNED.iter().fold(git.limit(LIMIT), |git, setting| git.args(["-c", setting]))
    }
}

fn failed(cause: super::program::GitFailure) -> Error {
    Error::failed("cannot merge by git").hint("check the repository with 'git fsck'").because(cause)
}

/// The `.gitattributes` files that are about a path.
fn attributes_above(path: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let folders = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| &path[..=at]);
    std::iter::once(&b""[..]).chain(folders).map(|folder| [folder, b".gitattributes"].concat())
}

fn index_line(mode: u32, oid: Oid, path: &[u8]) -> Vec<u8> {
    [format!("{mode:o} {oid}\t").as_bytes(), path, b"\0"].concat()
}

/// A folder in a list of them, in which a colon begins the next one.
fn path_in_list(folder: &Path) -> Vec<u8> {
    let bytes = as_bytes(folder);
    if bytes.contains(&b':') || bytes.starts_with(b"\"") { quoted(b"", &bytes) } else { bytes }
}

/// A name between quotes, as C has it, every byte that could mean something by its number.
fn quoted(prefix: &[u8], name: &[u8]) -> Vec<u8> {
    let mut text = vec![b'"'];
    for byte in prefix.iter().chain(name) {
        match byte {
            b'"' | b'\\' | 0..=31 | 127.. => text.extend(format!("\\{byte:03o}").bytes()),
            byte => text.push(*byte),
        }
    }
    text.push(b'"');
    text
}

#[cfg(test)]
mod tests {
    use super::{attributes_above, quoted};

    #[test]
    fn attributes_of_every_folder_above_count() {
        let above: Vec<_> = attributes_above(b"a/b/c").collect();
        assert_eq!(above, [&b".gitattributes"[..], b"a/.gitattributes", b"a/b/.gitattributes"]);
    }

    #[test]
    fn odd_names_are_quoted_byte_by_byte() {
        assert_eq!(quoted(b"a/", b"x \"\n\xc3"), b"\"a/x \\042\\012\\303\"");
    }
}
