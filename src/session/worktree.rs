//! Worktrees that agents work in, and checks run in: beside the repository, never inside it, since build tools walk up
//! the tree.

use std::io;
use std::path::{Component, Path};

use super::pool;
use super::workspace_files;
pub use super::workspace_root::WorkspaceRoot;
use crate::app::App;
use crate::error::{Error, Result, ResultExt};
use crate::git::snapshot::StartingPoint;
use crate::git::{Hooks, Worktree, WorktreeKind};
use crate::model::{Oid, SessionId};
use crate::settings::{self, Setting};
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

/// The file beside a worktree with what is to be said before its agent starts.
const NOTICES: &str = "puff-notices";

/// The file beside a worktree with what a hook of the user's made in it, and the one in a session's folder with what is
/// there after the setup: what is in none of them is the agent's work.
const START: &str = "puff-start";

/// Runs the setup, then the agent in its place. The agent's standard input is not the setup's to read.
const SETUP: &str = concat!(
    r#"sh -c "$1" </dev/null || { code=$?; echo "$0 $code" >"$2"; exit "$code"; }; "#,
    // What the setup left is no work of the agent. 'set -C' follows no link that was put there.
    r#"(set -C; git -c core.fsmonitor=false ls-files -z --others --ignored --exclude-standard >"$3") 2>/dev/null; "#,
    r#"env GIT_DIR="$4" ${5:+"GIT_WORK_TREE=$5"} "$6" note-setup "$7" "$8" "$9" </dev/null >/dev/null 2>&1; "#,
    r#"shift 9; exec "$@""#,
);

/// Makes a worktree, whole: the checkout, submodules that the main worktree has too, and the ignored files that
/// [`workspace_files`] names. What an interrupted call left is made again; a worktree that is whole stays as it is. It is
/// locked when this returns.
///
/// # Errors
/// With git's words, when it cannot be made; or when something else is in the way.
pub fn make(app: &App, path: &Path, commit: Oid, hooks: Hooks, kind: WorktreeKind) -> Result<Worktree> {
    if let Some(there) = app.repo.worktree_at(path) {
        if there.locked.as_deref() != Some(BEING_MADE) && app.repo.open_worktree(path).is_ok() {
            return Ok(there);
        }
        app.repo.remove_worktree(path).map_err(|cause| cannot(path, "is in the way").because(cause))?;
    }
    // Not by `git worktree add`, which fails when the hook does.
    let worktree = make_new(app, path, commit, BEING_MADE, Hooks::Off, kind)?;
    let hook = if hooks == Hooks::Run { app.repo.run_post_checkout(&worktree, commit) } else { Ok(false) };
    let left_out = workspace_files::bring(app, &worktree, commit, false)?;
    let failed = hook.as_ref().err().map(|error| {
        let causes = error.causes().into_iter().map(|cause| format!(": {cause}")).collect::<String>();
        format!("{error}{causes}; the agent starts all the same")
    });
    let notices = failed.into_iter().chain(left_out.iter().map(workspace_files::words));
    let notices: String = notices.map(|notice| format!("[git-puff] {}\n", clean(&notice))).collect();
    // The log is where something that is missing in a workspace is looked for; without it, the agent works all the same.
    let _ = replace_or_remove(&worktree.admin.join(NOTICES), notices.as_bytes());
    let start = if hook.is_ok_and(|ran| !ran) { None } else { app.repo.starting_point(path, commit).ok() };
    let _ = replace_or_remove(&worktree.admin.join(START), &start.map(|start| start.to_bytes()).unwrap_or_default());
    Ok(worktree)
}

fn clean(notice: &str) -> String {
    notice.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// Writes a file beside a worktree, or removes what an earlier one has left where there is nothing to write.
fn replace_or_remove(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match bytes.is_empty() {
        false => crate::layout::replace(path, bytes),
        true if path.symlink_metadata().is_ok() => std::fs::remove_file(path),
        true => Ok(()),
    }
}

fn cannot(path: &Path, what: &str) -> Error {
    Error::failed(format!("the worktree '{}' {what}", path.display()))
        .hint("'git worktree list' lists the worktrees; another folder: git config puff.workspace.dir DIR")
}

/// Makes a worktree where none is, as [`make`] does, without ignored files; it is locked with this reason from its first
/// moment on.
///
/// # Errors
/// As [`make`].
pub fn make_new(
    app: &App,
    path: &Path,
    commit: Oid,
    reason: &str,
    hooks: Hooks,
    kind: WorktreeKind,
) -> Result<Worktree> {
    let cannot = |what: &str| cannot(path, what);
    if path.is_symlink() || path.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(cannot("cannot be made: something else is there"));
    }
    let folder = path.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(folder).map_err(|cause| cannot("cannot be made").because(cause))?;
    let added = match kind {
        WorktreeKind::Private => pool::claim(app, Some(path), commit, reason, None)?,
        WorktreeKind::Linked => None,
    };
    if let Some(claimed) = added {
        add_submodules(app, &claimed.workspace)?;
        return Ok(claimed.workspace);
    }
    let added = app.repo.add_worktree(path, commit, reason, hooks);
    let worktree = added.map_err(|cause| cannot("cannot be made").because(cause))?;
    add_submodules(app, &worktree)?;
    Ok(worktree)
}

