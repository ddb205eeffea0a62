//! The agents that are known, and their commands: as Codex 0.169.0, Claude Code 2.1.197, the Gemini CLI 0.61.0,
//! opencode 1.18.33 and aider 0.86.2 have them.
//!
//! None of these commands turns an agent's protection off. What they may do without being asked: codex writes in its
//! sandbox, claude and gemini edit files, opencode does what its own configuration allows, aider edits and commits.

use std::path::Path;

use puff_system::user_place::UserPlace;

/// A known agent.
#[derive(Debug)]
pub(super) struct KnownAgent {
    pub name: &'static str,
    /// The calls whose output lists the flags that are [`Word::Listed`]: for work, and for talk.
    pub help: [Option<&'static [&'static str]>; 2],
    /// On a task that it ends by itself.
    pub work: Form,
    /// As an interactive program.
    pub talk: Form,
    /// Continuing a session, as the two above.
    pub work_again: Option<Form>,
    pub talk_again: Option<Form>,
    /// What it keeps for its user and has to write: logins, settings, its sessions.
    pub own: &'static [UserPlace],
    /// Its commands for work turn on a sandbox of its own, which mounts. A confined program may not mount.
    pub is_sandboxed: bool,
    /// The trust that its user puts in projects, where it keeps one.
    pub trust: Option<Trust>,
}

/// Where an agent keeps which projects its user trusts.
#[derive(Debug)]
pub(super) struct Trust {
    pub file: UserPlace,
    /// Tells by the text of the file whether this project is trusted.
    pub has: fn(&str, &Path) -> bool,
}

/// A command line.
#[derive(Debug)]
pub(super) struct Form {
    pub words: &'static [Word],
    /// What follows when the prompt is on the command line; empty when it cannot be there.
    pub prompt_args: &'static [Word],
    /// What follows when the prompt is on standard input; none when it cannot be there.
    pub piped: Option<&'static [Word]>,
}

