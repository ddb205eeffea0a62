//! The manual of a verb beyond its arguments: examples, exit codes, files, settings and variables.
//!
//! Each verb has a [`Manual`] beside its arguments, listed in [`crate::cli::MANUALS`]. It provides the end of
//! `--help`, and the verb's man page, which `tests/generated` writes.

use std::fmt::Write as _;

use clap::Command;
use clap::builder::StyledStr;

use crate::error::Kind;
use crate::settings::Key;

/// An example command line, and its effect.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// The shell command; it begins with `git puff`, or has that in a pipe.
    pub line: &'static str,
    /// Its effect, in a sentence.
    pub does: &'static str,
}

/// A file, ref or folder that the user may see.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its path; `<…>` stands for a name.
    pub path: &'static str,
    /// Its contents.
    pub holds: &'static str,
}

/// A variable of the environment.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Its effect.
    pub does: &'static str,
}

/// The manual of a verb.
#[derive(Clone, Copy, Debug)]
pub struct Manual {
    /// The examples, the most common one first. A verb with subverbs has none itself.
    pub examples: &'static [Example],
    /// Exit codes with a special meaning here; the general ones are in [`EXITS`].
    pub exits: &'static [(Kind, &'static str)],
    /// The files it reads and writes.
    pub files: &'static [Place],
    /// The settings it uses.
    pub settings: &'static [Key],
    /// The variables it uses, beside those of the settings.
    pub variables: &'static [Variable],
    /// Its subverbs.
    pub verbs: &'static [(&'static str, Manual)],
}

impl Manual {
    /// An empty manual.
    pub const NONE: Manual =
        Manual { examples: &[], exits: &[], files: &[], settings: &[], variables: &[], verbs: &[] };
}

/// The exit codes of all verbs; only some use [`Kind::TaskError`], [`Kind::Partial`] and [`Kind::Timeout`].
pub const EXITS: [(u8, &str); 8] = [
    (0, "Success; for watch: every variant has finished, and at least one completed."),
    (Kind::Failed.exit_code(), "The answer is no, or the operation failed; for doctor: a check failed."),
    (Kind::TaskError.exit_code(), "The task, or the session, ended in error: no variant completed."),
    (Kind::Partial.exit_code(), "Done, except that a completed variant did not apply; for review: no variant passes."),
    (Kind::Timeout.exit_code(), "A time limit passed."),
    (
        Kind::CannotWork.exit_code(),
        "Cannot work here: no repository, no codex, signed out, unreadable state, or an unsupported repository format.",
    ),
    (Kind::Usage.exit_code(), "Wrong arguments."),
    (Kind::Interrupted.exit_code(), "Interrupted or stopped."),
];