/// Puts into a worktree what belongs there beside the commit: its submodules.
///
/// # Errors
/// When a submodule cannot be had.
pub fn add_submodules(app: &App, worktree: &Worktree) -> Result<()> {
    let cannot = |what: &str| cannot(&worktree.path, what);
    app.repo.init_submodules(worktree).map_err(|cause| cannot("gets no submodules").because(cause))?;
    Ok(())
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

/// Finds out whether the patterns of `puff.workspace.copy`, `puff.workspace.link` and `puff.harvest.ignored` can be used.
///
/// # Errors
/// When git does not take one for a path of the repository, or one can never match a file.
pub fn check(app: &App) -> Result<()> {
    for key in [settings::WORKSPACE_COPY, settings::WORKSPACE_LINK, settings::HARVEST_IGNORED] {
        for setting in app.settings.all(key) {
            if let Some(why) = pattern_problem(&setting.value) {
                return Err(settings::unusable(setting.name(key), &setting.value, &setting.origin, &why));
            }
            let is_inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
            if !Path::new(&setting.value).components().all(is_inside) {
                return Err(not_understood(setting.name(key), &setting.value));
            }
        }
    }
    let kept = kept(app);
    if let Some(main) = app.layout.top().filter(|_| !kept.is_empty()) {
        let listed = app.repo.ignored(main, &kept);
        listed.map_err(|cause| not_understood(settings::HARVEST_IGNORED.name, &kept.join(", ")).because(cause))?;
    }
    Ok(())
}

fn not_understood(key: &str, what: &str) -> Error {
    Error::usage(format!("cannot parse {key}: {what}"))
        .hint("each value is a path or pattern of the main worktree, such as .env or config/*.local")
}

/// Puts before an agent what is to be said of its workspace, and `puff.workspace.setup`: in its session, so that it is
/// watched, limited, logged and ended with it.
pub fn with_setup(
    app: &App,
    place: &SessionPlace,
    (worktree, commit): (&Worktree, Oid),
    argv: Vec<String>,
) -> Vec<String> {
    let argv = set_up(app, place, (worktree, commit), argv);
    let notices = worktree.admin.join(NOTICES);
    if !notices.exists() {
        return argv;
    }
    let words = ["sh", "-c", r#"cat "$1"; shift; exec "$@""#, "git-puff"].map(str::to_owned);
    words.into_iter().chain([notices.display().to_string()]).chain(argv).collect()
}

fn set_up(app: &App, place: &SessionPlace, (worktree, commit): (&Worktree, Oid), argv: Vec<String>) -> Vec<String> {
    let Some(setup) = setup(app) else { return argv };
    let file = |name| place.folder().join(name).display().to_string();
    let location = app.repo.location();
    let shown = |path: Option<&Path>| path.map(|path| path.display().to_string()).unwrap_or_default();
    let words = ["sh", "-c", SETUP, setup.name(settings::WORKSPACE_SETUP)].map(str::to_owned);
    let note = [
        shown(Some(&location.git_dir)),
        shown(location.worktree.as_deref()),
        shown(app.environment.program.as_deref()),
        shown(Some(&worktree.path)),
        commit.to_string(),
        file(START),
    ];
    words.into_iter().chain([setup.value, file(SETUP_FAILED), file(SETUP_LEFT)]).chain(note).chain(argv).collect()
}

/// Notes in a file what a worktree has over its commit after the setup.
///
/// # Errors
/// When the worktree cannot be read, or the file not written.
pub fn note_setup(app: &App, worktree: &Path, commit: Oid, file: &Path) -> Result<()> {
    let start = app.repo.starting_point(worktree, commit).map_err(|cause| {
        Error::failed(format!("cannot read the worktree '{}' after its setup", worktree.display())).because(cause)
    })?;
    crate::layout::replace(file, &start.to_bytes()).or_fail(|| format!("cannot write '{}'", file.display()))
}

/// Returns what there was in a worktree over its commit before the agent of a session began, or of the first session in
/// it.
pub fn starting_point(worktree: Option<&Worktree>, first: &SessionPlace) -> StartingPoint {
    let after_setup = crate::files::read(first.folder().join(START)).ok();
    let after_hook = || crate::files::read(worktree?.admin.join(START)).ok();
    after_setup.or_else(after_hook).map(|bytes| StartingPoint::from_bytes(&bytes)).unwrap_or_default()
}

/// Returns the value of `puff.workspace.setup`, unless it is empty.
pub fn setup(app: &App) -> Option<Setting> {
    app.settings.get(settings::WORKSPACE_SETUP).filter(|setting| !setting.value.is_empty())
}

/// Returns how the setup of a session ended, when that was not well.
pub fn setup_failure(place: &SessionPlace) -> Option<String> {
    let left = crate::files::read_to_string(place.folder().join(SETUP_FAILED)).ok()?;
    // A session of an earlier git-puff has left the code alone.
    let (name, code) = left.trim().split_once(' ').unwrap_or(("puff.worktree.setup", left.trim()));
    Some(format!("{name} ended with exit code {code}"))
}
