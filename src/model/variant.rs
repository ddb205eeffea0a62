//! One attempt of a run.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strum::IntoStaticStr;

use super::as_str::as_str;
use super::{Oid, Risk};

/// The most variants that a run can have. No service gives as many; a number beyond it is a mistake or malice.
pub const MOST_VARIANTS: u32 = 1000;

/// One attempt of a run. Its identity is its patch; the number it got first stays with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Variant {
    /// 1..N.
    pub index: u32,
    /// How far the attempt is.
    pub status: VariantStatus,
    /// Who made it, where one run mixes agents.
    #[serde(default)]
    pub agent: Option<String>,
    /// Counts the patches this variant has had, from 1; 0 before the first.
    #[serde(default)]
    pub revision: u32,
    /// What became of the patch on the base; null before the harvest.
    #[serde(default)]
    pub apply: Option<Apply>,
    /// The branch that holds its code, without `refs/heads/`.
    #[serde(default)]
    pub branch: Option<String>,
    /// The commit that was made of its patch.
    #[serde(default)]
    pub commit: Option<Oid>,
    /// SHA-256 of the raw patch bytes, in hexadecimal digits.
    #[serde(default)]
    pub patch_sha256: Option<String>,
    /// Files changed.
    #[serde(default)]
    pub files: Option<u64>,
    /// Lines added.
    #[serde(default)]
    pub insertions: Option<u64>,
    /// Lines removed.
    #[serde(default)]
    pub deletions: Option<u64>,
    /// Why there is no branch, or what to know about it.
    #[serde(default)]
    pub reason: Option<String>,
    /// Paths that conflict with the base.
    #[serde(default)]
    pub conflicts: Vec<String>,
    /// The lowest-numbered variant with the same patch.
    #[serde(default)]
    pub duplicate_of: Option<u32>,
    /// What a reader should look at before trusting it.
    #[serde(default)]
    pub risks: Vec<Risk>,
    /// Commands that were run on it.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// Its place in the ranking, with the reasons.
    #[serde(default)]
    pub score: Option<Score>,
    /// The service's own place for this attempt, from 0, where the client tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<u32>,
    /// The last message of the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The ignored files that its agent made and that are not in its patch; absent where there are none, or they are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignored: Option<IgnoredFiles>,
    /// What a newer git-puff wrote here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// New files that git ignores: they are in no patch, and go with the worktree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IgnoredFiles {
    /// How many.
    pub count: u64,
    /// Which, at most 20: a path, or a folder with many of them as `folder/ (12 files)`.
    pub paths: Vec<String>,
}

impl IgnoredFiles {
    /// How many paths are named.
    const NAMED: usize = 20;
    /// A folder with more files than this is named instead of them.
    const FEW: usize = 3;

    /// Names these files; none where there are none.
    pub fn of(files: &[String]) -> Option<IgnoredFiles> {
        let mut folders: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
        for file in files {
            let folder = file.split_once('/').map_or("", |(folder, _)| folder);
            folders.entry(folder).or_default().push(file);
        }
        // What stands alone was most likely made on purpose, and is named first.
        let (many, few): (Vec<_>, Vec<_>) =
            folders.into_iter().partition(|(folder, files)| !folder.is_empty() && files.len() > IgnoredFiles::FEW);
        let single = few.into_iter().flat_map(|(_, files)| files).cloned();
        let whole = many.into_iter().map(|(folder, files)| format!("{folder}/ ({} files)", files.len()));
        let paths = single.chain(whole).take(IgnoredFiles::NAMED).collect();
        (!files.is_empty()).then_some(IgnoredFiles { count: files.len() as u64, paths })
    }
}

impl Variant {
    /// Returns where a file of a variant is in the tree of each step of its run: `variants/var2/patch.diff`.
    pub fn path(index: u32, name: &str) -> String {
        format!("variants/var{index}/{name}")
    }

    /// Returns where a file of this variant is: [`Variant::path`].
    pub fn file(&self, name: &str) -> String {
        Variant::path(self.index, name)
    }

    /// Returns a variant of which nothing is known yet.
    pub fn new(index: u32) -> Variant {
        Variant {
            index,
            status: VariantStatus::Pending,
            agent: None,
            revision: 0,
            apply: None,
            branch: None,
            commit: None,
            patch_sha256: None,
            files: None,
            insertions: None,
            deletions: None,
            reason: None,
            conflicts: Vec::new(),
            duplicate_of: None,
            risks: Vec::new(),
            checks: Vec::new(),
            score: None,
            placement: None,
            message: None,
            ignored: None,
            extra: Map::new(),
        }
    }

