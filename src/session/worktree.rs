//! Worktrees that agents work in, and checks run in: beside the repository, never inside it, since build tools walk up
//! the tree.

use std::io;
use std::path::{Component, Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::error::{Error, Result};
use crate::git::{Hooks, Worktree};
use crate::model::{Oid, RunId, SessionId};
use crate::settings;
use crate::store::SessionPlace;

/// What a worktree that is not whole yet is locked with.
pub const BEING_MADE: &str = "git-puff: it is being made";

/// Returns what a worktree is locked with while a session works in it.
pub fn works_here(session: &SessionId) -> String {
    format!("git-puff: the session {session} works here")
}

/// The file in a session's folder that says how its setup ended, when that was not well.
const SETUP_FAILED: &str = "setup-failed";

/// The file in a session's folder that lists the ignored files that were there after the setup.
pub const SETUP_LEFT: &str = "ignored-after-setup";

/// Runs the setup, then the agent in its place. The agent's standard input is not the setup's to read.
const SETUP: &str = concat!(
    r#"sh -c "$1" </dev/null || { code=$?; echo "$code" >"$2"; exit "$code"; }; "#,
    // What the setup left is no work of the agent. 'set -C' follows no link that was put there.
    r#"(set -C; git -c core.fsmonitor=false ls-files -z --others --ignored --exclude-standard >"$3") 2>/dev/null; "#,
    r#"shift 3; exec "$@""#,
);

/// The folder in which the worktrees of a repository are.
#[derive(Clone, Debug)]
pub struct WorkspaceRoot(PathBuf);

impl WorkspaceRoot {
    /// Finds it: `puff.worktreeDir`, or `<repository>.puff` beside the repository; where that cannot be written, or is
    /// inside of a repository, a folder in the user's cache. Nothing is made.
    ///
    /// # Errors
    /// When there is none that can be written.
    pub fn find(app: &App) -> Result<WorkspaceRoot> {
        let main = app.layout.top().unwrap_or(&app.repo.location().common_dir);
        let named = app.settings.text(settings::WORKTREE_DIR).map(|named| real(&expand(app, main, &named)));
        if let Some(folder) = named.as_ref().filter(|folder| is_in(app, folder)) {
            return Err(Error::usage(format!("puff.worktreeDir is '{}', inside the repository", folder.display()))
                .hint("choose a folder outside of it: build tools walk up the tree; git config puff.worktreeDir DIR"));
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
                .hint("name a folder that can: git config puff.worktreeDir DIR")
        })
    }

    /// Returns the folder itself.
    pub fn root(&self) -> &Path {
        &self.0
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

/// Makes a worktree, whole: the checkout, submodules that the main worktree has too, and the ignored files of
/// `puff.worktree.copy`. What an interrupted call left is made again; a worktree that is whole stays as it is. It is
/// locked when this returns.
///
/// # Errors
/// With git's words, when it cannot be made; or when something else is in the way.
pub fn make(app: &App, path: &Path, commit: Oid, hooks: Hooks) -> Result<Worktree> {
    if let Some(there) = app.repo.worktree_at(path) {
        if there.locked.as_deref() != Some(BEING_MADE) && app.repo.open_worktree(path).is_ok() {
            return Ok(there);
        }
        app.repo.remove_worktree(path).map_err(|cause| cannot(path, "is in the way").because(cause))?;
    }
    make_new(app, path, commit, BEING_MADE, hooks)
}

fn cannot(path: &Path, what: &str) -> Error {
    Error::failed(format!("the worktree '{}' {what}", path.display()))
        .hint("'git worktree list' lists the worktrees; another folder: git config puff.worktreeDir DIR")
}

/// Makes a worktree where none is, as [`make`] does; it is locked with this reason from its first moment on.
///
/// # Errors
/// As [`make`].
pub fn make_new(app: &App, path: &Path, commit: Oid, reason: &str, hooks: Hooks) -> Result<Worktree> {
    let cannot = |what: &str| cannot(path, what);
    if path.is_symlink() || path.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(cannot("cannot be made: something else is there"));
    }
    let folder = path.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(folder).map_err(|cause| cannot("cannot be made").because(cause))?;
    let added = app.repo.add_worktree(path, commit, reason, hooks);
    let worktree = added.map_err(|cause| cannot("cannot be made").because(cause))?;
    app.repo.init_submodules(&worktree).map_err(|cause| cannot("gets no submodules").because(cause))?;
    if let Some(main) = app.layout.top() {
        let patterns = copied(app);
        let done = app.repo.copy_ignored(main, &worktree, &patterns);
        done.map_err(|cause| cannot("gets no copies of ignored files").because(cause))?;
    }
    Ok(worktree)
}

/// Removes a worktree with all that is in it, and the folders that are empty without it.
///
/// # Errors
/// When a file in it cannot be removed.
pub fn remove(app: &App, path: &Path) -> io::Result<()> {
    app.repo.remove_worktree(path)?;
    remove_empty(path);
    Ok(())
}

/// Removes the folders that the worktree in this one was in, as far as they are empty.
pub fn remove_empty(path: &Path) {
    let folders = path.ancestors().skip(1).take(2);
    folders.take_while(|folder| std::fs::remove_dir(folder).is_ok()).for_each(drop);
}

/// Returns the values of `puff.worktree.copy`.
pub fn copied(app: &App) -> Vec<String> {
    app.settings.all(settings::WORKTREE_COPY).into_iter().map(|setting| setting.value).collect()
}

/// Returns the values of `puff.harvest.ignored`.
pub fn kept(app: &App) -> Vec<String> {
    app.settings.all(settings::HARVEST_IGNORED).into_iter().map(|setting| setting.value).collect()
}

/// Returns why a pattern can never match a file. Git says nothing of a bracket that is never closed: it matches
/// nothing.
pub fn pattern_problem(pattern: &str) -> Option<String> {
    let mut rest = pattern.chars().peekable();
    // What begins with a colon says itself how it is to be read, which may be literally.
    while let Some(letter) = rest.next().filter(|_| !pattern.starts_with(':')) {
        match letter {
            '\\' => drop(rest.next()),
            '[' => {
                rest.next_if(|next| matches!(next, '!' | '^'));
                // A closing bracket that comes first is one of the characters.
                rest.next_if_eq(&']');
                let is_closed = loop {
                    match rest.next() {
                        None => break false,
                        Some('\\') => drop(rest.next()),
                        Some(']') => break true,
                        Some(_) => {}
                    }
                };
                if !is_closed {
                    return Some(
                        "its '[' is never closed, so it matches no file; the character itself is '\\['".to_owned(),
                    );
                }
            }
            _ => {}
        }
    }
    None
}

/// Finds out whether the patterns of `puff.worktree.copy` and `puff.harvest.ignored` can be used.
///
/// # Errors
/// When git does not take one for a path of the repository, or one can never match a file.
pub fn check(app: &App) -> Result<()> {
    let main = app.layout.top();
    for (key, patterns) in [(settings::WORKTREE_COPY, copied(app)), (settings::HARVEST_IGNORED, kept(app))] {
        for setting in app.settings.all(key) {
            if let Some(why) = pattern_problem(&setting.value) {
                return Err(settings::unusable(key.name, &setting.value, &setting.origin, &why));
            }
        }
        let not_understood = |what: &str| {
            Error::usage(format!("cannot parse {}: {what}", key.name))
                .hint("each value is a path or pattern of the main worktree, such as .env or config/*.local")
        };
        let inside = |pattern: &&String| {
            Path::new(pattern).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
        };
        if let Some(outside) = patterns.iter().find(|pattern| !inside(pattern)) {
            return Err(not_understood(outside));
        }
        if let Some(main) = main.filter(|_| !patterns.is_empty()) {
            let listed = app.repo.ignored(main, &patterns);
            listed.map_err(|cause| not_understood(&patterns.join(", ")).because(cause))?;
        }
    }
    Ok(())
}

/// Puts `puff.worktree.setup` before an agent: in its session, so that it is watched, limited, logged and ended with
/// it.
pub fn with_setup(app: &App, place: &SessionPlace, argv: Vec<String>) -> Vec<String> {
    let Some(setup) = app.settings.text(settings::WORKTREE_SETUP) else { return argv };
    let file = |name| place.folder().join(name).display().to_string();
    let words = ["sh", "-c", SETUP, "puff.worktree.setup"].map(str::to_owned);
    words.into_iter().chain([setup, file(SETUP_FAILED), file(SETUP_LEFT)]).chain(argv).collect()
}

/// Returns how the setup of a session ended, when that was not well.
pub fn setup_failure(place: &SessionPlace) -> Option<String> {
    let code = crate::files::read_to_string(place.folder().join(SETUP_FAILED)).ok()?;
    Some(format!("puff.worktree.setup ended with exit code {}", code.trim()))
}

fn expand(app: &App, main: &Path, named: &str) -> PathBuf {
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
