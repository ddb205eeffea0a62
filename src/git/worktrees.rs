//! Linked worktrees: made and removed by `git worktree`, looked at and locked by the files that git keeps of them
//! (`gitrepository-layout`): one system call where a call of git would be one process.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::bytes::{records, shown};
use super::locate::OLDEST;
use super::repo::Repo;
use super::{GitFailure, base_git, run};
use crate::model::Oid;
use crate::process::Cmd;

/// How long a checkout may take.
const CHECKOUT_LIMIT: Duration = Duration::from_secs(1800);

/// How git ends when it is called with words that it does not know.
const USAGE: i32 = 129;

/// Variables that tie a call of git to another place than the one that it is to work in. Where the objects are is not
/// among them: a worktree of the repository has its objects there too.
pub const TIES: [&str; 7] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_IMPLICIT_WORK_TREE",
];

/// A linked worktree, as git keeps it in mind. It need not be there any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worktree {
    /// Its folder.
    pub path: PathBuf,
    /// The folder in the git directory that belongs to it.
    pub admin: PathBuf,
    /// Why it is locked, if it is.
    pub locked: Option<String>,
}

impl Worktree {
    /// Locks it against being pruned or removed, or says another reason of a lock that there is.
    ///
    /// # Errors
    /// When the git directory can't be written.
    pub fn lock(&self, reason: &str) -> io::Result<()> {
        fs::write(self.admin.join("locked"), format!("{reason}\n"))
    }

    /// Takes the lock away.
    ///
    /// # Errors
    /// When the git directory can't be written.
    pub fn unlock(&self) -> io::Result<()> {
        match fs::remove_file(self.admin.join("locked")) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
            _ => Ok(()),
        }
    }

    /// The file by which its folder names the repository is there and right.
    pub fn is_linked(&self) -> bool {
        let file = fs::read_to_string(self.path.join(".git")).unwrap_or_default();
        let named = file.strip_prefix("gitdir: ").map(|path| self.path.join(path.trim_end()));
        named.is_some_and(|named| named.canonicalize().ok() == self.admin.canonicalize().ok())
    }

    /// Writes that file again.
    ///
    /// # Errors
    /// When the folder can't be written.
    pub fn link(&self) -> io::Result<()> {
        let file = self.path.join(".git");
        if file.is_dir() {
            // Somebody made a repository of their own in there; that is not ours to take away.
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "it is a repository of its own"));
        }
        fs::write(file, format!("gitdir: {}\n", self.admin.display()))
    }
}

impl Repo {
    /// Every linked worktree, in no order.
    pub fn worktrees(&self) -> Vec<Worktree> {
        let folders = fs::read_dir(self.location().common_dir.join("worktrees")).into_iter().flatten().flatten();
        folders.filter_map(|entry| read(entry.path())).collect()
    }

    /// The linked worktree in this folder.
    pub fn worktree_at(&self, path: &Path) -> Option<Worktree> {
        let there = self.worktrees();
        let same = |one: &Worktree| one.path == path || resolved(&one.path) == resolved(path);
        there.into_iter().find(same)
    }

    /// Makes a worktree with a detached HEAD at this commit, locked from its first moment on.
    ///
    /// # Errors
    /// With git's words, when it can't.
    pub fn add_worktree(&self, path: &Path, commit: Oid, reason: &str) -> Result<Worktree, GitFailure> {
        let cmd = self.untied().args(["worktree", "add", "--quiet", "--detach", "--lock", "--reason", reason, "--"]);
        run(&cmd.arg(path).arg(commit.to_string()).limit(CHECKOUT_LIMIT)).map_err(|failure| match failure {
            GitFailure::Refused { code: USAGE, .. } => {
                let complaint = format!("git {OLDEST} or newer is needed: this one knows no 'worktree add --reason'");
                GitFailure::Refused { code: USAGE, complaint }
            }
            other => other,
        })?;
        self.worktree_at(path).ok_or_else(|| GitFailure::Refused {
            code: -1,
            complaint: format!("the new worktree '{}' is not to be found", path.display()),
        })
    }

    /// Removes a worktree with all that is in it, locked or not, and what git keeps of it.
    ///
    /// # Errors
    /// When files of it can't be removed.
    pub fn remove_worktree(&self, path: &Path) -> io::Result<()> {
        // Not by `git worktree remove`: it refuses a worktree that lost its `.git`, and folders without write permission.
        let known = self.worktree_at(path);
        remove_stubborn(path)?;
        if let Some(worktree) = known {
            remove_stubborn(&worktree.admin)?;
            // Git keeps no empty folder either.
            let _ = fs::remove_dir(self.location().common_dir.join("worktrees"));
        }
        Ok(())
    }

