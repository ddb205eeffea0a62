//! What happened to the user's own worktrees while an agent was active: an agent that changed nothing in its worktree
//! may have worked in the user's instead (`opencode run` did, which trusts `$PWD`).
//!
//! What a worktree holds is remembered as its HEAD and the contents of the paths that differ from it: that costs a
//! `git status`, and reading what is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::git::{as_path, dirty};
use crate::layout::RUNBOOK;
use crate::model::{Oid, Risk, RiskKind};
use crate::store::sha256;

/// How many bytes of a file are compared; of a larger one, the size and the time of its last change.
const MOST: u64 = 4 << 20;

/// How many paths are named.
const NAMED: usize = 20;

/// The user's worktrees at one moment: that of the call, and the main one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserFiles {
    worktrees: Vec<UserWorktree>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct UserWorktree {
    path: PathBuf,
    git_dir: PathBuf,
    head: Option<Oid>,
    /// The paths that differ from HEAD, with what they hold. Names need not be UTF-8.
    files: Vec<(Vec<u8>, String)>,
}

/// A path of one of the user's worktrees that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// The worktree.
    pub worktree: PathBuf,
    /// The path in it.
    pub path: String,
}

impl UserFiles {
    /// Remembers them as they are now. A worktree that git cannot read is left out.
    pub fn capture(app: &App) -> UserFiles {
        let location = app.repo.location();
        let here = location.worktree.clone().map(|path| (path, location.git_dir.clone()));
        let main = app.layout.top().map(|top| (top.to_owned(), location.common_dir.clone()));
        let mut worktrees: Vec<UserWorktree> = Vec::new();
        for (path, git_dir) in main.into_iter().chain(here) {
            if !worktrees.iter().any(|known| known.git_dir == git_dir || known.path == path) {
                worktrees.extend(UserWorktree::capture(&path, &git_dir));
            }
        }
        UserFiles { worktrees }
    }

    /// Returns the paths that do not hold what they held.
    pub fn changed(&self, app: &App) -> Vec<ChangedFile> {
        let mut changed = Vec::new();
        for before in &self.worktrees {
            let Some(now) = UserWorktree::capture(&before.path, &before.git_dir) else { continue };
            let named = |path: Vec<u8>| ChangedFile {
                worktree: before.path.clone(),
                path: String::from_utf8_lossy(&path).into_owned(),
            };
            changed.extend(before.differs_from(&now, app).into_iter().map(named));
        }
        changed
    }
}

impl UserWorktree {
    fn capture(path: &Path, git_dir: &Path) -> Option<UserWorktree> {
        let found = dirty(git_dir, path).ok()?;
        // git-puff itself writes this one.
        let paths = found.paths.into_iter().filter(|name| name.as_slice() != RUNBOOK.as_bytes());
        let read = |name: Vec<u8>| {
            let held = content(&path.join(as_path(&name)));
            (name, held)
        };
        let files = paths.map(read).collect();
        Some(UserWorktree { path: path.to_owned(), git_dir: git_dir.to_owned(), head: found.head, files })
    }

    fn differs_from(&self, now: &UserWorktree, app: &App) -> BTreeSet<Vec<u8>> {
        let before: BTreeMap<&[u8], &str> =
            self.files.iter().map(|(path, held)| (path.as_slice(), held.as_str())).collect();
        let after: BTreeMap<&[u8], &str> =
            now.files.iter().map(|(path, held)| (path.as_slice(), held.as_str())).collect();
        // What was committed or stashed meanwhile is read from the folder all the same.
        let holds = |path: &[u8]| {
            after.get(path).map_or_else(|| content(&self.path.join(as_path(path))), |held| (*held).to_owned())
        };
        let mut changed: BTreeSet<Vec<u8>> =
            before.iter().filter(|(path, held)| holds(path) != **held).map(|(path, _)| path.to_vec()).collect();
        changed.extend(after.keys().filter(|path| !before.contains_key(*path)).map(|path| path.to_vec()));
        if let (Some(from), Some(to)) = (self.head, now.head)
            && from != to
        {
            let tree = |commit: Oid| app.repo.commit(commit).ok().map(|commit| commit.tree);
            let moved = app.repo.tree_changes(tree(from), tree(to)).map(|(moved, _)| moved).unwrap_or_default();
            let moved = moved.into_iter().map(|change| change.path);
            changed.extend(moved.filter(|path| !before.contains_key(path.as_slice())));
        }
        changed
    }
}

/// Returns what a path holds, to be compared with what it holds later.
fn content(path: &Path) -> String {
    let Ok(meta) = path.symlink_metadata() else { return "nothing".to_owned() };
    if meta.is_symlink() {
        return format!("link {}", fs::read_link(path).unwrap_or_default().display());
    }
    if !meta.is_file() {
        return "folder".to_owned();
    }
    let mut bytes = Vec::new();
    let read = meta.len() <= MOST
        && crate::files::open(path).is_ok_and(|file| file.take(MOST).read_to_end(&mut bytes).is_ok());
    if read { sha256(&bytes) } else { format!("{} bytes, {:?}", meta.len(), meta.modified().ok()) }
}

/// Returns what is to be said of a variant without changes of its own, as risks.
pub fn risks(changed: &[ChangedFile]) -> Vec<Risk> {
    let risk = |path: String, detail: String| Risk { kind: RiskKind::UserWorktree, path, detail };
    let mut risks: Vec<Risk> = changed
        .iter()
        .take(NAMED)
        .map(|file| {
            let folder = file.worktree.display();
            let detail = format!("changed in '{folder}' while the agent was active, whose own worktree has no change: it may have worked there");
            risk(file.path.clone(), detail)
        })
        .collect();
    if let (Some(first), true) = (changed.get(NAMED), changed.len() > NAMED) {
        let more = changed.len() - NAMED;
        risks.push(risk(first.path.clone(), format!("and {more} paths from here on changed likewise")));
    }
    risks
}
