//! `git apply` and the engine, asked the same.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use git_tree_apply::{Edit, EntryKind, Mode};
use tempfile::TempDir;

use crate::cases::{Case, File, Kind};
use crate::store::{Id, Store};

/// A repository of its own, in which both are asked.
pub struct Judge {
    root: TempDir,
    store: Store,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Tree(Id),
    Refused(String),
    /// A three-way merge left conflicts.
    Conflict,
    /// None: some damaged patches run into an assertion of git's, and some merges want a worktree.
    None,
}

/// What becomes of a patch that may be applied in either way.
#[derive(Debug)]
pub struct Answer {
    pub word: Word,
    pub tree: Option<Id>,
    pub paths: Vec<String>,
    pub reason: String,
}

/// What became of it, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Unchanged,
    Applied,
    Merged,
    Conflict,
    Refused,
}

impl Judge {
    pub fn new() -> Judge {
        let root = tempfile::tempdir().expect("a temporary folder");
        let mut options = git2::RepositoryInitOptions::new();
        options.bare(true).object_format(objects());
        git2::Repository::init_opts(root.path(), &options).expect("a repository");
        std::fs::create_dir(root.path().join("work")).expect("a folder");
        let store = Store::open(root.path());
        Judge { root, store }
    }

    /// Sets what the user has configured.
    pub fn set(&self, key: &str, value: &str) {
        let set = self.git_cmd(&["config", key, value]).output().expect("git runs");
        assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
    }

    fn git_cmd(&self, args: &[&str]) -> Command {
        let mut command = git(self.root.path());
        command.args(args).current_dir(self.root.path()).env("GIT_INDEX_FILE", self.root.path().join("judge-index"));
        command
    }

    /// The trees before and after the edits of a case.
    pub fn trees(&self, case: &Case) -> (Id, Id) {
        (self.tree(&case.before()), self.tree(&case.after()))
    }

    pub fn other_base(&self, case: &Case) -> Id {
        self.tree(&case.elsewhere())
    }

    /// The repository, as the engine has it.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// A tree of these files.
    pub fn tree(&self, files: &[File]) -> Id {
        self.tree_of(files.iter().map(|file| (file.name.as_bytes(), file.kind, file.text.as_slice())))
    }

    /// The tree of these files: names, kinds and contents.
    pub fn tree_of<'f>(&self, files: impl Iterator<Item = (&'f [u8], Kind, &'f [u8])>) -> Id {
        let edits: Vec<_> = files.map(|(name, kind, text)| (name, self.entry(kind, text))).collect();
        self.store.put_tree(edits)
    }

    fn entry(&self, kind: Kind, text: &[u8]) -> Edit<Id> {
        let blob = || self.store.put_blob(text);
        match kind {
            Kind::File => Edit::Put(EntryKind::File, blob()),
            Kind::Executable => Edit::Put(EntryKind::Executable, blob()),
            Kind::Symlink => Edit::Put(EntryKind::Symlink, blob()),
            Kind::Submodule => {
                // Any name of an object does for a submodule's commit, except that of none.
                Edit::Put(EntryKind::Submodule, blob())
            }
        }
    }

    pub fn diff(&self, old: Id, new: Id, options: &[String]) -> Vec<u8> {
        let mut command = self.git_cmd(&["diff-tree", "-r", "-p"]);
        let output = command.args(options).arg(old.to_string()).arg(new.to_string()).output().expect("git runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// What `git apply --cached` makes of it.
    pub fn git(&self, base: Id, patch: &[u8], mode: Mode) -> Verdict {
        let index = self.root.path().join("judge-index");
        let _ = std::fs::remove_file(&index);
        // Some damaged patches crash git apply, and its lock stays.
        let _ = std::fs::remove_file(self.root.path().join("judge-index.lock"));
        let read = self.git_cmd(&["read-tree", &base.to_string()]).output().expect("git runs");
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        let mut command = self.git_cmd(&["apply", "--cached", "--whitespace=nowarn"]);
        // A repository without a worktree has no attributes but its own.
        command.env("GIT_WORK_TREE", self.root.path().join("work")).current_dir(self.root.path().join("work"));
        if mode == Mode::ThreeWay {
            command.arg("--3way");
        }
        command.arg("-");
        let applied = feed(command, patch);
        let unmerged = self.git_cmd(&["ls-files", "--unmerged"]).output().expect("git runs");
        if !unmerged.stdout.is_empty() {
            return Verdict::Conflict;
        }
        let said = String::from_utf8_lossy(&applied.stderr).into_owned();
        // Merging a file that is new on both sides, git looks into the worktree even here, where there is none.
        if applied.status.code().is_none() || said.contains("cannot read the current contents") {
            return Verdict::None;
        }
        // Where a later file cannot be read, git complains, applies the part before it, and exits with 0. A part of a patch
        // is none to us.
        if !applied.status.success() || (mode == Mode::Plain && said.contains("error: ")) {
            return Verdict::Refused(said);
        }
        let written = self.git_cmd(&["write-tree", "--missing-ok"]).output().unwrap();
        Verdict::Tree(self.store.id(String::from_utf8_lossy(&written.stdout).trim()))
    }

    /// The files that the last `git apply` left unmerged.
    pub fn unmerged(&self) -> Vec<String> {
        let listed = self.git_cmd(&["ls-files", "-z", "--unmerged"]).output().expect("git runs").stdout;
        let lines = String::from_utf8(listed).expect("names of the test's own");
        let names = lines.split('\0').filter_map(|line| line.split_once('\t')).map(|(_, name)| name.to_owned());
        let mut names: Vec<String> = names.collect();
        names.dedup();
        names
    }

    /// What the engine makes of it.
    pub fn ours(&self, base: Id, patch: &[u8], mode: Mode) -> Verdict {
        self.store.apply_in(base, patch, mode)
    }
}

/// A git of these repositories, with no configuration but theirs.
pub fn git(git_dir: &Path) -> Command {
    let mut command = Command::new("git");
    command.env("GIT_DIR", git_dir).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command
}

/// How the repositories of this run name their objects: `GIT_DEFAULT_HASH`, as git has it.
pub fn objects() -> git2::ObjectFormat {
    match std::env::var("GIT_DEFAULT_HASH").as_deref() {
        Ok("sha256") => git2::ObjectFormat::Sha256,
        _ => git2::ObjectFormat::Sha1,
    }
}

/// How many digits the names of this run have.
pub fn digits() -> usize {
    digits_of(objects())
}

/// How many digits names of a format have.
pub fn digits_of(format: git2::ObjectFormat) -> usize {
    match format {
        git2::ObjectFormat::Sha1 => 40,
        git2::ObjectFormat::Sha256 => 64,
    }
}

pub fn feed(mut command: Command, input: &[u8]) -> Output {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("git runs");
    let mut pipe = child.stdin.take().expect("a pipe");
    let _ = pipe.write_all(input);
    drop(pipe);
    child.wait_with_output().expect("git ends")
}
