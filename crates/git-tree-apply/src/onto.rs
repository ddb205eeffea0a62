//! A patch onto a tree: only the blobs that it touches are read, only the trees above them are written.
//!
//! The files of a patch go one after another, and later ones see what earlier ones made, with git's two exceptions:
//! renames and copies read the tree as it was, and a name that some file of the patch gives up may be taken by another,
//! whichever comes first. All is worked out before anything is written: a patch is applied whole or not at all.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::ops::Bound;
use std::rc::Rc;

use super::content::{Limits, Refusal, Step, Stop, changed, is_null, refuse, whole_id};
use super::parse::{Body, FilePatch, Name, Stated};
use super::three_way::{Drivers, Merge, Merged};
use super::{image, policy};
use crate::objects::{Edit, Entry, EntryKind, Objects};

/// What came of a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<Id> {
    /// The tree that came out.
    Tree(Id),
    /// It does not fit.
    Refused(Refusal),
    /// The three-way merge left conflicts in these files.
    Conflicts(Vec<Vec<u8>>),
    /// The three-way merge could not be made, though the version that the file was made on is here.
    Unmerged(Refusal),
}

/// How files that do not fit are dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They refuse the patch.
    Plain,
    /// They are merged with the version that they were made on, where that is here.
    ThreeWay,
}

/// Applies the files of a patch to a tree in one way, without a second attempt in the other.
///
/// # Errors
/// When an object of the tree cannot be read, or none can be written. A patch that does not fit is an answer.
pub fn apply_in_mode<O: Objects>(
    objects: &O,
    base: O::Id,
    files: &[FilePatch<'_>],
    mode: Mode,
    drivers: &dyn Drivers<O::Error>,
) -> Result<Outcome<O::Id>, O::Error> {
    apply_within(objects, base, files, mode, drivers, &mut { Limits::MOST.effort })
}

/// The same with what is left of the effort that a patch may take: what one way to apply it took, the next one has not.
pub(super) fn apply_within<O: Objects>(
    objects: &O,
    base: O::Id,
    files: &[FilePatch<'_>],
    mode: Mode,
    drivers: &dyn Drivers<O::Error>,
    effort: &mut image::Effort,
) -> Result<Outcome<O::Id>, O::Error> {
    let mut work = Work::new(objects, base, files, mode, drivers);
    work.limits.effort = *effort;
    for file in files {
        let taken = work.take(file);
        *effort = work.limits.effort;
        match taken {
            Ok(()) => {}
            Err(Stop::Refused(refusal)) => return Ok(Outcome::Refused(refusal)),
            Err(Stop::Unmerged(refusal)) => return Ok(Outcome::Unmerged(refusal)),
            Err(Stop::Failed(error)) => return Err(error),
        }
    }
    if !work.conflicts.is_empty() {
        return Ok(Outcome::Conflicts(work.conflicts));
    }
    objects.batch(|| work.write())
}

/// What becomes of a name in the course of the patch.
#[derive(Clone)]
enum Fate {
    /// A file: the index of its content.
    PatchedFile(usize),
    /// Some part of the patch will give it up.
    Leaves,
    /// It has been given up.
    Left,
}

/// What is in a file.
#[derive(Clone)]
enum Content<Id> {
    /// What a blob holds that is here.
    Blob(Id),
    /// These bytes.
    Bytes(Rc<Vec<u8>>),
}

impl<Id: Copy> Content<Id> {
    fn of(bytes: Vec<u8>) -> Content<Id> {
        Content::Bytes(Rc::new(bytes))
    }

    fn read<O: Objects<Id = Id>>(&self, objects: &O) -> Result<Cow<'_, [u8]>, O::Error> {
        Ok(match self {
            Content::Blob(oid) => Cow::Owned(objects.blob(*oid)?),
            Content::Bytes(bytes) => Cow::Borrowed(bytes),
        })
    }
}

/// A file as a part of the patch made it.
struct PatchedFile<Id> {
    name: Option<Vec<u8>>,
    removes: Option<Vec<u8>>,
    kind: EntryKind,
    content: Content<Id>,
    /// The blob that the patch says this is.
    known: Option<Id>,
    /// A later part has made it anew, so that this is not written.
    superseded: bool,
}

struct Work<'w, O: Objects> {
    objects: &'w O,
    base: O::Id,
    mode: Mode,
    drivers: &'w dyn Drivers<O::Error>,
    names: HashMap<Vec<u8>, Fate>,
    /// Symbolic links that the patch takes away (false) or makes (true).
    links: HashMap<Vec<u8>, bool>,
    made: Vec<PatchedFile<O::Id>>,
    conflicts: Vec<Vec<u8>>,
    limits: Limits,
}

