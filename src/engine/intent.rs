//! What a user asks for, before anything is checked: from flags, or from a Markdown file with front matter.

use std::path::Path;

use serde::Deserialize;

use crate::app::App;
use crate::error::{Error, Result};
use crate::model::{AgentCount, BadAgentCount, Confine, RunId, Span};

/// The longest prompt, in bytes. The service takes no more than about this.
const LONGEST: usize = 4 << 20;

/// The task that is requested.
#[derive(Clone, Debug, Default)]
pub struct Intent {
    /// What to do.
    pub prompt: String,
    /// The file it came from, as it was named; none for an inline prompt.
    pub prompt_file: Option<String>,
    /// The environment.
    pub env: Option<String>,
    /// The base.
    pub base: Option<String>,
    /// How many attempts.
    pub best_of: Option<u32>,
    /// The run's name.
    pub name: Option<RunId>,
    /// The run that this one repeats.
    pub parent: Option<RunId>,
    /// The agents on this machine that are to do it; none when the cloud is.
    pub agents: Vec<AgentCount>,
    /// How many of them work at once; all, unless it is said.
    pub jobs: Option<u32>,
    /// Their worktrees stay.
    pub keep: bool,
    /// How long each of them may take; 0 for as long as it takes.
    pub limit: Span,
    /// The commands that a review runs on what comes out; none for those of `puff.check`.
    pub check: Vec<String>,
    /// What is confined of agents and checks; none for `puff.confine`.
    pub confine: Option<Confine>,
}

/// How a run is to be watched.
#[derive(Clone, Copy, Debug)]
pub struct WatchOptions {
    /// Polling interval.
    pub interval: Span,
    /// When to give up; 0 for never.
    pub timeout: Span,
    /// Harvest when ready.
    pub harvest: bool,
}

/// The settings at the top of an intent file.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct FrontMatter {
    env: Option<String>,
    base: Option<String>,
    best_of: Option<u32>,
    agent: Option<Words>,
    check: Option<Words>,
    name: Option<String>,
}

/// One of something, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Several(Vec<String>),
}

impl Words {
    fn agent_counts(self) -> Result<Vec<AgentCount>, BadAgentCount> {
        match self {
            Words::One(name) => name.split_whitespace().map(str::parse).collect(),
            Words::Several(names) => names.iter().map(|name| name.parse()).collect(),
        }
    }

    fn each(self) -> Vec<String> {
        match self {
            Words::One(one) => vec![one],
            Words::Several(several) => several,
        }
    }
}

impl Intent {
    /// Checks a prompt's bytes: text, and not blank.
    ///
    /// # Errors
    /// When they are something else; `from` says where they came from.
    pub fn prompt(bytes: Vec<u8>, from: &str) -> Result<String> {
        if bytes.len() > LONGEST {
            return Err(Error::usage(format!("the prompt from {from} has {} MiB", bytes.len() >> 20))
                .hint("put large material into the repository and name it in the prompt"));
        }
        let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
        let text = text.ok_or_else(|| {
            Error::usage(format!("the prompt from {from} is not text")).hint("a prompt is UTF-8 text without NUL bytes")
        })?;
        if text.trim().is_empty() {
            return Err(Error::usage(format!("the prompt from {from} is empty"))
                .hint("say what to do: --prompt TEXT, --prompt-file FILE, or on standard input"));
        }
        Ok(text)
    }

    /// Reads an intent file: Markdown, with settings between two lines `---` at its top.
    ///
    /// # Errors
    /// When it cannot be read, or its settings are not understood.
    pub fn from_file(app: &App, path: &Path, named: &str) -> Result<Intent> {
        let bytes = app.read_named(path).map_err(|cause| {
            Error::usage(format!("cannot read the intent file '{named}'"))
                .hint("name a Markdown file: settings between two lines ---, the prompt below")
                .because(cause)
        })?;
        let text = Intent::prompt(bytes, &format!("'{named}'"))?;
        let (settings, body) = split_front_matter(&text);
        let settings: FrontMatter = match settings {
            None => FrontMatter::default(),
            Some(yaml) if yaml.trim().is_empty() => FrontMatter::default(),
            Some(yaml) => serde_saphyr::from_str(yaml).map_err(|cause| {
                Error::usage(format!("cannot read the settings at the top of '{named}'"))
                    .hint("they are: env, base, best-of, agent, check, name; one 'key: value' a line between two lines ---")
                    .because(cause)
            })?,
        };
        let prompt = Intent::prompt(body.as_bytes().to_vec(), &format!("'{named}'"))?;
        let name = settings.name.map(|name| name.parse::<RunId>());
        let name = name.transpose().map_err(|cause| {
            Error::usage(format!("the name at the top of '{named}' is not a run name: {cause}"))
                .hint("write another one, or leave the line out")
        })?;
        let agents = settings.agent.map(Words::agent_counts).transpose().map_err(|cause| {
            Error::usage(format!("cannot use the agent at the top of '{named}': {cause}"))
                .hint("write 'agent: NAME:N', or several: 'agent: [NAME:N, NAME:N]'")
        })?;
        let check = settings.check.map(Words::each).unwrap_or_default();
        if let Some(blank) = check.iter().find(|command| command.trim().is_empty()) {
            return Err(Error::usage(format!("the check '{blank}' at the top of '{named}' is not a command"))
                .hint("write 'check: COMMAND', or several: 'check: [COMMAND, COMMAND]'"));
        }
        Ok(Intent {
            check,
            prompt,
            prompt_file: Some(named.to_owned()),
            env: settings.env,
            base: settings.base,
            best_of: settings.best_of,
            name,
            agents: agents.unwrap_or_default(),
            ..Intent::default()
        })
    }
}

/// Returns the text between the first line `---` and the next one, and what follows. Without both lines, all is body.
fn split_front_matter(text: &str) -> (Option<&str>, &str) {
    let after = |text: &'_ str| -> Option<usize> {
        let line = text.split_inclusive('\n').next()?;
        (line.trim_end() == "---").then_some(line.len())
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(start) = after(text) else { return (None, text) };
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        if line.trim_end() == "---" {
            return (Some(&text[start..at]), &text[at + line.len()..]);
        }
        at += line.len();
    }
    (None, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_is_what_is_between_two_lines() {
        assert_eq!(split_front_matter("---\nenv: a\n---\nDo it\n"), (Some("env: a\n"), "Do it\n"));
        assert_eq!(split_front_matter("---\r\nenv: a\r\n---\r\nDo"), (Some("env: a\r\n"), "Do"));
        assert_eq!(split_front_matter("Do it\n---\n"), (None, "Do it\n---\n"));
        assert_eq!(split_front_matter("---\nnever closed\n"), (None, "---\nnever closed\n"));
    }

    #[test]
    fn a_prompt_is_text_that_says_something() {
        for bad in [b"".as_slice(), b" \n\t", b"\xff\xfe", b"a\0b"] {
            assert!(Intent::prompt(bad.to_vec(), "--prompt").is_err());
        }
        assert_eq!(Intent::prompt(b"- do\r\n".to_vec(), "x").unwrap(), "- do\r\n");
    }
}
