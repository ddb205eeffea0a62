//! The folder in which workspaces are: beside the repository, never inside it, since build tools walk up the tree.

use std::io;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::error::{Error, Result};
use crate::model::{RunId, SessionId};
use crate::settings;

/// The folder in which the worktrees of a repository are.
#[derive(Clone, Debug)]
pub struct WorkspaceRoot(PathBuf);

impl WorkspaceRoot {
    /// Finds it: `puff.workspace.dir`, or `<repository>.puff` beside the repository; where that cannot be written, or is
    /// inside of a repository, a folder in the user's cache. Nothing is made.
    ///
    /// # Errors
    /// When there is none that can be written.
    pub fn find(app: &App) -> Result<WorkspaceRoot> {
        let main = app.layout.top().unwrap_or(&app.repo.location().common_dir);
        let setting = app.settings.get(settings::WORKSPACE_DIR).filter(|setting| !setting.value.is_empty());
        let key =
            setting.as_ref().map_or(settings::WORKSPACE_DIR.name, |setting| setting.name(settings::WORKSPACE_DIR));
        let named = setting.map(|setting| real(&expand(app, main, &setting.value)));
        if let Some(folder) = named.as_ref().filter(|folder| is_in(app, folder)) {
            return Err(Error::usage(format!("{key} is '{}', inside the repository", folder.display()))
                .hint(format!("choose a folder outside of it: build tools walk up the tree; git config {key} DIR")));
        }
        let beside = || main.parent().map(|parent| parent.join(format!("{}.puff", name(main))));
        let first = named.or_else(|| beside().filter(|folder| !is_in_some_repository(folder)));
        let cached = app.environment.cache.as_ref().map(|cache| {
            let digest = Sha256::digest(app.repo.location().common_dir.as_os_str().as_encoded_bytes());
            let mark = HEXLOWER.encode(&digest[..4]);
            cache.join("git-puff").join(format!("{}-{mark}.puff", name(main)))
        });
        let usable = |folder: &PathBuf| folder.to_str().is_some() && can_be_made(folder);
        let tried: Vec<PathBuf> = [first, cached].into_iter().flatten().collect();
        tried.iter().find(|folder| usable(folder)).cloned().map(WorkspaceRoot).ok_or_else(|| {
            let shown: Vec<_> = tried.iter().map(|folder| format!("'{}'", folder.display())).collect();
            Error::cannot_work(format!("cannot make a worktree: {} is not writable", shown.join(" and ")))
                .hint("name a folder that can: git config puff.workspace.dir DIR")
        })
    }

    /// Returns the folder itself.
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// Returns the folder in which private workspaces are between their uses, and for reviews.
    pub fn pool(&self) -> PathBuf {
        self.0.join("pool")
    }

    /// Returns where the worktrees of a run are, a folder `var<N>` each.
    pub fn of_run(&self, run: &RunId) -> PathBuf {
        self.0.join(run.as_str())
    }

    /// Returns the name of the run that a worktree in this folder would be of.
    pub fn run_of<'p>(&self, path: &'p Path) -> Option<&'p str> {
        let inside = path.strip_prefix(&self.0).ok()?;
        let [run, last] = inside.iter().collect::<Vec<_>>()[..] else { return None };
        let (run, last) = (run.to_str()?, last.to_str()?);
        ["var", "review-", "base"].iter().any(|begin| last.starts_with(begin)).then_some(run)
    }

    /// Returns where the worktree of a session that works for no run is.
    pub fn of_session(&self, session: &SessionId) -> PathBuf {
        self.of_sessions().join(session.as_str())
    }

    /// Returns the folder in which those are.
    pub fn of_sessions(&self) -> PathBuf {
        self.0.join("sessions")
    }
}

/// Returns a path of the settings: `~` is the user's home, and a relative one starts at the main worktree.
pub(super) fn expand(app: &App, main: &Path, named: &str) -> PathBuf {
    match (named.strip_prefix("~/"), &app.environment.home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => main.join(named),
    }
}

fn name(main: &Path) -> String {
    let name = main.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name.strip_suffix(".git").filter(|name| !name.is_empty()).map_or(name.clone(), str::to_owned)
}

fn is_in(app: &App, folder: &Path) -> bool {
    let there = real(folder);
    let ours = [app.layout.top(), Some(app.repo.location().common_dir.as_path())];
    ours.into_iter().flatten().any(|ours| there.starts_with(real(ours)))
}

fn is_in_some_repository(folder: &Path) -> bool {
    // Sandboxes of agents put empty folders of that name anywhere, for a while.
    let is_one = |git: &Path| git.is_file() || git.join("HEAD").exists();
    real(folder).ancestors().skip(1).any(|above| is_one(&above.join(".git")))
}

/// Returns the path without links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    let Some((above, real)) = there else { return path.to_owned() };
    match path.strip_prefix(above) {
        Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
        _ => real,
    }
}

fn can_be_made(folder: &Path) -> bool {
    // The first of the missing folders would be made in the nearest one that is there.
    let tried = folder.ancestors().map(tempfile::tempfile_in);
    let missing = |tried: &io::Result<_>| tried.as_ref().is_err_and(|cause| cause.kind() == io::ErrorKind::NotFound);
    tried.into_iter().find(|tried| !missing(tried)).is_some_and(|tried| tried.is_ok())
}
