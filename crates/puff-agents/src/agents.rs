//! The agents, as data: how each is started, how it is continued, and what its output says.
//!
//! Five are known, by the table in `known.rs`. Any other is made known by a configured command, a line for the
//! shell, which also replaces the command of a known one. Nothing here runs anything: who starts an agent first asks
//! the program itself for its [help](Agent::help_call), where its flags differ between versions.

mod checks;
mod events;
mod known;
mod line;
mod reader;
mod text;

use std::path::Path;

use puff_system::user_place::UserPlace;

pub use events::Ran;
pub use reader::Reader;

use self::known::{Form, KNOWN, KnownAgent, Trust, Word};
use self::line::Line;
use crate::state::Stdin;

/// The longest prompt that goes on a command line, in bytes: Windows takes 32 KiB of all words together.
const SHORT: usize = 16 * 1024;
/// The longest prompt that a program which reads its terminal can get on its command line: Linux takes 128 KiB a word.
const LONG: usize = 100 * 1024;
/// What an agent is told that is to continue, and that needs to be told something.
const GO_ON: &str = "Go on where you left off.";

/// Returns the names of the agents that are known.
pub fn known() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|agent| agent.name)
}

/// An agent that can be started on this machine.
#[derive(Clone, Debug)]
pub struct Agent {
    name: String,
    known: Option<&'static KnownAgent>,
    command: Option<Line>,
    resume: Option<Line>,
    wrapper: Option<String>,
    help: Option<String>,
    program: Option<String>,
}

/// What is configured of an agent: lines for the shell.
#[derive(Clone, Copy, Debug, Default)]
pub struct Configured<'a> {
    /// Starts it; `{prompt}` and `{prompt_file}` stand for its prompt.
    pub command: Option<&'a str>,
    /// Continues a session of it; `{session}` and `{prompt}` stand for the agent's own name of it and the message.
    pub resume: Option<&'a str>,
    /// Goes before every command of it.
    pub wrapper: Option<&'a str>,
}

/// A line of [`Configured`] in which places can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKey {
    /// [`Configured::command`].
    Command,
    /// [`Configured::resume`].
    Resume,
}

/// Why there is no such agent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// It is neither known nor has a command.
    #[error("it is neither known nor has a command")]
    Unknown,
    /// A line cannot be used.
    #[error("{why}")]
    Line {
        /// Which one.
        key: LineKey,
        /// Why not.
        why: String,
    },
}

/// What an agent is to do.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// What it is told; empty for an interactive agent that is told nothing yet.
    pub prompt: &'a str,
    /// A file with the same in it.
    pub prompt_file: &'a Path,
    /// A user may attach and answer it; without, it has to come to an end by itself.
    pub interactive: bool,
    /// Where it works.
    pub workspace: Workspace<'a>,
}

/// What an agent has to be told of the folder that it works in; nothing of a user's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Workspace<'a> {
    /// Its git directory, where that is a folder in it and no one else's, so that the agent may commit.
    pub git_dir: Option<&'a Path>,
    /// The folder itself, where the agent is to trust what is in it.
    pub trusted: Option<&'a Path>,
}

/// How a program is to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// What its standard input has to be.
    pub stdin: Stdin,
}

impl Agent {
    /// Returns the agent of that name: as it is configured, else as it is known.
    ///
    /// # Errors
    /// When there is none, or a line of its configuration cannot be used.
    pub fn new(name: &str, configured: Configured<'_>) -> Result<Agent, AgentError> {
        let line = |key, line: Option<&str>, places: &[&str]| {
            line.map(|line| Line::parse(line, places).map_err(|why| AgentError::Line { key, why })).transpose()
        };
        let agent = Agent {
            name: name.to_owned(),
            known: KNOWN.iter().find(|known| known.name == name),
            command: line(LineKey::Command, configured.command, &["prompt", "prompt_file"])?,
            resume: line(LineKey::Resume, configured.resume, &["session", "prompt"])?,
            wrapper: configured.wrapper.map(str::to_owned),
            help: None,
            program: None,
        };
        if agent.known.is_none() && agent.command.is_none() { Err(AgentError::Unknown) } else { Ok(agent) }
    }

    /// Returns whether this is the name of an agent that needs no configuration.
    pub fn is_known(name: &str) -> bool {
        KNOWN.iter().any(|known| known.name == name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what it keeps for its user and has to write. An agent by another command has the places of its name.
    pub fn own_places(&self) -> &'static [UserPlace] {
        self.known.map_or(&[], |known| known.own)
    }

    /// Returns whether its command turns on a sandbox of its own, which cannot be used inside of another.
    pub fn is_sandboxed(&self) -> bool {
        self.command.is_none() && self.known.is_some_and(|known| known.is_sandboxed)
    }

    /// Returns the file in which it keeps which projects its user trusts, if it has one.
    pub fn trust_file(&self) -> Option<&'static UserPlace> {
        self.trust().map(|trust| &trust.file)
    }

    /// Returns whether its user trusts a project, by the text of [`Agent::trust_file`].
    pub fn trusts(&self, text: &str, project: &Path) -> bool {
        self.trust().is_some_and(|trust| (trust.has)(text, project))
    }

