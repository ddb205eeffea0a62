//! Objects as bytes beside the object store: what a collection of garbage takes can be put there again.

use std::collections::HashSet;

use git2::ObjectType;

use super::repo::Repo;
use super::{EntryKind, loose};
use crate::Oid;
use puff_system::error::{Error, Result};

impl Repo {
    /// Returns the objects of a commit, itself among them, that the trees of its parents do not have, as
    /// [`Repo::restore_objects`] takes them; none where they are more than `most` bytes. With it, its parents.
    ///
    /// # Errors
    /// When an object is missing.
    pub fn own_objects(&self, commit: Oid, most: usize) -> Result<(Option<Vec<u8>>, Vec<Oid>)> {
        let bytes = self.raw_object(commit, ObjectType::Commit)?;
        let (tree, parents) = links(&bytes).ok_or_else(|| Error::failed(format!("{commit} is no commit")))?;
        let mut known = HashSet::new();
        for parent in &parents {
            self.list_objects(self.commit(*parent)?.tree, &mut known, &mut Vec::new())?;
        }
        let mut new = vec![(commit, ObjectType::Commit)];
        self.list_objects(tree, &mut known, &mut new)?;
        let mut kept = Vec::new();
        for (id, kind) in new {
            let bytes = self.raw_object(id, kind)?;
            kept.extend(format!("{kind} {id} {}\n", bytes.len()).bytes());
            kept.extend(bytes);
            if kept.len() > most {
                return Ok((None, parents));
            }
        }
        Ok((Some(kept), parents))
    }

    /// Writes objects again that [`Repo::own_objects`] returned for a commit, and returns its parents. What is not named by
    /// its content is not written: anybody may have changed those bytes.
    ///
    /// # Errors
    /// When they are not those of this commit, or the object store cannot be written.
    pub fn restore_objects(&self, kept: &[u8], commit: Oid) -> Result<Vec<Oid>> {
        let damaged = || Error::failed(format!("what is kept of {commit} is damaged"));
        let (mut rest, mut objects) = (kept, Vec::new());
        while !rest.is_empty() {
            let (kind, id, bytes, after) = next(rest).ok_or_else(damaged)?;
            if self.name(kind, bytes).ok() != Some(id) {
                return Err(damaged());
            }
            objects.push((id, kind, bytes));
            rest = after;
        }
        let own = objects.iter().find(|(id, kind, _)| *id == commit && *kind == ObjectType::Commit);
        let (_, parents) = own.and_then(|(.., bytes)| links(bytes)).ok_or_else(damaged)?;
        // Not by libgit2, which takes an object for written that was there when it looked last.
        loose::write(&self.location().objects, &objects).map_err(|cause| {
            Error::cannot_work(format!("cannot write the objects of {commit} again")).because(cause)
        })?;
        Ok(parents)
    }

    fn raw_object(&self, id: Oid, kind: ObjectType) -> Result<Vec<u8>> {
        let missing = |cause| Error::failed(format!("cannot read the {kind} {id}")).because(cause);
        let odb = self.inner.odb().map_err(missing)?;
        Ok(self.read(&odb, id, kind).map_err(missing)?.to_vec())
    }

    /// Adds a tree and all below it that is not `known` yet.
    fn list_objects(&self, tree: Oid, known: &mut HashSet<Oid>, found: &mut Vec<(Oid, ObjectType)>) -> Result<()> {
        if !known.insert(tree) {
            return Ok(());
        }
        found.push((tree, ObjectType::Tree));
        for entry in self.entries(tree)? {
            if entry.kind == EntryKind::Tree {
                self.list_objects(entry.oid, known, found)?;
            } else if entry.kind.is_blob() && known.insert(entry.oid) {
                found.push((entry.oid, ObjectType::Blob));
            }
        }
        Ok(())
    }
}

/// The first object of several, and what is behind it.
fn next(bytes: &[u8]) -> Option<(ObjectType, Oid, &[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let mut words = std::str::from_utf8(&bytes[..end]).ok()?.split(' ');
    let kind = words.next().and_then(ObjectType::from_str)?;
    let id = words.next()?.parse().ok()?;
    let length: usize = words.next()?.parse().ok()?;
    let (content, rest) = bytes[end + 1..].split_at_checked(length)?;
    Some((kind, id, content, rest))
}

/// The tree and the parents of a commit.
fn links(commit: &[u8]) -> Option<(Oid, Vec<Oid>)> {
    let mut lines = commit.split(|byte| *byte == b'\n');
    let oid = |line: &[u8]| std::str::from_utf8(line).ok()?.parse().ok();
    let tree = oid(lines.next()?.strip_prefix(b"tree ")?)?;
    Some((tree, lines.map_while(|line| oid(line.strip_prefix(b"parent ")?)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::tests::open;
    use crate::{Edit, NewCommit};

    #[test]
    fn what_is_kept_of_a_commit_is_written_again_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let repo = open(folder.path());
        let commit = |text: &str, parents: &[Oid]| {
            let blob = repo.write_blob(text.as_bytes()).unwrap();
            let tree = repo.edit_tree(None, [(b"a/file".as_slice(), Edit::Put(EntryKind::File, blob))]).unwrap();
            let at = "2026-11-20T10:00:00Z".parse().unwrap();
            let identity = &crate::Identity { name: "a".into(), email: "a@b".into() };
            repo.write_commit(&NewCommit { tree, parents, identity, at, message: text }).unwrap()
        };
        let first = commit("one\n", &[]);
        let second = commit("two\n", &[first]);
        let (kept, parents) = repo.own_objects(second, 1 << 20).unwrap();
        let kept = kept.unwrap();
        assert_eq!(parents, [first]);
        assert!(repo.own_objects(second, 10).unwrap().0.is_none());
        let other = tempfile::tempdir().unwrap();
        let other = open(other.path());
        assert_eq!(other.restore_objects(&kept, second).unwrap(), [first]);
        assert!(other.has_commit(second) && !other.has_commit(first));
        assert!(other.restore_objects(&kept, first).is_err());
        let at = kept.windows(4).position(|window| window == b"two\n").unwrap();
        let changed = [&kept[..at], b"2wo\n", &kept[at + 4..]].concat();
        assert!(other.restore_objects(&changed, second).is_err());
    }
}
