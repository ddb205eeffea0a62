//! The tables in which a reftable repository keeps its refs, read as git reads them.
//!
//! `reftable/tables.list` names the tables, the newest one last; what a newer one says of a ref counts. A table is written
//! once and never changed, and every change of a ref changes the list: a list that reads as before is the same refs as
//! before. The form is described in git's `Documentation/technical/reftable`. Only git writes it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use crate::Oid;

/// How often the list is read again because a table that it names is gone, merged with others in the meantime, and the
/// pause between: git has to lose a race each time.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(5);

/// What a table says of a ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// It names this object.
    Object(Oid),
    /// It is another name of that ref.
    Symbolic(String),
    /// It was deleted.
    Gone,
}

/// The refs of a git directory at one moment.
#[derive(Debug)]
pub(crate) struct Stack {
    list: String,
    /// The oldest first.
    tables: Vec<Rc<Table>>,
}

#[derive(Debug)]
struct Table {
    name: String,
    /// In order of names.
    refs: Vec<(String, Value)>,
}

impl Stack {
    /// Reads the refs of a git directory; none where there are no tables. What was read before is used again.
    ///
    /// # Errors
    /// When a table cannot be read, or is of a kind that is not known here.
    pub fn read(git_dir: &Path, before: Option<&Rc<Stack>>) -> io::Result<Option<Rc<Stack>>> {
        let folder = git_dir.join("reftable");
        let mut tries = 0;
        loop {
            let list = match fs::read_to_string(folder.join("tables.list")) {
                Ok(list) => list,
                Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                    return Ok(None);
                }
                Err(cause) => return Err(cause),
            };
            if let Some(before) = before.filter(|before| before.list == list) {
                return Ok(Some(Rc::clone(before)));
            }
            let known = before.map(|before| before.tables.as_slice()).unwrap_or_default();
            let table = |name: &str| match known.iter().find(|table| table.name == name) {
                Some(table) => Ok(Rc::clone(table)),
                None => Table::read(&folder, name).map(Rc::new),
            };
            match list.lines().map(table).collect::<io::Result<_>>() {
                Ok(tables) => return Ok(Some(Rc::new(Stack { list, tables }))),
                Err(cause) if cause.kind() == ErrorKind::NotFound && tries < TRIES => tries += 1,
                Err(cause) => return Err(cause),
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// What a ref is; none where there is no such ref.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let found = self.tables.iter().rev().find_map(|table| {
            let at = table.refs.binary_search_by(|(other, _)| other.as_str().cmp(name)).ok()?;
            Some(&table.refs[at].1)
        });
        found.filter(|value| **value != Value::Gone)
    }

    /// The refs whose names begin so.
    pub fn under<'s>(&'s self, prefix: &str) -> BTreeMap<&'s str, &'s Value> {
        let mut found = BTreeMap::new();
        for table in &self.tables {
            let begin = table.refs.partition_point(|(name, _)| name.as_str() < prefix);
            for (name, value) in table.refs[begin..].iter().take_while(|(name, _)| name.starts_with(prefix)) {
                match value {
                    Value::Gone => found.remove(name.as_str()),
                    value => found.insert(name.as_str(), value),
                };
            }
        }
        found
    }
}

impl Table {
    fn read(folder: &Path, name: &str) -> io::Result<Table> {
        let bytes = fs::read(folder.join(name))?;
        let refs = refs(&bytes).map_err(|why| {
            let kind = if why == UNKNOWN { ErrorKind::Unsupported } else { ErrorKind::InvalidData };
            io::Error::new(kind, format!("the table '{name}' of its refs {why}"))
        })?;
        Ok(Table { name: name.to_owned(), refs })
    }
}

const DAMAGED: &str = "is damaged";
const UNKNOWN: &str = "is of a kind that this git-puff does not know";

