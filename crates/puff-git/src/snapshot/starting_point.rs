//! What a worktree had over its commit before its agent began: what the setup and hooks of the user made is not the agent's
//! work, as long as the agent leaves it as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::view::View;
use crate::Oid;
use crate::bytes::{records, shown};
use crate::program::run;
use crate::repo::Repo;

/// Paths whose content is not that of the commit, each with the entry that it has instead, as git writes it in an index: mode
/// and object name; none where it is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartingPoint(BTreeMap<Vec<u8>, Option<String>>);

impl StartingPoint {
    /// Returns whether the worktree was as its commit.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes it as `git update-index -z --index-info` reads entries.
    pub fn to_bytes(&self) -> Vec<u8> {
        let entry = |(path, entry): (&Vec<u8>, &Option<String>)| {
            [entry.as_deref().unwrap_or("0").as_bytes(), b"\t", path, b"\0"].concat()
        };
        self.0.iter().flat_map(entry).collect()
    }

    /// Reads what [`StartingPoint::to_bytes`] wrote. What cannot be read is left out: then it counts as the agent's.
    pub fn from_bytes(bytes: &[u8]) -> StartingPoint {
        let entry = |line: &[u8]| {
            let tab = line.iter().position(|byte| *byte == b'\t')?;
            let entry = str::from_utf8(&line[..tab]).ok()?;
            Some((line[tab + 1..].to_vec(), (entry != "0").then(|| entry.to_owned())))
        };
        StartingPoint(records(bytes).filter_map(entry).collect())
    }

    /// Returns whether one of its paths is this one, as it is shown, or in this untracked folder. A submodule that has work
    /// inside is none of them.
    pub fn covers(&self, listed: &str) -> bool {
        self.0.keys().any(|path| is_in(listed, &shown(path)))
    }

    /// Returns the paths at which another one differs, as they are shown.
    pub fn differences(&self, other: &StartingPoint) -> BTreeSet<String> {
        let differs = |path: &&Vec<u8>| self.0.get(*path) != other.0.get(*path);
        self.0.keys().chain(other.0.keys()).filter(differs).map(|path| shown(path)).collect()
    }
}

/// Returns whether a path is one that is listed, or in a folder that is listed as one.
pub fn is_in(listed: &str, path: &str) -> bool {
    listed == path || (listed.ends_with('/') && path.starts_with(listed))
}

impl Repo {
    /// Returns what a linked worktree has over the commit that it was made at, ignored files left out.
    ///
    /// # Errors
    /// When its folder is not the one that was made, or git cannot read it.
    pub fn starting_point(&self, worktree: &Path, commit: Oid) -> Result<StartingPoint, anyhow::Error> {
        let base = self.commit(commit)?.tree;
        let taken = self.snapshot(worktree, commit)?;
        let compare = ["diff-tree", "-r", "--raw", "-z", "--no-renames", "--no-abbrev"];
        let listed = run(&self.git().args(compare).args([base.to_string(), taken.tree.to_string()]))?;
        let fields: Vec<&[u8]> = records(&listed.stdout).collect();
        let entry = |pair: &[&[u8]]| {
            // ":100644 100755 OLD NEW M"
            let words: Vec<&str> = str::from_utf8(pair[0]).ok()?.split(' ').collect();
            let [_, mode, _, oid, status] = words[..] else { return None };
            Some((pair[1].to_vec(), (status != "D").then(|| format!("{mode} {oid}"))))
        };
        Ok(StartingPoint(fields.chunks_exact(2).filter_map(entry).collect()))
    }
}

impl View {
    /// Brings the index back to the base at each path that is as it was before the agent began. Where the agent has put a
    /// folder in the place of a file of the base, or the reverse, its work stays.
    pub(super) fn leave_out(
        &self,
        start: &StartingPoint,
        of_base: &[Vec<u8>],
        nothing: Oid,
    ) -> Result<(), anyhow::Error> {
        if start.is_empty() {
            return Ok(());
        }
        let listed = run(&self.git().args(["ls-files", "-z", "--stage"]))?;
        let mut now: BTreeMap<&[u8], String> = records(&listed.stdout).filter_map(staged).collect();
        let base: BTreeMap<&[u8], String> = of_base.iter().filter_map(|line| committed(line)).collect();
        let is_left = |path: &[u8], entry: &Option<String>| now.get(path) == entry.as_ref();
        let left: Vec<&[u8]> =
            start.0.iter().filter(|(path, entry)| is_left(path, entry)).map(|(path, _)| path.as_slice()).collect();
        let (mut removed, mut restored) = (Vec::new(), Vec::new());
        for path in &left {
            if now.remove(path).is_some() {
                removed.extend([format!("0 {nothing}\t").as_bytes(), path, b"\0"].concat());
            }
        }
        for path in left {
            if let Some(entry) = base.get(path).filter(|_| !is_in_the_way(path, &now)) {
                restored.extend([format!("{entry}\t").as_bytes(), path, b"\0"].concat());
            }
        }
        run(&self.git().args(["update-index", "-z", "--index-info"]).stdin([removed, restored].concat()))?;
        Ok(())
    }
}

/// Returns whether an index with these paths has no room for a file at this one.
fn is_in_the_way(path: &[u8], now: &BTreeMap<&[u8], String>) -> bool {
    let folder = [path, b"/"].concat();
    let below = now.range(folder.as_slice()..).next().is_some_and(|(next, _)| next.starts_with(&folder));
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    below || slashes.into_iter().any(|at| now.contains_key(&path[..at]))
}

/// Reads a line of `git ls-files --stage`: `mode oid stage<TAB>path`.
fn staged(line: &[u8]) -> Option<(&[u8], String)> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let words: Vec<&str> = str::from_utf8(&line[..tab]).ok()?.split(' ').collect();
    let [mode, oid, _] = words[..] else { return None };
    Some((&line[tab + 1..], format!("{mode} {oid}")))
}

/// Reads a line of `git ls-tree`: `mode kind oid<TAB>path`.
fn committed(line: &[u8]) -> Option<(&[u8], String)> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let words: Vec<&str> = str::from_utf8(&line[..tab]).ok()?.split(' ').collect();
    let [mode, _, oid] = words[..] else { return None };
    Some((&line[tab + 1..], format!("{mode} {oid}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written_and_compared_by_path() {
        let point = |entries: &[(&str, Option<&str>)]| {
            let entries = entries.iter().map(|(path, entry)| (path.as_bytes().to_vec(), entry.map(str::to_owned)));
            StartingPoint(entries.collect())
        };
        let start = point(&[("a\tb", Some("100644 12")), ("gone", None), ("same", Some("100755 34"))]);
        assert_eq!(StartingPoint::from_bytes(&start.to_bytes()), start);
        let now = point(&[("a\tb", Some("100644 13")), ("more", None), ("same", Some("100755 34"))]);
        assert_eq!(start.differences(&now).len(), 3);
        assert!(!start.differences(&now).contains("same") && start.differences(&start).is_empty());
    }
}
