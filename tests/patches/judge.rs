//! `git apply` and the engine, asked the same.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use git_puff::git::{Edit, EntryKind, Location, Repo};
use git_puff::model::Oid;
use git_puff::patch::onto::{self, Mode, Outcome};
use git_puff::patch::parse;
use tempfile::TempDir;

use crate::cases::{Case, File, Kind};

/// A repository of its own, in which both are asked.
pub struct Judge {
    root: TempDir,
    repo: Repo,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Tree(Oid),
    Refused(String),
    /// A three-way merge left conflicts.
    Conflict,
    /// None: some damaged patches run into an assertion of git's, and some merges want a worktree.
    None,
}

impl Judge {
    pub fn new() -> Judge {
        let root = tempfile::tempdir().expect("a temporary folder");
        let mut options = git2::RepositoryInitOptions::new();
        options.bare(true).object_format(objects());
        git2::Repository::init_opts(root.path(), &options).expect("a repository");
        std::fs::create_dir(root.path().join("work")).expect("a folder");
        let repo = open(root.path());
        Judge { root, repo }
    }

    /// Sets what the user has configured.
    pub fn set(&self, key: &str, value: &str) {
        let set = self.git_cmd(&["config", key, value]).output().expect("git runs");
        assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
    }

    fn git_cmd(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(args).current_dir(self.root.path()).env("GIT_DIR", self.root.path());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("GIT_INDEX_FILE", self.root.path().join("puff-index"));
        command
    }

    /// The trees before and after the edits of a case.
    pub fn trees(&self, case: &Case) -> (Oid, Oid) {
        (self.tree(&case.before()), self.tree(&case.after()))
    }

    pub fn other_base(&self, case: &Case) -> Oid {
        self.tree(&case.elsewhere())
    }

    /// The repository, as the engine has it.
    pub fn repo(&self) -> &Repo {
        &self.repo
    }

    /// A tree of these files.
    pub fn tree(&self, files: &[File]) -> Oid {
        self.tree_of(files.iter().map(|file| (file.name.as_bytes(), file.kind, file.text.as_slice())))
    }

    /// The tree of these files: names, kinds and contents.
    pub fn tree_of<'f>(&self, files: impl Iterator<Item = (&'f [u8], Kind, &'f [u8])>) -> Oid {
        let edits: Vec<_> = files.map(|(name, kind, text)| (name, self.entry(kind, text))).collect();
        self.repo.edit_tree(None, edits).expect("a tree")
    }

    fn entry(&self, kind: Kind, text: &[u8]) -> Edit {
        let blob = || self.repo.write_blob(text).expect("a blob");
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

    pub fn diff(&self, old: Oid, new: Oid, options: &[String]) -> Vec<u8> {
        let mut command = self.git_cmd(&["diff-tree", "-r", "-p"]);
        let output = command.args(options).arg(old.to_string()).arg(new.to_string()).output().expect("git runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// What `git apply --cached` makes of it.
    pub fn git(&self, base: Oid, patch: &[u8], mode: Mode) -> Verdict {
        let index = self.root.path().join("puff-index");
        let _ = std::fs::remove_file(&index);
        // Some damaged patches crash git apply, and its lock stays.
        let _ = std::fs::remove_file(self.root.path().join("puff-index.lock"));
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
        Verdict::Tree(String::from_utf8_lossy(&written.stdout).trim().parse().expect("a tree"))
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
    pub fn ours(&self, base: Oid, patch: &[u8], mode: Mode) -> Verdict {
        let files = match parse::parse_for(self.repo.name_digits(), patch) {
            Ok(files) => files,
            Err(malformed) => return Verdict::Refused(malformed.to_string()),
        };
        match onto::apply(&self.repo, base, &files, mode).expect("the tree can be read") {
            Outcome::Tree(tree) => Verdict::Tree(tree),
            Outcome::Refused(refusal) | Outcome::Unmerged(refusal) => {
                Verdict::Refused(format!("{}: {}", String::from_utf8_lossy(&refusal.path), refusal.why))
            }
            Outcome::Conflicts(_) => Verdict::Conflict,
        }
    }
}

/// How the repositories of this run name their objects: `PUFF_TEST_OBJECTS`.
pub fn objects() -> git2::ObjectFormat {
    match std::env::var("PUFF_TEST_OBJECTS").as_deref() {
        Ok("sha256") => git2::ObjectFormat::Sha256,
        _ => git2::ObjectFormat::Sha1,
    }
}

/// How many digits the names have.
pub fn digits() -> usize {
    match objects() {
        git2::ObjectFormat::Sha1 => 40,
        git2::ObjectFormat::Sha256 => 64,
    }
}

/// Opens a bare repository.
pub fn open(path: &Path) -> Repo {
    let path: PathBuf = path.canonicalize().expect("a path");
    Repo::open(Location::bare(&path)).expect("a repository")
}

fn feed(mut command: Command, input: &[u8]) -> Output {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("git runs");
    let mut pipe = child.stdin.take().expect("a pipe");
    let _ = pipe.write_all(input);
    drop(pipe);
    child.wait_with_output().expect("git ends")
}
