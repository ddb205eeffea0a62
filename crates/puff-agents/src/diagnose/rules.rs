//! What programs look like that wait for a person: `rules.json`, read once.
//!
//! A rule names what has to be among the last lines of the screen (`all`), on its very last line (`last`), and what
//! must not be there (`none`). The first rule that matches counts. The question is the group of the first pattern.

use std::sync::LazyLock;
use std::time::Duration;

use serde::Deserialize;

use super::{Pattern, QuestionKind, ScreenText};
use crate::state::SessionState;

/// A rule as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// For the reader of the rules: which program and what it asks.
    #[allow(dead_code)]
    name: String,
    /// What it waits for; a rule without is one about a limit.
    kind: Option<QuestionKind>,
    #[serde(default)]
    all: Vec<String>,
    last: Option<String>,
    #[serde(default)]
    none: Vec<String>,
    /// How many of the last lines are looked at.
    #[serde(default = "usual_lines")]
    lines: usize,
    /// How long the screen has to be still, in seconds.
    #[serde(default = "usual_still")]
    still: u64,
    /// Many a program looks like this that only is running: it must use no processor time and move no bytes.
    #[serde(default)]
    unsure: bool,
    /// The command of `git puff session` that answers it, where it is another than its kind's.
    next: Option<String>,
}

fn usual_lines() -> usize {
    16
}

fn usual_still() -> u64 {
    1
}

impl QuestionKind {
    /// Returns what a program does that waits for it, in words; and the command of `git puff session` that answers it.
    /// Passwords are typed into the terminal, not into a command.
    fn words_and_answer(self) -> (&'static str, &'static str) {
        match self {
            QuestionKind::Approval => ("asks for approval", "attach ID"),
            QuestionKind::YesNo => ("asks for yes or no", "send ID y"),
            QuestionKind::Selection => ("asks to choose", "attach ID"),
            QuestionKind::Password => ("asks for a password or a name", "attach ID"),
            QuestionKind::Trust => ("asks whether to trust", "poke ID"),
            QuestionKind::Login => ("asks for a login", "attach ID"),
            QuestionKind::Text => ("asks for something", "send ID TEXT"),
            QuestionKind::Instruction => ("is done, and can be told more", "send ID TEXT"),
            QuestionKind::Pager => ("shows a text in a pager", "send ID q --no-enter"),
            QuestionKind::Editor => ("shows a text in an editor", "attach ID"),
        }
    }
}

/// A rule, ready for use.
pub(super) struct Rule {
    pub state: SessionState,
    pub kind: Option<QuestionKind>,
    pub words: String,
    pub next: Option<String>,
    pub still: Duration,
    pub unsure: bool,
    lines: usize,
    all: Vec<Pattern>,
    last: Option<Pattern>,
    none: Vec<Pattern>,
}

pub(super) static RULES: LazyLock<Vec<Rule>> =
    LazyLock::new(|| read(include_str!("rules.json")).expect("the rules that come along can be read"));

fn read(json: &str) -> Result<Vec<Rule>, String> {
    let written: Vec<Written> = serde_json::from_str(json).map_err(|error| error.to_string())?;
    written.into_iter().map(Rule::new).collect()
}

impl Rule {
    fn new(written: Written) -> Result<Rule, String> {
        let pattern = |text: &String| Pattern::parse(text, false).map_err(|why| format!("{}: {why}", written.name));
        let (state, words, usual) = match written.kind.map(QuestionKind::words_and_answer) {
            Some((words, next)) => (SessionState::Waiting, words, Some(next.to_owned())),
            None => (SessionState::RateLimited, "its service takes no more for now", None),
        };
        Ok(Rule {
            state,
            words: words.to_owned(),
            next: written.next.clone().or(usual),
            still: Duration::from_secs(written.still),
            unsure: written.unsure,
            lines: written.lines,
            all: written.all.iter().map(pattern).collect::<Result<_, _>>()?,
            last: written.last.as_ref().map(pattern).transpose()?,
            none: written.none.iter().map(pattern).collect::<Result<_, _>>()?,
            kind: written.kind,
        })
    }

    /// Returns what is asked, when the screen is one of this rule; and all from there to the end of the screen.
    pub fn question(&self, seen: &ScreenText) -> Option<(String, String)> {
        let last = seen.tail(1);
        if self.last.as_ref().is_some_and(|pattern| !pattern.is_in(&last)) {
            return None;
        }
        let tail = seen.tail(self.lines);
        if !self.all.iter().all(|pattern| pattern.is_in(&tail)) || self.none.iter().any(|pattern| pattern.is_in(&tail))
        {
            return None;
        }
        let (text, pattern) = match (self.all.first(), &self.last) {
            (Some(first), _) => (tail, first),
            (None, Some(pattern)) => (last, pattern),
            (None, None) => return None,
        };
        let found = pattern.last_in(&text)?;
        let line = text[..found.start].rfind('\n').map_or(0, |at| at + 1);
        Some((text[found].to_owned(), text[line..].to_owned()))
    }
}
