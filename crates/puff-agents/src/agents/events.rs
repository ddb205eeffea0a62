//! What agents say in lines of JSON, read by a pure function. Each has its own dialect; the samples in the tests are
//! recordings of the real programs, see `samples/README.md`.

use serde_json::Value;
use strum::IntoStaticStr;

use crate::fold::fingerprint;

/// How many lines of what a command printed are compared.
const LINES: usize = 200;

/// Something that an agent said.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Event {
    /// Its own name for the session.
    Session(String),
    /// A message to the user.
    Message(String),
    /// A part of a message to the user.
    Part(String),
    /// The tokens that the session has used in all.
    TokensInAll(u64),
    /// The tokens that were used since it last said so.
    Tokens(u64),
    /// A command was started; the number belongs to the agent.
    Started(String, String),
    /// The command that was started under that name has ended, and what it printed.
    Ended(String, Option<i32>, String),
    /// A command that it ran.
    Ran(Ran, String),
    /// The finished steps of its plan.
    Steps(Vec<String>),
    /// Its service takes no more for now.
    RateLimited(String),
}

/// A command that an agent ran.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ran {
    /// The line, without the shell that was called for it.
    pub line: String,
    /// Its exit code, where the agent says.
    pub exit: Option<i32>,
    /// What tells its output from others; times and the like make no difference.
    pub printed: u64,
}

impl Ran {
    pub(super) fn new(line: String, exit: Option<i32>, printed: &str) -> Ran {
        Ran { line, exit, printed: fingerprint(&printed.lines().take(LINES).collect::<Vec<_>>()) }
    }
}

/// Something worth telling.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Milestone {
    /// It made a commit, with this subject.
    Commit(String),
    /// It finished this step of its plan.
    Step(String),
    /// Tests passed, by this command.
    TestsPass(String),
}

impl std::fmt::Display for Milestone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Milestone::Commit(subject) => write!(f, "made a commit: {subject}"),
            Milestone::Step(step) => write!(f, "finished a step: {step}"),
            Milestone::TestsPass(command) => write!(f, "tests pass: {command}"),
        }
    }
}

/// Whose lines they are, by the name of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub(super) enum Dialect {
    Codex,
    Claude,
    Gemini,
    Opencode,
}

impl Dialect {
    /// Returns the name of the agent.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the dialect of the line with which an agent introduces itself.
    pub fn of(line: &Value) -> Option<Dialect> {
        match text(line, "type")? {
            "thread.started" => Some(Dialect::Codex),
            "system" if line["session_id"].is_string() => Some(Dialect::Claude),
            "init" if line["session_id"].is_string() => Some(Dialect::Gemini),
            "step_start" if line["sessionID"].is_string() => Some(Dialect::Opencode),
            _ => None,
        }
    }

    /// Returns what a line says.
    pub fn read(self, line: &Value) -> Vec<Event> {
        let Some(kind) = text(line, "type") else { return Vec::new() };
        match self {
            Dialect::Codex => codex(kind, line),
            Dialect::Claude => claude(kind, line),
            Dialect::Gemini => gemini(kind, line),
            Dialect::Opencode => opencode(kind, line),
        }
    }
}

fn codex(kind: &str, line: &Value) -> Vec<Event> {
    let item = &line["item"];
    let one = match (kind, text(item, "type")) {
        ("thread.started", _) => text(line, "thread_id").map(|id| Event::Session(id.to_owned())),
        ("turn.completed", _) => {
            let usage = &line["usage"];
            let count = |name: &str| usage[name].as_u64();
            // What the program itself calls the tokens used, and for the whole thread.
            let fresh = count("input_tokens").map(|n| n.saturating_sub(count("cached_input_tokens").unwrap_or(0)));
            fresh.map(|fresh| Event::TokensInAll(fresh + count("output_tokens").unwrap_or(0)))
        }
        ("error" | "turn.failed", _) => {
            let said = text(line, "message").or_else(|| text(&line["error"], "message"));
            said.filter(|said| is_limit(said)).map(|said| Event::RateLimited(said.to_owned()))
        }
        ("item.completed", Some("agent_message")) => text(item, "text").map(|said| Event::Message(said.to_owned())),
        ("item.completed", Some("command_execution")) => text(item, "command").map(|command| {
            let exit = item["exit_code"].as_i64().and_then(|code| code.try_into().ok());
            let printed = text(item, "aggregated_output").unwrap_or_default().to_owned();
            Event::Ran(Ran::new(bare(command), exit, &printed), printed)
        }),
        ("item.started" | "item.updated" | "item.completed", Some("todo_list")) => {
            let done = items(&item["items"]).filter(|step| step["completed"] == true);
            Some(Event::Steps(done.filter_map(|step| text(step, "text")).map(str::to_owned).collect()))
        }
        _ => None,
    };
    one.into_iter().collect()
}

