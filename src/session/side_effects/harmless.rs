//! Configuration by which nothing is run, read or sent elsewhere: who set it does not matter.
//!
//! Nothing in a configuration file tells who wrote it. What an agent could gain by a key decides what is made of it:
//! what makes git run, read or send something is the agent's as long as nothing tells that it is not; what the user
//! sets now and then from a terminal, and that only changes how git shows or asks things, is left open.

use std::path::Path;

use crate::store::{REPORT_NOTES, sha256};

/// Keys, in lower case. A dot at the end stands for all below it.
const HARMLESS: [&str; 30] = [
    "advice.",
    "blame.",
    "branch.sort",
    "color.",
    "column.",
    "commit.verbose",
    "core.abbrev",
    "core.quotepath",
    "diff.algorithm",
    "diff.colormoved",
    "diff.context",
    "diff.mnemonicprefix",
    "diff.renamelimit",
    "diff.renames",
    "diff.wserrorhighlight",
    "fetch.prune",
    "grep.linenumber",
    "log.abbrevcommit",
    "log.date",
    "log.decorate",
    "merge.conflictstyle",
    "merge.stat",
    "pull.ff",
    "pull.rebase",
    "push.autosetupremote",
    "rebase.autosquash",
    "rebase.autostash",
    "rerere.enabled",
    "status.",
    "tag.sort",
];

/// What 'git puff init' adds, with all values that the key has then.
const OWN: [(&str, &str); 2] = [("notes.rewriteref", REPORT_NOTES), ("notes.displayref", REPORT_NOTES)];

/// Returns whether a key, as `<file>:<key>`, is one by which nothing is run, read or sent elsewhere.
pub(super) fn is_harmless(name: &str) -> bool {
    let Some((_, key)) = name.split_once(':') else { return false };
    HARMLESS.iter().any(|known| if known.ends_with('.') { key.starts_with(known) } else { key == *known })
}

/// Returns whether the value of a key, of which `to` is the digest, is what git-puff sets it to. It is harmless from an
/// agent too: one that sets it has run 'git puff init'.
pub(super) fn is_of_git_puff(name: &str, to: &str) -> bool {
    let Some((_, key)) = name.split_once(':') else { return false };
    key == "puff.init.did" || OWN.iter().any(|(own, value)| key == *own && sha256(value.as_bytes()) == to)
}

/// The hook that 'git puff hook install' puts where there was none, and what it says when the folder was made for it.
const HOOK: &str = include_str!("../../../hooks/pre-push");
const FOLDER_MADE: &str = "# The folder was made for this file.\n";

/// The attributes that 'git puff init' puts where there were none.
const ATTRIBUTES: &str = "# Set up by 'git puff init': the runbook log is a line for each run.\n\
                          .codex/bo4_runs.jsonl merge=union\n";

/// Returns whether a new file of the git directory, by the name that people see, is word for word what git-puff puts
/// there.
pub(super) fn is_file_of_git_puff(common_dir: &Path, name: &str) -> bool {
    let Some(inside) = name.strip_prefix(".git/") else { return false };
    // A link may lead to something else by the time that git reads it.
    let Ok(text) = crate::files::read_to_string(common_dir.join(inside)) else { return false };
    match inside {
        "hooks/pre-push" => text.replacen(FOLDER_MADE, "", 1) == HOOK,
        "info/attributes" => text == ATTRIBUTES,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_runs_is_not_harmless() {
        for key in ["color.ui", "pull.rebase", "status.short", "diff.algorithm"] {
            assert!(is_harmless(&format!(".git/config:{key}")), "{key}");
        }
        for key in ["core.pager", "diff.external", "diff.x.textconv", "alias.st", "merge.x.driver", "user.name"] {
            assert!(!is_harmless(&format!(".git/config:{key}")), "{key}");
        }
    }
}
