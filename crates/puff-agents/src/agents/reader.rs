//! What a session's output says about it, picked up as it comes.
//!
//! A session may print a hundred megabytes a second. So nothing is kept but the line that is not whole yet; a line is
//! looked at only when it begins an object of JSON or holds one of a few literals, and one that is too long is passed
//! over.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};
use serde_json::Value;

use super::checks::{self, Check};
use super::events::{Dialect, Event, Milestone, Ran};
use super::text::{self, TextEvent};

/// The longest line that is looked at: what a command printed comes in one line of JSON.
const LONGEST: usize = 256 * 1024;
/// How much of a line of text for people is looked at, from its end: programs that draw on the screen end no lines.
const LONGEST_TEXT: usize = 2048;
/// How every line of JSON that matters begins.
const OBJECT: &[u8] = b"{\"type\":";
/// How far into a line it may: what goes before has no end of line of its own, such as colours.
const BEFORE_OBJECT: usize = 64;
/// How many checks are remembered, the newest of them.
const CHECKS: usize = 32;
/// How much of what a command printed is looked at, from its end.
const PRINTED: usize = 16 * 1024;
/// How much of a message is kept.
const MESSAGE: usize = 64 * 1024;

/// What is in every line that may say something: in a session that speaks JSON, and in any other. Most output is passed
/// over by looking for these alone.
static MARKERS: LazyLock<(Regex, Regex)> = LazyLock::new(|| {
    let object = regex::escape(&String::from_utf8_lossy(OBJECT));
    let text: Vec<_> = text::MARKERS.iter().map(|marker| regex::escape(marker)).collect();
    let build = |form: &str| RegexBuilder::new(form).unicode(false).build().expect("literals are regular expressions");
    (build(&object), build(&format!("{object}|{}", text.join("|"))))
});

/// Reads the output of one session.
#[derive(Debug, Default)]
pub struct Reader {
    line: Vec<u8>,
    /// The rest of the line is not looked at.
    skipping: bool,
    dialect: Option<Dialect>,
    agent_session: Option<String>,
    message: Option<String>,
    /// The message is made of parts, and more may come.
    open_message: bool,
    tokens: Option<u64>,
    tokens_next: bool,
    running: HashMap<String, String>,
    ran: Vec<Ran>,
    checks: Vec<(String, String)>,
    checks_said: Vec<String>,
    steps: Vec<String>,
    milestones: Vec<Milestone>,
    tests_pass: bool,
    rate_limited: Option<String>,
}

impl Reader {
    /// Returns a reader of a session that has printed nothing yet.
    pub fn new() -> Reader {
        Reader::default()
    }

    /// Takes what was printed next.
    pub fn feed(&mut self, bytes: &[u8]) {
        let Some(first) = bytes.iter().position(|byte| *byte == b'\n') else { return self.keep(bytes) };
        let (head, rest) = bytes.split_at(first + 1);
        if std::mem::take(&mut self.skipping) {
            self.line = Vec::new();
        } else {
            let mut whole = std::mem::take(&mut self.line);
            whole.extend_from_slice(&head[..first]);
            self.read(&whole);
            whole.clear();
            self.line = whole;
        }
        let whole = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        self.lines(&rest[..whole]);
        self.keep(&rest[whole..]);
    }

    /// Reads those of these whole lines that may say something.
    fn lines(&mut self, mut lines: &[u8]) {
        while !lines.is_empty() {
            let at = if self.tokens_next {
                0
            } else {
                let markers = if self.dialect.is_some() { &MARKERS.0 } else { &MARKERS.1 };
                let Some(found) = markers.find(lines) else { return };
                lines[..found.start()].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
            };
            let line = &lines[at..];
            let end = line.iter().position(|byte| *byte == b'\n').unwrap_or(line.len());
            self.read(&line[..end]);
            lines = &line[(end + 1).min(line.len())..];
        }
    }

    /// Keeps the beginning of a line.
    fn keep(&mut self, bytes: &[u8]) {
        self.skipping |= self.line.len() + bytes.len() > LONGEST;
        if self.skipping {
            self.line = Vec::new();
        } else {
            self.line.extend_from_slice(bytes);
        }
    }

