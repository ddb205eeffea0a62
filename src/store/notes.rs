//! Git notes, read and written as git keeps them.
//!
//! A notes ref is a commit whose tree has one blob per annotated object, named by the object's digits, and, once there
//! are many, split into folders by the first digits (see `git help notes`). libgit2's own notes lose concurrent
//! writes and never split, so the tree is edited here and the ref swapped.

use std::collections::BTreeMap;

use crate::app::App;
use crate::error::{Error, Result};
use crate::git::{Edit, EntryKind, Expected, NewCommit, RefChange, RefFailure, Repo};
use crate::lock::FileLock;
use crate::model::{Identity, Oid, Time};

/// The handoff reports.
pub const REPORT: &str = "refs/notes/puff/report";
/// The machine-readable records.
const RUNS: &str = "refs/notes/puff/runs";
/// The refs of all notes, as a prefix.
pub const NOTES: &str = "refs/notes/puff/";

/// A folder with this many notes is split. Git's own rule is of this order; any split is read by any git.
const FULL: usize = 256;

/// One kind of notes of a repository.
pub struct Notes<'a> {
    repo: &'a Repo,
    name: &'static str,
    author: Identity,
}

/// A note to be written: which object, and what becomes of the text that is there.
pub type NoteEdit<'e> = (Oid, Box<dyn Fn(Option<String>) -> Option<String> + 'e>);

/// The first of the characters that stand for bytes which are no text, at the end of the last plane for private use.
const STANDS: u32 = 0x10_FE00;