    fn trust(&self) -> Option<&'static Trust> {
        self.known.filter(|_| self.command.is_none())?.trust.as_ref()
    }

    /// Returns the program that has to be there; none for a line that the shell makes sense of.
    pub fn program(&self) -> Option<&str> {
        let known = self.known.filter(|_| self.command.is_none() && self.wrapper.is_none())?;
        Some(self.program.as_deref().unwrap_or(known.name))
    }

    /// Takes this program for the one that is known.
    pub fn with_program(self, program: &str) -> Agent {
        Agent { program: Some(program.to_owned()), ..self }
    }

    /// Returns the call whose output says which flags it has, where those that matter differ between its versions.
    pub fn help_call(&self, interactive: bool) -> Option<Vec<String>> {
        let call = self.known.filter(|_| self.command.is_none())?.help[usize::from(interactive)]?;
        Some(self.wrapped(self.by_program(call.iter().map(|word| (*word).to_owned()).collect())))
    }

    /// Takes the output of its [help](Agent::help_call) into account. Without, it is taken for its newest version.
    pub fn with_help(self, help: &str) -> Agent {
        Agent { help: Some(help.to_owned()), ..self }
    }

    /// Returns how it is started on a task.
    pub fn invocation(&self, task: &Task) -> Invocation {
        let Task { prompt, prompt_file, interactive, workspace } = *task;
        let file = prompt_file.to_string_lossy();
        let invocation = match (&self.command, self.known) {
            (Some(line), _) => {
                line.invocation(&self.name, &[("prompt", prompt), ("prompt_file", &file)], prompt, interactive)
            }
            (None, Some(known)) if interactive => {
                let pointer = format!("Your task is in the file '{file}'. Read all of it, then do what it says.");
                let prompt = if prompt.len() > LONG { &pointer } else { prompt };
                self.typed(&known.talk, Fill { prompt, file: &file, session: "", workspace })
            }
            (None, Some(known)) => self.piped(&known.work, Fill { prompt, file: &file, session: "", workspace }),
            (None, None) => unreachable!("an agent is known or has a command"),
        };
        Invocation { argv: self.wrapped(invocation.argv), ..invocation }
    }

    /// Returns how a session of it is continued that it calls `agent_session`; none where it cannot be.
    pub fn resume(
        &self,
        agent_session: &str,
        prompt: Option<&str>,
        interactive: bool,
        workspace: Workspace<'_>,
    ) -> Option<Invocation> {
        let prompt_args = prompt.unwrap_or(if interactive { "" } else { GO_ON });
        let fill = Fill { prompt: prompt_args, file: "", session: agent_session, workspace };
        let invocation = match (&self.resume, self.known.filter(|_| self.command.is_none())) {
            (Some(line), _) => {
                let values = [("session", agent_session), ("prompt", prompt.unwrap_or(GO_ON))];
                line.invocation(&self.name, &values, prompt.unwrap_or_default(), interactive)
            }
            (None, Some(known)) if interactive => self.typed(known.talk_again.as_ref()?, fill),
            (None, Some(known)) => self.piped(known.work_again.as_ref()?, fill),
            (None, None) => return None,
        };
        Some(Invocation { argv: self.wrapped(invocation.argv), ..invocation })
    }

    /// Builds the call with the prompt on the command line and the terminal as standard input.
    fn typed(&self, form: &Form, fill: Fill) -> Invocation {
        let prompt_args = if fill.prompt.is_empty() { &[] } else { form.prompt_args };
        Invocation { argv: self.argv(form.words, prompt_args, fill), stdin: Stdin::Terminal }
    }

    /// Builds the call with the prompt on the command line, or on standard input where it does not fit there.
    fn piped(&self, form: &Form, fill: Fill) -> Invocation {
        let short = fill.prompt.len() <= SHORT || form.piped.is_none();
        let (prompt_args, stdin) = match form.piped {
            Some(words) if !short || form.prompt_args.is_empty() => (words, Stdin::Prompt),
            _ => (form.prompt_args, Stdin::Closed),
        };
        Invocation { argv: self.argv(form.words, prompt_args, fill), stdin }
    }

    fn argv(&self, words: &[Word], prompt_args: &[Word], fill: Fill) -> Vec<String> {
        let listed = |flag: &str| {
            let flag = flag.split_once('=').map_or(flag, |(flag, _)| flag);
            self.help.as_ref().is_none_or(|help| known::lists(help, flag))
        };
        let word = |word: &Word| match word {
            Word::Is(word) => Some((*word).to_owned()),
            Word::Listed(flags) => flags.iter().find(|flag| listed(flag)).map(|flag| (*flag).to_owned()),
            Word::Prompt(before) => Some(format!("{before}{}", fill.prompt)),
            Word::PromptFile => Some(fill.file.to_owned()),
            Word::Session => Some(fill.session.to_owned()),
            Word::GitDir(flag) => {
                let git_dir = fill.workspace.git_dir.filter(|_| listed(flag))?;
                Some(format!("{flag}={}", git_dir.display()))
            }
            Word::Trusted(before, after) => {
                // A string of JSON is one of TOML.
                let folder = serde_json::to_string(&fill.workspace.trusted?.to_string_lossy()).ok()?;
                Some(format!("{before}{folder}{after}"))
            }
        };
        self.by_program(words.iter().chain(prompt_args).filter_map(word).collect())
    }

    /// Returns the call, with the program as its first word.
    fn by_program(&self, mut argv: Vec<String>) -> Vec<String> {
        if let (Some(program), Some(first)) = (&self.program, argv.first_mut()) {
            first.clone_from(program);
        }
        argv
    }

    /// Puts the wrapper before a command; the shell reads it as it reads git's commands.
    fn wrapped(&self, argv: Vec<String>) -> Vec<String> {
        let Some(wrapper) = &self.wrapper else { return argv };
        let shell = ["sh".to_owned(), "-c".to_owned(), format!("{wrapper} \"$@\""), self.name.clone()];
        shell.into_iter().chain(argv).collect()
    }
}

/// What the places of a form are filled with.
#[derive(Clone, Copy)]
struct Fill<'a> {
    prompt: &'a str,
    file: &'a str,
    session: &'a str,
    workspace: Workspace<'a>,
}

#[cfg(test)]
mod tests;