    /// Forgets what a review found out: it is of another patch or commit.
    pub fn forget_review(&mut self) {
        self.checks.clear();
        self.score = None;
    }

    /// Returns whether a patch of it is kept, with a change in it.
    pub fn has_patch(&self) -> bool {
        /// The SHA-256 of nothing.
        const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        self.patch_sha256.as_deref().is_some_and(|sum| sum != EMPTY)
    }

    /// Returns `var<N>`, as folders, branches and people name it.
    pub fn name(&self) -> String {
        format!("var{}", self.index)
    }
}

/// How far an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum VariantStatus {
    /// Not started, or nothing is known.
    Pending,
    /// At work.
    InProgress,
    /// Ended with an answer.
    Completed,
    /// Ended without one.
    Failed,
    /// Ended by someone.
    Cancelled,
    /// The provider never said, and `puff.settle` has passed.
    Unknown,
}

as_str!(VariantStatus, Apply, CheckStatus);

impl VariantStatus {
    /// Returns whether nothing more is expected of the attempt.
    pub fn is_terminal(self) -> bool {
        !matches!(self, VariantStatus::Pending | VariantStatus::InProgress)
    }
}

/// What became of a patch on the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Apply {
    /// It fits.
    Applied,
    /// It fits after a three-way merge with the files it was made on.
    #[serde(rename = "applied-3way")]
    #[strum(serialize = "applied-3way")]
    Applied3Way,
    /// The three-way merge left conflicts.
    Conflict,
    /// It does not fit, or it is not a patch git takes.
    Rejected,
    /// It changes nothing.
    Empty,
    /// There is no patch to apply: the attempt did not complete.
    Skipped,
}

impl Apply {
    /// Returns whether a completed variant that ended like this has no branch, and the harvest says so with its exit
    /// code.
    pub fn is_failure(self) -> bool {
        matches!(self, Apply::Conflict | Apply::Rejected)
    }
}

/// One command that was run on a variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// The command.
    pub command: String,
    /// How it ended.
    pub status: CheckStatus,
    /// Its exit code, if it ended by itself.
    pub exit: Option<i32>,
    /// Seconds it took.
    pub duration_s: f64,
    /// What it printed: all of it, or the beginning and the end with a line between them that says how much is left out.
    pub tail: String,
    /// The result was taken from an earlier review of the same commit.
    pub cached: bool,
    /// How the same command ended on the base; none when it was not run there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_base: Option<CheckStatus>,
    /// How many tests it counted, where it says so: in files of test runners or in what they print.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<Counts>,
    /// It ran beside ignored files that earlier checks had left, such as what they built.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warm: bool,
    /// It ran again without them, and this is how it ended then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
}

impl From<test_results::Counts> for Counts {
    fn from(counts: test_results::Counts) -> Counts {
        let test_results::Counts { passed, failed, skipped } = counts;
        Counts { passed, failed, skipped }
    }
}

/// How many tests a check ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Those that passed.
    pub passed: u64,
    /// Those that failed, or ended in an error.
    pub failed: u64,
    /// Those that were left out.
    pub skipped: u64,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CheckStatus {
    /// Exit 0.
    Passed,
    /// Another exit.
    Failed,
    /// The time limit passed.
    Timeout,
    /// It could not be run.
    Error,
}

/// A variant's place in the ranking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// The sum of the parts.
    pub total: f64,
    /// What it is made of.
    pub parts: Vec<ScorePart>,
}

/// One reason for a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScorePart {
    /// What was looked at.
    pub name: String,
    /// What it adds.
    pub value: f64,
    /// In words.
    pub why: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_files_are_named_alone_before_folders_with_many() {
        let many = (0..30).map(|at| format!("build/{at}.o"));
        let files: Vec<String> = many.chain(["PLAN.md", "notes/a", "notes/b"].map(str::to_owned)).collect();
        let named = IgnoredFiles::of(&files).unwrap();
        assert_eq!(
            (named.count, named.paths),
            (33, ["PLAN.md", "notes/a", "notes/b", "build/ (30 files)"].map(str::to_owned).to_vec())
        );
        let loose: Vec<String> = (0..30).map(|at| format!("file{at}")).collect();
        let named = IgnoredFiles::of(&loose).unwrap();
        assert_eq!((named.count, named.paths.len()), (30, 20));
        assert_eq!(IgnoredFiles::of(&[]), None);
    }
}
