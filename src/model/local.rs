//! Agents on this machine: who is asked, and how a run of theirs is carried out.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Confine, Span};

/// The most attempts of one run on this machine.
pub const MOST_LOCAL: u32 = 99;

/// An agent, and how many attempts it makes: `codex`, `codex:2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentCount {
    /// The agent's name.
    pub agent: String,
    /// How many attempts.
    pub count: u32,
}

/// The text names no agent.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' names no agent: write NAME or NAME:N, with N from 1 to {MOST_LOCAL}")]
pub struct BadAgentCount(String);

impl FromStr for AgentCount {
    type Err = BadAgentCount;

    fn from_str(text: &str) -> Result<AgentCount, BadAgentCount> {
        let no = || BadAgentCount(text.to_owned());
        let (agent, count) = match text.split_once(':') {
            None => (text, 1),
            Some((agent, count)) if count.bytes().all(|byte| byte.is_ascii_digit()) => {
                (agent, count.parse().map_err(|_| no())?)
            }
            Some(_) => return Err(no()),
        };
        let allowed = |c: char| c.is_alphanumeric() || "-_.".contains(c);
        let good = !agent.is_empty() && !agent.starts_with('-') && agent.chars().all(allowed);
        let agent_count = AgentCount { agent: agent.to_owned(), count };
        if good && (1..=MOST_LOCAL).contains(&count) { Ok(agent_count) } else { Err(no()) }
    }
}

impl AgentCount {
    /// Returns the agents of attempts in order, those together that follow each other.
    pub fn of<'a>(agents: impl IntoIterator<Item = &'a str>) -> Vec<AgentCount> {
        let mut counts: Vec<AgentCount> = Vec::new();
        for agent in agents {
            match counts.last_mut().filter(|agent_count| agent_count.agent == agent) {
                Some(agent_count) => agent_count.count += 1,
                None => counts.push(AgentCount { agent: agent.to_owned(), count: 1 }),
            }
        }
        counts
    }
}

impl fmt::Display for AgentCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.agent, self.count)
    }
}

/// How a run of agents on this machine is carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Local {
    /// How many sessions are running at once.
    pub jobs: u32,
    /// Worktrees stay after the harvest.
    #[serde(default)]
    pub keep: bool,
    /// Seconds after which a session is ended; 0 for never.
    #[serde(default)]
    pub limit_s: u64,
    /// The folder of its worktrees: `var<N>` is that of variant N.
    pub worktrees: PathBuf,
    /// What is confined of its agents and checks, where the launch said so; else `puff.confine` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confine: Option<Confine>,
}

impl Local {
    /// Returns the worktree of a variant.
    pub fn worktree(&self, variant: u32) -> PathBuf {
        self.worktrees.join(format!("var{variant}"))
    }

    /// Returns the time limit of each session.
    pub fn limit(&self) -> Span {
        Span(self.limit_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_may_come_with_a_number() {
        let agent_count =
            |text: &str| text.parse::<AgentCount>().map(|agent_count| (agent_count.agent, agent_count.count)).ok();
        assert_eq!(agent_count("codex"), Some(("codex".to_owned(), 1)));
        assert_eq!(agent_count("my-agent_2:3"), Some(("my-agent_2".to_owned(), 3)));
        assert_eq!(
            AgentCount::of(["a", "a", "b", "a"]).iter().map(AgentCount::to_string).collect::<Vec<_>>(),
            ["a:2", "b:1", "a:1"]
        );
        for bad in ["", ":2", "codex:", "codex:0", "codex:+1", "codex:x", "codex:100", "a b", "-x", "a:1:2", "../x"] {
            assert_eq!(agent_count(bad), None, "{bad}");
        }
    }
}
