//! What the variants of a run make of every file, line by line, as a page shows it side by side.

/// The files that variants change, each with what every variant makes of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SideBySide {
    /// The numbers of the variants, in their order. A place among [`SideBySideFile::versions`] is one more: the base is first.
    pub variants: Vec<u32>,
    /// The files that are shown, by path.
    pub files: Vec<SideBySideFile>,
    /// What is too large to be shown, by variant and path.
    pub left_out: Vec<Unshown>,
}

/// One file, in the versions of the base and of every variant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SideBySideFile {
    /// Its path.
    pub path: String,
    /// The base's version, then one per variant.
    pub versions: Vec<FileVersion>,
    /// The lines that are shown of any version, in no order: rows name them by their place here.
    pub lines: Vec<String>,
    /// How every version differs from the base's, at the version's place. None for the base, where a version is that of
    /// an earlier place, and where it is left out.
    pub changes: Vec<Option<Difference>>,
    /// How versions of two variants differ from each other. Versions that are that of the base or of an earlier place
    /// have none, nor those for which there was no room.
    pub pairs: Vec<PairDifference>,
}

/// A version of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileVersion {
    /// The first place with the same version: its own, or an earlier one.
    pub first: usize,
    /// What it is in a few words: `not there`, `file, 31 lines`, `symbolic link`, `binary, 2.1 KiB`.
    pub what: String,
    /// It is too large to be shown.
    pub left_out: bool,
}

/// How two versions of a file differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Where lines differ, with the lines around.
    pub hunks: Vec<Hunk>,
    /// Lines that come.
    pub insertions: u64,
    /// Lines that go.
    pub deletions: u64,
    /// What is to be said beside the lines, or instead of them: `new file`, `mode 100644 → 100755`, `binary`.
    pub notes: Vec<String>,
}

/// How the versions of two variants differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairDifference {
    /// The place of the first one.
    pub a: usize,
    /// The place of the second one, which comes later.
    pub b: usize,
    /// How they differ.
    pub difference: Difference,
}

/// A place where two versions differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hunk {
    /// The first row's line in the old version, from 1.
    pub old_start: usize,
    /// The first row's line in the new version, from 1.
    pub new_start: usize,
    /// The line above that says where this is: the beginning of a function, say.
    pub heading: String,
    /// Lines that go stand before the lines that come in their place.
    pub rows: Vec<Row>,
}

/// A line of a hunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whether it is in both versions, or in which.
    pub sign: Sign,
    /// Its text's place among [`SideBySideFile::lines`].
    pub line: u32,
    /// The parts that differ from the line in whose place it stands, in UTF-16 units; none when all of it does.
    pub marks: Vec<std::ops::Range<u32>>,
}

/// In which versions a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// In both.
    Same,
    /// In the old one.
    Removed,
    /// In the new one.
    Added,
}

/// A change that is too large to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unshown {
    /// The number of the variant.
    pub variant: u32,
    /// The file.
    pub path: String,
}
