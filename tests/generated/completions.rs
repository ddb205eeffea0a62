//! Completions for the shells that clap knows.

use clap::{Command, ValueEnum};
use clap_complete::{Generator, Shell, generate};

use super::Files;

/// git's own completion calls this for `git puff …`; what is generated completes `git-puff …`.
const FOR_GIT: &str = r#"
_git_puff() {
    local -a typed=("git-puff" "${COMP_WORDS[@]:__git_cmd_idx+1}")
    local at=$((COMP_CWORD - __git_cmd_idx))
    local -a COMP_WORDS=("${typed[@]}")
    local COMP_CWORD=$at
    _gitpuff git-puff "${COMP_WORDS[at]}" "${COMP_WORDS[at-1]}"
}
"#;

/// A file for each shell.
pub(super) fn all(command: Command) -> Files {
    let file = |shell: &Shell| (shell.file_name("git-puff"), generated(*shell, &command));
    Shell::value_variants().iter().map(file).collect()
}

fn generated(shell: Shell, command: &Command) -> Vec<u8> {
    let mut text = Vec::new();
    // clap_complete writes the name of a program with a '-' in two ways into its bash completion, which then offers
    // nothing behind a verb: it is made for a name without one, and registered for ours.
    let name = if shell == Shell::Bash { "gitpuff" } else { "git-puff" };
    generate(shell, &mut command.clone().bin_name(name), name, &mut text);
    if shell != Shell::Bash {
        return text;
    }
    let text = String::from_utf8(text).expect("completions are text");
    let registered = text.replace("-o default gitpuff\n", "-o default git-puff\n");
    assert_ne!(text, registered, "the bash completion registers itself in another way than it did");
    (registered + FOR_GIT).into_bytes()
}
