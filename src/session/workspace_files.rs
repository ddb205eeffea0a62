//! Which ignored files of the main worktree a workspace gets: those of `puff.workspace.copy`, of `.worktreeinclude`, of
//! `puff.workspace.link`, and the folders in which Node and Python keep what a project depends on.

use std::path::Path;

use crate::app::App;
use crate::error::{Error, Result};
use crate::git::{EntryKind, IgnorePatterns, LeftOut, WhyLeftOut, WorkspaceFiles, Worktree};
use crate::model::Oid;
use crate::settings;

/// The file at the top of a repository that names ignored files to bring into new worktrees, as other tools read it too.
const INCLUDE: &str = ".worktreeinclude";

/// The most of that file that is read, in bytes.
const MOST_INCLUDE: usize = 1 << 20;

/// What is copied without being named. An install makes these folders for one worktree, out of files that are in the
/// commit, and takes the network and minutes: without them, neither the checks of most Node and Python projects nor an
/// agent without a network get anywhere.
const USUAL: &[&str] = &["node_modules", ".venv", "venv"];

/// The number of bytes up to which one of them is copied where a copy takes space. A gigabyte is some seconds of writing
/// for each workspace; above that, a setting decides.
const MOST_COPIED: u64 = 1 << 30;

/// Returns the values of `puff.workspace.copy`.
pub fn copied(app: &App) -> Vec<String> {
    app.settings.all(settings::WORKSPACE_COPY).into_iter().map(|setting| setting.value).collect()
}

/// Returns the values of `puff.workspace.link`.
pub fn linked(app: &App) -> Vec<String> {
    app.settings.all(settings::WORKSPACE_LINK).into_iter().map(|setting| setting.value).collect()
}

/// Returns the usual folders that workspaces get without being told: none where the user names what to copy.
pub fn usual(app: &App) -> &'static [&'static str] {
    if app.settings.is_set(settings::WORKSPACE_COPY) { &[] } else { USUAL }
}

/// Returns what decides which files workspaces get, beside what is committed.
pub fn identity(app: &App) -> Vec<String> {
    let linked = linked(app).into_iter().map(|pattern| format!("link {pattern}"));
    let is_there = |name: &&&str| app.layout.top().is_some_and(|main| main.join(name).is_dir());
    let usual = usual(app).iter().filter(is_there).map(|name| format!("usual {name}"));
    copied(app).into_iter().chain(linked).chain(usual).collect()
}

/// Returns what tells whether the files that workspaces get are what they were.
///
/// # Errors
/// When they cannot be listed.
pub fn state(app: &App, base: Oid) -> Result<Vec<u8>> {
    let Some(main) = app.layout.top() else { return Ok(Vec::new()) };
    let state = app.repo.ignored_state(main, &wanted(app, base));
    state.map_err(|cause| Error::failed("cannot list the ignored files of the main worktree").because(cause))
}

/// Puts into a workspace what it gets of the main worktree, or puts it there `anew`. `base` is the commit whose `.worktreeinclude` counts: that of
/// a variant may be its agent's.
///
/// # Errors
/// When a file cannot be copied.
pub fn bring(app: &App, worktree: &Worktree, base: Oid, anew: bool) -> Result<Vec<LeftOut>> {
    let Some(main) = app.layout.top() else { return Ok(Vec::new()) };
    app.repo.bring_ignored(main, worktree, &wanted(app, base), anew).map_err(|cause| {
        let shown = worktree.path.display();
        Error::failed(format!("cannot bring ignored files into the workspace '{shown}'"))
            .hint("'git puff config' shows what puff.workspace.copy and puff.workspace.link name")
            .because(cause)
    })
}

/// Returns a hint for each pattern that brings nothing into workspaces on this base.
pub fn unmatched(app: &App, base: Oid) -> Vec<String> {
    let Some(main) = app.layout.top() else { return Vec::new() };
    // What is wrong with the listing is said where files are copied.
    let patterns = app.repo.unmatched_patterns(main, &wanted(app, base)).unwrap_or_default();
    let hint = |pattern| format!("'{pattern}' matches no ignored file of the main worktree, so workspaces get none");
    patterns.into_iter().map(hint).collect()
}

/// Says why a workspace is without one of the usual folders.
pub fn words(left_out: &LeftOut) -> String {
    let path = left_out.path.display();
    match &left_out.why {
        WhyLeftOut::TooLarge(most) => format!(
            "'{path}' is not copied into workspaces, since it takes more than {} GiB: 'git config puff.workspace.copy {path}' \
             copies it all the same, puff.workspace.link shares it",
            most >> 30
        ),
        WhyLeftOut::Failed(cause) => format!("'{path}' is not copied into workspaces: {cause}"),
    }
}

fn wanted(app: &App, base: Oid) -> WorkspaceFiles {
    let include = include(app, base).map(|text| IgnorePatterns::parse(&text));
    let own = IgnorePatterns::of_paths(&copied(app));
    WorkspaceFiles {
        copied: std::iter::once(own).chain(include).collect(),
        linked: IgnorePatterns::of_paths(&linked(app)),
        usual: usual(app),
        most: MOST_COPIED,
    }
}

/// Returns the `.worktreeinclude` of a commit, if it has one that can be read.
fn include(app: &App, commit: Oid) -> Option<String> {
    let tree = app.repo.commit(commit).ok()?.tree;
    let entry = app.repo.entry(tree, Path::new(INCLUDE).as_os_str().as_encoded_bytes()).ok()??;
    let is_file = matches!(entry.kind, EntryKind::File | EntryKind::Executable);
    let is_read = is_file && app.repo.blob_size(entry.oid).is_ok_and(|size| size <= MOST_INCLUDE);
    is_read.then(|| app.repo.blob(entry.oid).ok()).flatten().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
