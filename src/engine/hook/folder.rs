//! The folder of hooks, and whose it is.

use std::fs;
use std::path::{Path, PathBuf};

use super::NAME;
use crate::app::App;
use crate::error::{Error, Result};

/// The folder that git runs hooks from.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Where it is; it need not be there.
    pub path: PathBuf,
    /// The top of this worktree, where there is one.
    pub top: Option<PathBuf>,
    /// Folders that belong to this repository.
    homes: Vec<PathBuf>,
}

impl Folder {
    /// Finds the hooks directory of this worktree.
    ///
    /// # Errors
    /// When git does not say.
    pub fn find(app: &App) -> Result<Folder> {
        let location = app.repo.location();
        let tops = location.worktree.iter().map(PathBuf::as_path).chain(app.layout.top());
        let homes = tops.chain([location.common_dir.as_path()]).map(real).collect();
        Ok(Folder { path: app.repo.hooks_folder()?, top: location.worktree.clone(), homes })
    }

    /// Returns the file that git runs before a push.
    pub fn hook(&self) -> PathBuf {
        self.path.join(NAME)
    }

    /// Returns whether it belongs to this repository alone.
    fn is_ours(&self) -> bool {
        let path = real(&self.path);
        self.homes.iter().any(|home| path.starts_with(home))
    }

    /// Finds out whether a hook may be put there.
    ///
    /// # Errors
    /// When it is no folder, or one outside of the repository and `shared` does not say that it may be.
    pub fn prove_ours(&self, shared: bool) -> Result<()> {
        let shown = self.path.display();
        if self.path.symlink_metadata().is_ok() && !self.path.is_dir() {
            return Err(Error::failed(format!("git's hooks directory '{shown}' is not a directory"))
                .hint("hooks are disabled here; 'git config --show-origin core.hooksPath' shows by what"));
        }
        if shared || self.is_ours() {
            return Ok(());
        }
        Err(Error::failed(format!("git's hooks directory '{shown}' is outside this repository: others may use it too"))
            .hint(
                "to check the pushes of all of them: --shared; for this repository alone, give it hooks of its own: \
                 git config core.hooksPath \"$(git rev-parse --git-common-dir)/hooks\"",
            ))
    }

    /// Makes the folder where it is missing; returns whether it had to.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(&self) -> Result<bool> {
        if self.path.is_dir() {
            return Ok(false);
        }
        let made = fs::create_dir_all(&self.path);
        made.map(|()| true).map_err(|cause| {
            Error::failed(format!("cannot make the folder of hooks '{}'", self.path.display()))
                .hint("check who may write there")
                .because(cause)
        })
    }

    /// Removes the folder if nothing is in it.
    pub fn remove_if_empty(&self) {
        let _ = fs::remove_dir(&self.path);
    }
}

/// Returns a path without links; what is not there yet is as it is named.
fn real(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => real(parent).join(name),
        _ => path.to_owned(),
    }
}
