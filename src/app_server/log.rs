//! The log of an app server: what it printed, and what its supervisor did. When the file is full, it begins anew, and the
//! one before is kept beside it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::session::log::text_of;

/// The size at which a file is full.
const FULL: u64 = 8 << 20;
/// How much of what was printed last is kept for telling.
const TAIL: usize = 4 << 10;

/// The log that is being written. What cannot be written is lost, and stops nobody.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: File,
    size: u64,
    full: u64,
    tail: Vec<u8>,
}

impl Log {
    /// Goes on with the log in this file.
    pub fn open(path: &Path) -> io::Result<Log> {
        let file = crate::files::ours().create(true).append(true).open(path)?;
        let size = file.metadata()?.len();
        Ok(Log { path: path.to_owned(), file, size, full: FULL, tail: Vec::new() })
    }

    /// Writes what the server printed.
    pub fn append(&mut self, bytes: &[u8]) {
        self.tail.extend(bytes);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        self.write(bytes);
    }

    /// Writes what its supervisor did, in a line; and forgets what was printed before it.
    pub fn remark(&mut self, at: &str, words: &str) {
        let begin = if self.tail.last().is_none_or(|last| *last == b'\n') { "" } else { "\n" };
        self.write(format!("{begin}{at} git-puff: {words}\n").as_bytes());
        self.tail.clear();
    }

    /// What was printed last, since the last remark, in a line.
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
