//! What a session is doing, by what can be seen of it: its screen, its output, its processor time.
//!
//! Pure: who looks at the session hands in the [`Evidence`], and gets a [`Diagnosis`] in words, with the command that
//! gets a person on. What programs look like that wait for a person is data, in `rules.json`, with recorded screens of
//! the real programs beside it.

mod cycle;
mod pattern;
mod repeats;
mod rules;

use std::time::Duration;

pub use pattern::Pattern;
pub use repeats::{Repeats, Repetition};
use serde::Deserialize;
use strum::IntoStaticStr;

use self::rules::RULES;
use crate::fold::fingerprint;
use crate::state::SessionState;
use puff_system::span::Span;
use puff_system::text::first_line;

/// Bytes a second from which on a transfer counts: less is what connections cost that are only kept alive.
const MOVES: u64 = 1024;

/// What can be seen of a session.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// How long ago it printed something; none when it never did.
    pub quiet: Option<Duration>,
    /// How long it runs.
    pub running: Duration,
    /// How long ago its processes used the processor.
    pub idle: Duration,
    /// The bytes a second that its processes read and write, where that is known.
    pub moving: Option<u64>,
    /// The lines that a person would see.
    pub screen: &'a [String],
    /// How long these lines have not changed.
    pub still: Duration,
    /// What it does over and over.
    pub repeats: Option<&'a Repetition>,
    /// What its service said when it took no more.
    pub rate_limited: Option<&'a str>,
}

/// When to call it what: `puff.stuck.after` and `puff.stuck.poke`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// After this long it is silent.
    pub after: Duration,
    /// After this long it is hung.
    pub poke: Duration,
}

/// What a program waits for, by its name in `rules.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum QuestionKind {
    /// To be allowed to do something.
    Approval,
    /// Yes or no.
    YesNo,
    /// A choice of several.
    Selection,
    /// A password, or a user's name.
    Password,
    /// Whether the folder is trusted.
    Trust,
    /// A login.
    Login,
    /// Some text.
    Text,
    /// More to do: it is done.
    Instruction,
    /// The end of reading, in a pager.
    Pager,
    /// The end of editing, in an editor.
    Editor,
}

/// What it is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// In a word.
    pub state: SessionState,
    /// What it waits for.
    pub kind: Option<QuestionKind>,
    /// The evidence, in words.
    pub why: String,
    /// The command that gets a person on.
    pub next: Option<String>,
    /// What is asked, with its choices: the screen from the question on. Only when it waits.
    pub asked: Option<String>,
    /// What tells this screen from others, when it waits.
    pub screen: Option<u64>,
}

/// Says what a session is doing, the one named `id`. The first that is true counts: looping, waiting, rate-limited,
/// working, downloading, hung, silent.
pub fn diagnose(evidence: &Evidence, limits: &Limits, id: &str) -> Diagnosis {
    let command = |words: &str| Some(format!("git puff session {}", words.replacen("ID", id, 1)));
    let plain = |state, why, next| Diagnosis { state, kind: None, why, next, asked: None, screen: None };
    if let Some(repetition) = evidence.repeats {
        return plain(SessionState::Looping, repetition.to_string(), command("log ID --screen"));
    }
    let seen = ScreenText::of(evidence.screen);
    let busy = evidence.moving.is_some_and(|bytes| bytes >= MOVES);
    for rule in RULES.iter().filter(|rule| rule.still <= evidence.still && !(rule.unsure && busy)) {
        if rule.unsure && evidence.idle < rule.still {
            continue;
        }
        let Some((question, asked)) = rule.question(&seen) else { continue };
        let question = first_line(&question, 120);
        let why = if question.is_empty() { rule.words.clone() } else { format!("{}: '{question}'", rule.words) };
        let waits = rule.state == SessionState::Waiting;
        let (asked, screen) = (waits.then_some(asked), waits.then(|| fingerprint(&seen.lines)));
        let next = rule.next.as_deref().and_then(command);
        return Diagnosis { state: rule.state, kind: rule.kind, why, next, asked, screen };
    }
    if let Some(said) = evidence.rate_limited {
        let why = format!("its service takes no more for now: '{}'", first_line(said, 120));
        return plain(SessionState::RateLimited, why, None);
    }
    let quiet = evidence.quiet.unwrap_or(evidence.running);
    let silence = match evidence.quiet {
        Some(quiet) => format!("nothing printed for {}", words(quiet)),
        None => format!("nothing printed in {}", words(evidence.running)),
    };
    if quiet < limits.after {
        let why = match evidence.quiet {
            Some(quiet) => format!("printed something {} ago", words(quiet)),
            None => format!("started {} ago", words(evidence.running)),
        };
        return plain(SessionState::Working, why, None);
    }
    if evidence.idle < limits.after {
        let why = format!("{silence}, but it used the processor {} ago", words(evidence.idle));
        return plain(SessionState::Working, why, None);
    }
    if let Some(bytes) = evidence.moving.filter(|bytes| *bytes >= MOVES) {
        let why = format!("{silence}, but {} KiB a second move: it is worth waiting", bytes / 1024);
        return plain(SessionState::Downloading, why, None);
    }
    let why = format!("{silence}, and no processor time used for {}", words(evidence.idle));
    if quiet >= limits.poke && evidence.idle >= limits.poke {
        return plain(SessionState::Hung, why, command("poke ID"));
    }
    plain(SessionState::Silent, why, command("log ID --screen"))
}

/// Returns a length of time as people read it.
fn words(duration: Duration) -> String {
    Span(duration.as_secs()).to_string()
}

/// The screen as the rules look at it: lines with something in them, without the frames around them.
#[derive(Clone, Debug)]
struct ScreenText {
    lines: Vec<String>,
}

impl ScreenText {
    /// Builds the text of a screen from its lines.
    fn of(screen: &[String]) -> ScreenText {
        let frame = |c: char| c.is_whitespace() || ('\u{2500}'..='\u{259f}').contains(&c);
        let lines = screen.iter().map(|line| line.trim_matches(frame)).filter(|line| !line.is_empty());
        ScreenText { lines: lines.map(str::to_owned).collect() }
    }

    /// Returns the last of them.
    fn tail(&self, count: usize) -> String {
        self.lines[self.lines.len().saturating_sub(count)..].join("\n")
    }
}

#[cfg(test)]
mod tests;
