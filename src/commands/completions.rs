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
/// The output also defines the function puffcd: 'puffcd RUN:N' changes to the folder that 'git puff cd RUN:N' prints.
/// Scripts that packages install do not.
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

impl Shell {
    /// Returns the function that changes to the folder of a variant, which only the shell itself can. Installed scripts
    /// are without it: shells load them when something is completed for the first time.
    fn puffcd(self) -> &'static str {
        match self {
            Shell::Bash | Shell::Zsh => {
                "\npuffcd() {\n    local folder\n    folder=$(git puff cd \"$@\") && cd -- \"$folder\"\n}\n"
            }
            Shell::Fish => {
                "\nfunction puffcd --description 'Change to the folder of a variant'\n    \
                 set --local folder (git puff cd $argv); and cd -- $folder\nend\n"
            }
            Shell::Powershell => {
                "\nfunction global:puffcd {\n    $folder = git puff cd @args\n    \
                 if ($LASTEXITCODE -eq 0) { Set-Location -LiteralPath $folder }\n}\n"
            }
            Shell::Elvish => "\nedit:add-var puffcd~ {|@args| cd (git puff cd $@args) }\n",
        }
    }
}

/// Prints the result.
pub fn run(args: &Completions, ui: &Ui) -> Result<Exit> {
    ui.bytes(args.shell.script().as_bytes());
    ui.bytes(args.shell.puffcd().as_bytes());
    Ok(Exit::Done)
}
