//! What the readers make of recorded output of the real runners. `PUFF_UPDATE=1` writes down what they make of it now.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use test_results::{Outcome, OutputReader, Report, read_folder};

/// Returns all recordings: text, and files that runners write.
fn recordings() -> Vec<PathBuf> {
    let folders = std::fs::read_dir("tests/recordings").expect("the recordings").flatten();
    let files = folders.filter(|folder| folder.path().is_dir()).flat_map(|folder| std::fs::read_dir(folder.path()));
    let files = files.flatten().flatten().map(|file| file.path());
    let is_one = |path: &PathBuf| {
        path.extension().is_some_and(|end| ["txt", "xml", "json", "trx"].iter().any(|one| end == *one))
    };
    let mut files: Vec<_> = files.filter(is_one).collect();
    files.sort();
    assert!(files.len() > 10, "{files:?}");
    files
}

/// Reads a recording; all of them were made in the same folder.
fn read(path: &Path) -> Report {
    if path.extension().is_some_and(|end| end == "txt") {
        let mut reader = OutputReader::new(Path::new("/tmp/calc"));
        reader.read(&std::fs::read(path).expect("a recording"));
        return reader.finish();
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::copy(path, folder.path().join(path.file_name().expect("a name"))).expect("a copy");
    read_folder(folder.path())
}

/// Writes a report as lines: how each test ended, its group, name, place and value.
fn lines(report: &Report) -> String {
    let counts = report.counts;
    let mut said = format!("{} passed, {} failed, {} skipped", counts.passed, counts.failed, counts.skipped);
    for section in &report.sections {
        let _ = write!(said, ", {:?}", section.runner);
        said.push_str(if section.only_failures { " (only failures)" } else { "" });
    }
    said.push_str(if report.ran_none { ", ran none\n" } else { "\n" });
    for test in &report.tests {
        let mark = match test.outcome {
            Outcome::Passed => '+',
            Outcome::Failed => '-',
            Outcome::Skipped => 'o',
        };
        let place = test.file.as_ref().map(|file| format!(" @{file}"));
        let line = test.line.map(|line| format!(":{line}"));
        let value = test.actual.as_ref().map(|actual| format!(" = {actual}"));
        let parts = [place, line, value].map(Option::unwrap_or_default).concat();
        let _ = writeln!(said, "{mark} [{}] {}{parts}", test.group, test.name);
    }
    said
}

#[test]
fn each_recording_is_read_as_it_is_written_down() {
    let mut wrong = Vec::new();
    for path in recordings() {
        let (said, expected) = (lines(&read(&path)), PathBuf::from(format!("{}.read", path.display())));
        if std::env::var_os("PUFF_UPDATE").is_some() {
            std::fs::write(&expected, &said).expect("it is written");
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != said {
            wrong.push(format!("{}:\n{said}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whatever pieces a text comes in, the same is read.
#[test]
fn pieces_of_any_size_are_read_alike() {
    for path in recordings().iter().filter(|path| path.extension().is_some_and(|end| end == "txt")) {
        let text = std::fs::read(path).expect("a recording");
        for size in [1, 7, 1000] {
            let mut reader = OutputReader::new(Path::new("/tmp/calc"));
            text.chunks(size).for_each(|piece| reader.read(piece));
            assert_eq!(reader.finish(), read(path), "{} in pieces of {size}", path.display());
        }
    }
}
