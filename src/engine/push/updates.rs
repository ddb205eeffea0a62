//! What a push does to each ref, as git tells its hook (`git help githooks`, pre-push).

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::model::Oid;

/// What a push does to a ref of the remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// What is sent; none when the ref is deleted.
    pub local: Option<Oid>,
    /// The ref there.
    pub name: String,
    /// Where it is; none when it is not there yet. It need not be known here.
    pub remote: Option<Oid>,
}

impl Update {
    /// Returns whether it sends what could have come from a variant. Notes and the records of runs are none of that.
    pub fn sends_work(&self) -> bool {
        self.local.is_some() && !["refs/notes/", "refs/puff/"].iter().any(|records| self.name.starts_with(records))
    }
}

/// Reads `<local ref> <local oid> <remote ref> <remote oid>` lines.
///
/// # Errors
/// When a line is something else.
pub fn read(lines: &[u8]) -> Result<Vec<Update>> {
    let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let update = |line: &[u8]| -> Option<Update> {
        let text = String::from_utf8_lossy(line);
        // The first may be any words that name a commit, such as 'HEAD~2' or '(delete)'.
        let mut words = text.rsplitn(4, ' ');
        let (remote, name, local) = (words.next()?, words.next()?, words.next()?);
        words.next()?;
        Some(Update { local: object(local)?, name: name.to_owned(), remote: object(remote)? })
    };
    lines
        .map(|line| {
            update(line).ok_or_else(|| {
                let line = String::from_utf8_lossy(line).into_owned();
                Error::usage(format!("cannot read '{line}' as a pushed ref"))
                    .hint("git writes '<local ref> <local oid> <remote ref> <remote oid>', one per line")
            })
        })
        .collect()
}

/// Returns an object; none where git means by zeros alone that there is none.
fn object(word: &str) -> Option<Option<Oid>> {
    let oid: Oid = word.parse().ok()?;
    Some(Some(oid).filter(|oid| oid.as_bytes().iter().any(|byte| *byte != 0)))
}

/// Returns what pre-commit tells its hooks of a push, by variables; none where it says nothing. It tells of one ref at
/// a time.
///
/// # Errors
/// When it says what git would not.
pub fn of_pre_commit(said: &HashMap<String, String>) -> Result<Option<(Option<String>, Vec<Update>)>> {
    let get = |name: &str| said.get(&format!("PRE_COMMIT_{name}")).filter(|value| !value.is_empty());
    let Some(to) = get("TO_REF") else { return Ok(None) };
    let zero = "0".repeat(to.len());
    let from = get("FROM_REF").unwrap_or(&zero);
    let name = get("REMOTE_BRANCH").map_or("refs/heads/", String::as_str);
    let local = get("LOCAL_BRANCH").map_or("HEAD", String::as_str);
    let updates = read(format!("{local} {to} {name} {from}").as_bytes())?;
    Ok(Some((get("REMOTE_NAME").cloned(), updates)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_a_new_ref_and_an_update_are_told() {
        let (one, two, none) = ("1".repeat(40), "2".repeat(40), "0".repeat(40));
        let lines = format!(
            "refs/heads/a {one} refs/heads/a {two}\n(delete) {none} refs/heads/b {two}\nHEAD {one} refs/heads/c {none}\n\
             refs/notes/x {one} refs/notes/x {none}\n"
        );
        let read = read(lines.as_bytes()).unwrap();
        let told: Vec<_> = read.iter().map(|u| (u.local.is_some(), u.remote.is_some(), u.sends_work())).collect();
        assert_eq!(told, [(true, true, true), (false, true, false), (true, false, true), (true, false, false)]);
        assert!(super::read(b"refs/heads/a nothing refs/heads/a\n").is_err());
    }
}
