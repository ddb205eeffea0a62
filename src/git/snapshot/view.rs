//! A worktree as git sees it through an index of our own: its own index and files are only read.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::git::bytes::{as_path, records, shown};
use crate::git::worktrees::{TIES, git_in};
use crate::git::{GitFailure, base_git, run};
use crate::model::Oid;
use crate::process::Cmd;

/// How long git may take to read a worktree, or to write a patch.
pub(super) const LIMIT: Duration = Duration::from_secs(1800);

/// Settings that must not change what is taken, nor run anything.
///
/// An index of ours is one file (`core.splitIndex`) with a checksum (`index.skipHash`): with the two of them the other way
/// round, git up to 2.47 names the shared half of an index by a checksum of zeros, takes that for none, and writes the
/// tree of nothing. The next two are about which files git looks into: an agent may date a file as it likes.
const PINNED: [&str; 10] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.splitIndex=false",
    "index.skipHash=false",
    "core.trustctime=true",
    "core.checkStat=default",
    "core.safecrlf=false",
    "core.quotePath=true",
    "advice.addEmbeddedRepo=false",
    "diff.suppressBlankEmpty=false",
];

/// A worktree seen through an index of our own.
pub(super) struct View {
    pub worktree: PathBuf,
    pub git_dir: PathBuf,
    pub index: PathBuf,
}

impl View {
    pub fn git(&self) -> Cmd {
        let git = TIES.iter().fold(base_git(), |cmd, name| cmd.env_remove(name));
        let git = git.env("GIT_DIR", &self.git_dir).env("GIT_WORK_TREE", &self.worktree);
        let git = git.env("GIT_INDEX_FILE", &self.index).cwd(&self.worktree).limit(LIMIT);
        PINNED.iter().fold(git, |git, setting| git.args(["-c", setting]))
    }

    /// Begins with a copy of the worktree's own index: what was staged by force, or taken out of the index, is meant.
    /// Where there is none that can be read, or nothing is in it, with the base.
    pub fn read_index(&self, base_tree: Option<Oid>) -> Result<(), GitFailure> {
        // Without the folder of the worktree, it is the index of the main one.
        let own = base_tree.is_none() || self.git_dir.join("commondir").exists();
        let copied = own && copy_index(&self.git_dir, &self.index).is_ok();
        if copied && self.show_hidden().is_ok_and(|entries| entries > 0 || base_tree.is_none()) {
            return Ok(());
        }
        let _ = fs::remove_file(&self.index);
        match base_tree {
            Some(tree) => run(&self.git().args(["read-tree", &tree.to_string()])).map(drop),
            None => Ok(()),
        }
    }

    /// Takes everything in. What can't be read is left out.
    pub fn add_all(&self) -> Result<(), GitFailure> {
        match run(&self.git().args(["add", "--all", "--ignore-errors"]).args(self.sparse())) {
            Err(GitFailure::Refused { code: 1, .. }) => Ok(()),
            other => other.map(drop),
        }
    }

    pub fn write_tree(&self) -> Result<Oid, anyhow::Error> {
        let written = run(&self.git().arg("write-tree"))?;
        Ok(String::from_utf8_lossy(&written.stdout).trim().parse()?)
    }

    /// Looks at files again that git was told not to look at; not where a sparse checkout is why they are not there.
    /// Returns the number of entries of the index.
    fn show_hidden(&self) -> Result<usize, GitFailure> {
        let listed = run(&self.git().args(["ls-files", "-z", "-v"]))?;
        let sparse = !self.sparse().is_empty();
        let (mut assumed, mut skipped, mut entries) = (Vec::new(), Vec::new(), 0);
        for entry in records(&listed.stdout).filter(|entry| entry.len() > 2) {
            entries += 1;
            let (tag, path) = (entry[0], &entry[2..]);
            if tag.is_ascii_lowercase() {
                assumed.extend(path.iter().copied().chain([0]));
            }
            if tag.eq_ignore_ascii_case(&b'S') && !sparse {
                skipped.extend(path.iter().copied().chain([0]));
            }
        }
        for (flag, paths) in [("--no-assume-unchanged", assumed), ("--no-skip-worktree", skipped)] {
            if !paths.is_empty() {
                run(&self.git().args(["update-index", flag, "-z", "--stdin"]).stdin(paths))?;
            }
        }
        Ok(entries)
    }

