//! The log of an app server: its output, and the actions of its supervisor. A full file is rotated, and one old file
//! is kept.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::session::log::text_of;

/// The size at which a file is full.
const FULL: u64 = 8 << 20;
/// Size of the tail that error messages quote, in bytes.
const TAIL: usize = 4 << 10;

/// The open log. Write errors are ignored.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: File,
    size: u64,
    full: u64,
    tail: Vec<u8>,
}

impl Log {
    /// Opens the log for appending.
    pub fn open(path: &Path) -> io::Result<Log> {
        let file = crate::files::ours().create(true).append(true).open(path)?;
        let size = file.metadata()?.len();
        Ok(Log { path: path.to_owned(), file, size, full: FULL, tail: Vec::new() })
    }

    /// Appends output of the server.
    pub fn append(&mut self, bytes: &[u8]) {
        self.tail.extend(bytes);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        self.write(bytes);
    }

    /// Appends an action of the supervisor as one line, and clears the tail.
    pub fn remark(&mut self, at: &str, words: &str) {
        let begin = if self.tail.last().is_none_or(|last| *last == b'\n') { "" } else { "\n" };
        self.write(format!("{begin}{at} git-puff: {words}\n").as_bytes());
        self.tail.clear();
    }

    /// Returns the output since the last remark, as one line.
    pub fn last_words(&self) -> String {
        super::last_words(&text_of(&self.tail))
    }

    fn write(&mut self, bytes: &[u8]) {
        if self.size > 0 && self.size + bytes.len() as u64 > self.full {
            self.begin_anew();
        }
        if self.file.write_all(bytes).is_ok() {
            self.size += bytes.len() as u64;
        }
    }

    fn begin_anew(&mut self) {
        let mut before = self.path.clone().into_os_string();
        before.push(".1");
        let fresh = fs::rename(&self.path, before)
            .and_then(|()| crate::files::ours().create(true).append(true).open(&self.path));
        if let Ok(fresh) = fresh {
            (self.file, self.size) = (fresh, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_fills_two_files_and_the_last_words_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = Log { full: 100, ..Log::open(&path).unwrap() };
        for number in 0..100 {
            log.append(format!("line {number}\n").as_bytes());
        }
        let both = [path.clone(), folder.path().join("log.1")].map(|file| fs::metadata(file).unwrap().len());
        assert!(both.iter().all(|size| *size <= 100), "{both:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        log.append(b"\x1b[31mError\x1b[0m: no");
        assert_eq!(log.last_words(), "line 98; line 99; Error: no");
        log.remark("then", "it ended");
        assert_eq!(log.last_words(), "");
        assert!(fs::read_to_string(&path).unwrap().ends_with("Error\x1b[0m: no\nthen git-puff: it ended\n"));
    }
}
