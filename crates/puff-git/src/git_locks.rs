//! Lock files of git's own that a git which was killed has left: of an index, of HEAD and its like, of refs that are not
//! ours, of the configuration. Git itself never removes them, and refuses to work until they are gone.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::refs::{locks_below, stamp};
use super::repo::Repo;
use puff_system::process::git_runs_in;

/// How old a lock must be before it is taken for an orphan. Git holds most of them for milliseconds; the index for as long
/// as an editor is open on the message of a commit, but then that git runs here.
const OLD: Duration = Duration::from_secs(10);

impl Repo {
    /// Returns the old lock files of git, when no git runs in this repository that is as old as they are. Those of tables
    /// are not among them.
    pub fn abandoned_git_locks(&self) -> Vec<PathBuf> {
        let location = self.location();
        let mut folders = vec![location.common_dir.clone(), location.git_dir.clone()];
        let worktrees = location.common_dir.join("worktrees");
        folders.extend(std::fs::read_dir(worktrees).into_iter().flatten().flatten().map(|entry| entry.path()));
        let mut found: Vec<PathBuf> = folders.iter().flat_map(|folder| locks_in(folder)).collect();
        found.extend(locks_below(&location.common_dir.join("refs")));
        found.retain(|path| stamp(path).and_then(|at| at.elapsed().ok()).is_some_and(|age| age > OLD));
        found.sort();
        found.dedup();
        // A git that was started after the newest of them holds none: one that is busy all the time hides no orphan.
        let Some(newest) = found.iter().filter_map(|path| stamp(path)).max() else { return Vec::new() };
        let mut folders_to_search = folders;
        folders_to_search.extend(location.worktree.clone());
        folders_to_search.extend(self.worktrees().into_iter().map(|worktree| worktree.path));
        let main = location.common_dir.parent().filter(|_| location.common_dir.ends_with(".git"));
        folders_to_search.extend(main.map(Path::to_owned));
        if git_runs_in(&folders_to_search, newest) { Vec::new() } else { found }
    }
}

/// The lock files in a folder itself.
fn locks_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "lock") && path.is_file()).collect()
}
