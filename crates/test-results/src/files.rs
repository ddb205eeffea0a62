//! The files that runners write: which ones are read, and within what limits.

mod json;
mod junit;
mod trx;

pub(crate) use trx::split as split_method;

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::report::{Found, Report};

/// The largest file that is read, in bytes, and how many of them.
const LARGEST: u64 = 64 << 20;
const MOST_FILES: usize = 1000;

/// The most bytes of all files together.
const MOST_BYTES: u64 = 256 << 20;

/// How many folders deep, and how many entries in all, files are looked for.
const DEEPEST: usize = 10;
const MOST_ENTRIES: usize = 20_000;

/// Folders that hold much, and none of them.
const PASSED_OVER: [&str; 9] =
    [".git", "node_modules", ".venv", "venv", ".tox", ".gradle", ".cargo", "vendor", "__pycache__"];

/// Below a folder `target`, only these are looked into: the rest is what compilers leave.
const IN_TARGET: [&str; 3] = ["nextest", "surefire-reports", "failsafe-reports"];

/// Returns what the files say that were written below a folder since a moment, by their names those of test runners. Paths are
/// relative to that folder.
pub fn read_below(folder: &Path, since: SystemTime) -> Report {
    let mut files = Vec::new();
    let mut entries = 0;
    let mut open = vec![(folder.to_owned(), 0)];
    while let Some((inside, depth)) = open.pop() {
        let in_target = inside.file_name().is_some_and(|name| name == "target");
        for entry in std::fs::read_dir(&inside).into_iter().flatten().flatten() {
            entries += 1;
            if entries > MOST_ENTRIES {
                break;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                let wanted = if in_target { IN_TARGET.contains(&name.as_str()) } else { !passed_over(&name) };
                if wanted && depth < DEEPEST {
                    open.push((entry.path(), depth + 1));
                }
            } else if kind.is_file() && is_of_a_runner(&name) && files.len() < MOST_FILES {
                let new = entry.metadata().is_ok_and(|meta| meta.modified().is_ok_and(|written| written >= since));
                files.extend(new.then(|| entry.path()));
            }
        }
    }
    // It may be named by its handle, and what it writes has its path.
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    read_all(files, &folder)
}

/// Returns what the files say that are in a folder for them, whatever their names.
pub fn read_folder(folder: &Path) -> Report {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files: Vec<PathBuf> = entries.take(MOST_FILES).map(|entry| entry.path()).collect();
    read_all(files, Path::new(""))
}

/// Reads files, in the order of their names. `folder` is what paths in them are relative to.
fn read_all(mut files: Vec<PathBuf>, folder: &Path) -> Report {
    files.sort();
    let mut room = MOST_BYTES;
    let mut found: Vec<Found> = Vec::new();
    for path in &files {
        let Ok(size) = path.symlink_metadata().map(|meta| if meta.is_file() { meta.len() } else { u64::MAX }) else {
            continue;
        };
        if size > LARGEST.min(room) {
            continue;
        }
        room -= size;
        let Ok(text) = text(path) else { continue };
        found.extend(read(&text, folder).into_iter().filter(|found| !found.is_empty()));
    }
    Report::of(found)
}

/// Returns what a file says; nothing when it is something else.
fn read(text: &str, folder: &Path) -> Option<Found> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('{') {
        json::read(text, folder)
    } else {
        junit::read(text, folder).or_else(|| trx::read(text, folder))
    }
}

/// Reads a file, with a mark for each byte that is not UTF-8: names of tests need not be.
fn text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    // It may grow while it is read.
    puff_system::files::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn passed_over(name: &str) -> bool {
    PASSED_OVER.contains(&name)
}

fn is_of_a_runner(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_junit = lower.ends_with(".xml") && (lower.starts_with("junit") || name.starts_with("TEST-"));
    is_junit || lower.ends_with(".trx")
}
