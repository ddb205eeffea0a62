//! What the test programs of Rust print (`libtest`), and cargo around them.

use std::collections::HashMap;
use std::path::Path;

use super::nextest;
use super::panic::Panic;
use super::{LineReader, number, numbers};
use crate::report::{Counts, Found, Outcome, Runner, TestResult};
use crate::text;

/// The most test programs whose names are kept.
const MOST_PROGRAMS: usize = 10_000;

/// Reads the output of `cargo test`, or of a test program alone.
#[derive(Default)]
pub(super) struct Cargo {
    /// The programs that cargo announced, in their order: it does so on standard error.
    headers: Vec<Header>,
    /// The programs that began: how many were announced then, and how many tests there were before.
    programs: Vec<Program>,
    tests: Vec<Test>,
    /// Those of the program that is running, by their names.
    running: HashMap<String, usize>,
    explained: usize,
    summary: Option<Counts>,
    seen_more: bool,
    /// The test whose result is behind what it printed itself.
    open: Option<String>,
    /// The failure that is being read.
    failure: Option<Failure>,
    /// Whether the names of the tests that failed come.
    in_names: bool,
    announced: u64,
    /// Whether those that pass have names.
    is_named: bool,
    /// Whether nextest prints, and what each program said within.
    in_nextest: bool,
}

/// `Running tests/calc.rs (target/debug/deps/calc-80f166f2dd2d63d2)`
struct Header {
    path: String,
    /// The program's name, without its hash.
    program: String,
}

struct Program {
    headers: usize,
    tests: usize,
}

struct Test {
    name: String,
    outcome: Outcome,
    message: String,
    actual: Option<String>,
    place: Option<(String, u64)>,
}

#[derive(Default)]
struct Failure {
    name: String,
    panic: Panic,
}

impl LineReader for Cargo {
    fn read(&mut self, line: &str) {
        if self.in_nextest || nextest::begins(line) {
            self.in_nextest = !nextest::ends(line);
            return;
        }
        if self.failure.is_some() && self.read_failure(line) {
            return;
        }
        let said = line.trim_start();
        match said.as_bytes().first() {
            Some(b'R' | b'D') => self.read_header(said),
            Some(b'r') => self.read_begin(said),
            Some(b't') => self.read_test(said),
            Some(b'o' | b'F' | b'i') if self.open.is_some() => self.read_result(said),
            Some(b'f') if line == "failures:" => self.in_names = true,
            Some(b'-') => self.begin_failure(line),
            _ if self.in_names && line.starts_with("    ") => drop(self.failed(said)),
            _ => {}
        }
    }

    fn finish(mut self: Box<Self>, folder: &Path) -> Found {
        self.end_failure();
        let mut found = Found::new(Runner::Cargo);
        if self.programs.is_empty() && self.summary.is_none() {
            return found;
        }
        found.summary = self.summary;
        found.is_cut = self.seen_more;
        // Of what was printed on two streams, the order may have got lost: it is not needed where each program was announced.
        let in_order = self.headers.len() == self.programs.len();
        let headers = std::mem::take(&mut self.headers);
        let header = |at: usize| -> Option<&Header> {
            let program = self.programs.get(at)?;
            headers.get(if in_order { at } else { program.headers.checked_sub(1)? })
        };
        let mut program = 0;
        for (at, test) in std::mem::take(&mut self.tests).into_iter().enumerate() {
            while self.programs.get(program + 1).is_some_and(|next| next.tests <= at) {
                program += 1;
            }
            let header = header(program);
            let group = header.map_or(String::new(), |header| header.group(&headers));
            let mut result = TestResult::new(&group, &test.name, test.outcome);
            (result.file, result.line) = place(&test, header, folder);
            let added = found.add(result);
            if let Some(added) = added {
                found.explain(added, &test.message, test.actual);
            }
        }
        found.ran_none = found.tests.is_empty() && self.announced == 0;
        found.only_failures = !self.is_named && self.announced > 0;
        found
    }
}

/// Returns where a test is: a test of the documentation says so in its name, one of `tests` is in the file of its program.
fn place(test: &Test, header: Option<&Header>, folder: &Path) -> (Option<String>, Option<u64>) {
    let documented = test.name.rsplit_once(" - ").and_then(|(file, rest)| {
        let (_, line) = rest.rsplit_once("(line ").or_else(|| Some(("", rest.strip_prefix("(line ")?)))?;
        Some((text::file(file, folder)?, number(line)?.0))
    });
    if let Some((file, line)) = documented {
        return (Some(file), Some(line));
    }
    let Some(header) = header.filter(|header| !header.path.starts_with("src/") && header.path.ends_with(".rs")) else {
        return (None, None);
    };
    // In a workspace, cargo says it relative to the package, and a panic relative to the workspace.
    let panicked = test.place.as_ref().filter(|(file, _)| file.ends_with(&header.path));
    match panicked {
        Some((file, line)) => (text::file(file, folder), Some(*line)),
        None => (text::file(&header.path, folder), None),
    }
}

impl Header {
    /// Returns the name of the program's group: its source file, and the package's program where others have such a file too.
    fn group(&self, all: &[Header]) -> String {
        let same = all.iter().any(|other| other.path == self.path && other.program != self.program);
        if same { format!("{} ({})", self.path, self.program) } else { self.path.clone() }
    }
}