fn claude(kind: &str, line: &Value) -> Vec<Event> {
    let mut events: Vec<Event> = text(line, "session_id").map(|id| Event::Session(id.to_owned())).into_iter().collect();
    let content = || items(&line["message"]["content"]);
    match kind {
        "result" => {
            events.extend(text(line, "result").map(|said| Event::Message(said.to_owned())));
            let usage = &line["usage"];
            let count = |name: &str| usage[name].as_u64().unwrap_or(0);
            let used = count("input_tokens") + count("cache_creation_input_tokens") + count("output_tokens");
            events.extend((used > 0).then_some(Event::Tokens(used)));
            if line["api_error_status"] == 429 {
                events.push(Event::RateLimited(text(line, "result").unwrap_or("429 Too Many Requests").to_owned()));
            }
        }
        "assistant" if line["parent_tool_use_id"].is_null() => {
            for block in content() {
                match (text(block, "type"), text(block, "name")) {
                    (Some("text"), _) => events.extend(text(block, "text").map(|said| Event::Message(said.to_owned()))),
                    (Some("tool_use"), Some("Bash")) => events.extend(started(block, "id", &block["input"])),
                    (Some("tool_use"), Some("TodoWrite")) => {
                        let done = items(&block["input"]["todos"]).filter(|step| step["status"] == "completed");
                        let steps = done.filter_map(|step| text(step, "content")).map(str::to_owned).collect();
                        events.push(Event::Steps(steps));
                    }
                    _ => {}
                }
            }
        }
        "user" => {
            for block in content().filter(|block| text(block, "type") == Some("tool_result")) {
                let Some(id) = text(block, "tool_use_id") else { continue };
                let printed = text(block, "content").unwrap_or_default();
                // The answer of a command that failed has its code in a line of its own.
                let code = || printed.lines().find_map(|line| line.strip_prefix("Exit code ")?.trim().parse().ok());
                let exit = if block["is_error"] == true { code() } else { Some(0) };
                events.push(Event::Ended(id.to_owned(), exit, printed.to_owned()));
            }
        }
        _ => {}
    }
    events
}

fn gemini(kind: &str, line: &Value) -> Vec<Event> {
    let one = match kind {
        "init" => text(line, "session_id").map(|id| Event::Session(id.to_owned())),
        "message" if line["role"] == "assistant" => text(line, "content").map(|said| {
            if line["delta"] == true { Event::Part(said.to_owned()) } else { Event::Message(said.to_owned()) }
        }),
        "tool_use" if line["tool_name"] == "run_shell_command" => started(line, "tool_id", &line["parameters"]),
        "tool_result" => text(line, "tool_id").map(|id| {
            let printed = text(line, "output").unwrap_or_default().to_owned();
            // Its status is the tool's, not the command's.
            Event::Ended(id.to_owned(), None, printed)
        }),
        "result" => {
            let stats = &line["stats"];
            let count = |name: &str| stats[name].as_u64();
            let fresh = count("input_tokens").map(|n| n.saturating_sub(count("cached").unwrap_or(0)));
            fresh.map(|fresh| Event::Tokens(fresh + count("output_tokens").unwrap_or(0)))
        }
        _ => None,
    };
    let limit = text(&line["error"], "message").filter(|said| is_limit(said));
    one.into_iter().chain(limit.map(|said| Event::RateLimited(said.to_owned()))).collect()
}

fn opencode(kind: &str, line: &Value) -> Vec<Event> {
    let part = &line["part"];
    let state = &part["state"];
    let mut events: Vec<Event> = text(line, "sessionID").map(|id| Event::Session(id.to_owned())).into_iter().collect();
    match (kind, text(part, "tool")) {
        ("text", _) => events.extend(text(part, "text").map(|said| Event::Message(said.to_owned()))),
        ("step_finish", _) => {
            let count = |name: &str| part["tokens"][name].as_u64().unwrap_or(0);
            events.push(Event::Tokens(count("input") + count("output") + count("reasoning")));
        }
        ("tool_use", Some("bash")) => {
            if let Some(command) = text(&state["input"], "command") {
                let exit = state["metadata"]["exit"].as_i64().and_then(|code| code.try_into().ok());
                let printed = text(state, "output").unwrap_or_default().to_owned();
                events.push(Event::Ran(Ran::new(bare(command), exit, &printed), printed));
            }
        }
        ("tool_use", Some("todowrite")) => {
            let done = items(&state["input"]["todos"]).filter(|step| step["status"] == "completed");
            events.push(Event::Steps(done.filter_map(|step| text(step, "content")).map(str::to_owned).collect()));
        }
        ("error", _) => {
            let said = text(&line["error"]["data"], "message").or_else(|| text(&line["error"], "message"));
            events.extend(said.filter(|said| is_limit(said)).map(|said| Event::RateLimited(said.to_owned())));
        }
        _ => {}
    }
    events
}

fn started(call: &Value, id: &str, input: &Value) -> Option<Event> {
    Some(Event::Started(text(call, id)?.to_owned(), bare(text(input, "command")?)))
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Returns whether the words of a service that takes no more.
fn is_limit(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    let words = ["429", "rate limit", "rate_limit", "usage limit", "too many requests", "quota", "overloaded"];
    words.iter().any(|word| said.contains(word))
}

/// Returns a command without the shell that was called for it: `/bin/bash -lc 'cargo test'` → `cargo test`.
pub(super) fn bare(command: &str) -> String {
    let inner = command.split_once(' ').and_then(|(shell, rest)| {
        let is_shell = ["sh", "bash", "zsh", "dash"].contains(&shell.rsplit('/').next()?);
        is_shell.then_some(rest.strip_prefix("-lc ").or_else(|| rest.strip_prefix("-c "))?)
    });
    inner.and_then(one_word).unwrap_or_else(|| command.to_owned()).trim().to_owned()
}

/// Returns what the shell makes of a text that is one word, quotes and all.
fn one_word(text: &str) -> Option<String> {
    let (mut word, mut quote, mut letters) = (String::new(), None, text.chars());
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\'' | '"', None) => quote = Some(letter),
            (_, Some(open)) if letter == open => quote = None,
            ('\\', None | Some('"')) => word.push(letters.next()?),
            (' ' | '\t' | '\n', None) => return None,
            _ => word.push(letter),
        }
    }
    Some(word)
}