macro_rules! table {
    ($all:ident: $type:ident { $first:ident, $second:ident }; $($(#[$doc:meta])* $id:ident = $name:literal, $text:literal;)*) => {
        $(#[doc = $text] pub const $id: $type = $type { $first: $name, $second: $text };)*
        /// All of them, in the order of the manual.
        pub const $all: &[$type] = &[$($id),*];
    };
}

table! { PLACES: Place { path, holds };
    RUN_REFS = "refs/puff/runs/<run>", "The record of a run: one commit per change, so that 'git log' shows its journal. Its tree holds run.json, prompt.md, every variant's patch and evidence, and the report. Branches, notes and the runbook log are views of it, which 'git puff doctor --repair' recreates.";
    TRASH_REFS = "refs/puff/trash/<run>", "The recovery points of 'git puff prune' and 'git puff pick', for 'git puff undo'.";
    PRUNED_REFS = "refs/puff/pruned/<run>", "The tombstone of a run: it tells other clones that the run was pruned, or restored.";
    SEEN_REFS = "refs/puff/remotes/<remote>/", "The runs of a remote, as of the last 'git puff sync'. It can be removed: the next sync fetches it again.";
    BRANCHES = "refs/heads/puff/<run>/var<N>", "The branch of a variant: one commit on the base. Its prefix is puff.branchPrefix.";
    REPORT_NOTES = "refs/notes/puff/report", "The handoff report, as a note on the base and, for each variant, on its commit: 'git log --notes=puff/report'.";
    RUN_NOTES = "refs/notes/puff/runs", "One line of JSON for every run on that base.";
    RUNBOOK = ".codex/bo4_runs.jsonl", "The runbook log, at the top of the main worktree (in the git directory of a bare repository): an append-only line for every task that was started.";
    LIVE = ".git/puff/", "Locks, logs, results and caches, readable only by you. It can be deleted while no run is watched and no session runs: only logs are lost.";
    WORKTREES = "<repo>.puff/<run>/", "The workspaces of agents on this machine, beside the repository or in puff.workspace.dir.";
    POOL = "<repo>.puff/pool/", "The workspaces of reviews, and those that wait to be used again.";
    WATCHER_LOG = ".git/puff/logs/<run>.log", "The watcher's log of a run: 'git puff log'.";
    RESULT = ".git/puff/results/<run>", "The result of watching a run, in KEY=VALUE lines, written when it ends.";
    CAS = ".git/puff/cas/", "The Codex app server: its socket, its log, and its state in state.json.";
    HOOK = "<hooks>/pre-push", "The pre-push hook, in core.hooksPath if set; the previous hook is beside it, as pre-push.before-puff.";
    ATTRIBUTES = ".git/info/attributes", "The attributes of this clone, where 'git puff init' sets the merge driver of the runbook log.";
    LIVE_FILES = ".git/puff/runs/<run>/", "The environment for the agents of an active run, readable only by you.";
    SESSIONS = ".git/puff/sessions/<session>/", "The record and the log of a session.";
}

table! { VARIABLES: Variable { name, does };
    CODEX_HOME = "CODEX_HOME", "The codex program's folder with its login. A run records it, and is watched with the same login.";
    CODEX_SERVICE = "CODEX_CLOUD_TASKS_BASE_URL", "The address of the codex program's service, recorded likewise.";
    NOW = "GIT_PUFF_NOW", "The current time, in RFC 3339 format, instead of the clock.";
    PORCELAIN = "GIT_PUFF_PORCELAIN", "If true, every verb that has --porcelain uses it by default.";
    TRACE = "GIT_PUFF_TRACE", "Where to report what is done, as GIT_TRACE does for git: 1 for standard error, an absolute path for a file that is appended to, or the number of an open descriptor from 3 to 9. A line says when a verb, a git call, another program, a poll or a wait for a lock began or ended, in which process, with which exit code and after how long; what looks like a secret is masked. Watchers and supervisors inherit it; agents and checks do not. -v is the same as 1, for one call.";
    NO_COLOR = "NO_COLOR", "If set, output has no colours.";
}

/// Adds the examples of each verb to the end of its `--help`.
pub fn with_examples(command: Command, manuals: &'static [(&'static str, Manual)]) -> Command {
    manuals.iter().fold(command, |command, (name, manual)| {
        // `mut_subcommand` would create a verb for an unknown name.
        if command.find_subcommand(name).is_none() {
            return command;
        }
        command.mut_subcommand(name, |verb| {
            let verb = if manual.examples.is_empty() { verb } else { verb.after_long_help(shown(manual.examples)) };
            with_examples(verb, manual.verbs)
        })
    })
}

/// Returns every verb with its manual, by its name (`session start`).
pub fn listed(manuals: &'static [(&'static str, Manual)]) -> Vec<(String, &'static Manual)> {
    let mut all = Vec::new();
    for (name, manual) in manuals {
        all.push(((*name).to_owned(), manual));
        all.extend(listed(manual.verbs).into_iter().map(|(below, manual)| (format!("{name} {below}"), manual)));
    }
    all
}

fn shown(examples: &[Example]) -> StyledStr {
    let heading = anstyle::Style::new().bold().underline();
    let mut text = format!("{heading}Examples:{heading:#}");
    for Example { line, does } in examples {
        let _ = write!(text, "\n  {line}\n          {does}");
    }
    text.into()
}
