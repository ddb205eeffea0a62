//! `completions`

use clap::{Args, ValueEnum};

use crate::error::{Exit, Result};
use crate::manual::{Example, Manual};
use crate::ui::Ui;

/// Print what makes a shell complete 'git puff' and 'git-puff'
///
/// Packages of git-puff put it where each shell looks for it. Where none did, load it in the start file of the shell:
/// 'source <(git puff completions bash)' in .bashrc, the same with zsh below 'compinit' in .zshrc, 'git puff completions
/// fish | source' in config.fish, 'eval (git puff completions elvish | slurp)' in rc.elv, and 'git puff completions
/// powershell | Out-String | Invoke-Expression' in the profile of PowerShell.
///
/// Words are completed with what there is: runs with their titles, variants, sessions, branches, environments, agents,
/// and every option. In bash, zsh, fish and elvish 'git puff' completes where git does; in PowerShell only 'git-puff' does.
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

/// What the manual says of it.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff completions bash", does: "Print it, for 'source' or a file." },
        Example {
            line: "git puff completions fish >git-puff.fish",
            does: "Write it where fish looks, if that is a folder in $fish_complete_path.",
        },
    ],
    ..Manual::NONE
};

impl Shell {
    /// The script, as it is in `completions/`.
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

/// Prints.
pub fn run(args: &Completions, ui: &Ui) -> Result<Exit> {
    ui.bytes(args.shell.script().as_bytes());
    Ok(Exit::Done)
}
