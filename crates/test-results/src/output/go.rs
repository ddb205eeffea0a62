//! What `go test` prints, with `-v` and without (<https://pkg.go.dev/cmd/go#hdr-Test_packages>). Without it, the tests that fail
//! have names, and the others are not even counted.
//!
//! A place in a message is relative to the folder of the package, which is not said: it stays in the message.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::{LineReader, number};
use crate::actual;
use crate::report::{Found, MOST_MESSAGES, MOST_TESTS, Outcome, Runner, TestResult};
use crate::text::{self, add_line, value};

/// The most bytes of a name that are kept.
const LONGEST: usize = 1 << 10;

/// Reads the output of `go test`, or of a test program alone.
pub(super) struct Go {
    found: Found,
    /// The package whose tests come.
    package: Package,
    /// What compilers said of packages, by their names.
    built: HashMap<String, String>,
    building: Option<String>,
    saw_none: bool,
    saw_some: bool,
}

/// The tests of a package, until the line that names it.
#[derive(Default)]
struct Package {
    ended: Vec<(String, Outcome)>,
    /// Those that began, and what they printed; those that ended as well, as long as they failed.
    said: HashMap<String, String>,
    running: BTreeSet<String>,
    /// The test that prints.
    current: Option<String>,
    is_verbose: bool,
    is_cut: bool,
    /// The last line says how a test program ended that was not started by `go`.
    is_over: bool,
    in_stack: bool,
}

impl Default for Go {
    fn default() -> Go {
        Go {
            found: Found::new(Runner::Go),
            package: Package::default(),
            built: HashMap::new(),
            building: None,
            saw_none: false,
            saw_some: false,
        }
    }
}

impl LineReader for Go {
    fn read(&mut self, line: &str) {
        // It marks its own lines where another program is to read them.
        let line = line.trim_start_matches('\u{16}');
        match line.as_bytes().first() {
            Some(b'{') => return,
            Some(b'#') => {
                self.building = line.strip_prefix("# ").and_then(|said| said.split(' ').next()).map(Into::into)
            }
            Some(b'o') if line.starts_with("ok  \t") => return self.end_package(&line[5..], true),
            Some(b'F') if line.starts_with("FAIL\t") => return self.end_package(&line[5..], false),
            Some(b'?') if line.starts_with("?   \t") && line.ends_with("[no test files]") => {
                self.saw_none = true;
                return self.package = Package::default();
            }
            _ => {}
        }
        if !self.read_build(line) {
            self.package.read(line);
        }
    }

    fn finish(mut self: Box<Self>, folder: &Path) -> Found {
        if self.package.is_over && (self.package.is_verbose || !self.package.ended.is_empty()) {
            self.keep("", false);
        }
        self.found.name_files(folder);
        self.found.ran_none = self.saw_none && !self.saw_some;
        self.found.ran_some = self.saw_some;
        self.found
    }
}

impl Go {
    /// Reads a line of a compiler, below the name of the package. False when it is none.
    fn read_build(&mut self, line: &str) -> bool {
        let Some(package) = &self.building else { return false };
        let is_place = text::place(line.split(": ").next().unwrap_or_default()).is_some();
        if !is_place && !line.starts_with(['#', '\t']) {
            self.building = None;
            return false;
        }
        if is_place && self.built.len() < MOST_MESSAGES {
            add_line(self.built.entry(package.clone()).or_default(), line);
        }
        true
    }

    /// Behind `ok` or `FAIL`: `example.org/calc 0.011s`, `example.org/calc (cached) [no tests to run]`, `example.org/calc [build
    /// failed]`, with tabs between the columns.
    fn end_package(&mut self, said: &str, passed: bool) {
        self.building = None;
        let name = said.split(['\t', ' ']).next().unwrap_or_default();
        let is_broken = said.ends_with("[build failed]") || said.ends_with("[setup failed]");
        if passed && said.ends_with("[no tests to run]") {
            self.saw_none = true;
            self.package = Package::default();
        } else if is_broken {
            self.keep_broken(name);
        } else {
            self.saw_some = true;
            self.keep(name, passed);
        }
    }

