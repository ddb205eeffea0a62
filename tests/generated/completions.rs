//! Completions: a script for each shell, which asks git-puff at every TAB.

use clap::{Command, ValueEnum};
use git_puff::commands::complete::source;
use git_puff::commands::completions::Shell;

use super::Files;

/// What arguments are called whose values only the user knows.
const FREE: &[&str] =
    &["TEXT", "PROMPT", "CMD", "TASK", "URL", "VALUE", "DURATION", "D", "SIZE", "N", "METHOD", "LOCATOR", "OWNER/REPO"];

/// The file for each shell.
pub(super) fn all() -> Files {
    let file = |shell: &Shell| {
        let name = match shell {
            Shell::Bash => "git-puff.bash",
            Shell::Zsh => "_git-puff",
            Shell::Fish => "git-puff.fish",
            Shell::Powershell => "_git-puff.ps1",
            Shell::Elvish => "git-puff.elv",
        };
        (name.to_owned(), shell.script().as_bytes().to_vec())
    };
    Shell::value_variants().iter().map(file).collect()
}

/// The arguments of which nobody has said what their values are.
pub(super) fn without_values(command: &Command) -> Vec<String> {
    let mut found = Vec::new();
    look(command, &mut found);
    found
}

fn look(command: &Command, found: &mut Vec<String>) {
    for arg in command.get_arguments().filter(|arg| arg.get_action().takes_values() && !arg.is_hide_set()) {
        let id = arg.get_id().as_str();
        let named = arg.get_value_names().and_then(|names| names.first()).map_or(id, |name| name.as_str());
        // A name is made up by whoever gives it.
        let is_free = FREE.contains(&named.to_uppercase().as_str()) || id == "name";
        if source(command, arg).is_none() && !is_free {
            found.push(format!("{} of '{}'", named, command.get_bin_name().unwrap_or_default()));
        }
    }
    command.get_subcommands().filter(|verb| !verb.is_hide_set()).for_each(|verb| look(verb, found));
}
