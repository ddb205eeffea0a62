//! What a session does over and over.
//!
//! An agent loops in one of three ways, and each has its number:
//!
//! - It **prints** the same: one line 200 times, or up to 12 lines 20 times, for two minutes at least. Times and ids in a line
//!   make no difference; figures do, since what counts is progress.
//! - It **runs** the same: one command made 6 of the last 12, and each time ended and printed the same.
//! - It **shows** the same: up to 4 screens, each of them still for a while, 6 times.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use super::cycle::{Cycle, Round};
use crate::agents::Ran;
use crate::fold::{fingerprint, fold};
use puff_system::text::first_line;

const SAME_LINE: usize = 200;
const SAME_LINES: usize = 20;
const LASTED: Duration = Duration::from_secs(120);
const COMMANDS: usize = 12;
const SAME_COMMAND: usize = 6;
const SCREENS: usize = 4;
const SAME_SCREENS: usize = 6;
/// How much of a line is kept: what matters of a longer one is at its beginning.
const LINE: usize = 1024;
/// How many bytes of a second are looked at. More than that is read by no person, and must not cost more.
const BUDGET: usize = 512 * 1024;

/// Something that is done over and over, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repetition {
    what: String,
}

impl fmt::Display for Repetition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// Looks for what is done over and over.
#[derive(Debug, Default)]
pub struct Repeats {
    line: Vec<u8>,
    /// The second, and how much of its output was looked at.
    second: (u64, usize),
    lines: Cycle,
    /// A line of the circle, to show.
    newest: Vec<u8>,
    commands: VecDeque<Ran>,
    screens: Cycle,
    shown: String,
}

impl Repeats {
    /// Creates the counters of a session that has done nothing yet.
    pub fn new() -> Repeats {
        Repeats::default()
    }

    /// Takes what was printed next, and how long the session runs by now.
    pub fn output(&mut self, mut bytes: &[u8], at: Duration) {
        if self.second.0 != at.as_secs() {
            self.second = (at.as_secs(), 0);
        }
        bytes = &bytes[..bytes.len().min(BUDGET - self.second.1)];
        self.second.1 += bytes.len();
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.keep(&bytes[..end]);
            bytes = &bytes[end + 1..];
            let mut line = std::mem::take(&mut self.line);
            // What a carriage return has overwritten was never meant to stay: a progress bar.
            let visible = line.trim_ascii_end().rsplit(|byte| *byte == b'\r').next().unwrap_or_default();
            if let Some(folded) = fold(visible) {
                self.lines.push(folded, at);
                self.newest.clear();
                self.newest.extend_from_slice(visible);
            }
            line.clear();
            self.line = line;
        }
        self.keep(bytes);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LINE.saturating_sub(self.line.len());
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Takes a command that has ended.
    pub fn command(&mut self, ran: &Ran) {
        self.commands.push_back(ran.clone());
        if self.commands.len() > COMMANDS {
            self.commands.pop_front();
        }
    }

    /// Takes a screen that has been still for some seconds: once, not again while it stays.
    pub fn screen(&mut self, lines: &[String], at: Duration) {
        let text = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect::<Vec<_>>();
        if let Some(last) = text.last() {
            self.screens.push(fingerprint(&text), at);
            self.shown = first_line(last, 80);
        }
    }

    /// Returns what it does over and over by now.
    pub fn found(&self) -> Option<Repetition> {
        self.same_command().or_else(|| self.same_lines()).or_else(|| self.same_screens())
    }

    fn same_command(&self) -> Option<Repetition> {
        let newest = self.commands.back()?;
        let times = self.commands.iter().filter(|ran| *ran == newest).count();
        (times >= SAME_COMMAND).then(|| {
            let ended = newest.exit.map_or_else(|| "alike".to_owned(), |code| format!("with exit {code}"));
            let (line, of) = (first_line(&newest.line, 80), self.commands.len());
            Repetition { what: format!("ran '{line}' {times} times among its last {of} commands, each ending {ended}") }
        })
    }

    fn same_lines(&self) -> Option<Repetition> {
        let enough = |round: &Round| {
            let times = if round.length == 1 { SAME_LINE } else { SAME_LINES };
            round.times >= times && round.lasted >= LASTED
        };
        self.lines.round(enough).map(|round| {
            let what = if round.length == 1 { "line".to_owned() } else { format!("{} lines", round.length) };
            let shown = first_line(&String::from_utf8_lossy(&self.newest), 80);
            Repetition { what: format!("printed the same {what} {} times, such as '{shown}'", round.times) }
        })
    }

