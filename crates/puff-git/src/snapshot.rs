//! Everything that a worktree has over a commit: committed, staged, unstaged and untracked, ignored files left out.
//!
//! What an agent leaves behind is taken as it is: with commits or without, with a repository that it made inside, with
//! its `.git` gone. Its index is read from a copy, so the worktree is the same afterwards; and nothing that it wrote into
//! a git directory is run.

mod foreign;
mod nested;
mod program_index;
mod starting_point;
pub(super) mod view;
mod work_folder;

pub use nested::NestedWorktree;
pub use starting_point::{StartingPoint, is_in};
pub use work_folder::WorkFolder;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use self::view::View;
use super::bytes::{as_bytes, as_path, shown};
use super::folder::Folder;
use super::program::run;
use super::repo::Repo;
use super::trees::EntryKind;
use super::worktrees::{Replaced, WorktreeFault};
use crate::Oid;
use puff_system::error::{Error, Result};

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

impl Repo {
    /// Returns the whole patch from one commit (or tree) to another, with binary files and full object names.
    ///
    /// # Errors
    /// When an object is missing.
    pub fn whole_patch(&self, from: Oid, to: Oid) -> Result<Vec<u8>> {
        let patch = run(&self.git().args(FORM).args([from.to_string(), to.to_string()]));
        let failed = |cause| Error::failed(format!("cannot make the patch from {from} to {to}")).because(cause);
        patch.map(|output| output.stdout).map_err(failed)
    }
}

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
    /// Worktrees that were made inside; what is in them is not in it.
    pub worktrees: Vec<NestedWorktree>,
    /// What is at the path of the worktree instead of its folder, which was found where it was moved to.
    pub replaced: Option<Replaced>,
    /// New files that git ignores, and that are not in it.
    pub ignored: Vec<String>,
}

/// What was in a worktree before its agent began, and what becomes of the ignored files.
#[derive(Clone, Debug, Default)]
pub struct Ignored {
    /// Those that were there before: they are no work of the agent.
    pub before: BTreeSet<Vec<u8>>,
    /// Patterns for those that are taken all the same.
    pub keep: Vec<String>,
    /// What else was there before.
    pub start: StartingPoint,
}

fn unreadable(worktree: &Path, cause: anyhow::Error) -> Error {
    let shown = worktree.display();
    Error::failed(format!("cannot read the worktree '{shown}'"))
        .hint(format!("look at it with 'git -C {shown} status'"))
        .because(cause)
}

impl Repo {
    /// Takes a snapshot of a linked worktree: of the folder that was made for it, wherever that was moved to.
    ///
    /// # Errors
    /// When its folder is gone, or something else is in its place and it is nowhere near, or git cannot read it.
    pub fn snapshot(&self, worktree: &Path, base: Oid) -> Result<Snapshot> {
        self.snapshot_with(worktree, base, None)
    }

    /// Takes a snapshot of a linked worktree with some of its ignored files, and names the others.
    ///
    /// # Errors
    /// As [`Repo::snapshot`].
    pub fn snapshot_with(&self, worktree: &Path, base: Oid, ignored: Option<&Ignored>) -> Result<Snapshot> {
        let (folder, replaced) = match self.open_worktree(worktree) {
            Ok(folder) => (folder, None),
            Err(WorktreeFault::Replaced(replaced)) => match self.open_moved(&replaced) {
                Some(folder) => (folder, Some(replaced)),
                None => {
                    return Err(Error::failed(format!("the worktree {replaced}")).hint(
                        "what is there is not touched; if the work was moved elsewhere, it can be imported from there",
                    ));
                }
            },
            Err(WorktreeFault::Gone) => {
                return Err(Error::failed(format!("the worktree '{}' is gone", worktree.display()))
                    .hint("nothing of it is left to take"));
            }
            Err(fault) => return Err(unreadable(worktree, fault.into())),
        };
        let taken = self.take(worktree, folder, base, ignored).map_err(|cause| unreadable(worktree, cause))?;
        Ok(Snapshot { replaced, ..taken })
    }

    /// The ignored files that are in a linked worktree.
    ///
    /// # Errors
    /// When its folder is not the one that was made, or git cannot tell.
    pub fn ignored_files(&self, worktree: &Path, base: Oid) -> Result<BTreeSet<Vec<u8>>, anyhow::Error> {
        let view = View::copied(self, worktree, self.open_worktree(worktree)?, base)?;
        Ok(view.take_ignored(&Ignored::default())?)
    }