/// A file before the patch.
struct Before<Id> {
    kind: EntryKind,
    content: Content<Id>,
}

impl<'w, O: Objects> Work<'w, O> {
    fn new(
        objects: &'w O,
        base: O::Id,
        files: &[FilePatch<'_>],
        mode: Mode,
        drivers: &'w dyn Drivers<O::Error>,
    ) -> Work<'w, O> {
        let mut names = HashMap::new();
        let mut links = HashMap::new();
        for file in files {
            if let Some(old) = file.old_name.as_ref().filter(|_| file.new_name.is_none() || file.is_rename) {
                names.insert(old.clone(), Fate::Leaves);
            }
            let is_link = |mode: Option<u32>| mode == Some(EntryKind::Symlink.mode());
            let goes = is_link(file.old_mode) && (file.is_rename || file.is_delete == Stated::Yes);
            if let Some(old) = file.old_name.as_ref().filter(|_| goes) {
                links.entry(old.clone()).or_insert(false);
            }
            if let Some(new) = file.new_name.as_ref().filter(|_| is_link(file.new_mode)) {
                links.insert(new.clone(), true);
            }
        }
        let (made, conflicts) = (Vec::new(), Vec::new());
        Work { objects, base, mode, drivers, names, links, made, conflicts, limits: Limits::MOST }
    }

    /// Works out one file of the patch.
    fn take(&mut self, file: &FilePatch<'_>) -> Step<(), O::Error> {
        let name = file.new_name.as_deref().or(file.old_name.as_deref()).unwrap_or(b"");
        let before = self.before(file)?;
        // A plain diff may leave open whether the file is new: it is, when there is none.
        let is_new = file.is_new == Stated::Yes || (file.is_new == Stated::Unstated && before.is_none());
        let is_delete = file.is_delete == Stated::Yes && !(file.is_new == Stated::Unstated && before.is_none());
        if let (Some(before), Some(mode)) = (&before, file.old_mode)
            && kind_of(mode).is_some_and(|kind| !same_type(kind, before.kind))
        {
            return refuse(name, format!("it is {}, and the patch is for {}", word(before.kind), word_of(mode)));
        }
        let kind = self.new_kind(file, before.as_ref(), is_new, name)?;
        let makes = is_new || file.is_rename || file.is_copy;
        let is_merged = match if makes { self.occupant(name)? } else { None } {
            None => false,
            // Git merges the texts of a file and a symbolic link too: a link to what was the text of a file may come of it.
            Some(there) if is_new && !same_type(there.kind, kind) => {
                return refuse(name, format!("{OTHER_KIND}: it is {}, and not {}", word(there.kind), word(kind)));
            }
            Some(_) if self.mode == Mode::Plain || kind == EntryKind::Submodule => {
                return refuse(name, "is there already");
            }
            // Two who made the same file can be merged like two who changed it. What is copied or moved onto a file is
            // merged with what it comes from, as git does it, and whatever was there is gone.
            Some(_) => true,
        };
        self.check_paths(file, kind, is_new)?;
        let changed = self.change(file, before.as_ref(), name, is_merged)?;
        if is_delete && !changed.read(self.objects)?.is_empty() {
            return refuse(name, "the patch deletes it, but leaves lines that it does not know");
        }
        let at = self.made.len();
        let old = file.old_name.clone().filter(|_| !is_new);
        if let Some(new) = &file.new_name
            && let Some(Fate::PatchedFile(earlier)) = self.names.insert(new.clone(), Fate::PatchedFile(at))
            && !is_delete
            && self.made[earlier].kind != EntryKind::Submodule
        {
            (self.made[earlier].content, self.made[earlier].superseded) = (Content::of(Vec::new()), true);
        }
        if let Some(old) = old.as_ref().filter(|_| file.new_name.is_none() || file.is_rename) {
            self.names.insert(old.clone(), Fate::Left);
        }
        let new = file.new_name.clone().filter(|_| !is_delete);
        let removes = old.filter(|_| !file.is_copy);
        let known = whole_id(self.objects, file.new_digits);
        self.made.push(PatchedFile { name: new, removes, kind, content: changed, known, superseded: false });
        Ok(())
    }

