//! The texts of lines, each made once.

use std::collections::HashMap;

use super::Content;
use crate::compare::edits::Lines;
use crate::compare::marks::{Marks, marks};
use crate::render::text::visible;

/// A longer line is cut: it is data, which no person reads.
const LINE: usize = 2_000;

/// The texts of the lines that are shown.
#[derive(Default)]
pub struct Texts<'s> {
    /// The lines of all versions.
    pub source: Lines<'s>,
    /// Every line of every version ends with CR LF, so that nothing is said of it.
    crlf: bool,
    /// Those that are shown.
    pub lines: Vec<String>,
    positions: HashMap<u32, u32>,
    marked: HashMap<(u32, u32), (Marks, Marks)>,
}

impl<'s> Texts<'s> {
    /// None yet.
    pub fn new(crlf: bool) -> Texts<'s> {
        Texts { crlf, ..Texts::default() }
    }

    /// The lines of a version; of what is no text, none.
    pub fn read(&mut self, version: &'s Content) -> Vec<u32> {
        if version.is_text() { self.source.read(&version.bytes) } else { Vec::new() }
    }

    /// The place of a line among those that are shown.
    pub fn place(&mut self, number: u32) -> u32 {
        *self.positions.entry(number).or_insert_with(|| {
            self.lines.push(shown(self.source.line(number), self.crlf));
            self.lines.len() as u32 - 1
        })
    }

    /// What differs in two lines that stand in each other's place.
    pub fn marks(&mut self, old: u32, new: u32) -> (Marks, Marks) {
        if let Some(known) = self.marked.get(&(old, new)) {
            return known.clone();
        }
        let (a, b) = (self.place(old) as usize, self.place(new) as usize);
        let found = marks(&self.lines[a], &self.lines[b]);
        self.marked.insert((old, new), found.clone());
        found
    }
}

/// A line as text: what is no text in it as U+FFFD, without its line end, but with whatever is odd about that.
fn shown(line: &[u8], crlf: bool) -> String {
    let (line, end) = match line.strip_suffix(b"\n") {
        Some(line) => (line.strip_suffix(b"\r").filter(|_| crlf).unwrap_or(line), ""),
        None => (line, " ⟨no line end at the end of the file⟩"),
    };
    let cut = line.len().min(LINE);
    let mut text = visible(&String::from_utf8_lossy(&line[..cut])).into_owned();
    if cut < line.len() {
        text += &format!("… ⟨{} more bytes⟩", line.len() - cut);
    }
    text + end
}