    /// Returns the new ignored files of a linked worktree, and whether any of them is to be kept.
    ///
    /// # Errors
    /// As [`Repo::ignored_files`].
    pub fn new_ignored(
        &self,
        worktree: &Path,
        base: Oid,
        ignored: &Ignored,
    ) -> Result<(Vec<String>, bool), anyhow::Error> {
        let view = View::copied(self, worktree, self.open_worktree(worktree)?, base)?;
        let all = view.new_ignored(ignored, &[])?;
        let keeps = !ignored.keep.is_empty() && !view.new_ignored(ignored, &ignored.keep)?.is_empty();
        Ok((all.iter().map(|path| shown(path)).collect(), keeps))
    }

    fn take(
        &self,
        path: &Path,
        folder: Folder,
        base: Oid,
        ignored: Option<&Ignored>,
    ) -> Result<Snapshot, anyhow::Error> {
        let base_tree = self.commit(base).map_err(anyhow::Error::new)?.tree;
        let view = View::copied(self, path, folder, base)?;
        view.read_index(Some(base_tree))?;
        view.add_all()?;
        let is_private = self.is_workspace(path);
        if is_private {
            self.follow_program_index(&view)?;
        }
        let of_base = view.list_tree(base_tree)?;
        view.refuse_lost_index(&of_base)?;
        let start = ignored.map(|ignored| ignored.start.clone()).unwrap_or_default();
        let ignored = ignored.map(|ignored| view.take_ignored(ignored)).transpose()?.unwrap_or_default();
        let declared = view.declared_submodules(&of_base)?;
        let nested = if is_private { self.nested_in_workspace(&view) } else { self.nested(path, &view) };
        let is_nested = |path: &[u8]| nested.iter().any(|(inside, _)| inside == path);
        let (left, links) = (view.left_over()?, view.links()?);
        let (embedded, unread): (Vec<_>, Vec<_>) = left.into_iter().partition(|path| path.ends_with(b"/"));
        let made = links.iter().filter(|path| !declared.contains(*path)).cloned();
        let embedded = embedded.iter().map(|path| path[..path.len() - 1].to_vec()).chain(made);
        let (out, embedded): (BTreeSet<_>, BTreeSet<_>) = embedded.partition(|path| is_nested(path));
        self.take_in(&view, &embedded, &out, base_tree.nothing())?;
        view.leave_out(&start, &of_base, base_tree.nothing())?;
        let tree = view.write_tree()?;
        let diff = view.git().args(FORM).args([base_tree.to_string(), tree.to_string()]);
        let own_work = |path: &&Vec<u8>| declared.contains(*path) && !is_nested(path) && view.has_own_work(self, path);
        Ok(Snapshot {
            tree,
            patch: run(&diff)?.stdout,
            unread: unread.iter().map(|path| shown(path)).collect(),
            submodules: links.iter().filter(own_work).map(|path| shown(path)).collect(),
            worktrees: nested
                .iter()
                .map(|(path, own_work)| NestedWorktree { path: shown(path), own_work: *own_work })
                .collect(),
            replaced: None,
            ignored: ignored.iter().map(|path| shown(path)).collect(),
        })
    }

    /// Takes the files of repositories that were made inside the worktree: git itself would keep nothing of them but
    /// the name of a commit that no other has. Others are left out.
    fn take_in(
        &self,
        view: &View,
        embedded: &BTreeSet<Vec<u8>>,
        out: &BTreeSet<Vec<u8>>,
        nothing: Oid,
    ) -> Result<(), anyhow::Error> {
        if embedded.is_empty() && out.is_empty() {
            return Ok(());
        }
        let mut entries: BTreeMap<Vec<u8>, (EntryKind, Oid)> = BTreeMap::new();
        for path in embedded {
            self.read_embedded(view, path, &mut entries)?;
        }
        let mut lines = Vec::new();
        for path in embedded.iter().chain(out) {
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
        let folder = view.folder.subfolder(&as_path(repository))?;
        for name in View::foreign(self, folder.clone())?.files()? {
            let name = name.strip_suffix(b"/").unwrap_or(&name);
            let path = [repository, b"/", name].concat();
            let at = folder.anchor().join(as_path(name));
            let Ok(meta) = at.symlink_metadata() else { continue };
            if meta.is_dir() {
                self.read_embedded(view, &path, entries)?;
                continue;
            }
            let (kind, content) = if meta.is_symlink() {
                (EntryKind::Symlink, as_bytes(&std::fs::read_link(at)?))
            } else {
                // A link above it may lead to anybody's file, and a pipe to none.
                let Ok(mut file) = folder.open_file(&as_path(name)) else { continue };
                let mut content = Vec::new();
                file.read_to_end(&mut content)?;
                (if may_run(&meta) { EntryKind::Executable } else { EntryKind::File }, content)
            };
            entries.insert(path, (kind, self.write_blob(&content)?));
        }
        Ok(())
    }
}

fn may_run(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o100 != 0
}