    fn same_screens(&self) -> Option<Repetition> {
        let enough = |round: &Round| round.length > 1 && round.length <= SCREENS && round.times >= SAME_SCREENS;
        self.screens.round(enough).map(|round| {
            let Round { length, times, .. } = round;
            Repetition { what: format!("showed the same {length} screens {times} times, such as '{}'", self.shown) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// What is found when each of these is printed, one a second.
    fn printed(lines: impl Iterator<Item = String>) -> Option<String> {
        let mut repeats = Repeats::new();
        for (second, line) in lines.enumerate() {
            repeats.output(format!("{line}\r\n").as_bytes(), SECOND * u32::try_from(second).unwrap());
        }
        repeats.found().map(|found| found.to_string())
    }

    fn ran(line: &str, exit: i32, printed: u64) -> Ran {
        Ran { line: line.to_owned(), exit: Some(exit), printed }
    }

    #[test]
    fn the_same_line_for_minutes_is_a_loop() {
        let line = |n: u32| format!("14:{:02}:{:02} waiting for the lock", n / 60, n % 60);
        let found = printed((0..300).map(line)).unwrap();
        assert_eq!(found, "printed the same line 300 times, such as '14:04:59 waiting for the lock'");
        assert_eq!(printed((0..150).map(line)), None);
    }

    #[test]
    fn the_same_lines_in_turn_for_minutes_are_a_loop() {
        let lines = ["Let me run the tests.", "1 failed in 0.2s", "Let me fix it."];
        let cycle = |n: usize| lines[n % 3].to_owned();
        let found = printed((0..150).map(cycle)).unwrap();
        assert!(found.starts_with("printed the same 3 lines 50 times"), "{found}");
        // What follows ends it.
        assert_eq!(printed((0..150).map(cycle).chain(["Done.".to_owned()])), None);
        // All at once it is what one test has printed for each of its cases.
        let mut repeats = Repeats::new();
        (0..150).for_each(|n| repeats.output(format!("{}\n", cycle(n)).as_bytes(), SECOND));
        assert_eq!(repeats.found(), None);
    }

    #[test]
    fn progress_is_none() {
        let names = [
            "serde", "regex", "syn", "quote", "libc", "memchr", "tokio", "clap", "bytes", "time", "url", "rand", "log",
        ];
        assert_eq!(printed((0..600).map(|n| format!("   Compiling {}-{n} v1.0.{n}", names[n % 13]))), None);
        assert_eq!(printed((0..600).map(|n| format!("[{n}/600] Building CXX object"))), None);
        assert_eq!(printed((0..600).map(|n| format!("Epoch {n}, loss 0.{}", 1000 - n))), None);
        assert_eq!(printed((0..600).map(|n| format!("test parser::case_{n:03} ... ok"))), None);
        assert_eq!(printed((0..600).map(|_| "........................".to_owned())), None);
        let bar = |n: usize| format!("\r{:3}% [{}>{}]", n / 6, "=".repeat(n / 12), " ".repeat(50 - n / 12));
        assert_eq!(printed((0..600).map(bar)), None);
        let log = |n: usize| format!("{} bytes received\r{n}.4 MiB\r", n * 1000);
        assert_eq!(printed((0..600).map(log)), None);
    }

    #[test]
    fn output_without_line_ends_costs_no_memory() {
        let mut repeats = Repeats::new();
        (0..100).for_each(|n| repeats.output(&[b'x'; 4096], SECOND * n));
        assert!(repeats.line.capacity() <= 4 * LINE);
    }

    #[test]
    fn the_same_command_with_the_same_outcome_is_a_loop() {
        let mut repeats = Repeats::new();
        for n in 0..6 {
            assert_eq!(repeats.found(), None);
            repeats.command(&ran("sed -n 1,20p x", 0, n));
            repeats.command(&ran("cargo test", 101, 7));
        }
        let found = repeats.found().unwrap().to_string();
        assert_eq!(found, "ran 'cargo test' 6 times among its last 12 commands, each ending with exit 101");
        repeats.command(&ran("git diff", 0, 1));
        assert_eq!(repeats.found(), None);
    }

    #[test]
    fn tests_that_end_differently_are_none() {
        let mut repeats = Repeats::new();
        (0..12).for_each(|n| repeats.command(&ran("cargo test", 101, n)));
        assert_eq!(repeats.found(), None);
    }

    #[test]
    fn the_same_screens_in_turn_are_a_loop() {
        let mut repeats = Repeats::new();
        for n in 0..6 {
            assert_eq!(repeats.found(), None);
            repeats.screen(&["Pick a model".to_owned(), "> 1. small".to_owned()], SECOND * n);
            repeats.screen(&["Model not found".to_owned()], SECOND * n);
        }
        let found = repeats.found().unwrap().to_string();
        assert_eq!(found, "showed the same 2 screens 6 times, such as 'Model not found'");
    }
}