/// Reads the refs of a table: a header, blocks of refs, blocks of other things, and a footer that says the header again
/// and ends with a sum.
fn refs(table: &[u8]) -> Result<Vec<(String, Value)>, &'static str> {
    let (header, name_length) = match table {
        [b'R', b'E', b'F', b'T', 1, ..] => (24, 20),
        [b'R', b'E', b'F', b'T', 2, ..] => match table.get(24..28) {
            Some(b"sha1") => (28, 20),
            Some(b"s256") => (28, 32),
            Some(_) => return Err(UNKNOWN),
            None => return Err(DAMAGED),
        },
        [b'R', b'E', b'F', b'T', _, ..] => return Err(UNKNOWN),
        _ => return Err(DAMAGED),
    };
    let end = table.len().checked_sub(header + 44).filter(|end| *end >= header).ok_or(DAMAGED)?;
    let (footer, sum) = table[end..].split_at(header + 40);
    let mut crc = flate2::Crc::new();
    crc.update(footer);
    if footer[..header] != table[..header] || sum != crc.sum().to_be_bytes() {
        return Err(DAMAGED);
    }
    let block_size = number(&table[5..8]);
    let mut found = Vec::new();
    let (mut block, mut first) = (0, header);
    while table[..end].get(block + first) == Some(&b'r') {
        let length = number(table.get(block + first + 1..block + first + 4).ok_or(DAMAGED)?);
        let bytes = table[..end].get(block..block + length).filter(|_| length > first + 4).ok_or(DAMAGED)?;
        of_block(&bytes[first + 4..], name_length, &mut found).ok_or(DAMAGED)?;
        // Blocks are filled up to a common size with zeros, or not at all.
        let is_filled = length < block_size && table[..end].get(block + length) == Some(&0);
        block += if is_filled { block_size } else { length };
        first = 0;
    }
    Ok(found)
}

/// Reads the records of a block. Each name begins as the one before it; behind the records are places where none does, three
/// bytes each, and how many those are.
fn of_block(block: &[u8], name_length: usize, found: &mut Vec<(String, Value)>) -> Option<()> {
    let restarts = number(block.get(block.len().checked_sub(2)?..)?);
    let mut rest = Bytes(block.get(..block.len().checked_sub(2 + 3 * restarts)?)?);
    let mut name: Vec<u8> = Vec::new();
    while !rest.0.is_empty() {
        name.truncate(Some(rest.varint()?).filter(|same| *same <= name.len())?);
        let kind = rest.varint()?;
        name.extend(rest.take(kind >> 3)?);
        // When it was written: of no concern here.
        rest.varint()?;
        let value = match kind & 7 {
            0 => Some(Value::Gone),
            1 => Some(Value::Object(Oid::from_bytes(rest.take(name_length)?)?)),
            2 => {
                let object = Oid::from_bytes(rest.take(name_length)?)?;
                // What an annotated tag is of.
                rest.take(name_length)?;
                Some(Value::Object(object))
            }
            3 => {
                let length = rest.varint()?;
                Some(Value::Symbolic(String::from_utf8_lossy(rest.take(length)?).into_owned()))
            }
            _ => return None,
        };
        // A name that is no text is none of ours, and no branch that a user could name to us.
        if let (Ok(name), Some(value)) = (std::str::from_utf8(&name), value) {
            found.push((name.to_owned(), value));
        }
    }
    Some(())
}