/// Returns a note as text. What others have written into it survives our edits: a byte that is no UTF-8 becomes a
/// character that stands for it, and so does each byte of such a character, should there be one.
fn escape(note: &[u8]) -> String {
    let mut text = String::with_capacity(note.len());
    let stand = |text: &mut String, bytes: &[u8]| {
        text.extend(bytes.iter().filter_map(|byte| char::from_u32(STANDS + u32::from(*byte))));
    };
    for chunk in note.utf8_chunks() {
        for character in chunk.valid().chars() {
            match byte_of(character) {
                None => text.push(character),
                Some(_) => stand(&mut text, character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        stand(&mut text, chunk.invalid());
    }
    text
}

/// Returns the reverse of [`escape`].
fn unescape(text: &str) -> Vec<u8> {
    let mut note = Vec::with_capacity(text.len());
    for character in text.chars() {
        match byte_of(character) {
            Some(byte) => note.push(byte),
            None => note.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    note
}

/// Returns the byte that a character stands for.
fn byte_of(character: char) -> Option<u8> {
    u8::try_from(u32::from(character).checked_sub(STANDS)?).ok()
}

/// Edits several notes, those of a kind in one commit, under `lock`, the lock of [`Layout::lock_for_writing`]; returns
/// whether anything had to be written. A note that becomes nothing is removed.
///
/// The caller holds the lock because what is written depends on refs: whether the run of a note still exists.
///
/// [`Layout::lock_for_writing`]: crate::layout::Layout::lock_for_writing
///
/// # Errors
/// When the notes cannot be read or written.
pub fn edit_notes(
    app: &App,
    _lock: &FileLock,
    edits: &[(Notes<'_>, Vec<NoteEdit<'_>>)],
    now: Time,
    why: &str,
) -> Result<bool> {
    let message = format!("Notes added by 'git puff {why}'\n");
    let mut open: Vec<_> = edits.iter().collect();
    let mut written = false;
    while !open.is_empty() {
        let edit = |(notes, edits): &&(Notes<'_>, Vec<NoteEdit<'_>>)| notes.edited(edits, now, &message);
        let commits: Vec<_> = app.repo.object_batch(|| open.iter().map(edit).collect::<Result<_>>())?;
        let edited = open.into_iter().zip(commits).filter_map(|(notes, commit)| Some((notes, commit?)));
        let (notes, changes): (Vec<_>, Vec<_>) = edited
            .map(|(notes, (new, expected))| {
                (notes, RefChange { name: notes.0.name, new, expected, message: message.trim_end() })
            })
            .unzip();
        open = Vec::new();
        for (notes, result) in notes.into_iter().zip(app.repo.set_refs(&changes)) {
            match result {
                Ok(()) => written = true,
                // Another process was first: edited again, on what is there now.
                Err(RefFailure::Moved(_)) => open.push(notes),
                Err(failure) => return Err(failure.into()),
            }
        }
    }
    Ok(written)
}

impl<'a> Notes<'a> {
    /// Returns the notes in `refs/notes/puff/report`.
    pub fn report(app: &'a App) -> Notes<'a> {
        Notes::of(app, REPORT)
    }

    /// Returns the notes in `refs/notes/puff/runs`.
    pub fn runs(app: &'a App) -> Notes<'a> {
        Notes::of(app, RUNS)
    }

    fn of(app: &'a App, name: &'static str) -> Notes<'a> {
        Notes { repo: &app.repo, name, author: app.journalist() }
    }

    /// Returns the ref that they are in.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the note of an object.
    ///
    /// # Errors
    /// When the notes cannot be read.
    pub fn get(&self, object: Oid) -> Result<Option<String>> {
        match self.repo.ref_target(self.name) {
            None => Ok(None),
            Some(head) => self.read(self.repo.commit(head)?.tree, object),
        }
    }

    /// Returns the commit of these notes with some of them edited; none when nothing changes.
    fn edited(&self, edits: &[NoteEdit<'_>], now: Time, message: &str) -> Result<Option<(Oid, Expected)>> {
        let head = self.repo.ref_target(self.name);
        let old_tree = head.map(|head| self.repo.commit(head).map(|commit| commit.tree)).transpose()?;
        let mut tree = old_tree;
        // Many runs may have a part in one note: it is read and written once.
        let mut of_object: BTreeMap<Oid, Vec<_>> = BTreeMap::new();
        edits.iter().for_each(|(object, edit)| of_object.entry(*object).or_default().push(edit));
        for (object, edits) in of_object {
            let all = |text: Option<String>| edits.iter().fold(text, |text, edit| edit(text));
            tree = Some(self.edit_one(tree, object, &all)?);
        }
        let Some(tree) = tree.filter(|tree| Some(*tree) != old_tree) else { return Ok(None) };
        let parents: Vec<Oid> = head.into_iter().collect();
        let new = NewCommit { tree, parents: &parents, identity: &self.author, at: now, message };
        Ok(Some((self.repo.write_commit(&new)?, head.map_or(Expected::Absent, Expected::At))))
    }

    fn edit_one(&self, tree: Option<Oid>, object: Oid, edit: &dyn Fn(Option<String>) -> Option<String>) -> Result<Oid> {
        let old = tree.map(|tree| self.read(tree, object)).transpose()?.flatten();
        let new = edit(old.clone()).filter(|text| !text.trim().is_empty());
        let base = match tree {
            Some(tree) if old.is_none() && new.is_some() => Some(self.split_if_full(tree)?),
            other => other,
        };
        if new == old {
            return base.map_or_else(|| self.repo.edit_tree(None, []), Ok);
        }
        let path = self.path(base, object)?;
        let edit = match new {
            Some(text) => Edit::Put(EntryKind::File, self.repo.write_blob(&unescape(&text))?),
            None => Edit::Remove,
        };
        self.repo.edit_tree(base, [(path.as_bytes(), edit)])
    }

    fn read(&self, tree: Oid, object: Oid) -> Result<Option<String>> {
        let path = self.path(Some(tree), object)?;
        let entry = self.repo.entry(tree, path.as_bytes())?;
        let bytes = entry.map(|entry| self.repo.blob(entry.oid)).transpose().map_err(|cause| {
            Error::failed(format!("cannot read the note of {object} in {}", self.name))
                .hint("check the repository with 'git fsck'")
                .because(cause)
        })?;
        Ok(bytes.map(|bytes| escape(&bytes)))
    }

    /// Returns where the note of an object is, or would be: under the folders of its first digits that are there.
    fn path(&self, tree: Option<Oid>, object: Oid) -> Result<String> {
        let digits = object.to_string();
        let (mut path, mut rest) = (String::new(), digits.as_str());
        let mut folder = tree;
        while let Some(tree) = folder.filter(|_| rest.len() > 2) {
            let (two, others) = rest.split_at(2);
            let below = self.repo.entry(tree, two.as_bytes())?.filter(|entry| entry.kind == EntryKind::Tree);
            folder = below.map(|entry| entry.oid);
            if folder.is_some() {
                path = format!("{path}{two}/");
                rest = others;
            }
        }
        // In a tree that is split already, the first note of a pair of digits gets its folder too.
        if path.is_empty() && tree.map(|tree| self.is_split(tree)).transpose()?.unwrap_or(false) {
            let (two, others) = rest.split_at(2);
            return Ok(format!("{two}/{others}"));
        }
        Ok(path + rest)
    }

    fn is_split(&self, tree: Oid) -> Result<bool> {
        let entries = self.repo.entries(tree)?;
        Ok(entries.iter().any(|entry| entry.kind == EntryKind::Tree && entry.name.len() == 2))
    }

    fn split_if_full(&self, tree: Oid) -> Result<Oid> {
        let entries = self.repo.entries(tree)?;
        let whole = |name: &[u8]| matches!(name.len(), 40 | 64) && name.iter().all(u8::is_ascii_hexdigit);
        let flat: Vec<_> = entries.iter().filter(|entry| whole(&entry.name)).collect();
        if flat.len() < FULL {
            return Ok(tree);
        }
        let moved: Vec<_> = flat.iter().map(|entry| [&entry.name[..2], b"/", &entry.name[2..]].concat()).collect();
        let puts = moved.iter().zip(&flat).map(|(path, entry)| (path.as_slice(), Edit::Put(entry.kind, entry.oid)));
        let removes = flat.iter().map(|entry| (entry.name.as_slice(), Edit::Remove));
        self.repo.edit_tree(Some(tree), removes.chain(puts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_note_survives() {
        let bytes: Vec<u8> = (0..=255).collect();
        for note in [&bytes[..], b"gr\xfcn\n", "gr\u{fc}n \u{10fefc}\u{10ffff}".as_bytes(), b"\xf4\x8f\xbb", b""] {
            assert_eq!(unescape(&escape(note)), note);
        }
        assert_eq!(escape("gr\u{fc}n".as_bytes()), "gr\u{fc}n");
    }
}