    /// The file that a part of the patch starts from; none for a new one.
    fn before(&self, file: &FilePatch<'_>) -> Step<Option<Before<O::Id>>, O::Error> {
        let Some(old) = file.old_name.as_deref().filter(|_| file.is_new != Stated::Yes) else { return Ok(None) };
        // Renames and copies do not depend on the order of the patch.
        let earlier = if file.is_rename || file.is_copy { None } else { self.names.get(old) };
        match earlier {
            Some(Fate::PatchedFile(at)) => {
                let made = &self.made[*at];
                return Ok(Some(Before { kind: made.kind, content: made.content.clone() }));
            }
            Some(Fate::Left) => return refuse(old, "the patch has renamed or deleted it before"),
            Some(Fate::Leaves) | None => {}
        }
        match self.objects.entry(self.base, old)?.filter(|entry| entry.kind != EntryKind::Tree) {
            Some(entry) => Ok(Some(Before { kind: entry.kind, content: content(&entry) })),
            None if file.is_new == Stated::Unstated => Ok(None),
            None => {
                let whole = file
                    .unprefixed
                    .as_deref()
                    .map(|name| Ok::<_, O::Error>((name, self.objects.entry(self.base, name)?)));
                match whole.transpose()? {
                    Some((name, Some(_))) => {
                        let prefixes = "the diff has no prefixes a/ and b/ ('git diff --no-prefix')";
                        refuse(old, format!("does not exist in the base, and '{}' does: {prefixes}", Name(name)))
                    }
                    _ => refuse(old, "does not exist in the base"),
                }
            }
        }
    }

    /// The file that is where a new one would come; none where nothing is, or the patch takes it away.
    fn occupant(&self, name: &[u8]) -> Result<Option<Entry<O::Id>>, O::Error> {
        if matches!(self.names.get(name), Some(Fate::Leaves | Fate::Left)) {
            return Ok(None);
        }
        Ok(self.objects.entry(self.base, name)?.filter(|entry| entry.kind != EntryKind::Tree))
    }

    fn new_kind(
        &self,
        file: &FilePatch<'_>,
        before: Option<&Before<O::Id>>,
        is_new: bool,
        name: &[u8],
    ) -> Step<EntryKind, O::Error> {
        let old = before.map(|before| before.kind);
        let new = match file.new_mode {
            Some(mode) => kind_of(mode),
            // The mode of an `index` line is the one that stays; git trusts the tree where they differ.
            None if is_new => Some(EntryKind::File),
            None => old.or(Some(EntryKind::File)),
        };
        let Some(new) = new else { return refuse(name, "its new mode is none that git keeps") };
        match old.map(|old| file.old_mode.and_then(kind_of).unwrap_or(old)) {
            Some(was) if !same_type(was, new) => {
                refuse(name, format!("the patch makes {} of {}, which takes two steps", word(new), word(was)))
            }
            _ => Ok(new),
        }
    }

    fn check_paths(&self, file: &FilePatch<'_>, kind: EntryKind, is_new: bool) -> Step<(), O::Error> {
        let is_delete = file.is_delete == Stated::Yes;
        let old = file.old_name.as_deref().filter(|_| !is_new && !file.is_copy);
        let new = file.new_name.as_deref().filter(|_| !is_delete);
        for path in [old, new].into_iter().flatten() {
            if let Some(objection) = policy::objection(path, kind == EntryKind::Symlink && Some(path) == new) {
                return refuse(path, objection);
            }
        }
        let Some(new) = new else { return Ok(()) };
        let folders = (0..new.len()).rev().filter(|at| new[*at] == b'/').map(|at| &new[..at]);
        for folder in folders {
            let link = match self.links.get(folder) {
                Some(made) => *made,
                None => self.objects.entry(self.base, folder)?.is_some_and(|entry| entry.kind == EntryKind::Symlink),
            };
            if link {
                return refuse(new, format!("'{}' is a symbolic link, so this would land elsewhere", Name(folder)));
            }
        }
        Ok(())
    }

