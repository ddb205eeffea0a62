//! How many tests a check ran, by TAP or the words of Rust's test runner in what it printed.

use crate::model::Counts;

/// The most bytes of a line that are read.
const LONGEST: usize = 4096;

/// Reads what a check prints on its standard output, as it comes.
#[derive(Debug, Default)]
pub(super) struct TestCounter {
    line: Vec<u8>,
    /// Points of TAP at the outermost level.
    points: Counts,
    /// A plan or a version was seen: it is TAP.
    tap: bool,
    /// The summary that some producers of TAP write: tests, passed, failed, skipped.
    summary: [Option<u64>; 4],
    /// What Rust's test runner says, summed over its programs.
    rust: Option<Counts>,
}

impl TestCounter {
    /// Reads the next bytes.
    pub fn read(&mut self, mut bytes: &[u8]) {
        if !self.line.is_empty() {
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let (begun, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
            self.keep(begun);
            bytes = rest;
            if end.is_none() {
                return;
            }
            let line = std::mem::take(&mut self.line);
            self.scan_line(&line);
        }
        // What comes in whole lines is not copied: some programs print gigabytes.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        bytes[..whole].split(|byte| *byte == b'\n').for_each(|line| self.scan_line(line));
        self.keep(&bytes[whole..]);
    }

    fn keep(&mut self, part: &[u8]) {
        let room = LONGEST.saturating_sub(self.line.len());
        self.line.extend(&part[..part.len().min(room)]);
    }

    /// Reads a line of a runner's summary; most lines are of something else, which shows by how they begin.
    fn scan_line(&mut self, line: &[u8]) {
        if matches!(line.first(), Some(b'T' | b'1' | b'o' | b'n' | b'#' | b't' | b' ' | b'\t')) {
            self.read_line(&String::from_utf8_lossy(&line[..line.len().min(LONGEST)]));
        }
    }

    fn read_line(&mut self, line: &str) {
        let line = line.trim_end();
        if let Some(rest) = line.trim_start().strip_prefix("test result: ") {
            self.rust_result(rest);
        } else if line.starts_with("TAP version ") {
            self.tap = true;
        } else if let Some(last) = line.strip_prefix("1..") {
            let last = last.split_whitespace().next().unwrap_or_default();
            self.tap |= !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
        } else if let Some(rest) = point(line, "not ok") {
            // One that is still to do is expected to fail.
            let counted = if directive(rest, "TODO") { &mut self.points.skipped } else { &mut self.points.failed };
            *counted += 1;
        } else if let Some(rest) = point(line, "ok") {
            let counted = if directive(rest, "SKIP") { &mut self.points.skipped } else { &mut self.points.passed };
            *counted += 1;
        } else if let Some(rest) = line.strip_prefix("# ") {
            let (word, number) = rest.split_once(' ').unwrap_or((rest, ""));
            let at = ["tests", "pass", "fail", "skipped"].iter().position(|known| *known == word);
            if let (Some(at), Ok(number)) = (at, number.trim().parse()) {
                self.summary[at] = Some(number);
            }
        }
    }

    /// `ok. 12 passed; 0 failed; 1 ignored; 0 measured; …`
    fn rust_result(&mut self, rest: &str) {
        let mut counts = self.rust.unwrap_or_default();
        let said = rest.split_once(". ").map_or("", |(_, said)| said);
        for part in said.split(';') {
            let mut words = part.split_whitespace();
            let Some(number) = words.next().and_then(|number| number.parse::<u64>().ok()) else { continue };
            match words.next() {
                Some("passed") => counts.passed += number,
                Some("failed") => counts.failed += number,
                Some("ignored") => counts.skipped += number,
                _ => {}
            }
        }
        self.rust = Some(counts);
    }

    /// Returns what it said; none when it said nothing of the kind.
    pub fn counts(mut self) -> Option<Counts> {
        // The last line may have no end.
        let line = std::mem::take(&mut self.line);
        self.scan_line(&line);
        if let ([Some(_), Some(passed), Some(failed), skipped], true) = (self.summary, self.tap) {
            return Some(Counts { passed, failed, skipped: skipped.unwrap_or(0) });
        }
        self.rust.or_else(|| self.tap.then_some(self.points))
    }
}

/// Returns what is behind `ok` or `not ok`, where the line is a point of TAP.
fn point<'l>(line: &'l str, word: &str) -> Option<&'l str> {
    let rest = line.strip_prefix(word)?;
    (rest.is_empty() || rest.starts_with(' ')).then_some(rest)
}

fn directive(rest: &str, word: &str) -> bool {
    let hash = rest.rsplit_once('#').map(|(_, after)| after.trim_start().to_ascii_uppercase());
    hash.is_some_and(|after| after.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64, skipped: u64) -> Option<Counts> {
        Some(Counts { passed, failed, skipped })
    }

    fn tally(text: &str) -> Option<Counts> {
        let mut tally = TestCounter::default();
        // Whatever pieces it comes in.
        text.as_bytes().chunks(7).for_each(|piece| tally.read(piece));
        tally.counts()
    }

    #[test]
    fn tap_is_counted_at_its_outermost_level() {
        let tap = "TAP version 13\n1..4\nok 1 - a\n    not ok 1 - inner\nnot ok 2 - b\nok 3 # SKIP no disk\nnot ok 4 # TODO\n";
        assert_eq!(tally(tap), counts(1, 1, 2));
        let node = "TAP version 13\n# Subtest: x\nok 1 - x\n1..1\n# tests 5\n# suites 0\n# pass 3\n# fail 1\n# cancelled 0\n# skipped 1\n";
        assert_eq!(tally(node), counts(3, 1, 1));
        assert_eq!(tally("ok 1\nok 2\n1..2"), counts(2, 0, 0));
        assert_eq!(tally("ok then\nnot ok at all\n"), None);
    }

    #[test]
    fn the_words_of_rusts_runner_are_summed() {
        let said = "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n\
            test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n";
        assert_eq!(tally(said), counts(3, 2, 1));
    }
}
