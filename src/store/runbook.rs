//! The runbook log: `.codex/bo4_runs.jsonl`, one line per kickoff.
//!
//! Lines are appended, never changed. Lines that cannot be read (written by hand, torn by a full disk, merged badly)
//! are overlooked by readers and reported by `doctor`.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::model::Kickoff;

/// What a line of the file turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum RunbookLine {
    /// A kickoff.
    Kickoff(Box<Kickoff>),
    /// Something else, with its line number from 1 and what is wrong with it.
    Broken(usize, String),
}

/// The log of a repository.
pub struct Runbook<'a> {
    layout: &'a Layout,
}

impl<'a> Runbook<'a> {
    /// Returns the log of the repository with these places.
    pub fn new(layout: &'a Layout) -> Runbook<'a> {
        Runbook { layout }
    }

    /// Proves that a line could be appended, without appending one and without leaving anything: what is refused
    /// afterwards must not show in `git status`.
    ///
    /// # Errors
    /// When it could not.
    pub fn prove_writable(&self) -> Result<()> {
        let path = self.layout.runbook();
        let prove = || match path.ancestors().find(|there| there.symlink_metadata().is_ok()) {
            Some(there) if there == path => self.open().map(drop),
            // The first of the missing folders would be made in there.
            Some(there) => tempfile::tempfile_in(there).map(drop),
            None => Err(io::ErrorKind::NotFound.into()),
        };
        prove().map_err(|cause| self.unwritable(cause))
    }

    /// Appends a line. Call it under the store's lock.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append(&self, kickoff: &Kickoff) -> Result<()> {
        let append = || -> io::Result<()> {
            let mut file = self.open()?;
            let mut line = Vec::new();
            if !ends_with_newline(&mut file)? {
                // A line torn by a kill or a full disk stays what it is: broken, and alone.
                line.push(b'\n');
            }
            serde_json::to_writer(&mut line, kickoff)?;
            line.push(b'\n');
            file.write_all(&line)?;
            file.sync_data()
        };
        append().map_err(|cause| self.unwritable(cause))
    }

    /// Appends a line unless the file has one of that run: `doctor --repair` and the launch may both do so.
    /// Returns whether it was missing. Call it under the store's lock.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn append_missing(&self, kickoff: &Kickoff) -> Result<bool> {
        let is_same = |line: &RunbookLine| matches!(line, RunbookLine::Kickoff(there) if there.is_same(kickoff));
        // What cannot be read is reported by doctor; the line is appended all the same.
        if self.read().unwrap_or_default().iter().any(is_same) {
            return Ok(false);
        }
        self.append(kickoff).map(|()| true)
    }

    /// Returns every line of the file; none when there is no file.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn read(&self) -> Result<Vec<RunbookLine>> {
        let path = self.layout.runbook();
        match std::fs::read(&path) {
            Ok(bytes) => Ok(parse(&bytes)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(cause) => Err(Error::failed(format!("cannot read '{}'", path.display()))
                .hint("check what is there; the runs themselves are in the refs, and 'git puff list' shows them")
                .because(cause)),
        }
    }

    fn open(&self) -> io::Result<File> {
        let path = self.layout.runbook();
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        crate::files::ours().create(true).read(true).append(true).open(path)
    }

    fn unwritable(&self, cause: io::Error) -> Error {
        Error::cannot_work(format!("cannot write the runbook log '{}'", self.layout.runbook().display()))
            .hint("check who may write there; 'git puff doctor --repair' adds the lines that are missing")
            .because(cause)
    }
}

fn ends_with_newline(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last[0] == b'\n')
}

fn parse(bytes: &[u8]) -> Vec<RunbookLine> {
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    let written = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
    written
        .map(|(number, line)| match serde_json::from_slice(line) {
            Ok(kickoff) => RunbookLine::Kickoff(Box::new(kickoff)),
            Err(cause) => RunbookLine::Broken(number + 1, cause.to_string()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_older_tools_are_read_and_broken_ones_are_numbered() {
        let log =
            b"{\"task_id\":\"t\",\"env\":\"e\",\"base\":\"main\",\"best_of\":4,\"prompt_file\":\"p.md\"}\n\n{oops\n";
        let lines = parse(log);
        assert!(matches!(&lines[0], RunbookLine::Kickoff(kickoff) if kickoff.run.is_none() && kickoff.best_of == 4));
        assert!(matches!(&lines[1], RunbookLine::Broken(3, _)));
    }

    #[test]
    fn a_torn_line_does_not_take_the_next_one_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path(), Some(folder.path().to_owned()));
        let runbook = Runbook::new(&layout);
        runbook.prove_writable().unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        std::fs::create_dir(folder.path().join(".codex")).unwrap();
        std::fs::write(layout.runbook(), b"{\"task_id\":\"to").unwrap();
        let text = r#"{"task_id":"t","env":null,"base":"main","best_of":1,"prompt_file":"p"}"#;
        let kickoff: Kickoff = serde_json::from_str(text).unwrap();
        runbook.append(&kickoff).unwrap();
        runbook.append(&kickoff).unwrap();
        let lines = runbook.read().unwrap();
        assert_eq!(lines.len(), 3);
        assert!(matches!(lines[0], RunbookLine::Broken(1, _)));
        assert_eq!(lines[1], lines[2]);
    }

    #[test]
    fn a_line_is_appended_once_for_each_run() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path(), Some(folder.path().to_owned()));
        let runbook = Runbook::new(&layout);
        let text = r#"{"task_id":"t","env":null,"base":"main","best_of":1,"prompt_file":"p","run":"fix"}"#;
        let old: Kickoff = serde_json::from_str(text).unwrap();
        let at = |second: i64| Kickoff { created_at: crate::model::Time::from_timestamp(second, 0), ..old.clone() };
        // A later run may have the same name.
        let missing = [at(1), at(1), at(2), at(2), old.clone()].map(|line| runbook.append_missing(&line).unwrap());
        assert_eq!(missing, [true, false, true, false, false]);
        assert_eq!(runbook.read().unwrap().len(), 2);
    }
}
