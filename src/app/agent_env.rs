//! The environment of agents: that of the launch, without the variables that describe the caller itself.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use crate::git;
use crate::process::Cmd;

/// Variables that say where, in which terminal, or by which program the caller runs. None of them is true of an agent
/// in a folder and a terminal of its own; some make it behave as if it were the caller (`CLAUDECODE`), or write to the
/// caller's terminal (`TMUX`, `GPG_TTY`).
const OF_CALLER: &[&str] = &[
    // The shell.
    "PWD",
    "OLDPWD",
    "SHLVL",
    "_",
    "INIT_CWD",
    "PROJECT_CWD",
    // The terminal and what multiplexes it. `TERM` is set for the agent's own terminal.
    "COLUMNS",
    "LINES",
    "TMUX",
    "TMUX_PANE",
    "STY",
    "WINDOW",
    "GPG_TTY",
    "SSH_TTY",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "TERM_SESSION_ID",
    "ITERM_SESSION_ID",
    "KITTY_WINDOW_ID",
    "KITTY_PID",
    "KITTY_LISTEN_ON",
    "WEZTERM_PANE",
    "WEZTERM_UNIX_SOCKET",
    "WINDOWID",
    // Claude Code. Its settings and logins (`CLAUDE_CODE_OAUTH_TOKEN`, `CLAUDE_CODE_USE_BEDROCK`) stay.
    "CLAUDECODE",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_SSE_PORT",
    "CLAUDE_CODE_SESSION_ID",
    "CLAUDE_CODE_REMOTE_SESSION_ID",
    "CLAUDE_CODE_PARENT_SESSION_ID",
    "CLAUDE_CODE_CONTAINER_ID",
    "CLAUDE_CODE_TASK_LIST_ID",
    "CLAUDE_CODE_TEAM_NAME",
    "CLAUDE_CODE_AGENT_ID",
    "CLAUDE_CODE_AGENT_NAME",
    "CLAUDE_CODE_SESSION_ACCESS_TOKEN",
    "CLAUDE_CODE_WORKER_EPOCH",
    "CLAUDE_AGENT_SDK_VERSION",
    "CLAUDE_PROJECT_DIR",
    "CLAUDE_PLUGIN_ROOT",
    "CLAUDE_ENV_FILE",
    "CLAUDE_SESSION_ID",
    // Codex. `CODEX_HOME`, its logins and its service stay.
    "CODEX_THREAD_ID",
    "CODEX_SESSION_ID",
    "CODEX_CI",
    "CODEX_SANDBOX",
    "CODEX_SANDBOX_NETWORK_DISABLED",
    "CODEX_INTERNAL_ORIGINATOR_OVERRIDE",
    "CODEX_MANAGED_BY_NPM",
    "CODEX_MANAGED_BY_BUN",
    "CODEX_MANAGED_PACKAGE_ROOT",
    // Other agents.
    "AGENT",
    "AI_AGENT",
    "OPENCODE",
    "OPENCODE_PID",
    "OPENCODE_CALLER",
    "GEMINI_CLI",
    "CURSOR_AGENT",
    "CURSOR_TRACE_ID",
    "AMP_CURRENT_THREAD_ID",
    "GOOSE_TERMINAL",
    // What git tells the programs that it starts, and whose commits the caller makes. `git::TIES` are taken away beside these.
    "GIT_PAGER_IN_USE",
    "GIT_QUARANTINE_PATH",
    "GIT_REFLOG_ACTION",
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_DATE",
    "GIT_COMMITTER_NAME",
    "GIT_COMMITTER_EMAIL",
    "GIT_COMMITTER_DATE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_LITERAL_PATHSPECS",
    // git-puff's own.
    "GIT_PUFF_SESSION",
    "GIT_PUFF_APP_SERVER",
    "GIT_PUFF_TRACE",
    "RUST_BACKTRACE",
];

/// The same by how they begin.
const OF_CALLER_BY_PREFIX: &[&str] = &["ZELLIJ", "VSCODE_"];

