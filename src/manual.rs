//! What the manual says of a verb beside its arguments: examples, exit codes, files, settings and variables.
//!
//! Each verb has a [`Manual`] beside its arguments, named in [`crate::commands::MANUALS`]. The end of `--help` is made
//! of it, and so is the verb's man page, which `tests/generated` writes.

use std::fmt::Write as _;

use clap::Command;
use clap::builder::StyledStr;

use crate::error::Kind;
use crate::settings::Key;

/// A call as a user types it, and what comes of it.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// The line for the shell; it begins with `git puff`, or has that in a pipe.
    pub line: &'static str,
    /// What it does, in a sentence.
    pub does: &'static str,
}

/// A file, ref or folder that people meet.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Where it is; `<…>` stands for a name.
    pub path: &'static str,
    /// What is in it.
    pub holds: &'static str,
}

/// A variable of the environment.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub does: &'static str,
}

/// What the manual says of a verb.
#[derive(Clone, Copy, Debug)]
pub struct Manual {
    /// How it is called; the first is the most common one. A verb that has verbs of its own leaves this to them.
    pub examples: &'static [Example],
    /// Codes that mean something of their own here; those of [`EXITS`] that hold everywhere need no word.
    pub exits: &'static [(Kind, &'static str)],
    /// What it reads and writes.
    pub files: &'static [Place],
    /// The settings that it listens to.
    pub settings: &'static [Key],
    /// The variables that it listens to, beside those of the settings.
    pub variables: &'static [Variable],
    /// Its verbs, if it has some.
    pub verbs: &'static [(&'static str, Manual)],
}

impl Manual {
    /// Nothing to say.
    pub const NONE: Manual =
        Manual { examples: &[], exits: &[], files: &[], settings: &[], variables: &[], verbs: &[] };
}

/// What the codes mean, of every verb; [`Kind::TaskError`], [`Kind::Partial`] and [`Kind::Timeout`] only of some.
pub const EXITS: [(u8, &str); 8] = [
    (0, "Done; of watch: every variant has finished, and at least one completed."),
    (Kind::Failed.exit_code(), "The answer is no, or the operation failed; of doctor: a check failed."),
    (Kind::TaskError.exit_code(), "The task, or the session, ended in error: no variant completed."),
    (Kind::Partial.exit_code(), "Done, except that a completed variant did not apply; of review: no variant passes."),
    (Kind::Timeout.exit_code(), "A time limit passed."),
    (
        Kind::CannotWork.exit_code(),
        "Nothing can be done here: no repository, no codex, signed out, unreadable state, or a repository format that is \
         not supported.",
    ),
    (Kind::Usage.exit_code(), "The words of the call are wrong."),
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
    RUN_REFS = "refs/puff/runs/<run>", "The truth about a run: one commit per change, so that 'git log' shows its journal. Its tree holds run.json, prompt.md, every variant's patch and evidence, and the report. Branches, notes and the runbook log are views of it, which 'git puff doctor --repair' makes again.";
    TRASH_REFS = "refs/puff/trash/<run>", "The recovery points of 'git puff prune' and 'git puff pick', for 'git puff undo'.";
    PRUNED_REFS = "refs/puff/pruned/<run>", "What says that a run that others have was pruned, or brought back, for everybody.";
    SEEN_REFS = "refs/puff/remotes/<remote>/", "What 'git puff sync' last saw of runs at a remote. It can be removed: the next sync fetches it again.";
    BRANCHES = "refs/heads/puff/<run>/var<N>", "The branch of a variant: one commit on the base. Its prefix is puff.branchPrefix.";
    REPORT_NOTES = "refs/notes/puff/report", "The handoff report, as a note on the base and, a part each, on the commits of the variants: 'git log --notes=puff/report'.";
    RUN_NOTES = "refs/notes/puff/runs", "One JSON object a line for every run on that base.";
    RUNBOOK = ".codex/bo4_runs.jsonl", "The runbook log, at the top of the main worktree (in the git directory of a bare repository): a line for every task that was started, never changed.";
    LIVE = ".git/puff/", "Locks, logs, results and caches of what lives now, readable by you alone. When nothing is being watched, it can be deleted: only logs are lost.";
    WORKTREES = "<repo>.puff/<run>/", "Beside the repository, the worktrees of agents on this machine and of reviews; elsewhere with puff.worktreeDir.";
    WATCHER_LOG = ".git/puff/logs/<run>.log", "What the watcher wrote down: 'git puff log'.";
    RESULT = ".git/puff/results/<run>", "How the watching of a run ended, in KEY=VALUE lines; it appears when that ends.";
    CAS = ".git/puff/cas/", "The Codex app server: its socket, its log, and state.json, which says how it is.";
    HOOK = "<hooks>/pre-push", "The pre-push hook, where core.hooksPath says; the one that was there before is beside it, as pre-push.before-puff.";
    ATTRIBUTES = ".git/info/attributes", "The attributes of this clone alone, where 'git puff init' says how the runbook log is merged.";
    LIVE_FILES = ".git/puff/runs/<run>/", "The environment that the agents of an active run get; readable by its user alone.";
    SESSIONS = ".git/puff/sessions/<session>/", "The record and the log of a session.";
}

table! { VARIABLES: Variable { name, does };
    CODEX_HOME = "CODEX_HOME", "Where the codex program keeps its login. A run remembers it: it is watched with the login it was launched with.";
    CODEX_SERVICE = "CODEX_CLOUD_TASKS_BASE_URL", "The service that the codex program talks to, likewise.";
    NOW = "GIT_PUFF_NOW", "An RFC 3339 time that counts as now.";
    PORCELAIN = "GIT_PUFF_PORCELAIN", "When true: KEY=VALUE lines without --porcelain, of every verb that has them.";
    NO_COLOR = "NO_COLOR", "When set to anything, nothing is coloured.";
}

/// The command line with the examples of each verb at the end of its `--help`.
pub fn with_examples(command: Command, manuals: &'static [(&'static str, Manual)]) -> Command {
    manuals.iter().fold(command, |command, (name, manual)| {
        // A name that is none of a verb would become one.
        if command.find_subcommand(name).is_none() {
            return command;
        }
        command.mut_subcommand(name, |verb| {
            let verb = if manual.examples.is_empty() { verb } else { verb.after_long_help(shown(manual.examples)) };
            with_examples(verb, manual.verbs)
        })
    })
}

/// Every verb with its examples: the words that call it (`session start`), and its manual.
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