impl Cargo {
    fn read_header(&mut self, said: &str) {
        let header = if let Some(rest) = said.strip_prefix("Running ") {
            let Some((path, program)) = rest.split_once(" (") else { return };
            let path = path.strip_prefix("unittests ").unwrap_or(path).trim();
            let program = program.trim_end_matches([')', '`']);
            let program = program.rsplit(['/', '\\']).next().unwrap_or(program);
            let program = program.trim_end_matches(".exe");
            let program = program.rsplit_once('-').map_or(program, |(name, _)| name);
            Header { path: path.replace('\\', "/"), program: program.to_owned() }
        } else if let Some(package) = said.strip_prefix("Doc-tests ") {
            Header { path: format!("doc-tests {}", package.trim()), program: package.trim().to_owned() }
        } else {
            return;
        };
        if self.headers.len() < MOST_PROGRAMS {
            self.headers.push(header);
        }
    }

    /// `running 3 tests`
    fn read_begin(&mut self, said: &str) {
        let Some((count, rest)) = said.strip_prefix("running ").and_then(number) else { return };
        if matches!(rest, " test" | " tests") {
            self.announced = self.announced.saturating_add(count);
            self.in_names = false;
            self.running.clear();
            if self.programs.len() < MOST_PROGRAMS {
                self.programs.push(Program { headers: self.headers.len(), tests: self.tests.len() });
            }
        }
    }

    /// `test tests::adds ... ok`, `test result: ok. 1 passed; …`
    fn read_test(&mut self, said: &str) {
        if let Some(rest) = said.strip_prefix("test result: ") {
            return self.read_summary(rest);
        }
        let Some((name, rest)) = said.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ")) else {
            // What the test prints itself comes behind the dots, which may end the line.
            let name = said.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ..."));
            self.open = name.map(ToOwned::to_owned).or(self.open.take());
            return;
        };
        match outcome(rest) {
            Some(outcome) => self.add_named(name, outcome),
            None => self.open = Some(name.to_owned()),
        }
    }

    fn read_result(&mut self, said: &str) {
        if let Some(outcome) = outcome(said)
            && let Some(name) = self.open.take()
        {
            self.add_named(&name, outcome);
        }
    }

    fn add_named(&mut self, name: &str, outcome: Outcome) {
        self.is_named = true;
        self.add(name, outcome);
    }

    fn add(&mut self, name: &str, outcome: Outcome) {
        self.open = None;
        if self.tests.len() >= crate::report::MOST_TESTS {
            self.seen_more = true;
            return;
        }
        let name = text::name(name.trim_end_matches(" - should panic").trim_end_matches(" - compile fail"));
        self.running.insert(name.clone(), self.tests.len());
        self.tests.push(Test { name, outcome, message: String::new(), actual: None, place: None });
    }

    /// Returns the test of the program that is running, by its name; adds it where only its failure is printed.
    fn failed(&mut self, name: &str) -> Option<&mut Test> {
        let name = text::name(name.trim_end_matches(" - should panic").trim_end_matches(" - compile fail"));
        if !self.running.contains_key(&name) {
            self.add(&name, Outcome::Failed);
        }
        self.running.get(&name).and_then(|at| self.tests.get_mut(*at))
    }

    /// `ok. 12 passed; 0 failed; 1 ignored; 0 measured; …`
    fn read_summary(&mut self, rest: &str) {
        self.in_names = false;
        let mut counts = self.summary.unwrap_or_default();
        for (number, word) in numbers(rest.split_once(". ").map_or("", |(_, said)| said)) {
            match word {
                "passed" | "measured" => counts.passed = counts.passed.saturating_add(number),
                "failed" => counts.failed = counts.failed.saturating_add(number),
                "ignored" => counts.skipped = counts.skipped.saturating_add(number),
                _ => {}
            }
        }
        self.summary = Some(counts);
    }

    /// `---- tests::hours stdout ----`
    fn begin_failure(&mut self, line: &str) {
        let name = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" ----"));
        if let Some(name) = name.and_then(|name| name.strip_suffix(" stdout").or(name.strip_suffix(" stderr"))) {
            self.failure = Some(Failure { name: name.to_owned(), ..Failure::default() });
        }
    }

    /// Reads a line of a failure. False when it is none any more.
    fn read_failure(&mut self, line: &str) -> bool {
        let ends = line == "failures:" || line.starts_with("test result: ") || line.starts_with("---- ");
        if ends {
            self.end_failure();
            return false;
        }
        if let Some(failure) = &mut self.failure {
            failure.panic.add(line);
        }
        self.failure.is_some()
    }

    fn end_failure(&mut self) {
        let Some(failure) = self.failure.take() else { return };
        let Failure { name, panic } = failure;
        let (actual, room) = (panic.actual(), self.explained < crate::report::MOST_MESSAGES);
        self.explained += 1;
        if let Some(test) = self.failed(&name).filter(|test| test.message.is_empty() && room) {
            test.message = text::message(&panic.message);
            (test.actual, test.place) = (actual, panic.place);
        }
    }
}

fn outcome(said: &str) -> Option<Outcome> {
    match said.split([',', ' ', '<', ':']).next()? {
        "ok" | "bench" => Some(Outcome::Passed),
        "FAILED" => Some(Outcome::Failed),
        "ignored" => Some(Outcome::Skipped),
        _ => None,
    }
}