    /// What a file becomes. `only_merged` when it cannot be made directly, since another is there.
    fn change(
        &mut self,
        file: &FilePatch<'_>,
        before: Option<&Before<O::Id>>,
        name: &[u8],
        only_merged: bool,
    ) -> Step<Content<O::Id>, O::Error> {
        // Only its name or mode changes: what is in it needn't be read.
        if let Some(before) = before
            && !only_merged
            && matches!(&file.body, Body::Text(hunks) if hunks.is_empty())
        {
            return Ok(before.content.clone());
        }
        let old = before.map_or(Ok(Cow::Borrowed(&b""[..])), |before| before.content.read(self.objects))?;
        let moved = || matches!(file.old_name.as_ref().and_then(|old| self.names.get(old)), Some(Fate::Left));
        if file.is_copy || moved() {
            self.limits.make(old.len(), name)?;
        }
        if let Some(ours) = self.to_merge(file, before, name)? {
            let (objects, drivers, is_new) = (self.objects, self.drivers, before.is_none());
            let text = ours.read(objects)?;
            match (Merge { objects, drivers, file, name, ours: &text, is_new }).make(&mut self.limits)? {
                Merged::Clean(text) => return Ok(Content::of(text)),
                Merged::Conflict => {
                    self.conflicts.push(name.to_vec());
                    return Ok(ours);
                }
                Merged::Impossible => {}
                Merged::Unmerged(why) => {
                    let unmerged = || Err(Stop::Unmerged(Refusal { path: name.to_vec(), why }));
                    if only_merged {
                        return unmerged();
                    }
                    // Git, too, applies what it could not merge as it is, where it fits.
                    return match changed(objects, file, &old, before.is_some(), name, &mut self.limits) {
                        Ok(text) => Ok(Content::of(text)),
                        Err(Stop::Refused(_)) => unmerged(),
                        Err(stop) => Err(stop),
                    };
                }
            }
        }
        if only_merged {
            return refuse(name, "is there already");
        }
        changed(self.objects, file, &old, before.is_some(), name, &mut self.limits).map(Content::of)
    }

    /// What a patch is merged with, where it is to be merged: the file before it, or the one that is where it makes one.
    fn to_merge(
        &self,
        file: &FilePatch<'_>,
        before: Option<&Before<O::Id>>,
        name: &[u8],
    ) -> Result<Option<Content<O::Id>>, O::Error> {
        if self.mode == Mode::Plain || file.is_delete == Stated::Yes {
            return Ok(None);
        }
        match before {
            Some(before) => Ok((before.kind != EntryKind::Submodule).then(|| before.content.clone())),
            None => Ok(self.occupant(name)?.map(|there| content(&there))),
        }
    }

    /// Writes the tree: first everything that goes away does, then everything new comes.
    fn write(&self) -> Result<Outcome<O::Id>, O::Error> {
        let mut edits: BTreeMap<&[u8], Edit<O::Id>> = BTreeMap::new();
        for made in &self.made {
            if let Some(old) = &made.removes {
                edits.insert(old, Edit::Remove);
            }
        }
        for made in self.made.iter().filter(|made| !made.superseded) {
            let Some(name) = &made.name else { continue };
            if let Some(other) = self.stands_in_the_way(name, &edits)? {
                let why = format!("'{}' is in its way: one is a folder of the other", Name(&other));
                return Ok(Outcome::Refused(Refusal { path: name.clone(), why }));
            }
            let oid = match &made.content {
                Content::Bytes(bytes) if made.kind == EntryKind::Submodule => match submodule(self.objects, bytes) {
                    Some(oid) => oid,
                    None => {
                        let why = "the patch does not name a commit for the submodule".to_owned();
                        return Ok(Outcome::Refused(Refusal { path: name.clone(), why }));
                    }
                },
                Content::Bytes(bytes) => self.objects.write_blob(bytes, made.known)?,
                Content::Blob(oid) => *oid,
            };
            edits.insert(name, Edit::Put(made.kind, oid));
        }
        let tree = self.objects.edit_tree(self.base, edits)?;
        Ok(Outcome::Tree(tree))
    }