    /// Returns the agent whose output this is, where it is one that is known by its lines of JSON.
    pub fn agent(&self) -> Option<&'static str> {
        self.dialect.map(Dialect::as_str)
    }

    /// Returns the agent's own name for the session.
    pub fn agent_session(&self) -> Option<&str> {
        self.agent_session.as_deref()
    }

    /// Returns what the agent said last.
    pub fn last_message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// Returns the tokens that it has used: those that it read anew, and those that it wrote.
    pub fn tokens(&self) -> Option<u64> {
        self.tokens
    }

    /// Returns the checks that it ran, each with how it last ended: `cargo test: passed`.
    pub fn checks(&self) -> &[String] {
        &self.checks_said
    }

    /// Returns what its service said when it took no more; none once it goes on.
    pub fn rate_limited(&self) -> Option<&str> {
        self.rate_limited.as_deref()
    }

    /// Returns what happened since this was last asked.
    pub fn take_milestones(&mut self) -> Vec<Milestone> {
        std::mem::take(&mut self.milestones)
    }

    /// Returns the commands that ended since this was last asked.
    pub fn take_commands(&mut self) -> Vec<Ran> {
        std::mem::take(&mut self.ran)
    }

    fn read(&mut self, line: &[u8]) {
        if std::mem::take(&mut self.tokens_next) {
            self.tokens = text::number_of(line).or(self.tokens);
        }
        // The first letter may be anywhere behind colours, but mostly there is none.
        let head = &line[..line.len().min(BEFORE_OBJECT + OBJECT.len())];
        let object = head.iter().position(|byte| *byte == b'{').filter(|at| line[*at..].starts_with(OBJECT));
        match object {
            Some(at) if line.len() <= LONGEST => {
                if let Ok(value) = serde_json::from_slice(line[at..].trim_ascii_end()) {
                    self.object(&value);
                }
            }
            // In a session that speaks JSON, other text is not the agent's.
            None if self.dialect.is_none() => match text::read(&line[line.len().saturating_sub(LONGEST_TEXT)..]) {
                Some(TextEvent::Event(event)) => self.take(event),
                Some(TextEvent::Header(id)) => self.agent_session = self.agent_session.take().or(Some(id)),
                Some(TextEvent::TokensNext) => self.tokens_next = true,
                Some(TextEvent::Milestone(Milestone::TestsPass(_))) if self.tests_pass => {}
                Some(TextEvent::Milestone(milestone)) => {
                    self.tests_pass |= matches!(milestone, Milestone::TestsPass(_));
                    self.milestones.push(milestone);
                }
                None => {}
            },
            _ => {}
        }
    }

    /// The first that introduces itself is the agent; what others say, it only passes on.
    fn object(&mut self, value: &Value) {
        let dialect = self.dialect.or_else(|| Dialect::of(value));
        self.dialect = dialect;
        for event in dialect.map(|dialect| dialect.read(value)).unwrap_or_default() {
            self.take(event);
        }
    }

    fn take(&mut self, event: Event) {
        let goes_on =
            !matches!(event, Event::Session(_) | Event::RateLimited(_) | Event::TokensInAll(_) | Event::Tokens(_));
        if goes_on {
            self.rate_limited = None;
        }
        let part = matches!(event, Event::Part(_));
        match event {
            Event::Session(id) => self.agent_session = Some(id),
            Event::Message(said) if said.trim().is_empty() => {}
            Event::Message(said) => self.message = Some(cut(said)),
            Event::Part(said) => {
                let before = self.message.take().filter(|_| self.open_message).unwrap_or_default();
                self.message = Some(cut(before + &said));
            }
            Event::TokensInAll(tokens) => self.tokens = Some(tokens),
            Event::Tokens(tokens) => self.tokens = Some(self.tokens.unwrap_or(0) + tokens),
            Event::Started(id, line) => {
                self.running.insert(id, line);
            }
            Event::Ended(id, exit, printed) => {
                if let Some(line) = self.running.remove(&id) {
                    self.ran(Ran::new(line, exit, &printed), &printed);
                }
            }
            Event::Ran(ran, printed) => self.ran(ran, &printed),
            Event::Steps(done) => {
                let new = done.iter().filter(|step| !self.steps.contains(step)).cloned();
                self.milestones.extend(new.map(Milestone::Step));
                self.steps = done;
            }
            Event::RateLimited(said) => self.rate_limited = Some(said),
        }
        self.open_message = part;
    }

    fn ran(&mut self, ran: Ran, printed: &str) {
        let cut = (printed.len().saturating_sub(PRINTED)..=printed.len()).find(|at| printed.is_char_boundary(*at));
        let printed = &printed[cut.unwrap_or(0)..];
        let check = checks::check(&ran.line);
        if let Some(check) = check {
            let passed = checks::tests_passed(&ran.line, ran.exit, printed);
            if check == Check::Test {
                let now = passed == Some(true);
                if now && !self.tests_pass {
                    self.milestones.push(Milestone::TestsPass(ran.line.clone()));
                }
                self.tests_pass = now;
            }
            self.checked(&ran, passed.filter(|_| check == Check::Test));
        }
        if ran.line.contains("git") && ran.line.contains("commit") {
            let made = printed.lines().find_map(|line| match text::read(line.as_bytes()) {
                Some(TextEvent::Milestone(commit @ Milestone::Commit(_))) => Some(commit),
                _ => None,
            });
            self.milestones.extend(made);
        }
        self.ran.push(ran);
    }

    fn checked(&mut self, ran: &Ran, passed: Option<bool>) {
        let ended = match (passed, ran.exit) {
            (Some(true), _) | (None, Some(0)) => "passed".to_owned(),
            (_, Some(code)) if code != 0 => format!("exit {code}"),
            (Some(false), _) => "failed".to_owned(),
            (None, _) => "ended".to_owned(),
        };
        let line = puff_system::text::first_line(&ran.line, 120);
        self.checks.retain(|(known, _)| *known != line);
        self.checks.push((line, ended));
        if self.checks.len() > CHECKS {
            self.checks.remove(0);
        }
        self.checks_said = self.checks.iter().map(|(line, ended)| format!("{line}: {ended}")).collect();
    }
}

/// Returns the end of a message that is too long, which has what came of it.
fn cut(mut message: String) -> String {
    if message.len() > MESSAGE {
        let at = (message.len() - MESSAGE..message.len()).find(|at| message.is_char_boundary(*at));
        message.drain(..at.unwrap_or(0));
    }
    message
}

#[cfg(test)]
mod tests;
