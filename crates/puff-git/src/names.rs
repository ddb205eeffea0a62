//! Names of objects, shortened as git shortens them.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::OnceLock;

use super::repo::Repo;
use crate::Abbrev;
use crate::Oid;

/// No repository is so small that fewer digits are shown by default.
const FEWEST: usize = 7;

impl Repo {
    /// What shortens names of objects for people. Nothing is looked at before the first name is asked for, and then this
    /// name alone: no walk over objects, and no call of git.
    pub fn shortener(&self, abbrev: Abbrev) -> impl Fn(Oid) -> String + Send + Sync + 'static {
        let (location, usual) = (self.location().clone(), OnceLock::new());
        move |oid| {
            let digits = match abbrev {
                Abbrev::Whole => return oid.to_string(),
                Abbrev::Digits(digits) => digits,
                Abbrev::Auto => *usual.get_or_init(|| digits_for(packed(&location.objects))),
            };
            // A handle of its own: a name may be shown by any thread.
            match Repo::open(location.clone()) {
                Ok(repo) => repo.shortened(oid, digits),
                Err(_) => oid.to_string(),
            }
        }
    }

    /// At least so many digits, and as many as tell this object from every other here.
    fn shortened(&self, oid: Oid, digits: usize) -> String {
        let mut name = oid.to_string();
        let odb = self.inner.odb();
        let ambiguous = |digits: &usize| {
            let found = odb.as_ref().map(|odb| odb.exists_prefix(self.raw(oid), *digits));
            found.is_ok_and(|found| found.is_err_and(|cause| cause.code() == git2::ErrorCode::Ambiguous))
        };
        let enough = (digits..name.len()).find(|digits| !ambiguous(digits));
        name.truncate(enough.unwrap_or(name.len()));
        name
    }
}

/// So many digits that two of so many objects hardly ever begin alike: git's own rule.
fn digits_for(objects: u64) -> usize {
    let bits = u64::BITS - objects.leading_zeros();
    FEWEST.max(bits.div_ceil(2) as usize)
}

/// How many objects are in packs, roughly: those that several packs have are counted again, loose ones and those of other
/// repositories not at all.
fn packed(objects: &Path) -> u64 {
    let entries = fs::read_dir(objects.join("pack")).into_iter().flatten().flatten().map(|entry| entry.path());
    let indexes = entries.filter(|path| path.extension().is_some_and(|extension| extension == "idx"));
    indexes.filter_map(|index| count(&index)).sum()
}

/// The last number of the table at the start of a pack's index: `gitformat-pack`.
fn count(index: &Path) -> Option<u64> {
    let mut file = File::open(index).ok()?;
    let mut number = [0; 4];
    file.read_exact(&mut number).ok()?;
    let header = if number == *b"\xfftOc" { 8 } else { 0 };
    file.seek(SeekFrom::Start(header + 255 * 4)).ok()?;
    file.read_exact(&mut number).ok()?;
    Some(u64::from(u32::from_be_bytes(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_repositories_need_more_digits() {
        let digits = [0, 1, 16_383, 16_384, 65_536, 10_000_000].map(digits_for);
        assert_eq!(digits, [7, 7, 7, 8, 9, 12]);
    }
}
