//! What a test of Rust prints when it fails.

use crate::actual;
use crate::text::{self, add_line, value};

/// A failure as it is read: what was printed, and after a panic that alone.
#[derive(Default)]
pub(super) struct Panic {
    pub message: String,
    /// Where it panicked.
    pub place: Option<(String, u64)>,
    in_backtrace: bool,
}

impl Panic {
    /// Adds a line.
    pub fn add(&mut self, line: &str) {
        let begins = line.starts_with("thread '");
        if line == "stack backtrace:" {
            self.in_backtrace = true;
        } else if line.starts_with("note: ") {
            self.in_backtrace = false;
            let is_advice =
                line.starts_with("note: Some details") || line.starts_with("note: run with `RUST_BACKTRACE");
            if !is_advice {
                add_line(&mut self.message, line);
            }
        } else if !self.in_backtrace || begins {
            self.in_backtrace = false;
            let panicked = begins.then(|| line.split_once("' panicked at ").or(line.split_once(") panicked at ")));
            if let Some((_, place)) = panicked.flatten() {
                // What the test printed before says less.
                self.message.clear();
                let place = place.rsplit_once(", ").map_or(place, |(_, place)| place).trim_end_matches(':');
                self.place = text::place(place).map(|(path, line)| (path.to_owned(), line));
            }
            add_line(&mut self.message, line);
        }
    }

    /// Returns the value that the test got; of a panic of the code itself, its words.
    pub fn actual(&self) -> Option<String> {
        let mut lines = self.message.lines();
        let words = lines.find(|line| line.starts_with("thread '")).and_then(|_| lines.next());
        let words = words.filter(|words| !words.starts_with("assertion"));
        actual::of(&self.message).or_else(|| value(&format!("panicked: {}", words?)))
    }
}
