//! Agents and answers as the settings have them: [`puff_agents`] knows neither keys nor where a value was written.

use crate::error::{Error, Result};
use crate::session::agents::{Agent, AgentError, Configured, LineKey, known};
use crate::session::protocol::AnswerRule;
use crate::settings::{AGENT_COMMAND, AGENT_RESUME, AGENT_WRAPPER, Key, SESSION_ANSWER, STUCK_AFTER, STUCK_POKE};
use crate::settings::{Setting, Settings};

/// Returns the agent of that name: as it is configured, else as it is known.
///
/// # Errors
/// When there is none, or its configuration cannot be used.
pub fn agent(settings: &Settings, name: &str) -> Result<Agent> {
    let setting = |key| settings.of_agent(key, name);
    let (command, resume, wrapper) = (setting(AGENT_COMMAND), setting(AGENT_RESUME), setting(AGENT_WRAPPER));
    let configured = Configured { command: text(&command), resume: text(&resume), wrapper: text(&wrapper) };
    Agent::new(name, configured).map_err(|error| match error {
        AgentError::Unknown => {
            let names = agent_names(settings).join(", ");
            Error::usage(format!("'{name}' is not an agent: there are {names}"))
                .hint(format!("define it with 'git config {} COMMAND'", key_of(AGENT_COMMAND, name)))
        }
        AgentError::Line { key, why } => {
            let (key, setting) = match key {
                LineKey::Command => (AGENT_COMMAND, &command),
                LineKey::Resume => (AGENT_RESUME, &resume),
            };
            let setting = setting.as_ref().expect("a line that is wrong was set");
            let key = key_of(key, name);
            Error::usage(format!("{key} is '{}' ({}), but {why}", setting.value, setting.origin))
        }
    })
}

fn text(setting: &Option<Setting>) -> Option<&str> {
    setting.as_ref().map(|setting| setting.value.as_str())
}

/// Returns the agents that can be started: those that are known, then those that are configured.
pub fn agent_names(settings: &Settings) -> Vec<String> {
    let configured = settings.agents().into_iter().filter(|name| {
        let has_command = settings.of_agent(AGENT_COMMAND, name).is_some();
        has_command && !Agent::is_known(name)
    });
    known().map(str::to_owned).chain(configured.map(str::to_owned)).collect()
}

/// Returns `puff.agent.<name>.command` with the name in it.
fn key_of(key: Key, name: &str) -> String {
    key.name.replace("<name>", name)
}

/// Proves that the settings which the supervisor acts by can be used: it has no user to tell.
///
/// # Errors
/// When one cannot, naming it.
pub fn check_protocol(settings: &Settings) -> Result<()> {
    settings.span(STUCK_AFTER)?;
    settings.span(STUCK_POKE)?;
    answer_rules(settings).map(drop)
}

/// Returns the rules of `puff.session.answer`, in their order; the first that matches counts.
///
/// # Errors
/// When one cannot be read.
pub fn answer_rules(settings: &Settings) -> Result<Vec<AnswerRule>> {
    settings.all(SESSION_ANSWER).iter().map(answer_rule).collect()
}

fn answer_rule(setting: &Setting) -> Result<AnswerRule> {
    AnswerRule::parse(&setting.value).map_err(|why| {
        let Setting { value, origin, .. } = setting;
        Error::usage(format!("{} is '{value}' ({origin}), but {why}", SESSION_ANSWER.name))
            .hint("write it as 'PATTERN => TEXT', such as 'Ok to proceed\\? => y'")
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::path::Path;

    use super::*;
    use crate::git::config::{ConfigEntry, Scope};
    use crate::session::agents::{Task, Workspace};

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        let entry = |(key, value): &(&str, &str)| ConfigEntry {
            key: (*key).into(),
            value: (*value).into(),
            scope: Scope::Local,
            origin: "file:config".into(),
        };
        Settings::new(pairs.iter().map(entry).collect(), HashMap::new())
    }

    #[test]
    fn a_configured_agent_is_called_as_its_settings_say() {
        let settings = settings(&[
            ("puff.agent.claude.wrapper", "podman run img"),
            ("puff.agent.mine.command", "mine <{prompt_file}"),
            ("puff.agent.mine.resume", "mine --again {session}"),
        ]);
        assert_eq!(agent_names(&settings).join(" "), "codex claude gemini opencode aider mine");
        assert_eq!(agent(&settings, "claude").unwrap().program(), None);
        let mine = agent(&settings, "mine").unwrap();
        let task = Task {
            prompt: "Fix it",
            prompt_file: Path::new("/p.md"),
            interactive: false,
            workspace: Workspace::default(),
        };
        assert_eq!(mine.invocation(&task).argv.join(" "), "sh -c mine <\"${1}\" mine /p.md");
        assert_eq!(
            mine.resume("01f", None, false, Workspace::default()).unwrap().argv.join(" "),
            "sh -c mine --again \"${1}\" mine 01f"
        );
    }

    #[test]
    fn an_unknown_agent_is_an_error_that_names_the_known_ones_and_the_key() {
        let error = agent(&settings(&[("puff.agent.other.wrapper", "x")]), "other").unwrap_err();
        assert_eq!(error.message(), "'other' is not an agent: there are codex, claude, gemini, opencode, aider");
        assert_eq!(error.next_step(), Some("define it with 'git config puff.agent.other.command COMMAND'"));
        let error = agent(&settings(&[("puff.agent.other.command", "x {task}")]), "other").unwrap_err();
        assert_eq!(
            error.message(),
            "puff.agent.other.command is 'x {task}' (file:config), but {task} stands for nothing there: it may hold \
             {prompt} and {prompt_file}"
        );
    }

    #[test]
    fn a_rule_that_cannot_be_read_names_its_origin() {
        let entry = ConfigEntry {
            key: "puff.session.answer".into(),
            value: "yes".into(),
            scope: Scope::Local,
            origin: "file:.git/config".into(),
        };
        let error = answer_rules(&Settings::new(vec![entry], HashMap::new())).unwrap_err();
        let expected =
            "puff.session.answer is 'yes' (file:.git/config), but it has no '=>' between a pattern and a text";
        assert_eq!(error.message(), expected);
        assert!(error.next_step().unwrap().contains("PATTERN => TEXT"));
    }
}