    /// What is different in a linked worktree from the commit that it was made at: paths after git's letter for how, as
    /// `M path`; folders of which nothing is known as one, and `HEAD` where that is at another commit.
    ///
    /// # Errors
    /// With git's words, when it can't tell.
    pub fn worktree_changes(&self, worktree: &Worktree, commit: Oid) -> Result<Vec<String>, GitFailure> {
        let at = run(&git_of(worktree).args(["rev-parse", "HEAD"]))?;
        let moved = String::from_utf8_lossy(&at.stdout).trim() != commit.to_string();
        let mut changes: Vec<String> = moved.then(|| "M HEAD".to_owned()).into_iter().collect();
        let status = ["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=normal"];
        let listed = run(&git_of(worktree).args(status).limit(CHECKOUT_LIMIT))?;
        let letter = |how: &[u8]| match how {
            b"??" => 'A',
            how => char::from(how.iter().rev().find(|letter| **letter != b' ').copied().unwrap_or(b'M')),
        };
        let lines = records(&listed.stdout).filter(|line| line.len() > 3);
        changes.extend(lines.map(|line| format!("{} {}", letter(&line[..2]), shown(&line[3..]))));
        Ok(changes)
    }

    /// Brings a linked worktree back to the commit that it was made at. What git ignores stays: it is what builds leave.
    ///
    /// # Errors
    /// With git's words, when it can't.
    pub fn restore_worktree(&self, worktree: &Worktree, commit: Oid) -> Result<(), GitFailure> {
        let _ = fs::remove_file(worktree.admin.join("index.lock"));
        let calls: [&[&str]; 3] = [
            &["checkout", "--quiet", "--force", "--detach", &commit.to_string()],
            &["reset", "--quiet", "--hard"],
            &["clean", "--quiet", "-ffd"],
        ];
        for call in calls {
            run(&git_of(worktree).args(call).limit(CHECKOUT_LIMIT))?;
        }
        if worktree.path.join(".gitmodules").is_file() {
            for call in [["reset", "--quiet", "--hard"], ["clean", "--quiet", "-ffd"]] {
                let each = ["submodule", "--quiet", "foreach", "--recursive", "git"];
                run(&git_of(worktree).args(each).args(call).limit(CHECKOUT_LIMIT))?;
            }
            self.init_submodules(&worktree.path)?;
        }
        Ok(())
    }

    /// A call of git in the main worktree, whatever the caller's variables say of an index.
    fn untied(&self) -> Cmd {
        let ours = ["GIT_DIR", "GIT_WORK_TREE"];
        let ties = TIES.iter().filter(|name| !ours.contains(name));
        ties.fold(self.git(), |cmd, name| cmd.env_remove(name))
    }
}

/// A call of git in a linked worktree, whatever became of the file that names its repository; no hook runs.
fn git_of(worktree: &Worktree) -> Cmd {
    let git = git_in(&worktree.path).env("GIT_DIR", &worktree.admin).env("GIT_WORK_TREE", &worktree.path);
    git.args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"])
}

/// A call of git as somebody would make it in this folder.
pub(super) fn git_in(folder: &Path) -> Cmd {
    TIES.iter().fold(base_git(), |cmd, name| cmd.env_remove(name)).cwd(folder)
}

fn read(admin: PathBuf) -> Option<Worktree> {
    let gitdir = fs::read_to_string(admin.join("gitdir")).ok()?;
    // Newer gits may write it relative to the folder that it is in.
    let path = admin.join(gitdir.trim_end_matches('\n')).parent()?.to_owned();
    let locked = fs::read_to_string(admin.join("locked")).ok().map(|reason| reason.trim_end().to_owned());
    Some(Worktree { path, admin, locked })
}

fn resolved(path: &Path) -> Option<PathBuf> {
    let (folder, name) = (path.parent()?, path.file_name()?);
    Some(folder.canonicalize().ok()?.join(name))
}

/// Removes a folder with everything in it. Folders that nothing may be removed from (caches of some build tools) are
/// made writable first.
fn remove_stubborn(path: &Path) -> io::Result<()> {
    let remove = || match fs::remove_dir_all(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    match remove() {
        Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => {
            make_writable(path);
            remove()
        }
        other => other,
    }
}

#[cfg(unix)]
fn make_writable(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.for_each(|entry| make_writable(&entry.path()));
}

#[cfg(not(unix))]
fn make_writable(_: &Path) {}
