//! A worktree as git sees it through an index of our own: its own index and files are only read.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::git::bytes::{as_path, records};
use crate::git::worktrees::{TIES, git_in};
use crate::git::{GitFailure, base_git, run};
use crate::model::Oid;
use crate::process::Cmd;

/// How long git may take to read a worktree, or to write a patch.
pub(super) const LIMIT: Duration = Duration::from_secs(1800);

/// Settings that must not change what is taken, nor run anything.
const PINNED: [&str; 6] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
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
    /// Where there is none that can be read, with the base.
    pub fn read_index(&self, base_tree: Option<Oid>) -> Result<(), GitFailure> {
        // Without the folder of the worktree, it is the index of the main one.
        let own = base_tree.is_none() || self.git_dir.join("commondir").exists();
        let copied = own && fs::copy(self.git_dir.join("index"), &self.index).is_ok();
        if copied && self.show_hidden().is_ok() {
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
    fn show_hidden(&self) -> Result<(), GitFailure> {
        let listed = run(&self.git().args(["ls-files", "-z", "-v"]))?;
        let sparse = !self.sparse().is_empty();
        let (mut assumed, mut skipped) = (Vec::new(), Vec::new());
        for entry in records(&listed.stdout).filter(|entry| entry.len() > 2) {
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
        Ok(())
    }

    /// Files outside of a sparse checkout that the agent made are its work too.
    fn sparse(&self) -> &'static [&'static str] {
        let asked = run(&self.git().args(["config", "--bool", "core.sparseCheckout"]));
        if asked.is_ok_and(|answer| answer.stdout.trim_ascii() == b"true") { &["--sparse"] } else { &[] }
    }

    /// The paths that the base has submodules at, and those that `.gitmodules` names now.
    pub fn declared_submodules(&self, base_tree: Oid) -> Result<BTreeSet<Vec<u8>>, GitFailure> {
        let listed = run(&self.git().args(["ls-tree", "-r", "-z", "--full-tree", &base_tree.to_string()]))?;
        let of_base = records(&listed.stdout).filter_map(|line| link(line, b"160000 commit "));
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

/// The path of a line of a listing that begins like this.
fn link(line: &[u8], begins: &[u8]) -> Option<Vec<u8>> {
    let rest = line.strip_prefix(begins)?;
    Some(rest[rest.iter().position(|byte| *byte == b'\t')? + 1..].to_vec())
}