    /// Keeps the tests of a package that ended. Those that did not end, it ended with: they failed.
    fn keep(&mut self, name: &str, passed: bool) {
        let Package { mut ended, mut said, running, is_verbose, is_cut, .. } = std::mem::take(&mut self.package);
        if !passed {
            ended.extend(running.into_iter().map(|test| (test, Outcome::Failed)));
        }
        self.found.only_failures |= !is_verbose;
        self.found.is_cut |= is_cut;
        for (test, outcome) in ended {
            let message = said.remove(&test).unwrap_or_default();
            if let Some(at) = self.found.add(TestResult::new(name, &test, outcome)) {
                self.found.explain(at, &message, actual_of(&message));
            }
        }
    }

    /// Keeps a package that could not be built as one that failed.
    fn keep_broken(&mut self, name: &str) {
        self.package = Package::default();
        let message = self.built.remove(name).unwrap_or_default();
        let mut whole = TestResult::new(name, name, Outcome::Failed);
        let place = message.lines().next().and_then(|line| text::place(line.split(": ").next()?));
        (whole.file, whole.line) = place.map(|(path, line)| (path.to_owned(), line)).unzip();
        if let Some(at) = self.found.add(whole) {
            self.found.explain(at, &message, None);
        }
    }
}

impl Package {
    fn read(&mut self, line: &str) {
        if let Some((before, outcome, name)) = ending(line) {
            if !before.trim().is_empty() {
                self.add(before);
            }
            return self.end(name, outcome);
        }
        match line.strip_prefix("=== ").and_then(|said| said.split_once(' ')) {
            Some(("RUN", name)) => return self.begin(name.trim()),
            Some(("CONT" | "NAME", name)) => {
                self.in_stack = false;
                self.current = Some(text::cut(name.trim(), LONGEST).to_owned());
                return;
            }
            Some(("PAUSE", _)) => {
                self.current = None;
                return;
            }
            _ => {}
        }
        if matches!(line, "PASS" | "FAIL") {
            (self.is_over, self.current) = (true, None);
        } else {
            self.add(line);
        }
    }

    fn begin(&mut self, name: &str) {
        let name = text::cut(name, LONGEST);
        (self.is_verbose, self.is_over, self.in_stack) = (true, false, false);
        if self.running.len() < MOST_TESTS {
            self.running.insert(name.to_owned());
        }
        self.current = Some(name.to_owned());
    }

    fn end(&mut self, name: &str, outcome: Outcome) {
        let name = text::cut(name, LONGEST);
        self.running.remove(name);
        if outcome != Outcome::Failed {
            self.said.remove(name);
        }
        // What comes may be of an example, or of a panic.
        (self.current, self.in_stack) = ((outcome == Outcome::Failed).then(|| name.to_owned()), false);
        if self.ended.len() >= MOST_TESTS {
            self.is_cut = true;
        } else {
            self.ended.push((name.to_owned(), outcome));
        }
    }

    /// Adds a line to what the test says that prints.
    fn add(&mut self, line: &str) {
        self.in_stack |= line.starts_with("goroutine ") && line.ends_with("]:");
        let Some(name) = self.current.as_ref().filter(|_| !self.in_stack) else { return };
        let has_room = self.said.len() < MOST_MESSAGES || self.said.contains_key(name);
        if has_room && !line.is_empty() {
            add_line(self.said.entry(name.clone()).or_default(), line.trim_start_matches("    "));
        }
    }
}

/// Splits `no newline--- FAIL: TestHours (0.00s)` into what is before it, the outcome and the name.
fn ending(line: &str) -> Option<(&str, Outcome, &str)> {
    let said = line.strip_suffix("s)")?;
    let at = said.rfind("--- ")?;
    let (word, rest) = said[at + 4..].split_once(": ")?;
    let outcome = match word {
        "PASS" => Outcome::Passed,
        "FAIL" => Outcome::Failed,
        "SKIP" => Outcome::Skipped,
        _ => return None,
    };
    let (name, time) = rest.rsplit_once(" (")?;
    let is_time = number(time).is_some_and(|(_, rest)| rest.starts_with('.'));
    (is_time && !name.contains(' ')).then_some((&line[..at], outcome, name))
}

/// Returns the value that a test got: of an example, what it printed; of a panic, its words.
pub(super) fn actual_of(message: &str) -> Option<String> {
    if let Some((printed, _)) = message.strip_prefix("got:\n").and_then(|said| said.split_once("\nwant:")) {
        return value(printed);
    }
    let panicked = message.lines().find_map(|line| line.trim_start().strip_prefix("panic: "));
    let panicked = panicked.map(|words| words.trim_end_matches(" [recovered]"));
    panicked.and_then(|words| value(&format!("panicked: {words}"))).or_else(|| actual::of(message))
}
