//! `completions`

use clap::{Args, ValueEnum};

use crate::error::{Exit, Result};
use crate::manual::{Example, Manual};
use crate::ui::Ui;

/// Print a completion script for a shell
///
/// Packages of git-puff install the scripts. Otherwise, load the script in the startup file of the shell:
/// 'source <(git puff completions bash)' in .bashrc, the same with zsh below 'compinit' in .zshrc, 'git puff
/// completions fish | source' in config.fish, 'eval (git puff completions elvish | slurp)' in rc.elv, and 'git puff
/// completions powershell | Out-String | Invoke-Expression' in the profile of PowerShell.
///
/// Completes runs with their titles, variants, sessions, branches, environments, agents, and every option. In bash,
/// zsh, fish and elvish 'git puff' completes where git does; in PowerShell only 'git-puff' does.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

/// The shells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bash
    Bash,
    /// Zsh
    Zsh,
    /// Fish
    Fish,
    /// PowerShell
    Powershell,
    /// Elvish
    Elvish,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff completions bash", does: "Print the script, for 'source' or a file." },
        Example {
            line: "git puff completions fish >git-puff.fish",
            does: "Write the script to a file, for a folder in $fish_complete_path.",
        },
    ],
    ..Manual::NONE
};

impl Shell {
    /// Returns the script from `completions/`.
    pub fn script(self) -> &'static str {
        match self {
            Shell::Bash => include_str!("../../completions/git-puff.bash"),
            Shell::Zsh => include_str!("../../completions/_git-puff"),
            Shell::Fish => include_str!("../../completions/git-puff.fish"),
            Shell::Powershell => include_str!("../../completions/_git-puff.ps1"),
            Shell::Elvish => include_str!("../../completions/git-puff.elv"),
        }
    }
}

/// Prints the result.
pub fn run(args: &Completions, ui: &Ui) -> Result<Exit> {
    ui.bytes(args.shell.script().as_bytes());
    Ok(Exit::Done)
}
