//! Random trees, random edits of every kind, random options of `git diff`.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Names that are odd in one way or another.
const NAMES: &[&str] = &[
    "a",
    "b",
    "c",
    "dir/a",
    "dir/b",
    "dir/sub/a",
    "a/b",
    "with space",
    "with space/and more",
    "tab\there",
    "quote\"d",
    "back\\slash",
    "new\nline",
    "ümläut",
    "-dash",
    "a.orig",
    "b b",
    "x y/x y",
    "dir",
    " lead",
    "trail ",
    "a/b/c",
    "@@ -1 +1 @@",
];

/// A file of a tree.
#[derive(Clone, Debug)]
pub struct File {
    pub name: &'static str,
    pub kind: Kind,
    pub text: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Executable,
    Symlink,
    Submodule,
}

/// A change of a tree.
#[derive(Clone, Debug)]
pub enum Change {
    /// Another text, from some point on.
    Splice {
        file: usize,
        at: usize,
        remove: usize,
        insert: Vec<&'static str>,
    },
    /// The last line end is taken away or put there.
    LastLine {
        file: usize,
    },
    Remove {
        file: usize,
    },
    Add {
        file: File,
    },
    Rename {
        file: usize,
        to: &'static str,
    },
    Copy {
        file: usize,
        to: &'static str,
    },
    Swap {
        one: usize,
        other: usize,
    },
    Kind {
        file: usize,
        kind: Kind,
    },
    Bytes {
        file: usize,
        bytes: Vec<u8>,
    },
}

#[derive(Clone, Debug)]
pub struct Case {
    pub files: Vec<File>,
    pub edits: Vec<Change>,
    /// What happens to the base before the patch comes.
    pub meanwhile: Vec<Change>,
    context: usize,
    flags: Vec<&'static str>,
    damage: Vec<(usize, Damage)>,
}

/// What happens to a line of the patch on its way.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Drop,
    Double,
    Empty,
    Cut,
    Sign(u8),
    Number,
    /// The line has no end, it is said.
    NoEnd,
}

const LINES: &[&str] =
    &["one\n", "two\n", "three\n", "{\n", "}\n", "\n", " \n", "\ttab\n", "cr\r\n", "-x\n", "+y\n", "@@\n", "\\ z\n"];

fn text() -> impl Strategy<Value = Vec<u8>> {
    let lines = vec(select(LINES), 0..30).prop_map(|lines| lines.concat().into_bytes());
    let cut = (lines, any::<bool>()).prop_map(|(mut text, cut)| {
        if cut && text.last() == Some(&b'\n') {
            text.pop();
        }
        text
    });
    prop_oneof![8 => cut, 1 => vec(any::<u8>(), 0..200), 1 => Just(Vec::new())]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![8 => Just(Kind::File), 2 => Just(Kind::Executable), 1 => Just(Kind::Symlink), 1 => Just(Kind::Submodule)]
}

fn file() -> impl Strategy<Value = File> {
    (select(NAMES), kind(), text()).prop_map(|(name, kind, text)| File { name, kind, text })
}

fn change() -> impl Strategy<Value = Change> {
    let at = 0usize..8;
    prop_oneof![
        8 => (at.clone(), 0usize..30, 0usize..4, vec(select(LINES), 0..4))
            .prop_map(|(file, at, remove, insert)| Change::Splice { file, at, remove, insert }),
        1 => at.clone().prop_map(|file| Change::LastLine { file }),
        2 => at.clone().prop_map(|file| Change::Remove { file }),
        2 => file().prop_map(|file| Change::Add { file }),
        2 => (at.clone(), select(NAMES)).prop_map(|(file, to)| Change::Rename { file, to }),
        1 => (at.clone(), select(NAMES)).prop_map(|(file, to)| Change::Copy { file, to }),
        1 => (at.clone(), at.clone()).prop_map(|(one, other)| Change::Swap { one, other }),
        1 => (at.clone(), kind()).prop_map(|(file, kind)| Change::Kind { file, kind }),
        1 => (at, vec(any::<u8>(), 0..300)).prop_map(|(file, bytes)| Change::Bytes { file, bytes }),
    ]
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        Just(Damage::Drop),
        Just(Damage::Double),
        Just(Damage::Empty),
        Just(Damage::Cut),
        select(&b" +-\\@d"[..]).prop_map(Damage::Sign),
        Just(Damage::Number),
        Just(Damage::NoEnd),
    ]
}

const FLAGS: &[&str] = &[
    "--binary",
    "--full-index",
    "-M",
    "-C",
    "--find-copies-harder",
    "--no-renames",
    "-B",
    "--patience",
    "--minimal",
    "--src-prefix=i/",
    "--dst-prefix=w/",
    "--text",
    "--abbrev=40",
    "--inter-hunk-context=3",
    "--function-context",
    "-D",
];

pub fn case() -> impl Strategy<Value = Case> {
    let flags = vec(select(FLAGS), 0..3);
    (
        vec(file(), 0..6),
        vec(change(), 1..6),
        vec(change(), 1..3),
        1usize..5,
        flags,
        vec((any::<usize>(), damage()), 1..3),
    )
        .prop_map(|(files, edits, meanwhile, context, flags, damage)| Case {
            files,
            edits,
            meanwhile,
            context,
            flags,
            damage,
        })
}

