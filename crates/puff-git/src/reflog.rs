//! Reflogs, the newest entry first: read from their files without running anything, or by git where refs are in tables.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::program::{base_git, run};
use super::repo::Repo;
use crate::Oid;

/// How much of a log is read, from its end.
const TAIL: u64 = 256 << 10;

/// How many entries git is asked for.
const MOST: &str = "500";

/// One change of a ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// What the ref pointed to afterwards.
    pub new: Oid,
    /// The committer: `Name <email>`.
    pub who: String,
    /// What was done, in git's words.
    pub subject: String,
}

impl Repo {
    /// The log of a ref as the worktree with this git directory sees it; empty where there is none, or it cannot be read.
    pub fn reflog(&self, git_dir: &Path, name: &str) -> Vec<LogEntry> {
        match self.tables() {
            Ok(None) => read_tail(&git_dir.join("logs").join(name)).map(|text| parse(&text)).unwrap_or_default(),
            _ => {
                let format = "--format=%H%x09%gn <%ge>%x09%gs";
                let log = ["log", "-g", "-n", MOST, "--no-show-signature", "--no-color", format, name, "--"];
                let git = base_git().env("GIT_DIR", git_dir).env("GIT_NO_LAZY_FETCH", "1");
                let said = run(&git.env_remove("GIT_WORK_TREE").cwd(git_dir).args(log));
                said.map(|said| parse_listing(&String::from_utf8_lossy(&said.stdout))).unwrap_or_default()
            }
        }
    }
}

fn read_tail(path: &Path) -> Option<String> {
    // An agent may have put anything there.
    path.symlink_metadata().ok().filter(|meta| meta.is_file())?;
    let mut file = File::open(path).ok()?;
    let size = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(TAIL))).ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Parses `<old> <new> <name> <<email>> <time> <zone> TAB <subject>`, a line each (`gitrepository-layout`).
fn parse(text: &str) -> Vec<LogEntry> {
    let entry = |line: &str| {
        let (change, subject) = line.split_once('\t').unwrap_or((line, ""));
        let mut words = change.splitn(3, ' ').skip(1);
        let (new, rest) = (words.next()?.parse().ok()?, words.next()?);
        let who = rest.get(..=rest.rfind('>')?)?.to_owned();
        Some(LogEntry { new, who, subject: subject.to_owned() })
    };
    text.lines().rev().filter_map(entry).collect()
}

fn parse_listing(text: &str) -> Vec<LogEntry> {
    let entry = |line: &str| {
        let mut fields = line.splitn(3, '\t');
        let (new, who, subject) = (fields.next()?.parse().ok()?, fields.next()?, fields.next()?);
        Some(LogEntry { new, who: who.to_owned(), subject: subject.to_owned() })
    };
    text.lines().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_from_the_newest_on() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let text = format!("cut off\n{one} {two} A U Thor <a@b> 1 +0000\tcommit: x\ty\n{two} {one} A <a> 2 +0000\n");
        let entries = parse(&text);
        let seen: Vec<_> = entries.iter().map(|entry| (entry.new.to_string(), &*entry.who, &*entry.subject)).collect();
        assert_eq!(seen, [(one, "A <a>", ""), (two, "A U Thor <a@b>", "commit: x\ty")]);
    }
}
