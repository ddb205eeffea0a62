//! A man page for git-puff, with all that holds for every verb, and one for each verb.

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};
use git_puff::error::Kind;
use git_puff::settings::{self, KEYS};

use super::Files;

const MANUAL: &str = "Git Puff Manual";
const SOURCE: &str = concat!("git-puff ", env!("CARGO_PKG_VERSION"));

const EXITS: [(u8, &str); 8] = [
    (0, "Done; of watch: every variant is through, and at least one completed."),
    (Kind::Failed.exit_code(), "The answer is no, or the operation failed; of doctor: a check failed."),
    (Kind::TaskError.exit_code(), "The task ended in error: no variant completed."),
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

const FILES: [(&str, &str); 8] = [
    (
        "refs/puff/runs/<run>",
        "The truth about a run: one commit per change, so that 'git log' shows its journal. Its tree holds run.json, \
         prompt.md, every variant's patch and evidence, and the report. All below are views of it, which 'git puff doctor \
         --repair' makes again.",
    ),
    (
        "refs/heads/puff/<run>/var<N>",
        "The branch of a variant: one commit on the base. Its prefix is puff.branchPrefix.",
    ),
    (
        "refs/notes/puff/report",
        "The handoff report, as a note on the base and, a part each, on the commits of the variants: 'git log \
         --notes=puff/report'.",
    ),
    ("refs/notes/puff/runs", "One JSON object a line for every run on that base."),
    (
        ".codex/bo4_runs.jsonl",
        "The runbook log, at the top of the main worktree (in the git directory of a bare repository): a line for every \
         task that was started, never changed.",
    ),
    (
        ".git/puff/",
        "Locks, logs, results and caches of what lives now, readable by you alone. When nothing is being watched, it can be \
         deleted: only logs are lost.",
    ),
    (
        "<repo>.puff/<run>/",
        "Beside the repository, the worktrees of agents on this machine and of reviews; elsewhere with puff.worktreeDir.",
    ),
    (".git/puff/logs/<run>.log", "What the watcher wrote down: 'git puff log'."),
];

const VARIABLES: [(&str, &str); 5] = [
    (
        "CODEX_HOME",
        "Where the codex program keeps its login. A run remembers it: it is watched with the login it was launched with.",
    ),
    ("CODEX_CLOUD_TASKS_BASE_URL", "The service that the codex program talks to, likewise."),
    ("GIT_PUFF_NOW", "An RFC 3339 time that counts as now."),
    ("GIT_PUFF_PORCELAIN", "True for KEY=VALUE lines without --porcelain, of every verb that has them."),
    ("NO_COLOR", "When set to anything, nothing is coloured."),
];

/// Every page.
pub(super) fn pages(mut command: Command) -> Files {
    command.build();
    let verbs: Vec<Command> = command.get_subcommands().cloned().collect();
    let mut pages: Files =
        verbs.iter().map(|verb| (format!("git-puff-{}.1", verb.get_name()), page(verb, of_verb()))).collect();
    pages.insert("git-puff.1".to_owned(), page(&command, of_all()));
    pages
}

fn page(command: &Command, more: Roff) -> Vec<u8> {
    // No date: the same source makes the same page.
    let man = Man::new(command.clone()).date(" ").source(SOURCE).manual(MANUAL);
    let mut text = Vec::new();
    let mut render = || {
        man.render_title(&mut text)?;
        man.render_name_section(&mut text)?;
        man.render_synopsis_section(&mut text)?;
        man.render_description_section(&mut text)?;
        man.render_options_section(&mut text)?;
        if command.has_subcommands() {
            man.render_subcommands_section(&mut text)?;
        }
        more.to_writer(&mut text)
    };
    render().expect("memory can be written");
    text
}

fn of_verb() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    roff.text([bold("git-puff"), roman("(1), for the exit status, the configuration, and where things are kept")]);
    roff
}

fn of_all() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXITS {
        item(&mut roff, [bold(code.to_string())], meaning);
    }
    roff.control("SH", ["FILES"]);
    for (path, meaning) in FILES {
        item(&mut roff, [italic(path)], meaning);
    }
    roff.control("SH", ["CONFIGURATION"]);
    roff.text([
        roman("Keys of "),
        bold("git config"),
        roman(". A flag counts before the environment, the environment before the configuration, that before the default."),
    ]);
    for key in KEYS {
        let default = key.default.map_or_else(|| "no default".to_owned(), |value| format!("default: {value}"));
        item(&mut roff, [bold(key.name), roman(format!(" ({default})"))], key.meaning);
    }
    roff.control("SH", ["ENVIRONMENT"]);
    let every = KEYS.first().map(|key| settings::variable(key.name)).unwrap_or_default();
    let meaning =
        format!("A setting, for one call: {every} stands for puff.codex, GIT_PUFF_BEST_OF for puff.bestOf, and so on.");
    item(&mut roff, [bold("GIT_PUFF_"), italic("KEY")], &meaning);
    for (name, meaning) in VARIABLES {
        item(&mut roff, [bold(name)], meaning);
    }
    roff.control("SH", ["SEE ALSO"]);
    roff.text([bold("git"), roman("(1), "), bold("git-notes"), roman("(1), "), bold("git-cherry-pick"), roman("(1)")]);
    roff
}

fn item<const N: usize>(roff: &mut Roff, head: [Inline; N], text: &str) {
    roff.control("TP", []);
    roff.text(head);
    roff.text([roman(text)]);
}