/// Lines of `.gitattributes` that say how files are merged.
const ATTRIBUTES: &[&str] = &[
    "* merge=union\n",
    "* merge=theirs\n",
    "* -merge\n",
    "* !merge\n",
    "a merge\n",
    "a merge=none\n",
    "b binary\n",
    "*b merge=strict\n",
    "dir/* merge=theirs\n",
    "c merge=broken\n",
    "[attr]odd merge=union\n",
    "*a odd\n",
];

/// The attributes of the tree before, and those that the patch makes of them.
pub fn attributes() -> impl Strategy<Value = (File, File)> {
    let file = |lines: Vec<&str>| File { name: ".gitattributes", kind: Kind::File, text: lines.concat().into_bytes() };
    let some = || vec(select(ATTRIBUTES), 1..4).prop_map(file);
    (some(), some(), any::<bool>())
        .prop_map(|(before, after, same)| (before.clone(), if same { before } else { after }))
}

impl Case {
    pub fn options(&self) -> Vec<String> {
        let flags = self.flags.iter().map(|flag| (*flag).to_owned());
        // Binary files have no patch without this, and irreversible deletes are git's own to refuse.
        flags.filter(|flag| flag != "-D").chain([format!("-U{}", self.context), "--binary".to_owned()]).collect()
    }

    pub fn before(&self) -> Vec<File> {
        consistent(self.files.clone())
    }

    pub fn after(&self) -> Vec<File> {
        changed(self.before(), &self.edits)
    }

    pub fn elsewhere(&self) -> Vec<File> {
        changed(self.before(), &self.meanwhile)
    }

    /// The patch as it arrives.
    pub fn damage(&self, patch: &[u8]) -> Vec<u8> {
        let mut lines: Vec<Vec<u8>> = patch.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        for (at, damage) in &self.damage {
            if lines.is_empty() {
                break;
            }
            let at = at % lines.len();
            match damage {
                Damage::Drop => drop(lines.remove(at)),
                Damage::Double => lines.insert(at, lines[at].clone()),
                Damage::Empty => lines[at] = b"\n".to_vec(),
                Damage::NoEnd => lines.insert(at + 1, b"\\ No newline at end of file\n".to_vec()),
                Damage::Cut => {
                    let half = lines[at].len() / 2;
                    lines[at].truncate(half);
                }
                Damage::Sign(sign) => {
                    if let Some(first) = lines[at].first_mut() {
                        *first = *sign;
                    }
                }
                Damage::Number => {
                    for byte in &mut lines[at] {
                        if byte.is_ascii_digit() {
                            *byte = b'0' + (*byte - b'0' + 1) % 10;
                            break;
                        }
                    }
                }
            }
        }
        lines.concat()
    }
}

/// Files of which none is a folder of another, each name once: the later ones win.
fn consistent(files: Vec<File>) -> Vec<File> {
    let mut kept: Vec<File> = Vec::new();
    for file in files {
        let clash = |other: &File| {
            let below = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'));
            other.name == file.name || below(other.name, file.name) || below(file.name, other.name)
        };
        kept.retain(|other| !clash(other));
        kept.push(file);
    }
    kept
}

fn changed(mut files: Vec<File>, changes: &[Change]) -> Vec<File> {
    for change in changes {
        let count = files.len();
        let pick = |at: usize| if count == 0 { None } else { Some(at % count) };
        match change {
            Change::Splice { file, at, remove, insert } => {
                if let Some(file) = pick(*file) {
                    let mut lines: Vec<&[u8]> = files[file].text.split_inclusive(|b| *b == b'\n').collect();
                    let at = *at % (lines.len() + 1);
                    let end = (at + remove).min(lines.len());
                    lines.splice(at..end, insert.iter().map(|line| line.as_bytes()));
                    files[file].text = lines.concat();
                }
            }
            Change::LastLine { file } => {
                if let Some(file) = pick(*file) {
                    match files[file].text.last() {
                        Some(b'\n') => drop(files[file].text.pop()),
                        Some(_) => files[file].text.push(b'\n'),
                        None => {}
                    }
                }
            }
            Change::Remove { file } => {
                if let Some(file) = pick(*file) {
                    files.remove(file);
                }
            }
            Change::Add { file } => files.push(file.clone()),
            Change::Rename { file, to } => {
                if let Some(file) = pick(*file) {
                    let mut moved = files.remove(file);
                    moved.name = to;
                    files.push(moved);
                }
            }
            Change::Copy { file, to } => {
                if let Some(file) = pick(*file) {
                    files.push(File { name: to, ..files[file].clone() });
                }
            }
            Change::Swap { one, other } => {
                if let (Some(one), Some(other)) = (pick(*one), pick(*other)) {
                    let name = files[one].name;
                    files[one].name = files[other].name;
                    files[other].name = name;
                }
            }
            Change::Kind { file, kind } => {
                if let Some(file) = pick(*file) {
                    files[file].kind = *kind;
                }
            }
            Change::Bytes { file, bytes } => {
                if let Some(file) = pick(*file) {
                    files[file].text = bytes.clone();
                }
            }
        }
        files = consistent(files);
    }
    files
}
