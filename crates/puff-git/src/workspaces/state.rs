//! What is in a workspace beside its commit, and which of its paths are submodules.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::bytes::{records, shown};
use crate::program::run;
use crate::repo::Repo;
use crate::snapshot::view::View;
use crate::trees::EntryKind;
use crate::worktrees::{Worktree, write_new};
use crate::{ChangeKind, Oid, PathChange};

/// The file with the paths of the submodules of a workspace's commit: the commit, and each path, with a NUL behind each.
const SUBMODULES: &str = "submodules";

/// What is in a workspace beside its commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkspaceState {
    /// What is different, files that git does not know among it; a folder of such files is one path.
    pub changes: Vec<PathChange>,
    /// There are files that git neither knows nor ignores.
    pub has_untracked: bool,
    /// There are files that git ignores.
    pub has_ignored: bool,
}

impl Repo {
    /// Returns what is in a private workspace beside its commit, seen from git-puff's side, in one walk through its files.
    ///
    /// # Errors
    /// When its folder is not the one that was made, or git cannot tell.
    pub fn workspace_state(&self, workspace: &Worktree) -> Result<WorkspaceState> {
        let view = View::over(self.open_worktree(&workspace.path)?, workspace.admin.clone(), None);
        let status =
            ["status", "--porcelain=v1", "-z", "--no-renames", "--ignored=traditional", "--untracked-files=normal"];
        let listed = run(&view.git().args(status).arg("--ignore-submodules=dirty"))?;
        let mut state = WorkspaceState::default();
        for line in records(&listed.stdout).filter(|line| line.len() > 3) {
            let (code, path) = (&line[..2], &line[3..]);
            match code {
                b"!!" => state.has_ignored = true,
                b"??" => {
                    state.has_untracked = true;
                    state.changes.push(PathChange::new(ChangeKind::Added, shown(path)));
                }
                // The index is that of the commit, which git may not find as HEAD (it is in a file, and refs may be in tables): all that
                // differs is in the files.
                _ if code[1] == b' ' => {}
                _ => {
                    let kind = str::from_utf8(&code[1..]).ok().and_then(|letter| letter.parse().ok());
                    state.changes.push(PathChange::new(kind.unwrap_or(ChangeKind::Modified), shown(path)));
                }
            }
        }
        for path in self.submodules_of(&workspace.admin) {
            let path_shown = shown(&path);
            let is_known = state.changes.iter().any(|change| change.path == path_shown);
            if !is_known && view.is_changed_inside(self, &path) {
                state.changes.push(PathChange::new(ChangeKind::Modified, path_shown));
            }
        }
        state.changes.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(state)
    }

    /// Returns the paths at which the commit of a workspace has submodules, as they were noted.
    pub(super) fn submodules_of(&self, admin: &Path) -> Vec<Vec<u8>> {
        let noted = fs::read(admin.join(SUBMODULES)).unwrap_or_default();
        records(&noted).skip(1).map(<[u8]>::to_vec).collect()
    }

    /// Notes at which paths a commit has submodules, at the cost of what is different from the commit before.
    pub(super) fn note_submodules(&self, admin: &Path, commit: Oid) -> Result<()> {
        let noted = fs::read(admin.join(SUBMODULES)).unwrap_or_default();
        let before = records(&noted).next().and_then(|oid| str::from_utf8(oid).ok()?.parse().ok());
        let before = before.and_then(|commit: Oid| Some(self.commit(commit).ok()?.tree));
        let mut paths: BTreeSet<Vec<u8>> = match before {
            Some(_) => self.submodules_of(admin).into_iter().collect(),
            None => BTreeSet::new(),
        };
        let is_submodule = |side: Option<(EntryKind, Oid)>| side.is_some_and(|(kind, _)| kind == EntryKind::Submodule);
        let (changes, _) = self.tree_changes(before, Some(self.commit(commit)?.tree))?;
        for change in changes {
            if is_submodule(change.new) {
                paths.insert(change.path);
            } else {
                paths.remove(&change.path);
            }
        }
        let mut lines = commit.to_string().into_bytes();
        lines.push(0);
        paths.iter().for_each(|path| lines.extend(path.iter().copied().chain([0])));
        Ok(write_new(&admin.join(SUBMODULES), &lines)?)
    }
}