/// A number, its most significant byte first.
fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// What is still to be read of a block.
struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number in bytes of seven bits, as packs have them: the first bit says that another byte follows, and then one is
    /// added.
    fn varint(&mut self) -> Option<usize> {
        let byte = self.take(1)?[0];
        let (mut value, mut more) = (usize::from(byte & 0x7f), byte & 0x80 != 0);
        while more {
            let byte = self.take(1)?[0];
            value = value.checked_add(1)?.checked_mul(128)? | usize::from(byte & 0x7f);
            more = byte & 0x80 != 0;
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use super::*;
    use crate::program::run;
    use puff_system::process::Cmd;

    struct TestRepo {
        folder: tempfile::TempDir,
    }

    impl TestRepo {
        fn new(objects: &str) -> TestRepo {
            let place = TestRepo { folder: tempfile::tempdir().unwrap() };
            place.git(&["init", "-q", "--bare", "--ref-format=reftable", &format!("--object-format={objects}")], "");
            place
        }

        fn git(&self, args: &[&str], stdin: &str) -> String {
            let who = ["AUTHOR", "COMMITTER"].map(|role| (format!("GIT_{role}_NAME"), format!("GIT_{role}_EMAIL")));
            let git = Cmd::new("git").env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
            let git = who.iter().fold(git, |git, (name, email)| git.env(name, "A").env(email, "a@example.com"));
            let output = run(&git.cwd(self.folder.path()).args(args).stdin(stdin)).unwrap();
            String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
        }

        /// Every ref, as git says.
        fn told(&self) -> BTreeMap<String, Value> {
            let form = "--format=%(refname)|%(objectname)|%(symref)";
            let listed = self.git(&["for-each-ref", "--include-root-refs", form], "");
            let read = |line: &str| match line.split('|').collect::<Vec<_>>()[..] {
                [name, object, ""] => (name.to_owned(), Value::Object(object.parse().unwrap())),
                [name, _, other] => (name.to_owned(), Value::Symbolic(other.to_owned())),
                _ => panic!("{line}"),
            };
            listed.lines().map(read).collect()
        }

        fn read(&self, before: Option<&Rc<Stack>>) -> Rc<Stack> {
            Stack::read(self.folder.path(), before).unwrap().unwrap()
        }

        fn compare(&self, stack: &Stack) {
            let told = self.told();
            let read = stack.under("").into_iter().map(|(name, value)| (name.to_owned(), value.clone()));
            assert_eq!(read.collect::<BTreeMap<_, _>>(), told);
            told.iter().for_each(|(name, value)| assert_eq!(stack.get(name), Some(value)));
        }

        fn tables(&self) -> Vec<PathBuf> {
            let folder = self.folder.path().join("reftable");
            let list = fs::read_to_string(folder.join("tables.list")).unwrap();
            list.lines().map(|name| folder.join(name)).collect()
        }
    }

    #[test]
    fn refs_are_what_git_says_they_are() {
        for objects in ["sha1", "sha256"] {
            let place = TestRepo::new(objects);
            let tree = place.git(&["mktree"], "");
            let commit = place.git(&["commit-tree", "-m", "x", &tree], "");
            place.git(&["update-ref", "HEAD", &commit], "");
            let first = place.read(None);
            place.compare(&first);
            // So many that blocks are filled up and an index is made, in an order that is not theirs.
            let folder = |number: usize| ["x", "heads", "puff/runs"][number % 3];
            let name = |number: usize| format!("refs/{}/a-name/{}", folder(number), number * 7919 % 5000);
            let created: String = (0..5000).map(|number| format!("create {} {commit}\n", name(number))).collect();
            place.git(&["update-ref", "--stdin"], &created);
            place.git(&["tag", "-a", "-m", "x", "v1", &commit], "");
            place.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/a-name/1"], "");
            place.git(&["update-ref", "refs/heads/a-name/1", &commit], "");
            place.git(&["update-ref", "ORIG_HEAD", &commit], "");
            let second = place.read(Some(&first));
            place.compare(&second);
            assert!(Rc::ptr_eq(&second, &place.read(Some(&second))));
            // Some go, and some come back, in tables of their own.
            place.git(&["-c", "reftable.blockSize=256", "pack-refs"], "");
            let deleted: String = (0..5000).step_by(3).map(|number| format!("delete {}\n", name(number))).collect();
            place.git(&["update-ref", "--stdin"], &deleted);
            place.git(&["update-ref", &name(9), &commit], "");
            let third = place.read(Some(&second));
            assert!(third.tables.len() > 1);
            place.compare(&third);
            assert_eq!(third.get(&name(3)), None);
        }
    }

    #[test]
    fn a_table_that_is_damaged_is_none() {
        let place = TestRepo::new("sha1");
        let tree = place.git(&["mktree"], "");
        let created: String = (0..300).map(|number| format!("create refs/x/{number} {tree}\n")).collect();
        place.git(&["update-ref", "--stdin"], &created);
        place.git(&["pack-refs"], "");
        let [table] = &place.tables()[..] else { panic!("git packs all into one") };
        let whole = fs::read(table).unwrap();
        for at in 0..whole.len() {
            assert!(refs(&whole[..at]).is_err(), "cut at {at}");
            // Whatever the bytes are, reading them ends.
            let mut damaged = whole.clone();
            damaged[at] ^= 0x41;
            let _ = refs(&damaged);
        }
        let mut newer = whole.clone();
        newer[4] = 9;
        assert_eq!(refs(&newer), Err(UNKNOWN));
    }
}
