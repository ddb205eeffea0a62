//! Finds an agent's program and the flags that it has.

use std::time::Duration;

use super::agents::Agent;
use super::configured;
use crate::app::AgentEnv;
use crate::error::{Error, Result};
use crate::process::{self, Cmd, Failure};
use crate::settings::{self, Settings};

/// How long an agent may take to print its help.
const HELP: Duration = Duration::from_secs(20);

/// Returns the agent of that name, ready to be started in this environment: for work by itself, or to be talked to.
///
/// # Errors
/// When it is not known, or not installed.
pub fn ready(settings: &Settings, name: &str, interactive: bool, environment: &AgentEnv) -> Result<Agent> {
    let agent = configured::agent(settings, name)?;
    // Who has told us where codex is means the agent too.
    let agent = match settings.text(settings::CODEX) {
        Some(codex) if name == "codex" => agent.with_program(&codex),
        _ => agent,
    };
    let Some(program) = agent.program().map(str::to_owned) else { return Ok(agent) };
    let call = agent.help_call(interactive).unwrap_or_else(|| vec![program.clone(), "--version".to_owned()]);
    match process::run(&environment.given_to(Cmd::new(&call[0]).args(&call[1..])).limit(HELP)) {
        Ok(output) => Ok(match agent.help_call(interactive) {
            Some(_) => agent.with_help(&String::from_utf8_lossy(&output.stdout)),
            None => agent,
        }),
        Err(failure @ Failure::NotFound { .. }) => {
            Err(Error::cannot_work(format!("agent '{name}' is not installed: no program '{program}' on PATH"))
                .hint(format!("install it, or say how it is started: git config puff.agent.{name}.command 'COMMAND'"))
                .because(failure))
        }
        Err(failure) => Err(Error::cannot_work(format!("cannot start the agent '{name}'"))
            .hint(format!("try it yourself: {}", call.join(" ")))
            .because(failure)),
    }
}
