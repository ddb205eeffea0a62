//! The words that cases are told in.

use crate::cases::Kind;
use crate::judge::{Judge, objects};
use crate::store::Id;

/// A base, a patch, and what comes of them.
pub struct Case {
    pub name: &'static str,
    pub base: Vec<Entry>,
    /// Blobs that are in the repository, though not in the base.
    pub known: Vec<Vec<u8>>,
    /// What the user has configured.
    pub configured: Vec<(&'static str, &'static str)>,
    pub patch: Vec<u8>,
    pub expected: Expected,
    pub git: Git,
}

/// A file of a tree.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: Vec<u8>,
    pub kind: Kind,
    pub text: Vec<u8>,
}

#[derive(Debug)]
pub enum Expected {
    /// It applies, and changes nothing.
    Nothing,
    /// It applies, and these files are there then.
    Tree(Vec<Entry>),
    /// It does not fit, but merges with the version it was made on, and these files are there then.
    Merged(Vec<Entry>),
    /// It does not fit, and merging leaves conflicts in these files.
    Conflict(Vec<String>),
    /// It is refused, with these words in the reason.
    Refused(&'static [&'static str]),
}

/// What git says of it.
#[derive(Clone, Copy, Debug)]
pub enum Git {
    /// The same.
    Agrees,
    /// Something else, for a reason.
    Differs(&'static str),
    /// That depends on its version.
    Depends,
}

/// Begins a case, on an empty tree until it says otherwise.
pub fn case(name: &'static str) -> Case {
    Case {
        name,
        base: Vec::new(),
        known: Vec::new(),
        configured: Vec::new(),
        patch: Vec::new(),
        expected: Expected::Nothing,
        git: Git::Agrees,
    }
}

impl Case {
    pub fn base<const N: usize>(self, files: [Entry; N]) -> Case {
        Case { base: files.into(), ..self }
    }

    pub fn knows(mut self, blob: impl AsRef<[u8]>) -> Case {
        self.known.push(blob.as_ref().to_vec());
        self
    }

    pub fn configured(mut self, key: &'static str, value: &'static str) -> Case {
        self.configured.push((key, value));
        self
    }

    /// The patch, as `text` reads it.
    pub fn patch(self, patch: impl AsRef<[u8]>) -> Case {
        Case { patch: text(patch), ..self }
    }

    /// The patch, as it is.
    pub fn bytes(self, patch: Vec<u8>) -> Case {
        Case { patch, ..self }
    }

    /// The patch, without its last bytes: it was cut on its way.
    pub fn cut(mut self, bytes: usize) -> Case {
        self.patch.truncate(self.patch.len() - bytes);
        self
    }

    /// The patch, with all line ends of Windows.
    pub fn with_crlf(self) -> Case {
        let lines = self.patch.split_inclusive(|byte| *byte == b'\n');
        let patch = lines.flat_map(|line| [line.strip_suffix(b"\n").unwrap_or(line), b"\r\n"]).flatten().copied();
        Case { patch: patch.collect(), ..self }
    }

    /// It applies, and leaves these files.
    pub fn gives<const N: usize>(self, files: [Entry; N]) -> Case {
        Case { expected: Expected::Tree(files.into()), ..self }
    }

    pub fn changes_nothing(self) -> Case {
        Case { expected: Expected::Nothing, ..self }
    }

    /// It is merged, and leaves these files.
    pub fn merges_to<const N: usize>(self, files: [Entry; N]) -> Case {
        Case { expected: Expected::Merged(files.into()), ..self }
    }

    pub fn conflicts<const N: usize>(self, paths: [&str; N]) -> Case {
        Case { expected: Expected::Conflict(paths.map(str::to_owned).into()), ..self }
    }

    /// It is refused, and all these words are in the reason.
    pub fn refused(self, words: &'static [&'static str]) -> Case {
        Case { expected: Expected::Refused(words), ..self }
    }

    pub fn unlike_git(self, why: &'static str) -> Case {
        Case { git: Git::Differs(why), ..self }
    }

    pub fn unlike_older_git(self) -> Case {
        Case { git: Git::Depends, ..self }
    }
}

/// A file of a word a line.
pub fn file(name: impl AsRef<[u8]>, words: &str) -> Entry {
    raw(name, lines(words))
}

/// A file of exactly these bytes.
pub fn raw(name: impl AsRef<[u8]>, text: impl AsRef<[u8]>) -> Entry {
    Entry { name: name.as_ref().to_vec(), kind: Kind::File, text: text.as_ref().to_vec() }
}

/// An executable file of a word a line.
pub fn script(name: &str, words: &str) -> Entry {
    Entry { kind: Kind::Executable, ..file(name, words) }
}

/// A symbolic link.
pub fn link(name: &str, to: &str) -> Entry {
    Entry { kind: Kind::Symlink, ..raw(name, to) }
}

/// A submodule at a commit that `blob` names.
pub fn submodule(name: &str, at: &str) -> Entry {
    Entry { kind: Kind::Submodule, ..raw(name, at) }
}

/// Each word on a line of its own.
pub fn lines(words: &str) -> String {
    words.split(' ').filter(|word| !word.is_empty()).map(|word| format!("{word}\n")).collect()
}

/// The name of a blob of these bytes.
pub fn blob(text: impl AsRef<[u8]>) -> String {
    git2::Oid::hash_object_ext(git2::ObjectType::Blob, text.as_ref(), objects()).expect("a short text").to_string()
}

/// What `git diff` says of two trees.
pub fn diff<const M: usize, const N: usize>(old: [Entry; M], new: [Entry; N], options: &[&str]) -> Vec<u8> {
    let judge = Judge::new();
    let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
    judge.diff(tree(&judge, &old), tree(&judge, &new), &options)
}

/// The tree of these files.
pub fn tree(judge: &Judge, files: &[Entry]) -> Id {
    judge.tree_of(files.iter().map(|file| (file.name.as_slice(), file.kind, file.text.as_slice())))
}

/// A text as it stands in a test: of each line what follows its first `|`; lines without one do not count.
pub fn text(told: impl AsRef<[u8]>) -> Vec<u8> {
    let mut text = Vec::new();
    for line in told.as_ref().split(|byte| *byte == b'\n') {
        if let Some(margin) = line.iter().position(|byte| *byte == b'|') {
            text.extend_from_slice(&line[margin + 1..]);
            text.push(b'\n');
        }
    }
    text
}
