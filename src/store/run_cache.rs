//! What run records said, remembered by the commit they are in.
//!
//! Reading a record takes three git objects, each opened, inflated and hashed; a thousand runs make that the most of
//! what listing them costs. A commit never changes, so what its record says can be kept in one file beside. It is for
//! speed alone: which commits count is always asked of the refs, and a file that is missing, damaged, or of another
//! version is as good as none.

use std::collections::HashMap;
use std::hash::Hasher;
use std::ops::Range;
use std::path::PathBuf;

use crate::layout::Layout;
use crate::model::Oid;

/// What the file begins with: changed with every change of its form.
const MAGIC: &[u8] = b"git-puff records 1\n";

/// How many records have to be new before the file is written again. Writing costs about as much as reading so many.
const WORTH_WRITING: usize = 64;

/// The records of earlier listings, and the new ones of this.
pub(super) struct RunCache<'a> {
    layout: &'a Layout,
    file: Vec<u8>,
    known: HashMap<Oid, Range<usize>>,
    seen: Vec<(Oid, CachedRecord)>,
    new: usize,
}

/// Where the bytes of a record are.
enum CachedRecord {
    Kept(Range<usize>),
    Read(Vec<u8>),
}

impl<'a> RunCache<'a> {
    /// Knows nothing: every record is read.
    pub fn none(layout: &'a Layout) -> RunCache<'a> {
        RunCache { layout, file: Vec::new(), known: HashMap::new(), seen: Vec::new(), new: 0 }
    }

    /// Reads the file; without one that can be used, nothing is known.
    pub fn read(layout: &'a Layout) -> RunCache<'a> {
        let mut recall = RunCache::none(layout);
        recall.file = crate::files::read(path(layout)).unwrap_or_default();
        recall.known = index(&recall.file).unwrap_or_default();
        recall
    }

    /// Returns the record in this commit: remembered, or else read.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn record<E>(&mut self, head: Oid, read: impl FnOnce() -> Result<Vec<u8>, E>) -> Result<&[u8], E> {
        let seen = match self.known.get(&head) {
            Some(range) => CachedRecord::Kept(range.clone()),
            None => CachedRecord::Read(read()?),
        };
        self.new += usize::from(matches!(seen, CachedRecord::Read(_)));
        self.seen.push((head, seen));
        Ok(self.bytes(&self.seen[self.seen.len() - 1].1))
    }

    /// Writes the file again, with the records of this listing and no others, when that will be worth it.
    pub fn keep(self) {
        if self.new < WORTH_WRITING {
            return;
        }
        let mut body = Vec::new();
        for (head, seen) in &self.seen {
            let bytes = self.bytes(seen);
            let name = head.as_bytes();
            body.push(name.len() as u8);
            body.extend(name);
            body.extend((bytes.len() as u64).to_le_bytes());
            body.extend(bytes);
        }
        let file = [MAGIC, &sum(&body).to_le_bytes(), &body].concat();
        // A repository that cannot be written can still be listed.
        let _ = self.layout.replace(&path(self.layout), &file);
    }

    fn bytes<'s>(&'s self, seen: &'s CachedRecord) -> &'s [u8] {
        match seen {
            CachedRecord::Kept(range) => &self.file[range.clone()],
            CachedRecord::Read(bytes) => bytes,
        }
    }
}

fn path(layout: &Layout) -> PathBuf {
    layout.cache("records")
}

/// Finds the records in a file; none unless it is whole.
fn index(file: &[u8]) -> Option<HashMap<Oid, Range<usize>>> {
    let rest = file.strip_prefix(MAGIC)?;
    let (kept_sum, body) = rest.split_first_chunk::<8>()?;
    if u64::from_le_bytes(*kept_sum) != sum(body) {
        return None;
    }
    let mut known = HashMap::new();
    let mut rest = body;
    while let Some((name_length, after)) = rest.split_first() {
        let (name, after) = after.split_at_checked(usize::from(*name_length))?;
        let (length, after) = after.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let start = file.len() - after.len();
        rest = after.get(length..)?;
        known.insert(Oid::from_bytes(name)?, start..start + length);
    }
    Some(known)
}

/// Tells damage. The standard library may compute it otherwise one day: the file is then as good as none, once.
fn sum(bytes: &[u8]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(number: usize) -> Oid {
        Oid::from_bytes(&[number as u8; 20]).unwrap()
    }

    /// Lists `count` records; answers how many of them had to be read.
    fn list(layout: &Layout, count: usize) -> usize {
        let mut recall = RunCache::read(layout);
        let mut read = 0;
        for number in 0..count {
            let record = recall.record(oid(number), || {
                read += 1;
                Ok::<_, ()>(format!("record {number}").into_bytes())
            });
            assert_eq!(record.unwrap(), format!("record {number}").as_bytes());
        }
        recall.keep();
        read
    }

    #[test]
    fn a_record_is_read_once_and_a_damaged_file_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path(), None);
        assert_eq!(list(&layout, WORTH_WRITING - 1), WORTH_WRITING - 1);
        assert!(!path(&layout).exists(), "a few records are not worth a file");
        assert_eq!([list(&layout, 100), list(&layout, 100), list(&layout, 101)], [100, 0, 1]);

        let whole = std::fs::read(path(&layout)).unwrap();
        for at in (0..whole.len()).step_by(7) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x20;
            std::fs::write(path(&layout), &damaged).unwrap();
            assert_eq!(list(&layout, 3), 3, "byte {at}");
            std::fs::write(path(&layout), &whole[..at]).unwrap();
            assert_eq!(list(&layout, 3), 3, "cut at {at}");
        }
    }

    #[test]
    fn what_is_listed_no_more_is_kept_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path(), None);
        let kept = || index(&std::fs::read(path(&layout)).unwrap()).unwrap().len();
        assert_eq!((list(&layout, 70), kept()), (70, 70));
        let mut recall = RunCache::read(&layout);
        for number in 100..200 {
            recall.record(oid(number), || Ok::<_, ()>(Vec::new())).unwrap();
        }
        recall.keep();
        assert_eq!(kept(), 100);
    }
}
