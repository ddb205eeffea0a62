//! Folders of exported patches, as `harvest --from` reads them, and patches to put into them.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::test_repo::{Ran, TestRepo, run};

/// A folder `var1, var2, …`, outside of any repository.
pub struct Export {
    folder: PathBuf,
}

impl Export {
    pub fn new(repo: &TestRepo, name: &str) -> Export {
        let folder = repo.path(name);
        fs::create_dir_all(&folder).expect("a folder");
        Export { folder }
    }

    /// The folder as an argument.
    pub fn path(&self) -> &str {
        self.folder.to_str().expect("a path of letters")
    }

    /// Writes any file of the folder.
    pub fn put(&self, file: &str, content: impl AsRef<[u8]>) -> &Export {
        let path = self.folder.join(file);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, content).expect("a file");
        self
    }

    /// A variant that is a patch alone.
    pub fn patch(&self, variant: u32, patch: impl AsRef<[u8]>) -> &Export {
        self.put(&format!("var{variant}/patch.diff"), patch)
    }

    /// What the agent of a variant reported.
    pub fn report(&self, variant: u32, report: &Value) -> &Export {
        self.put(&format!("var{variant}/report.json"), report.to_string())
    }

    /// `git puff harvest --from` this folder on `main`.
    pub fn harvest(&self, repo: &TestRepo, more: &[&str]) -> Ran {
        repo.puff(&[&["harvest", "--from", self.path(), "--base", "main"], more].concat())
    }
}

/// The patch of whatever `change` does to the clone, which stays as it was. Renames are told as such.
pub fn patch_of(repo: &TestRepo, change: impl FnOnce()) -> Vec<u8> {
    change();
    repo.git(&["add", "--all"]);
    let patch = run(repo.command("git").args(["diff", "--cached", "--binary", "--full-index", "-M", "HEAD"])).bytes;
    repo.git(&["reset", "-q", "--hard"]);
    patch
}
