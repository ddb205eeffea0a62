//! A run with variants to choose from.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::export::{Export, patch_of};
use super::test_repo::{Ran, TestRepo, run, wait_until};

/// A test repository with a harvested run `fix`: var1 and var3 change the same line of `notes.txt` differently, var2 makes `new.txt`,
/// var4 did not apply.
pub struct Choice {
    pub repo: TestRepo,
}

impl Choice {
    pub fn new() -> Choice {
        Choice::in_repo(TestRepo::new())
    }

    /// The same in a test repository that was made otherwise.
    pub fn in_repo(repo: TestRepo) -> Choice {
        let choice = Choice { repo };
        choice.import("fix");
        choice
    }

    /// Imports the same variants as another run.
    pub fn import(&self, name: &str) {
        let repo = &self.repo;
        let export = Export::new(repo, name);
        let line = |text: &str| repo.patch("notes.txt", format!("one\n{text}\nthree\n"));
        export.patch(1, line("2")).patch(2, patch_of(repo, || repo.write("new.txt", "new\n"))).patch(3, line("zwei"));
        export.patch(4, "diff --git a/gone b/gone\n--- a/gone\n+++ b/gone\n@@ -1 +1 @@\n-a\n+b\n");
        export.put("var1/report.json", r#"{"prompt": "Count in digits", "messages": ["Done."]}"#);
        export.harvest(repo, &["--name", name]).exits(3);
    }

    /// Every ref but those of notes, which are told by what they say; HEAD; and what is changed in the worktree.
    pub fn state(&self) -> String {
        self.state_of(&self.repo.work())
    }

    pub fn state_of(&self, place: &Path) -> String {
        let git = |args: &[&str]| self.repo.git_in(place, args);
        // Without git's own '--exclude': git 2.47 leaves others out too, where refs are in tables.
        let refs = git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
        let refs = refs.lines().filter(|line| !line.starts_with("refs/notes/")).collect::<Vec<_>>().join("\n");
        let notes = git(&["for-each-ref", "--format=%(refname)", "refs/notes"]);
        let texts: String = notes.lines().map(|name| self.notes(place, name)).collect();
        let head = run(self.repo.command("git").current_dir(place).args(["rev-parse", "--symbolic-full-name", "HEAD"]));
        let status = run(self.repo.command("git").current_dir(place).args(["status", "--porcelain"]));
        format!("{refs}\n{texts}\n{}\n{}", head.stdout, status.stdout)
    }

    /// What every note of a ref says, by the object that it is on.
    fn notes(&self, place: &Path, name: &str) -> String {
        let listed = self.repo.git_in(place, &["notes", "--ref", name, "list"]);
        let text = |line: &str| {
            let (blob, object) = line.split_once(' ').expect("a note and its object");
            format!("{name} {object}:\n{}\n", self.repo.git_in(place, &["cat-file", "blob", blob]))
        };
        listed.lines().map(text).collect()
    }

    /// A copy of the clone, at another place.
    pub fn copy(&self, name: &str) -> PathBuf {
        run(self.repo.command("cp").args(["-a", "."]).arg(self.repo.path(name))).ok();
        self.repo.path(name)
    }

    /// `git-puff …` in a copy.
    pub fn puff_in(&self, place: &Path, args: &[&str]) -> Ran {
        run(self.repo.command(env!("CARGO_BIN_EXE_git-puff")).current_dir(place).args(args))
    }

    /// `git-puff …` in a copy, ended as by `kill -9` after so long.
    pub fn kill_in(&self, place: &Path, args: &[&str], after: Duration) {
        let mut command = self.repo.command(env!("CARGO_BIN_EXE_git-puff"));
        let command = command.current_dir(place).args(args).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("git-puff runs");
        std::thread::sleep(after);
        let _ = child.kill();
        child.wait().expect("it ends");
    }

    /// A hook that ends whatever called the git that runs it, as `kill -9` does, when `when` (shell) is true; what that
    /// git reads is in `$stdin`. The git itself goes on, after `then` (shell).
    pub fn kill_from_hook(place: &Path, hook: &str, when: &str, then: &str) {
        let path = place.join(".git/hooks").join(hook);
        let script = format!(
            "#!/bin/sh\nstdin=$(cat)\nif {when}; then\n\
             caller=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$PPID/status)\nkill -9 \"$caller\"\n{then}\nfi\nexit 0\n"
        );
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, script).expect("a hook");
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("permissions");
    }
}

impl Choice {
    /// Adds a step to the journal of a run by hand, with this record.
    pub fn record(&self, name: &str, record: &Value) {
        Choice::record_in(&self.repo, name, record);
    }

    /// The same in any test repository.
    pub fn record_in(repo: &TestRepo, name: &str, record: &Value) {
        let (name, index) = (format!("refs/puff/runs/{name}"), repo.path("home/index"));
        let json = repo.path("home/run.json");
        std::fs::write(&json, record.to_string()).expect("a file");
        let blob = repo.git(&["hash-object", "-w", json.to_str().expect("a path of letters")]);
        let git = |args: &[&str]| run(repo.command("git").env("GIT_INDEX_FILE", &index).args(args)).ok().stdout;
        git(&["read-tree", &name]);
        git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},run.json")]);
        let tree = git(&["write-tree"]);
        let commit = repo.git(&["commit-tree", "-m", "by hand", "-p", &name, tree.trim()]);
        repo.git(&["update-ref", &name, &commit]);
    }

    /// Waits until nobody works for a run in a copy: a git that outlived whoever called it.
    pub fn idle(&self, place: &Path, name: &str) {
        let lock = place.join(format!(".git/puff/locks/decide-{name}"));
        let held = || std::fs::File::open(&lock).is_ok_and(|file| file.try_lock_shared().is_err());
        wait_until("nobody works for the run", || !held());
    }
}
