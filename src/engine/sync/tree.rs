//! The tree of a step, as a list of files, and the records in it.

use std::collections::BTreeMap;

use crate::error::{Error, Result, ResultExt};
use crate::git::{Edit, EntryKind, Repo};
use crate::model::{LeftBehind, LeftFile, Oid, Review, Run, documents};
use crate::store::{LEFT, REVIEW};

/// What travels of a tree at most, and how deep it is.
const MOST_FILES: usize = 20_000;
const DEEPEST: usize = 8;

/// The largest record that is read from another clone. One of a thousand variants is a tenth of it.
const LARGEST: usize = 32 << 20;

/// Where a run's tree has its record.
pub(super) const RUN: &str = "run.json";
/// Where it has what was asked.
pub(super) const PROMPT: &str = "prompt.md";
/// Views of the record, which are made again wherever it is.
pub(super) const VIEWS: [&str; 2] = ["report.md", "report.json"];

/// The files of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Files(pub BTreeMap<String, Oid>);

/// Reads the files of a step.
///
/// # Errors
/// When there is something in its tree that is no file of a run's.
pub(super) fn files(repo: &Repo, step: Oid) -> Result<Files> {
    let mut files = Files::default();
    let mut open = vec![(String::new(), repo.commit(step)?.tree, 0)];
    while let Some((folder, tree, depth)) = open.pop() {
        for entry in repo.entries(tree)? {
            let plain = |name: &String| {
                !name.chars().any(|letter| letter.is_control() || letter == '\\') && name != "." && name != ".."
            };
            let name = String::from_utf8(entry.name).ok().filter(plain);
            let path = name.map(|name| format!("{folder}{name}")).ok_or_else(|| odd("a name that is not UTF-8"))?;
            match entry.kind {
                EntryKind::Tree if depth < DEEPEST => open.push((format!("{path}/"), entry.oid, depth + 1)),
                EntryKind::File if files.0.len() < MOST_FILES => drop(files.0.insert(path, entry.oid)),
                _ => return Err(odd(&format!("'{path}', which is not a file of a run"))),
            }
        }
    }
    Ok(files)
}

fn odd(what: &str) -> Error {
    Error::failed(format!("its tree has {what}"))
}

impl Files {
    /// Returns the record.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn run(&self, repo: &Repo) -> Result<Run> {
        let bytes = self.read(repo, RUN)?.ok_or_else(|| Error::failed("it has no run.json"))?;
        crate::store::parse_run(&bytes)
    }

    /// Returns what the last review found out.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn review(&self, repo: &Repo) -> Result<Option<Review>> {
        let Some(bytes) = self.read(repo, REVIEW)? else { return Ok(None) };
        let review: Review = serde_json::from_slice(&bytes).or_fail(|| "cannot read its review".to_owned())?;
        review.schema.expect(documents::REVIEW).or_fail(|| "cannot read its review".to_owned())?;
        Ok(Some(review))
    }

    /// Returns what was asked.
    ///
    /// # Errors
    /// When it is not here.
    pub fn prompt(&self, repo: &Repo) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.read(repo, PROMPT)?.unwrap_or_default()).into_owned())
    }

    /// Returns what was left in another clone.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn left(&self, repo: &Repo) -> Result<Vec<LeftFile>> {
        let Some(bytes) = self.read(repo, LEFT)? else { return Ok(Vec::new()) };
        let left: LeftBehind = serde_json::from_slice(&bytes).or_fail(|| format!("cannot read its {LEFT}"))?;
        left.schema.expect(documents::LEFT).or_fail(|| format!("cannot read its {LEFT}"))?;
        Ok(left.files)
    }

    fn read(&self, repo: &Repo, path: &str) -> Result<Option<Vec<u8>>> {
        let Some(oid) = self.0.get(path) else { return Ok(None) };
        if repo.blob_size(*oid).unwrap_or_default() > LARGEST {
            return Err(Error::failed(format!("its {path} has more than {} MiB", LARGEST >> 20)));
        }
        repo.blob(*oid).map(Some)
    }

    /// Puts a JSON document.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put(&mut self, repo: &Repo, path: &str, document: &impl serde::Serialize) -> Result<()> {
        let json = documents::to_json(document).or_fail(|| format!("cannot write {path} as JSON"))?;
        self.0.insert(path.to_owned(), repo.write_blob(&json)?);
        Ok(())
    }

    /// Says what is left in another clone; nothing is said of nothing.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put_left(&mut self, repo: &Repo, mut left: Vec<LeftFile>) -> Result<()> {
        left.retain(|file| !self.0.contains_key(&file.path));
        left.sort_by(|one, other| one.path.cmp(&other.path));
        left.dedup_by(|one, other| one.path == other.path);
        if left.is_empty() {
            self.0.remove(LEFT);
            return Ok(());
        }
        self.put(repo, LEFT, &LeftBehind::new(left))
    }

    /// Writes the tree.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, repo: &Repo) -> Result<Oid> {
        repo.edit_tree(None, self.0.iter().map(|(path, oid)| (path.as_bytes(), Edit::Put(EntryKind::File, *oid))))
    }
}
