//! `skill`

mod install;

use std::path::{Path, PathBuf};

use clap::Args;

use self::install::{Done, install};
use crate::app::Environment;
use crate::error::{Error, Exit, Result};
use crate::manual::{Example, Manual, Place, Variable};
use crate::ui::Ui;

/// The text of the skill.
const SKILL: &str = include_str!("skill/SKILL.md");

/// The name of its folder.
const NAME: &str = "git-puff";

/// Print or install the skill that teaches agents to use git-puff
///
/// A skill is a SKILL.md that an agent reads when a task needs it: when to use which verb, the workflow from a prompt
/// to a picked branch, what to do about stuck or interrupted agents, and the meaning of results and exit codes.
/// Without --install, prints it.
///
/// Installs git-puff/SKILL.md in the skills folder of codex or claude, or in DIR; without a name, in that of the first
/// of $CODEX_HOME and $CLAUDE_HOME that is set, or of ~/.codex and ~/.claude that exists. Replaces an older version,
/// but not one that was edited.
#[derive(Debug, Args)]
pub struct Skill {
    /// Install the skill for codex, for claude, or into a folder of skills
    #[arg(long, value_name = "codex|claude|DIR", num_args = 0..=1)]
    install: Option<Option<PathBuf>>,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff skill --install codex", does: "Install or update the skill of Codex." },
        Example { line: "git puff skill --install .agents/skills", does: "Install the skill in a project." },
    ],
    files: &[
        Place { path: "$CODEX_HOME/skills/git-puff/SKILL.md", holds: "The skill for codex; in ~/.codex if unset." },
        Place { path: "$CLAUDE_HOME/skills/git-puff/SKILL.md", holds: "The skill for claude; in ~/.claude if unset." },
    ],
    variables: &[
        Variable { name: "CODEX_HOME", does: "The folder of codex." },
        Variable { name: "CLAUDE_HOME", does: "The folder of claude." },
    ],
    ..Manual::NONE
};

/// Runs `skill`.
pub fn run(args: &Skill, ui: &Ui) -> Result<Exit> {
    let Some(whom) = &args.install else {
        ui.page(SKILL, None);
        return Ok(Exit::Done);
    };
    let environment = Environment::read();
    let file = skills(whom.as_deref(), &environment)?.join(NAME).join("SKILL.md");
    let what = match install(&file, SKILL)? {
        Done::New => "installed",
        Done::Updated => "updated",
        Done::Same => "already up to date:",
    };
    ui.line(&format!("{what} {}", file.display()));
    Ok(Exit::Done)
}

/// Returns the requested skills folder.
fn skills(whom: Option<&Path>, environment: &Environment) -> Result<PathBuf> {
    let home = |set: &Option<String>, usual: &str| {
        let set = set.as_ref().map(PathBuf::from);
        set.or_else(|| Some(environment.home.as_ref()?.join(usual)))
    };
    let codex = || home(&environment.codex_home, ".codex");
    let claude = || home(&environment.claude_home, ".claude");
    let homeless = || {
        Error::cannot_work("cannot determine the skills folder: HOME is not set")
            .hint("name the folder: git puff skill --install DIR")
    };
    let folder = match whom {
        Some(whom) if whom == "codex" => codex().ok_or_else(homeless)?,
        Some(whom) if whom == "claude" => claude().ok_or_else(homeless)?,
        Some(folder) => return Ok(environment.cwd.join(folder)),
        None => {
            let set =
                [&environment.codex_home, &environment.claude_home].into_iter().flatten().next().map(PathBuf::from);
            let there = || [codex(), claude()].into_iter().flatten().find(|folder| folder.is_dir());
            set.or_else(there).ok_or_else(|| {
                Error::usage("cannot determine the agent: CODEX_HOME and CLAUDE_HOME are unset, and ~/.codex and ~/.claude do not exist")
                    .hint("use --install codex, --install claude, or --install DIR")
            })?
        }
    };
    Ok(folder.join("skills"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn the_skill_begins_as_agents_expect_it() {
        let mut parts = SKILL.split("---\n");
        assert_eq!(parts.next(), Some(""));
        let head = parts.next().unwrap();
        assert!(head.starts_with(&format!("name: {NAME}\ndescription: ")), "{head}");
        assert!(head.len() < 1024, "agents read all heads at once");
    }

    #[test]
    fn it_tells_every_exit_code() {
        let kinds = [
            Kind::Failed,
            Kind::TaskError,
            Kind::Partial,
            Kind::Timeout,
            Kind::CannotWork,
            Kind::Usage,
            Kind::Interrupted,
        ];
        for kind in kinds {
            assert!(SKILL.contains(&format!("\n| {} |", kind.exit_code())), "{kind:?}");
        }
    }
}
