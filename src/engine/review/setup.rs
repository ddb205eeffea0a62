//! Whether a workspace that is used again has had its setup: noted beside it, by what the setup depends on.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::git::{IgnorePatterns, Worktree};
use crate::model::Oid;
use crate::session::confinement::Rules;
use crate::session::{workspace_files, worktree};
use crate::settings;
use crate::store::sha256;

/// The file beside a worktree that says what it was set up for.
const NOTE: &str = "setup.json";

/// The files that say which versions a project's dependencies have, by the usual package managers.
const LOCK_FILES: &[&str] = &[
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "bun.lock*",
    "Cargo.lock",
    "go.sum",
    "poetry.lock",
    "uv.lock",
    "Pipfile.lock",
    "requirements*.txt",
    "composer.lock",
    "Gemfile.lock",
    "mix.lock",
    "pubspec.lock",
];

/// What the setup of a workspace depends on, as digests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SetupState {
    /// Which ignored files of the main worktree it has, in which state.
    pub files: String,
    /// These, the command, and the files that it reads.
    pub command: String,
}

impl SetupState {
    /// Returns what the setup of a workspace with this tree depends on; none where that cannot be told.
    pub fn wanted(app: &App, base: Oid, tree: Oid) -> Option<SetupState> {
        let files = sha256(&workspace_files::state(app, base).ok()?);
        let setup = worktree::setup(app).map(|setup| setup.value);
        let inputs = match &setup {
            Some(_) => inputs(app, tree)?,
            None => Vec::new(),
        };
        let command = sha256(&serde_json::to_vec(&("setup", setup, inputs, &files)).ok()?);
        Some(SetupState { files, command })
    }

    /// Returns the same for a setup that is confined by these rules: one that was not is another one.
    pub fn confined(&self, rules: Option<&Rules>) -> SetupState {
        let command = rules.and_then(|rules| serde_json::to_vec(&(&self.command, rules)).ok());
        let command = command.map_or_else(|| self.command.clone(), |key| sha256(&key));
        SetupState { command, files: self.files.clone() }
    }

    /// Returns what a workspace was set up for, if it was.
    pub fn noted(worktree: &Worktree) -> Option<SetupState> {
        serde_json::from_slice(&crate::files::read(note_of(worktree)).ok()?).ok()
    }

    /// Notes that a workspace is set up for this.
    pub fn note(&self, worktree: &Worktree) {
        // Without it, the next use has its setup anew.
        let _ = crate::layout::replace(&note_of(worktree), &serde_json::to_vec(self).unwrap_or_default());
    }

    /// Forgets what a workspace was set up for: it is being changed.
    pub fn forget(worktree: &Worktree) {
        let _ = std::fs::remove_file(note_of(worktree));
    }
}

fn note_of(worktree: &Worktree) -> PathBuf {
    worktree.admin.join(NOTE)
}

/// Returns the files of a tree that `puff.workspace.setupInputs` names, each with the name of its content.
fn inputs(app: &App, tree: Oid) -> Option<Vec<(String, String)>> {
    let named = app.settings.all(settings::WORKSPACE_SETUP_INPUTS);
    let text = match app.settings.is_set(settings::WORKSPACE_SETUP_INPUTS) {
        true => named.into_iter().map(|setting| setting.value).collect::<Vec<_>>().join("\n"),
        false => LOCK_FILES.join("\n"),
    };
    app.repo.files_matching(tree, &IgnorePatterns::parse(&text)).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use super::*;
    use crate::process::{Cancellation, Foreground};
    use crate::providers::built_in;

    fn git(at: &Path, args: &[&str]) {
        let ran =
            Command::new("git").current_dir(at).args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(args).output();
        assert!(ran.unwrap().status.success(), "{args:?}");
    }

    fn wanted(at: &Path) -> SetupState {
        let app = App::open_in(at, Cancellation::by_signals(), Foreground::captured(), built_in()).unwrap();
        let head = app.repo.head_commit().unwrap();
        SetupState::wanted(&app, head, app.repo.commit(head).unwrap().tree).unwrap()
    }

    #[test]
    fn a_setup_is_done_until_its_command_its_inputs_or_the_files_beside_change() {
        let place = tempfile::tempdir().unwrap();
        let at = place.path();
        let commit = |file: &str, text: &str| {
            fs::create_dir_all(at.join(file).parent().unwrap()).unwrap();
            fs::write(at.join(file), text).unwrap();
            git(at, &["add", "-A"]);
            git(at, &["commit", "-qm", "More"]);
        };
        git(at, &["init", "-q"]);
        commit(".gitignore", "node_modules\n");
        git(at, &["config", "puff.workspace.setup", "make deps"]);
        let admin = at.join("admin");
        fs::create_dir(&admin).unwrap();
        let worktree = Worktree { path: at.to_owned(), admin, locked: None, kind: crate::git::WorktreeKind::Linked };
        assert_eq!(SetupState::noted(&worktree), None);
        let first = wanted(at);
        first.note(&worktree);
        assert_eq!(SetupState::noted(&worktree), Some(first.clone()));

        commit("src/main.js", "other code");
        assert_eq!(wanted(at), first);
        let mut last = first;
        let mut differs = |files: bool, why: &str| {
            let now = wanted(at);
            assert_eq!((now.files != last.files, now.command != last.command), (files, true), "{why}");
            last = now;
        };
        commit("web/package-lock.json", "{}");
        differs(false, "a lock file at any depth");
        git(at, &["config", "puff.workspace.setup", "make all"]);
        differs(false, "the command");
        git(at, &["config", "puff.workspace.setupInputs", "src/*.js"]);
        differs(false, "which files it depends on");
        commit("src/main.js", "newer code");
        differs(false, "a file that is named");
        fs::create_dir(at.join("node_modules")).unwrap();
        differs(true, "a folder that is brought");
        fs::create_dir(at.join("node_modules/left-pad")).unwrap();
        differs(true, "what is in it");
        SetupState::forget(&worktree);
        assert_eq!(SetupState::noted(&worktree), None);
    }
}