/// Variables for agents. What is in them is never shown: keys and tokens are among them.
#[derive(Clone, PartialEq, Eq)]
pub struct AgentEnv(Vec<(OsString, OsString)>);

impl fmt::Debug for AgentEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgentEnv({} variables)", self.0.len())
    }
}

impl AgentEnv {
    /// The environment of this process, without what describes the caller.
    pub fn of_caller() -> AgentEnv {
        let mut variables: Vec<_> = std::env::vars_os().filter(|(name, _)| !describes_caller(name)).collect();
        variables.sort();
        AgentEnv(variables)
    }

    /// Returns the absolute path in a variable, if there is one.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let value = self.0.iter().find(|(known, _)| known == name).map(|(_, value)| PathBuf::from(value));
        value.filter(|path| path.is_absolute())
    }

    /// The variables as bytes: `NAME=VALUE`, each ended by a zero byte, as the system itself keeps them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, value) in &self.0 {
            bytes.extend_from_slice(name.as_encoded_bytes());
            bytes.push(b'=');
            bytes.extend_from_slice(value.as_encoded_bytes());
            bytes.push(0);
        }
        bytes
    }

    /// Reads [`AgentEnv::to_bytes`]; none when the bytes are cut off or are no environment.
    pub fn from_bytes(bytes: &[u8]) -> Option<AgentEnv> {
        let entries = bytes.strip_suffix(&[0])?;
        let variable = |entry: &[u8]| {
            let at = entry.iter().position(|byte| *byte == b'=').filter(|at| *at > 0)?;
            Some((os_string(&entry[..at])?, os_string(&entry[at + 1..])?))
        };
        entries.split(|byte| *byte == 0).map(variable).collect::<Option<_>>().map(AgentEnv)
    }

    /// A call with these variables and no others.
    pub fn given_to(&self, cmd: Cmd) -> Cmd {
        self.0.iter().fold(cmd.env_clear(), |cmd, (name, value)| cmd.env(name, value))
    }

    /// A call whose program gets the caller's environment, without what describes the caller.
    pub fn without_markers(cmd: Cmd) -> Cmd {
        let names = std::env::vars_os().map(|(name, _)| name).filter(|name| describes_caller(name));
        names.fold(cmd, |cmd, name| cmd.env_remove(name))
    }
}

fn describes_caller(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    OF_CALLER.contains(&name)
        || git::TIES.contains(&name)
        || OF_CALLER_BY_PREFIX.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(unix)]
fn os_string(bytes: &[u8]) -> Option<OsString> {
    Some(std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec()))
}

#[cfg(not(unix))]
fn os_string(bytes: &[u8]) -> Option<OsString> {
    String::from_utf8(bytes.to_vec()).ok().map(OsString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_describes_the_caller_is_told_from_logins_and_settings() {
        let gone = [
            "PWD",
            "TMUX_PANE",
            "CLAUDECODE",
            "CODEX_THREAD_ID",
            "GIT_DIR",
            "GIT_AUTHOR_NAME",
            "VSCODE_IPC_HOOK",
            "GIT_PUFF_SESSION",
        ];
        assert!(gone.iter().all(|name| describes_caller(OsStr::new(name))));
        let stay =
            ["HOME", "CODEX_HOME", "CODEX_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "GIT_SSH_COMMAND", "API_KEY", "PWD_X"];
        assert!(!stay.iter().any(|name| describes_caller(OsStr::new(name))));
    }

    #[test]
    fn variables_survive_the_file_and_half_a_file_is_none() {
        let pairs = [("A", "1"), ("EMPTY", ""), ("LINES_IN", "a\nb=c")];
        let env = AgentEnv(pairs.iter().map(|(name, value)| (name.into(), value.into())).collect());
        let bytes = env.to_bytes();
        assert_eq!(AgentEnv::from_bytes(&bytes), Some(env));
        assert_eq!(AgentEnv::from_bytes(&bytes[..bytes.len() - 1]), None);
        assert_eq!(AgentEnv::from_bytes(b""), None);
        assert_eq!(AgentEnv::from_bytes(b"=x\0"), None);
    }
}
