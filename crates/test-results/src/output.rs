//! The text that runners print, as it comes: line by line, each line shown to the reader of each runner.
//!
//! Which runner it is shows in the text: a reader reports nothing until it has seen a line that its runner alone prints, mostly
//! the summary at its end. What a test prints itself may look like that; a reader that is in doubt reports nothing.

mod cargo;
mod ctest;
mod dotnet;
mod failure;
mod go;
mod go_json;
mod javascript;
mod jest;
mod mocha;
mod nextest;
mod node;
mod panic;
mod phpunit;
mod pytest;
mod rspec;
mod tap;
mod unittest;
mod vitest;

use std::path::Path;

use crate::report::{Found, Report};
use crate::text::without_colors;

/// The most bytes of a line that are read.
const LONGEST: usize = 8 << 10;

/// Reads the lines of one runner.
trait LineReader: Send {
    /// Reads a line without its end and without colors.
    fn read(&mut self, line: &str);

    /// Returns what the runner said; nothing worth keeping when it did not run.
    fn finish(self: Box<Self>, folder: &Path) -> Found;
}

/// Reads what a check prints, as it comes.
pub struct OutputReader {
    folder: std::path::PathBuf,
    /// Of standard output and of standard error: what has no end yet.
    lines: [Vec<u8>; 2],
    readers: Vec<Box<dyn LineReader>>,
}

impl OutputReader {
    /// Returns a reader. `folder` is where the check runs: paths are relative to it.
    pub fn new(folder: &Path) -> OutputReader {
        let readers: Vec<Box<dyn LineReader>> = vec![
            Box::<pytest::Pytest>::default(),
            Box::<cargo::Cargo>::default(),
            Box::<tap::Tap>::default(),
            Box::<node::Spec>::default(),
            Box::<unittest::Unittest>::default(),
            Box::<go::Go>::default(),
            Box::<go_json::Events>::default(),
            Box::<mocha::Mocha>::default(),
            Box::<jest::Jest>::default(),
            Box::<vitest::Vitest>::default(),
            Box::<nextest::Nextest>::default(),
            Box::<rspec::Rspec>::default(),
            Box::<phpunit::Phpunit>::default(),
            Box::<ctest::Ctest>::default(),
            Box::<dotnet::Dotnet>::default(),
        ];
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        OutputReader { folder, lines: Default::default(), readers }
    }

    /// Reads the next bytes, of standard output or of both streams.
    pub fn read(&mut self, bytes: &[u8]) {
        self.read_of(0, bytes);
    }

    /// Reads the next bytes of standard error, whose lines do not tear those of standard output apart.
    pub fn read_error(&mut self, bytes: &[u8]) {
        self.read_of(1, bytes);
    }

    fn read_of(&mut self, stream: usize, mut bytes: &[u8]) {
        if !self.lines[stream].is_empty() {
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let (begun, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
            self.keep(stream, begun);
            bytes = rest;
            if end.is_none() {
                return;
            }
            let line = std::mem::take(&mut self.lines[stream]);
            self.read_line(&line);
        }
        // What comes in whole lines is not copied: some programs print gigabytes.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        bytes[..whole].split_inclusive(|byte| *byte == b'\n').for_each(|line| self.read_line(line));
        self.keep(stream, &bytes[whole..]);
    }

    fn keep(&mut self, stream: usize, part: &[u8]) {
        // An end of a line is kept whatever there is before it.
        let room = LONGEST.saturating_sub(self.lines[stream].len());
        self.lines[stream].extend(&part[..part.len().min(room)]);
    }

    fn read_line(&mut self, line: &[u8]) {
        let line = &line[..line.len().min(LONGEST)];
        let text = String::from_utf8_lossy(line);
        let plain;
        let text: &str = if line.contains(&0x1b) {
            plain = without_colors(&text);
            &plain
        } else {
            &text
        };
        // A carriage return begins the line again: what was there before is gone from a terminal.
        let text = text.trim_end();
        let text = text.rsplit_once('\r').map_or(text, |(_, last)| last);
        self.readers.iter_mut().for_each(|reader| reader.read(text));
    }

    /// Returns what the runners said.
    pub fn finish(mut self) -> Report {
        // The last line may have no end.
        for line in std::mem::take(&mut self.lines) {
            if !line.is_empty() {
                self.read_line(&line);
            }
        }
        let folder = &self.folder;
        Report::of(self.readers.into_iter().map(|reader| reader.finish(folder)).filter(|found| !found.is_empty()))
    }
}

/// Returns the first number of a text, and what is behind it.
fn number(text: &str) -> Option<(u64, &str)> {
    let text = text.trim_start();
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

/// Returns the numbers of a summary, each with the word behind it: `8 failed, 4 passed in 0.14s`.
fn numbers(text: &str) -> impl Iterator<Item = (u64, &str)> {
    text.split([',', ';', '|']).filter_map(|part| {
        let (count, rest) = number(part)?;
        Some((count, rest.split_whitespace().next()?))
    })
}
