//! Everything that a worktree has over a commit: committed, staged, unstaged and untracked, ignored files left out.
//!
//! What an agent leaves behind is taken as it is: with commits or without, with a repository that it made inside, with
//! its `.git` gone. Its index is read from a copy, so the worktree is the same afterwards.

mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use self::view::{LIMIT, View};
use super::bytes::{as_bytes, as_path, records, shown};
use super::repo::Repo;
use super::run;
use super::trees::EntryKind;
use super::worktrees::git_in;
use crate::error::{Error, Result};
use crate::model::Oid;

/// The form of a patch, whatever is configured.
pub(super) const FORM: [&str; 13] = [
    "diff-tree",
    "-p",
    "--binary",
    "--full-index",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "--no-color",
    "--diff-algorithm=myers",
    "--unified=3",
    "--inter-hunk-context=0",
    "--src-prefix=a/",
    "--dst-prefix=b/",
];

/// What a worktree has over a commit.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its tree.
    pub tree: Oid,
    /// The patch from the commit to that tree.
    pub patch: Vec<u8>,
    /// Files that could not be read, and so are not in it.
    pub unread: Vec<String>,
    /// Submodules with work that is nowhere else.
    pub submodules: Vec<String>,
}

/// The tree of everything in the worktree that this folder is in.
///
/// # Errors
/// When it is in none, or git can't read it.
pub fn tree(folder: &Path) -> Result<Oid> {
    tree_through(folder).map_err(|cause| unreadable(folder, cause))
}

/// The paths that are different in the worktree of this folder from what they were in a tree, each after git's letter for
/// how: `A made.txt`.
///
/// # Errors
/// As [`tree()`].
pub fn changed_since(folder: &Path, before: Oid) -> Result<Vec<String>> {
    let changed = tree_through(folder).and_then(|now| {
        let names = ["diff-tree", "-r", "-z", "--name-status", "--no-renames"];
        let listed = run(&git_in(folder).args(names).args([before.to_string(), now.to_string()]).limit(LIMIT))?;
        let fields: Vec<&[u8]> = records(&listed.stdout).collect();
        Ok(fields.chunks_exact(2).map(|pair| format!("{} {}", shown(pair[0]), shown(pair[1]))).collect())
    });
    changed.map_err(|cause| unreadable(folder, cause))
}

fn tree_through(folder: &Path) -> Result<Oid, anyhow::Error> {
    let asked = run(&git_in(folder).args(["rev-parse", "--absolute-git-dir", "--show-toplevel"]))?;
    let mut lines = asked.stdout.split(|byte| *byte == b'\n').map(as_path);
    let (git_dir, worktree) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let temporary = tempfile::tempdir()?;
    let view = View { worktree, git_dir, index: temporary.path().join("index") };
    view.read_index(None)?;
    view.add_all()?;
    view.write_tree()
}

fn unreadable(worktree: &Path, cause: anyhow::Error) -> Error {
    let shown = worktree.display();
    Error::failed(format!("what is in the worktree '{shown}' can't be taken"))
        .hint(format!("look at it with 'git -C {shown} status'"))
        .because(cause)
}

impl Repo {
    /// Takes a snapshot of a linked worktree.
    ///
    /// # Errors
    /// When its folder is gone, or git can't read it.
    pub fn snapshot(&self, worktree: &Path, base: Oid) -> Result<Snapshot> {
        let shown = worktree.display();
        if !worktree.is_dir() {
            return Err(Error::failed(format!("the worktree '{shown}' is gone")).hint("nothing of it is left to take"));
        }
        self.take(worktree, base).map_err(|cause| unreadable(worktree, cause))
    }

    fn take(&self, worktree: &Path, base: Oid) -> Result<Snapshot, anyhow::Error> {
        let base_tree = self.commit(base).map_err(anyhow::Error::new)?.tree;
        let folder = tempfile::tempdir()?;
        // By the folder in the git directory: the agent may have done anything to the `.git` of its worktree.
        let git_dir = self.worktree_at(worktree).map_or(self.location().common_dir.clone(), |known| known.admin);
        let view = View { worktree: worktree.to_owned(), git_dir, index: folder.path().join("index") };
        view.read_index(Some(base_tree))?;
        view.add_all()?;
        let of_base = view.list_tree(base_tree)?;
        view.refuse_lost_index(&of_base)?;
        let declared = view.declared_submodules(&of_base)?;
        let (left, links) = (view.left_over()?, view.links()?);
        let (embedded, unread): (Vec<_>, Vec<_>) = left.into_iter().partition(|path| path.ends_with(b"/"));
        let made = links.iter().filter(|path| !declared.contains(*path)).cloned();
        let embedded = embedded.iter().map(|path| path[..path.len() - 1].to_vec()).chain(made);
        self.take_in(&view, embedded.collect(), base_tree.nothing())?;
        let tree = view.write_tree()?;
        let diff = view.git().args(FORM).args([base_tree.to_string(), tree.to_string()]);
        let submodules = links.iter().filter(|path| declared.contains(*path) && view.has_own_work(path));
        Ok(Snapshot {
            tree,
            patch: run(&diff)?.stdout,
            unread: unread.iter().map(|path| shown(path)).collect(),
            submodules: submodules.map(|path| shown(path)).collect(),
        })
    }

    /// Takes the files of repositories that were made inside the worktree: git itself would keep nothing of them but
    /// the name of a commit that nobody else has.
    fn take_in(&self, view: &View, embedded: BTreeSet<Vec<u8>>, nothing: Oid) -> Result<(), anyhow::Error> {
        if embedded.is_empty() {
            return Ok(());
        }
        let mut entries: BTreeMap<Vec<u8>, (EntryKind, Oid)> = BTreeMap::new();
        for path in &embedded {
            self.read_embedded(view, path, &mut entries)?;
        }
        let mut lines = Vec::new();
        for path in &embedded {
            lines.extend(format!("0 {nothing}\t").bytes().chain(path.iter().copied()).chain([0]));
        }
        for (path, (kind, oid)) in entries {
            lines.extend(format!("{:o} {oid}\t", kind.mode()).bytes().chain(path).chain([0]));
        }
        run(&view.git().args(["update-index", "-z", "--index-info"]).stdin(lines))?;
        Ok(())
    }

    fn read_embedded(
        &self,
        view: &View,
        repository: &[u8],
        entries: &mut BTreeMap<Vec<u8>, (EntryKind, Oid)>,
    ) -> Result<(), anyhow::Error> {
        let folder = view.worktree.join(as_path(repository));
        let listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let listed = run(&git_in(&folder).args(listing).limit(LIMIT))?;
        for name in records(&listed.stdout) {
            let path = [repository, b"/", name.strip_suffix(b"/").unwrap_or(name)].concat();
            let file = view.worktree.join(as_path(&path));
            let Ok(meta) = file.symlink_metadata() else { continue };
            if meta.is_dir() {
                self.read_embedded(view, &path, entries)?;
                continue;
            }
            let (kind, content) = if meta.is_symlink() {
                (EntryKind::Symlink, as_bytes(&fs::read_link(&file)?))
            } else if meta.is_file() {
                (if may_run(&meta) { EntryKind::Executable } else { EntryKind::File }, fs::read(&file)?)
            } else {
                continue;
            };
            entries.insert(path, (kind, self.write_blob(&content)?));
        }
        Ok(())
    }
}

#[cfg(unix)]
fn may_run(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn may_run(_: &fs::Metadata) -> bool {
    false
}