    /// Files outside of a sparse checkout that the agent made are its work too.
    fn sparse(&self) -> &'static [&'static str] {
        let asked = run(&self.git().args(["config", "--bool", "core.sparseCheckout"]));
        if asked.is_ok_and(|answer| answer.stdout.trim_ascii() == b"true") { &["--sparse"] } else { &[] }
    }

    /// Returns what a tree holds, each line as git lists it: `mode kind name<TAB>path`.
    pub fn list_tree(&self, tree: Oid) -> Result<Vec<Vec<u8>>, GitFailure> {
        let listed = run(&self.git().args(["ls-tree", "-r", "-z", "--full-tree", &tree.to_string()]))?;
        Ok(records(&listed.stdout).map(<[u8]>::to_vec).collect())
    }

    /// Returns the paths that the base has submodules at, and those that `.gitmodules` names now.
    pub fn declared_submodules(&self, base: &[Vec<u8>]) -> Result<BTreeSet<Vec<u8>>, GitFailure> {
        let of_base = base.iter().filter_map(|line| link(line, b"160000 commit "));
        let mut declared: BTreeSet<Vec<u8>> = of_base.collect();
        let paths = ["config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$"];
        if let Ok(named) = run(&self.git().args(paths)) {
            let values = records(&named.stdout).filter_map(|pair| pair.splitn(2, |byte| *byte == b'\n').nth(1));
            declared.extend(values.map(|path| path.strip_suffix(b"/").unwrap_or(path).to_vec()));
        }
        Ok(declared)
    }

    /// The paths of the index that name commits of other repositories.
    pub fn links(&self) -> Result<Vec<Vec<u8>>, GitFailure> {
        let listed = run(&self.git().args(["ls-files", "-z", "--stage"]))?;
        Ok(records(&listed.stdout).filter_map(|line| link(line, b"160000 ")).collect())
    }

    /// Refuses a tree that has nothing of what the base has, as long as some of that is in the worktree: whatever was done
    /// to the index, that is not what an agent means by its work.
    pub fn refuse_lost_index(&self, base: &[Vec<u8>]) -> Result<(), anyhow::Error> {
        let path = |line: &Vec<u8>| Some(line[line.iter().position(|byte| *byte == b'\t')? + 1..].to_vec());
        let mut of_base: BTreeSet<Vec<u8>> = base.iter().filter_map(path).collect();
        let listed = run(&self.git().args(["ls-files", "-z"]))?;
        if of_base.is_empty() || records(&listed.stdout).any(|path| of_base.contains(path)) {
            return Ok(());
        }
        of_base.retain(|path| self.worktree.join(as_path(path)).symlink_metadata().is_ok());
        match of_base.first() {
            None => Ok(()),
            Some(path) => anyhow::bail!(
                "the index of the worktree has nothing of the base any more, and {} of its files are there untracked, such \
                 as '{}': taken as it is, it would delete all of them",
                of_base.len(),
                shown(path)
            ),
        }
    }

    /// What is neither in the index nor ignored.
    pub fn left_over(&self) -> Result<Vec<Vec<u8>>, GitFailure> {
        let listed = run(&self.git().args(["ls-files", "-z", "--others", "--exclude-standard"]))?;
        Ok(records(&listed.stdout).map(<[u8]>::to_vec).collect())
    }

    /// Does a submodule hold what no other repository has: changes, or commits that its remote does not know?
    pub fn has_own_work(&self, path: &[u8]) -> bool {
        let folder = self.worktree.join(as_path(path));
        if !folder.join(".git").exists() {
            return false;
        }
        let says = |args: &[&str]| run(&git_in(&folder).args(args)).map(|said| said.stdout.trim_ascii().to_vec());
        let changed = says(&["status", "--porcelain"]).map(|lines| !lines.is_empty());
        let ahead = says(&["rev-list", "-1", "--branches", "HEAD", "--not", "--remotes"]).map(|one| !one.is_empty());
        changed.unwrap_or(true) || ahead.unwrap_or(true)
    }
}

/// Copies the index of a git directory, and its date with it.
///
/// Git looks into a file again that is as new as the index ("racily clean"): of an edit in the second in which it wrote
/// the file, neither size nor date need tell. A copy that is dated later than the index would pass for having seen the
/// edit.
fn copy_index(git_dir: &Path, to: &Path) -> io::Result<()> {
    let mut from = File::open(git_dir.join("index"))?;
    // Before its content: when it is written anew meanwhile, the copy is dated too early, and git looks into more files.
    let written = from.metadata()?.modified()?;
    let mut copy = File::create(to)?;
    io::copy(&mut from, &mut copy)?;
    copy.set_modified(written)
}

/// The path of a line of a listing that begins like this.
fn link(line: &[u8], begins: &[u8]) -> Option<Vec<u8>> {
    let rest = line.strip_prefix(begins)?;
    Some(rest[rest.iter().position(|byte| *byte == b'\t')? + 1..].to_vec())
}