    /// A file that is where this one needs a folder, or below where this one would be.
    fn stands_in_the_way(
        &self,
        name: &[u8],
        edits: &BTreeMap<&[u8], Edit<O::Id>>,
    ) -> Result<Option<Vec<u8>>, O::Error> {
        for at in (0..name.len()).filter(|at| name[*at] == b'/') {
            let folder = &name[..at];
            let there = match edits.get(folder) {
                Some(Edit::Put(..)) => true,
                Some(Edit::Remove) => false,
                None => self.objects.entry(self.base, folder)?.is_some_and(|entry| entry.kind != EntryKind::Tree),
            };
            if there {
                return Ok(Some(folder.to_vec()));
            }
        }
        let below = [name, b"/"].concat();
        let behind = edits.range::<[u8], _>((Bound::Included(below.as_slice()), Bound::Unbounded));
        let mut inside = behind.take_while(|(path, _)| path.starts_with(&below));
        if let Some((path, _)) = inside.find(|(_, edit)| matches!(edit, Edit::Put(..))) {
            return Ok(Some(path.to_vec()));
        }
        match self.objects.entry(self.base, name)? {
            Some(entry) if entry.kind == EntryKind::Tree => self.remains(entry.oid, &below, edits),
            _ => Ok(None),
        }
    }

    /// A file of a folder that the patch leaves there.
    fn remains(
        &self,
        tree: O::Id,
        prefix: &[u8],
        edits: &BTreeMap<&[u8], Edit<O::Id>>,
    ) -> Result<Option<Vec<u8>>, O::Error> {
        for entry in self.objects.entries(tree)? {
            let path = [prefix, &entry.name].concat();
            if entry.kind == EntryKind::Tree {
                let below = [path.as_slice(), b"/"].concat();
                if let Some(found) = self.remains(entry.oid, &below, edits)? {
                    return Ok(Some(found));
                }
            } else if !matches!(edits.get(path.as_slice()), Some(Edit::Remove)) {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }
}

/// What a patch changes in an entry of a tree: for a submodule, git's word for its commit.
fn content<Id: Copy + Display>(entry: &Entry<Id>) -> Content<Id> {
    match entry.kind {
        EntryKind::Submodule => Content::of(format!("{SUBMODULE}{}\n", entry.oid).into_bytes()),
        _ => Content::Blob(entry.oid),
    }
}

/// What git shows of a submodule.
const SUBMODULE: &str = "Subproject commit ";

fn submodule<O: Objects>(objects: &O, content: &[u8]) -> Option<O::Id> {
    let text = std::str::from_utf8(content).ok()?.strip_prefix(SUBMODULE)?;
    let digits = text.get(..objects.id_digits())?;
    // No tree takes a commit that is none.
    objects.parse_id(digits).filter(|_| !is_null(digits.as_bytes()))
}

/// Why nothing is made where something of another kind is.
const OTHER_KIND: &str = "is there already as something else";

fn kind_of(mode: u32) -> Option<EntryKind> {
    match mode {
        0o100644 => Some(EntryKind::File),
        0o100755 => Some(EntryKind::Executable),
        0o120000 => Some(EntryKind::Symlink),
        0o160000 => Some(EntryKind::Submodule),
        _ => None,
    }
}

fn same_type(one: EntryKind, other: EntryKind) -> bool {
    let type_of = |kind| if kind == EntryKind::Executable { EntryKind::File } else { kind };
    type_of(one) == type_of(other)
}

fn word(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::File | EntryKind::Executable => "a file",
        EntryKind::Symlink => "a symbolic link",
        EntryKind::Tree => "a folder",
        EntryKind::Submodule => "a submodule",
    }
}

fn word_of(mode: u32) -> &'static str {
    kind_of(mode).map_or("something of an unknown mode", word)
}