/// A word of a command line.
#[derive(Debug)]
pub(super) enum Word {
    Is(&'static str),
    /// The first of these flags that its help lists.
    Listed(&'static [&'static str]),
    /// The prompt, behind the flag that it belongs to.
    Prompt(&'static str),
    PromptFile,
    Session,
    /// This flag with the git directory of the workspace, where that is one of its own and the help lists the flag.
    GitDir(&'static str),
    /// The workspace as a string of TOML between these, where it is to be trusted.
    Trusted(&'static str, &'static str),
}

use Word::{GitDir, Is, Listed, Prompt, PromptFile, Session, Trusted};

/// A prompt that may begin with a dash.
const APART: &[Word] = &[Is("--"), Prompt("")];

/// In this order they are named.
pub(super) const KNOWN: &[KnownAgent] = &[
    KnownAgent {
        name: "codex",
        help: [Some(&["codex", "exec", "--help"]), Some(&["codex", "--help"])],
        work: Form {
            words: &[Is("codex"), Is("exec"), Is("--json"), SANDBOX, COMMITS, TRUSTS],
            prompt_args: APART,
            piped: Some(&[Is("-")]),
        },
        talk: Form { words: &[Is("codex"), NO_DAEMON, COMMITS, TRUSTS], prompt_args: APART, piped: None },
        // Before `resume`, since that has no sandbox of its own.
        work_again: Some(Form {
            words: &[Is("codex"), Is("exec"), Is("--json"), SANDBOX, COMMITS, TRUSTS, Is("resume"), Session],
            prompt_args: APART,
            piped: Some(&[Is("-")]),
        }),
        talk_again: Some(Form {
            words: &[Is("codex"), NO_DAEMON, COMMITS, TRUSTS, Is("resume"), Session],
            prompt_args: APART,
            piped: None,
        }),
        own: &[UserPlace::by("CODEX_HOME", "", Some(".codex"))],
        is_sandboxed: true,
        trust: Some(Trust {
            file: UserPlace::by("CODEX_HOME", "config.toml", Some(".codex/config.toml")),
            has: codex_trusts,
        }),
    },
    KnownAgent {
        name: "claude",
        help: [None, None],
        work: Form {
            words: &[
                Is("claude"),
                Is("--print"),
                Is("--output-format=stream-json"),
                Is("--verbose"),
                Is("--permission-mode=acceptEdits"),
            ],
            prompt_args: APART,
            piped: Some(&[]),
        },
        talk: Form { words: &[Is("claude")], prompt_args: APART, piped: None },
        work_again: Some(Form {
            words: &[
                Is("claude"),
                Is("--print"),
                Is("--output-format=stream-json"),
                Is("--verbose"),
                Is("--permission-mode=acceptEdits"),
                Is("--resume"),
                Session,
            ],
            prompt_args: APART,
            piped: Some(&[]),
        }),
        talk_again: Some(Form { words: &[Is("claude"), Is("--resume"), Session], prompt_args: APART, piped: None }),
        own: &[
            UserPlace::by("CLAUDE_CONFIG_DIR", "", Some(".claude")),
            UserPlace::at_home(".claude.json"),
            UserPlace::at_home(".claude.json.backup"),
            UserPlace::by("XDG_CACHE_HOME", "claude-cli-nodejs", Some(".cache/claude-cli-nodejs")),
        ],
        is_sandboxed: false,
        trust: None,
    },
    KnownAgent {
        name: "gemini",
        help: [Some(&["gemini", "--help"]), None],
        work: Form {
            words: &[Is("gemini"), Is("--output-format=stream-json"), Is("--approval-mode=auto_edit"), TRUST],
            prompt_args: &[Prompt("--prompt=")],
            piped: Some(&[]),
        },
        talk: Form { words: &[Is("gemini")], prompt_args: &[Prompt("--prompt-interactive=")], piped: None },
        work_again: Some(Form {
            words: &[
                Is("gemini"),
                Is("--output-format=stream-json"),
                Is("--approval-mode=auto_edit"),
                TRUST,
                Is("--resume"),
                Session,
            ],
            prompt_args: &[Prompt("--prompt=")],
            piped: Some(&[]),
        }),
        talk_again: Some(Form {
            words: &[Is("gemini"), Is("--resume"), Session],
            prompt_args: &[Prompt("--prompt-interactive=")],
            piped: None,
        }),
        own: &[UserPlace::by("GEMINI_CLI_HOME", ".gemini", Some(".gemini"))],
        is_sandboxed: false,
        trust: None,
    },
    KnownAgent {
        name: "opencode",
        help: [None, None],
        // It puts quotes around a prompt that is on its command line.
        work: Form { words: &[Is("opencode"), Is("run"), Is("--format=json")], prompt_args: &[], piped: Some(&[]) },
        talk: Form { words: &[Is("opencode")], prompt_args: &[Prompt("--prompt=")], piped: None },
        work_again: Some(Form {
            words: &[Is("opencode"), Is("run"), Is("--format=json"), Is("--session"), Session],
            prompt_args: &[],
            piped: Some(&[]),
        }),
        talk_again: Some(Form {
            words: &[Is("opencode"), Is("--session"), Session],
            prompt_args: &[Prompt("--prompt=")],
            piped: None,
        }),
        own: &[
            UserPlace::by("XDG_DATA_HOME", "opencode", Some(".local/share/opencode")),
            UserPlace::by("XDG_CONFIG_HOME", "opencode", Some(".config/opencode")),
            UserPlace::by("XDG_CACHE_HOME", "opencode", Some(".cache/opencode")),
            UserPlace::by("XDG_STATE_HOME", "opencode", Some(".local/state/opencode")),
        ],
        is_sandboxed: false,
        trust: None,
    },
    KnownAgent {
        name: "aider",
        help: [None, None],
        work: Form {
            words: &[Is("aider"), Is("--yes-always"), Is("--no-check-update"), Is("--no-show-release-notes")],
            prompt_args: &[Is("--message-file"), PromptFile],
            piped: None,
        },
        // It cannot be told anything and then talked to: it ends after a message, but its questions can be answered.
        talk: Form { words: &[Is("aider")], prompt_args: &[Is("--message-file"), PromptFile], piped: None },
        // It has no names for its sessions.
        work_again: None,
        talk_again: None,
        own: &[UserPlace::at_home(".aider")],
        is_sandboxed: false,
        trust: None,
    },
];

/// Older builds have the second, newer ones only the first.
const SANDBOX: Word = Listed(&["--sandbox=workspace-write", "--full-auto"]);
/// It keeps `.git` of its folder read-only in its sandbox, so that it could not commit.
const COMMITS: Word = GitDir("--add-dir");
/// What it would otherwise take from its file of settings, where a linked worktree counts as the project, and a repository
/// of its own does not.
const TRUSTS: Word = Trusted("--config=projects={", "={trust_level=\"trusted\"}}");
/// Otherwise a server in the background does the work, outlives the session, and what it uses is not seen.
const NO_DAEMON: Word = Listed(&["--no-daemon"]);
/// It refuses to work without a person to ask in a folder that it has not seen; a worktree always is such a one.
const TRUST: Word = Listed(&["--skip-trust"]);

/// Returns whether the settings of codex trust a project: `[projects."/path"]` with `trust_level = "trusted"`.
fn codex_trusts(settings: &str, project: &Path) -> bool {
    let level = || -> Option<String> {
        let settings: toml::Table = settings.parse().ok()?;
        let of_project = settings.get("projects")?.get(project.to_str()?)?;
        Some(of_project.get("trust_level")?.as_str()?.to_owned())
    };
    level().as_deref() == Some("trusted")
}

/// Returns whether the flag is in the help text, as a word of its own.
pub(super) fn lists(help: &str, flag: &str) -> bool {
    let ends = |after: &str| !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
    help.match_indices(flag).any(|(at, _)| ends(&help[at + flag.len()..]))
}
